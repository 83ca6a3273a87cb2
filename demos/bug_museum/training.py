"""The trainings of the museum: each on the ring, with the bug and with the right code beside it."""

import dataclasses
import time

import numpy as np

from numgan import (Adam, Conv2D, ConvTranspose2D, Dense, Flatten, LeakyReLU, Minimax,
                    Network, NonSaturating, ReLU, Reshape, data, metrics, models, penalties)
from numgan.training import train

from ..jobs import ending
from .exhibits import EXHIBITS
from .patches import applied

SAMPLES = 2500  # that are judged
WIDTH, STEPS = 64, 4000
CURVES = "d_loss", "g_loss", "d_real", "d_fake"
POINTS = 60  # of each curve are kept


def plain(rng, **options):
    return (models.mlp_generator(2, 2, (WIDTH, WIDTH), rng=rng, **options),
            models.mlp_discriminator(2, (WIDTH, WIDTH), rng=rng))


def normalized(rng):
    return plain(rng, normalization="batch")


def small(rng):
    """All samples of G begin in one heap, from which it collapses easily."""
    return plain(rng, init="dcgan")


def convolutional(rng):
    """A picture inside each network: of 2x2 pixels, which G doubles, and of 4x4, which D halves."""
    generator = Network([Dense(2, 64, init="he"), ReLU(), Reshape(2, 2, 16),
                         ConvTranspose2D(16, 8, 4, stride=2, padding=1, init="he"), ReLU(),
                         Flatten(), Dense(128, 2)], rng=rng)
    discriminator = Network([Dense(2, 128, init="he"), LeakyReLU(), Reshape(4, 4, 8),
                             Conv2D(8, 16, 4, stride=2, padding=1, init="he"), LeakyReLU(),
                             Flatten(), Dense(64, 1)], rng=rng)
    return generator, discriminator


@dataclasses.dataclass(frozen=True)
class Setting:
    """The game in which a bug is met: networks, and what else differs from the plain game. Chosen,
    like all settings here, on seeds 0 and 4."""

    title: str
    networks: object = plain
    loss: object = NonSaturating
    penalty: object = None
    rates: tuple = (2e-3, 2e-3)  # of D, of G
    batch: int = 64


FAST = 1e-2, 5e-4  # D learns twenty times faster than G, which collapses without a penalty
SETTINGS = {
    "plain": Setting("plain GAN"),
    "minimax": Setting("minimax loss", loss=Minimax),
    "batchnorm": Setting("BatchNorm in G", normalized, batch=256),
    "convolution": Setting("convolutions in both", convolutional),
    "r1": Setting("a fast D, held by R1", small, penalty=lambda: penalties.R1(0.02), rates=FAST),
    "wgan-gp": Setting("a fast D, held by WGAN-GP's penalty", small,
                       penalty=lambda: penalties.WGANGP(0.1), rates=FAST),
}


@dataclasses.dataclass
class Result:
    """What one training left behind."""

    exhibit: str  # "" for the right code
    setting: str
    seed: int
    curves: dict = dataclasses.field(default_factory=dict)  # name → (POINTS,) means of stretches
    samples: np.ndarray = None
    modes: int = 0
    high_quality: float = 0.0
    steps: int = 0
    seconds: float = 0.0  # of the processor
    stopped: str = ""

    def last(self, name):
        """Mean of a curve over the last tenth."""
        return float(np.mean(self.curves[name][-POINTS // 10:]))


def run(exhibit, setting, seed, steps, report=lambda step, note="": None):
    """Train once with the exhibit of this name, or "" for the right code."""
    made, start = SETTINGS[setting], time.process_time()
    result, records = Result(exhibit, setting, seed), []
    toy = data.ring(modes=8)
    rng = np.random.default_rng(seed)
    generator, discriminator = made.networks(rng)
    latents = np.random.default_rng([seed, 1]).standard_normal((SAMPLES, 2), np.float32)
    patches = EXHIBITS[exhibit].patches if exhibit else ()
    with ending(result), applied(patches):
        for record in train(generator, discriminator, data.sampler(toy, rng),
                            loss=made.loss(), steps=steps, rng=rng, batch_size=made.batch,
                            schedule="cosine", d_optimizer=Adam(made.rates[0], beta2=0.99),
                            g_optimizer=Adam(made.rates[1], beta2=0.99),
                            penalty=made.penalty and made.penalty()):
            records.append(record)
            report(record.step + 1)
    result.steps = len(records)
    for name in CURVES if records else ():
        values = np.array([getattr(record, name) for record in records])
        edges = np.linspace(0, len(values), POINTS + 1).astype(int)
        result.curves[name] = np.array([values[a:max(b, a + 1)].mean()
                                        for a, b in zip(edges, edges[1:])])
    result.samples = generator.forward(latents)[0]
    if np.isfinite(result.samples).all():
        score = metrics.mode_statistics(result.samples, toy.centers, toy.std)
        result.modes, result.high_quality = score.modes, score.high_quality
    result.seconds = time.process_time() - start
    return result
