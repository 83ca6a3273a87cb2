"""Convolution and its adjoint, which is the "fractional-strided convolution" of DCGAN.

Three functions do all the work, on channels-last arrays and weights (kh, kw, in, out). The
convolution is linear in x and in W, so Σ dy · conv(x, W) is a trilinear form: linear in dy, x and
W. Each function leaves out one of the three:

    conv_forward(x, W)            y     Conv2D.forward, and ConvTranspose2D.backward to its input
    conv_input_gradient(dy, W)    dx    Conv2D.backward to its input, and ConvTranspose2D.forward
    conv_weight_gradient(x, dy)   dW    both

Each is a copy that lays out patches (im2col) and a matrix product, made for a part of the batch at
a time. A part is as many images as have patches that stay in a core's cache between the copy and
the product. The parts are shared among threads.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from .._checks import flag, positive_int
from .._runtime import divide, in_parts, sum_in_order
from .._types import Array, Cache, Initializer, Pieces, Rng, Shape
from .base import Layer, plus, sum_of
from .initializers import initializer

Two: TypeAlias = tuple[int, int]  # rows, columns
PATCH_BYTES = 3 << 19  # of patches that are made at a time
FEW_CHANNELS = 8  # with fewer, conv_input_gradient adds patches up instead of gathering


def output_size(size: int, kernel: int, stride: int, padding: int) -> int:
    """Length of a convolution's output along one axis."""
    return (size + 2 * padding - kernel) // stride + 1


def padded(x: Array, padding: Sequence[int]) -> Array:
    """x (N, H, W, C) with `padding` = (rows, columns) of zeros around each image; contiguous."""
    ph, pw = padding
    if not (ph or pw):
        return np.ascontiguousarray(x)
    n, height, width, channels = x.shape
    y = np.zeros((n, height + 2 * ph, width + 2 * pw, channels), x.dtype)
    y[:, ph:ph + height, pw:pw + width] = x
    return y


def im2col(x: Array, kernel: Two, stride: Two, padding: Two) -> Array:
    """The patch under each output position, as a row: (N, H, W, C) → (N·Ho·Wo, kh·kw·C)."""
    x = padded(x, padding)
    count = [output_size(*axis, 0) for axis in zip(x.shape[1:3], kernel, stride)]
    return patches(x, kernel, stride, (0, 0), count)


def patches(x: Array, kernel: Two, stride: Two, first: Two, count: Sequence[int]) -> Array:
    """Patches at `count` = (rows, columns) places, `stride` apart, from `first` on; x contiguous.

    A row of a patch is kw·C numbers that are neighbours in x. Seen as one element of that many
    bytes they are copied at once, which is several times faster for few channels.
    """
    (n, _, _, channels), (kh, kw), (sh, sw), (i, j) = x.shape, kernel, stride, first
    run = _bytes(kw * channels * x.itemsize)
    to_image, to_row, to_column, _ = x.strides
    found = np.ndarray((n, *count, kh), run, x, i * to_row + j * to_column,
                       (to_image, to_row * sh, to_column * sw, to_row))
    cols = np.empty((n * count[0] * count[1], kh * kw * channels), x.dtype)
    np.copyto(np.ndarray(found.shape, run, cols), found)
    return cols


@functools.lru_cache(None)
def _bytes(count: int) -> np.dtype[Any]:
    """A dtype of that many bytes. It is kept, because a Ctrl-C gets lost while NumPy makes one."""
    return np.dtype((np.void, count))


def col2im(cols: Array, x: Array, stride: Two) -> None:
    """Adjoint of `im2col` without padding: add every patch to x where it came from.

    cols (kh, kw, C, N, Ho, Wo), x (C, N, H, W): the additions run along rows of the image.
    """
    sh, sw = stride
    kh, kw, _, _, rows, columns = cols.shape
    for i in range(kh):
        for j in range(kw):
            x[:, :, i:i + sh * rows:sh, j:j + sw * columns:sw] += cols[i, j]


