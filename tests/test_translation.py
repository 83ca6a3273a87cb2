"""Generators that read data: translation with pairs and without; fitting without an adversary."""

import numpy as np
import pytest

from numgan import (SGD, Adam, BatchNorm, Conditional, Dense, Dropout, Join, LeakyReLU, Network,
                    NonSaturating, Pair, Tanh, Translation, Translator, costs, fit, models,
                    penalties, train)
from numgan.training import TrainingDiverged, discriminator_step, generator_step, made_by


class pairs_of:
    """Points (a, b) ~ N(0, 1), and what becomes of them: (2 a, −b)."""

    remembers = ("rng",)

    def __init__(self, rng):
        self.rng = rng

    def __call__(self, n):
        c = self.rng.standard_normal((n, 2), np.float32)
        return Pair(c * np.array([2, -1], np.float32), c)


def translator(seed=0):
    return Translator([Dense(2, 16), LeakyReLU(), Dense(16, 2)], rng=seed)


def judge(seed=1):
    return Conditional([Join(2), Dense(4, 16), LeakyReLU(), Dense(16, 1)], 2, 2, rng=seed)


def start(generator=None, discriminator=None, **changed):
    rng = np.random.default_rng(0)
    given = dict(loss=NonSaturating(), steps=4, rng=rng, batch_size=8, updates=Translation())
    return train(generator or translator(), discriminator or judge(),
                 changed.pop("data", pairs_of(np.random.default_rng(5))), **{**given, **changed})


# -- with pairs ------------------------------------------------------------------------------------


def test_a_translator_hands_on_what_it_reads():
    x = np.ones((3, 2), np.float32)
    y, c = translator()(x)
    assert c is x and y.shape == (3, 2)
    assert translator().output_shape((2,)) == (2,)


@pytest.mark.parametrize("weight", [0.0, 7.0])
@pytest.mark.parametrize("k", [1, 2])
def test_a_step_of_translation_is_its_parts(weight, k):
    """G reads the condition of D's last batch, and its target is what belongs to that."""
    training = start(updates=Translation(costs.L2(), weight, k=k), steps=1,
                     d_optimizer=SGD(0.1), g_optimizer=SGD(0.1))
    record, = training
    G, D, draw = translator(), judge(), pairs_of(np.random.default_rng(5))
    for _ in range(k):
        real = draw(8)
        discriminator_step(G, D, real, real.c, loss=NonSaturating(), optimizer=SGD(0.1))
    g = generator_step(G, D, real.c, loss=NonSaturating(), optimizer=SGD(0.1),
                       beside=lambda y: (weight * costs.L2()(y, real.x)[0],
                                         weight * costs.L2()(y, real.x)[1]))
    np.testing.assert_allclose(training.generator.theta, G.theta, rtol=1e-6)
    assert np.array_equal(training.discriminator.theta, D.theta)
    assert record.g_loss == pytest.approx(g.loss, rel=1e-6)
    assert (record.g_loss > 5) == (weight > 0)


def test_translation_with_pairs_learns_the_map():
    training = start(steps=250, batch_size=32, g_optimizer=Adam(5e-3), d_optimizer=Adam(5e-3))
    list(training)
    x = np.random.default_rng(1).standard_normal((200, 2)).astype(np.float32)
    assert np.abs(training.generator(x).x - x * [2, -1]).mean() < 0.3


