"""The family on images: what all members share, and the networks.

Nearly all members use one pair of networks, a small DCGAN. On small images D has LayerNorm: it then
judges each sample alone and works with every loss, penalty and update rule. On larger images a D
with LayerNorm wins before G has begun, so there D has BatchNorm. With a penalty on its slope, D has
no normalisation. So a member differs from the plain GAN only in what defines it, and in rates and
steps. A member that did not train with this D says which D it has. Settings were chosen on
scikit-learn's digits, 8x8, and on MNIST, 28x28.

All start alike. G's first images are as wide as the data. In D, signals keep their size, by a
normalisation or else by He's weights. A D with weights of 0.02 and no BatchNorm is nearly linear:
it has the same gradient with respect to x at all samples, and pulls G to one image. He's weights
are half of the cure: with them alone a D did so too, on one seed of two; with R1 added, it did not.
Most members without a normalisation have a penalty. `demos.starts` measures it.

`data` is an `ImageSet` everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._types import Array, Rng, Shape
from ..data.sets import ImageSet
from ..layers import (BatchNorm, Conv2D, ConvTranspose2D, Dense, Flatten, Layer, LeakyReLU, Maxout,
                      Pack, Reshape)
from ..networks import Network, Reconstruction, models
from ..penalties import R1
from .family import by_size
from .recipe import adam

LATENT, WIDTH, HIDDEN = 32, 16, 128


# -- settings --------------------------------------------------------------------------------------


def falling(progress: float) -> float:
    """Full rate for half of the training, then down to zero, which ends the circling."""
    return min(1.0, 2 - 2 * progress)


def common(data: ImageSet) -> dict[str, Any]:
    """The plain GAN's settings: what a member does not change."""
    # D learns 1,437 small images by heart, and the rarest digits get lost: so D must learn slowly
    return dict(batch_size=64, latent=LATENT, schedule=falling, steps=by_size(data, 6_000, 14_000),
                d_optimizer=adam(by_size(data, 3e-4, 1e-3), 0.0, 0.9),
                g_optimizer=adam(1e-3, 0.0, 0.9), d_network=discriminator(data, usual(data)),
                g_network=lambda rng: _generator(data, rng))


def usual(data: ImageSet) -> str:
    """D's normalisation."""
    return by_size(data, "layer", "batch")


