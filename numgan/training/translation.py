"""An update rule for generators that read data: translation, with pairs and without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._checks import choice, number, positive_int
from .._types import Array
from ..costs import L1, Cost
from ..networks import Conditional, Translator
from ..pairs import Pair, Samples, x_of
from .rules import Players, UpdateRule
from .steps import Gradients, discriminator_step, generator_step, standard_normal


class Translation(UpdateRule):
    """k steps of D, then one of G, whose loss adds the distance of its output from a target.

        G minimises  L_G + weight · mean cost(G(x), target)

    target "pair": real samples are pairs (y, c) of a picture and what it was made from. G reads the
        same c as in D's batch, and the target is y. G is a `Translator` of c, or a
        `Conditional(keep=True)`, which reads a new z ~ N(0, 1) besides c; D sees pairs. pix2pix.
    target "input": there are no pairs. G reads what `train(latent=...)` draws, samples of one kind.
        D compares what G makes of them with samples of the other kind. The target is what G has
        read: G should change no more than it must.

    cost : of `numgan.costs`, L1() if None; weight : number >= 0, 100 as in pix2pix, may be changed
    between steps; k : int
    Reference: Isola et al. 2017, eq. 4; the second, of features, as in Taigman et al. 2017.
    """

    remembers = ("weight",)

    def __init__(self, cost: Cost | None = None, weight: float = 100.0, target: str = "pair",
                 k: int = 1) -> None:
        self.cost = L1() if cost is None else cost
        if not isinstance(self.cost, Cost):
            raise TypeError(f"Translation: cost must be one of numgan.costs, got {cost!r}")
        self.weight = number("Translation", "weight", weight, least=0)
        self.target = choice("Translation", "target", target, ("pair", "input"))
        self.k = positive_int("Translation", "k", k)

    def check(self, players: Players) -> None:
        G, D = players.generator, players.discriminator
        if self.target == "input":
            if self.weight and (G.takes_integers or G.condition_shape is not None
                                or G.output_shape(G.input_shape or ()) != G.input_shape):
                raise ValueError(f"{self}: expected a generator that makes numbers of the shape "
                                 f"that it reads, got {G}")
            return
        reads = (G.input_shape if isinstance(G, Translator) else
                 G.condition_shape if isinstance(G, Conditional) and G.keep else None)
        if reads is None or reads != D.condition_shape:
            raise ValueError(f"{self}: expected a Translator, or a Conditional(keep=True), of what "
                             f"the discriminator, a Conditional, sees beside the samples, got {G} "
                             f"of {reads} and {D} of {D.condition_shape}")

    def step(self, players: Players, real_batch: Callable[[], Samples],
             latent_batch: Callable[[], Samples],
             scale: float = 1.0) -> tuple[Gradients, Gradients]:
        p = players
        for _ in range(self.k):
            real = real_batch()
            x = latent_batch() if self.target == "input" else self.of_pairs(p, real)
            d = discriminator_step(p.generator, p.discriminator, real, x, loss=p.loss,
                                   optimizer=p.d_optimizer, scale=scale, penalty=p.penalty,
                                   rng=p.rng, d_batches=p.d_batches)
        target = x_of(x if self.target == "input" else real)
        beside = (lambda y: self.distance(y, target)) if self.weight else None
        g = generator_step(p.generator, p.discriminator, x, loss=p.loss, optimizer=p.g_optimizer,
                           scale=scale, real=real, beside=beside)
        return d, g

    def of_pairs(self, players: Players, real: Any) -> Samples:
        """What G reads from the pairs."""
        G: Any = players.generator
        if isinstance(G, Translator):
            return real.c
        return Pair(standard_normal(players.rng, (len(real), *G.input_shape), G.dtype), real.c)

    def distance(self, y: Array, target: Array) -> tuple[float, Array]:
        value, dy = self.cost(y, target)
        return self.weight * value, dy * y.real.dtype.type(self.weight)

    def __repr__(self) -> str:
        return f"Translation({self.cost}, {self.weight:g}, {self.target!r}, {self.k})"
