"""Layers that see a condition c beside their input: they live in a `networks.Conditional`.

Three ways for a label, or a caption, to act: it stands beside the input (`Join`), it sets the gain
and shift of every feature (`Modulate`), or it is compared with the features at the end
(`Projection`).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from .._checks import positive_int
from .._types import Array, Cache, Initializer, Pieces, Rng, Shape
from .base import Layer, plus
from .initializers import initializer


# Always an array: None is there only because the protocol of `Layer` knows no condition.
Condition: TypeAlias = Any
Two: TypeAlias = tuple[Array | None, Array | None]  # by x and by c


class ConditionalLayer(Layer):
    """Base. The protocol of `Layer`, with a second input c (N, condition) and its gradients:

    ``forward(x, train=False, c=c) -> y, cache``
    ``backward(dy, cache, param_grads=True, input_grad=True, condition_grad=True) -> dx, dc``
    ``tangent(tx, cache, tparams=None, tc=tc) -> ty, tcache``
    ``tangent_backward(dy, dty, cache, tcache, input_grad=True, dtx=None, condition_grad=True)
    -> (dx, dc), (dtx, dtc)``

    dx and dc are None where they are not asked for. They are also None where dy is None and nothing
    else contributes to them.
    """

    sees_condition = True

    def __init__(self, condition: int, **shapes: Shape) -> None:
        self.condition = positive_int(type(self).__name__, "condition", condition)
        super().__init__(buffers=None, **shapes)

    def accepts(self, shape: Shape) -> bool:
        """Whether the condition may have this shape, without the batch axis."""
        return tuple(shape) == (self.condition,)

    def check_condition(self, c: Array) -> None:
        if not self.accepts(c.shape[1:]):
            raise ValueError(f"{self}: expected c of shape (N, {self.condition}), got {c.shape}")


class Join(ConditionalLayer):
    """The condition beside the input: y = [x, c].

    Shapes: x (N, F), c (N, condition), y (N, F + condition); or images x (N, H, W, C), y (N, H, W,
    C + condition). Then every number of c becomes a channel of one value, so a kernel has the label
    under it wherever it lies. c may itself be an image (N, H, W, condition).

    Backward: dx is the first part of dy; dc is the second, summed over the pixels if c is not an
    image. Linear, so tangents go the same way. Cache: the number of axes of c.
    Reference: Mirza & Osindero 2014, figure 1; images beside images, Isola et al. 2017.
    """

    def __init__(self, condition: int) -> None:
        super().__init__(condition)

    def accepts(self, shape: Shape) -> bool:
        return len(shape) in (1, 3) and shape[-1] == self.condition

    def forward(self, x: Array, train: bool = False, c: Condition = None) -> tuple[Array, Cache]:
        self.check_input(x)
        self.check_condition(c)
        if c.ndim == 4 and c.shape[:-1] != x.shape[:-1]:
            raise ValueError(f"{self}: expected c as an image of the size of x, {x.shape[1:3]}, "
                             f"got {c.shape[1:3]}")
        return self._joined(x, c), c.ndim

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 condition_grad: bool = True) -> Two:
        dx = dc = None
        if input_grad:
            dx = dy[..., :-self.condition]
        if condition_grad:
            dc = dy[..., -self.condition:]
            if dy.ndim > cache:
                dc = dc.sum(axis=(1, 2))
        return dx, dc

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None,
                tc: Condition = None) -> tuple[Array, Cache]:
        return self._joined(tx, tc), None

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Array | None = None,
                         condition_grad: bool = True) -> tuple[Two, Two]:
        wanted = dict(input_grad=input_grad, condition_grad=condition_grad)
        return ((None, None) if dy is None else self.backward(dy, cache, **wanted),
                self.backward(dty, cache, **wanted))

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) not in (1, 3):
            self.refuse("(N, F) or (N, H, W, C)", ("N", *input_shape))
        return (*input_shape[:-1], input_shape[-1] + self.condition)

    def _joined(self, x: Array, c: Array) -> Array:
        if x.ndim == c.ndim:
            return np.concatenate([x, c], axis=-1)
        y = np.empty((*x.shape[:-1], x.shape[-1] + self.condition), x.dtype)
        y[..., :-self.condition] = x
        y[..., -self.condition:] = c[:, None, None]
        return y

    def arguments(self) -> str:
        return str(self.condition)


class Modulate(ConditionalLayer):
    """Every feature gets a gain and a shift that depend on the condition:

        y = g x + s,    g = 1 + c Γ,  s = c B

    After a BatchNorm this is conditional batch norm; without one it is FiLM. Γ and B start at zero:
    at first the condition changes nothing.

    Shapes: x (N, features) or (N, H, W, features); c (N, condition); Gamma, Beta (condition,
    features). For a one-hot c, each class has a row of Γ and B.

    Backward: with sums Σ over the pixels of a sample, dg = Σ dy x and ds = Σ dy, (N, features):

        dx = g dy,   dΓ = cᵀ dg,   dB = cᵀ ds,   dc = dg Γᵀ + ds Bᵀ

    Tangent: ty = g tx + tg x + ts, with tg = tc Γ + c tΓ and ts = tc B + c tB. ty contains g and x,
    so they get more: dx = g dy + tg dty and dg = Σ (dy x + dty tx), beside dtx = g dty,
    dtg = Σ dty x, dts = Σ dty. Γ stands in g and in tg, so it gets cᵀ dg + tcᵀ dtg; B likewise.

    Cache: x, c, g; tcache: tx, tc, tg, the parameters' tangents.
    Reference: de Vries et al. 2017, eq. 3 (a change of BatchNorm's gain and shift); Perez et al.
    2018 (FiLM).
    """

    Gamma: Array
    dGamma: Array
    Beta: Array
    dBeta: Array

    def __init__(self, features: int, condition: int) -> None:
        self.features = positive_int("Modulate", "features", features)
        super().__init__(condition, Gamma=(condition, features), Beta=(condition, features))

    def forward(self, x: Array, train: bool = False, c: Condition = None) -> tuple[Array, Cache]:
        self.check_input(x)
        self.check_condition(c)
        g = 1 + c @ self.Gamma
        return _under(g, x) * x + _under(c @ self.Beta, x), (x, c, g)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 condition_grad: bool = True) -> Two:
        x, c, g = cache
        dx = dc = None
        if param_grads or condition_grad:
            dg, ds = _over_pixels(dy * x), _over_pixels(dy)
        if param_grads:
            self.dGamma += c.T @ dg
            self.dBeta += c.T @ ds
        if condition_grad:
            dc = dg @ self.Gamma.T + ds @ self.Beta.T
        if input_grad:
            dx = _under(g, dy) * dy
        return dx, dc

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None,
                tc: Condition = None) -> tuple[Array, Cache]:
        x, c, g = cache
        tg, ts = tc @ self.Gamma, tc @ self.Beta
        if tparams:
            tg += c @ tparams["Gamma"]
            ts += c @ tparams["Beta"]
        ty = _under(g, x) * tx + _under(tg, x) * x + _under(ts, x)
        return ty, (tx, tc, tg, tparams)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Array | None = None,
                         condition_grad: bool = True) -> tuple[Two, Two]:
        x, c, g = cache
        tx, tc, tg, tparams = tcache
        dg, dtg, dts = _over_pixels(dty * tx), _over_pixels(dty * x), _over_pixels(dty)
        dx = dc = dtc = ds = None
        if dy is not None:
            dg += _over_pixels(dy * x)
            ds = _over_pixels(dy)
            self.dBeta += c.T @ ds
        self.dGamma += c.T @ dg + tc.T @ dtg
        self.dBeta += tc.T @ dts
        if condition_grad:
            dc = plus(dg @ self.Gamma.T, None if ds is None else ds @ self.Beta.T)
            if tparams:
                dc = dc + dtg @ tparams["Gamma"].T + dts @ tparams["Beta"].T
            dtc = dtg @ self.Gamma.T + dts @ self.Beta.T
        if input_grad:
            dx = _under(tg, dty) * dty
            if dy is not None:
                dx += _under(g, dy) * dy
            dtx = _under(g, dty) * dty if dtx is None else dtx
        return (dx, dc), (dtx if input_grad else None, dtc)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) not in (1, 3) or input_shape[-1] != self.features:
            self.refuse(f"(N, {self.features}) or (N, H, W, {self.features})",
                        ("N", *input_shape))
        return tuple(input_shape)

    def initialize(self, rng: Rng) -> None:
        self.Gamma[...] = 0
        self.Beta[...] = 0

    def arguments(self) -> str:
        return f"{self.features}, {self.condition}"


class Projection(ConditionalLayer):
    """The discriminator's last layer, which compares what it sees with what was asked for:

        l = Σ_j v_j x_j + b,    v = w + c V

    w asks whether x is real at all; the row of V that c chooses asks whether x is real as a c. This
    is the form that ln p(x, c) / q(x, c) takes for classes that are log-linear in the features x.

    Shapes: x (N, features), c (N, condition), w (features,), V (condition, features), b (1,),
    y (N, 1).

    Backward: with dv = dy x, (N, features):  dx = dy v,  dw = Σ_n dv,  dV = cᵀ dv,  db = Σ_n dy,
    dc = dv Vᵀ.
    Tangent: ty = Σ_j (v tx + tv x) + tb, tv = tw + tc V + c tV. Its reverse adds tv dty to dx and
    dty tx to dv; dtx = dty v, dtv = dty x, and V gets cᵀ dv + tcᵀ dtv.

    Cache: x, c, v; tcache: tx, tc, tv, the parameters' tangents.
    Reference: Miyato & Koyama 2018, eq. 4.
    """

    w: Array
    dw: Array
    V: Array
    dV: Array
    b: Array
    db: Array

    def __init__(self, features: int, condition: int, init: str | Initializer = "glorot") -> None:
        self.features = positive_int("Projection", "features", features)
        self.init = initializer(init)
        super().__init__(condition, w=(features,), V=(condition, features), b=(1,))

    def forward(self, x: Array, train: bool = False, c: Condition = None) -> tuple[Array, Cache]:
        self.check_input(x)
        self.check_condition(c)
        v = self.w + c @ self.V
        return (x * v).sum(axis=1, keepdims=True) + self.b, (x, c, v)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 condition_grad: bool = True) -> Two:
        x, c, v = cache
        dv = dy * x
        if param_grads:
            self.dw += dv.sum(axis=0)
            self.dV += c.T @ dv
            self.db += dy.sum(axis=0)
        return dy * v if input_grad else None, dv @ self.V.T if condition_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None,
                tc: Condition = None) -> tuple[Array, Cache]:
        x, c, v = cache
        tv = tc @ self.V
        if tparams:
            tv = tv + tparams["w"] + c @ tparams["V"]
        ty = (v * tx + tv * x).sum(axis=1, keepdims=True)
        return ty + tparams["b"] if tparams else ty, (tx, tc, tv, tparams)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Array | None = None,
                         condition_grad: bool = True) -> tuple[Two, Two]:
        x, c, v = cache
        tx, tc, tv, tparams = tcache
        dv, dtv = dty * tx, dty * x
        dx = dc = dtc = None
        if dy is not None:
            dv += dy * x
            self.db += dy.sum(axis=0)
        self.dw += dv.sum(axis=0)
        self.dV += c.T @ dv + tc.T @ dtv
        if condition_grad:
            dc, dtc = dv @ self.V.T, dtv @ self.V.T
            if tparams:
                dc += dtv @ tparams["V"].T
        if input_grad:
            dx = dty * tv
            if dy is not None:
                dx += dy * v
            dtx = dty * v if dtx is None else dtx
        return (dx, dc), (dtx if input_grad else None, dtc)

    def output_shape(self, input_shape: Shape) -> Shape:
        if tuple(input_shape) != (self.features,):
            self.refuse(f"(N, {self.features})", ("N", *input_shape))
        return (1,)

    def initialize(self, rng: Rng) -> None:
        self.w[...] = self.init(rng, self.w.shape, self.features, 1)
        self.V[...] = self.init(rng, self.V.shape, self.features, 1)
        self.b[...] = 0

    def arguments(self) -> str:
        return f"{self.features}, {self.condition}"


def _under(rows: Array, x: Array) -> Array:
    """rows (N, F), shaped to go with x (N, F), or with every pixel of x (N, H, W, F)."""
    return rows if x.ndim == 2 else rows[:, None, None]


def _over_pixels(x: Array) -> Array:
    """(N, F): the sum over the pixels of each sample."""
    return x if x.ndim == 2 else x.sum(axis=(1, 2))
