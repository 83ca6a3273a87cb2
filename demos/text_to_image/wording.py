"""Captions as a person types them: what `parse_caption` refuses, and what can still be meant."""

import contextlib
import itertools
import re

from numgan.data.captions import COLOURS, SHAPES, SIZES, SYNONYMS, parse_caption

SHAPE_WORDS = {*SHAPES, *(word for shape in SHAPES for word in SYNONYMS.get(shape, ()))}


def meanings(text):
    """Every `Scene` that a caption may mean, a list: one, or, where the size of a thing is not
    said, one for each size that it can have.

    Beyond what `parse_caption` reads, hyphens join words ("red-circle"), and a thing may be "on the
    right side of" another. ValueError as of `parse_caption`.
    """
    text = re.sub(r"\b(left|right)([ -]hand)? side of\b", r"\1 of", text.replace("-", " "),
                  flags=re.IGNORECASE)
    try:
        return [parse_caption(text)]
    except ValueError as error:
        if "expected a size" not in str(error):
            raise
    words = text.split()
    shapes = [place for place, word in enumerate(words)
              if word.lower().strip(".,;:!?\"'") in SHAPE_WORDS]
    for places in itertools.chain(*(itertools.combinations(shapes, n) for n in (1, 2))):
        with contextlib.suppress(ValueError):
            return [parse_caption(" ".join(with_sizes(words, dict(zip(places, sizes)))))
                    for sizes in itertools.product(SIZES, repeat=len(places))]
    raise ValueError(f"expected a colour ({', '.join(COLOURS)}) and a shape ({', '.join(SHAPES)}) "
                     f"of each thing, got {text!r}")


def with_sizes(words, sizes):
    """Words, with a size before some of them. sizes : place → size"""
    for place, word in enumerate(words):
        yield from ([sizes[place]] if place in sizes else [])
        yield word
