"""Penalties on the discriminator's gradient: closed forms, checks, and what they do in training."""

import warnings

import numpy as np
import pytest

from numgan import (SGD, Adam, BatchNorm, Dense, LayerNorm, LeakyReLU, Network, NonSaturating, SiLU,
                    data, penalties)
from numgan._runtime import sharing_cores
from numgan.gradcheck import GradientError, check_penalty, check_step
from numgan.gradcheck.cases import PENALTIES
from numgan.losses import Relativistic, Wasserstein
from numgan.networks.models import mlp_discriminator, mlp_generator
from numgan.penalties import DRAGAN, R1, R1R2, R2, WGANGP, Penalty
from numgan.training import discriminator_gradients, generator_gradients, train


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def linear(w):
    """D(x) = ⟨w, x⟩, whose gradient is w everywhere."""
    network = Network([Dense(len(w), 1, bias=False)], rng=0, dtype=np.float64)
    network.theta[:] = w
    return network


@pytest.mark.parametrize("penalty, value, gradient", [
    (R1(3.0), lambda w, n: 1.5 * n ** 2, lambda w, n: 3 * w),
    (R2(3.0), lambda w, n: 1.5 * n ** 2, lambda w, n: 3 * w),
    (R1R2(3.0), lambda w, n: 3 * n ** 2, lambda w, n: 6 * w),
    (WGANGP(10.0), lambda w, n: 10 * (n - 1) ** 2, lambda w, n: 20 * (n - 1) * w / n),
    (DRAGAN(10.0), lambda w, n: 10 * (n - 1) ** 2, lambda w, n: 20 * (n - 1) * w / n),
], ids=lambda value: repr(value) if isinstance(value, Penalty) else "")
@pytest.mark.parametrize("w", [np.array([3.0, -4.0]), np.array([0.3, 0.4])], ids=str)
def test_closed_forms_of_a_linear_discriminator(penalty, value, gradient, w):
    network, length = linear(w), np.linalg.norm(w)
    found = penalty.add_gradient(network, normal(5, 2), normal(5, 2), np.random.default_rng(0))
    assert found == pytest.approx(value(w, length), rel=1e-12)
    np.testing.assert_allclose(network.grad, gradient(w, length), rtol=1e-12)


def test_one_sided_costs_only_above_one_and_the_norm_at_zero_is_guarded():
    for w, cost in ((np.array([0.3, 0.4]), 0.0), (np.array([3.0, 4.0]), 160.0)):
        network = linear(w)
        found = WGANGP(10.0, one_sided=True).add_gradient(network, normal(5, 2), normal(5, 2),
                                                          np.random.default_rng(0))
        assert found == pytest.approx(cost) and bool(network.grad.any()) == (cost > 0)
    network = linear(np.zeros(2))
    assert WGANGP(10.0).add_gradient(network, normal(5, 2), normal(5, 2),
                                     np.random.default_rng(0)) == pytest.approx(10)
    assert np.array_equal(network.grad, np.zeros(2))


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
@pytest.mark.parametrize("samples", [1, 6])
def test_gradients(penalty, samples):
    network = Network([Dense(3, 6), SiLU(), Dense(6, 4), LayerNorm(4), LeakyReLU(), Dense(4, 1)],
                      rng=3)
    check_penalty(penalty, network, normal(samples, 3), 1 + normal(samples, 3, seed=1))


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_whole_penalised_steps(penalty):
    G, D = mlp_generator(2, 2, (5,), rng=0), mlp_discriminator(2, (6, 5), rng=1)
    check_step(G, D, normal(4, 2), normal(4, 2, seed=1), Wasserstein(), penalty=penalty)


def test_a_wrong_penalty_is_found():
    class Halved(R1):
        def of_norms(self, norms):
            cost, slope = super().of_norms(norms)
            return cost, slope / 2

    with pytest.raises(GradientError, match="every coordinate is 0.5 times"):
        check_penalty(Halved(), mlp_discriminator(2, (5,), rng=0), normal(4, 2), normal(4, 2))


@pytest.mark.parametrize("said, where", [("real", "the real samples"),
                                         ("both", "the real and then the generated samples")])
def test_points_that_are_not_where_at_says_are_found(said, where):
    class Mine(R1):
        at = said

        def points(self, real, fake, rng):
            return fake

    with pytest.raises(GradientError, match=f"at is '{said}', so a training takes the gradient at "
                                            rf"{where}, but points\(real, fake, rng\) returned"):
        check_penalty(Mine(), mlp_discriminator(2, (5,), rng=0), normal(4, 2), 1 + normal(4, 2))
    Mine.at = "fake"
    check_penalty(Mine(), mlp_discriminator(2, (5,), rng=0), normal(4, 2), 1 + normal(4, 2))


@pytest.mark.parametrize("wrong", ["generated", 1, ["real"], True])
def test_an_at_that_is_unknown_is_refused(wrong):
    with pytest.raises(ValueError, match="Mine: at must be one of real, fake, both, None, got"):
        class Mine(R1):
            at = wrong


