"""The family on images: what all members share, and the networks.

One pair of networks for nearly all, a small DCGAN. On small images D has LayerNorm, for then it
judges each sample alone and goes with every loss, penalty and update rule; on larger ones, where
that D wins before G has begun, BatchNorm, but for the penalties. So what a member changes is all
that it changes, but for rates and steps; where a member did not train with this D, it says which it
has. Chosen on scikit-learn's digits, 8x8, and on MNIST, 28x28.

`data` is an `ImageSet` everywhere.
"""

from .. import losses
from ..layers import (Conv2D, ConvTranspose2D, Dense, Flatten, LeakyReLU, Maxout, Pack, Reshape)
from ..networks import Network, Reconstruction, models
from .family import by_size
from .recipe import adam

LATENT, WIDTH, HIDDEN = 32, 16, 128


# -- settings --------------------------------------------------------------------------------------


def falling(progress):
    """Full rate for half of the training, then down to zero, where the circling ends."""
    return min(1.0, 2 - 2 * progress)


def common(data):
    """The plain GAN's settings: what a member does not change."""
    rate = adam(1e-3, 0.5, 0.999)
    return dict(batch_size=64, latent=LATENT, schedule=falling, steps=by_size(data, 6_000, 3_000),
                d_optimizer=rate, g_optimizer=rate, d_network=discriminator(data, usual(data)),
                g_network=lambda rng: _generator(data, rng))


def usual(data):
    """D's normalisation."""
    return by_size(data, "layer", "batch")


def soft(data):
    """The plain loss, with smoothing where D wins too early without."""
    return losses.NonSaturating(by_size(data, 0.0, 0.1))


def slow(data):
    """A D that sees each sample alone tells G the same of all, if they look the same: on large
    images G stays with one, unless its first ones differ and both go slowly."""
    return by_size(data, {}, dict(
        g_network=lambda rng: _spread(_generator(data, rng)), k=2,
        d_optimizer=adam(2e-4, 0.5, 0.999), g_optimizer=adam(4e-4, 0.5, 0.999)))


def penalised(data):
    """For a penalty on D's gradient at each sample."""
    return dict(steps=by_size(data, 5_000, 2_000), d_network=discriminator(data, "layer"),
                **slow(data))


def bounded(data):
    """D's slope is bounded: for losses that punish a wrong D with no bound, and so made it run
    away."""
    return {"k": 2, "steps": by_size(data, 4_000, 2_000),
            "d_network": discriminator(data, "spectral"), "d_optimizer": adam(1e-3, 0.0, 0.9),
            "g_optimizer": adam(3e-4, 0.0, 0.9), **slow(data)}


# -- networks: functions rng → Network, or rng → (G, D) --------------------------------------------


def discriminator(data, normalization):
    return lambda rng: _discriminator(data, rng, normalization)


def conditional(data, head="join", codes=None):
    return lambda rng: _conditional(data, rng, usual(data), head, codes)


def projecting(data):
    """LayerNorm on every size; on large ones with the generator of `slow`."""
    def both(rng):
        generator, discriminator = _conditional(data, rng, "layer", "projection")
        return by_size(data, lambda generator: generator, _spread)(generator), discriminator
    return both


def packed(data, m=2):
    def network(rng):
        packs = _discriminator(data, rng, usual(data), times=m)
        return Network([Pack(m), *packs.layers], rng=rng, input_shape=data.shape)
    return network


def with_end(data, normalization, layer, features):
    """The discriminator with one more layer before its last, which sees the batch. `layer` is a
    function that makes it, `features` what it gives."""
    def network(rng):
        *before, _ = _discriminator(data, rng, normalization).layers
        return Network([*before, layer(), Dense(features, 1)], rng=rng, input_shape=data.shape)
    return network


def maxout(data, pieces=5, units=100):
    """No convolutions, three hidden layers: Goodfellow et al. 2014 had such a D on MNIST."""
    def network(rng):
        layers, inputs = [Flatten()], data.shape[0] * data.shape[1] * data.shape[2]
        for _ in range(3):
            layers += [Dense(inputs, pieces * units), Maxout(pieces)]
            inputs = units
        return Network([*layers, Dense(inputs, 1)], rng=rng, input_shape=data.shape)
    return network


def autoencoder(data, squares=True, embedding=False, code=32):
    """The discriminator down to a code, and its mirror image up again."""
    quarter, channels = data.size // 4, data.shape[2]

    def network(rng):
        encoder = [Conv2D(channels, WIDTH, 4, stride=2, padding=1), LeakyReLU(),
                   Conv2D(WIDTH, 2 * WIDTH, 4, stride=2, padding=1), LeakyReLU(), Flatten(),
                   Dense(quarter * quarter * 2 * WIDTH, code)]
        decoder = [Dense(code, quarter * quarter * 2 * WIDTH), Reshape(quarter, quarter, 2 * WIDTH),
                   LeakyReLU(), ConvTranspose2D(2 * WIDTH, WIDTH, 4, stride=2, padding=1),
                   LeakyReLU(), ConvTranspose2D(WIDTH, channels, 4, stride=2, padding=1)]
        return Reconstruction(encoder, decoder, rng=rng, squares=squares, embedding=embedding,
                              input_shape=data.shape)
    return network


def _generator(data, rng):
    return models.dcgan_generator(data.size, data.shape[2], LATENT, WIDTH, HIDDEN, rng=rng)


def _discriminator(data, rng, normalization, times=1):
    """times : how many samples lie above each other, in the channels."""
    return models.dcgan_discriminator(data.size, times * data.shape[2], WIDTH, hidden=HIDDEN,
                                      normalization=normalization, rng=rng)


def _conditional(data, rng, normalization, head, codes=None):
    return models.conditional_dcgan(
        data.size, data.shape[2], codes or data.classes, LATENT, WIDTH, WIDTH, HIDDEN,
        normalization=normalization, head=head, rng=rng)


def _spread(generator, times=10):
    """The generator with its last convolution's first weights as many times larger."""
    generator.layers[-2].W[...] *= times
    return generator
