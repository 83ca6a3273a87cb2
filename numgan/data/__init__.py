"""Data to train on: 2D toys with known modes, scikit-learn's digits, MNIST, and batches of them."""

from .idx import read_idx
from .images import digits, mnist
from .sampling import batches, sampler
from .toys import (TOYS, Curve, Mixture, Toy2D, circles, gaussians, grid, moons, ring, spiral,
                   swiss_roll, toy)

__all__ = ["TOYS", "Curve", "Mixture", "Toy2D", "batches", "circles", "digits", "gaussians", "grid",
           "mnist", "moons", "read_idx", "ring", "sampler", "spiral", "swiss_roll", "toy"]
