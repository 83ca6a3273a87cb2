"""Optimisers against their formulas written out, and on a quadratic."""

import numpy as np
import pytest

from numgan import SGD, Adam, RMSprop
from numgan.optimizers import SCHEDULES, Clipped, schedule

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


@pytest.mark.parametrize("optimizer, grads, thetas", [
    (SGD(0.5), [2, -1, 4], [0, 0.5, -1.5]),
    # v = 2, 1 − 1, 0 + 4
    (SGD(0.5, momentum=0.5), [2, -1, 4], [0, 0, -2]),
    # s = ¼ 2² = 1, then ¾ + ¼ 1² = 1, then ¾ + ¼ 3² = 3
    (RMSprop(0.5, decay=0.75, eps=1.0), [2, -1, 3], [0.5, 0.75, 0.75 - 1.5 / (3 ** 0.5 + 1)]),
    # m = ½ 2 = 1, m̂ = 1 / ½ = 2 and s = ¼ 2² = 1, ŝ = 1 / ¼ = 4; then m = ½ − ½ 1 = 0; then
    # m = 0 + ½ 7, m̂ = 3.5 / (1 − ⅛) = 4 and s = ¾ (¾ + ¼ 1²) + ¼ 7² = 13, ŝ = 13 / (37/64)
    (Adam(0.5, beta1=0.5, beta2=0.75, eps=1.0), [2, -1, 7],
     [2 / 3, 2 / 3, 2 / 3 - 2 / (1 + (13 * 64 / 37) ** 0.5)]),
    # with no memory a step is the rate, in the gradient's direction
    (Adam(0.25, beta1=0.0, beta2=0.0, eps=0.0), [3, -5, 0.1], [0.75, 1, 0.75]),
    # every step is taken from where the last was clipped
    (Clipped(SGD(0.5), limit=0.75), [-2, 1, 3, -0.5], [0.75, 0.25, -0.75, -0.5]),
], ids=["SGD", "momentum", "RMSprop", "Adam", "Adam without memory", "Clipped"])
def test_trajectories_worked_by_hand(optimizer, grads, thetas):
    theta = np.ones(1)
    for grad, there in zip(grads, thetas):
        optimizer.step(theta, np.array([float(grad)]))
        assert theta[0] == pytest.approx(there, rel=1e-14, abs=1e-15)


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
    for name, values in (("constant", [1, 1, 1, 1]), ("linear", [1, 2 / 3, 1 / 2, 1 / 3]),
                         ("cosine", [1, 3 / 4, 1 / 2, 1 / 4])):  # cos 0°, 60°, 90°, 120°
        found = [schedule(name)(progress) for progress in (0, 1 / 3, 1 / 2, 2 / 3)]
        np.testing.assert_allclose(found, values, rtol=1e-15)
    with pytest.raises(ValueError, match="unknown schedule 'step'"):
        schedule("step")


@pytest.mark.parametrize("make", [lambda: SGD(0), lambda: Adam(-1), lambda: Adam("fast"),
                                  lambda: SGD(0.1, momentum=1), lambda: RMSprop(float("nan")),
                                  lambda: Adam(beta2=1.0)])
def test_bad_arguments_are_refused(make):
    with pytest.raises(ValueError):
        make()


def test_nothing_comes_back_from_a_parameter_that_never_had_a_gradient():
    """A dead unit: mean = square = 0, where the root of the square has no derivative."""
    optimizer, theta, grad = Adam(0.1), np.ones(2), np.array([0.0, 3.0])
    optimizer.step(theta, grad)
    d_averages, d_grad = optimizer.step_backward(np.ones(2), np.zeros((2, 2)), optimizer.averages,
                                                 grad)
    # by the averages of the dead one: dm = −c / q with q = eps / ŝ, which is 0.1 / 1e-8
    assert d_averages[1, 0] == 0 and np.isfinite(d_averages).all()
    assert d_grad[0] == pytest.approx(-0.1 / 1e-8, rel=1e-12)


def test_an_optimiser_belongs_to_one_vector():
    optimizer = Adam()
    optimizer.step(np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="3 parameters, got 4"):
        optimizer.step(np.ones(4), np.ones(4))


@pytest.mark.parametrize("make", [SGD, RMSprop, Adam])
def test_a_scale_multiplies_the_rate(make):
    scaled, slower = np.ones(3), np.ones(3)
    make(0.1).step(scaled, np.array([1.0, -2.0, 3.0]), 0.5)
    make(0.05).step(slower, np.array([1.0, -2.0, 3.0]))
    np.testing.assert_allclose(scaled, slower, rtol=1e-14)


def test_an_optimiser_without_its_base_is_told_what_to_call():
    class Bare(SGD):
        def __init__(self):
            pass

    with pytest.raises(TypeError, match=r"Bare: expected its __init__ to call super\(\).__init__"):
        Bare().learning_rate
