"""What is translated into what, and measures of how well that went."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

import numpy as np

from numgan import data, metrics
from numgan._optional import needed_by
from numgan.data import houses
from numgan.pairs import Pair

from .files import by_stem, halves, is_folder, list_of, picture

NAMES = {"houses": "label maps to pictures of houses", "edges-to-digits": "edges to MNIST digits",
         "digits-to-edges": "MNIST digits to their edges"}
TRAIN, HELD_OUT = 4000, 500
SEED = 0  # of the worlds: every training sees the same
MAP = np.array([(0.72, 0.86, 1.0), (0.72, 0.85, 0.48), (0.45, 0.30, 0.24), (0.90, 0.55, 0.42),
                (1.0, 0.9, 0.4), (0.15, 0.45, 0.75), (0.12, 0.42, 0.20)]) * 2 - 1
EDGE = 0.6  # neighbouring values, from -1 to 1, that differ by this much make an edge


@dataclasses.dataclass
class World:
    """Pairs to train on and held out. x : what is to be made; c : what it is made from."""

    name: str
    title: str
    train: Pair
    held: Pair
    measure: Callable  # (made from `held.c`, made from it again) → {measure: value}
    shown: Callable  # c → pictures of it
    real: tuple = ()  # other right pictures, where they are known: two for each c
    labels: bool = False  # whether c says of each pixel to which class it belongs
    note: str = ""  # what else the user should know


@functools.lru_cache(1)
def world(name, size=32, folder=None, verify=True, held_out=HELD_OUT, train=TRAIN):
    """The `World` of that name; ValueError or OSError where a folder does not hold it."""
    if name == "houses":
        return of_houses(size, held_out, train)
    if name == "folder":
        return of_folder(pathlib.Path(folder), size)
    return of_mnist(name, folder, verify, held_out, train)


# -- houses ----------------------------------------------------------------------------------------


def of_houses(size, held_out, train):
    rng = np.random.default_rng([SEED, size])
    known, scenes = houses.draw(train, rng, size), houses.draw(held_out, rng, size)
    real = tuple(houses.paint(scenes, rng)[0] for _ in range(2))
    varies = np.abs(real[0] - real[1]).mean()
    return World("houses", f"houses, {size}x{size}",
                 Pair(known.pictures, houses.one_hot_maps(known.labels)),
                 Pair(scenes.pictures, houses.one_hot_maps(scenes.labels)),
                 lambda made, again: of_pictures(scenes, made, again, varies),
                 lambda c: MAP[c.argmax(axis=-1)], real, True)


def of_pictures(scenes, made, again, varies):
    """Measures of pictures that were made from the maps of `scenes`; shares are of 1.

    pixels, iou : of the labels that are read back; texture, saturation : shares of what real
    pictures of the same time of day have; varies : share of what real ones have; dusk : share of
    the pictures; l1 : mean |made − real|, of values in [-1, 1].
    """
    labels, dusk = houses.read(made)
    return {"pixels": float(np.mean(labels == scenes.labels)),
            "iou": overlap(scenes.labels, labels, len(houses.CLASSES)),
            "texture": share_of_real(texture, made, dusk, scenes),
            "saturation": share_of_real(saturation, made, dusk, scenes),
            "varies": float(np.abs(made - again).mean() / varies),
            "dusk": float(dusk.mean()), "l1": float(np.abs(made - scenes.pictures).mean())}


def overlap(right, read, classes):
    """The mean over classes of each class's intersection over union, taken over all pictures."""
    counts = np.bincount(classes * right.astype(int).ravel() + read.astype(int).ravel(),
                         minlength=classes ** 2).reshape(classes, classes)
    both = np.diag(counts)
    either = counts.sum(axis=0) + counts.sum(axis=1) - both
    return float(np.mean(both[either > 0] / either[either > 0]))


def share_of_real(measure, made, dusk, scenes):
    """A measure of pictures as a share of what real ones have, at the same time of day.

    Real pictures have less texture and saturation at dusk than by day. So those of `made` that are
    at dusk (N,) are compared with the real ones at dusk, the others with the others, and a G that
    prefers dusk loses nothing by it.
    """
    of_made = of_real = 0.0
    for time in False, True:
        these, those = dusk == time, scenes.dusk == time
        if not those.any():  # can happen with a handful of real pictures
            those = np.ones_like(those)
        if these.any():
            of_made += these.sum() * measure(made[these], scenes.labels[these])
            of_real += these.sum() * measure(scenes.pictures[those], scenes.labels[those])
    return of_made / of_real


