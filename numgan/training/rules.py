"""Whose turn it is: update rules for `train`. Algorithm 1 is `Alternating`."""

import typing

from .._checks import positive_int
from .._registry import Registry
from .steps import discriminator_step, generator_step, simultaneous_step

RULES = Registry("update rule", "a function that makes one, such as its class", callable)


class Players(typing.NamedTuple):
    """Who plays, and how: what an update rule is given, beside the batches."""

    generator: object
    discriminator: object
    loss: object
    d_optimizer: object
    g_optimizer: object
    penalty: object
    rng: object
    d_batches: object = None


class UpdateRule:
    """Base: one step of a training, of both players.

    ``step(players, real_batch, latent_batch, scale) -> (D's Gradients, G's)``
        moves them; the batches are functions without arguments that draw a new one. If it fails,
        `train` puts both players back to where they were.
    ``check(players)``
        raises a ValueError, before the first step, if it cannot work with these.

    What a rule is, for `checks`:

    no_penalty, no_d_batches : str, why it does not go with a penalty, or with `train(d_batches=)`;
        "" if it does
    moves_first : the players that it moves before it can fail, the others need no copies
    remembers : names of the attributes that a step changes
    """

    no_penalty = no_d_batches = ""
    moves_first = ("generator", "discriminator")
    remembers = ()

    def step(self, players, real_batch, latent_batch, scale=1.0):
        raise NotImplementedError(f"{self} has no step")

    def check(self, players):
        """Everything that is not said by the attributes."""

    def __repr__(self):
        return f"{type(self).__name__}()"


@RULES.register("alternating")
class Alternating(UpdateRule):
    """Algorithm 1: k steps of D, then one of G against the new D."""

    moves_first = ("discriminator",)  # what comes last, G's update, is checked before it is made

    def __init__(self, k=1):
        self.k = positive_int("Alternating", "k", k)

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p = players
        for _ in range(self.k):
            real = real_batch()
            d = discriminator_step(p.generator, p.discriminator, real, latent_batch(), loss=p.loss,
                                   optimizer=p.d_optimizer, scale=scale, penalty=p.penalty,
                                   rng=p.rng, d_batches=p.d_batches)
        g = generator_step(p.generator, p.discriminator, latent_batch(), loss=p.loss,
                           optimizer=p.g_optimizer, scale=scale, real=real)
        return d, g

    def __repr__(self):
        return f"Alternating({self.k})"


@RULES.register("simultaneous")
class Simultaneous(UpdateRule):
    """Both players' gradients at one point, then both updates: `simultaneous_step`."""

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p = players
        return simultaneous_step(p.generator, p.discriminator, real_batch(), latent_batch(),
                                 loss=p.loss, d_optimizer=p.d_optimizer,
                                 g_optimizer=p.g_optimizer, scale=scale, penalty=p.penalty,
                                 rng=p.rng, d_batches=p.d_batches)
