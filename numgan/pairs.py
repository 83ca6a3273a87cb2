"""Samples that come with a condition: pairs (x, c).

A conditional GAN is a GAN on pairs: a real pair is a sample with what it shows, a generated one is
(G(z, c), c), and the discriminator judges pairs. c is an array of any shape and dtype with one
entry a sample: one-hot labels, codes, ids of words, images. Code that passes samples on (`train`,
losses, update rules, averages) does so without looking inside. The functions of this module serve
both kinds, arrays and pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ._checks import positive_int
from ._types import Array, Rng

__all__ = ["Pair", "c_of", "concatenate", "latents", "one_hot", "samples", "still", "with_x",
           "x_of"]


class Pair:
    """A batch of samples x (N, ...) with their conditions c (N, ...).

    ``len(pair)`` is N, ``pair[rows]`` the pair of these rows, and ``x, c = pair`` its two arrays.
    Gradients and tangents of pairs are pairs too. In them, c is None where nothing is asked of c,
    or where c is made of integers, which have no gradient.

    >>> pair = Pair(np.zeros((3, 2)), np.array([7, 1, 4]))
    >>> len(pair), pair[1:].c
    (3, array([1, 4]))
    """

    __slots__ = ("x", "c")

    def __init__(self, x: Array, c: Array | None) -> None:
        if c is not None and (np.ndim(c) == 0 or len(c) != len(x)):
            raise ValueError(f"Pair: expected as many conditions as samples, got {np.shape(c)} "
                             f"beside {np.shape(x)}")
        self.x, self.c = x, c

    def __len__(self) -> int:
        return len(self.x)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.x, self.c))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NoReturn:
        """NumPy would read the two arrays as two samples."""
        raise TypeError(f"expected an array, got {self!r}: take its .x (or its .c)")

    def __getitem__(self, rows: Any) -> Pair:
        return Pair(self.x[rows], None if self.c is None else self.c[rows])

    def __add__(self, other: Pair) -> Pair:
        """The sum of two gradients of a pair."""
        c = (other.c if self.c is None else self.c if other.c is None else self.c + other.c)
        return Pair(self.x + other.x, c)

    def astype(self, dtype: DTypeLike, copy: bool = True) -> Pair:
        """The pair with x, and a c of floats, in another dtype."""
        c = self.c
        if c is not None and c.dtype.kind in "fc":
            c = c.astype(dtype, copy=copy)
        return Pair(self.x.astype(dtype, copy=copy), c)

    def copy(self) -> Pair:
        return Pair(self.x.copy(), None if self.c is None else self.c.copy())

    def __repr__(self) -> str:
        c = "None" if self.c is None else f"{self.c.dtype} {self.c.shape}"
        return f"Pair({self.x.dtype} {self.x.shape}, {c})"


Samples: TypeAlias = Array | Pair


def samples(value: Any) -> Any:
    """`value` as samples: a tuple of two, or a list of two arrays, becomes a `Pair`; the rest stays
    as it is (a list of two points is a list of points)."""
    if len(value) == 2 if isinstance(value, tuple) else isinstance(value, list) and len(
            value) == 2 and all(isinstance(part, np.ndarray) for part in value):
        return Pair(*value)
    return value


def x_of(samples: Samples) -> Array:
    """The samples without their conditions."""
    return samples.x if isinstance(samples, Pair) else samples


def c_of(samples: Samples) -> Array | None:
    """The conditions of the samples, or None."""
    return samples.c if isinstance(samples, Pair) else None


def with_x(samples: Samples, x: Array) -> Samples:
    """The same conditions with other samples x."""
    return Pair(x, samples.c) if isinstance(samples, Pair) else x


def concatenate(*batches: Any) -> Any:
    """Batches one after the other, as one."""
    if not isinstance(batches[0], Pair):
        return np.concatenate(batches)
    c = None if batches[0].c is None else np.concatenate([batch.c for batch in batches])
    return Pair(np.concatenate([batch.x for batch in batches]), c)


def still(samples: Samples) -> Samples:
    """A tangent of samples along which nothing moves: zeros, and None for the conditions."""
    x = np.zeros_like(x_of(samples))
    return Pair(x, None) if isinstance(samples, Pair) else x


def one_hot(labels: ArrayLike, classes: int, dtype: DTypeLike = np.float32) -> Array:
    """(N,) integers in 0 ... classes − 1 → (N, classes), 1 at the label and 0 elsewhere.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    try:
        labels = np.asarray(labels)
    except ValueError:  # rows of different lengths
        labels = np.asarray(None)
    positive_int("one_hot", "classes", classes)
    expected = f"one_hot: expected integers (N,) in 0 ... {classes - 1}, got"
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or len(labels) == 0:
        hint = ("; of names: names, labels = numpy.unique(names, return_inverse=True)"
                if labels.dtype.kind in "USO" and labels.ndim else "")
        raise ValueError(f"{expected} {labels.dtype} of shape {labels.shape}{hint}")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"{expected} integers from {labels.min()} to {labels.max()}")
    return np.eye(classes, dtype=dtype)[labels]


class latents:
    """The function ``(n, rng) -> Pair`` that `train` draws from: z ~ N(0, 1), (n, latent), and c,
    (n, classes + continuous). c is the one-hot label of a class drawn uniformly and, beside the
    label, numbers drawn uniformly from [−1, 1] (infoGAN's continuous codes)."""

    remembers = ()

    def __init__(self, latent: int, classes: int, continuous: int = 0) -> None:
        self.latent = positive_int("latents", "latent", latent, 0)
        self.classes = positive_int("latents", "classes", classes)
        self.continuous = positive_int("latents", "continuous", continuous, 0)

    def __call__(self, n: int, rng: Rng) -> Pair:
        z = rng.standard_normal((n, self.latent), np.float32)
        codes = one_hot(rng.integers(self.classes, size=n), self.classes)
        if self.continuous:
            numbers = rng.uniform(-1, 1, (n, self.continuous)).astype(np.float32)
            codes = np.concatenate([codes, numbers], axis=1)
        return Pair(z, codes)
