"""The games that are looked at, and one of them played: what each look has found."""

import dataclasses

import numpy as np

from numgan import Adam, Minimax, NonSaturating, data, metrics, models, penalties
from numgan.training import discriminator_step, train

from ..jobs import ending
from .gradients import places, x_ray

AHEAD, WIDTH, BATCH, PROBED, SAMPLES = 1000, 64, 64, 256, 2500


@dataclasses.dataclass(frozen=True)
class Game:
    """One game. won : bool, D has learned `AHEAD` steps alone, and then learns 20 times faster"""

    title: str
    loss: object = NonSaturating
    normalization: object = None
    won: bool = False
    penalty: object = None


GAMES = [
    Game("non-saturating"),
    Game("saturating", Minimax),
    Game("BatchNorm in G", normalization="batch"),
    Game("D has won, non-saturating", won=True),
    Game("D has won, saturating", Minimax, won=True),
    Game("D had won, held by R1", won=True, penalty=lambda: penalties.R1(0.02)),
]


@dataclasses.dataclass
class Moment:
    """What one look at the gradient has found; `step` is the number of steps done.

    norms : (layers + 1,) median over the samples of the gradient's norm: at the logit, below each
        layer of D, the last of which is at x, and below each layer of G, the last of which is at z
    dead : share of G's ReLUs that are 0 for every sample
    same, different : mean cosine of the pulls in the plane on two fakes of one mode, of two
    weights_same, weights_different : the same of the steps in G's weights
    """

    step: int
    norms: np.ndarray
    dead: float
    same: float
    different: float
    weights_same: float
    weights_different: float
    modes: int
    quality: float
    fakes: np.ndarray  # (PROBED, 2)
    pulls: np.ndarray  # (PROBED, 2), −∂L/∂x
    discriminator: object


@dataclasses.dataclass
class Run:
    game: int  # index in GAMES
    seed: int
    names: list = dataclasses.field(default_factory=list)  # of the places of `norms`
    moments: list = dataclasses.field(default_factory=list)
    stopped: str = ""


def run(index, seed, steps, ahead, moments, report=lambda step, note="": None):
    """Play GAMES[index] from `seed`, and look at `moments` moments, the first before any step."""
    game, toy, rng = GAMES[index], data.ring(modes=8), np.random.default_rng(seed)
    generator = models.mlp_generator(2, 2, (WIDTH, WIDTH), rng=rng, init="dcgan" if game.won
                                     else "he", normalization=game.normalization)
    discriminator = models.mlp_discriminator(2, (WIDTH, WIDTH), rng=rng)
    loss, real = game.loss(), data.sampler(toy, rng)
    d_optimizer = Adam(1e-2 if game.won else 2e-3, beta2=0.99)
    g_optimizer = Adam(5e-4 if game.won else 2e-3, beta2=0.99)
    if game.won:
        for _ in range(ahead):
            discriminator_step(generator, discriminator, real(BATCH),
                               rng.standard_normal((BATCH, 2), np.float32), loss=loss,
                               optimizer=d_optimizer)
    looking = np.random.default_rng([seed, 1])
    z, many = (looking.standard_normal((n, 2), np.float32) for n in (PROBED, SAMPLES))
    result = Run(index, seed, places(generator, discriminator))
    # closer together at the beginning, where more happens
    wanted = set((np.linspace(0, 1, moments) ** 2 * steps).round().astype(int))

    def look(step):
        score = metrics.mode_statistics(generator(many), toy.centers, toy.std)
        result.moments.append(Moment(
            step=step, modes=score.modes, quality=score.high_quality,
            discriminator=discriminator.copy(),
            **x_ray(generator, discriminator, z, loss, toy.centers)))

    look(0)
    with ending(result):
        for record in train(generator, discriminator, real, loss=loss, steps=steps, rng=rng,
                            batch_size=BATCH, schedule="cosine", d_optimizer=d_optimizer,
                            g_optimizer=g_optimizer, penalty=game.penalty and game.penalty()):
            if record.step + 1 in wanted:
                look(record.step + 1)
            report(record.step + 1)
    return result
