"""How a gradient is checked: two independent derivatives of the forward pass, in float64.

Complex step. For an analytic f, f(x + ih) = f(x) + ih f′(x) − h² f″(x)/2 − ..., so

    f′(x) = Im f(x + ih) / h + O(h²),   h = 1e−30

without the subtraction that ruins finite differences: it agrees with an exact gradient to rounding,
1e−12 here. It requires a forward written in operations that continue analytically: no abs, no conj,
no float(). np.maximum(x, 0) is fine: it compares real parts.

Central differences. f′(x) = (f(x + h) − f(x − h)) / 2h + O(h²), to 1e−7 here: far less exact, but
no trick of complex arithmetic can hide an error from it.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from .._checks import came
from .._types import Array, Batch, Cache, Rng, Shape
from ..costs import Cost
from ..layers import Layer
from ..layers.base import y_and_cache
from ..losses import Loss
from ..networks import Network
from ..optimizers import SGD
from ..pairs import Pair, c_of, samples, with_x, x_of
from ..penalties import Penalty
from ..training import (discriminator_gradients, discriminator_step, generator_gradients,
                        generator_step)
from ..training.steps import whole

COMPLEX_TOLERANCE = 1e-12
CENTRAL_TOLERANCE = 1e-7
COMPLEX_STEP = 1e-30
CENTRAL_STEPS = (6e-6, 6e-7, 6e-8)  # the cube root of float64's rounding error, then smaller
MOST_COORDINATES = 60  # of one array; from a larger one this many are drawn


class Row(NamedTuple):
    """The largest relative errors found for one array's gradient.

    The error of an array is max |backward − derivative| over its checked coordinates, divided by
    the largest absolute value of either. Where that value is less than a hundredth of the largest
    gradient in the same check, the error is divided by that hundredth instead: the gradient of a
    bias below BatchNorm is zero, and comes out as a rounding error of its neighbours.
    """

    case: str
    quantity: str  # "x", "W", ...
    complex_error: float
    central_error: float  # nan where only the complex step was compared


class GradientError(AssertionError):
    """A gradient disagrees with the derivative of its forward."""


def check_layer(layer: Layer, x: Batch, train: bool = True, seed: int = 0,
                case: str | None = None) -> list[Row]:
    """Check a layer, or a Network, by L = Σ y · dy with a random dy; returns a list of `Row`.

    Parameters
    ----------
    layer : Layer. If it is not part of a network yet, it gets random parameters. It is not changed.
    x : float array (N, ...), or a `Pair` for a network of pairs: the input to check at. It should
        lie away from kinks, as random numbers do. Integers have no gradient and are left alone.
    train : bool, passed to forward
    seed : int, for dy, for parameters, and for the choice of coordinates in large arrays
    case : str, the name in the table; the layer's own by default

    Besides every parameter's and the input's gradient (of a pair, that of "x" and of "c") it checks
    the protocol: forward and backward leave x and dy as they were, backward adds to the gradients,
    `param_grads` and `input_grad` each switch off their half and nothing else, a forward pass of
    another batch between forward and backward changes nothing, and `output_shape` says the shape
    that forward gives.

    Raises
    ------
    GradientError : with the worst coordinate, the expected value and the value that came
    TypeError : if forward does not return two things, y and the cache
    """
    x = _checked_input(layer, x)
    rng = np.random.default_rng(seed)
    case = case or (repr(layer) if train else f"{layer} train=False")
    real = _with_dtype(layer, np.float64, rng)
    analytic = _with_dtype(real, np.complex128, rng)
    x = _with_kind(x, np.float64)
    replay = _Replay(real, analytic)
    with replay:
        y, _ = y_and_cache(real, real.forward(x.copy(), train))
    _check_shape(real, x_of(x).shape, x_of(y).shape, case)
    dy = random_like(y, rng)
    dx = _check_protocol(real, x, dy, train, replay, case)

    def f(layer: Layer) -> Callable[..., Any]:
        def loss(x: Batch) -> Any:
            with replay:
                return product(layer.forward(x, train)[0], dy)
        return loss

    def of_part(which: Layer, name: str, dtype: type) -> Callable[[Any], Any]:
        return lambda v: f(which)(_replaced(_with_kind(x, dtype), name, v))

    rows = [_compare(case, name, value, gradient, of_part(analytic, name, np.complex128),
                     of_part(real, name, np.float64), rng)
            for name, value, gradient in float_parts(x, dx)]
    largest = max((np.abs(gradient).max() for _, _, gradient in _parameters(real)), default=0)
    for name, value, gradient in _parameters(real):
        rows.append(_compare(
            case, name, value, gradient,
            _of_parameter(f(analytic), analytic, name, x), _of_parameter(f(real), real, name, x),
            rng, largest))
    return rows


def check_loss(loss: Loss, samples: int = 7, columns: int = 1, seed: int = 0, scale: float = 3.0,
               case: str | None = None, codes: int = 0) -> list[Row]:
    """Check a loss's gradients against its values, at random logits of standard deviation `scale`.

    Returns rows for the discriminator's loss by the real and by the fake logits, for the
    generator's by the fake ones, and for both tangents, which are compared with the complex step of
    these gradients. columns : int, of the discriminator's output, 1 unless it ends in more;
    codes : int, how many numbers a condition has that stands beside the output, in a `Pair`

    As in a training, the generator's loss gets None for the real logits unless it says
    `generator_sees_real`, and no method may change its arguments. Raises GradientError, or
    TypeError if a method returns something else than `losses.Loss` says.
    """
    rng = np.random.default_rng(seed)
    if codes:
        c = with_classes(scale * rng.standard_normal((2, samples, codes)), loss)
        loss = _BesideConditions(loss, c)
    real, fake = scale * rng.standard_normal((2, samples, columns))
    _, d_real, d_fake = _of_d(loss, real, fake)
    _, g_fake = _of_g(loss, fake, real)
    cases = [("D, real logits", real, d_real, lambda logits: _of_d(loss, logits, fake)[0]),
             ("D, fake logits", fake, d_fake, lambda logits: _of_d(loss, real, logits)[0]),
             ("G, fake logits", fake, g_fake, lambda logits: _of_g(loss, logits, real)[0])]
    if loss.generator_sees_real:
        cases.append(("G, real logits", real, _asked(loss, "generator_by_real", fake, real),
                      lambda logits: _of_g(loss, fake, logits)[0]))
    case = case or repr(loss)
    rows = [_compare(case, name, logits, gradient, f, f, rng)
            for name, logits, gradient, f in cases]
    tangents = t_real, t_fake = rng.standard_normal((2, samples, columns))
    if type(loss).discriminator_tangent is Loss.discriminator_tangent:
        return rows  # no tangent: the loss is for `train`, not for Hessian-vector products
    shifted = [logits + 1j * COMPLEX_STEP * t for logits, t in zip((real, fake), tangents)]
    compared = (real, t_real) if loss.generator_sees_real else (None, None)
    found = [*_asked(loss, "discriminator_tangent", real, fake, t_real, t_fake, parts=2),
             *_asked(loss, "generator_tangent", fake, t_fake, *compared, parts=2)]
    wanted = [*_of_d(loss, *shifted)[1:], _of_g(loss, *shifted[::-1])[1]]
    if loss.generator_sees_real:
        wanted.append(_asked(loss, "generator_by_real", *shifted[::-1]))
    for name, td, gradient in zip(("D, real tangent", "D, fake tangent", "G, fake tangent",
                                   "G, real tangent"), found, wanted):
        if np.shape(td) != gradient.shape:
            raise GradientError(f"{case}: {name} has shape {np.shape(td)}, expected "
                                f"{gradient.shape}")
        expected = np.imag(gradient) / COMPLEX_STEP
        error = np.abs(td - expected).max() / max(np.abs(expected).max(), np.abs(gradient).max())
        if not error <= COMPLEX_TOLERANCE:
            raise GradientError(f"{case}: {name} is not the derivative of the gradient: expected "
                                f"{expected.ravel()}, got {td.ravel()}")
        rows.append(Row(case, name, float(error), float("nan")))
    return rows


def _of_d(loss: Loss, real: Array, fake: Array) -> tuple[Any, ...]:
    """value, d_real, d_fake"""
    return whole(loss, _asked(loss, "discriminator", real, fake), real, fake)


def _of_g(loss: Loss, fake: Array, real: Array) -> tuple[Any, ...]:
    """value, d_fake; the real logits are given as `train` gives them: only to a loss that says so.
    """
    given = real if loss.generator_sees_real else None
    try:
        found = _asked(loss, "generator", fake, given)
    except GradientError:
        raise
    except Exception as error:
        if given is None and _works(lambda: loss.generator(fake.copy(), real.copy())):
            raise GradientError(f"{loss}: generator(fake_logits, real_logits) fails where "
                                f"real_logits is None, which it always is unless the loss says "
                                f"generator_sees_real = True") from error
        raise
    return whole(loss, found, fake)


def _works(function: Callable[[], object]) -> bool:
    try:
        function()
    except Exception:
        return False
    return True


def _asked(loss: Loss, method: str, *arguments: Any, parts: int | None = None) -> Any:
    """What a method of a loss returns; GradientError if it changes its arguments, TypeError if it
    returns no tuple of so many `parts`."""
    given = [None if array is None else array.copy() for array in arguments]
    found = getattr(loss, method)(*given)
    names = list(inspect.signature(getattr(Loss, method)).parameters)[1:]
    for name, before, after in zip(names, arguments, given):
        if after is not None and not np.array_equal(before, after):
            raise GradientError(f"{loss}: {method}(...) changed its argument {name} in place; "
                                f"expected it to stay as it was")
    if parts is not None and (not isinstance(found, tuple) or len(found) != parts):
        got = f"a tuple of {len(found)}" if isinstance(found, tuple) else came(found)
        raise TypeError(f"{loss}: expected {method}(...) to return a tuple of {parts} arrays, got "
                        f"{got}")
    return found


def check_cost(cost: Cost, y: Array, target: Array, mask: Array | None = None, seed: int = 0,
               case: str | None = None) -> list[Row]:
    """Check the gradient of one of `numgan.costs` against its value, also for each sample, and its
    tangent against the gradient; returns rows.

    y, target (N, ...) : float arrays; mask : as in `costs.Cost`
    """
    rng, case = np.random.default_rng(seed), case or repr(cost)
    y, target = y.astype(np.float64), target.astype(np.float64)
    real, analytic = cost.astype(np.float64), cost.astype(np.complex128)
    weights, t = rng.standard_normal(len(y)), rng.standard_normal(y.shape)

    def compare(name: str, gradient: Array, f: Callable[[Cost, Any], Any]) -> Row:
        return _compare(case, name, y, gradient, lambda v: f(analytic, v), lambda v: f(real, v),
                        rng)

    rows = [
        compare("y", real(y, target, mask)[1], lambda kind, v: kind(v, target, mask)[0]),
        compare("y of each sample", real.of_samples(y, target, mask)[1]
                * weights.reshape(-1, *[1] * (y.ndim - 1)),
                lambda kind, v: weights @ kind.of_samples(v, target, mask)[0])]
    td = real.tangent(y, t, target, mask)
    if td.any():  # else it is piecewise linear, and there is nothing to compare with
        rows.append(compare("tangent", td, lambda kind, v: (t * kind(v, target, mask)[1]).sum()))
    return rows


def check_step(generator: Network, discriminator: Network, real: Batch, z: Batch, loss: Loss,
               penalty: Penalty | None = None, seed: int = 0, case: str | None = None) -> list[Row]:
    """Check a whole training step: the discriminator's on real and fake samples together, and the
    generator's through the discriminator.

    The step is taken with plain gradient descent at rate 1, so it must move the parameters by
    minus the gradient. This gradient is compared with the derivative of the loss that the step
    reports.
    generator, discriminator : Network, unchanged; real (N, ...), z (N, latent) : float arrays;
    penalty : of `penalties`, added to the discriminator's loss, or None
    """
    rng = np.random.default_rng(seed)
    case = case or f"step of {loss}"
    networks = [_with_dtype(network, np.float64, rng) for network in (generator, discriminator)]
    analytic = [network.astype(np.complex128) for network in networks]
    replay = _Replay(*networks, *analytic)
    real, z = _with_kind(real, np.float64), _with_kind(z, np.float64)

    def d_loss(pair: Sequence[Network], kind: type) -> float:
        with replay:
            fake, _ = pair[0].forward(z.astype(kind), train=True)
            return discriminator_gradients(pair[1], real.astype(kind), fake, loss, penalty,
                                           np.random.default_rng(seed)).loss

    def g_loss(pair: Sequence[Network], kind: type) -> float:
        with replay:
            return generator_gradients(pair[0], pair[1], z.astype(kind), loss,
                                       real.astype(kind)).loss

    def d_step(generator: Network, discriminator: Network) -> None:
        discriminator_step(generator, discriminator, real, z, loss=copy.deepcopy(loss),
                           optimizer=SGD(1.0), penalty=penalty, rng=np.random.default_rng(seed))

    def g_step(generator: Network, discriminator: Network) -> None:
        generator_step(generator, discriminator, z, loss=loss, optimizer=SGD(1.0), real=real)

    rows = []
    for part, which, value, step in (("D", 1, d_loss, d_step), ("G", 0, g_loss, g_step)):
        with replay:
            pair = [network.copy() for network in networks]
        for network in pair:
            network.grad.fill(1)  # as an earlier step may leave it: each step must clear its own
        step(*pair)
        gradient = pair[which].grad
        if not np.array_equal(networks[which].theta - gradient, pair[which].theta):
            raise GradientError(f"{case}: {part}'s step did not descend its gradient")
        if not np.array_equal(networks[1 - which].theta, pair[1 - which].theta):
            raise GradientError(f"{case}: {part}'s step changed the other network")
        start = 0
        for index, layer in enumerate(networks[which].layers):
            if not layer.size:
                continue
            stop = start + layer.size
            at = slice(start, stop)
            rows.append(_compare(
                case, f"{part}: {index} {type(layer).__name__}",
                networks[which].theta[at], gradient[at],
                _of_vector(value, analytic, which, at), _of_vector(value, networks, which, at),
                rng, np.abs(gradient).max()))
            start = stop
    return rows


# -- the comparison ----------------------------------------------------------------------------


def _compare(case: str, quantity: str, value: Array, gradient: Array,
             complex_f: Callable[[Any], Any], real_f: Callable[[Any], Any], rng: Rng,
             largest: float = 0.0,
             tolerances: tuple[float, float] = (COMPLEX_TOLERANCE, CENTRAL_TOLERANCE)) -> Row:
    """A `Row` for the gradient of f at `value`, or a GradientError.

    complex_f and real_f take an array like `value`, of complex128 and of float64, and return f.
    `largest` is the largest gradient of the same check.
    """
    if np.shape(gradient) != value.shape:
        raise GradientError(f"{case}: the gradient of {quantity} has shape {np.shape(gradient)}, "
                            f"expected {value.shape}")
    chosen = np.arange(value.size)
    if value.size > MOST_COORDINATES:
        chosen = np.sort(rng.choice(value.size, MOST_COORDINATES, replace=False))
    came = gradient.reshape(-1)[chosen]
    errors = []
    ways = (("complex step", tolerances[0], _complex_step(complex_f, value, chosen)),
            ("central differences", tolerances[1], _central(real_f, value, chosen, came)))
    for method, tolerance, expected in ways:
        scale = max(np.abs(expected).max(), np.abs(came).max(), largest / 100,
                    np.finfo(float).tiny)
        error = np.abs(came - expected) / scale
        if not error.max() <= tolerance:  # a NaN fails too
            worst = int(np.argmax(np.where(np.isnan(error), np.inf, error)))
            where = ", ".join(map(str, np.unravel_index(chosen[worst], value.shape)))
            raise GradientError(
                f"{case}: the gradient of {quantity} is wrong.\n"
                f"  worst at {quantity}[{where}]: expected {expected[worst]:.12g} ({method} of the "
                f"forward pass), got {came[worst]:.12g} from backward\n"
                f"  relative error {error[worst]:.1e}, allowed {tolerance:.0e}; "
                f"{(error > tolerance).sum()} of {len(chosen)} checked coordinates are off"
                f"{_hint(expected, came)}{_doubt(ways[0][2], ways[1][2], largest)}")
        errors.append(float(error.max()))
    return Row(case, quantity, *errors)


def _hint(expected: Array, came: Array) -> str:
    """If one factor explains the whole difference, say so: a sign or a 1/N has been lost."""
    if not np.isfinite(came).all() or not came.any() or not expected.any():
        return "\n  backward gave zeros or NaN" if not came.any() else ""
    factor = (expected @ came) / (expected @ expected)
    if (len(came) > 1 and abs(factor - 1) > 1e-5
            and np.allclose(came, factor * expected, rtol=1e-6, atol=0)):
        return f"\n  every coordinate is {factor:.6g} times what it should be"
    return ""


def _doubt(complex_found: Array, real_found: Array, largest: float) -> str:
    """If the two ways to differentiate the forward pass disagree, the forward pass may be at
    fault."""
    scale = max(np.abs(complex_found).max(), np.abs(real_found).max(), largest / 100)
    if not np.abs(complex_found - real_found).max() > 1e-3 * scale:
        return ""
    return ("\n  but complex step and central differences disagree too: either the point lies on "
            "a kink (a ReLU at exactly 0), or the forward pass is no analytic function: np.abs, "
            "float(), .real, comparisons of complex numbers lose the imaginary part")


def _complex_step(f: Callable[..., Any], value: Array, chosen: Array) -> Array:
    probe = value.astype(np.complex128)
    flat = probe.reshape(-1)
    derivatives = np.empty(len(chosen))
    for k, index in enumerate(chosen):
        flat[index] += 1j * COMPLEX_STEP
        derivatives[k] = np.imag(f(probe)) / COMPLEX_STEP
        flat[index] = flat[index].real
    return derivatives


def _central(f: Callable[..., Any], value: Array, chosen: Array, came: Array) -> Array:
    """A kink (of ReLU, of |x|) less than h away spoils the difference, though not the derivative.
    So a coordinate that disagrees with backward gets a smaller h, which leaves the kink outside. A
    wrong gradient disagrees at every h."""
    probe = value.copy()
    flat = probe.reshape(-1)
    derivatives = np.empty(len(chosen))
    close = 0.1 * CENTRAL_TOLERANCE * np.abs(came).max()
    for k, index in enumerate(chosen):
        start = flat[index]
        best = np.inf
        for h in CENTRAL_STEPS:
            flat[index] = start + h
            above, right = f(probe), flat[index]
            flat[index] = start - h
            below, left = f(probe), flat[index]
            derivative = (above - below) / (right - left)
            error = abs(derivative - came[k])
            if error < best or h == CENTRAL_STEPS[0]:
                best, derivatives[k] = error, derivative
            if error <= close:
                break
        flat[index] = start
    return derivatives


def _check_shape(layer: Layer, before: Shape, after: Shape, case: str) -> None:
    """GradientError unless output_shape says of x, of shape `before`, what forward made of it."""
    said = layer.output_shape(before[1:])
    if said != after[1:]:
        raise GradientError(f"{case}: forward made y of shape {after} from x of shape {before}; "
                            f"expected output_shape({before[1:]}) to return {after[1:]}, the shape "
                            f"without the batch axis, got {said!r}")


def _check_protocol(layer: Layer, x: Batch, dy: Batch, train: bool, replay: _Replay,
                    case: str) -> Batch:
    """Run backward in all its variants; returns dx and leaves the gradients in the layer."""
    given, wanted = x.copy(), dy.copy()
    with replay:
        _, cache = layer.forward(given, train)
    both = _gradients(layer, cache, wanted)
    only_x = _gradients(layer, cache, wanted, param_grads=False)
    only_params = _gradients(layer, cache, wanted, input_grad=False)
    dx, grads = both
    for what, right in (
            ("forward or backward changed x", same(given, x)),
            ("backward changed dy", same(wanted, dy)),
            ("backward(param_grads=False) changed a parameter's gradient", not any(
                grad.any() for grad in only_x[1])),
            ("backward(param_grads=False) returned another dx",
             same(only_x[0], dx, rtol=1e-12)),
            ("backward(input_grad=False) returned a dx, expected None", only_params[0] is None),
            ("backward(input_grad=False) gave other parameter gradients", all(
                np.allclose(a, b, rtol=1e-12, atol=0) for a, b in zip(only_params[1], grads)))):
        if not right:
            raise GradientError(f"{case}: {what}")
    _check_memory(layer, x, wanted, train, replay, both, case)
    for grad, once in zip((grad for _, _, grad in _parameters(layer)), grads):
        grad[...] = once
    layer.backward(wanted, cache)  # a second time, into the same gradients
    for (name, _, now), grad in zip(_parameters(layer), grads):
        if not np.allclose(now, 2 * grad, rtol=1e-12, atol=1e-300):
            raise GradientError(f"{case}: backward must add to d{name}, so that two calls give "
                                f"twice the gradient; it did not")
        now[...] = grad
    return dx


def _check_memory(layer: Layer, x: Batch, dy: Batch, train: bool, replay: _Replay,
                  expected: tuple[Batch, list[Array]], case: str) -> None:
    """GradientError if another forward pass, between a forward pass and its backward, changes what
    backward gives: then the layer kept in itself what belongs into the cache."""
    with replay:
        _, cache = layer.forward(x.copy(), train)
    n = len(x)  # the first sample again and again: other statistics, other random numbers
    with replay:
        try:
            layer.forward(x[np.r_[np.zeros(n, int), np.arange(n)[::-1]]], train)
        except Exception:  # a layer for one size of batch
            layer.forward(x[np.zeros(n, int)], train)
    wrong = (f"{case}: another forward pass came between forward and backward, and backward then "
             f"failed or gave other gradients. Everything that backward needs belongs into the "
             f"cache that forward returns; the layer must not keep it (as self.x, for example)")
    try:
        dx, grads = _gradients(layer, cache, dy)
    except Exception as error:
        raise GradientError(wrong) from error
    if not same(dx, expected[0], rtol=1e-12) or not all(
            np.allclose(a, b, rtol=1e-12, atol=0) for a, b in zip(grads, expected[1])):
        raise GradientError(wrong)


def _gradients(layer: Layer, cache: Cache, dy: Batch,
               **switches: bool) -> tuple[Batch, list[Array]]:
    """(dx, copies of all parameter gradients) of one backward pass from zeroed gradients."""
    for name, _, grad in _parameters(layer):
        grad.fill(0)
    dx = layer.backward(dy, cache, **switches)
    grads = [grad.copy() for _, _, grad in _parameters(layer)]
    if switches:
        for _, _, grad in _parameters(layer):
            grad.fill(0)
    return dx, grads


# -- layers and networks alike -----------------------------------------------------------------


def _parameters(layer: Layer) -> list[tuple[str, Array, Array]]:
    """(name, value, gradient) of every parameter: "W", or "0 Dense.W" inside another layer."""
    if layer.children:
        inside = layer.layers if isinstance(layer, Network) else layer.children
        return [(f"{index} {type(inner).__name__}.{name}", value, grad)
                for index, inner in enumerate(inside)
                for name, value, grad in _parameters(inner)]
    return [(name, getattr(layer, name), getattr(layer, "d" + name)) for name in layer.shapes]


def _of_parameter(f: Callable[..., Any], layer: Layer, name: str, x: Batch) -> Callable[[Any], Any]:
    """f as a function of one parameter, in the layer's dtype."""
    array = next(value for key, value, _ in _parameters(layer) if key == name)
    x = _with_kind(x, array.dtype)

    return _at(array, lambda: f(x))


