"""Pairs of samples and labels: the layers, the helpers, a training that learns what is asked."""

import argparse
import copy
import re

import numpy as np
import pytest
from PIL import Image

from demos import conditional_digits, judging, labelled, results
from demos.arguments import QUICK
from demos.images import variety
from numgan import (Adam, BatchNorm, Dense, Network, NonSaturating, Tanh, data, metrics,
                    plotting)
from numgan.layers import Join, Modulate, Projection
from numgan.losses import AuxiliaryClassifier, MutualInformation
from numgan.networks import Conditional
from numgan.networks.models import (conditional_dcgan, conditional_mlp, conditioned,
                                    mlp_discriminator, mlp_generator)
from numgan.pairs import Pair, latents, one_hot, x_of
from numgan.penalties import DRAGAN, R1, R1R2, WGANGP
from numgan.training import train
from judges import Seven
from stops import stop_after


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def pair(n, features, codes, seed=0):
    return Pair(normal(n, features, seed=seed), normal(n, codes, seed=seed + 1))


def test_the_condition_is_kept_beside_the_result():
    network = Conditional([Join(2), Dense(5, 3), Tanh()], 3, 2, keep=True, rng=0, dtype=np.float64)
    x, c = pair(4, 3, 2)
    y = network.forward(Pair(x, c))[0]
    inner = Network([copy.deepcopy(layer) for layer in network.layers[1:]], rng=0,
                    dtype=np.float64)
    inner.theta[...] = network.theta
    assert y.c is c and np.array_equal(y.x, inner.forward(np.concatenate([x, c], axis=1))[0])
    assert network.output_shape((3,)) == (3,)


def test_join_puts_the_label_under_every_pixel():
    network = Conditional([Join(2)], (2, 3, 1), 2, rng=0, dtype=np.float64)
    x, c = normal(4, 2, 3, 1), normal(4, 2)
    y = network.forward(Pair(x, c))[0]
    assert y.shape == (4, 2, 3, 3) and np.array_equal(y[..., :1], x)
    assert (y[..., 1:] == c[:, None, None]).all()
    with pytest.raises(ValueError, match=r"expected c of shape \(N, 2\), got \(4, 1\)"):
        network.forward(Pair(x, c[:, :1]))


def test_an_image_stands_beside_an_image():
    network = Conditional([Join(2)], (2, 3, 1), (2, 3, 2), rng=0, dtype=np.float64)
    x, c = normal(4, 2, 3, 1), normal(4, 2, 3, 2)
    assert np.array_equal(network((x, c)), np.concatenate([x, c], axis=3))
    layer = Join(2)
    with pytest.raises(ValueError, match=r"image of the size of x, \(2, 3\), got \(3, 3\)"):
        layer.forward(x, c=normal(4, 3, 3, 2))


def test_conditional_batch_norm_has_a_gain_and_a_shift_for_each_class():
    network = Conditional([Modulate(2, 3)], 2, 3, rng=0, dtype=np.float64)
    x = normal(3, 2)
    assert np.array_equal(network((x, np.eye(3))), x)  # at first it changes nothing
    network.layers[0].Gamma[...] = [[0, 0], [1, 2], [0, 0]]
    network.layers[0].Beta[...] = [[0, 0], [0, 0], [3, 4]]
    np.testing.assert_allclose(network((x, np.eye(3))), x * [[1, 1], [2, 3], [1, 1]]
                               + [[0, 0], [0, 0], [3, 4]])


def test_a_projection_compares_with_what_was_asked_for():
    network = Conditional([Projection(2, 3)], 2, 3, rng=0, dtype=np.float64)
    layer, x = network.layers[0], normal(3, 2)
    np.testing.assert_allclose(network((x, np.eye(3)))[:, 0],
                               ((layer.w + layer.V) * x[:3]).sum(axis=1) + layer.b)


def test_an_encoder_changes_the_condition_that_layers_see_but_not_the_one_that_is_kept():
    embedding = Dense(3, 2, bias=False)
    network = Conditional([Join(2)], 1, 3, encoder=[embedding], keep=True, rng=0, dtype=np.float64)
    y = network((np.zeros((3, 1)), np.eye(3)))
    assert np.array_equal(y.x[:, 1:], embedding.W) and np.array_equal(y.c, np.eye(3))