def as_wide_as_data(rng: Rng, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """Starting values of G's last convolution that give its first images the standard deviation of
    data in [−1, 1]. With stride 2 an output sums a quarter of `fan_in` inputs, of mean square ½
    after BatchNorm and ReLU. So variance 8 / fan_in gives N(0, 1), and tanh of that has standard
    deviation 0.63. Digits have 0.62 (28x28) and 0.75 (8x8)."""
    return rng.normal(0.0, (8 / fan_in) ** 0.5, shape)


def d_init(normalization: str | None) -> str:
    """The initializer of D's weights. He's weights keep the size of the signals. Where a
    normalisation does that, small weights do not make signals smaller, and learn faster."""
    return "he" if normalization is None else "dcgan"


def penalised(data: ImageSet) -> dict[str, Any]:
    """For a penalty on D's gradient at each sample; it holds D without a normalisation."""
    rate = by_size(data, adam(1e-3, 0.5, 0.999), adam(1e-3, 0.0, 0.9))
    return dict(k=by_size(data, 1, 2), steps=8_000, d_optimizer=rate, g_optimizer=rate,
                d_network=discriminator(data, None),
                besides={"d_network": "no normalisation in D, with He's weights"})


def bounded(data: ImageSet) -> dict[str, Any]:
    """With a bound on D's slope, for losses that punish a wrong D without bound, and so made it run
    away."""
    return {"k": 2, "steps": by_size(data, 4_000, 8_000),
            "d_network": discriminator(data, "spectral"), "d_optimizer": adam(1e-3, 0.0, 0.9),
            "g_optimizer": adam(3e-4, 0.0, 0.9), "besides": {"d_network": "spectral norm in D"}}


def told(data: ImageSet, head: str) -> dict[str, Any]:
    """For a D that sees the label, by a head of `conditional`; R1 holds it on large images."""
    return by_size(
        data, dict(both_networks=conditional(data, head)),
        dict(both_networks=conditional(data, head, None, None), penalty=lambda: R1(1.0), k=2,
             steps=8_000, besides={"penalty": "R1 and no normalisation in D, with He's weights"}))


# -- networks: functions rng → Network, or rng → (G, D) --------------------------------------------


def discriminator(data: ImageSet, normalization: str | None,
                  init: str | None = None) -> Callable[[Rng], Network]:
    return lambda rng: _discriminator(data, rng, normalization, init=init)


def conditional(data: ImageSet, head: str = "join", codes: int | None = None,
                normalization: str | None = "usual") -> Callable[
                    [Rng], tuple[Network, Network]]:
    kind = usual(data) if normalization == "usual" else normalization
    return lambda rng: _conditional(data, rng, kind, head, codes)


def packed(data: ImageSet, m: int = 2) -> Callable[[Rng], Network]:
    def network(rng: Rng) -> Network:
        packs = _discriminator(data, rng, usual(data), times=m)
        return Network([Pack(m), *packs.layers], rng=rng, input_shape=data.shape)
    return network


def with_end(data: ImageSet, normalization: str, layer: Callable[[], Layer],
             features: int) -> Callable[[Rng], Network]:
    """The discriminator with one more layer before its last; the new layer sees the batch. `layer`
    is a function that makes it, `features` the number of features it returns."""
    def network(rng: Rng) -> Network:
        *before, _ = _discriminator(data, rng, normalization).layers
        return Network([*before, layer(), Dense(features, 1)], rng=rng, input_shape=data.shape)
    return network


def maxout(data: ImageSet, pieces: int = 5, units: int = 100) -> Callable[[Rng], Network]:
    """No convolutions, but three hidden layers of 100 units; Goodfellow et al. 2014 had two of 240
    on MNIST, with dropout."""
    def network(rng: Rng) -> Network:
        layers: list[Layer] = [Flatten()]
        inputs = data.shape[0] * data.shape[1] * data.shape[2]
        for _ in range(3):
            layers += [Dense(inputs, pieces * units), Maxout(pieces)]
            inputs = units
        return Network([*layers, Dense(inputs, 1)], rng=rng, input_shape=data.shape)
    return network


def autoencoder(data: ImageSet, squares: bool = True, embedding: bool = False,
                code: int = 32) -> Callable[[Rng], Network]:
    """The discriminator down to a code, and its mirror image up again. On large images it keeps the
    BatchNorm; without it all samples go to the one image that D first learns to copy."""
    quarter, channels, batch = data.size // 4, data.shape[2], usual(data) == "batch"

    def normalised(layer: Layer, features: int) -> list[Layer]:
        return [layer, *([BatchNorm(features)] if batch else []), LeakyReLU()]

    def network(rng: Rng) -> Network:
        encoder = [Conv2D(channels, WIDTH, 4, stride=2, padding=1), LeakyReLU(),
                   *normalised(Conv2D(WIDTH, 2 * WIDTH, 4, stride=2, padding=1, bias=not batch),
                               2 * WIDTH),
                   Flatten(), Dense(quarter * quarter * 2 * WIDTH, code)]
        decoder = [Dense(code, quarter * quarter * 2 * WIDTH, bias=not batch),
                   *normalised(Reshape(quarter, quarter, 2 * WIDTH), 2 * WIDTH),
                   *normalised(ConvTranspose2D(2 * WIDTH, WIDTH, 4, stride=2, padding=1,
                                               bias=not batch), WIDTH),
                   ConvTranspose2D(WIDTH, channels, 4, stride=2, padding=1)]
        return Reconstruction(encoder, decoder, rng=rng, squares=squares, embedding=embedding,
                              input_shape=data.shape)
    return network


def _generator(data: ImageSet, rng: Rng) -> Network:
    return models.dcgan_generator(data.size, data.shape[2], LATENT, WIDTH, HIDDEN, rng=rng,
                                  last_init=as_wide_as_data)


def _discriminator(data: ImageSet, rng: Rng, normalization: str | None, times: int = 1,
                   init: str | None = None) -> Network:
    """times : how many samples are stacked in the channels; init : in place of the usual one."""
    return models.dcgan_discriminator(data.size, times * data.shape[2], WIDTH, hidden=HIDDEN,
                                      normalization=normalization, rng=rng,
                                      init=init or d_init(normalization))


def _conditional(data: ImageSet, rng: Rng, normalization: str | None, head: str,
                 codes: int | None = None) -> tuple[Network, Network]:
    return models.conditional_dcgan(
        data.size, data.shape[2], codes or data.classes, LATENT, WIDTH, WIDTH, HIDDEN,
        normalization=normalization, head=head, last_init=as_wide_as_data,
        d_init=d_init(normalization), rng=rng)
