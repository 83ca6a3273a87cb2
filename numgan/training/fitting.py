"""Fitting a network to known targets, without an adversary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .._checks import came, flag, generator as a_generator, positive_int
from .._runtime import sharing_cores
from .._types import Rng, Schedule
from ..costs import Cost
from ..networks import Network
from ..optimizers import Adam, Optimizer, schedule as schedule_of
from ..pairs import Pair, Samples, x_of
from .steps import Gradients, check_scale, norm, standard_normal, update


def fit(network: Network, data: Callable[[], Any], cost: Cost, *, steps: int,
        optimizer: Optimizer | None = None, schedule: str | Schedule = "constant",
        train: bool = True) -> Iterator[float]:
    """Descend mean cost(network(x), target); yields each batch's cost, taken before its step.

        for value in fit(encoder, made_by(G, 64, rng), L2(), steps=1000):
            ...

    It runs only as far as the caller iterates: no step is taken that is not asked for.

    network : Network; data : function without arguments that draws (x, target), or (x, target,
    mask) with the mask of `costs.Cost`; optimizer : Adam(1e-3) if None; schedule : as in `train`;
    train : bool, passed to forward. False uses running statistics and draws no noise, as when a
    trained network is tuned to a few samples

    ValueError, TypeError : at once for bad arguments; at the step where it happens for data that do
        not fit
    TrainingDiverged : a cost or a gradient was not finite; that step changed nothing
    """
    if not isinstance(network, Network):
        raise TypeError(f"fit: network must be a Network, got {came(network)}")
    if not callable(data):
        raise TypeError(f"fit: data must be a function () -> (x, target), got {came(data)}")
    if not isinstance(cost, Cost):
        raise TypeError(f"fit: cost must be one of numgan.costs, such as L2(), got {came(cost)}")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"fit: optimizer must be a numgan.optimizers.Optimizer, got {optimizer!r}")
    positive_int("fit", "steps", steps, 0)
    flag("fit", "train", train)
    return _fit(network, data, cost, steps, optimizer or Adam(1e-3), schedule_of(schedule), train)


def _fit(network: Network, data: Callable[[], Any], cost: Cost, steps: int, optimizer: Optimizer,
         schedule: Schedule, train: bool) -> Iterator[float]:
    for step in range(steps):
        scale = schedule(step / steps)
        check_scale("fit:", scale, step / steps)
        with sharing_cores(), np.errstate(over="ignore", invalid="ignore"):
            value = _fit_once(network, data(), cost, optimizer, scale, train)
        if step == 0:
            network.check_views()
        yield value


def _fit_once(network: Network, batch: Any, cost: Cost, optimizer: Optimizer, scale: float,
              train: bool) -> float:
    if not isinstance(batch, (tuple, list)) or len(batch) not in (2, 3):
        raise ValueError(f"fit: expected data() to give (x, target) or (x, target, mask), got "
                         f"{type(batch).__name__}")
    x, target, *mask = batch
    y, cache = network.forward(x, train)
    value, dy = cost(x_of(y), target, *mask)
    network.grad.fill(0)
    network.backward(Pair(dy, None) if isinstance(y, Pair) else dy, cache, input_grad=False)
    update(network, Gradients(value, norm(network.grad), (cache,)), optimizer, scale, "network")
    return float(value)


def made_by(generator: Network, batch_size: int, rng: Rng) -> Callable[[], tuple[Samples, Samples]]:
    """A function () → (G(z), z), z ~ N(0, 1), to fit an encoder: the z of what G makes is known.

    The encoder learns the inverse of G on what G makes. For a photo it gives a z that comes near,
    as far as the photo looks like what G makes. G is sampled with running statistics.
    """
    if not isinstance(generator, Network) or generator.input_shape is None or (
            generator.condition_shape is not None):
        raise TypeError(f"made_by: expected a generator of z alone, a Network with input_shape, "
                        f"got {generator!r}")
    positive_int("made_by", "batch_size", batch_size)
    a_generator("made_by", rng)

    shape = (batch_size, *generator.input_shape)

    def draw() -> tuple[Samples, Samples]:
        z = standard_normal(rng, shape, generator.dtype)
        return x_of(generator.forward(z)[0]), z

    return draw
