"""A GAN as a game of two players: its vector field, and update rules that look at it.

`field` explains the field and computes products with its Jacobian; `consensus` and `unrolled` are
rules for ``train(updates=...)``.
"""

from .consensus import Consensus
from .field import Game, discriminator_hvp
from .unrolled import Unrolled, unrolled_generator_gradients

__all__ = ["Consensus", "Game", "Unrolled", "discriminator_hvp", "unrolled_generator_gradients"]
