"""Which digits does a generator make? A classifier that knows nothing of the GAN answers."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._checks import number, of_bytes
from .._optional import needed_by
from .._types import Array, Rng, Shape
from .samples import whole_labels


class Classifier:
    """A classifier of images that may also answer "none of them"; made by `digit_classifier`.

    Attributes
    ----------
    classes : (K,) int, the labels, in the order of the columns of `predict_proba`
    image_shape : (H, W, C)
    """

    def __init__(self, model: Any, classes: Array, image_shape: Shape) -> None:
        self.model, self.classes, self.image_shape = model, classes, image_shape

    def predict_proba(self, images: ArrayLike) -> Array:
        """Probability of each class, (N, K), for images (N, H, W, C) in [-1, 1].

        A row's sum is at most 1: what is missing is the probability that the image shows none of
        the classes. Values outside [-1, 1] are clipped, as in an image file; bytes, up to 255, are
        refused.
        """
        images = _as_images("predict_proba", images, self.image_shape)
        low, high = float(images.min()), float(images.max())
        if bytes_said := of_bytes(low, high):
            raise ValueError(f"predict_proba: expected images in [-1, 1], got {low:g} ... "
                             f"{high:g}{bytes_said}")
        return self.model.predict_proba(_features(images.clip(-1, 1)))[:, :len(self.classes)]

    def accuracy(self, images: Array, labels: ArrayLike) -> float:
        """Share of the images (N, H, W, C) whose most probable class is their label (N,)."""
        labels = whole_labels("accuracy", "labels", labels, len(images))
        best = self.predict_proba(images).argmax(axis=1)
        return float(np.mean(self.classes[best] == labels))


def digit_classifier(images: ArrayLike, labels: ArrayLike, rng: Rng) -> Classifier:
    """A classifier trained on labelled images: scikit-learn's MLP, seconds to a minute.

    An ordinary classifier is as sure of its answer for noise as for a digit. This one learns one
    more class, "none of them", from images spoilt on purpose (`_spoil`): noise, shuffled pixels,
    averages of many images and of two different classes. A bad generator makes such images.

    Parameters
    ----------
    images : (N, H, W, C) in [-1, 1], N >= 50
    labels : (N,) int, at least two classes
    rng : numpy.random.Generator

    Returns
    -------
    Classifier
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"digit_classifier: expected rng to be a numpy.random.Generator, "
                        f"got {rng!r}")
    images = _as_images("digit_classifier", images)
    labels = whole_labels("digit_classifier", "labels", labels, len(images))
    if len(images) < 50:
        raise ValueError(f"digit_classifier: expected at least 50 images, got {len(images)}")
    if images.min() < -1 or images.max() > 1:
        raise ValueError(f"digit_classifier: expected images in [-1, 1], "
                         f"got {images.min():g} ... {images.max():g}")
    classes, target = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"digit_classifier: expected at least two classes, got {classes}")
    with needed_by("metrics.digit_classifier"):
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier
        from threadpoolctl import threadpool_limits

    small = len(images) < 10_000
    image_shape = images.shape[1:]
    spoilt = _spoil(images, target, rng)
    if small:
        images = _shifted(images)
        target = np.tile(target, len(images) // len(target))
    x = _features(np.concatenate([images, spoilt]))
    y = np.concatenate([target, np.full(len(spoilt), len(classes))])

    # A fixed number of steps: an early stop would need held-out images, and a small set has none to
    # spare. Few epochs are enough, and keep the probabilities moderate. The last sixth are small
    # steps. Without them the share of real digits it recognises depended on where the last few
    # steps led: 0.886 to 0.981 for ten classifiers of 8x8 digits; with them it was 0.950 to 0.972.
    # On the splits of seeds 0 to 9 of `demos.variants` it is 0.939 to 0.967, 0.942 on the first.
    batch_size, steps = (64, 3000) if small else (200, 3600)
    epochs = max(2, round(steps * batch_size / len(x)))
    last = max(1, epochs // 6)
    model = MLPClassifier(
        (256, 128), alpha=1e-2, batch_size=min(batch_size, len(x)), tol=0, n_iter_no_change=1000,
        max_iter=epochs - last, warm_start=True, random_state=int(rng.integers(2**31)))
    # One thread: products this small gain little from more, and on a busy machine threads that
    # wait for each other make it ten times slower.
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, y)
        model.set_params(max_iter=last, learning_rate_init=1e-4).fit(x, y)
    return Classifier(model, classes, image_shape)


@dataclasses.dataclass(frozen=True, eq=False)
class SampleReport:
    """Result of `sample_report`.

    Attributes
    ----------
    confident : float in 0 ... 1, share of the samples that are surely of some class
    shares : (K,), share of all samples that are surely of class k; their sum is `confident`
    classes : int, how many classes have at least one such sample
    """

    confident: float
    shares: np.ndarray
    classes: int

    def __str__(self) -> str:
        shares = " ".join(f"{100 * share:.1f}" for share in self.shares)
        return (f"{100 * self.confident:.1f} % recognised, {self.classes}/{len(self.shares)} "
                f"classes; each in %: {shares}")


def sample_report(probabilities: ArrayLike, threshold: float = 0.9) -> SampleReport:
    """How many samples a classifier recognises, and as what.

    Parameters
    ----------
    probabilities : (N, K), rows summing to at most 1, as from `Classifier.predict_proba`
    threshold : float, 0 < threshold <= 1
        A sample counts if the probability of its most probable class is at least this.

    Returns
    -------
    SampleReport

    >>> print(sample_report([[0.95, 0.05], [0.02, 0.98], [0.99, 0.01], [0.6, 0.4]]))
    75.0 % recognised, 2/2 classes; each in %: 50.0 25.0
    """
    p = np.asarray(probabilities)
    if p.dtype.kind not in "fiu":
        raise TypeError(f"sample_report: expected probabilities to be an array of real numbers, "
                        f"got dtype {p.dtype}")
    if p.ndim != 2 or p.size == 0:
        raise ValueError(f"sample_report: expected probabilities of shape (N, K), not empty, "
                         f"got {p.shape}")
    if not (np.all(p >= 0) and np.all(p.sum(axis=1) <= 1 + 1e-3)):  # false for nan as well
        raise ValueError("sample_report: expected probabilities >= 0 with rows that sum to at "
                         f"most 1, got {p.min()} ... {p.max()}, sums to {p.sum(axis=1).max()}")
    number("sample_report", "threshold", threshold, above=0, most=1)
    sure = p.max(axis=1) >= threshold
    counts = np.bincount(p[sure].argmax(axis=1), minlength=p.shape[1])
    return SampleReport(confident=float(sure.mean()), shares=counts / len(p),
                        classes=int(np.count_nonzero(counts)))


# -- what the classifier learns from --------------------------------------------------------------

def _features(images: Array) -> Array:
    # 0 ... 1, so that the black background is zero and says nothing; this trains faster.
    return images.reshape(len(images), -1) / 2 + 0.5


def _spoil(images: Array, target: Array, rng: Rng) -> Array:
    """Images of no class, about a fifth as many as there are images, a quarter of each kind."""
    n, shape = max(1, len(images) // 20), images.shape[1:]
    def pick(*size: int) -> Array: return images[rng.integers(len(images), size=size)]
    grey, contrast = rng.uniform(-1, 1, (n, 1, 1, 1)), rng.uniform(0, 1.5, (n, 1, 1, 1))
    noise = np.clip(grey + contrast * rng.normal(size=(n, *shape)), -1, 1)
    shuffled = rng.permuted(pick(n).reshape(n, -1), axis=1).reshape(n, *shape)
    mean = pick(n, 8).mean(axis=1)
    i, j = rng.integers(len(images), size=(2, n))
    i, j = i[target[i] != target[j]], j[target[i] != target[j]]  # two of a kind may still be one
    blend = (images[i] + images[j]) / 2
    return np.concatenate([noise, shuffled, mean, blend]).astype(images.dtype)


def _shifted(images: Array) -> Array:
    """The images, and each one moved by half a pixel in the four directions: a small set says too
    little about where a stroke may lie."""
    result = [images]
    for axis in (1, 2):
        for step in (1, -1):
            moved = np.roll(images, step, axis)
            edge: list[Any] = [slice(None)] * 4
            edge[axis] = 0 if step == 1 else -1
            moved[tuple(edge)] = -1  # background, instead of what np.roll brings round
            result.append((images + moved) / 2)
    return np.concatenate(result)


# -- validation -----------------------------------------------------------------------------------

def _as_images(where: str, images: ArrayLike, shape: Shape | None = None) -> Array:
    array = np.asarray(images)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{where}: expected images to be an array of real numbers, "
                        f"got dtype {array.dtype}")
    expected = "(N, H, W, C)" if shape is None else f"(N, {', '.join(map(str, shape))})"
    if array.ndim != 4 or array.size == 0 or (shape is not None and array.shape[1:] != shape):
        raise ValueError(f"{where}: expected images of shape {expected}, not empty, "
                         f"got {array.shape}")
    array = array.astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        raise ValueError(f"{where}: expected finite images, got nan or inf")
    return array
