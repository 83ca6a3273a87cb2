"""LeNet, the metrics that look through it, and the report of all of them."""

import dataclasses
import math
import os

import numpy as np
import pytest

from numgan.data import digits, mnist, ring
from numgan.gradcheck import check_layer
from numgan.metrics import (LeNet, classifier_score, comparison, density_coverage, fit_lenet,
                            frechet_distance, gan_train_test, lenet, mnist_lenet, precision_recall,
                            report)
from numgan.metrics.__main__ import main


def normal(n, d, seed, shift=0.0):
    return np.random.default_rng(seed).standard_normal((n, d)) + shift


# -- Fréchet distance and classifier score ---------------------------------------------------------


def test_frechet_distance_of_one_number_is_that_of_mean_and_spread():
    x, y = normal(50, 1, 0), 3 * normal(40, 1, 1, 2.0)
    expected = (x.mean() - y.mean()) ** 2 + (x.std(ddof=1) - y.std(ddof=1)) ** 2
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-10)


def test_frechet_distance_of_scaled_and_moved_samples():
    """Y = s X + v: covariances s² Σ and Σ commute, so d² = ‖(s − 1) μ + v‖² + (s − 1)² tr Σ."""
    x, scale, move = normal(200, 5, 2) @ normal(5, 5, 3), 1.7, np.arange(5)
    expected = (np.sum(((scale - 1) * x.mean(axis=0) + move) ** 2)
                + (scale - 1) ** 2 * np.trace(np.cov(x, rowvar=False)))
    assert frechet_distance(x, scale * x + move) == pytest.approx(expected, rel=1e-10)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-10)
    few = x[:3]  # a covariance of rank 2
    assert frechet_distance(few, few + 1) == pytest.approx(5, rel=1e-6)


def test_frechet_distance_against_the_square_root_of_the_product():
    from scipy.linalg import sqrtm

    x, y = normal(90, 4, 4) @ normal(4, 4, 5), normal(80, 4, 6, 0.3) @ normal(4, 4, 7)
    first, second = (np.cov(each, rowvar=False) for each in (x, y))
    expected = (np.sum((x.mean(axis=0) - y.mean(axis=0)) ** 2)
                + np.trace(first + second - 2 * sqrtm(first @ second).real))
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-9)


def test_classifier_score_at_its_ends_and_by_hand():
    assert classifier_score(np.eye(10)) == pytest.approx(10)
    assert classifier_score(np.full((7, 4), 0.25)) == 1
    assert classifier_score([[0, 1]] * 5) == 1  # sure, and of one class
    # marginal (1/2, 1/2): each row is ln 2 − H(0.8, 0.2) from it
    entropy = -(0.8 * math.log(0.8) + 0.2 * math.log(0.2))
    assert classifier_score([[0.8, 0.2], [0.2, 0.8]]) == pytest.approx(2 * math.exp(-entropy))


# -- LeNet -----------------------------------------------------------------------------------------


def test_cross_entropy_of_softmax_and_its_gradient():
    logits, target = normal(5, 4, 0), np.array([0, 3, 1, 1, 2])
    value, gradient = lenet.softmax_cross_entropy(logits, target)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert value == pytest.approx(-np.log(p[np.arange(5), target]).mean())
    for i, j in np.ndindex(logits.shape):
        moved = logits.astype(complex)
        moved[i, j] += 1e-30j
        derivative = lenet.softmax_cross_entropy(moved, target)[0].imag / 1e-30
        assert gradient[i, j] == pytest.approx(derivative, rel=1e-12)
    value, gradient = lenet.softmax_cross_entropy(1e4 * logits, target)
    assert np.isfinite(value) and np.isfinite(gradient).all()


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 3), (12, 20, 2), (6,)])
def test_lenet_of_each_shape(shape):
    model = LeNet(shape, [3, 5, 9], 0)
    x = np.random.default_rng(0).uniform(-1, 1, (4, *shape))
    assert model.features(x).shape == (4, 84) and model.features(x).min() == 0
    p = model.probabilities(x)
    assert p.shape == (4, 3) and p.sum(axis=1) == pytest.approx(np.ones(4))
    assert model.accuracy(x, model.classes[p.argmax(axis=1)]) == 1
    # the features are what the last layer sees
    logits = model.features(x) @ model.network.layers[1].W + model.network.layers[1].b
    assert np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) == pytest.approx(p, rel=1e-4)


