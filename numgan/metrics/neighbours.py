"""Fidelity and diversity measured separately, from nearest neighbours.

Around each sample of one set lies a ball that reaches to its k-th nearest neighbour in the same
set, the sample itself not counted. The balls of the real samples show where the data are, and those
of the fakes show where the generator is; no mode has to be known.

A distance must mean something: points of a plane are compared as they are, images through the
features of a network (`metrics.lenet`). All four figures depend on k, on the number of samples and
on the features: compare only figures with the same ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from .._checks import positive_int
from .._optional import needed_by
from .._types import Array
from .samples import same_space

CHUNK_MEGABYTES = 64  # of distances at a time
EXACT = 16  # up to this many numbers in a sample, distances are not computed from products
SLACK = 1e-9  # of a radius, so that a copy of the k-th neighbour lies in the ball


@dataclasses.dataclass(frozen=True)
class PrecisionRecall:
    """Result of `precision_recall`: two floats in 0 ... 1."""

    precision: float
    recall: float


@dataclasses.dataclass(frozen=True)
class DensityCoverage:
    """Result of `density_coverage`: density >= 0, which may exceed 1; coverage in 0 ... 1."""

    density: float
    coverage: float


def precision_recall(real: ArrayLike, fake: ArrayLike, k: int = 3) -> PrecisionRecall:
    """Improved precision and recall: are the fakes near real samples, and the real near fakes?

        precision = share of the fakes that lie in the ball of at least one real sample
        recall    = share of the real samples that lie in the ball of at least one fake

    Range and direction: 0 ... 1, higher is better. Precision is fidelity, recall is diversity: a
    generator that keeps half of the modes has the same precision and half the recall; one that
    blurs loses precision. Two samples of one distribution score below 1, since each set has points
    outside the other's balls: look at what a second real sample scores.
    Cost: O(NM) distances, a second for 10,000 samples of 84 features; memory a few dozen megabytes.
    Pitfalls: one real outlier has a huge ball, in which any fake is "precise" (`density_coverage`
    forgives that less). A generator that spreads widely has huge balls and so a high recall,
    however bad it is. Copies of the data score 1 and 1.

    Parameters
    ----------
    real : (N, D) or (N, ...), finite, N > k; fake : (M, D), M > k
    k : int >= 1, the neighbour that a ball reaches to

    Returns
    -------
    PrecisionRecall

    Reference: Kynkäänniemi et al. 2019, equations 1 and 2, with their k = 3.

    >>> real, fake = [[0.], [1.], [2.], [9.]], [[0.5], [1.5], [4.], [3.5]]
    >>> precision_recall(real, fake, k=1)
    PrecisionRecall(precision=1.0, recall=0.75)
    """
    real, fake, k = _checked("precision_recall", real, fake, k)
    return PrecisionRecall(precision=_share(_holders(fake, real, _radii(real, k)) > 0),
                           recall=_share(_holders(real, fake, _radii(fake, k)) > 0))


def density_coverage(real: ArrayLike, fake: ArrayLike, k: int = 5) -> DensityCoverage:
    """Density and coverage: how many real balls a fake lies in, and how many balls have a fake.

        density  = 1/(kM) Σ over the fakes of the number of real balls that it lies in
        coverage = share of the real samples whose ball holds at least one fake

    Range and direction: density 0 ... N/k. For two samples of one distribution, whatever it is, the
    density is 1 on average. Below 1, fakes are where the data are thin; above 1, they crowd where
    the data are dense. Coverage 0 ... 1, higher is better. For two samples of one distribution,
    with N each, it is 1 − Π_{i=1..k} (N − i)/(2N − i) on average, about 1 − 2^−k: 0.969 for k = 5.
    Cost: as `precision_recall`.
    Pitfalls: density says nothing of diversity, and a generator that crowds on a mode raises it.
    Both use balls of real samples only, so no wide generator can win by huge balls of its own.
    Coverage is near its ceiling for any large M, so compare at equal numbers.

    Parameters
    ----------
    real : (N, D) or (N, ...), finite, N > k; fake : (M, D), M >= 1
    k : int >= 1, the neighbour that a ball reaches to

    Returns
    -------
    DensityCoverage

    Reference: Naeem et al. 2020, equations 3 and 4, with their k = 5.

    >>> density_coverage([[0.], [1.], [2.], [9.]], [[0.5], [1.5], [4.], [3.5]], k=1)
    DensityCoverage(density=1.5, coverage=1.0)
    """
    real, fake, k = _checked("density_coverage", real, fake, k, fake_balls=False)
    radii = _radii(real, k)
    nearest = np.concatenate([part.min(axis=1) for part in _distances(real, fake)])
    return DensityCoverage(density=float(_holders(fake, real, radii).mean() / k),
                           coverage=_share(nearest <= radii))


def _checked(where: str, real: ArrayLike, fake: ArrayLike, k: int,
             fake_balls: bool = True) -> tuple[Array, Array, int]:
    k = positive_int(where, "k", k)
    real, fake = same_space(where, real=real, fake=fake)
    for name, samples in (("real", real), ("fake", fake)) if fake_balls else (("real", real),):
        if len(samples) <= k:
            raise ValueError(f"{where}: expected more than k = {k} samples in {name}, for each to "
                             f"have {k} neighbours, got {len(samples)}")
    with needed_by(f"metrics.{where}"):
        import sklearn.metrics  # noqa: F401
    middle = real.mean(axis=0)  # distances from products lose digits far from the origin
    return real - middle, fake - middle, k


def _radii(samples: Array, k: int) -> Array:
    """(N,): distance from each sample to its k-th nearest neighbour, itself not counted."""
    found = np.concatenate([np.partition(part, k, axis=1)[:, k]  # itself is at distance 0
                            for part in _distances(samples, samples)])
    return found * (1 + SLACK)


def _holders(samples: Array, centers: Array, radii: Array) -> Array:
    """(N,) int: the number of balls in which each sample lies."""
    return np.concatenate([np.count_nonzero(part <= radii, axis=1)
                           for part in _distances(samples, centers)])


def _distances(a: Array, b: Array) -> Iterator[Array]:
    """Rows of the matrix of distances (N, M), a chunk at a time. For samples of few numbers they
    are computed one by one, exactly; for many, from products, which are faster and lose digits."""
    if a.shape[1] > EXACT:
        from sklearn.metrics import pairwise_distances_chunked

        yield from pairwise_distances_chunked(a, None if a is b else b,
                                              working_memory=CHUNK_MEGABYTES)
        return
    from scipy.spatial.distance import cdist

    rows = max(1, CHUNK_MEGABYTES * 2**20 // (8 * len(b)))
    for start in range(0, len(a), rows):
        yield cdist(a[start:start + rows], b)


def _share(true: Array) -> float:
    return float(np.mean(true))