def _of_vector(value: Callable[..., Any], networks: Sequence[Network], which: int,
               at: slice) -> Callable[[Any], Any]:
    """A step's loss as a function of a part of one network's theta."""
    theta = networks[which].theta
    return _at(theta[at], lambda: value(networks, theta.dtype))


def _at(array: Array, f: Callable[..., Any]) -> Callable[[Any], Any]:
    """f as a function of the value of `array`, whose own value is restored after each call."""
    kept = array.copy()

    def of_value(value: Any) -> Any:
        array[...] = value
        try:
            return f()
        finally:
            array[...] = kept
    return of_value


def _with_dtype(layer: Layer, dtype: DTypeLike, rng: Rng) -> Any:
    """A copy in another dtype; a layer that is not set up in a network gets random parameters."""
    if isinstance(layer, Network):
        return layer.astype(dtype)
    if layer.children:  # a network of this layer alone allocates the numbers that it needs
        clone = copy.deepcopy(layer)
        for part in clone.walk():
            part.begun = None  # what it has learned is not needed
        network = Network([clone], rng=rng, dtype=np.float64)
        network.theta += 0.3 * rng.standard_normal(network.size)
        return network.astype(dtype)
    clone = copy.deepcopy(layer)
    names = [*layer.shapes, *layer.buffers]
    if not all(name in layer.__dict__ for name in names) or (layer.rng is None and not names):
        clone.setup(rng, np.float64)
        for name in layer.shapes:
            getattr(clone, name)[...] += 0.3 * rng.standard_normal(layer.shapes[name])
        for name in layer.buffers:
            getattr(clone, name)[...] += rng.random(layer.buffers[name])
    values = {name: getattr(clone, name).astype(dtype) for name in names}
    clone.bind(np.zeros(layer.size, dtype), np.zeros(layer.size, dtype),
               np.zeros(layer.buffer_size, dtype))
    for name, value in values.items():
        getattr(clone, name)[...] = value
    return clone


