"""Batches: shuffled epochs of an array, or fresh draws from a distribution."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .._checks import generator, positive_int
from .._types import Array, Rng
from ..pairs import Pair, Samples, c_of, samples, x_of
from .toys import Toy2D


def batches(x: ArrayLike, batch_size: int, rng: Rng,
            labels: ArrayLike | None = None) -> Iterator[Any]:
    """Shuffled epochs of `x`, batch after batch, without end.

    Every epoch uses a new order and each sample at most once; the last batch of an epoch is
    dropped if it would be smaller than the others.

    Parameters
    ----------
    x : (N, ...) array
    batch_size : int, 1 ... N
    rng : numpy.random.Generator
    labels : (N, ...) array, optional

    Returns
    -------
    iterator over copies (batch_size, ...), or over pairs (x, labels) if there are labels
    """
    x = _as_samples("batches", "x", x)
    generator("batches", rng)
    positive_int("batches", "batch_size", batch_size, most=len(x))
    if labels is not None:
        labels = _as_samples("batches", "labels", labels, "biufSU")
        if len(labels) != len(x):
            raise ValueError(f"batches: expected one label for each of the {len(x)} samples, "
                             f"got {len(labels)}")

    # An inner generator, because a generator function would check its arguments only at its first
    # batch, far from the wrong call.
    def forever() -> Iterator[Any]:
        take = _Epochs(len(x), rng).take
        while True:
            chosen = take(batch_size)
            yield x[chosen] if labels is None else (x[chosen], labels[chosen])
    return forever()


def sampler(source: Toy2D | Samples | tuple[ArrayLike, ArrayLike] | ArrayLike, rng: Rng,
            dtype: DTypeLike = np.float32) -> ToySampler | ArraySampler:
    """A function ``n -> (n, ...) array of dtype``, ready for training: a `ToySampler` or an
    `ArraySampler`. Its place in the data can be saved with a training.

    Parameters
    ----------
    source : `Toy2D`, from which new points are drawn each time; or an (N, ...) array, which is
        served in shuffled epochs without replacement as in `batches` (then n <= N); or a `Pair` of
        samples and conditions, which are served together
        A tuple of two, or a list of two arrays, is such a pair (`pairs.samples`): two points
        p1, p2 as data are ``np.stack([p1, p2])``
    rng : numpy.random.Generator
    dtype : floating point type of the batches

    Raises
    ------
    TypeError, ValueError : an argument is not as above; or NaN or infinity is in the samples or
        the conditions, which are looked at once, here
    """
    generator("sampler", rng)
    try:
        dtype = np.dtype(dtype)
    except TypeError as error:
        raise TypeError(f"sampler: expected dtype to be a NumPy dtype, got {dtype!r}") from error
    if dtype.kind != "f":
        raise TypeError(f"sampler: expected a floating point dtype, got {dtype}")
    if isinstance(source, Toy2D):
        return ToySampler(source, rng, dtype)
    source = samples(source)
    if isinstance(source, Pair):
        source = Pair(_as_finite("sampler", "x of the source", source.x),
                      _as_finite("sampler", "c of the source", source.c))
    else:
        source = _as_finite("sampler", "source", source)
    return ArraySampler(source, rng, dtype)


class ToySampler:
    """Fresh draws from a `Toy2D`: see `sampler`."""

    remembers = ("rng",)

    def __init__(self, toy: Toy2D, rng: Rng, dtype: np.dtype[Any]) -> None:
        self.toy, self.rng, self.dtype = toy, rng, dtype

    def description(self) -> str:
        """The toy's name, and a checksum (CRC-32) of sixteen of its points: see `ArraySampler`."""
        points = np.round(np.asarray(self.toy.sample(16, np.random.default_rng(0)), float), 4) + 0.0
        return f"{self.toy.name}, points with checksum {zlib.crc32(points.tobytes()):08x}"

    def __call__(self, n: int) -> Array:
        positive_int("sample", "batch_size", n)
        return self.toy.sample(n, self.rng).astype(self.dtype, copy=False)


class ArraySampler:
    """Shuffled epochs of an array or a `Pair`: see `sampler`."""

    remembers = ("epochs",)

    def __init__(self, source: Samples, rng: Rng, dtype: np.dtype[Any]) -> None:
        self.source, self.dtype, self.epochs = source, dtype, _Epochs(len(source), rng)
        self._description: str | None = None

    def description(self) -> str:
        """Shapes and checksums (CRC-32) of the data: with other data it is another training."""
        if self._description is None:
            self._description = ", ".join(
                f"{array.shape} of {array.dtype} with checksum "
                f"{zlib.crc32(np.ascontiguousarray(array).data):08x}"
                for array in (x_of(self.source), c_of(self.source)) if array is not None)
        return self._description

    def __call__(self, n: int) -> Samples:
        positive_int("sample", "batch_size", n)
        if n > len(self.source):
            raise ValueError(f"sampler: expected a batch_size of at most {len(self.source)}, the "
                             f"number of samples in the data, got {n}: ask for a smaller one, as "
                             f"in train(..., batch_size={len(self.source)})")
        return self.source[self.epochs.take(n)].astype(self.dtype, copy=False)


class _Epochs:
    """The next n indices of a shuffled order, or of a new order if too few are left."""

    remembers = ("rng", "order", "used")

    def __init__(self, length: int, rng: Rng) -> None:
        self.rng, self.used, self.length = rng, length, length
        self.order = None

    def take(self, n: int) -> Array:
        if self.order is None or self.used + n > self.length:
            self.order, self.used = self.rng.permutation(self.length), 0
        self.used += n
        return self.order[self.used - n:self.used]

    @property
    def order(self) -> Any:
        return self._order

    @order.setter
    def order(self, order: Array | None) -> None:
        if order is not None:
            order.flags.writeable = False  # so that a training need not copy it before each step
        self._order = order


def _as_samples(where: str, name: str, value: Any, kinds: str = "biuf") -> Array:
    if isinstance(value, Toy2D):
        raise TypeError(f"{where}: expected {name} to be an array, got {value!r}: use sampler")
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{where}: expected {name} to be a numeric array of shape (N, ...), got "
                         f"what is none: {error}") from None
    if array.ndim == 0 or len(array) == 0 or array.dtype.kind not in kinds:
        raise ValueError(f"{where}: expected {name} to be a numeric array of shape (N, ...) with "
                         f"N >= 1, got shape {array.shape} and dtype {array.dtype}")
    return array


def _as_finite(where: str, name: str, value: Any) -> Array:
    array = _as_samples(where, name, value)
    if array.dtype.kind == "f":
        finite = np.isfinite(array).all(axis=tuple(range(1, array.ndim)))
        if not finite.all():
            raise ValueError(f"{where}: expected {name} to be finite, got NaN or infinity in "
                             f"{np.sum(~finite)} of {len(array)} samples, the first at index "
                             f"{finite.argmin()}")
    return array
