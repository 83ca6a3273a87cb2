"""The gradients and the steps of both players.

Each network's step has two halves: first its gradients, from a forward and a backward pass through
the chain, then its update. Between calls, steps remember nothing except in the networks,
optimisers and losses that they are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from .._checks import came, number, step_in_place
from .._types import Array, Batch, Cache, Rng, Shape
from ..layers import Layer
from ..layers.activations import sigmoid
from ..losses import Loss
from ..optimizers import Optimizer
from ..pairs import Pair, Samples, concatenate, with_x, x_of
from ..penalties import Penalty

if TYPE_CHECKING:
    from ..networks import Network


Change: TypeAlias = Callable[[Samples, Samples], tuple[Samples, Samples]]  # of D's two batches
Beside: TypeAlias = Callable[[Array], tuple[float, Array]]  # a cost of what G makes


class Gradients(NamedTuple):
    """Result of a forward and a backward pass; the gradient itself is in ``network.grad``."""

    loss: float
    grad_norm: float
    # of the network whose gradient was taken, one for each forward pass, for `commit`
    caches: tuple[Cache, ...]
    d_real: float = float("nan")
    d_fake: float = float("nan")
    logits: tuple[Batch, ...] = ()  # if the discriminator's: of the real and the generated batch


# -- gradients ---------------------------------------------------------------------------------


def discriminator_gradients(discriminator: Network, real: Samples, fake: Samples, loss: Loss,
                            penalty: Penalty | None = None, rng: Rng | None = None) -> Gradients:
    """Fill ``discriminator.grad`` with the gradient of its loss on a real and a fake batch.

    real, fake (N, ...): samples. Both batches go forward before either goes backward. A
    discriminator with BatchNorm sees each batch on its own, normalised by its own statistics, with
    a cache for each. Without BatchNorm samples do not affect each other, and both go as one batch,
    unless each is large enough for a core of its own, or the penalty looks at one of them.
    `penalty` (see `penalties`) is added to the loss; it may draw from `rng`.
    """
    together, coupled = discriminator.on_one_core(real), discriminator.couples_samples
    at = penalty.at if penalty is not None else None
    if at == "both" and (coupled or len(real) != len(fake)):
        at = None
    if at in ("real", "fake") or coupled or together and at is None:
        batches, names = [real, fake], ["real", "fake"]
    else:
        batches, names = [concatenate(real, fake)], ["both"]
    logits, caches = zip(*discriminator.forward_each(batches, together))
    if names == ["both"]:
        cut = len(logits[0]) * len(real) // len(batches[0])  # with `Patches` a sample has several
        real_logits, fake_logits = logits[0][:cut], logits[0][cut:]
    else:
        real_logits, fake_logits = logits
    found = loss.discriminator(real_logits, fake_logits)
    value, d_real, d_fake = whole(loss, found, real_logits, fake_logits)
    d_logits = [np.concatenate([d_real, d_fake])] if names == ["both"] else [d_real, d_fake]
    discriminator.grad.fill(0)
    costs = discriminator.add_each(
        [_pass(y, cache, dy, penalty if name == at else None)
         for name, y, cache, dy in zip(names, logits, caches, d_logits)], together)
    if penalty is not None and at is None:
        costs.append(penalty.add_gradient(discriminator, real, fake, rng))
    value = sum(costs, value)
    return Gradients(value, norm(discriminator.grad), caches,
                     mean_probability(real_logits), mean_probability(fake_logits),
                     (real_logits, fake_logits))


def _pass(logits: Batch, cache: Cache, d_logits: Array,
          penalty: Penalty | None) -> Callable[[Network], float]:
    """A function of D that adds the gradient of a batch, which has gone forward, to D's `grad`: of
    the loss, with d_logits at the logits, and of the penalty, whose value it returns (or 0)."""
    def add(discriminator: Network) -> float:
        if penalty is not None:
            return penalty.add_gradient_from(discriminator, logits, cache, d_logits)
        discriminator.backward(d_logits, cache, input_grad=False)
        return 0.0
    return add


def generator_gradients(generator: Network, discriminator: Network, z: Samples, loss: Loss,
                        real: Samples | None = None, beside: Beside | None = None) -> Gradients:
    """Fill ``generator.grad`` with the gradient of its loss on the latents z (N, latent).

    The gradient enters at the logits, passes through the discriminator as it stands and leaves it
    at the fake samples, where the generator's backward takes over. The discriminator's own
    gradients are neither wanted nor touched (`param_grads=False`). `real` (N, ...) is for a loss
    that compares with real samples. `beside` : function (generated x) -> (value, its gradient with
    respect to x), such as a distance from a target, which G minimises in addition to its loss; or
    None.
    """
    fake, g_cache = generator.forward(z, train=True)
    logits, d_cache = discriminator.forward(fake, train=True)
    found = loss.generator(logits, real_logits_for(loss, discriminator, real)[0])
    value, d_logits = whole(loss, found, logits)
    d_samples = discriminator.backward(d_logits, d_cache, param_grads=False)
    del d_cache  # as large as all of D's activations
    if beside is not None:
        more, d_more = beside(x_of(fake))
        value, d_samples = value + more, with_x(d_samples, x_of(d_samples) + d_more)
    generator.grad.fill(0)
    generator.backward(d_samples, g_cache, input_grad=False)
    return Gradients(value, norm(generator.grad), (g_cache,))


def whole(loss: Loss, found: Any, *logits: Samples) -> tuple[Any, ...]:
    """What a loss returned, if it is one number and a gradient like each batch of logits; else an
    error."""
    if (not isinstance(found, tuple) or len(found) != 1 + len(logits) or np.ndim(found[0]) or any(
            np.shape(x_of(d)) != x_of(batch).shape for d, batch in zip(found[1:], logits))):
        shapes = ", ".join(str(x_of(batch).shape) for batch in logits)
        got = (", ".join(came(x_of(part)) for part in found) if isinstance(found, tuple)
               else came(found))
        player = "generator" if len(logits) == 1 else "discriminator"
        raise TypeError(f"{loss}: expected {player}(...) to return the loss, one number, and its "
                        f"gradients with respect to the logits, of shape {shapes}; got {got}")
    return found


def real_logits_for(loss: Loss, discriminator: Network,
                    real: Samples | None) -> tuple[Batch, Cache]:
    """(logits, cache) of the real samples for the generator's loss; None, None if it needs none."""
    if not loss.generator_sees_real:
        return None, None
    if real is None:
        raise ValueError(f"{loss} compares generated with real samples: expected real, got None")
    return discriminator.forward(real, train=True)


