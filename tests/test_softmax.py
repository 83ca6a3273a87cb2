"""Softmax over tokens, draws from it, and choices that a gradient passes."""

import numpy as np
import pytest

from numgan import Network
from numgan.layers import Dense, GumbelSoftmax, Softmax
from numgan.layers.softmax import softmax


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_a_softmax_by_hand():
    layer = Softmax()
    x = np.log([[1.0, 2, 5]])
    y, cache = layer.forward(x)
    np.testing.assert_allclose(y, [[1 / 8, 2 / 8, 5 / 8]])
    # dx = p (dy − Σ p dy), Σ p dy = 2/8
    np.testing.assert_allclose(layer.backward(np.array([[0, 1.0, 0]]), cache),
                               [[-2 / 64, 12 / 64, -10 / 64]])
    cold = Softmax(0.5)
    y, cache = cold.forward(x)
    np.testing.assert_allclose(y, [[1 / 30, 4 / 30, 25 / 30]])
    np.testing.assert_allclose(cold.backward(np.array([[30, 0.0, 0]]), cache),
                               [[2 * 29 / 30, -2 * 4 / 30, -2 * 25 / 30]])


def test_a_softmax_does_not_overflow_and_knows_no_constant():
    y, cache = Softmax().forward(np.array([[1000.0, 999, -1000]]))
    np.testing.assert_allclose(y, softmax(np.array([[1.0, 0, -1999]])))
    assert np.array_equal(Softmax().backward(np.ones_like(y), cache), np.zeros_like(y))


def test_straight_through_goes_on_hard_and_comes_back_soft():
    x, dy = normal(5, 4), normal(5, 4, seed=1)
    for soft, hard in (Softmax(0.7), Softmax(0.7, hard=True)), (
            GumbelSoftmax(0.7, rng=np.random.default_rng(3)),
            GumbelSoftmax(0.7, hard=True, rng=np.random.default_rng(3))):
        p, cache = soft.forward(x, train=True)
        y, hard_cache = hard.forward(x, train=True)
        assert np.array_equal(y, np.eye(4)[p.argmax(axis=1)])
        assert np.array_equal(soft.backward(dy, cache), hard.backward(dy, hard_cache))
    assert Softmax(hard=True).forward(np.zeros((1, 3)))[0].tolist() == [[1, 0, 0]]  # the first


@pytest.mark.parametrize("temperature", [0.1, 2.0])
def test_gumbel_noise_draws_from_the_softmax_whatever_the_temperature(temperature):
    layer = GumbelSoftmax(temperature, rng=np.random.default_rng(0))
    x = np.tile(np.log([0.2, 0.3, 0.5]), (20_000, 1))
    y = layer.forward(x, train=True)[0]
    counts = np.bincount(y.argmax(axis=1), minlength=3)
    np.testing.assert_allclose(counts / len(x), [0.2, 0.3, 0.5], atol=0.015)  # 4 sigma
    assert (y.max(axis=1).mean() > 0.9) == (temperature == 0.1)
    assert np.array_equal(layer.forward(x)[0], Softmax(temperature).forward(x)[0])
    always = GumbelSoftmax(temperature, rng=np.random.default_rng(0), always=True)
    assert np.array_equal(always.forward(x)[0], y)


def test_the_temperature_of_a_pass_stays_with_it():
    layer, x = Softmax(), normal(3, 4)
    y, cache = layer.forward(x)
    dx = layer.backward(x, cache)
    layer.temperature = 0.1
    assert np.array_equal(layer.backward(x, cache), dx)
    assert layer.forward(x)[0].max() > y.max()


def test_a_network_gives_its_generator_and_float32_stays():
    network = Network([Dense(3, 4), GumbelSoftmax(0.5, hard=True)], rng=0)
    y, cache = network.forward(normal(5, 3).astype(np.float32), train=True)
    assert y.dtype == np.float32 and (y.sum(axis=1) == 1).all()
    assert network.backward(y, cache).dtype == np.float32
    assert repr(network.layers[1]) == "GumbelSoftmax(0.5, hard=True)"
    assert repr(GumbelSoftmax(always=True)) == "GumbelSoftmax(always)"


@pytest.mark.parametrize("call, message", [
    (lambda: Softmax(0), "Softmax: temperature must be a finite number > 0, got 0"),
    (lambda: GumbelSoftmax(-1), "GumbelSoftmax: temperature must be a finite number > 0"),
    (lambda: Softmax(hard="no"), "Softmax: hard must be True or False"),
    (lambda: GumbelSoftmax(always=1), "GumbelSoftmax: always must be"),
    (lambda: Softmax().forward(normal(4, 1)), r"expected x of shape \(N?.*at least 2\)"),
    (lambda: GumbelSoftmax().forward(normal(4, 2), train=True), "has no random generator yet"),
])
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_temperature_that_is_set_later_is_checked_too():
    layer = Softmax()
    layer.temperature = 0
    with pytest.raises(ValueError, match="temperature must be a finite number > 0, got 0"):
        layer.forward(normal(2, 3))