def conv_forward(x: Array, W: Array, stride: Two, padding: Two, b: Array | None = None) -> Array:
    """y[n, i, j, o] = Σ_{a, b, c} x[n, i·sh − ph + a, j·sw − pw + b, c] W[a, b, c, o] (+ b[o]).

    x (N, H, W, C), W (kh, kw, C, O) → y (N, Ho, Wo, O): y = patches W.
    """
    kh, kw, channels, outputs = W.shape
    rows, columns = (output_size(*axis) for axis in zip(x.shape[1:3], (kh, kw), stride, padding))
    y = np.empty((len(x), rows, columns, outputs), x.dtype)
    W = W.reshape(-1, outputs)

    def part(images: slice) -> None:
        of_images = y[images].reshape(-1, outputs)
        np.matmul(im2col(x[images], (kh, kw), stride, padding), W, out=of_images)
        if b is not None:
            of_images += b

    in_parts(part, divide(len(x), rows * columns * sum(W.shape) * x.itemsize, PATCH_BYTES))
    return y


def conv_weight_gradient(x: Array, dy: Array, kernel: Two, stride: Two, padding: Two) -> Array:
    """dW[a, b, c, o] = Σ_{n, i, j} x[n, i·sh − ph + a, j·sw − pw + b, c] dy[n, i, j, o].

    x (N, H, W, C), dy (N, Ho, Wo, O) → dW (kh, kw, C, O): dW = patchesᵀ dy.
    """
    channels, outputs = x.shape[3], dy.shape[3]
    values = math.prod(kernel) * channels
    bytes_each = math.prod(dy.shape[1:3]) * (values + outputs) * x.itemsize

    def part(images: slice) -> Array:
        images_x, images_dy = x[images], dy[images]
        return sum_in_order(
            im2col(images_x[some], kernel, stride, padding).T
            @ images_dy[some].reshape(-1, outputs)
            for some in divide(len(images_x), bytes_each, 2 * PATCH_BYTES))

    # few parts: each makes a dW of its own
    dW = sum_in_order(in_parts(part, divide(len(x), bytes_each, PATCH_BYTES, most=8)))
    return dW.reshape(*kernel, channels, outputs)


def conv_input_gradient(dy: Array, W: Array, size: Sequence[int], stride: Two, padding: Two,
                        b: Array | None = None) -> Array:
    """dx[n, i·sh − ph + a, j·sw − pw + b, c] += Σ_o dy[n, i, j, o] W[a, b, c, o] (dx = b before).

    dy (N, Ho, Wo, O), W (kh, kw, C, O) → dx (N, H, W, C), with (H, W) = `size`. There are two ways
    to the same sum; the second is faster, except for images of few channels.
    """
    form = _add_patches if W.shape[2] < FEW_CHANNELS else _gather_patches
    return form(dy, W, size, stride, padding, b)


def _add_patches(dy: Array, W: Array, size: Sequence[int], stride: Two, padding: Two,
                 b: Array | None = None) -> Array:
    """As the formula says: the patches' gradients are W dyᵀ; add each where its patch lies."""
    kh, kw, channels, outputs = W.shape
    n, rows, columns, _ = dy.shape
    (height, width), (ph, pw) = size, padding
    dx = np.empty((n, height, width, channels), dy.dtype)
    W = W.reshape(-1, outputs)

    def part(images: slice) -> None:
        cols = W @ dy[images].reshape(-1, outputs).T
        sums = np.zeros((channels, images.stop - images.start, height + 2 * ph, width + 2 * pw),
                        dy.dtype)
        col2im(cols.reshape(kh, kw, channels, -1, rows, columns), sums, stride)
        dx[images] = sums[:, :, ph:ph + height, pw:pw + width].transpose(1, 2, 3, 0)
        if b is not None:
            dx[images] += b

    in_parts(part, divide(n, rows * columns * sum(W.shape) * dy.itemsize, PATCH_BYTES))
    return dx


