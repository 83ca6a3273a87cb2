"""Batch, layer and instance normalisation."""

from __future__ import annotations

import numpy as np

from .._checks import fraction, number, positive_int
from .._runtime import in_parts, in_rows, rows_of, sum_in_order
from .._types import Array, Cache, Pieces, Rng, Shape
from .base import Layer, sum_of, sum_of_products


class Normalization(Layer):
    """What all have in common: the shapes that they take, and their name."""

    features: int
    gamma: Array
    dgamma: Array
    beta: Array
    dbeta: Array

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) not in (1, 3) or input_shape[-1] != self.features:
            self.refuse(f"(N, {self.features}) or (N, H, W, {self.features})",
                        ("N", *input_shape))
        return tuple(input_shape)

    def arguments(self) -> str:
        return str(self.features)


class BatchNorm(Normalization):
    """Each feature is brought to mean 0 and variance 1 over the batch, then scaled and shifted.

        m = mean(x),  v = mean((x − m)²)       over all axes but the last
        x̂ = (x − m) / √(v + eps)
        y = gamma · x̂ + beta

    Shapes: x (N, features) or (N, H, W, features); gamma, beta, m, v (features,). The mean is
    over N samples or over N·H·W pixels; M below is that number.

    With train=True the statistics are the batch's and are kept in the cache; `commit(cache)` then
    moves the running statistics towards them, running ← (1 − momentum) running + momentum · batch
    (the variance with the factor M/(M − 1) that makes it unbiased). With train=False m and v are
    the running statistics, constants of the forward pass, and so of the backward pass.

    Backward: dbeta = Σ dy and dgamma = Σ dy · x̂ over the M rows. With g = gamma · dy and
    s = √(v + eps), a change of one x moves m and v, and through them every x̂ of its feature:

        dx_i = Σ_k g_k ∂x̂_k/∂x_i,   ∂x̂_k/∂x_i = (δ_ki − 1/M − x̂_k x̂_i / M) / s
             = (g_i − mean(g) − x̂_i · mean(g · x̂)) / s
             = gamma / s · (dy_i − dbeta / M − x̂_i · dgamma / M)

    that is: g without its components along the constant and along x̂, the two directions that the
    normalisation removed. With running statistics only dx = gamma / s · dy is left.

    Tangent, with batch statistics: x̂ moves along what is left of tx without its components along
    the constant and along x̂,

        tx̂ = (tx − mean(tx) − x̂ c) / s,  c = mean(x̂ · tx)
        ty = gamma tx̂ + tgamma x̂ + tbeta

    This is linear in tx, with the same symmetric matrix as backward, so dtx is backward's formula
    applied to dty. It depends on x through x̂, through c, which contains x̂, and through 1/s. Every
    sample's statistics contain all samples: so a normalisation couples them to second order too.
    With du = gamma dty, the gradient with respect to tx̂, and with ∂(1/s)/∂x_k = −x̂_k / (M s²):

        dx̂ = gamma dy + tgamma dty − (c du + tx mean(x̂ · du)) / s
        dx = (dx̂ − mean(dx̂) − x̂ mean(x̂ · dx̂)) / s − x̂ mean(du · tx̂) / s

    and dgamma = Σ dy · x̂ + Σ dty · tx̂. With running statistics x̂ is linear in x, so there are no
    such terms.

    Cache: x as rows (M, features), m, v, 1/s, train. x̂ is not kept: it is cheaper to compute again
    than to write and read.
    Reference: Ioffe & Szegedy 2015, algorithms 1 and 2.
    """

    running_mean: Array
    running_var: Array

    couples_samples = True

    def __init__(self, features: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        self.features = positive_int("BatchNorm", "features", features)
        self.momentum = fraction("BatchNorm", "momentum", momentum, closed=True)
        self.eps = number("BatchNorm", "eps", eps, above=0)
        super().__init__(gamma=(features,), beta=(features,),
                         buffers={"running_mean": (features,), "running_var": (features,)})

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        rows = x.reshape(-1, self.features)
        # copies of the running ones, which a commit may move before this pass goes backward
        mean, var = (moments(rows) if train else
                     (self.running_mean.copy(), self.running_var.copy()))
        scale = 1 / np.sqrt(var + self.eps)
        y, factor = np.empty_like(rows), self.gamma * scale

        def part(some: slice) -> None:
            of_some = np.subtract(rows[some], mean, out=y[some])
            of_some *= factor
            of_some += self.beta

        in_parts(part, rows_of(rows))
        return y.reshape(x.shape), (rows, mean, var, scale, train)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        rows, mean, var, scale, train = cache
        shape, dy, parts = dy.shape, dy.reshape(-1, self.features), rows_of(rows)

        def sums(some: slice) -> Array:
            return np.stack([sum_of(dy[some]), sum_of_products(dy[some], rows[some] - mean)])

        dbeta, dgamma = sum_in_order(in_parts(sums, parts))
        dgamma *= scale
        if param_grads:
            self.dbeta += dbeta
            self.dgamma += dgamma
        if not input_grad:
            return None
        dx = np.empty_like(dy)
        slope, offset, factor = -scale * dgamma / len(rows), dbeta / len(rows), self.gamma * scale

        def part(some: slice) -> None:
            of_some = dx[some]
            if train:  # dy − dbeta/M − x̂ dgamma/M
                np.subtract(rows[some], mean, out=of_some)
                of_some *= slope
                of_some += dy[some]
                of_some -= offset
                of_some *= factor
            else:
                np.multiply(dy[some], factor, out=of_some)

        in_parts(part, parts)
        return dx.reshape(shape)

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        rows, mean, _, scale, train = cache
        shape, tx = tx.shape, tx.reshape(-1, self.features)
        normalized = (rows - mean) * scale
        moved = project(tx, normalized) * scale if train else tx * scale
        ty = self.gamma * moved
        if tparams:
            ty += tparams["gamma"] * normalized + tparams["beta"]
        return ty.reshape(shape), (tx, normalized, moved, tparams)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        scale, train = cache[3:]
        tx, normalized, moved, tparams = tcache
        shape, count = dty.shape, len(tx)
        dty = dty.reshape(tx.shape)
        dy = np.zeros_like(dty) if dy is None else dy.reshape(tx.shape)
        self.dbeta += sum_of(dy)
        self.dgamma += sum_of_products(dy, normalized) + sum_of_products(dty, moved)
        if not input_grad:
            return None, None
        d_moved = self.gamma * dty
        d_normalized = self.gamma * dy
        if tparams:
            d_normalized += tparams["gamma"] * dty
        if not train:
            dx = d_normalized * scale
        else:
            d_normalized -= scale / count * (sum_of_products(normalized, tx) * d_moved
                                             + tx * sum_of_products(normalized, d_moved))
            dx = project(d_normalized, normalized) * scale
            dx -= normalized * (scale * sum_of_products(d_moved, moved) / count)
        if dtx is None:
            dtx = (project(d_moved, normalized) if train else d_moved) * scale
        return dx.reshape(shape), dtx.reshape(shape)

    def commit(self, cache: Cache) -> None:
        rows, mean, var, _, train = cache
        if train:
            count = len(rows)
            self.running_mean += self.momentum * (mean - self.running_mean)
            self.running_var += self.momentum * (var * (count / max(count - 1, 1))
                                                 - self.running_var)

    def check_buffers(self) -> None:
        if (self.running_var < 0).any():
            raise ValueError(f"{self}: expected running_var >= 0, got {self.running_var.min():g}")

    def initialize(self, rng: Rng) -> None:
        self.gamma[...] = 1
        self.beta[...] = 0
        self.running_mean[...] = 0
        self.running_var[...] = 1


class LayerNorm(Normalization):
    """Each sample is brought to mean 0 and variance 1 over all its values, then every feature is
    scaled and shifted.

        m = mean(x),  v = mean((x − m)²)       of a sample, over all axes but the first
        x̂ = (x − m) / √(v + eps)
        y = gamma · x̂ + beta

    Shapes: x (N, features) or (N, H, W, features); gamma, beta (features,); m, v (N, 1). M below
    is the number of values of a sample.

    It normalises like BatchNorm, but along the other axis. Samples do not know of each other, so a
    penalty on the gradient of each sample means what it says, and there is nothing to average for
    later. With g = gamma · dy, and all means over a sample,

        dx = (g − mean(g) − x̂ mean(x̂ · g)) / s

    Tangent: tx̂ = (tx − mean(tx) − x̂ mean(x̂ · tx)) / s; its reverse is that of BatchNorm (it is
    derived there), with these means.

    Cache: x̂ as (N, M), 1/s, the shape of x.
    Reference: Ba et al. 2016; over (H, W, features) of an image, as in Gulrajani et al. 2017.
    """

    def __init__(self, features: int, eps: float = 1e-5) -> None:
        self.features = positive_int(type(self).__name__, "features", features)
        self.eps = number(type(self).__name__, "eps", eps, above=0)
        super().__init__(gamma=(features,), beta=(features,))

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        rows, y = self.normalized_together(x), np.empty(x.shape, x.dtype)
        normalized, scale = np.empty(rows.shape, x.dtype), np.empty_like(rows[:, :1])

        def part(some: slice) -> None:
            of_some = np.subtract(rows[some], row_mean(rows[some]), out=normalized[some])
            scale[some] = 1 / np.sqrt(row_mean(of_some * of_some) + self.eps)
            of_some *= scale[some]
            np.multiply(of_some.reshape(y[some].shape), self.gamma, out=y[some])
            y[some] += self.beta

        in_parts(part, rows_of(x))
        return y, (normalized, scale, x.shape)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        normalized, scale, shape = cache
        if param_grads:
            self.dbeta += sum_of(self.pixels(dy))
            self.dgamma += sum_of_products(self.pixels(dy), self.pixels(normalized))
        return in_rows(self._input_gradient, dy, normalized, scale) if input_grad else None

    def _input_gradient(self, dx: Array, dy: Array, normalized: Array, scale: Array) -> None:
        g = (dy * self.gamma).reshape(normalized.shape)
        project_rows(dx.reshape(g.shape), g, normalized, scale)

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        normalized, scale, shape = cache
        tx = tx.reshape(normalized.shape)
        moved = in_rows(project_rows, tx, normalized, scale)
        ty = in_rows(lambda ty, moved: np.multiply(moved, self.gamma, out=ty),
                     moved.reshape(shape))
        if tparams:
            ty += normalized.reshape(shape) * tparams["gamma"] + tparams["beta"]
        return ty, (tx, moved, tparams)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        normalized, scale, shape = cache
        tx, moved, tparams = tcache
        self.dgamma += sum_of_products(self.pixels(dty), self.pixels(moved))
        if dy is not None:
            self.dbeta += sum_of(self.pixels(dy))
            self.dgamma += sum_of_products(self.pixels(dy), self.pixels(normalized))
        if not input_grad:
            return None, None
        dx = np.empty(shape, dty.dtype)

        def part(some: slice) -> None:
            n, s, t = normalized[some], scale[some], tx[some]
            d_moved = (dty[some] * self.gamma).reshape(t.shape)
            d_normalized = -s * (row_mean(n * t) * d_moved + t * row_mean(n * d_moved))
            if dy is not None:
                d_normalized += (dy[some] * self.gamma).reshape(t.shape)
            if tparams:
                d_normalized += (dty[some] * tparams["gamma"]).reshape(t.shape)
            of_some = project_rows(dx[some].reshape(t.shape), d_normalized, n, s)
            of_some -= n * (s * row_mean(d_moved * moved[some]))

        in_parts(part, rows_of(dty))
        return dx, in_rows(self._input_gradient, dty, normalized, scale) if dtx is None else dtx

    def normalized_together(self, x: Array) -> Array:
        """x, reshaped so that the values that share a mean lie along the second axis."""
        return x.reshape(len(x), -1)

    def pixels(self, array: Array) -> Array:
        return array.reshape(-1, self.features)

    def initialize(self, rng: Rng) -> None:
        self.gamma[...] = 1
        self.beta[...] = 0


class InstanceNorm(LayerNorm):
    """Each feature of each image is brought to mean 0 and variance 1 over the image's pixels, then
    scaled and shifted: its contrast and brightness are gone, its pattern stays.

        m = mean(x),  v = mean((x − m)²)       of a sample's feature, over its H·W pixels
        x̂ = (x − m) / √(v + eps)
        y = gamma · x̂ + beta

    Shapes: x (N, H, W, features) of more than one pixel; gamma, beta (features,); m, v
    (N, 1, features).

    Followed by `Modulate`, whose gain and shift are the style's, it is adaptive instance
    normalisation (AdaIN): y = (1 + c Γ) (gamma · x̂ + beta) + c B.

    Backward and tangent are those of LayerNorm with means over the pixels of a sample's feature.
    Cache: x̂ as (N, H·W, features), 1/s, the shape of x.
    Reference: Ulyanov et al. 2016, eq. 2; AdaIN: Huang & Belongie 2017, eq. 8.
    """

    def normalized_together(self, x: Array) -> Array:
        return x.reshape(len(x), -1, self.features)

    def output_shape(self, input_shape: Shape) -> Shape:
        if (len(input_shape) != 3 or input_shape[-1] != self.features
                or input_shape[0] * input_shape[1] < 2):
            self.refuse(f"(N, H, W, {self.features}) with more than one pixel, of which the mean "
                        f"leaves something", ("N", *input_shape))
        return tuple(input_shape)


def moments(rows: Array) -> tuple[Array, Array]:
    """Mean and variance of each column. Those of each part are taken while it is in the cache, and
    are combined as in Chan, Golub & LeVeque 1983: from the squares of a part around its own mean,
    and the distance of this mean from the mean of all."""
    parts = rows_of(rows)

    def of_part(some: slice) -> tuple[Array, Array]:
        mean = sum_of(rows[some]) / (some.stop - some.start)
        centered = rows[some] - mean
        return mean, sum_of_products(centered, centered)

    found = in_parts(of_part, parts)
    if len(found) == 1:
        (mean, squares), = found
    else:
        sizes = [some.stop - some.start for some in parts]
        mean = sum(size * of_part for size, (of_part, _) in zip(sizes, found)) / len(rows)
        squares = sum(of_part + size * (m - mean) ** 2 for size, (m, of_part) in zip(sizes, found))
    return mean, squares / len(rows)


def project(rows: Array, normalized: Array) -> Array:
    """rows without their parts along the constant and along x̂, per feature; symmetric."""
    count = len(rows)
    return rows - sum_of(rows) / count - normalized * (sum_of_products(rows, normalized) / count)


def row_mean(rows: Array) -> Array:
    """Mean of each sample, (N, M) → (N, 1), or of each of its features, (N, M, F) → (N, 1, F)."""
    if rows.ndim == 3:  # a product, as in `sum_of`
        return np.ones((1, rows.shape[1]), rows.dtype) @ rows / rows.shape[1]
    return rows.sum(axis=1, keepdims=True) / rows.shape[1]


def project_rows(out: Array, rows: Array, normalized: Array, scale: Array) -> Array:
    """`project` for each sample, along the other axis, times `scale`; into `out`."""
    np.subtract(rows, row_mean(rows), out=out)
    out -= normalized * row_mean(rows * normalized)
    out *= scale
    return out
