"""Chains of layers over one flat vector: plain, with conditions, as autoencoders, as translators.
"""

from . import models
from .autoencoder import Reconstruction
from .conditional import Conditional
from .network import Network
from .translator import Translator

__all__ = ["Conditional", "Network", "Reconstruction", "Translator", "models"]
