"""From a picture back to a latent: against a closed form, by differences, and what stops it."""

import numpy as np
import pytest

from numgan import (SGD, Adam, Conditional, Dense, Join, Network, Pair, Tanh, Translator, costs,
                    invert, models)
from numgan.inversion import _Objective, tune
from numgan.layers import BatchNorm, Conv2D, Patches, Reshape


def linear(seed=0):
    """G(z) = z W of full rank, (2,) → (5,)."""
    G = Network([Dense(2, 5, bias=False)], rng=0, dtype=np.float64)
    G.layers[0].W[...] = np.random.default_rng(seed).standard_normal((2, 5))
    return G, G.layers[0].W


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def rng():
    return np.random.default_rng(7)


def fast():
    return dict(rng=rng(), optimizer=Adam(0.1, beta1=0.9), steps=400)


# -- what it finds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("prior", [0.0, 1.0])
@pytest.mark.parametrize("mask", [None, np.array([1, 0, 1, 1, 0.0])], ids=["whole", "mask"])
def test_of_a_linear_generator_it_finds_the_ridge_regression(prior, mask):
    """mean m (z W − x)² + prior ½ |z|² / 2: z (W m Wᵀ + ¼ prior Σm) = x m Wᵀ."""
    G, W = linear()
    x, m = normal(3, 5, seed=1), np.ones(5) if mask is None else mask
    found = invert(G, x, mask, prior=prior, **fast())
    wanted = (x * m) @ W.T @ np.linalg.inv((W * m) @ W.T + prior / 4 * m.sum() * np.eye(2))
    np.testing.assert_allclose(found.z, wanted, atol=1e-3)
    values = (m * (wanted @ W - x) ** 2).sum(1) / m.sum() + prior / 4 * (wanted ** 2).sum(1)
    np.testing.assert_allclose(found.values, values, atol=1e-5)
    np.testing.assert_allclose(found.every_z, wanted[:, None].repeat(4, 1), atol=1e-3)


@pytest.mark.parametrize("image", [False, True])
def test_the_gradient_is_that_of_the_value(image):
    if image:
        G = Network([Dense(3, 16), Tanh(), Reshape(4, 4, 1)], rng=0, dtype=np.float64)
        D = Network([Conv2D(1, 2, 3), Tanh(), Conv2D(2, 1, 1), Patches()], rng=1, dtype=np.float64,
                    input_shape=(4, 4, 1))
        x, mask, c = normal(5, 4, 4, 1), (normal(4, 4, 1, seed=1) > 0), None
    else:
        G = Conditional([Join(2), Dense(5, 4), Tanh()], 3, 2, keep=True, rng=0, dtype=np.float64)
        D = Conditional([Join(2), Dense(6, 4), Tanh(), Dense(4, 1)], 4, 2, rng=1, dtype=np.float64)
        x, mask, c = normal(5, 4), None, normal(5, 2, seed=2)
    objective = _Objective(G, x, mask, costs.L2(), 0.7, D, 0.3, c)
    z = normal(5, 3, seed=3)
    _, dz = objective(z)
    for j in range(3):
        e = np.zeros(3)
        e[j] = 1e-6
        np.testing.assert_allclose((objective(z + e)[0] - objective(z - e)[0]) / 2e-6, dz[:, j],
                                   rtol=1e-6, atol=1e-9)
    assert not G.grad.any() and not D.grad.any()
    made = G(z if c is None else Pair(z, c))
    y = made if c is None else made.x
    logits = D(made).reshape(5, -1)
    np.testing.assert_allclose(objective(z)[0], costs.L2().of_samples(y, x, mask)[0]
                               + 0.35 * (z * z).mean(axis=1)
                               + 0.3 * np.log(1 + np.exp(-logits)).mean(axis=1))


def test_no_row_knows_of_another():
    G = Network([Dense(2, 6), BatchNorm(6), Tanh(), Dense(6, 3)], rng=0, dtype=np.float64)
    x, starts = normal(6, 3), normal(6, 4, 2, seed=1)
    mask = (normal(6, 3, seed=2) > -0.5).astype(float)
    together = invert(G, x, mask, rng=rng(), starts=starts, steps=20)
    for n in range(3):
        alone = invert(G, x[n:n + 1], mask[n:n + 1], rng=rng(), starts=starts[n:n + 1, 2:3],
                       steps=20)
        np.testing.assert_allclose(alone.z[0], together.every_z[n, 2], rtol=1e-9)
        np.testing.assert_allclose(alone.values[0], together.every_value[n, 2], rtol=1e-9)
    best = together.best()
    np.testing.assert_array_equal(together.z, together.every_z[np.arange(6), best])
    np.testing.assert_array_equal(together.values, together.every_value.min(axis=1))
    assert len(set(best)) > 1


