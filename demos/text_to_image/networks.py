"""From text to image: a conditional GAN whose condition is a caption.

A pair is a picture and its caption: x (N, size, size, 3) and c (N, LENGTH), ids of words; see
`numgan.networks.conditional`. Each network has a text encoder of its own, which learns from that
network's loss and from nothing else. What it makes of the caption modulates the gain and shift of
the network's features.

A discriminator that sees only real pairs and generated ones can tell them apart by the picture
alone. So it gets a third kind, real pictures with a wrong caption, and has to refuse them too:

    D minimises  −mean ln D(x, c) − ½ [mean ln(1 − D(x, c′)) + mean ln(1 − D(G(z, c), c))]

Reed et al. 2016, algorithm 1 (GAN-CLS). Losses take means, so it is enough to put the wrong pairs
beside the generated ones: `CaptionPairs.d_batches`.
"""

import numpy as np

from numgan._checks import positive_int
from numgan.data.captions import (LENGTH, VOCABULARY, CaptionData, caption, parse_caption, texts,
                                  tokens)
from numgan.layers import (BatchNorm, Conv2D, ConvTranspose2D, Dense, Embedding, Flatten, Join,
                           LeakyReLU, MeanOverTime, Modulate, Projection, Recurrent, ReLU,
                           Reshape, Tanh)
from numgan.networks import Conditional
from numgan.pairs import Pair, concatenate

from .reading import judge


class CaptionPairs:
    """What `train` needs, drawn from a `CaptionData` without end:

        train(G, D, source.real, latent=source.latents, d_batches=source.d_batches, ...)

    Of four wrong captions two differ from the right one in a single word: a caption with every word
    wrong is soon recognised, and teaches D nothing about order. In another one the two things have
    exchanged a word, so that D learns which thing is the red one.

    Parameters
    ----------
    data : CaptionData
    latent : int, the numbers of z
    rng : numpy.random.Generator, draws pictures and wrong captions
    near : bool; if False, wrong captions are any others, wrong in about every word
    """

    remembers = ("rng",)

    def __init__(self, data, latent, rng, near=True):
        if not isinstance(data, CaptionData):
            raise TypeError(f"CaptionPairs: expected data to be a CaptionData, got {data!r}")
        self.data, self.rng, self.near = data, rng, near
        self.latent = positive_int("CaptionPairs", "latent", latent)

    def real(self, n):
        """n pictures with their captions."""
        return Pair(*self.data.batch(n, self.rng)[:2])

    def latents(self, n, rng):
        """n of z ~ N(0, 1), (n, latent), each with a caption from the training.

        The pictures that come with the captions are not needed; they take 1 % of a step."""
        return Pair(rng.standard_normal((n, self.latent), np.float32),
                    self.data.batch(n, rng)[1])

    def d_batches(self, real, fake):
        """The real pairs, and the generated ones together with as many wrong pairs."""
        scenes = [parse_caption(text) for text in texts(real.c)]
        half = len(scenes) // 2
        quarter = (half + len(scenes)) // 2
        parts = ((scenes[:half], True, False), (scenes[half:quarter], True, True),
                 (scenes[quarter:], False, False)) if self.near else ((scenes, False, False),)
        ids = [self.data.mismatched(part, self.rng, near=near, swapped=swapped)[0]
               for part, near, swapped in parts]
        return real, concatenate(fake, Pair(real.x, np.concatenate(ids)))


def drawn(generator, scenes, z):
    """Pictures (N, size, size, 3) of N scenes by their captions, from z (N, latent)."""
    return generator((z, tokens([caption(scene) for scene in scenes]))).x


def judged(images, scenes):
    """(N, 4) bool: whether colour, position, shape and size are right; see `reading.judge`."""
    return np.array([judge(image, scene) for image, scene in zip(images, scenes)]).reshape(-1, 4)


ENCODERS = ("word by word", "convolutional", "recurrent", "bag of words")