# -- steps -------------------------------------------------------------------------------------


def changed(d_batches: Change, real: Samples, fake: Samples) -> tuple[Samples, Samples]:
    """D's two batches as `d_batches` makes them. They may have other sizes but must be of the same
    kind, or it raises a TypeError or ValueError."""
    found = d_batches(real, fake)
    if not isinstance(found, tuple) or len(found) != 2:
        raise TypeError(f"train: expected d_batches(real, fake) to return two batches, got "
                        f"{came(found)}")
    for name, before, after in ("real", real, found[0]), ("fake", fake, found[1]):
        x, wanted = x_of(after), x_of(before)
        if (isinstance(after, Pair) != isinstance(before, Pair) or not isinstance(x, np.ndarray)
                or x.shape[1:] != wanted.shape[1:] or x.dtype != wanted.dtype or not len(x)):
            raise ValueError(
                f"train: expected d_batches to return a {name} batch of shape (N, "
                f"{', '.join(map(str, wanted.shape[1:]))}) and dtype {wanted.dtype} with N >= 1"
                f"{' and its conditions' if isinstance(before, Pair) else ''}, got {came(x)}")
    return found


def discriminator_step(generator: Network, discriminator: Network, real: Samples, z: Samples, *,
                       loss: Loss, optimizer: Optimizer, scale: float = 1.0,
                       penalty: Penalty | None = None, rng: Rng | None = None,
                       d_batches: Change | None = None) -> Gradients:
    """Descend the discriminator's loss once, on `real` samples and on fakes from the latents `z`.

    The generator is only sampled. `scale`, a finite number >= 0, multiplies the optimiser's
    learning rate; `penalty` and `rng` are as in `discriminator_gradients`, `d_batches` as in
    `train`. Returns `Gradients`; raises `TrainingDiverged`, before anything is changed, if they
    are not finite.
    """
    check_scale("discriminator_step", scale)
    fake, _ = generator.forward(z, train=True)
    if d_batches is not None:
        real, fake = changed(d_batches, real, fake)
    found = discriminator_gradients(discriminator, real, fake, loss, penalty, rng)
    update(discriminator, found, optimizer, scale, "discriminator")
    commit_loss(loss, found)
    return found._replace(caches=())  # caches hold all activations


def generator_step(generator: Network, discriminator: Network, z: Samples, *, loss: Loss,
                   optimizer: Optimizer, scale: float = 1.0,
                   real: Samples | None = None, beside: Beside | None = None) -> Gradients:
    """Descend the generator's loss once. The discriminator stays as it is, to the bit.

    Returns and raises the same as `discriminator_step`; `real` and `beside` are as in
    `generator_gradients`.
    """
    check_scale("generator_step", scale)
    found = generator_gradients(generator, discriminator, z, loss, real, beside)
    update(generator, found, optimizer, scale, "generator")
    return found._replace(caches=())