class _Replay:
    """Inside the block, the layers' random generators start where they stood when this object was
    made, so that every forward draws the same noise."""

    def __init__(self, *layers: Layer) -> None:
        self.states = [(layer.rng, copy.deepcopy(layer.rng.bit_generator.state))
                       for outer in layers for layer in outer.walk()
                       if layer.rng is not None]

    def __enter__(self) -> None:
        for rng, state in self.states:
            rng.bit_generator.state = state

    def __exit__(self, *error: object) -> None:
        pass


# -- arrays and pairs alike ----------------------------------------------------------------------


def _checked_input(layer: Layer, x: Batch) -> Batch:
    x = samples(x)
    parts: list[tuple[Any, str]] = [(x_of(x), "iu" if layer.takes_integers else "f")]
    if isinstance(x, Pair):
        parts.append((x.c, "fiu"))
    for array, kinds in parts:
        array = np.asarray(array)
        if (array.dtype.kind not in kinds or array.ndim < 2 or not array.size
                or not np.isfinite(array).all()):
            raise ValueError(f"check_layer: expected x as a finite float array of shape (N, ...), "
                             f"got shape {array.shape} of {array.dtype}")
    return x if isinstance(x, Pair) else np.asarray(x)


def _with_kind(x: Batch, dtype: DTypeLike) -> Batch:
    """x with its floats in another dtype; integers stay."""
    return x if not isinstance(x, Pair) and x.dtype.kind in "iu" else x.astype(dtype)


