"""All metrics of one set of samples, each beside the score of a second real sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._checks import pixels, positive_int, random_generator
from .._types import Array, Rng, Seed
from ..data.sets import Labelled
from .bins import ndb
from .distances import energy_distance, median_distance, mmd, wasserstein2
from .features import classifier_score, frechet_distance
from .labelled import Fit, gan_train_test
from .lenet import fit_lenet, mnist_lenet
from .neighbours import density_coverage, precision_recall
from .parzen import parzen_log_likelihood
from .samples import points, whole_labels

MOST = 2500  # samples of each set: the assignment of Wasserstein's distance grows with their cube
LEAST = 20
BINS = 100
WIDTHS = np.logspace(-3, 0.5, 15)  # candidates for Parzen windows, in median distances
HIGHER, LOWER, ONE = "higher", "lower", "near 1"

BETTER = {  # in the order of the table
    "precision": HIGHER, "recall": HIGHER, "density": ONE, "coverage": HIGHER,
    "NDB / bins": LOWER, "Jensen-Shannon distance": LOWER, "MMD², RBF": LOWER,
    "MMD², polynomial": LOWER, "energy distance": LOWER, "2-Wasserstein": LOWER,
    "Fréchet distance": LOWER, "Parzen log-likelihood": HIGHER, "classifier score": HIGHER,
    "GAN-train": HIGHER, "GAN-test": HIGHER}


@dataclasses.dataclass(frozen=True)
class Row:
    """A metric: `value` of the fakes, `ceiling` of a second real sample, each with its standard
    error (nan if it has none); `better` says which way is better."""

    name: str
    better: str
    value: float
    error: float
    ceiling: float
    ceiling_error: float


@dataclasses.dataclass(frozen=True)
class Report:
    """Result of `report`: `rows`, `samples`, the number in each set, and what they were compared
    by (`space`). ``report["recall"]`` is the row of that name; printed, it is a table."""

    rows: tuple[Row, ...]
    samples: int
    space: str

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"expected one of {', '.join(row.name for row in self.rows)}, got {name!r}")

    def __str__(self) -> str:
        lines = [("", "better", "fake", "a second real sample")]
        lines += [(row.name, row.better, _figure(row.value, row.error),
                   _figure(row.ceiling, row.ceiling_error)) for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*lines)]
        table = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                          for line in lines)
        return f"{self.samples:,} samples each, compared by {self.space}\n{table}"


def report(real: ArrayLike, fake: ArrayLike, second: ArrayLike | None = None, *,
           network: Any = None, labels: Sequence[ArrayLike] | None = None, most: int = MOST,
           resamples: int = 10, rng: Seed = 0, fit: Fit = fit_lenet) -> Report:
    """All metrics of this package that need no modes, with errors, and their ceiling.

    The real samples are split in two halves. The fakes are compared with one half, and so is the
    other half. A perfect generator equals the score of this other half; only a copy of the data
    exceeds it. All three sets have the same number of samples, since most metrics depend on it.

    The errors are a bootstrap's without replacement: standard deviations over random halves of both
    sets, drawn anew `resamples` times. A mean over half of N varies by σ²/(N/2) · (1 − 1/2) = σ²/N
    if the half is drawn without replacement, just as the mean of all N varies from sample to
    sample. With replacement, a sample drawn twice would be its own nearest neighbour. The errors
    tend to be too large rather than too small. They are too large by up to √2 where nearest
    neighbours count, which change from half to half, and by √2 for distances close to zero, which
    vary like 1/N and not like 1/√N.

    Parameters
    ----------
    real : (N, D) points, or (N, H, W, C) images in [−1, 1]; fake : likewise; at least 20 samples
        of each in the end. Images with values beyond ±1.5 are refused
    second : other real samples, to compare with instead of half of `real`
    network : a `LeNet` for such images, or None; its features are what is compared. Without it,
        28×28 images go through `mnist_lenet`, whatever they show, and vectors are compared as they
        are, such as images without labels: x.reshape(len(x), -1). Parzen windows are of points, or
        of pixels in [0, 1] as published
    labels : (real, fake) or (real, fake, second), the labels of each, for GAN-train and GAN-test,
        which train two classifiers with `fit` (see `gan_train_test`)
    most : int >= 20, the most samples to use of each set, drawn at random
    resamples : int >= 2
    rng : numpy.random.Generator or an integer seed

    Returns
    -------
    Report
        MMD² and Parzen windows take their bandwidths from the real samples.
    """
    where = "report"
    most = positive_int(where, "most", most, LEAST)
    resamples = positive_int(where, "resamples", resamples, 2)
    rng = random_generator(where, rng)
    sets = _sets(where, real, fake, second, labels)
    network = _network(where, sets["real"][0], network)
    if second is None:
        whole = sets["real"]
        order, half = rng.permutation(len(whole[0])), len(whole[0]) // 2
        sets["real"], sets["second"] = _chosen(whole, order[:half]), _chosen(whole, order[half:])
    n = min(most, *(len(samples) for samples, _ in sets.values()))
    if n < LEAST:
        raise ValueError(f"{where}: expected at least {LEAST} samples of each set (of half of the "
                         f"real ones, without a second set), got {n}")
    sets = {name: _chosen(one, rng.choice(len(one[0]), n, replace=False))
            for name, one in sets.items()}
    reference, fakes, others = (_View(sets[name][0], network)
                                for name in ("real", "fake", "second"))
    scale = median_distance(reference.features), median_distance(reference.raw)
    seed = int(rng.integers(2 ** 31))

    def scores(one: _View, other: _View) -> dict[str, float]:
        return _scores(one, other, *scale, seed)

    found = scores(reference, fakes), scores(reference, others)
    halves: list[list[dict[str, float]]] = [[], []]
    for _ in range(resamples):
        first, second = (rng.permutation(n)[:n // 2] for _ in range(2))
        for kept, other in zip(halves, (fakes, others)):
            kept.append(scores(reference.of(first), other.of(second)))
    rows = []
    for name in found[0]:
        errors = (float(np.std([each[name] for each in kept], ddof=1)) for kept in halves)
        rows += [_row(name, found[0][name], next(errors), found[1][name], next(errors))]
    if labels is not None:
        rows += _labelled_rows(sets, rng, fit)
    space = ("points" if network is None else
             "the features of MNIST's LeNet" if network is mnist_lenet() else "LeNet's features")
    return Report(tuple(rows), n, space)


class _View:
    """Samples as the metrics take them: features, raw points or pixels, probabilities."""

    def __init__(self, samples: Array, network: Any) -> None:
        self.features = self.raw = points("report", "samples", samples)
        self.probabilities = None
        if network is not None:
            self.features = network.features(samples)
            self.raw = self.raw / 2 + 0.5
            self.probabilities = network.probabilities(samples)

    def of(self, rows: Array) -> _View:
        part = object.__new__(_View)
        part.features, part.raw = self.features[rows], self.raw[rows]
        part.probabilities = None if self.probabilities is None else self.probabilities[rows]
        return part


def _scores(real: _View, fake: _View, scale: float, raw_scale: float,
            seed: int) -> dict[str, float]:
    x, y = real.features, fake.features
    bins = min(BINS, len(x) // 5)
    near, held = precision_recall(x, y), density_coverage(x, y)
    binned = ndb(x, y, bins, rng=seed, z=1.96)
    middle = len(real.raw) // 2  # one half chooses the window, the other is the test
    window = parzen_log_likelihood(fake.raw, real.raw[middle:], validation=real.raw[:middle],
                                   candidates=WIDTHS * raw_scale)
    found = {"precision": near.precision, "recall": near.recall, "density": held.density,
             "coverage": held.coverage, "NDB / bins": binned.different / bins,
             "Jensen-Shannon distance": binned.distance, "MMD², RBF": mmd(x, y, bandwidth=scale),
             "MMD², polynomial": mmd(x, y, "polynomial"),
             "energy distance": energy_distance(x, y), "2-Wasserstein": wasserstein2(x, y),
             "Fréchet distance": frechet_distance(x, y), "Parzen log-likelihood": window.mean}
    if fake.probabilities is not None:
        found["classifier score"] = classifier_score(fake.probabilities)
    return found


def _row(name: str, *figures: float) -> Row:
    return Row(name, BETTER[name], *figures)


def _labelled_rows(sets: dict[str, Labelled], rng: Rng, fit: Fit) -> list[Row]:
    found = gan_train_test(sets["real"], sets["second"], sets["fake"], rng, fit)
    n = len(sets["fake"][0])

    def error(share: float) -> float:
        return float(np.sqrt(share * (1 - share) / n))

    return [_row(name, value, error(value), found.real, error(found.real))
            for name, value in (("GAN-train", found.gan_train), ("GAN-test", found.gan_test))]


# -- arguments -------------------------------------------------------------------------------------

def _sets(where: str, real: ArrayLike, fake: ArrayLike, second: ArrayLike | None,
          labels: Sequence[ArrayLike] | None) -> dict[str, Labelled]:
    """name → (samples, labels or None)."""
    given: dict[str, Any] = {"real": real, "fake": fake, "second": second}
    if second is None:
        del given["second"]
    if labels is not None and (not isinstance(labels, (tuple, list))
                               or len(labels) != len(given)):
        raise ValueError(f"{where}: expected labels of {', '.join(given)}, a tuple of "
                         f"{len(given)} arrays, got {type(labels).__name__}")
    sets = {}
    for name, marks in zip(given, labels or [None] * len(given)):
        points(where, name, given[name])
        samples = np.asarray(given[name])
        if samples.shape[1:] != np.shape(real)[1:]:
            raise ValueError(f"{where}: expected {name} of the shape of real but for their "
                             f"number, got {samples.shape} and {np.shape(real)}")
        if samples.ndim == 4:
            pixels(where, name, samples)
        if labels is not None:
            marks = whole_labels(where, f"labels of {name}", marks, len(samples))
        sets[name] = samples, marks
    return sets


def _network(where: str, samples: Array, network: Any) -> Any:
    if network is None and samples.ndim > 2:
        if samples.shape[1:] != (28, 28, 1):
            raise ValueError(f"{where}: expected images (N, 28, 28, 1), which MNIST's LeNet takes, "
                             f"or a network for others, such as metrics.fit_lenet makes of "
                             f"labelled ones, or vectors (N, D), got {samples.shape}. Without "
                             f"labels, compare pixels: x.reshape(len(x), -1)")
        network = mnist_lenet()
    if network is not None and not (callable(getattr(network, "features", None))
                                    and callable(getattr(network, "probabilities", None))):
        raise TypeError(f"{where}: expected network to be a LeNet or None, got {network!r}")
    return network


def _chosen(one: Labelled, rows: Array) -> Labelled:
    samples, labels = one
    return samples[rows], None if labels is None else labels[rows]


def _figure(value: float, error: float) -> str:
    return f"{value:.4g}" if np.isnan(error) else f"{value:.4g} ± {error:.2g}"
