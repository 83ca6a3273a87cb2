"""Starting values of weights.

An initializer is a function ``(rng, shape, fan_in, fan_out) -> array``: `fan_in` is the number of
inputs that one output sums over, `fan_out` the number of outputs that one input reaches.
"""

from __future__ import annotations

import numpy as np

from .._types import Array, Initializer, Rng, Shape


def glorot(rng: Rng, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """U(−a, a) with a = √(6 / (fan_in + fan_out)): keeps the variance of signals and of gradients
    through linear layers and tanh. Glorot & Bengio 2010, eq. 16."""
    limit = np.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, shape)


def he(rng: Rng, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """N(0, 2 / fan_in): the same for ReLU, which passes half of the variance. He et al. 2015,
    eq. 10."""
    return rng.normal(0.0, np.sqrt(2.0 / fan_in), shape)


def dcgan(rng: Rng, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """N(0, 0.02²), whatever the fans. Radford et al. 2016, section 4."""
    return rng.normal(0.0, 0.02, shape)


INITIALIZERS = {"glorot": glorot, "he": he, "dcgan": dcgan}


def initializer(name: str | Initializer) -> Initializer:
    """The initializer of that name; a function is returned as it is."""
    if callable(name):
        return name
    if not isinstance(name, str) or name not in INITIALIZERS:
        raise ValueError(f"unknown initializer {name!r}: expected one of "
                         f"{', '.join(INITIALIZERS)}, or a function")
    return INITIALIZERS[name]
