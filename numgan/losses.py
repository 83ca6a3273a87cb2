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


class Loss:
    """Base: what the two players minimise, as functions of the logits of their batches.

    ``discriminator(real_logits, fake_logits) -> value, d_real, d_fake``
        the value and its gradients; logits (N, 1), (M, 1), gradients like them
    ``generator(fake_logits, real_logits=None) -> value, d_fake``
        real_logits are given if `generator_sees_real`

    ``generator_by_real(fake_logits, real_logits) -> d_real``
        the gradient of the generator's value by the real logits, if it sees them

    and, for Hessian-vector products, how these gradients change along tangents of the logits:

    ``discriminator_tangent(real_logits, fake_logits, t_real, t_fake) -> td_real, td_fake``
    ``generator_tangent(fake_logits, t_fake, real_logits=None, t_real=None) -> td_fake, td_real``
        the Hessian of the generator's value times the tangents; td_real is None where the real
        logits have no part in it
    """

    generator_sees_real = False
    absolute = True  # a logit of 0 means "undecided"; False where only differences have a meaning

    def discriminator(self, real_logits, fake_logits):
        raise NotImplementedError(f"{self} has no loss for the discriminator")

    def generator(self, fake_logits, real_logits=None):
        raise NotImplementedError(f"{self} has no loss for the generator")

    def generator_by_real(self, fake_logits, real_logits):
        raise NotImplementedError(f"{self} has no gradient of the generator's loss by real logits")

    def discriminator_tangent(self, real_logits, fake_logits, t_real, t_fake):
        raise NotImplementedError(f"{self} has no discriminator_tangent: it cannot be used for "
                                  f"Hessian-vector products")

    def generator_tangent(self, fake_logits, t_fake, real_logits=None, t_real=None):
        raise NotImplementedError(f"{self} has no generator_tangent: it cannot be used for "
                                  f"Hessian-vector products")

    def __repr__(self):
        return f"{type(self).__name__}()"


class Minimax(Loss):
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
        real_value, d_real = binary_cross_entropy_with_logits(1 - self.smoothing, real_logits)
        fake_value, d_fake = binary_cross_entropy_with_logits(0, fake_logits)
        return real_value + fake_value, d_real, d_fake

    def generator(self, fake_logits, real_logits=None):
        value, gradient = binary_cross_entropy_with_logits(0, fake_logits)
        return -value, -gradient

    def discriminator_tangent(self, real_logits, fake_logits, t_real, t_fake):
        return _bend(real_logits, t_real), _bend(fake_logits, t_fake)

    def generator_tangent(self, fake_logits, t_fake, real_logits=None, t_real=None):
        return -_bend(fake_logits, t_fake), None

    def __repr__(self):
        return f"{type(self).__name__}(smoothing={self.smoothing:g})"


class NonSaturating(Minimax):
    """The modified game: D as in `Minimax`; G climbs ln D(G(z)) instead of descending ln(1 − D).

        G minimises  −mean ln D(G(z)) = mean softplus(−l_fake)

    Its gradient by the logits is (σ(l_fake) − 1)/N = −(1 − D(G(z)))/N: strongest where D recognises
    the fakes, of the same sign, and with the same fixed point. Goodfellow et al. 2014, section 3.
    """

    def generator(self, fake_logits, real_logits=None):
        return binary_cross_entropy_with_logits(1, fake_logits)

    def generator_tangent(self, fake_logits, t_fake, real_logits=None, t_real=None):
        return _bend(fake_logits, t_fake), None


class Wasserstein(Loss):
    """The critic's game of WGAN: it gives numbers, not probabilities; there is no sigmoid.

        D minimises  mean l_fake − mean l_real
        G minimises  −mean l_fake

    The critic must be kept from growing steeper without end: by a penalty on its gradient
    (`penalties.WGANGP`) or, as in the first paper, by clipping its weights. Arjovsky et al. 2017,
    eq. 2 and algorithm 1, with the signs of a descent.
    """

    absolute = False

    def discriminator(self, real_logits, fake_logits):
        value = fake_logits.sum() / fake_logits.size - real_logits.sum() / real_logits.size
        return (value, np.full_like(real_logits, -1 / real_logits.size),
                np.full_like(fake_logits, 1 / fake_logits.size))

    def generator(self, fake_logits, real_logits=None):
        return (-fake_logits.sum() / fake_logits.size,
                np.full_like(fake_logits, -1 / fake_logits.size))

    def discriminator_tangent(self, real_logits, fake_logits, t_real, t_fake):
        return np.zeros_like(t_real), np.zeros_like(t_fake)  # linear in the logits: no curvature

    def generator_tangent(self, fake_logits, t_fake, real_logits=None, t_real=None):
        return np.zeros_like(t_fake), None


