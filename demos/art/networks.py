"""Networks and training of `demos.art`.

The generator's input is noise alone. The discriminator sees a picture and gives a logit and a
guess of its style. The guess is trained on real paintings; the weight of `StyleAmbiguity` says how
much it matters to the generator. Samples are pairs of a picture and a style, since the loss needs
the styles of real pictures. The style of a generated one means nothing and is not used. CAN has a
discriminator of patches: see `discriminator`.
"""

import numpy as np

from numgan import Adam, data, losses
from numgan.latent import truncated_normal
from numgan.layers import (BatchNorm, Conv2D, ConvTranspose2D, Dense, Flatten, LeakyReLU,
                           ModulatedConv2D, ReLU, Reshape, Softmax, Upsample2D)
from numgan.networks import Conditional
from numgan.pairs import Pair, one_hot
from numgan.penalties import R1R2
from numgan.training import WeightAverage, standard_normal, train

from .paintings import SIZE, STYLES

K = len(STYLES)
NORMAL, CODES = 16, 12  # z has this many normal numbers, and one of this many codes
LATENT = NORMAL + CODES
RECIPE = dict(steps=10_000, batch_size=32, width=16, hidden=128, d_width=24, d_hidden=128, full=12,
              rate=1e-3, palettes=12, pigments=12, penalties=(4.0, 0.7), second_penalty=0.1)


def smooth(rng, shape, fan_in, fan_out):
    """Initial weights of a transposed convolution of kernel 4 and stride 2: a random number for
    each pair of channels, times the kernel that interpolates between pixels. A plane of one colour
    stays one; independent numbers would leave a checkerboard in it. The variance of the output is
    that of He's initial weights."""
    one = np.array([0.25, 0.75, 0.75, 0.25])
    values = rng.normal(0.0, np.sqrt(32 / fan_in), (1, 1, *shape[2:]))
    return values * np.outer(one, one)[:, :, None, None]


def repeated(rng, shape, fan_in, fan_out):
    """Initial weights of a 1x1 convolution that repeats each channel three times."""
    return np.eye(shape[2]).repeat(3, axis=1)[None, None]


def sure(rng, shape, fan_in, fan_out):
    """Initial weights of a layer of logits: six times the variance of He's, so that even the first
    pictures have planes, and differ."""
    return rng.normal(0.0, np.sqrt(12 / fan_in), shape)


