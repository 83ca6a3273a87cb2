"""Optimisers against their formulas written out, and on a quadratic."""

import numpy as np
import pytest

from numgan import SGD, Adam, RMSprop
from numgan.optimizers import SCHEDULES, schedule

rng = np.random.default_rng(0)
GRADIENTS = rng.standard_normal((5, 7))


def run(optimizer, scale=1.0):
    theta = np.ones(7)
    for grad in GRADIENTS:
        kept = grad.copy()
        optimizer.step(theta, grad, scale)
        assert np.array_equal(grad, kept)
    return theta


def test_sgd_with_momentum_is_its_formula():
    theta, velocity = np.ones(7), np.zeros(7)
    for grad in GRADIENTS:
        velocity = 0.9 * velocity + grad
        theta = theta - 0.1 * velocity
    np.testing.assert_allclose(run(SGD(0.1, momentum=0.9)), theta, rtol=1e-13)


def test_rmsprop_is_its_formula():
    theta, square = np.ones(7), np.zeros(7)
    for grad in GRADIENTS:
        square = 0.8 * square + 0.2 * grad ** 2
        theta = theta - 0.01 * grad / (np.sqrt(square) + 1e-3)
    np.testing.assert_allclose(run(RMSprop(0.01, decay=0.8, eps=1e-3)), theta, rtol=1e-13)


def test_adam_is_algorithm_1_of_kingma_and_ba():
    theta, m, v = np.ones(7), np.zeros(7), np.zeros(7)
    for t, grad in enumerate(GRADIENTS, 1):
        m = 0.5 * m + 0.5 * grad
        v = 0.9 * v + 0.1 * grad ** 2
        theta = theta - 0.01 * (m / (1 - 0.5 ** t)) / (np.sqrt(v / (1 - 0.9 ** t)) + 1e-3)
    np.testing.assert_allclose(run(Adam(0.01, beta1=0.5, beta2=0.9, eps=1e-3)), theta, rtol=1e-13)


@pytest.mark.parametrize("make", [lambda: SGD(0.1, 0.5), lambda: RMSprop(0.02), lambda: Adam(0.02)])
def test_each_descends_a_quadratic_in_place_and_in_float32(make):
    theta = np.array([1, -2, 3], np.float32)
    view, optimizer = theta[:], make()
    for _ in range(500):
        optimizer.step(theta, theta)
    assert theta.dtype == np.float32 and np.shares_memory(theta, view)
    assert np.abs(theta).max() < 0.03


def test_scale_multiplies_the_learning_rate():
    np.testing.assert_allclose(run(Adam(0.01), scale=0.5), run(Adam(0.005)), rtol=1e-13)


def test_schedules_fall_from_one_to_nothing():
    assert all(schedule(name)(0) == 1 for name in SCHEDULES)
    assert schedule("linear")(0.25) == 0.75 and schedule("cosine")(0.5) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="unknown schedule 'step'"):
        schedule("step")


@pytest.mark.parametrize("make", [lambda: SGD(0), lambda: Adam(-1), lambda: Adam("fast"),
                                  lambda: SGD(0.1, momentum=1), lambda: RMSprop(float("nan")),
                                  lambda: Adam(beta2=1.0)])
def test_bad_arguments_are_refused(make):
    with pytest.raises(ValueError):
        make()


def test_an_optimiser_belongs_to_one_vector():
    optimizer = Adam()
    optimizer.step(np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="3 parameters, got 4"):
        optimizer.step(np.ones(4), np.ones(4))
