"""What does not go together, said before the training and not by its failure.

Loss, penalty, discriminator and update rule are chosen one by one, and nearly all choices make a
GAN. These do not:

    an energy loss (EBGAN, BEGAN) with a D that is no autoencoder, or the other way round
    a pulling-away term without the codes to pull
    a Wasserstein loss with nothing that bounds the critic's slope (a warning: it runs)
    layers that compare the samples of a batch, with a batch of one; packs that do not fill it
    an update rule through D's steps (unrolled, consensus) with a penalty
    a penalty on each sample's gradient with a D that couples samples (a warning, by the penalty)
"""

import warnings

from .layers import MinibatchDiscrimination, MinibatchStd, Pack, SpectralNorm
from .losses import EnergyBased, Hinge, Wasserstein
from .optimizers import Clipped
from .reconstruction import Reconstruction


def check(discriminator, loss, penalty=None, updates="alternating", d_optimizer=None,
          batch_size=64):
    """Raise a ValueError, or warn, if these make no sense together; arguments as of `train`."""
    _check_energy(discriminator, loss)
    _check_slope(discriminator, loss, penalty, d_optimizer)
    _check_batch(discriminator, batch_size)
    if penalty is not None and hasattr(updates, "step"):
        raise ValueError(f"{updates} with {penalty}: the update looks through D's gradient, and "
                         f"would need the penalty's third derivatives; use one or the other")


def _check_energy(discriminator, loss):
    energy = next((part for part in discriminator.walk() if isinstance(part, Reconstruction)),
                  None)
    low_is_real = getattr(loss, "low_is_real", False)  # a loss need not be a losses.Loss
    if low_is_real and energy is None:
        raise ValueError(f"{loss} judges by an energy, which is never negative and low for real "
                         f"samples: expected a Reconstruction as discriminator, got "
                         f"{discriminator}")
    if energy is not None and not low_is_real:
        raise ValueError(f"{discriminator} gives an energy, low for real samples, but {loss} takes "
                         f"what it gives for a logit, high for real: expected EnergyBased or "
                         f"BoundaryEquilibrium")
    if isinstance(loss, EnergyBased) and loss.pulling_away and not energy.embedding:
        raise ValueError(f"{loss} pulls codes apart, but the discriminator does not show its own: "
                         f"expected a Reconstruction with embedding=True, got embedding=False")


def _check_slope(discriminator, loss, penalty, d_optimizer):
    if (isinstance(loss, Wasserstein) and not isinstance(loss, Hinge) and penalty is None
            and not isinstance(d_optimizer, Clipped)
            and not any(isinstance(part, SpectralNorm) for part in discriminator.walk())):
        warnings.warn(f"{loss} has no minimum: nothing keeps the critic from growing steeper "
                      f"without end. Expected one of a penalty (penalties.WGANGP), clipped weights "
                      f"(optimizers.Clipped) and layers.SpectralNorm, got none", stacklevel=4)


def _check_batch(discriminator, batch_size):
    for part in discriminator.walk():
        if isinstance(part, Pack) and batch_size % part.m:
            raise ValueError(f"{part} makes one input of {part.m} samples: expected a batch size "
                             f"that is a multiple of {part.m}, got {batch_size}")
        if isinstance(part, (MinibatchDiscrimination, MinibatchStd)) and batch_size < 2:
            raise ValueError(f"{part} compares the samples of a batch: expected a batch size of at "
                             f"least 2, got {batch_size}")
