"""Losses that judge each sample alone: a mean over real logits plus a mean over generated ones.

    D minimises  mean a(l_real) + mean b(l_fake),    G minimises  mean c(l_fake)

Such a loss is three functions of one number, with their first and second derivatives. Here these
are LSGAN and the f-GANs, whose divergences follow from the choice of a and b.
"""

from __future__ import annotations

import numpy as np

from .._checks import flag
from .._types import Array, Derivatives
from ..layers.activations import sigmoid, softplus
from .base import LOSSES, Loss


class Separable(Loss):
    """Base. A subclass writes ``real_cost``, ``fake_cost`` and ``generator_cost``, functions
    ``logits -> (f, f′, f″)`` of arrays of one shape."""

    def real_cost(self, logits: Array) -> Derivatives:
        raise NotImplementedError(f"{self} has no real_cost")

    def fake_cost(self, logits: Array) -> Derivatives:
        raise NotImplementedError(f"{self} has no fake_cost")

    def generator_cost(self, logits: Array) -> Derivatives:
        raise NotImplementedError(f"{self} has no generator_cost")

    def discriminator(self, real_logits: Array, fake_logits: Array) -> tuple[float, Array, Array]:
        (a, da, _), (b, db, _) = self.real_cost(real_logits), self.fake_cost(fake_logits)
        return a.sum() / a.size + b.sum() / b.size, da / a.size, db / b.size

    def generator(self, fake_logits: Array,
                  real_logits: Array | None = None) -> tuple[float, Array]:
        c, dc, _ = self.generator_cost(fake_logits)
        return c.sum() / c.size, dc / c.size

    def discriminator_tangent(self, real_logits: Array, fake_logits: Array, t_real: Array,
                              t_fake: Array) -> tuple[Array, Array]:
        return (self.real_cost(real_logits)[2] * t_real / real_logits.size,
                self.fake_cost(fake_logits)[2] * t_fake / fake_logits.size)

    def generator_tangent(self, fake_logits: Array, t_fake: Array, real_logits: Array | None = None,
                          t_real: Array | None = None) -> tuple[Array, Array | None]:
        return self.generator_cost(fake_logits)[2] * t_fake / fake_logits.size, None


@LOSSES.register("least-squares")
class LeastSquares(Separable):
    """LSGAN: D is a regression, to 1 for real and 0 for generated samples.

        D minimises  ½ mean (l_real − 1)² + ½ mean l_fake²
        G minimises  ½ mean (l_fake − 1)²

    A generated sample on the right side, but far from the boundary, is still drawn towards it: the
    gradient does not saturate. With ½ mean (l_real − 1)² added, which does not move G, G's cost
    against the best D is ¼ + ⅛ ∫ (p − q)² / (p + q), least where p = q. With the labels −1, 1, 0 it
    is Pearson's χ² of p + q and 2 q. Optimum: l = p / (p + q), 1/2 where they agree.
    Mao et al. 2017, eq. 2, 9.
    """

    absolute = False  # undecided is 1/2, not 0

    def real_cost(self, logits: Array) -> Derivatives:
        return _squares(logits - 1)

    def fake_cost(self, logits: Array) -> Derivatives:
        return _squares(logits)

    def generator_cost(self, logits: Array) -> Derivatives:
        return _squares(logits - 1)


def _squares(x: Array) -> Derivatives:
    return x * x / 2, x, np.ones_like(x)


