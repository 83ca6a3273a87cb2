"""The recurrent repair, as in the paper: it reads a program line by line, and writes another.

A GRU reads. A `Decoder` with attention writes a line at a time, eight words side by side, and reads
each line that it has written before it writes the next. It has no list of lines, and nothing makes
it change only one of them: what it wants to leave as it is, it must write again.
"""

from numgan import (Adam, Decoder, Dense, Flatten, GRU, GumbelSoftmax, Network, Places, Reshape,
                    Skip, costs, fit)
from numgan.presets.images import falling

from . import networks, repairs
from .language import ROWS, SLOTS, WORDS
from .networks import LINE, SHAPE


def writer(hidden, asks, *, rng):
    """Programs (N, *SHAPE) → programs; its words are soft until `hard` says otherwise."""
    read = LINE + ROWS
    condition = read + 1 + hidden  # a line, its place and mask, and the state after it
    return Network([
        Reshape(ROWS, LINE), Places(),
        Skip(GRU(read, hidden, states=True)),
        Decoder(Dense(hidden + condition, LINE), Reshape(SLOTS, len(WORDS)), GumbelSoftmax(),
                Flatten(), condition=condition, hidden=hidden, asks=asks, steps=ROWS),
        Reshape(*SHAPE)], input_shape=SHAPE, rng=rng)


def hard(network, heat):
    """From here on the words are one-hot, and a gradient passes straight through them, as through a
    softmax of temperature `heat`. At 1, a softmax that is sure of a word lets little through."""
    for layer in network.walk():
        if isinstance(layer, GumbelSoftmax):
            layer.hard, layer.temperature = True, heat


def pretrain(network, grids, lines, steps, batch_size, rate, rng):
    """Fit the network to write good programs as they are; half of them it reads with a row spoilt.
    Yields the number of steps done."""
    def batch():
        chosen = grids[rng.integers(len(grids), size=batch_size)]
        read = chosen.copy()
        read[::2] = repairs.noisy(read[::2], lines, rng)
        return networks.one_hot(read), networks.one_hot(chosen)
    for done, _ in enumerate(fit(network, batch, costs.LogLikelihood(), steps=steps, train=False,
                                 optimizer=Adam(rate), schedule=falling), 1):
        yield done
