"""Losses: the lecture's numbers, values against their own gradients, stability."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numgan import losses
from numgan.gradcheck import check_loss
from numgan.layers.activations import sigmoid, softplus
from numgan.losses import (LOSSES, Minimax, NonSaturating, Wasserstein, binary_cross_entropy,
                           binary_cross_entropy_with_logits, cross_entropy, value_function)
from numgan.pairs import Pair

EVERY = [Minimax(), NonSaturating(), Minimax(smoothing=0.1), NonSaturating(smoothing=0.25)]


@pytest.mark.parametrize("loss", EVERY, ids=repr)
@pytest.mark.parametrize("samples", [1, 6])
def test_gradients(loss, samples):
    check_loss(loss, samples)


@pytest.mark.parametrize("loss", EVERY, ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_stable_at_logits_of_a_thousand(loss, dtype):
    extreme = np.array([[-1000], [1000]], dtype)
    for logits in extreme, extreme[::-1]:
        value, d_real, d_fake = loss.discriminator(extreme, logits)
        g_value, g_fake = loss.generator(logits)
        for array in value, d_real, d_fake, g_value, g_fake:
            assert np.isfinite(array).all()
        assert d_real.dtype == d_fake.dtype == g_fake.dtype == dtype
    assert loss.discriminator(np.array([[1000.]]), np.array([[-1000.]]))[0] == pytest.approx(
        1000 * loss.smoothing)


@pytest.mark.parametrize("said, by", [
    ("generator_sees_real", {"relativistic", "relativistic-average"}),
    ("several_outputs", {"auxiliary-classifier", "mutual-information", "style-ambiguity",
                         "energy-based"}),
    ("low_is_real", {"energy-based", "boundary-equilibrium"}),
    # a logit of 0 is D(x) = 1/2; a critic's, an energy's, an f-GAN's and a comparison's is not
    ("absolute", {"minimax", "non-saturating", "auxiliary-classifier", "mutual-information",
                  "style-ambiguity", "hinge", "jensen-shannon"}),
    ("bounded", set(LOSSES) - {"wasserstein"})])
def test_what_a_loss_says_of_itself(said, by):
    assert {name for name in LOSSES if getattr(LOSSES[name], said)} == by


def test_logits_and_probabilities_agree():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((2, 50, 1))
    value, _, _ = Minimax().discriminator(real, fake)
    assert value == pytest.approx(-value_function(sigmoid(real), sigmoid(fake)), rel=1e-12)
    assert Minimax().generator(fake)[0] == pytest.approx(
        np.log(1 - sigmoid(fake)).mean(), rel=1e-12)
    assert NonSaturating().generator(fake)[0] == pytest.approx(
        -np.log(sigmoid(fake)).mean(), rel=1e-12)
    target = rng.random((50, 1))
    assert binary_cross_entropy_with_logits(target, fake)[0] == pytest.approx(
        binary_cross_entropy(target, sigmoid(fake)).mean(), rel=1e-12)


def test_saturating_gradient_vanishes_where_the_other_is_strongest():
    recognised = np.full((4, 1), -10.0)  # D is sure that these are fake
    _, saturating = Minimax().generator(recognised)
    _, modified = NonSaturating().generator(recognised)
    assert np.abs(saturating).max() < 1e-4 / 4 and np.abs(modified).min() > 0.999 / 4
    assert (np.sign(saturating) == np.sign(modified)).all()


def test_smoothing_moves_the_optimum_of_real_samples_only():
    target = np.log(0.9 / 0.1) * np.ones((3, 1))  # the logit of 0.9
    _, d_real, d_fake = NonSaturating(smoothing=0.1).discriminator(target, target)
    np.testing.assert_allclose(d_real, 0, atol=1e-15)
    np.testing.assert_allclose(d_fake, 0.9 / 3)


@given(st.floats(-700, 700))
def test_softplus_and_sigmoid(logit):
    logit = np.array([logit])
    np.testing.assert_allclose(softplus(logit), np.logaddexp(0, logit), rtol=1e-14)
    assert 0 <= sigmoid(logit) <= 1
    np.testing.assert_allclose(softplus(logit) - softplus(-logit), logit, rtol=1e-13, atol=4e-16)


def test_cross_entropy_of_impossible_predictions():
    assert cross_entropy([1, 0], [0, 1]) == np.inf
    assert cross_entropy([0, 1], [0, 1]) == 0
    assert cross_entropy([[1, 0], [0, 1]], [[0.4, 0.6], [0.02, 0.98]]).shape == (2,)
    for bad in ([0.5, np.nan], [-0.1, 1.1]):
        with pytest.raises(ValueError, match="cross_entropy: q must hold probabilities"):
            cross_entropy([0, 1], bad)
    with pytest.raises(ValueError, match="NonSaturating: smoothing must lie in"):
        NonSaturating(smoothing=1.5)


def test_wasserstein_is_a_difference_of_means():
    real, fake = np.array([[1.0], [3.0]]), np.array([[0.5], [0.5], [2.0]])
    value, d_real, d_fake = Wasserstein().discriminator(real, fake)
    assert value == pytest.approx(1 - 2) and Wasserstein().generator(fake)[0] == pytest.approx(-1)
    np.testing.assert_allclose(d_real, -1 / 2)
    np.testing.assert_allclose(d_fake, 1 / 3)
    check_loss(Wasserstein())


def test_every_loss_class_is_in_the_gradient_checks():
    from numgan.gradcheck.cases import ENERGIES, GUESSING, LOSSES
    classes = {cls for cls in vars(losses).values()
               if isinstance(cls, type) and hasattr(cls, "generator")}
    assert (classes - {losses.Loss, losses.Separable, losses.FGAN, losses.ConditionPrediction}
            == {type(loss) for loss in LOSSES + ENERGIES + GUESSING})


@pytest.mark.parametrize("loss, divergence", [
    (losses.KL(), lambda p, q: np.sum(p * np.log(p / q))),
    (losses.ReverseKL(), lambda p, q: np.sum(q * np.log(q / p))),
    (losses.Pearson(), lambda p, q: np.sum((p - q) ** 2 / q)),
    (losses.SquaredHellinger(), lambda p, q: np.sum((np.sqrt(p) - np.sqrt(q)) ** 2)),
    (losses.JensenShannon(), lambda p, q: np.sum(p * np.log(2 * p / (p + q)))
     + np.sum(q * np.log(2 * q / (p + q)))),
], ids=["KL", "ReverseKL", "Pearson", "SquaredHellinger", "JensenShannon"])
def test_the_best_discriminator_of_an_f_gan_finds_the_divergence(loss, divergence):
    """Three outcomes of probabilities p (real) and q (generated), as batches with these shares: by
    Newton's method on each logit, D's loss comes down to −D_f(P‖Q)."""
    p, q = np.array([5, 3, 2]), np.array([2, 2, 6])
    real, fake = (np.repeat(np.arange(3), counts) for counts in (p, q))
    logits = np.zeros(3)

    def at(logits):
        return logits[real][:, None], logits[fake][:, None]

    for _ in range(200):
        value, d_real, d_fake = loss.discriminator(*at(logits))
        ones = np.ones((10, 1))
        bends = loss.discriminator_tangent(*at(logits), ones, ones)
        slope, bend = (np.array([a[real == k].sum() + b[fake == k].sum() for k in range(3)])
                       for a, b in ((d_real, d_fake), bends))
        logits -= np.clip(slope / bend, -0.3, 0.3)
    assert np.abs(slope).max() < 1e-12
    assert loss.discriminator(*at(logits))[0] == pytest.approx(-divergence(p / 10, q / 10))


def test_least_squares_is_best_at_the_share_of_real_samples():
    """l = p / (p + q), 3/4 here."""
    loss = losses.LeastSquares()
    _, d_real, d_fake = loss.discriminator(np.full((3, 1), 0.75), np.full((3, 1), 0.75))
    assert 3 * d_real.sum() + d_fake.sum() == pytest.approx(0)


def test_the_relativistic_average_knows_no_absolute_scale():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((5, 1)), rng.standard_normal((4, 1))
    loss = losses.RelativisticAverage()
    value, d_real, d_fake = loss.discriminator(real, fake)
    assert loss.discriminator(real + 7, fake + 7)[0] == pytest.approx(value)
    assert d_real.sum() + d_fake.sum() == pytest.approx(0)


def test_pulling_away_is_one_for_equal_codes_and_zero_for_orthogonal_ones():
    loss = losses.EnergyBased(pulling_away=1.0)
    for codes, term in ((np.tile([1.0, 2, 3], (3, 1)), 1), (np.eye(3), 0)):
        outputs = np.concatenate([np.zeros((3, 1)), codes], axis=1)
        assert loss.generator(outputs)[0] == pytest.approx(term)


def test_codes_of_one_number_pull_too():
    """They point the same way or the other: cosines of ±1, and PT is 1."""
    outputs = np.array([[0.0, 3], [0, -4]])
    assert losses.EnergyBased(pulling_away=1.0).generator(outputs)[0] == pytest.approx(1)


def test_a_code_of_zeros_pulls_nowhere():
    """It has no direction; those of the other two are equal: PT = 2 · 1 / (3 · 2)."""
    outputs = np.array([[0.0, 0, 0], [0, 3, 4], [0, 3, 4]])
    loss = losses.EnergyBased(pulling_away=1.0)
    value, gradient = loss.generator(outputs)
    assert value == pytest.approx(1 / 3)
    np.testing.assert_allclose(gradient[:, 1:], 0, atol=1e-15)
    assert np.isfinite(loss.generator_tangent(outputs, np.ones((3, 3)))[0]).all()


def test_a_single_sample_pulls_away_from_none():
    loss, one = losses.EnergyBased(pulling_away=1.0), np.array([[2.0, 1, 3]])
    value, gradient = loss.generator(one)
    assert value == 2 and gradient.tolist() == [[1, 0, 0]]
    assert loss.generator_tangent(one, one)[0].tolist() == [[0, 0, 0]]


def test_the_margin_is_where_generated_samples_cost_nothing_more():
    value, _, d_fake = losses.EnergyBased(2.0).discriminator(np.ones((2, 1)),
                                                             np.array([[1.5], [3]]))
    assert value == pytest.approx(1 + 0.25) and d_fake.ravel().tolist() == [-0.5, 0]


def test_began_raises_k_while_generated_samples_have_too_little_energy():
    loss = losses.BoundaryEquilibrium(gamma=0.5, rate=0.1)
    loss.commit(np.full((2, 1), 2.0), np.full((2, 1), 0.4))
    assert loss.k == pytest.approx(0.1 * (0.5 * 2 - 0.4))
    assert loss.convergence == pytest.approx(2 + abs(1 - 0.4))
    loss.commit(np.full((2, 1), 2.0), np.full((2, 1), 100.0))
    assert loss.k == 0


@pytest.mark.parametrize("make, message", [
    (lambda: losses.EnergyBased(0), "EnergyBased: margin must be a finite number > 0, got 0"),
    (lambda: losses.EnergyBased(1, "much"), "pulling_away must be a finite number"),
    (lambda: losses.BoundaryEquilibrium(2.0), "gamma must lie in"),
])
def test_bad_constants_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


SCORES = np.arange(6.0).reshape(2, 3) / 10


@pytest.mark.parametrize("c, came", [
    (255 * np.eye(2), "values from 0 to 255 and sums from 255 to 255"),
    (np.array([[0.2, 0.9], [-0.5, 1.5]]), "values from -0.5 to 1.5 and sums from 1 to 1.1"),
    (np.array([[-0.5, 1.5], [0, 1]]), "values from -0.5 to 1.5 and sums from 1 to 1"),
    (np.array([[0.0, 0], [0, 1]]), "values from 0 to 1 and sums from 0 to 1"),
    (np.array([[np.nan, 1], [0, 1]]), "values from nan to nan and sums from nan to nan"),
    (np.array([[True, True], [False, True]]), "values from 0 to 1 and sums from 1 to 2"),
])
def test_classes_that_are_none_are_refused(c, came):
    right, wrong = Pair(SCORES, np.eye(2)), Pair(SCORES, c)
    ac, art = losses.AuxiliaryClassifier(classes=2), losses.StyleAmbiguity(classes=2)
    info = losses.MutualInformation(categorical=2)
    for call in (lambda: ac.discriminator(wrong, right), lambda: ac.discriminator(right, wrong),
                 lambda: ac.generator(wrong), lambda: info.discriminator(right, wrong),
                 lambda: info.generator(wrong), lambda: art.discriminator(wrong, right)):
        with pytest.raises(ValueError, match=rf"expected classes .*\(N, 2\).* got {came}$"):
            call()
    info.discriminator(wrong, right)  # what nobody looks at may be anything
    art.discriminator(right, wrong)
    art.generator(wrong)


def test_probabilities_are_classes_and_numbers_beside_them_are_free():
    share = np.array([[0.3, 0.7], [0.5, 0.5004]])
    losses.AuxiliaryClassifier(classes=2).generator(Pair(SCORES, share))
    both = Pair(np.c_[SCORES, [7, 8]], np.c_[np.eye(2), [-40, 9]])
    losses.MutualInformation(categorical=2, continuous=1).generator(both)


def test_a_guess_that_is_very_sure_does_not_overflow():
    """Right by 2000 it costs nothing, wrong by 2000 it costs 2000: in the mean 1000."""
    outputs = Pair(np.array([[0.0, 1000, -1000], [0, 1000, -1000]]), np.eye(2))
    loss = losses.AuxiliaryClassifier(losses.Wasserstein(), classes=2)
    value, gradient = loss.generator(outputs)
    assert value == pytest.approx(1000)
    np.testing.assert_allclose(gradient[:, 1:], [[0, 0], [0.5, -0.5]], atol=1e-15)
