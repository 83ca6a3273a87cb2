"""What the metrics require of their samples, in one place."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._types import Array

LARGEST = 1e150


def points(where: str, name: str, value: ArrayLike, least: int = 1) -> Array:
    """`value` as finite float64 points (N, D) with N >= `least`; (N, ...) is flattened.

    Raises a TypeError or ValueError that says `where` and `name`, what was expected and what came.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{where}: expected {name} to be an array, got what is none: "
                         f"{error}") from None
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{where}: expected {name} to be an array of real numbers, "
                        f"got dtype {array.dtype}")
    if array.ndim < 2 or array.size == 0:
        raise ValueError(f"{where}: expected {name} of shape (N, D) or (N, ...), not empty, "
                         f"got {array.shape}")
    if len(array) < least:
        raise ValueError(f"{where}: expected at least {least} samples in {name}, "
                         f"got {len(array)}")
    array = array.reshape(len(array), -1).astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        raise ValueError(f"{where}: expected finite {name}, got nan or inf in "
                         f"{np.sum(~np.isfinite(array).all(axis=1))} rows")
    if (largest := np.abs(array).max()) > LARGEST:
        raise ValueError(f"{where}: expected {name} of at most {LARGEST:g}, whose squares do not "
                         f"overflow, got {largest:g}")
    return array


def same_space(where: str, least: int = 1, **samples: ArrayLike) -> list[Array]:
    """Several sets of samples, by name, as `points` of the same dimension; a list."""
    found = [points(where, name, value, least) for name, value in samples.items()]
    shapes = {name: np.shape(value) for name, value in samples.items()}
    if len({shape[1:] for shape in shapes.values()}) > 1:
        raise ValueError(f"{where}: expected {' and '.join(shapes)} of the same shape but for "
                         f"their number, got {' and '.join(map(str, shapes.values()))}")
    return found


def whole_labels(where: str, name: str, value: ArrayLike, n: int) -> Array:
    """`value` as an integer array (n,), or an error."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.empty((0, 0), object)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{where}: expected {name} to be integers, got dtype {array.dtype}")
    if array.shape != (n,):
        raise ValueError(f"{where}: expected {name} of shape ({n},), one a sample, "
                         f"got {array.shape}")
    return array
