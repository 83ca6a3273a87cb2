"""A small LeNet, made of this library's layers; other metrics compare its features and classes.

Pixels tell little about whether two sets of digits are alike; the last hidden layer of a network
that knows digits tells more. `mnist_lenet` was trained once on MNIST, by
``python -m numgan.metrics``; its weights come with the package, so that everybody has the same
features and can compare figures.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._checks import pixels, positive_int, random_generator
from .._types import Array, Seed, Shape
from ..layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU
from ..networks import Network
from ..optimizers import Adam, cosine_decay
from .samples import whole_labels

FEATURES = 84
STEPS = 7500  # of 64: eight epochs of MNIST
WEIGHTS = pathlib.Path(__file__).with_name("lenet_mnist.npz")
TOGETHER = 500  # images at a time, when the network is applied


class LeNet:
    """LeNet-5 with ReLU and max pooling (LeCun et al. 1998); for vectors, its dense layers alone.

    images (N, H, W, C), H and W multiples of 4 and at least 8:
        Conv2D 5×5 (C → 6), pool 2, Conv2D 5×5 (6 → 16), pool 2, Dense 120, Dense 84, Dense classes
    vectors (N, D): Dense 120, Dense 84, Dense classes

    Parameters
    ----------
    shape : (H, W, C) or (D,), of one sample
    classes : sequence of int, the labels, in the order of the columns of `probabilities`
    rng : numpy.random.Generator or an integer seed, for the starting values
    """

    def __init__(self, shape: Shape, classes: Sequence[int] | Array, rng: Seed) -> None:
        self.shape, self.classes = tuple(shape), np.asarray(classes)
        rng = random_generator("LeNet", rng)
        body = Network([*_entrance(self.shape), ReLU(), Dense(120, FEATURES, init="he"), ReLU()],
                       rng=rng, input_shape=self.shape)
        self.network = Network([body, Dense(FEATURES, len(self.classes))], rng=rng,
                               input_shape=self.shape)

    def features(self, samples: ArrayLike) -> Array:
        """(N, 84) float64: the last hidden layer, for samples (N, ...) like those of training."""
        return self._each("features", samples, self.network.layers[0])

    def probabilities(self, samples: ArrayLike) -> Array:
        """(N, classes) float64: softmax of the last layer."""
        logits = self._each("probabilities", samples, self.network)
        return np.exp(logits - _log_sum_exp(logits))

    def accuracy(self, samples: Array, labels: Array) -> float:
        """Share of the samples (N, ...) whose most probable class is their label (N,)."""
        labels = whole_labels("LeNet.accuracy", "labels", labels, len(samples))
        best = self._each("accuracy", samples, self.network).argmax(axis=1)
        return float(np.mean(self.classes[best] == labels))

    def _each(self, method: str, samples: ArrayLike, network: Any) -> Array:
        samples = _samples(f"LeNet.{method}", samples, self.shape)
        parts = [network(samples[start:start + TOGETHER])
                 for start in range(0, len(samples), TOGETHER)]
        return np.concatenate(parts).astype(np.float64)


def fit_lenet(samples: ArrayLike, labels: ArrayLike, rng: Seed, steps: int = STEPS,
              batch_size: int = 64,
              report: Callable[[int, float], object] = lambda step, loss: None) -> LeNet:
    """A `LeNet`, trained with cross-entropy on labelled samples: a minute for MNIST on one core.

    Parameters
    ----------
    samples : (N, H, W, C) images or (N, D) vectors, about −1 ... 1, N >= 1. Images with values
        beyond ±1.5 are refused, here and by the `LeNet`
    labels : (N,) int, at least two classes
    rng : numpy.random.Generator or an integer seed
    steps, batch_size : int >= 1
    report : function (step, loss), called after each step

    Returns
    -------
    LeNet
    """
    where = "fit_lenet"
    steps = positive_int(where, "steps", steps)
    batch_size = positive_int(where, "batch_size", batch_size)
    samples, rng = _samples(where, samples), random_generator(where, rng)
    labels = whole_labels(where, "labels", labels, len(samples))
    classes, target = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"{where}: expected at least two classes, got {classes}")
    model = LeNet(samples.shape[1:], classes, rng)
    network, optimizer = model.network, Adam(1e-3, 0.9)
    order = np.empty(0, int)
    for step in range(steps):
        if len(order) < min(batch_size, len(samples)):
            order = rng.permutation(len(samples))
        chosen, order = order[:batch_size], order[batch_size:]
        logits, cache = network.forward(samples[chosen], train=True)
        loss, gradient = softmax_cross_entropy(logits, target[chosen])
        network.grad.fill(0)
        network.backward(gradient, cache, input_grad=False)
        optimizer.step(network.theta, network.grad, cosine_decay(step / steps))
        report(step, loss)
    return model


@functools.lru_cache(1)
def mnist_lenet() -> LeNet:
    """The `LeNet` that comes with the package, for MNIST's digits, (N, 28, 28, 1) in [−1, 1]."""
    model = LeNet((28, 28, 1), np.arange(10), 0)
    model.network.load(WEIGHTS)
    return model


def softmax_cross_entropy(logits: Array, target: Array) -> tuple[float, Array]:
    """(value, gradient): the mean of −ln softmax(l)_target over a batch, and its gradient with
    respect to l.

    ∂/∂l_k (ln Σ_j e^{l_j} − l_target) = softmax(l)_k − 1[k = target], and 1/N of the mean.
    logits (N, K); target (N,) int, columns.
    """
    rows = np.arange(len(logits))
    logs = logits - _log_sum_exp(logits)
    gradient = np.exp(logs)
    gradient[rows, target] -= 1
    return -logs[rows, target].mean(), gradient / len(logits)


def _log_sum_exp(logits: Array) -> Array:
    largest = logits.max(axis=1, keepdims=True)
    return largest + np.log(np.exp(logits - largest).sum(axis=1, keepdims=True))


def _entrance(shape: Shape) -> list[Layer]:
    """The layers up to the first 120 features."""
    if len(shape) == 1:
        return [Dense(shape[0], 120, init="he")]
    rows, columns, channels = shape
    narrow = 0 if min(rows, columns) >= 20 else 2  # the second may not cut a small image's edge
    flat = (rows // 2 + 2 * narrow - 4) // 2 * ((columns // 2 + 2 * narrow - 4) // 2) * 16
    return [Conv2D(channels, 6, 5, padding=2, init="he"), ReLU(), MaxPool2D(2),
            Conv2D(6, 16, 5, padding=narrow, init="he"), ReLU(), MaxPool2D(2),
            Flatten(), Dense(flat, 120, init="he")]


def _samples(where: str, samples: ArrayLike, shape: Shape | None = None) -> Array:
    array = np.asarray(samples)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{where}: expected samples to be an array of real numbers, "
                        f"got dtype {array.dtype}")
    expected = ("(N, D) or (N, H, W, C)" if shape is None else
                f"(N, {', '.join(map(str, shape))})")
    if array.size == 0 or (array.ndim not in (2, 4) if shape is None
                           else array.shape[1:] != shape):
        raise ValueError(f"{where}: expected samples of shape {expected}, not empty, "
                         f"got {array.shape}")
    if array.ndim == 4 and any(size % 4 or size < 8 for size in array.shape[1:3]):
        raise ValueError(f"{where}: expected images with sides that are multiples of 4, at least "
                         f"8, got {array.shape[1]} x {array.shape[2]}")
    array = array.astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        raise ValueError(f"{where}: expected finite samples, got nan or inf")
    if array.ndim == 4:
        pixels(where, "samples", array)
    return array
