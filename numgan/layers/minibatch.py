"""Layers that let a discriminator see more than one sample at a time.

A discriminator that judges each sample alone cannot tell a varied batch from the same good sample
again and again, which is what a collapsed generator makes. These layers show it the batch.
"""

from __future__ import annotations

import numpy as np

from .._checks import number, positive_int
from .._types import Array, Cache, Initializer, Pieces, Rng, Shape
from .base import Layer, PiecewiseLinear, plus
from .initializers import initializer


class ComparingLayer(Layer):
    """What the layers that compare the samples of a batch have in common."""

    couples_samples = True

    def check_batch_size(self, n: int) -> None:
        if n < 2:
            raise ValueError(f"{self} compares the samples of a batch: expected a batch size of at "
                             f"least 2, got {n}")


class Pack(PiecewiseLinear):
    """PacGAN: m samples side by side are one input, real with real and generated with generated.

        (N, d) → (N/m, m·d),   images (N, H, W, C) → (N/m, H, W, m·C)

    D then compares distributions of m-tuples, in which a missing mode shows m times as clearly.
    A linear map that renames axes: backward renames them back. Cache: the shape of x.
    Reference: Lin et al. 2018, section 3; m is their degree of packing.
    """

    couples_samples = True

    def __init__(self, m: int = 2) -> None:
        self.m = positive_int("Pack", "m", m)
        super().__init__()

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        if len(x) % self.m:
            self.refuse(f"(a multiple of {self.m}, ...)", x.shape)
        return self.packed(x), x.shape

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        if input_grad:
            n, *image, channels = cache
            dy = dy.reshape(n // self.m, *image, self.m, channels)
            return np.moveaxis(dy, -2, 1).reshape(cache)
        return None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        return self.packed(tx), None

    def check_batch_size(self, n: int) -> None:
        if n % self.m:
            raise ValueError(f"{self} makes one input of {self.m} samples: expected a batch size "
                             f"that is a multiple of {self.m}, got {n}")

    def packed(self, x: Array) -> Array:
        n, *image, channels = x.shape
        x = np.moveaxis(x.reshape(n // self.m, self.m, *image, channels), 1, -2)
        return x.reshape(n // self.m, *image, self.m * channels)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.m * input_shape[-1])

    def arguments(self) -> str:
        return str(self.m)


class MinibatchDiscrimination(ComparingLayer):
    """Each sample is told how close the others of its batch are, in learned directions.

        M_i = x_i W                                       `kernels` rows of `dims` numbers
        c_ij = exp(−Σ_dims |M_i − M_j|),   o_i = Σ_j c_ij      for each kernel
        y_i = (x_i, o_i)

    Shapes: x (N, in_features), W (in_features, kernels·dims), y (N, in_features + kernels).

    Backward: c_ij is in o_i and in o_j, so with s_ij = sign(M_i − M_j)

        dM_i = −Σ_j (do_i + do_j) c_ij s_ij,    dW = xᵀ dM,    dx = dy_x + dM Wᵀ

    Tangent: e_ij = Σ_dims s_ij (tM_i − tM_j) is how fast i and j move apart, to_i = −Σ_j c_ij e_ij.
    Its reverse has the same form twice. dtM is what backward makes of dto. As c depends on M, in o
    and in to, the weight of c_ij in dM is (do_i + do_j) − (dto_i + dto_j) e_ij.

    Cache: x, c (kernels, N, N), s (dims, kernels, N, N): the long axes lie last, which is fast.
    Reference: Salimans et al. 2016, section 3.2.
    """

    W: Array
    dW: Array

    def __init__(self, in_features: int, kernels: int = 16, dims: int = 4,
                 init: str | Initializer = "glorot") -> None:
        name = "MinibatchDiscrimination"
        self.in_features = positive_int(name, "in_features", in_features)
        self.kernels = positive_int(name, "kernels", kernels)
        self.dims = positive_int(name, "dims", dims)
        self.init = initializer(init)
        super().__init__(W=(in_features, kernels * dims))

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        differences = self.differences(x @ self.W)
        signs = np.sign(differences.real).astype(x.real.dtype)
        closeness = np.exp(-(differences * signs).sum(axis=0))
        return np.concatenate([x, closeness.sum(axis=2).T], axis=1), (x, closeness, signs)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        x, closeness, signs = cache
        dy_x, do = np.split(dy, [self.in_features], axis=1)
        dM = self.pull(self.of_both(do), closeness, signs)
        if param_grads:
            self.dW += x.T @ dM
        return dy_x + dM @ self.W.T if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        x, closeness, signs = cache
        tM = tx @ self.W
        if tparams:
            tM = tM + x @ tparams["W"]
        parting = (self.differences(tM) * signs).sum(axis=0)
        ty = np.concatenate([tx, -(closeness * parting).sum(axis=2).T], axis=1)
        return ty, (tx, parting, tparams)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        x, closeness, signs = cache
        tx, parting, tparams = tcache
        dty_x, dto = np.split(dty, [self.in_features], axis=1)
        weight = -self.of_both(dto) * parting
        dy_x = None
        if dy is not None:
            dy_x, do = np.split(dy, [self.in_features], axis=1)
            weight = weight + self.of_both(do)
        dM = self.pull(weight, closeness, signs)
        dtM = self.pull(self.of_both(dto), closeness, signs)
        self.dW += x.T @ dM + tx.T @ dtM
        if not input_grad:
            return None, None
        dx = plus(dy_x, dM @ self.W.T)
        if tparams:
            dx = dx + dtM @ tparams["W"].T
        return dx, dty_x + dtM @ self.W.T if dtx is None else dtx

    def differences(self, M: Array) -> Array:
        """M_i − M_j, (dims, kernels, N, N)."""
        M = np.ascontiguousarray(M.reshape(len(M), self.kernels, self.dims).transpose(2, 1, 0))
        return M[..., None] - M[..., None, :]

    def of_both(self, do: Array) -> Array:
        """do_i + do_j, (kernels, N, N), of do (N, kernels)."""
        do = np.ascontiguousarray(do.T)
        return do[..., None] + do[:, None]

    def pull(self, weight: Array, closeness: Array, signs: Array) -> Array:
        """−Σ_j weight_ij c_ij s_ij as (N, kernels·dims); weight (kernels, N, N)."""
        pull = -np.einsum("kij,dkij->ikd", weight * closeness, signs)
        return pull.reshape(len(pull), -1)

    def told_input_shape(self) -> Shape | None:
        return (self.in_features,)

    def output_shape(self, input_shape: Shape) -> Shape:
        if tuple(input_shape) != (self.in_features,):
            self.refuse(f"(N, {self.in_features})", ("N", *input_shape))
        return (self.in_features + self.kernels,)

    def initialize(self, rng: Rng) -> None:
        self.W[...] = self.init(rng, self.W.shape, self.in_features, self.kernels * self.dims)

    def arguments(self) -> str:
        return f"{self.in_features}, {self.kernels}, {self.dims}"


class MinibatchStd(ComparingLayer):
    """One more feature, the same for all samples: how much the batch varies.

        σ_m = √(mean_n (x_nm − mean x_m)² + eps),   s = mean_m σ_m
        y = (x, s);  for images s is one more channel

    Shapes: x (N, C) or (N, H, W, C), y with C + 1; m runs over all M values of a sample.

    Backward: with u = x − mean(x), ∂s/∂x_nm = u_nm / (N M σ_m), as the change of the mean drops
    out; ds is the sum of dy over all places of s.

    Tangent: ts = Σ u tx / (N M σ). ts depends on x through u and σ, so in its reverse

        dx += dts / (N M) · ( (tx − mean tx) / σ − u Σ_k u_k tx_k / (N σ³) )

    Cache: u, σ.
    Reference: Karras et al. 2018, section 3, over the whole batch.
    """

    def __init__(self, eps: float = 1e-8) -> None:
        self.eps = number("MinibatchStd", "eps", eps, above=0)
        super().__init__()

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        u = x - x.sum(axis=0) / len(x)
        sigma = np.sqrt((u * u).sum(axis=0) / len(x) + self.eps)
        return self.appended(x, sigma.sum() / sigma.size), (u, sigma)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        u, sigma = cache
        return dy[..., :-1] + dy[..., -1].sum() / u.size * (u / sigma) if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        u, sigma = cache
        return self.appended(tx, (u * tx / sigma).sum() / u.size), tx

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        if not input_grad:
            return None, None
        u, sigma = cache
        tx = tcache
        dx = dty[..., -1].sum() / u.size * (
            (tx - tx.sum(axis=0) / len(tx)) / sigma
            - u * ((u * tx).sum(axis=0) / (len(u) * sigma ** 3)))
        if dy is not None:
            dx = dx + self.backward(dy, cache)
        return dx, self.backward(dty, cache) if dtx is None else dtx

    @staticmethod
    def appended(x: Array, value: float) -> Array:
        return np.concatenate([x, np.full((*x.shape[:-1], 1), value, x.dtype)], axis=-1)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], input_shape[-1] + 1)
