"""From a picture back to a latent: which z makes the generator draw this?

The generator is fixed and z is what learns. The gradient enters at the picture, passes through G as
it stands (`param_grads=False`) and leaves it at z. With a mask only what is inside counts, and what
G draws outside is a completion: inpainting. The cost has many minima, so several starts run at
once, as one batch; no row knows of another.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np

from ._checks import (flag, generator as a_generator, is_number, number, of_bytes, positive_int,
                      step_in_place)
from ._runtime import sharing_cores
from ._types import Array, Rng
from .costs import L2, Cost
from .layers.activations import sigmoid
from .networks import Network
from .optimizers import Adam, Optimizer
from .pairs import Pair, Samples, x_of
from .running import progress
from .training import fit
from .training.checks import range_of

__all__ = ["Inversion", "invert", "tune"]


class Inversion(NamedTuple):
    """What `invert` has found, for N targets with S starts each."""

    z: Array  # (N, latent): for each target, that of the best start
    values: Array  # (N,): its cost, the objective
    every_z: Array  # (N, S, latent): for each start, the best z that it has met
    every_value: Array  # (N, S)
    steps: int  # how many were taken
    at: Array  # (K,): the steps of the film
    film: Array  # (K, N, S, latent): z at these steps

    def best(self) -> Array:
        """(N,): which start it was."""
        return self.every_value.argmin(axis=1)


def invert(generator: Network, target: Array, mask: Array | None = None, *, rng: Rng,
           starts: int | Array = 4, steps: int = 300, cost: Cost | None = None,
           prior: float = 0.01, discriminator: Network | None = None, realism: float = 0.0,
           condition: Array | None = None, optimizer: Optimizer | None = None,
           every: int = 10, bar: bool = False) -> Inversion:
    """Find latents from which a fixed generator makes the targets, by backpropagation through it.

        J(z) = cost(G(z), target, mask) + prior · ½ mean z² + realism · softplus(−D(G(z)))

    The second term is −ln of the latents' density N(0, I), per number of z; the third is −ln D,
    which G minimises in its own training. z descends
    ∂J/∂z = (∂G/∂z)ᵀ (∂cost/∂x + realism ∂(−ln D)/∂x) + prior · z / latent, each row on its own.
    For every start, the best z that it has met is kept.

    Parameters
    ----------
    generator : Network of z, or a `Conditional` of z and `condition`; used with running statistics,
        and left as it is. Layers that draw noise make J uncertain: switch them off
    target : (N, ...), what G should make; of a G that ends in Tanh, images in [−1, 1]
    mask : as for `costs.Cost`, 1 where G must make it, 0 where G is free; None for everywhere
    rng : numpy.random.Generator, draws the starts
    starts : S, how many z ~ N(0, 1) each target begins with; or the starts themselves, (N, latent)
        or (N, S, latent), such as the output of an encoder
    steps : int >= 0
    cost : one of `numgan.costs`, L2() if None
    prior, realism : numbers >= 0; discriminator : the Network D that `realism` needs
    condition : (N, ...), for a Conditional generator, one for each target
    optimizer : a new one, of z; Adam(0.05, beta1=0.9) if None. It must move each number on its own
    every : z is kept for a film every so many steps, and at the last
    bar : bool, a progress bar on a terminal

    Ctrl-C ends it, and what was found so far is returned. Before the first step is done there is
    nothing to return, and KeyboardInterrupt is raised.

    Returns an `Inversion`, with z in the generator's dtype.
    ValueError, TypeError for arguments that do not fit; ValueError where no start of a target gives
    a finite cost.
    Reference: Yeh et al. 2017, whose distance is L1 in a mask and whose prior comes from D, with
    ln(1 − D) in place of −ln D; Bora et al. 2017 for λ ‖z‖² and several starts.
    """
    _check_arguments("invert", generator, discriminator, cost, optimizer, prior, realism, steps,
                     every, bar)
    a_generator("invert", rng)
    target = _checked_target("invert", generator, target)
    z, count = _starts("invert", generator, starts, len(target), rng)
    _check_condition("invert", generator, condition, len(target))
    given = None if condition is None else np.repeat(_in_dtype(condition, generator), count, axis=0)
    objective = _Objective(generator, np.repeat(target, count, axis=0),
                           _for_rows(mask, target.shape, count), cost or L2(), prior,
                           discriminator, realism, given)
    optimizer = copy.deepcopy(optimizer) if optimizer is not None else Adam(0.05, beta1=0.9)
    best_z, best = z.copy(), np.full(len(z), np.inf)
    at: list[int] = []
    film: list[Array] = []
    done = 0
    try:
        for step in progress(range(steps + 1), desc="invert", leave=False) if bar else range(
                steps + 1):
            with sharing_cores(), np.errstate(over="ignore", invalid="ignore"):
                values, dz = objective(z)
            better = values < best
            best_z, best, done = (np.where(_beside(better, z), z, best_z),
                                  np.where(better, values, best), step)
            if step % every == 0 or step == steps:
                film, at = [*film, z.copy()], [*at, step]
            if step < steps:
                step_in_place(optimizer, z.reshape(-1), dz.reshape(-1))
    except KeyboardInterrupt:
        if not film:
            raise
    best_of = best.reshape(-1, count)
    lost = np.flatnonzero(~np.isfinite(best_of).any(axis=1))
    if len(lost):
        raise ValueError(f"invert: expected a finite cost, got none from {count} starts of target "
                         f"{lost[0]}")
    shape = (len(target), count, *z.shape[1:])
    every_z = best_z.reshape(shape)
    first = best_of.argmin(axis=1)
    rows = np.arange(len(target))
    return Inversion(every_z[rows, first], best_of[rows, first], every_z, best_of, done,
                     np.array(at[:len(film)]), np.stack(film).reshape(-1, *shape))


class _Objective:
    """J of each row of z and its gradient."""

    def __init__(self, generator: Network, target: Array, mask: Array | None, cost: Cost,
                 prior: float, discriminator: Network | None, realism: float,
                 condition: Array | None) -> None:
        self.generator, self.target, self.mask, self.cost = generator, target, mask, cost
        self.prior, self.discriminator, self.realism = prior, discriminator, realism
        self.condition = condition

    def __call__(self, z: Array) -> tuple[Array, Array]:
        given: Samples = z if self.condition is None else Pair(z, self.condition)
        y, cache = self.generator.forward(given)
        values, dy = self.cost.of_samples(x_of(y), self.target, self.mask)
        if self.discriminator is not None and self.realism:
            more, d_more = self._of_realism(self.discriminator, y)
            values, dy = values + more, dy + d_more
        found = self.generator.backward(Pair(dy, None) if isinstance(y, Pair) else dy, cache,
                                        param_grads=False)
        rows = z.reshape(len(z), -1)
        values = values + self.prior / 2 * (rows * rows).sum(axis=1) / rows.shape[1]
        return values, x_of(found) + z.dtype.type(self.prior / rows.shape[1]) * z

    def _of_realism(self, D: Network, y: Samples) -> tuple[Array, Array]:
        """realism · softplus(−l) of each row, the mean over its logits, and its gradient with
        respect to x."""
        logits, cache = D.forward(y)
        d = np.zeros_like(x_of(logits))
        # a row's patches beside each other; what a D guesses (ACGAN) stands after the logit
        l = x_of(logits)[:, 0].reshape(len(y), -1)  # noqa: E741
        share = l.dtype.type(self.realism / l.shape[1])
        d[:, 0] = (-share * sigmoid(-l)).reshape(-1)
        found = D.backward(Pair(d, None) if isinstance(logits, Pair) else d, cache,
                           param_grads=False)
        return share * np.logaddexp(0, -l).sum(axis=1), x_of(found)


def tune(generator: Network, z: Array, target: Array, mask: Array | None = None, *,
         steps: int = 100, cost: Cost | None = None, condition: Array | None = None,
         optimizer: Optimizer | None = None, bar: bool = False) -> tuple[Network, list[float]]:
    """A copy of the generator that is fitted to make the targets from these z.

    z (N, latent), such as `invert` has found; target, mask, cost, condition as for `invert`. What
    is particular about a picture and cannot be had from any z goes into the weights, which were
    good for all pictures. So take a few steps at a small rate, or everything else that the copy
    draws suffers.
    optimizer : Adam(1e-4) if None. Running statistics stay as they are.

    Ctrl-C ends it, and what was fitted so far is returned: (copy, the cost before each step).
    Reference: Roich et al. 2021 (pivotal tuning), without their regularisation.
    """
    _check_arguments("tune", generator, None, cost, optimizer, 0, 0, steps, 1, bar)
    target = _checked_target("tune", generator, target)
    z, _ = _starts("tune", generator, z, len(target), None)
    _check_condition("tune", generator, condition, len(target))
    given: Samples = z if condition is None else Pair(z, _in_dtype(condition, generator))
    batch: tuple[Any, ...] = (given, target, *(() if mask is None else (mask,)))
    tuned, values = generator.copy(), []
    found = fit(tuned, lambda: batch, cost or L2(), steps=steps,
                optimizer=optimizer or Adam(1e-4), train=False)
    try:
        for value in progress(found, total=steps, desc="tune", leave=False) if bar else found:
            values.append(value)
    except KeyboardInterrupt:
        pass
    return tuned, values


# -- arguments -------------------------------------------------------------------------------------


def _check_arguments(owner: str, generator: Any, discriminator: Any, cost: Any, optimizer: Any,
                     prior: float, realism: float, steps: int, every: int, bar: bool) -> None:
    if not isinstance(generator, Network) or generator.input_shape is None or (
            generator.takes_integers):
        raise TypeError(f"{owner}: generator must be a Network of latents that knows its "
                        f"input_shape, got {generator!r}")
    for name, value, kind, such in (
            ("discriminator", discriminator, Network, "a Network"),
            ("cost", cost, Cost, "one of numgan.costs, such as L1()"),
            ("optimizer", optimizer, Optimizer, "a numgan.optimizers.Optimizer")):
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{owner}: {name} must be {such}, got {value!r}")
    number(owner, "prior", prior, least=0)
    if number(owner, "realism", realism, least=0) and discriminator is None:
        raise ValueError(f"{owner}: realism={realism:g} needs a discriminator, got None")
    positive_int(owner, "steps", steps, 0)
    positive_int(owner, "every", every)
    flag(owner, "bar", bar)


def _checked_target(owner: str, generator: Network, target: Any) -> Array:
    target = np.asarray(target)
    shape = generator.output_shape(generator.input_shape or ())
    if target.dtype.kind not in "fiu" or target.shape[1:] != shape or not len(target) or not (
            np.isfinite(target).all()):
        raise ValueError(f"{owner}: expected finite targets of shape (N, "
                         f"{', '.join(map(str, shape))}), what the generator makes, got "
                         f"{target.dtype} of shape {target.shape}")
    layer, least, most = range_of(generator)
    low, high, beyond = float(target.min()), float(target.max()), (most - least) / 4
    inside = np.isinf(beyond) or least - beyond <= low <= high <= most + beyond
    if not inside or target.ndim > 2 and target.dtype.kind != "f":
        wanted = "" if np.isinf(beyond) else f" in [{least:g}, {most:g}], what {layer} makes"
        raise ValueError(f"{owner}: expected targets of floats{wanted}, got {target.dtype} from "
                         f"{low:g} to {high:g}{of_bytes(low, high, least)}")
    return target.astype(generator.dtype, copy=False)


def _in_dtype(condition: Any, generator: Network) -> Array:
    condition = np.asarray(condition)
    return condition.astype(generator.dtype) if condition.dtype.kind == "f" else condition


def _check_condition(owner: str, generator: Network, condition: Any, count: int) -> None:
    """As many conditions as targets, if the generator wants one. It checks their shape itself.
    """
    if (condition is None) != (generator.condition_shape is None) or (
            condition is not None and len(np.atleast_1d(condition)) != count):
        wanted = ("no condition" if generator.condition_shape is None else
                  f"{count} conditions of shape {generator.condition_shape}")
        raise ValueError(f"{owner}: expected {wanted} for {generator}, got "
                         f"{None if condition is None else np.shape(condition)}")


def _starts(owner: str, generator: Network, starts: Any, count: int,
            rng: Rng | None) -> tuple[Array, int]:
    """(z of all rows, the starts of a target one after the other; how many each has)."""
    latent = generator.input_shape or ()
    if rng is not None and (is_number(starts) or isinstance(starts, bool)):
        each = positive_int(owner, "starts", starts)
        kind = np.float32 if generator.dtype == np.float32 else np.float64
        return rng.standard_normal((count * each, *latent), kind).astype(generator.dtype), each
    z = np.asarray(starts)
    if z.dtype.kind not in "fiu" or z.shape not in ((count, *latent), (
            count, *z.shape[1:2], *latent)) or not z.size or not np.isfinite(z).all():
        raise ValueError(f"{owner}: expected starts as an integer or as finite z of shape "
                         f"{(count, *latent)} or {(count, 'S', *latent)}, got {z.dtype} of shape "
                         f"{z.shape}")
    each = 1 if z.shape == (count, *latent) else z.shape[1]
    return z.reshape(-1, *latent).astype(generator.dtype, order="C"), each


def _for_rows(mask: Array | None, shape: tuple[int, ...], count: int) -> Array | None:
    """A mask of N targets for N · S rows."""
    if mask is None:
        return None
    mask = np.asarray(mask)
    whole = mask.ndim == len(shape) and len(mask) == shape[0]
    return np.repeat(mask, count, axis=0) if whole else mask


def _beside(rows: Array, z: Array) -> Array:
    """(rows,) with as many axes as z."""
    return rows.reshape(-1, *[1] * (z.ndim - 1))
