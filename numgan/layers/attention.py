"""Attention: each word of one text looks for what it needs among the words of another."""

from __future__ import annotations

import numpy as np

from .._checks import positive_int
from .._types import Array, Cache, Initializer, Pieces, Rng, Shape
from .base import plus
from .conditional import Condition, ConditionalLayer, Two
from .initializers import initializer
from .softmax import masked_softmax, mean_under, through_softmax
from .text import check_caption, mask_of, with_mask


class AdditiveAttention(ConditionalLayer):
    """Each state x_t asks, and gets a mean of the vectors c_j, weighted by how well they answer.

        g_tj = x_t Wq + c_j Wk + b,   u_tj = tanh(g_tj),   e_tj = u_tj · v
        p_tj = m_j exp(e_tj) / Σ_k m_k exp(e_tk)
        y_t = Σ_j p_tj c_j

    m is the mask of c: padding gets no weight, and y = 0 for a c without any word.

    Shapes: x (N, T, features + 1) and c (N, L, condition + 1), the masks last; Wq (features,
    hidden), Wk (condition, hidden), b and v (hidden,); y (N, T, condition + 1) with x's mask. In a
    `Conditional` whose encoder is [Embedding, GRU(states=True)], Skip(AdditiveAttention(...)) puts
    beside each state of the chain what that state found in the text:
    (N, T, features + 1 + condition + 1). The mask of x has then become one more feature.

    Backward: with dp_tj = dy_t · c_j, and the softmax's Jacobian p (δ − p),

        de = p (dp − Σ_k p_k dp_k),   dg = (1 − u²) v de
        dx_t = Σ_j dg_tj Wqᵀ,   dc_j = Σ_t p_tj dy_t + Σ_t dg_tj Wkᵀ,   dv = Σ u de

    dWq = Σ_t x_tᵀ Σ_j dg_tj, dWk = Σ_j c_jᵀ Σ_t dg_tj, db = Σ dg.

    Tangent: tg = tx Wq + x tWq + tc Wk + c tWk + tb, te = ((1 − u²) tg) · v + u · tv,
    tp = p (te − Σ_k p_k te_k), ty = Σ_j tp c + p tc. In its reverse, G_tj = dty_t · c_j is the
    gradient of tp, and Ḡ = Σ_k p_k G_k:

        ete = p (G − Ḡ),   etg = (1 − u²) v ete      like de and dg, but from dty
        dp = dy · c_j + dty · tc_j + G (te − Σ_k p_k te_k) − Ḡ te,   de = p (dp − Σ_k p_k dp_k)
        dg = (1 − u²) (v de + tv ete − 2 u tg v ete),   dv = Σ u de + (1 − u²) tg ete

    Besides Σ_t p dy, c_j gets Σ_t tp dty. The weights get the sums of backward and, in addition,
    the same sums of tx and tc with etg.

    Cache: x, c, p, u (N, T, L, hidden); tcache: tx, tc, tp, te, tg, the parameters' tangents.
    Reference: Bahdanau et al. 2015, section 3.1 and appendix A.1.2, without their maxout; b is our
    addition, and x_t is the state of the same step, not of the step before.
    """

    Wq: Array
    dWq: Array
    Wk: Array
    dWk: Array
    b: Array
    db: Array
    v: Array
    dv: Array

    def __init__(self, features: int, condition: int, hidden: int,
                 init: str | Initializer = "glorot") -> None:
        self.features = positive_int("AdditiveAttention", "features", features)
        self.hidden = positive_int("AdditiveAttention", "hidden", hidden)
        self.init = initializer(init)
        super().__init__(condition, Wq=(features, hidden), Wk=(condition, hidden), b=(hidden,),
                         v=(hidden,))

    def accepts(self, shape: Shape) -> bool:
        return len(shape) == 2 and shape[1] == self.condition + 1

    def check_condition(self, c: Array) -> None:
        if not self.accepts(c.shape[1:]):
            raise ValueError(f"{self}: expected c of shape (N, L, {self.condition} + 1 for the "
                             f"mask), got {c.shape}")

    def forward(self, x: Array, train: bool = False, c: Condition = None) -> tuple[Array, Cache]:
        self.check_input(x)
        self.check_condition(c)
        asks, keys, mask = x[..., :-1], c[..., :-1], mask_of(c).swapaxes(1, 2)
        u = np.tanh((asks @ self.Wq)[:, :, None] + (keys @ self.Wk + self.b)[:, None])
        p = masked_softmax(u @ self.v, mask)
        return with_mask(p @ keys, mask_of(x)[..., 0]), (asks, keys, p, u)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 condition_grad: bool = True) -> Two:
        asks, keys, p, u = cache
        found = dy[..., :-1]
        de = through_softmax(p, found @ keys.swapaxes(1, 2))
        dg = (1 - u * u) * de[..., None]
        dg *= self.v
        by_ask, by_key = _over_keys(dg), _over_asks(dg)
        dx = dc = None
        if param_grads:
            self._add(asks, keys, by_ask, by_key)
            self.db += by_key.sum(axis=(0, 1))
            self.dv += _rows(u).T @ de.reshape(-1)
        if input_grad:
            dx = with_mask(by_ask @ self.Wq.T, 0)
        if condition_grad:
            dc = with_mask(p.swapaxes(1, 2) @ found + by_key @ self.Wk.T, 0)
        return dx, dc

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None,
                tc: Condition = None) -> tuple[Array, Cache]:
        asks, keys, p, u = cache
        tasks, tkeys = tx[..., :-1], tc[..., :-1]
        by_ask, by_key = tasks @ self.Wq, tkeys @ self.Wk
        if tparams:
            by_ask += asks @ tparams["Wq"]
            by_key += keys @ tparams["Wk"] + tparams["b"]
        tg = by_ask[:, :, None] + by_key[:, None]
        te = ((1 - u * u) * tg) @ self.v
        if tparams:
            te += u @ tparams["v"]
        tp = through_softmax(p, te)
        return (with_mask(tp @ keys + p @ tkeys, 0),
                (tasks, tkeys, tp, te, tg, tparams))

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Array | None = None,
                         condition_grad: bool = True) -> tuple[Two, Two]:
        asks, keys, p, u = cache
        tasks, tkeys, tp, te, tg, tparams = tcache
        found, slope = dty[..., :-1], 1 - u * u
        G = found @ keys.swapaxes(1, 2)
        ete = through_softmax(p, G)
        dp = (found @ tkeys.swapaxes(1, 2) + G * (te - mean_under(p, te)) - mean_under(p, G) * te)
        if dy is not None:
            dp += dy[..., :-1] @ keys.swapaxes(1, 2)
        de = through_softmax(p, dp)
        v_ete = self.v * ete[..., None]
        dg = self.v * de[..., None] - 2 * u * tg * v_ete
        if tparams:
            dg += tparams["v"] * ete[..., None]
        dg *= slope
        self.dv += _rows(u).T @ de.reshape(-1) + _rows(slope * tg).T @ ete.reshape(-1)
        v_ete *= slope  # now etg
        by_ask, by_key = _over_keys(dg), _over_asks(dg)
        t_by_ask, t_by_key = _over_keys(v_ete), _over_asks(v_ete)
        self._add(asks, keys, by_ask, by_key)
        self._add(tasks, tkeys, t_by_ask, t_by_key)
        self.db += by_key.sum(axis=(0, 1))
        dx = dc = dtc = None
        if condition_grad:
            dc = by_key @ self.Wk.T + tp.swapaxes(1, 2) @ found
            if tparams:
                dc += t_by_key @ tparams["Wk"].T
            dc = plus(dc, None if dy is None else p.swapaxes(1, 2) @ dy[..., :-1])
            dc, dtc = with_mask(dc, 0), with_mask(
                p.swapaxes(1, 2) @ found + t_by_key @ self.Wk.T, 0)
        if input_grad:
            dx = by_ask @ self.Wq.T
            if tparams:
                dx += t_by_ask @ tparams["Wq"].T
            dx = with_mask(dx, 0)
            dtx = with_mask(t_by_ask @ self.Wq.T, 0) if dtx is None else dtx
        return (dx, dc), (dtx if input_grad else None, dtc)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_caption(self, input_shape, self.features)
        return (input_shape[0], self.condition + 1)

    def initialize(self, rng: Rng) -> None:
        self.Wq[...] = self.init(rng, self.Wq.shape, self.features, self.hidden)
        self.Wk[...] = self.init(rng, self.Wk.shape, self.condition, self.hidden)
        self.b[...] = 0
        self.v[...] = self.init(rng, self.v.shape, self.hidden, 1)

    def arguments(self) -> str:
        return f"{self.features}, {self.condition}, {self.hidden}"

    def _add(self, asks: Array, keys: Array, by_ask: Array, by_key: Array) -> None:
        """dWq += Σ x_tᵀ by_ask_t, dWk += Σ c_jᵀ by_key_j."""
        self.dWq += _rows(asks).T @ _rows(by_ask)
        self.dWk += _rows(keys).T @ _rows(by_key)


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


def _over_keys(g: Array) -> Array:
    """Σ_j: (N, T, L, hidden) → (N, T, hidden), as a product."""
    return (np.ones((1, g.shape[2]), g.dtype) @ g)[:, :, 0]


def _over_asks(g: Array) -> Array:
    """Σ_t: (N, T, L, hidden) → (N, L, hidden)."""
    n, asks, keys, hidden = g.shape
    return (np.ones((1, asks), g.dtype) @ g.reshape(n, asks, -1)).reshape(n, keys, hidden)
