"""How many threads a small matrix product should have: one.

A matrix library divides every product among the cores. A product of a small network takes ten
microseconds, and handing half of it to another core takes as long again: a training step of the
128-128 network at batch 64 was 1.4 times slower on two threads than on one.
"""

import contextlib
import functools

from .layers import Dense

SMALL = 1 << 24  # multiplications; 512 samples through Dense(128, 128) are half of this


def threads_for(networks, batch_size):
    """A context manager factory: inside ``with threads_for(networks, batch_size)():`` products run
    on one thread if the largest of these networks is small, and are left alone otherwise."""
    layers = [layer for network in networks for layer in network.layers if layer.size]
    if all(isinstance(layer, Dense) and batch_size * layer.W.size < SMALL or layer.couples_samples
           for layer in layers):
        return functools.partial(_blas().limit, limits=1)
    return contextlib.nullcontext


@functools.cache
def _blas():
    import threadpoolctl  # comes with scikit-learn

    return threadpoolctl.ThreadpoolController().select(user_api="blas")
