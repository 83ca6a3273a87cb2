"""Parzen-window log-likelihood: the first score that was published for a GAN."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._checks import number
from .._types import Array
from .distances import CHUNK_VALUES, squared_distances
from .samples import same_space

BANDWIDTHS = tuple(float(width) for width in np.logspace(-1, 0, 10))  # for pixels in [0, 1]


@dataclasses.dataclass(frozen=True)
class Likelihood:
    """Result of `parzen_log_likelihood`: mean over the test samples in nats, its standard error,
    and the bandwidth σ."""

    mean: float
    error: float
    bandwidth: float

    def __str__(self) -> str:
        return f"{self.mean:.1f} ± {self.error:.1f} nats, bandwidth {self.bandwidth:.3g}"


def parzen_log_likelihood(fake: ArrayLike, test: ArrayLike, bandwidth: float | None = None,
                          validation: ArrayLike | None = None,
                          candidates: Iterable[float] = BANDWIDTHS) -> Likelihood:
    """Mean log-density of real test samples under round Gaussians around the fakes.

        ln p(x) = ln 1/M Σ_j exp(−‖x − y_j‖² / 2σ²) − D/2 ln 2πσ²

    Range and direction: any real number, in nats per sample, higher is better. It changes with the
    units: published values (GAN 225 ± 2 on MNIST) are for pixels in [0, 1], 10,000 fakes, and σ the
    best of `BANDWIDTHS` on 1,000 validation images.
    Cost: O(M · test · D): a minute for 10,000 images of MNIST each.
    Pitfalls: in high dimension it says next to nothing. σ is as wide as the distance between
    neighbours, so K-means centres of the training data score above the data themselves, and a set
    of sharp samples scores far below. Print the score of real training images beside it.

    Parameters
    ----------
    fake : (M, D) or (M, ...), finite, M >= 1
    test : (N, D), real samples, N >= 1
    bandwidth : float > 0; None: the one of `candidates` that fits `validation` best
    validation : (V, D), real samples that are not in `test`; only if bandwidth is None
    candidates : floats > 0, by default those of the published values

    Returns
    -------
    Likelihood

    Reference: Breuleux et al. 2011; Goodfellow et al. 2014, table 1; against it Theis et al. 2016.

    >>> print(parzen_log_likelihood([[0., 0.]], [[0., 0.], [0., 2.]], bandwidth=1))  # −ln 2π − 1
    -2.8 ± 1.0 nats, bandwidth 1
    """
    where = "parzen_log_likelihood"
    fake, test = same_space(where, fake=fake, test=test)
    if bandwidth is None and validation is not None:
        bandwidth = best_bandwidth(fake, validation, candidates)
    elif bandwidth is not None and validation is None:
        bandwidth = number(where, "bandwidth", bandwidth, above=0)
    else:
        raise ValueError(f"{where}: expected either a bandwidth or validation samples to choose it "
                         f"with, got {'neither' if bandwidth is None else 'both'}")
    found = _log_density(fake, test, [bandwidth])[0]
    error = found.std(ddof=1) / math.sqrt(len(found)) if len(found) > 1 else math.nan
    return Likelihood(float(found.mean()), float(error), bandwidth)


def best_bandwidth(fake: ArrayLike, validation: ArrayLike,
                   candidates: Iterable[float] = BANDWIDTHS) -> float:
    """The candidate bandwidth under which the real samples `validation` are most likely."""
    where = "best_bandwidth"
    fake, validation = same_space(where, fake=fake, validation=validation)
    candidates = [number(where, "every candidate", width, above=0) for width in candidates]
    if not candidates:
        raise ValueError(f"{where}: expected at least one candidate, got none")
    means = [each.mean() for each in _log_density(fake, validation, candidates)]
    return candidates[int(np.argmax(means))]


def _log_density(fake: Array, test: Array, bandwidths: Sequence[float]) -> Array:
    """ln p of each test sample, one row per bandwidth; the distances are computed once."""
    middle, dimension = fake.mean(axis=0), fake.shape[1]
    fake, test, rows = fake - middle, test - middle, max(1, CHUNK_VALUES // len(fake))
    found = np.empty((len(bandwidths), len(test)))
    for start in range(0, len(test), rows):
        squares = squared_distances(test[start:start + rows], fake)
        nearest = squares.min(axis=1)
        for row, width in zip(found, bandwidths):
            # the largest term is factored out, or all terms would be zero far from every fake
            terms = np.exp((nearest[:, None] - squares) * (0.5 / width ** 2)).mean(axis=1)
            row[start:start + rows] = (np.log(terms) - nearest / (2 * width ** 2)
                                       - dimension / 2 * math.log(2 * math.pi * width ** 2))
    return found
