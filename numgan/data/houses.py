"""A street of houses: label maps, and pictures of them that show more than the map says.

A map says what every pixel is: sky, ground, roof, wall, window, door or tree. It does *not* say
whether it is day or dusk, what colour the bricks, the roof and the door of a house have, where the
bricks begin, or behind which windows there is light. So a map has many right pictures, and their
mean is none of them. What a picture shows can be read from it (`read`), because every material has
its own colours.

    scenes = draw(500, rng)                   # maps and pictures
    labels, dusk = read(scenes.pictures)      # the maps again
    others = paint(scenes, rng)               # other pictures of the same maps
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._checks import generator, positive_int
from .._types import Array, Rng

__all__ = ["CLASSES", "SIZES", "Scenes", "draw", "one_hot_maps", "paint", "read"]

CLASSES = ("sky", "ground", "roof", "wall", "window", "door", "tree")
SKY, GROUND, ROOF, WALL, WINDOW, DOOR, TREE = range(len(CLASSES))
SIZES = (32, 64)

# colours of the day, RGB in [0, 1]
BRICKS = np.array([(0.72, 0.20, 0.14), (0.88, 0.46, 0.16), (0.86, 0.42, 0.50), (0.88, 0.70, 0.26)])
MORTAR = np.array((0.95, 0.88, 0.78))
ROOFS = np.array([(0.46, 0.49, 0.56), (0.44, 0.26, 0.12), (0.42, 0.20, 0.42)])
DOORS = np.array([(0.00, 0.58, 0.56), (0.08, 0.46, 0.86), (0.12, 0.24, 0.94)])
GRASS, LEAVES = np.array((0.55, 0.80, 0.22)), np.array((0.08, 0.40, 0.14))
DARK, LIT = np.array((0.06, 0.10, 0.26)), np.array((1.00, 0.90, 0.36))  # windows
SKIES = np.array([[(0.36, 0.64, 0.98), (0.74, 0.90, 1.00)],   # by day, from above to the horizon
                  [(0.22, 0.14, 0.50), (0.60, 0.34, 0.72)]])  # at dusk
DUSK = np.array((0.52, 0.48, 0.66))  # what dusk leaves of everything but the sky and lit windows
LIGHTS = 1 / 3  # of the windows at dusk
SHADE = 0.13  # by how much a brick, a row of tiles or a leaf is darker or lighter than the others
NOISE = 0.02  # standard deviation of a pixel

_HOUSES, _PARTS = 8, 64  # in a picture, at most this many houses, and houses and windows together


class Scenes(NamedTuple):
    """Maps with a picture of each."""

    pictures: Array  # (N, size, size, 3) float32 in [-1, 1]
    labels: Array  # (N, size, size) int8, indices of CLASSES
    parts: Array  # (N, size, size) int8: to which house, or which window, a pixel belongs
    dusk: Array  # (N,) bool: what the picture shows and the map does not say


def draw(n: int, rng: Rng, size: int = 32) -> Scenes:
    """n new maps with two to four houses in a row and trees, with a picture of each. size: 32 or
    64."""
    positive_int("houses.draw", "n", n)
    generator("houses.draw", rng)
    if size not in SIZES:
        raise ValueError(f"houses.draw: expected size to be one of {SIZES}, got {size!r}")
    labels = np.zeros((n, size, size), np.int8)
    parts = np.zeros((n, size, size), np.int8)
    for one, of in zip(labels, parts):
        _plan(one, of, rng)
    pictures, dusk = paint(Scenes(np.empty(0), labels, parts, np.empty(0)), rng)
    return Scenes(pictures, labels, parts, dusk)


def one_hot_maps(labels: Array) -> Array:
    """(N, H, W, 7) float32, what a network reads in place of label maps (N, H, W)."""
    return np.eye(len(CLASSES), dtype=np.float32)[labels]


# -- the map ---------------------------------------------------------------------------------------


def _plan(labels: Array, parts: Array, rng: Rng) -> None:
    """Draw one map into (size, size) zeros."""
    size = len(labels)
    unit = size / 32

    def between(low: float, high: float) -> int:
        """A length in pixels; low and high are for a picture of 32 pixels."""
        return int(rng.integers(round(low * unit), round(high * unit) + 1))

    horizon = between(20, 25)
    labels[horizon:] = GROUND
    left, house, window = between(-2, 2), 0, _HOUSES
    while left < size - 3 * unit and house < _HOUSES:
        width = between(9, 13)
        window = _house(labels, parts, house, window, left, horizon + between(0, 3), width, between)
        left, house = left + width + between(1, 4), house + 1
    for _ in range(int(rng.integers(1, 4))):
        _tree(labels, between(0, 31), horizon + between(1, 5), between(2, 3), between(4, 8),
              bool(rng.integers(2)))


def _house(labels: Array, parts: Array, house: int, window: int, left: int, base: int, width: int,
           between: Callable[[float, float], int]) -> int:
    """Draw a house that stands on row `base`; returns the number of the next window."""
    size, unit = len(labels), len(labels) / 32

    def fill(what: int, part: int, top: int, bottom: int, x: int, end: int) -> None:
        rows, columns = slice(max(top, 0), bottom), slice(max(x, 0), max(min(end, size), 0))
        labels[rows, columns] = what
        parts[rows, columns] = part

    top = base - between(7, 11)
    fill(WALL, house, top, base, left, left + width)
    height, flat = between(3, 5), between(0, 3)
    for row in range(height):  # from the eaves up, a pixel over the walls at the bottom
        inset = round(row * (width / 2 - flat) / height - unit)
        fill(ROOF, house, top - row - 1, top - row, left + inset, left + width - inset)
    columns = 3 if width >= 12 * unit else 2
    wide, door = round(2 * unit), between(0, 31) % columns
    pitch = width / columns
    tall = top + round(8 * unit) < base  # two rows of windows
    for column in range(columns):
        x = left + round((column + 0.5) * pitch - wide / 2)
        fill(WINDOW, window, top + round(unit), top + round(3 * unit), x, x + wide)
        window += 1
        if column == door:
            fill(DOOR, house, base - round(4 * unit), base, x, x + wide)
        elif tall:
            fill(WINDOW, window, base - round(4 * unit), base - round(2 * unit), x, x + wide)
            window += 1
    return window


def _tree(labels: Array, x: int, base: int, radius: int, height: int, pointed: bool) -> None:
    y, along = np.ogrid[:len(labels), :len(labels)]
    down = (y - base + height + 0.5) / height  # 0 at the top, 1 at the bottom
    reach = radius * (down if pointed else 2 * np.sqrt(np.clip(down * (1 - down), 0, None)) + 0.2)
    labels[(down > 0) & (down < 1) & (abs(along - x) <= reach)] = TREE


# -- the picture -----------------------------------------------------------------------------------


def paint(scenes: Scenes, rng: Rng) -> tuple[Array, Array]:
    """New (pictures, dusk) for the maps of `scenes`; all that a map does not say is drawn anew."""
    generator("houses.paint", rng)
    labels, parts = scenes.labels, scenes.parts.astype(int)
    n, size = labels.shape[:2]
    dusk = np.asarray(rng.random(n) < 0.5)
    which = np.arange(n)[:, None, None]
    y, x = np.arange(size)[:, None], np.arange(size)

    shade, mortar = _bricks(rng, n, size, which, parts, y, x)
    walls = BRICKS[rng.integers(len(BRICKS), size=(n, _PARTS))[which, parts]] * shade[..., None]
    walls = np.where(mortar[..., None], MORTAR, walls)
    tiles = 1 + SHADE * (1 - 2 * ((y + rng.integers(2, size=(n, _PARTS))[which, parts]) % 2))
    roofs = ROOFS[rng.integers(len(ROOFS), size=(n, _PARTS))[which, parts]] * tiles[..., None]
    doors = DOORS[rng.integers(len(DOORS), size=(n, _PARTS))[which, parts]]
    speckle = 1 + SHADE * rng.choice([-1.0, 1.0], size=labels.shape)[..., None]
    colours = np.stack([np.zeros(walls.shape), np.broadcast_to(GRASS * (2 + speckle) / 3,
                                                               walls.shape),
                        roofs, walls, np.broadcast_to(DARK, walls.shape), doors, LEAVES * speckle])
    found = np.take_along_axis(colours, labels[None, ..., None].astype(int), 0)[0]
    found *= np.where(dusk[:, None], DUSK, 1)[:, None, None]
    light = dusk[:, None] & (rng.random((n, _PARTS)) < LIGHTS)
    lit = (labels == WINDOW) & light[which, parts]
    found = np.where(lit[..., None], LIT, found)
    down = np.clip(y / (0.75 * size), 0, 1)[..., None]
    above, below = SKIES[dusk.astype(int)].swapaxes(0, 1)[:, :, None, None]
    found = np.where((labels == SKY)[..., None], above + (below - above) * down, found)
    found += NOISE * rng.standard_normal(found.shape)
    return (2 * np.clip(found, 0, 1) - 1).astype(np.float32), dusk


def _bricks(rng: Rng, n: int, size: int, which: Array, parts: Array, y: Array,
            x: Array) -> tuple[Array, Array]:
    """(shade of each pixel, whether it is mortar), as if all were wall. Each house has its own
    phases."""
    high, long = size // 16 + 1, size // 8
    row, inside = np.divmod(y + rng.integers(high, size=(n, _PARTS))[which, parts], high)
    brick, along = np.divmod(x + rng.integers(long, size=(n, _PARTS))[which, parts]
                             + row % 2 * (long // 2), long)
    shades = 1 + SHADE * rng.uniform(-1, 1, (n, size, size))  # more than there are bricks
    return shades[which, row % size, (brick + parts) % size], (inside == 0) | (along == 0)


# -- the reader ------------------------------------------------------------------------------------


def read(pictures: Array) -> tuple[Array, Array]:
    """(labels (N, H, W) int8, dusk (N,) bool): what pictures (N, H, W, 3) in [-1, 1] show.

    A pixel is read as the material with the nearest colour. Colours differ between day and dusk; of
    the two readings of a picture, the one that is nearer to it counts. A mixture of two bricks is a
    brick. A pixel that is near none of the colours is still read as the nearest.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or pictures.shape[-1] != 3 or pictures.dtype.kind != "f":
        raise ValueError(f"houses.read: expected pictures of floats (N, H, W, 3), got "
                         f"{pictures.dtype} of shape {pictures.shape}")
    pixels = (np.clip(pictures, -1, 1).astype(np.float32) + 1) / 2
    found = []
    for dusk in False, True:
        labels, colours = _palette(dusk)
        flat = pixels.reshape(len(pixels), -1, 3)
        away = ((colours ** 2).sum(axis=1) - 2 * flat @ colours.T)  # less |pixel|²
        nearest = away.argmin(axis=-1)
        squared = away.min(axis=-1) + (flat ** 2).sum(axis=-1)
        found.append((labels[nearest].reshape(pictures.shape[:3]),
                      np.sqrt(np.clip(squared, 0, None)).mean(axis=1)))
    (day, by_day), (evening, at_dusk) = found
    dusk = at_dusk < by_day
    return np.where(dusk[:, None, None], evening, day), dusk


def _palette(dusk: bool) -> tuple[Array, Array]:
    """(labels (K,), colours (K, 3)) of materials by day or at dusk."""
    light = DUSK if dusk else np.ones(3)
    shades = np.array([1 - SHADE, 1, 1 + SHADE])[:, None]
    above, below = SKIES[int(dusk)]
    of = {SKY: _line(above, below, 6), GROUND: GRASS * light, TREE: LEAVES * shades * light,
          DOOR: DOORS * light, WINDOW: np.stack([DARK * light, LIT] if dusk else [DARK]),
          ROOF: np.concatenate([roof * shades for roof in ROOFS]) * light,
          WALL: np.concatenate([_line(brick * shade, MORTAR, 4) for brick in BRICKS
                                for shade in shades]) * light}
    rows = {label: np.clip(np.atleast_2d(colours), 0, 1) for label, colours in of.items()}
    return (np.repeat(list(rows), [len(row) for row in rows.values()]).astype(np.int8),
            np.concatenate(list(rows.values())).astype(np.float32))


def _line(a: Array, b: Array, count: int) -> Array:
    return a + (b - a) * np.linspace(0, 1, count)[:, None]
