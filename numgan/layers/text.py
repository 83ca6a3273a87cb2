"""Layers that read a caption: ids of words → vectors → one vector. They make the encoder of a
`networks.Conditional` whose condition is a caption.

Between these layers a caption is (N, L, F + 1): at each of L places a vector of F numbers and,
last, the mask m. It is 1 where there is a word and 0 where the caption has ended. Masks are whole
numbers, read by rounding. So they are constants: their gradient is zero, and a tangent of a mask
moves nothing.
"""

from __future__ import annotations

import numpy as np

from .._checks import flag, positive_int
from .._types import Array, Cache, Initializer, Pieces, Rng, Shape, Trace
from .base import Layer, PiecewiseLinear, plus
from .compose import Chain, Composite
from .initializers import initializer


class Embedding(Layer):
    """A learned vector for each word, and beside it whether there is a word.

        y_t = [W[k_t], 1[k_t ≠ 0]]

    Shapes: x (N, L), integers k 0 ... words − 1, 0 where there is no word; W (words, features),
    y (N, L, features + 1).

    Backward: with H (N·L, words), the ids as one-hot rows, the vectors are H W. So dW = Hᵀ dy as in
    Dense: a word's row collects the gradients of all places where the word stands. dx is None.
    Tangent: ty_t = [tW[k_t], 0]. It does not depend on W, so dW = Hᵀ dy as before; dtx is None.

    Cache: the ids.
    """

    W: Array
    dW: Array

    takes_integers = True

    def __init__(self, words: int, features: int) -> None:
        self.words = positive_int("Embedding", "words", words)
        self.features = positive_int("Embedding", "features", features)
        super().__init__(W=(words, features))

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        if x.dtype.kind not in "iu" or x.min() < 0 or x.max() >= self.words:
            raise ValueError(f"{self}: expected ids of words, integers 0 ... {self.words - 1}, got "
                             f"{x.dtype} from {x.min()} to {x.max()}")
        return with_mask(self.W[x], x != 0), x

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> None:
        ids = cache
        if param_grads:
            one_hot = (ids.reshape(-1, 1) == np.arange(self.words)).astype(dy.dtype)
            self.dW += one_hot.T @ dy[..., :-1].reshape(-1, self.features)

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        ids = cache
        if tparams:
            return with_mask(tparams["W"][ids], 0), None
        return np.zeros((*ids.shape, self.features + 1), self.W.dtype), None

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        if dy is not None:
            self.backward(dy, cache)
        return None, None

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            self.refuse("(N, L)", ("N", *input_shape))
        return (*input_shape, self.features + 1)

    def initialize(self, rng: Rng) -> None:
        self.W[...] = rng.standard_normal(self.W.shape)

    def arguments(self) -> str:
        return f"{self.words}, {self.features}"


class MeanOverTime(PiecewiseLinear):
    """The mean of the vectors of the words; padding does not count. It ignores order: for a bag of
    words it is all there is to know; for the states of a `Recurrent` it is a short way back to each
    word.

        y = Σ_t c_t x_t,    c_t = m_t / Σ_t m_t

    Shapes: x (N, L, F + 1), the mask last; y (N, F). Without any word y = 0.

    Backward: dx_t = c_t dy, and 0 for the mask. Linear, so tangents go the same way.
    Cache: c (N, L, 1).
    """

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        mask = mask_of(x)
        share = mask / np.maximum(mask.sum(axis=1, keepdims=True), 1)
        return (share * x[..., :-1]).sum(axis=1), share

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        share = cache
        return with_mask(share * dy[:, None], 0) if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        return (cache * tx[..., :-1]).sum(axis=1), None

    def output_shape(self, input_shape: Shape) -> Shape:
        check_caption(self, input_shape)
        return (input_shape[1] - 1,)


