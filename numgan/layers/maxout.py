"""Maxout: the activation of PacGAN's discriminator."""

import numpy as np

from .._checks import positive_int
from .base import Layer


class Maxout(Layer):
    """The largest of each group of `pieces` neighbours: after Dense(n, units · pieces) any convex
    piecewise linear function of its input, learned.

        y_nu = max_p x_n,(u·pieces + p)
        dx is dy at the largest piece, 0 elsewhere

    Shapes: x (N, units · pieces), y (N, units). Piecewise linear: tangent and its reverse pick the
    same pieces. Cache: which piece was the largest, (N, units, 1).
    Reference: Goodfellow et al. 2013.
    """

    def __init__(self, pieces=5):
        self.pieces = positive_int("Maxout", "pieces", pieces)
        super().__init__()

    def forward(self, x, train=False):
        self.check_input(x)
        largest = x.reshape(len(x), -1, self.pieces).argmax(axis=2)[..., None]
        return self.picked(x, largest), largest

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if input_grad:
            dx = np.zeros((*dy.shape, self.pieces), dy.dtype)
            np.put_along_axis(dx, cache, dy[..., None], axis=2)
            return dx.reshape(len(dy), -1)

    def tangent(self, tx, cache, tparams=None):
        return self.picked(tx, cache), None

    def tangent_backward(self, dy, dty, cache, tcache, input_grad=True, dtx=None):
        if not input_grad:
            return None, None
        dx = None if dy is None else self.backward(dy, cache)
        return dx, self.backward(dty, cache) if dtx is None else dtx

    def picked(self, x, largest):
        return np.take_along_axis(x.reshape(len(x), -1, self.pieces), largest, axis=2)[..., 0]

    def output_shape(self, input_shape):
        if len(input_shape) != 1 or input_shape[0] % self.pieces:
            self.refuse(f"(N, a multiple of {self.pieces})", ("N", *input_shape))
        return (input_shape[0] // self.pieces,)

    def arguments(self):
        return str(self.pieces)
