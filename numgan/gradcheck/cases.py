"""The catalogue: everything that the package has, small enough to check each kind of coordinate.

Each case is (name, function that returns rows). A new layer of the package gets a line here; a test
fails if it has none. A registered loss or penalty is checked with its defaults, or with the
settings of its line here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .. import layers as L
from .. import costs, losses, penalties
from .._registry import Registry
from .._types import Array
from ..layers import Layer
from ..layers.softmax import softmax
from ..networks import Conditional, Network, Reconstruction, Translator, models
from ..optimizers import SGD, Adam
from ..pairs import Pair, with_x
from .check import Row, check_cost, check_layer, check_loss, check_step, with_classes
from .games import check_game, check_hvp, check_unrolled
from .second_order import check_penalty, check_tangent


def _normal(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def _pair(n: int, shape: Any, condition: Any) -> Pair:
    return Pair(_normal(n, *np.atleast_1d(shape)), _normal(n + 1, *np.atleast_1d(condition))[1:])


def _captions(*shape: int) -> Array:
    """(N, L, F + 1): random words, fewer in each next sample, the mask last; see `layers.text`."""
    x = _normal(*shape)
    x[..., -1] = np.arange(shape[1]) < np.arange(shape[1], shape[1] - shape[0], -1)[:, None]
    return x


IDS = np.array([[1, 2, 3, 2, 0], [4, 0, 0, 0, 0], [3, 3, 1, 2, 4], [0, 0, 0, 0, 0]])
LAYERS = [
    (L.Dense(4, 3), _normal(5, 4)),
    (L.Dense(4, 3, bias=False), _normal(1, 4)),
    (L.Dense(4, 1), _normal(5, 4)),
    (L.Conv2D(2, 3, 3), _normal(2, 5, 6, 2)),
    (L.Conv2D(2, 3, 4, stride=2, padding=1), _normal(3, 6, 6, 2)),
    (L.Conv2D(1, 3, 4, stride=2, padding=1, bias=False), _normal(2, 7, 6, 1)),
    (L.Conv2D(3, 2, (3, 2), stride=(2, 3), padding=(0, 2)), _normal(2, 6, 5, 3)),
    (L.Conv2D(2, 3, 2, stride=3), _normal(2, 6, 7, 2)),
    (L.ConvTranspose2D(3, 2, 3), _normal(2, 3, 4, 3)),
    (L.ConvTranspose2D(3, 2, 4, stride=2, padding=1), _normal(3, 3, 3, 3)),
    (L.ConvTranspose2D(3, 1, 4, stride=2, padding=1, bias=False), _normal(2, 3, 4, 3)),
    (L.ConvTranspose2D(2, 3, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2)),
     _normal(2, 3, 2, 2)),
    (L.BatchNorm(3), _normal(6, 3)),
    (L.BatchNorm(2), _normal(3, 4, 5, 2)),
    (L.ReLU(), _normal(4, 5)),
    (L.LeakyReLU(0.2), _normal(4, 5)),
    (L.LeakyReLU(0.0), _normal(3, 5)),
    (L.Tanh(), _normal(4, 5)),
    (L.Sigmoid(), _normal(4, 5)),
    (L.Softplus(), _normal(4, 5)),
    (L.SiLU(), _normal(4, 5)),
    (L.ELU(0.7), _normal(4, 5)),
    (L.LayerNorm(5), _normal(3, 5)),
    (L.LayerNorm(2), _normal(3, 3, 4, 2)),
    (L.InstanceNorm(2), _normal(3, 3, 4, 2)),
    (L.InstanceNorm(3), _normal(1, 3, 2, 3)),
    (L.SpectralNorm(L.Dense(4, 3)), _normal(5, 4)),
    (L.SpectralNorm(L.Dense(4, 1, bias=False)), _normal(5, 4)),
    (L.SpectralNorm(L.Conv2D(2, 3, 4, stride=2, padding=1)), _normal(3, 6, 6, 2)),
    (L.SpectralNorm(L.ConvTranspose2D(3, 2, 4, stride=2, padding=1)), _normal(3, 3, 3, 3)),
    (L.Maxout(3), _normal(4, 6)),
    (L.MaxPool2D(), _normal(2, 4, 6, 3)),
    (L.MaxPool2D((3, 1)), _normal(3, 6, 2, 2)),
    (L.Upsample2D(), _normal(2, 2, 3, 2)),
    (L.Upsample2D((3, 1)), _normal(2, 2, 3, 1)),
    (L.MinibatchDiscrimination(4, 3, 2), _normal(5, 4)),
    (L.MinibatchStd(), _normal(5, 3)),
    (L.MinibatchStd(), _normal(3, 2, 3, 2)),
    (L.Pack(2), _normal(6, 3)),
    (L.Pack(3), _normal(6, 2, 3, 2)),
    (L.Dropout(0.4), _normal(4, 6)),
    (L.GaussianNoise(0.3), _normal(4, 3)),
    (L.NoiseInjection(3), _normal(2, 3, 4, 3)),
    (L.Truncation(3), _normal(4, 3)),
    (L.Styles(3), _normal(4, 2)),
    (L.Styles(3, mixing=0.7), _normal(5, 2)),
    (L.Softmax(), _normal(4, 3)),
    (L.Softmax(0.5), _normal(2, 3, 2, 4)),
    (L.GumbelSoftmax(0.7), _normal(4, 3)),
    (L.PerWord(L.Dense(3, 4), L.GumbelSoftmax()), _captions(4, 3, 4)),
    (L.Flatten(), _normal(2, 3, 4, 2)),
    (L.Reshape(2, 6), _normal(3, 12)),
    (L.Patches(), _normal(2, 3, 4, 2)),
    (L.Embedding(5, 3), IDS),
    (L.MeanOverTime(), _captions(4, 3, 5)),
    (L.Recurrent(3, 4), _captions(4, 5, 4)),
    (L.Recurrent(3, 4, states=True), _captions(4, 3, 4)),
    (L.GRU(3, 4), _captions(4, 5, 4)),
    (L.GRU(3, 4, states=True), _captions(4, 3, 4)),
    (L.GRUCell(3, 4), _normal(5, 7)),
    (L.PerWord(L.Dense(3, 4), L.SiLU(), L.Dense(4, 2)), _captions(4, 3, 4)),
    (L.Places(), _normal(2, 3, 4)),
    (L.Decoder(L.Dense(5, 6), L.Reshape(2, 3), L.Softmax(0.7), L.Flatten(), condition=3, hidden=2,
               asks=4, steps=3), _captions(3, 4, 4)),
    (L.Decoder(L.Dense(5, 4), L.GumbelSoftmax(0.7), condition=3, hidden=2, asks=3, steps=2),
     _captions(2, 3, 4)),
    (L.Chain(L.Dense(4, 3), L.Tanh(), L.BatchNorm(3)), _normal(5, 4)),
    (L.Concatenate(L.Dense(4, 2), None, [L.Tanh(), L.Dense(4, 3)]), _normal(5, 4)),
    (L.Skip(L.Dense(4, 3), L.SiLU()), _normal(5, 4)),
    (L.Skip(L.Conv2D(2, 3, 4, stride=2, padding=1), L.Tanh(),
            L.Skip(L.Conv2D(3, 4, 2, stride=2), L.SiLU(), L.ConvTranspose2D(4, 2, 2, stride=2)),
            L.BatchNorm(5), L.ConvTranspose2D(5, 2, 4, stride=2, padding=1)), _normal(2, 4, 4, 2)),
    (L.Residual(L.Dense(4, 4), L.Tanh()), _normal(5, 4)),
    (L.Residual(L.Conv2D(2, 3, 3, padding=1), L.SiLU(), L.Conv2D(3, 3, 3, padding=1),
                shortcut=L.Conv2D(2, 3, 1), scale=0.5), _normal(2, 4, 3, 2)),
]
INFERENCE = [  # with train=False, where that is another formula
    (L.BatchNorm(3), _normal(6, 3)),
    (L.BatchNorm(2), _normal(3, 4, 5, 2)),
    (L.Dropout(0.4), _normal(4, 6)),
    (L.Dropout(0.4, always=True), _normal(4, 6)),
    (L.GaussianNoise(0.3), _normal(4, 3)),
    (L.NoiseInjection(3), _normal(2, 3, 4, 3)),
    (L.Truncation(3), _normal(4, 3)),
    (L.Styles(3, mixing=0.7), _normal(5, 2)),
    (L.GumbelSoftmax(0.7), _normal(4, 3)),
    (L.GumbelSoftmax(0.7, always=True), _normal(4, 3)),
]
LOSSES = [losses.Minimax(), losses.NonSaturating(), losses.Minimax(smoothing=0.1),
          losses.NonSaturating(smoothing=0.1), losses.Wasserstein(),
          losses.Hinge(), losses.Relativistic(), losses.RelativisticAverage(),
          losses.LeastSquares(), losses.KL(), losses.ReverseKL(), losses.Pearson(),
          losses.SquaredHellinger(), losses.JensenShannon(), losses.ReverseKL(original=True)]
ENERGIES: list[Any] = [losses.EnergyBased(), losses.EnergyBased(2.0, pulling_away=0.3),
                       losses.BoundaryEquilibrium()]
ENERGIES[-1].k = 0.3  # as in the middle of a training
GUESSING = [losses.AuxiliaryClassifier(classes=3), losses.MutualInformation(None, 2, 1, 0.7),
            losses.MutualInformation(losses.Wasserstein(), 0, 2),
            losses.AuxiliaryClassifier(losses.RelativisticAverage(), 2, 2.0),
            losses.StyleAmbiguity(classes=3, weight=0.7)]
PENALTIES = [penalties.R1(), penalties.R2(3.0), penalties.R1R2(2.0), penalties.WGANGP(),
             penalties.WGANGP(one_sided=True), penalties.DRAGAN()]


MASK = np.array([1.0, 1, 0, 0.5])[:, None]  # of places, the same for all samples


def every_cost() -> list[tuple[Any, ...]]:
    """(cost, y, target): of images, and of tokens."""
    seeing = _stirred(Network([L.Conv2D(2, 3, 3, padding=1), L.SiLU(), L.Flatten(), L.Dense(24, 4),
                               L.Tanh(), L.Dense(4, 3)], rng=14, input_shape=(2, 4, 2)))
    image, target = _normal(3, 2, 4, 2), 1 + _normal(3, 2, 4, 2)[::-1]
    tokens = np.eye(5)[np.arange(12).reshape(3, 4) % 5]
    return [(costs.L1(), image, target), (costs.L2(), image, target),
            (costs.CrossEntropy(), _normal(3, 4, 5), tokens),
            (costs.LogLikelihood(0.01), softmax(_normal(3, 4, 5)), tokens),
            (costs.Features(seeing, 5), image, target),
            (costs.Features(seeing, cost=costs.L1()), image, target),
            (costs.Sum((costs.L1(), 2.0), (costs.Features(seeing), 0.5)), image, target)]


def registered(registry: Registry[Callable[..., Any]], known: Sequence[Any]) -> list[Any]:
    """One of each registered loss or penalty that is not among the known ones, with defaults."""
    made = [make() for make in registry.values()]
    return [one for one in made if type(one) not in {type(other) for other in known}]


def _outputs(loss: Any) -> dict[str, int]:
    """The outputs that D has for it, for `check_loss`."""
    codes = getattr(loss, "codes", 0)
    return dict(columns=1 + codes, codes=codes) if codes else dict(
        columns=4 if loss.several_outputs else 1)


def _stirred(network: Network) -> Network:
    """The network with 0.3 N(0, 1) added to every parameter: no bias at zero, no gradient tiny."""
    network = network.astype(np.float64)
    network.theta += 0.3 * np.random.default_rng(network.size).standard_normal(network.size)
    return network


def networks() -> list[tuple[Any, ...]]:
    """(name, Network, input) for whole networks, nested ones too."""
    rng = np.random.default_rng(0)
    found = [
        ("mlp_generator", models.mlp_generator(2, 2, (7, 6), rng=rng), _normal(5, 2)),
        ("mlp_discriminator", models.mlp_discriminator(2, (7, 6), rng=rng), _normal(5, 2)),
        ("dcgan_generator 8x8", models.dcgan_generator(8, 1, 5, 3, rng=rng), _normal(4, 5)),
        ("dcgan_discriminator 8x8", models.dcgan_discriminator(8, 1, 3, rng=rng),
         _normal(4, 8, 8, 1)),
        ("dcgan_generator 28x28", models.dcgan_generator(28, 1, 4, 2, rng=rng), _normal(3, 4)),
        ("dcgan_discriminator 28x28", models.dcgan_discriminator(28, 1, 2, rng=rng),
         _normal(3, 28, 28, 1)),
        ("dcgan_generator 8x8, hidden", models.dcgan_generator(8, 1, 3, 2, hidden=5, rng=rng),
         _normal(5, 3)),
        ("dcgan_discriminator 8x8, hidden", models.dcgan_discriminator(8, 1, 2, hidden=5, rng=rng),
         _normal(5, 8, 8, 1)),
        ("nested network", Network([L.Dense(3, 4), Network([L.Tanh(), L.Dense(4, 4)], rng=1),
                                    L.BatchNorm(4), L.Sigmoid()], rng=rng), _normal(6, 3)),
        ("translator", Translator([L.Conv2D(2, 3, 3, padding=1), L.SiLU(), L.Conv2D(3, 1, 1)],
                                  rng=rng, input_shape=(3, 4, 2)), _normal(2, 3, 4, 2)),
    ]
    return [(name, _stirred(network), x) for name, network, x in found]


def pairs() -> list[tuple[Any, ...]]:
    """(name, generator, discriminator, real, z) for whole training steps."""
    rng = np.random.default_rng(1)
    noisy = Network([L.GaussianNoise(0.3), L.Dense(2, 6), L.LeakyReLU(), L.Dropout(0.3),
                     L.Dense(6, 1)], rng=rng)
    found = [
        ("MLP", models.mlp_generator(3, 2, (6, 5), rng=rng),
         models.mlp_discriminator(2, (6, 5), rng=rng), _normal(4, 2), _normal(4, 3)),
        ("DCGAN", models.dcgan_generator(8, 1, 4, 2, rng=rng),
         models.dcgan_discriminator(8, 1, 2, rng=rng), _normal(4, 8, 8, 1), _normal(4, 4)),
        ("patches", models.dcgan_generator(8, 1, 4, 2, rng=rng),
         Network([L.Conv2D(1, 2, 4, stride=2, padding=1), L.LeakyReLU(), L.Conv2D(2, 1, 3),
                  L.Patches()], rng=rng, input_shape=(8, 8, 1)), _normal(4, 8, 8, 1),
         _normal(4, 4)),
        ("noise and dropout", models.mlp_generator(2, 2, (5,), rng=rng), noisy, _normal(4, 2),
         _normal(4, 2)),
    ]
    return [(name, _stirred(generator), _stirred(discriminator), real, z)
            for name, generator, discriminator, real, z in found]


def other_discriminators() -> list[tuple[Any, ...]]:
    """(name, discriminator in the plane): those that see more than one sample at a time, and one
    without a fixed nonlinearity."""
    rng = np.random.default_rng(4)
    found = [
        ("PacGAN", Network([L.Pack(2), L.Dense(4, 5), L.LeakyReLU(), L.Dense(5, 1)], rng=rng,
                           input_shape=(2,))),
        ("minibatch discrimination", Network([L.Dense(2, 4), L.LeakyReLU(),
                                              L.MinibatchDiscrimination(4, 3, 2), L.Dense(7, 1)],
                                             rng=rng)),
        ("minibatch std", Network([L.Dense(2, 4), L.Tanh(), L.MinibatchStd(), L.Dense(5, 1)],
                                  rng=rng)),
        ("maxout", Network([L.Dense(2, 8), L.Maxout(2), L.Dense(4, 1)], rng=rng)),
        ("spectral normalisation", models.mlp_discriminator(2, (5, 4), normalization="spectral",
                                                            rng=rng)),
    ]
    return [(name, _stirred(network)) for name, network in found]


def autoencoders() -> list[tuple[Any, ...]]:
    """(name, Reconstruction, input): squares and absolute values, with the code and without."""
    rng = np.random.default_rng(5)
    dense = [L.Dense(3, 6), L.Tanh(), L.Dense(6, 4)], [L.SiLU(), L.Dense(4, 3)]
    image = ([L.Conv2D(1, 2, 4, stride=2, padding=1), L.BatchNorm(2), L.LeakyReLU(), L.Flatten(),
              L.Dense(32, 3)],
             [L.Dense(3, 32), L.Reshape(4, 4, 2), L.ReLU(),
              L.ConvTranspose2D(2, 1, 4, stride=2, padding=1)])
    return [(name, _stirred(network), x) for name, network, x in (
        ("squares", Reconstruction(*_fresh(dense), rng=rng), _normal(5, 3)),
        ("squares and code", Reconstruction(*_fresh(dense), rng=rng, embedding=True),
         _normal(5, 3)),
        ("absolute values", Reconstruction(*_fresh(dense), rng=rng, squares=False), _normal(5, 3)),
        ("of images", Reconstruction(*image, rng=rng, embedding=True, input_shape=(8, 8, 1)),
         _normal(3, 8, 8, 1)))]


STYLED = L.OwnStyle(1, 3, L.Modulate(4, 2))
ATTENTION = L.AdditiveAttention(2, 3, 4)
CONDITIONAL = [  # each in a Conditional of its own, with the shape of x beside c
    (L.Join(3), (4,)), (L.Join(3), (3, 2, 2)), (L.Modulate(4, 3), (4,)),
    (L.Modulate(2, 3), (2, 3, 2)), (L.Projection(4, 3), (4,)),
    (L.ModulatedConv2D(2, 3, 3, 3, padding=1), (3, 4, 2)),
    (L.ModulatedConv2D(3, 2, (2, 1), 3, demodulate=False), (3, 2, 3)),
]


def conditional_networks() -> list[tuple[Any, ...]]:
    """(name, network, input): layers that see a condition, with an encoder and without."""
    encoder = [L.Dense(3, 5), L.Tanh(), L.Dense(5, 2)]
    found = []
    for layer, shape in CONDITIONAL:
        network = Conditional([copy.deepcopy(layer)], shape, 3, rng=0)
        found.append((f"{layer} beside {shape}", network, _pair(4, shape, 3)))
    found += [
        (f"{STYLED}", Conditional([copy.deepcopy(STYLED)], 4, (3, 2), rng=0),
         _pair(5, 4, (3, 2))),
        (f"{ATTENTION}", Conditional([copy.deepcopy(ATTENTION)], (4, 3), (5, 4), rng=0),
         Pair(_captions(4, 4, 3), _captions(4, 5, 4))),
        ("GRU with attention to a text", Conditional(
            [L.GRU(2, 3, states=True), L.AdditiveAttention(3, 4, 2), L.PerWord(L.Dense(4, 2)),
             L.MeanOverTime()], (3, 3), 5,
            encoder=[L.Embedding(5, 3), L.GRU(3, 4, states=True)], rng=8),
         Pair(_captions(4, 3, 3), IDS)),
        ("encoder and every layer", Conditional(
            [L.Join(2), L.Dense(6, 5), L.BatchNorm(5), L.Modulate(5, 2), L.SiLU(),
             L.Projection(5, 2)], 4, 3, encoder=encoder, rng=1), _pair(6, 4, 3)),
        ("adaptive instance normalisation", Conditional(
            [L.Conv2D(1, 3, 3, padding=1), L.InstanceNorm(3), L.Modulate(3, 2), L.Tanh()],
            (3, 4, 1), 3, encoder=_fresh([encoder])[0], rng=7), _pair(3, (3, 4, 1), 3)),
        ("a style for every layer", Conditional(
            [L.OwnStyle(0, 3, L.ModulatedConv2D(1, 3, 3, 2, padding=1)), L.Tanh(),
             L.OwnStyle(1, 3, L.Chain(L.InstanceNorm(3), L.Modulate(3, 2))), L.SiLU(),
             L.OwnStyle(2, 3, L.ModulatedConv2D(3, 2, 1, 2, demodulate=False))], (3, 4, 1), 3,
            encoder=[*_fresh([encoder])[0], L.Truncation(2), L.Styles(3, mixing=0.7)], rng=18),
         _pair(4, (3, 4, 1), 3)),
        ("encoder, c kept", Conditional(
            [L.Dense(4, 5), L.Tanh(), L.Join(2), L.Dense(7, 2)], 4, 3, keep=True,
            encoder=_fresh([encoder])[0], rng=2), _pair(5, 4, 3)),
        ("c kept, seen by none", Conditional([L.Dense(4, 5), L.Tanh()], 4, 3, keep=True, rng=3),
         _pair(5, 4, 3)),
        ("c a caption", Conditional(
            [L.Join(3), L.Dense(5, 4), L.Modulate(4, 3), L.Tanh(), L.Projection(4, 3)], 2, 5,
            encoder=[L.Embedding(5, 3), L.Recurrent(3, 4, states=True), L.MeanOverTime(),
                     L.Dense(4, 3)], rng=4), Pair(_normal(4, 2), IDS)),
        ("c an image", Conditional(
            [L.Join(2), L.Conv2D(3, 3, 3, padding=1), L.Tanh(),
             L.Skip(L.Conv2D(3, 2, 3, padding=1)), L.Flatten(), L.Dense(60, 1)],
            (4, 3, 1), (4, 3, 2), rng=5),
         _pair(3, (4, 3, 1), (4, 3, 2))),
        ("layers that see c inside others", Conditional(
            [L.Residual(L.Join(2), L.Dense(6, 4), L.Modulate(4, 2), L.Tanh()),
             L.Skip(L.Skip(L.Dense(4, 3), L.Modulate(3, 2)), L.SiLU()),
             L.Concatenate(L.Modulate(11, 2), None), L.BatchNorm(22), L.Projection(22, 2)], 4, 3,
            encoder=_fresh([encoder])[0], rng=6), _pair(6, 4, 3))]
    return [(name, _stirred(network), x) for name, network, x in found]


def conditional_pairs() -> list[tuple[Any, ...]]:
    """(name, generator, discriminator, loss) of pairs of 8x8 images and three labels, and in the
    plane; each way to use the label."""
    dcgan: dict[str, Any] = dict(size=8, classes=3, latent=3, width=2, d_width=2, hidden=4)
    plane: dict[str, Any] = dict(classes=3, latent=3, g_hidden=(5,), d_hidden=(5, 4))
    both = losses.MutualInformation(losses.Hinge(), 2, 1, 0.7)
    found = [("DCGAN, joined", models.conditional_dcgan(**dcgan, rng=7), losses.Minimax()),
             ("DCGAN, joined", models.conditional_dcgan(**dcgan, rng=7), losses.NonSaturating()),
             ("DCGAN, conditional BatchNorm, embedding, projection", models.conditional_dcgan(
                 **dcgan, rng=8, head="projection", embedding=2, modulated=True), losses.Hinge()),
             ("DCGAN, ACGAN", models.conditional_dcgan(**dcgan, rng=9, head="auxiliary"),
              losses.AuxiliaryClassifier(classes=3)),
             ("DCGAN, infoGAN", models.conditional_dcgan(**dcgan, rng=9, head="auxiliary"), both),
             ("MLP, joined, embedding", models.conditional_mlp(**plane, rng=10, embedding=2),
              losses.NonSaturating()),
             ("MLP, projection", models.conditional_mlp(**plane, rng=11, head="projection"),
              losses.Relativistic()),
             ("MLP, ACGAN", models.conditional_mlp(**plane, rng=12, head="auxiliary"),
              losses.AuxiliaryClassifier(losses.Relativistic(), 3, 0.5)),
             ("MLP, CAN", models.conditional_mlp(**plane, rng=17, head="auxiliary"),
              losses.StyleAmbiguity(losses.Hinge(), 3, 0.5)),
             ("MLP, infoGAN", models.conditional_mlp(**plane, rng=13, head="auxiliary"), both)]
    return [(name, *map(_stirred, networks), loss) for name, networks, loss in found]


def translation() -> tuple[Network, Network]:
    """A translator of label maps (4, 4, 2) to pictures (4, 4, 1), and a D that judges both."""
    made = (Translator([L.Conv2D(2, 3, 3, padding=1), L.Tanh(), L.Conv2D(3, 1, 3, padding=1)],
                       rng=15, input_shape=(4, 4, 2)),
            Conditional([L.Join(2), L.Conv2D(3, 2, 3), L.SiLU(), L.Conv2D(2, 1, 1), L.Patches()],
                        (4, 4, 1), (4, 4, 2), rng=16))
    return _stirred(made[0]), _stirred(made[1])


def _fresh(parts: Iterable[Sequence[Layer]]) -> list[list[Layer]]:
    return [[copy.deepcopy(layer) for layer in part] for part in parts]


def critics() -> list[tuple[Any, ...]]:
    """(name, discriminator without BatchNorm, shape of a sample) for penalties."""
    rng = np.random.default_rng(2)
    found = [
        ("a LeakyReLU MLP", models.mlp_discriminator(2, (7, 6), rng=rng), (2,)),
        ("a smooth MLP", Network([L.Dense(2, 6), L.SiLU(), L.Dense(6, 5), L.Tanh(), L.Dense(5, 4),
                                  L.Softplus(), L.Dense(4, 1)], rng=rng), (2,)),
        ("a convolutional critic with LayerNorm",
         Network([L.Conv2D(1, 2, 4, stride=2, padding=1), L.LeakyReLU(),
                  L.Conv2D(2, 3, 3, padding=1), L.LayerNorm(3), L.ELU(), L.Flatten(),
                  L.Dense(48, 1)], rng=rng, input_shape=(8, 8, 1)), (8, 8, 1)),
        ("a critic of layers in layers",
         Network([L.Skip(L.Dense(2, 4), L.Tanh(), L.Residual(L.Dense(4, 4), L.SiLU(), scale=0.7)),
                  L.Residual(L.Tanh(), L.Dense(6, 5), shortcut=L.Dense(6, 5)), L.SiLU(),
                  Network([L.Concatenate(None, L.Dense(5, 2)), L.Tanh()], rng=rng),
                  L.Dense(7, 1)], rng=rng), (2,)),
        ("a critic of patches",
         Network([L.Conv2D(1, 2, 4, stride=2, padding=1), L.SiLU(), L.Conv2D(2, 1, 3), L.Patches()],
                 rng=rng, input_shape=(8, 8, 1)), (8, 8, 1)),
        ("an autoencoder's energy",
         Reconstruction([L.Dense(2, 5), L.SiLU(), L.Dense(5, 3)], [L.Tanh(), L.Dense(3, 2)],
                        rng=rng, embedding=True), (2,)),
    ]
    return [(name, _stirred(critic), shape) for name, critic, shape in found]


def games() -> list[tuple[Any, ...]]:
    """(name, generator, discriminator, real, z) for the game's Jacobian and for unrolling: smooth
    (both), piecewise linear, convolutional with BatchNorm."""
    rng = np.random.default_rng(3)
    smooth = (Network([L.Dense(2, 5), L.Tanh(), L.Dense(5, 2)], rng=rng),
              Network([L.Dense(2, 5), L.SiLU(), L.Dense(5, 4), L.Softplus(), L.Dense(4, 1)],
                      rng=rng))
    spectral = (models.mlp_generator(2, 2, (5,), rng=rng),
                models.mlp_discriminator(2, (5, 4), normalization="spectral", rng=rng))
    found = [("smooth", *smooth, _normal(4, 2), _normal(4, 2)),
             ("spectral", *spectral, _normal(4, 2), _normal(4, 2))]
    found = [(name, _stirred(G), _stirred(D), real, z) for name, G, D, real, z in found]
    return found + pairs()[:2]


def cases() -> list[tuple[str, Callable[[], list[Row]]]]:
    """The list of (name, function that returns rows or raises GradientError)."""
    found = []

    def add(name: str, check: Callable[..., list[Row]], *arguments: Any, **options: Any) -> None:
        found.append((name, lambda: check(*arguments, case=name, **options)))

    for layer, x in LAYERS:
        add(f"layer {layer} on {x.shape}", check_layer, layer, x)
        add(f"second order of {layer} on {x.shape}", check_tangent, layer, x)
    for layer, x in INFERENCE:
        add(f"layer {layer} on {x.shape}, train=False", check_layer, layer, x, train=False)
        add(f"second order of {layer} on {x.shape}, train=False", check_tangent, layer, x,
            train=False)
    for name, network, x in networks():
        add(f"network {name}", check_layer, network, x)
        add(f"second order of network {name}", check_tangent, network, x)
        add(f"Hessian-vector product of {name}", check_hvp, network, x)
    add("network dcgan_discriminator 8x8, train=False", check_layer, networks()[3][1],
        networks()[3][2], train=False)
    known = LOSSES + ENERGIES + GUESSING
    more = registered(losses.LOSSES, known)
    every_penalty = PENALTIES + registered(penalties.PENALTIES, PENALTIES)
    for loss in known + more:
        add(f"loss {loss}", check_loss, loss, **_outputs(loss))
    for cost, y, target in every_cost():
        add(f"cost {cost}", check_cost, cost, y, target)
        add(f"cost {cost} in a mask", check_cost, cost, y, target, MASK)
    for name, generator, discriminator, real, z in pairs():
        plain = [loss for loss in more if not loss.several_outputs]
        for loss in (*LOSSES[:2], LOSSES[3], *LOSSES[5:], *plain):
            add(f"step {name}, {loss}", check_step, generator, discriminator, real, z, loss)
    name, generator, discriminator, real, z = pairs()[2]
    for loss in losses.NonSaturating(), losses.RelativisticAverage():
        add(f"game {name}, {loss}", check_game, generator, discriminator, real, z, loss)
    translator, judge = translation()
    pictures = _pair(3, (4, 4, 1), (4, 4, 2))
    add("step translation by patches", check_step, translator, judge, pictures, pictures.c,
        losses.NonSaturating())
    add("game translation by patches", check_game, translator, judge, pictures, pictures.c,
        losses.Hinge())
    generator, real = _stirred(models.mlp_generator(2, 2, (5,), rng=8)), _normal(4, 2)
    for name, discriminator in other_discriminators():
        for loss in losses.NonSaturating(), losses.Hinge():
            add(f"step {name}, {loss}", check_step, generator, discriminator, real,
                1 + real[::-1], loss)
    for name, network, x in autoencoders():
        add(f"network autoencoder, {name}", check_layer, network, x)
        add(f"second order of autoencoder, {name}", check_tangent, network, x)
        add(f"Hessian-vector product of autoencoder, {name}", check_hvp, network, x)
    rng = np.random.default_rng(6)
    for (name, network, real), loss in zip(autoencoders(), (*ENERGIES, ENERGIES[1])):
        made = _stirred(models.mlp_generator(2, 3, (5,), rng=rng) if real.ndim == 2 else
                        models.dcgan_generator(8, 1, 2, 2, rng=rng))
        add(f"step autoencoder, {name}, {loss}", check_step, made, network, real,
            _normal(len(real), 2), loss)
        add(f"game autoencoder, {name}, {loss}", check_game, made, network, real,
            _normal(len(real), 2), loss)
    for name, network, x in conditional_networks():
        add(f"network conditional, {name}", check_layer, network, x)
        add(f"second order of conditional, {name}", check_tangent, network, x)
        add(f"Hessian-vector product of conditional, {name}", check_hvp, network, x)
    for name, generator, discriminator, loss in conditional_pairs():
        pair, z = (Pair(x, with_classes(c, loss)) for x, c in (
            _pair(4, network.input_shape, 3) for network in (discriminator, generator)))
        add(f"network generator of {name}, {loss}", check_layer, generator, z)
        add(f"network discriminator of {name}, {loss}", check_layer, discriminator, pair)
        add(f"step {name}, {loss}", check_step, generator, discriminator, pair, z, loss)
        add(f"game {name}, {loss}", check_game, generator, discriminator, pair, z, loss)
        if not discriminator.couples_samples:
            for penalty in every_penalty:
                add(f"penalty {penalty} of {name}, {loss}", check_penalty, penalty, discriminator,
                    pair, with_x(pair[::-1], 1 + pair.x[::-1]))
    for name, critic, shape in critics():
        for penalty in every_penalty:
            add(f"penalty {penalty} of {name}", check_penalty, penalty, critic, _normal(4, *shape),
                1 + _normal(4, *shape))
    name, generator, discriminator, real, z = pairs()[0]
    for penalty in every_penalty:
        add(f"step {name}, Wasserstein() with {penalty}", check_step, generator, discriminator,
            real, z, losses.Wasserstein(), penalty=penalty)
    add(f"step {name}, Relativistic() with R1R2(1)", check_step, generator, discriminator, real, z,
        losses.Relativistic(), penalty=penalties.R1R2())
    for name, generator, discriminator, real, z in games():
        for loss in (losses.Minimax(), losses.NonSaturating(), *LOSSES[4:9]):
            add(f"game {name}, {loss}", check_game, generator, discriminator, real, z, loss)
            for optimizer in SGD(0.3, momentum=0.5), Adam(0.05):
                add(f"unrolled {name}, {loss}, {optimizer}", check_unrolled, generator,
                    discriminator, real, z, loss, optimizer)
    name, generator, discriminator, real, z = games()[0]
    for penalty in every_penalty:
        add(f"game {name}, NonSaturating() with {penalty}", check_game, generator, discriminator,
            real, z, losses.NonSaturating(), penalty=penalty)
    return found
