"""What the discriminator and the generator minimise: values, and gradients with respect to the
logits.

`base` says what they have in common; start reading with `entropy` and `gan`.
"""

from .auxiliary import (AuxiliaryClassifier, ConditionPrediction, MutualInformation,
                        StyleAmbiguity)
from .base import LOSSES, Loss
from .critics import Hinge, Wasserstein
from .energy import BoundaryEquilibrium, EnergyBased
from .entropy import (binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy,
                      value_function)
from .gan import Minimax, NonSaturating
from .relativistic import Relativistic, RelativisticAverage
from .separable import (KL, FGAN, JensenShannon, LeastSquares, Pearson, ReverseKL, Separable,
                        SquaredHellinger)

__all__ = ["AuxiliaryClassifier", "BoundaryEquilibrium", "ConditionPrediction", "EnergyBased",
           "FGAN", "Hinge", "JensenShannon", "KL", "LOSSES", "LeastSquares", "Loss", "Minimax",
           "MutualInformation", "NonSaturating", "Pearson", "Relativistic", "RelativisticAverage",
           "ReverseKL", "Separable", "SquaredHellinger", "StyleAmbiguity", "Wasserstein",
           "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy",
           "value_function"]
