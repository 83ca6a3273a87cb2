"""A convolution whose weights each sample sets for itself: the layer of StyleGAN2's generator."""

from __future__ import annotations

import numpy as np

from .._checks import flag, number, positive_int
from .._types import Array, Cache, Initializer, Pieces, Rng, Shape
from .base import plus, sum_of
from .conditional import Condition, ConditionalLayer, Two
from .conv import (conv_forward, conv_input_gradient, conv_weight_gradient, output_size, pair,
                   short)
from .conv import Two as Size
from .initializers import initializer


class ModulatedConv2D(ConditionalLayer):
    """A style scales the channels that go into a convolution, and the output is scaled back to the
    magnitude that it would have had. So the style decides what counts, not how loud it is.

        s = 1 + c A,    q_no = Σ_{a, b, i} (s_ni W[a, b, i, o])²,    σ = 1 / √(q + eps)
        y' = conv(s x, W),    y = σ y' + b

    It is a convolution in which each sample has weights of its own, s W σ; written like this, all
    samples share one convolution. For independent inputs of variance 1, σ y' has variance 1
    whatever s is: this replaces `InstanceNorm`, without looking at the image. Without `demodulate`,
    σ = 1.

    Shapes: x (N, H, W, in_channels), c (N, condition); W (kh, kw, in_channels, out_channels),
    A (condition, in_channels), 0 at first, b (out_channels,); y (N, Ho, Wo, out_channels). Stride
    1; kernel and padding as for `Conv2D`. To enlarge an image put `Upsample2D` before it.

    Backward, with V_io = Σ_{a, b} W² so that q = s² V, and sums Σ over the pixels of a sample:

        dy' = σ dy,    dσ = Σ dy y',    dq = −½ σ³ dσ
        dx' = convᵀ(dy', W),    dx = s dx',    ds = Σ dx' x + 2 s (dq Vᵀ)
        dW = that of conv(s x, W) with dy', + 2 W dV,    dV = (s²)ᵀ dq
        dA = cᵀ ds,    dc = ds Aᵀ,    db = Σ dy

    Tangent: ts = tc A + c tA, tx' = ts x + s tx, ty' = conv(tx', W) + conv(x', tW),
    tV = 2 Σ_{a, b} W tW, tq = 2 (s ts) V + s² tV, tσ = −½ σ³ tq, ty = tσ y' + σ ty' + tb. Its
    reverse writes e for the gradient of a tangent, which takes the same way as in backward, and d
    for that of what stands beside it in a product:

        ey' = σ dty,    eσ = Σ dty y',    eq = −½ σ³ eσ,    eV = (s²)ᵀ eq
        ex' = convᵀ(ey', W),    dtx = s ex',    ets = Σ ex' x + 2 s (eq Vᵀ)
        dy' = σ dy + tσ dty,    dσ = Σ dy y' + Σ dty ty' − (3/2) σ² tq eσ,    dq = −½ σ³ dσ
        dV = (s²)ᵀ dq + 2 (s ts)ᵀ eq
        dx' = convᵀ(dy', W) + convᵀ(ey', tW),    dx = s dx' + ts ex'
        ds = Σ dx' x + Σ ex' tx + 2 s (dq Vᵀ) + 2 ts (eq Vᵀ) + 2 s (eq tVᵀ)
        dW = that of conv(x', W) with dy', of conv(tx', W) with ey', + 2 W dV + 2 tW eV
        dA = cᵀ ds + tcᵀ ets,    dc = ds Aᵀ + ets tAᵀ,    dtc = ets Aᵀ

    Cache: x, c, s, y', σ; tcache: tx, tc, ts, ty', tq, tσ, the parameters' tangents.
    Reference: Karras et al. 2020, eq. 1 and 3.
    """

    W: Array
    dW: Array
    A: Array
    dA: Array
    b: Array
    db: Array

    def __init__(self, in_channels: int, out_channels: int, kernel: int | Size, condition: int,
                 padding: int | Size = 0, demodulate: bool = True, eps: float = 1e-8,
                 init: str | Initializer = "glorot") -> None:
        name = "ModulatedConv2D"
        self.in_channels = positive_int(name, "in_channels", in_channels)
        self.out_channels = positive_int(name, "out_channels", out_channels)
        self.kernel = pair(name, "kernel", kernel, 1)
        self.padding = pair(name, "padding", padding, 0)
        self.demodulate = flag(name, "demodulate", demodulate)
        self.eps = number(name, "eps", eps, above=0)
        self.init = initializer(init)
        positive_int(name, "condition", condition)
        super().__init__(condition, W=(*self.kernel, in_channels, out_channels),
                         A=(condition, in_channels), b=(out_channels,))

    def forward(self, x: Array, train: bool = False, c: Condition = None) -> tuple[Array, Cache]:
        self.check_input(x)
        self.check_condition(c)
        s = 1 + c @ self.A
        made = self._conv(s[:, None, None] * x, self.W)
        sigma = (1 / np.sqrt((s * s) @ self._squares() + self.eps) if self.demodulate
                 else np.ones((len(x), self.out_channels), x.dtype))
        y = made * sigma[:, None, None]
        y += self.b
        return y, (x, c, s, made, sigma)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 condition_grad: bool = True) -> Two:
        x, c, s, made, sigma = cache
        d_made = sigma[:, None, None] * dy
        dq = self._by_q(sigma) * _over_pixels(dy, made)
        d_scaled = self._conv_back(d_made, self.W, x)
        ds = _over_pixels(d_scaled, x) + 2 * s * (dq @ self._squares().T)
        if param_grads:
            self.dW += self._weights(s[:, None, None] * x, d_made) + 2 * self.W * ((s * s).T @ dq)
            self.dA += c.T @ ds
            self.db += sum_of(dy.reshape(-1, self.out_channels))
        return (s[:, None, None] * d_scaled if input_grad else None,
                ds @ self.A.T if condition_grad else None)

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None,
                tc: Condition = None) -> tuple[Array, Cache]:
        x, c, s, made, sigma = cache
        ts = tc @ self.A
        if tparams:
            ts = ts + c @ tparams["A"]
        t_made = self._conv(ts[:, None, None] * x + s[:, None, None] * tx, self.W)
        tq = 2 * (s * ts) @ self._squares()
        if tparams:
            t_made += self._conv(s[:, None, None] * x, tparams["W"])
            tq += (s * s) @ self._squares(tparams["W"])
        t_sigma = self._by_q(sigma) * tq
        ty = t_sigma[:, None, None] * made + sigma[:, None, None] * t_made
        if tparams:
            ty += tparams["b"]
        return ty, (tx, tc, ts, t_made, tq, t_sigma, tparams)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Array | None = None,
                         condition_grad: bool = True) -> tuple[Two, Two]:
        x, c, s, made, sigma = cache
        tx, tc, ts, t_made, tq, t_sigma, tparams = tcache
        V, tW = self._squares(), tparams["W"] if tparams else None
        e_made, e_sigma = sigma[:, None, None] * dty, _over_pixels(dty, made)
        slope = self._by_q(sigma)  # ∂σ/∂q, whose own derivative is −(3/2) σ² ∂σ/∂q
        eq = slope * e_sigma
        e_scaled = self._conv_back(e_made, self.W, x)
        ets = _over_pixels(e_scaled, x) + 2 * s * (eq @ V.T)
        d_made = t_sigma[:, None, None] * dty
        d_sigma = _over_pixels(dty, t_made)
        if self.demodulate:
            d_sigma -= 1.5 * sigma * sigma * tq * e_sigma
        if dy is not None:
            d_made += sigma[:, None, None] * dy
            d_sigma += _over_pixels(dy, made)
            self.db += sum_of(dy.reshape(-1, self.out_channels))
        dq = slope * d_sigma
        d_scaled = self._conv_back(d_made, self.W, x)
        ds = 2 * s * (dq @ V.T) + 2 * ts * (eq @ V.T) + _over_pixels(e_scaled, tx)
        dW = 2 * self.W * ((s * s).T @ dq + 2 * (s * ts).T @ eq)
        if tW is not None:
            d_scaled += self._conv_back(e_made, tW, x)
            ds += 2 * s * (eq @ self._squares(tW).T)
            dW += 2 * tW * ((s * s).T @ eq)
        ds += _over_pixels(d_scaled, x)
        dW += self._weights(s[:, None, None] * x, d_made)
        dW += self._weights(ts[:, None, None] * x + s[:, None, None] * tx, e_made)
        self.dW += dW
        self.dA += c.T @ ds + tc.T @ ets
        dx = dc = dtc = None
        if condition_grad:
            dc = plus(ds @ self.A.T, ets @ tparams["A"].T if tparams else None)
            dtc = ets @ self.A.T
        if input_grad:
            dx = s[:, None, None] * d_scaled + ts[:, None, None] * e_scaled
            dtx = s[:, None, None] * e_scaled if dtx is None else dtx
        return (dx, dc), (dtx if input_grad else None, dtc)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3 or input_shape[2] != self.in_channels or any(
                size + 2 * p < k for size, p, k in zip(input_shape, self.padding, self.kernel)):
            least = [max(k - 2 * p, 1) for k, p in zip(self.kernel, self.padding)]
            self.refuse(f"(N, H >= {least[0]}, W >= {least[1]}, {self.in_channels})",
                        ("N", *input_shape))
        rows, columns = (output_size(size, k, 1, p) for size, k, p in
                         zip(input_shape, self.kernel, self.padding))
        return (rows, columns, self.out_channels)

    def initialize(self, rng: Rng) -> None:
        area = self.kernel[0] * self.kernel[1]
        self.W[...] = self.init(rng, self.W.shape, area * self.in_channels,
                                area * self.out_channels)
        self.A[...] = 0
        self.b[...] = 0

    def arguments(self) -> str:
        return (f"{self.in_channels}, {self.out_channels}, {short(self.kernel)}, {self.condition}"
                + (f", padding={short(self.padding)}" if self.padding != (0, 0) else "")
                + ("" if self.demodulate else ", demodulate=False"))

    def _squares(self, tW: Array | None = None) -> Array:
        """V, or its tangent along tW, (in_channels, out_channels)."""
        return (self.W * self.W if tW is None else 2 * self.W * tW).sum(axis=(0, 1))

    def _by_q(self, sigma: Array) -> Array:
        """∂σ/∂q."""
        return -0.5 * sigma ** 3 if self.demodulate else np.zeros_like(sigma)

    def _conv(self, x: Array, W: Array) -> Array:
        return conv_forward(x, W, (1, 1), self.padding)

    def _conv_back(self, dy: Array, W: Array, x: Array) -> Array:
        return conv_input_gradient(dy, W, x.shape[1:3], (1, 1), self.padding)

    def _weights(self, x: Array, dy: Array) -> Array:
        return conv_weight_gradient(x, dy, self.kernel, (1, 1), self.padding)


def _over_pixels(a: Array, b: Array) -> Array:
    """Σ over the pixels of a sample of a · b: (N, H, W, C) → (N, C)."""
    n, _, _, channels = a.shape
    return np.einsum("npc,npc->nc", a.reshape(n, -1, channels), b.reshape(n, -1, channels))
