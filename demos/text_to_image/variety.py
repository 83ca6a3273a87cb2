"""How much pictures of one caption differ, beside the world's own.

A caption leaves open where things lie. But captions themselves vary, so a G that draws one picture
of each caption has varied batches, and a D that sees pair by pair finds little to object to: such a
G ignores z, and no share of right pictures shows it.
"""

import numpy as np

from numgan.data.captions import render_scenes


def mean_distance(images):
    """The mean Euclidean distance between two of N pictures, over all pairs: a number."""
    x = images.reshape(len(images), -1).astype(np.float64)
    squares = (x * x).sum(axis=1)
    distances = np.sqrt((squares[:, None] + squares - 2 * x @ x.T).clip(0))
    return float(distances.sum() / (len(x) * (len(x) - 1)))


def variety(draw, scenes, size, rng, pictures=20):
    """The mean distance between `pictures` pictures of one scene, as a share of that between real
    ones: over all `scenes`, a number. 0: one picture of each caption; about 1: as in the world.

    draw : function of a list of scenes that returns a picture of each
    """
    sums = np.zeros(2)
    for scene in scenes:
        same = [scene] * pictures
        sums += mean_distance(draw(same)), mean_distance(render_scenes(same, rng, size))
    return float(sums[0] / sums[1])
