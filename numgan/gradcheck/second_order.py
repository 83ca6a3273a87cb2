"""The same checks one order up: `tangent` against `forward`, `tangent_backward` against both."""

import numpy as np

from .check import (COMPLEX_STEP, GradientError, Row, _at, _compare, _parameters, _Replay,
                    _with_dtype)

ADJOINT_TOLERANCE = 1e-12
SECOND_ORDER_TOLERANCES = 1e-11, 1e-6  # complex step through the hand-written tangent, central


def check_tangent(layer, x, train=True, seed=0, case=None):
    """Check a layer's, or a Network's, `tangent` and `tangent_backward`; returns rows.

    Three statements, at random x, tx, dy, dty and random tangents of all parameters:

    - ty is the derivative of forward along (tx, tW, ...), by complex step;
    - tangent is the adjoint of backward: Σ dy · ty = Σ tx · dx + Σ tW · dW;
    - tangent_backward is the gradient of S = Σ dy · y + Σ dty · ty by x, by tx and by every
      parameter, by complex step through forward and tangent, and by central differences.

    Arguments and errors as of `check_layer`.
    """
    rng = np.random.default_rng(seed)
    case = case or f"{layer} second order" + ("" if train else ", train=False")
    real = _with_dtype(layer, np.float64, rng)
    analytic = _with_dtype(real, np.complex128, rng)
    replay = _Replay(real, analytic)
    x = x.astype(np.float64)
    tx = rng.standard_normal(x.shape)
    moving = {name: rng.standard_normal(value.shape) for name, value, _ in _parameters(real)}

    def both(layer, x, tx):
        dtype = np.float64 if layer is real else np.complex128
        with replay:
            y, cache = layer.forward(x.astype(dtype), train)
        ty, tcache = layer.tangent(tx.astype(dtype), cache, _tparams(layer, moving, dtype))
        return y, ty, cache, tcache

    y, ty, cache, tcache = both(real, x, tx)
    dy, dty = rng.standard_normal((2, *y.shape))
    for _, _, grad in _parameters(real):
        grad.fill(0)
    dx, dtx = real.tangent_backward(dy.copy(), dty.copy(), cache, tcache)
    gradients = {name: grad.copy() for name, _, grad in _parameters(real)}

    def s(layer):
        def of(x, tx):
            y, ty, _, _ = both(layer, x, tx)
            return (dy * y).sum() + (dty * ty).sum()
        return of

    def compare(name, value, gradient, complex_f, real_f):
        return _compare(case, name, value, gradient, complex_f, real_f, rng, largest,
                        SECOND_ORDER_TOLERANCES)

    largest = max(np.abs(dx).max(), np.abs(dtx).max())
    rows = [_check_direction(real, analytic, x, tx, moving, ty, train, replay, case),
            _check_adjoint(real, cache, tx, ty, dy, moving, case),
            compare("x", x, dx, lambda v: s(analytic)(v, tx), lambda v: s(real)(v, tx)),
            compare("tx", tx, dtx, lambda v: s(analytic)(x, v), lambda v: s(real)(x, v))]
    for name, value, _ in _parameters(real):
        of_complex, of_real = (
            _at(next(array for key, array, _ in _parameters(which) if key == name),
                lambda which=which: s(which)(x, tx))
            for which in (analytic, real))
        rows.append(compare(name, value, gradients[name], of_complex, of_real))
    _check_switches(real, dy, dty, cache, tcache, gradients, case)
    return rows


def check_penalty(penalty, discriminator, real, fake, seed=0, case=None):
    """Check a penalty's gradient by the discriminator's parameters, against its value.

    The value is computed with the hand-written forward and backward, and differentiated by complex
    step and by central differences. discriminator : Network; real, fake (N, ...) : float arrays
    """
    case = case or f"penalty {penalty}"
    real_network = discriminator.astype(np.float64)
    analytic = discriminator.astype(np.complex128)
    real, fake = real.astype(np.float64), fake.astype(np.float64)

    def value(network):
        rng = np.random.default_rng(seed)
        return penalty.add_gradient(network, real.astype(network.dtype),
                                    fake.astype(network.dtype), rng)

    real_network.grad.fill(0)
    value(real_network)
    found = real_network.grad.copy()
    rng, largest, rows, start = np.random.default_rng(seed), np.abs(found).max(), [], 0
    for index, layer in enumerate(real_network.layers):
        at = slice(start, start + layer.size)
        if layer.size:
            rows.append(_compare(
                case, f"{index} {type(layer).__name__}", real_network.theta[at].copy(), found[at],
                *(_at(network.theta[at], lambda network=network: value(network))
                  for network in (analytic, real_network)), rng, largest, SECOND_ORDER_TOLERANCES))
        start += layer.size
    return rows


def _tparams(layer, moving, dtype):
    """The tangents in the form that `layer.tangent` takes: a dict, or a vector for a network."""
    if not hasattr(layer, "layers"):
        return {name: tangent.astype(dtype) for name, tangent in moving.items()}
    return np.concatenate([np.zeros(0), *map(np.ravel, moving.values())]).astype(dtype)


def _check_switches(layer, dy, dty, cache, tcache, gradients, case):
    """dy=None is dy=0; without input_grad the parameters get the same and nothing comes back."""
    def run(*arguments):
        for _, _, grad in _parameters(layer):
            grad.fill(0)
        found = layer.tangent_backward(*arguments)
        return found, {name: grad.copy() for name, _, grad in _parameters(layer)}

    def differ(found, wanted):
        return not np.allclose(0 if found is None else found, wanted, rtol=1e-12, atol=1e-14)

    (dx, dtx), zero = run(np.zeros_like(dy), dty, cache, tcache)
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


def _check_direction(real, analytic, x, tx, moving, ty, train, replay, case):
    for name, value, _ in _parameters(analytic):
        value += 1j * COMPLEX_STEP * moving[name]
    with replay:
        expected = np.imag(analytic.forward(x + 1j * COMPLEX_STEP * tx, train)[0]) / COMPLEX_STEP
    for name, value, _ in _parameters(analytic):
        value[...] = value.real
    error = np.abs(ty - expected).max() / max(np.abs(expected).max(), np.finfo(float).tiny)
    if not error <= ADJOINT_TOLERANCE:
        raise GradientError(f"{case}: tangent is not the derivative of forward along the tangents "
                            f"of x and of the parameters: relative error {error:.1e}")
    return Row(case, "ty", float(error), float("nan"))


def _check_adjoint(layer, cache, tx, ty, dy, moving, case):
    for _, _, grad in _parameters(layer):
        grad.fill(0)
    terms = [tx * layer.backward(dy, cache)]
    terms += [moving[name] * grad for name, _, grad in _parameters(layer)]
    forward, back = (dy * ty).sum(), sum(term.sum() for term in terms)
    error = abs(forward - back) / sum(np.abs(term).sum() for term in terms)
    if not error <= ADJOINT_TOLERANCE:
        raise GradientError(f"{case}: tangent is not the adjoint of backward: Σ dy·ty = {forward}, "
                            f"Σ tx·dx + Σ tW·dW = {back}")
    return Row(case, "adjoint", float(error), float("nan"))
