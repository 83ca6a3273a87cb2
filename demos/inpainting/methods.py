"""Ways to fill a hole: what one would try first, a context encoder, and a generator's latents."""

import dataclasses
import time

import numpy as np

from numgan import (Adam, Network, NonSaturating, Relativistic, Softmax, Translation, costs, data,
                    fit, metrics, models)
from numgan._optional import needed_by
from numgan.inversion import invert
from numgan.penalties import R1R2
from numgan.presets.images import as_wide_as_data, falling
from numgan.training import WeightAverage, train

from ..jobs import ending
from ..pix2pix.worlds import nearest_of
from . import networks
from .holes import HOLES, SIZE, HoledPairs, holed, mask_of, world

TITLES = {"l1": "encoder, L1 alone", "l2": "encoder, L2 alone", "gan": "encoder, L1 + GAN",
          "reader": "encoder, with a reader", "inversion": "inversion of a GAN"}
METHODS = {"mnist": ("l1", "gan", "reader", "inversion"),
           **dict.fromkeys(("houses", "photos", "folder"), ("l2", "gan", "inversion"))}
# the first is the plain one
# penalty : weight of R1 and R2, with the loss of R3GAN; 0: the plain GAN, with BatchNorm in D,
#     which is enough for digits. On houses it learned noise
RECIPE = dict(width=12, d_width=16, batch_size=16, weight=300.0, rate=1e-3, d_rate=5e-4, beta1=0.5,
              average=0.995, latent=64, g_width=24, hidden=256, g_batch=32, g_rate=1e-3,
              g_beta2=0.99, penalty=0.5)
READER_STEPS = 2500
RECIPES = {"mnist": dict(RECIPE, width=16, batch_size=32, weight=50.0, latent=32, g_width=16,
                         hidden=128, g_batch=64, g_beta2=0.9, penalty=0.0, reading=0.05)}
# of an encoder and of the GAN. With more steps an encoder of houses comes no nearer to the truth,
# and its D demands more contrast than walls have
STEPS = {"mnist": (6000, 8000), "houses": (3000, 8000), "photos": (1500, 2000),
         "folder": (3000, 8000)}
STARTS, INVERTED = 4, 120  # latents for each picture, and how many steps each takes
DRAWN = 100  # each start is the best of so many latents: small steps do not lead from dusk to day
TOGETHER = 50
FILMED, FRAMES, FILM_ROWS = "right half", 12, 4  # a film of this hole: frames, and pictures in it
NEAR = 1.25  # times the best start's distance around the hole, up to which a completion counts


# -- what one would try first ----------------------------------------------------------------------


def mean(pairs, mask):
    return np.broadcast_to(pairs.train.mean(axis=0), pairs.held.shape)


def nearest(pairs, mask):
    """The training picture that is nearest around the hole."""
    return pairs.train[nearest_of(pairs.train * (1 - mask), pairs.held * (1 - mask))]


def ridge(pairs, mask):
    """Every pixel of the hole as the best linear function of those around it."""
    with needed_by("ridge regression"):
        from sklearn.linear_model import Ridge
    inside = np.broadcast_to(mask > 0, pairs.train.shape[1:]).ravel()
    known, held = (part.reshape(len(part), -1) for part in (pairs.train, pairs.held))
    outside = ~inside & (known.std(axis=0) > 0)
    made = held.copy()
    made[:, inside] = Ridge(alpha=len(known) / 100).fit(
        known[:, outside], known[:, inside]).predict(held[:, outside])
    return np.clip(made, -1, 1).reshape(pairs.held.shape)


BASELINES = {"mean picture": mean, "ridge regression": ridge, "nearest picture": nearest}


# -- trainings -------------------------------------------------------------------------------------


@dataclasses.dataclass
class Filled:
    """What a method made. made : hole → pictures"""

    method: str
    seed: int
    steps: int = 0
    seconds: float = 0.0  # of processor time
    stopped: str = ""
    theta: np.ndarray | None = None
    buffer: np.ndarray | None = None
    made: dict = dataclasses.field(default_factory=dict)
    completions: np.ndarray | None = None  # (pictures, starts, ...) of the hole FILMED
    at: np.ndarray | None = None  # steps of the film of the first few of them
    film: np.ndarray | None = None  # (steps, pictures, starts, ...)
    varies: float = float("nan")


