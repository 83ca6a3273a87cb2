"""The unrolled GAN: the generator sees the discriminator's answer before it moves.

    G minimises  L_G(θ, ψ_K(θ)),    ψ_0 = ψ,   ψ_{j+1} = ψ_j − step(∇_ψ L_D(ψ_j, θ))

K steps ahead, D would have detected a heap of samples on one mode. G knows that and does not go
there. D itself then moves by its ordinary step from ψ, not to ψ_K.
Metz et al. 2017, eq. 6 to 9.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .._checks import positive_int
from .._types import Array
from ..losses import Loss
from ..optimizers import Optimizer
from ..pairs import Samples
from ..training import (RULES, Gradients, UpdateRule, discriminator_gradients, discriminator_step,
                        norm, real_logits_for, update)
from .field import discriminator_hvp

if TYPE_CHECKING:
    from ..networks import Network
    from ..training import Players


def unrolled_generator_gradients(generator: Network, discriminator: Network, real: Samples,
                                 z: Samples, loss: Loss, optimizer: Optimizer, steps: int,
                                 scale: float = 1.0) -> Gradients:
    """Fill ``generator.grad`` with the exact gradient of L_G(θ, ψ_K(θ)) by θ.

    real (N, ...), z (N, latent) : the batches, the same in every unrolled step
    optimizer : the discriminator's, as it stands; it is copied. `scale` multiplies its rate
    steps : int K; the discriminator and its optimiser end as they began

    L_G depends on θ through its own fake samples and through those that D learns from in each
    unrolled step. On the way back λ = ∂L_G/∂ψ_{j+1} meets step j. The optimiser's reverse turns it
    into μ, the gradient with respect to g_j = ∇_ψ L_D(ψ_j, fake). ⟨μ, g_j⟩ is the derivative of L_D
    along μ, and its gradients are the Hessian-vector products

        λ ← λ + ∂g_jᵀ/∂ψ μ,    d_fake ← d_fake + ∂g_jᵀ/∂fake μ

    The sum of all d_fake then goes through the generator once. Returns `Gradients`.
    """
    check_reversible(optimizer, steps)
    D, kept = discriminator, discriminator.theta.copy()
    optimizer = copy.deepcopy(optimizer)
    fake, g_cache = generator.forward(z, train=True)
    trail: list[tuple[Array, Array, Any, list[Any]]] = []
    noise = [layer.rng.bit_generator for layer in D.walk() if layer.rng is not None]
    after_all: list[Any] = []
    try:
        for _ in range(steps):
            before, drawn = D.theta.copy(), [bits.state for bits in noise]
            discriminator_gradients(D, real, fake, loss)
            optimizer.step(D.theta, D.grad, scale)
            trail.append((before, D.grad.copy(), copy.deepcopy(optimizer), drawn))

        logits, cache = D.forward(fake, train=True)
        real_logits, real_cache = real_logits_for(loss, D, real)
        value, d_logits = loss.generator(logits, real_logits)
        D.grad.fill(0)
        d_fake = D.backward(d_logits, cache)
        if real_logits is not None:
            D.backward(loss.generator_by_real(logits, real_logits), real_cache, input_grad=False)
        d_psi, after_all = D.grad.copy(), [bits.state for bits in noise]
        d_averages: Any = np.zeros_like(optimizer.averages) if trail else None
        for before, grad, after, drawn in trail[::-1]:
            d_averages, d_grad = after.step_backward(d_psi, d_averages, after.averages, grad, scale)
            D.theta[...] = before
            for bits, state in zip(noise, drawn):  # draw the same noise as in that step
                bits.state = state
            h_psi, h_fake = discriminator_hvp(D, real, fake, loss, d_grad)
            d_psi = d_psi + h_psi
            d_fake = d_fake + h_fake
    finally:
        D.theta[...] = kept
        for bits, state in zip(noise, after_all):
            bits.state = state
    generator.grad.fill(0)
    generator.backward(d_fake, g_cache, input_grad=False)
    return Gradients(value, norm(generator.grad), (g_cache,))


def check_reversible(optimizer: Optimizer, steps: int) -> None:
    if steps and not optimizer.reversible:
        raise ValueError(f"unrolling goes back through the discriminator's optimiser: expected SGD "
                         f"or Adam, got {optimizer!r}")


@RULES.register("unrolled")
class Unrolled(UpdateRule):
    """An update rule for ``train(updates=...)``: G's step through D's next `steps` steps, then D's
    ordinary step.

    steps : int K >= 0; 0 is the ordinary GAN. Each costs about as much as an ordinary step of both
        networks
    """

    no_penalty = "the gradient through D's steps would need the penalty's third derivatives"
    no_d_batches = "looks at the batches as they are"

    def __init__(self, steps: int = 5) -> None:
        self.steps = positive_int("Unrolled", "steps", steps, 0)

    def check(self, players: Players) -> None:
        check_reversible(players.d_optimizer, self.steps)

    def step(self, players: Players, real_batch: Callable[[], Samples],
             latent_batch: Callable[[], Samples],
             scale: float = 1.0) -> tuple[Gradients, Gradients]:
        p = players
        g = unrolled_generator_gradients(p.generator, p.discriminator, real_batch(),
                                         latent_batch(), p.loss, p.d_optimizer, self.steps, scale)
        update(p.generator, g, p.g_optimizer, scale, "generator")
        d = discriminator_step(p.generator, p.discriminator, real_batch(), latent_batch(),
                               loss=p.loss, optimizer=p.d_optimizer, scale=scale)
        return d, g

    def __repr__(self) -> str:
        return f"Unrolled({self.steps})"
