"""The layers, one family per file; `base` says what they have in common."""

from .activations import ELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh
from .attention import AdditiveAttention
from .base import Layer
from .compose import Chain, Concatenate, Residual, Skip
from .conditional import Join, Modulate, Projection
from .conv import Conv2D, ConvTranspose2D
from .decoder import Decoder, Places
from .dense import Dense
from .gated import GRU, GRUCell
from .maxout import Maxout
from .minibatch import MinibatchDiscrimination, MinibatchStd, Pack
from .modulated import ModulatedConv2D
from .noise import Dropout, GaussianNoise, NoiseInjection
from .norm import BatchNorm, InstanceNorm, LayerNorm
from .pool import MaxPool2D, Upsample2D
from .shape import Flatten, Patches, Reshape
from .softmax import GumbelSoftmax, Softmax
from .spectral import SpectralNorm
from .styles import OwnStyle, Styles
from .text import Embedding, MeanOverTime, PerWord, Recurrent
from .truncation import Truncation

__all__ = ["AdditiveAttention", "BatchNorm", "Chain", "Concatenate", "Conv2D", "ConvTranspose2D",
           "Decoder", "Dense", "Dropout", "ELU", "Embedding", "Flatten", "GRU", "GRUCell",
           "GaussianNoise", "GumbelSoftmax", "InstanceNorm", "Join", "Layer", "LayerNorm",
           "LeakyReLU", "MaxPool2D", "Maxout", "MeanOverTime", "MinibatchDiscrimination",
           "MinibatchStd", "Modulate", "ModulatedConv2D", "NoiseInjection", "OwnStyle", "Pack",
           "Patches", "PerWord", "Places", "Projection", "ReLU", "Recurrent", "Reshape", "Residual",
           "SiLU", "Sigmoid", "Skip", "Softmax", "Softplus", "SpectralNorm", "Styles", "Tanh",
           "Truncation", "Upsample2D"]
