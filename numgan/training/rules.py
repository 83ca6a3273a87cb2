"""Whose turn it is: update rules for `train`. Algorithm 1 is `Alternating`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from .._checks import positive_int
from .._registry import Registry
from .._types import Rng
from ..losses import Loss
from ..optimizers import Optimizer
from ..pairs import Samples
from ..penalties import Penalty
from .steps import Change, Gradients, discriminator_step, generator_step, simultaneous_step

if TYPE_CHECKING:
    from ..networks import Network

RULES: Registry[Callable[..., UpdateRule]] = Registry(
    "update rule", "a function that makes one, such as its class", callable)


class Players(NamedTuple):
    """Who plays, and how: what an update rule is given besides the batches."""

    generator: Network
    discriminator: Network
    loss: Loss
    d_optimizer: Optimizer
    g_optimizer: Optimizer
    penalty: Penalty | None
    rng: Rng
    d_batches: Change | None = None


class UpdateRule:
    """Base class: one training step of both players.

    ``step(players, real_batch, latent_batch, scale) -> (D's Gradients, G's)``
        moves both; `real_batch` and `latent_batch` are functions without arguments that draw a new
        batch. If the step fails, `train` puts both players back to where they were.
    ``check(players)``
        raises a ValueError, before the first step, if the rule cannot work with these players.

    What a rule declares, for `checks`:

    no_penalty, no_d_batches : str, why it does not go with a penalty, or with `train(d_batches=)`;
        "" if it does
    remembers : names of the attributes that a step changes
    """

    no_penalty = no_d_batches = ""
    remembers: tuple[str, ...] = ()

    def step(self, players: Players, real_batch: Callable[[], Samples],
             latent_batch: Callable[[], Samples],
             scale: float = 1.0) -> tuple[Gradients, Gradients]:
        raise NotImplementedError(f"{self} has no step")

    def check(self, players: Players) -> None:
        """Check everything that the attributes do not say."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


@RULES.register("alternating")
class Alternating(UpdateRule):
    """Algorithm 1: k steps of D, then one of G against the new D."""

    def __init__(self, k: int = 1) -> None:
        self.k = positive_int("Alternating", "k", k)

    def step(self, players: Players, real_batch: Callable[[], Samples],
             latent_batch: Callable[[], Samples],
             scale: float = 1.0) -> tuple[Gradients, Gradients]:
        p = players
        for _ in range(self.k):
            real = real_batch()
            d = discriminator_step(p.generator, p.discriminator, real, latent_batch(), loss=p.loss,
                                   optimizer=p.d_optimizer, scale=scale, penalty=p.penalty,
                                   rng=p.rng, d_batches=p.d_batches)
        g = generator_step(p.generator, p.discriminator, latent_batch(), loss=p.loss,
                           optimizer=p.g_optimizer, scale=scale, real=real)
        return d, g

    def __repr__(self) -> str:
        return f"Alternating({self.k})"


@RULES.register("simultaneous")
class Simultaneous(UpdateRule):
    """Both players' gradients at one point, then both updates: `simultaneous_step`."""

    def step(self, players: Players, real_batch: Callable[[], Samples],
             latent_batch: Callable[[], Samples],
             scale: float = 1.0) -> tuple[Gradients, Gradients]:
        p = players
        return simultaneous_step(p.generator, p.discriminator, real_batch(), latent_batch(),
                                 loss=p.loss, d_optimizer=p.d_optimizer,
                                 g_optimizer=p.g_optimizer, scale=scale, penalty=p.penalty,
                                 rng=p.rng, d_batches=p.d_batches)
