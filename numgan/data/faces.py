"""Cartoon faces of known people at a known age: a miniature world for face aging and for styles.

A face is drawn from twelve numbers of identity in [−1, 1] and an age. Ages come in six groups, and
0 ... 5 is the middle of each; between them the face changes steadily. Age changes more than the
colours: the features of a child lie low in a round face, and its eyes are large. Later the face
grows longer, nose and mouth grow, hair turns grey and the hairline goes back. Folds, bags under the
eyes and lines on the forehead appear. Therefore the mean difference of two ages, added to a photo,
does not give the person at the other age. That person is known, because this world is made here.

>>> rng = np.random.default_rng(0)
>>> people = random_people(3, rng)
>>> render_faces(people, [0, 2, 5]).shape
(3, 32, 32, 3)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._checks import generator, positive_int
from .._types import Array, Rng

__all__ = ["AGES", "FEATURES", "SIZE", "random_people", "render_faces"]

FEATURES = ("skin", "hair", "hair length", "width", "jaw", "eye distance", "eye size", "iris",
            "brows", "nose", "mouth", "lips")
AGES = ("child", "youth", "young", "middle", "elder", "old")
SIZE = 32  # pixels a side

BACKGROUND, SHIRT = (0.62, 0.74, 0.80), (0.34, 0.42, 0.56)
GREY, DARK = (0.86, 0.86, 0.88), (0.16, 0.11, 0.10)
SKINS = ((0.47, 0.31, 0.22), (0.80, 0.58, 0.43), (0.98, 0.83, 0.72))  # of −1, 0 and 1
HAIRS = ((0.10, 0.08, 0.09), (0.46, 0.27, 0.13), (0.95, 0.78, 0.40))
IRISES = ((0.28, 0.17, 0.10), (0.24, 0.50, 0.26), (0.20, 0.46, 0.86))
TOGETHER = 500  # faces drawn at a time

# What age changes, at the middle of each group.
LOWER = (0.13, 0.05, 0.0, 0.0, 0.0, 0.0)         # how far down the features lie
LONGER = (-0.12, -0.03, 0.0, 0.01, 0.02, 0.03)   # the face, at its chin
WIDER = (0.02, -0.01, 0.0, 0.02, 0.035, 0.03)    # the face, at its sides
EYES = (1.28, 1.1, 1.0, 0.97, 0.92, 0.86)        # a factor
NOSES = (0.55, 0.85, 1.0, 1.06, 1.14, 1.24)
MOUTHS = (0.72, 0.92, 1.0, 1.0, 1.0, 0.98)
LIPS = (0.9, 1.05, 1.0, 0.9, 0.72, 0.5)
DROOP = (-0.5, -0.35, -0.2, 0.0, 0.25, 0.5)      # of the corners of the mouth; a child smiles
BLUSH = (0.5, 0.2, 0.05, 0.0, 0.0, 0.0)
GREYED = (0.0, 0.0, 0.0, 0.3, 0.7, 1.0)
RECEDED = (0.0, 0.0, 0.02, 0.09, 0.17, 0.24)     # the hairline
FOLDS = (0.0, 0.0, 0.1, 0.4, 0.65, 0.8)          # from nose to mouth
LINES = (0.0, 0.0, 0.0, 0.25, 0.55, 0.75)        # on the forehead
BAGS = (0.0, 0.0, 0.05, 0.35, 0.6, 0.75)


def random_people(n: int, rng: Rng) -> Array:
    """Identities of n people: (n, 12) float32, each number uniform in [−1, 1]; see `FEATURES`."""
    generator("random_people", rng)
    n = positive_int("random_people", "n", n)
    return rng.uniform(-1, 1, (n, len(FEATURES))).astype(np.float32)


def render_faces(people: ArrayLike, ages: ArrayLike) -> Array:
    """The faces of these people at these ages, (N, 32, 32, 3) float32 in [−1, 1].

    people : (N, 12), finite; clipped to [−1, 1]
    ages : (N,), or one for all; 0 ... 5 are the groups of `AGES`, other numbers lie between them
    The same numbers give the same face, to the bit: nothing is random.
    """
    people, ages = np.asarray(people), np.asarray(ages)
    if people.dtype.kind not in "fiu" or people.ndim != 2 or people.shape[1] != len(FEATURES) or (
            not np.isfinite(people).all()):
        raise ValueError(f"render_faces: expected finite people (N, {len(FEATURES)}), got "
                         f"{people.dtype} of shape {people.shape}")
    if ages.dtype.kind not in "fiu" or ages.shape not in ((), (len(people),)) or not (
            (ages >= 0) & (ages <= len(AGES) - 1)).all():
        raise ValueError(f"render_faces: expected ages of 0 to {len(AGES) - 1} of shape () or "
                         f"({len(people)},), got {ages.dtype} of shape {ages.shape}"
                         + (f", {ages.min():g} to {ages.max():g}"
                            if ages.size and ages.dtype.kind in "fiu" else ""))
    ages = np.broadcast_to(ages, len(people)).astype(np.float32)
    faces = np.empty((len(people), SIZE, SIZE, 3), np.float32)
    for start in range(0, len(people), TOGETHER):
        some = slice(start, start + TOGETHER)
        faces[some] = _drawn(np.clip(people[some], -1, 1).astype(np.float32), ages[some])
    return faces


class _Canvas:
    """Pictures on which parts are painted, one over the other. Lengths are in halves of the side,
    the middle is (0, 0) and y points down; an edge is as soft as a pixel is wide."""

    def __init__(self, n: int, colour: ArrayLike) -> None:
        at = ((np.arange(SIZE) + 0.5) * 2 / SIZE - 1).astype(np.float32)
        self.x, self.y = at[None, None, :], at[None, :, None]
        self.pixels = np.empty((n, SIZE, SIZE, 3), np.float32)
        self.pixels[...] = colour

    def paint(self, distance: Array, colour: ArrayLike, opacity: Any = 1.0) -> None:
        """Paint where `distance` (N, H, W) to the edge, negative inside, is below zero."""
        cover = np.clip(0.5 - distance * (SIZE / 2), 0, 1) * opacity
        colour = np.asarray(colour, np.float32).reshape(-1, 1, 1, 3)
        self.pixels += cover[..., None] * (colour - self.pixels)


def _ellipse(x: Array, y: Array, across: Any, down: Any, power: Any = 2.0) -> Array:
    """Roughly the distance to an ellipse around (0, 0), more rectangular for a power above 2."""
    reach = (np.abs(x / across) ** power + np.abs(y / down) ** power) ** (1 / power)
    return (reach - 1) * np.minimum(across, down)


def _stroke(x: Array, y: Array, half: Any, thick: Any, bend: Any = 0.0) -> Array:
    """The distance to a line from (−half, 0) to (half, 0), with its ends lower by `bend`."""
    return np.maximum(np.abs(y - bend * (x / half) ** 2) - thick / 2, np.abs(x) - half)


def _between(ends: Sequence[Any], u: Array) -> Array:
    """The colour at u in [−1, 1] on the way through those of `ends`: (N,) → (N, 3)."""
    at = np.linspace(-1, 1, len(ends))
    return np.stack([np.interp(u, at, channel) for channel in np.transpose(ends)], axis=-1)


def _drawn(people: Array, ages: Array) -> Array:
    def by_age(values: Sequence[float]) -> Array:
        return np.interp(ages, np.arange(len(AGES)), values).astype(np.float32)[:, None, None]

    def of(feature: str) -> Array:
        return people[:, FEATURES.index(feature)][:, None, None]

    canvas = _Canvas(len(people), BACKGROUND)
    x, y = canvas.x, canvas.y
    side = np.abs(x)

    skin = _between(SKINS, people[:, FEATURES.index("skin")])
    shade = skin * 0.72
    grey = by_age(GREYED)[:, 0]
    hair = _between(HAIRS, people[:, FEATURES.index("hair")]) * (1 - grey) + grey * GREY
    lower, top = by_age(LOWER), -0.60
    width = 0.53 + 0.07 * of("width") + by_age(WIDER)
    chin = 0.70 + by_age(LONGER)
    middle, height = (chin + top) / 2, (chin - top) / 2

    # Behind the face: hair, neck and shirt.
    length = 0.18 + 0.34 * of("hair length")
    crown = _ellipse(x, y - middle + 0.12, width + 0.13, height + 0.06, 2.3)
    canvas.paint(np.maximum(crown, y - length), hair)
    canvas.paint(np.maximum(side - 0.24, -y), shade)
    canvas.paint(_ellipse(x, y - 1.12, 0.78, 0.30, 2.5), SHIRT)

    # The face: wide above; below, a jaw with a shape of its own.
    jaw = np.where(y > middle, 2.15 + 0.75 * of("jaw") + 0.25 * by_age(FOLDS), 2.2)
    face = _ellipse(x, y - middle, width, height, jaw)
    for at in (-1, 1):
        canvas.paint(_ellipse(x - at * width, y - 0.06 - lower, 0.07, 0.12), shade)
    canvas.paint(face, skin)
    canvas.paint(_ellipse(side - 0.32, y - 0.27 - lower, 0.14, 0.10),
                 (0.95, 0.45, 0.42), by_age(BLUSH))

    # Hair in front: down to the hairline, which goes back at the temples too.
    back = by_age(RECEDED)
    hairline = -0.38 - 1.1 * back + (0.12 - 1.5 * back) * (x / 0.5) ** 2 + 0.5 * lower
    canvas.paint(np.maximum(np.maximum(face, crown), y - hairline), hair)

    # Eyes, brows, bags.
    apart, size = 0.25 + 0.055 * of("eye distance"), by_age(EYES) * (1 + 0.28 * of("eye size"))
    eye_x, eye_y = side - apart, y - 0.02 - lower
    canvas.paint(_stroke(eye_x, eye_y - 0.15, 0.12, 0.055, -0.05), shade, by_age(BAGS))
    canvas.paint(_ellipse(eye_x, eye_y, 0.125 * size, 0.085 * size), (0.97, 0.97, 0.97))
    canvas.paint(_ellipse(eye_x, eye_y, 0.075 * size, 0.08 * size),
                 _between(IRISES, people[:, FEATURES.index("iris")]))
    canvas.paint(_ellipse(eye_x, eye_y, 0.03 * size, 0.033 * size), DARK)
    brow = 0.075 + 0.045 * of("brows")
    canvas.paint(_stroke(eye_x - 0.01, eye_y + 0.07 + 0.10 * size, 0.14, brow, 0.04),
                 0.8 * hair)
    for height_of_line in (0.33, 0.43):
        canvas.paint(_stroke(x, eye_y + height_of_line, 0.26, 0.045, 0.02), shade, by_age(LINES))
    canvas.paint(_stroke(eye_x - 0.20, eye_y - 0.03, 0.07, 0.04, 0.03), shade,
                 by_age(LINES))

    # Nose, folds, mouth.
    long = by_age(NOSES) * (0.20 + 0.07 * of("nose"))
    tip = 0.09 + long + lower
    canvas.paint(np.maximum(np.abs(x) - 0.025, np.abs(y - tip + 0.6 * long) - 0.6 * long),
                 shade, 0.55)
    canvas.paint(_ellipse(x, y - tip, 0.05 + 0.32 * long, 0.045), shade)
    wide = by_age(MOUTHS) * (0.21 + 0.07 * of("mouth"))
    mouth = 0.47 + 0.55 * lower + 0.55 * by_age(LONGER)
    fold = side - wide - 0.05 - 0.25 * (y - mouth + 0.1)
    canvas.paint(np.maximum(np.abs(fold) - 0.02, np.abs(y - mouth + 0.06) - 0.13), shade,
                 by_age(FOLDS))
    thick = by_age(LIPS) * (0.10 + 0.055 * of("lips"))
    red = 0.45 * skin + 0.55 * np.array((0.80, 0.22, 0.26))
    bend = 0.13 * by_age(DROOP)
    canvas.paint(_stroke(x, y - mouth, wide, thick, bend), red)
    canvas.paint(_stroke(x, y - mouth, wide, 0.03, bend), DARK, 0.6)
    return 2 * canvas.pixels - 1
