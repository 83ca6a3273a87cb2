"""Training a GAN: Algorithm 1 of Goodfellow et al. 2014.

Read in this order: `algorithm` (the loop), `steps` (the gradient's way through D into G), `rules`
(whose turn it is). `checks` holds what is checked before the first step; `state` saves all that a
training is and resumes it to the bit; `average` holds the generator that is sampled. `translation`
is for generators that read data, `fitting` for what is learned without an adversary.
"""

from .algorithm import Record, Training, train
from .average import WeightAverage
from .fitting import fit, made_by
from .rules import RULES, Alternating, Players, Simultaneous, UpdateRule
from .steps import (Gradients, TrainingDiverged, check_scale, commit_loss, discriminator_gradients,
                    discriminator_step, generator_gradients, generator_step, norm,
                    real_logits_for, refuse_non_finite, simultaneous_step, standard_normal, update)
from .translation import Translation

__all__ = ["Alternating", "Gradients", "Players", "RULES", "Record", "Simultaneous", "Training",
           "TrainingDiverged", "Translation", "UpdateRule", "WeightAverage", "check_scale",
           "commit_loss", "discriminator_gradients", "discriminator_step", "fit",
           "generator_gradients", "generator_step", "made_by", "norm", "real_logits_for",
           "refuse_non_finite", "simultaneous_step", "standard_normal", "train", "update"]
