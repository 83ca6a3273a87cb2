"""Distances between the distributions behind two sets of samples.

Each is zero for equal distributions and grows with any difference: one number for fidelity and
diversity together. The estimates of `mmd` and `energy_distance` are unbiased: they are right on
average at any number of samples. For equal distributions they scatter about zero, also below it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .._checks import choice, number, positive_int
from .._optional import needed_by
from .._types import Array
from .samples import points, same_space

CHUNK_VALUES = 1 << 22  # values of a matrix of pairs at a time: 32 MB
MOST_ASSIGNED = 10_000  # samples: their matrix of pairs takes 800 MB

KERNELS = "rbf", "polynomial"
Kernel: TypeAlias = Callable[[Array, Array], Array]


def mmd(real: ArrayLike, fake: ArrayLike, kernel: str = "rbf",
        bandwidth: float | Sequence[float] | None = None) -> float:
    """Squared maximum mean discrepancy, unbiased.

        MMD² = E k(x, x′) + E k(y, y′) − 2 E k(x, y)

    x, x′ real, y, y′ fake; a pair of one set is never a sample with itself. Kernels:

        "rbf"         k(a, b) = exp(−‖a − b‖² / 2σ²), σ the bandwidth; of several, the sum
        "polynomial"  k(a, b) = (a·b / D + 1)³; on a network's features, the "kernel inception
                      distance"

    Range and direction: 0 for equal distributions, lower is better; the estimate may fall a little
    below zero. "rbf" is below 2 and zero for equal distributions only; "polynomial" compares the
    moments up to the third, in the units of the samples.
    Cost: O((N + M)² D): seconds for 10,000 samples.
    Pitfalls: "rbf" hardly sees structure much smaller or larger than σ. The median distance of a
    ring of narrow modes is the ring's size, so the modes' shape goes unseen: give several
    bandwidths. Values of different bandwidths cannot be compared.

    Parameters
    ----------
    real : (N, D) or (N, ...), finite, N >= 2; fake : (M, D), M >= 2
    kernel : "rbf" or "polynomial"
    bandwidth : float > 0 or a sequence of them, for "rbf"; None: the median distance of two real
        samples (`median_distance`), which does not depend on the fakes

    Returns
    -------
    float

    Reference: Gretton et al. 2012, equation 3; Bińkowski et al. 2018 for "polynomial".

    >>> round(mmd([[0.], [2.]], [[0.], [2.]], bandwidth=1.0), 6)  # k(0, 2) − 1: below zero
    -0.864665
    """
    x, y = same_space("mmd", least=2, real=real, fake=fake)
    if choice("mmd", "kernel", kernel, KERNELS) == "polynomial":
        if bandwidth is not None:
            raise ValueError(f"mmd: expected no bandwidth for the polynomial kernel, "
                             f"got {bandwidth!r}")

        def between(a: Array, b: Array) -> Array:
            return (a @ b.T / a.shape[1] + 1) ** 3
    else:
        given: Any = bandwidth
        several = given is not None and np.ndim(given) == 1 and len(given) > 0
        widths = ([number("mmd", "every bandwidth", each, above=0) for each in given] if several
                  else [median_distance(x)] if bandwidth is None
                  else [number("mmd", "bandwidth", bandwidth, above=0)])

        def between(a: Array, b: Array) -> Array:
            squares = squared_distances(a, b)
            return np.asarray(sum(np.exp(squares * (-0.5 / width ** 2)) for width in widths))

        middle = x.mean(axis=0)  # products lose digits far from the origin
        x, y = x - middle, y - middle
    return _discrepancy(between, x, y)


def energy_distance(real: ArrayLike, fake: ArrayLike) -> float:
    """Energy distance, unbiased: how much farther apart two samples are if one of them is a fake.

        2 E‖x − y‖ − E‖x − x′‖ − E‖y − y′‖

    x, x′ real, y, y′ fake; a pair of one set is never a sample with itself. It is the MMD² of the
    kernel −‖a − b‖, without a bandwidth to choose.

    Range and direction: 0 for equal distributions and for these only, lower is better, in the units
    of the samples; the estimate may fall a little below zero.
    Cost: as `mmd`.
    Pitfalls: large distances count most, so a shift of the whole shows, but the shape of narrow
    modes does not. Some define it as half of this, or as the root (as scipy does in one dimension).

    Parameters
    ----------
    real : (N, D) or (N, ...), finite, N >= 2; fake : (M, D), M >= 2

    Returns
    -------
    float

    Reference: Székely & Rizzo 2013, equation 2.

    >>> energy_distance([[0.], [1.]], [[3.], [4.]])  # 2 · 3 − 1 − 1
    4.0
    """
    real, fake = same_space("energy_distance", least=2, real=real, fake=fake)
    middle = real.mean(axis=0)
    return _discrepancy(lambda a, b: -np.sqrt(squared_distances(a, b)), real - middle,
                        fake - middle)


def wasserstein2(real: ArrayLike, fake: ArrayLike) -> float:
    """2-Wasserstein distance of the two sets, exact: the cheapest way to carry one into the other.

        W₂ = min over assignments π of √(1/N Σ ‖x_i − y_π(i)‖²)

    Range and direction: >= 0, lower is better, in the units of the samples.
    Cost: the assignment is O(N³) in the worst case: a second for 2,500 samples; memory 8 N² bytes.
    Pitfalls: the distance of two sets is above that of their distributions, and falls slowly with
    N: two real samples of the ring, of 2,500 points each, are 0.12 to 0.15 apart, because eight
    modes never get equal shares. In high dimension it falls like N^(−1/D), so it says little about
    images.

    Parameters
    ----------
    real, fake : (N, D) or (N, ...), finite, of the same number 1 <= N <= 10,000

    Returns
    -------
    float

    Reference: Villani 2009, definition 6.1; solved by scipy's linear_sum_assignment.

    >>> wasserstein2([[0., 0.], [1., 0.]], [[1., 3.], [0., 3.]])
    3.0
    """
    real, fake = same_space("wasserstein2", real=real, fake=fake)
    if len(real) != len(fake) or len(real) > MOST_ASSIGNED:
        raise ValueError(f"wasserstein2: expected as many real samples as fakes, and at most "
                         f"{MOST_ASSIGNED:,}, got {len(real)} and {len(fake)}")
    with needed_by("metrics.wasserstein2"):
        from scipy.optimize import linear_sum_assignment
    middle = real.mean(axis=0)
    found, to = linear_sum_assignment(squared_distances(real - middle, fake - middle))
    return math.sqrt(np.mean(np.sum((real[found] - fake[to]) ** 2, axis=1)))


def median_distance(samples: ArrayLike, most: int = 2000) -> float:
    """The median distance between two of the first `most` samples (N, D): a scale for kernels.

    ValueError if it is zero.
    """
    most = positive_int("median_distance", "most", most, 2)
    samples = points("median_distance", "samples", samples, least=2)[:most]
    squares = squared_distances(samples - samples[0], samples - samples[0])
    median = math.sqrt(np.median(squares[np.triu_indices(len(samples), 1)]))
    if not median > 1e-7 * math.sqrt(squares.max()):  # products may leave this much of a zero
        raise ValueError("median_distance: expected samples that differ, got more than half of "
                         "the pairs equal: give a bandwidth")
    return median


def squared_distances(a: Array, b: Array) -> Array:
    """‖a_i − b_j‖², (N, M), for (N, D) and (M, D): ‖a‖² + ‖b‖² − 2 a·b, never below zero."""
    squares = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b) - 2 * (a @ b.T)
    return np.maximum(squares, 0, out=squares)


def _discrepancy(kernel: Kernel, real: Array, fake: Array) -> float:
    """E k(x, x′) + E k(y, y′) − 2 E k(x, y), pairs of a sample with itself left out."""
    return float(_mean_within(kernel, real) + _mean_within(kernel, fake)
                 - 2 * _sum(kernel, real, fake) / (len(real) * len(fake)))


def _mean_within(kernel: Kernel, samples: Array) -> float:
    n = len(samples)
    return _sum(kernel, samples, samples, without_diagonal=True) / (n * (n - 1))


def _sum(kernel: Kernel, a: Array, b: Array, without_diagonal: bool = False) -> float:
    rows, total = max(1, CHUNK_VALUES // len(b)), 0.0
    for start in range(0, len(a), rows):
        block = kernel(a[start:start + rows], b)
        if without_diagonal:
            i = np.arange(len(block))
            block[i, start + i] = 0
        total += block.sum()
    return total
