"""Data to train on: 2D toys with known modes, digits, MNIST, captioned pictures, and batches."""

from . import captions
from .captions import CaptionData
from .idx import read_idx
from .images import digits, mnist
from .sampling import batches, sampler
from .toys import (TOYS, Curve, Mixture, Toy2D, circles, gaussians, grid, moons, ring, spiral,
                   swiss_roll, toy)

__all__ = ["TOYS", "CaptionData", "Curve", "Mixture", "Toy2D", "batches", "captions", "circles",
           "digits", "gaussians", "grid", "mnist", "moons", "read_idx", "ring", "sampler", "spiral",
           "swiss_roll", "toy"]
