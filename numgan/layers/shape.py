"""Layers that only rename axes: the gradient takes the old shape back."""

import math

from .._checks import positive_int
from .base import Layer


class Renaming(Layer):
    """What both share: a linear map without numbers, whose tangent is itself."""

    def tangent(self, tx, cache, tparams=None):
        return tx.reshape(len(tx), *self.output_shape(tx.shape[1:])), None

    def tangent_backward(self, dy, dty, cache, tcache, input_grad=True, dtx=None):
        if not input_grad:
            return None, None
        dx = None if dy is None else self.backward(dy, cache)
        return dx, self.backward(dty, cache) if dtx is None else dtx


class Flatten(Renaming):
    """(N, ...) → (N, product of the rest), row by row. Cache: the old shape."""

    def forward(self, x, train=False):
        self.check_input(x)
        return x.reshape(len(x), math.prod(x.shape[1:])), x.shape

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if input_grad:
            return dy.reshape(cache)

    def output_shape(self, input_shape):
        return (math.prod(input_shape),)


class Reshape(Renaming):
    """(N, ...) → (N, *shape). Cache: the old shape."""

    def __init__(self, *shape):
        if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            shape = tuple(shape[0])
        if not shape:
            raise ValueError("Reshape: expected positive sizes such as Reshape(7, 7, 64), got none")
        self.shape = tuple(positive_int("Reshape", "every size", size) for size in shape)
        super().__init__()

    def forward(self, x, train=False):
        self.check_input(x)
        return x.reshape(len(x), *self.shape), x.shape

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if input_grad:
            return dy.reshape(cache)

    def output_shape(self, input_shape):
        if math.prod(input_shape) != math.prod(self.shape):
            self.refuse(f"(N, ...) with {math.prod(self.shape)} values a sample",
                        ("N", *input_shape))
        return self.shape

    def arguments(self):
        return ", ".join(map(str, self.shape))
