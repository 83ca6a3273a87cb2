"""What the demos of cartoon faces share: photos, and a judge that measures who is on them.

The world is known (`numgan.data.faces`): a face is twelve numbers of identity and an age. A network
learns to read them from a face, and so a generated face can be measured. Two such networks are
trained, which know nothing of each other. One is used (the recogniser, in whose features a demo may
optimise), the other judges.
"""

import numpy as np
from matplotlib.figure import Figure

from numgan import Adam, Network, plotting
from numgan.costs import L2
from numgan.data import faces
from numgan.layers import Conv2D, Dense, Flatten, LeakyReLU
from numgan.training import fit, standard_normal

from .common import INTERRUPTED, exit_code, progress

AGES = len(faces.AGES)
PEOPLE = len(faces.FEATURES)
HIDDEN = 96  # features of the recogniser
NOISE = 0.15  # the largest standard deviation of the noise added to a reader's pictures


def age_code(ages):
    """(N,) ages → (N, 6): the share of each group of `faces.AGES`, 1 in all. The middle of a group
    is one-hot; an age between two middles is shared by both groups."""
    ages = np.asarray(ages, np.float32)
    return np.maximum(0, 1 - abs(ages[:, None] - np.arange(AGES, dtype=np.float32)))


class Photos:
    """n faces of different people, ages uniform in 0 ... 5: `people` (n, 12), `ages`, `images`."""

    def __init__(self, n, rng):
        self.people = faces.random_people(n, rng)
        self.ages = rng.uniform(0, AGES - 1, n).astype(np.float32)
        self.images = faces.render_faces(self.people, self.ages)

    def __len__(self):
        return len(self.images)


class Reader:
    """A network that reads a face: `read` gives identity (N, 12) and age (N,); `network` has the
    features before its last layer. It learns on noisy pictures, and so copes with faces that are
    not drawn cleanly."""

    def __init__(self, width, rng):
        self.network = Network(
            [Conv2D(3, width, 4, stride=2, padding=1, init="he"), LeakyReLU(),
             Conv2D(width, 2 * width, 4, stride=2, padding=1, init="he"), LeakyReLU(),
             Conv2D(2 * width, 4 * width, 4, stride=2, padding=1, init="he"), LeakyReLU(),
             Flatten(), Dense(64 * width, HIDDEN, init="he"), LeakyReLU(),
             Dense(HIDDEN, PEOPLE + 1, init="he")],
            rng=rng, input_shape=(faces.SIZE, faces.SIZE, 3))
        self.spread = np.ones((AGES, PEOPLE))

    def fit(self, photos, steps, rng, title, batch_size=64):
        """Learn from photos; returns the reader."""
        numbers = np.concatenate([photos.people, _scaled(photos.ages)[:, None]], axis=1)

        def batch():
            some = rng.integers(len(photos), size=batch_size)
            images = photos.images[some]
            strength = rng.uniform(0, NOISE, (batch_size, 1, 1, 1)).astype(np.float32)
            return (images + strength * standard_normal(rng, images.shape, images.dtype),
                    numbers[some])

        for _ in progress(fit(self.network, batch, L2(), steps=steps, optimizer=Adam(2e-3, 0.9),
                              schedule="cosine"), total=steps, desc=title, unit=" steps"):
            pass
        return self

    def calibrate(self, people):
        """Learn, from true faces, the error of each number at each age; returns the reader."""
        for age in range(AGES):
            found, _ = self.read(faces.render_faces(people, age))
            self.spread[age] = np.sqrt(np.mean((found - people) ** 2, axis=0))
        return self

    def read(self, images):
        """(identity (N, 12), age (N,)) of faces (N, 32, 32, 3)."""
        found = np.concatenate([self.network(images[start:start + 500])
                                for start in range(0, len(images), 500)])
        return found[:, :-1], (found[:, -1] + 1) * ((AGES - 1) / 2)

    def numbers(self, images):
        """(N, 13): all that was read, each number about −1 ... 1."""
        people, ages = self.read(images)
        return np.concatenate([people, _scaled(ages)[:, None]], axis=1)

    def recognised(self, images, people, age):
        """(N,) bool: whether face n, at this age, is nearer to person n than to any other of
        `people` (N, 12). Distances are in units of the reader's own error at that age."""
        found, _ = self.read(images)
        distance = (((found[:, None] - people[None]) / self.spread[age]) ** 2).sum(axis=-1)
        return distance.argmin(axis=1) == np.arange(len(people))

    def age_right(self, images, age):
        """(N,) bool: whether the age that is read is nearest to the middle of this group."""
        return np.abs(self.read(images)[1] - age) <= 0.5


def _scaled(ages):
    """Ages 0 ... 5 as −1 ... 1."""
    return ages * np.float32(2 / (AGES - 1)) - np.float32(1)


def seed_by_seed(one_run, options):
    """(rows of all seeds, the first seed's run or None, exit code). one_run : function of the
    options and a seed; a run has rows, and, where it ended early, a problem: it is the last then"""
    runs, first = [], None
    try:
        for seed in options.seeds:
            found = one_run(options, seed)
            first = first or found
            runs += found.rows
            if found.problem:
                return runs, first, exit_code(found.problem)
    except KeyboardInterrupt:
        print("Interrupted.", flush=True)
        return runs, first, INTERRUPTED
    return runs, first, 0


def draw_sheet(rows, path, titles=(), labels=(), side=1.0, title=None):
    """A PNG of rows of faces, each row (columns, 32, 32, 3), each face `side` inches wide; a title
    for each column above the first row, a label for each row at its left."""
    rows = np.stack(rows)
    count, columns, size, gap = *rows.shape[:2], rows.shape[2], 2
    sheet = np.ones((count * (size + gap) - gap, columns * (size + gap) - gap, 3))
    for i, j in np.ndindex(count, columns):
        top, left = i * (size + gap), j * (size + gap)
        sheet[top:top + size, left:left + size] = (np.clip(rows[i, j], -1, 1) + 1) / 2
    figure = Figure(figsize=(side * columns + 0.2 + 0.1 * max(map(len, labels), default=0),
                             side * count + 0.2 + 0.3 * bool(titles) + 0.4 * bool(title)),
                    layout="constrained")
    ax = figure.subplots()
    ax.set_anchor("E")  # what is left of the width belongs to the labels
    ax.imshow(sheet, interpolation="nearest")
    middles = (np.arange(max(count, columns)) + 0.5) * (size + gap) - gap / 2
    ax.set_xticks(middles[:len(titles)], titles, fontsize=10)
    ax.set_yticks(middles[:len(labels)], labels, fontsize=10)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    if title:
        figure.suptitle(title, fontsize=12)
    plotting.save_figure(figure, path, dpi=100)