@pytest.mark.parametrize("found, came", [
    (lambda norms: norms, "an array of shape"),
    (lambda norms: (norms, norms, norms), "an array of shape"),
    (lambda norms: (norms.sum(), norms), r"\d\)?, an array of shape"),
    (lambda norms: (norms, 1.0), "an array of shape .*, 1.0")])
def test_of_norms_that_returns_something_else_is_told_so(found, came):
    class Mine(R2):
        def of_norms(self, norms):
            return found(norms)

    with pytest.raises(TypeError, match=r"Mine\(10\): expected of_norms\(norms\) to return two "
                                        rf"arrays of shape \(4,\), .*, got .*{came}"):
        check_penalty(Mine(), mlp_discriminator(2, (5,), rng=0), normal(4, 2), normal(4, 2))


@pytest.mark.parametrize("batchnorm, on_one_core", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("penalty", [R1(3.0), R2(3.0), R1R2(3.0)], ids=repr)
def test_in_one_pass_with_the_loss_it_is_the_sum_of_its_parts(penalty, batchnorm, on_one_core,
                                                              monkeypatch):
    monkeypatch.setattr(Network, "on_one_core", lambda network, x: on_one_core)
    layers = [Dense(2, 6), *([BatchNorm(6)] if batchnorm else []), SiLU(), Dense(6, 1)]
    network = Network(layers, rng=0, dtype=np.float64)
    real, fake = normal(5, 2), 1 + normal(5, 2, seed=1)
    with warnings.catch_warnings(), sharing_cores(2):
        warnings.simplefilter("ignore")
        together = discriminator_gradients(network, real, fake, Relativistic(), penalty)
        grad = network.grad.copy()
        loss = discriminator_gradients(network, real, fake, Relativistic())
        parts = penalty.add_gradient(network, real, fake, None)
    assert together.loss == pytest.approx(loss.loss + parts, rel=1e-12)
    np.testing.assert_allclose(grad, network.grad, rtol=1e-11, atol=1e-14)


def test_r1r2_is_r1_and_r2():
    network = mlp_discriminator(2, (6,), rng=0, dtype=np.float64)
    one, both, other = (penalty.add_gradient(network, normal(5, 2), 1 + normal(5, 2), None)
                        for penalty in (R1(3.0), R1R2(3.0), R2(3.0)))
    assert one + other == pytest.approx(both, rel=1e-12)


def test_a_penalty_elsewhere_does_not_take_over_its_parents_pass():
    class Shifted(R1):
        def points(self, real, fake, rng):
            return real + 1

    network = mlp_discriminator(2, (6,), rng=0, dtype=np.float64)
    real, fake = normal(5, 2), normal(4, 2, seed=1)
    loss = discriminator_gradients(network, real, fake, NonSaturating()).loss
    for penalty, shift in (R1(3.0), 0), (Shifted(3.0), 1):
        alone = R1(3.0).add_gradient(network, real + shift, fake, None)
        assert discriminator_gradients(network, real, fake, NonSaturating(), penalty).loss == (
            pytest.approx(loss + alone, rel=1e-12))


def test_r1r2_and_the_relativistic_loss_want_batches_of_one_size():
    network = mlp_discriminator(2, (4,), rng=0, dtype=np.float64)
    with pytest.raises(ValueError, match="as many real samples as generated ones, got 4 and 3"):
        R1R2().add_gradient(network, normal(4, 2), normal(3, 2), None)
    with pytest.raises(ValueError, match="as many real logits as generated ones"):
        discriminator_gradients(network, normal(4, 2), normal(3, 2), Relativistic())
    with pytest.raises(ValueError, match="compares generated with real samples: expected real"):
        generator_gradients(mlp_generator(2, 2, (4,), rng=0, dtype=np.float64), network,
                            normal(3, 2), Relativistic())


def test_every_penalty_is_in_the_gradient_checks():
    classes = {cls for cls in vars(penalties).values()
               if isinstance(cls, type) and issubclass(cls, Penalty)} - {Penalty}
    assert classes == {type(penalty) for penalty in PENALTIES}


def test_points_lie_where_the_papers_say():
    rng = np.random.default_rng(0)
    real, fake = np.zeros((200, 2)), np.ones((200, 2))
    x = WGANGP().points(real, fake, rng)
    assert (x[:, 0] == x[:, 1]).all() and 0.4 < x.mean() < 0.6  # one share for a whole sample
    real = normal(200, 2)
    moved = DRAGAN().points(real, fake, rng) - real
    reach = 0.5 * real.std()  # a share of it for a sample, both ways for each value
    assert np.abs(moved).max() <= reach and moved.max() > 0.9 * reach and moved.min() < -0.9 * reach
    assert abs(moved.mean()) < 0.1 * reach and moved.std() == pytest.approx(reach / 3, rel=0.1)
    share = WGANGP().points(np.ones((2000, 1)), np.zeros((2000, 1)), rng)[:, 0]
    assert share.mean() == pytest.approx(0.5, abs=0.03) and share.min() < 0.01 < 0.99 < share.max()
    assert R1().points(real, fake, rng) is real and R2().points(real, fake, rng) is fake


def test_a_penalty_of_ones_own_needs_no_more_than_its_gradient():
    """It is added after the loss, with the gradient that it makes itself."""
    class Weights(Penalty):
        def add_gradient(self, discriminator, real, fake, rng):
            discriminator.grad += discriminator.theta
            return discriminator.theta @ discriminator.theta / 2

    network = linear(np.array([3.0, -4.0]))
    real, fake = normal(5, 2), normal(5, 2, seed=1)
    found = discriminator_gradients(network, real, fake, Wasserstein(), Weights(1))
    w, difference = network.theta, fake.mean(0) - real.mean(0)
    assert found.loss == pytest.approx(w @ difference + 12.5)
    np.testing.assert_allclose(network.grad, difference + w, rtol=1e-12)


def test_batchnorm_gets_a_warning_that_says_why():
    network = Network([Dense(2, 4), BatchNorm(4), LeakyReLU(), Dense(4, 1)], rng=0,
                      dtype=np.float64)
    with pytest.warns(UserWarning, match="BatchNorm.4., through which .* other samples"):
        R1().add_gradient(network, normal(4, 2), normal(4, 2), None)


@pytest.mark.parametrize("weight", [-1, float("nan"), float("inf"), "ten"])
def test_bad_weights_are_refused(weight):
    with pytest.raises(ValueError, match="R1: weight must be a finite number >= 0"):
        R1(weight)


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
@pytest.mark.parametrize("options", [{}, {"updates": "simultaneous"}], ids=str)
def test_training_with_a_penalty_is_reproducible(penalty, options):
    def run():
        rng = np.random.default_rng(0)
        G, D = mlp_generator(2, 2, (16,), rng=rng), mlp_discriminator(2, (16,), rng=rng)
        records = list(train(G, D, data.sampler(data.ring(), rng), loss=Wasserstein(), steps=20,
                             batch_size=16, rng=rng, penalty=penalty, **options))
        return G.theta, D.theta, records
    (g, d, first), (g2, d2, second) = run(), run()
    assert np.array_equal(g, g2) and np.array_equal(d, d2) and first == second
    assert np.isfinite(g).all() and g.dtype == np.float32


def test_a_penalty_holds_the_critics_gradient_near_one():
    """Without it the critic of two fixed batches grows steeper for ever; with WGAN-GP it stops."""
    def slope(penalty):
        rng = np.random.default_rng(0)
        G, D = mlp_generator(2, 2, (8,), rng=rng), mlp_discriminator(2, (32, 32), rng=rng)
        G.theta[:] = 0  # every fake lies at the origin; the data at (2, 0)

        def at_two(n):
            return np.tile(np.float32([2, 0]), (n, 1))
        list(train(G, D, at_two, loss=Wasserstein(), steps=300, batch_size=32, rng=rng,
                   penalty=penalty, d_optimizer=Adam(1e-2), g_optimizer=SGD(1e-12)))
        x = np.float32([[0.5, 0], [1, 0], [1.5, 0]])
        logits, cache = D.forward(x)
        return np.linalg.norm(D.backward(np.ones_like(logits), cache), axis=1)
    assert (slope(None) > 5).all()
    np.testing.assert_allclose(slope(WGANGP(10.0)), 1, atol=0.15)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
def test_dirac_gan_grows_without_r1_and_contracts_with_it(gamma):
    """Mescheder et al. 2018: data at 0, generator at θ, D(x) = ψ x, simultaneous steps h = 0.2.

    Near the equilibrium a step is a linear map of (θ, ψ) whose determinant, the factor by which the
    area between successive states shrinks, is 1 − hγ + h²/4; a step's own factor is its root: 1.005
    for the plain game, less than 1 with R1.
    """
    h = 0.2
    G = Network([Dense(1, 1)], rng=0, dtype=np.float64)
    D = Network([Dense(1, 1, bias=False)], rng=0, dtype=np.float64)
    G.theta[:], D.theta[:] = (0, 1e-5), 1e-5
    states = np.array([
        (G.theta[1], D.theta[0]) for _ in train(
            G, D, lambda n: np.zeros((n, 1)), loss=NonSaturating(), steps=60, batch_size=1,
            rng=np.random.default_rng(0), updates="simultaneous",
            latent=lambda n, rng: np.zeros((n, 1)), penalty=R1(gamma) if gamma else None,
            d_optimizer=SGD(h), g_optimizer=SGD(h))])
    areas = states[:-1, 0] * states[1:, 1] - states[:-1, 1] * states[1:, 0]
    np.testing.assert_allclose(areas[1:] / areas[:-1], 1 - h * gamma + h * h / 4, rtol=1e-6)


@pytest.mark.parametrize("penalty", [WGANGP(), R1R2()], ids=repr)
def test_batches_of_two_sizes_are_refused_where_they_are_compared(penalty):
    rng = np.random.default_rng(0)
    for n in 1, 6:
        with pytest.raises(ValueError, match=f"as many real samples as generated ones, got 4 and"
                                             f" {n}"):
            penalty.points(np.ones((4, 2)), np.ones((n, 2)), rng)
