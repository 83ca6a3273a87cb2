"""Costs beside a target, and a discriminator of patches: by hand, and in a training step."""

import numpy as np
import pytest

from numgan import Network, NonSaturating, Pair, costs, models
from numgan.gradcheck import check_cost, check_layer, check_tangent
from numgan.layers import Conv2D, Dense, Dropout, Flatten, LeakyReLU, Patches, Tanh
from numgan.losses import LeastSquares
from numgan.networks import Conditional
from numgan.training import discriminator_gradients, generator_gradients

Y, TARGET = np.array([[1.0, 3, -2], [0, 5, 2]]), np.array([[1.0, 1, 2], [0, 1, -1]])


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# -- by hand: differences are 0, 2, −4 and 0, 4, 3 -------------------------------------------------


@pytest.mark.parametrize("cost, values, gradient", [
    (costs.L1(), [6 / 3, 7 / 3], [[0, 1, -1], [0, 1, 1]]),
    (costs.L2(), [20 / 3, 25 / 3], [[0, 4, -8], [0, 8, 6]])], ids=repr)
def test_distances_by_hand(cost, values, gradient):
    each, d = cost.of_samples(Y, TARGET)
    np.testing.assert_allclose(each, values)
    np.testing.assert_allclose(d, np.array(gradient) / 3)
    value, dy = cost(Y, TARGET)
    assert value == pytest.approx(np.mean(values))
    np.testing.assert_allclose(dy, np.array(gradient) / 6)


def test_a_mask_is_a_weight_of_each_value_and_an_empty_one_costs_nothing():
    mask = np.array([[0, 1.0, 1], [0, 0, 0]])
    each, d = costs.L1().of_samples(Y, TARGET, mask)
    np.testing.assert_allclose(each, [3, 0])
    np.testing.assert_allclose(d, [[0, 0.5, -0.5], [0, 0, 0]])
    each, d = costs.L2().of_samples(Y, TARGET, np.array([0, 1, 3]))  # the same for both
    np.testing.assert_allclose(each, [(4 + 3 * 16) / 4, (16 + 3 * 9) / 4])
    np.testing.assert_allclose(d[0], [0, 4 / 4, -3 * 8 / 4])
    for one in np.ones((2, 3), bool), np.ones((1, 1)), np.int64(1):
        np.testing.assert_allclose(costs.L1()(Y, TARGET, one)[1], costs.L1()(Y, TARGET)[1])


def test_a_mask_of_pixels_counts_every_channel():
    y, mask = normal(2, 3, 4, 2), np.zeros((3, 4, 1))
    mask[1, 2] = 1
    value, d = costs.L2()(y, np.zeros_like(y), mask)
    assert value == pytest.approx((y[:, 1, 2] ** 2).mean())
    assert (d[:, 1, 2] != 0).all() and np.count_nonzero(d) == 4


def test_cross_entropy_by_hand():
    y = np.log([[[1.0, 3], [2, 2]]]) + 1000
    target = np.array([[[0.0, 1], [1, 0]]])
    value, d = costs.CrossEntropy()(y, target)
    assert value == pytest.approx(-(np.log(3 / 4) + np.log(1 / 2)) / 2)
    np.testing.assert_allclose(d, [[[1 / 8, -1 / 8], [-1 / 4, 1 / 4]]])
    value, d = costs.CrossEntropy()(y, target, np.array([[[1.0], [0]]]))
    assert value == pytest.approx(-np.log(3 / 4)) and not d[0, 1].any()


def test_log_likelihood_is_the_cross_entropy_of_what_a_softmax_gives():
    y, target = np.array([[[0.25, 0.75], [0.5, 0.5]]]), np.array([[[0.0, 1], [1, 0]]])
    value, d = costs.LogLikelihood(1e-12)(y, target)
    assert value == pytest.approx(costs.CrossEntropy()(np.log(y), target)[0])
    np.testing.assert_allclose(d, [[[0, -2 / 3], [-1, 0]]])
    value, d = costs.LogLikelihood(0.01)(np.array([[[0.0, 1]]]), np.array([[[1.0, 0]]]))
    assert value == pytest.approx(-np.log(0.01)) and d[0, 0, 0] == pytest.approx(-100)
    with pytest.raises(ValueError, match="LogLikelihood: eps must be"):
        costs.LogLikelihood(0)


# -- features --------------------------------------------------------------------------------------


def seeing():
    return Network([Conv2D(2, 3, 3), Tanh(), Flatten(), Dense(18, 4), Dropout(0.5)], rng=0,
                   input_shape=(4, 5, 2), dtype=np.float64)


def test_features_are_the_output_of_the_first_layers_of_a_network_that_stays_as_it_is():
    network, y, target = seeing(), normal(3, 4, 5, 2), normal(3, 4, 5, 2, seed=1)
    network.grad[...] = 7
    theta = network.theta.copy()
    for count, f in (1, network.layers[0].forward(y)[0]), (None, network(y)):
        cost = costs.Features(network, count)
        same = f - (network.layers[0].forward(target)[0] if count else network(target))
        assert cost(y, target)[0] == pytest.approx((same ** 2).mean())
        check_cost(cost, y, target)
        cost.tangent(y, target, target)
    assert (network.grad == 7).all() and np.array_equal(network.theta, theta)


def test_features_do_not_see_what_is_outside_of_the_mask():
    cost, y, target = costs.Features(seeing()), normal(3, 4, 5, 2), normal(3, 4, 5, 2, seed=1)
    mask = np.zeros((4, 5, 1))
    mask[:, :3] = 1
    value, d = cost(y, target, mask)
    y[:, :, 3:] += 5
    again, d_again = cost(y, target, mask)
    assert value == again and np.array_equal(d, d_again)
    assert not d[:, :, 3:].any() and d[:, :, :3].all()