def test_without_input_gradient_the_encoder_still_gets_its_own():
    """The first layer of the chain has no parameters, but c's way goes through it."""
    network = Conditional([Join(2), Dense(3, 1)], 1, 3, encoder=[Dense(3, 2)], rng=0,
                          dtype=np.float64)
    y, cache = network.forward(pair(4, 1, 3))
    network.grad.fill(0)
    assert network.backward(np.ones_like(y), cache, input_grad=False) is None
    assert network.layers[0].dW.any() and network.layers[2].dW.any()


def test_an_encoder_of_one_number_learns_too():
    """y = x · 1 + (c w) · 1: dw = Σ c dy."""
    network = Conditional([Join(1), Dense(2, 1, bias=False)], 1, 1, rng=0, dtype=np.float64,
                          encoder=[Dense(1, 1, bias=False)])
    network.theta[:] = [0.5, 1, 1]
    x, c = np.ones((3, 1)), np.array([[1.0], [2], [4]])
    y, cache = network.forward(Pair(x, c))
    network.backward(np.ones_like(y), cache, input_grad=False)
    assert network.grad.tolist() == [7, 3, 3.5]


def test_statistics_of_a_conditional_network_are_kept_too():
    network = Conditional([Join(2), BatchNorm(3)], 1, 2, rng=0, dtype=np.float64)
    _, cache = network.forward(Pair(10 + normal(4, 1), 10 + normal(4, 2)), train=True)
    network.commit(cache)
    assert (network.layers[1].running_mean > 0.5).all()


def test_what_acgan_and_infogan_pay_for_a_guess():
    """Logit 0; logits of three classes (0, 0, ln 2); the class is the last, which has p = 1/2."""
    outputs = Pair(np.array([[0, 0, 0, np.log(2)]]), np.array([[0, 0, 1.0]]))
    plain, guess = 2 * np.log(2), np.log(2)
    ac, info = AuxiliaryClassifier(classes=3, weight=2), MutualInformation(categorical=3, weight=2)
    assert ac.discriminator(outputs, outputs)[0] == pytest.approx(plain + 2 * (guess + guess))
    assert info.discriminator(outputs, outputs)[0] == pytest.approx(plain + 2 * guess)  # fake only
    for loss in ac, info:
        assert loss.generator(outputs)[0] == pytest.approx(np.log(2) + 2 * guess)
    numbers = MutualInformation(categorical=0, continuous=2)  # means 1 and 2 for codes 0.5 and 0
    outputs = Pair(np.array([[0, 1, 2.0]]), np.array([[0.5, 0.0]]))
    assert numbers.generator(outputs)[0] == pytest.approx(np.log(2) + (0.25 + 4) / 2)


def test_a_penalty_looks_at_the_logit_alone():
    """A D whose guess is steep and whose logit is flat pays nothing."""
    D = Conditional([Dense(1, 3)], 1, 2, keep=True, rng=0, dtype=np.float64)
    D.theta[...] = [0, 50, -50, 0, 0, 0]
    real = Pair(normal(4, 1), np.eye(2)[[0, 1, 0, 1]])
    assert R1().add_gradient(D, real, real, np.random.default_rng(0)) == 0


def test_heads_see_what_they_should():
    for head, seen in ("join", True), ("projection", True), ("auxiliary", False):
        D = conditional_mlp(2, 3, head=head, rng=0)[1]
        x = np.tile(normal(1, 2), (2, 1)).astype(np.float32)
        first, second = x_of(D((x, np.eye(3)[:2])))[:, 0]
        assert (first != second) == seen


@pytest.mark.parametrize("penalty", [R1(), WGANGP(), DRAGAN(), R1R2()], ids=repr)
def test_a_penalty_looks_at_the_gradient_by_the_sample_and_not_by_the_condition(penalty):
    """A D that depends on c alone, as steeply as you like, has nothing to pay but for norm 0."""
    D = Conditional([Join(2), Dense(3, 1)], 1, 2, rng=0, dtype=np.float64)
    real = Pair(normal(4, 1), np.eye(2)[[0, 1, 0, 1]])
    fake = Pair(normal(4, 1, seed=1), np.eye(2)[[1, 1, 0, 0]])
    D.theta[...] = [0, 50, -50, 1]
    value = penalty.add_gradient(D, real, fake, np.random.default_rng(0))
    assert value == pytest.approx(penalty.weight if isinstance(penalty, WGANGP) else 0)


