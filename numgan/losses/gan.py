"""The two-player game of Goodfellow et al. 2014, in its minimax and in its modified form."""

from __future__ import annotations

from .._checks import fraction
from .._types import Array
from .base import LOSSES, Loss
from .entropy import binary_cross_entropy_with_logits, gradient_tangent


@LOSSES.register("minimax")
class Minimax(Loss):
    """The two-player game of Goodfellow et al. 2014, eq. 1: D climbs V, G descends it.

        D minimises  −V = mean softplus(−l_real) + mean softplus(l_fake)
        G minimises       mean ln(1 − D(G(z))) = −mean softplus(l_fake)

    The generator's gradient with respect to its logits is −σ(l_fake)/N = −D(G(z))/N: it vanishes
    (saturates) exactly where D recognises the fakes.

    smoothing : one-sided label smoothing, real samples get the target 1 − smoothing
        (Salimans et al. 2016, section 3.4). Only real ones: smoothing the fakes would reward D for
        calling a fake real where there are no data.
    """

    def __init__(self, smoothing: float = 0.0) -> None:
        self.smoothing = fraction(type(self).__name__, "smoothing", smoothing)

    def discriminator(self, real_logits: Array, fake_logits: Array) -> tuple[float, Array, Array]:
        real_value, d_real = binary_cross_entropy_with_logits(1 - self.smoothing, real_logits)
        fake_value, d_fake = binary_cross_entropy_with_logits(0, fake_logits)
        return real_value + fake_value, d_real, d_fake

    def generator(self, fake_logits: Array,
                  real_logits: Array | None = None) -> tuple[float, Array]:
        value, gradient = binary_cross_entropy_with_logits(0, fake_logits)
        return -value, -gradient

    def discriminator_tangent(self, real_logits: Array, fake_logits: Array, t_real: Array,
                              t_fake: Array) -> tuple[Array, Array]:
        return gradient_tangent(real_logits, t_real), gradient_tangent(fake_logits, t_fake)

    def generator_tangent(self, fake_logits: Array, t_fake: Array, real_logits: Array | None = None,
                          t_real: Array | None = None) -> tuple[Array, Array | None]:
        return -gradient_tangent(fake_logits, t_fake), None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(smoothing={self.smoothing:g})"


@LOSSES.register("non-saturating")
class NonSaturating(Minimax):
    """The modified game: D as in `Minimax`; G climbs ln D(G(z)) instead of descending ln(1 − D).

        G minimises  −mean ln D(G(z)) = mean softplus(−l_fake)

    Its gradient with respect to the logits is (σ(l_fake) − 1)/N = −(1 − D(G(z)))/N: strongest where
    D recognises the fakes, with the same sign as in `Minimax`, and with the same fixed point.
    Goodfellow et al. 2014, section 3.
    """

    def generator(self, fake_logits: Array,
                  real_logits: Array | None = None) -> tuple[float, Array]:
        return binary_cross_entropy_with_logits(1, fake_logits)

    def generator_tangent(self, fake_logits: Array, t_fake: Array, real_logits: Array | None = None,
                          t_real: Array | None = None) -> tuple[Array, Array | None]:
        return gradient_tangent(fake_logits, t_fake), None
