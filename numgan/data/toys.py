"""Two-dimensional data sets that can be sampled without end.

Mixtures have modes whose centres are known, so that dropped modes can be counted. Curves have no
modes, and show whether a generator can bend.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .._checks import generator, number, positive_int
from .._optional import needed_by
from .._types import Array, Rng
from .sets import register_toy

Box: TypeAlias = tuple[float, float, float, float]  # left, right, bottom, top


class Toy2D:
    """A distribution in the plane.

    Attributes
    ----------
    name : str
    centers : (K, 2) array, the modes; None where there are none
    std : float, standard deviation of every mode along each axis; None where there are no modes
    extent : (left, right, bottom, top), a box for plots, in matplotlib's order
    """

    def __init__(self, name: str, extent: Box, centers: Array | None = None,
                 std: float | None = None) -> None:
        self.name, self.extent, self.centers, self.std = name, extent, centers, std

    def sample(self, n: int, rng: Rng) -> Array:
        """`n` independent draws, (n, 2) float64, with the numpy.random.Generator `rng`."""
        where = f"{self.name}.sample"
        positive_int(where, "n", n, 0)
        generator(where, rng)
        return self._draw(int(n), rng)

    def _draw(self, n: int, rng: Rng) -> Array:
        raise NotImplementedError(f"{type(self).__name__} has no _draw")

    def __repr__(self) -> str:
        modes = "no modes" if self.centers is None else f"{len(self.centers)} modes, std {self.std}"
        return f"<{type(self).__name__} {self.name}: {modes}>"


class Mixture(Toy2D):
    """Equally likely round Gaussians: a centre drawn uniformly, plus N(0, std² I).

    Parameters
    ----------
    centers : (K, 2), finite
    std : float > 0
    name : str
    """

    centers: Array
    std: float

    def __init__(self, centers: ArrayLike, std: float, name: str = "gaussians") -> None:
        centers = _as_centers(name, centers)
        number(name, "std", std, above=0)
        # A box with room for the tails, and for the fakes that fall outside the data.
        margin = 4 * std + 0.15 * max(np.ptp(centers, axis=0).max(), 4 * std)
        (left, bottom), (right, top) = centers.min(axis=0) - margin, centers.max(axis=0) + margin
        super().__init__(name, (float(left), float(right), float(bottom), float(top)), centers,
                         float(std))

    def _draw(self, n: int, rng: Rng) -> Array:
        return self.centers[rng.integers(len(self.centers), size=n)] + rng.normal(
            scale=self.std, size=(n, 2))


class Curve(Toy2D):
    """Points on a curve plus N(0, noise² I), noise in the units of the returned points.

    Parameters
    ----------
    name : str
    points : function (n, rng) -> (n, 2), random points on the curve
    noise : float >= 0
    extent : (left, right, bottom, top) of the bare curve; the toy's own leaves a margin around it
    """

    def __init__(self, name: str, points: Callable[[int, Rng], Array], noise: float,
                 extent: Box) -> None:
        number(name, "noise", noise, least=0)
        margin = 0.2 + 3 * noise
        left, right, bottom, top = extent
        super().__init__(name, (left - margin, right + margin, bottom - margin, top + margin))
        self.noise = float(noise)
        self._points = points

    def _draw(self, n: int, rng: Rng) -> Array:
        return self._points(n, rng) + rng.normal(scale=self.noise, size=(n, 2))


# -- mixtures -------------------------------------------------------------------------------------

def gaussians(centers: ArrayLike, std: float) -> Mixture:
    """Equally likely round Gaussians at `centers` (K, 2), each with standard deviation `std`."""
    return Mixture(centers, std)


@register_toy("ring")
def ring(modes: int = 8, radius: float = 1.0, std: float = 0.01) -> Mixture:
    """Modes at radius·(cos 2πi/modes, sin 2πi/modes), i = 0 ... modes − 1.

    The defaults are PacGAN's ring. The end point 2π is left out: it is the first mode once more,
    so linspace(0, 2π, 8) gives seven modes, one of them with double weight.
    """
    positive_int("ring", "modes", modes)
    number("ring", "radius", radius, above=0)
    angle = 2 * math.pi * np.arange(modes) / modes
    return Mixture(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1), std, "ring")


@register_toy("grid")
def grid(side: int = 5, spacing: float = 2.0, std: float = 0.05) -> Mixture:
    """side × side modes, `spacing` apart, around the origin; PacGAN's is {-4, -2, 0, 2, 4}²."""
    positive_int("grid", "side", side)
    number("grid", "spacing", spacing, above=0)
    line = spacing * (np.arange(side) - (side - 1) / 2)
    return Mixture(np.stack(np.meshgrid(line, line, indexing="ij"), -1).reshape(-1, 2), std, "grid")


