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
from .layers import (Dense, GaussianNoise, LeakyReLU, Maxout, MinibatchDiscrimination,
                     MinibatchStd, Pack)
from .network import Network
from .optimizers import Adam, Clipped, RMSprop, cosine_decay
from .reconstruction import Reconstruction
from .training import WeightAverage, train
from .unrolled import Unrolled


@dataclasses.dataclass(frozen=True)
class Preset:
    """What to train and how, for data in the plane; see `training.train` for most of it.

    Optimisers and penalty have a state, and so may a network: here stand functions that make them.
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
    d_network: typing.Callable = None  # rng → Network, in the place of that MLP
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
        self.discriminator = preset.d_network(rng) if preset.d_network else (
            models.mlp_discriminator(2, preset.d_hidden, normalization=preset.normalization,
                                     rng=rng))
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


def _variants(grid):
    """More of them: other losses, other discriminators."""
    common = {"steps": 20_000 if grid else 12_000, "d_optimizer": adam(1e-3),
              "g_optimizer": adam(1e-3)}
    slower = {**common, "d_optimizer": adam(2e-4)}  # where D's loss is an exponential of its logit
    return {
        "lsgan": Preset("LSGAN", "D is a regression to 1 and 0 (Mao et al. 2017)",
                        loss=losses.LeastSquares(), **common),
        "ragan": Preset("RaGAN", "each sample against the mean of the other kind "
                        "(Jolicoeur-Martineau 2019)", loss=losses.RelativisticAverage(), **common),
        "f-kl": Preset("f-GAN, KL", "D estimates KL(data‖G) (Nowozin et al. 2016)",
                       loss=losses.KL(), **slower),
        "f-reverse-kl": Preset("f-GAN, reverse KL", "D estimates KL(G‖data) (Nowozin et al. 2016)",
                               loss=losses.ReverseKL(original=True), **common),
        "f-pearson": Preset("f-GAN, Pearson", "D estimates χ² (Nowozin et al. 2016)",
                            loss=losses.Pearson(), **common),
        "f-hellinger": Preset("f-GAN, Hellinger", "D estimates the squared Hellinger distance "
                              "(Nowozin et al. 2016)", loss=losses.SquaredHellinger(), **slower),
        "f-js": Preset("f-GAN, JS", "D estimates the Jensen-Shannon divergence (Nowozin et al. "
                       "2016)", loss=losses.JensenShannon(), **common),
        "pacgan": Preset("PacGAN", "D sees two samples at a time (Lin et al. 2018)",
                         d_network=_packed, **common),
        "minibatch": Preset("minibatch discrimination", "D is told how close the samples of a "
                            "batch are (Salimans et al. 2016)", d_network=_discriminating,
                            batch_size=64, **{**common, "d_optimizer": adam(3e-4)}),
        "minibatch-std": Preset("minibatch std", "D is told how much a batch varies (Karras et al. "
                                "2018)", d_network=_with_std, **common),
        "maxout": Preset("maxout", "D is the largest of five linear pieces, thrice, as PacGAN's "
                         "(Goodfellow et al. 2013)", d_network=_maxout, **common),
        "ebgan": Preset("EBGAN", "D is an autoencoder, its error an energy with a margin (Zhao et "
                        "al. 2017)", loss=losses.EnergyBased(1.0),
                        d_network=lambda rng: _autoencoder(rng), **common),
        "ebgan-pt": Preset("EBGAN-PT", "the same, and the codes of a batch are pulled apart",
                           loss=losses.EnergyBased(1.0, pulling_away=0.01),
                           d_network=lambda rng: _autoencoder(rng, embedding=True), **common),
        "began": Preset("BEGAN", "the same without a margin, in balance (Berthelot et al. 2017)",
                        loss=losses.BoundaryEquilibrium(0.75),
                        d_network=lambda rng: _autoencoder(rng, squares=False), **common),
    }


def _packed(rng, m=2):
    mlp = models.mlp_discriminator(2 * m, (128, 128, 128), rng=rng)
    return Network([Pack(m), *mlp.layers], rng=rng, input_shape=(2,))


def _discriminating(rng):
    return Network([Dense(2, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
                    MinibatchDiscrimination(128, 16, 4), Dense(144, 128, init="he"), LeakyReLU(),
                    Dense(128, 1)], rng=rng)


def _with_std(rng):
    return Network([Dense(2, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
                    MinibatchStd(), Dense(129, 128, init="he"), LeakyReLU(), Dense(128, 1)],
                   rng=rng)


def _maxout(rng):
    layers, inputs = [], 2
    for _ in range(3):
        layers += [Dense(inputs, 5 * 100), Maxout(5)]
        inputs = 100
    return Network([*layers, Dense(inputs, 1)], rng=rng)


def _autoencoder(rng, squares=True, embedding=False):
    """2 → 128 → 128 → 16 → 128 → 128 → 2: wide, for on a plane there is nothing to compress."""
    encoder = [Dense(2, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
               Dense(128, 16)]
    decoder = [Dense(16, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
               Dense(128, 2)]
    return Reconstruction(encoder, decoder, rng=rng, squares=squares, embedding=embedding)


METHODS = {"ring": _methods(False), "grid": _methods(True)}
VARIANTS = {"ring": _variants(False), "grid": _variants(True)}


def preset(method, dataset):
    """The `Preset` of a method or variant for "ring" or "grid"."""
    found = {**METHODS.get(dataset, {}), **VARIANTS.get(dataset, {})}
    for name, value, known in ("dataset", dataset, METHODS), ("method", method, found):
        if value not in known:
            raise ValueError(f"preset: expected {name} to be one of {', '.join(known)}, "
                             f"got {value!r}")
    return found[method]
