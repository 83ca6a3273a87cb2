"""Distributions over tokens: the end of a text generator, and how a gradient passes a choice."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._checks import flag, number
from .._types import Array, Cache, Pieces, Rng, Shape
from .base import Layer, plus
from .noise import NoisyLayer


class Softmax(Layer):
    """Logits to a distribution, over the last axis.

        p_k = exp(x_k / τ) / Σ_j exp(x_j / τ),   τ = `temperature`
        y = p, or with `hard` the one-hot of the largest

    Shapes: x, y (..., K), such as (N, K) inside a `PerWord`, or (N, H, W, K) of label maps.

    Backward: x_j moves p_j and, through the sum, all others, ∂p_k/∂x_j = p_k (δ_kj − p_j) / τ. The
    matrix is symmetric, and

        dx = p (dy − Σ_k p_k dy_k) / τ

    Tangent, with s = tx / τ and s̄ = Σ p s: ty = p (s − s̄). In the reverse, with Ḡ = Σ p dty, dtx
    is backward's formula applied to dty. ty contains p twice, so it sends dp = dty (s − s̄) − Ḡ s,
    and dx is backward's formula applied to dy + dp.

    `hard` is the straight-through estimator: what goes forward is a choice, which has no gradient,
    and what comes back is the gradient of p. This is not a gradient of y, and no gradient check can
    confirm it.

    temperature : number > 0, may be changed between steps; if small, p is sharp, gradients large
    Cache: p, τ.
    Reference: Bengio et al. 2013 (straight-through).
    """

    remembers: tuple[str, ...] = ("temperature",)

    def __init__(self, temperature: float = 1.0, hard: bool = False) -> None:
        self._set(temperature, hard)
        super().__init__()

    def _set(self, temperature: float, hard: bool) -> None:
        name = type(self).__name__
        self.temperature = number(name, "temperature", temperature, above=0)
        self.hard = flag(name, "hard", hard)

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        heat = number(type(self).__name__, "temperature", self.temperature, above=0)
        p = softmax(x / x.real.dtype.type(heat))
        return one_hot_of_largest(p) if self.hard else p, (p, heat)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        p, heat = cache
        return through_softmax(p, dy) / dy.real.dtype.type(heat) if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        p, heat = cache  # symmetric: as backward
        return through_softmax(p, tx) / tx.real.dtype.type(heat), tx

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        if not input_grad:
            return None, None
        p, heat = cache
        s = tcache / tcache.real.dtype.type(heat)
        dp = dty * (s - mean_under(p, s)) - mean_under(p, dty) * s
        return (self.backward(plus(dy, dp), cache),
                self.backward(dty, cache) if dtx is None else dtx)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) < 1 or input_shape[-1] < 2:
            self.refuse("(..., at least 2)", ("N", *input_shape))
        return tuple(input_shape)

    def arguments(self) -> str:
        return ", ".join([f"{self.temperature:g}"] * (self.temperature != 1)
                         + ["hard=True"] * self.hard)


class GumbelSoftmax(Softmax, NoisyLayer):
    """Draws from the distribution of the logits, smoothly, so that a gradient passes through.

        train:      y = softmax((x + g) / τ),   g = −ln(−ln u),   u ~ U(0, 1) for each logit
        otherwise:  y = softmax(x / τ)

    The largest of x + g is at k with probability softmax(x)_k, whatever τ is (Gumbel 1954). As
    τ → 0, y becomes a one-hot draw, and its gradients grow without bound. With `hard` the output is
    a one-hot draw at every τ, and its gradient is that of y (see `Softmax`).

    temperature, hard : as for `Softmax`; always : bool, draw when not training too
    Backward and tangents: those of Softmax, as x + g moves as x does. Cache: p, τ.
    Reference: Jang et al. 2017, eq. 1 and 2; Maddison et al. 2017.
    """

    remembers = ("rng", "temperature")

    def __init__(self, temperature: float = 1.0, hard: bool = False, rng: Rng | None = None,
                 always: bool = False) -> None:
        self._set(temperature, hard)
        self.always = flag("GumbelSoftmax", "always", always)
        NoisyLayer.__init__(self, rng)

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        if train or self.always:
            self.check_input(x)
            x = x + self.gumbel(x.shape, x.dtype)
        return super().forward(x, train)

    def gumbel(self, shape: Shape, dtype: np.dtype[Any]) -> Array:
        """g = −ln e, where e = −ln u is exponentially distributed."""
        e = self.generator().standard_exponential(
            shape, dtype=np.float32 if dtype == np.float32 else np.float64)
        return -np.log(np.maximum(e, np.finfo(e.dtype).tiny))

    def arguments(self) -> str:
        return ", ".join(filter(None, [super().arguments(), "always" * self.always]))


def softmax(x: Array) -> Array:
    """exp(x) / Σ exp(x) over the last axis; large numbers do not overflow."""
    p = np.exp(x - x.real.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return p


def masked_softmax(x: Array, mask: Array) -> Array:
    """`softmax` over those where the mask is 1; 0 elsewhere, and 0 everywhere if there are none."""
    there = np.broadcast_to(mask.real > 0.5, x.shape)
    top = np.where(there, x.real, -np.inf).max(axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0).astype(x.real.dtype)
    p = np.exp(np.where(there, x - top, 0)) * there
    total = p.sum(axis=-1, keepdims=True)
    return p / np.where(total == 0, 1, total)


def through_softmax(p: Array, dp: Array) -> Array:
    """p (dp − Σ p dp): the softmax's Jacobian, which is symmetric, times dp."""
    return p * (dp - mean_under(p, dp))


def mean_under(p: Array, values: Array) -> Array:
    """Σ p · values over the last axis, which is kept with length 1."""
    return np.einsum("...k,...k->...", p, values)[..., None]


def one_hot_of_largest(p: Array) -> Array:
    """1 at the largest of the last axis, the first of equal ones, and 0 elsewhere."""
    y = np.zeros_like(p)
    np.put_along_axis(y, p.real.argmax(axis=-1, keepdims=True), 1, axis=-1)
    return y
