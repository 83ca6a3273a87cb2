"""Bins of the data, and whether a generator fills them: finds lost modes without knowing them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import ArrayLike

from .._checks import number, positive_int, random_generator
from .._optional import needed_by
from .._types import Array, Seed
from .samples import same_space


@dataclasses.dataclass(frozen=True, eq=False)
class BinStatistics:
    """Result of `ndb`.

    Attributes
    ----------
    different : int, NDB, the number of bins with a share that differs significantly
    jensen_shannon : float in 0 ... ln 2, divergence of the two shares, in nats
    z : (K,) the test's statistic of each bin, positive where the fakes have too few
    real, fake : (K,) int, samples in each bin
    """

    different: int
    jensen_shannon: float
    z: np.ndarray
    real: np.ndarray
    fake: np.ndarray

    @property
    def distance(self) -> float:
        """The Jensen-Shannon distance, √divergence, in 0 ... √ln 2 = 0.833."""
        return math.sqrt(self.jensen_shannon)

    def __str__(self) -> str:
        return (f"{self.different} of {len(self.z)} bins differ, Jensen-Shannon divergence "
                f"{self.jensen_shannon:.4f}")


def ndb(real: ArrayLike, fake: ArrayLike, bins: int = 100, *, rng: Seed,
        z: float = 4.0) -> BinStatistics:
    """NDB, the number of statistically different bins, and the Jensen-Shannon divergence.

    K-means with k-means++ starts cuts the real samples into K bins; a sample falls into the bin
    with the nearest centre. With p and q the shares of real samples and fakes in a bin, and s the
    share of both together, a bin differs if

        |p − q| / √(s (1 − s) (1/N + 1/M)) > z               (two-proportion z-test)

    and, over all bins, with m = (p + q)/2,

        JS = ½ Σ p ln(p/m) + ½ Σ q ln(q/m),    distance √JS

    Range and direction: NDB 0 ... K, JS 0 ... ln 2, lower is better. For two samples of one
    distribution NDB is near 0 with z = 4 (6·10⁻⁵ K) and near 0.05 K with z = 1.96, and JS is
    (K − 1)(1/N + 1/M)/8 on average, which is not zero.
    Cost: K-means, O(N K D) a round: seconds for 10,000 samples of 84 features.
    Pitfalls: NDB grows with the number of samples, since the test then sees smaller differences. It
    counts fakes by the nearest centre, so a bad fake fills a bin just as a good one does. The bins
    were fitted to `real`, which fills them a little more evenly than any other sample does.

    Parameters
    ----------
    real : (N, D) or (N, ...), finite, N >= bins; fake : (M, D), M >= 1
    bins : int >= 2
    rng : numpy.random.Generator or an integer seed, of the starts of K-means
    z : float > 0, the threshold: 1.96 for 5 % significance, 4 as in the authors' example

    Returns
    -------
    BinStatistics

    Reference: Richardson & Weiss 2018, section 3.

    >>> real, fake = [[0.], [0.1], [5.], [5.1]] * 25, [[0.2]] * 100
    >>> print(ndb(real, fake, bins=2, rng=0))
    2 of 2 bins differ, Jensen-Shannon divergence 0.2158
    """
    where = "ndb"
    bins, rng = positive_int(where, "bins", bins, 2), random_generator(where, rng)
    z = number(where, "z", z, above=0)
    real, fake = same_space(where, real=real, fake=fake)
    if len(real) < bins:
        raise ValueError(f"{where}: expected at least bins = {bins} samples in real, "
                         f"got {len(real)}")
    with needed_by("metrics.ndb"):
        from sklearn.cluster import KMeans
        from threadpoolctl import threadpool_limits
    model = KMeans(bins, init="k-means++", n_init=1, random_state=int(rng.integers(2 ** 31)))
    # one thread: with several, on a busy machine, each of many short rounds waits for the slowest
    with threadpool_limits(limits=1):
        found = model.fit_predict(real), model.predict(fake)
    counts = [np.bincount(labels, minlength=bins) for labels in found]
    p, q = (each / each.sum() for each in counts)
    both = sum(counts) / (len(real) + len(fake))
    error = np.sqrt(both * (1 - both) * (1 / len(real) + 1 / len(fake)))
    statistic = np.divide(p - q, error, out=np.zeros(bins), where=error > 0)
    return BinStatistics(int(np.count_nonzero(np.abs(statistic) > z)), jensen_shannon(p, q),
                         statistic, *counts)


def jensen_shannon(p: Array, q: Array) -> float:
    """Jensen-Shannon divergence of two distributions (K,), in nats: see `ndb`."""
    middle = (p + q) / 2
    halves = [np.sum(each[each > 0] * np.log(each[each > 0] / middle[each > 0]))
              for each in (p, q)]
    return max(0.0, float(sum(halves) / 2))  # rounding may fall below zero
