"""Conditional GANs: a GAN on pairs.

The real thing is a pair (x, c) of a sample and what it shows, the generated one (G(z, c), c), and
the discriminator judges pairs: is this a seven, and is it one that was asked for? So nothing
changes in losses, penalties and training; a pair is a vector (N, values of x + numbers of c), x
first, and c is one-hot for classes.

    min_G max_D  E ln D(x, c) + E ln(1 − D(G(z, c), c))

Mirza & Osindero 2014, eq. 2.
"""

import math

import numpy as np

from .layers.base import Layer, positive_int
from .network import Network


class Keep(Network):
    """Makes a generator of pairs of a network: (z, c) → (network(z, c), c).

    Shapes: x (N, latent + condition), the network's output (N, ...), y (N, its values +
    condition). c goes in beside z, and comes out again beside what was made of both.

    Backward: c is reached twice, through the network and as itself; everything else is the
    network's. Tangent and its reverse likewise. Cache: the network's, and its output's shape.

    condition : int, the last so many numbers of the input; rng : redraws the starting values
    """

    def __init__(self, network, condition, *, rng):
        self.condition = positive_int("Keep", "condition", condition)
        super().__init__([network], rng=rng, dtype=network.dtype, input_shape=network.input_shape)

    def forward(self, x, train=False):
        self.check_input(x)
        made, cache = self.layers[0].forward(x, train)
        return self._paired(made, x), ([cache], made.shape)

    def backward(self, dy, cache, param_grads=True, input_grad=True, trace=None):
        (inner,), shape = cache
        d_made, d_kept = self._parts(dy, shape)
        dx = self.layers[0].backward(d_made, inner, param_grads, input_grad)
        return self._plus_kept(dx, d_kept) if input_grad else None

    def tangent(self, tx, cache, tparams=None):
        (inner,), shape = cache
        t_made, tcache = self.layers[0].tangent(tx, inner, tparams)
        return self._paired(t_made, tx), [tcache]

    def tangent_backward(self, dy, dty, cache, tcache, input_grad=True, dtx=None, trace=None):
        (inner,), shape = cache
        (d_made, d_kept), (dt_made, dt_kept) = (
            (None, None) if d is None else self._parts(d, shape) for d in (dy, dty))
        dx, found = self.layers[0].tangent_backward(d_made, dt_made, inner, tcache[0], input_grad)
        if not input_grad:
            return None, None
        if dy is not None:
            dx = self._plus_kept(dx, d_kept)
        return dx, self._plus_kept(found, dt_kept) if dtx is None else dtx

    def commit(self, cache):
        super().commit(cache[0])

    def output_shape(self, input_shape):
        if len(input_shape) != 1 or input_shape[0] <= self.condition:
            self.refuse(f"(N, more than the {self.condition} of the condition)",
                        ("N", *input_shape))
        return (math.prod(self.layers[0].output_shape(input_shape)) + self.condition,)

    def _paired(self, made, x):
        return np.concatenate([made.reshape(len(made), -1), x[:, -self.condition:]], axis=1)

    def _parts(self, dy, shape):
        return dy[:, :-self.condition].reshape(shape), dy[:, -self.condition:]

    def _plus_kept(self, dx, d_kept):
        dx = dx.copy()
        dx[:, -self.condition:] += d_kept
        return dx


class LabelMaps(Layer):
    """A pair as one image: every number of the condition becomes a channel of one value.

        (N, H·W·C + K) → (N, H, W, C + K)

    The first layer of a convolutional discriminator of pairs: wherever its kernel lies, the label
    is under it. Linear: backward sums each label channel over the image. Cache: nothing.
    Reference: Mirza & Osindero 2014, for convolutions.
    """

    def __init__(self, image_shape, condition):
        self.image_shape = tuple(positive_int("LabelMaps", "image_shape", n) for n in image_shape)
        self.condition = positive_int("LabelMaps", "condition", condition)
        if len(self.image_shape) != 3:
            raise ValueError(f"LabelMaps: expected image_shape (H, W, C), got {image_shape}")
        self.in_features = math.prod(self.image_shape) + self.condition
        super().__init__()

    def forward(self, x, train=False):
        self.check_input(x)
        return self.spread(x), None

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if input_grad:
            channels = self.image_shape[2]
            return np.concatenate([dy[..., :channels].reshape(len(dy), -1),
                                   dy[..., channels:].sum(axis=(1, 2))], axis=1)

    def tangent(self, tx, cache, tparams=None):
        return self.spread(tx), None

    def tangent_backward(self, dy, dty, cache, tcache, input_grad=True, dtx=None):
        if not input_grad:
            return None, None
        dx = None if dy is None else self.backward(dy, cache)
        return dx, self.backward(dty, cache) if dtx is None else dtx

    def spread(self, x):
        height, width, channels = self.image_shape
        y = np.empty((len(x), height, width, channels + self.condition), x.dtype)
        y[..., :channels] = x[:, :-self.condition].reshape(-1, *self.image_shape)
        y[..., channels:] = x[:, None, None, -self.condition:]
        return y

    def output_shape(self, input_shape):
        if tuple(input_shape) != (self.in_features,):
            self.refuse(f"(N, {self.in_features})", ("N", *input_shape))
        return (*self.image_shape[:2], self.image_shape[2] + self.condition)

    def arguments(self):
        return f"{self.image_shape}, {self.condition}"


def one_hot(labels, classes, dtype=np.float32):
    """(N,) integers in 0 ... classes − 1 → (N, classes), 1 at the label and 0 elsewhere.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    labels = np.asarray(labels)
    positive_int("one_hot", "classes", classes)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or len(labels) == 0 or not (
            0 <= labels.min() and labels.max() < classes):
        raise ValueError(f"one_hot: expected integers (N,) in 0 ... {classes - 1}, got "
                         f"{labels.dtype} of shape {labels.shape}")
    return np.eye(classes, dtype=dtype)[labels]


def pairs(samples, conditions):
    """Samples (N, ...) and conditions (N, K) as vectors (N, values + K) of the samples' dtype."""
    if len(samples) != len(conditions) or conditions.ndim != 2:
        raise ValueError(f"pairs: expected as many conditions (N, K) as samples, got "
                         f"{conditions.shape} for {samples.shape}")
    return np.concatenate([samples.reshape(len(samples), -1),
                           conditions.astype(samples.dtype, copy=False)], axis=1)


def latents(latent, classes):
    """The function ``(n, rng) -> (n, latent + classes)`` that `train` draws from: z ~ N(0, 1) and,
    beside it, the one-hot label of a class drawn evenly."""
    def draw(n, rng):
        z = rng.standard_normal((n, latent), np.float32)
        return pairs(z, one_hot(rng.integers(classes, size=n), classes))
    return draw
