"""Training one network to repair: against D without pairs, on pairs, or as a denoiser."""

import dataclasses
import functools
import time

import numpy as np

from numgan import Adam, NonSaturating, Translation, costs, fit
from numgan.layers.softmax import softmax as softmax_of
from numgan.presets.images import falling
from numgan.training import WeightAverage, train
from numgan.training.steps import Gradients, discriminator_step, norm, update

from ..jobs import ending
from . import grammar, networks, repairs, writer

METHODS = {"denoiser": "denoiser", "paired": "cross-entropy, with pairs",
           "gru": "GAN, GRU writes", "slope": "GAN, by D's slope", "gan": "GAN, by D's values"}
EDITS = ("slope", "gan")  # whose G makes one edit
PICKED = ", D picks of 40"  # the rows where D is asked again
RECIPE = dict(width=64, depth=1, whole=24, lines=48, heat=3.0, batch_size=32, good=8, wait=1000,
              drawn=8, tried=8, keep=0.5, rate=1e-3, d_rate=2e-3, beta1=0.5, average=0.99,
              hidden=64, asks=64, copying=1000, copying_rate=5e-3, writing_rate=1e-4, stay=300.0,
              holds=0.75)
HELD_OUT, TRAIN = 600, 8000
COMMON = 1000  # good programs from which the common lines are taken
COPIED = 200  # good programs that show whether a G that writes forgets


@dataclasses.dataclass
class Trained:
    """What one training left."""

    method: str
    seed: int
    steps: int = 0
    seconds: float = 0.0  # of processor time
    stopped: str = ""
    theta: np.ndarray | None = None  # of the network, averaged
    d_theta: np.ndarray | None = None
    figures: dict = dataclasses.field(default_factory=dict)
    picked: dict = dataclasses.field(default_factory=dict)  # the figures where D picks
    history: list = dataclasses.field(default_factory=list)  # (step, share repaired)


@dataclasses.dataclass
class World:
    """Programs, as codes: good ones, unrelated bad ones, and held-out ones. `pairs` are the good
    programs that the bad ones were made from, for the baseline that learns from pairs."""

    good: np.ndarray
    bad: np.ndarray
    pairs: np.ndarray
    held: np.ndarray
    kinds: np.ndarray
    held_good: np.ndarray

    def measure(self, repair):
        """For a function of grids: `repairs.judge`, and the share of good programs that stay good.
        """
        return {**{name: float(value) for name, value in
                   repairs.judge(self.held, repair(self.held), self.kinds).items()},
                "stays good": float(repairs.stays_good(repair(self.held_good)))}


def world(train, held_out):
    """The `World`, the same for every seed of a training."""
    bad, pairs, _ = grammar.make_bad(train, np.random.default_rng([0, 1]))
    held, _, kinds = grammar.make_bad(held_out, np.random.default_rng([0, 2]))
    return World(grammar.make_good(train, np.random.default_rng([0, 3])), bad, pairs, held, kinds,
                 grammar.make_good(held_out, np.random.default_rng([0, 4])))


@functools.cache
def common_lines(count):
    """The common lines of good programs that are used for nothing else."""
    return networks.common_lines(grammar.make_good(COMMON, np.random.default_rng([0, 5])), count)


def generator_of(seed, recipe=RECIPE):
    """An untrained generator."""
    return networks.generator(common_lines(recipe["lines"]), recipe["width"], depth=recipe["depth"],
                              whole=recipe["whole"], heat=recipe["heat"], rng=[seed, 1])


def writer_of(seed, recipe=RECIPE):
    """An untrained generator that writes whole programs."""
    return writer.writer(recipe["hidden"], recipe["asks"], rng=[seed, 1])


def discriminator_of(seed, recipe=RECIPE):
    """An untrained discriminator."""
    return networks.discriminator(recipe["width"], depth=recipe["depth"], whole=recipe["whole"],
                                  rng=[seed, 2])


class Programs:
    """Random programs, one-hot, from one set or two: `first` of `others`, then the rest of `grids`.
    """

    remembers = ("rng",)

    def __init__(self, rng, grids, first=0, others=None):
        self.rng, self.grids, self.first, self.others = rng, grids, first, others

    def __call__(self, n, rng=None):
        chosen = self.grids[self.rng.integers(len(self.grids), size=n)]
        if self.first:
            some = self.rng.integers(len(self.others), size=self.first)
            chosen[:self.first] = self.others[some]
        return networks.one_hot(chosen)


class Spoilt:
    """Random good programs, one-hot, each with a row spoilt at random."""

    remembers = ("rng",)

    def __init__(self, rng, grids, lines):
        self.rng, self.grids, self.lines = rng, grids, lines

    def __call__(self, n):
        chosen = self.grids[self.rng.integers(len(self.grids), size=n)]
        return networks.one_hot(repairs.noisy(chosen, self.lines, self.rng))