# -- curves ---------------------------------------------------------------------------------------

POOL = 100_000  # points of a curve that scikit-learn makes; samples are drawn from these


@register_toy("moons")
def moons(noise: float = 0.05) -> Curve:
    """Two interleaving half circles, scikit-learn's moons moved to the origin and divided by 1.5.

    Without noise x is in [-1, 1] and y in [-1/2, 1/2].
    """
    return Curve("moons", _Pool(_moons), noise, (-1, 1, -0.5, 0.5))


def _moons() -> Array:
    with needed_by("data.moons"):
        from sklearn.datasets import make_moons
    return (make_moons(POOL, shuffle=False)[0] - [0.5, 0.25]) / 1.5


@register_toy("circles")
def circles(noise: float = 0.02, factor: float = 0.5) -> Curve:
    """scikit-learn's two concentric circles, equally likely, of radius 1 and `factor` < 1."""
    number("circles", "factor", factor, above=0, below=1)
    return Curve("circles", _Pool(functools.partial(_circles, factor)), noise, (-1, 1, -1, 1))


def _circles(factor: float) -> Array:
    with needed_by("data.circles"):
        from sklearn.datasets import make_circles
    return make_circles(POOL, shuffle=False, factor=factor)[0]


@register_toy("swiss_roll")
def swiss_roll(noise: float = 1 / 30) -> Curve:
    """scikit-learn's swiss roll without its middle axis, divided by 7.5 as in WGAN-GP's toys.

    Without noise |x| and |y| stay below 2. The default noise is WGAN-GP's, 0.25 before the
    division.
    """
    return Curve("swiss_roll", _Pool(_swiss_roll), noise, (-1.3, 1.7, -1.5, 1.9))


def _swiss_roll() -> Array:
    with needed_by("data.swiss_roll"):
        from sklearn.datasets import make_swiss_roll
    return make_swiss_roll(POOL, random_state=0)[0][:, [0, 2]] / 7.5


class _Pool:
    """Random points among those of make(), which is called once, when they are first needed.

    make_moons and make_circles space their points evenly: asked for a batch of 64, they would give
    the same 64 points each time. A pickle holds `make`, not the points.
    """

    def __init__(self, make: Callable[[], Array]) -> None:
        self.make = make

    @functools.cached_property
    def points(self) -> Array:
        return self.make()

    def __call__(self, n: int, rng: Rng) -> Array:
        return self.points[rng.integers(len(self.points), size=n)]

    def __reduce__(self) -> tuple[type[_Pool], tuple[Callable[[], Array]]]:
        return _Pool, (self.make,)


@register_toy("spiral")
def spiral(turns: float = 1.5, noise: float = 0.02, arms: int = 2) -> Curve:
    """`arms` Archimedean spirals from the origin out to the unit circle, each of `turns` turns."""
    number("spiral", "turns", turns, above=0)
    positive_int("spiral", "arms", arms)
    return Curve("spiral", functools.partial(_spiral, turns, arms), noise, (-1, 1, -1, 1))


def _spiral(turns: float, arms: int, n: int, rng: Rng) -> Array:
    # An arc grows with its radius, so the root spreads the points evenly along the curve.
    radius = np.sqrt(rng.uniform(size=n))
    t = 2 * math.pi * (turns * radius + rng.integers(arms, size=n) / arms)
    return np.stack([radius * np.cos(t), radius * np.sin(t)], axis=1)


# -- validation -----------------------------------------------------------------------------------

def _as_centers(where: str, centers: ArrayLike) -> Array:
    try:
        array = np.array(centers, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{where}: expected centers of numbers, shape (K, 2), "
                        f"got {centers!r}") from error
    if array.ndim != 2 or array.shape[1] != 2 or len(array) == 0:
        raise ValueError(f"{where}: expected centers of shape (K, 2), K >= 1, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{where}: expected finite centers, got {array.tolist()}")
    array.flags.writeable = False  # the modes a metric counts are the modes that are sampled
    return array
