"""What the discriminator and the generator minimise: values, and gradients by the logits.

`base` says what they have in common; start reading with `entropy` and `gan`.
"""

from .base import Loss
from .critics import Hinge, Wasserstein
from .entropy import (binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy,
                      value_function)
from .gan import Minimax, NonSaturating
from .relativistic import Relativistic

__all__ = ["Hinge", "Loss", "Minimax", "NonSaturating", "Relativistic", "Wasserstein",
           "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy",
           "value_function"]
