"""Walks and arithmetic in the space of latents z ~ N(0, I).

In n dimensions almost all of N(0, I) lies near the sphere of radius √n: ‖z‖² is χ² with mean n and
standard deviation √(2n). The straight line between two samples cuts through the ball. Near its
middle, at radius √(n/2), there are next to no samples: a generator was never trained there. The
great circle stays near the sphere. `truncated_normal` goes nearer to zero on purpose.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._checks import is_number, number, random_generator
from ._types import Array, Seed, Shape

__all__ = ["great_circle", "straight_line", "trait_direction", "truncated_normal"]


def great_circle(a: ArrayLike, b: ArrayLike, shares: ArrayLike) -> Array:
    """Points on the arc between latents a and b.

        z(t) = [ sin((1 − t) θ) a + sin(t θ) b ] / sin θ,    cos θ = â · b̂

    Between two latents of the same length, all points have that length. Otherwise the path is an
    arc of an ellipse around 0. Up to θ = 90° its points are no shorter than one end and no longer
    than the other. Beyond 90° it goes below the shorter end and above the longer one: for |a| = 1,
    |b| = 2 at 150° the lengths run from 0.73 to 2.73. If both have the same direction, the arc is
    the chord.

    a, b : (n,), not zero, not opposite to each other, and shares (K,), t in [0, 1]: returns (K, n);
    or a, b (N, n), a walk for each row, and one share: returns (N, n), float64.
    Shoemake 1985 (slerp); for latents White 2016, section 2.1.

    >>> great_circle([1, 0], [0, 2], [0, 0.5, 1]).round(3)
    array([[1.   , 0.   ],
           [0.707, 1.414],
           [0.   , 2.   ]])
    """
    a, b, t = _walk("great_circle", a, b, shares)
    lengths = np.linalg.norm(a, axis=-1, keepdims=True), np.linalg.norm(b, axis=-1, keepdims=True)
    if not min(length.min() for length in lengths) > 0:
        raise ValueError("great_circle: expected latents that are not zero, got one of norm 0")
    u, v = a / lengths[0], b / lengths[1]
    angle = 2 * np.arctan2(np.linalg.norm(u - v, axis=-1, keepdims=True),
                           np.linalg.norm(u + v, axis=-1, keepdims=True))  # exact near 0 and π too
    if np.pi - angle.max() < 1e-6:
        raise ValueError("great_circle: expected latents that are not opposite to each other, "
                         "between which every great circle is as short")
    flat = angle < 1e-6
    sine = np.where(flat, 1, np.sin(angle))
    return np.where(flat, (1 - t) * a + t * b,
                    (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / sine)


def straight_line(a: ArrayLike, b: ArrayLike, shares: ArrayLike) -> Array:
    """(1 − t) a + t b; arguments and result as in `great_circle`."""
    a, b, t = _walk("straight_line", a, b, shares)
    return (1 - t) * a + t * b


def trait_direction(z: ArrayLike, values: ArrayLike, share: float = 0.2) -> Array:
    """The direction from latents with little of a trait to those with much of it: a vector (n,).

        mean of the z with the largest values − mean of those with the smallest

    z (N, n); values (N,), the trait measured on what G makes of each; share : of N, at either end.
    Added to another z, it should add the trait to what G makes of that z. This is the vector
    arithmetic of Radford et al. 2016 (DCGAN, section 6.3.2), who averaged three latents, chosen by
    eye.
    """
    z, values = _numbers("trait_direction", z), _numbers("trait_direction", values)
    if z.ndim != 2 or values.shape != (len(z),) or not (np.isfinite(z).all()
                                                        and np.isfinite(values).all()):
        raise ValueError(f"trait_direction: expected finite z (N, n) and values (N,), got "
                         f"{z.shape} and {values.shape}")
    if not is_number(share) or not 0 < share <= 0.5 or int(share * len(z)) < 1:
        raise ValueError(f"trait_direction: expected a share in (0, 0.5] that is at least one of "
                         f"the {len(z)} latents, got {share!r}")
    count, order = int(share * len(z)), np.argsort(values, kind="stable")
    return z[order[-count:]].mean(axis=0) - z[order[:count]].mean(axis=0)


def truncated_normal(rng: Seed, shape: Shape, threshold: float = np.inf) -> Array:
    """Latents of N(0, 1) with every value within ±threshold: those beyond are drawn again.

    The truncation trick: a generator that was trained on N(0, 1) is sampled where its latents were
    most frequent. The variance of a value is 1 − 2 t φ(t) / (2 Φ(t) − 1), φ and Φ the density and
    the distribution function of N(0, 1): ½ at t = 1.40, about t²/3 for a small t.

    rng : numpy.random.Generator or an integer seed; shape : of the result, float64, such as (N, n)
    threshold : float >= 0.01 (where a value is drawn about 125 times), inf for none. From one seed
        all thresholds begin with the same values, and keep those that are within
    Brock et al. 2019 (BigGAN), section 3.1.
    """
    rng, threshold = random_generator("truncated_normal", rng), _threshold(threshold)
    z = rng.standard_normal(shape)
    flat = z.reshape(-1)
    beyond = np.flatnonzero(np.abs(flat) > threshold)
    while len(beyond):
        flat[beyond] = rng.standard_normal(len(beyond))
        beyond = beyond[np.abs(flat[beyond]) > threshold]
    return z


def _threshold(value: float) -> float:
    if is_number(value) and value == np.inf:
        return np.inf
    return number("truncated_normal", "threshold", value, least=0.01)


def _walk(name: str, a: ArrayLike, b: ArrayLike, shares: ArrayLike) -> tuple[Array, Array, Array]:
    a, b, t = (_numbers(name, value).astype(float, copy=False) for value in (a, b, shares))
    if a.ndim not in (1, 2) or a.shape != b.shape or not (np.isfinite(a).all()
                                                          and np.isfinite(b).all()):
        raise ValueError(f"{name}: expected two finite latents (n,) or arrays of them (N, n), got "
                         f"shapes {a.shape} and {b.shape}")
    if t.ndim != (1 if a.ndim == 1 else 0) or not np.all((0 <= t) & (t <= 1)):
        raise ValueError(f"{name}: expected shares in [0, 1], (K,) for one walk and one number for "
                         f"many, got {shares!r}")
    return a, b, t[..., None]


def _numbers(name: str, value: Any) -> Array:
    """`value` as an array of real numbers."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{name}: expected arrays of real numbers, got {value!r}")
    return array