def test_the_best_that_was_met_is_kept_and_the_film_shows_the_way():
    G, W = linear()
    x = normal(1, 5)
    found = invert(G, x, rng=rng(), starts=2, steps=25, every=10, optimizer=SGD(3.0), prior=0)
    assert found.at.tolist() == [0, 10, 20, 25] and found.film.shape == (4, 1, 2, 2)
    assert found.steps == 25
    all_of_it = invert(G, x, rng=rng(), starts=2, steps=25, every=1, optimizer=SGD(3.0), prior=0)
    np.testing.assert_array_equal(all_of_it.film[[0, 10, 20, 25]], found.film)
    costs_of = ((all_of_it.film @ W - x) ** 2).mean(axis=-1)
    assert costs_of[-1].min() > 100 * costs_of[0].max()  # far too fast
    for s in range(2):
        best = costs_of[:, 0, s].argmin()
        np.testing.assert_array_equal(found.every_z[0, s], all_of_it.film[best, 0, s])
    same = invert(G, x, rng=rng(), starts=2, steps=0, prior=0)
    np.testing.assert_allclose(same.every_value, costs_of[0])


def test_starts_may_be_given_as_by_an_encoder():
    G, W = linear()
    z = normal(4, 2)
    found = invert(G, z @ W, rng=rng(), starts=z, steps=3, prior=0)
    np.testing.assert_allclose(found.z, z)
    assert found.every_z.shape == (4, 1, 2) and not found.values.any()


def test_starts_in_any_order_of_memory_are_moved():
    G, W = linear()
    z, x = normal(4, 2), normal(4, 2, seed=5) @ W
    found = [invert(G, x, rng=rng(), starts=start, steps=5, prior=0).z
             for start in (z, np.asfortranarray(z))]
    np.testing.assert_array_equal(*found)
    assert not np.allclose(found[0], z)


def test_realism_asks_the_logit_of_a_discriminator_that_guesses_too():
    G, W = linear()
    D = Network([Dense(W.shape[1], 4)], rng=1, dtype=np.float64)
    z = normal(3, 2)
    found = invert(G, z @ W, rng=rng(), starts=z, steps=0, prior=0, discriminator=D, realism=1.0)
    logit = D(z @ W)[:, 0]
    np.testing.assert_allclose(found.values, np.logaddexp(0, -logit))


def test_a_condition_of_another_precision_is_cast():
    G = Conditional([Join(3), Dense(5, 4, bias=False)], 2, 3, rng=0)
    found = invert(G, np.zeros((2, 4)), rng=rng(), condition=np.eye(3)[:2], steps=1)
    assert found.z.dtype == np.float32


def test_a_condition_belongs_to_its_target():
    G = Conditional([Join(3), Dense(5, 4, bias=False)], 2, 3, rng=0)
    z, c = normal(3, 2).astype(np.float32), np.eye(3, dtype=np.float32)
    found = invert(G, G(Pair(z, c)), condition=c, starts=2, prior=0, **fast())
    np.testing.assert_allclose(found.z, z, atol=0.02)
    assert found.z.dtype == np.float32


def test_the_discriminator_keeps_the_free_part_real():
    """G(z) = z in the plane; D says that real points lie at x₂ = 1, which the mask leaves free."""
    G = Network([Dense(2, 2, bias=False)], rng=0, dtype=np.float64)
    G.layers[0].W[...] = np.eye(2)
    D = Network([Dense(2, 2), Tanh(), Dense(2, 1)], rng=0, dtype=np.float64)
    D.theta[...] = 0
    D.layers[0].W[...], D.layers[0].b[...] = [[0, 0], [2, 2]], [-1, -3]
    D.layers[2].W[...] = [[5], [-5]]  # largest between 0.5 and 1.5
    x, mask = np.array([[0.3, 9.0]]), np.array([1, 0])
    with_d = invert(G, x, mask, discriminator=D, realism=1.0, prior=0.0, starts=8, **fast())
    np.testing.assert_allclose(with_d.z, [[0.3, 1.0]], atol=0.02)
    without = invert(G, x, mask, prior=0.1, **fast())
    assert abs(without.z[0, 1]) < 0.02


# -- tuning ----------------------------------------------------------------------------------------


def test_a_copy_is_tuned_and_the_generator_stays():
    G, W = linear()
    x = normal(1, 5)
    before, z = G.theta.copy(), invert(G, x, **fast()).z
    copy, values = tune(G, z, x, steps=200, optimizer=Adam(0.002))
    assert np.array_equal(G.theta, before) and copy is not G
    assert len(values) == 200 and values[-1] < 1e-3 * values[0]
    masked, _ = tune(G, z, x, np.array([1, 0, 0, 0, 0]), steps=20, optimizer=Adam(0.02))
    assert np.array_equal(masked.layers[0].W[:, 1:], W[:, 1:])
    assert not np.array_equal(masked.layers[0].W[:, 0], W[:, 0])


def test_tuning_leaves_running_statistics_as_they_are():
    G = Network([Dense(2, 6), BatchNorm(6), Dense(6, 3)], rng=0, dtype=np.float64)
    z, x = normal(1, 2), normal(1, 3, seed=1)
    copy, values = tune(G, z, x, steps=3)
    assert np.array_equal(copy.buffer, G.buffer) and not np.array_equal(copy.theta, G.theta)
    assert values[0] == pytest.approx(((G(z) - x) ** 2).mean())


