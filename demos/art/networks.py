"""Networks and training of `demos.art`.

The generator knows noise alone. The discriminator sees a picture and gives a logit and a
guess of its style; the guess is trained on real paintings, and the weight of `StyleAmbiguity` says
how much the generator cares for it. Samples are pairs of a picture and a style, since the loss
wants real ones with their styles; of generated ones the style means nothing and nobody looks at it.
"""

import numpy as np

from numgan import Adam, data, losses, models
from numgan.layers import (BatchNorm, Conv2D, ConvTranspose2D, Dense, ReLU, Reshape, Softmax,
                           Upsample2D)
from numgan.networks import Conditional
from numgan.pairs import Pair, latents, one_hot
from numgan.penalties import R1R2
from numgan.training import WeightAverage, train

from .paintings import SIZE, STYLES

K = len(STYLES)
RECIPE = dict(steps=6000, batch_size=32, latent=16, width=16, d_width=16, hidden=128, rate=1e-3,
              palette=12, penalty=4.0)


def smooth(rng, shape, fan_in, fan_out):
    """Starting values of a transposed convolution of kernel 4 and stride 2: a random number for
    each pair of channels, times the kernel that interpolates between pixels. A plane stays one,
    where independent numbers would leave a checkerboard in it. The variance of what passes is that
    of He's."""
    one = np.array([0.25, 0.75, 0.75, 0.25])
    values = rng.normal(0.0, np.sqrt(32 / fan_in), (1, 1, *shape[2:]))
    return values * np.outer(one, one)[:, :, None, None]


def sure(rng, shape, fan_in, fan_out):
    """Starting values of the logits' layer: six times the variance of He's, so that already the
    first pictures have planes, and differ."""
    return rng.normal(0.0, np.sqrt(12 / fan_in), shape)


def pigments(images, count, rng):
    """(count, 3): colours of pixels of paintings, far from each other: the first is any, each
    further one that of 2,000 which is farthest from all before it."""
    pixels = rng.choice(images.reshape(-1, 3), 2000, replace=False)
    chosen = [pixels[0]]
    while len(chosen) < count:
        apart = ((pixels[:, None] - np.array(chosen)) ** 2).sum(axis=2).min(axis=1)
        chosen.append(pixels[apart.argmax()])
    return np.array(chosen)


def networks(recipe, palette, rng):
    """(generator, discriminator) of pairs of a picture and a style.

    The generator ends in a palette: for every pixel a softmax over pigments, and what they mix to.
    Paintings have planes of one colour, and a softmax that is sure leaves nothing between them,
    where tanh leaves a checkerboard that takes most of the training to go. The pigments are weights
    and learn like all others; `palette` (n, 3) is what they start from.
    """
    w, hidden, small = recipe["width"], recipe["hidden"], SIZE // 8

    def up(before, after):
        return [ConvTranspose2D(before, after, 4, 2, 1, bias=False, init=smooth),
                BatchNorm(after), ReLU()]

    generator = Conditional(
        [Dense(recipe["latent"], hidden, bias=False, init="he"), BatchNorm(hidden), ReLU(),
         Dense(hidden, small * small * 4 * w, bias=False, init="he"),
         Reshape(small, small, 4 * w), BatchNorm(4 * w), ReLU(),
         *up(4 * w, 2 * w), *up(2 * w, w),
         Upsample2D(), Conv2D(w, len(palette), 3, padding=1, init=sure), Softmax(),
         Conv2D(len(palette), 3, 1, bias=False, init=lambda *given: palette[None, None])],
        recipe["latent"], K, keep=True, rng=rng)
    d = models.dcgan_discriminator(
        SIZE, 3, recipe["d_width"], hidden=hidden, normalization=None, init="he", rng=rng)
    return generator, Conditional([*d.layers[:-1], Dense(hidden, 1 + K, init="he")],
                                  (SIZE, SIZE, 3), K, keep=True, rng=rng)


def training(recipe, weight, images, styles, schedule, seed):
    """A `numgan.training.Training` with an average of the generator, for paintings (N, 32, 32, 3)
    with styles (N,). weight : of the style ambiguity; 0 is the plain GAN."""
    data_rng, init_rng, z_rng = np.random.default_rng(seed).spawn(3)
    palette = pigments(images, recipe["palette"], init_rng)
    generator, discriminator = networks(recipe, palette, init_rng)
    adam = dict(learning_rate=recipe["rate"], beta1=0.0, beta2=0.9)
    return train(generator, discriminator,
                 data.sampler(Pair(images, one_hot(styles, K)), data_rng),
                 loss=losses.StyleAmbiguity(losses.Relativistic(), K, weight),
                 penalty=R1R2(recipe["penalty"]), steps=recipe["steps"], rng=z_rng,
                 batch_size=recipe["batch_size"], g_optimizer=Adam(**adam),
                 d_optimizer=Adam(**adam), schedule=schedule,
                 average=WeightAverage(generator, 0.999), latent=latents(recipe["latent"], K))


def drawn(generator, z):
    """(N, 32, 32, 3): the pictures of latents z (N, latent), a few hundred at a time."""
    nothing = np.zeros((len(z), K), np.float32)
    return np.concatenate([generator((z[i:i + 500], nothing[i:i + 500])).x
                           for i in range(0, len(z), 500)])