class BadToo:
    """What D learns from: good programs, against what G made of bad ones, bad ones as they are, and
    half as many good ones that were spoilt at random. The last are there because D will be asked
    about edits that G seldom makes. What G made of good ones does not count against it."""

    remembers = ("bad", "spoilt")

    def __init__(self, bad, spoilt, first):
        self.bad, self.spoilt, self.first = bad, spoilt, first

    def __call__(self, real, fake):
        fake = fake[self.first:]
        return real, np.concatenate([fake, self.bad(len(fake)), self.spoilt(len(fake) // 2)])


class AfterD(Translation):
    """Translation in which D learns alone for the first `wait` steps. A G that follows a D that
    knows nothing yet learns a preference for some edits that is hard to unlearn."""

    remembers = (*Translation.remembers, "waited")

    def __init__(self, wait, weight=0):
        super().__init__(weight=weight, target="input")
        self.wait, self.waited = wait, 0

    def step(self, players, real_batch, latent_batch, scale=1.0):
        if self.waited == self.wait:
            return self.both(players, real_batch, latent_batch, scale)
        self.waited += 1
        return (self.only_d(players, real_batch(), latent_batch(), scale),
                Gradients(float("nan"), float("nan"), ()))

    def both(self, players, real_batch, latent_batch, scale):
        return super().step(players, real_batch, latent_batch, scale)

    def only_d(self, players, real, x, scale):
        p = players
        return discriminator_step(p.generator, p.discriminator, real, x, loss=p.loss,
                                  optimizer=p.d_optimizer, scale=scale, penalty=p.penalty,
                                  rng=p.rng, d_batches=p.d_batches)

    def __repr__(self):
        return f"{type(self).__name__}({self.wait})"


class ByValue(AfterD):
    """G learns from what D says of edits that are made, one by one: D is evaluated, and its slope
    is not used.

    For each program `drawn` different edits are drawn from G's softmax, `tried` are chosen at
    random, and one changes nothing. Let v be the mean logit that D gives to each program made by
    these edits, minus `keep` where the program was changed at all. Let q be the softmax of G's
    logits over these edits alone. G descends

        −Σ_k t_k ln q_k,   t = softmax(v)

    which is least where the logits of any two edits differ by as much as D's values of them do. So
    G learns what D thinks of every edit, however the edits that it is shown are chosen.

    The slope of D at a program says what a small step towards another would change. A line that is
    not there yet is no small step. Half a free is no statement, and D's slope at a blank line says
    so of each of the two words of `free name`, although both together are what is missing.
    """

    def __init__(self, wait, drawn, tried, keep):
        super().__init__(wait)
        self.drawn, self.tried, self.keep = drawn, tried, keep

    def both(self, players, real_batch, latent_batch, scale):
        p, x = players, latent_batch()
        d = self.only_d(p, real_batch(), x, scale)
        chain, softmax = networks.choosing(p.generator)
        logits, cache = chain.forward(x.reshape(len(x), networks.ROWS, 1, -1), train=True)
        grids, lines = networks.codes(x), networks.lines_of(p.generator)
        edits = np.concatenate([
            np.argpartition(-logits - softmax.gumbel(logits.shape, logits.dtype), self.drawn,
                            axis=1)[:, :self.drawn],
            networks.some_edits(grids, self.tried, lines, p.rng)], axis=1)
        made = networks.done(grids, edits, lines)
        target = softmax_of(networks.values(p.discriminator, grids, made, self.keep))
        cost, found = costs.CrossEntropy()(np.take_along_axis(logits, edits, axis=1), target)
        d_logits = np.zeros_like(logits)
        np.add.at(d_logits, (np.arange(len(x))[:, None], edits), found)
        p.generator.grad.fill(0)
        chain.backward(d_logits, cache, input_grad=False)
        g = Gradients(float(cost), norm(p.generator.grad), ())
        update(p.generator, g, p.g_optimizer, scale, "generator")
        return d, g

    def __repr__(self):
        return f"ByValue({self.wait}, {self.drawn}, {self.tried}, {self.keep:g})"


def train_one(about, method, seed, steps, recipe, saver, first,
              report=lambda step, note="": None):
    """Train by a method; a `Trained`. about : arguments of `world`; saver : jobs.Saver of its file;
    first : jobs.Saver of the network that a G that writes is before it meets D"""
    programs = world(*about)
    one = Trained(method, seed)
    last = time.process_time()

    def stepped(done, network):
        nonlocal last
        one.steps, one.seconds = done, one.seconds + time.process_time() - last
        last = time.process_time()
        if done % max(steps // 20, 1) == 0:
            some = slice(0, 100)
            after = repairs.repaired(network, programs.held[some])
            one.history.append((done, float(repairs.judge(
                programs.held[some], after, programs.kinds[some])["repaired"])))
        report(done, METHODS[method])

    network = (generator_of(seed, recipe) if method in EDITS else writer_of(seed, recipe)
               if method == "gru" else repairs.words_network(
                   recipe["width"], depth=recipe["depth"], whole=recipe["whole"], rng=[seed, 1]))
    discriminator = discriminator_of(seed, recipe)
    with ending(one):
        if method == "gru":
            copying(one, programs, network, min(recipe["copying"], steps), recipe,
                    first, report)
        if method == "gru" or method in EDITS:
            average = WeightAverage(network, recipe["average"])
            network = average.network
            adversarial(one, programs, average, discriminator, steps, recipe, saver, stepped)
        else:
            told(one, programs, network, steps, recipe, saver, stepped)
    one.theta = network.theta.copy()
    one.figures = programs.measure(lambda grids: repairs.repaired(network, grids))
    if method in EDITS:
        one.d_theta = discriminator.theta.copy()
        one.picked = programs.measure(lambda grids: repairs.picked(network, discriminator, grids,
                                                                   recipe["keep"]))
    return one


def copying(one, programs, network, steps, recipe, saver, report):
    """Train a G that writes, before it has an adversary, to write good programs as they are."""
    made = f"{steps} steps of {recipe} on {len(programs.bad)} programs"
    if saver.kept(network, made) is None:
        for _ in writer.pretrain(network, programs.good, common_lines(recipe["lines"]), steps,
                                 recipe["batch_size"], recipe["copying_rate"],
                                 np.random.default_rng([one.seed, 5])):
            report(0, "copying")
        saver.keep(network, made)
    writer.hard(network, recipe["heat"])


def adversarial(one, programs, average, discriminator, steps, recipe, saver, stepped):
    """D tells good programs from what G makes, and from bad ones. The training of a G that writes
    ends when it has forgotten too many of the good programs that it could copy."""
    seed, size = one.seed, recipe["batch_size"]
    first, rng = min(recipe["good"], size - 1), np.random.default_rng([seed, 3])
    spoilt = Spoilt(rng, programs.good, common_lines(recipe["lines"]))
    wait = min(recipe["wait"], steps // 2)
    if one.method == "gan":
        rule = ByValue(wait, recipe["drawn"], recipe["tried"], recipe["keep"])
    else:
        rule = AfterD(wait, recipe["stay"] if one.method == "gru" else 0)
    rate = recipe["writing_rate" if one.method == "gru" else "rate"]
    run = train(average.source, discriminator, Programs(rng, programs.good), loss=NonSaturating(),
                steps=steps, rng=np.random.default_rng([seed, 4]), batch_size=size,
                latent=Programs(rng, programs.bad, first, programs.good),
                updates=rule, average=average,
                d_batches=BadToo(Programs(rng, programs.bad), spoilt, first),
                g_optimizer=Adam(rate, beta1=recipe["beta1"]),
                d_optimizer=Adam(recipe["d_rate"], beta1=recipe["beta1"]), schedule=falling)
    kept = saver.begin(run)
    one.steps, one.seconds = run.done, kept.get("seconds", 0.0)
    one.history = [tuple(moment) for moment in kept.get("history", [])]
    writes, some = one.method == "gru", programs.good[:COPIED]
    over = kept.get("over", False)
    could = (kept.get("could", 0.0) if kept or not writes else
             repairs.copied(average.network, some))

    def more():
        return {"seconds": one.seconds, "history": one.history, "could": could, "over": over}
    try:
        for record in () if over else run:
            stepped(record.step + 1, average.network)
            saver.now_and_then(more)
            if (writes and record.step % 20 == 0
                    and repairs.copied(average.network, some) < recipe["holds"] * could):
                over = True  # also after --resume
                break
    finally:
        saver.save(more())


def told(one, programs, network, steps, recipe, saver, stepped):
    """Train by cross-entropy to the right program: the one that the bad program was made from; or,
    for the denoiser, a good one of which a line was spoilt at random."""
    made = f"{steps} steps of {recipe} on {len(programs.bad)} programs"
    kept = saver.kept(network, made)
    if kept is not None:
        one.steps, one.seconds = steps, kept.get("seconds", 0.0)
        one.history = [tuple(moment) for moment in kept.get("history", [])]
        return
    rng = np.random.default_rng([one.seed, 3])
    lines = common_lines(recipe["lines"])

    def batch():
        chosen = rng.integers(len(programs.bad), size=recipe["batch_size"])
        if one.method == "paired":
            before, after = programs.bad[chosen], programs.pairs[chosen]
        else:
            after = programs.good[chosen]
            before = repairs.noisy(after, lines, rng)
        return networks.one_hot(before), networks.one_hot(after)
    for done, _ in enumerate(fit(network, batch, costs.CrossEntropy(), steps=steps,
                                 optimizer=Adam(recipe["rate"]), schedule=falling), 1):
        stepped(done, network)
    saver.keep(network, made, seconds=one.seconds, history=one.history)
