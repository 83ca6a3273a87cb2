"""The recipe of `demos.text_to_image`, a training by it, and what is right in its pictures."""

import numpy as np

from numgan import Adam, NonSaturating
from numgan.penalties import R1
from numgan.training import WeightAverage, train

from . import networks as text_to_image, reader
from .rule import Told
from .variety import typical_difference, variety

RECIPE = dict(size=24, latent=32, width=64, d_width=32, features=64, hidden=512, steps=7_000,
              batch_size=32, rate=6e-4, d_rate=6e-4, beta1=0.0, beta2=0.99, weight=0.05,
              varied=10.0, most=0.7, reading=4.0, encoder="word by word")
PARTS = ("colour", "position", "shape", "size")
MEASURED = (*PARTS, "variety")
JUDGED = 2  # pictures of each held-out caption
VARIED = 60  # captions whose variety is measured


def networks(recipe, **changes):
    """(generator, discriminator) of a recipe; changes : arguments of `networks.networks`"""
    rng = np.random.default_rng(recipe["seed"])
    return text_to_image.networks(
        recipe["size"], recipe["latent"], recipe["width"], recipe["d_width"], recipe["hidden"],
        recipe["features"], recipe["encoder"], **changes, rng=rng)


def begun(recipe, data, schedule, players, near=True, report=lambda step: None):
    """The training of players = (generator, discriminator) by a recipe, and its weight average.
    The reader has learned to read then. near : as in `CaptionPairs`; report : is told the reader's
    steps"""
    pairs_rng, train_rng = np.random.default_rng(recipe["seed"]).spawn(2)
    source = text_to_image.CaptionPairs(data, recipe["latent"], pairs_rng, near)
    average = WeightAverage(players[0], 0.998)
    some = [data.train[i] for i in pairs_rng.choice(len(data.train), VARIED)]
    most = recipe["most"] * typical_difference(some, data.size, pairs_rng)
    reading = recipe["reading"]
    read = reader.fitted(data, [recipe["seed"], 3], min(reader.STEPS, recipe["steps"]),
                         report) if reading else None
    return train(*players, source.real, loss=NonSaturating(),
                 steps=recipe["steps"], rng=train_rng, batch_size=recipe["batch_size"],
                 g_optimizer=Adam(recipe["rate"], recipe["beta1"], recipe["beta2"]),
                 d_optimizer=Adam(recipe["d_rate"], recipe["beta1"], recipe["beta2"]),
                 average=average, latent=source.latents, d_batches=source.d_batches,
                 penalty=R1(recipe["weight"]) if recipe["weight"] else None,
                 updates=Told(recipe["varied"], most, reading, read), schedule=schedule), average


def drawing(generator, latent, rng):
    """The function of a list of scenes that returns a picture of each."""
    def drawn(scenes):
        z = text_to_image.standard_z(rng, len(scenes), latent)
        return text_to_image.drawn(generator, scenes, z)
    return drawn


def shares(draw, scenes, size, rng, every=1):
    """Numbers for what is drawn of the scenes: the shares of right colour, position, shape and
    size, and the variety as a share of that of real pictures."""
    some = rng.permutation(list(dict.fromkeys(scenes)))[:max(1, VARIED // every)]
    right = text_to_image.judged(draw(scenes), scenes).mean(axis=0)
    return [float(share) for share in (*right, variety(draw, some, size, rng))]
