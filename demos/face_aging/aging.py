"""A generator of faces at an age, the way from a photo to its latent, and the baselines.

G makes a face from z, who it is, and c, how old. D sees faces with their ages, and never one person
at two ages, so it does not demand that the person stays the same when c changes. Therefore G also
pays, in batches of twins, for what a recogniser finds changed (`Twins`).
"""

import numpy as np

from numgan import Adam, inversion, models
from numgan.costs import L2, Features
from numgan.data import faces
from numgan.layers import Conv2D, Dense, Flatten, LeakyReLU
from numgan.networks import Network
from numgan.pairs import Pair, x_of
from numgan.presets.images import as_wide_as_data
from numgan.training import Alternating, discriminator_step, fit, generator_step, standard_normal

from ..common import progress
from ..faces import AGES, age_code

LATENT, WIDTH, HIDDEN = 16, 24, 128
FEATURES = 9  # photos are compared by the output of this many layers of the recogniser


def networks(rng):
    """(generator, discriminator): a conditional DCGAN. The age modulates every BatchNorm of G and
    is compared with D's last features."""
    return models.conditional_dcgan(
        faces.SIZE, 3, AGES, LATENT, WIDTH, WIDTH, HIDDEN, normalization=None, head="projection",
        modulated=True, d_init="he", last_init=as_wide_as_data, rng=rng)


class Real:
    """The function n → a pair of real faces and the codes of their ages."""

    remembers = ("rng",)

    def __init__(self, photos, rng):
        self.photos, self.codes, self.rng = photos, age_code(photos.ages), rng

    def __call__(self, n):
        some = self.rng.integers(len(self.photos), size=n)
        return Pair(self.photos.images[some], self.codes[some])


def twins(n, rng):
    """(z, code of an age), in which the second half has the same z as the first, at other ages."""
    z = standard_normal(rng, (n, LATENT), np.float32)
    z[n // 2:2 * (n // 2)] = z[:n // 2]
    return Pair(z, age_code(rng.uniform(0, AGES - 1, n)))


twins.remembers = ()


class Twins(Alternating):
    """Algorithm 1, whose G also pays for making two persons from one z.

        L_G + weight · mean over twins, over numbers k, (a_k − b_k)² / (s_k² + t_k² + floor²)

    a and b are what the recogniser reads off the twins' faces. s and t are the errors with which it
    reads this number at the age of each: it cannot say what colour white hair had, and G does not
    pay for that. Compare Wang et al. 2018 (IPCGAN), whose generator pays for changed features of a
    face.
    """

    def __init__(self, reader, weight=0.3, floor=0.15):
        super().__init__()
        self.network, self.weight, self.floor = reader.network, weight, floor
        self.spread = reader.spread.astype(np.float32)

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p, real = players, real_batch()
        d = discriminator_step(p.generator, p.discriminator, real, latent_batch(), loss=p.loss,
                               optimizer=p.d_optimizer, scale=scale, penalty=p.penalty, rng=p.rng)
        z = latent_batch()
        g = generator_step(p.generator, p.discriminator, z, loss=p.loss, optimizer=p.g_optimizer,
                           scale=scale, real=real, beside=lambda y: self.distance(y, z.c))
        return d, g

    def distance(self, y, codes):
        """(value, its gradient with respect to y) of faces whose second half are twins of the
        first."""
        read, cache = self.network.forward(y)
        half = len(y) // 2
        a, b = slice(half), slice(half, 2 * half)
        squares = (codes @ self.spread) ** 2
        shares = self.weight / (squares[a] + squares[b] + self.floor ** 2) / squares[a].size
        apart = read[a, :-1] - read[b, :-1]  # the last number is the age
        d = np.zeros_like(read)
        d[a, :-1] = 2 * shares * apart
        d[b] = -d[a]
        return (shares * apart ** 2).sum(), self.network.backward(d, cache, param_grads=False)


def made(generator, z, ages):
    """Faces of z (N, latent) at these ages, (N,) or one for all."""
    return x_of(generator((z, age_code(np.broadcast_to(ages, len(z))))))


def encoder_of(generator, steps, rng, batch_size=64):
    """A network photo → z, fitted to what G makes, since the z of that is known."""
    width = 16
    network = Network(
        [Conv2D(3, width, 4, stride=2, padding=1, init="he"), LeakyReLU(),
         Conv2D(width, 2 * width, 4, stride=2, padding=1, init="he"), LeakyReLU(),
         Conv2D(2 * width, 4 * width, 4, stride=2, padding=1, init="he"), LeakyReLU(),
         Flatten(), Dense(64 * width, HIDDEN, init="he"), LeakyReLU(), Dense(HIDDEN, LATENT)],
        rng=rng, input_shape=(faces.SIZE, faces.SIZE, 3))

    def batch():
        given = twins(batch_size, rng)
        return x_of(generator.forward(given)[0]), given.x

    for _ in progress(fit(network, batch, L2(), steps=steps, optimizer=Adam(2e-3, 0.9),
                          schedule="cosine"), total=steps, desc="encoder", unit=" steps"):
        pass
    return network


class Aging:
    """Each way from a photo to the person at another age.

        aging = Aging(generator, encoder, recogniser, photos, ...)
        aging.faces("encoder alone", images, 5)

    photos : `faces.Photos`, from which the mean face of each age is taken
    images : (N, 32, 32, 3), the photos whose people are to grow older or younger; their ages are
        those that the recogniser reads
    search, tuning : int, steps of the optimisation of z, and of G for each photo
    """

    def __init__(self, generator, encoder, recogniser, photos, images, search, tuning, rate=5e-4,
                 rng=None):
        self.generator, self.images = generator, images
        codes = age_code(photos.ages)
        self.means = np.tensordot(codes / codes.sum(axis=0), photos.images, (0, 0))
        self.ages = np.clip(recogniser.read(images)[1], 0, AGES - 1)
        given = age_code(self.ages)
        z = encoder(images)

        def found(cost):
            return inversion.invert(generator, images, rng=rng, starts=z, steps=search, cost=cost,
                                    condition=given, every=max(1, search)).z

        self.z = {"encoder alone": z, "pixels alone": found(L2()),
                  "features": found(Features(recogniser.network, FEATURES))}
        at = self.z["features"]
        self.tuned = [inversion.tune(generator, at[i:i + 1], images[i:i + 1], steps=tuning,
                                     cost=L2(), condition=given[i:i + 1], optimizer=Adam(rate))[0]
                      for i in progress(range(len(images)), desc="tuning", unit=" photos")]

    METHODS = ("photo unchanged", "mean difference", "encoder alone", "pixels alone", "features",
               "features, G tuned")

    def faces(self, method, ages):
        """(N, 32, 32, 3): everybody at these ages, (N,) or one for all."""
        ages = np.broadcast_to(ages, len(self.images))
        if method == "photo unchanged":
            return self.images
        if method == "mean difference":
            shift = np.tensordot(age_code(ages) - age_code(self.ages), self.means, (1, 0))
            return np.clip(self.images + shift, -1, 1)
        if method == "features, G tuned":
            z = self.z["features"]
            return np.concatenate([made(G, z[i:i + 1], ages[i:i + 1])
                                   for i, G in enumerate(self.tuned)])
        return made(self.generator, self.z[method], ages)

    def reconstruction(self, method):
        """What the way makes of the photo at its own age."""
        return self.faces(method, self.ages)
