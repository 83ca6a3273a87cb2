"""Consensus optimisation: both players also want the game to be settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .._checks import number
from ..losses import Loss
from ..pairs import Samples
from ..training import (RULES, Gradients, UpdateRule, check_scale, commit_loss, norm,
                        refuse_non_finite, update)
from .field import Game

if TYPE_CHECKING:
    from ..networks import Network
    from ..training import Players


@RULES.register("consensus")
class Consensus(UpdateRule):
    """Both players also want the game to be settled: each also descends the shared ½ weight ‖v‖².

        w ← w + h (v − weight · ∇_w ½‖v‖²) = w + h (v − weight · Jᵀ v)

    At an equilibrium v = 0, so it remains one; J becomes J − weight · JᵀJ. −JᵀJ is negative
    definite where J is invertible: on average it moves the eigenvalues to the left. Where J only
    rotates, it moves each one, by weight · |λ|². An update rule for ``train(updates=...)``:
    simultaneous, each player with its own optimiser. Mescheder et al. 2017, eq. 10, algorithm 2;
    their γ is `weight`.
    """

    no_penalty = "the gradient of ‖v‖² would need the penalty's third derivatives"
    no_d_batches = "looks at the batches as they are"

    def __init__(self, weight: float = 10.0) -> None:
        self.weight = number("Consensus", "weight", weight, least=0)

    def gradients(self, generator: Network, discriminator: Network, real: Samples, z: Samples,
                  loss: Loss) -> tuple[Gradients, Gradients]:
        """Fill both networks' `grad` with what they descend; returns (D's, G's) `Gradients`."""
        game = Game(generator, discriminator, real, z, loss)
        v, d, g = game.field_and_gradients()
        descent = self.weight * game.jacobian_transpose_product(v) - v
        generator.grad[...], discriminator.grad[...] = game.split(descent)
        return (d._replace(grad_norm=norm(discriminator.grad)),
                g._replace(grad_norm=norm(generator.grad)))

    def step(self, players: Players, real_batch: Callable[[], Samples],
             latent_batch: Callable[[], Samples],
             scale: float = 1.0) -> tuple[Gradients, Gradients]:
        p = players
        d, g = self.gradients(p.generator, p.discriminator, real_batch(), latent_batch(), p.loss)
        check_scale(str(self), scale)
        refuse_non_finite(p.discriminator, d, p.d_optimizer, "discriminator")
        update(p.generator, g, p.g_optimizer, scale, "generator")
        update(p.discriminator, d, p.d_optimizer, scale, "discriminator")
        commit_loss(p.loss, d)
        return d, g

    def __repr__(self) -> str:
        return f"Consensus({self.weight:g})"
