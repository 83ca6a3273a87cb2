"""Ready-made generators and discriminators. Discriminators end in a logit, without a sigmoid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .._checks import choice, flag, positive_int, random_generator
from .._types import Initializer, Seed, Shape
from ..layers import (BatchNorm, Conv2D, ConvTranspose2D, Dense, Flatten, Join, Layer, LayerNorm,
                      LeakyReLU, Modulate, Projection, ReLU, Reshape, SpectralNorm, Tanh)
from .conditional import Conditional
from .network import Network

__all__ = ["conditional_dcgan", "conditional_mlp", "conditioned", "dcgan_discriminator",
           "dcgan_generator", "mlp_discriminator", "mlp_generator"]


def mlp_generator(latent: int = 2, outputs: int = 2, hidden: Sequence[int] = (128, 128), *,
                  normalization: str | None = None, bounded: bool = False, rng: Seed,
                  dtype: DTypeLike = np.float32, init: str | Initializer = "he") -> Network:
    """z (N, latent) → Dense, ReLU for each hidden size → Dense → x (N, outputs).

    normalization : None, "batch" or "layer", before each ReLU; or "spectral", of the weights
    bounded : bool, tanh at the end: x in [−1, 1], for images
    """
    layers = _mlp("mlp_generator", latent, hidden, outputs, ReLU, init, normalization)
    flag("mlp_generator", "bounded", bounded)
    return Network(layers + [Tanh()] * bounded, rng=rng, dtype=dtype)


def mlp_discriminator(inputs: int = 2, hidden: Sequence[int] = (128, 128), slope: float = 0.2, *,
                      normalization: str | None = None, rng: Seed, dtype: DTypeLike = np.float32,
                      init: str | Initializer = "he") -> Network:
    """x (N, inputs) → Dense, LeakyReLU for each hidden size → Dense → logit (N, 1).

    normalization : as for `mlp_generator`
    """
    return Network(_mlp("mlp_discriminator", inputs, hidden, 1, lambda: LeakyReLU(slope), init,
                        normalization), rng=rng, dtype=dtype)


def _mlp(owner: str, size: int, hidden: Sequence[int], outputs: int,
         activation: Callable[[], Layer], init: str | Initializer,
         normalization: str | None) -> list[Layer]:
    weighted, after = _normalization(owner, normalization)
    if not isinstance(hidden, (tuple, list)):
        raise ValueError(f"{owner}: hidden must be a tuple of sizes such as (128, 128), got "
                         f"{hidden!r}")
    layers = []
    for width in hidden:
        layers += [weighted(Dense(size, width, bias=not after, init=init)),
                   *(norm(width) for norm in after), activation()]
        size = width
    return layers + [weighted(Dense(size, outputs))]


NORMALIZATIONS = {"batch": BatchNorm, "layer": LayerNorm}


def _normalization(owner: str, name: str | None) -> tuple[
        Callable[[Layer], Layer], list[Callable[[int], Layer]]]:
    """(what to do to a layer with weights, the list of layers to put after it)."""
    choice(owner, "normalization", name, (None, "spectral", *NORMALIZATIONS))
    if name == "spectral":
        return SpectralNorm, []
    return (lambda layer: layer), [NORMALIZATIONS[name]] if name else []


def dcgan_generator(size: int = 28, channels: int = 1, latent: int = 64, width: int = 32,
                    hidden: int | None = None, *, rng: Seed, dtype: DTypeLike = np.float32,
                    last_init: str | Initializer = "dcgan") -> Network:
    """z (N, latent) → images (N, size, size, channels) in [−1, 1].

    Dense to the smallest image, then fractional-strided convolutions that double it: kernel 4,
    stride 2, padding 1, each followed by BatchNorm and ReLU, the last by tanh. The number of
    channels halves each time and is `width` before the last: for 28x28
    z → 7x7 of 2·width → 14x14 of width → 28x28. A layer before BatchNorm has no bias, because
    BatchNorm would subtract it.

    hidden : int, size of a dense layer (with BatchNorm and ReLU) between z and the smallest image.
        Without it that image is linear in z, and after two convolutions a stroke at one end of a
        digit knows little of the other end; with 256 the digits hold together.
    last_init : of the last layer. With Radford's 0.02 all first images are nearly zero: their
        standard deviation is 0.1, while digits in [−1, 1] have 0.6; see `presets`

    Reference: Radford et al. 2016 (DCGAN), with the smallest image as large as `size` asks; the
    hidden layer is InfoGAN's (Chen et al. 2016, appendix C.1).
    """
    base, doublings = _pyramid("dcgan_generator", size)
    depth = positive_int("dcgan_generator", "width", width) * 2 ** (doublings - 1)
    layers = []
    if hidden is not None:
        layers = [Dense(latent, hidden, bias=False, init="dcgan"), BatchNorm(hidden), ReLU()]
        latent = hidden
    layers += [Dense(latent, base * base * depth, bias=False, init="dcgan"),
               Reshape(base, base, depth), BatchNorm(depth), ReLU()]
    for _ in range(doublings - 1):
        layers += [ConvTranspose2D(depth, depth // 2, 4, stride=2, padding=1, bias=False,
                                   init="dcgan"), BatchNorm(depth // 2), ReLU()]
        depth //= 2
    layers += [ConvTranspose2D(depth, channels, 4, stride=2, padding=1, init=last_init), Tanh()]
    return Network(layers, rng=rng, dtype=dtype)


def dcgan_discriminator(size: int = 28, channels: int = 1, width: int = 32, slope: float = 0.2,
                        hidden: int | None = None, *, normalization: str | None = "batch",
                        rng: Seed, dtype: DTypeLike = np.float32,
                        init: str | Initializer = "dcgan") -> Network:
    """Images (N, size, size, channels) → logit (N, 1): the generator's mirror image.

    Strided convolutions halve the image and double the channels. Each but the first is followed by
    BatchNorm, and all are followed by LeakyReLU. Then comes Dense, after another dense layer with
    BatchNorm and LeakyReLU if `hidden` gives its size.

    normalization : "batch"; "layer" or None for penalties on the gradient of each sample, which do
        not go with BatchNorm; or "spectral", of all weights. With "spectral" there are no biases
        before the last layer: such weights make signals small while biases grow as fast as ever,
        and with biases SN-GAN drew five of MNIST's ten digits
    init : Radford's 0.02 is for layers with BatchNorm after them. With it, a D without
        normalisation starts with a slope of a thousandth, nearly linear; with "he" it starts with
        one of about 1

    Reference: as for `dcgan_generator`.
    """
    base, halvings = _pyramid("dcgan_discriminator", size)
    depth = positive_int("dcgan_discriminator", "width", width)
    weighted, after = _normalization("dcgan_discriminator", normalization)
    layers = [weighted(Conv2D(channels, depth, 4, stride=2, padding=1, init=init,
                              bias=normalization != "spectral")), LeakyReLU(slope)]
    for _ in range(halvings - 1):
        layers += [weighted(Conv2D(depth, 2 * depth, 4, stride=2, padding=1, init=init,
                                   bias=normalization is None)),
                   *(norm(2 * depth) for norm in after), LeakyReLU(slope)]
        depth *= 2
    layers.append(Flatten())
    features = base * base * depth
    if hidden is not None:
        layers += [weighted(Dense(features, hidden, bias=normalization is None, init=init)),
                   *(norm(hidden) for norm in after), LeakyReLU(slope)]
        features = hidden
    layers.append(weighted(Dense(features, 1, init=init)))
    return Network(layers, rng=rng, dtype=dtype, input_shape=(size, size, channels))


def conditional_mlp(outputs: int = 2, classes: int = 10, latent: int = 2,
                    g_hidden: Sequence[int] = (128, 128), d_hidden: Sequence[int] = (128, 128), *,
                    bounded: bool = False, rng: Seed, dtype: DTypeLike = np.float32,
                    init: str | Initializer = "he", **how: Any) -> tuple[Network, Network]:
    """(generator, discriminator) of pairs of a vector and a condition, from `mlp_generator` and
    `mlp_discriminator`; how : see `conditioned`."""
    positive_int("conditional_mlp", "latent", latent)
    rng = random_generator("conditional_mlp", rng)

    def generator(extra: int) -> Network:
        return mlp_generator(latent + extra, outputs, g_hidden, bounded=bounded, rng=rng,
                             dtype=dtype, init=init,
                             normalization="batch" if how.get("modulated") else None)

    def discriminator(extra: int) -> Network:
        return mlp_discriminator(outputs + extra, d_hidden, rng=rng, dtype=dtype, init=init)

    return conditioned(generator, discriminator, outputs, latent, classes, rng=rng, **how)


def conditional_dcgan(size: int = 28, channels: int = 1, classes: int = 10, latent: int = 64,
                      width: int = 32, d_width: int = 32, hidden: int | None = None, *,
                      normalization: str | None = "batch", rng: Seed, dtype: DTypeLike = np.float32,
                      last_init: str | Initializer = "dcgan", d_init: str | Initializer = "dcgan",
                      **how: Any) -> tuple[Network, Network]:
    """(generator, discriminator) of pairs of an image and a condition, from `dcgan_generator`, with
    its `last_init`, and `dcgan_discriminator`, with `d_init` as its `init`; how : see
    `conditioned`. A pair is images (N, size, size, channels) and conditions (N, classes)."""
    positive_int("conditional_dcgan", "latent", latent)
    rng = random_generator("conditional_dcgan", rng)

    def generator(extra: int) -> Network:
        return dcgan_generator(size, channels, latent + extra, width, hidden, rng=rng, dtype=dtype,
                               last_init=last_init)

    def discriminator(extra: int) -> Network:
        return dcgan_discriminator(size, channels + extra, d_width, hidden=hidden, rng=rng,
                                   normalization=normalization, dtype=dtype, init=d_init)

    return conditioned(generator, discriminator, (size, size, channels), latent, classes, rng=rng,
                       **how)


HEADS = ("join", "projection", "auxiliary")


def conditioned(generator: Callable[[int], Network], discriminator: Callable[[int], Network],
                shape: int | Shape, latent: int, condition: int, *, head: str = "join",
                embedding: int | None = None, modulated: bool = False,
                rng: Seed) -> tuple[Network, Network]:
    """(generator, discriminator) of pairs (x, c), made from plain ones: see `conditional`.

    generator, discriminator : functions ``extra -> Network``, with as many more inputs (channels)
    shape : of x; latent, condition : int, the numbers of z and of c
    head : how D uses c: "join", beside x (Mirza & Osindero 2014); "projection", compared with the
        last features (Miyato & Koyama 2018); "auxiliary", not at all, but D guesses c: logit, guess
        and c come out, for the losses of `losses.auxiliary` (ACGAN, infoGAN)
    embedding : int, c goes first through Dense(condition, embedding) in both networks (a label
        embedding); None: c as it is
    modulated : bool, every BatchNorm of G becomes a conditional one (de Vries et al. 2017), in
        addition to the c beside z
    """
    choice("conditioned", "head", head, HEADS)
    flag("conditioned", "modulated", modulated)
    positive_int("conditioned", "latent", latent)
    positive_int("conditioned", "condition", condition)
    if embedding is not None:
        positive_int("conditioned", "embedding", embedding)
    seen = embedding or condition  # how many numbers of c the layers see

    def encoder() -> list[Layer]:
        return [Dense(condition, embedding, bias=False, init="he")] if embedding else []

    G = generator(seen)
    layers: list[Layer] = [Join(seen)]
    for layer in G.layers:
        layers.append(layer)
        if modulated and isinstance(layer, BatchNorm):
            layers.append(Modulate(layer.features, seen))
    if modulated and not any(isinstance(layer, Modulate) for layer in layers):
        raise ValueError(f"conditioned: modulated asks for a generator with BatchNorm, got {G}")
    D = discriminator(seen if head == "join" else 0)
    if head == "join":
        judging = [Join(seen), *D.layers]
    else:
        last: Any = getattr(D.layers[-1], "layer", D.layers[-1])  # what a SpectralNorm holds
        judging = [*D.layers[:-1], Projection(last.in_features, seen, last.init)
                   if head == "projection" else
                   Dense(last.in_features, 1 + condition, init=last.init)]
    return (Conditional(layers, latent, condition, encoder=encoder(), keep=True, rng=rng,
                        dtype=G.dtype),
            Conditional(judging, shape, condition,
                        encoder=encoder() if head != "auxiliary" else (),
                        keep=head == "auxiliary", rng=rng, dtype=D.dtype))


def _pyramid(owner: str, size: int) -> tuple[int, int]:
    """(smallest side, number of doublings up to `size`): 28 → (7, 2), 8 → (2, 2), 64 → (4, 4)."""
    positive_int(owner, "size", size)
    base, doublings = size, 0
    while base > 7 or doublings < 2:
        if base % 2:
            break
        base, doublings = base // 2, doublings + 1
    if not 2 <= base <= 7 or doublings < 2:
        raise ValueError(f"{owner}: size must be 2 to 7 times a power of two that is at least 4 "
                         f"(8, 16, 28, 32, 64, ...), got {size}")
    return base, doublings
