"""The layers, a family a file; `base` says what they have in common."""

from .activations import LeakyReLU, ReLU, Sigmoid, Tanh
from .base import Layer
from .conv import Conv2D, ConvTranspose2D
from .dense import Dense
from .noise import Dropout, GaussianNoise
from .norm import BatchNorm
from .shape import Flatten, Reshape

__all__ = ["BatchNorm", "Conv2D", "ConvTranspose2D", "Dense", "Dropout", "Flatten",
           "GaussianNoise", "Layer", "LeakyReLU", "ReLU", "Reshape", "Sigmoid", "Tanh"]
