"""What is checked before the first step: the arguments of `train`, and what does not go together.

Loss, penalty, discriminator and update rule are chosen one by one, and nearly all choices make a
GAN. Each of them declares what it is and needs (see `losses.Loss`, `penalties.Penalty`,
`UpdateRule`, `Layer`); here the declarations are compared with each other.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .._checks import came, of_bytes, positive_int
from .._runtime import threads_wanted
from .._types import Array, Shape
from ..layers import Flatten, Layer, ReLU, Reshape, Sigmoid, Softplus, Tanh
from ..layers.compose import Chain
from ..losses import Loss
from ..networks import Conditional, Network
from ..optimizers import Adam, Clipped, Optimizer, schedule as schedule_of
from ..pairs import Pair, Samples, c_of, samples, x_of
from ..penalties import Penalty
from .average import WeightAverage
from .rules import RULES, Alternating, Players, UpdateRule
from .steps import standard_normal

if TYPE_CHECKING:
    from .algorithm import Record, Training, Watch


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `train`, a dict, with defaults filled in and `rule` and `players` added."""
    a = dict(given)
    _check_kinds(a)
    for name, least in ("steps", 0), ("k", 1), ("batch_size", 1):
        positive_int("train", name, a[name], least)
    threads_wanted(a["threads"])  # raises if the argument or NUMGAN_THREADS makes no sense
    a["rule"] = _rule(a["updates"], a["k"])
    a["schedule"] = schedule_of(a["schedule"])
    for player in "d_optimizer", "g_optimizer":
        a[player] = a[player] or Adam()
    a["players"] = Players(*(a[name] for name in Players._fields))
    _check_networks(a["generator"], a["discriminator"], a["loss"])
    _warn_of_sigmoid(a["discriminator"], a["loss"])
    if a["average"] is not None and a["average"].source is not a["generator"]:
        raise ValueError("train: expected average to be a WeightAverage of the generator that is "
                         "trained, got that of another network")
    check_combination(a["rule"], a["players"], a["batch_size"])
    return a


def _check_kinds(a: dict[str, Any]) -> None:
    """TypeError for an argument that is not what it should be."""
    for name, kind, such in (
            ("generator", Network, "a Network"), ("discriminator", Network, "a Network"),
            ("loss", Loss, "a numgan.losses.Loss, such as NonSaturating() (to write one, derive "
                           "from Loss)"),
            ("penalty", Penalty, "a numgan.penalties.Penalty, such as R1()"),
            ("d_optimizer", Optimizer, "a numgan.optimizers.Optimizer, such as Adam()"),
            ("g_optimizer", Optimizer, "a numgan.optimizers.Optimizer, such as Adam()"),
            ("average", WeightAverage, "a WeightAverage(generator)"),
            ("rng", np.random.Generator, "a numpy.random.Generator")):
        optional = name not in ("generator", "discriminator", "loss", "rng")
        if not isinstance(a[name], kind) and not (optional and a[name] is None):
            raise TypeError(f"train: {name} must be {such}, got {came(a[name])}")
    for name, what in (("data", "n -> samples (see numgan.data.sampler)"),
                       ("latent", "(n, rng) -> z"),
                       ("d_batches", "(real, fake) -> (real, fake)"),
                       ("watch", "of the records that yields them")):
        if not callable(a[name]) and (a[name] is not None or name == "data"):
            raise TypeError(f"train: {name} must be a function {what}, got {came(a[name])}")
    if isinstance(a["watch"], type):
        raise TypeError(f"train: expected watch={a['watch'].__name__}(...), got the class itself")
    if a["d_optimizer"] is not None and a["d_optimizer"] is a["g_optimizer"]:
        raise ValueError("train: each network needs an optimiser of its own, got one for both")


def _rule(updates: str | UpdateRule, k: int) -> UpdateRule:
    if isinstance(updates, str) and updates in RULES:
        if updates == "alternating":
            return Alternating(k)
        updates = RULES[updates]()
    if not isinstance(updates, UpdateRule):
        raise TypeError(f"train: updates must be {', '.join(map(repr, RULES))} or an UpdateRule "
                        f"such as Unrolled(5), got {updates!r}")
    if k != 1:
        raise ValueError(f"train: {updates} updates need k=1, got k={k}")
    return updates