def random_like(y: Batch, rng: Rng) -> Batch:
    """Random numbers of the shape of y, and of a pair's c if that holds floats."""
    x = rng.standard_normal(x_of(y).shape)
    if not isinstance(y, Pair):
        return x
    return Pair(x, rng.standard_normal(y.c.shape)
                if y.c is not None and y.c.dtype.kind in "fc" else None)


def product(a: Batch, b: Batch) -> Any:
    """Σ a · b, over both arrays of a pair; a part that is None adds nothing."""
    total = (x_of(a) * x_of(b)).sum()
    c, d = c_of(a), c_of(b)
    return total if c is None or d is None else total + (c * d).sum()


def float_parts(x: Batch, *others: Batch) -> list[tuple[Any, ...]]:
    """(name, array of x, the same part of each of the others) for "x" and "c", integers left out.
    A part of the others that is None (nothing depends on it) becomes zeros."""
    found = []
    for name, part in ("x", x_of), ("c", c_of):
        array = part(x)
        if array is not None and array.dtype.kind in "fc":
            found.append((name, array, *(np.zeros_like(array) if part(other) is None
                                         else part(other) for other in others)))
    return found


def _replaced(x: Batch, name: str, value: Array) -> Batch:
    """The input x with its part `name`, "x" or "c", replaced."""
    if name == "x":
        return with_x(x, value)
    return Pair(x.x, value)


