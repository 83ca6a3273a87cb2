"""What a loss is: the protocol that all losses share, and the names of the existing ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .._registry import Registry
from .._types import Array

if TYPE_CHECKING:
    from ..training import Players

LOSSES: Registry[Callable[..., Loss]] = Registry(
    "loss", "a function that makes one, such as its class", callable)


class Loss:
    """Base: what the two players minimise, as functions of the logits of their batches.

    ``discriminator(real_logits, fake_logits) -> value, d_real, d_fake``
        the value and its gradients; logits (N, 1), (M, 1), gradients like them
    ``generator(fake_logits, real_logits=None) -> value, d_fake``
        real_logits are given if `generator_sees_real`

    ``commit(real_logits, fake_logits)``
        after D's step, for a loss with a state (BEGAN's balance); nothing else changes the state
    ``generator_by_real(fake_logits, real_logits) -> d_real``
        the gradient of the generator's value by the real logits, if it sees them

    Properties of a loss, for `training.checks` and for what draws pictures:

    generator_sees_real : bool, G's loss compares its samples with real ones
    several_outputs : bool, D may end in more than one number a sample
    low_is_real : bool, D gives an energy, which is low where it says "real"
    absolute : bool, a logit of 0 means "undecided"; False where only differences have a meaning
    bounded : bool, D's loss has a minimum, whatever D is; False where something else must keep D
        from growing steeper without end
    condition : str, the condition that real samples must come with: "label", "code" (drawn, real
        ones have none), or None for any
    remembers : names of the attributes that a step changes

    and, for Hessian-vector products, how these gradients change along tangents of the logits:

    ``discriminator_tangent(real_logits, fake_logits, t_real, t_fake) -> td_real, td_fake``
    ``generator_tangent(fake_logits, t_fake, real_logits=None, t_real=None) -> td_fake, td_real``
        the Hessian of the generator's value times the tangents; td_real is None where the real
        logits have no part in it
    """

    generator_sees_real = False
    several_outputs = False
    low_is_real = False
    absolute = True
    bounded = True
    condition: str | None = None
    remembers: tuple[str, ...] = ()

    def check(self, players: Players) -> None:
        """Raise a ValueError, before the first step, if the loss cannot work with these
        `training.Players`; what the attributes say need not be checked."""

    def discriminator(self, real_logits: Array, fake_logits: Array) -> tuple[float, Array, Array]:
        raise NotImplementedError(f"{self} has no loss for the discriminator")

    def generator(self, fake_logits: Array,
                  real_logits: Array | None = None) -> tuple[float, Array]:
        raise NotImplementedError(f"{self} has no loss for the generator")

    def commit(self, real_logits: Array, fake_logits: Array) -> None:
        """Move what the batch showed into the loss's own state."""

    def generator_by_real(self, fake_logits: Array, real_logits: Array) -> Array:
        raise NotImplementedError(f"{self} has no gradient of the generator's loss by real logits")

    def discriminator_tangent(self, real_logits: Array, fake_logits: Array, t_real: Array,
                              t_fake: Array) -> tuple[Array, Array]:
        raise NotImplementedError(f"{self} has no discriminator_tangent: it cannot be used for "
                                  f"Hessian-vector products")

    def generator_tangent(self, fake_logits: Array, t_fake: Array, real_logits: Array | None = None,
                          t_real: Array | None = None) -> tuple[Array, Array | None]:
        raise NotImplementedError(f"{self} has no generator_tangent: it cannot be used for "
                                  f"Hessian-vector products")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