def _check_networks(generator: Network, discriminator: Network, loss: Loss) -> None:
    for network in generator, discriminator:
        network.check_owner()
    if generator.dtype != discriminator.dtype:
        raise TypeError(f"train: both networks must have one dtype, got {generator.dtype} "
                        f"(generator) and {discriminator.dtype} (discriminator)")
    if generator.input_shape is None:
        raise ValueError(f"train: the shape of latents is not known from {generator}: make the "
                         f"Network with input_shape=")
    pairs = getattr(generator, "keep", None)
    if pairs is not None and pairs != (discriminator.condition_shape is not None):
        raise ValueError(f"train: {generator} makes "
                         f"{'pairs (x, c)' if pairs else 'samples alone (keep=False)'}, but "
                         f"{discriminator} takes {'samples alone' if pairs else 'pairs'}")
    if isinstance(generator, Conditional) and not generator.chain.sees_condition:
        warnings.warn(f"train: no layer of {generator} sees its condition c, so it cannot make "
                      f"what c asks for: expected a layers.Join or layers.Modulate in it",
                      stacklevel=5)
    made = generator.output_shape(generator.input_shape)
    try:
        logit_shape = discriminator.output_shape(made)
    except ValueError as error:
        raise ValueError(f"train: the discriminator cannot take what the generator makes, samples "
                         f"of shape ({', '.join(map(str, ('N', *made)))}): {error}") from None
    if logit_shape != (1,) and not loss.several_outputs:
        raise ValueError(f"train: expected a discriminator that ends in one logit, (N, 1), got "
                         f"{discriminator} with output (N, {', '.join(map(str, logit_shape))})")


def _warn_of_sigmoid(discriminator: Network, loss: Loss) -> None:
    last = _last(discriminator)
    if isinstance(last, Sigmoid):
        warnings.warn(f"train: the discriminator ends in {last}, but {loss} takes the logit, which "
                      f"is D before the sigmoid: expected that layer to be left out "
                      f"(discriminator.probability(x) gives D(x))", stacklevel=5)


# -- what does not go together -------------------------------------------------------------------


def check_combination(rule: UpdateRule, players: Players, batch_size: int) -> None:
    """Raise a ValueError, or warn, if these make no sense together."""
    p = players
    if p.penalty is not None and rule.no_penalty:
        raise ValueError(f"{rule} with {p.penalty}: {rule.no_penalty}; use one or the other")
    if p.d_batches is not None and rule.no_d_batches:
        raise ValueError(f"{rule} {rule.no_d_batches}: expected d_batches=None, got "
                         f"{p.d_batches!r}")
    for part in rule, p.loss:
        part.check(p)
    for layer in p.discriminator.walk():
        layer.check_batch_size(batch_size)
    _check_energy(p.discriminator, p.loss)
    bounded = (p.loss.bounded or p.penalty is not None or isinstance(p.d_optimizer, Clipped)
               or any(layer.bounds_slope for layer in p.discriminator.walk()))
    if not bounded:
        warnings.warn(f"{p.loss} has no minimum: nothing keeps the critic from growing steeper "
                      f"without end. Expected one of a penalty (penalties.WGANGP), clipped weights "
                      f"(optimizers.Clipped) and layers.SpectralNorm, got none", stacklevel=5)


def _check_energy(discriminator: Network, loss: Loss) -> None:
    energy = any(layer.gives_energy for layer in discriminator.walk())
    if loss.low_is_real and not energy:
        raise ValueError(f"{loss} judges by an energy, which is never negative and low for real "
                         f"samples: expected a Reconstruction as discriminator, got "
                         f"{discriminator}")
    if energy and not loss.low_is_real:
        raise ValueError(f"{discriminator} gives an energy, low for real samples, but {loss} takes "
                         f"what it gives for a logit, high for real: expected EnergyBased or "
                         f"BoundaryEquilibrium")


def described(data: Callable[..., Any]) -> str:
    """What a function draws: its `description()` if it has one, or else its name."""
    if hasattr(data, "description"):
        return str(data.description())
    return getattr(data, "__qualname__", type(data).__name__)


