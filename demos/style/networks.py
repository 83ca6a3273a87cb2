"""A small style-based generator (Karras et al. 2019, 2020), and how to mix its styles.

z goes through a mapping network and becomes a style w. The picture begins as a constant, the same
for every face. Layer by layer, from 4x4 pixels up to 32x32, w decides which channels count in each
convolution. Every layer also gets noise, for what is left to chance.
"""

import numpy as np

from numgan import Conditional
from numgan.data import faces
from numgan.layers import (Dense, LeakyReLU, ModulatedConv2D, NoiseInjection, OwnStyle,
                           Reshape, Styles, Tanh, Truncation, Upsample2D)
from numgan.networks import models
from numgan.pairs import Pair
from numgan.training import standard_normal

LATENT, STYLE, HIDDEN = 13, 32, 64  # z has as many numbers as a face of this world
CHANNELS = (64, 48, 32, 16)  # at 4x4, 8x8, 16x16 and 32x32 pixels
LAYERS = len(CHANNELS) + 1   # that have a style: a convolution for each size, and the colours
D_WIDTH, D_HIDDEN = 24, 128


def generator(rng, mixing=0.5, noise=True):
    """A `Conditional` of x and c. x is a one for each face, which becomes the constant; c is z, and
    comes out again beside the face."""
    first = faces.SIZE // 2 ** (len(CHANNELS) - 1)
    layers = [Dense(1, first * first * CHANNELS[0], bias=False, init=_normal),
              Reshape(first, first, CHANNELS[0])]
    before = CHANNELS[0]
    for index, channels in enumerate(CHANNELS):
        if index:
            layers.append(Upsample2D())
        layers.append(OwnStyle(index, LAYERS, ModulatedConv2D(before, channels, 3, STYLE, padding=1,
                                                              init="he")))
        if noise:
            layers.append(NoiseInjection(channels))
        layers.append(LeakyReLU(0.2))
        before = channels
    layers += [OwnStyle(LAYERS - 1, LAYERS, ModulatedConv2D(before, 3, 1, STYLE, demodulate=False)),
               Tanh()]
    mapping = [Dense(LATENT, HIDDEN, init="he"), LeakyReLU(0.2),
               Dense(HIDDEN, HIDDEN, init="he"), LeakyReLU(0.2),
               Dense(HIDDEN, STYLE, init="he"), Truncation(STYLE), Styles(LAYERS, mixing)]
    made = Conditional(layers, 1, LATENT, encoder=mapping, keep=True, rng=rng)
    for layer in made.chain.walk():  # styles that differ from the first step on
        if isinstance(layer, ModulatedConv2D):
            layer.A[...] = rng.normal(0, STYLE ** -0.5, layer.A.shape)
    return made


def discriminator(rng):
    """A `Conditional` of pairs too. Beside the logit it gives a guess of z; see `demos.style`."""
    layers = models.dcgan_discriminator(faces.SIZE, 3, D_WIDTH, hidden=D_HIDDEN, normalization=None,
                                        init="he", rng=rng).layers
    return Conditional([*layers[:-1], Dense(D_HIDDEN, 1 + LATENT, init="he")],
                       (faces.SIZE, faces.SIZE, 3), LATENT, keep=True, rng=rng)


def latents(n, rng):
    """The constant's ones, and z."""
    return Pair(np.ones((n, 1), np.float32), standard_normal(rng, (n, LATENT), np.float32))


latents.remembers = ()


def _normal(rng, shape, fan_in, fan_out):
    return rng.standard_normal(shape)


# -- styles ----------------------------------------------------------------------------------------


def truncation(network):
    """Its `Truncation`, whose `psi` may be set."""
    return next(layer for layer in network.encoder.children if isinstance(layer, Truncation))


def styles(network, z):
    """w of z (N, latent), once for each layer: (N, layers, style); with the current `psi`."""
    return network.encoder.forward(np.asarray(z, np.float32))[0]


def drawn(network, w):
    """The faces of styles (N, layers, style)."""
    return np.concatenate([network.chain.forward(np.ones((len(some), 1), np.float32), c=some)[0]
                           for some in np.array_split(w, -(-len(w) // 200))])


def mixed(a, b, layer):
    """Styles whose layers before `layer` are those of a, and from there on those of b."""
    return np.concatenate([a[:, :layer], b[:, layer:]], axis=1)


def noise_layers(network):
    return [layer for layer in network.chain.walk() if isinstance(layer, NoiseInjection)]
