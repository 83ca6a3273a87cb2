"""The affine layer: start reading here."""

from __future__ import annotations

from .._checks import flag, positive_int
from .._runtime import product
from .._types import Array, Cache, Initializer, Pieces, Rng, Shape
from .base import Layer, plus, sum_of
from .initializers import initializer


class Dense(Layer):
    """Every output is a weighted sum of all inputs plus a bias.

        y = x W + b            y_nj = Σ_i x_ni W_ij + b_j

    Shapes: x (N, in_features), W (in_features, out_features), b (out_features,),
    y (N, out_features).

    Backward, for a loss L with dy = ∂L/∂y. x_ni reaches the loss through every y_nj, with weight
    W_ij; W_ij through every sample n, with weight x_ni; b_j through every sample, with weight 1:

        dx_ni = Σ_j dy_nj W_ij      dx = dy Wᵀ
        dW_ij = Σ_n x_ni dy_nj      dW = xᵀ dy
        db_j  = Σ_n dy_nj           db = 1ᵀ dy

    Tangent: ty = tx W + x tW + tb. For given weights, y and ty are linear in (x, tx), and W meets x
    in y and tx in ty. So dW = xᵀ dy + txᵀ dty, dtx = dty Wᵀ, and dx = dy Wᵀ + dty tWᵀ. The second
    term of dx is there only if the weights move. A linear layer has no curvature of its own.

    Cache: x; tcache: tx and tW.
    """

    W: Array
    dW: Array
    b: Array
    db: Array

    def __init__(self, in_features: int, out_features: int, bias: bool = True,
                 init: str | Initializer = "glorot") -> None:
        self.in_features = positive_int("Dense", "in_features", in_features)
        self.out_features = positive_int("Dense", "out_features", out_features)
        self.bias = flag("Dense", "bias", bias)
        self.init = initializer(init)
        shapes: dict[str, Shape] = {"W": (in_features, out_features)}
        if bias:
            shapes["b"] = (out_features,)
        super().__init__(buffers=None, **shapes)

    def forward(self, x: Array, train: bool = False) -> tuple[Array, Cache]:
        self.check_input(x)
        y = product(x, self.W)
        if self.bias:
            y += self.b
        return y, x

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Array | None:
        x = cache
        if param_grads:
            self.dW += product(x.T, dy)
            if self.bias:
                self.db += sum_of(dy)
        if input_grad:
            # with one output, an outer product: broadcasting is faster than a matrix product
            return dy * self.W[:, 0] if self.out_features == 1 else product(dy, self.W.T)
        return None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Array, Cache]:
        ty = product(tx, self.W)
        if tparams:
            ty += product(cache, tparams["W"])
            if self.bias:
                ty += tparams["b"]
        return ty, (tx, tparams)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Array | None, Array | None]:
        tx, tparams = tcache
        self.dW += product(tx.T, dty)
        dx = None if dy is None else self.backward(dy, cache, input_grad=input_grad)
        if not input_grad:
            return None, None
        if tparams:
            dx = plus(dx, product(dty, tparams["W"].T))
        return dx, self.backward(dty, cache, param_grads=False) if dtx is None else dtx

    def told_input_shape(self) -> Shape | None:
        return (self.in_features,)

    def output_shape(self, input_shape: Shape) -> Shape:
        if tuple(input_shape) != (self.in_features,):
            self.refuse(f"(N, {self.in_features})", ("N", *input_shape))
        return (self.out_features,)

    def initialize(self, rng: Rng) -> None:
        self.W[...] = self.init(rng, self.W.shape, self.in_features, self.out_features)
        if self.bias:
            self.b[...] = 0

    def arguments(self) -> str:
        return f"{self.in_features}, {self.out_features}" + ("" if self.bias else ", bias=False")