def _with_attributes(part: Any) -> str:
    """A part's repr and the numbers and strings it was made with; also of a part inside it."""
    inside = getattr(part, "optimizer", None) or getattr(part, "loss", None)
    made_with = {name: value for name, value in sorted(getattr(part, "__dict__", {}).items())
                 if isinstance(value, (bool, int, float, str)) and name not in part.remembers}
    words = ", ".join(f"{name} {value:g}" if type(value) is float else f"{name} {value}"
                      for name, value in made_with.items())
    return repr(part) + (f" with {words}" if words else "") + (
        f" of {_with_attributes(inside)}" if inside is not None else "")


def settings(training: Training) -> dict[str, str]:
    """What identifies a training, except for the data: dict, name → text."""
    t = training
    return {"generator": t.generator.description(), "discriminator": t.discriminator.description(),
            **{name: _with_attributes(getattr(t, name)) for name in (
                "loss", "penalty", "rule", "d_optimizer", "g_optimizer", "average")},
            "steps": str(t.steps), "batch_size": str(t.batch_size),
            "schedule": getattr(t.schedule, "__qualname__", repr(t.schedule)),
            "latent": "N(0, 1)" if t.latent is None else described(t.latent)}


def watched(watch: Watch, records: Iterator[Record]) -> Iterator[Record]:
    """What `watch` makes of the records, if these can be iterated over."""
    try:
        found: Any = watch(records)
        got = came(found)
    except (AttributeError, TypeError) as error:  # it may expect one record
        found, got = None, f"{type(error).__name__}: {error}"
    if not isinstance(found, Iterator):
        raise TypeError(f"train: expected watch to take the iterator of all records and to return "
                        f"one that yields them on, as diagnose.Monitor() does, got {got}, from "
                        f"{came(watch)}. A loop, for record in train(...), sees each record")
    return found


def refuse_unsaved(optimizer: Any) -> None:
    """TypeError if an optimiser, or one inside it, keeps what a file would not hold."""
    while optimizer is not None:
        for name, value in vars(optimizer).items():
            if name not in (*optimizer.remembers, "scratch") and isinstance(
                    value, (np.ndarray, list, dict, np.random.Generator)):
                kind = type(optimizer).__mro__[1].__name__
                raise TypeError(f"save: {optimizer} keeps {name}, which would not be in the file: "
                                f"expected remembers = (*{kind}.remembers, {name!r}), with the "
                                f"names of all that a step changes")
        optimizer = getattr(optimizer, "optimizer", None)


# -- batches -------------------------------------------------------------------------------------


def real_batch(training: Training) -> Samples:
    """A real batch, checked; for the first batch, the scale of the values too."""
    t = training
    shape = (t.batch_size, *t.generator.output_shape(t.generator.input_shape or ()))
    real = _checked_batch("data(n)", t.data(t.batch_size), shape, t.discriminator)
    if not t.scale_seen:
        t.scale_seen = True
        warn_of_scale(t.generator, x_of(real))
    return real


def latent_batch(training: Training) -> Samples:
    """A batch of latents, checked."""
    t = training
    shape = (t.batch_size, *(t.generator.input_shape or ()))  # known: see _check_networks
    if t.latent is None:
        if t.generator.condition_shape is not None:
            such = ", ".join(map(str, (*shape[1:], *t.generator.condition_shape)))
            raise ValueError(f"train: {t.generator} takes pairs (z, c): expected latent, a "
                             f"function (n, rng) -> (z, c), such as pairs.latents({such}), got "
                             f"None")
        return standard_normal(t.rng, shape, t.generator.dtype)
    z = samples(t.latent(t.batch_size, t.rng))
    if getattr(x_of(z), "dtype", np.dtype(int)).kind == "f" and not t.generator.takes_integers:
        z = z.astype(t.generator.dtype, copy=False)
    return _checked_batch("latent(n, rng)", z, shape, t.generator)


