"""What is measured of a style-based generator: by a judge that reads faces, in a known world."""

import contextlib

import numpy as np

from numgan import latent, metrics
from numgan.data import faces

from ..faces import AGES, PEOPLE
from .networks import LAYERS, drawn, mixed, noise_layers, styles, truncation

PSIS = (1.0, 0.85, 0.7, 0.5, 0.25, 0.0)
NUMBERS = (*faces.FEATURES, "age")
SPLITS = range(1, LAYERS)  # the layer from which on the styles are B's


class Judge:
    """A `faces.Reader` and real faces: what it reads off others is compared with what it reads off
    these. ceiling : what a second real sample scores."""

    def __init__(self, reader, real, second):
        self.reader, self.read = reader, reader.numbers(real)
        self.ceiling = self.measured(second)

    def measured(self, images):
        """{"precision", "recall", "spread", "error"} of faces. The first two are of what is read,
        with three neighbours. spread : of the numbers read, as a share of the real ones' spread, on
        average. error : the mean of `error`."""
        found = self.reader.numbers(images)
        near = metrics.precision_recall(self.read, found)
        return {"precision": near.precision, "recall": near.recall,
                "spread": float(np.mean(found.std(axis=0) / self.read.std(axis=0))),
                "error": float(self.error(images).mean())}

    def error(self, images):
        """(N,): the mean difference of the pixels from the true face of the numbers that are read.
        For a picture that is no face of this world it is large, whatever is read."""
        people, ages = self.reader.read(images)
        true = faces.render_faces(np.clip(people, -1, 1), np.clip(ages, 0, AGES - 1))
        return np.abs(images - true).mean(axis=(1, 2, 3))


def truncated(network, judge, z):
    """{ψ: measured}: styles moved towards their mean."""
    at, found = truncation(network), {}
    for psi in PSIS:
        at.psi = psi
        found[psi] = judge.measured(drawn(network, styles(network, z)))
    at.psi = 1.0
    return found


def origins(network, judge, z):
    """From whom a mixture has its numbers: (splits, 13) shares of B, and the mean error of each.

    A number of the mixture is nearly α · that of A + β · that of B; the share of B is β² as a share
    of the sum of both squares. The styles of the first `split` layers are A's, the others B's."""
    half = len(z) // 2
    a, b = styles(network, z[:half]), styles(network, z[half:2 * half])
    of_a, of_b = (judge.reader.numbers(drawn(network, w)) for w in (a, b))
    shares, errors = [], []
    for split in SPLITS:
        images = drawn(network, mixed(a, b, split))
        read = judge.reader.numbers(images)
        row = []
        for k in range(PEOPLE + 1):
            sides = np.stack([of_a[:, k], of_b[:, k], np.ones(half)], axis=1)
            alpha, beta, _ = np.linalg.lstsq(sides, read[:, k], rcond=None)[0]
            row.append(beta ** 2 / (alpha ** 2 + beta ** 2))
        shares.append(row)
        errors.append(float(judge.error(images).mean()))
    return np.array(shares), errors


def hybrids(images_a, images_b, side=4):
    """What a skeptic would try first: A's pixels in coarse blocks of side x side, with the fine
    detail of B's."""
    def coarse(images):
        n, h, w, c = images.shape
        means = images.reshape(n, h // side, side, w // side, side, c).mean(axis=(2, 4))
        return means.repeat(side, axis=1).repeat(side, axis=2)
    return np.clip(coarse(images_a) + images_b - coarse(images_b), -1, 1)


def walks(network, z, stops):
    """{"w", "z", "pixels": (stops, N / 2, 32, 32, 3)}: from the first half of z to the second: on
    straight lines between styles, on great circles between latents, and by a cross-fade."""
    half = len(z) // 2
    a, b = z[:half], z[half:2 * half]
    wa, wb = styles(network, a), styles(network, b)
    shares = np.linspace(0, 1, stops)
    with without_noise(network):
        found = {"w": [drawn(network, ((1 - t) * wa + t * wb).astype(np.float32)) for t in shares],
                 "z": [drawn(network, styles(network, latent.great_circle(a, b, float(t))))
                       for t in shares]}
    first, last = found["w"][0], found["w"][-1]
    found["pixels"] = [(1 - t) * first + t * last for t in shares]
    return {name: np.stack(images).astype(np.float32) for name, images in found.items()}


def path_length(judge, walk):
    """(N,): the length of the way in what is read, as a multiple of the distance of its ends."""
    stops, n = walk.shape[:2]
    read = judge.reader.numbers(walk.reshape(stops * n, *walk.shape[2:])).reshape(stops, n, -1)
    steps = np.linalg.norm(np.diff(read, axis=0), axis=-1).sum(axis=0)
    return steps / np.linalg.norm(read[-1] - read[0], axis=-1)


@contextlib.contextmanager
def without_noise(network):
    """Within this context the network draws the same faces from the same styles."""
    layers = noise_layers(network)
    for layer in layers:
        layer.std = 0.0
    try:
        yield
    finally:
        for layer in layers:
            layer.std = 1.0


def noise(network, z, draws=4):
    """Pictures (draws, N, 32, 32, 3) that differ in the noise alone, and (N, 32, 32, 3) without."""
    w = styles(network, z)
    varied = np.stack([drawn(network, w) for _ in range(draws)])
    with without_noise(network):
        return varied, drawn(network, w)