def mean(rng, shape, fan_in, fan_out):
    """Initial weights of a layer (places · M) → M that gives the mean over places."""
    return np.tile(np.eye(shape[1]), (shape[0] // shape[1], 1)) * shape[1] / shape[0]


def palettes(images, count, pigments, rng):
    """(count, pigments, 3): for each palette, the colours of some pixels of one painting."""
    pictures = images[rng.integers(len(images), size=count)].reshape(count, -1, 3)
    return np.stack([rng.choice(pixels, pigments, replace=False) for pixels in pictures])


def generator(recipe, palettes, rng):
    """A generator of pairs of a picture and a style.

    It paints as a painter does: forms from z, and one palette for the whole picture. Forms are
    masks, a softmax for every pixel; the palette says which colour a mask has. Paintings have
    planes of one colour. A softmax that is sure leaves nothing between them, where tanh leaves a
    checkerboard; and no plane can be speckled, since its colour is given only once.

    The palette is mixed from a few palettes, by K numbers that the pair has beside z and that D
    does not see. These palettes are weights, learned like all others; `palettes`
    (count, pigments, 3) are their initial values.
    """
    w, hidden, small = recipe["width"], recipe["hidden"], SIZE // 8
    count, pigments, _ = palettes.shape

    def up(before, after):
        return [ConvTranspose2D(before, after, 4, 2, 1, bias=False, init=smooth),
                BatchNorm(after), ReLU()]

    mixed = [Dense(K, 64, init="he"), LeakyReLU(), Dense(64, 64, init="he"), LeakyReLU(),
             Dense(64, count, init=sure), Softmax()]
    colours = ModulatedConv2D(3 * pigments, 3, 1, count, demodulate=False)
    made = Conditional(
        [Dense(LATENT, hidden, bias=False, init="he"), BatchNorm(hidden), ReLU(),
         Dense(hidden, small * small * 4 * w, bias=False, init="he"),
         Reshape(small, small, 4 * w), BatchNorm(4 * w), ReLU(),
         *up(4 * w, 2 * w), *up(2 * w, w),
         Upsample2D(), Conv2D(w, pigments, 3, padding=1, init=sure), Softmax(),
         Conv2D(pigments, 3 * pigments, 1, bias=False, init=repeated), colours],
        LATENT, K, encoder=mixed, keep=True, rng=rng)
    colours.W[...] = np.tile(np.eye(3), (pigments, 1))
    colours.A[...] = palettes.reshape(count, -1) - 1  # the layer adds 1, as shares of palettes do
    return made


def discriminator(recipe, rng, patches=False):
    """A discriminator of pairs of a picture and a style; the style comes out again, beside 1 + K
    numbers: the logit and the guess.

    For a D that sees the whole picture, one of no style is no painting, since no real one is like
    that. A D that sees patches sees how they are painted, and a picture may have one style here and
    another there. So with `patches` each of 8x8 patches, of 12x12 pixels, has 1 + K numbers of its
    own. The output is a weighted sum of them all, at first their mean.
    """
    d, full, hidden = recipe["d_width"], recipe["full"], recipe["d_hidden"]
    layers = [Conv2D(3, full, 3, padding=1, init="he"), LeakyReLU(),
              Conv2D(full, d, 4, 2, 1, init="he"), LeakyReLU(),
              Conv2D(d, 2 * d, 4, 2, 1, init="he"), LeakyReLU()]
    if patches:
        layers += [Conv2D(2 * d, hidden, 1, init="he"), LeakyReLU(),
                   Conv2D(hidden, 1 + K, 1, init="he"), Flatten(),
                   Dense((SIZE // 4) ** 2 * (1 + K), 1 + K, init=mean)]
    else:
        layers += [Conv2D(2 * d, 4 * d, 4, 2, 1, init="he"), LeakyReLU(), Flatten(),
                   Dense(4 * d * (SIZE // 8) ** 2, hidden, init="he"), LeakyReLU(),
                   Dense(hidden, 1 + K, init="he")]
    return Conditional(layers, (SIZE, SIZE, 3), K, keep=True, rng=rng)


class Falling(R1R2):
    """R1 and R2, with a weight that falls from `first` to `last`, by the same factor at each step.
    With a large weight D is flat and sees all styles; with a smaller one it sees edges. (Huang et
    al. 2024 let theirs fall too, to a tenth.)"""

    def __init__(self, first, last, steps):
        super().__init__(first)
        self.factor = (last / first) ** (1 / steps)

    def add_gradient_from(self, *args):
        value = super().add_gradient_from(*args)
        self.weight *= self.factor
        return value


def training(recipe, weight, images, styles, schedule, seed, start=(), patches=False):
    """A `numgan.training.Training` with an average of the generator, for paintings (N, 32, 32, 3)
    with styles (N,). weight : of the style ambiguity; 0 is the plain GAN. start : generator, or
    generator and discriminator, of an earlier training, whose weights are the initial weights here;
    patches : as in `discriminator`"""
    data_rng, init_rng, z_rng = np.random.default_rng(seed).spawn(3)
    colours = palettes(images, recipe["palettes"], recipe["pigments"], init_rng)
    players = generator(recipe, colours, init_rng), discriminator(recipe, init_rng, patches)
    for network, trained in zip(players, start):
        network.theta[...], network.buffer[...] = trained.theta, trained.buffer
    first, last = recipe["penalties"]
    adam = dict(learning_rate=recipe["rate"], beta1=0.0, beta2=0.9)
    return train(*players,
                 data.sampler(Pair(images, one_hot(styles, K)), data_rng),
                 loss=losses.StyleAmbiguity(losses.Relativistic(), K, weight),
                 penalty=(R1R2(recipe["second_penalty"]) if start else
                          Falling(first, last, recipe["steps"])),
                 steps=recipe["steps"], rng=z_rng,
                 batch_size=recipe["batch_size"], g_optimizer=Adam(**adam),
                 d_optimizer=Adam(**adam), schedule=schedule,
                 average=WeightAverage(players[0], 0.999), latent=latents)


def latents(n, rng):
    """z, and beside it the numbers that mix the palette: a `Pair`.

    Between two kinds of paintings there are no paintings, but a G whose z is all one piece has to
    cross that gap. So z has a code too, one-hot times 2: codes are 2.8 apart, two normal numbers
    1.1 on average.
    """
    code = 2 * one_hot(rng.integers(CODES, size=n), CODES)
    return Pair(np.concatenate([standard_normal(rng, (n, NORMAL), np.float32), code], axis=1),
                standard_normal(rng, (n, K), np.float32))


latents.remembers = ()


def truncated(z, threshold, rng):
    """The latents with new normal numbers, all within ±threshold: nearer to the middle of what each
    code stands for. Codes and palettes stay the same."""
    x = z.x.copy()
    x[:, :NORMAL] = truncated_normal(rng, (len(z), NORMAL), threshold)
    return Pair(x, z.c)


def drawn(generator, z):
    """(N, 32, 32, 3): the pictures of latents z, a `Pair`; made a few hundred at a time."""
    return np.concatenate([generator(z[i:i + 500]).x for i in range(0, len(z), 500)])