class FGAN(Separable):
    """Base of the f-GANs, which estimate and minimise an f-divergence D_f(P‖Q) = E_Q f(p/q).

        D minimises  −mean T(l_real) + mean f*(T(l_fake)),    f* the conjugate of f
        G minimises  −mean T(l_fake)

    T maps a logit into the domain of f*, and grows with it. So a large logit means "real", as
    everywhere here (the paper's reverse KL and Hellinger have −v in place of v). D's best T is
    f′(p/q), and its loss there is −D_f. G climbs T instead of descending −f*(T): the fixed point is
    the same, and the gradient does not vanish where D wins, as in `NonSaturating` (Nowozin et al.,
    section 3.2). With ``original=True`` G does descend −mean f*(T(l_fake)). Reverse KL's T is
    −exp(−l), and climbing it explodes; Hellinger's T has the same exponential, but training with it
    has worked.
    A subclass writes ``output(l)``, T with two derivatives, and ``conjugate(l)``, f*(T(l)) with two
    derivatives. Nowozin et al. 2016, table 2 and 6.
    """

    absolute = False  # where p = q, T is f′(1)

    def __init__(self, original: bool = False) -> None:
        self.original = flag(type(self).__name__, "original", original)

    def output(self, logits: Array) -> Derivatives:
        raise NotImplementedError(f"{self} has no output")

    def conjugate(self, logits: Array) -> Derivatives:
        raise NotImplementedError(f"{self} has no conjugate")

    def real_cost(self, logits: Array) -> Derivatives:
        return tuple(-x for x in self.output(logits))

    def fake_cost(self, logits: Array) -> Derivatives:
        return self.conjugate(logits)

    def generator_cost(self, logits: Array) -> Derivatives:
        game = self.conjugate if self.original else self.output
        return tuple(-x for x in game(logits))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'original=True' if self.original else ''})"


@LOSSES.register("kl")
class KL(FGAN):
    """KL(P‖Q) = E_P ln(p/q), f(u) = u ln u:  T = l,  f*(T) = e^(l − 1).

    It punishes missing modes without bound, and its D is unstable for the same reason. Optimum:
    l = 1 + ln(p/q)."""

    def output(self, logits: Array) -> Derivatives:
        return _linear(logits)

    def conjugate(self, logits: Array) -> Derivatives:
        e = np.exp(logits - 1)
        return e, e, e


@LOSSES.register("reverse-kl")
class ReverseKL(FGAN):
    """KL(Q‖P), f(u) = −ln u:  T = −e^(−l),  f*(T) = −1 − ln(−T) = l − 1.

    It punishes samples where there are no data, and lets modes be missed. Optimum: l = ln(p/q)."""

    def output(self, logits: Array) -> Derivatives:
        e = np.exp(-logits)
        return -e, e, -e

    def conjugate(self, logits: Array) -> Derivatives:
        value, one, zero = _linear(logits)
        return value - 1, one, zero


@LOSSES.register("pearson")
class Pearson(FGAN):
    """χ²(P‖Q) = E_Q (p/q − 1)²:  T = l,  f*(T) = l²/4 + l. Optimum: l = 2 (p/q − 1)."""

    def output(self, logits: Array) -> Derivatives:
        return _linear(logits)

    def conjugate(self, logits: Array) -> Derivatives:
        return logits * logits / 4 + logits, logits / 2 + 1, np.full_like(logits, 0.5)


@LOSSES.register("squared-hellinger")
class SquaredHellinger(FGAN):
    """H² = ∫ (√p − √q)²:  T = 1 − e^(−l),  f*(T) = T / (1 − T) = e^l − 1.

    Optimum: l = ½ ln(p/q)."""

    def output(self, logits: Array) -> Derivatives:
        e = np.exp(-logits)
        return 1 - e, e, -e

    def conjugate(self, logits: Array) -> Derivatives:
        e = np.exp(logits)
        return e - 1, e, e


@LOSSES.register("jensen-shannon")
class JensenShannon(FGAN):
    """JS, without the GAN's constants:  T = ln 2 − softplus(−l),  f*(T) = softplus(l) − ln 2.

    D is that of `NonSaturating` up to a constant, and so is G: the plain game as an f-GAN. Optimum:
    l = ln(p/q), where D's loss is −2 JS(P, Q)."""

    absolute = True

    def output(self, logits: Array) -> Derivatives:
        s = sigmoid(-logits)
        return np.log(2) - softplus(-logits), s, -s * (1 - s)

    def conjugate(self, logits: Array) -> Derivatives:
        s = sigmoid(logits)
        return softplus(logits) - np.log(2), s, s * (1 - s)


def _linear(x: Array) -> Derivatives:
    return x, np.ones_like(x), np.zeros_like(x)
