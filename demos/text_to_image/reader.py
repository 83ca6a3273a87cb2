"""A network that reads pictures, and tells G what D is slow to tell.

D is only told "right" and "wrong", and has to find out by itself that a caption speaks of shapes.
What shapes a picture shows is an easier question, with a known answer. So a third network R learns
it first, from real pictures and their captions. Then it stands still, and G is told where R reads
something else in its picture than the caption says:

    G minimises  L_G + μ CE(R(G(z, c)), said(c)),    CE the mean over seven questions, in nats

A reader alone could be pleased by pictures that look like nothing; D sees to it that they look
real. It has nothing to do with the judge (`reading.judge`), which learns nothing. Xu et al. 2018
(AttnGAN), section 3.2, where a network that was trained beforehand compares pictures with words;
here, it answers what a caption of this world can say.
"""

import numpy as np

from numgan import Adam, Network
from numgan.costs import CrossEntropy
from numgan.data.captions import COLOURS, SHAPES, parse_caption, texts
from numgan.data.captions.rows import mirrored, rows_of
from numgan.layers import Conv2D, Dense, Flatten, LeakyReLU, Reshape
from numgan.presets.images import falling
from numgan.training import fit

QUESTIONS = 7  # size, colour and shape of the first thing, the relation, the same of the second
ANSWERS = len(COLOURS) + 1  # the most that a question has; the last is "there is none"
STEPS, BATCH, RATE = 2_000, 64, 1e-3
WIDTH, HIDDEN = 16, 256


def said(ids):
    """What captions say, ids (N, LENGTH) of their words: (N, QUESTIONS, ANSWERS) float32, one-hot.

    The first thing is the left or the upper one, whichever the caption names first, as a picture
    does not show which it was."""
    rows = rows_of("said", [parse_caption(text) for text in texts(ids)])
    first, relation, second = np.where(rows[:, 1:2] % 2, mirrored(rows), rows).T
    alone = second < 0
    answers = np.stack([*_words(first), relation // 2, *_words(second)], axis=1)
    answers[alone, 3:] = ANSWERS - 1
    return np.eye(ANSWERS, dtype=np.float32)[answers]


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
    network = reader(data.size, rng)

    def batch():
        images, ids, _ = data.batch(BATCH, rng)
        return images, said(ids)
    for done, _ in enumerate(fit(network, batch, CrossEntropy(), steps=steps,
                                 optimizer=Adam(RATE), schedule=falling), 1):
        report(done)
    return network