def simultaneous_step(generator: Network, discriminator: Network, real: Samples, z: Samples, *,
                      loss: Loss, d_optimizer: Optimizer, g_optimizer: Optimizer,
                      scale: float = 1.0, penalty: Penalty | None = None, rng: Rng | None = None,
                      d_batches: Change | None = None) -> tuple[Gradients, Gradients]:
    """Both gradients at the same point, then both updates. Returns (D's, G's) `Gradients`; raises
    the same as `discriminator_step`."""
    check_scale("simultaneous_step", scale)
    fake, _ = generator.forward(z, train=True)
    batches: tuple[Samples, Samples] = (
        (real, fake) if d_batches is None else changed(d_batches, real, fake))
    d_found = discriminator_gradients(discriminator, *batches, loss, penalty, rng)
    g_found = generator_gradients(generator, discriminator, z, loss, real)
    refuse_non_finite(discriminator, d_found, d_optimizer, "discriminator")
    update(generator, g_found, g_optimizer, scale, "generator")
    update(discriminator, d_found, d_optimizer, scale, "discriminator")
    commit_loss(loss, d_found)
    return d_found, g_found


def check_scale(owner: str, scale: Any, progress: float | None = None) -> None:
    """ValueError if `scale`, which multiplies a learning rate, is not a finite number >= 0."""
    if not (isinstance(scale, float) and 0 <= scale < math.inf):  # the usual case first, for speed
        when = "" if progress is None else f" the schedule at progress {progress:g}"
        number(owner + when, "scale", scale, least=0)


def update(network: Network, found: Gradients, optimizer: Optimizer, scale: float,
           part: str) -> None:
    """Take the step, then let layers with running statistics record this batch."""
    refuse_non_finite(network, found, optimizer, part)
    step_in_place(optimizer, network.theta, network.grad, scale)
    for cache in found.caches:
        network.commit(cache)


def commit_loss(loss: Loss, found: Gradients) -> None:
    """After D's step, tell a loss with a state (BEGAN) the batch's logits."""
    loss.commit(*found.logits)


def mean_probability(logits: Samples) -> float:
    return sigmoid(x_of(logits)[:, 0]).sum() / len(logits)


def norm(vector: Array) -> float:
    """Euclidean norm; infinite where the squares overflow, which `refuse_non_finite` reports."""
    return np.sqrt(vector @ vector)


def standard_normal(rng: Rng, shape: Shape, dtype: np.dtype[Any]) -> Array:
    """z ~ N(0, 1) in the networks' dtype."""
    kind = np.float32 if dtype == np.float32 else np.float64
    return rng.standard_normal(shape, kind).astype(dtype, copy=False)


# -- what goes wrong -----------------------------------------------------------------------------


class TrainingDiverged(ArithmeticError):
    """A loss or gradient became NaN or infinite. Nothing was updated: networks, optimisers, loss
    and average are as they were before the step. Only the random generators have advanced."""


def refuse_non_finite(network: Network, found: Gradients, optimizer: Optimizer, part: str) -> None:
    """TrainingDiverged if the loss or the gradient is not finite, before anything is changed."""
    if math.isfinite(found.loss) and math.isfinite(found.grad_norm):
        return
    what = (f"loss is {found.loss}" if not math.isfinite(found.loss)
            else f"gradient has norm {found.grad_norm} (its loss is {found.loss:g})")
    layers = list(network.walk())
    weights, gradient = _first_non_finite(layers, ""), _first_non_finite(layers[::-1], "d")
    where = (f"its weights were not finite before: first {weights}" if weights
             else f"first on the way back: {gradient}" if gradient
             else "every layer's gradient is finite, but their squares overflow"
             if not math.isfinite(found.grad_norm)
             else "the gradient is finite: it is the value of the loss that is not")
    raise TrainingDiverged(
        f"the {part}'s {what}; {where}. Nothing was updated. Usual causes: a learning rate that is "
        f"too high (here {optimizer!r}), NaN or very large values in the data, or an opponent "
        f"that has diverged")


def _first_non_finite(layers: Iterable[Layer], prefix: str) -> str | None:
    """The first array in a list of layers that has a NaN or an infinity: "dW of Dense(2, 8)"."""
    for layer in layers:
        for name in layer.shapes:
            if not np.isfinite(getattr(layer, prefix + name)).all():
                return f"{prefix}{name} of {layer}"
    return None