class Hinge(Wasserstein):
    """The critic's game with a margin: samples that are right by more than 1 cost nothing more.

        D minimises  mean max(0, 1 − l_real) + mean max(0, 1 + l_fake)
        G minimises  −mean l_fake

    D's gradient by a logit is −1/N where l_real < 1, 1/M where l_fake > −1, and 0 elsewhere:
    piecewise linear, no curvature. Lim & Ye 2017; with spectral normalisation (`SpectralNorm`) the
    loss of SN-GAN, Miyato et al. 2018, eq. 16 and 17.
    """

    absolute = True

    def discriminator(self, real_logits, fake_logits):
        real_costs, fake_costs = np.maximum(1 - real_logits, 0), np.maximum(1 + fake_logits, 0)
        value = real_costs.sum() / real_costs.size + fake_costs.sum() / fake_costs.size
        return (value, (real_costs > 0) * (real_logits.dtype.type(-1) / real_logits.size),
                (fake_costs > 0) * (fake_logits.dtype.type(1) / fake_logits.size))


class Relativistic(Loss):
    """Each real sample is paired with a generated one, and D says by how much the real one looks
    more real: it needs no absolute scale, and G climbs the same difference that D descends.

        δ_n = l_real,n − l_fake,n
        D minimises  mean softplus(−δ)
        G minimises  mean softplus(δ)

    By the logits: D's gradient is −σ(−δ)/N for the real one and σ(−δ)/N for its partner, G's is
    −σ(δ)/N for the generated one. D cannot win by calling one heap of samples real and all else
    generated, which is what leaves G alone with few modes: see `penalties.R1R2` for the penalty
    that makes it converge. Both batches must have one size. Jolicoeur-Martineau 2019 (relativistic
    pairing, not the average); R3GAN, Huang et al. 2024, eq. 2.
    """

    generator_sees_real = True
    absolute = False

    def discriminator(self, real_logits, fake_logits):
        value, d_difference = binary_cross_entropy_with_logits(
            1, self._difference(real_logits, fake_logits))
        return value, d_difference, -d_difference

    def generator(self, fake_logits, real_logits=None):
        value, d_difference = binary_cross_entropy_with_logits(
            0, self._difference(real_logits, fake_logits))
        return value, -d_difference

    def generator_by_real(self, fake_logits, real_logits):
        return -self.generator(fake_logits, real_logits)[1]

    def discriminator_tangent(self, real_logits, fake_logits, t_real, t_fake):
        bent = _bend(self._difference(real_logits, fake_logits), t_real - t_fake)
        return bent, -bent

    def generator_tangent(self, fake_logits, t_fake, real_logits=None, t_real=None):
        bent = _bend(self._difference(real_logits, fake_logits), t_real - t_fake)
        return -bent, bent

    def _difference(self, real_logits, fake_logits):
        if real_logits is None or real_logits.shape != fake_logits.shape:
            came = None if real_logits is None else real_logits.shape
            raise ValueError(f"{self}: expected as many real logits as generated ones, which have "
                             f"shape {fake_logits.shape}, got {came}")
        return real_logits - fake_logits


def _bend(logits, tangent):
    """How the gradient (σ(l) − t) / N of binary cross-entropy changes along a tangent of l."""
    probability = sigmoid(logits)
    return probability * (1 - probability) * tangent / logits.size


def _probabilities(owner, **arrays):
    arrays = {name: np.asarray(array, float) for name, array in arrays.items()}
    for name, array in arrays.items():
        if not ((array >= 0) & (array <= 1)).all():  # False for NaN too
            raise ValueError(f"{owner}: {name} must hold probabilities in [0, 1], got {array}")
    return arrays.values()
