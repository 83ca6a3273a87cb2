"""A decoder writes a text place by place: it reads another text, and what it has written so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._checks import positive_int
from .._types import Array, Cache, Pieces, Shape, Trace
from .attention import AdditiveAttention
from .base import Layer, PiecewiseLinear, plus
from .compose import Chain, Composite
from .gated import GRUCell
from .text import check_caption


class Places(PiecewiseLinear):
    """Makes a text from a row of vectors, each with its place: y_j = [x_j, e_j, 1].

    e_j is the one-hot vector of j: by it a `Decoder` finds the vector at the place where it is
    writing. The last 1 is the mask, as there is a word everywhere.

    Shapes: x (N, L, F), y (N, L, F + L + 1). Backward: dx is the first part of dy; linear.
    Cache: F.
    """

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        length, features = x.shape[1:]
        y = np.ones((*x.shape[:-1], features + length + 1), x.dtype)
        y[..., :features], y[..., features:-1] = x, np.eye(length, dtype=x.dtype)
        return y, features

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        return dy[..., :cache].copy() if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        ty = np.zeros((*tx.shape[:-1], tx.shape[-1] + tx.shape[1] + 1), tx.dtype)
        ty[..., :cache] = tx
        return ty, None

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 2:
            self.refuse("(N, L, F)", ("N", *input_shape))
        return (input_shape[0], input_shape[1] + input_shape[0] + 1)


class Decoder(Composite):
    """Writes `steps` words, one after the other; each is fed back before the next is written.

        f_t = attention([s_{t−1}, e_t]; x)        what it finds in the text x for place t
        s_t = GRUCell([w_{t−1}, f_t], s_{t−1})    its state, after what it has written
        w_t = layers([s_t, f_t])                  the word, a vector: y_t = w_t

    with s_0 = 0, w_0 = 0 and e_t the one-hot of t. The layers end in a distribution over words, or
    in several side by side: Dense(..., 8 · 40), Reshape(8, 40), GumbelSoftmax(hard=True),
    Flatten() writes eight words at a step. A `GumbelSoftmax` or `Softmax` that is not hard feeds
    back the mean word. A hard one feeds back the word itself, and its gradient passes straight
    through.

    Shapes: x (N, L, condition + 1), a text with its mask last, such as the states of a `GRU`;
    y (N, steps, K), where the layers take (N, hidden + condition) to (N, K). There is no mask in y.

    Backward, from the last step to the first, where S and W are what the later steps send back to
    s_t and w_t:

        [ds_t, df_t] = what the layers' backward makes of dy_t + W
        [dw_{t−1}, df′_t, ds_{t−1}] = what the cell's makes of ds_t + S
        [ds′_{t−1}, ·], dx += what the attention's makes of df_t + df′_t
        W ← dw_{t−1},   S ← ds_{t−1} + ds′_{t−1}

    Every step uses the same parameters, so their gradients are sums over the steps. Tangents go
    through the steps as x does, and their reverse as backward does. This is the chain rule and no
    more: what is curved is inside the parts.

    condition : features of x; hidden : of the state; asks : hidden units of the attention
    Cache: for each step, those of attention, cell and layers.
    Reference: Bahdanau et al. 2015, appendix A.2.2, without their maxout; e_t is our addition.
    """

    def __init__(self, *layers: Layer, condition: int, hidden: int, asks: int,
                 steps: int) -> None:
        self.condition = positive_int("Decoder", "condition", condition)
        self.hidden = positive_int("Decoder", "hidden", hidden)
        self.steps = positive_int("Decoder", "steps", steps)
        positive_int("Decoder", "asks", asks)
        writing = Chain(*layers)
        if writing.sees_condition:
            raise ValueError(f"Decoder: expected layers that see no condition, got {writing}")
        shape = writing.output_shape((hidden + condition,))
        if len(shape) != 1:
            raise ValueError(f"Decoder: expected layers that make a vector of {hidden + condition} "
                             f"numbers, got {writing}, which gives {shape}")
        self.words = shape[0]
        super().__init__([AdditiveAttention(hidden + steps, condition, asks),
                          GRUCell(self.words + condition, hidden), writing])
        self.sees_condition = False  # what its attention sees is x

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        attention, cell, writing = self.children
        s, w, y, caches = *self._start(x), [], []
        for t in range(self.steps):
            found, a = attention.forward(self._asked(s, t), train, c=x)
            found = found[:, 0, :-1]
            s, b = cell.forward(np.concatenate([w, found, s], axis=1), train)
            w, c = writing.forward(np.concatenate([s, found], axis=1), train)
            y.append(w)
            caches.append((a, b, c))
        return np.stack(y, axis=1), caches

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 condition_grad: bool = True, trace: Trace | None = None) -> Array | None:
        attention, cell, writing = self.children
        S = W = dx = None
        for t in range(self.steps - 1, -1, -1):
            a, b, c = cache[t]
            ds, df = self._two(writing.backward(plus(W, dy[:, t]), c, param_grads))
            W, more, S = self._three(cell.backward(plus(S, ds), b, param_grads))
            asked, by_x = attention.backward(_as_text(df + more), a, param_grads,
                                             condition_grad=input_grad)
            S, dx = S + asked[:, 0, :self.hidden], plus(dx, by_x)
        return dx

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None,
                tc: Array | None = None) -> tuple[Array, Cache]:
        attention, cell, writing = self.children
        of_attention, of_cell, of_writing = tparams if tparams else (None, None, None)
        s, w, ty, tcaches = *self._start(tx), [], []
        for t, (a, b, c) in enumerate(cache):
            found, ta = attention.tangent(self._asked(s), a, of_attention, tc=tx)
            found = found[:, 0, :-1]
            s, tb = cell.tangent(np.concatenate([w, found, s], axis=1), b, of_cell)
            w, tc_ = writing.tangent(np.concatenate([s, found], axis=1), c, of_writing)
            ty.append(w)
            tcaches.append((ta, tb, tc_))
        return np.stack(ty, axis=1), tcaches

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Array | None = None,
                         condition_grad: bool = True,
                         trace: Trace | None = None) -> tuple[Array | None, Array | None]:
        attention, cell, writing = self.children
        S = W = dx = tS = tW = found_t = None
        for t in range(self.steps - 1, -1, -1):
            (a, b, c), (ta, tb, tc) = cache[t], tcache[t]
            (ds, df), (dts, dtf) = map(self._two, writing.tangent_backward(
                plus(W, None if dy is None else dy[:, t]), plus(tW, dty[:, t]), c, tc))
            (W, more, S), (tW, tmore, tS) = map(self._three, cell.tangent_backward(
                plus(S, ds), plus(tS, dts), b, tb))
            (asked, by_x), (tasked, by_tx) = attention.tangent_backward(
                _as_text(plus(df, more)), _as_text(plus(dtf, tmore)), a, ta,
                condition_grad=input_grad)
            S, tS = plus(S, asked[:, 0, :self.hidden]), plus(tS, tasked[:, 0, :self.hidden])
            dx, found_t = plus(dx, by_x), plus(found_t, by_tx)
        return (dx, found_t if dtx is None else dtx) if input_grad else (None, None)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_caption(self, input_shape, self.condition)
        return (self.steps, self.words)

    def commit(self, cache: Cache) -> None:
        for caches in cache:
            super().commit(caches)

    def arguments(self) -> str:
        attention, _, writing = self.children
        return (f"{writing.arguments()}, condition={self.condition}, hidden={self.hidden}, "
                f"asks={attention.hidden}, steps={self.steps}")

    # -- the parts of vectors ----------------------------------------------------------------------

    def _start(self, x: Array) -> tuple[Array, Array]:
        """s_0 and w_0, or their tangents."""
        return np.zeros((len(x), self.hidden), x.dtype), np.zeros((len(x), self.words), x.dtype)

    def _asked(self, s: Array, t: int | None = None) -> Array:
        """[s, e_t] as a text of one word; without t, for tangents, e_t is 0."""
        asked = np.zeros((len(s), 1, self.hidden + self.steps + 1), s.dtype)
        asked[:, 0, :self.hidden] = s
        if t is not None:
            asked[:, 0, [self.hidden + t, -1]] = 1
        return asked

    def _two(self, d: Any) -> tuple[Any, Any]:
        """The gradient of [s, f], cut in two; None gives (None, None)."""
        return (None, None) if d is None else (d[:, :self.hidden], d[:, self.hidden:])

    def _three(self, d: Any) -> tuple[Any, Any, Any]:
        """The gradient of [w, f, s]."""
        if d is None:
            return None, None, None
        return (d[:, :self.words], d[:, self.words:-self.hidden], d[:, -self.hidden:])


def _as_text(d: Array | None) -> Array | None:
    """(N, F) → (N, 1, F + 1): the gradient of what a text of one word holds."""
    if d is None:
        return None
    found = np.zeros((len(d), 1, d.shape[1] + 1), d.dtype)
    found[:, 0, :-1] = d
    return found
