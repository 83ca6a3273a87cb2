"""Absurd arguments: every public constructor and function refuses them, and says which and why."""

import dataclasses
import inspect

import numpy as np
import pytest

from demos.tips import methods
from numgan import (data, game, latent, layers, losses, metrics, models, networks, optimizers,
                    pairs, penalties, presets, training)
from numgan.layers import Dense, ReLU

NAN, INF = float("nan"), float("inf")
NO_NUMBER = [True, "x", None, NAN, INF, -INF, 1j, [1.0], np.ones(2), 10 ** 400]
NO_INTEGER = [True, "x", None, NAN, INF, 1.5, [2.0], np.ones(2), (1, 2, 3)]
BAD = {
    "positive": [*NO_NUMBER, -1, 0],
    "least 0": [*NO_NUMBER, -1],
    "fraction": [*NO_NUMBER, -0.1, 1.0, 2],
    "closed fraction": [*NO_NUMBER, -0.1, 1.1],
    "number or infinite": [True, "x", None, NAN, 1j, [1.0]],
    "threshold": [True, "x", None, NAN, -1, 0, 0.001],
    "count": [*NO_INTEGER, -1, 0],
    "count from 0": [*NO_INTEGER, -1],
    "size": [*NO_INTEGER, -1, 0, 9, 22],
    "sizes": [True, "x", None, NAN, 5, (2, -1), (2.5,), ("x",), (0,)],
    "shape": [True, "x", NAN, INF, (2, -1), (2.5,), 0],
    "flag": ["no", 1, 0, None, NAN, []],
    "name": ["x", 1, True, NAN, [], {}],
    "init": ["x", 1, None, True, NAN, [], {}],
    "rng": ["x", -1, 1.5, NAN, True, None],
    "rng or None": ["x", -1, 1.5, NAN, True],
    "dtype": ["x", int, bool, str, np.float16, "float16"],
    "layers": [None, 1, "ab", [], [1], [Dense], [Dense(2, 2), "x"]],
    "encoder": [None, 1, "ab", [1], [Dense]],
    "layer": [None, 1, "x", Dense, ReLU()],
    "network": [None, 1, "x", Dense(2, 2), models.mlp_generator],
    "optimizer": [None, 1, "x", optimizers.Adam],
    "optimizer or None": [1, "x"],
    "loss": [1, "x", losses.Minimax],
    "interval": [None, 1, "x", (1, 0), (0, NAN), (0, INF), ("a", "b"), (True, 2), (0, 1, 2)],
    "function or None": [1, "x", True, []],
    "function": [1, "x", True, [], None],
    "one latent": [None, "x", [], [NAN, 1], ["a", "b"], [[1], [1, 2]], np.ones((2, 2, 2)), [True]],
    "shares": [None, "x", NAN, [INF], [-0.1], [2], [["a"]], 0.5],
    "latents": [None, "x", [], np.ones(3), np.full((4, 2), NAN), [[1], [1, 2]]],
    "values": [None, "x", [], np.ones(3), np.full(4, INF), list("abcd"), [[1], [1, 2], 3, 4]],
    "share": [True, "x", None, NAN, INF, 0, -0.1, 0.6, [0.2]],
    "points": [None, "x", [], np.ones(3), np.full((4, 2), NAN), np.ones((3, 3)), [["a", "b"]]],
    "centers": [None, "x", [], np.ones(3), np.full((4, 2), INF), np.ones((3, 3)), [["a", "b"]]],
    "probabilities": [None, "x", [], np.ones(3), [[NAN, 0]], [[0.9, 0.9]], [[-1, 0]]],
    "probability": [None, "x", NAN, INF, -0.1, 1.1, ["a"], [[1], [1, 0]]],
    "labels": [None, "x", [], [0.5], [-1], [3], [[0]], [[0], [0, 1]], [NAN]],
    "batch": [None, "x", [[1.0, 2.0]], np.ones((3, 5)), np.ones((3, 2), np.float32),
              np.full((3, 2), NAN), np.ones((0, 2))],
}


def nets():
    return (networks.Network([Dense(2, 3), ReLU(), Dense(3, 2)], rng=0, dtype=np.float64),
            networks.Network([Dense(2, 1)], rng=1, dtype=np.float64))