def _gather_patches(dy: Array, W: Array, size: Sequence[int], stride: Two, padding: Two,
                    b: Array | None = None) -> Array:
    """Without additions. With a stride, a pixel lies only under every stride-th row and column of
    the kernel, and pixels a multiple of the stride apart lie under the same ones. Their dx is a
    convolution of dy, with stride 1, by that piece of the kernel, flipped. So there are
    stride × stride convolutions, each for its own pixels.
    """
    channels, outputs = W.shape[2:]
    reach = [-(-k // s) - 1 for k, s in zip(W.shape, stride)]  # zeros around dy that pieces see
    down, across = ([_piece(offset, *axis) for offset in range(axis[3])] for axis in
                    zip(dy.shape[1:3], size, W.shape, stride, padding, reach))
    pieces = []
    for u, v in itertools.product(filter(None, down), filter(None, across)):
        piece = W[u.kernel, v.kernel][::-1, ::-1]
        pieces.append((u, v, piece.shape[:2], piece.swapaxes(2, 3).reshape(-1, channels)))
    dx = np.empty((len(dy), *size, channels), dy.dtype)
    if sum(dx[0, u.pixels, v.pixels].size for u, v, _, _ in pieces) < dx[0].size:
        dx.fill(0)  # there are pixels in no patch

    def part(images: slice) -> None:
        source = padded(dy[images], reach)
        for u, v, kernel, piece in pieces:
            target = dx[images, u.pixels, v.pixels]
            cols = patches(source, kernel, (1, 1), (u.first, v.first), target.shape[1:3])
            target[...] = (cols @ piece).reshape(target.shape)
        if b is not None:
            dx[images] += b

    values = outputs * (reach[0] + 1) * (reach[1] + 1) + channels
    in_parts(part, divide(len(dy), dy[0].size // outputs * values * dy.itemsize, PATCH_BYTES))
    return dx


class _Piece(NamedTuple):
    """One axis of one of the convolutions of `_gather_patches`."""

    kernel: slice  # of W, not flipped yet
    first: int  # patch, in dy with its zeros
    pixels: slice  # of dx


def _piece(offset: int, outputs: int, size: int, kernel: int, stride: int, padding: int,
           reach: int) -> _Piece | None:
    """The piece of weights offset + stride · t, t < taps. Through it output i contributes to the
    pixels offset + stride · u of the padded image, with u = i + t. None if there are none."""
    taps = -(-(kernel - offset) // stride)
    first = max(0, -(-(padding - offset) // stride))  # u
    stop = min(outputs + taps - 1, -(-(padding + size - offset) // stride))
    if taps < 1 or stop <= first:
        return None
    start = offset + stride * first - padding
    return _Piece(slice(offset, None, stride), first + reach + 1 - taps,
                  slice(start, start + stride * (stop - first - 1) + 1, stride))


class _Convolution(Layer):
    """The arguments, bias and starting values that Conv2D and ConvTranspose2D have in common."""

    W: Array
    dW: Array
    b: Array
    db: Array

    def __init__(self, in_channels: int, out_channels: int, kernel: int | Two, stride: int | Two,
                 padding: int | Two, bias: bool, init: str | Initializer) -> None:
        name = type(self).__name__
        self.in_channels = positive_int(name, "in_channels", in_channels)
        self.out_channels = positive_int(name, "out_channels", out_channels)
        self.kernel = pair(name, "kernel", kernel, 1)
        self.stride = pair(name, "stride", stride, 1)
        self.padding = pair(name, "padding", padding, 0)
        self.bias = flag(name, "bias", bias)
        self.init = initializer(init)
        shapes: dict[str, Shape] = {"W": (*self.kernel, *self.weight_channels())}
        if bias:
            shapes["b"] = (out_channels,)
        super().__init__(buffers=None, **shapes)

    def initialize(self, rng: Rng) -> None:
        area = self.kernel[0] * self.kernel[1]
        self.W[...] = self.init(rng, self.W.shape, area * self.in_channels,
                                area * self.out_channels)
        if self.bias:
            self.b[...] = 0

    def weight_channels(self) -> Two:
        raise NotImplementedError(f"{self} has no weight_channels")

    def bias_or_none(self) -> Array | None:
        return self.b if self.bias else None

    def bias_gradient(self, dy: Array) -> Array:
        return sum_of(dy.reshape(-1, self.out_channels))

    def arguments(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, {short(self.kernel)}"
        if self.stride != (1, 1):
            text += f", stride={short(self.stride)}"
        if self.padding != (0, 0):
            text += f", padding={short(self.padding)}"
        return text + ("" if self.bias else ", bias=False")


class Conv2D(_Convolution):
    """Every output pixel is an affine function of the patch under it, the same function everywhere.

        y[n, i, j] = b + Σ_{a, b} x[n, i·s − p + a, j·s − p + b] W[a, b]

    (strictly a cross-correlation, as everywhere in the field; x is zero outside the image).

    Shapes: x (N, H, W, in_channels), W (kh, kw, in_channels, out_channels), b (out_channels,),
    y (N, Ho, Wo, out_channels) with Ho = ⌊(H + 2p − kh) / s⌋ + 1. kernel, stride and padding are
    an int or a pair (rows, columns).

    Backward: written with im2col, y is the product of the patches and W, so as in `Dense`
    dW = patchesᵀ dy and dpatches = dy Wᵀ. A pixel lies in several patches and feeds each of them,
    so its gradient is the sum over the patches it lies in: col2im, the adjoint of im2col.

    Tangent: it is linear in x and in W, like `Dense`, so ty = conv(tx, W) + conv(x, tW) + tb. W
    meets x in y and tx in ty, so dW gets a term from each.

    Cache: x. The patches are made again for dW: they are kh·kw times as large as x.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int | Two,
                 stride: int | Two = 1, padding: int | Two = 0, bias: bool = True,
                 init: str | Initializer = "glorot") -> None:
        super().__init__(in_channels, out_channels, kernel, stride, padding, bias, init)

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        return conv_forward(x, self.W, self.stride, self.padding, self.bias_or_none()), x

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        x = cache
        if param_grads:
            self.dW += conv_weight_gradient(x, dy, self.kernel, self.stride, self.padding)
            if self.bias:
                self.db += self.bias_gradient(dy)
        if input_grad:
            return conv_input_gradient(dy, self.W, x.shape[1:3], self.stride, self.padding)
        return None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        ty = conv_forward(tx, self.W, self.stride, self.padding)
        if tparams:
            ty += conv_forward(cache, tparams["W"], self.stride, self.padding)
            if self.bias:
                ty += tparams["b"]
        return ty, (tx, tparams)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        tx, tparams = tcache
        self.dW += conv_weight_gradient(tx, dty, self.kernel, self.stride, self.padding)
        dx = None if dy is None else self.backward(dy, cache, input_grad=input_grad)
        if not input_grad:
            return None, None
        if tparams:
            dx = plus(dx, conv_input_gradient(dty, tparams["W"], tx.shape[1:3], self.stride,
                                              self.padding))
        return dx, self.backward(dty, cache, param_grads=False) if dtx is None else dtx

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3 or input_shape[2] != self.in_channels or any(
                size + 2 * p < k for size, p, k in
                zip(input_shape, self.padding, self.kernel)):
            least = [max(k - 2 * p, 1) for k, p in zip(self.kernel, self.padding)]
            self.refuse(f"(N, H >= {least[0]}, W >= {least[1]}, {self.in_channels})",
                        ("N", *input_shape))
        rows, columns = (output_size(*axis) for axis in
                         zip(input_shape, self.kernel, self.stride, self.padding))
        return (rows, columns, self.out_channels)

    def weight_channels(self) -> Two:
        return self.in_channels, self.out_channels


class ConvTranspose2D(_Convolution):
    """The adjoint of Conv2D: each input pixel paints the kernel into the output, `stride` apart.

        y[n, i·s − p + a, j·s − p + b] += x[n, i, j] W[a, b]ᵀ,   then + b

    It is what Conv2D's backward does to reach its input, hence "transposed". It enlarges an image
    by the factor by which the convolution shrinks it, hence "fractional-strided".

    Shapes: x (N, H, W, in_channels), W (kh, kw, out_channels, in_channels), the shape of the
    convolution out_channels → in_channels whose adjoint this is; y (N, Ho, Wo, out_channels) with
    Ho = (H − 1) s − 2p + kh + output_padding. A convolution of stride s takes s different sizes to
    the same one; 0 <= output_padding < s says which of them is meant.

    Backward: the adjoint of the adjoint is the convolution, so dx = conv(dy, W). In the trilinear
    form Σ x · conv(dy, W), the gradient of the weights is that of the convolution with dy as its
    input.

    Tangent: as for Conv2D, with the adjoint in place of the convolution.

    Cache: x.
    Reference: Radford et al. 2016 (DCGAN); Dumoulin & Visin 2016, chapter 4.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int | Two,
                 stride: int | Two = 1, padding: int | Two = 0, output_padding: int | Two = 0,
                 bias: bool = True, init: str | Initializer = "glorot") -> None:
        super().__init__(in_channels, out_channels, kernel, stride, padding, bias, init)
        self.output_padding = pair("ConvTranspose2D", "output_padding", output_padding, 0)
        if any(extra >= s for extra, s in zip(self.output_padding, self.stride)):
            raise ValueError(f"{self}: output_padding must be smaller than the stride "
                             f"{short(self.stride)}, got {short(self.output_padding)}")

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        size = self.output_shape(x.shape[1:])[:2]
        return conv_input_gradient(x, self.W, size, self.stride, self.padding,
                                   self.bias_or_none()), x

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        x = cache
        if param_grads:
            self.dW += conv_weight_gradient(dy, x, self.kernel, self.stride, self.padding)
            if self.bias:
                self.db += self.bias_gradient(dy)
        return conv_forward(dy, self.W, self.stride, self.padding) if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        size = self.output_shape(tx.shape[1:])[:2]
        ty = conv_input_gradient(tx, self.W, size, self.stride, self.padding)
        if tparams:
            ty += conv_input_gradient(cache, tparams["W"], size, self.stride, self.padding)
            if self.bias:
                ty += tparams["b"]
        return ty, (tx, tparams)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        tx, tparams = tcache
        self.dW += conv_weight_gradient(dty, tx, self.kernel, self.stride, self.padding)
        dx = None if dy is None else self.backward(dy, cache, input_grad=input_grad)
        if not input_grad:
            return None, None
        if tparams:
            dx = plus(dx, conv_forward(dty, tparams["W"], self.stride, self.padding))
        return dx, self.backward(dty, cache, param_grads=False) if dtx is None else dtx

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3 or input_shape[2] != self.in_channels:
            self.refuse(f"(N, H, W, {self.in_channels})", ("N", *input_shape))
        rows, columns = ((size - 1) * s - 2 * p + k + extra for size, k, s, p, extra in
                         zip(input_shape, self.kernel, self.stride, self.padding,
                             self.output_padding))
        if rows < 1 or columns < 1:
            self.refuse("large enough to leave an output of at least 1x1 "
                        f"(it would be {rows}x{columns})", ("N", *input_shape))
        return (rows, columns, self.out_channels)

    def weight_channels(self) -> Two:
        return self.out_channels, self.in_channels

    def arguments(self) -> str:
        text = super().arguments()
        if getattr(self, "output_padding", (0, 0)) != (0, 0):
            text += f", output_padding={short(self.output_padding)}"
        return text


def pair(owner: str, name: str, value: object, minimum: int) -> Two:
    """An int or a pair of ints, as a pair of ints of at least `minimum`."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(values) != 2:
        raise ValueError(f"{owner}: {name} must be an integer or a pair (rows, columns), "
                         f"got {value!r}")
    rows, columns = (positive_int(owner, name, v, minimum) for v in values)
    return rows, columns


def short(values: Two) -> str:
    """A pair as the shortest text that says it: (4, 4) is "4"."""
    return str(values[0]) if values[0] == values[1] else str(tuple(values))