def test_a_sum_weighs_what_each_part_costs_each_sample():
    both = costs.Sum((costs.L1(), 2.0), (costs.L2(), 0.5))
    each, d = both.of_samples(Y, TARGET)
    for part, index in (each, 0), (d, 1):
        np.testing.assert_allclose(part, 2 * costs.L1().of_samples(Y, TARGET)[index]
                                   + 0.5 * costs.L2().of_samples(Y, TARGET)[index])
    mask = np.array([0, 1, 1])
    assert both(Y, TARGET, mask)[0] == pytest.approx(
        2 * costs.L1()(Y, TARGET, mask)[0] + 0.5 * costs.L2()(Y, TARGET, mask)[0])
    assert both(Y.astype(np.float32), TARGET.astype(np.float32))[1].dtype == np.float32
    assert repr(both) == "Sum((L1(), 2), (L2(), 0.5))"
    check_cost(costs.Sum((costs.Features(seeing()), 3.0), (costs.L2(), 1.0)),
               normal(3, 4, 5, 2), normal(3, 4, 5, 2, seed=1))


# -- patches and a cost beside the loss ------------------------------------------------------------


def judge(*last):
    return Network([Conv2D(1, 4, 4, stride=2, padding=1), LeakyReLU(), Conv2D(4, 1, 3, padding=1),
                    *last], rng=1, input_shape=(8, 8, 1), dtype=np.float64)


def test_patches_are_pixels_as_samples():
    x = np.arange(12.0).reshape(2, 3, 1, 2)
    y, cache = Patches().forward(x)
    assert y.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11]]
    assert np.array_equal(Patches().backward(y, cache), x)
    assert Patches().output_shape((3, 1, 2)) == (2,)
    check_layer(Patches(), x)
    check_tangent(Patches(), x)


def test_the_loss_of_patches_is_the_mean_over_all_of_them():
    """Real and generated go through D as one batch, cut where the generated ones begin."""
    real, fake, D = normal(3, 8, 8, 1), 1 + normal(3, 8, 8, 1, seed=1), judge(Patches())
    found = discriminator_gradients(D, real, fake, LeastSquares())
    maps = judge()
    assert found.logits[0].shape == (3 * 16, 1)
    np.testing.assert_allclose(found.logits[0].reshape(3, 4, 4, 1), maps(real))
    np.testing.assert_allclose(found.logits[1].reshape(3, 4, 4, 1), maps(fake))
    other = discriminator_gradients(D, real[:2], fake, LeastSquares())  # of different sizes
    assert [len(logits) for logits in other.logits] == [32, 48]


@pytest.mark.parametrize("conditional", [False, True])
def test_a_cost_beside_the_loss_adds_its_value_and_its_gradient(conditional):
    z, target = normal(4, 3), normal(4, 2, seed=1)
    if conditional:
        G, D = models.conditional_mlp(2, 3, 3, (5,), (5,), rng=0)
        G, D = G.astype(np.float64), D.astype(np.float64)
        assert isinstance(D, Conditional)
        z = Pair(z, np.eye(3)[[0, 1, 2, 0]])
    else:
        G = models.mlp_generator(3, 2, (5,), rng=0).astype(np.float64)
        D = models.mlp_discriminator(2, (5,), rng=1).astype(np.float64)
    plain = generator_gradients(G, D, z, NonSaturating())
    before = G.grad.copy()
    y, cache = G.forward(z, train=True)
    x = y.x if conditional else y
    value, dy = costs.L2()(x, target)
    both = generator_gradients(G, D, z, NonSaturating(),
                               beside=lambda x: (10 * value, 10 * costs.L2()(x, target)[1]))
    found = G.grad.copy()
    G.grad.fill(0)
    G.backward(type(z)(dy, None) if conditional else dy, cache, input_grad=False)
    assert both.loss == pytest.approx(plain.loss + 10 * value)
    np.testing.assert_allclose(found, before + 10 * G.grad)


@pytest.mark.parametrize("call, error, message", [
    (lambda: costs.L1()(Y, TARGET[:1]), ValueError,
     r"L1\(\): expected y and target of one shape \(N, ...\), got \(2, 3\) and \(1, 3\)"),
    (lambda: costs.L2()(Y, TARGET, np.ones((2, 2))), ValueError,
     r"mask of numbers >= 0 that broadcasts to \(2, 3\), got float64 of shape \(2, 2\)"),
    (lambda: costs.L2()(Y, TARGET, -np.ones((2, 3))), ValueError, "mask of numbers >= 0"),
    (lambda: costs.L2()(Y, TARGET, np.full((2, 3), np.nan)), ValueError, "mask of numbers >= 0"),
    (lambda: costs.L2()(Y, TARGET, "no"), ValueError, "mask of numbers >= 0"),
    (lambda: costs.Features(3), TypeError, "Features: network must be a Network of samples alone"),
    (lambda: costs.Features(seeing(), 6), ValueError, "layers must be an integer from 1 to 5"),
    (lambda: costs.Features(seeing(), cost=NonSaturating()), TypeError, "one of numgan.costs"),
    (lambda: costs.Features(seeing())(Y, TARGET), ValueError, "expected x of shape"),
    (lambda: costs.Sum(), TypeError, r"Sum: expected pairs \(one of numgan.costs, weight\), got"),
    (lambda: costs.Sum((3, 1.0)), TypeError, "Sum: expected pairs"),
    (lambda: costs.Sum((costs.L1(), -1.0)), ValueError, "Sum: weight must be"),
    (lambda: Patches().forward(Y), ValueError, r"expected x of shape \(N, H, W, C\)"),
])
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
