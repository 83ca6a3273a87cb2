"""Losses on the critic's output as it is, without a sigmoid."""

from __future__ import annotations

import numpy as np

from .._types import Array
from .base import LOSSES, Loss


@LOSSES.register("wasserstein")
class Wasserstein(Loss):
    """The game of WGAN: the critic gives numbers, not probabilities; there is no sigmoid.

        D minimises  mean l_fake − mean l_real
        G minimises  −mean l_fake

    The critic must be kept from growing steeper without end: by a penalty on its gradient
    (`penalties.WGANGP`) or, as in the first paper, by clipping its weights. Arjovsky et al. 2017,
    eq. 2 and algorithm 1, with the signs for descent.
    """

    absolute = bounded = False

    def discriminator(self, real_logits: Array, fake_logits: Array) -> tuple[float, Array, Array]:
        value = fake_logits.sum() / fake_logits.size - real_logits.sum() / real_logits.size
        return (value, np.full_like(real_logits, -1 / real_logits.size),
                np.full_like(fake_logits, 1 / fake_logits.size))

    def generator(self, fake_logits: Array,
                  real_logits: Array | None = None) -> tuple[float, Array]:
        return (-fake_logits.sum() / fake_logits.size,
                np.full_like(fake_logits, -1 / fake_logits.size))

    def discriminator_tangent(self, real_logits: Array, fake_logits: Array, t_real: Array,
                              t_fake: Array) -> tuple[Array, Array]:
        return np.zeros_like(t_real), np.zeros_like(t_fake)  # linear in the logits: no curvature

    def generator_tangent(self, fake_logits: Array, t_fake: Array, real_logits: Array | None = None,
                          t_real: Array | None = None) -> tuple[Array, Array | None]:
        return np.zeros_like(t_fake), None


@LOSSES.register("hinge")
class Hinge(Wasserstein):
    """The critic's game with a margin: samples that are right by more than 1 cost nothing.

        D minimises  mean max(0, 1 − l_real) + mean max(0, 1 + l_fake)
        G minimises  −mean l_fake

    D's gradient with respect to a logit is −1/N where l_real < 1, 1/M where l_fake > −1, and 0
    elsewhere: piecewise linear, no curvature. Lim & Ye 2017; with spectral normalisation
    (`SpectralNorm`) it is the loss of SN-GAN, Miyato et al. 2018, eq. 16 and 17.
    """

    absolute = bounded = True

    def discriminator(self, real_logits: Array, fake_logits: Array) -> tuple[float, Array, Array]:
        real_costs, fake_costs = np.maximum(1 - real_logits, 0), np.maximum(1 + fake_logits, 0)
        value = real_costs.sum() / real_costs.size + fake_costs.sum() / fake_costs.size
        return (value, (real_costs > 0) * (real_logits.dtype.type(-1) / real_logits.size),
                (fake_costs > 0) * (fake_logits.dtype.type(1) / fake_logits.size))
