"""How many threads a small matrix product should have: one.

A matrix library divides every product among the cores, and its threads wait for each other. For the
products of a small network this gains a tenth on a quiet machine (128-128 network at batch 64); on
one where another process wants a core, each of hundreds of waits may last until the scheduler's
next turn, and a step took a hundred times as long. Larger products gain more and are left alone.
"""

import contextlib
import functools

from .layers import Dense

SMALL = 1 << 22  # multiplications: those of 256 samples through Dense(128, 128)


def threads_for(networks, batch_size):
    """A context manager factory: inside ``with threads_for(networks, batch_size)():`` products run
    on one thread if the largest of these networks is small, and are left alone otherwise."""
    layers = [getattr(layer, "layer", layer)  # of a SpectralNorm: what is inside
              for network in networks for layer in network.walk() if layer.shapes]
    if all(isinstance(layer, Dense)
           and batch_size * layer.in_features * layer.out_features < SMALL or layer.couples_samples
           for layer in layers):
        return functools.partial(_blas().limit, limits=1)
    return contextlib.nullcontext


@functools.cache
def _blas():
    import threadpoolctl  # comes with scikit-learn

    return threadpoolctl.ThreadpoolController().select(user_api="blas")