G, D = nets()
MLP = dict(rng="rng", dtype="dtype", init="init", normalization="name")
CONV = dict(in_channels="count", out_channels="count", kernel="count", stride="count",
            padding="count from 0", bias="flag", init="init")
OF_LABELS = dict(head="name", embedding=None, modulated="flag", latent="count", classes="count")
TWO_SETS = dict(real=np.eye(6, 2), fake=np.eye(6, 2))
F_GANS = [losses.JensenShannon, losses.KL, losses.Pearson, losses.ReverseKL,
          losses.SquaredHellinger]

# what is called, arguments that it takes, and for each of its parameters what is absurd; None: any
TABLE = [
    (layers.Dense, dict(in_features=2, out_features=3),
     dict(in_features="count", out_features="count", bias="flag", init="init")),
    (layers.Conv2D, dict(in_channels=1, out_channels=2, kernel=3), CONV),
    (layers.ConvTranspose2D, dict(in_channels=1, out_channels=2, kernel=3, stride=2),
     dict(CONV, output_padding="count from 0")),
    (layers.BatchNorm, dict(features=2),
     dict(features="count", momentum="closed fraction", eps="positive")),
    (layers.LayerNorm, dict(features=2), dict(features="count", eps="positive")),
    (layers.InstanceNorm, dict(features=2), dict(features="count", eps="positive")),
    (layers.NoiseInjection, dict(channels=2), dict(channels="count", rng="rng or None")),
    (layers.Truncation, dict(features=2),
     dict(features="count", momentum="closed fraction")),
    (layers.Styles, dict(layers=3),
     dict(layers="count", mixing="closed fraction", rng="rng or None")),
    (layers.OwnStyle, dict(index=0, layers=1, layer=layers.Modulate(2, 2)),
     dict(index="count from 0", layers="count", layer="layer")),
    (layers.Softmax, {}, dict(temperature="positive", hard="flag")),
    (layers.GumbelSoftmax, {},
     dict(temperature="positive", hard="flag", rng="rng or None", always="flag")),
    (layers.LeakyReLU, {}, dict(slope="fraction")),
    (layers.ELU, {}, dict(alpha="positive")),
    (layers.Dropout, {}, dict(rate="fraction", rng="rng or None", always="flag")),
    (layers.GaussianNoise, dict(std=1), dict(std="least 0", rng="rng or None")),
    (layers.Maxout, {}, dict(pieces="count")),
    (layers.MaxPool2D, {}, dict(window="count")),
    (layers.Upsample2D, {}, dict(window="count")),
    (layers.Pack, {}, dict(m="count")),
    (layers.MinibatchDiscrimination, dict(in_features=2),
     dict(in_features="count", kernels="count", dims="count", init="init")),
    (layers.MinibatchStd, {}, dict(eps="positive")),
    (layers.SpectralNorm, dict(layer=Dense(2, 2)), dict(layer="layer", iterations="count")),
    (layers.Embedding, dict(words=3, features=2), dict(words="count", features="count")),
    (layers.Recurrent, dict(in_features=2, hidden=2),
     dict(in_features="count", hidden="count", states="flag", init="init")),
    (layers.GRU, dict(in_features=2, hidden=2),
     dict(in_features="count", hidden="count", states="flag", init="init")),
    (layers.GRUCell, dict(in_features=2, hidden=2),
     dict(in_features="count", hidden="count", init="init")),
    (layers.AdditiveAttention, dict(features=2, condition=2, hidden=2),
     dict(features="count", condition="count", hidden="count", init="init")),
    (layers.ModulatedConv2D, dict(in_channels=1, out_channels=2, kernel=3, condition=2),
     dict(in_channels="count", out_channels="count", kernel="count", condition="count",
          padding="count from 0", demodulate="flag", eps="positive", init="init")),
    (layers.Join, dict(condition=2), dict(condition="count")),
    (layers.Modulate, dict(features=2, condition=2), dict(features="count", condition="count")),
    (layers.Projection, dict(features=2, condition=2),
     dict(features="count", condition="count", init="init")),
    (networks.Network, dict(layers=[Dense(2, 2)], rng=0),
     dict(layers="layers", rng="rng", dtype="dtype", input_shape="shape")),
    (networks.Conditional, dict(layers=[layers.Join(2), Dense(4, 2)], shape=2, condition=2,
                                rng=0),
     dict(layers="layers", shape="shape", condition="count", encoder="encoder", keep="flag",
          rng="rng", dtype="dtype")),
    (networks.Translator, dict(layers=[Dense(2, 2)], rng=0),
     dict(layers="layers", rng="rng", dtype="dtype", input_shape="shape")),
    (networks.Reconstruction, dict(encoder=[Dense(2, 1)], decoder=[Dense(1, 2)], rng=0),
     dict(encoder="layers", decoder="layers", rng="rng", squares="flag", embedding="flag",
          dtype="dtype", input_shape="shape")),
    (pairs.one_hot, dict(labels=[0, 1], classes=3),
     dict(labels="labels", classes="count", dtype=None)),
    (pairs.latents, dict(latent=2, classes=3),
     dict(latent="count from 0", classes="count", continuous="count from 0")),

    (models.mlp_generator, dict(rng=0),
     dict(MLP, latent="count", outputs="count", hidden="sizes", bounded="flag")),
    (models.mlp_discriminator, dict(rng=0),
     dict(MLP, inputs="count", hidden="sizes", slope="fraction")),
    (models.dcgan_generator, dict(size=8, latent=2, width=2, rng=0),
     dict(size="size", channels="count", latent="count", width="count", hidden=None, rng="rng",
          dtype="dtype", last_init="init")),
    (models.dcgan_discriminator, dict(size=8, width=2, rng=0),
     dict(size="size", channels="count", width="count", slope="fraction", hidden=None,
          normalization="name", rng="rng", dtype="dtype", init="init")),
    (models.conditional_mlp, dict(rng=0, modulated=False, head="join"),
     dict(OF_LABELS, outputs="count", g_hidden="sizes", d_hidden="sizes", bounded="flag", rng="rng",
          dtype="dtype", init="init", how=None)),
    (models.conditional_dcgan, dict(size=8, latent=2, width=2, d_width=2, rng=0),
     dict(OF_LABELS, size="size", channels="count", width="count", d_width="count", hidden=None,
          normalization="name", rng="rng", dtype="dtype", last_init="init", d_init="init",
          how=None)),

    (losses.Minimax, {}, dict(smoothing="fraction")),
    (losses.NonSaturating, {}, dict(smoothing="fraction")),
    *[(loss, {}, dict(original="flag")) for loss in F_GANS],
    (losses.EnergyBased, {}, dict(margin="positive", pulling_away="least 0")),
    (losses.BoundaryEquilibrium, {}, dict(gamma="closed fraction", rate="closed fraction")),
    (losses.AuxiliaryClassifier, {},
     dict(loss="loss", classes="count", weight="least 0")),
    (losses.StyleAmbiguity, {}, dict(loss="loss", classes="count", weight="least 0")),
    (losses.MutualInformation, {},
     dict(loss="loss", categorical="count", continuous="count from 0", weight="least 0")),
    (losses.cross_entropy, dict(p=[0, 1], q=[0, 1]), dict(p="probability", q="probability")),
    (losses.binary_cross_entropy, dict(target=1, probability=1),
     dict(target="probability", probability="probability")),
    (losses.value_function, dict(d_real=[0.5], d_fake=[0.5]),
     dict(d_real="probability", d_fake="probability")),

    *[(kind, {}, dict(weight="least 0")) for kind in (penalties.R1, penalties.R2, penalties.R1R2)],
    *[(kind, {}, dict(weight="least 0", one_sided="flag"))
      for kind in (penalties.WGANGP, penalties.DRAGAN)],
    (optimizers.SGD, {}, dict(learning_rate="positive", momentum="fraction")),
    (optimizers.RMSprop, {}, dict(learning_rate="positive", decay="fraction", eps="least 0")),
    (optimizers.Adam, {},
     dict(learning_rate="positive", beta1="fraction", beta2="fraction", eps="least 0")),
    (optimizers.Clipped, dict(optimizer=optimizers.SGD()),
     dict(optimizer="optimizer", limit="positive")),
    (optimizers.schedule, dict(name="linear"), dict(name="name")),

    (training.Alternating, {}, dict(k="count")),
    (training.Translation, {},
     dict(cost="loss", weight="least 0", target="name", k="count")),
    (training.made_by, dict(generator=G, batch_size=2, rng=np.random.default_rng(0)),
     dict(generator="network", batch_size="count", rng="rng")),
    (training.WeightAverage, dict(generator=G), dict(generator="network", decay="fraction")),
    (game.Unrolled, {}, dict(steps="count from 0")),
    (game.Consensus, {}, dict(weight="least 0")),
    (game.Game, dict(generator=G, discriminator=D, real=np.ones((3, 2)), z=np.ones((3, 2)),
                     loss=losses.Minimax()),
     dict(generator="network", discriminator="network", real="batch", z="batch", loss=None,
          penalty=None, seed="count from 0")),
    (methods.NoisyLabels, {}, dict(real="interval", fake="interval", rng="rng")),
    (methods.Flipped, dict(share=0.1, rng=0), dict(share="fraction", rng="rng")),
    (methods.Replay, dict(share=0.1, capacity=9, rng=0),
     dict(share="closed fraction", capacity="count", rng="rng")),
    (methods.Checkpoints, {}, dict(every="count", length="count", keep="count")),
    (methods.Balanced, dict(d_above=1, g_above=1),
     dict(d_above="number or infinite", g_above="number or infinite")),
    (methods.HybridVAE, dict(encoder=G),
     dict(encoder="network", weight="positive", tau="positive", optimizer="optimizer or None")),

    (latent.great_circle, dict(a=[1.0, 0], b=[0, 1.0], shares=[0.5]),
     dict(a="one latent", b="one latent", shares="shares")),
    (latent.straight_line, dict(a=[1.0, 0], b=[0, 1.0], shares=[0.5]),
     dict(a="one latent", b="one latent", shares="shares")),
    (latent.trait_direction, dict(z=np.eye(4, 2), values=np.arange(4), share=0.5),
     dict(z="latents", values="values", share="share")),
    (latent.truncated_normal, dict(rng=0, shape=(2, 3)),
     dict(rng="rng", shape=None, threshold="threshold")),
    (metrics.mode_statistics, dict(samples=[[0, 0]], centers=[[0, 0]], std=1),
     dict(samples="points", centers="centers", std="positive", radius="positive")),
    (metrics.sample_report, dict(probabilities=[[1, 0]]),
     dict(probabilities="probabilities", threshold="positive")),
    (metrics.precision_recall, TWO_SETS, dict(real="points", fake="points", k="count")),
    (metrics.density_coverage, TWO_SETS, dict(real="points", fake="points", k="count")),
    (metrics.ndb, dict(TWO_SETS, bins=2, rng=0),
     dict(real="points", fake="points", bins="count", rng="rng", z="positive")),
    (metrics.mmd, TWO_SETS, dict(real="points", fake="points", kernel="name", bandwidth=None)),
    (metrics.energy_distance, TWO_SETS, dict(real="points", fake="points")),
    (metrics.wasserstein2, TWO_SETS, dict(real="points", fake="points")),
    (metrics.median_distance, dict(samples=np.eye(2)), dict(samples="points", most="count")),
    (metrics.parzen_log_likelihood, dict(fake=np.eye(2), test=np.eye(2), validation=np.eye(2)),
     dict(fake="points", test="points", bandwidth=None, validation="points", candidates=None)),
    (metrics.best_bandwidth, dict(fake=np.eye(2), validation=np.eye(2)),
     dict(fake="points", validation="points", candidates=None)),
    (metrics.frechet_distance, TWO_SETS, dict(real="points", fake="points")),
    (metrics.classifier_score, dict(probabilities=[[1, 0]]), dict(probabilities="probabilities")),
    (metrics.fit_lenet, dict(samples=np.eye(2), labels=[0, 1], rng=0, steps=1),
     dict(samples="points", labels="labels", rng="rng", steps="count", batch_size="count",
          report=None)),
    (metrics.report, dict(real=np.random.default_rng(0).normal(size=(40, 2)),
                          fake=np.random.default_rng(1).normal(size=(20, 2)), resamples=2),
     dict(real="points", fake="points", second=None, network=None, labels=None, most="count",
          resamples="count", rng="rng", fit=None)),
    (presets.preset, dict(name="gan", dataset="ring"), dict(name="name", dataset="name")),
    (presets.besides, dict(name="gan"), dict(name="name", datasets=None)),
    (presets.names, dict(dataset="ring"), dict(dataset="name")),
    (presets.adam, dict(rate=1), dict(rate="positive", beta1="fraction", beta2="fraction")),
    (presets.faded, dict(start=1, end=0.1, progress=0),
     dict(start="positive", end="positive", progress="least 0")),
    (presets.nearest, dict(points=np.ones((2, 2)), centers=np.ones((3, 2))),
     dict(points=None, centers=None)),
]
NAMES = [what.__name__ for what, _, _ in TABLE]
CASES = [pytest.param(what, good, name, value, id=f"{what.__name__}-{name}-{index}")
         for what, good, kinds in TABLE for name, kind in kinds.items() if kind
         for index, value in enumerate(BAD[kind])]


