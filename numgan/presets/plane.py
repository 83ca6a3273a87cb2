"""The family on data in the plane: the ring of eight Gaussians and the grid of twenty-five."""

from .. import losses, models, penalties
from ..game import Consensus
from ..layers import (Dense, LeakyReLU, Maxout, MinibatchDiscrimination, MinibatchStd, Pack)
from ..network import Network
from ..optimizers import Adam, Clipped, RMSprop
from ..reconstruction import Reconstruction
from ..unrolled import Unrolled
from .recipe import adam


def settings(grid):
    """name → what its Preset has, for the ring, or for the grid, which needs longer."""
    def steps(ring, for_grid):
        return for_grid if grid else ring

    common = dict(steps=steps(12_000, 20_000), d_optimizer=adam(1e-3), g_optimizer=adam(1e-3))
    # where D's loss is an exponential of its logit: a slow D, or, on the grid, one held from
    # growing steep, without which it diverges
    tame = {**common, "normalization": "spectral"} if grid else {**common,
                                                                 "d_optimizer": adam(2e-4)}
    noise = dict(noise=1.0)  # instance noise, where without it modes are missed
    classes = steps(8, 25)
    return {
        "gan": common,
        "lsgan": dict(loss=losses.LeastSquares(), **common),
        "wgan": dict(
            loss=losses.Wasserstein(), k=5, steps=steps(6_000, 10_000),
            d_optimizer=lambda: Clipped(Adam(3e-3, 0.0, 0.99), 0.2), g_optimizer=adam(1e-3)),
        "wgan-gp": dict(
            loss=losses.Wasserstein(), penalty=lambda: penalties.WGANGP(0.1), k=5,
            steps=steps(6_000, 8_000), d_optimizer=adam(1e-3, 0.0, 0.9),
            g_optimizer=adam(1e-3, 0.0, 0.9)),
        "dragan": dict(penalty=lambda: penalties.DRAGAN(1.0), **common),
        "cgan": dict(condition="label", both_networks=_conditional(classes), **common),
        "infogan": dict(condition="code", loss=losses.MutualInformation(categorical=classes),
                        both_networks=_conditional(classes, "auxiliary"), **common),
        "acgan": dict(condition="label", loss=losses.AuxiliaryClassifier(classes=classes),
                      both_networks=_conditional(classes, "auxiliary"), **common),
        "projection": dict(condition="label", both_networks=_conditional(classes, "projection"),
                           **common),
        "ebgan": dict(loss=losses.EnergyBased(1.0), d_network=lambda rng: _autoencoder(rng),
                      **common),
        "ebgan-pt": dict(loss=losses.EnergyBased(1.0, pulling_away=steps(0.002, 0.01)),
                         d_network=lambda rng: _autoencoder(rng, embedding=True), **common),
        "began": dict(loss=losses.BoundaryEquilibrium(0.75),
                      d_network=lambda rng: _autoencoder(rng, squares=False), **common),
        "r1": dict(penalty=lambda: penalties.R1(1.0), final_weight=0.02,
                   **{**common, "g_optimizer": adam(2e-3)}),
        "r3gan": dict(
            loss=losses.Relativistic(), penalty=lambda: penalties.R1R2(1.0), final_weight=0.02,
            steps=steps(15_000, 40_000), d_optimizer=adam(1e-3), g_optimizer=adam(2e-3)),
        "sn-gan": dict(loss=losses.Hinge(), normalization="spectral", **common),
        "unrolled": dict(
            loss=losses.Minimax(), updates=Unrolled(5), d_hidden=(128, 128), batch_size=128,
            steps=steps(4_000, 6_000), d_optimizer=adam(1e-3, 0.5, 0.999),
            g_optimizer=adam(1e-3, 0.5, 0.999)),
        "consensus": dict(
            updates=Consensus(0.1 if grid else 10.0), steps=steps(6_000, 10_000),
            d_optimizer=lambda: RMSprop(1e-3), g_optimizer=lambda: RMSprop(1e-3)),
        "ragan": dict(loss=losses.RelativisticAverage(), **common),
        "f-kl": dict(loss=losses.KL(), **tame),
        "f-reverse-kl": dict(loss=losses.ReverseKL(original=True),
                             **(tame if grid else {**common, **noise})),
        "f-pearson": dict(loss=losses.Pearson(), **common),
        "f-hellinger": dict(loss=losses.SquaredHellinger(), **tame),
        "f-js": dict(loss=losses.JensenShannon(), **common),
        "pacgan": dict(d_network=_packed, **common),
        "minibatch": dict(d_network=_discriminating, batch_size=64, g_optimizer=adam(1e-3),
                          **(dict(steps=30_000, d_optimizer=adam(6e-4), **noise) if grid else
                             dict(steps=12_000, d_optimizer=adam(3e-4)))),
        "minibatch-std": dict(d_network=_with_std, **common),
        "maxout": dict(d_network=_maxout, **({**common, **noise, "d_optimizer": adam(3e-4)} if grid
                                             else common)),
    }


def _conditional(classes, head="join"):
    def both(rng):
        return models.conditional_mlp(2, classes, 2, (128, 128, 128, 128), (128, 128, 128),
                                      head=head, rng=rng)
    return both


def _packed(rng, m=2):
    mlp = models.mlp_discriminator(2 * m, (128, 128, 128), rng=rng)
    return Network([Pack(m), *mlp.layers], rng=rng, input_shape=(2,))


def _discriminating(rng):
    return Network([Dense(2, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
                    MinibatchDiscrimination(128, 16, 4), Dense(144, 128, init="he"), LeakyReLU(),
                    Dense(128, 1)], rng=rng)


def _with_std(rng):
    return Network([Dense(2, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
                    MinibatchStd(), Dense(129, 128, init="he"), LeakyReLU(), Dense(128, 1)],
                   rng=rng)


def _maxout(rng):
    layers, inputs = [], 2
    for _ in range(3):
        layers += [Dense(inputs, 5 * 100), Maxout(5)]
        inputs = 100
    return Network([*layers, Dense(inputs, 1)], rng=rng)


def _autoencoder(rng, squares=True, embedding=False):
    """2 → 128 → 128 → 16 → 128 → 128 → 2: wide, for on a plane there is nothing to compress."""
    encoder = [Dense(2, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
               Dense(128, 16)]
    decoder = [Dense(16, 128, init="he"), LeakyReLU(), Dense(128, 128, init="he"), LeakyReLU(),
               Dense(128, 2)]
    return Reconstruction(encoder, decoder, rng=rng, squares=squares, embedding=embedding)
