"""The family on images: scikit-learn's digits, 8x8, and MNIST, 28x28.

One pair of networks for nearly all, a small DCGAN. On the digits D has LayerNorm, for then it
judges each sample alone and goes with every loss, penalty and update rule; on MNIST, where that D
wins before G has begun, BatchNorm, but for the penalties. So what a row changes is all that it
changes, but for rates and steps; where a row did not train with this D, it says which it has.
"""

from .. import losses, models, penalties
from ..game import Consensus
from ..layers import (Conv2D, ConvTranspose2D, Dense, Flatten, LeakyReLU, Maxout,
                      MinibatchDiscrimination, MinibatchStd, Pack, Reshape)
from ..network import Network
from ..optimizers import Clipped, RMSprop
from ..reconstruction import Reconstruction
from ..unrolled import Unrolled
from .recipe import adam

LATENT, WIDTH, HIDDEN, CLASSES = 32, 16, 128, 10


def falling(progress):
    """Full rate for half of the training, then down to zero, where the circling ends."""
    return min(1.0, 2 - 2 * progress)


def settings(size):
    """name → what its Preset has, for images of 8x8 or 28x28, which take more time a step."""
    def each(digits, mnist):
        return digits if size == 8 else mnist

    usual = each("layer", "batch")

    def network(normalization=usual):
        return lambda rng: _discriminator(size, rng, normalization)

    def but(**changed):
        return {**common, **changed}

    def conditional(head, codes=CLASSES):
        return lambda rng: models.conditional_dcgan(
            size, 1, codes, LATENT, WIDTH, WIDTH, HIDDEN, normalization=usual, head=head, rng=rng)

    soft = losses.NonSaturating(each(0.0, 0.1))  # smoothing, where D wins too early without
    rate = adam(1e-3, 0.5, 0.999)
    common = dict(batch_size=64, latent=LATENT, schedule=falling, steps=each(6_000, 3_000),
                  d_optimizer=rate, g_optimizer=rate, d_network=network(),
                  g_network=lambda rng: models.dcgan_generator(size, 1, LATENT, WIDTH, HIDDEN,
                                                               rng=rng))
    # a D that sees each sample alone tells G the same of all, if they look the same: on 28x28 G
    # stays with one image, unless its first ones differ and both go slowly
    slow = {} if size == 8 else dict(
        g_network=lambda rng: _spread(models.dcgan_generator(size, 1, LATENT, WIDTH, HIDDEN,
                                                             rng=rng)),
        k=2, d_optimizer=adam(2e-4, 0.5, 0.999), g_optimizer=adam(4e-4, 0.5, 0.999))
    penalised = {**but(steps=each(5_000, 2_000), d_network=network("layer")), **slow}
    bounded = {**but(k=2, steps=each(4_000, 2_000), d_network=network("spectral"),
                     d_optimizer=adam(1e-3, 0.0, 0.9), g_optimizer=adam(3e-4, 0.0, 0.9)), **slow}
    return {
        "gan": common,
        "lsgan": but(loss=losses.LeastSquares()),
        # clipped weights make small outputs, which BatchNorm, as in the paper, brings to size again
        "wgan": but(loss=losses.Wasserstein(), k=3, steps=each(3_000, 1_200),
                    d_network=network("batch"), d_optimizer=lambda: Clipped(RMSprop(1e-3), 0.05)),
        "wgan-gp": but(loss=losses.Wasserstein(), penalty=lambda: penalties.WGANGP(1.0), k=3,
                       steps=each(3_000, 1_500), d_network=network(each(None, "layer"))),
        "dragan": dict(penalised, penalty=lambda: penalties.DRAGAN(1.0)),
        "cgan": but(condition="label", both_networks=conditional("join")),
        "infogan": but(condition="code", continuous=2, both_networks=conditional("auxiliary", 12),
                       loss=losses.MutualInformation(soft, 10, 2)),
        "acgan": but(condition="label", loss=losses.AuxiliaryClassifier(classes=10),
                     both_networks=conditional("auxiliary")),
        "projection": {**but(condition="label", both_networks=_projecting(size)), **slow,
                       # on 28x28 it has one image for each label without the penalty
                       **({} if size == 8 else dict(penalty=lambda: penalties.R1(1.0),
                                                    steps=1_500))},
        "ebgan": but(loss=losses.EnergyBased(0.1), d_network=lambda rng: _autoencoder(size, rng)),
        "ebgan-pt": but(loss=losses.EnergyBased(0.1, pulling_away=0.1),
                        d_network=lambda rng: _autoencoder(size, rng, embedding=True)),
        "began": but(loss=losses.BoundaryEquilibrium(0.7),
                     d_network=lambda rng: _autoencoder(size, rng, squares=False)),
        "r1": dict(penalised, penalty=lambda: penalties.R1(each(0.1, 1.0))),
        "r3gan": {**penalised, "loss": losses.Relativistic(),
                  "penalty": lambda: penalties.R1R2(1.0),
                  **({"d_optimizer": adam(1e-3), "g_optimizer": adam(1e-3)} if size == 8 else {})},
        "sn-gan": dict(bounded, loss=losses.Hinge()),
        # LayerNorm's input is small at first, and its second derivatives large: without on digits
        "unrolled": but(updates=Unrolled(2), steps=each(4_000, 800),
                        d_network=network(each(None, "batch")),
                        d_optimizer=adam(5e-4, 0.5, 0.999)),
        "consensus": but(updates=Consensus(0.1), steps=each(5_000, 1_200)),
        "ragan": but(loss=losses.RelativisticAverage()),
        # these three punish a wrong D with no bound, and so it ran away: its slope is bounded
        "f-kl": dict(bounded, loss=losses.KL()),
        "f-reverse-kl": dict(bounded, loss=losses.ReverseKL(original=True)),
        "f-pearson": dict(bounded, loss=losses.Pearson()) if size == 8 else but(
            loss=losses.Pearson(), d_optimizer=adam(3e-4, 0.5, 0.999)),
        "f-hellinger": but(loss=losses.SquaredHellinger()),
        "f-js": but(loss=losses.JensenShannon()),
        "pacgan": but(d_network=lambda rng: _packed(size, rng, usual)),
        "minibatch": {**but(d_network=lambda rng: _with_end(
            size, rng, "layer", MinibatchDiscrimination(HIDDEN, 16, 4), HIDDEN + 16)), **slow},
        "minibatch-std": but(d_network=lambda rng: _with_end(
            size, rng, usual, MinibatchStd(), HIDDEN + 1)),
        "maxout": but(d_network=lambda rng: _maxout(size, rng),
                      d_optimizer=adam(2e-4, 0.5, 0.999)),
    }


