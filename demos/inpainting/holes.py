"""Holes, the pictures that have them, and measures of how well they were filled."""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

import numpy as np

from numgan import data, metrics
from numgan._optional import needed_by
from numgan.data import houses
from numgan.pairs import Pair

from ..pix2pix.files import is_folder, list_of, picture
from ..pix2pix.worlds import a_tenth, texture

SIZE = 32
SURE = 0.9  # probability above which the judge of digits is sure
HOLES = ("centre", "right half", "lower half", "80 % of pixels")
SEED = 0  # of the worlds: every training sees the same
LEAST = 20  # pictures in a user's folder, of which a tenth is held out
PHOTOS = ("china.jpg", "flower.jpg")  # that come with scikit-learn, 427x640 pixels
SCALES = (1, 2)  # width in the photograph, in pixels, of one pixel of a crop
STRIP = (208, 288)  # columns of each photograph that are held out: through the temple, the petals


def mask_of(hole):
    """(SIZE, SIZE, 1) float32: 1 in the hole."""
    mask = np.zeros((SIZE, SIZE, 1), np.float32)
    half = SIZE // 2
    if hole == "centre":
        mask[9:-9, 9:-9] = 1
    elif hole == "right half":
        mask[:, half:] = 1
    elif hole == "lower half":
        mask[half:] = 1
    else:
        mask[np.random.default_rng(SEED).random(mask.shape) < 0.8] = 1
    return mask


def holed(images, mask):
    """What an encoder reads: (N, SIZE, SIZE, C + 1), the pictures with 0 in the hole, and its mask.
    """
    return np.concatenate([images * (1 - mask),
                           np.broadcast_to(mask, (*images.shape[:3], 1))], axis=-1)


def filled(images, mask, made):
    """The pictures, with what was made in the hole."""
    return images * (1 - mask) + made * mask


class HoledPairs:
    """Batches for `train`: (picture, picture with one of the holes)."""

    remembers = ("images", "rng")

    def __init__(self, images, rng):
        self.images, self.rng = data.sampler(images, rng.spawn(1)[0]), rng
        self.masks = np.stack([mask_of(hole) for hole in HOLES])

    def __call__(self, n):
        images = self.images(n)
        return Pair(images, holed(images, self.masks[self.rng.integers(len(HOLES), size=n)]))


@dataclasses.dataclass
class World:
    """Pictures to train on and held out, (N, 32, 32, C) in [-1, 1]. measure : filled pictures,
    mask → {measure: value}"""

    name: str
    title: str
    train: np.ndarray
    held: np.ndarray
    measure: Callable
    labels: np.ndarray | None = None  # of those to train on: which digit each is


@functools.lru_cache(1)
def world(name, folder=None, verify=True, held_out=200, train=60_000):
    """The `World` "mnist", "houses", "photos" or "folder"; ValueError or OSError where a folder
    does not hold it."""
    if name == "folder":
        return of_folder(pathlib.Path(folder))
    if name == "photos":
        return of_photos(min(train, 6000), min(held_out, 100))
    rng = np.random.default_rng(SEED)
    if name == "houses":
        known, scenes = (houses.draw(n, rng) for n in (min(train, 6000), held_out))
        return World(name, "houses", known.pictures, scenes.pictures,
                     lambda made, mask: of_houses(scenes, made, mask))
    found = []
    for part, count in ("train", train), ("test", held_out):
        images, labels = data.mnist(folder, part, verify=verify)
        chosen = rng.permutation(len(images))[:count]
        found.append((np.pad(images[chosen], ((0, 0), (2, 2), (2, 2), (0, 0)),
                             constant_values=-1), labels[chosen]))
    (known, digits), (held, labels) = found
    return World(name, "MNIST", known, held,
                 lambda made, mask: of_digits(held, labels, made, mask), digits)


def of_photos(train, held_out):
    """Crops of two photographs, at two scales. No held-out pixel is in a training crop, but leaves,
    tiles and petals like the held-out ones are."""
    with needed_by("inpainting of photos"):
        from sklearn.datasets import load_sample_image
    photos = [load_sample_image(name) for name in PHOTOS]
    rng, width = np.random.default_rng(SEED), photos[0].shape[1]
    known = crops(photos, [(0, STRIP[0]), (STRIP[1], width)], train, rng)
    held = crops(photos, [STRIP], held_out, rng)
    return World("photos", "crops of two photographs", known, held,
                 lambda made, mask: of_pictures(held, made, mask))


def crops(photos, columns, n, rng):
    """(n, SIZE, SIZE, 3) float32 in [-1, 1], each from a photograph, at a scale and a place drawn
    at random, within one of `columns`: pairs (first, one beyond the last)."""
    found = np.empty((n, SIZE, SIZE, 3), np.float32)
    for one in found:
        photo, scale = photos[rng.integers(len(photos))], rng.choice(SCALES)
        side = SIZE * scale
        left = rng.choice(np.concatenate([np.arange(begin, end - side + 1)
                                          for begin, end in columns]))
        top = rng.integers(len(photo) - side + 1)
        square = photo[top:top + side, left:left + side]
        one[...] = square.reshape(SIZE, scale, SIZE, scale, 3).mean(axis=(1, 3)) / 127.5 - 1
    return found


def of_folder(folder):
    """A user's pictures, cut to squares; ValueError where there are too few."""
    is_folder(folder)
    paths = list_of(folder)
    if len(paths) < LEAST:
        raise ValueError(f"expected {folder} to hold at least {LEAST} pictures, of which a tenth "
                         f"is held out, got {len(paths)}")
    images = np.stack([picture(path, SIZE) for path in paths])
    held, known = (images[part] for part in a_tenth(len(images)))
    return World("folder", folder.name, known, held,
                 lambda made, mask: of_pictures(held, made, mask))


def of_pictures(held, made, mask):
    """texture : the mean difference of neighbouring pixels in the hole, as a share of the real one.
    """
    everywhere = np.full(held.shape[:3], houses.WALL)
    inside = np.broadcast_to(mask[..., 0] > 0, everywhere.shape)
    real = texture(held, everywhere, inside)
    return {"psnr": psnr(held, made, mask),
            "texture": texture(made, everywhere, inside) / max(real, 1e-6)}


def psnr(held, made, mask):
    """Peak signal-to-noise ratio in the hole, in dB: 10 log10 of 2² over the mean squared error."""
    inside = np.broadcast_to(mask > 0, held.shape)
    error = np.mean((made - held)[inside] ** 2)
    return float(10 * np.log10(4 / max(error, 1e-10)))


def of_digits(held, labels, made, mask):
    """sure : the share for which the LeNet says the right digit, with a probability of SURE or
    more."""
    held, made, mask = held[:, 2:-2, 2:-2], made[:, 2:-2, 2:-2], mask[2:-2, 2:-2]
    said = metrics.mnist_lenet().probabilities(made)
    return {"psnr": psnr(held, made, mask),
            "sure": float(np.mean(said[np.arange(len(made)), labels] >= SURE))}


def of_houses(scenes, made, mask):
    """texture : the mean difference of neighbouring pixels of walls in the hole, as a share of the
    real one; pixels : the share of the map in the hole that is read back"""
    inside = np.broadcast_to(mask[..., 0] > 0, scenes.labels.shape)
    labels, _ = houses.read(made)
    return {"psnr": psnr(scenes.pictures, made, mask),
            "texture": texture(made, scenes.labels, inside) / texture(scenes.pictures,
                                                                      scenes.labels, inside),
            "pixels": float(np.mean((labels == scenes.labels)[inside]))}
