"""Losses that compare real with generated samples: only differences of logits have a meaning."""

from .base import Loss
from .entropy import bend, binary_cross_entropy_with_logits


class Relativistic(Loss):
    """Each real sample is paired with a generated one, and D says by how much the real one looks
    more real: it needs no absolute scale, and G climbs the same difference that D descends.

        δ_n = l_real,n − l_fake,n
        D minimises  mean softplus(−δ)
        G minimises  mean softplus(δ)

    By the logits: D's gradient is −σ(−δ)/N for the real one and σ(−δ)/N for its partner, G's is
    −σ(δ)/N for the generated one. D cannot win by calling one heap of samples real and all else
    generated, which is what leaves G alone with few modes: see `penalties.R1R2` for the penalty
    that makes it converge. Both batches must have one size. Jolicoeur-Martineau 2019 (relativistic
    pairing, not the average); R3GAN, Huang et al. 2024, eq. 2.
    """

    generator_sees_real = True
    absolute = False

    def discriminator(self, real_logits, fake_logits):
        value, d_difference = binary_cross_entropy_with_logits(
            1, self._difference(real_logits, fake_logits))
        return value, d_difference, -d_difference

    def generator(self, fake_logits, real_logits=None):
        value, d_difference = binary_cross_entropy_with_logits(
            0, self._difference(real_logits, fake_logits))
        return value, -d_difference

    def generator_by_real(self, fake_logits, real_logits):
        return -self.generator(fake_logits, real_logits)[1]

    def discriminator_tangent(self, real_logits, fake_logits, t_real, t_fake):
        bent = bend(self._difference(real_logits, fake_logits), t_real - t_fake)
        return bent, -bent

    def generator_tangent(self, fake_logits, t_fake, real_logits=None, t_real=None):
        bent = bend(self._difference(real_logits, fake_logits), t_real - t_fake)
        return -bent, bent

    def _difference(self, real_logits, fake_logits):
        if real_logits is None or real_logits.shape != fake_logits.shape:
            came = None if real_logits is None else real_logits.shape
            raise ValueError(f"{self}: expected as many real logits as generated ones, which have "
                             f"shape {fake_logits.shape}, got {came}")
        return real_logits - fake_logits
