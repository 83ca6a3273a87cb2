"""One player learns while the other stands still: whose job is easier?

A pair is trained, and kept at several ages. Against the G of an age a new D learns to tell real
from generated; against the D of that age a new G learns to fool it. D has won when it judges three
samples in four correctly, G when three samples in four are taken for real.
"""

import dataclasses

import numpy as np

from numgan.data import sampler
from numgan.losses import NonSaturating
from numgan.optimizers import Adam
from numgan.training import discriminator_step, generator_step, standard_normal

from .games import BASES, WIDTHS, d_convolutions, d_mlp, g_convolutions, g_mlp, latent_of

AGES = (0.02, 0.2, 1.0)  # shares of the training
WON = 0.75
LOOKS = 60  # at the player, at steps that grow by equal factors
JUDGED, BATCH = 1000, 64


@dataclasses.dataclass(frozen=True)
class Duel:
    dataset: str
    job: str  # "D" or "G": who learns
    age: float  # of the other player
    width: int

    @property
    def name(self):
        who = {"D": "a new D tells the G", "G": "a new G fools the D"}[self.job]
        return f"{self.dataset}, {who} of {100 * self.age:g} %, width {self.width}"


def duels_of(dataset):
    return [Duel(dataset, job, age, width) for age in AGES for width in WIDTHS[dataset]
            for job in "DG"]


def fight_all(reference, dataset, seed, steps, most, report=lambda step, note="": None):
    """Train the pair of the data set for `steps` steps, and fight all duels against its ages, each
    for at most `most` steps; a dict with a dict of figures for each duel."""
    training = BASES[dataset].recipe(reference, steps).start(reference.real, seed)
    ages = {max(1, round(age * steps)): age for age in AGES}
    found = {}
    for record in training:
        report(record.step + 1)
        age = ages.get(record.step + 1)
        if age is None:
            continue
        fixed = training.generator.copy(), training.discriminator.copy()
        for duel in duels_of(dataset):
            if duel.age == age:
                found[duel.name] = {"part": "duel", **dataclasses.asdict(duel), "seed": seed,
                                    **fight(reference, duel, *fixed, seed, most)}
    return found


def fight(reference, duel, generator, discriminator, seed, most):
    """{"steps": int, or None if it was not done in `most`; "parameters"; for G's job "precision"
    and "recall" of the samples that do it}."""
    rng = np.random.default_rng([seed, 4, duel.width, "DG".index(duel.job)])
    plane = reference.network is None
    size, _, channels = (0, 0, 0) if plane else reference.shown.shape[1:]
    if duel.job == "D":
        player = discriminator = (d_mlp if plane else d_convolutions)(duel.width, size, channels,
                                                                      rng)
    else:
        player = generator = (g_mlp if plane else g_convolutions)(duel.width, size, channels, rng)
    real = sampler(reference.real if plane else reference.real.images, rng)
    loss, optimizer = NonSaturating(), Adam(1e-3, 0.5, 0.999)
    looks = set(np.geomspace(1, most, LOOKS).round().astype(int))
    judged = real(min(JUDGED, len(reference.shown)))
    z = standard_normal(np.random.default_rng([seed, 5]), (len(judged), latent_of(reference)),
                        np.float32)
    found = {"steps": None, "parameters": player.theta.size}
    for step in range(1, most + 1):
        latents = standard_normal(rng, (BATCH, latent_of(reference)), np.float32)
        if duel.job == "D":
            discriminator_step(generator, player, real(BATCH), latents, loss=loss,
                               optimizer=optimizer)
        else:
            generator_step(player, discriminator, latents, loss=loss, optimizer=optimizer)
        if step in looks and share_won(duel.job, generator, discriminator, judged, z) >= WON:
            found["steps"] = step
            break
    if duel.job == "G":
        score = reference.measured(generator(z))
        found |= {name: score[name] for name in ("precision", "recall")}
    return found


def share_won(job, generator, discriminator, real, z):
    """For D's job the share of samples that it judges correctly, half of them real; for G's the
    share of its own samples that are taken for real."""
    fooled = float((discriminator(generator(z)) > 0).mean())
    if job == "G":
        return fooled
    return (float((discriminator(real) > 0).mean()) + 1 - fooled) / 2
