"""The renderer: pictures of scenes, at random places that make the captions true."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable

import numpy as np

from ..._checks import generator, positive_int
from ..._types import Array, Rng
from .rows import rows_of
from .scenes import COLOURS, RELATIONS, SHAPES, SIZES, Scene

BACKGROUND = -0.85  # in all three channels
MIN_SIZE = 16  # of a canvas, in pixels: shapes cannot be told apart on a smaller one
FINE = 4       # places for a thing per pixel, and samples along each side of a pixel
GAP = 2        # pixels between two things, at least
MARGIN = 0.5   # pixels between a thing and the edge, at least
SLOPE = 0.5    # "left of" allows this much up or down per step to the right

COLOUR_VALUES = np.array(list(COLOURS.values()))
KINDS = tuple(itertools.product(SIZES, SHAPES))


def render(scene: Scene, rng: Rng, size: int = 24) -> Array:
    """A picture of the scene: (size, size, 3) float32 in [-1, 1], rows from top to bottom.

    The things lie at random places, in steps of a quarter pixel, where the caption is true:
    MARGIN pixels from the edge, GAP pixels apart, and no more than SLOPE off the direction that
    the relation names.
    """
    return render_scenes([scene], rng, size)[0]


def render_scenes(scenes: Iterable[Scene], rng: Rng, size: int = 24) -> Array:
    """A picture of each of N scenes, (N, size, size, 3) float32; see `render`."""
    generator("render", rng)
    return draw(rows_of("render", scenes), rng, positive_int("render", "size", size, MIN_SIZE))


def draw(rows: Array, rng: Rng, size: int) -> Array:
    """Pictures (N, size, size, 3) of the (N, 3) rows of scenes."""
    extents, stamps = stamps_of(size)
    reach = stamps.shape[-1]
    # A margin below and to the right, since a stamp is larger than most things on it.
    canvas = np.full((len(rows), size + reach, size + reach, 3), BACKGROUND, np.float32)
    kinds, colours = kinds_and_colours(rows[:, [0, 2]])
    margin = round(MARGIN * FINE)
    corners = margin + _corners(extents[kinds], rows[:, 1], size * FINE - 2 * margin, rng)
    paint = (COLOUR_VALUES - BACKGROUND).astype(np.float32)
    for i in range(2):
        who = np.flatnonzero(rows[:, 2 * i] >= 0)
        (y, x), (down, right) = (part[who, i].T for part in np.divmod(corners, FINE))
        box = np.arange(reach)
        pixels = (who[:, None, None], (y[:, None] + box)[:, :, None], (x[:, None] + box)[:, None])
        coverage = stamps[kinds[who, i], down, right]
        canvas[pixels] += coverage[..., None] * paint[colours[who, i], None, None]
    return canvas[:, :size, :size].copy()


@functools.cache
def stamps_of(size: int) -> tuple[Array, Array]:
    """The things on a canvas of this size.

    Returns
    -------
    extents : (kinds, 2) int, height and width in units of a pixel / FINE
    stamps : (kinds, FINE, FINE, R, R) float32 in [0, 1], how much of each pixel a thing of this
        kind covers; the second and third axes count how many units down and right its top left
        corner lies in the first pixel
    """
    extents = np.array([np.round(np.multiply(SHAPES[shape], SIZES[length] * size * FINE / 24))
                        for length, shape in KINDS]).astype(int)
    reach = math.ceil(extents.max() / FINE) + 1
    stamps = np.zeros((len(KINDS), FINE, FINE, reach, reach), np.float32)
    for kind, down, right in np.ndindex(stamps.shape[:3]):
        height, width = extents[kind]
        fine = np.zeros((reach * FINE, reach * FINE))
        fine[down:down + height, right:right + width] = _mask(KINDS[kind][1], height, width)
        stamps[kind, down, right] = fine.reshape(reach, FINE, reach, FINE).mean(axis=(1, 3))
    return extents, stamps


def _mask(shape: str, height: int, width: int) -> Array:
    y = ((np.arange(height) + 0.5) / height)[:, None]
    x = ((np.arange(width) + 0.5) / width)[None]
    if shape == "circle":
        return (x - 0.5)**2 + (y - 0.5)**2 <= 0.25
    if shape == "triangle":
        return abs(x - 0.5) <= y / 2
    return np.ones((height, width), bool)


def _corners(extents: Array, relations: Array, length: int, rng: Rng) -> Array:
    """Random top left corners (N, 2 things, 2 axes) of things with these extents (N, 2, 2).

    Everything is in units of a pixel / FINE, vertical axis first; the room for the things is a
    square of side `length`. The second corner means nothing where the relation is -1.
    """
    n = np.arange(len(extents))
    alone = rng.integers(0, length - extents[:, 0] + 1)

    # Along the axis of the relation: two sorted gaps, before the leading thing and between them.
    axis = np.where(relations < RELATIONS.index("above"), 1, 0)
    swap = np.isin(relations, [RELATIONS.index("right of"), RELATIONS.index("below")])
    lead, trail = swap.astype(int), 1 - swap
    along = extents[n[:, None], [[0, 1]], axis[:, None]]
    across = extents[n[:, None], [[0, 1]], 1 - axis[:, None]]
    slack = length - along.sum(axis=1) - GAP * FINE
    before, after = np.sort(rng.integers(0, slack[:, None] + 1, size=(len(n), 2)), axis=1).T
    after += along[n, lead] + GAP * FINE

    # Across it: the leading thing anywhere, the trailing one within SLOPE.
    low = rng.integers(0, length - across[n, lead] + 1)
    distance = after + along[n, trail] / 2 - before - along[n, lead] / 2
    middle = low + across[n, lead] / 2 - across[n, trail] / 2
    bottom = np.maximum(0, np.ceil(middle - SLOPE * distance)).astype(int)
    top = np.minimum(length - across[n, trail], np.floor(middle + SLOPE * distance)).astype(int)
    high = rng.integers(bottom, top + 1)

    corners = np.empty((len(n), 2, 2), int)
    corners[n, lead, axis], corners[n, lead, 1 - axis] = before, low
    corners[n, trail, axis], corners[n, trail, 1 - axis] = after, high
    corners[relations < 0, 0] = alone[relations < 0]
    return corners


def kinds_and_colours(things: Array) -> tuple[Array, Array]:
    """The kinds and the colours of numbered things."""
    size, rest = np.divmod(things, len(COLOURS) * len(SHAPES))
    colour, shape = np.divmod(rest, len(SHAPES))
    return size * len(SHAPES) + shape, colour
