"""Data to train on: 2D toys with known modes, digits, MNIST, captions, faces, and batches."""

from .toys import (Curve, Mixture, Toy2D, circles, gaussians, grid, moons, ring, spiral,
                   swiss_roll)  # first: `DATA_SETS` is in the order of registration
from . import captions, faces, houses
from .captions import CaptionData
from .idx import read_idx
from .images import digits, mnist
from .sampling import batches, sampler
from .sets import (DATA_SETS, ImageSet, ToySet, names, register_images, register_toy, split,
                   toy)

__all__ = ["DATA_SETS", "CaptionData", "Curve", "ImageSet", "Mixture", "Toy2D", "ToySet", "batches",
           "captions", "circles", "digits", "faces", "gaussians", "grid", "houses", "mnist",
           "moons", "names", "read_idx", "register_images", "register_toy", "ring", "sampler",
           "spiral", "split", "swiss_roll", "toy"]
