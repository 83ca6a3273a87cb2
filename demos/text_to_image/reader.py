"""A network that reads pictures, and tells G what D is slow to tell.

D is only told "right" and "wrong", and has to find out by itself that a caption speaks of shapes.
What shapes a picture shows is an easier question, with a known answer. So a third network R learns
it first, from real pictures and their captions. Then it stands still, and G is told where R reads
something else in its picture than the caption says:

    G minimises  L_G + μ CE(R(G(z, c)), said(c)),    CE the mean over seven questions, in nats

A reader can be pleased by pictures that look like nothing. D sees to it that they look real, and
the reader is made hard to please. It learns from noisy pictures, and noise is added to G's, so that
no faint pattern decides. Half of its pictures are spoilt: mixed with the same picture with a thing
of another shape, or warped. What is spoilt has no shape, and that is the right answer then. So a
blob between a circle and a triangle is neither. And in half of the pictures the colour channels are
exchanged at random, and nothing is asked about colours: what a triangle is must not depend on
them, or G would be told wrong about things that were held out, such as a red triangle on the left.

The reader has nothing to do with the judge (`reading.judge`), which learns nothing. Xu et al. 2018
(AttnGAN), section 3.2, where a network that was trained beforehand compares pictures with words;
here, it answers what a caption of this world can say.
"""

import numpy as np
from scipy import ndimage

from numgan import Adam, Network
from numgan.costs import CrossEntropy
from numgan.data.captions import COLOURS, SHAPES, parse_caption, texts
from numgan.data.captions.drawing import draw
from numgan.data.captions.rows import mirrored, rows_of
from numgan.layers import Conv2D, Dense, Flatten, LeakyReLU, Reshape
from numgan.presets.images import falling
from numgan.training import fit

QUESTIONS = 7  # size, colour and shape of the first thing, the relation, the same of the second
OF_COLOURS, OF_SHAPES = [1, 5], [2, 6]  # among them
ANSWERS = len(COLOURS) + 1  # the most that a question has; the last is "there is none"
NONE = np.eye(ANSWERS, dtype=np.float32)[-1]
STEPS, BATCH, RATE = 3_000, 64, 1e-3
NOISE = 0.2  # the most, of standard deviations that are drawn for each picture
SHARES, WARPS, KNOTS = (0.3, 0.7), (0.9, 1.8), 7  # of a mixture; of a warp, in pixels, and a side
WIDTH, HIDDEN = 16, 256


def said(ids):
    """What captions say, ids (N, LENGTH) of their words: (N, QUESTIONS, ANSWERS) float32, one-hot.
    """
    return answers(rows_of("said", [parse_caption(text) for text in texts(ids)]))


def answers(rows):
    """The same of scenes as rows (N, 3) of numbers. The first thing is the left or the upper one,
    whichever the caption names first, as a picture does not show which it was."""
    first, relation, second = np.where(rows[:, 1:2] % 2, mirrored(rows), rows).T
    found = np.stack([*_words(first), relation // 2, *_words(second)], axis=1)
    found[second < 0, 3:] = ANSWERS - 1
    return np.eye(ANSWERS, dtype=np.float32)[found]


def _words(things):
    """The numbers of size, colour and shape."""
    return things // (len(COLOURS) * len(SHAPES)), things // len(SHAPES) % len(COLOURS), \
        things % len(SHAPES)


def reader(size, rng):
    """An untrained R: pictures (N, size, size, 3) → logits (N, QUESTIONS, ANSWERS)."""
    w = WIDTH
    return Network([Conv2D(3, w, 3, padding=1, init="he"), LeakyReLU(),
                    Conv2D(w, 2 * w, 4, 2, 1, init="he"), LeakyReLU(),
                    Conv2D(2 * w, 4 * w, 4, 2, 1, init="he"), LeakyReLU(),
                    Conv2D(4 * w, 4 * w, 3, padding=1, init="he"), LeakyReLU(), Flatten(),
                    Dense((size // 4) ** 2 * 4 * w, HIDDEN, init="he"), LeakyReLU(),
                    Dense(HIDDEN, QUESTIONS * ANSWERS), Reshape(QUESTIONS, ANSWERS)],
                   rng=rng, input_shape=(size, size, 3))


def fitted(data, rng, steps=STEPS, report=lambda step: None):
    """R, after `steps` steps on pictures of captions from the training."""
    rng = np.random.default_rng(rng)
    network, rows = reader(data.size, rng), rows_of("fitted", data.train)
    for done, _ in enumerate(fit(network, lambda: lesson(rows, data.size, rng), CrossEntropy(),
                                 steps=steps, optimizer=Adam(RATE), schedule=falling), 1):
        report(done)
    return network


def lesson(rows, size, rng):
    """(pictures (BATCH, size, size, 3), answers, which questions count (BATCH, QUESTIONS, 1)) of
    some of the scenes: noisy, a quarter of them mixed and a quarter warped, half in other colours.
    """
    rows = rows[rng.integers(len(rows), size=BATCH)]
    others, place = with_another_shape(rows, rng), rng.integers(2 ** 32)
    images, twins = (draw(some, np.random.default_rng(place), size) for some in (rows, others))
    right, kind = answers(rows), rng.integers(4, size=BATCH)

    mixed, share = kind == 2, rng.uniform(*SHARES, (BATCH, 1, 1, 1)).astype(np.float32)
    images[mixed] += (share * (twins - images))[mixed]
    right[mixed[:, None] & (right != answers(others)).any(axis=-1)] = NONE
    for n in np.flatnonzero(kind == 3):
        images[n] = warped(images[n], rng)
        right[n, OF_SHAPES] = NONE
    asked = np.ones((BATCH, QUESTIONS, 1), np.float32)
    for n in np.flatnonzero(rng.random(BATCH) < 0.5):
        images[n] = images[n][..., rng.permutation(3)]
        asked[n, OF_COLOURS] = 0
    std = rng.uniform(0, NOISE, (BATCH, 1, 1, 1)).astype(np.float32)
    return images + std * rng.standard_normal(images.shape, np.float32), right, asked


def warped(image, rng):
    """An image (size, size, 3), each pixel fetched from elsewhere; neighbours from near places."""
    size = len(image)
    moves = ndimage.zoom(rng.standard_normal((2, KNOTS, KNOTS)), (1, size / KNOTS, size / KNOTS),
                         order=1)
    places = np.mgrid[:size, :size] + rng.uniform(*WARPS) * moves
    return np.stack([ndimage.map_coordinates(image[..., colour], places, order=1, mode="nearest")
                     for colour in range(3)], axis=-1)


def with_another_shape(rows, rng):
    """Rows (N, 3) of scenes where one thing of each has another shape."""
    rows, n = rows.copy(), np.arange(len(rows))
    thing = np.where((rows[:, 2] < 0) | (rng.random(len(rows)) < 0.5), 0, 2)
    shape = rows[n, thing] % len(SHAPES)
    rows[n, thing] += (shape + rng.integers(1, len(SHAPES), len(rows))) % len(SHAPES) - shape
    return rows
