"""What is meant when an argument is not given: the papers' values, and the protocol of the layers.
A changed default changes no gradient, and so nothing else would tell."""

import inspect

import numpy as np
import pytest

from numgan import costs, game, inversion, layers, losses, networks, optimizers, penalties, training
from numgan.layers import Layer

PROTOCOL = {"forward": {"train": False, "c": None},
            "backward": {"param_grads": True, "input_grad": True, "condition_grad": True,
                         "trace": None},
            "tangent": {"tparams": None, "tc": None},
            "tangent_backward": {"input_grad": True, "dtx": None, "condition_grad": True,
                                 "trace": None},
            "hvp": {"tparams": None, "tx": None, "train": True},
            "setup": {"dtype": np.float32}}
WEIGHTS = {"bias": True, "init": "glorot"}
DEFAULTS = {
    layers.LeakyReLU: {"slope": 0.2},  # Radford et al. 2016, section 4
    layers.ELU: {"alpha": 1.0},  # Clevert et al. 2016
    layers.Conv2D: {"stride": 1, "padding": 0, **WEIGHTS},
    layers.ModulatedConv2D: {"padding": 0, "demodulate": True, "eps": 1e-8, "init": "glorot"},
    layers.ConvTranspose2D: {"stride": 1, "padding": 0, "output_padding": 0, **WEIGHTS},
    layers.Dense: WEIGHTS,
    layers.Projection: {"init": "glorot"},
    layers.Recurrent: {"states": False, "init": "glorot"},
    layers.GRU: {"states": False, "init": "glorot"},
    layers.GRUCell: {"init": "glorot"},
    layers.AdditiveAttention: {"init": "glorot"},
    layers.Maxout: {"pieces": 5},
    layers.MaxPool2D: {"window": 2},
    layers.Pack: {"m": 2},
    layers.MinibatchDiscrimination: {"kernels": 16, "dims": 4, "init": "glorot"},
    layers.MinibatchStd: {"eps": 1e-8},  # Karras et al. 2018
    layers.Dropout: {"rate": 0.5, "rng": None, "always": False},
    layers.GaussianNoise: {"rng": None},
    layers.BatchNorm: {"momentum": 0.1, "eps": 1e-5},
    layers.InstanceNorm: {"eps": 1e-5},
    layers.LayerNorm: {"eps": 1e-5},
    layers.Truncation: {"momentum": 0.005},  # 1 − 0.995, as in the authors' code
    layers.Styles: {"mixing": 0.0, "rng": None},
    layers.Softmax: {"temperature": 1.0, "hard": False},
    layers.GumbelSoftmax: {"temperature": 1.0, "hard": False, "rng": None, "always": False},
    layers.NoiseInjection: {"rng": None},
    layers.Upsample2D: {"window": 2},
    layers.SpectralNorm: {"iterations": 1},  # Miyato et al. 2018, algorithm 1
    layers.Residual: {"shortcut": None, "scale": 1.0},
    losses.Minimax: {"smoothing": 0.0},
    losses.NonSaturating: {"smoothing": 0.0},
    losses.EnergyBased: {"margin": 1.0, "pulling_away": 0.0},
    losses.BoundaryEquilibrium: {"gamma": 0.5, "rate": 1e-3},  # Berthelot et al. 2017, λ_k
    losses.AuxiliaryClassifier: {"loss": None, "classes": 10, "weight": 1.0},
    losses.StyleAmbiguity: {"loss": None, "classes": 10, "weight": 1.0},
    losses.MutualInformation: {"loss": None, "categorical": 10, "continuous": 0, "weight": 1.0},
    **{cls: {"original": False} for cls in (losses.KL, losses.ReverseKL, losses.Pearson,
                                            losses.SquaredHellinger, losses.JensenShannon)},
    penalties.R1: {"weight": 10.0},  # Mescheder et al. 2018
    penalties.R2: {"weight": 10.0},
    penalties.R1R2: {"weight": 1.0},
    penalties.WGANGP: {"weight": 10.0, "one_sided": False},  # Gulrajani et al. 2017
    penalties.DRAGAN: {"weight": 10.0, "one_sided": False},  # Kodali et al. 2017
    optimizers.SGD: {"learning_rate": 0.01, "momentum": 0.0},
    optimizers.RMSprop: {"learning_rate": 1e-3, "decay": 0.9, "eps": 1e-8},  # Hinton, lecture 6.5
    # Radford et al. 2016 for rate and beta1; the rest is Kingma & Ba's
    optimizers.Adam: {"learning_rate": 2e-4, "beta1": 0.5, "beta2": 0.999, "eps": 1e-8},
    optimizers.Clipped: {"limit": 0.01},  # Arjovsky et al. 2017
    game.Game: {"penalty": None, "seed": 0},
    game.Consensus: {"weight": 10.0},  # Mescheder et al. 2017
    game.Unrolled: {"steps": 5},  # Metz et al. 2017
    training.WeightAverage: {"decay": 0.999},
    training.Alternating: {"k": 1},  # Goodfellow et al. 2014, algorithm 1
    networks.Network: {"dtype": np.float32, "input_shape": None},
    networks.Conditional: {"encoder": (), "keep": False, "dtype": np.float32},
    networks.Reconstruction: {"squares": True, "embedding": False, "dtype": np.float32,
                              "input_shape": None},
    training.train: {"k": 1, "batch_size": 64, "updates": "alternating", "schedule": "constant"},
    training.discriminator_step: {"scale": 1.0},
    training.generator_step: {"scale": 1.0},
    training.simultaneous_step: {"scale": 1.0},
    training.UpdateRule.step: {"scale": 1.0},
    # Isola et al. 2017, section 4.2 (λ)
    training.Translation: {"cost": None, "weight": 100.0, "target": "pair", "k": 1},
    training.Translation.step: {"scale": 1.0},
    training.fit: {"optimizer": None, "schedule": "constant", "train": True},
    inversion.invert: {"mask": None, "starts": 4, "steps": 300, "cost": None, "prior": 0.01,
                       "discriminator": None, "realism": 0.0, "condition": None,
                       "optimizer": None, "every": 10, "bar": False},
    inversion.tune: {"mask": None, "steps": 100, "cost": None, "condition": None,
                     "optimizer": None, "bar": False},
    costs.Features: {"layers": None, "cost": None},
    training.Alternating.step: {"scale": 1.0},
    training.Simultaneous.step: {"scale": 1.0},
    game.Unrolled.step: {"scale": 1.0},
    game.unrolled_generator_gradients: {"scale": 1.0},
    game.Consensus.step: {"scale": 1.0},
    optimizers.SGD.step: {"scale": 1.0},
    optimizers.RMSprop.step: {"scale": 1.0},
    optimizers.Adam.step: {"scale": 1.0},
    optimizers.Clipped.step: {"scale": 1.0},
}


