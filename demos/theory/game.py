"""The game on a line: D alone, then both; and twelve ways to play it."""

import dataclasses
import itertools
import statistics

import numpy as np

from numgan import SGD, Adam, Dense, Minimax, Network, NonSaturating, Tanh
from numgan.layers import Residual
from numgan.training import TrainingDiverged, discriminator_step, train

from .densities import (LN4, X, Z, Even, Generated, Mixture, largest_distance, normal,
                        probability_at)

DATA = Mixture(shares=(0.45, 0.55), means=(-1.2, 1.1), stds=(0.45, 0.5))
WIDTH, SLOPE, REACH = 24, 2.0, 3.0
ALONE, ALONE_BATCH = 800, 512  # D's steps before the game, and its batch size in them
STEPS, BATCH, K = 200, 128, 20
FRAMES = 14, 34  # of the film: D alone, and the game
LOOKS = 100  # of each part of it

# chosen on seed 100; the seeds that are shown are others
OPTIMIZERS = {"SGD, momentum": (lambda: SGD(0.2, momentum=0.5), lambda: SGD(0.05, momentum=0.5)),
              "Adam": (lambda: Adam(2e-2), lambda: Adam(5e-3))}  # of D, of G
LOSSES = {"minimax": Minimax, "non-saturating": NonSaturating}
KS = 1, 5, 20
SEEDS = 3


def networks(rng):
    """G(z) = z + f(z), which begins with f almost 0, and D: two hidden layers of tanh each.

    The bends of the first layer are spread over the line. With the usual initial weights they would
    all begin at 0, and so flat that a G with few steps could not part the data in two.
    """
    def steep(rng, shape, fan_in, fan_out):
        return rng.normal(0, SLOPE, shape)

    def hidden():
        return [Dense(1, WIDTH, init=steep), Tanh(), Dense(WIDTH, WIDTH), Tanh()]
    f, d = hidden(), hidden()
    G = Network([Residual(*f, Dense(WIDTH, 1, init="dcgan"))], rng=rng)
    D = Network([*d, Dense(WIDTH, 1)], rng=rng)
    for first in f[0], d[0]:
        first.b[...] = -first.W[0] * rng.uniform(-REACH, REACH, WIDTH)
    return G, D


data_batch = Even(DATA.density, X)
latent_batch = Even(normal, Z)


@dataclasses.dataclass
class Look:
    """What there is at one moment; all in nats, by quadrature."""

    step: int  # G's steps so far; while D is alone, D's
    value: float  # V(D, G)
    best: float  # V(D*, G), the most that any D can reach
    jsd: float
    distance: float  # the largest |D − D*| where there are data or generated points
    branches: int  # monotone pieces of G
    p_model: np.ndarray  # on the grid X
    d: np.ndarray  # D on the grid X

    @classmethod
    def at(cls, step, generator, discriminator):
        made = Generated(generator)
        return cls(step, made.value(DATA, discriminator), made.best_value(DATA), made.jsd(DATA),
                   largest_distance(discriminator, DATA, made), made.branches, made.density(X),
                   probability_at(discriminator, X))


@dataclasses.dataclass
class Film:
    """The game that is filmed: looks while D is alone, and while both play."""

    alone: list
    game: list
    k: int = K


