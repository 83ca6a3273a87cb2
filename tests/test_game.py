"""Hessian-vector products, the game's Jacobian, consensus optimisation, the unrolled GAN: known
answers, and that the checks of them can fail."""

import copy

import numpy as np
import pytest

from numgan import (SGD, Adam, BatchNorm, Dense, Dropout, GaussianNoise, Network, RMSprop, SiLU,
                    SpectralNorm, Tanh, data)
from numgan.game import (Consensus, Game, Unrolled, discriminator_hvp,
                         unrolled_generator_gradients)
from numgan.gradcheck import GradientError, check_game, check_hvp, check_unrolled
from numgan.layers import Layer
from numgan.losses import Hinge, Minimax, NonSaturating, Relativistic, Wasserstein
from numgan.networks.models import mlp_discriminator, mlp_generator
from numgan.optimizers import Clipped
from numgan.penalties import R1
from numgan.training import generator_gradients, train


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def smooth_pair(batchnorm=False, batchnorm_in_g=False):
    def norm(features, wanted):
        return [BatchNorm(features)] if wanted else []

    generator = [Dense(2, 4), *norm(4, batchnorm_in_g), Tanh(), Dense(4, 2)]
    discriminator = [Dense(2, 5), *norm(5, batchnorm), SiLU(), Dense(5, 1)]
    return (Network(generator, rng=0, dtype=np.float64),
            Network(discriminator, rng=1, dtype=np.float64))


def dirac(theta, psi):
    """G(1) = θ, D(x) = ψ x: one parameter each."""
    G, D = (Network([Dense(1, 1, bias=False)], rng=0, dtype=np.float64) for _ in range(2))
    G.theta[:], D.theta[:] = theta, psi
    return G, D, np.zeros((1, 1)), np.ones((1, 1))


# -- Hessian-vector products -----------------------------------------------------------------------


def test_hvp_of_least_squares_is_the_normal_matrix():
    """L = ½ Σ (x w − t)²: the Hessian by w is xᵀx, and moving x by tx moves ∇_w L by what the
    product rule says."""
    network, x, target = Network([Dense(3, 1, bias=False)], rng=0, dtype=np.float64), *(
        normal(6, 3), normal(6, 1, seed=1))
    v, tx = normal(3, seed=2), normal(6, 3, seed=3)

    def derivatives(y, ty):
        return y - target, ty
    h, _ = network.hvp(x, derivatives, tparams=v)
    np.testing.assert_allclose(h, x.T @ x @ v, rtol=1e-12)
    h, h_x = network.hvp(x, derivatives, tx=tx)
    w, error = network.theta, x @ network.theta - target[:, 0]
    np.testing.assert_allclose(h, tx.T @ error + x.T @ (tx @ w), rtol=1e-12)
    np.testing.assert_allclose(h_x, np.outer(tx @ w, w), rtol=1e-12)


def test_hvp_leaves_parameters_and_gradients_alone():
    network = smooth_pair()[1]
    network.grad[:] = normal(network.size)
    kept = network.theta.copy(), network.grad.copy()
    network.hvp(normal(4, 2), lambda y, ty: (y, ty), normal(network.size))
    assert np.array_equal(network.theta, kept[0]) and np.array_equal(network.grad, kept[1])


def test_hvp_names_the_layer_that_has_no_second_order():
    class FirstOrder(Layer):
        def forward(self, x, train=False):
            return x, None

    network = Network([Dense(2, 3), FirstOrder(), Dense(3, 1)], rng=0, dtype=np.float64)
    with pytest.raises(NotImplementedError, match="FirstOrder.. has no tangent"):
        network.hvp(normal(4, 2), lambda y, ty: (y, ty), np.ones(network.size))


def test_a_wrong_hvp_is_found(monkeypatch):
    monkeypatch.setattr(Tanh, "curvature", lambda self, cache: None)
    with pytest.raises(GradientError, match="H v is wrong"):
        check_hvp(smooth_pair()[0], normal(4, 2))