# -- what stops it ---------------------------------------------------------------------------------


class Pressed(Adam):
    """Ctrl-C in a step."""

    def __init__(self, after):
        super().__init__(0.05)
        self.after = after

    def step(self, theta, grad, scale=1.0):
        if self.steps == self.after:
            raise KeyboardInterrupt
        super().step(theta, grad, scale)


def test_ctrl_c_returns_what_there_is():
    G, W = linear()
    x = normal(2, 5)
    found = invert(G, x, rng=rng(), steps=100, every=2, optimizer=Pressed(5))
    whole = invert(G, x, rng=rng(), steps=5, every=2, optimizer=Adam(0.05))
    assert found.steps == 5 and found.at.tolist() == [0, 2, 4]
    np.testing.assert_array_equal(found.z, whole.z)
    np.testing.assert_array_equal(found.film, whole.film[:3])
    copy, values = tune(G, found.z, x, steps=100, optimizer=Pressed(3))
    assert len(values) == 3 and not np.array_equal(copy.theta, G.theta)

    class Never(costs.L2):
        def of_values(self, y, target):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        invert(G, x, rng=rng(), cost=Never())


def test_the_optimizer_that_is_given_is_not_changed():
    optimizer, (G, _) = Adam(0.1), linear()
    invert(G, normal(2, 5), rng=rng(), steps=3, optimizer=optimizer)
    assert optimizer.steps == 0


def refused(**changed):
    given = dict(generator=linear()[0], target=normal(3, 5), rng=rng(), steps=2)
    given.update(changed)
    return invert(given.pop("generator"), given.pop("target"), **given)


@pytest.mark.parametrize("changed, error, message", [
    (dict(generator=3), TypeError, "invert: generator must be a Network of latents"),
    (dict(generator=Network([Tanh()], rng=0)), TypeError, "that knows its input_shape"),
    (dict(target=normal(3, 4)), ValueError, r"finite targets of shape \(N, 5\).* got .*\(3, 4\)"),
    (dict(target=np.full((3, 5), np.nan)), ValueError, "finite targets"),
    (dict(target=np.zeros((0, 5))), ValueError, "finite targets"),
    (dict(mask=np.ones(4)), ValueError, "mask of numbers >= 0 that broadcasts"),
    (dict(rng=3), TypeError, "rng must be a numpy.random.Generator"),
    (dict(starts=0), ValueError, "invert: starts must be an integer >= 1"),
    (dict(starts=True), ValueError, "invert: starts must be an integer >= 1"),
    (dict(starts=normal(2, 2)), ValueError, r"finite z of shape \(3, 2\) or \(3, 'S', 2\)"),
    (dict(starts="all"), ValueError, "expected starts as an integer or as finite z"),
    (dict(steps=-1), ValueError, "invert: steps must be"),
    (dict(every=0), ValueError, "invert: every must be"),
    (dict(prior=-1), ValueError, "invert: prior must be a finite number >= 0"),
    (dict(realism=1.0), ValueError, "realism=1 needs a discriminator"),
    (dict(discriminator=3), TypeError, "discriminator must be a Network"),
    (dict(cost="L1"), TypeError, "cost must be one of numgan.costs"),
    (dict(optimizer="adam"), TypeError, "optimizer must be"),
    (dict(bar=1), ValueError, "bar must be True or False"),
    (dict(condition=normal(3, 2)), ValueError, "expected no condition"),
    (dict(generator=models.conditional_mlp(5, 3, 2, (4,), (4,), rng=0)[0]), ValueError,
     r"expected 3 conditions of shape \(3,\)"),
    (dict(generator=Translator([Dense(2, 4)], rng=0)), ValueError, "finite targets of shape"),
    *((dict(generator=models.dcgan_generator(8, 1, 4, 4, rng=0),
            target=np.full((3, 8, 8, 1), 200, kind)), ValueError,
       rf"^invert: expected targets of floats in \[-1, 1\], what Tanh\(\) makes, got "
       rf"{np.dtype(kind)} from 200 to 200; of images with 256 levels: x / 127.5 − 1$")
      for kind in (np.uint8, float)),
    (dict(generator=models.dcgan_generator(8, 1, 4, 4, rng=0), target=np.ones((3, 8, 8, 1), int)),
     ValueError, "expected targets of floats in .*, got int64 from 1 to 1$"),
    (dict(generator=Network([Dense(2, 16), Reshape(4, 4, 1)], rng=0),
          target=np.full((3, 4, 4, 1), 200)), ValueError, "targets of floats, got int64"),
])
def test_what_does_not_fit_is_refused(changed, error, message):
    with pytest.raises(error, match=message):
        refused(**changed)


def test_no_finite_start_is_an_error():
    G, W = linear()
    W[...] = np.nan
    with pytest.raises(ValueError, match="expected a finite cost, got none from 4 starts of targ"):
        invert(G, normal(3, 5), rng=rng(), steps=2)
    with pytest.raises(ValueError, match="tune: expected starts as an integer or as finite z"):
        tune(G, normal(2, 2), normal(3, 5))
