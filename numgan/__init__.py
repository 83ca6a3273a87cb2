"""numgan: generative adversarial networks from scratch in NumPy, for reading.

What stands in `__all__` is the public API, here and in each module that is named there;
demos/pages/api.md lists it.
"""

from . import running  # noqa: F401  first: from here on Ctrl-C ends a command without a traceback
from . import (costs, data, diagnose, game, gradcheck, inversion, latent, layers, losses, metrics,
               networks, optimizers, pairs, penalties, plotting, presets, training)
from ._version import __version__
from .game import Consensus, Unrolled, unrolled  # noqa: F401  unrolled: where it used to be
from .inversion import invert
from .layers import (AdditiveAttention, BatchNorm, Chain, Concatenate, Conv2D, ConvTranspose2D,
                     Decoder, Dense, Dropout, ELU, Embedding, Flatten, GRU, GRUCell, GaussianNoise,
                     GumbelSoftmax, InstanceNorm, Join, Layer, LayerNorm, LeakyReLU, MaxPool2D,
                     Maxout, MeanOverTime, MinibatchDiscrimination, MinibatchStd, Modulate,
                     ModulatedConv2D, NoiseInjection, OwnStyle, Pack, Patches, PerWord, Places,
                     Projection, ReLU, Recurrent, Reshape, Residual, SiLU, Sigmoid, Skip, Softmax,
                     Softplus, SpectralNorm, Styles, Tanh, Truncation, Upsample2D)
from .losses import Hinge, Minimax, NonSaturating, Relativistic, Wasserstein
from .networks import Conditional, Network, Reconstruction, Translator, models
from .optimizers import SGD, Adam, Clipped, RMSprop
from .pairs import Pair
from .penalties import DRAGAN, R1, R1R2, R2, WGANGP
from .presets import preset
from .training import Translation, WeightAverage, fit, train

__all__ = ["Adam", "AdditiveAttention", "BatchNorm", "Chain", "Clipped", "Concatenate",
           "Conditional", "Consensus", "Conv2D", "ConvTranspose2D", "DRAGAN", "Decoder", "Dense",
           "Dropout", "ELU", "Embedding", "Flatten", "GRU", "GRUCell", "GaussianNoise",
           "GumbelSoftmax", "Hinge", "InstanceNorm", "Join", "Layer", "LayerNorm", "LeakyReLU",
           "MaxPool2D", "Maxout", "MeanOverTime", "MinibatchDiscrimination", "MinibatchStd",
           "Minimax", "Modulate", "ModulatedConv2D", "Network", "NoiseInjection", "NonSaturating",
           "OwnStyle", "Pack", "Pair", "Patches", "PerWord", "Places", "Projection", "R1", "R1R2",
           "R2", "RMSprop", "ReLU", "Reconstruction", "Recurrent", "Relativistic", "Reshape",
           "Residual", "SGD", "SiLU", "Sigmoid", "Skip", "Softmax", "Softplus", "SpectralNorm",
           "Styles", "Tanh", "Translation", "Translator", "Truncation", "Unrolled", "Upsample2D",
           "WGANGP", "Wasserstein", "WeightAverage", "__version__", "costs", "data", "diagnose",
           "fit", "game", "gradcheck", "inversion", "invert", "latent", "layers", "losses",
           "metrics", "models", "networks", "optimizers", "pairs", "penalties", "plotting",
           "preset", "presets", "train", "training"]