class PerWord(Composite):
    """The same layers applied to the vector of each word by itself: a Dense(8, 20) and a Softmax
    turn each state into a distribution over 20 words.

        y_t = f(x_t)

    Shapes: x (N, L, F + 1), the mask last; y (N, L, K + 1) with the same mask, where the layers
    take (N·L, F) to (N·L, K). Padding goes through them too.
    Backward and tangents: those of the layers, for N·L samples; 0 for the mask. A weight meets
    every word, and its gradient is the sum over all of them. Cache: the layers'.
    """

    def __init__(self, *layers: Layer) -> None:
        super().__init__([Chain(*layers)])
        if self.sees_condition:
            raise ValueError(f"{self}: expected layers that see no condition, of which there is "
                             f"one for each caption and not for each word")

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        y, cache = self.children[0].forward(self._rows(x), train)
        return with_mask(self._words(y, x), mask_of(x)[..., 0]), (cache,)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 condition_grad: bool = True, trace: Trace | None = None) -> Array | None:
        inner: Trace | None = None if trace is None else []
        dx = self.children[0].backward(self._rows(dy), cache[0], param_grads, input_grad,
                                       trace=inner)
        if trace is not None:
            trace.append((dx, inner))
        return with_mask(self._words(dx, dy), 0) if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None,
                tc: Array | None = None) -> tuple[Array, Cache]:
        ty, tcache = self.children[0].tangent(self._rows(tx), cache[0],
                                              None if tparams is None else tparams[0])
        return with_mask(self._words(ty, tx), 0), tcache

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Array | None = None,
                         condition_grad: bool = True,
                         trace: Trace | None = None) -> tuple[Array | None, Array | None]:
        known, inner = trace[0] if trace else (None, None)
        dx, found = self.children[0].tangent_backward(
            None if dy is None else self._rows(dy), self._rows(dty), cache[0], tcache, input_grad,
            known, trace=inner)
        if not input_grad:
            return None, None
        return (None if dx is None else with_mask(self._words(dx, dty), 0),
                with_mask(self._words(found, dty), 0) if dtx is None else dtx)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_caption(self, input_shape)
        shape = self.children[0].output_shape((input_shape[1] - 1,))
        if len(shape) != 1:
            raise ValueError(f"{self}: expected layers that make a vector of a vector, got one of "
                             f"shape {shape}")
        return (input_shape[0], shape[0] + 1)

    @staticmethod
    def _rows(x: Array) -> Array:
        """(N, L, F + 1) → (N·L, F)."""
        return x[..., :-1].reshape(-1, x.shape[-1] - 1)

    @staticmethod
    def _words(rows: Array, x: Array) -> Array:
        """(N·L, K) → (N, L, K)."""
        return rows.reshape(*x.shape[:2], -1)

    def arguments(self) -> str:
        return self.children[0].arguments()