def encoder(kind, features, word=32, width=64):
    """The layers from ids (N, LENGTH) to a vector (N, features): an `Embedding`, then

    word by word : a Dense layer for each word, the same at every place, and one of all places.
        Order counts, and no word changes what another says: what was learned of each holds in
        captions that were never seen
    convolutional : a convolution along the caption, which is a picture one pixel wide, so that each
        word is read with two on either side; and a Dense layer of all places. Order counts twice
    recurrent : a `Recurrent` layer, the mean of its states, and a Dense layer
    bag of words : the mean of the words and a Dense layer. "A left of B" is "B left of A", and
        "a red circle left of a blue square" is "a blue circle left of a red square"
    """
    if kind not in ENCODERS:
        raise ValueError(f"encoder: expected one of {', '.join(ENCODERS)}, got {kind!r}")
    layers = [Embedding(len(VOCABULARY), word)]
    if kind in ("word by word", "convolutional"):
        reach = 0 if kind == "word by word" else 2
        return [*layers, Reshape(LENGTH, 1, word + 1),
                Conv2D(word + 1, width, (2 * reach + 1, 1), padding=(reach, 0)), LeakyReLU(),
                Flatten(), Dense(LENGTH * width, features)]
    if kind == "recurrent":
        layers.append(Recurrent(word, width, states=True))
        word = width
    return [*layers, MeanOverTime(), Dense(word, features)]


def networks(size=16, latent=32, width=64, d_width=32, hidden=512, features=64,
             reads="word by word", turned=True, whole=True, *, rng, dtype=np.float32):
    """(generator, discriminator) of pairs of a picture (size, size, 3) and a caption.

    The generator begins with z alone, and the caption modulates the features of every layer
    (conditional BatchNorm), so that z cannot drown in it. It has two Dense layers, one more to a
    picture of a quarter of the size, a convolution there, and two fractional-strided ones upwards.

    The discriminator goes down by two strided convolutions; one more at that size sees a whole
    thing. The caption modulates the features of all layers but the first, and is compared with the
    last (`Projection`). There is no BatchNorm, which does not go with a penalty on D's gradient.

    reads : the kind of both text encoders, see `encoder`
    turned : bool; if False, the caption stands beside z, and modulates nothing in the generator
    whole : bool, whether the discriminator has the convolution that sees a whole thing
    """
    size = positive_int("networks", "size", size, 16)
    if size % 4:
        raise ValueError(f"networks: expected size to be a multiple of 4, got {size}")
    rng, small = np.random.default_rng(rng), size // 4

    def after(n):  # conditional batch normalisation
        return [BatchNorm(n), *[Modulate(n, features)] * turned, ReLU()]

    beside = [] if turned else [Join(features)]
    generator = Conditional(
        [*beside, Dense(latent + features * (not turned), hidden, bias=False, init="he"),
         *after(hidden),
         Dense(hidden, hidden, bias=False, init="he"), *after(hidden),
         Dense(hidden, small * small * width, bias=False, init="he"),
         Reshape(small, small, width), *after(width),
         Conv2D(width, width, 3, padding=1, bias=False, init="he"), *after(width),
         ConvTranspose2D(width, width, 4, 2, 1, bias=False, init="he"), *after(width),
         ConvTranspose2D(width, 3, 4, 2, 1), Tanh()],
        latent, LENGTH, encoder=[*encoder(reads, features), BatchNorm(features)], keep=True,
        rng=rng, dtype=dtype)

    def told(n):
        return [Modulate(n, features), LeakyReLU()]

    w, end = d_width, max(1, hidden // 2)
    discriminator = Conditional(
        [Conv2D(3, w, 4, 2, 1, init="he"), LeakyReLU(),
         Conv2D(w, 2 * w, 4, 2, 1, init="he"), *told(2 * w),
         *([Conv2D(2 * w, 2 * w, 3, padding=1, init="he"), *told(2 * w)] if whole else []),
         Flatten(),
         Dense(2 * w * small * small, end, init="he"), *told(end), Projection(end, features)],
        (size, size, 3), LENGTH, encoder=encoder(reads, features), rng=rng, dtype=dtype)
    return generator, discriminator


def standard_z(rng, n, latent):
    """z ~ N(0, 1) of shape (n, latent), float32."""
    return rng.standard_normal((n, latent), np.float32)
