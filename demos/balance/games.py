"""A pair of players of any widths, rates and number of D's steps, and what their game leaves."""

import dataclasses

import numpy as np

from numgan.networks import models
from numgan.presets import Preset, adam


@dataclasses.dataclass(frozen=True)
class Pair:
    """Who plays on a data set: widths of the hidden layers (or of the largest feature maps), Adam's
    rates, and k, the steps of D for each of G."""

    dataset: str
    g_width: int
    d_width: int
    g_rate: float = 1e-3
    d_rate: float = 1e-3
    k: int = 1

    def recipe(self, reference, steps):
        plane = reference.network is None
        generator, discriminator = (g_mlp, d_mlp) if plane else (g_convolutions, d_convolutions)
        size, _, channels = (0, 0, 0) if plane else reference.shown.shape[1:]
        return Preset(
            self.name, "", k=self.k, batch_size=64, steps=steps, latent=latent_of(reference),
            g_optimizer=adam(self.g_rate, 0.5, 0.999), d_optimizer=adam(self.d_rate, 0.5, 0.999),
            g_network=lambda rng: generator(self.g_width, size, channels, rng),
            d_network=lambda rng: discriminator(self.d_width, size, channels, rng))

    @property
    def name(self):
        return (f"{self.dataset}, widths G {self.g_width} D {self.d_width}, rates "
                f"G {self.g_rate:g} D {self.d_rate:g}, k {self.k}")


def latent_of(reference):
    return 2 if reference.network is None else 32


def g_mlp(width, size, channels, rng):
    return models.mlp_generator(2, 2, (width,) * 3, rng=rng)


def d_mlp(width, size, channels, rng):
    return models.mlp_discriminator(2, (width,) * 3, rng=rng)


def g_convolutions(width, size, channels, rng):
    return models.dcgan_generator(size, channels, 32, width, 8 * width, rng=rng)


def d_convolutions(width, size, channels, rng):
    """With LayerNorm: each sample is judged alone, by a D that stands still as well."""
    return models.dcgan_discriminator(size, channels, width, hidden=8 * width,
                                      normalization="layer", rng=rng)


def play(reference, pair, seed, steps, report=lambda step, note="": None):
    """Train a pair and judge it: a dict of figures."""
    run = reference.train(pair.recipe(reference, steps), seed, report=report)
    if run.stopped == "interrupted":
        raise KeyboardInterrupt
    training = run.training
    found = reference.measured(training.samples(training.latents(reference.samples, [seed, 1])))
    return {"part": "game", **dataclasses.asdict(pair), "seed": seed, **found,
            "parameters": {"G": training.generator.theta.size,
                           "D": training.discriminator.theta.size},
            "seconds": round(run.seconds, 1), "stopped": run.stopped}


# -- the maps --------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Map:
    """Pairs in which two things vary: fields of a `Pair` and their values, rows over columns."""

    title: str
    row: str
    rows: tuple
    column: str
    columns: tuple
    base: Pair

    def pairs(self):
        """(rows, columns) of pairs, as lists."""
        return [[dataclasses.replace(self.base, **{self.row: y, self.column: x})
                 for x in self.columns] for y in self.rows]


LABELS = {"g_width": "width of G", "d_width": "width of D", "g_rate": "rate of G",
          "d_rate": "rate of D", "k": "k: steps of D per step of G"}
BASES = {"grid": Pair("grid", 32, 32), "digits": Pair("digits", 12, 12),
         "ring": Pair("ring", 32, 32)}
WIDTHS = {"grid": (8, 32, 128), "digits": (4, 12, 36), "ring": (8, 32, 128)}
RATES = (3e-4, 1e-3, 3e-3)
KS = (1, 2, 5)
STEPS = {"grid": 5000, "digits": 800, "ring": 1500}
MEASURES = {"modes": "modes", "high_quality": "high quality", "precision": "precision",
            "recall": "recall"}


def maps_of(dataset):
    base, widths = BASES[dataset], WIDTHS[dataset]
    return [Map("widths", "g_width", widths, "d_width", widths, base),
            Map("rates", "g_rate", RATES, "d_rate", RATES, base),
            Map("k and D's rate", "k", KS, "d_rate", RATES, base)]


def pairs_of(dataset):
    """All pairs of all maps, each once."""
    return list(dict.fromkeys(pair for one in maps_of(dataset) for row in one.pairs()
                              for pair in row))


def f_score(run):
    """The harmonic mean of precision and recall."""
    total = run["precision"] + run["recall"]
    return 2 * run["precision"] * run["recall"] / total if total else 0.0


def over_seeds(runs, pair, seeds, value):
    """(n,) the value of each seed's run of the pair, as far as there are runs."""
    keys = (key_of(pair, seed) for seed in seeds)
    return np.array([value(runs[key]) for key in keys if key in runs], float)


def key_of(pair, seed):
    return f"{pair.name}, seed {seed}"