class Recurrent(Layer):
    """A recurrent layer reads word after word and keeps a state, so that the order counts: "A left
    of B" and "B left of A" end in different states.

        a_t = tanh(x_t W + h_{t−1} U + b),    h_t = h_{t−1} + m_t (a_t − h_{t−1}),    h_0 = 0

    With m_t = 1 that is h_t = a_t; padding, m_t = 0, leaves the state as it was. So the last state
    is the state after the last word.

    Shapes: x (N, L, in_features + 1), the mask last; W (in_features, hidden), U (hidden, hidden),
    b (hidden,); y (N, hidden), the last state, or with `states` all of them and the mask,
    (N, L, hidden + 1).

    Backward, through time: with D the gradient of h_t, which is its own dy_t plus what the later
    states send back, and u the argument of tanh,

        du_t = m_t (1 − a_t²) D,    D ← (1 − m_t) D + du_t Uᵀ,   and on to t − 1

    dx_t = du_t Wᵀ,  dW = Σ_t x_tᵀ du_t,  dU = Σ_t h_{t−1}ᵀ du_t,  db = Σ_t du_t. A way back of t
    steps is a product of t matrices diag(1 − a²) Uᵀ. U starts orthogonal, so it changes no length,
    and the gradient cannot grow at first. But 1 − a² shrinks it wherever a state is not near 0:
    with 12 words ~ N(0, 1) on the way, Recurrent(16, 32) at its start leaves about 0.01 of it. With
    `states` and a `MeanOverTime` every word has a short way too.

    Tangent: tu_t = tx_t W + x_t tW + th_{t−1} U + h_{t−1} tU + tb, ta = (1 − a²) tu, and th_t
    follows from ta as h_t from a. Its reverse carries E, the gradient of th_t, as backward does D:

        dtu_t = m_t (1 − a_t²) E,    E ← (1 − m_t) E + dtu_t Uᵀ

    and D also gets what ty sends back to h. ta has the factor 1 − a², whose derivative by u is
    −2a (1 − a²); h_{t−1} and x_t stand in tu beside tU and tW:

        du_t = m_t (1 − a_t²) D − 2 a_t tu_t dtu_t,    D ← (1 − m_t) D + du_t Uᵀ + dtu_t tUᵀ
        dx_t = du_t Wᵀ + dtu_t tWᵀ,    dW = Σ_t x_tᵀ du_t + tx_tᵀ dtu_t,    dU likewise

    Cache: x, a (L, N, hidden), h (L + 1, N, hidden), m; tcache: tx, tu, th, the parameters'
    tangents.
    Reference: Elman 1990; orthogonal U, Saxe et al. 2014.
    """

    W: Array
    dW: Array
    U: Array
    dU: Array
    b: Array
    db: Array

    gates = 1  # how many functions of x_t and h_{t−1} there are, side by side in W, U and b

    def __init__(self, in_features: int, hidden: int, states: bool = False,
                 init: str | Initializer = "glorot") -> None:
        name = type(self).__name__
        self.in_features = positive_int(name, "in_features", in_features)
        self.hidden = positive_int(name, "hidden", hidden)
        self.states = flag(name, "states", states)
        self.init = initializer(init)
        width = self.gates * hidden
        super().__init__(W=(in_features, width), U=(hidden, width), b=(width,))

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        words, m = self._by_time(x[..., :-1]), self._by_time(mask_of(x))
        u = words @ self.W + self.b  # all words at once; the states one after the other
        a, h = np.empty_like(u), np.zeros((len(u) + 1, *u.shape[1:]), u.dtype)
        for t in range(len(u)):
            a[t] = np.tanh(u[t] + h[t] @ self.U)
            h[t + 1] = h[t] + m[t] * (a[t] - h[t])
        return self._result(h, m), (words, a, h, m)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        words, a, h, m = cache
        slope = m * (1 - a * a)
        du, D = np.empty_like(a), None
        for t in range(len(a) - 1, -1, -1):
            D = plus(D, self._gradient_at(dy, t, len(a)))
            du[t] = slope[t] * D
            D = (1 - m[t]) * D + du[t] @ self.U.T
        if param_grads:
            self._add(words, h, du)
            self.db += du.sum(axis=(0, 1))
        return with_mask(self._by_time(du @ self.W.T), 0) if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        words, a, h, m = cache
        twords = self._by_time(tx[..., :-1])
        tu = twords @ self.W
        if tparams:
            tu += words @ tparams["W"] + h[:-1] @ tparams["U"] + tparams["b"]
        slope, th = 1 - a * a, np.zeros(h.shape, tu.dtype)
        for t in range(len(a)):
            tu[t] += th[t] @ self.U
            th[t + 1] = th[t] + m[t] * (slope[t] * tu[t] - th[t])
        return self._result(th, 0 * m), (twords, tu, th, tparams)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        words, a, h, m = cache
        twords, tu, th, tparams = tcache
        slope = m * (1 - a * a)
        du, dtu = np.empty_like(tu), np.empty_like(tu)
        D, E = np.zeros_like(tu[0]), None
        for t in range(len(a) - 1, -1, -1):
            E = plus(E, self._gradient_at(dty, t, len(a)))
            if dy is not None:
                D = plus(D, self._gradient_at(dy, t, len(a)))
            dtu[t] = slope[t] * E
            du[t] = slope[t] * D - 2 * a[t] * tu[t] * dtu[t]
            E = (1 - m[t]) * E + dtu[t] @ self.U.T
            D = (1 - m[t]) * D + du[t] @ self.U.T
            if tparams:
                D += dtu[t] @ tparams["U"].T
        self._add(words, h, du)
        self._add(twords, th, dtu)
        self.db += du.sum(axis=(0, 1))
        if not input_grad:
            return None, None
        dx = du @ self.W.T
        if tparams:
            dx += dtu @ tparams["W"].T
        if dtx is None:
            dtx = with_mask(self._by_time(dtu @ self.W.T), 0)
        return with_mask(self._by_time(dx), 0), dtx

    def output_shape(self, input_shape: Shape) -> Shape:
        check_caption(self, input_shape, self.in_features)
        return (input_shape[0], self.hidden + 1) if self.states else (self.hidden,)

    def initialize(self, rng: Rng) -> None:
        self.W[...] = self.init(rng, self.W.shape, self.in_features, self.hidden)
        for square in np.split(self.U, self.gates, axis=1):
            square[...] = np.linalg.qr(rng.standard_normal(square.shape))[0]
        self.b[...] = 0

    def arguments(self) -> str:
        return f"{self.in_features}, {self.hidden}" + (", states=True" if self.states else "")

    # -- time first or batch first ---------------------------------------------------------------

    @staticmethod
    def _by_time(x: Array) -> Array:
        """(N, L, F) ↔ (L, N, F), contiguous: each step is then a matrix."""
        return np.ascontiguousarray(x.swapaxes(0, 1))

    def _result(self, h: Array, m: Array) -> Array:
        if not self.states:
            return h[-1].copy()
        return with_mask(self._by_time(h[1:]), self._by_time(m)[..., 0])

    def _gradient_at(self, dy: Array, t: int, length: int) -> Array | None:
        """What dy says about h_t; None where it says nothing."""
        if self.states:
            return dy[:, t, :-1]
        return dy if t == length - 1 else None

    def _add(self, words: Array, h: Array, du: Array) -> None:
        """dW += Σ_t x_tᵀ du_t and dU += Σ_t h_{t−1}ᵀ du_t."""
        rows = du.reshape(-1, self.hidden)
        self.dW += words.reshape(-1, self.in_features).T @ rows
        self.dU += h[:-1].reshape(-1, self.hidden).T @ rows


def mask_of(x: Array) -> Array:
    """The mask (N, L, 1) of x (N, L, F + 1), in the dtype of x."""
    return np.rint(x[..., -1:].real).astype(x.dtype)


def with_mask(vectors: Array, mask: Array | int) -> Array:
    """(N, L, F) → (N, L, F + 1)."""
    y = np.empty((*vectors.shape[:-1], vectors.shape[-1] + 1), vectors.dtype)
    y[..., :-1], y[..., -1] = vectors, mask
    return y


def check_caption(layer: Layer, shape: Shape, features: int | None = None) -> None:
    if len(shape) != 2 or shape[1] < 2 or (features and shape[1] != features + 1):
        layer.refuse(f"(N, L, {features or 'features'} + 1 for the mask)", ("N", *shape))
