"""numgan: generative adversarial networks from scratch in NumPy, for reading."""

from . import running  # noqa: F401  first: from here on Ctrl-C ends a command without a traceback
from . import (data, diagnose, game, latent, layers, losses, metrics, networks, optimizers, pairs,
               penalties, plotting, presets, training)
from .game import unrolled
from .layers import (ELU, BatchNorm, Conv2D, ConvTranspose2D, Dense, Dropout, Flatten,
                     GaussianNoise, Layer, LayerNorm, LeakyReLU, ReLU, Reshape, Sigmoid, SiLU,
                     Softplus, SpectralNorm, Tanh)
from .losses import Minimax, NonSaturating
from .networks import Network, models
from ._version import __version__
from .optimizers import SGD, Adam, RMSprop
from .training import train

__all__ = ["Adam", "BatchNorm", "Conv2D", "ConvTranspose2D", "Dense", "Dropout", "ELU", "Flatten",
           "GaussianNoise", "Layer", "LayerNorm", "LeakyReLU", "Minimax", "Network",
           "NonSaturating", "RMSprop", "ReLU", "Reshape", "SGD", "SiLU", "Sigmoid", "Softplus",
           "SpectralNorm", "Tanh", "__version__", "data", "diagnose", "game", "latent", "layers",
           "losses", "metrics", "models", "networks", "optimizers", "pairs", "penalties",
           "plotting", "presets", "train", "training", "unrolled"]
