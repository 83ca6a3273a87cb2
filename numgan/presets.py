"""Recipes: each method with everything that belongs to its training on the ring and on the grid.

    training = presets.preset("r3gan", "grid").start(data.grid(), seed=0)
    for record in training:
        ...
    samples = training.sampled(latents)

A GAN is more than its loss: networks, rates, batch size, averaging and number of steps decide as
much. A preset is one choice of all of them that was tried, and `dataclasses.replace` makes another
of it.
"""

import copy
import dataclasses
import typing

import numpy as np

from . import losses, models, penalties
from .data import sampler
from .game import Consensus
from .layers import GaussianNoise
from .network import Network
from .optimizers import Adam, Clipped, RMSprop, cosine_decay
from .training import WeightAverage, train
from .unrolled import Unrolled


@dataclasses.dataclass(frozen=True)
class Preset:
    """What to train and how, for data in the plane; see `training.train` for most of it.

    Optimisers, penalty and update rule have a state: here stand functions that make new ones.
    """

    title: str
    changes: str  # what it changes of the plain GAN, and where that comes from
    loss: losses.Loss = losses.NonSaturating()
    penalty: typing.Callable = None
    final_weight: float = None  # the penalty's at the end, reached by a cosine; as at first if None
    g_optimizer: typing.Callable = Adam
    d_optimizer: typing.Callable = Adam
    updates: object = "alternating"
    k: int = 1
    batch_size: int = 256
    steps: int = 20_000
    schedule: str = "cosine"
    average: float = 0.999  # decay of the weight average that is sampled
    latent: int = 2
    g_hidden: tuple = (128, 128, 128, 128)
    d_hidden: tuple = (128, 128, 128)
    g_init: str = "he"
    normalization: str = None  # of D
    noise: float = None  # instance noise at the start, in units of the data's std; None: no layer
    fade: float = 0.6  # the share of the training in which it fades

    def start(self, toy, seed, steps=None, batch_size=None):
        """A `Training` on toy (numgan.data.Toy2D), with `steps` and `batch_size` of one's own."""
        return Training(self, toy, seed, self.steps if steps is None else steps,
                        self.batch_size if batch_size is None else batch_size)


class Training:
    """A preset at work: iterate over it for the `Record` of each step, as far as wanted.

    Attributes
    ----------
    generator, discriminator : Network
    sampled : Network, the generator with averaged weights, which is the one to judge
    loss : the loss, whose gradient the generator follows
    """

    def __init__(self, preset, toy, seed, steps, batch_size):
        rng = np.random.default_rng(seed)
        self.preset, self.steps = preset, steps
        self.loss = copy.deepcopy(preset.loss)  # some have a state
        self.generator = models.mlp_generator(preset.latent, 2, preset.g_hidden, rng=rng,
                                              init=preset.g_init)
        self.discriminator = models.mlp_discriminator(
            2, preset.d_hidden, normalization=preset.normalization, rng=rng)
        if preset.noise is not None:
            self._blur = GaussianNoise(0)
            self.discriminator = Network([self._blur, *self.discriminator.layers], rng=rng,
                                         input_shape=(2,))
        average = WeightAverage(self.generator, preset.average)
        self.sampled = average.network
        spread = toy.sample(10_000, np.random.default_rng(0)).std()
        self._noise = preset.noise and preset.noise * spread
        self._finest = toy.std or 0.01 * spread
        self._penalty = preset.penalty() if preset.penalty else None
        self._first_weight = getattr(self._penalty, "weight", None)
        self._records = train(
            self.generator, self.discriminator, sampler(toy, rng), loss=self.loss, steps=steps,
            rng=rng, k=preset.k, batch_size=batch_size, d_optimizer=preset.d_optimizer(),
            g_optimizer=preset.g_optimizer(), updates=preset.updates, schedule=preset.schedule,
            average=average, penalty=self._penalty)

    def __iter__(self):
        self._set(0.0)
        for record in self._records:
            yield record
            self._set((record.step + 1) / self.steps)

    def _set(self, progress):
        """What changes with time: the instance noise and the penalty's weight."""
        if self._noise:
            self._blur.std = faded(self._noise, self._finest, progress / self.preset.fade)
        if self.preset.final_weight is not None:
            share = cosine_decay(progress)
            self._penalty.weight = (share * self._first_weight
                                    + (1 - share) * self.preset.final_weight)


