"""Checks of arguments: each returns the value, or raises one clear error.

The error names who asked, what was expected and what came.
"""

import math
import numbers

import numpy as np


def positive_int(owner, name, value, minimum=1, most=None):
    """`value` as an int from `minimum` to `most`, or a ValueError that names `owner` and `name`."""
    if (isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < minimum
            or most is not None and value > most):
        bound = f">= {minimum}" if most is None else f"from {minimum} to {most}"
        raise ValueError(f"{owner}: {name} must be an integer {bound}, got {value!r}")
    return int(value)


def number(owner, name, value, above=None, least=None, below=None, most=None):
    """`value` as a finite float within these bounds, or a ValueError."""
    bounds = (">", above), (">=", least), ("<", below), ("<=", most)
    if (not is_number(value) or not _is_finite(value)
            or above is not None and not value > above or least is not None and not value >= least
            or below is not None and not value < below or most is not None and not value <= most):
        bound = " and".join(f" {sign} {bound:g}" for sign, bound in bounds if bound is not None)
        raise ValueError(f"{owner}: {name} must be a finite number{bound}, got {value!r}")
    return float(value)


def fraction(owner, name, value, closed=False):
    """`value` as a float in [0, 1) (or [0, 1] if `closed`), or a ValueError."""
    if not is_number(value) or not (0 <= value < 1 or (closed and value == 1)):
        interval = "[0, 1]" if closed else "[0, 1)"
        raise ValueError(f"{owner}: {name} must lie in {interval}, got {value!r}")
    return float(value)


def is_number(value):
    """Whether it is a real number, of Python or NumPy; True and False are none here."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_finite(value):
    try:
        return math.isfinite(value)
    except OverflowError:  # an int that no float holds
        return False


def flag(owner, name, value):
    """`value` as a bool, or a ValueError: a string such as "no" would count as True."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{owner}: {name} must be True or False, got {value!r}")
    return bool(value)


def choice(owner, name, value, known):
    """`value` if it is one of the names in `known`, or a ValueError that lists them."""
    if value is not None and not isinstance(value, str) or value not in known:
        raise ValueError(f"{owner}: {name} must be one of {', '.join(map(str, known))}, "
                         f"got {value!r}")
    return value


def generator(owner, rng):
    """`rng` if it is a numpy.random.Generator, or a TypeError."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{owner}: rng must be a numpy.random.Generator, got {rng!r}")
    return rng


def random_generator(owner, rng):
    """`rng`, a numpy.random.Generator or a seed, as a Generator, or a TypeError."""
    try:
        if rng is None or isinstance(rng, (bool, str)):
            raise TypeError
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise TypeError(f"{owner}: rng must be a numpy.random.Generator or an integer seed >= 0, "
                        f"got {rng!r}") from None