@pytest.mark.parametrize("what, good, kinds", TABLE, ids=NAMES)
def test_the_table_has_every_parameter_and_what_is_good_is_taken(what, good, kinds):
    parameters = set(inspect.signature(what).parameters)
    assert parameters <= set(kinds), parameters - set(kinds)
    what(**good)


@pytest.mark.parametrize("what, good, name, value", CASES)
def test_absurd_values_are_refused_with_the_name_of_what_was_wrong(what, good, name, value):
    with pytest.raises((ValueError, TypeError)) as caught:
        what(**{**good, name: value})
    text = str(caught.value)
    assert ": " in text or text.startswith("unknown ")
    assert "must" in text or "expected" in text.lower(), text


def test_the_table_has_everything_that_takes_a_number():
    """Of each module what is public, is its own, and has parameters."""
    elsewhere = {"Layer", "Loss", "Separable", "FGAN", "ConditionPrediction",
                 "Optimizer", "Penalty",  # bases
                 "Reshape", "Chain", "Concatenate", "Residual", "Skip", "PerWord",  # below
                 "Decoder",  # test_decoder
                 "binary_cross_entropy_with_logits", "value_function", "constant", "linear_decay",
                 "cosine_decay", "discriminator_hvp", "MixedBatches",  # of arrays from networks
                 "digit_classifier", "Classifier", "SampleReport", "ModeStatistics",  # test_metrics
                 "BinStatistics", "DensityCoverage", "Likelihood", "PrecisionRecall",  # results
                 "GanTrainTest", "Report", "LeNet", "gan_train_test",  # test_metric_report
                 "Images", "Preset", "Training", "Member",  # below
                 "OneAfterTheOther"}  # of functions
    about_themselves = {"buffers", "shapes"}  # of Layer: a layer without arguments of its own
    public = set()
    for module in (layers, losses, presets, metrics):
        public |= {name for name in module.__all__ if callable(getattr(module, name))}
    for module in (penalties, optimizers, methods, latent):
        public |= {name for name, value in vars(module).items() if callable(value)
                   and not name.startswith("_") and value.__module__ == module.__name__}
    public = {name for name in public - elsewhere - set(NAMES)
              if set(inspect.signature(vars_of(name)).parameters) - about_themselves}
    assert not public


