"""Losses that compare real with generated samples: only differences of logits have a meaning."""

from __future__ import annotations

from .._types import Array
from .base import LOSSES, Loss
from .entropy import binary_cross_entropy_with_logits, gradient_tangent


def _given(loss: Loss, *arrays: Array | None) -> list[Array]:
    """The arrays, or a ValueError if one is missing, as those of the real samples may be."""
    if any(array is None for array in arrays):
        raise ValueError(f"{loss}: expected real logits and their tangents beside the generated "
                         f"ones, got None")
    return [array for array in arrays if array is not None]


@LOSSES.register("relativistic")
class Relativistic(Loss):
    """Each real sample is paired with a generated one, and D says by how much the real one looks
    more real. It needs no absolute scale, and G descends the same difference that D climbs.

        δ_n = l_real,n − l_fake,n
        D minimises  mean softplus(−δ)
        G minimises  mean softplus(δ)

    Gradients by the logits: D's is −σ(−δ)/N for the real one and σ(−δ)/N for its partner, G's is
    −σ(δ)/N for the generated one. D cannot win by calling one heap of samples real and all else
    generated, which is what leaves G with few modes. See `penalties.R1R2` for the penalty that
    makes the game converge. Both batches must have the same size. Jolicoeur-Martineau 2019
    (relativistic pairing, not the average); R3GAN, Huang et al. 2024, eq. 2.
    """

    generator_sees_real = True
    absolute = False

    def discriminator(self, real_logits: Array, fake_logits: Array) -> tuple[float, Array, Array]:
        value, d_difference = binary_cross_entropy_with_logits(
            1, self._difference(real_logits, fake_logits))
        return value, d_difference, -d_difference

    def generator(self, fake_logits: Array,
                  real_logits: Array | None = None) -> tuple[float, Array]:
        value, d_difference = binary_cross_entropy_with_logits(
            0, self._difference(real_logits, fake_logits))
        return value, -d_difference

    def generator_by_real(self, fake_logits: Array, real_logits: Array) -> Array:
        return -self.generator(fake_logits, real_logits)[1]

    def discriminator_tangent(self, real_logits: Array, fake_logits: Array, t_real: Array,
                              t_fake: Array) -> tuple[Array, Array]:
        bent = gradient_tangent(self._difference(real_logits, fake_logits), t_real - t_fake)
        return bent, -bent

    def generator_tangent(self, fake_logits: Array, t_fake: Array, real_logits: Array | None = None,
                          t_real: Array | None = None) -> tuple[Array, Array | None]:
        bent, _ = self.discriminator_tangent(
            *_given(self, real_logits, fake_logits, t_real, t_fake))
        return -bent, bent

    def _difference(self, real_logits: Array | None, fake_logits: Array) -> Array:
        if real_logits is None or real_logits.shape != fake_logits.shape:
            came = None if real_logits is None else real_logits.shape
            raise ValueError(f"{self}: expected as many real logits as generated ones, which have "
                             f"shape {fake_logits.shape}, got {came}")
        return real_logits - fake_logits


@LOSSES.register("relativistic-average")
class RelativisticAverage(Loss):
    """Each sample is compared with the mean logit of the other kind, not with a partner.

        δ_real = l_real − mean l_fake,    δ_fake = l_fake − mean l_real
        D minimises  mean softplus(−δ_real) + mean softplus(δ_fake)
        G minimises  mean softplus(δ_real) + mean softplus(−δ_fake)

    Let a and b be the gradients of these means by δ_real and δ_fake. Every logit has its own share
    and, through the mean that it is part of, an equal share of all those of the other kind:

        d l_real = a − Σ b / N,    d l_fake = b − Σ a / M

    Jolicoeur-Martineau 2019, eq. 8 and 9 (RaSGAN). The batches may differ in size.
    """

    generator_sees_real = True
    absolute = False

    def discriminator(self, real_logits: Array, fake_logits: Array) -> tuple[float, Array, Array]:
        return self._gradients(1, real_logits, fake_logits)

    def generator(self, fake_logits: Array,
                  real_logits: Array | None = None) -> tuple[float, Array]:
        value, _, d_fake = self._gradients(0, real_logits, fake_logits)
        return value, d_fake

    def generator_by_real(self, fake_logits: Array, real_logits: Array) -> Array:
        return self._gradients(0, real_logits, fake_logits)[1]

    def discriminator_tangent(self, real_logits: Array, fake_logits: Array, t_real: Array,
                              t_fake: Array) -> tuple[Array, Array]:
        by_real, by_fake = self._differences(real_logits, fake_logits)
        a, b = (gradient_tangent(delta, t) for delta, t in
                zip((by_real, by_fake), self._differences(t_real, t_fake)))
        return self._shared(a, b)

    def generator_tangent(self, fake_logits: Array, t_fake: Array, real_logits: Array | None = None,
                          t_real: Array | None = None) -> tuple[Array, Array | None]:
        # the second derivative of softplus(δ) is that of softplus(−δ): the same for both players
        td_real, td_fake = self.discriminator_tangent(
            *_given(self, real_logits, fake_logits, t_real, t_fake))
        return td_fake, td_real

    def _gradients(self, target: float, real_logits: Array | None,
                   fake_logits: Array) -> tuple[float, Array, Array]:
        """(value, by real, by fake) of cross-entropy with `target` for the real differences."""
        if real_logits is None:
            raise ValueError(f"{self}: expected real logits beside the generated ones, got None")
        by_real, by_fake = self._differences(real_logits, fake_logits)
        real_value, a = binary_cross_entropy_with_logits(target, by_real)
        fake_value, b = binary_cross_entropy_with_logits(1 - target, by_fake)
        return (real_value + fake_value, *self._shared(a, b))

    @staticmethod
    def _differences(real: Array, fake: Array) -> tuple[Array, Array]:
        return real - fake.sum() / fake.size, fake - real.sum() / real.size

    @staticmethod
    def _shared(a: Array, b: Array) -> tuple[Array, Array]:
        return a - b.sum() / a.size, b - a.sum() / b.size
