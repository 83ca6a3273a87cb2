"""What the discriminator and the generator minimise: values, and gradients by the logits.

The discriminator's last layer gives a logit l; D(x) = σ(l) is the probability that x is real. All
formulas are in l, because there they are stable: with softplus(l) = ln(1 + e^l),

    −ln D = softplus(−l)      −ln(1 − D) = softplus(l)      softplus′(l) = σ(l)

so that no logarithm ever sees a rounded 0 or 1, and the gradients are differences of probabilities.
"""

import numpy as np

from .layers.activations import sigmoid
from .layers.base import fraction


def cross_entropy(p, q):
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


def binary_cross_entropy(target, probability):
    """−[t ln p + (1 − t) ln(1 − p)], elementwise, in nats: cross-entropy of two classes.

    The discriminator's two costs: a real sample (t = 1) that it gives p = 0.4, and a generated one
    (t = 0) that it gives p = 0.02:

    >>> print(f"{binary_cross_entropy(1, 0.4):.3f} {binary_cross_entropy(0, 0.02):.2f}")
    0.916 0.02
    """
    t, p = _probabilities("binary_cross_entropy", target=target, probability=probability)
    return cross_entropy(np.stack(np.broadcast_arrays(t, 1 - t), -1),
                         np.stack(np.broadcast_arrays(p, 1 - p), -1))


def binary_cross_entropy_with_logits(target, logits):
    """(value, gradient): the mean of `binary_cross_entropy` at p = σ(l), and its gradient by l.

        value = mean( t softplus(−l) + (1 − t) softplus(l) ) = mean( softplus(l) − t l )
        gradient = (σ(l) − t) / N

    since softplus(−l) = softplus(l) − l; and so the gradient is prediction minus target. With
    softplus(l) = max(l, 0) + ln(1 + e^−|l|), the difference max(l, 0) − t l is taken first: it is
    exact where the logarithm is small.
    logits: any shape, of N values; target: a number or the same shape.
    """
    positive = np.maximum(logits, 0)
    costs = np.log1p(np.exp(logits - 2 * positive))  # l − 2 max(l, 0) = −|l|
    costs += positive - target * logits
    return costs.sum() / logits.size, (sigmoid(logits) - target) / logits.size


def value_function(d_real, d_fake):
    """V(D, G) = E ln D(x) + E ln(1 − D(G(z))), in nats, from probabilities D(x) and D(G(z)).

    min_G max_D V. At the optimum p_G = p_data, D = 1/2 and V = −ln 4 (Goodfellow et al. 2014,
    theorem 1):

    >>> print(f"{value_function([0.5, 0.5], [0.5, 0.5]):.4f} {-np.log(4):.4f}")
    -1.3863 -1.3863
    """
    return -(np.mean(binary_cross_entropy(1, d_real)) + np.mean(binary_cross_entropy(0, d_fake)))


class Minimax:
    """The two-player game of Goodfellow et al. 2014, eq. 1: D climbs V, G descends it.

        D minimises  −V = mean softplus(−l_real) + mean softplus(l_fake)
        G minimises       mean ln(1 − D(G(z))) = −mean softplus(l_fake)

    The generator's gradient by its logits is −σ(l_fake)/N = −D(G(z))/N: it vanishes (saturates)
    exactly where D recognises the fakes.

    smoothing : one-sided label smoothing, real samples get the target 1 − smoothing
        (Salimans et al. 2016, section 3.4). Only real ones: smoothing the fakes would reward D for
        calling a fake real where there are no data.
    """

    def __init__(self, smoothing=0.0):
        self.smoothing = fraction(type(self).__name__, "smoothing", smoothing)

    def discriminator(self, real_logits, fake_logits):
        """(value, gradient by real_logits, gradient by fake_logits); logits (N, 1), (M, 1)."""
        real_value, d_real = binary_cross_entropy_with_logits(1 - self.smoothing, real_logits)
        fake_value, d_fake = binary_cross_entropy_with_logits(0, fake_logits)
        return real_value + fake_value, d_real, d_fake

    def generator(self, fake_logits):
        """(value, gradient by fake_logits); logits (N, 1)."""
        value, gradient = binary_cross_entropy_with_logits(0, fake_logits)
        return -value, -gradient

    def __repr__(self):
        return f"{type(self).__name__}(smoothing={self.smoothing:g})"


class NonSaturating(Minimax):
    """The modified game: D as in `Minimax`; G climbs ln D(G(z)) instead of descending ln(1 − D).

        G minimises  −mean ln D(G(z)) = mean softplus(−l_fake)

    Its gradient by the logits is (σ(l_fake) − 1)/N = −(1 − D(G(z)))/N: strongest where D recognises
    the fakes, of the same sign, and with the same fixed point. Goodfellow et al. 2014, section 3.
    """

    def generator(self, fake_logits):
        """(value, gradient by fake_logits); logits (N, 1)."""
        return binary_cross_entropy_with_logits(1, fake_logits)


class Wasserstein:
    """The critic's game of WGAN: it gives numbers, not probabilities; there is no sigmoid.

        D minimises  mean l_fake − mean l_real
        G minimises  −mean l_fake

    The critic must be kept from growing steeper without end: by a penalty on its gradient
    (`penalties.WGANGP`) or, as in the first paper, by clipping its weights. Arjovsky et al. 2017,
    eq. 2 and algorithm 1, with the signs of a descent.
    """

    def discriminator(self, real_logits, fake_logits):
        """(value, gradient by real_logits, gradient by fake_logits); logits (N, 1), (M, 1)."""
        value = fake_logits.sum() / fake_logits.size - real_logits.sum() / real_logits.size
        return (value, np.full_like(real_logits, -1 / real_logits.size),
                np.full_like(fake_logits, 1 / fake_logits.size))

    def generator(self, fake_logits):
        """(value, gradient by fake_logits); logits (N, 1)."""
        return (-fake_logits.sum() / fake_logits.size,
                np.full_like(fake_logits, -1 / fake_logits.size))

    def __repr__(self):
        return "Wasserstein()"


def _probabilities(owner, **arrays):
    arrays = {name: np.asarray(array, float) for name, array in arrays.items()}
    for name, array in arrays.items():
        if not ((array >= 0) & (array <= 1)).all():  # False for NaN too
            raise ValueError(f"{owner}: {name} must hold probabilities in [0, 1], got {array}")
    return arrays.values()
