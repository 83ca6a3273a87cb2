"""What a generator's output costs beside a target: distances, inside a mask if wanted.

They stand beside the adversarial loss (`training.Translation`), or alone (an autoencoder's, or that
of `inversion.invert`).
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from ._checks import number, positive_int
from ._types import Array
from .layers import Chain
from .layers.softmax import softmax, through_softmax

if TYPE_CHECKING:
    from .networks import Network

__all__ = ["Cost", "CrossEntropy", "Features", "L1", "L2", "LogLikelihood", "Sum"]


class Cost:
    """Base. Of a sample it is the mean over its values, or over those inside the mask; of a batch
    the mean over samples.

        cost_n = Σ_i m_ni c(y_ni, target_ni) / Σ_i m_ni,    0 where the mask is empty
        value = mean_n cost_n

    ``cost(y, target, mask=None) -> value, dy``      dy = ∂value/∂y
    ``cost.of_samples(y, target, mask=None) -> costs, d``
        of each sample, (N,), and the gradient of each by its own y: d = N dy
    ``cost.tangent(y, t, target, mask=None) -> tdy``
        how dy changes along a tangent t of y

    y, target (N, ...) : arrays of one shape; mask : weights >= 0 that broadcast to that of y, such
    as (H, W, 1), (N, H, W, 1); None for everything. ValueError if they do not fit.

    A subclass writes

    ``of_values(y, target) -> c, dc``, elementwise, and ``slope(y, t, target)``, how dc changes.
    """

    def of_values(self, y: Array, target: Array) -> tuple[Array, Array]:
        raise NotImplementedError(f"{self} has no of_values")

    def slope(self, y: Array, t: Array, target: Array) -> Array:
        raise NotImplementedError(f"{self} has no slope: it cannot be used to second order")

    def __call__(self, y: Array, target: Array,
                 mask: Array | None = None) -> tuple[float, Array]:
        costs, d = self.of_samples(y, target, mask)
        return costs.sum() / len(y), d / d.real.dtype.type(len(y))

    def of_samples(self, y: Array, target: Array,
                   mask: Array | None = None) -> tuple[Array, Array]:
        shares = self.shares(y, target, mask)
        c, d = self.of_values(y, target)
        d *= shares
        c *= shares
        return c.reshape(len(y), -1).sum(axis=1), d

    def tangent(self, y: Array, t: Array, target: Array, mask: Array | None = None) -> Array:
        shares = self.shares(y, target, mask)
        return self.slope(y, t, target) * shares / y.real.dtype.type(len(y))

    def shares(self, y: Array, target: Array, mask: Array | None) -> Array | float:
        """m / Σ m of each sample."""
        if y.shape != np.shape(target) or y.ndim < 2:
            raise ValueError(f"{self}: expected y and target of one shape (N, ...), got {y.shape} "
                             f"and {np.shape(target)}")
        count = self.counted(y)
        if mask is None:
            return y.real.dtype.type(1 / max(count[0].size, 1))
        mask = np.asarray(mask)
        try:
            whole = np.broadcast_to(mask, count.shape)
        except ValueError:
            whole = None
        if whole is None or mask.dtype.kind not in "fiub" or not (mask >= 0).all():
            raise ValueError(f"{self}: expected a mask of numbers >= 0 that broadcasts to "
                             f"{count.shape}, got {mask.dtype} of shape {mask.shape}")
        whole = whole.astype(y.real.dtype)
        total = whole.reshape(len(y), -1).sum(axis=1).reshape(-1, *[1] * (y.ndim - 1))
        return whole / np.where(total == 0, 1, total)

    def counted(self, y: Array) -> Array:
        """An array of the shape over which the mean goes."""
        return y

    def astype(self, dtype: DTypeLike) -> Cost:
        """For y of another dtype; itself, but for one that has a network."""
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class L1(Cost):
    """mean |y − target|: the gradient is sign(y − target) / count, however near y is. The best
    answer to several possible targets is their median, which keeps an edge where the mean blurs it.

    Isola et al. 2017, eq. 3, where it is weighted by 100 beside the adversarial loss.
    """

    def of_values(self, y: Array, target: Array) -> tuple[Array, Array]:
        r = y - target
        sign = np.sign(r.real)
        return r * sign, sign

    def slope(self, y: Array, t: Array, target: Array) -> Array:
        return np.zeros_like(t)


class L2(Cost):
    """mean (y − target)², with the gradient 2 (y − target) / count. The best answer to several
    possible targets is their mean."""

    def of_values(self, y: Array, target: Array) -> tuple[Array, Array]:
        r = y - target
        return r * r, 2 * r

    def slope(self, y: Array, t: Array, target: Array) -> Array:
        return 2 * t


class CrossEntropy(Cost):
    """mean over places of −Σ_k target_k ln softmax(y)_k, in nats: y are the logits of tokens.

    y, target (N, ..., K): target one-hot, or a distribution; mask (N, ..., 1), of places.
    Gradient: with T = Σ_k target_k, which is 1, it is (T softmax(y) − target) / count; and along a
    tangent t it changes by T p (t − Σ p t) / count.
    """

    def counted(self, y: Array) -> Array:
        return y[..., :1]

    def of_values(self, y: Array, target: Array) -> tuple[Array, Array]:
        shifted = y - y.real.max(axis=-1, keepdims=True)
        p = np.exp(shifted)
        total = p.sum(axis=-1, keepdims=True)
        p /= total
        shifted -= np.log(total)
        d = target.sum(axis=-1, keepdims=True) * p - target
        return -(target * shifted).sum(axis=-1, keepdims=True), d

    def slope(self, y: Array, t: Array, target: Array) -> Array:
        return target.sum(axis=-1, keepdims=True) * through_softmax(softmax(y), t)


class LogLikelihood(Cost):
    """mean over places of −Σ_k target_k ln(y_k + eps), in nats: y are the probabilities of tokens.

    For what ends in a `Softmax`, as a `Decoder` does that feeds its words back; where the logits
    are the output, `CrossEntropy` is the same number without the way through p.
    Gradient: −target_k / (y_k + eps) / count; along a tangent t of y it changes by target t /
    (y + eps)² / count. eps is there because what has probability 0 would cost infinitely much.

    y, target (N, ..., K): probabilities, and one-hot or a distribution; mask (N, ..., 1), of
    places; eps : number > 0
    """

    def __init__(self, eps: float = 1e-6) -> None:
        self.eps = number("LogLikelihood", "eps", eps, above=0)

    def counted(self, y: Array) -> Array:
        return y[..., :1]

    def of_values(self, y: Array, target: Array) -> tuple[Array, Array]:
        y = y + y.real.dtype.type(self.eps)
        return -(target * np.log(y)).sum(axis=-1, keepdims=True), -target / y

    def slope(self, y: Array, t: Array, target: Array) -> Array:
        y = y + y.real.dtype.type(self.eps)
        return target * t / (y * y)

    def __repr__(self) -> str:
        return f"LogLikelihood({self.eps:g})"


class Features(Cost):
    """A cost of what a fixed network sees in y and in the target: of its features f, the output of
    its first `layers` layers.

        cost(f(y), f(target)),    dy = (∂f/∂y)ᵀ df

    The network is used as it stands, with running statistics and without noise; its parameters and
    gradients stay as they are. Two pictures with the same bricks elsewhere are far from each other
    in pixels, and near in the features of a network that has learned to tell brick from wood.
    A mask is one of pixels: both pictures are multiplied by it first, so that neither shows what
    is outside.

    network : Network of samples alone; layers : int, or None for all; cost : of features, L2()
    Tangent: the Hessian-vector product through f, one tangent pass and its reverse.
    Reference: Johnson et al. 2016, eq. 2, where it is of one layer of VGG-16.
    """

    def __init__(self, network: Network, layers: int | None = None,
                 cost: Cost | None = None) -> None:
        if not isinstance(network, Chain) or getattr(network, "condition_shape", None) is not None:
            raise TypeError(f"Features: network must be a Network of samples alone, got "
                            f"{network!r}")
        self.network = network
        self.layers = (len(network.children) if layers is None else
                       positive_int("Features", "layers", layers, most=len(network.children)))
        self.cost = L2() if cost is None else cost
        if not isinstance(self.cost, Cost):
            raise TypeError(f"Features: cost must be one of numgan.costs, got {cost!r}")
        self.chain = Chain(*network.children[:self.layers])

    def of_samples(self, y: Array, target: Array,
                   mask: Array | None = None) -> tuple[Array, Array]:
        y, target, seen = self._masked(y, target, mask)
        f, cache = self.chain.forward(y)
        costs, d = self.cost.of_samples(f, self.chain.forward(target)[0])
        return costs, self.chain.backward(d, cache, param_grads=False) * seen

    def tangent(self, y: Array, t: Array, target: Array, mask: Array | None = None) -> Array:
        y, target, seen = self._masked(y, target, mask)
        f, cache = self.chain.forward(y)
        tf, tcache = self.chain.tangent(t * seen, cache)
        wanted = self.chain.forward(target)[0]
        kept = self.network.grad.copy()
        dy, _ = self.chain.tangent_backward(self.cost.tangent(f, tf, wanted),
                                            self.cost(f, wanted)[1], cache, tcache)
        self.network.grad[...] = kept
        return dy * seen

    def _masked(self, y: Array, target: Array, mask: Array | None) -> tuple[Array, Array, Any]:
        self.shares(y, target, mask)  # checks
        target = target.astype(y.dtype, copy=False)
        if mask is None:
            return y, target, y.real.dtype.type(1)
        seen = np.asarray(mask).astype(y.real.dtype)
        return y * seen, target * seen, seen

    def astype(self, dtype: DTypeLike) -> Cost:
        return Features(self.network.astype(dtype), self.layers, self.cost)

    def __repr__(self) -> str:
        return f"Features({self.network}, {self.layers}, {self.cost})"


class Sum(Cost):
    """Several costs of the same y and target, each with a weight:

        cost_n = Σ_j weight_j cost_j,n,    dy = Σ_j weight_j dy_j

    parts : pairs (cost, weight); cost : Cost, weight : number >= 0
    Tangent: that of each, weighted alike, for the sum is linear.
    """

    def __init__(self, *parts: tuple[Cost, float]) -> None:
        if not parts or not all(isinstance(part, tuple) and len(part) == 2
                                and isinstance(part[0], Cost) for part in parts):
            raise TypeError(f"Sum: expected pairs (one of numgan.costs, weight), got {parts!r}")
        self.parts = [(cost, number("Sum", "weight", weight, least=0)) for cost, weight in parts]

    def of_samples(self, y: Array, target: Array,
                   mask: Array | None = None) -> tuple[Array, Array]:
        costs, d = zip(*(cost.of_samples(y, target, mask) for cost, _ in self.parts))
        return self._weighted(costs), self._weighted(d)

    def tangent(self, y: Array, t: Array, target: Array, mask: Array | None = None) -> Array:
        return self._weighted([cost.tangent(y, t, target, mask) for cost, _ in self.parts])

    def _weighted(self, values: Sequence[Array]) -> Array:
        return functools.reduce(operator.add, (
            value * value.real.dtype.type(weight)
            for value, (_, weight) in zip(values, self.parts)))

    def astype(self, dtype: DTypeLike) -> Cost:
        return Sum(*((cost.astype(dtype), weight) for cost, weight in self.parts))

    def __repr__(self) -> str:
        return f"Sum({', '.join(f'({cost}, {weight:g})' for cost, weight in self.parts)})"
