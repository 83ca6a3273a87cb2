"""numgan: generative adversarial networks from scratch in NumPy, for reading."""

from .layers import (BatchNorm, Conv2D, ConvTranspose2D, Dense, Dropout, Flatten, GaussianNoise,
                     Layer, LeakyReLU, ReLU, Reshape, Sigmoid, Tanh)
from .losses import Minimax, NonSaturating
from .memory import keep_freed_memory
from .network import Network
from .optimizers import SGD, Adam, RMSprop

keep_freed_memory()

__version__ = "0.1.0"
__all__ = ["Adam", "BatchNorm", "Conv2D", "ConvTranspose2D", "Dense", "Dropout", "Flatten",
           "GaussianNoise", "Layer", "LeakyReLU", "Minimax", "Network", "NonSaturating",
           "RMSprop", "ReLU", "Reshape", "SGD", "Sigmoid", "Tanh"]