def vars_of(name):
    return next(getattr(module, name) for module in
                (layers, losses, presets, metrics, penalties, optimizers, methods, latent)
                if hasattr(module, name))


@pytest.mark.parametrize("sizes", [(), (0,), (-1, 2), (True,), ("x",), (2.5,), (None,)], ids=str)
def test_reshape_takes_positive_sizes(sizes):
    with pytest.raises(ValueError, match="Reshape: "):
        layers.Reshape(*sizes)
    assert layers.Reshape(np.int64(2), 3).shape == (2, 3)
    assert layers.Reshape((2, 3)).shape == layers.Reshape([2, 3]).shape == (2, 3)


@pytest.mark.parametrize("kind", [layers.Chain, layers.Concatenate, layers.PerWord, layers.Residual,
                                  layers.Skip])
@pytest.mark.parametrize("value", [1, "x", Dense], ids=repr)
def test_layers_are_made_of_layers(kind, value):
    with pytest.raises(TypeError, match="must be a Layer"):
        kind(Dense(2, 2), value)
    for scale in NO_NUMBER:
        with pytest.raises(ValueError, match="Residual: scale must be a finite number, got"):
            layers.Residual(Dense(2, 2), scale=scale)


# -- what is changed later, and presets ------------------------------------------------------------


def test_a_learning_rate_may_be_changed_to_another_but_not_to_nonsense():
    adam = optimizers.Adam()
    adam.learning_rate /= 2
    assert adam.learning_rate == 1e-4
    for value in BAD["positive"]:
        with pytest.raises(ValueError, match="Adam: learning_rate must be a finite number > 0"):
            adam.learning_rate = value
    assert adam.learning_rate == 1e-4


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int8, np.uint64, int])
def test_numbers_of_numpy_are_numbers(kind):
    assert penalties.R1(kind(2)).weight == 2.0 and layers.LeakyReLU(kind(0)).slope == 0.0
    assert type(penalties.R1(kind(2)).weight) is float


