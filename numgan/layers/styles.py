"""A style for every layer: coarse features may come from one sample, fine ones from another."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._checks import fraction, positive_int
from .._types import Array, Batch, Cache, Pieces, Rng, Shape, Trace
from .base import Layer
from .compose import Composite
from .noise import NoisyLayer


class Styles(NoisyLayer):
    """The style w, repeated for every layer that will see it; in training some samples are mixed.

        y[n, l] = w[n], or for a mixed sample, from a layer k on, that of the next sample:
        y[n, l] = w[n] for l < k, w[n + 1] for l >= k

    A sample is mixed with probability `mixing`, k is drawn uniformly from 1 ... layers − 1, and the
    last sample's next is the first. So no layer can rely on another layer having the same style,
    and each learns what is its own to decide. When not training, every layer has w; the styles of
    two samples may then be put together by hand, y = [a[:, :k], b[:, k:]].

    Shapes: x (N, features), y (N, layers, features). Use it as the last layer of a `Conditional`'s
    encoder; the layers of the chain see their row through `OwnStyle`.

    Backward: the sum of what came back from the layers to which w went, dx[n] = Σ_{own l} dy[n, l]
    + Σ_{not own l} dy[n − 1, l]. Linear, so tangents go the same way.
    Cache: which layers are own, (N, layers, 1), or None where all are.
    Reference: Karras et al. 2019, section 3.1, who mix 90 % of the samples.
    """

    def __init__(self, layers: int, mixing: float = 0.0, rng: Rng | None = None) -> None:
        self.count = positive_int("Styles", "layers", layers)
        self.mixing = fraction("Styles", "mixing", mixing, closed=True)
        super().__init__(rng)
        self.couples_samples = bool(self.mixing)

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        own = None
        if train and self.mixing and self.count > 1:
            rng = self.generator()
            first = np.where(rng.random(len(x)) < self.mixing,
                             rng.integers(1, self.count, len(x)), self.count)
            own = np.arange(self.count)[:, None] < first[:, None, None]
        return self._spread(x, own), own

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        own = cache
        if not input_grad:
            return None
        if own is None:
            return dy.sum(axis=1)
        return (dy * own).sum(axis=1) + np.roll((dy * ~own).sum(axis=1), 1, axis=0)

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        return self._spread(tx, cache), None

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            self.refuse("(N, features)", ("N", *input_shape))
        return (self.count, *input_shape)

    def arguments(self) -> str:
        return f"{self.count}" + (f", mixing={self.mixing:g}" if self.mixing else "")

    def _spread(self, x: Array, own: Array | None) -> Array:
        if own is None:
            return np.repeat(x[:, None], self.count, axis=1)
        return np.where(own, x[:, None], np.roll(x, -1, axis=0)[:, None])


class OwnStyle(Composite):
    """A layer that sees one row of the condition: its own style, from the styles of all layers.

        y = f(x, c[:, index])

    Shapes: x, y those of f; c (N, layers, features), of which f sees (N, features).
    Backward: dc is zero except in that row. Cache: f's, and the shape of c.
    index : int from 0; layers : int; layer : one that sees a condition, or one made of such
    """

    def __init__(self, index: int, layers: int, layer: Layer) -> None:
        self.count = positive_int("OwnStyle", "layers", layers)
        self.index = positive_int("OwnStyle", "index", index, 0, most=layers - 1)
        super().__init__([layer])
        if not self.sees_condition:
            raise TypeError(f"OwnStyle: expected a layer that sees a condition, such as "
                            f"Modulate(8, 4), got {layer!r}")

    def accepts(self, shape: Shape) -> bool:
        """Whether the condition may have this shape, without the batch axis."""
        return len(shape) == 2 and shape[0] == self.count

    def handed_on(self, shape: Shape) -> Shape:
        return tuple(shape)[1:]

    def forward(self, x: Array, train: bool = False,
                c: Any = None) -> tuple[Array, Cache]:
        if not self.accepts(c.shape[1:]):
            raise ValueError(f"{self}: expected c of shape (N, {self.count}, features), got "
                             f"{c.shape}")
        y, cache = self.children[0].forward(x, train, c=c[:, self.index])
        return y, (cache, c.shape)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 condition_grad: bool = True, trace: Trace | None = None) -> Batch:
        inner, shape = cache
        dx, dc = self.children[0].backward(dy, inner, param_grads, input_grad, condition_grad)
        return dx, self._whole(dc, shape)

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None,
                tc: Any = None) -> tuple[Array, Cache]:
        return self.children[0].tangent(tx, cache[0], tparams[0] if tparams else None,
                                        tc=tc[:, self.index])

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Array | None = None,
                         condition_grad: bool = True,
                         trace: Trace | None = None) -> tuple[Batch, Batch]:
        inner, shape = cache
        (dx, dc), (dtx, dtc) = self.children[0].tangent_backward(
            dy, dty, inner, tcache, input_grad, dtx, condition_grad)
        return (dx, self._whole(dc, shape)), (dtx, self._whole(dtc, shape))

    def commit(self, cache: Cache) -> None:
        self.children[0].commit(cache[0])

    def output_shape(self, input_shape: Shape) -> Shape:
        return self.children[0].output_shape(input_shape)

    def told_input_shape(self) -> Shape | None:
        return self.children[0].told_input_shape()

    def arguments(self) -> str:
        return f"{self.index}, {self.count}, {self.children[0]!r}"

    def _whole(self, d: Array | None, shape: Shape) -> Array | None:
        """The gradient of c, from that of its row."""
        if d is None:
            return None
        whole = np.zeros(shape, d.dtype)
        whole[:, self.index] = d
        return whole
