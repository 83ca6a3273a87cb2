"""Checks of what is built on second derivatives: Hessian-vector products, the game's Jacobian,
consensus optimisation, and the generator's gradient through an unrolled discriminator."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .._types import Array, Batch
from ..game import Consensus, Game, unrolled_generator_gradients
from ..layers.activations import sigmoid
from ..losses import Loss
from ..optimizers import Optimizer
from ..pairs import x_of
from ..penalties import Penalty
from .check import (COMPLEX_STEP, GradientError, Row, _at, _compare, _Replay, _replaced, _with_kind,
                    float_parts, random_like)
from .second_order import ADJOINT_TOLERANCE, SECOND_ORDER_TOLERANCES

if TYPE_CHECKING:
    from ..networks import Network


def check_hvp(network: Network, x: Batch, train: bool = True, seed: int = 0,
              case: str | None = None) -> list[Row]:
    """Check `Network.hvp` for the loss Σ c · softplus(y) with random c, in theta and in x.

    The hand-written gradient, at θ + ε tparams and x + ε tx, is differentiated by ε: by complex
    step and by central differences. network : Network; x (N, ...) float array
    """
    case = case or f"hvp of {network}"
    rng = np.random.default_rng(seed)
    real, analytic = network.astype(np.float64), network.astype(np.complex128)
    replay = _Replay(real, analytic)
    x = _with_kind(x, np.float64)
    with replay:
        weights = rng.standard_normal(x_of(real.forward(x, train)[0]).shape)
    tparams, tx = rng.standard_normal(real.size), random_like(x, rng)

    def derivatives(y: Batch, ty: Batch) -> tuple[Array, Array]:
        s = sigmoid(x_of(y))
        return weights * s, weights * s * (1 - s) * x_of(ty)

    with replay:
        h_params, h_x = real.hvp(x, derivatives, tparams, tx, train)
        found = np.concatenate([h_params, *(h.ravel() for _, _, h in float_parts(x, h_x))])

    def gradients(network: Network) -> Callable[[Any], Array]:
        start = network.theta.copy()

        def at(t: Any) -> Array:
            network.theta[...] = start + t * tparams
            with replay:
                moved = _with_kind(x, network.dtype)
                for name, value, tangent in float_parts(moved, tx):
                    moved = _replaced(moved, name, (value + t * tangent).astype(network.dtype))
                y, cache = network.forward(moved, train)
            network.grad.fill(0)
            dx = network.backward(weights * sigmoid(x_of(y)), cache)
            network.theta[...] = start
            return np.concatenate([network.grad, *(d.ravel() for _, _, d in float_parts(x, dx))])
        return at

    return [_compare_direction(case, "H v", found, gradients(real), gradients(analytic))]


def check_game(generator: Network, discriminator: Network, real: Batch, z: Batch, loss: Loss,
               penalty: Penalty | None = None, seed: int = 0, case: str | None = None) -> list[Row]:
    """Check `Game`: products with J against derivatives of the field, with Jᵀ against those with J,
    and the gradient of ½‖v‖² (`Consensus`) against its value. Arguments as in `check_step`."""
    case = case or f"game of {loss}"
    rng = np.random.default_rng(seed)
    games = [Game(generator.astype(kind), discriminator.astype(kind), real.astype(kind),
                  z.astype(kind), loss, penalty) for kind in (np.float64, np.complex128)]
    replay = _Replay(*(network for game in games
                       for network in (game.generator, game.discriminator)))
    u, w = rng.standard_normal((2, sum(games[0].sizes)))

    def field(game: Game) -> Callable[[Any], Array]:
        starts = game.generator.theta.copy(), game.discriminator.theta.copy()

        def at(t: Any) -> Array:
            for network, start, part in zip((game.generator, game.discriminator), starts,
                                            game.split(u.astype(game.generator.dtype))):
                network.theta[...] = start + t * part
            with replay:
                v = game.field()
            game.generator.theta[...], game.discriminator.theta[...] = starts
            return v
        return at

    game = games[0]
    with replay:
        forward = game.jacobian_product(u)
    rows = [_compare_direction(case, "J u", forward, field(game), field(games[1]))]
    if penalty is not None:
        return rows
    with replay:
        back = game.jacobian_transpose_product(w)
    error = abs(w @ forward - u @ back) / max(np.abs(w * forward).sum(), np.abs(u * back).sum())
    if not error <= ADJOINT_TOLERANCE:
        raise GradientError(f"{case}: jacobian_transpose_product is not the adjoint of "
                            f"jacobian_product: {w @ forward} and {u @ back}")
    rows.append(Row(case, "adjoint", float(error), float("nan")))
    v = game.field()
    Consensus(1.0).gradients(game.generator, game.discriminator, game.real, game.z, loss)
    networks = game.generator, game.discriminator
    regularizer = np.concatenate([network.grad for network in networks]) + v
    for which, name in enumerate(("θ", "ψ")):
        def half_square(game: Game, which: int = which) -> Callable[[Any], Any]:
            network = (game.generator, game.discriminator)[which]
            return _at(network.theta, lambda: (game.field() ** 2).sum() / 2)

        rows.append(_compare(case, f"½‖v‖² by {name}", networks[which].theta.copy(),
                             game.split(regularizer)[which],
                             half_square(games[1]), half_square(game), rng, 0.0,
                             SECOND_ORDER_TOLERANCES))
    return rows


def check_unrolled(generator: Network, discriminator: Network, real: Batch, z: Batch, loss: Loss,
                   optimizer: Optimizer, steps: int = 3, warm: int = 2, seed: int = 0,
                   case: str | None = None) -> list[Row]:
    """Check the generator's gradient through `steps` steps of the discriminator, against the value
    L_G(θ, ψ_K(θ)), which is computed by the optimiser's own steps.

    optimizer : a new one; it first makes `warm` steps, so that its averages are not zero.
    Other arguments as in `check_step`
    """
    case = case or f"{loss} unrolled for {steps} steps of {optimizer}"
    rng = np.random.default_rng(seed)
    optimizer = copy.deepcopy(optimizer)
    D = discriminator.astype(np.float64)
    for _ in range(warm):
        optimizer.step(D.theta, rng.standard_normal(D.size))

    def of(kind: type) -> tuple[Network, Callable[[], float]]:
        G, moved = generator.astype(kind), D.astype(kind)
        mine: Any = copy.deepcopy(optimizer)
        if warm:
            mine.averages = mine.averages.astype(kind)
            mine.scratch = mine.scratch.astype(kind)
        return G, lambda: unrolled_generator_gradients(
            G, moved, real.astype(kind), z.astype(kind), loss, mine, steps, scale=0.7).loss

    (G, value), (analytic, complex_value) = of(np.float64), of(np.complex128)
    value()
    found = G.grad.copy()
    return [_compare(case, "G", G.theta.copy(), found, _at(analytic.theta, complex_value),
                     _at(G.theta, value), rng, 0.0, SECOND_ORDER_TOLERANCES)]


def _compare_direction(case: str, quantity: str, found: Array, real_f: Callable[[Any], Any],
                       complex_f: Callable[[Any], Any], h: float = 1e-6) -> Row:
    """A `Row` for a vector that should be the derivative of a vector function of one number."""
    scale = max(np.abs(found).max(), np.finfo(float).tiny)
    errors = []
    for method, tolerance, expected in (
            ("complex step", SECOND_ORDER_TOLERANCES[0],
             np.imag(complex_f(1j * COMPLEX_STEP)) / COMPLEX_STEP),
            ("central differences", SECOND_ORDER_TOLERANCES[1],
             (real_f(h) - real_f(-h)) / (2 * h))):
        error = np.abs(found - expected).max() / max(scale, np.abs(expected).max())
        if not error <= tolerance:
            worst = int(np.argmax(np.abs(found - expected)))
            raise GradientError(f"{case}: {quantity} is wrong.\n  worst at {worst}: expected "
                                f"{expected[worst]:.12g} ({method} of the gradient), got "
                                f"{found[worst]:.12g}\n  relative error {error:.1e}, allowed "
                                f"{tolerance:.0e}")
        errors.append(float(error))
    return Row(case, quantity, *errors)