def test_float16_is_refused_with_the_reason():
    for make in (lambda: models.mlp_generator(rng=0, dtype=np.float16),
                 lambda: G.astype("float16")):
        with pytest.raises(TypeError, match="float16 cannot hold .*eps.*Expected float32"):
            make()


PRESET = {"final_weight": "least 0", "k": "count", "batch_size": "count", "steps": "count from 0",
          "average": "fraction", "latent": "count", "noise": "least 0", "fade": "positive",
          "continuous": "count from 0", "g_hidden": "sizes", "d_hidden": "sizes", "g_init": "init",
          "normalization": "name", "condition": "name", "schedule": "name", "updates": "name",
          "penalty": "function or None", "g_optimizer": "function", "d_optimizer": "function",
          "g_network": "function or None", "d_network": "function or None",
          "both_networks": "function or None", "loss": "loss"}
MAY_BE_NONE = {"final_weight", "noise"}


@pytest.mark.parametrize("name", PRESET)
def test_presets_refuse_absurd_settings(name):
    recipe = presets.preset("gan", "ring")
    assert set(PRESET) | {"title", "changes", "besides"} == {
        field.name for field in dataclasses.fields(recipe)}
    for value in BAD[PRESET[name]]:
        if value is None and name in MAY_BE_NONE:
            continue
        with pytest.raises((ValueError, TypeError), match="must|expected"):
            dataclasses.replace(recipe, **{name: value}).start(data.ring(), 0)


