"""Scenes, and the words that describe them."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
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
SIZES = {"large": 1.0, "small": 0.65}  # the factor of the extents below
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
    """What a caption says: one thing, or a first thing in a relation to a second."""

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
SYNONYMS = {  # `parse_caption` understands them; networks never see them
    "large": ("big", "huge", "great"),
    "small": ("little", "tiny"),
    "purple": ("violet", "magenta"),
    "circle": ("disc", "disk", "ball"),
    "square": ("box",),
    "left of": ("to the left of", "on the left of", "at the left of", "to the left from"),
    "right of": ("to the right of", "on the right of", "at the right of", "to the right from"),
    "above": ("over", "on top of", "atop", "on"),
    "below": ("under", "underneath", "beneath"),
}
_PARTS: dict[str, Iterable[str]] = {"size": SIZES, "colour": COLOURS, "shape": SHAPES}
_MEANINGS = {said: (part, name) for part, options in (*_PARTS.items(), ("relation", RELATIONS))
             for name in options for said in (name, *SYNONYMS.get(name, ()))}
_LONGEST = max(len(said.split()) for said in _MEANINGS)
_SAY_NOTHING = ("a", "an", "the", "one", "and", "is", "that", "which", "there")


def caption(scene: Scene) -> str:
    """The scene in words: "a large red circle left of a small blue square"."""
    check_scene("caption", scene)
    words = [f"a {thing.size} {thing.colour} {thing.shape}" for thing in scene.things]
    return f" {scene.relation} ".join(words)


def parse_caption(text: str) -> Scene:
    """The scene that a caption describes: the inverse of `caption`, for freer wording too.

    A caption says the size, colour and shape of each thing, in any order. For two things it also
    says the relation, between them or before both: "Below a big blue box is a small, red disc."
    Synonyms are those of SYNONYMS. Articles, capitals and punctuation do not matter.

    Raises
    ------
    ValueError : names the first unknown word, with the words there are; or what is missing, or one
        word too many
    """
    if not isinstance(text, str):
        raise TypeError(f"parse_caption: expected text to be a str, got {text!r}")
    things: list[dict[str, str]] = []
    relation, leads = None, False
    for place, part, name, said in _parts_of(text):
        def refused(expected: str) -> ValueError:
            return ValueError(f"parse_caption: expected {expected}, got {said!r}, word {place} of "
                              f"{text!r}")
        if part == "relation":
            if relation is not None:
                raise refused(f"one relation, which was {relation!r}")
            relation, leads = name, not things
        elif not things or part in things[-1] or relation and not leads and len(things) == 1:
            if len(things) == (1 if relation is None else 2):
                raise refused("the end" if relation else
                              f"a relation ({', '.join(RELATIONS)}) between two things, each with "
                              f"one {part}")
            things.append({part: name})
        else:
            things[-1][part] = name
    if len(things) < (1 if relation is None else 2):
        raise ValueError(f"parse_caption: expected {'a second' if things else 'a'} thing, with "
                         f"size, colour and shape, got {text!r}")
    for thing in things:
        for part, options in _PARTS.items():
            if part not in thing:
                raise ValueError(f"parse_caption: expected a {part} ({', '.join(options)}) of each "
                                 f"thing, got {' '.join(thing.values())!r} in {text!r}")
    first, *second = (Thing(**thing) for thing in (things[::-1] if leads else things))
    return Scene(first, relation, *second)


def _parts_of(text: str) -> Iterator[tuple[int, str, str, str]]:
    """(place of the first word, "size", "colour", "shape" or "relation", its name, the words that
    said it), from left to right, without words that say nothing."""
    words = [word.strip(".,;:!?\"'") for word in text.lower().split()]
    place = 0
    while place < len(words):
        for length in range(_LONGEST, 0, -1):
            said = " ".join(words[place:place + length])
            if said in _MEANINGS:
                yield place + 1, *_MEANINGS[said], said
                break
        else:
            length, said = 1, words[place]
            if said in ("left", "right"):
                raise ValueError(f"parse_caption: expected 'of' after {said!r}, word {place + 1} "
                                 f"of {text!r}")
            if said and said not in _SAY_NOTHING:
                raise ValueError(
                    f"parse_caption: expected words among {_all_words()}; got {said!r}, word "
                    f"{place + 1} of {text!r}")
        place += length


def _all_words() -> str:
    """"large (or big, huge), small (...), red, ..."."""
    return ", ".join(name + (f" (or {', '.join(SYNONYMS[name])})" if name in SYNONYMS else "")
                     for options in (*_PARTS.values(), RELATIONS) for name in options)


def tokens(captions: Sequence[str]) -> Array:
    """Captions as numbers: (N, LENGTH) int, each word's place in VOCABULARY, 0 after the last.

    Any words of the vocabulary are accepted, up to LENGTH of them, grammatical or not.
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
