"""Truncation in w: fewer odd pictures at the price of less variety, after the training."""

from __future__ import annotations

from .._checks import fraction, number, positive_int
from .._types import Array, Cache, Pieces, Rng, Shape
from .base import PiecewiseLinear, sum_of


class Truncation(PiecewiseLinear):
    """Styles are drawn towards their mean: ψ = 1 changes nothing, ψ = 0 makes every style the mean.

        train:      y = x
        otherwise:  y = mean + ψ (x − mean)
        dx = dy, or ψ dy

    As the last layer of a mapping network, it learns the running mean of w while training, by
    `commit`: mean ← mean + momentum (batch mean − mean). `psi` is 1 and may be changed at any time;
    a negative one shows the opposite of a style.

    Shapes: x, y (N, features), mean (features,), a buffer. Tangent: linear, the same factor.
    Cache: the factor, and the batch's mean if training.
    Reference: Karras et al. 2019, appendix B.
    """

    mean: Array

    remembers = ("psi",)

    def __init__(self, features: int, momentum: float = 0.005) -> None:
        self.features = positive_int("Truncation", "features", features)
        self.momentum = fraction("Truncation", "momentum", momentum, closed=True)
        self.psi = 1.0
        super().__init__(buffers={"mean": (features,)})

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        if train:
            return x, (None, sum_of(x) / len(x))
        psi = x.real.dtype.type(number("Truncation", "psi", self.psi))
        return self.mean + psi * (x - self.mean), (psi, None)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        psi, _ = cache
        if not input_grad:
            return None
        return dy if psi is None else psi * dy

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        psi, _ = cache
        return tx if psi is None else psi * tx, None

    def commit(self, cache: Cache) -> None:
        _, of_batch = cache
        if of_batch is not None:
            self.mean += self.momentum * (of_batch - self.mean)

    def output_shape(self, input_shape: Shape) -> Shape:
        if tuple(input_shape) != (self.features,):
            self.refuse(f"(N, {self.features})", ("N", *input_shape))
        return (self.features,)

    def initialize(self, rng: Rng) -> None:
        self.mean[...] = 0

    def arguments(self) -> str:
        return str(self.features)
