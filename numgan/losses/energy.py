"""Losses for discriminators that give an energy, low for what is real: see `Reconstruction`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._checks import fraction, number
from .._types import Array
from .base import LOSSES, Loss

if TYPE_CHECKING:
    from ..training import Players


@LOSSES.register("energy-based")
class EnergyBased(Loss):
    """EBGAN: real samples get low energy, generated ones at least `margin`.

        D minimises  mean E_real + mean max(0, margin − E_fake)
        G minimises  mean E_fake + pulling_away · PT(codes)

    The pulling-away term drives the codes s_i of a generated batch apart in direction:

        PT = 1 / (N (N − 1)) Σ_{i ≠ j} cos²(s_i, s_j)

    With unit vectors u = s / ‖s‖ and C = u uᵀ, the gradient with respect to u_i is
    4 / (N (N − 1)) Σ_{j ≠ i} C_ij u_j. That by s_i is its part perpendicular to u_i, divided by
    ‖s_i‖. The term needs a D that ends in energy and code: a Reconstruction with `embedding`.
    Logits are then (N, 1 + codes), energy first; without it they are (N, 1).
    Optimum: p_G = p_data, and the energy is below the margin there. Zhao et al. 2017, eq. 1 to 4.
    """

    absolute = False
    low_is_real = True
    several_outputs = True

    def __init__(self, margin: float = 1.0, pulling_away: float = 0.0) -> None:
        self.margin = number("EnergyBased", "margin", margin, above=0)
        self.pulling_away = number("EnergyBased", "pulling_away", pulling_away, least=0)

    def check(self, players: Players) -> None:
        codes = [getattr(layer, "embedding", False) for layer in players.discriminator.walk()
                 if layer.gives_energy]
        if self.pulling_away and not all(codes):
            raise ValueError(f"{self} pulls codes apart, but the discriminator does not show its "
                             f"own: expected a Reconstruction with embedding=True, got "
                             f"embedding=False")

    def discriminator(self, real_logits: Array, fake_logits: Array) -> tuple[float, Array, Array]:
        lacking = np.maximum(self.margin - fake_logits[:, :1], 0)
        value = real_logits[:, 0].sum() / len(real_logits) + lacking.sum() / len(fake_logits)
        d_fake = np.zeros_like(fake_logits)
        d_fake[:, :1] = (lacking > 0) * (fake_logits.dtype.type(-1) / len(fake_logits))
        return value, _energy_only(real_logits, 1 / len(real_logits)), d_fake

    def generator(self, fake_logits: Array,
                  real_logits: Array | None = None) -> tuple[float, Array]:
        n = len(fake_logits)
        value, gradient = fake_logits[:, 0].sum() / n, _energy_only(fake_logits, 1 / n)
        if self.pulling_away and fake_logits.shape[1] > 1 and n > 1:
            term, d_codes, _ = _pulling_away(fake_logits[:, 1:])
            value = value + self.pulling_away * term
            gradient[:, 1:] = self.pulling_away * d_codes
        return value, gradient

    def discriminator_tangent(self, real_logits: Array, fake_logits: Array, t_real: Array,
                              t_fake: Array) -> tuple[Array, Array]:
        return np.zeros_like(t_real), np.zeros_like(t_fake)  # piecewise linear

    def generator_tangent(self, fake_logits: Array, t_fake: Array, real_logits: Array | None = None,
                          t_real: Array | None = None) -> tuple[Array, Array | None]:
        td = np.zeros_like(t_fake)
        if self.pulling_away and fake_logits.shape[1] > 1 and len(fake_logits) > 1:
            td[:, 1:] = self.pulling_away * _pulling_away(fake_logits[:, 1:], t_fake[:, 1:])[2]
        return td, None

    def __repr__(self) -> str:
        return f"EnergyBased(margin={self.margin:g}, pulling_away={self.pulling_away:g})"


@LOSSES.register("boundary-equilibrium")
class BoundaryEquilibrium(Loss):
    """BEGAN: D gives up on generated samples only so far as it can afford.

        D minimises  mean E_real − k mean E_fake
        G minimises  mean E_fake
        k ← clip(k + rate (gamma E_real − E_fake), 0, 1)    after each step of D

    k starts at 0 and holds the energies at the ratio gamma: a small gamma asks for quality, a large
    one for diversity. `convergence` is the measure M = E_real + |gamma E_real − E_fake| of the last
    step, the one number that falls when training goes well. Berthelot et al. 2017, eq. 4 to 8.
    """

    absolute = False
    low_is_real = True
    remembers = ("k", "convergence")

    def __init__(self, gamma: float = 0.5, rate: float = 1e-3) -> None:
        self.gamma = fraction("BoundaryEquilibrium", "gamma", gamma, closed=True)
        self.rate = fraction("BoundaryEquilibrium", "rate", rate, closed=True)
        self.k, self.convergence = 0.0, float("nan")

    def discriminator(self, real_logits: Array, fake_logits: Array) -> tuple[float, Array, Array]:
        n, m = len(real_logits), len(fake_logits)
        value = real_logits[:, 0].sum() / n - self.k * fake_logits[:, 0].sum() / m
        return value, _energy_only(real_logits, 1 / n), _energy_only(fake_logits, -self.k / m)

    def generator(self, fake_logits: Array,
                  real_logits: Array | None = None) -> tuple[float, Array]:
        return (fake_logits[:, 0].sum() / len(fake_logits),
                _energy_only(fake_logits, 1 / len(fake_logits)))

    def discriminator_tangent(self, real_logits: Array, fake_logits: Array, t_real: Array,
                              t_fake: Array) -> tuple[Array, Array]:
        return np.zeros_like(t_real), np.zeros_like(t_fake)

    def generator_tangent(self, fake_logits: Array, t_fake: Array, real_logits: Array | None = None,
                          t_real: Array | None = None) -> tuple[Array, Array | None]:
        return np.zeros_like(t_fake), None

    def commit(self, real_logits: Array, fake_logits: Array) -> None:
        real, fake = float(real_logits[:, 0].mean()), float(fake_logits[:, 0].mean())
        balance = self.gamma * real - fake
        self.k = min(max(self.k + self.rate * balance, 0.0), 1.0)
        self.convergence = real + abs(balance)

    def __repr__(self) -> str:
        return f"BoundaryEquilibrium(gamma={self.gamma:g}, rate={self.rate:g})"


def _energy_only(logits: Array, value: float) -> Array:
    gradient = np.zeros_like(logits)
    gradient[:, 0] = value
    return gradient


def _pulling_away(codes: Array, t_codes: Array | None = None) -> tuple[float, Array, Any]:
    """(PT, its gradient with respect to the codes, and how that changes along t_codes); codes (N,
    size)."""
    pairs = len(codes) * (len(codes) - 1)
    lengths = np.sqrt(_dots(codes, codes))
    lengths = np.where(lengths == 0, 1, lengths)
    u = codes / lengths
    cosines = _without_diagonal(u @ u.T)
    du = 4 / pairs * (cosines @ u)
    across = du - u * _dots(u, du)
    value, gradient = (cosines * cosines).sum() / pairs, across / lengths
    if t_codes is None:
        return value, gradient, None
    # the product rule, line by line
    t_lengths = _dots(u, t_codes)
    tu = (t_codes - u * t_lengths) / lengths
    t_cosines = _without_diagonal(tu @ u.T + u @ tu.T)
    t_du = 4 / pairs * (t_cosines @ u + cosines @ tu)
    t_across = t_du - tu * _dots(u, du) - u * (_dots(tu, du) + _dots(u, t_du))
    return value, gradient, (t_across - gradient * t_lengths) / lengths


def _dots(a: Array, b: Array) -> Array:
    return (a * b).sum(axis=1, keepdims=True)


def _without_diagonal(matrix: Array) -> Array:
    np.fill_diagonal(matrix, 0)
    return matrix