def train_one(about, method, seed, steps, recipe, inverted, saver,
              report=lambda step, note="": None):
    """Train by a method, and fill all holes of the held-out pictures; a `Filled`."""
    pairs = world(*about)
    one = Filled(method, seed)
    begun, network = time.process_time(), None
    with ending(one):
        if method == "inversion":
            network, run = generative(pairs, seed, steps, recipe)
        else:
            network, run = encoding(pairs, method, seed, steps, recipe, report)
        made = f"{steps} steps of {recipe} on {about}"
        if hasattr(run, "save"):
            before = saver.begin(run).get("seconds", 0.0)
            one.steps, one.seconds = run.done, before
            try:
                for record in run:
                    one.steps = record.step + 1
                    one.seconds = before + time.process_time() - begun
                    report(one.steps, TITLES[method])
                    saver.now_and_then(lambda: {"seconds": one.seconds})
            finally:
                saver.save({"seconds": one.seconds})
        elif (kept := saver.kept(network, made)) is not None:
            one.steps, one.seconds = steps, kept.get("seconds", 0.0)
        else:
            for one.steps, _ in enumerate(run, 1):
                one.seconds = time.process_time() - begun
                report(one.steps, TITLES[method])
            saver.keep(network, made, seconds=one.seconds)
    if network is None:  # stopped while the reader learned
        return one
    one.theta, one.buffer = network.theta.copy(), network.buffer.copy()
    if method == "inversion":
        complete(one, pairs, network, inverted)
    else:
        one.made = {hole: encoded(network, pairs.held, mask_of(hole)) for hole in HOLES}
    return one


def untrained(method, channels, recipe, rng=0):
    """The network that fills holes: an encoder, or for inversion a generator of z."""
    if method != "inversion":
        return networks.encoder(SIZE, channels, recipe["width"], rng=rng)
    return models.dcgan_generator(SIZE, channels, recipe["latent"], recipe["g_width"],
                                  recipe["hidden"], rng=rng,
                                  last_init=as_wide_as_data if recipe["penalty"] else "dcgan")


def trained(one, pairs, recipe):
    """(the network of a `Filled`, what `applying.keep` keeps beside it)."""
    settings = {"method": one.method, "channels": pairs.train.shape[-1], "recipe": recipe}
    network = untrained(**settings)
    network.theta[...], network.buffer[...] = one.theta, one.buffer
    return network, settings


def encoding(pairs, method, seed, steps, recipe, report):
    """(averaged encoder, what trains it)."""
    channels = pairs.train.shape[-1]
    encoder = untrained(method, channels, recipe, [seed, 1])
    average = WeightAverage(encoder, recipe["average"])
    batch = min(recipe["batch_size"], len(pairs.train))
    real = HoledPairs(pairs.train, np.random.default_rng([seed, 2]))
    optimizer = Adam(recipe["rate"], beta1=recipe["beta1"])
    if method in ("gan", "reader"):
        cost = costs.L1()
        if method == "reader":
            cost = costs.Sum((cost, 1.0), (seen_by_reader(pairs, seed, steps, report),
                                           recipe["reading"]))
        D = networks.discriminator(SIZE, channels, recipe["d_width"], rng=[seed, 3])
        return average.network, train(
            encoder, D, real, loss=NonSaturating(), steps=steps,
            rng=np.random.default_rng([seed, 4]), batch_size=batch, average=average,
            updates=Translation(cost, recipe["weight"]), g_optimizer=optimizer,
            d_optimizer=Adam(recipe["d_rate"], beta1=recipe["beta1"]), schedule=falling)

    def draw():
        pair = real(batch)
        return pair.c, pair.x

    def fitted():
        for value in fit(encoder, draw, costs.L2() if method == "l2" else costs.L1(), steps=steps,
                         optimizer=optimizer, schedule=falling):
            average.update()
            yield value
    return average.network, fitted()


def seen_by_reader(pairs, seed, most, report):
    """The cost of a picture in which another digit is read than in the true one: cross-entropy of
    what a LeNet says of both. This LeNet learns on the training pictures, in at most `most` steps;
    the judge is another one."""
    reader = metrics.fit_lenet(pairs.train, pairs.labels, np.random.default_rng([seed, 6]),
                               min(READER_STEPS, most),
                               report=lambda step, loss: report(0, "a reader learns first"))
    network = Network.of_trained([reader.network, Softmax()], input_shape=pairs.train.shape[1:])
    return costs.Features(network, cost=costs.LogLikelihood())


