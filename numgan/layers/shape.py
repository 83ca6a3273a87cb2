"""Layers that only rename axes: the gradient gets the old shape back."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .._checks import positive_int
from .._types import Array, Cache, Pieces, Shape
from .base import PiecewiseLinear


class Renaming(PiecewiseLinear):
    """What all share: a linear map without parameters, which is its own tangent."""

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        return tx.reshape(len(tx), *self.output_shape(tx.shape[1:])), None


class Flatten(Renaming):
    """(N, ...) → (N, product of the rest), row by row. Cache: the old shape."""

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        return x.reshape(len(x), math.prod(x.shape[1:])), x.shape

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        return dy.reshape(cache) if input_grad else None

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)


class Reshape(Renaming):
    """(N, ...) → (N, *shape). Cache: the old shape."""

    def __init__(self, *shape: int | Sequence[int]) -> None:
        if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            shape = tuple(shape[0])
        if not shape:
            raise ValueError("Reshape: expected positive sizes such as Reshape(7, 7, 64), got none")
        self.shape = tuple(positive_int("Reshape", "every size", size) for size in shape)
        super().__init__()

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        return x.reshape(len(x), *self.shape), x.shape

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        return dy.reshape(cache) if input_grad else None

    def output_shape(self, input_shape: Shape) -> Shape:
        if math.prod(input_shape) != math.prod(self.shape):
            self.refuse(f"(N, ...) with {math.prod(self.shape)} values a sample",
                        ("N", *input_shape))
        return self.shape

    def arguments(self) -> str:
        return ", ".join(map(str, self.shape))


class Patches(Renaming):
    """Every pixel becomes a sample of its own: (N, H, W, C) → (N·H·W, C), row by row.

    As a discriminator's last layer it turns a map of logits (N, H, W, 1) into logits (N·H·W, 1),
    one for each patch of the image that a pixel of the map has seen. Every loss is then the mean
    over patches: fine structure is judged everywhere, and how the parts fit together nowhere. What
    looks at the gradient of D(x) by x (`penalties`) takes as D the sum over the patches of a
    sample.

    Cache: the old shape. Reference: Isola et al. 2017, section 3.2.2 (PatchGAN).
    """

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        return x.reshape(-1, x.shape[3]), x.shape

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        return dy.reshape(cache) if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        return tx.reshape(-1, tx.shape[3]), None

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3 or 0 in input_shape:
            self.refuse("(N, H, W, C)", ("N", *input_shape))
        return (input_shape[2],)