def test_gradients_of_lenet():
    network = LeNet((8, 8, 1), range(3), 0).network.astype(np.float64)
    network.theta += 0.05 * np.random.default_rng(1).standard_normal(network.size)
    check_layer(network, np.random.default_rng(2).uniform(-1, 1, (2, 8, 8, 1)))


@pytest.fixture(scope="module")
def of_digits():
    x, labels = digits()
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[:1400], order[1400:]
    return (x[train], labels[train]), (x[test], labels[test]), fit_lenet(
        x[train], labels[train], 0, steps=400)


def test_lenet_learns_digits_and_the_same_seed_the_same(of_digits):
    train, test, model = of_digits
    assert model.accuracy(*test) > 0.95
    first, second = (fit_lenet(*train, seed, steps=5) for seed in (3, np.random.default_rng(3)))
    assert np.array_equal(first.network.theta, second.network.theta)
    assert not np.array_equal(first.network.theta, fit_lenet(*train, 4, 5).network.theta)


def test_the_lenet_of_the_package_is_there():
    model = mnist_lenet()
    assert model is mnist_lenet() and model.classes.tolist() == list(range(10))
    strokes = np.full((1, 28, 28, 1), -1.0)
    strokes[0, 4:24, 13:16] = 1  # a vertical stroke
    assert model.probabilities(strokes).argmax() == 1


@pytest.mark.skipif(not os.environ.get("NUMGAN_DATA"), reason="MNIST's files are not here")
def test_the_lenet_of_the_package_knows_the_test_images_of_mnist():
    images, labels = mnist(split="test")
    assert mnist_lenet().accuracy(images, labels) >= 0.988


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("NUMGAN_DATA"), reason="MNIST's files are not here")
def test_the_command_that_trains_it(tmp_path, capsys):
    main(["--steps", "40", "--out", str(tmp_path / "weights.npz")])
    share = float(capsys.readouterr().out.split(" %")[0])
    assert 50 < share < 99
    LeNet((28, 28, 1), range(10), 0).network.load(tmp_path / "weights.npz")


@pytest.mark.parametrize("arguments, words", [
    (["--steps", "0"], "--steps of at least 1"), (["--seed", "-1"], "--seed of at least 0"),
    (["--folder", "nowhere"], "found none")])
