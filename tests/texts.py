"""Random numbers, and texts of random words, for the tests of layers that read texts."""

import numpy as np


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def texts(lengths, length, features, seed=0):
    """(N, length, features + 1): random words, random numbers where there are none, the mask."""
    x = normal(len(lengths), length, features + 1, seed=seed)
    x[..., -1] = np.arange(length) < np.array(lengths)[:, None]
    return x