def _checked_batch(what: str, batch: Any, shape: Shape, network: Network) -> Samples:
    """The batch, if the network can take it: an array, or a `Pair` of an array and conditions."""
    batch = samples(batch)
    x = x_of(batch)
    if not isinstance(x, np.ndarray) or x.shape != shape or (
            x.dtype != network.dtype and not network.takes_integers):
        came = f"{x.shape} of {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        wanted = "makes" if what.startswith("data") else "takes"
        how = (f"; numgan.data.sampler(..., dtype=numpy.{network.dtype}) draws such"
               if getattr(x, "shape", None) == shape and wanted == "makes" else "")
        raise ValueError(f"train: expected {what} to return an array of shape {shape} of "
                         f"{network.dtype} (what the generator {wanted}), got {came}{how}")
    if isinstance(batch, Pair) != (network.condition_shape is not None):
        raise ValueError(f"train: {network} takes "
                         f"{'samples alone' if isinstance(batch, Pair) else 'pairs (x, c)'}, but "
                         f"{what} gave {'pairs' if isinstance(batch, Pair) else 'no condition'}")
    c = c_of(batch)
    if c is not None and c.shape != (len(x), *(network.condition_shape or ())):
        wanted = ", ".join(map(str, (len(x), *(network.condition_shape or ()))))
        raise ValueError(f"train: expected conditions c of shape ({wanted}) from {what}, got "
                         f"{c.shape} (numgan.pairs.one_hot makes them of labels)")
    if c is not None:
        try:
            network.check_input(batch)
        except TypeError as error:  # c is of another kind of number
            raise TypeError(f"train: {what} does not fit {error}") from None
    for values in (x,) if c is None or c.dtype.kind not in "fc" else (x, c):
        if not np.isfinite(values).all():
            raise ValueError(f"train: expected finite values from {what}, got NaN or infinity in "
                             f"{(~np.isfinite(values)).sum()} of {values.size} values")
    return batch


# -- data that the generator cannot make ---------------------------------------------------------

RANGES: dict[type, tuple[float, float]] = {
    Tanh: (-1.0, 1.0), Sigmoid: (0.0, 1.0), ReLU: (0.0, np.inf), Softplus: (0.0, np.inf)}


def range_of(generator: Network) -> tuple[Layer | None, float, float]:
    """The generator's last layer, and the interval of the numbers that it makes."""
    layer = _last(generator)
    return layer, *RANGES.get(type(layer), (-np.inf, np.inf))


def warn_of_scale(generator: Network, x: Array) -> None:
    """Issue a UserWarning if a real batch x lies far outside what the generator can make, or if it
    looks like images that are still bytes, or in [0, 1] for a generator that ends in Tanh."""
    if x.dtype.kind != "f" or x.size == 0:
        return
    low, high = float(x.min()), float(x.max())
    found = f"train: data from {low:g} to {high:g}"
    layer, least, most = range_of(generator)
    width = most - least if most < np.inf else 0
    if max(least - low, high - most) > 0.1 * max(high - low, width):
        warnings.warn(f"{found}, but the generator ends in {layer} and makes numbers in "
                      f"[{least:g}, {f'{most:g}]' if most < np.inf else '∞)'}: expected data in "
                      f"that interval{of_bytes(low, high, least)}", stacklevel=2)
    elif isinstance(layer, Tanh) and x[0].size >= 16 and 0 <= low < high:  # high is about 1
        warnings.warn(f"{found}, but the generator ends in {layer} and makes numbers in [−1, 1]: "
                      f"images in [0, 1]? Expected x * 2 − 1", stacklevel=2)
    elif most > 100 and x[0].size >= 16 and low >= 0 and 100 < high <= 255 and (
            x == np.rint(x)).all():
        warnings.warn(f"{found}, all whole numbers: images that are still bytes? Expected numbers "
                      f"of the size that networks make, such as [−1, 1]"
                      f"{of_bytes(low, high, -1)}", stacklevel=2)


def _last(network: Network) -> Layer | None:
    """The last layer that does more than reshape; a Residual or the like counts as one layer."""
    for layer in network.layers[::-1]:
        while isinstance(layer, Chain):
            layer = layer.children[-1]
        if not isinstance(layer, (Reshape, Flatten)):
            return layer
    return None
