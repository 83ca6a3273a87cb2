"""The family on data in the plane: what all members share, and the networks of some.

Settings were chosen on the ring of eight Gaussians and the grid of twenty-five, which needs longer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._types import Rng
from ..data.sets import ToySet
from ..layers import Dense, Layer, LeakyReLU, Maxout, MinibatchDiscrimination, MinibatchStd, Pack
from ..networks import Network, Reconstruction, models
from .family import by_name, labels_of
from .recipe import adam

# instance noise, for members that miss modes without it
NOISE: dict[str, Any] = dict(noise=1.0, besides={"noise": "instance noise that fades"})


def common(toy: ToySet) -> dict[str, Any]:
    """The plain GAN's settings: what a member does not change."""
    return dict(steps=by_name(toy, 12_000, grid=20_000), d_optimizer=adam(1e-3),
                g_optimizer=adam(1e-3))


def lasting_noise(toy: ToySet) -> dict[str, Any]:
    """For an energy: less noise, but until the end, or nearly. If the noise is gone sooner, modes
    are lost again while the rates are still large."""
    return dict(noise=0.3, fade=by_name(toy, 1.0, grid=0.95),
                besides={"noise": "instance noise that fades"})


def tame(toy: ToySet) -> dict[str, Any]:
    """For a D whose loss is an exponential of its logit: a slow D, or, on the grid, one that is
    kept from growing steep. Without that it diverges."""
    return by_name(toy, dict(d_optimizer=adam(2e-4)), grid=dict(
        normalization="spectral", besides={"normalization": "spectral norm in D"}))


def conditional(toy: ToySet, head: str = "join") -> Callable[[Rng], tuple[Network, Network]]:
    classes = labels_of(toy)

    def both(rng: Rng) -> tuple[Network, Network]:
        return models.conditional_mlp(2, classes, 2, (128, 128, 128, 128), (128, 128, 128),
                                      head=head, rng=rng)
    return both


def packed(rng: Rng, m: int = 2) -> Network:
    mlp = models.mlp_discriminator(2 * m, (128, 128, 128), rng=rng)
    return Network([Pack(m), *mlp.layers], rng=rng, input_shape=(2,))


def discriminating(rng: Rng) -> Network:
    return Network([Dense(2, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
                    MinibatchDiscrimination(128, 4, 3), Dense(132, 128, init="he"), LeakyReLU(),
                    Dense(128, 1)], rng=rng)


def with_std(rng: Rng) -> Network:
    return Network([Dense(2, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
                    MinibatchStd(), Dense(129, 128, init="he"), LeakyReLU(), Dense(128, 1)],
                   rng=rng)


def maxout(rng: Rng) -> Network:
    layers: list[Layer] = []
    inputs = 2
    for _ in range(3):
        layers += [Dense(inputs, 5 * 100), Maxout(5)]
        inputs = 100
    return Network([*layers, Dense(inputs, 1)], rng=rng)


def autoencoder(rng: Rng, squares: bool = True, embedding: bool = False) -> Network:
    """2 → 128 → 128 → 16 → 128 → 128 → 2: wide, as there is nothing to compress in a plane."""
    encoder = [Dense(2, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
               Dense(128, 16)]
    decoder = [Dense(16, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
               Dense(128, 2)]
    return Reconstruction(encoder, decoder, rng=rng, squares=squares, embedding=embedding)