def faded(start, end, progress):
    """The noise's std, from `start` to `end` by equal factors in equal times, and then none."""
    return start * (end / start) ** progress if progress < 1 else 0.0


# -- the methods -----------------------------------------------------------------------------------


def adam(rate, beta1=0.0, beta2=0.99):
    """A function that makes an Adam; beta1 = 0, because the opponent moves (R3GAN, StyleGAN)."""
    return lambda: Adam(rate, beta1, beta2)


def _methods(grid):
    """name → Preset, for the ring, or for the grid, which needs longer."""
    def steps(ring, for_grid):
        return for_grid if grid else ring

    return {
        "gan": Preset(
            "GAN", "the plain game, non-saturating (Goodfellow et al. 2014)",
            d_optimizer=adam(1e-3), g_optimizer=adam(1e-3), steps=steps(12_000, 20_000)),
        "wgan": Preset(
            "WGAN", "a critic without sigmoid, its weights clipped (Arjovsky et al. 2017)",
            loss=losses.Wasserstein(), k=5, steps=steps(6_000, 10_000),
            d_optimizer=lambda: Clipped(Adam(3e-3, 0.0, 0.99), 0.2), g_optimizer=adam(1e-3)),
        "wgan-gp": Preset(
            "WGAN-GP", "the critic's slope is held at 1 instead (Gulrajani et al. 2017)",
            loss=losses.Wasserstein(), penalty=lambda: penalties.WGANGP(0.1), k=5,
            steps=steps(6_000, 8_000), d_optimizer=adam(1e-3, 0.0, 0.9),
            g_optimizer=adam(1e-3, 0.0, 0.9)),
        "dragan": Preset(
            "DRAGAN", "slope 1 around the data alone (Kodali et al. 2017)",
            penalty=lambda: penalties.DRAGAN(1.0), steps=steps(12_000, 20_000),
            d_optimizer=adam(1e-3), g_optimizer=adam(1e-3)),
        "r1": Preset(
            "R1", "D flat where the data are (Mescheder et al. 2018)",
            penalty=lambda: penalties.R1(1.0), final_weight=0.02, steps=steps(12_000, 20_000),
            d_optimizer=adam(1e-3), g_optimizer=adam(2e-3)),
        "r3gan": Preset(
            "R3GAN", "real and generated samples judged in pairs, D flat at both "
            "(Huang et al. 2024)",
            loss=losses.Relativistic(), penalty=lambda: penalties.R1R2(1.0), final_weight=0.02,
            steps=steps(15_000, 40_000), d_optimizer=adam(1e-3), g_optimizer=adam(2e-3)),
        "sn-gan": Preset(
            "SN-GAN", "hinge loss, every layer of D divided by its largest singular value "
            "(Miyato et al. 2018)",
            loss=losses.Hinge(), normalization="spectral", steps=steps(12_000, 20_000),
            d_optimizer=adam(1e-3), g_optimizer=adam(1e-3)),
        "unrolled": Preset(
            "unrolled GAN", "G sees D's next five steps; minimax, as there (Metz et al. 2017)",
            loss=losses.Minimax(), updates=Unrolled(5), d_hidden=(128, 128), batch_size=128,
            steps=steps(4_000, 6_000), d_optimizer=adam(1e-3, 0.5, 0.999),
            g_optimizer=adam(1e-3, 0.5, 0.999)),
        "consensus": Preset(
            "consensus", "both players also want the game settled (Mescheder et al. 2017)",
            updates=Consensus(0.1 if grid else 10.0), steps=steps(6_000, 10_000),
            d_optimizer=lambda: RMSprop(1e-3), g_optimizer=lambda: RMSprop(1e-3)),
    }


METHODS = {"ring": _methods(False), "grid": _methods(True)}


def preset(method, dataset):
    """The `Preset` of a method for "ring" or "grid"."""
    for name, value, known in (("dataset", dataset, METHODS),
                               ("method", method, METHODS.get(dataset, {}))):
        if value not in known:
            raise ValueError(f"preset: expected {name} to be one of {', '.join(known)}, "
                             f"got {value!r}")
    return METHODS[dataset][method]
