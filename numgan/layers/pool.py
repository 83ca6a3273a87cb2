"""An image made smaller, or larger, without weights."""

from __future__ import annotations

import numpy as np

from .._types import Array, Cache, Pieces, Shape
from .base import PiecewiseLinear
from .conv import Two, pair, short


class Windows(PiecewiseLinear):
    """What both share: a window (ph, pw) for each pixel of the smaller image."""

    window: Two

    def pixels(self, x: Array) -> list[Array]:
        """Views (N, H/ph, W/pw, C) of the larger: the first pixel of each window, its second ..."""
        ph, pw = self.window
        return [x[:, a::ph, b::pw] for a in range(ph) for b in range(pw)]

    def larger(self, y: Array) -> Array:
        """An array, not filled, for the larger image that belongs to the smaller image y."""
        n, rows, columns, channels = y.shape
        ph, pw = self.window
        return np.empty((n, ph * rows, pw * columns, channels), y.dtype)

    def arguments(self) -> str:
        return short(self.window)


class MaxPool2D(Windows):
    """The largest value of each window of an image; the windows lie side by side.

        y[n, i, j, c] = max_{a < ph, b < pw} x[n, i·ph + a, j·pw + b, c]
        dx is dy at the largest value of its window, 0 elsewhere

    Shapes: x (N, H, W, C), y (N, H/ph, W/pw, C). The window is ph rows times pw columns, an int or
    a pair, and must divide H and W.

    Backward: dy goes to one x of a window. If several are the largest, as on black paper, it goes
    to the first of them, row by row. So Σ dx = Σ dy, whatever x is.

    Tangent: piecewise linear, like `Maxout`: tangent and its reverse pick the same pixels.
    Cache: which pixel of its window was the largest, a·pw + b, (N, H/ph, W/pw, C).
    Reference: Ranzato et al. 2007 (LeNet-5 took the mean).
    """

    def __init__(self, window: int | Two = 2) -> None:
        self.window = pair("MaxPool2D", "window", window, 1)
        super().__init__()

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        y, *others = self.pixels(x)
        which = np.zeros(y.shape, np.min_scalar_type(len(others)))
        for index, pixel in enumerate(others, 1):
            np.maximum(which, (pixel > y) * which.dtype.type(index), out=which)
            y = np.maximum(y, pixel)
        return y if others else y.copy(), which

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        if input_grad:
            dx = self.larger(dy)
            for index, pixel in enumerate(self.pixels(dx)):
                np.multiply(dy, cache == index, out=pixel)
            return dx
        return None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        return sum(pixel * (cache == index) for index, pixel in enumerate(self.pixels(tx))), None

    def output_shape(self, input_shape: Shape) -> Shape:
        ph, pw = self.window
        if (len(input_shape) != 3 or 0 in input_shape
                or input_shape[0] % ph or input_shape[1] % pw):
            self.refuse(f"(N, a multiple of {ph}, a multiple of {pw}, C)", ("N", *input_shape))
        rows, columns, channels = input_shape
        return (rows // ph, columns // pw, channels)


class Upsample2D(Windows):
    """Every pixel becomes a window of equal pixels: an image is enlarged by nearest neighbours.

        y[n, i, j, c] = x[n, ⌊i/ph⌋, ⌊j/pw⌋, c]
        dx is the sum of dy over the window

    Shapes: x (N, H, W, C), y (N, ph·H, pw·W, C). The window is ph rows times pw columns, an int or
    a pair. Before a convolution it does what a ConvTranspose2D does, but without the checkerboards
    that appear where kernels overlap unevenly (Odena et al. 2016).

    Tangent: linear, the same way. Cache: nothing.
    """

    def __init__(self, window: int | Two = 2) -> None:
        self.window = pair("Upsample2D", "window", window, 1)
        super().__init__()

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        return self.tangent(x, None)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        if input_grad:
            first, *others = self.pixels(dy)
            dx = first.copy()
            for pixel in others:
                dx += pixel
            return dx
        return None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        ty = self.larger(tx)
        n, rows, columns, channels = tx.shape
        windows = ty.reshape(n, rows, self.window[0], columns, self.window[1], channels)
        windows[...] = tx[:, :, None, :, None]
        return ty, None

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3 or 0 in input_shape:
            self.refuse("(N, H, W, C)", ("N", *input_shape))
        rows, columns, channels = input_shape
        return (self.window[0] * rows, self.window[1] * columns, channels)
