"""The same checks one order up: `tangent` against `forward`, `tangent_backward` against both."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from .._types import Array, Batch, Cache, Pieces
from ..layers import Layer
from ..pairs import c_of, concatenate, still, x_of
from ..penalties import Penalty
from .check import (COMPLEX_STEP, GradientError, Row, _at, _compare, _parameters, _Replay,
                    _replaced, _with_dtype, _with_kind, float_parts, product, random_like, same)

if TYPE_CHECKING:
    from ..networks import Network

ADJOINT_TOLERANCE = 1e-12
SECOND_ORDER_TOLERANCES = 1e-11, 1e-6  # complex step through the hand-written tangent, central


def check_tangent(layer: Layer, x: Batch, train: bool = True, seed: int = 0,
                  case: str | None = None) -> list[Row]:
    """Check a layer's, or a Network's, `tangent` and `tangent_backward`; returns rows.

    Three statements, at random x, tx, dy, dty and random tangents of all parameters:

    - ty is the derivative of forward along (tx, tW, ...), by complex step;
    - tangent is the adjoint of backward: Σ dy · ty = Σ tx · dx + Σ tW · dW;
    - tangent_backward is the gradient of S = Σ dy · y + Σ dty · ty by x, by tx and by every
      parameter, by complex step through forward and tangent, and by central differences.

    Arguments and errors as in `check_layer`.
    """
    rng = np.random.default_rng(seed)
    case = case or f"{layer} second order" + ("" if train else ", train=False")
    real = _with_dtype(layer, np.float64, rng)
    analytic = _with_dtype(real, np.complex128, rng)
    replay = _Replay(real, analytic)
    x = _with_kind(x, np.float64)
    tx = random_like(x, rng) if float_parts(x) else None
    moving = {name: rng.standard_normal(value.shape) for name, value, _ in _parameters(real)}

    def both(layer: Any, x: Batch, tx: Batch) -> tuple[Batch, Batch, Cache, Cache]:
        dtype = np.float64 if layer is real else np.complex128
        with replay:
            y, cache = layer.forward(_with_kind(x, dtype), train)
        ty, tcache = layer.tangent(None if tx is None else tx.astype(dtype), cache,
                                   _tparams(layer, moving, dtype))
        return y, ty, cache, tcache

    y, ty, cache, tcache = both(real, x, tx)
    dy, dty = random_like(y, rng), random_like(y, rng)
    for _, _, grad in _parameters(real):
        grad.fill(0)
    dx, dtx = real.tangent_backward(dy.copy(), dty.copy(), cache, tcache)
    gradients = {name: grad.copy() for name, _, grad in _parameters(real)}

    def s(layer: Layer) -> Callable[..., Any]:
        def of(x: Batch, tx: Batch) -> Any:
            y, ty, _, _ = both(layer, x, tx)
            return product(dy, y) + product(dty, ty)
        return of

    def compare(name: str, value: Array, gradient: Array, complex_f: Callable[[Any], Any],
                real_f: Callable[[Any], Any]) -> Row:
        return _compare(case, name, value, gradient, complex_f, real_f, rng, largest,
                        SECOND_ORDER_TOLERANCES)

    parts = float_parts(x, dx, tx, dtx)
    largest = max((np.abs(d).max() for _, _, *ds in parts for d in ds[::2]), default=0.0)
    rows = [_check_direction(real, analytic, x, tx, moving, ty, train, replay, case),
            _check_adjoint(real, cache, tx, ty, dy, moving, case)]
    for name, value, d, t, dt in parts:
        rows.append(compare(name, value, d, *(
            lambda v, layer=layer, name=name: s(layer)(_replaced(x, name, v), tx)
            for layer in (analytic, real))))
        rows.append(compare("t" + name, t, dt, *(
            lambda v, layer=layer, name=name: s(layer)(x, _replaced(tx, name, v))
            for layer in (analytic, real))))
    for name, value, _ in _parameters(real):
        of_complex, of_real = (
            _at(next(array for key, array, _ in _parameters(which) if key == name),
                lambda which=which: s(which)(x, tx))
            for which in (analytic, real))
        rows.append(compare(name, value, gradients[name], of_complex, of_real))
    _check_switches(real, dy, dty, cache, tcache, gradients, case)
    return rows


def check_penalty(penalty: Penalty, discriminator: Network, real: Batch, fake: Batch,
                  seed: int = 0, case: str | None = None) -> list[Row]:
    """Check a penalty's gradient with respect to the discriminator's parameters, against its value.

    The value is computed with the hand-written forward and backward, and differentiated by complex
    step and by central differences. discriminator : Network; real, fake (N, ...) : float arrays

    Where the penalty says `at`, its points must be these samples: a training then uses D's pass
    there, and does not ask for the points. Raises GradientError.
    """
    case = case or f"penalty {penalty}"
    real_network = discriminator.astype(np.float64)
    analytic = discriminator.astype(np.complex128)
    real, fake = _with_kind(real, np.float64), _with_kind(fake, np.float64)
    _check_at(penalty, real, fake, seed, case)

    def value(network: Network) -> Any:
        rng = np.random.default_rng(seed)
        return penalty.add_gradient(network, real.astype(network.dtype),
                                    fake.astype(network.dtype), rng)

    def of_part(network: Network, at: slice) -> Callable[[Any], Any]:
        return _at(network.theta[at], lambda: value(network))

    real_network.grad.fill(0)
    value(real_network)
    found = real_network.grad.copy()
    rng, largest, start = np.random.default_rng(seed), np.abs(found).max(), 0
    rows: list[Row] = []
    for index, layer in enumerate(real_network.layers):
        at = slice(start, start + layer.size)
        if layer.size:
            rows.append(_compare(
                case, f"{index} {type(layer).__name__}", real_network.theta[at].copy(), found[at],
                of_part(analytic, at), of_part(real_network, at), rng, largest,
                SECOND_ORDER_TOLERANCES))
        start += layer.size
    return rows


def _check_at(penalty: Penalty, real: Batch, fake: Batch, seed: int, case: str) -> None:
    if penalty.at is None:
        return
    wanted = {"real": real, "fake": fake, "both": concatenate(real, fake)}[penalty.at]
    points = penalty.points(real.copy(), fake.copy(), np.random.default_rng(seed))
    if not same(points, wanted):
        samples = {"real": "the real samples", "fake": "the generated samples",
                   "both": "the real and then the generated samples"}[penalty.at]
        raise GradientError(f"{case}: at is {penalty.at!r}, so a training takes the gradient at "
                            f"{samples}, but points(real, fake, rng) returned others: expected "
                            f"them to agree, or at = None")


def _tparams(layer: Layer, moving: dict[str, Array], dtype: DTypeLike) -> Pieces:
    """The tangents in the form that `layer.tangent` takes: a dict, or a vector for a network."""
    if not layer.children:
        return {name: tangent.astype(dtype) for name, tangent in moving.items()}
    return np.concatenate([np.zeros(0), *map(np.ravel, moving.values())]).astype(dtype)


def _check_switches(layer: Layer, dy: Batch, dty: Batch, cache: Cache, tcache: Cache,
                    gradients: dict[str, Array], case: str) -> None:
    """dy=None must act as dy=0; input_grad=False must give the same parameter gradients and return
    (None, None)."""
    def run(*arguments: Any) -> tuple[Any, dict[str, Array]]:
        for _, _, grad in _parameters(layer):
            grad.fill(0)
        found = layer.tangent_backward(*arguments)
        return found, {name: grad.copy() for name, _, grad in _parameters(layer)}

    def differ(found: Batch, wanted: Batch) -> bool:
        return not all(np.allclose(0 if a is None else a, 0 if b is None else b, rtol=1e-12,
                                   atol=1e-14)
                       for a, b in ((x_of(found), x_of(wanted)), (c_of(found), c_of(wanted))))

    (dx, dtx), zero = run(still(dy), dty, cache, tcache)
    (none_dx, none_dtx), none = run(None, dty, cache, tcache)
    if differ(none_dx, dx) or differ(none_dtx, dtx) or any(differ(none[n], zero[n]) for n in zero):
        raise GradientError(f"{case}: tangent_backward(None, ...) differs from that of zeros")
    nothing, same = run(dy, dty, cache, tcache, False)
    kept, again = run(dy, dty, cache, tcache, True, dtx)
    if differ(kept[1], dtx) or any(differ(again[name], gradients[name]) for name in again):
        raise GradientError(f"{case}: tangent_backward must return the dtx that it is given, and "
                            f"give the same gradients of parameters")
    if nothing != (None, None) or any(differ(same[name], gradients[name]) for name in same):
        raise GradientError(f"{case}: tangent_backward(input_grad=False) must give the same "
                            f"gradients of parameters and return (None, None)")


def _check_direction(real: Any, analytic: Any, x: Batch, tx: Batch, moving: dict[str, Array],
                     ty: Batch, train: bool, replay: _Replay, case: str) -> Row:
    for name, value, _ in _parameters(analytic):
        value += 1j * COMPLEX_STEP * moving[name]
    with replay:
        moved, step = _with_kind(x, np.complex128), 1j * COMPLEX_STEP
        for name, value, t in float_parts(moved, tx):
            moved = _replaced(moved, name, value + step * t)
        y = analytic.forward(moved, train)[0]
        expected = np.imag(x_of(y)) / COMPLEX_STEP
    ty = x_of(ty)
    for name, value, _ in _parameters(analytic):
        value[...] = value.real
    error = np.abs(ty - expected).max() / max(np.abs(expected).max(), np.finfo(float).tiny)
    if not error <= ADJOINT_TOLERANCE:
        raise GradientError(f"{case}: tangent is not the derivative of forward along the tangents "
                            f"of x and of the parameters: relative error {error:.1e}")
    return Row(case, "ty", float(error), float("nan"))


def _check_adjoint(layer: Layer, cache: Cache, tx: Batch, ty: Batch, dy: Batch,
                   moving: dict[str, Array], case: str) -> Row:
    for _, _, grad in _parameters(layer):
        grad.fill(0)
    terms = [t * d for _, _, t, d in float_parts(tx, tx, layer.backward(dy, cache))] \
        if tx is not None else []
    if tx is None:
        layer.backward(dy, cache)
    terms += [moving[name] * grad for name, _, grad in _parameters(layer)]
    forward, back = product(dy, ty), sum(term.sum() for term in terms)
    error = abs(forward - back) / sum(np.abs(term).sum() for term in terms)
    if not error <= ADJOINT_TOLERANCE:
        raise GradientError(f"{case}: tangent is not the adjoint of backward: Σ dy·ty = {forward}, "
                            f"Σ tx·dx + Σ tW·dW = {back}")
    return Row(case, "adjoint", float(error), float("nan"))
