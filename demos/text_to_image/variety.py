"""Pictures of one caption that differ: a reward for G, and the measure of it.

A caption leaves open where things lie. But captions themselves vary, so a G that draws just one
picture for each caption has varied batches, and a D that sees pair by pair finds little to object
to. Such a G ignores z, and no share of right pictures shows it. So G is told what D does not tell:

    G minimises  L_G − λ mean min(d, τ),    d = mean over cells of 4x4 pixels of |x̄ − x̄′|

Two pictures x, x′ of one caption should differ, up to τ, and still convince D. They are compared in
cells, where noise makes no difference. Yang et al. 2019 (diversity-sensitive conditional GANs), eq.
3 and 4, without their division by ‖z − z′‖; Mao et al. 2019.
"""

import numpy as np

from numgan.data.captions import render_scenes

CELL = 4  # pixels a side


def reward(some, others, weight, most):
    """(λ mean min(d, τ), its gradient with respect to `some`; to `others` it is the negative) of
    pictures (N, H, W, C), H and W multiples of CELL. weight : λ; most : τ"""
    difference = cells(some - others)
    distance = np.abs(difference).mean(axis=(1, 2, 3))
    slope = weight / some.size * (distance < most)
    slopes = np.sign(difference) * slope[:, None, None, None].astype(some.dtype)
    return (weight * float(np.minimum(distance, most).mean()),
            slopes.repeat(CELL, axis=1).repeat(CELL, axis=2))


def typical_difference(scenes, size, rng):
    """The mean of d over two real pictures x, x′ of each scene: a number."""
    one, other = (render_scenes(scenes, rng, size) for _ in range(2))
    return float(np.abs(cells(one - other)).mean())


def cells(images):
    """The mean of each cell: (N, H, W, C) → (N, H / CELL, W / CELL, C)."""
    n, height, width, channels = images.shape
    return images.reshape(n, height // CELL, CELL, width // CELL, CELL, channels).mean(axis=(2, 4))


def mean_distance(images):
    """The mean Euclidean distance between two of N pictures, over all pairs: a number."""
    x = images.reshape(len(images), -1).astype(np.float64)
    squares = (x * x).sum(axis=1)
    distances = np.sqrt((squares[:, None] + squares - 2 * x @ x.T).clip(0))
    return float(distances.sum() / (len(x) * (len(x) - 1)))


def variety(draw, scenes, size, rng, pictures=20):
    """The mean distance between `pictures` pictures of one scene, as a share of that between real
    ones: over all `scenes`, a number. 0: one picture for each caption; about 1: as in the world.

    draw : function of a list of scenes that returns a picture of each
    """
    sums = np.zeros(2)
    for scene in scenes:
        same = [scene] * pictures
        sums += mean_distance(draw(same)), mean_distance(render_scenes(same, rng, size))
    return float(sums[0] / sums[1])