@pytest.mark.parametrize("real, seed, message", [
    (data.ring(), "x", "rng must be .* seed"), (data.ring(), -1, "rng must be"),
    (data.ring(), True, "rng must be"), ("ring", 0, "expected source to be a numeric array"),
    (presets.Images(np.ones((5, 8, 8)), np.arange(5)), 0, r"expected images .* got .* \(5, 8, 8\)"),
    (presets.Images(np.ones((5, 8, 8, 1)), np.arange(5) / 2), 0, "an integer, for each of the 5"),
    (presets.Images(np.ones((5, 8, 8, 1)), -np.arange(5)), 0, "a label >= 0"),
])
def test_a_preset_starts_on_data_only(real, seed, message):
    with pytest.raises((ValueError, TypeError), match=message):
        presets.preset("gan", "digits" if isinstance(real, presets.Images) else "ring").start(
            real, seed)


@pytest.mark.parametrize("name", ["count", "which"])
def test_eigenvalues(name):
    played = game.Game(G, D, np.ones((3, 2)), np.ones((3, 2)), losses.Minimax())
    for value in BAD["count" if name == "count" else "name"]:
        if value is not None:
            with pytest.raises(ValueError, match=f"eigenvalues: .*{name}"):
                played.eigenvalues(**{name: value})
