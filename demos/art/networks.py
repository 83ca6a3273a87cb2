"""Networks and training of `demos.art`.

The generator is a DCGAN's, of noise alone. The discriminator sees a picture and gives a logit and a
guess of its style; the guess is trained on real paintings, and the weight of `StyleAmbiguity` says
how much the generator cares for it. Samples are pairs of a picture and a style, since the loss
wants real ones with their styles; of generated ones the style means nothing and nobody looks at it.
"""

import numpy as np

from numgan import Adam, NonSaturating, data, losses, models
from numgan.layers import Dense
from numgan.networks import Conditional
from numgan.pairs import Pair, latents, one_hot
from numgan.penalties import R1
from numgan.training import WeightAverage, train

from .paintings import SIZE, STYLES

K = len(STYLES)
RECIPE = dict(steps=6000, batch_size=64, latent=16, width=16, d_width=16, hidden=128, rate=1e-3,
              penalty=0.3)


def as_wide_as_data(rng, shape, fan_in, fan_out):
    """Starting values of G's last convolution: with them its first pictures have the standard
    deviation of paintings, 0.6; see `numgan.presets.images`."""
    return rng.normal(0.0, (8 / fan_in) ** 0.5, shape)


def networks(recipe, rng):
    """(generator, discriminator) of pairs of a picture and a style."""
    g = models.dcgan_generator(SIZE, 3, recipe["latent"], recipe["width"], recipe["hidden"],
                               rng=rng, last_init=as_wide_as_data)
    d = models.dcgan_discriminator(SIZE, 3, recipe["d_width"], hidden=recipe["hidden"],
                                   normalization=None, init="he", rng=rng)
    return (Conditional(g.layers, recipe["latent"], K, keep=True, rng=rng),
            Conditional([*d.layers[:-1], Dense(recipe["hidden"], 1 + K, init="he")],
                        (SIZE, SIZE, 3), K, keep=True, rng=rng))


def training(recipe, weight, images, styles, schedule, seed):
    """A `numgan.training.Training` with an average of the generator, for paintings (N, 32, 32, 3)
    with styles (N,). weight : of the style ambiguity; 0 is the plain GAN."""
    data_rng, init_rng, z_rng = np.random.default_rng(seed).spawn(3)
    generator, discriminator = networks(recipe, init_rng)
    adam = dict(learning_rate=recipe["rate"], beta1=0.0, beta2=0.9)
    return train(generator, discriminator,
                 data.sampler(Pair(images, one_hot(styles, K)), data_rng),
                 loss=losses.StyleAmbiguity(NonSaturating(), K, weight), steps=recipe["steps"],
                 rng=z_rng, batch_size=recipe["batch_size"], g_optimizer=Adam(**adam),
                 d_optimizer=Adam(**adam), penalty=R1(recipe["penalty"]), schedule=schedule,
                 average=WeightAverage(generator, 0.999), latent=latents(recipe["latent"], K))


def drawn(generator, z):
    """(N, 32, 32, 3): the pictures of latents z (N, latent), a few hundred at a time."""
    nothing = np.zeros((len(z), K), np.float32)
    return np.concatenate([generator((z[i:i + 500], nothing[i:i + 500])).x
                           for i in range(0, len(z), 500)])
