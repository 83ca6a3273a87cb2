"""The settings of published experiments, as recipes: networks, rates, steps and batches."""

import numpy as np

from numgan import losses, penalties
from numgan.data import Toy2D
from numgan.game import Unrolled
from numgan.layers import (BatchNorm, Conv2D, ConvTranspose2D, Dense, Flatten, LeakyReLU, Maxout,
                           Pack, ReLU, Reshape, Tanh)
from numgan.networks import Network
from numgan.optimizers import Clipped, RMSprop
from numgan.presets import Preset, adam

PLAIN = dict(schedule="constant", average=0.0)  # nobody let rates fall or averaged weights


# -- PacGAN, ring and grid -------------------------------------------------------------------------


class Pool(Toy2D):
    """`n` points of a toy, drawn once; samples are drawn from among them, with replacement."""

    def __init__(self, toy, n=100_000, seed=0):
        super().__init__(toy.name, toy.extent, toy.centers, toy.std)
        self.points = toy.sample(n, np.random.default_rng(seed))

    def _draw(self, n, rng):
        return self.points[rng.integers(len(self.points), size=n)]


def pacgan(m):
    """Lin et al. 2018, section 4.1; m = 1 is the plain GAN."""
    def generator(rng):
        layers, size = [], 2
        for _ in range(4):
            layers += [Dense(size, 400, bias=False, init="dcgan"), BatchNorm(400, momentum=0.05),
                       ReLU()]
            size = 400
        return Network([*layers, Dense(size, 2, init="dcgan")], rng=rng)

    def discriminator(rng):
        layers, size = [Pack(m)] if m > 1 else [], 2 * m
        for _ in range(3):
            layers += [Dense(size, 5 * 200, init="dcgan"), Maxout(5)]
            size = 200
        return Network([*layers, Dense(size, 1, init="dcgan")], rng=rng, input_shape=(2,))

    return Preset("GAN" if m == 1 else f"PacGAN{m}", "", updates="simultaneous", **PLAIN,
                  batch_size=100 * m, steps=400_000, g_optimizer=adam(1e-4, 0.8, 0.999),
                  d_optimizer=adam(1e-4, 0.8, 0.999), g_network=generator,
                  d_network=discriminator)


# -- unrolled GAN ----------------------------------------------------------------------------------


def orthogonal(rng, shape, fan_in, fan_out):
    """A random matrix with orthonormal rows or columns, times 1.4. Saxe et al. 2014."""
    q, r = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    q = q * np.sign(np.diag(r))  # or it would not be uniform
    return 1.4 * (q if shape[0] >= shape[1] else q.T)


def unrolled(steps):
    """Metz et al. 2017, the notebook of the authors' code, except for the order: here G moves
    first, then D on fresh batches; there both move on one batch."""
    def network(inputs, outputs, rng):
        return Network([Dense(inputs, 128, init=orthogonal), Tanh(),
                        Dense(128, 128, init=orthogonal), Tanh(),
                        Dense(128, outputs, init=orthogonal)], rng=rng)

    return Preset(f"{steps} steps", "", loss=losses.Minimax(), updates=Unrolled(steps), **PLAIN,
                  batch_size=512, steps=25_000, latent=256, g_optimizer=adam(1e-3, 0.5, 0.999),
                  d_optimizer=adam(1e-4, 0.5, 0.999),
                  g_network=lambda rng: network(256, 2, rng),
                  d_network=lambda rng: network(2, 1, rng))


# -- WGAN-GP's toys --------------------------------------------------------------------------------


def wgan(clipped):
    """Gulrajani et al. 2017, `gan_toy.py`."""
    def network(outputs, rng):
        layers, size = [], 2
        for _ in range(3):
            layers += [Dense(size, 512, init="he"), ReLU()]
            size = 512
        return Network([*layers, Dense(size, outputs)], rng=rng)

    rate = adam(1e-4, 0.5, 0.9)
    if clipped:
        own = dict(d_optimizer=lambda: Clipped(RMSprop(5e-5), 0.01),
                   g_optimizer=lambda: RMSprop(5e-5))
    else:
        own = dict(penalty=lambda: penalties.WGANGP(0.1), d_optimizer=rate, g_optimizer=rate)
    return Preset("WGAN, clipped" if clipped else "WGAN-GP", "", loss=losses.Wasserstein(), k=5,
                  **PLAIN, batch_size=256, steps=100_000, g_network=lambda rng: network(2, rng),
                  d_network=lambda rng: network(1, rng), **own)


# -- stacked MNIST ---------------------------------------------------------------------------------


class Stacked(Toy2D):
    """Three digits of MNIST, drawn afresh each time, as the channels of an image (28, 28, 3)."""

    def __init__(self, images):
        super().__init__("stacked", (0, 1, 0, 1))
        self.images = images[..., 0]

    def _draw(self, n, rng):
        return np.moveaxis(self.images[rng.integers(len(self.images), size=(n, 3))], 1, -1)


def stacked(share, m=1, best=False):
    """PacGAN's Table 3, which is Metz et al. 2017's: D has `share` of G's channels. D's first
    convolution has no BatchNorm after it, where PacGAN's code has one.

    best : this library's method, R3GAN's: pairs, and a penalty on D's slope at real and generated
        samples, which does not go with BatchNorm in D
    """
    width = round(8 * share)

    def generator(rng):
        layers = [Dense(256, 4 * 4 * 64, bias=False, init="dcgan"), Reshape(4, 4, 64)]
        size = 64
        for extra in 0, 1, 1:  # 4 → 7 → 14 → 28
            layers += [BatchNorm(size), ReLU(),
                       ConvTranspose2D(size, size // 2, 3, stride=2, padding=1,
                                       output_padding=extra, bias=False, init="dcgan")]
            size //= 2
        return Network([*layers, BatchNorm(size), ReLU(),
                        Conv2D(size, 3, 3, padding=1, init="dcgan"), Tanh()], rng=rng)

    def discriminator(rng):
        layers, size = [Pack(m)] if m > 1 else [], 3 * m
        for index in range(3):  # 28 → 14 → 7 → 4
            after = [BatchNorm(width << index)] if index and not best else []
            layers += [Conv2D(size, width << index, 3, stride=2, padding=1, bias=not after,
                              init="he" if best else "dcgan"), *after, LeakyReLU(0.3)]
            size = width << index
        return Network([*layers, Flatten(), Dense(4 * 4 * size, 1)], rng=rng,
                       input_shape=(28, 28, 3))

    own = dict(loss=losses.Relativistic(), penalty=lambda: penalties.R1R2(1.0),
               average=0.999) if best else {}
    return Preset("R3GAN" if best else "DCGAN" if m == 1 else f"PacGAN{m}", "",
                  **{**PLAIN, **own}, batch_size=128 * m, steps=500_000, latent=256,
                  d_optimizer=adam(2e-4, 0.5, 0.99), g_optimizer=adam(1e-4, 0.5, 0.99),
                  g_network=generator, d_network=discriminator)
