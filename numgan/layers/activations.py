"""Elementwise functions y = f(x): the chain rule gives dx = dy · f′(x), no element affects another.

Each layer caches what makes f′ cheapest to compute: the output, where it has the input's sign or f′
is a polynomial in it, and elsewhere f′ itself.

For second-order gradients, ty = f′(x) tx. Its reverse has the factor f′(x) twice. It has one more
term where f is curved, because there f′ itself depends on x:

    dtx = dty f′(x)
    dx  = dy f′(x) + dty tx f″(x)

A piecewise linear f has f″ = 0 except at its kink, which a random input never hits, so it has no
such term. A discriminator of ReLUs can still learn from a gradient penalty, because its weights are
in the gradient.
"""

from __future__ import annotations

import numpy as np

from .._checks import fraction, number
from .._runtime import in_rows
from .._types import Array, Cache, Pieces
from .base import Layer, plus


def sigmoid(x: Array) -> Array:
    """σ(x) = 1 / (1 + e^−x) = (1 + tanh(x/2)) / 2; any shape. The last form cannot overflow.

    It has the rounding error of a number near 1, not of one near σ: far below 0 (x <= −20 in
    float32, −38 in float64) it is 0.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return 0.5 * (1 + np.tanh(0.5 * x))


def softplus(x: Array) -> Array:
    """ln(1 + e^x) = max(x, 0) + ln(1 + e^−|x|), which cannot overflow; any shape.

    >>> softplus(np.array([-1000.0, 1000.0]))
    array([   0., 1000.])
    """
    positive = np.maximum(x, 0)
    return positive + np.log1p(np.exp(x - 2 * positive))  # x − 2 max(x, 0) = −|x|


class Activation(Layer):
    """Base of all of them. A subclass defines f, f′ and, if f is curved, f″:

    ``forward(x, train=False) -> y, cache``
    ``derivative(cache) -> f′(x)``
    ``curvature(cache) -> f″(x)``, or None where it is zero everywhere
    """

    def derivative(self, cache: Cache) -> Array:
        raise NotImplementedError(f"{self} has no derivative")

    def curvature(self, cache: Cache) -> Array | None:
        return None

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        return in_rows(self._scale, dy, *_arrays(cache)) if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        return in_rows(self._scale, tx, *_arrays(cache)), tx

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        if not input_grad:
            return None, None
        tx, dx = tcache, None if dy is None else self.backward(dy, cache)
        curvature = self.curvature(cache)
        if curvature is not None:
            dx = plus(dx, dty * tx * curvature)
        return dx, self.backward(dty, cache) if dtx is None else dtx

    def _scale(self, dx: Array, dy: Array, *cache: Array) -> None:
        np.multiply(dy, self.derivative(cache if len(cache) > 1 else cache[0]), out=dx)


def _arrays(cache: Cache) -> tuple[Array, ...]:
    return cache if isinstance(cache, tuple) else (cache,)


class ReLU(Activation):
    """Rectified linear unit.

        y = max(x, 0)
        dx = dy · 1[x > 0]

    At x = 0, where the derivative jumps from 0 to 1, backward takes 0.
    Cache: y (which is positive exactly where x is).
    """

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        zeros = np.zeros(x.shape[-1:], x.dtype)  # with a number it takes twice as long
        y = in_rows(lambda y, x: np.maximum(x, zeros, out=y), x)
        return y, y

    def derivative(self, cache: Cache) -> Array:
        y = cache
        return y > 0


class LeakyReLU(Activation):
    """ReLU that lets through a share `slope` of negative inputs and of their gradients. With a
    plain ReLU in the discriminator, the generator would get no gradient through dead units.

        y = max(x, slope · x)                  0 <= slope < 1
        dx = dy · (slope + (1 − slope) · 1[x > 0])

    Cache: y (for slope > 0 it has the sign of x; for slope = 0 it is positive where x is).
    Reference: Maas et al. 2013; slope 0.2 is that of DCGAN (Radford et al. 2016).
    """

    def __init__(self, slope: float = 0.2) -> None:
        self.slope = fraction("LeakyReLU", "slope", slope)
        super().__init__()

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        y = in_rows(self._function, x)
        return y, y

    def _function(self, y: Array, x: Array) -> None:
        np.multiply(x, self.slope, out=y)
        np.maximum(x, y, out=y)

    def derivative(self, cache: Cache) -> Array:
        y = cache
        factor = (y > 0).astype(y.dtype)  # np.where takes five times as long
        factor *= 1 - self.slope
        factor += self.slope
        return factor

    def arguments(self) -> str:
        return f"{self.slope:g}"


class Tanh(Activation):
    """Hyperbolic tangent: a generator's last layer when the data lie in [−1, 1].

        y = tanh(x)
        dx = dy · (1 − y²)                     since tanh′ = 1 − tanh²
        tanh″ = −2 y (1 − y²)

    Cache: y.
    """

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        y = in_rows(lambda y, x: np.tanh(x, out=y), x)
        return y, y

    def derivative(self, cache: Cache) -> Array:
        y = cache
        return 1 - y * y

    def curvature(self, cache: Cache) -> Array | None:
        y = cache
        return -2 * y * (1 - y * y)


class Sigmoid(Activation):
    """Logistic function, from a logit to a probability.

        y = σ(x) = 1 / (1 + e^−x)
        dx = dy · y (1 − y)
        σ″ = y (1 − y) (1 − 2y)

    Discriminators here end in the logit, and the losses take logits: where D is sure, y (1 − y)
    vanishes in floating point, and the gradient vanishes with it. `Network.probability` gives D(x).
    Cache: y.
    """

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        y = sigmoid(x)
        return y, y

    def derivative(self, cache: Cache) -> Array:
        y = cache
        return y * (1 - y)

    def curvature(self, cache: Cache) -> Array | None:
        y = cache
        return y * (1 - y) * (1 - 2 * y)


class Softplus(Activation):
    """A smooth ReLU.

        y = ln(1 + e^x)
        dx = dy · σ(x)
        f″ = σ (1 − σ)

    Cache: σ(x).
    Reference: Dugas et al. 2001.
    """

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        return softplus(x), sigmoid(x)

    def derivative(self, cache: Cache) -> Array:
        s = cache
        return s

    def curvature(self, cache: Cache) -> Array | None:
        s = cache
        return s * (1 - s)


class SiLU(Activation):
    """x times its own sigmoid, "swish": smooth, and not monotonic.

        y = x σ(x)
        dx = dy · (σ + x σ (1 − σ))            product rule, σ′ = σ (1 − σ)
        f″ = σ (1 − σ) (2 + x (1 − 2σ))        and once more, (σ (1 − σ))′ = σ (1 − σ) (1 − 2σ)

    Cache: x, σ(x).
    Reference: Elfwing et al. 2018; Ramachandran et al. 2017.
    """

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        s = sigmoid(x)
        return x * s, (x, s)

    def derivative(self, cache: Cache) -> Array:
        x, s = cache
        return s + x * s * (1 - s)

    def curvature(self, cache: Cache) -> Array | None:
        x, s = cache
        return s * (1 - s) * (2 + x * (1 - 2 * s))


class ELU(Activation):
    """Exponential linear unit: ReLU whose negative side approaches −alpha smoothly.

        y = x  where x > 0,   alpha (e^x − 1)  elsewhere
        dx = dy  where x > 0,   dy · alpha e^x = dy · (y + alpha)  elsewhere
        f″ = 0  where x > 0,   alpha e^x = y + alpha  elsewhere

    Cache: y, which has the sign of x.
    Reference: Clevert et al. 2016.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = number("ELU", "alpha", alpha, above=0)
        super().__init__()

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        y = np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x, 0))
        return y, y

    def derivative(self, cache: Cache) -> Array:
        y = cache
        return (y > 0) + (y <= 0) * (y + self.alpha)

    def curvature(self, cache: Cache) -> Array | None:
        y = cache
        return (y <= 0) * (y + self.alpha)

    def arguments(self) -> str:
        return f"{self.alpha:g}"