# -- the game --------------------------------------------------------------------------------------


def test_jacobian_of_the_dirac_gan_by_hand():
    """v = (ψ σ(ψθ), −θ σ(ψθ)) in our signs; with s = σ(ψθ), s′ = s (1 − s)."""
    theta, psi = 0.7, -0.4
    game = Game(*dirac(theta, psi), Minimax())
    s = 1 / (1 + np.exp(-theta * psi))
    bend = s * (1 - s)
    np.testing.assert_allclose(game.field(), [psi * s, -theta * s], rtol=1e-12)
    np.testing.assert_allclose(game.jacobian(), [[psi * psi * bend, s + psi * theta * bend],
                                                 [-s - psi * theta * bend, -theta * theta * bend]],
                               rtol=1e-12)


@pytest.mark.parametrize("loss", [Minimax(), NonSaturating(), Wasserstein(), Hinge(),
                                  Relativistic()], ids=repr)
@pytest.mark.parametrize("batchnorm", [False, True])
def test_products_with_the_jacobian_and_its_transpose(loss, batchnorm):
    check_game(*smooth_pair(batchnorm), normal(4, 2), normal(4, 2, seed=1), loss)


def test_products_are_the_matrix_and_its_transpose():
    game = Game(*smooth_pair(), normal(4, 2), normal(4, 2, seed=1), NonSaturating())
    J, u = game.jacobian(), normal(sum(game.sizes), seed=2)
    np.testing.assert_allclose(game.jacobian_product(u), J @ u, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(game.jacobian_transpose_product(u), J.T @ u, rtol=1e-9, atol=1e-12)


def test_leading_eigenvalues_without_a_matrix_are_those_of_the_matrix():
    game = Game(*smooth_pair(), normal(8, 2), normal(8, 2, seed=1), NonSaturating(), R1(2.0))
    all_of_them, leading = game.eigenvalues(), game.eigenvalues(count=4)
    np.testing.assert_allclose(np.abs(leading), np.abs(all_of_them[:4]), rtol=1e-8)


def test_as_many_eigenvalues_as_were_asked_for():
    G, D, real, z = dirac(0.7, -0.4)
    game = Game(G, D, real, z, NonSaturating())
    np.testing.assert_array_equal(game.eigenvalues(1), game.eigenvalues()[:1])


def test_a_product_with_a_penalty_sees_running_statistics_that_have_moved():
    G, _ = smooth_pair()
    D = Network([SpectralNorm(Dense(2, 6)), Tanh(), Dense(6, 1)], rng=3, dtype=np.float64)
    real, z, u = normal(4, 2), normal(4, 2, seed=1), normal(G.size + D.size, seed=2)
    game = Game(G, D, real, z, NonSaturating(), R1(1.0))
    game.jacobian_product(u)
    D.theta += 0.5 * normal(D.size, seed=4)
    D.commit(D.forward(real, train=True)[1])
    np.testing.assert_array_equal(
        game.jacobian_product(u),
        Game(G, D, real, z, NonSaturating(), R1(1.0)).jacobian_product(u))


def test_a_wrong_loss_tangent_is_found():
    class NoCurvature(NonSaturating):
        def discriminator_tangent(self, real_logits, fake_logits, t_real, t_fake):
            return 0 * t_real, 0 * t_fake

    with pytest.raises(GradientError, match="J u is wrong"):
        check_game(*smooth_pair(), normal(4, 2), normal(4, 2, seed=1), NoCurvature())


def test_a_vector_of_another_size_is_refused():
    with pytest.raises(ValueError, match="expected a vector of 2 values, 1 of the generator"):
        Game(*dirac(1, 1), Minimax()).jacobian_product(np.ones(3))


def test_the_transpose_with_a_penalty_is_refused():
    with pytest.raises(NotImplementedError, match="R1.10.: a product with J.* third derivatives"):
        Game(*dirac(1, 1), Minimax(), R1()).jacobian_transpose_product(np.ones(2))


# -- consensus -------------------------------------------------------------------------------------


def test_consensus_of_the_bilinear_game_by_hand():
    """L_D = ψθ = −L_G: v = (ψ, −θ), ½‖v‖² = (ψ² + θ²) / 2, so each also descends its own length."""
    G, D, real, z = dirac(0.7, -0.4)
    Consensus(3.0).gradients(G, D, real, z, Wasserstein())
    np.testing.assert_allclose([G.grad[0], D.grad[0]], [0.4 + 3 * 0.7, 0.7 - 3 * 0.4], rtol=1e-12)


def test_consensus_contracts_where_the_plain_game_grows():
    def last(updates):
        G, D, real, z = dirac(1.0, 1.0)
        list(train(G, D, lambda n: np.zeros((n, 1)), loss=Minimax(), steps=300, batch_size=1,
                   rng=np.random.default_rng(0), updates=updates, latent=lambda n, rng: z,
                   d_optimizer=SGD(0.2), g_optimizer=SGD(0.2)))
        return np.hypot(G.theta[0], D.theta[0])
    assert last("simultaneous") > 1.2 and last(Consensus(1.0)) < 1e-3


# -- unrolled --------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_unrolled_bilinear_game_by_hand(steps):
    """L_D = ψθ, so D's step is ψ ← ψ − hθ, and L_G = −ψ_K θ = −(ψ − K h θ) θ."""
    G, D, real, z = dirac(0.7, -0.4)
    h = 0.1
    found = unrolled_generator_gradients(G, D, real, z, Wasserstein(), SGD(h), steps)
    assert found.loss == pytest.approx(-(-0.4 - steps * h * 0.7) * 0.7, rel=1e-12)
    assert G.grad[0] == pytest.approx(0.4 + 2 * steps * h * 0.7, rel=1e-12)


@pytest.mark.parametrize("batchnorm", [{}, {"batchnorm": True}, {"batchnorm_in_g": True}],
                         ids=["without BatchNorm", "in D", "in G"])
def test_unrolled_by_no_steps_is_the_ordinary_gradient(batchnorm):
    G, D = smooth_pair(**batchnorm)
    real, z = normal(4, 2), normal(4, 2, seed=1)
    unrolled_generator_gradients(G, D, real, z, NonSaturating(), Adam(), 0)
    unrolled = G.grad.copy()
    generator_gradients(G, D, z, NonSaturating())
    assert np.array_equal(unrolled, G.grad)


@pytest.mark.parametrize("optimizer", [SGD(0.1, momentum=0.9), Adam(0.01)], ids=repr)
def test_unrolling_leaves_the_discriminator_and_its_optimiser_as_they_were(optimizer):
    G, D = smooth_pair(batchnorm=True)
    optimizer.step(D.theta, normal(D.size))
    kept = D.theta.copy(), D.buffer.copy(), copy.deepcopy(optimizer)
    unrolled_generator_gradients(G, D, normal(4, 2), normal(4, 2, seed=1), NonSaturating(),
                                 optimizer, 3)
    assert np.array_equal(D.theta, kept[0]) and np.array_equal(D.buffer, kept[1])
    assert np.array_equal(optimizer.averages, kept[2].averages)
    assert vars(optimizer).get("steps") == vars(kept[2]).get("steps")


@pytest.mark.parametrize("optimizer", [SGD(0.3), SGD(0.1, momentum=0.9), Adam(0.05)], ids=repr)
@pytest.mark.parametrize("warm", [0, 3])
def test_unrolled_gradients(optimizer, warm):
    check_unrolled(*smooth_pair(), normal(4, 2), normal(4, 2, seed=1), NonSaturating(), optimizer,
                   steps=4, warm=warm)


def test_a_wrong_reverse_of_the_optimiser_is_found():
    class ForgetsMomentum(SGD):
        def step_backward(self, *arguments, **options):
            d_averages, d_grad = super().step_backward(*arguments, **options)
            return 0 * d_averages, d_grad

    with pytest.raises(GradientError, match="gradient of G is wrong"):
        check_unrolled(*smooth_pair(), normal(4, 2), normal(4, 2, seed=1), NonSaturating(),
                       ForgetsMomentum(0.1, momentum=0.9))


@pytest.mark.parametrize("noise", [GaussianNoise(0.5), Dropout(0.5)], ids=repr)
def test_unrolling_goes_back_through_the_noise_that_it_has_drawn(noise):
    G = smooth_pair()[0]
    D = Network([Dense(2, 6), noise, Tanh(), Dense(6, 1)], rng=3, dtype=np.float64)
    real, z, drawn = normal(4, 2), normal(4, 2, seed=1), noise.rng.bit_generator.state

    def found(shift=0.0):
        noise.rng.bit_generator.state = drawn
        moved = G.copy()
        moved.theta[0] += shift
        return unrolled_generator_gradients(moved, D, real, z, NonSaturating(), SGD(0.3),
                                            3).loss, moved.grad[0]
    h = 1e-5
    assert found()[1] == pytest.approx((found(h)[0] - found(-h)[0]) / (2 * h), rel=1e-7)


@pytest.mark.parametrize("optimizer", [RMSprop(), Clipped(SGD())], ids=repr)
def test_what_cannot_be_reversed_is_refused_before_anything_changes(optimizer):
    rng = np.random.default_rng(0)
    G, D = mlp_generator(2, 2, (4,), rng=rng), mlp_discriminator(2, (4,), rng=rng)
    kept = G.theta.copy(), D.theta.copy()
    with pytest.raises(ValueError, match="expected SGD or Adam, got"):
        train(G, D, data.sampler(data.ring(), rng), loss=NonSaturating(), steps=3, rng=rng,
              d_optimizer=optimizer, updates=Unrolled(2))
    assert np.array_equal(G.theta, kept[0]) and np.array_equal(D.theta, kept[1])


@pytest.mark.parametrize("rule", [Unrolled(2), Consensus(1.0)], ids=repr)
def test_rules_in_training(rule):
    def run(**options):
        rng = np.random.default_rng(0)
        G, D = mlp_generator(2, 2, (6,), rng=rng), mlp_discriminator(2, (6,), rng=rng)
        records = list(train(G, D, data.sampler(data.ring(), rng), loss=NonSaturating(), steps=5,
                             batch_size=8, rng=rng, updates=rule, **options))
        return G.theta, D.theta, records
    (g, d, records), (g2, d2, _) = run(), run()
    assert np.array_equal(g, g2) and np.array_equal(d, d2) and np.isfinite(g).all()
    assert all(np.isfinite(record).all() for record in records)
    with pytest.raises(ValueError, match="third derivatives; use one or the other"):
        run(penalty=R1())
    with pytest.raises(ValueError, match="updates need k=1, got k=2"):
        run(k=2)


@pytest.mark.parametrize("make, message", [
    (lambda: Unrolled(-1), "steps must be an integer >= 0"),
    (lambda: Consensus(-1), "weight must be a finite number >= 0"),
    (lambda: Consensus("ten"), "weight must be a finite number >= 0"),
    (lambda: Clipped(SGD(), 0), "limit must be a finite number > 0"),
])
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_discriminator_hvp_takes_batches_of_different_sizes():
    D = smooth_pair()[1]
    t = normal(D.size, seed=4)
    together = discriminator_hvp(D, normal(5, 2), normal(3, 2, seed=1), NonSaturating(), t)
    assert together[0].shape == (D.size,) and together[1].shape == (3, 2)


def test_clipping_keeps_every_parameter_within_the_limit():
    theta = normal(50)
    Clipped(SGD(10.0), 0.01).step(theta, normal(50, seed=1))
    assert np.abs(theta).max() == 0.01
