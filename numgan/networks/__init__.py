"""Networks: chains of layers over one flat vector, with conditions, as autoencoders; models."""

from . import models
from .autoencoder import Reconstruction
from .conditional import Conditional
from .network import Network

__all__ = ["Conditional", "Network", "Reconstruction", "models"]
