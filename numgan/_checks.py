"""Checks of arguments: each returns the value, or raises one clear error.

The error names who asked, what was expected and what came.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection
from typing import Any, TypeVar

import numpy as np

from ._types import Array, Rng

Kind = TypeVar("Kind")
WIDEST = 1.5  # of a pixel's absolute values: a generator may leave [-1, 1], but bytes are refused


def came(value: Any) -> str:
    """`value` in an error, in a line: an array by its shape, and nothing at full length."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    text = " ".join(repr(value).split())
    return text if len(text) <= 200 else f"{text[:197]}..."


def positive_int(owner: str, name: str, value: Any, minimum: int = 1,
                 most: int | None = None) -> int:
    """`value` as an int from `minimum` to `most`, or a ValueError that names `owner` and `name`."""
    if (isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < minimum
            or most is not None and value > most):
        bound = f">= {minimum}" if most is None else f"from {minimum} to {most}"
        raise ValueError(f"{owner}: {name} must be an integer {bound}, got {came(value)}")
    return int(value)


def number(owner: str, name: str, value: Any, above: float | None = None,
           least: float | None = None, below: float | None = None,
           most: float | None = None) -> float:
    """`value` as a finite float within these bounds, or a ValueError."""
    bounds = (">", above), (">=", least), ("<", below), ("<=", most)
    if (not is_number(value) or not _is_finite(value)
            or above is not None and not value > above or least is not None and not value >= least
            or below is not None and not value < below or most is not None and not value <= most):
        bound = " and".join(f" {sign} {bound:g}" for sign, bound in bounds if bound is not None)
        raise ValueError(f"{owner}: {name} must be a finite number{bound}, got {came(value)}")
    return float(value)


def fraction(owner: str, name: str, value: Any, closed: bool = False) -> float:
    """`value` as a float in [0, 1) (or [0, 1] if `closed`), or a ValueError."""
    if not is_number(value) or not (0 <= value < 1 or (closed and value == 1)):
        interval = "[0, 1]" if closed else "[0, 1)"
        raise ValueError(f"{owner}: {name} must lie in {interval}, got {value!r}")
    return float(value)


def is_number(value: Any) -> bool:
    """Whether it is a real number, of Python or NumPy; True and False are none here."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an int that no float holds
        return False


def flag(owner: str, name: str, value: Any) -> bool:
    """`value` as a bool, or a ValueError: a string such as "no" would count as True."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{owner}: {name} must be True or False, got {value!r}")
    return bool(value)


def choice(owner: str, name: str, value: Kind, known: Collection[str | None]) -> Kind:
    """`value` if it is one of the names in `known`, or a ValueError that lists them."""
    if value is not None and not isinstance(value, str) or value not in known:
        raise ValueError(f"{owner}: {name} must be one of {', '.join(map(str, known))}, "
                         f"got {value!r}")
    return value


def pixels(owner: str, name: str, images: Array) -> None:
    """ValueError if images, an array of numbers, hold NaN or values far outside [-1, 1]."""
    low, high = float(images.min()), float(images.max())
    if not -WIDEST <= low <= high <= WIDEST:
        raise ValueError(f"{owner}: expected {name} to be images in [-1, 1], got values from "
                         f"{low:g} to {high:g}{of_bytes(low, high)}")


def of_bytes(low: float, high: float, least: float = -1) -> str:
    """How to bring images from low ... high to least ... 1, if they look like bytes; else ""."""
    if not (low >= 0 and 100 < high <= 255):
        return ""
    return f"; of images with 256 levels: x / {'127.5 − 1' if least < 0 else '255'}"


def step_in_place(optimizer: Any, theta: Array, grad: Array, scale: float = 1.0) -> None:
    """A step of an optimiser, or a TypeError if it has returned what it should write into theta."""
    found = optimizer.step(theta, grad, scale)
    if found is not None:
        raise TypeError(f"{optimizer}: expected step to write into theta, as in theta -= ..., and "
                        f"to return nothing, got {came(found)}")


def generator(owner: str, rng: Any) -> Rng:
    """`rng` if it is a numpy.random.Generator, or a TypeError."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{owner}: rng must be a numpy.random.Generator, got {rng!r}")
    return rng


def random_generator(owner: str, rng: Any) -> Rng:
    """`rng`, a numpy.random.Generator or a seed, as a Generator, or a TypeError."""
    try:
        if rng is None or isinstance(rng, (bool, str)):
            raise TypeError
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise TypeError(f"{owner}: rng must be a numpy.random.Generator or an integer seed >= 0, "
                        f"got {rng!r}") from None