def test_the_command_says_what_is_wrong(arguments, words, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert words in capsys.readouterr().err


# -- GAN-train and GAN-test ------------------------------------------------------------------------


def short(samples, labels, rng):
    return fit_lenet(samples, labels, rng, steps=150)


def heaps(n, seed, centers=((-1, 0), (1, 0), (0, 1))):
    rng = np.random.default_rng(seed)
    labels = rng.integers(len(centers), size=n)
    return np.array(centers)[labels] + 0.1 * rng.standard_normal((n, 2)), labels


def test_gan_train_and_gan_test():
    train, test = heaps(300, 0), heaps(300, 1)
    good = gan_train_test(train, test, heaps(300, 2), 0, short)
    assert min(good.gan_train, good.gan_test, good.real) > 0.99
    # two of three labels: clear samples, from which one label is not learned
    x, labels = heaps(300, 3)
    lost = gan_train_test(train, test, (x[labels < 2], labels[labels < 2]), 0, short)
    assert lost.gan_test > 0.99 and lost.gan_train == pytest.approx(2 / 3, abs=0.08)
    # labels that say nothing
    x, labels = heaps(300, 4)
    deaf = gan_train_test(train, test, (x, np.random.default_rng(0).permutation(labels)), 0, short)
    assert deaf.gan_test == pytest.approx(1 / 3, abs=0.12) and deaf.real == good.real
    drawn = []

    def recorded(samples, labels, rng):
        drawn.append(rng.integers(10 ** 9))
        return lenet.LeNet((2,), [0, 1, 2], rng)
    for seed in 5, 5, 6:
        gan_train_test(train, test, train, seed, recorded)
    assert len(set(drawn[:4])) == 1 and drawn[4] == drawn[5] != drawn[0]  # both learn alike
    assert str(good) == "GAN-train 100.0 %, GAN-test 100.0 %, real 100.0 %"


# -- the report ------------------------------------------------------------------------------------


def test_report_of_points_against_each_metric():
    toy, rng = ring(), np.random.default_rng(0)
    real, good = toy.sample(600, rng), toy.sample(300, rng)
    lost = good[good[:, 0] > -0.5]
    found = report(real, lost, resamples=3, rng=1)
    assert [row.name for row in found.rows] == list(comparison.BETTER)[:12]
    assert found.samples == len(lost) and found["recall"].value < 0.8
    assert found["recall"].ceiling > 0.93 and found["precision"].value > 0.93
    for row in found.rows:
        assert row.error > 0 or row.name == "NDB / bins" or row.value == 1
        assert (row.value < row.ceiling) == (row.better == "higher") or row.name in (
            "precision", "density", "MMD², polynomial"), row
    again = report(real, lost, resamples=3, rng=np.random.default_rng(1))
    assert again == found and again != report(real, lost, resamples=3, rng=2)
    text = str(found)
    assert text.splitlines()[0] == f"{len(lost)} samples each, compared by points"
    assert len(text.splitlines()) == 14 and "a second real sample" in text


@pytest.mark.slow
def test_errors_of_the_report_are_those_of_samples(monkeypatch):
    """Against the spread over samples drawn anew: equal, or up to √2 times that (see `report`)."""
    def fast_ones(real, fake, *others):
        return {"recall": precision_recall(real.features, fake.features).recall,
                **dataclasses.asdict(density_coverage(real.features, fake.features))}

    def drawn(seed):
        return ring().sample(200, np.random.default_rng(seed))

    monkeypatch.setattr(comparison, "_scores", fast_ones)
    reports = [report(drawn([0, i]), drawn([1, i]), drawn([2, i]), resamples=6, rng=i)
               for i in range(30)]
    for name in "recall", "coverage", "density":
        spread = np.std([one[name].value for one in reports], ddof=1)
        told = np.mean([one[name].error for one in reports])
        assert 0.75 < told / spread < 1.7, name


@pytest.mark.slow
def test_report_of_images_and_labels(of_digits):
    train, test, model = of_digits
    found = report(train[0], test[0], network=model, labels=(train[1], test[1]), resamples=2,
                   most=150, fit=short)
    assert [row.name for row in found.rows] == list(comparison.BETTER)
    assert found["classifier score"].value > 8 and found.space == "LeNet's features"
    assert found["GAN-train"].value > 0.6 and found["GAN-test"].value > 0.6
    assert 0 < found["Parzen log-likelihood"].value < 40  # in [−1, 1] it were 64 ln 2 = 44 lower
    share = found["GAN-test"].value
    assert found["GAN-test"].error == pytest.approx(math.sqrt(share * (1 - share) / 150))
    noise = np.random.default_rng(0).uniform(-1, 1, test[0].shape)
    bad = report(train[0], noise, network=model, resamples=2, most=150)
    assert bad["precision"].value < 0.5 < 0.8 < bad["precision"].ceiling
    assert bad["recall"].value == 0 and bad["classifier score"].value < 4
    for name in "Fréchet distance", "MMD², RBF", "energy distance", "2-Wasserstein":
        assert bad[name].value > 1.5 * bad[name].ceiling


def test_report_looks_at_mnist_through_the_network_of_the_package():
    images = np.random.default_rng(0).uniform(-1, 1, (60, 28, 28, 1))
    for given in {}, dict(network=mnist_lenet()):
        found = report(images, images[:25], resamples=2, **given)
        assert found.space == "the features of MNIST's LeNet" and found.samples == 25
    assert str(found).startswith("25 samples each, compared by the features of MNIST's LeNet\n")


@pytest.mark.parametrize("name", ["real", "fake", "second"])
@pytest.mark.parametrize("bad, came", [
    (lambda x: ((x + 1) * 127.5).astype(np.uint8), "from 0 to 25[45]"),
    (lambda x: x - 1, r"from -1.99\d* to -"), (lambda x: 2 * x, r"from -1.99\d* to 1.99")])
def test_report_refuses_images_of_another_scale(name, bad, came):
    images = np.random.default_rng(0).uniform(-1, 1, (60, 28, 28, 1))
    given = dict(real=images, fake=images, second=images)
    with pytest.raises(ValueError, match=rf"report: expected {name} to be images in \[-1, 1\], "
                                         f"got values {came}"):
        report(**{**given, name: bad(images)})


def test_report_takes_images_a_little_beyond_the_data_s_range_and_points_of_any():
    images = np.random.default_rng(0).uniform(-1.4, 1.4, (40, 28, 28, 1))
    assert report(images, images, resamples=2).samples == 20
    binary = np.uint8(images > 0)
    assert report(binary, np.maximum(binary, 1), resamples=2).samples == 20
    assert report(100 * GOOD, GOOD, resamples=2).space == "points"


# -- errors ----------------------------------------------------------------------------------------

GOOD = normal(60, 2, 0)
IMAGES = np.zeros((60, 8, 8, 1))


@pytest.mark.parametrize("make, words", [
    (lambda: frechet_distance(GOOD, GOOD[:1]), "frechet_distance: expected at least 2.*fake"),
    (lambda: frechet_distance(GOOD, GOOD * np.nan), "finite fake"),
    (lambda: classifier_score([[0.5, 0.6]]), "rows that sum to 1.*1.1"),
    (lambda: classifier_score([[1.5, -0.5]]), "classifier_score: expected probabilities"),
    (lambda: LeNet((8, 8, 1), [0, 1], None), "LeNet: rng must"),
    (lambda: fit_lenet(GOOD, np.zeros(60, int), 0), "at least two classes"),
    (lambda: fit_lenet(GOOD, np.zeros(60), 0), "labels to be integers"),
    (lambda: fit_lenet(GOOD, np.zeros(59, int), 0), r"labels of shape \(60,\).*\(59,\)"),
    (lambda: fit_lenet(GOOD, np.arange(60) % 2, 0, steps=0), "steps must.* >= 1, got 0"),
    (lambda: fit_lenet(GOOD * np.nan, np.arange(60) % 2, 0), "finite samples"),
    (lambda: fit_lenet(np.ones((4, 9, 8, 1)), np.arange(4), 0), "multiples of 4.*9 x 8"),
    (lambda: fit_lenet(np.ones((4, 8, 8)), np.arange(4), 0), r"\(N, H, W, C\).*\(4, 8, 8\)"),
    (lambda: LeNet((2,), [0, 1], 0).features(np.ones((3, 4))), r"LeNet.features.*\(N, 2\)"),
    *((lambda method=method, kind=kind: getattr(mnist_lenet(), method)(
        np.full((3, 28, 28, 1), 200, kind), *[np.arange(3)] * (method == "accuracy")),
       rf"LeNet.{method}: expected samples to be images in \[-1, 1\], got values from 200 to 200; "
       r"of images with 256 levels: x / 127.5 − 1") for kind in (np.uint8, float)
      for method in ("features", "probabilities", "accuracy")),
    (lambda: fit_lenet(np.full((60, 8, 8, 1), 200), np.arange(60) % 2, 0),
     "fit_lenet: expected samples to be images in"),
    (lambda: gan_train_test((GOOD, 1), GOOD, GOOD, 0), "gan_train_test: expected test to be a p"),
    (lambda: gan_train_test((GOOD, 1), (GOOD, 1), (IMAGES, 1), 0), "samples of fake.*60, 8, 8, 1"),
    (lambda: report(GOOD, GOOD[:, :1]), r"report: expected fake of the shape of real.*\(60, 1\)"),
    (lambda: report(GOOD, GOOD[:5]), "at least 20 samples of each set.*got 5"),
    (lambda: report(GOOD[:30], GOOD), "at least 20 samples.*got 15"),
    (lambda: report(GOOD, GOOD * np.inf), "finite fake"),
    (lambda: report(GOOD, GOOD, resamples=1), "resamples must.* >= 2, got 1"),
    (lambda: report(GOOD, GOOD, most=5), "most must.* >= 20, got 5"),
    (lambda: report(GOOD, GOOD, rng="x"), "rng must"),
    (lambda: report(IMAGES, IMAGES), r"MNIST's LeNet takes, or a network .*\(60, 8, 8, 1\)\. "
     r"Without labels, compare pixels: x\.reshape\(len\(x\), -1\)$"),
    (lambda: report(GOOD, GOOD, network=1), "network to be a LeNet or None, got 1"),
    (lambda: report(GOOD, GOOD, labels=(1,)), "labels of real, fake, a tuple of 2"),
    (lambda: report(GOOD, GOOD, labels=(np.ones(60), np.ones(60))), "labels of real to be integ"),
])
def test_what_is_wrong_is_said(make, words):
    with np.errstate(invalid="ignore"), pytest.raises((ValueError, TypeError), match=words):
        make()


def test_a_row_that_is_not_there_is_named_with_those_that_are():
    rng = np.random.default_rng(0)
    found = report(*rng.standard_normal((2, 60, 2)))
    with pytest.raises(KeyError, match="expected one of precision, recall.*got 'recal'"):
        found["recal"]