def test_between_two_pairs_the_condition_is_the_real_one():
    seen = []

    class D(Conditional):
        def forward(self, x, train=False):
            seen.append(x)
            return super().forward(x, train)

    real = Pair(normal(4, 1), np.eye(2)[[0, 1, 0, 1]])
    fake = Pair(normal(4, 1, seed=1), np.eye(2)[[1, 0, 1, 0]])
    WGANGP().add_gradient(D([Join(2), Dense(3, 1)], 1, 2, rng=0, dtype=np.float64), real, fake,
                          np.random.default_rng(0))
    assert seen[0].c is real.c and not np.isin(seen[0].x, real.x).any()


def test_latents_have_a_label_beside_z():
    z = latents(3, 4)(500, np.random.default_rng(0))
    assert z.x.shape == (500, 3) and z.x.dtype == z.c.dtype == np.float32
    labels = z.c
    assert (labels.sum(axis=1) == 1).all() and set(labels.argmax(axis=1)) == {0, 1, 2, 3}
    assert (np.bincount(labels.argmax(axis=1)) > 90).all() and abs(z.x.mean()) < 0.1
    assert z.x.std() == pytest.approx(1, abs=0.05)
    codes = latents(3, 4, 2)(500, np.random.default_rng(0)).c[:, 4:]
    assert codes.shape == (500, 2) and codes.dtype == np.float32
    assert -1 <= codes.min() < -0.98 and 0.98 < codes.max() <= 1 and abs(codes.mean()) < 0.05


@pytest.mark.parametrize("how, loss", [
    ({}, NonSaturating()), ({"embedding": 2}, NonSaturating()),
    ({"head": "projection"}, NonSaturating()), ({"modulated": True}, NonSaturating()),
    ({"head": "auxiliary"}, AuxiliaryClassifier(classes=2)),
], ids=["joined", "embedding", "projection", "conditional BatchNorm", "ACGAN"])
def test_a_conditional_gan_learns_what_is_asked_for(how, loss):
    """Two heaps at −1 and 1, labelled: after some hundred steps each label gives its own."""
    rng = np.random.default_rng(0)
    generator, discriminator = conditional_mlp(1, 2, 2, (16,), (16,), rng=rng, **how)

    def data(n):
        labels = rng.integers(2, size=n)
        x = 2.0 * labels[:, None] - 1 + 0.1 * rng.standard_normal((n, 1))
        return Pair(x.astype(np.float32), one_hot(labels, 2))

    list(train(generator, discriminator, data, loss=loss, steps=400, batch_size=64,
               rng=rng, latent=latents(2, 2), d_optimizer=Adam(5e-3), g_optimizer=Adam(5e-3)))
    z = normal(200, 2).astype(np.float32)
    low, high = (generator((z, one_hot(np.full(200, k), 2))).x for k in (0, 1))
    assert low.mean() < -0.5 and high.mean() > 0.5


def test_labels_that_are_no_classes_end_the_training_before_its_first_step():
    G, D = conditional_mlp(2, 2, head="auxiliary", rng=0)
    before = G.theta.copy(), D.theta.copy()
    labels = 255 * one_hot([0, 1] * 20, 2)
    sample = data.sampler((normal(40, 2), labels), np.random.default_rng(0))
    with pytest.raises(ValueError, match="one-hot rows or probabilities .* from 0 to 255"):
        next(train(G, D, sample, loss=AuxiliaryClassifier(classes=2), steps=1,
                   latent=latents(*G.input_shape, 2), batch_size=8, rng=np.random.default_rng(0)))
    assert np.array_equal(before[0], G.theta) and np.array_equal(before[1], D.theta)


