"""Penalties on the gradient of the discriminator by its input, g = ∇ₓ D(x), and their gradients.

Training θ with a penalty P(g) needs ∇_θ P, a second-order gradient. With u = ∂P/∂g held constant,

    ∇_θ P = ∇_θ ⟨u, g⟩,    and ⟨u, g⟩ = Σ_n ∂D(x_n)/∂x_n · u_n

is the derivative of D along u, that is, the sum of the tangent ty for tx = u. So four passes are
enough: forward; backward from ones, which gives g; tangent along u; and the reverse of forward and
tangent, `tangent_backward`, from dty = 1. Half of the last one is already known: the gradients dtx
on its way are those of the second pass, which keeps them (`trace`). D is taken before the sigmoid,
as everywhere here.

For a conditional discriminator, which judges pairs (x, c), g is the gradient with respect to x
alone; a point between two pairs has the condition of the real one.

`tangent_backward` has room for a gradient dy of the logits themselves. A penalty that looks at the
same samples as the loss (`R1`, `R2`, `R1R2`) passes the gradient of the loss there. So such a step
needs no forward pass for the penalty, and no backward pass for the loss at these samples.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ._checks import came, choice, flag, generator, number
from ._registry import Registry
from ._types import Array, Batch, Cache, Rng, Trace
from .pairs import Pair, Samples, concatenate, with_x, x_of

if TYPE_CHECKING:
    from .networks import Network

__all__ = ["DRAGAN", "PENALTIES", "Penalty", "R1", "R1R2", "R2", "WGANGP"]

PENALTIES: Registry[Callable[..., Penalty]] = Registry(
    "penalty", "a function that makes one, such as its class", callable)


class Penalty:
    """Base: the mean over samples of a function of ‖g‖, the Euclidean norm over all values of a
    sample. A subclass says where the gradient is taken and what it costs there.

    ``points(real, fake, rng) -> x``      samples, of pairs with a condition each
    ``of_norms(norms) -> cost, slope``    of ‖g_n‖, (N,) each: the cost of a sample and its
                                          derivative divided by the norm, (∂cost/∂‖g‖) / ‖g‖

    and, where they apply,

    ``at = "real"``, ``"fake"``, ``"both"``   in the class: the samples that `points` returns are
                                          these of the loss ("both": first the real ones), so that
                                          D's pass there is used again; None, the default: others
    ``add_gradient(discriminator, real, fake, rng) -> value``
                                          for a penalty that is no function of ‖g‖; then at is None

    A class that defines `points` or `add_gradient` does not inherit `at`. ValueError for another
    `at`. `weight` may be changed between steps.
    """

    remembers: tuple[str, ...] = ("weight",)
    at: str | None = None

    def __init_subclass__(cls) -> None:
        if {"points", "add_gradient"} & set(vars(cls)) and "at" not in vars(cls):
            cls.at = None  # what the parent says does not hold for it
        choice(cls.__name__, "at", cls.at, ("real", "fake", "both", None))

    def __init__(self, weight: float) -> None:
        self.weight = number(type(self).__name__, "weight", weight, least=0)

    def points(self, real: Samples, fake: Samples, rng: Rng | None) -> Samples:
        raise NotImplementedError(f"{self} has no points")

    def of_norms(self, norms: Array) -> tuple[Array, Array]:
        raise NotImplementedError(f"{self} has no of_norms")

    def of_one_size(self, real: Samples, fake: Samples) -> None:
        """ValueError unless the batches have the same size."""
        if len(real) != len(fake):
            raise ValueError(f"{self}: expected as many real samples as generated ones, got "
                             f"{len(real)} and {len(fake)}")

    def add_gradient(self, discriminator: Network, real: Samples, fake: Samples,
                     rng: Rng | None) -> float:
        """Add ∇_θ of the penalty to ``discriminator.grad``; returns its value, a number.

        real, fake : (N, ...) samples; rng : numpy.random.Generator, for random points
        """
        points = self.points(real, fake, rng)
        return self.add_gradient_from(discriminator, *discriminator.forward(points, train=True))

    def add_gradient_from(self, discriminator: Network, logits: Batch, cache: Cache,
                          d_logits: Array | None = None) -> float:
        """The same, for points whose forward pass is already done.

        d_logits : like logits, the gradient of another cost by them, added in the same pass
        """
        if discriminator.couples_samples:
            layer = next(layer for layer in discriminator.walk()
                         if layer.couples_samples and not layer.children)
            warnings.warn(f"{self} looks at the gradient of each sample, but {discriminator} has "
                          f"{layer}, through which D(x_n) depends on the other samples too: use "
                          f"a discriminator without such a layer (LayerNorm for BatchNorm)",
                          stacklevel=2)
        ones = np.zeros_like(x_of(logits))
        trace: Trace = []
        ones[:, 0] = 1  # the logit, where D ends in more numbers than that
        g = discriminator.backward(ones, cache, param_grads=False, trace=trace)
        value, u = self.of_gradient(x_of(g))
        _, tcache = discriminator.tangent(Pair(u, None) if isinstance(g, Pair) else u, cache)
        discriminator.tangent_backward(d_logits, ones, cache, tcache, input_grad=False, trace=trace)
        return value

    def of_gradient(self, g: Array) -> tuple[float, Array]:
        """(value, ∂value/∂g) for gradients g (N, ...): the mean cost, weighted."""
        rows = g.reshape(len(g), -1)
        norms = np.sqrt((rows * rows).sum(axis=1))
        found = self.of_norms(norms)
        if (not isinstance(found, tuple) or len(found) != 2
                or any(np.shape(part) != norms.shape for part in found)):
            got = ", ".join(map(came, found)) if isinstance(found, tuple) else came(found)
            raise TypeError(f"{self}: expected of_norms(norms) to return two arrays of shape "
                            f"{norms.shape}, the cost of each sample and its slope, got {got}")
        cost, slope = found
        u = (self.weight / len(g)) * slope[:, None] * rows
        return self.weight * cost.sum() / len(g), u.reshape(g.shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.weight:g})"


@PENALTIES.register("r1")
class R1(Penalty):
    """weight / 2 · mean ‖∇D(x)‖² at the real samples: D is flat where the data are.
    Mescheder et al. 2018, eq. 9; their γ is `weight`."""

    at = "real"

    def __init__(self, weight: float = 10.0) -> None:
        super().__init__(weight)

    def points(self, real: Samples, fake: Samples, rng: Rng | None) -> Samples:
        return real

    def of_norms(self, norms: Array) -> tuple[Array, Array]:
        return norms * norms / 2, np.ones_like(norms)


@PENALTIES.register("r2")
class R2(R1):
    """weight / 2 · mean ‖∇D(x)‖² at the generated samples. Mescheder et al. 2018, eq. 10."""

    at = "fake"

    def points(self, real: Samples, fake: Samples, rng: Rng | None) -> Samples:
        return fake


@PENALTIES.register("r1r2")
class R1R2(Penalty):
    """R1 and R2 with one weight: weight / 2 · (mean ‖∇D(x)‖² over the real samples + the same over
    the generated ones). Both batches must have the same size. R3GAN, Huang et al. 2024, eq. 4."""

    at = "both"

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__(weight)

    def points(self, real: Samples, fake: Samples, rng: Rng | None) -> Samples:
        self.of_one_size(real, fake)
        return concatenate(real, fake)

    def of_norms(self, norms: Array) -> tuple[Array, Array]:
        return norms * norms, np.full_like(norms, 2)  # the mean is over both: half of the sum


@PENALTIES.register("wgan-gp")
class WGANGP(Penalty):
    """weight · mean (‖∇D(x̂)‖ − 1)², x̂ uniform on the line between a real and a fake sample.

    one_sided : bool, only norms above 1 cost anything
    Both batches must have the same size. The norm has no derivative at 0; there the penalty's
    gradient is taken as 0.
    Gulrajani et al. 2017, eq. 3; their λ is `weight`.
    """

    def __init__(self, weight: float = 10.0, one_sided: bool = False) -> None:
        super().__init__(weight)
        self.one_sided = flag(type(self).__name__, "one_sided", one_sided)

    def points(self, real: Samples, fake: Samples, rng: Rng | None) -> Samples:
        self.of_one_size(real, fake)
        x, rng = x_of(real), generator(repr(self), rng)
        share = rng.random((len(x),) + (1,) * (x.ndim - 1)).astype(x.real.dtype)
        return with_x(real, share * x + (1 - share) * x_of(fake))

    def of_norms(self, norms: Array) -> tuple[Array, Array]:
        excess = norms - 1
        if self.one_sided:
            excess = np.maximum(excess, 0)
        return excess * excess, 2 * excess / np.where(norms == 0, 1, norms)

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}{', one_sided=True' if self.one_sided else ''})"


@PENALTIES.register("dragan")
class DRAGAN(WGANGP):
    """The cost of `WGANGP`, around the real samples alone: x̂ = x + share · std · noise.

    share is uniform in [0, 1] for each sample, noise uniform in [−1, 1] for each value, std half
    the standard deviation of the real batch. Kodali et al. 2017, algorithm 1.
    """

    def points(self, real: Samples, fake: Samples, rng: Rng | None) -> Samples:
        x, rng = x_of(real), generator(repr(self), rng)
        kind = x.real.dtype
        share = rng.random((len(x),) + (1,) * (x.ndim - 1)).astype(kind)
        noise = rng.uniform(-1, 1, x.shape).astype(kind)
        return with_x(real, x + share * (0.5 * x.real.std()).astype(kind) * noise)