def defaults_of(function):
    return {name: parameter.default for name, parameter in
            inspect.signature(function).parameters.items()
            if parameter.default is not inspect.Parameter.empty}


@pytest.mark.parametrize("made", DEFAULTS, ids=lambda made: made.__qualname__)
def test_what_is_not_given(made):
    assert defaults_of(made).items() >= DEFAULTS[made].items()


def test_every_public_class_with_defaults_is_in_the_table():
    modules = (layers, losses, penalties, optimizers, game)
    public = {cls for module in modules for _, cls in inspect.getmembers(module, inspect.isclass)
              if (cls.__module__ == module.__name__ or module in (layers, losses, game))
              and cls.__init__ not in (object.__init__, Layer.__init__) and defaults_of(cls)}
    assert public - {losses.FGAN, losses.ConditionPrediction} <= set(DEFAULTS)


def test_every_layer_keeps_to_the_protocol():
    """A forward pass does not train, a way back finds all gradients, nothing is known in advance.
    """
    found = [Layer]
    for cls in found:
        found += [each for each in cls.__subclasses__() if each.__module__.startswith("numgan")]
    assert len(found) > 30
    for cls in found:
        for method, wanted in PROTOCOL.items():
            if hasattr(cls, method):
                its = inspect.signature(getattr(cls, method)).parameters
                for name in wanted.keys() & its.keys():
                    assert its[name].default == wanted[name] or (
                        its[name].default is inspect.Parameter.empty), (cls, method, name)


@pytest.mark.parametrize("loss", [cls for _, cls in inspect.getmembers(losses, inspect.isclass)],
                         ids=lambda cls: cls.__name__)
def test_every_loss_keeps_to_the_protocol(loss):
    assert defaults_of(loss.generator) == {"real_logits": None}
    assert defaults_of(loss.generator_tangent) == {"real_logits": None, "t_real": None}
