"""Maxout: the activation of PacGAN's discriminator."""

from __future__ import annotations

import numpy as np

from .._checks import positive_int
from .._types import Array, Cache, Pieces, Shape
from .base import PiecewiseLinear


class Maxout(PiecewiseLinear):
    """The largest of each group of `pieces` neighbours. After Dense(n, units · pieces) it can learn
    any convex piecewise linear function of the input.

        y_nu = max_p x_n,(u·pieces + p)
        dx is dy at the largest piece, 0 elsewhere

    Shapes: x (N, units · pieces), y (N, units). Piecewise linear: tangent and its reverse pick the
    same pieces. Cache: the places of the largest in the flat x, (N · units,).
    Reference: Goodfellow et al. 2013.
    """

    def __init__(self, pieces: int = 5) -> None:
        self.pieces = positive_int("Maxout", "pieces", pieces)
        super().__init__()

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        pieces = x.reshape(len(x), -1, self.pieces)
        y, which = pieces[..., 0], np.zeros(pieces.shape[:2], np.int16)
        for p in range(1, self.pieces):  # whole arrays at a time: argmax goes unit by unit
            larger = pieces[..., p] > y
            y = np.maximum(y, pieces[..., p])
            which = np.maximum(which, larger * np.int16(p))
        return y, which.reshape(-1) + np.arange(0, x.size, self.pieces)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        if input_grad:
            dx = np.zeros(dy.size * self.pieces, dy.dtype)
            dx[cache] = dy.reshape(-1)
            return dx.reshape(len(dy), -1)
        return None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        return self.picked(tx, cache), None

    def picked(self, x: Array, largest: Array) -> Array:
        return x.reshape(-1)[largest].reshape(len(x), -1)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1 or input_shape[0] % self.pieces:
            self.refuse(f"(N, a multiple of {self.pieces})", ("N", *input_shape))
        return (input_shape[0] // self.pieces,)

    def arguments(self) -> str:
        return str(self.pieces)
