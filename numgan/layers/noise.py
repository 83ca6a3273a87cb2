"""Layers that draw random numbers, most of them only while training.

The draw is kept in the cache, so that backward sees the very noise its forward saw. The generator
`rng` is the layer's own; a `Network` gives each such layer one. Drawing advances it: that is the
one thing that a forward pass changes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._checks import flag, fraction, number, positive_int
from .._types import Array, Cache, Pieces, Rng, Shape
from .base import PiecewiseLinear


class NoisyLayer(PiecewiseLinear):
    """What the layers of this file share: a generator of their own."""

    remembers: tuple[str, ...] = ("rng",)

    def __init__(self, rng: Rng | None, **shapes: Shape) -> None:
        super().__init__(buffers=None, **shapes)
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

    def normal(self, shape: Shape, dtype: np.dtype[Any]) -> Array:
        """ε ~ N(0, 1), float32 for a float32 layer and float64 for others."""
        return self.generator().standard_normal(
            shape, dtype=np.float32 if dtype == np.float32 else np.float64)


class Dropout(NoisyLayer):
    """Each value is set to zero with probability `rate`; the rest are scaled up, so that the
    expectation stays the same.

        train:      y = x · m,   m = 1/(1 − rate) with probability 1 − rate, else 0
        otherwise:  y = x
        dx = dy · m

    always : bool, drop when not training too; in a generator, m is then one more latent

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
        y = self.normal(x.shape, x.dtype)
        y *= y.dtype.type(self.std)
        return x + y, None

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        return dy if input_grad else None

    def arguments(self) -> str:
        return f"{self.std:g}"


class NoiseInjection(NoisyLayer):
    """Adds an image of noise, the same for all channels, with a strength that each channel learns.
    So what is left to chance, such as where a hair lies, need not be made from z.

        y[n, i, j, c] = x[n, i, j, c] + scale[c] · std · ε[n, i, j],   ε ~ N(0, 1)

    both when training and when not. `std` is 1; set to 0 it switches the noise off, to show what
    the noise does. For the same noise again give the layer the same `rng`.

    Shapes: x, y (N, H, W, channels), scale (channels,), 0 at first.
    Backward: dx = dy, dscale_c = Σ_nij dy std ε.
    Tangent: ty = tx + tscale std ε. y is linear in x and in scale, and ty contains neither. So
    dtx = dty, dx = dy, and dscale is as in backward.
    Cache: std · ε (N, H, W, 1), or None without noise.
    Reference: Karras et al. 2019, section 2 and figure 1b, "B".
    """

    scale: Array
    dscale: Array

    remembers = ("rng", "std")

    def __init__(self, channels: int, rng: Rng | None = None) -> None:
        self.channels = positive_int("NoiseInjection", "channels", channels)
        self.std = 1.0
        super().__init__(rng, scale=(channels,))

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        if number("NoiseInjection", "std", self.std, least=0) == 0:
            return x, None
        noise = self.normal((*x.shape[:3], 1), x.dtype)
        noise *= noise.dtype.type(self.std)
        return x + noise * self.scale, noise

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        noise = cache
        if param_grads and noise is not None:
            self.dscale += noise.reshape(-1) @ dy.reshape(-1, self.channels)
        return dy if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        return tx if not tparams or cache is None else tx + cache * tparams["scale"], None

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        if dy is not None:
            self.backward(dy, cache)
        return (dy, dty if dtx is None else dtx) if input_grad else (None, None)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3 or input_shape[-1] != self.channels:
            self.refuse(f"(N, H, W, {self.channels})", ("N", *input_shape))
        return tuple(input_shape)

    def initialize(self, rng: Rng) -> None:
        super().initialize(rng)
        self.scale[...] = 0

    def arguments(self) -> str:
        return str(self.channels)
