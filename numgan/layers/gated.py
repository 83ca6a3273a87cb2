"""A recurrent layer with gates, which decide at each word how much of the state is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._types import Array, Cache, Initializer, Pieces, Shape
from .activations import sigmoid
from .base import plus
from .text import Recurrent, mask_of, with_mask


class GRU(Recurrent):
    """A recurrent layer whose gates can keep its state as it is: what was read early is still there
    many words later, and so is its gradient.

        z_t = σ(x_t W_z + h_{t−1} U_z + b_z)        how much of the state stays
        r_t = σ(x_t W_r + h_{t−1} U_r + b_r)        how much of it the new state sees
        a_t = tanh(x_t W_a + q_t U_a + b_a),   q_t = r_t h_{t−1}
        h_t = h_{t−1} + s_t (a_t − h_{t−1}),   s_t = m_t (1 − z_t),   h_0 = 0

    so that h_t = z_t h_{t−1} + (1 − z_t) a_t where there is a word, else h_{t−1}.

    Shapes: x (N, L, in_features + 1), the mask last; W (in_features, 3 hidden), [W_z, W_r, W_a],
    U (hidden, 3 hidden) and b (3 hidden,) likewise; y (N, hidden), the last state, or with `states`
    all of them and the mask, (N, L, hidden + 1).

    Backward, with D the gradient of h_t and u_z, u_r, u_a the arguments of σ, σ and tanh:

        du_a = (1 − a²) s D,    dq = du_a U_aᵀ
        du_z = −z (1 − z) m (a − h) D,    du_r = r (1 − r) h dq
        D ← (1 − s) D + r dq + [du_z, du_r] [U_z, U_r]ᵀ,    and on to t − 1

    with h = h_{t−1}. The first term of D is the way past everything. dx = du Wᵀ, dW = Σ_t xᵀ du,
    db = Σ_t du; U_z and U_r get Σ_t hᵀ du, U_a gets Σ_t qᵀ du_a.

    Tangent, the product rule line by line:

        tz = z (1 − z) tu_z,   tr = r (1 − r) tu_r,   tq = tr h + r th,   ta = (1 − a²) tu_a
        th_t = th + ts (a − h) + s (ta − th),   ts = −m tz

    Its reverse carries E, the gradient of th_t, by the same formulas as D: etu_a = (1 − a²) s E,
    eq = etu_a U_aᵀ, etu_z = −z (1 − z) m (a − h) E, etu_r = r (1 − r) h eq. A factor that stands
    beside a tangent in a product gets a gradient through it, so the lines of D become

        da: s D + ts E − 2 a tu_a s E          dz: −m ((a − h) D + (ta − th) E) − m (a − h) E tz′
        dq: du_a U_aᵀ + etu_a tU_aᵀ            dr: h dq + th eq + h eq tr′
        dh: (1 − s) D − ts E + r dq + tr eq + du U_zrᵀ + etu tU_zrᵀ

    with tz′ = (1 − 2 z) tu_z from z (1 − z), tr′ likewise; du = σ′ dz and so on.

    Cache: x, z, r, a (L, N, hidden), h (L + 1, N, hidden), m; tcache: tx, tu, th, tr, ta, the
    parameters' tangents.
    Reference: Cho et al. 2014, eq. 5 to 8; orthogonal U, Saxe et al. 2014.
    """

    gates = 3

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        m = self._by_time(mask_of(x))
        cache = self._run(self._by_time(x[..., :-1]), m)
        return self._result(cache[4], m), cache

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        dwords, _ = self._back(dy, cache, param_grads, input_grad)
        return with_mask(self._by_time(dwords), 0) if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        tcache = self._run_tangent(self._by_time(tx[..., :-1]), cache, tparams)
        return self._result(tcache[2], 0 * cache[-1]), tcache

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        (dwords, dtwords), _ = self._back_tangent(dy, dty, cache, tcache, input_grad)
        if not input_grad:
            return None, None
        return (with_mask(self._by_time(dwords), 0),
                with_mask(self._by_time(dtwords), 0) if dtx is None else dtx)

    # -- words (L, N, in_features), and the state h_0 before them, which may be 0 ------------------

    def _run(self, words: Array, m: Array, first: Array | int = 0) -> Cache:
        H, u = self.hidden, words @ self.W + self.b
        gates, a = np.empty((*u.shape[:2], 2 * H), u.dtype), np.empty((*u.shape[:2], H), u.dtype)
        h = np.empty((len(u) + 1, *a.shape[1:]), u.dtype)
        h[0] = first
        U_gates, U_a = self._squares(self.U)
        for t in range(len(u)):
            gates[t] = sigmoid(u[t, :, :2 * H] + h[t] @ U_gates)
            a[t] = np.tanh(u[t, :, 2 * H:] + (gates[t, :, H:] * h[t]) @ U_a)
            h[t + 1] = h[t] + m[t] * (1 - gates[t, :, :H]) * (a[t] - h[t])
        return words, gates[..., :H], gates[..., H:], a, h, m

    def _back(self, dy: Array, cache: Cache, param_grads: bool,
              input_grad: bool) -> tuple[Any, Array | None]:
        """The gradients of the words and of h_0."""
        words, z, r, a, h, m = cache
        H, (U_gates, U_a) = self.hidden, self._squares(self.U)
        s = m * (1 - z)
        by_a, by_z, by_r = (1 - a * a) * s, -z * s * (a - h[:-1]), r * (1 - r) * h[:-1]
        du, D = np.empty((*a.shape[:2], 3 * H), a.dtype), None
        for t in range(len(a) - 1, -1, -1):
            D = plus(D, self._gradient_at(dy, t, len(a)))
            du[t, :, 2 * H:] = by_a[t] * D
            dq = du[t, :, 2 * H:] @ U_a.T
            du[t, :, :H], du[t, :, H:2 * H] = by_z[t] * D, by_r[t] * dq
            D = (1 - s[t]) * D + r[t] * dq + du[t, :, :2 * H] @ U_gates.T
        if param_grads:
            self._add_gates(words, h[:-1], r * h[:-1], du)
            self.db += du.sum(axis=(0, 1))
        return du @ self.W.T if input_grad else None, D

    def _run_tangent(self, twords: Array, cache: Cache, tparams: Pieces,
                     first: Array | int = 0) -> Cache:
        words, z, r, a, h, m = cache
        H, (U_gates, U_a) = self.hidden, self._squares(self.U)
        tu = twords @ self.W
        if tparams:
            tU_gates, tU_a = self._squares(tparams["U"])
            tu += words @ tparams["W"] + tparams["b"]
            tu[..., :2 * H] += h[:-1] @ tU_gates
            tu[..., 2 * H:] += (r * h[:-1]) @ tU_a
        tr, ta = np.empty_like(tu[..., :H]), np.empty_like(tu[..., :H])
        th = np.empty(h.shape, tu.dtype)
        th[0] = first
        for t in range(len(a)):
            tu[t, :, :2 * H] += th[t] @ U_gates
            tr[t] = r[t] * (1 - r[t]) * tu[t, :, H:2 * H]
            tu[t, :, 2 * H:] += (tr[t] * h[t] + r[t] * th[t]) @ U_a
            ta[t] = (1 - a[t] * a[t]) * tu[t, :, 2 * H:]
            ts = -m[t] * z[t] * (1 - z[t]) * tu[t, :, :H]
            th[t + 1] = th[t] + ts * (a[t] - h[t]) + m[t] * (1 - z[t]) * (ta[t] - th[t])
        return twords, tu, th, tr, ta, tparams

    def _back_tangent(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                      input_grad: bool) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        """The gradients of the words and their tangents, and of h_0 and th_0."""
        words, z, r, a, h, m = cache
        twords, tu, th, tr, ta, tparams = tcache
        H, (U_gates, U_a) = self.hidden, self._squares(self.U)
        tU_gates, tU_a = self._squares(tparams["U"] if tparams else self.U)  # used if tparams
        du, etu = np.empty_like(tu), np.empty_like(tu)
        D, E = np.zeros_like(a[0]), None
        for t in range(len(a) - 1, -1, -1):
            E = plus(E, self._gradient_at(dty, t, len(a)))
            if dy is not None:
                D = plus(D, self._gradient_at(dy, t, len(a)))
            tu_z, tu_r, tu_a = np.split(tu[t], 3, axis=1)
            slope_z, slope_r, slope_a = z[t] * (1 - z[t]), r[t] * (1 - r[t]), 1 - a[t] * a[t]
            s, ts, step = m[t] * (1 - z[t]), -m[t] * slope_z * tu_z, a[t] - h[t]
            e_a, e_z = s * E, -m[t] * step * E
            etu_a = slope_a * e_a
            e_q = etu_a @ U_a.T
            e_r = h[t] * e_q
            etu[t] = np.concatenate([slope_z * e_z, slope_r * e_r, etu_a], axis=1)
            d_a = s * D + ts * E - 2 * a[t] * tu_a * e_a
            d_z = -m[t] * (step * D + (ta[t] - th[t]) * E) + (1 - 2 * z[t]) * tu_z * e_z
            du_a = slope_a * d_a
            d_q = du_a @ U_a.T
            if tparams:
                d_q += etu_a @ tU_a.T
            d_r = h[t] * d_q + th[t] * e_q + (1 - 2 * r[t]) * tu_r * e_r
            du[t] = np.concatenate([slope_z * d_z, slope_r * d_r, du_a], axis=1)
            D = (1 - s) * D - ts * E + r[t] * d_q + tr[t] * e_q + du[t, :, :2 * H] @ U_gates.T
            E = (1 - s) * E + r[t] * e_q + etu[t, :, :2 * H] @ U_gates.T
            if tparams:
                D += etu[t, :, :2 * H] @ tU_gates.T
        self._add_gates(words, h[:-1], r * h[:-1], du)
        self._add_gates(twords, th[:-1], tr * h[:-1] + r * th[:-1], etu)
        self.db += du.sum(axis=(0, 1))
        if not input_grad:
            return (None, None), (D, E)
        dwords = du @ self.W.T
        if tparams:
            dwords += etu @ tparams["W"].T
        return (dwords, etu @ self.W.T), (D, E)

    def _squares(self, U: Array) -> tuple[Array, Array]:
        """([U_z, U_r], U_a)."""
        return U[:, :2 * self.hidden], U[:, 2 * self.hidden:]

    def _add_gates(self, words: Array, h: Array, q: Array, du: Array) -> None:
        """dW += Σ_t xᵀ du, d[U_z, U_r] += Σ_t hᵀ du, dU_a += Σ_t qᵀ du_a."""
        H, rows = self.hidden, du.reshape(-1, 3 * self.hidden)
        dU_gates, dU_a = self._squares(self.dU)
        self.dW += words.reshape(-1, self.in_features).T @ rows
        dU_gates += h.reshape(-1, H).T @ rows[:, :2 * H]
        dU_a += q.reshape(-1, H).T @ rows[:, 2 * H:]


class GRUCell(GRU):
    """One step of a `GRU` from a given state; a `Decoder` uses it for each of its steps.

        y = h_1  of  h_0 = the last `hidden` numbers of x, and one word, the others

    Shapes: x (N, in_features + hidden), y (N, hidden). Parameters, backward and tangents are those
    of `GRU`. The gradients D and E that arrive at h_0 are kept, as parts of dx and dtx.
    """

    def __init__(self, in_features: int, hidden: int, init: str | Initializer = "glorot") -> None:
        super().__init__(in_features, hidden, init=init)

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        cache = self._run(*self._cut(x), self._first(x))
        return cache[4][1].copy(), cache

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        dwords, D = self._back(dy, cache, param_grads, input_grad)
        return np.concatenate([dwords[0], D], axis=1) if dwords is not None else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        tcache = self._run_tangent(self._cut(tx)[0], cache, tparams, self._first(tx))
        return tcache[2][1].copy(), tcache

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        (dwords, dtwords), (D, E) = self._back_tangent(dy, dty, cache, tcache, input_grad)
        if not input_grad:
            return None, None
        return (np.concatenate([dwords[0], D], axis=1),
                np.concatenate([dtwords[0], E], axis=1) if dtx is None else dtx)

    def output_shape(self, input_shape: Shape) -> Shape:
        if tuple(input_shape) != (self.in_features + self.hidden,):
            self.refuse(f"(N, {self.in_features} + {self.hidden} of the state)",
                        ("N", *input_shape))
        return (self.hidden,)

    def _cut(self, x: Array) -> tuple[Array, Array]:
        """The one word, and its mask."""
        return np.ascontiguousarray(x[None, :, :self.in_features]), np.ones((1, 1, 1), x.dtype)

    def _first(self, x: Array) -> Array:
        return x[:, self.in_features:]