def texture(pictures, labels, inside=True):
    """The mean difference of neighbouring pixels where both are wall, and inside a mask. Bricks
    have much of it."""
    wall = (labels == houses.WALL) & inside
    total = count = 0
    for axis in 1, 2:
        both = np.delete(wall, 0, axis) & np.delete(wall, -1, axis)
        total += np.abs(np.diff(pictures, axis=axis))[both].sum()
        count += both.sum() * pictures.shape[-1]
    return float(total / max(count, 1))


def saturation(pictures, labels=None):
    """The mean over pixels of the largest channel minus the smallest, whatever the labels."""
    return float((pictures.max(axis=-1) - pictures.min(axis=-1)).mean())


def nearest_of(known, asked):
    """For each of `asked` the index of the nearest of `known`, compared number by number."""
    with needed_by("the nearest picture"):
        from sklearn.neighbors import NearestNeighbors
    known, asked = (part.reshape(len(part), -1) for part in (known, asked))
    search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(known)
    return search.kneighbors(asked, return_distance=False)[:, 0]


# -- MNIST -----------------------------------------------------------------------------------------


def of_mnist(name, folder, verify, held_out, train):
    rng = np.random.default_rng(SEED)
    found = []
    for part, count in ("train", train), ("test", held_out):
        images, labels = data.mnist(folder, part, verify=verify)
        chosen = rng.permutation(len(images))[:count]
        digits = np.pad(images[chosen], ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=-1)
        found.append((Pair(digits, edges(digits)), labels[chosen]))
    (known, _), (held, labels) = found
    if name == "digits-to-edges":
        known, held = Pair(known.c, known.x), Pair(held.c, held.x)

    def measure(made, again):
        either = {"l1": float(np.abs(made - held.x).mean()),
                  "varies": float(np.abs(made - again).mean())}
        if name == "digits-to-edges":
            return {"iou": overlap(held.x > 0, made > 0, 2), **either}
        right = metrics.mnist_lenet().probabilities(made[:, 2:-2, 2:-2]).argmax(axis=1) == labels
        return {"recognised": float(right.mean()), **either}
    return World(name, NAMES[name], known, held, measure, lambda c: c)


def edges(images):
    """1 where a pixel of (N, H, W, 1) differs from its neighbour to the right or below by EDGE or
    more, else −1."""
    there = np.zeros(images.shape, bool)
    there[:, :, :-1] |= np.abs(np.diff(images, axis=2)) >= EDGE
    there[:, :-1] |= np.abs(np.diff(images, axis=1)) >= EDGE
    return np.where(there, np.float32(1), np.float32(-1))


# -- a user's pairs --------------------------------------------------------------------------------


ALONE = "without a partner of the same name"


def of_folder(folder, size):
    """Pairs of files: DIR/input/NAME and DIR/target/NAME; or files in DIR that have both side by
    side, the input on the left. One of ten is held out."""
    is_folder(folder)
    sides, alone = [folder / name for name in ("input", "target")], ""
    if all(side.is_dir() for side in sides):
        paths = [by_stem(side) for side in sides]
        both = sorted(set(paths[0]) & set(paths[1]))
        alone = without_partner(dict(zip(("input", "target"), paths)), both)
        pairs = [tuple(picture(part[name], size) for part in paths) for name in both]
    else:
        pairs = [halves(path, size) for path in list_of(folder)]
    if len(pairs) < 2:
        raise ValueError(f"expected {folder} to hold at least two pairs: pictures of the same "
                         f"name in input/ and target/, or pictures with both side by side, got "
                         f"{len(pairs)}" + (f"; {ALONE}: {alone}" if alone else ""))
    c, x = (np.stack(part) for part in zip(*pairs))
    held, known = a_tenth(len(x))
    target = x[held]
    return World("folder", folder.name, Pair(x[known], c[known]), Pair(target, c[held]),
                 lambda made, again: {"l1": float(np.abs(made - target).mean()),
                                      "varies": float(np.abs(made - again).mean())}, lambda c: c,
                 note=f"Left out, {ALONE}: {alone}" if alone else "")


def without_partner(sides, both, shown=3):
    """How many pictures of each side are not in both, and the names of a few; "" if all are.
    sides : {folder's name: {picture's name: path}}"""
    said = []
    for side, paths in sides.items():
        alone = [paths[name].name for name in sorted(set(paths) - set(both))]
        if alone:
            said.append(f"{len(alone)} in {side}/ ({', '.join(alone[:shown])}"
                        + ", ..." * (len(alone) > shown) + ")")
    return ", ".join(said)


def a_tenth(n):
    """(indices of a tenth of n that is held out, of the rest)."""
    return np.split(np.random.default_rng(SEED).permutation(n), [max(1, n // 10)])