def play(seed, quick=False, report=lambda: None):
    """D alone, until it lies on D*; then both, G with the non-saturating loss, Adam, k = K."""
    rng = np.random.default_rng(seed)
    G, D = networks(rng)
    loss = NonSaturating()
    alone, steps = (ALONE // 2, STEPS // 10) if quick else (ALONE, STEPS)
    optimizer, looks = Adam(1e-2), [Look.at(0, G, D)]
    for step in range(alone):
        discriminator_step(G, D, data_batch(ALONE_BATCH, rng), latent_batch(ALONE_BATCH, rng),
                           loss=loss, optimizer=optimizer, scale=1 - step / alone)
        report()
        if (step + 1) % (alone // LOOKS) == 0:
            looks.append(Look.at(step + 1, G, D))
    game = [Look.at(0, G, D)]
    for look in looks_of(G, D, loss, "Adam", K, steps, rng, report,
                         max(1, steps // LOOKS), "cosine"):
        game.append(look)
    return Film(looks, game)


def looks_of(G, D, loss, optimizer, k, steps, rng, report, every, schedule="constant"):
    """Train; yield a Look after every `every` steps, and after the last."""
    d_optimizer, g_optimizer = (make() for make in OPTIMIZERS[optimizer])
    for record in train(G, D, lambda n: data_batch(n, rng), loss=loss, steps=steps, rng=rng, k=k,
                        batch_size=BATCH, latent=latent_batch, d_optimizer=d_optimizer,
                        g_optimizer=g_optimizer, schedule=schedule):
        report()
        if (record.step + 1) % every == 0 or record.step + 1 == steps:
            yield Look.at(record.step + 1, G, D)


@dataclasses.dataclass
class Variant:
    """One way to play, over several seeds."""

    loss: str
    optimizer: str
    k: int
    ends: list  # the last Look of each seed

    @property
    def jsds(self):
        return [look.jsd for look in self.ends]

    @property
    def mean(self):
        return statistics.fmean(self.jsds)

    @property
    def spread(self):
        """Half of the range over the seeds."""
        return (max(self.jsds) - min(self.jsds)) / 2


def variants(seed, quick=False, report=lambda: None):
    """All of them: two losses, two optimisers, three k, each with the same seeds."""
    steps, seeds = (STEPS // 20, 1) if quick else (STEPS, SEEDS)
    found = []
    for optimizer, loss, k in itertools.product(OPTIMIZERS, LOSSES, KS):
        ends = []
        for one in range(seed, seed + seeds):
            rng = np.random.default_rng([one, 1])
            G, D = networks(rng)
            look = Look.at(0, G, D)
            try:
                *_, look = looks_of(G, D, LOSSES[loss](), optimizer, k, steps, rng, report, steps)
            except TrainingDiverged:
                look = Look.at(steps, G, D)  # as it was left
            ends.append(look)
        found.append(Variant(loss, optimizer, k, ends))
    return found


# -- in words, and as figures ----------------------------------------------------------------------


def said_of_game(film):
    """The moments of the film as a table, and what follows from them."""
    lines = [f"{'The game on a line':<28}{'V(D, G)':>10}{'V(D*, G)':>10}{'JSD':>9}"
             f"{'|D − D*|':>10}{'branches of G':>15}"]
    middle = film.game[len(film.game) // 4]
    for name, look in (("before training", film.alone[0]),
                       (f"{film.alone[-1].step} steps of D alone", film.alone[-1]),
                       (f"{middle.step} steps of G", middle),
                       (f"{film.game[-1].step} steps of G", film.game[-1])):
        lines.append(f"  {name:<26}{look.value:>10.4f}{look.best:>10.4f}{look.jsd:>9.4f}"
                     f"{look.distance:>10.3f}{look.branches:>15}")
    first, trained, end = film.alone[0], film.alone[-1], film.game[-1]
    nearer = end.jsd < trained.jsd
    return lines + [
        "", f"Alone, D goes from {first.distance:.3f} to {trained.distance:.3f} from D* (the "
        f"largest distance where there are data or generated points), and V from "
        f"{first.value:.3f} to {trained.value:.3f}, of {trained.best:.3f} that D* has. "
        f"With G, the divergence goes from {trained.jsd:.4f} to {end.jsd:.4f}, so p_model has come "
        f"{'nearer to' if nearer else 'no nearer to'} p_data, and V(D, G) is "
        f"{end.value + LN4:+.4f} from −ln 4 = −1.3863."]


def figures_of_game(film):
    return [{"after": after, "steps": look.step, "value": look.value, "best": look.best,
             "jsd": look.jsd, "distance": look.distance, "branches": look.branches}
            for after, look in (("nothing", film.alone[0]), ("D alone", film.alone[-1]),
                                ("the game", film.game[-1]))]


def said_of_variants(found):
    """The divergence at the end as a table, and what follows from it."""
    steps, seeds = found[0].ends[0].step, len(found[0].ends)
    lines = [f"JSD after {steps} steps of G, mean ± half the range of {seeds} "
             f"seed{'s' * (seeds > 1)}",
             " " * 32 + "".join(f"{f'k = {k}':<18}" for k in KS).rstrip()]
    for optimizer, loss in itertools.product(OPTIMIZERS, LOSSES):
        row = [one for one in found if (one.optimizer, one.loss) == (optimizer, loss)]
        lines.append(f"  {f'{optimizer}, {loss}':<30}"
                     + "".join(f"{f'{one.mean:.4f} ± {one.spread:.4f}':<18}" for one in row)
                     .rstrip())
    folded = [look.branches > 1 for one in found for look in one.ends]
    return lines + ["", " ".join([
        *(compared(found, "k", *pair, "k = {}") for pair in zip(KS, KS[1:])),
        compared(found, "loss", *LOSSES, "the {} loss"),
        compared(found, "optimizer", *OPTIMIZERS, "{}"),
        f"G has folded in {sum(folded)} of {len(folded)} trainings."])]


def compared(found, name, first, second, words):
    """A sentence: of the pairs of trainings that differ in one setting alone, in how many its
    second value ends nearer to the data than its first."""
    pairs = paired(found, name, first, second)
    text = f"{words.format(second)} ends nearer to the data than {words.format(first)}"
    text = "T" + text[1:] if text.startswith("the ") else text
    return f"{text} in {sum(b < a for a, b in pairs)} of {len(pairs)} pairs."


def paired(found, name, first, second):
    """[(JSD with the first value of a setting, with the second)], all else and the seed equal."""
    others = [other for other in ("loss", "optimizer", "k") if other != name]

    def of(value):
        return {(*(getattr(one, other) for other in others), seed): jsd for one in found
                if getattr(one, name) == value for seed, jsd in enumerate(one.jsds)}
    before, after = of(first), of(second)
    return [(before[key], after[key]) for key in before]


def figures_of_variants(found):
    return [{"optimizer": one.optimizer, "loss": one.loss, "k": one.k, "jsd": one.jsds,
             "branches": [look.branches for look in one.ends]} for one in found]
