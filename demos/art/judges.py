"""The judges of `demos.art`: two networks that the discriminator never meets.

The first tells styles apart, and was trained on paintings alone. The entropy H(style | x) of its
answer says how ambiguous a picture's style is: 0 where it is sure, ln 5 where it cannot tell. The
second tells whether a picture is still a painting. It knows paintings of the five styles, hybrids
of two with a sharp edge (of no style, and paintings all the same), and pictures spoilt in all the
ways in which a generator fails. It has to judge how a picture is painted, not its style.
"""

import dataclasses

import numpy as np
from scipy import ndimage

from numgan import metrics

from .paintings import STYLES, hybrids, paintings, styled

SURE = 0.5  # from this probability on, a picture counts as a painting


def blurred(images, rng):
    widths = rng.uniform(1.0, 2.5, len(images))
    return np.stack([ndimage.gaussian_filter(image, (width, width, 0), mode="nearest")
                     for image, width in zip(images, widths)])


def noisy(images, rng):
    """Noise from pixel to pixel, or in patches of two or four pixels."""
    grain = rng.choice([1, 2, 4], len(images))
    strength = rng.uniform(0.15, 0.6, len(images))
    size = images.shape[1]
    noise = np.stack([np.kron(rng.standard_normal((size // g, size // g, 3)), np.ones((g, g, 1)))
                      for g in grain])
    return images + strength[:, None, None, None] * noise


def shuffled(images, rng):
    """Patches of 8x8 in another order."""
    n, size = len(images), images.shape[1]
    patches = images.reshape(n, size // 8, 8, size // 8, 8, 3).swapaxes(2, 3)
    patches = patches.reshape(n, -1, 8, 8, 3)
    order = rng.permuted(np.tile(np.arange(patches.shape[1]), (n, 1)), axis=1)
    patches = patches[np.arange(n)[:, None], order].reshape(n, size // 8, size // 8, 8, 8, 3)
    return patches.swapaxes(2, 3).reshape(images.shape)


def mixed(images, rng):
    """Two paintings shining through each other."""
    share = rng.uniform(0.25, 0.75, (len(images), 1, 1, 1))
    return share * images + (1 - share) * images[rng.permutation(len(images))]


def warped(images, rng):
    """Each pixel taken from two to four pixels away, neighbours moved alike: wobbly forms."""
    size, made = images.shape[1], np.empty_like(images)
    place = np.mgrid[:size, :size].astype(float)
    for n, image in enumerate(images):
        bend = ndimage.gaussian_filter(rng.standard_normal((2, size, size)), (0, 3, 3))
        bend *= rng.uniform(1.5, 3) / bend.std()
        for channel in range(3):
            made[n, :, :, channel] = ndimage.map_coordinates(
                image[:, :, channel], place + bend, order=1, mode="nearest")
    return made


SPOILT = {"blurred": blurred, "noisy": noisy, "shuffled": shuffled, "mixed": mixed,
          "warped": warped}


def spoil(images, rng):
    """{name: pictures}: paintings (N, 32, 32, 3), all of them spoilt in each of the ways."""
    return {name: np.clip(way(images, rng), -1, 1).astype(np.float32)
            for name, way in SPOILT.items()}


@dataclasses.dataclass
class Judges:
    """style : LeNet of the five styles; painting : LeNet of 0 "spoilt" and 1 "a painting" """

    style: metrics.LeNet
    painting: metrics.LeNet

    def painted(self, images):
        """(N,) bool: which are still paintings."""
        return self.painting.probabilities(images)[:, 1] >= SURE

    def ambiguity(self, images):
        """(entropy of the style (N,) in nats, the most probable style (N,) int)."""
        p = self.style.probabilities(images)
        return -(p * np.log(np.maximum(p, 1e-12))).sum(axis=1), p.argmax(axis=1)


def trained(n, steps, unfinished, rng, report=lambda step, loss: None):
    """`Judges`, trained on n fresh paintings, the second also on hybrids and spoilt pictures.

    unfinished : (M, 32, 32, 3), what a generator of another seed draws early in its training;
        these count as spoilt pictures too
    """
    images, styles = styled(n, rng)
    style = metrics.fit_lenet(images, styles, rng, steps, report=report)
    good = [styled(n, rng)[0], hybrids(n // 2, rng)]
    part = n // (len(SPOILT) + 1)
    bad = [*spoil(styled(part, rng)[0], rng).values(),
           *spoil(hybrids(part // 2, rng), rng).values(),
           unfinished[rng.permutation(len(unfinished))[:2 * part]]]
    target = np.repeat([1, 0], [sum(map(len, good)), sum(map(len, bad))])
    return Judges(style, metrics.fit_lenet(np.concatenate([*good, *bad]), target, rng, 2 * steps,
                                           report=report))


def examined(judges, n, unfinished, rng):
    """What the judges say of pictures that are known: {"style": share of right answers,
    "paintings", "hybrids": shares that pass, and for every spoilt kind the share that passes}."""
    style = rng.permutation(np.arange(n) % len(STYLES))
    images = paintings(style, rng)
    kinds = {"paintings": images, "hybrids": hybrids(n, rng), **spoil(images, rng),
             "early samples": unfinished}
    return {"style": float((judges.ambiguity(images)[1] == style).mean()),
            **{name: float(judges.painted(some).mean()) for name, some in kinds.items()}}
