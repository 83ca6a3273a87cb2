"""Cross-entropy, of probabilities and of logits, and the value function of the game.

The discriminator's last layer gives a logit l; D(x) = σ(l) is the probability that x is real. As
functions of l, all costs are numerically stable: with softplus(l) = ln(1 + e^l),

    −ln D = softplus(−l)      −ln(1 − D) = softplus(l)      softplus′(l) = σ(l)

So no logarithm ever sees a rounded 0 or 1, and the gradients are differences of probabilities.
"""

from __future__ import annotations

from collections.abc import ValuesView

import numpy as np
from numpy.typing import ArrayLike

from .._types import Array
from ..layers.activations import sigmoid


def cross_entropy(p: ArrayLike, q: ArrayLike) -> Array:
    """H(p, q) = −Σ_i p_i ln q_i, in nats, over the last axis: the price of taking q for p.

    p, q (..., K): probabilities; p is the truth, q the prediction. With a one-hot p it is −ln of
    the probability given to the right class:

    >>> print(f"{cross_entropy([0, 1, 0], [0.3, 0.4, 0.3]):.3f}")
    0.916
    >>> print(f"{cross_entropy([0, 1, 0], [0.01, 0.98, 0.01]):.2f}")
    0.02
    """
    p, q = _probabilities("cross_entropy", p=p, q=q)
    with np.errstate(divide="ignore"):
        logs = np.log(q)
    return -np.sum(np.multiply(p, logs, where=p > 0, out=np.zeros(np.broadcast(p, q).shape)), -1)


def binary_cross_entropy(target: ArrayLike, probability: ArrayLike) -> Array:
    """−[t ln p + (1 − t) ln(1 − p)], elementwise, in nats: cross-entropy of two classes.

    The discriminator's two costs: a real sample (t = 1) to which it gives p = 0.4, and a generated
    one (t = 0) to which it gives p = 0.02:

    >>> print(f"{binary_cross_entropy(1, 0.4):.3f} {binary_cross_entropy(0, 0.02):.2f}")
    0.916 0.02
    """
    t, p = _probabilities("binary_cross_entropy", target=target, probability=probability)
    return cross_entropy(np.stack(np.broadcast_arrays(t, 1 - t), -1),
                         np.stack(np.broadcast_arrays(p, 1 - p), -1))


def binary_cross_entropy_with_logits(target: Array | float, logits: Array) -> tuple[float, Array]:
    """(value, gradient): the mean of `binary_cross_entropy` at p = σ(l), and its gradient with
    respect to l.

        value = mean( t softplus(−l) + (1 − t) softplus(l) ) = mean( softplus(l) − t l )
        gradient = (σ(l) − t) / N

    since softplus(−l) = softplus(l) − l. So the gradient is prediction minus target. With
    softplus(l) = max(l, 0) + ln(1 + e^−|l|), the difference max(l, 0) − t l is taken first: it is
    exact where the logarithm is small.
    logits: any shape, of N values; target: a number or the same shape.
    """
    positive = np.maximum(logits, 0)
    costs = np.log1p(np.exp(logits - 2 * positive))  # l − 2 max(l, 0) = −|l|
    costs += positive - target * logits
    return np.add.reduce(costs, axis=None) / logits.size, (sigmoid(logits) - target) / logits.size


def value_function(d_real: ArrayLike, d_fake: ArrayLike) -> float:
    """V(D, G) = E ln D(x) + E ln(1 − D(G(z))), in nats, from probabilities D(x) and D(G(z)).

    min_G max_D V. At the optimum p_G = p_data, D = 1/2 and V = −ln 4 (Goodfellow et al. 2014,
    theorem 1):

    >>> print(f"{value_function([0.5, 0.5], [0.5, 0.5]):.4f} {-np.log(4):.4f}")
    -1.3863 -1.3863
    """
    return -float(binary_cross_entropy(1, d_real).mean() + binary_cross_entropy(0, d_fake).mean())


def gradient_tangent(logits: Array, tangent: Array) -> Array:
    """How the gradient (σ(l) − t) / N of binary cross-entropy changes along a tangent of l."""
    probability = sigmoid(logits)
    return probability * (1 - probability) * tangent / logits.size


def _probabilities(owner: str, **arrays: ArrayLike) -> ValuesView[Array]:
    found: dict[str, Array] = {}
    for name, given in arrays.items():
        try:
            found[name] = np.asarray(given, float)
        except (TypeError, ValueError):
            raise ValueError(f"{owner}: {name} must hold probabilities in [0, 1], got "
                             f"{given!r}") from None
    for name, array in found.items():
        if not ((array >= 0) & (array <= 1)).all():  # False for NaN too
            raise ValueError(f"{owner}: {name} must hold probabilities in [0, 1], got {array}")
    return found.values()
