"""The published tables: what was published, with which settings, and what is measured here.

Figures and settings are from the papers and their authors' code: PacGAN (Lin et al. 2018), VEEGAN
(Srivastava et al. 2017), unrolled GAN (Metz et al. 2017), WGAN-GP (Gulrajani et al. 2017),
Goodfellow et al. 2014. Never mix two tables: the settings differ.
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

from numgan import data, metrics
from numgan.presets import Images, preset

from .. import plane
from ..variants_views import fit
from .recipes import Pool, Stacked, pacgan, stacked, unrolled, wgan

SAMPLES = 2500
REAL = "(real samples)"  # what a perfect generator would score


@dataclasses.dataclass(frozen=True)
class Row:
    """data : str, of what; published : measure → (mean, standard error or None).
    recipe : function that makes a `Preset`; None for a method that is not here
    steps : at most, unless --steps says otherwise; None: those of the table"""

    data: str
    name: str
    published: dict = dataclasses.field(default_factory=dict)
    recipe: Callable | None = None
    usual: bool = True  # trained unless --only says otherwise
    steps: int | None = None

    @property
    def key(self):
        return f"{self.data}, {self.name}"


@dataclasses.dataclass(frozen=True)
class Table:
    """measures : name → (label, digits); differs : where settings had to differ, or what was not
    published; bar : measure → the least that the row `best` is to reach in each seed or, if
    negative, minus the most.

    real : function (data, folder) → what to train on; judge : function (samples, real, seed,
    folder) → figures, and ``count`` how many samples it takes
    """

    title: str
    measures: dict
    rows: list
    differs: list
    real: Callable
    judge: Callable
    seeds: tuple = (0, 1, 2)
    steps: int | None = None  # shorter than published, by default
    count: int = SAMPLES
    best: str = ""
    bar: dict = dataclasses.field(default_factory=dict)

    def row(self, key):
        return next(row for row in self.rows if row.key == key)

    def steps_of(self, row, steps=None):
        if row.recipe is None:
            return 1
        own = row.recipe().steps
        return steps or min(own, row.steps or self.steps or own)


# -- how samples are judged ------------------------------------------------------------------------


def judge_points(samples, real, seed, folder):
    """Modes, high quality and reverse KL where there are modes; precision and recall."""
    found = {}
    if real.centers is not None:
        score = metrics.mode_statistics(samples, real.centers, real.std)
        found = {"modes": score.modes, "high_quality": 100 * score.high_quality,
                 "reverse_kl": score.reverse_kl}
    near = metrics.precision_recall(
        real.sample(len(samples), np.random.default_rng([seed, 6])), samples)
    return {**found, "precision": near.precision, "recall": near.recall}


def judge_stacks(samples, real, seed, folder):
    """Each channel is the digit that the LeNet sees in it; the thousand triples are the modes."""
    network = metrics.mnist_lenet()
    digits = np.stack([network.probabilities(samples[..., [i]]).argmax(axis=1)
                       for i in range(3)], axis=1)
    triples = np.stack(np.meshgrid(*[np.arange(10)] * 3, indexing="ij"), -1).reshape(-1, 3)
    score = metrics.mode_statistics(digits, triples, 0.1)
    return {"modes": score.modes, "kl": score.reverse_kl}


def judge_likelihood(samples, real, seed, folder):
    """Pixels in [0, 1]; the window is chosen on the last thousand training images."""
    test, _ = mnist(folder, "test")
    fake, test, validation = (x.reshape(len(x), -1) / 2 + 0.5 for x in (
        samples, test[:len(samples)], real.images[-1000:]))
    found = metrics.parzen_log_likelihood(fake, test, validation=validation)
    return {"likelihood": found.mean, "test_error": found.error, "bandwidth": found.bandwidth}


@functools.lru_cache(2)
def mnist(folder, split):
    return data.mnist(folder, split)


def toy_of(name, folder):
    return {"ring": data.ring, "grid": data.grid}[name]()


def pool_of(name, folder):
    return Pool(toy_of(name, folder))


def wide_ring(name, folder):
    return data.ring(radius=2.0, std=0.02)


def wgan_toy(name, folder):
    return {"ring": lambda: data.ring(radius=2 / 1.414, std=0.02 / 1.414),
            "grid": lambda: data.grid(spacing=2 / 2.828, std=0.05 / 2.828),
            "swiss roll": data.swiss_roll}[name]()


def stacks(name, folder):
    return Stacked(mnist(folder, "train")[0])


def digits(name, folder):
    return Images(*mnist(folder, "train"))


# -- the tables ------------------------------------------------------------------------------------

MODES = {"modes": ("modes", 1), "high_quality": ("high quality %", 1),
         "reverse_kl": ("reverse KL", 3)}
NEAR = {"precision": ("precision", 3), "recall": ("recall", 3)}


def modes(count, quality, kl=None):
    """A row of the published tables, each value (mean, error) or a mean alone."""
    found = {"modes": count, "high_quality": quality, "reverse_kl": kl}
    return {name: value if isinstance(value, tuple) else (value, None)
            for name, value in found.items() if value is not None}


PACGAN = {
    "ring": {"GAN": modes((6.3, 0.5), (98.2, 0.2), (0.45, 0.09)),
             "ALI": modes((6.6, 0.3), (97.6, 0.4), (0.36, 0.04)),
             "minibatch discrimination": modes((4.3, 0.8), (36.6, 8.8), (1.93, 0.11)),
             "PacGAN2": modes((7.9, 0.1), (95.6, 2.0), (0.07, 0.03)),
             "PacGAN3": modes((7.8, 0.1), (97.7, 0.3), (0.10, 0.02)),
             "PacGAN4": modes((7.8, 0.1), (95.9, 1.4), (0.07, 0.02))},
    "grid": {"GAN": modes((17.3, 0.8), (94.8, 0.7), (0.70, 0.07)),
             "ALI": modes((24.1, 0.4), (95.7, 0.6), (0.14, 0.03)),
             "minibatch discrimination": modes((23.8, 0.5), (79.9, 3.2), (0.17, 0.03)),
             "PacGAN2": modes((23.8, 0.7), (91.3, 0.8), (0.13, 0.04)),
             "PacGAN3": modes((24.6, 0.4), (94.2, 0.4), (0.06, 0.02)),
             "PacGAN4": modes((24.8, 0.2), (93.6, 0.6), (0.04, 0.01))}}
PACKINGS = {"GAN": 1, "PacGAN2": 2, "PacGAN3": 3, "PacGAN4": 4}
BEST = "R3GAN (numgan)"


def best_of(dataset, steps=None):
    name = dataset.replace(" ", "_")
    return Row(dataset, BEST, recipe=functools.partial(preset, "r3gan", name), steps=steps)


def pacgan_table(dataset):
    rows = [Row(dataset, name, published,
                functools.partial(pacgan, PACKINGS[name]) if name in PACKINGS else None)
            for name, published in PACGAN[dataset].items()]
    return Table(
        f"PacGAN, Table 1: the {dataset}", MODES | NEAR, [*rows, best_of(dataset)],
        ["100,000 of the published 400,000 steps, unless --steps says otherwise",
         "the m latent batches of a pack go through G, and its BatchNorm, as one batch",
         "published: the mean of 10 runs; the figures of minibatch discrimination were not read "
         "again in the source"],
        pool_of, judge_points, steps=100_000, best=f"{dataset}, {BEST}",
        bar={"modes": 25, "high_quality": 98, "reverse_kl": -0.008} if dataset == "grid" else {})


VEEGAN = {"ring": {"GAN": (1, 99.3), "ALI": (2.8, 0.13), "Unrolled GAN": (7.6, 35.6),
                   "VEEGAN": (8, 52.9)},
          "grid": {"GAN": (3.3, 0.5), "ALI": (15.8, 1.6), "Unrolled GAN": (23.6, 16),
                   "VEEGAN": (24.6, 40)}}
HERE = {"GAN": "gan", "Unrolled GAN": "unrolled"}


def veegan_table():
    rows = []
    for dataset, published in VEEGAN.items():
        rows += [Row(dataset, name, modes(*figures), functools.partial(
                     preset, HERE[name], dataset) if name in HERE else None)
                 for name, figures in published.items()]
        rows.append(best_of(dataset))
    return Table("VEEGAN, Table 1: ring and grid", MODES | NEAR, rows,
                 ["networks, rates and steps are those of this library's presets, not VEEGAN's, "
                  "which were not to be had; unrolled: 5 steps, as there"],
                 toy_of, judge_points, seeds=(0, 1, 2, 3, 4))


def unrolled_table():
    rows = [Row("ring", f"{k} step" + "s" * (k != 1), {}, functools.partial(unrolled, k))
            for k in (0, 1, 5, 10)]
    return Table(
        "Unrolled GAN: the ring", MODES | NEAR,
        [*rows, best_of("ring")],
        ["published are figures alone: without unrolling all samples hop from mode to mode, with "
         "10 steps they cover the ring, with 5 most of it",
         "eight modes; the notebook's linspace repeats one of seven",
         "radius 2, std 0.02, as in the paper; the rest as in the notebook",
         "a step is G's first, and then D's on fresh batches; in the notebook both belong to one "
         "graph and see the same batch"],
        wide_ring, judge_points)


def wgan_table():
    rows = []
    for name in "ring", "grid", "swiss roll":
        rows += [Row(name, "WGAN, clipped" if clipped else "WGAN-GP", {},
                     functools.partial(wgan, clipped)) for clipped in (True, False)]
        rows.append(best_of(name, 50_000))
    return Table("WGAN-GP's toys", MODES | NEAR, rows,
                 ["published are figures alone: the critic's level sets, simple where weights are "
                  "clipped",
                  "10,000 of the published 100,000 steps, unless --steps says otherwise",
                  "R3GAN (numgan): 15,000 steps, on the grid 40,000, with one of D's in each; the "
                  "critics take five, so that they see 50,000 batches"],
                 wgan_toy, judge_points, seeds=(0,), steps=10_000)


STACKED = {"DCGAN": ((78.5, 17.56, 5.21), (487.7, 34.59, 2.24)),
           "Unrolled 5": ((236.4, 63.30, 4.67), (732.0, 44.98, 1.66)),
           "PacGAN2": ((484.5, 32.99, 2.61), (840.7, 15.92, 1.00)),
           "PacGAN3": ((601.3, 32.18, 2.00), (866.6, 12.10, 0.90)),
           "PacGAN4": ((667.4, 29.00, 1.81), (820.2, 25.50, 1.15))}


def stacked_table():
    rows = []
    for index, (name, share) in enumerate((("D = ¼ G", 0.25), ("D = ½ G", 0.5))):
        for method, published in STACKED.items():
            count, error, kl = published[index]
            m = {"DCGAN": 1}.get(method, int(method[-1]) if "Pac" in method else None)
            rows.append(Row(name, method, {"modes": (count, error), "kl": (kl, None)},
                            None if m is None else functools.partial(stacked, share, m),
                            method in ("DCGAN", "PacGAN2")))
        rows.append(Row(name, BEST, recipe=functools.partial(stacked, share, best=True)))
    return Table(
        "Stacked MNIST, 1,000 modes, tiny networks: PacGAN, Table 3",
        {"modes": ("modes", 1), "kl": ("KL", 3)}, rows,
        ["10,000 of the published 500,000 steps, unless --steps says otherwise",
         "the classifier is this library's LeNet, right on 99.02 % (published: about 99.25 %)",
         "no BatchNorm after D's first convolution, where PacGAN's code has one",
         "R3GAN (numgan): the same channels, no BatchNorm in D, averaged weights"],
        stacks, judge_stacks, seeds=(0, 1), steps=10_000, count=25_600)


def parzen_table():
    def published(mean, error):
        return {"likelihood": (mean, error)}
    rows = [Row("mnist", "GAN", published(225, 2), functools.partial(preset, "maxout", "mnist")),
            Row("mnist", "cGAN", published(132, 1.8), functools.partial(preset, "cgan", "mnist")),
            Row("mnist", "DBN", published(138, 2)), Row("mnist", "Deep GSN", published(214, 1.1)),
            Row("mnist", "DCGAN (numgan)", recipe=functools.partial(preset, "gan", "mnist"))]
    return Table("Parzen-window log-likelihood of MNIST",
                 {"likelihood": ("nats", 1), "bandwidth": ("bandwidth", 3)}, rows,
                 ["GAN: a D of three maxout layers of 100 units, without dropout, the authors' has "
                  "two of 240, with dropout (each unit of five pieces); G is a small DCGAN",
                  "cGAN: both small DCGANs; the preset adds R1, and its D has no normalisation",
                  "steps and rates are those of the presets",
                  "the window is chosen on the last 1,000 training images, on which every G was "
                  "trained; the authors train on 50,000 and choose it on the other 10,000",
                  "a sanity band, not a quality claim: real training images stand beside"],
                 digits, judge_likelihood, seeds=(0,), count=10_000)


TABLES = {"pacgan-ring": functools.partial(pacgan_table, "ring"),
          "pacgan-grid": functools.partial(pacgan_table, "grid"),
          "veegan": veegan_table, "unrolled-ring": unrolled_table, "wgan-gp-toys": wgan_table,
          "stacked-mnist-tiny": stacked_table, "parzen": parzen_table}


# -- a run -----------------------------------------------------------------------------------------


def measure(table, key, seed, steps, count, folder, saver, report=lambda step, note="": None):
    """Train the row of the table called `table`, or draw real samples, and judge them: a dict of
    figures. count : samples that are judged, or None for those of the table"""
    entry = TABLES[table]()
    count = count or entry.count
    real_name = key.removesuffix(f", {REAL}")
    if real_name != key:
        real = entry.real(real_name, folder)
        return {"row": REAL, "data": real_name, "seed": seed,
                **entry.judge(real_samples(real, count, seed), real, seed, folder)}
    row = entry.row(key)
    real, recipe = entry.real(row.data, folder), row.recipe()
    whole = recipe.steps
    run = (fit(recipe, real, seed, steps, saver, report) if isinstance(real, (Images, Stacked))
           else plane.run(recipe, real, seed, steps, saver=saver, report=report))
    if run.stopped == "interrupted":
        raise KeyboardInterrupt
    samples = run.training.samples(run.training.latents(count, [seed, 1]))
    return {"row": row.name, "data": row.data, "seed": seed, "steps": len(run.records),
            "published_steps": whole, "seconds": round(run.seconds, 1), "stopped": run.stopped,
            **entry.judge(samples, real, seed, folder)}


def real_samples(real, n, seed):
    rng = np.random.default_rng([seed, 7])
    if isinstance(real, Images):  # of those on which no window is chosen
        return real.images[rng.choice(len(real.images) - 1000, n, replace=False)]
    return real.sample(n, rng)