def _projecting(size):
    """LayerNorm on both sizes; on 28x28 with the generator of `slow`."""
    def both(rng):
        generator, discriminator = models.conditional_dcgan(
            size, 1, CLASSES, LATENT, WIDTH, WIDTH, HIDDEN, normalization="layer",
            head="projection", rng=rng)
        return generator if size == 8 else _spread(generator), discriminator
    return both


def _spread(generator, times=10):
    """The generator with its last convolution's first weights as many times larger."""
    generator.layers[-2].W[...] *= times
    return generator


def _discriminator(size, rng, normalization, channels=1):
    return models.dcgan_discriminator(size, channels, WIDTH, hidden=HIDDEN,
                                      normalization=normalization, rng=rng)


def _packed(size, rng, normalization, m=2):
    packs = _discriminator(size, rng, normalization, channels=m)
    return Network([Pack(m), *packs.layers], rng=rng, input_shape=(size, size, 1))


def _with_end(size, rng, normalization, layer, features):
    """The discriminator with one more layer before its last, which sees the batch."""
    *before, _ = _discriminator(size, rng, normalization).layers
    return Network([*before, layer, Dense(features, 1)], rng=rng, input_shape=(size, size, 1))


def _maxout(size, rng, pieces=5, units=100):
    """No convolutions, three hidden layers: Goodfellow et al. 2014 had such a D on MNIST."""
    layers, inputs = [Flatten()], size * size
    for _ in range(3):
        layers += [Dense(inputs, pieces * units), Maxout(pieces)]
        inputs = units
    return Network([*layers, Dense(inputs, 1)], rng=rng, input_shape=(size, size, 1))


def _autoencoder(size, rng, squares=True, embedding=False, code=32):
    """The discriminator down to a code, and its mirror image up again."""
    quarter = size // 4
    encoder = [Conv2D(1, WIDTH, 4, stride=2, padding=1), LeakyReLU(),
               Conv2D(WIDTH, 2 * WIDTH, 4, stride=2, padding=1), LeakyReLU(), Flatten(),
               Dense(quarter * quarter * 2 * WIDTH, code)]
    decoder = [Dense(code, quarter * quarter * 2 * WIDTH), Reshape(quarter, quarter, 2 * WIDTH),
               LeakyReLU(), ConvTranspose2D(2 * WIDTH, WIDTH, 4, stride=2, padding=1), LeakyReLU(),
               ConvTranspose2D(WIDTH, 1, 4, stride=2, padding=1)]
    return Reconstruction(encoder, decoder, rng=rng, squares=squares, embedding=embedding,
                          input_shape=(size, size, 1))