def test_a_conditional_generator_reads_noise_beside_the_condition_of_the_batch():
    G = Conditional([Join(2), Dense(5, 8), Tanh(), Dense(8, 2)], 3, 2, keep=True, rng=0)
    seen, forward = [], G.forward
    G.forward = lambda x, train=False: seen.append(x) or forward(x, train)
    reals, draw = [], pairs_of(np.random.default_rng(5))
    training = start(G, data=lambda n: reals.append(draw(n)) or reals[-1], steps=2)
    list(training)
    # twice a step, in D's and in G's, with the same noise
    assert len(seen) == 4 and all(x.c is reals[i // 2].c for i, x in enumerate(seen))
    assert seen[0].x is seen[1].x and abs(seen[0].x.std() - 1) < 0.4
    assert not np.array_equal(seen[0].x, seen[2].x)


def test_translation_goes_with_a_penalty_and_goes_on_to_the_bit(tmp_path):
    def mine():
        return start(penalty=penalties.R1(), updates=Translation(weight=3.0))

    whole, piece = mine(), mine()
    for training in whole, piece:
        next(training)
        training.rule.weight = 1.0  # as one that fades
    piece.save(tmp_path / "t.npz")
    again = mine()
    again.resume(tmp_path / "t.npz")
    assert again.rule.weight == 1.0 and [*again] == [*whole]
    assert np.array_equal(again.generator.theta, whole.generator.theta)


# -- without pairs ---------------------------------------------------------------------------------


def test_translation_without_pairs_reads_the_other_kind_and_changes_no_more_than_it_must():
    """From around (−2, a) to around (2, a): a, of which D sees nothing odd, stays only where the
    distance from what was read counts."""
    rng = np.random.default_rng(0)

    def around(x):
        return lambda n, *_: (rng.standard_normal((n, 2)) * [0.1, 1] + [x, 0]).astype(np.float32)

    def moved(weight):
        G = Network([Dense(2, 16), LeakyReLU(), Dense(16, 2)], rng=0)
        D = models.mlp_discriminator(2, (16, 16), rng=1)
        list(train(G, D, around(2), loss=NonSaturating(), latent=around(-2), steps=300, rng=rng,
                   updates=Translation(costs.L2(), weight, "input"), g_optimizer=Adam(5e-3),
                   d_optimizer=Adam(5e-3), penalty=penalties.R1(0.1)))
        x = around(-2)(300)
        y = G(x)
        return y[:, 0].mean(), np.abs(y[:, 1] - x[:, 1]).mean()

    (x_free, kept_free), (x_near, kept_near) = moved(0.0), moved(0.1)
    assert x_free > 1 and x_near > 1
    assert kept_near < 0.5 < 1 < kept_free


@pytest.mark.parametrize("call, error, message", [
    (lambda: Translation(NonSaturating()), TypeError, "cost must be one of numgan.costs"),
    (lambda: Translation(weight=-1), ValueError, "weight must be a finite number >= 0"),
    (lambda: Translation(target="both"), ValueError, "target must be one of pair, input"),
    (lambda: Translation(k=0), ValueError, "Translation: k must be an integer >= 1"),
    (lambda: start(models.mlp_generator(2, 2, rng=0)), ValueError,
     r"expected a Translator, or a Conditional\(keep=True\), of what the discriminator"),
    (lambda: start(None, models.mlp_discriminator(2, rng=0)), ValueError, "expected a Translator"),
    (lambda: start(Translator([Dense(3, 2)], rng=0)), ValueError, r"of \(3,\) and .* of \(2,\)"),
    (lambda: start(Network([Dense(3, 2)], rng=0), models.mlp_discriminator(2, rng=0),
                   updates=Translation(target="input")), ValueError,
     "a generator that makes numbers of the shape that it reads"),
])
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


# -- fitting ---------------------------------------------------------------------------------------


def test_fitting_a_linear_network_finds_the_line():
    rng, network = np.random.default_rng(0), Network([Dense(2, 1)], rng=0)
    W = np.array([[2.0], [-3]], np.float32)

    def data():
        x = rng.standard_normal((32, 2), np.float32)
        return x, x @ W + 0.5

    values = list(fit(network, data, costs.L2(), steps=300, optimizer=Adam(0.05)))
    assert len(values) == 300 and values[-1] < 1e-3 < 1 < values[0]
    np.testing.assert_allclose(network.layers[0].W, W, atol=0.02)


def test_a_step_of_fitting_by_hand_with_a_mask():
    network = Network([Dense(1, 2)], rng=0, dtype=np.float64)
    network.theta[...] = [1, 2, 0, 0]
    x, target = np.array([[3.0]]), np.zeros((1, 2))
    value = next(fit(network, lambda: (x, target, np.array([1, 0])), costs.L2(), steps=5,
                     optimizer=SGD(0.1)))
    assert value == pytest.approx(9)  # y = (3, 6), of which the first counts
    np.testing.assert_allclose(network.theta, [1 - 0.1 * 18, 2, -0.1 * 6, 0])


def test_the_schedule_multiplies_the_rate_of_each_step():
    network, seen = Network([Dense(1, 1)], rng=0), []
    theta = network.theta.copy()
    x = np.ones((2, 1), np.float32)
    list(fit(network, lambda: (x, 5 * x), costs.L2(), steps=4,
             schedule=lambda progress: seen.append(progress) or 0.0))
    assert seen == [0, 0.25, 0.5, 0.75] and np.array_equal(network.theta, theta)


def test_without_a_weight_what_is_made_may_have_another_shape():
    G = Network([Dense(3, 2)], rng=0)
    assert len(list(start(G, models.mlp_discriminator(2, rng=0), steps=1,
                          data=lambda n: np.ones((n, 2), np.float32),
                          updates=Translation(weight=0, target="input")))) == 1


def test_an_encoder_learns_from_what_the_generator_makes():
    G = Network([Dense(2, 3)], rng=0)
    E = Network([Dense(3, 2)], rng=1)
    data = made_by(G, 32, np.random.default_rng(0))
    x, z = data()
    assert np.array_equal(G(z), x) and abs(z.std() - 1) < 0.3
    assert not np.array_equal(data()[1], z)
    values = list(fit(E, data, costs.L2(), steps=300, optimizer=Adam(0.05), schedule="linear"))
    assert values[-1] < 0.02 * values[0]


def test_without_train_running_statistics_are_used_and_stay():
    for train_ in True, False:
        network = Network([Dense(2, 3), BatchNorm(3), Dropout(0.5), Dense(3, 1)], rng=0)
        before, x = network.buffer.copy(), np.ones((4, 2), np.float32) * [[1], [2], [3], [4]]
        x = x.astype(np.float32)
        value = next(fit(network, lambda: (x, x[:, :1]), costs.L2(), steps=1, train=train_))
        assert np.array_equal(network.buffer, before) != train_
        if not train_:
            fresh = Network([Dense(2, 3), BatchNorm(3), Dropout(0.5), Dense(3, 1)], rng=0)
            assert value == pytest.approx(costs.L2()(fresh(x), x[:, :1])[0], rel=1e-6)


def test_a_translator_is_fitted_by_what_it_makes():
    G, draw = translator(), pairs_of(np.random.default_rng(0))

    def data():
        real = draw(16)
        return real.c, real.x

    values = list(fit(G, data, costs.L1(), steps=150, optimizer=Adam(0.01)))
    assert np.mean(values[-20:]) < 0.3 * values[0]


def test_what_diverges_changes_nothing():
    network = Network([Dense(2, 1)], rng=0)
    theta = network.theta.copy()
    with pytest.raises(TrainingDiverged, match="the network's loss is inf"):
        next(fit(network, lambda: (np.full((2, 2), 1e30, np.float32),
                                   np.zeros((2, 1), np.float32)), costs.L2(), steps=1))
    assert np.array_equal(network.theta, theta)


@pytest.mark.parametrize("changed, error, message", [
    (dict(network=3), TypeError, "fit: network must be a Network, got 3"),
    (dict(data=3), TypeError, "fit: data must be a function"),
    (dict(cost=NonSaturating()), TypeError, "fit: cost must be one of numgan.costs"),
    (dict(optimizer="adam"), TypeError, "fit: optimizer must be"),
    (dict(steps=-1), ValueError, "fit: steps must be an integer >= 0"),
    (dict(train="no"), ValueError, "fit: train must be True or False"),
    (dict(schedule="never"), ValueError, "schedule"),
])
def test_bad_arguments_of_fit_are_refused_at_once(changed, error, message):
    given = dict(network=Network([Dense(2, 1)], rng=0), data=lambda: 3, cost=costs.L1(), steps=1)
    given.update(changed)
    with pytest.raises(error, match=message):
        fit(given.pop("network"), given.pop("data"), given.pop("cost"), **given)


def test_bad_data_and_generators_are_refused():
    network = Network([Dense(2, 1)], rng=0)
    with pytest.raises(ValueError, match=r"expected data\(\) to give \(x, target\)"):
        next(fit(network, lambda: 3, costs.L1(), steps=1))
    for bad in 3, judge():
        with pytest.raises(TypeError, match="made_by: expected a generator of z alone"):
            made_by(bad, 4, np.random.default_rng(0))
    with pytest.raises(TypeError, match="rng must be"):
        made_by(network, 4, 0)