def test_infogan_finds_the_heaps_without_labels():
    """Three heaps, no labels: each code gives one heap of its own."""
    rng = np.random.default_rng(0)
    heaps = np.array([[-1.0, 0], [1, 0], [0, 1.5]])
    generator, discriminator = conditional_mlp(2, 3, 2, (32,), (32,), head="auxiliary", rng=rng)

    def data(n):
        x = heaps[rng.integers(3, size=n)] + 0.1 * rng.standard_normal((n, 2))
        return Pair(x.astype(np.float32), np.zeros((n, 3), np.float32))

    list(train(generator, discriminator, data, loss=MutualInformation(categorical=3), steps=600,
               rng=rng, latent=latents(2, 3), d_optimizer=Adam(3e-3), g_optimizer=Adam(3e-3)))
    z = normal(300, 2).astype(np.float32)
    found = [generator((z, one_hot(np.full(300, k), 3))).x.mean(axis=0)
             for k in range(3)]
    distances = np.linalg.norm(np.array(found)[:, None] - heaps, axis=2)
    assert sorted(distances.argmin(axis=1)) == [0, 1, 2] and distances.min(axis=1).max() < 0.4


def test_both_networks_of_the_dcgan_fit_each_other():
    generator, discriminator = conditional_dcgan(8, 1, 3, latent=4, width=2, d_width=2, rng=0)
    made = generator(latents(4, 3)(5, np.random.default_rng(0)))
    assert made.x.shape == (5, 8, 8, 1) and made.c.shape == (5, 3)
    assert discriminator(made).shape == (5, 1)


@pytest.mark.parametrize("make, error, message", [
    (lambda: one_hot([2, 1, 3], 3), ValueError,
     r"expected integers \(N,\) in 0 ... 2, got integers from 1 to 3"),
    (lambda: one_hot([-1, 0], 3), ValueError, "in 0 ... 2, got integers from -1 to 0"),
    (lambda: one_hot([0.5], 3), ValueError, r"got float64 of shape \(1,\)$"),
    (lambda: one_hot(["cat", "dog"], 3), ValueError,
     r"got <U3 of shape \(2,\); of names: .*unique\(names, return_inverse=True\)"),
    (lambda: one_hot(np.array(["cat", "dog"], object), 3), ValueError, "return_inverse=True"),
    (lambda: one_hot([[1], [1, 2]], 3), ValueError, r"got object of shape \(\)$"),
    (lambda: Pair(np.ones((3, 2)), np.ones((2, 4))), ValueError, "as many conditions"),
    (lambda: Network([Dense(2, 2), Join(3)], rng=0), ValueError,
     r"Join\(3\) sees a condition beside x, and a Network has none"),
    (lambda: Conditional([Dense(2, 1)], 2, 3, rng=0)(np.ones((4, 2))), TypeError,
     r"expected a Pair of x \(N, 2\) and its condition c \(N, 3\), got an array of shape"),
    (lambda: Conditional([Dense(2, 1)], 2, 3, rng=0)((np.ones((4, 2)), np.full((4, 3), np.nan))),
     ValueError, "expected finite c"),
    (lambda: Conditional([Join(3)], 2, 3, rng=0).forward(
        Pair(np.ones((4, 2), np.float32), np.ones((4, 3), int))), TypeError,
     "expected c as a float32 array, got int"),
    (lambda: Conditional([Join(3)], 2, 2, rng=0), ValueError, "condition of 2 numbers, got Join"),
    (lambda: Conditional([Dense(3, 1)], 2, 2, rng=0), ValueError, r"expected x of shape \(N, 3\)"),
    (lambda: Conditional([Projection(3, 2)], 4, 2, rng=0), ValueError, r"\(N, 3\)"),
    (lambda: conditional_mlp(head="side", rng=0), ValueError, "join, projection, auxiliary"),
    (lambda: conditioned(lambda extra: mlp_generator(2 + extra, rng=0), lambda extra:
                         mlp_discriminator(2 + extra, rng=0), 2, 2, 3, modulated=True, rng=0),
     ValueError, "generator with BatchNorm"),
    (lambda: AuxiliaryClassifier("hinge"), TypeError, "one of numgan.losses, got 'hinge'"),
    (lambda: MutualInformation(categorical=0), ValueError, "something to guess"),
    (lambda: MutualInformation(weight=-1), ValueError, "weight must be"),
    (lambda: AuxiliaryClassifier(classes=2).discriminator(normal(3, 1), normal(3, 1)), ValueError,
     r"\(N, 1 \+ 2\) in a pair with the condition"),
])
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


# -- the demo --------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setitem(labelled.RECIPES, "digits",
                        dict(steps=3, width=2, hidden=4, latent=3, rate=1e-3))
    monkeypatch.setattr(conditional_digits, "JUDGED", 50)
    monkeypatch.setattr(conditional_digits, "LENET_STEPS", 5)
    monkeypatch.setattr(conditional_digits, "RESAMPLES", 2)


