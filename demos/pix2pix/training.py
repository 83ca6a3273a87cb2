"""Training one translator, with the adversary or with L1 alone, and what it makes."""

import dataclasses
import time

import numpy as np

from numgan import Adam, NonSaturating, Translation, costs, data, fit
from numgan.presets.images import falling
from numgan.training import WeightAverage, train

from ..jobs import ending
from . import networks
from .worlds import world

METHODS = {"l1": "L1 alone", "no-skips": "L1 + GAN, no skips", "gan": "L1 + GAN"}
# weight : that of L1; reading : that of what the reader sees, as a multiple of it
RECIPE = dict(width=12, d_width=16, batch_size=8, weight=15.0, reading=1.2, rate=1e-3, d_rate=4e-4,
              beta1=0.5, dropout=0.5, average=0.99)
READER = dict(steps=1500, batch_size=16, rate=3e-3)
TOGETHER = 50  # pictures at a time, when they are drawn
FRAMES = 30


@dataclasses.dataclass
class Trained:
    """What one training left: figures, what it makes of the held-out pairs, frames of a film."""

    method: str
    seed: int
    steps: int = 0
    seconds: float = 0.0  # of processor time
    stopped: str = ""
    theta: np.ndarray | None = None  # the averaged generator's
    buffer: np.ndarray | None = None
    made: np.ndarray | None = None
    figures: dict = dataclasses.field(default_factory=dict)
    frames: list = dataclasses.field(default_factory=list)


def generator_of(pairs, method, seed, recipe):
    """An untrained translator of the pairs."""
    size, reads, writes = pairs.c.shape[1], pairs.c.shape[-1], pairs.x.shape[-1]
    return networks.generator(size, reads, writes, recipe["width"], skips=method != "no-skips",
                              dropout=recipe["dropout"], rng=[seed, 1])


def drawn(generator, c):
    """What the generator makes of c, with dropout drawn anew."""
    return np.concatenate([generator(c[start:start + TOGETHER]).x
                           for start in range(0, len(c), TOGETHER)])


def train_one(about, method, seed, steps, recipe, saver, shown,
              report=lambda step, note="": None):
    """Train by a method; a `Trained`. about : arguments of `worlds.world`; saver : jobs.Saver of
    its file; shown : how many held-out pairs are in the film"""
    pairs = world(*about)
    recipe = {**recipe, "batch_size": min(recipe["batch_size"], len(pairs.train))}
    generator = generator_of(pairs.train, method, seed, recipe)
    average = WeightAverage(generator, recipe["average"])
    real = data.sampler(pairs.train, np.random.default_rng([seed, 2]))
    optimizer = Adam(recipe["rate"], beta1=recipe["beta1"])
    one = Trained(method, seed)
    moments = set((np.linspace(0, 1, FRAMES) ** 2 * (steps - 1)).astype(int))
    begun = time.process_time()

    def stepped(done):
        one.steps, one.seconds = done, one.seconds + time.process_time() - stepped.last
        stepped.last = time.process_time()
        if done - 1 in moments:
            one.frames.append(drawn(average.network, pairs.held.c[:shown]))
        report(done, METHODS[method])
    stepped.last = begun

    with ending(one):
        if method == "l1":
            def batch():
                pair = real(recipe["batch_size"])
                return pair.c, pair.x
            made = f"{steps} steps of {recipe} on {about}"
            kept = saver.kept(average.network, made)
            if kept is not None:
                one.steps, one.seconds = steps, kept.get("seconds", 0.0)
            else:
                for done, _ in enumerate(fit(generator, batch, costs.L1(), steps=steps,
                                             optimizer=optimizer, schedule=falling), 1):
                    average.update()
                    stepped(done)
                saver.keep(average.network, made, seconds=one.seconds)
        else:
            adversarial(one, pairs, generator, average, real, optimizer, seed, steps, recipe,
                        saver, stepped, report)
    finish(one, pairs, average.network)
    return one


def adversarial(one, pairs, generator, average, real, optimizer, seed, steps, recipe, saver,
                stepped, report):
    """pix2pix: D's loss on pairs, and `weight` times the distance to the right picture. Where c is
    a map of labels, the distance between what a reader sees in both pictures counts too."""
    size, reads, writes = pairs.train.c.shape[1], pairs.train.c.shape[-1], pairs.train.x.shape[-1]
    discriminator = networks.discriminator(size, reads, writes, recipe["d_width"], rng=[seed, 3])
    cost = costs.L1()
    if pairs.labels:
        read = costs.Features(fitted_reader(pairs, seed, steps, report), cost=costs.LogLikelihood())
        cost = costs.Sum((cost, 1.0), (read, recipe["reading"]))
    run = train(generator, discriminator, real, loss=NonSaturating(), steps=steps,
                rng=np.random.default_rng([seed, 4]), batch_size=recipe["batch_size"],
                updates=Translation(cost, recipe["weight"]), average=average,
                g_optimizer=optimizer, d_optimizer=Adam(recipe["d_rate"], beta1=recipe["beta1"]),
                schedule=falling)
    kept = saver.begin(run)
    one.steps, one.seconds = run.done, kept.get("seconds", 0.0)
    one.frames = kept.get("frames", [])

    def more():
        return {"seconds": one.seconds, "frames": one.frames}
    try:
        for record in run:
            stepped(record.step + 1)
            saver.now_and_then(more)
    finally:
        saver.save(more())


def fitted_reader(pairs, seed, most, report=lambda step, note="": None):
    """A network that has learned to read the map off real pictures, in at most `most` steps."""
    known = pairs.train
    reader = networks.reader(known.c.shape[1], known.c.shape[-1], known.x.shape[-1],
                             rng=[seed, 5])
    draw = data.sampler(known, np.random.default_rng([seed, 6]))

    def batch():
        pair = draw(min(READER["batch_size"], len(known)))
        return pair.x, pair.c
    for _ in fit(reader, batch, costs.LogLikelihood(), steps=min(READER["steps"], most),
                 optimizer=Adam(READER["rate"]), schedule=falling):
        report(0, "a reader learns first")
    return reader


def finish(one, pairs, network):
    """Draw the held-out pairs twice, and measure."""
    one.theta, one.buffer = network.theta.copy(), network.buffer.copy()
    one.made, again = (drawn(network, pairs.held.c) for _ in range(2))
    one.figures = pairs.measure(one.made, again)