def generative(pairs, seed, steps, recipe):
    """(averaged generator of z, what trains it): a DCGAN of the pictures themselves."""
    channels, rng = pairs.train.shape[-1], np.random.default_rng([seed, 1])
    normalization, init, loss, penalty = "batch", "dcgan", NonSaturating(), None
    if recipe["penalty"]:
        normalization, init = None, "he"
        loss, penalty = Relativistic(), R1R2(recipe["penalty"])
    G = untrained("inversion", channels, recipe, rng)
    D = models.dcgan_discriminator(SIZE, channels, recipe["g_width"], hidden=recipe["hidden"],
                                   rng=rng, normalization=normalization, init=init)
    average = WeightAverage(G)

    def optimizer():
        return Adam(recipe["g_rate"], beta1=0.0, beta2=recipe["g_beta2"])
    return average.network, train(
        G, D, data.sampler(pairs.train, np.random.default_rng([seed, 2])), loss=loss,
        penalty=penalty, steps=steps, rng=np.random.default_rng([seed, 4]), average=average,
        batch_size=min(recipe["g_batch"], len(pairs.train)), schedule=falling,
        g_optimizer=optimizer(), d_optimizer=optimizer())


# -- filling ---------------------------------------------------------------------------------------


def encoded(network, images, mask):
    return np.concatenate([network(holed(images[start:start + TOGETHER], mask)).x
                           for start in range(0, len(images), TOGETHER)])


def complete(one, pairs, generator, inverted):
    """For each hole, seek latents whose pictures match what is around it, from STARTS starts."""
    for index, hole in enumerate(HOLES):
        mask, rng = mask_of(hole), np.random.default_rng([one.seed, 5, index])
        every, values = [], []
        for start in range(0, len(pairs.held), TOGETHER):
            found = sought(generator, pairs.held[start:start + TOGETHER], mask, inverted, rng)
            every.append(drawn(generator, found.every_z))
            values.append(found.every_value)
            if hole == FILMED and not start:
                one.at, one.film = found.at, drawn(generator, found.film[:, :FILM_ROWS])
        every, values = np.concatenate(every), np.concatenate(values)
        best = values.argmin(axis=1)
        one.made[hole] = every[np.arange(len(every)), best]
        if hole == FILMED:
            one.completions, one.varies = every, variety(every, values, pairs.held, mask)


def sought(generator, held, mask, steps, rng, bar=False):
    """The `Inversion` of pictures with a hole, from STARTS starts each, with a film of FRAMES."""
    return invert(generator, held, 1 - mask, rng=rng, starts=begun(generator, held, mask, rng),
                  steps=steps, every=max(1, -(-steps // (FRAMES - 1))),
                  optimizer=Adam(0.1, beta1=0.9), bar=bar)


def drawn(generator, z):
    """Pictures (..., SIZE, SIZE, C) of latents (..., latent)."""
    images = generator(z.reshape(-1, z.shape[-1]))
    return images.reshape(*z.shape[:-1], *images.shape[1:])


def begun(generator, held, mask, rng):
    """(pictures, STARTS, latent): each the best of DRAWN latents, the one whose picture is nearest
    around the hole."""
    starts = []
    for _ in range(STARTS):
        z = rng.standard_normal((DRAWN, *generator.input_shape), np.float32)
        starts.append(z[nearest_of(generator(z) * (1 - mask), held * (1 - mask))])
    return np.stack(starts, axis=1)


def variety(every, values, held, mask):
    """How far apart two completions of a picture are in the hole, as a share of how far apart two
    held-out pictures are there: 0 where all are alike. Only completions that fit nearly as well as
    the best (NEAR) count."""
    good = values <= NEAR * values.min(axis=1, keepdims=True)
    inside = np.broadcast_to(mask > 0, held.shape[1:])
    apart = [np.abs(pictures[a][inside] - pictures[b][inside]).mean()
             for pictures, fits in zip(every, good)
             for a in range(len(fits)) for b in range(a) if fits[a] and fits[b]]
    others = np.abs(held - np.roll(held, 1, axis=0))[:, inside].mean()
    return float(np.mean(apart) / others) if apart else 0.0
