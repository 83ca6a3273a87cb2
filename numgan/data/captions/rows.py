"""Scenes as numbers, for many at a time.

A thing is a number, a kind is its size and shape, and a scene is the row (first, relation, second)
with -1 for what is absent.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable

import numpy as np

from ..._types import Array, Rng
from .scenes import COLOURS, RELATIONS, SHAPES, SIZES, Scene, all_scenes, check_scene

THINGS = len(SIZES) * len(COLOURS) * len(SHAPES)


@functools.cache
def all_rows() -> tuple[dict[Scene, int], Array]:
    """A dictionary from every scene to its place in all_scenes(), and all rows (N, 3)."""
    pairs = itertools.product(range(THINGS), range(len(RELATIONS)), range(THINGS))
    rows = np.array([(thing, -1, -1) for thing in range(THINGS)] + list(pairs))
    rows.flags.writeable = False
    return {scene: i for i, scene in enumerate(all_scenes())}, rows


def rows_of(where: str, scenes: Iterable[Scene]) -> Array:
    """The (N, 3) rows of N scenes."""
    scenes = list(scenes)
    for scene in scenes:
        check_scene(where, scene)
    places, rows = all_rows()
    return rows[np.array([places[scene] for scene in scenes], int)]


def place_of(rows: Array) -> Array:
    """The places of the (N, 3) rows of scenes in all_scenes(), (N,)."""
    first, relation, second = rows.T
    pair = THINGS + (first * len(RELATIONS) + relation) * THINGS + second
    return np.where(second < 0, first, pair)


def mirrored(rows: Array) -> Array:
    """The rows of the scenes that say the same with the things in the other order."""
    first, relation, second = rows.T
    # RELATIONS holds each relation next to its opposite.
    return np.where(second[:, None] < 0, rows, np.stack([second, relation ^ 1, first], axis=1))


def true_of(captions: Array, scenes: Array) -> Array:
    """`Scene.true_of` for (N, 3) rows, (N,) bool."""
    alone = captions[:, 2] < 0
    inside = (captions[:, 0] == scenes[:, 0]) | (captions[:, 0] == scenes[:, 2])
    same = (captions == scenes).all(axis=1) | (mirrored(captions) == scenes).all(axis=1)
    return np.where(alone, inside, same)


def with_one_change(rows: Array, rng: Rng) -> Array:
    """The (N, 3) rows of scenes with one word (or the relation) of each replaced by another."""
    rows = rows.copy()
    n = np.arange(len(rows))
    # Words 0 to 2 belong to the first thing, 3 is the relation, 4 to 6 belong to the second thing.
    word = rng.integers(0, np.where(rows[:, 2] < 0, 3, 7))
    part = np.array([0, 0, 0, 1, 2, 2, 2])[word]
    # The step from a word to the next, in things as numbers, and how many words there are.
    shapes, colours = len(SHAPES), len(COLOURS)
    step = np.array([colours * shapes, shapes, 1, 1, colours * shapes, shapes, 1])[word]
    words = len(SIZES), colours, shapes
    count = np.array([*words, len(RELATIONS), *words])[word]
    old = rows[n, part]
    digit = old // step % count
    new = (digit + rng.integers(1, count)) % count
    rows[n, part] = old + (new - digit) * step
    return rows


def with_a_swap(rows: Array, rng: Rng) -> Array:
    """The (N, 3) rows of scenes after their two things have exchanged their sizes, colours or
    shapes, chosen at random. A scene with one thing, or with two that agree in this, stays as it
    is."""
    first, _, second = rows.T
    shapes, colours = len(SHAPES), len(COLOURS)
    part = rng.integers(0, 3, len(rows))
    step = np.array([colours * shapes, shapes, 1])[part]
    count = np.array([len(SIZES), colours, shapes])[part]
    difference = (second // step % count - first // step % count) * step
    change = np.where(second < 0, 0, difference)
    return rows + change[:, None] * np.array([1, 0, -1])
