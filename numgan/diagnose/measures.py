"""What the rules measure: whether a symptom lasts or a signal repeats, how diverse samples are."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from .._types import Array

SHARE = 0.9  # of a window's records must show a symptom: single good batches do not break a rule
SWING_PERIODS = 3  # at least this many in a window, or a bend would be taken for a swing
BANDWIDTH = 1 / 4  # of the median distance of real samples: closer ones count as alike
FEWEST, MOST = 16, 1000  # samples compared: fewer say nothing; memory grows with their square


def sustained(symptom: Array, length: int, share: float = SHARE) -> int | None:
    """The index at which a lasting symptom begins, or None.

    symptom : (n,) bool. It lasts if at least `share` of the next `length` values, including the
    first, are True.
    """
    if len(symptom) < length:
        return None
    total = np.concatenate([[0], np.cumsum(symptom)])
    enough = total[length:] - total[:-length] >= share * length
    lasts = enough & symptom[:len(enough)]
    return int(np.argmax(lasts)) if lasts.any() else None


def periodicity(signal: Array) -> tuple[float, float]:
    """(period in points, autocorrelation there) of a signal (n,); (0, 0.0) where there is none.

        r(τ) = Σ_t x_t x_{t+τ} / (n − τ) / var x,    x without its linear trend

    The period is the first of the highest peaks (within a tenth of the highest) after r has been
    negative, among lags of n/3 and less. Noise adds only to var x, so r at the period is the share
    of the variance that repeats.
    """
    n = len(signal)
    t = np.arange(n) - (n - 1) / 2
    x = signal - signal.mean()
    x = x - t * (t @ x) / (t @ t)
    if np.abs(x).max() <= 1e-9 * np.abs(signal).max():  # a straight line, and rounding
        return 0, 0.0
    spectrum = np.fft.rfft(x, 2 * n)  # padded with zeros, so that the end does not wrap round
    products = np.fft.irfft(np.abs(spectrum) ** 2)[:n // SWING_PERIODS + 1]
    r = products / (n - np.arange(len(products))) / (x @ x / n)
    turned = np.maximum.accumulate(r < 0)
    highest = r[turned].max(initial=0.0)
    if highest <= 0:
        return 0, 0.0
    high = np.flatnonzero(turned & (r >= 0.9 * highest))
    peak = high[high - np.arange(len(high)) == high[0]]  # the first stretch of consecutive lags
    period = int(peak[np.argmax(r[peak])])
    return period, float(r[period])


def diversity(samples: ArrayLike, bandwidth: float) -> float:
    """The effective number of different samples in a batch: 1 if all are alike, N if none are.

        1 / mean_ij exp(−|x_i − x_j|² / 2h²),    i, j = 1 ... N, i = j included

    Eight equally frequent heaps count as 8, wherever they are, if they are smaller than h and
    further apart than h. The measure asks how many places G reaches, not whether they are the right
    ones, so that a generator on its way to the data is not taken for one that has collapsed. (The
    mean pairwise distance does not see a collapse to two opposite modes of a ring. The share of
    real neighbourhoods reached is zero for every generator that has not arrived.)

    samples (N, ...); bandwidth h > 0, in their units.
    Reference: Leinster & Cobbold 2012, eq. 1, with order q = 2 and a Gaussian similarity.
    """
    squares = _squared_distances(np.asarray(samples))
    return float(1 / np.mean(np.exp(-squares / (2 * bandwidth ** 2))))


def relative_diversity(samples: ArrayLike, real: ArrayLike) -> float:
    """Diversity of generated samples in nats, divided by that of as many real ones; 0 if all are
    alike.

        ln diversity(samples) / ln diversity(real),    h = ¼ median_ij |x_i − x_j| of the real x

    The logarithm (an entropy, of order 2) gives one scale for the ring and for images. On the ring
    the diversity is 7 and falls to 2. On images it is 100 because all differ, and a G whose strokes
    are still soft has 20. On the ring, less than half means two modes of eight, or fewer: it is a
    measure of collapse, not of a lost mode.

    samples, real (N, ...): the first min(N, M, 1000) of both are compared.
    """
    samples, real = np.asarray(samples), np.asarray(real)
    if samples.shape[1:] != real.shape[1:] or samples.ndim < 2:
        raise ValueError(f"diagnose: expected samples and real samples (N, ...) of one shape, got "
                         f"{samples.shape} and {real.shape}")
    n = min(len(samples), len(real), MOST)
    if n < FEWEST:
        raise ValueError(f"diagnose: expected at least {FEWEST} samples and real samples, "
                         f"got {len(samples)} and {len(real)}")
    for name, batch in (("samples", samples), ("real", real)):
        if not np.isfinite(batch).all():
            raise ValueError(f"diagnose: expected finite {name}, got NaN or infinity in "
                             f"{(~np.isfinite(batch)).sum()} of {batch.size} values")
    typical = math.sqrt(np.median(_squared_distances(real[:n])[np.triu_indices(n, 1)]))
    if typical == 0:
        raise ValueError("diagnose: most real samples are the same: there is no diversity to "
                         "compare with")
    h = BANDWIDTH * typical
    return math.log(diversity(samples[:n], h)) / math.log(diversity(real[:n], h))


def _squared_distances(x: Array) -> Array:
    """Squared distances (N, N) between the samples of x (N, ...)."""
    x = np.asarray(x, np.float64).reshape(len(x), -1)
    x = x - x.mean(axis=0)  # centred, so that less cancels below
    norms = np.einsum("ij,ij->i", x, x)
    squares = np.maximum(-2 * (x @ x.T) + norms[:, None] + norms, 0)
    np.fill_diagonal(squares, 0)
    return squares
