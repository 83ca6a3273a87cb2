"""Layers that draw random numbers while training and (but for `always`) do nothing otherwise.

The draw is kept in the cache, so that backward sees the very noise its forward saw. The generator
`rng` is the layer's own; a `Network` gives each such layer one. Drawing advances it: the one thing
that a forward changes.
"""

from __future__ import annotations

import numpy as np

from .._checks import flag, fraction, number
from .._types import Array, Cache, Pieces, Rng
from .base import PiecewiseLinear


class NoisyLayer(PiecewiseLinear):
    """What the layers of this file share: a generator of their own."""

    remembers: tuple[str, ...] = ("rng",)

    def __init__(self, rng: Rng | None) -> None:
        super().__init__()
        if rng is not None and not isinstance(rng, np.random.Generator):
            raise TypeError(f"{type(self).__name__}: rng must be a numpy.random.Generator or None, "
                            f"got {rng!r}")
        self.rng = rng

    def initialize(self, rng: Rng) -> None:
        if self.rng is None:
            self.rng = rng.spawn(1)[0]

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        return self.backward(tx, cache), None  # a diagonal matrix, its own transpose

    def generator(self) -> Rng:
        if self.rng is None:
            raise ValueError(f"{self} has no random generator yet: put it into a Network, call "
                             f"setup(rng), or give it rng=")
        return self.rng


class Dropout(NoisyLayer):
    """Each value is set to zero with probability `rate`; the rest are scaled up, so that the
    expectation stays.

        train:      y = x · m,   m = 1/(1 − rate) with probability 1 − rate, else 0
        otherwise:  y = x
        dx = dy · m

    always : bool, drop when not training too: in a generator, m is then one more latent

    Cache: m, or None when nothing was dropped.
    Reference: Srivastava et al. 2014, in the "inverted" form that scales while training; `always`
    as in Isola et al. 2017 (pix2pix), section 3.1.
    """

    def __init__(self, rate: float = 0.5, rng: Rng | None = None, always: bool = False) -> None:
        self.rate = fraction("Dropout", "rate", rate)
        self.always = flag("Dropout", "always", always)
        super().__init__(rng)

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        if not (train or self.always) or self.rate == 0:
            return x, None
        keep = self.generator().random(x.shape, dtype=np.float32) >= self.rate
        mask = keep.astype(x.dtype)
        mask /= 1 - self.rate
        return x * mask, mask

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        mask = cache
        if not input_grad:
            return None
        return dy if mask is None else dy * mask

    def arguments(self) -> str:
        return f"{self.rate:g}" + (", always" if self.always else "")


class GaussianNoise(NoisyLayer):
    """Instance noise: as a discriminator's first layer it blurs real and fake samples alike.

        train:      y = x + std · ε,   ε ~ N(0, 1)
        otherwise:  y = x
        dx = dy

    `std` may be changed between steps, which is how the noise is made to fade.
    Cache: nothing.
    Reference: Sønderby et al. 2017, section 3.1; Arjovsky & Bottou 2017, section 3.
    """

    remembers = ("rng", "std")

    def __init__(self, std: float, rng: Rng | None = None) -> None:
        self.std = number("GaussianNoise", "std", std, least=0)
        super().__init__(rng)

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        if not train or self.std == 0:
            return x, None
        dtype = np.float32 if x.dtype == np.float32 else np.float64
        y = self.generator().standard_normal(x.shape, dtype=dtype)
        y *= dtype(self.std)
        return x + y, None

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        return dy if input_grad else None

    def arguments(self) -> str:
        return f"{self.std:g}"
