"""Densities on a line, exactly: a mixture of Gaussians, what a generator makes of a normal latent,
and what the theory says about the two, by quadrature."""

import dataclasses
import functools
import math

import numpy as np

from numgan.layers.activations import sigmoid, softplus

LN2, LN4 = math.log(2), math.log(4)
X = np.linspace(-5, 5, 2001)  # where data densities are integrated: outside, they are below 1e-9
Z = np.linspace(-6, 6, 4001)  # latents: outside, the standard normal has 2e-9
THERE = 0.02  # a density, per unit of x: a twentieth of that on a mode of the data
CARRIES = 1e-3  # the least share of the latents for a branch of G to count


def normal(x, mean=0.0, std=1.0):
    """The density of N(mean, std²)."""
    return np.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


def integral(values, x):
    """∫ values dx over the grid x, by the trapezoidal rule. For smooth values that vanish at both
    ends its error falls faster than any power of the step."""
    return float(np.sum(0.5 * (values[1:] + values[:-1]) * np.diff(x)))


def logarithm(p, q):
    """ln(p / q), and 0 where p is 0, as the limit of p ln(p / q) wants it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, np.log(p) - np.log(q), 0.0)


def kl(p, q, x):
    """KL(p ‖ q) = ∫ p ln(p / q) dx, in nats; p, q: densities on the grid x."""
    return integral(p * logarithm(p, q), x)


def jsd(p, q, x):
    """JSD(p, q) = ½ KL(p ‖ m) + ½ KL(q ‖ m), m = (p + q) / 2: from 0 (equal) to ln 2 (disjoint)."""
    m = (p + q) / 2
    return (kl(p, m, x) + kl(q, m, x)) / 2


def best_discriminator(p, q):
    """D*(x) = p_data / (p_data + p_model), which maximises V for a given G; NaN where both are 0.

    V = ∫ p ln D + q ln(1 − D) dx is largest where its derivative with respect to each D(x) is 0:
    p / D = q / (1 − D). Goodfellow et al. 2014, proposition 1.
    """
    with np.errstate(invalid="ignore"):
        return p / (p + q)


@dataclasses.dataclass(frozen=True)
class Mixture:
    """A mixture of Gaussians on the line: shares, means and standard deviations of its parts."""

    shares: tuple
    means: tuple
    stds: tuple

    def density(self, x):
        return sum(share * normal(x, mean, std)
                   for share, mean, std in zip(self.shares, self.means, self.stds))


class Even:
    """Batches that are spread evenly over a distribution on a line: one random sample from each
    n-th part of its probability. A mean over such a batch is nearly the expectation, so that a
    training shows what the theory is about, and not the randomness of small batches.

    density : function on the grid x
    """

    def __init__(self, density, x):
        values = density(x)
        steps = 0.5 * (values[1:] + values[:-1]) * np.diff(x)
        self.x, self.cumulative = x, np.concatenate([[0], np.cumsum(steps) / np.sum(steps)])

    def __call__(self, n, rng):
        """n samples, (n, 1) float32."""
        shares = (np.arange(n) + rng.random(n)) / n
        return np.interp(shares, self.cumulative, self.x)[:, None].astype(np.float32)


class Generated:
    """The exact density of G(z), z ~ N(0, 1), for a generator of one number from one.

        p_model(x) = Σ φ(z) / |G′(z)|   over all z with G(z) = x

    That is the change of variables. Where G is monotone, each x has one such z, and it is the
    formula of the textbook; where G turns round, it has several, and their densities add up. G′ is
    the package's own `tangent`. Between points of the grid of latents, z is interpolated.

    Attributes
    ----------
    z, x, slope : (M,) latents, G(z), G′(z)
    branches : int, the number of monotone pieces of G that carry at least a thousandth of the
        latents; 1 where G is monotone
    """

    def __init__(self, generator, z=Z):
        generator = generator.astype(np.float64)  # in float32, steps of x are rounding where G′ ≈ 0
        x, cache = generator.forward(z[:, None])
        slope, _ = generator.tangent(np.ones_like(x), cache)
        self.z, self.x, self.slope = z, x[:, 0], slope[:, 0]
        turns = 1 + np.flatnonzero(np.diff(np.sign(np.diff(self.x))))  # indices where G turns round
        ends = [0, *turns, len(z) - 1]
        self._pieces = [slice(start, stop + 1) for start, stop in zip(ends, ends[1:])]
        phi = normal(z)
        self.branches = sum(integral(phi[piece], z[piece]) >= CARRIES for piece in self._pieces)

    def density(self, x):
        """p_model at x, any shape."""
        total = np.zeros(np.shape(x))
        for piece in self._pieces:
            xs, zs = self.x[piece], self.z[piece]
            if xs[0] > xs[-1]:
                xs, zs = xs[::-1], zs[::-1]
            z = np.interp(x, xs, zs, left=np.nan, right=np.nan)
            with np.errstate(divide="ignore"):
                part = normal(z) / np.abs(np.interp(z, self.z, self.slope))
            total += np.nan_to_num(part, nan=0.0, posinf=0.0)
        return total

    def mean(self, values):
        """E values(G(z)) = ∫ φ(z) values dz, of values at the points `self.x`. The integral is over
        z, for there nothing is steep, even where G squeezes many latents into one point."""
        return integral(normal(self.z) * values, self.z)

    @functools.cached_property
    def own_density(self):
        """p_model at its own points `x`."""
        return self.density(self.x)

    def jsd(self, data):
        """JSD(p_data, p_model) in nats: the half over the data is computed on the grid X, the half
        over the generated points on the grid of latents."""
        p, q = data.density(X), self.density(X)
        p_there, q_there = data.density(self.x), self.own_density
        return (kl(p, (p + q) / 2, X)
                + self.mean(logarithm(q_there, (p_there + q_there) / 2))) / 2

    def value(self, data, discriminator):
        """V(D, G) = E ln D(x) + E ln(1 − D(G(z))), in nats, of a Network that gives logits."""
        on_data, on_model = (logits_at(discriminator, x) for x in (X, self.x))
        return -integral(data.density(X) * softplus(-on_data), X) - self.mean(softplus(on_model))

    def best_value(self, data):
        """max_D V(D, G) = −ln 4 + 2 JSD(p_data, p_model). Goodfellow et al. 2014, theorem 1."""
        return -LN4 + 2 * self.jsd(data)


def logits_at(discriminator, x):
    """The logits of D at the points x (N,), as float64."""
    x = x.astype(discriminator.dtype)[:, None]
    return discriminator.forward(x)[0][:, 0].astype(np.float64)


def probability_at(discriminator, x):
    """D(x) at the points x (N,)."""
    return sigmoid(logits_at(discriminator, x))


def largest_distance(discriminator, data, generated):
    """The largest |D(x) − D*(x)| where there are data or generated points: p_data + p_model >=
    THERE."""
    p, q = data.density(X), generated.density(X)
    there = p + q >= THERE
    gap = np.abs(probability_at(discriminator, X[there]) - best_discriminator(p, q)[there])
    return float(gap.max())
