"""Mode collapse, measured where the modes are known."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import ArrayLike

from .._checks import number
from .._types import Array
from .samples import points


@dataclasses.dataclass(frozen=True, eq=False)
class ModeStatistics:
    """Result of `mode_statistics`.

    Attributes
    ----------
    modes : int, how many modes are captured
    high_quality : float in 0 ... 1, share of the samples that are of high quality
    reverse_kl : float in nats; nan if no sample is of high quality
    counts : (K,) int, high-quality samples of each mode
    """

    modes: int
    high_quality: float
    reverse_kl: float
    counts: np.ndarray

    def __str__(self) -> str:
        return (f"{self.modes}/{len(self.counts)} modes, {100 * self.high_quality:.1f} % high "
                f"quality, reverse KL {self.reverse_kl:.4f}")


def mode_statistics(samples: ArrayLike, centers: ArrayLike, std: float,
                    radius: float = 3.0) -> ModeStatistics:
    """Captured modes, high-quality samples and reverse KL of a mixture of equal round Gaussians.

    A sample belongs to the mode nearest to it and is of high quality within ``radius · std`` of
    it (Euclidean). A mode is captured if it has at least one such sample. With p the shares of the
    modes among the high-quality samples and u = 1/K the true shares,

        reverse KL(p ‖ u) = Σ p ln(p K) = ln K − H(p),

    zero if all modes are equally frequent and ln K if there is only one.

    A perfect sampler does not score 100 % and 0: in the plane 1 − exp(−radius²/2) of its samples
    are of high quality (98.9 %), and its reverse KL is about (K − 1)/2N.

    Parameters
    ----------
    samples : (N, D), finite, N >= 1
    centers : (K, D), finite, K >= 1
    std : float > 0, standard deviation of a mode along each axis
    radius : float > 0, in units of std

    Returns
    -------
    ModeStatistics

    Reference: PacGAN (Lin et al. 2018), section 4.1; the 3-std rule is VEEGAN's (Srivastava et al.
    2017).

    >>> centers = [[-1, 0], [1, 0], [0, 1]]
    >>> print(mode_statistics([[-1, 0], [1, 0.02], [1, 0], [0, 0.5]], centers, std=0.01))
    2/3 modes, 75.0 % high quality, reverse KL 0.4621
    """
    where = "mode_statistics"
    samples, centers = points(where, "samples", samples), points(where, "centers", centers)
    if samples.shape[1] != centers.shape[1]:
        raise ValueError(f"{where}: expected samples and centers of the same dimension, "
                         f"got shapes {samples.shape} and {centers.shape}")
    std = number(where, "std", std, above=0)
    radius = number(where, "radius", radius, above=0)

    # One mode at a time: the (N, K, D) array of all differences would not fit for many samples.
    nearest = np.zeros(len(samples), dtype=int)
    distance = np.full(len(samples), np.inf)
    for k, center in enumerate(centers):
        d = np.linalg.norm(samples - center, axis=1)
        nearest[d < distance] = k
        distance = np.minimum(distance, d)

    good = distance <= radius * std
    counts = np.bincount(nearest[good], minlength=len(centers))
    return ModeStatistics(modes=int(np.count_nonzero(counts)), high_quality=float(good.mean()),
                          reverse_kl=_reverse_kl(counts), counts=counts)


def _reverse_kl(counts: Array) -> float:
    if counts.sum() == 0:
        return math.nan
    p = counts[counts > 0] / counts.sum()  # 0 ln 0 = 0
    return max(0.0, float(np.sum(p * np.log(p * len(counts)))))  # rounding may fall below zero
