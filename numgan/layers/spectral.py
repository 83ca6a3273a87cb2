"""Spectral normalisation: a layer around a layer, which bounds how steep it can be."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from .._checks import positive_int
from .._types import Array, Cache, Pieces, Rng, Shape
from .base import Layer


class SpectralNorm(Layer):
    """Divides the weights of a Dense or a convolution by their largest singular value.

        W̄ = W / σ(W),   σ(W) = uᵀ W v

    Shapes: as for the layer inside; parameters W and b are this layer's, with the same shapes. As a
    matrix, W has its last axis as columns: (inputs, outputs) for Dense, (kh·kw·inputs, outputs) for
    Conv2D; for ConvTranspose2D it is the matrix of the convolution whose adjoint this is. Buffers:
    u with one value for each row and v with one for each column, estimates of the first singular
    vectors.

    u and v are improved by power iteration, u ← W v / ‖W v‖, v ← Wᵀ u / ‖Wᵀ u‖: twenty rounds at
    the start, and `iterations` of them at each `commit`, when an update has moved W a little.
    forward takes u and v as they stand. So it is a plain function of W, linear above and linear
    below the fraction bar:

        ∂σ/∂W = u vᵀ        (at the exact singular vectors this holds even if they move with W)
        dW = (dW̄ − ⟨dW̄, W̄⟩ u vᵀ) / σ

    This is the layer's own gradient without its part along W̄, seen through u vᵀ: making W longer
    changes nothing. The bias is not normalised.

    Tangent: tW̄ = (tW − s W̄) / σ with s = uᵀ tW v. The loss S of tangent_backward depends on W
    through W̄ and through tW̄. With A = ∂S/∂tW̄, which is the weight gradient that the layer's own
    backward makes of dty,

        dW gains (−s A + ⟨A, 2 s W̄ − tW⟩ u vᵀ) / σ²

    Cache: the layer inside, with W̄ as its weights, and its cache; σ, u, v.
    Reference: Miyato et al. 2018 (SN-GAN), eq. 8, 12 and algorithm 1. There u and v are renewed
    before each forward pass; here after each update, which is the same moment.
    """

    W: Array
    dW: Array
    b: Array
    db: Array
    u: Array
    v: Array

    bounds_slope = True

    def __init__(self, layer: Layer, iterations: int = 1) -> None:
        if (not isinstance(layer, Layer) or "W" not in layer.shapes
                or set(layer.shapes) - {"W", "b"} or layer.buffers or layer.couples_samples):
            raise TypeError(f"SpectralNorm: expected a layer whose parameters are weights W, and "
                            f"b, such as Dense(2, 8), got {layer!r}")
        self.layer = layer
        self.iterations = positive_int("SpectralNorm", "iterations", iterations)
        *rows, columns = layer.shapes["W"]
        super().__init__(buffers={"u": (int(np.prod(rows)),), "v": (columns,)}, **layer.shapes)

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        u, v = self.u.copy(), self.v.copy()  # a commit moves them
        sigma = u @ self.matrix(self.W) @ v
        inner = self.with_weights(self.W / sigma)
        y, cache = inner.forward(x, train)
        return y, (inner, cache, sigma, u, v)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        inner, inner_cache, sigma, u, v = cache
        inner = self.with_weights(inner.W)  # with its own gradients, set to zero
        dx = inner.backward(dy, inner_cache, param_grads, input_grad)
        if param_grads:
            self.dW += self.unnormalized(inner.dW, inner.W, sigma, self.outer(u, v))
            self.keep_bias_gradient(inner)
        return dx

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        inner, inner_cache, sigma, u, v = cache
        moved = None
        if tparams:
            s = u @ self.matrix(tparams["W"]) @ v
            moved = {**tparams, "W": (tparams["W"] - s * inner.W) / sigma}
        ty, tcache = inner.tangent(tx, inner_cache, moved)
        return ty, (tcache, tparams)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        inner, inner_cache, sigma, u, v = cache
        inner_tcache, tparams = tcache
        inner, outer = self.with_weights(inner.W), self.outer(u, v)
        result = inner.tangent_backward(dy, dty, inner_cache, inner_tcache, input_grad, dtx)
        self.dW += self.unnormalized(inner.dW, inner.W, sigma, outer)
        self.keep_bias_gradient(inner)
        if tparams:
            inner = self.with_weights(inner.W)
            inner.backward(dty, inner_cache, input_grad=False)
            s = u @ self.matrix(tparams["W"]) @ v
            along = (inner.dW * (2 * s * inner.W - tparams["W"])).sum()
            self.dW += (along * outer - s * inner.dW) / sigma ** 2
        return result

    def unnormalized(self, d_normalized: Array, normalized: Array, sigma: float,
                     outer: Array) -> Array:
        """dW from dW̄."""
        return (d_normalized - (d_normalized * normalized).sum() * outer) / sigma

    def with_weights(self, W: Array) -> Any:
        """The layer inside, with these weights, this layer's bias, and zero gradients."""
        inner: Any = copy.copy(self.layer)
        inner.W, inner.dW = W, np.zeros_like(W)
        if "b" in self.shapes:
            inner.b, inner.db = self.b, np.zeros_like(self.b)
        return inner

    def keep_bias_gradient(self, inner: Any) -> None:
        if "b" in self.shapes:
            self.db += inner.db

    def matrix(self, W: Array) -> Array:
        return W.reshape(-1, W.shape[-1])

    def outer(self, u: Array, v: Array) -> Array:
        return np.outer(u, v).reshape(self.W.shape)

    def commit(self, cache: Cache) -> None:
        self.iterate(self.iterations)

    def iterate(self, times: int) -> None:
        matrix = self.matrix(self.W)
        for _ in range(times):
            for vector, product, other in (self.u, matrix, self.v), (self.v, matrix.T, self.u):
                moved = product @ other
                length = np.sqrt(moved @ moved)
                if length > 0:  # not for a matrix of zeros
                    vector[...] = moved / length

    def check_buffers(self) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            sigma = self.u @ self.matrix(self.W) @ self.v
        if self.W.any() and (sigma == 0 or not np.isfinite(sigma)):
            raise ValueError(f"{self}: expected a finite uᵀ W v that is not 0, got {sigma:g}")

    def initialize(self, rng: Rng) -> None:
        inner = self.with_weights(self.W)
        inner.begin(rng)
        self.v[...] = rng.standard_normal(self.v.shape)
        self.iterate(20)

    def told_input_shape(self) -> Shape | None:
        return self.layer.told_input_shape()

    def output_shape(self, input_shape: Shape) -> Shape:
        return self.layer.output_shape(input_shape)

    def arguments(self) -> str:
        return repr(self.layer) + (f", iterations={self.iterations}" if self.iterations > 1 else "")
