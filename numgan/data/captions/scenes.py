"""Scenes, and the words that say what is on them."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..._checks import choice
from ..._types import Array

COLOURS = {
    "red": (0.95, -0.75, -0.7),
    "green": (-0.65, 0.65, -0.6),
    "blue": (-0.65, -0.25, 1.0),
    "yellow": (1.0, 0.75, -0.8),
    "purple": (0.6, -0.7, 0.75),
    "white": (0.95, 0.95, 0.95),
}
SIZES = {"large": 1.0, "small": 0.6}  # the factor of the extents below
SHAPES = {"circle": (9, 9), "square": (8, 8), "triangle": (8.5, 9.5)}  # height, width; 1/24 canvas
OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
RELATIONS = tuple(OPPOSITE)


# -- scenes ---------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Thing:
    """One object: Thing("large", "red", "circle")."""

    size: str
    colour: str
    shape: str

    def __post_init__(self) -> None:
        choice("Thing", "size", self.size, SIZES)
        choice("Thing", "colour", self.colour, COLOURS)
        choice("Thing", "shape", self.shape, SHAPES)


@dataclass(frozen=True)
class Scene:
    """What a caption says: one thing, or the first in a relation to the second."""

    first: Thing
    relation: str | None = None
    second: Thing | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.first, Thing):
            raise TypeError(f"Scene: expected first to be a Thing, got {self.first!r}")
        if (self.relation is None) != (self.second is None):
            raise ValueError(f"Scene: expected both relation and second or neither, "
                             f"got {self.relation!r} and {self.second!r}")
        if self.second is not None:
            choice("Scene", "relation", self.relation, RELATIONS)
            if not isinstance(self.second, Thing):
                raise TypeError(f"Scene: expected second to be a Thing, got {self.second!r}")

    @property
    def things(self) -> tuple[Thing, ...]:
        """(first,) or (first, second)."""
        return (self.first,) if self.second is None else (self.first, self.second)

    def mirrored(self) -> Scene:
        """The scene that says the same with the things in the other order."""
        if self.relation is None or self.second is None:
            return self
        return Scene(self.second, OPPOSITE[self.relation], self.first)

    def true_of(self, other: Scene) -> bool:
        """Whether this scene's caption holds for pictures of `other`.

        "A left of B" holds for "B right of A"; "A" alone holds for every scene with an A in it.
        """
        if self.second is None:
            return self.first in other.things
        return other in (self, self.mirrored())


@functools.cache
def all_scenes() -> tuple[Scene, ...]:
    """Every scene there is, a tuple: those with one thing, then those with two."""
    things = [Thing(*names) for names in itertools.product(SIZES, COLOURS, SHAPES)]
    pairs = itertools.product(things, RELATIONS, things)
    return (*map(Scene, things), *itertools.starmap(Scene, pairs))


# -- words ----------------------------------------------------------------------------------------

VOCABULARY = ("", "a", *SIZES, *COLOURS, *SHAPES, "left", "right", "of", "above", "below")
LENGTH = 10  # words of the longest caption


def caption(scene: Scene) -> str:
    """The scene in words: "a large red circle left of a small blue square"."""
    check_scene("caption", scene)
    words = [f"a {thing.size} {thing.colour} {thing.shape}" for thing in scene.things]
    return f" {scene.relation} ".join(words)


def parse_caption(text: str) -> Scene:
    """The scene that a caption describes, the inverse of `caption`; capitals do not matter.

    Raises
    ------
    ValueError : names the first word that is not known, or that stands where the grammar wants
        another, and what was expected there
    """
    if not isinstance(text, str):
        raise TypeError(f"parse_caption: expected text to be a str, got {text!r}")
    words = text.lower().split()
    for place, word in enumerate(words, 1):
        if word not in VOCABULARY:
            raise ValueError(f"parse_caption: expected words among {', '.join(VOCABULARY[1:])}; "
                             f"got {word!r}, word {place} of {text!r}")
    place = 0

    def take(what: str, options: Iterable[str]) -> str:
        nonlocal place
        word = words[place] if place < len(words) else None
        if word is None or word not in options:
            got = "the end" if word is None else repr(word)
            raise ValueError(f"parse_caption: expected {what} ({', '.join(options)}) as word "
                             f"{place + 1} of {text!r}, got {got}")
        place += 1
        return word

    def thing() -> Thing:
        take("an article", ("a",))
        return Thing(take("a size", SIZES), take("a colour", COLOURS), take("a shape", SHAPES))

    first = thing()
    if place == len(words):
        return Scene(first)
    relation = take("a relation or the end", ("left", "right", "above", "below"))
    if relation in ("left", "right"):
        relation += " " + take("the rest of a relation", ("of",))
    scene = Scene(first, relation, thing())
    if place < len(words):
        raise ValueError(f"parse_caption: expected {text!r} to end after word {place}, "
                         f"got {words[place]!r}")
    return scene


def tokens(captions: Sequence[str]) -> Array:
    """Captions as numbers: (N, LENGTH) int, each word's place in VOCABULARY, 0 after the last.

    Any words of the vocabulary will do, up to LENGTH of them, grammatical or not.
    """
    if isinstance(captions, str):
        raise TypeError(f"tokens: expected a list of captions, got one str, {captions!r}")
    result = np.zeros((len(captions), LENGTH), int)
    for row, text in zip(result, captions):
        if not isinstance(text, str):
            raise TypeError(f"tokens: expected every caption to be a str, got {text!r}")
        words = text.lower().split()
        if len(words) > LENGTH:
            raise ValueError(f"tokens: expected at most {LENGTH} words, got {text!r}")
        for i, word in enumerate(words):
            if word not in VOCABULARY:
                raise ValueError(f"tokens: expected words among {', '.join(VOCABULARY[1:])}; "
                                 f"got {word!r}, word {i + 1} of {text!r}")
            row[i] = VOCABULARY.index(word)
    return result


def texts(rows: ArrayLike) -> list[str]:
    """The captions of (N, LENGTH) tokens, a list of N str: the inverse of `tokens`."""
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.dtype.kind not in "iu":
        raise ValueError(f"texts: expected (N, L) integers, got {rows.dtype} of shape {rows.shape}")
    if rows.size and not 0 <= rows.min() <= rows.max() < len(VOCABULARY):
        raise ValueError(f"texts: expected tokens 0 ... {len(VOCABULARY) - 1}, "
                         f"got {rows.min()} ... {rows.max()}")
    return [" ".join(VOCABULARY[token] for token in row if token) for row in rows]


def check_scene(where: str, scene: Scene) -> None:
    if not isinstance(scene, Scene):
        raise TypeError(f"{where}: expected a Scene, got {scene!r}")