@pytest.fixture
def seven(monkeypatch):
    monkeypatch.setattr(conditional_digits.metrics, "digit_classifier", lambda *given: Seven())


@pytest.mark.parametrize("method", labelled.METHODS)
def test_r1_takes_the_place_of_batch_norm_where_d_is_told_the_label(method):
    recipe = labelled.recipe_of(labelled.RECIPES, "mnist")
    small = {**recipe, "width": 2, "hidden": 4}
    _, discriminator, game = labelled.networks(small, 10, 0, **labelled.METHODS[method][1])
    told = method not in ("projection", "acgan")
    assert str(game.get("penalty")) == (str(R1(recipe["r1"])) if told else "None")
    assert ("BatchNorm" in discriminator.summary()) == (method == "acgan")


def test_demo_end_to_end(small, seven, tmp_path, capsys):
    assert conditional_digits.main(["--quick", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "average.npz", "discriminator.npz", "film.gif", "grid.png", "results.json"}
    with Image.open(tmp_path / "grid.png") as picture:
        assert picture.width >= 200
    shown = capsys.readouterr().out
    assert shown.startswith(QUICK) and "takes 500 samples for what was asked for in" in shown
    found = results.read(tmp_path / "results.json")
    assert found["settings"]["quick"] and found["runs"][0]["steps"] == 60
    assert found["runs"][0]["right"] == pytest.approx(0.1)
    assert "\n10 % of the samples are the digit" in shown


@pytest.mark.slow  # with the classifier itself
def test_results_have_the_steps_that_were_taken(small, tmp_path, monkeypatch):
    monkeypatch.setattr("demos.fitting.Budget.used", lambda budget, step=0: step / 2)
    assert conditional_digits.main(["--quick", "--out", str(tmp_path)]) == 0
    found = results.read(tmp_path / "results.json")
    assert found["runs"][0]["steps"] == 2 and "steps" not in found["settings"]


def test_demo_compares_all_ways_to_use_a_label(small, seven, tmp_path, capsys):
    assert conditional_digits.main(["--method", "all", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {*conditional_digits.METHODS,
                                                          "methods.png", "results.json"}
    found = results.read(tmp_path / "results.json")
    assert {run["method"]: run["right"] for run in found["runs"]} == dict.fromkeys(
        conditional_digits.METHODS, 0.1)
    assert found["command"] == "python -m demos.conditional_digits --method all"
    shown = capsys.readouterr().out
    assert found["settings"]["real"]["recall"] > 0.8
    for run in found["runs"]:
        assert re.search(rf"  {run['method']} +10.0 %, recall {run['recall']:.3f}, "
                         rf"coverage {run['coverage']:.3f}, .*7: 100, 8: 0", shown)
        assert run["recall"] < 0.8
        figures, ceiling = run["metrics"], found["settings"]["real"]["metrics"]
        assert figures.keys() == ceiling.keys() > {"recall", "Fréchet distance", "GAN-train"}
        assert f"{figures['Fréchet distance'][0]:.4g} ± " in shown
        assert figures["Fréchet distance"][0] > 2 * ceiling["Fréchet distance"][0]
    assert found["settings"]["compared"] == 50


def test_who_judges_has_seen_neither_of_the_real_samples(monkeypatch):
    """MNIST's: halves of the held-out images. Others': a LeNet of one half of the training images,
    and the other half stands beside the samples."""
    options = argparse.Namespace(data="digits", no_verify=False, lenet=3, resamples=2)
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 10
    train, held, samples = (rng.normal(size=(60, 8, 8, 1)) for _ in range(3))
    seen = []
    monkeypatch.setattr(metrics, "report", lambda *given, **more: seen.append((given, more)))
    monkeypatch.setattr(metrics, "fit_lenet", lambda images, labels, rng, steps: (
        images, labels, rng, steps))
    judging.report_of(options, (train, labels), (held, labels), samples)
    (real, fake, second), more = seen.pop()
    assert real is held and fake is samples and np.array_equal(second, train[30:])
    images, its, seed, steps = more["network"]
    assert np.array_equal(images, train[:30]) and np.array_equal(its, labels[:30])
    assert (seed, steps, more["labels"]) == (0, 3, None)
    judging.report_of(options, (train, labels), (held, labels), samples, labels)
    assert [len(one) for one in seen.pop()[1]["labels"]] == [60, 60, 30]
    options.data = "mnist"
    judging.report_of(options, (train, labels), (held, labels), samples, labels)
    (real, fake), more = seen.pop()
    assert real is held and fake is samples and more["network"] is None
    assert len(more["labels"]) == 2 and more["fit"](1, 2, rng=4) == (1, 2, 4, 3)


def test_variety_sees_what_is_missing(monkeypatch):
    """Of two kinds of images, samples of one cover the half; of MNIST, a network's features are
    compared, not pixels."""
    options = argparse.Namespace(data="digits", no_verify=False)
    rng = np.random.default_rng(0)

    def images(n, shift):
        return np.where(np.arange(n) % 2, shift, 0)[:, None, None, None] + rng.normal(
            size=(n, 8, 8, 1))

    both, other, one = images(400, 50), images(400, 50), images(400, 0)
    assert variety(options, both, other).coverage > 0.9
    assert variety(options, both, one).coverage < 0.55
    assert variety(options, both, one).recall < 0.55
    seen = []

    class Network:
        def features(self, images):
            seen.append(len(images))
            return np.random.default_rng(0).normal(size=(len(images), 2))

    monkeypatch.setattr(metrics, "mnist_lenet", Network)
    options.data = "mnist"
    assert variety(options, both, one[:300]).recall == 1 and seen == [300, 300]
    options.no_verify = True  # other images
    assert variety(options, both, one).recall < 0.55 and len(seen) == 2


def test_demo_interrupted_keeps_what_it_had(small, tmp_path, monkeypatch, capsys):
    stop_after(monkeypatch, 1)
    assert conditional_digits.main(["--out", str(tmp_path)]) == 130
    assert (tmp_path / "grid.png").exists() and "interrupted" in capsys.readouterr().out


def test_demo_refuses_bad_options(small, tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    for arguments, text in ((["--steps", "0"], "expected an integer of at least 1"),
                            (["--data", "letters"], "invalid choice"),
                            (["--out", str(tmp_path / "taken")], "is a file, not a folder")):
        with pytest.raises(SystemExit) as ended:
            conditional_digits.main(arguments)
        assert ended.value.code == 2 and text in capsys.readouterr().err


def test_none_of_them_is_not_what_was_asked_for():
    class Judge:
        classes = np.array([0, 1])

        def predict_proba(self, images):
            return np.array([[0.9, 0.1], [0.1, 0.8], [0.3, 0.2]])  # the last: 0.5 for none

    assert conditional_digits.judged_right(Judge(), None, np.array([0, 0, 0])).tolist() == [
        True, False, False]


def test_gradients_of_pairs_add_up_in_both_parts():
    a, b = Pair(np.ones(2), np.ones(2)), Pair(np.ones(2), 2 * np.ones(2))
    assert [part.tolist() for part in a + b] == [[2, 2], [3, 3]]
    for total in a + Pair(np.ones(2), None), Pair(np.ones(2), None) + a:
        assert [part.tolist() for part in total] == [[2, 2], [1, 1]]
    assert (Pair(np.ones(2), None) + Pair(np.ones(2), None)).c is None


@pytest.mark.parametrize("copy, shared", [({}, False), ({"copy": False}, True)])
def test_a_pair_of_the_same_dtype_is_copied_as_arrays_are(copy, shared):
    pair = Pair(np.ones(2), np.ones(2))
    for before, after in zip(pair, pair.astype(np.float64, **copy)):
        assert np.shares_memory(before, after) is shared


@pytest.mark.parametrize("function", [
    np.asarray, np.shape, plotting.image_grid, metrics.frechet_distance, metrics.energy_distance,
    metrics.mmd, metrics.precision_recall, metrics.report], ids=lambda one: one.__name__)
def test_a_pair_is_not_taken_for_an_array_of_two_samples(function):
    found = Pair(np.zeros((30, 3), np.float32), one_hot(np.arange(30) % 3, 3))
    arguments = [found] if function in (np.asarray, np.shape) else [found, found]
    with pytest.raises(TypeError, match=r"expected an array, got Pair\(float32 \(30, 3\), "
                                        r"float32 \(30, 3\)\): take its \.x"):
        function(*arguments)
