"""Maxout: the activation of PacGAN's discriminator."""

from __future__ import annotations

import numpy as np

from .._checks import positive_int
from .._types import Array, Cache, Pieces, Shape
from .base import PiecewiseLinear


class Maxout(PiecewiseLinear):
    """The largest of each group of `pieces` neighbours: after Dense(n, units · pieces) any convex
    piecewise linear function of its input, learned.

        y_nu = max_p x_n,(u·pieces + p)
        dx is dy at the largest piece, 0 elsewhere

    Shapes: x (N, units · pieces), y (N, units). Piecewise linear: tangent and its reverse pick the
    same pieces. Cache: which piece was the largest, (N, units, 1).
    Reference: Goodfellow et al. 2013.
    """

    def __init__(self, pieces: int = 5) -> None:
        self.pieces = positive_int("Maxout", "pieces", pieces)
        super().__init__()

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        largest = x.reshape(len(x), -1, self.pieces).argmax(axis=2)[..., None]
        return self.picked(x, largest), largest

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        if input_grad:
            dx = np.zeros((*dy.shape, self.pieces), dy.dtype)
            np.put_along_axis(dx, cache, dy[..., None], axis=2)
            return dx.reshape(len(dy), -1)
        return None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        return self.picked(tx, cache), None

    def picked(self, x: Array, largest: Array) -> Array:
        return np.take_along_axis(x.reshape(len(x), -1, self.pieces), largest, axis=2)[..., 0]

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1 or input_shape[0] % self.pieces:
            self.refuse(f"(N, a multiple of {self.pieces})", ("N", *input_shape))
        return (input_shape[0] // self.pieces,)

    def arguments(self) -> str:
        return str(self.pieces)