def same(a: Batch, b: Batch, rtol: float = 0.0) -> bool:
    """Whether two gradients, or inputs, are equal in all their parts."""
    return all(left is None and right is None or left is not None and right is not None
               and left.shape == right.shape and np.allclose(left, right, rtol=rtol, atol=0)
               for left, right in ((x_of(a), x_of(b)), (c_of(a), c_of(b))))


def with_classes(c: Array, loss: Loss) -> Array:
    """Conditions (..., codes) of which the part that the loss takes for a class is one: nonnegative
    with sum 1."""
    classes = np.abs(c[..., :getattr(loss, "categorical", 0)])
    return np.concatenate([classes / classes.sum(axis=-1, keepdims=True),
                           c[..., classes.shape[-1]:]], axis=-1)


class _BesideConditions(Loss):
    """A loss of outputs with fixed conditions beside them, as a loss of the outputs alone."""

    def __init__(self, loss: Any, conditions: Array) -> None:
        self.loss, (self.real, self.fake) = loss, conditions
        self.generator_sees_real = loss.generator_sees_real

    def discriminator(self, real: Array, fake: Array) -> tuple[float, Array, Array]:
        return self.loss.discriminator(Pair(real, self.real), Pair(fake, self.fake))

    def generator(self, fake: Batch, real: Batch = None) -> tuple[float, Array]:
        return self.loss.generator(Pair(fake, self.fake), self._real(real))

    def generator_by_real(self, fake: Batch, real: Batch) -> Array:
        return self.loss.generator_by_real(Pair(fake, self.fake), Pair(real, self.real))

    def discriminator_tangent(self, real: Batch, fake: Batch, t_real: Batch,
                              t_fake: Batch) -> tuple[Array, Array]:
        return self.loss.discriminator_tangent(Pair(real, self.real), Pair(fake, self.fake),
                                               Pair(t_real, None), Pair(t_fake, None))

    def generator_tangent(self, fake: Batch, t_fake: Batch, real: Batch = None,
                          t_real: Batch = None) -> tuple[Array, Array | None]:
        return self.loss.generator_tangent(Pair(fake, self.fake), Pair(t_fake, None),
                                           self._real(real),
                                           None if t_real is None else Pair(t_real, None))

    def _real(self, real: Batch) -> Batch:
        return None if real is None else Pair(real, self.real)

    def __repr__(self) -> str:
        return repr(self.loss)
