"""Every loss at a few logits, worked by hand from its paper's formula, and its optimum.

A gradient check compares a value with its own gradient, and is blind where both are wrong together:
a margin of 2, a target of −1. Here the numbers come from the formula. Where a sigmoid stands in it
the logits are logarithms: σ(ln 3) = 3/4, σ(0) = 1/2, σ(−ln 3) = 1/4.
"""

import inspect
import math
import typing

import numpy as np
import pytest

from numgan import losses
from numgan.losses import (KL, AuxiliaryClassifier, BoundaryEquilibrium, EnergyBased, Hinge,
                           JensenShannon, LeastSquares, Minimax, MutualInformation, NonSaturating,
                           Pearson, Relativistic, RelativisticAverage, ReverseKL, SquaredHellinger,
                           StyleAmbiguity, Wasserstein)
from numgan.pairs import Pair, with_x, x_of


def ln(x):
    return math.log(x)


class Case(typing.NamedTuple):
    """Logits of two real and three generated samples (or rows, where D ends in more than a logit);
    D's value and gradients, G's value and gradients."""

    loss: losses.Loss
    real: list | Pair
    fake: list | Pair
    d_value: float
    d_real: list
    d_fake: list
    g_value: float
    g_fake: list
    g_real: list | None = None  # of the generator's value by the real logits, if it sees them


def began(k):
    loss = BoundaryEquilibrium()
    loss.k = k
    return loss


# D(x) = 3/4, 1/2 of the real samples; 1/4, 1/2, 3/4 of the generated ones
PLAIN = dict(real=[ln(3), 0], fake=[-ln(3), 0, ln(3)])
# acgan, infogan: [logit, guess] and the condition; softmax(ln 3, 0) = 3/4, 1/4
CLASSES = dict(real=Pair([[0, ln(3), 0], [0, 0, 0]], [[1, 0], [0, 1]]),
               fake=Pair([[0, ln(3), 0], [0, 0, 0], [0, 0, ln(3)]], [[0, 1], [1, 0], [0, 1]]))
CASES = [
    # −V = −mean ln D(x) − mean ln(1 − D(G(z)));  mean ln(1 − D(G(z)))
    Case(Minimax(), **PLAIN,
         d_value=-ln(3 / 4 * 1 / 2) / 2 - ln(3 / 4 * 1 / 2 * 1 / 4) / 3,
         d_real=[-1 / 8, -1 / 4], d_fake=[1 / 12, 1 / 6, 1 / 4],
         g_value=ln(3 / 4 * 1 / 2 * 1 / 4) / 3, g_fake=[-1 / 12, -1 / 6, -1 / 4]),
    # real samples have the target 3/4
    Case(Minimax(smoothing=0.25), **PLAIN,
         d_value=-(3 / 4 * ln(3 / 4) + 1 / 4 * ln(1 / 4) + ln(1 / 2)) / 2
         - ln(3 / 4 * 1 / 2 * 1 / 4) / 3,
         d_real=[0, -1 / 8], d_fake=[1 / 12, 1 / 6, 1 / 4],
         g_value=ln(3 / 4 * 1 / 2 * 1 / 4) / 3, g_fake=[-1 / 12, -1 / 6, -1 / 4]),
    # the same D;  −mean ln D(G(z))
    Case(NonSaturating(), [ln(3), 0], [-ln(3), 0, 0],
         d_value=-ln(3 / 4 * 1 / 2) / 2 - ln(3 / 4 * 1 / 2 * 1 / 2) / 3,
         d_real=[-1 / 8, -1 / 4], d_fake=[1 / 12, 1 / 6, 1 / 6],
         g_value=-ln(1 / 4 * 1 / 2 * 1 / 2) / 3, g_fake=[-1 / 4, -1 / 6, -1 / 6]),
    # mean l_fake − mean l_real;  −mean l_fake
    Case(Wasserstein(), [2, -1], [0.5, -3, 1],
         d_value=-0.5 - 0.5, d_real=[-1 / 2, -1 / 2], d_fake=[1 / 3, 1 / 3, 1 / 3],
         g_value=0.5, g_fake=[-1 / 3, -1 / 3, -1 / 3]),
    # mean max(0, 1 − l_real) + mean max(0, 1 + l_fake);  −mean l_fake
    Case(Hinge(), [1.5, 0.5], [-1.5, -0.5, 1],
         d_value=(0 + 0.5) / 2 + (0 + 0.5 + 2) / 3,
         d_real=[0, -1 / 2], d_fake=[0, 1 / 3, 1 / 3],
         g_value=1 / 3, g_fake=[-1 / 3, -1 / 3, -1 / 3]),
    # ½ mean (l_real − 1)² + ½ mean l_fake²;  ½ mean (l_fake − 1)²
    Case(LeastSquares(), [2, 0.5], [-1, 0.5, 3],
         d_value=(1 + 1 / 4) / 4 + (1 + 1 / 4 + 9) / 6,
         d_real=[1 / 2, -1 / 4], d_fake=[-1 / 3, 1 / 6, 1],
         g_value=(4 + 1 / 4 + 4) / 6, g_fake=[-2 / 3, -1 / 6, 2 / 3]),
    # δ = (ln 3, 0, −ln 3, ...): −mean ln σ(l_real − l_fake);  −mean ln σ(l_fake − l_real)
    Case(Relativistic(), [1 + ln(3), 2, 0], [1, 2, -ln(3)],
         d_value=-ln(3 / 4 * 1 / 2 * 3 / 4) / 3,
         d_real=[-1 / 12, -1 / 6, -1 / 12], d_fake=[1 / 12, 1 / 6, 1 / 12],
         g_value=-ln(1 / 4 * 1 / 2 * 1 / 4) / 3, g_fake=[-1 / 4, -1 / 6, -1 / 4],
         g_real=[1 / 4, 1 / 6, 1 / 4]),
    # mean l_fake = 0 and mean l_real = ln 3, so that l_real − mean l_fake = (ln 3, ln 3) and
    # l_fake − mean l_real = (ln 3, 0, −ln 81), whose sigmoids are 3/4, 1/2, 1/82. By the logits:
    # a = (−1, −1)/8, b = (1/4, 1/6, 1/246) for D; a = (3, 3)/8, b = (−1/12, −1/6, −81/246) for G
    Case(RelativisticAverage(), [ln(3), ln(3)], [ln(9), ln(3), -ln(27)],
         d_value=-ln(3 / 4) - ln(1 / 4 * 1 / 2 * 81 / 82) / 3,
         d_real=2 * [-1 / 8 - (1 / 4 + 1 / 6 + 1 / 246) / 2],
         d_fake=[1 / 4 + 1 / 12, 1 / 6 + 1 / 12, 1 / 246 + 1 / 12],
         g_value=-ln(1 / 4) - ln(3 / 4 * 1 / 2 * 1 / 82) / 3,
         g_fake=[-1 / 12 - 1 / 4, -1 / 6 - 1 / 4, -81 / 246 - 1 / 4],
         g_real=2 * [3 / 8 + (1 / 12 + 1 / 6 + 81 / 246) / 2]),
    # −mean T(l_real) + mean f*(T(l_fake));  −mean T(l_fake), or −mean f* ("original").
    # T = l, f* = e^(l − 1)
    Case(KL(), [1, 2], [1, 1 + ln(2), 1 + ln(3)],
         d_value=-1.5 + (1 + 2 + 3) / 3, d_real=[-1 / 2, -1 / 2], d_fake=[1 / 3, 2 / 3, 1],
         g_value=-1 - ln(6) / 3, g_fake=[-1 / 3, -1 / 3, -1 / 3]),
    Case(KL(original=True), [1, 2], [1, 1 + ln(2), 1 + ln(3)],
         d_value=-1.5 + (1 + 2 + 3) / 3, d_real=[-1 / 2, -1 / 2], d_fake=[1 / 3, 2 / 3, 1],
         g_value=-2, g_fake=[-1 / 3, -2 / 3, -1]),
    # T = −e^(−l), f* = l − 1
    Case(ReverseKL(), [0, -ln(2)], [0, ln(2), ln(4)],
         d_value=(1 + 2) / 2 + ln(2) - 1, d_real=[-1 / 2, -1], d_fake=[1 / 3, 1 / 3, 1 / 3],
         g_value=(1 + 1 / 2 + 1 / 4) / 3, g_fake=[-1 / 3, -1 / 6, -1 / 12]),
    Case(ReverseKL(original=True), [0, -ln(2)], [0, ln(2), ln(4)],
         d_value=(1 + 2) / 2 + ln(2) - 1, d_real=[-1 / 2, -1], d_fake=[1 / 3, 1 / 3, 1 / 3],
         g_value=1 - ln(2), g_fake=[-1 / 3, -1 / 3, -1 / 3]),
    # T = l, f* = l²/4 + l
    Case(Pearson(), [1, 2], [0, 2, -3],
         d_value=-1.5 + (0 + 3 - 3 / 4) / 3, d_real=[-1 / 2, -1 / 2], d_fake=[1 / 3, 2 / 3, -1 / 6],
         g_value=1 / 3, g_fake=[-1 / 3, -1 / 3, -1 / 3]),
    # T = 1 − e^(−l), f* = e^l − 1
    Case(SquaredHellinger(), [0, ln(2)], [0, ln(2), ln(4)],
         d_value=-(0 + 1 / 2) / 2 + (0 + 1 + 3) / 3,
         d_real=[-1 / 2, -1 / 4], d_fake=[1 / 3, 2 / 3, 4 / 3],
         g_value=-(0 + 1 / 2 + 3 / 4) / 3, g_fake=[-1 / 3, -1 / 6, -1 / 12]),
    # T = ln 2σ(l), f* = −ln 2(1 − σ(l))
    Case(JensenShannon(), [ln(3), 0], [-ln(3), 0, 0],
         d_value=-ln(3 / 2) / 2 - ln(3 / 2) / 3,
         d_real=[-1 / 8, -1 / 4], d_fake=[1 / 12, 1 / 6, 1 / 6],
         g_value=-ln(1 / 2) / 3, g_fake=[-1 / 4, -1 / 6, -1 / 6]),
    # mean E_real + mean max(0, margin − E_fake);  mean E_fake
    Case(EnergyBased(), [0.5, 2], [0.25, 0.5, 3],
         d_value=1.25 + (0.75 + 0.5) / 3, d_real=[1 / 2, 1 / 2], d_fake=[-1 / 3, -1 / 3, 0],
         g_value=1.25, g_fake=[1 / 3, 1 / 3, 1 / 3]),
    # [energy, code]: the codes' cosines are 1/√2, 0 and 1/√2, so PT = 2 (½ + 0 + ½) / 6 = 1/3
    # and its gradients, across each code: 4/6 Σ_j C_ij u_j is (1/3, 1/3) for the first and third,
    # 2/3 of its own direction for the second
    Case(EnergyBased(2.0, pulling_away=3.0), [[1, 9, 9], [3, 9, -9]],
         [[1.5, 1, 0], [0, 1, 1], [3, 0, 2]],
         d_value=2 + (0.5 + 2 + 0) / 3, d_real=[[1 / 2, 0, 0], [1 / 2, 0, 0]],
         d_fake=[[-1 / 3, 0, 0], [-1 / 3, 0, 0], [0, 0, 0]],
         g_value=1.5 + 3 / 3,
         g_fake=[[1 / 3, 0, 3 / 3], [1 / 3, 0, 0], [1 / 3, 3 / 6, 0]]),
    # mean E_real − k mean E_fake;  mean E_fake
    Case(began(0.25), [1, 3], [2, 0, 7],
         d_value=2 - 3 / 4, d_real=[1 / 2, 1 / 2], d_fake=[-1 / 12, -1 / 12, -1 / 12],
         g_value=3, g_fake=[1 / 3, 1 / 3, 1 / 3]),
    # NonSaturating at D = 1/2 beside 2 · cross-entropy of the classes, of both batches in D's loss:
    # the right class has ¾, ½ of the real ones, ¼, ½, ¾ of the generated ones. By a guess the
    # gradient is softmax − c, times 2/N
    Case(AuxiliaryClassifier(classes=2, weight=2.0), **CLASSES,
         d_value=2 * ln(2) - 2 * ln(3 / 4 * 1 / 2) / 2 - 2 * ln(1 / 4 * 1 / 2 * 3 / 4) / 3,
         d_real=[[-1 / 4, -1 / 4, 1 / 4], [-1 / 4, 1 / 2, -1 / 2]],
         d_fake=[[1 / 6, 1 / 2, -1 / 2], [1 / 6, -1 / 3, 1 / 3], [1 / 6, 1 / 6, -1 / 6]],
         g_value=ln(2) - 2 * ln(1 / 4 * 1 / 2 * 3 / 4) / 3,
         g_fake=[[-1 / 6, 1 / 2, -1 / 2], [-1 / 6, -1 / 3, 1 / 3], [-1 / 6, 1 / 6, -1 / 6]]),
    # the same probabilities: real styles are guessed, of generated ones nothing, and G wants ½, ½
    # where it has ¾, ¼ and ½, ½ and ¼, ¾
    Case(StyleAmbiguity(classes=2, weight=2.0), **CLASSES,
         d_value=2 * ln(2) - 2 * ln(3 / 4 * 1 / 2) / 2,
         d_real=[[-1 / 4, -1 / 4, 1 / 4], [-1 / 4, 1 / 2, -1 / 2]],
         d_fake=[[1 / 6, 0, 0]] * 3,
         g_value=ln(2) + 2 * (-ln(3 / 16) + ln(2)) / 3,
         g_fake=[[-1 / 6, 1 / 6, -1 / 6], [-1 / 6, 0, 0], [-1 / 6, -1 / 6, 1 / 6]]),
    # [logit, q, q, μ] and c, c, code: − ln softmax(q)_c + ½ (code − μ)² of the generated ones,
    # halved by the weight; of the real ones nothing is asked
    Case(MutualInformation(Wasserstein(), 2, 1, 0.5),
         Pair([[1, 5, 5, 5], [3, 6, 6, 6]], [[5, 5, 5], [6, 6, 6]]),
         Pair([[0, ln(3), 0, 2], [3, 0, 0, -1], [0, 0, 0, 1]], [[1, 0, 1], [0, 1, 2], [1, 0, 1]]),
         d_value=1 - 2 + (-ln(3 / 4) + 2 * ln(2) + 1 / 2 + 9 / 2) / 6,
         d_real=[[-1 / 2, 0, 0, 0], [-1 / 2, 0, 0, 0]],
         d_fake=[[1 / 3, -1 / 24, 1 / 24, 1 / 6], [1 / 3, 1 / 12, -1 / 12, -1 / 2],
                 [1 / 3, -1 / 12, 1 / 12, 0]],
         g_value=-1 + (-ln(3 / 4) + 2 * ln(2) + 1 / 2 + 9 / 2) / 6,
         g_fake=[[-1 / 3, -1 / 24, 1 / 24, 1 / 6], [-1 / 3, 1 / 12, -1 / 12, -1 / 2],
                 [-1 / 3, -1 / 12, 1 / 12, 0]]),
]


def column(numbers):
    if isinstance(numbers, Pair):
        return Pair(np.array(numbers.x, float), np.array(numbers.c, float))
    array = np.array(numbers, float)
    return array[:, None] if array.ndim == 1 else array


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.loss))
def test_values_and_gradients_worked_by_hand(case):
    real, fake = column(case.real), column(case.fake)
    d_value, d_real, d_fake = case.loss.discriminator(real, fake)
    assert d_value == pytest.approx(case.d_value, rel=1e-12)
    np.testing.assert_allclose(d_real, column(case.d_real), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(d_fake, column(case.d_fake), rtol=1e-12, atol=1e-15)
    sees = (real,) if case.loss.generator_sees_real else ()
    g_value, g_fake = case.loss.generator(fake, *sees)
    assert g_value == pytest.approx(case.g_value, rel=1e-12)
    np.testing.assert_allclose(g_fake, column(case.g_fake), rtol=1e-12, atol=1e-15)
    assert case.loss.generator_sees_real == (case.g_real is not None)
    if case.g_real is not None:
        np.testing.assert_allclose(case.loss.generator_by_real(fake, real), column(case.g_real),
                                   rtol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.loss))
def test_tangents_are_how_the_gradients_above_change(case):
    """By a complex step, between batches of different sizes where the loss allows it."""
    loss, step = case.loss, 1e-30j
    logits = column(case.real), column(case.fake)
    rng = np.random.default_rng(0)
    tangents = [rng.standard_normal(x_of(part).shape) for part in logits]
    real, fake = (with_x(part, x_of(part) + step * t) for part, t in zip(logits, tangents))
    moved = loss.discriminator(real, fake)[1:]
    for td, d in zip(loss.discriminator_tangent(*logits, *tangents), moved):
        np.testing.assert_allclose(td, d.imag / step.imag, rtol=1e-12, atol=1e-15)
    if loss.generator_sees_real:
        td_fake, td_real = loss.generator_tangent(logits[1], tangents[1], logits[0], tangents[0])
        d_real = loss.generator_by_real(fake, real)
        np.testing.assert_allclose(td_real, d_real.imag / step.imag, rtol=1e-12, atol=1e-15)
    else:
        td_fake, td_real = loss.generator_tangent(logits[1], tangents[1])
        assert td_real is None
    d_fake = loss.generator(fake, real)[1]
    np.testing.assert_allclose(td_fake, d_fake.imag / step.imag, rtol=1e-12, atol=1e-15)


# what a loss is where it is not what most are; see `losses.Loss`
MOST = {"generator_sees_real": False, "several_outputs": False, "low_is_real": False,
        "absolute": True, "bounded": True, "condition": None, "remembers": ()}
DIFFERENT = {
    losses.Loss: {}, Minimax: {}, NonSaturating: {}, Hinge: {}, JensenShannon: {},
    losses.Separable: {},
    Wasserstein: {"absolute": False, "bounded": False},
    **{cls: {"absolute": False} for cls in (LeastSquares, losses.FGAN, KL, ReverseKL, Pearson,
                                            SquaredHellinger)},
    **{cls: {"absolute": False, "generator_sees_real": True}
       for cls in (Relativistic, RelativisticAverage)},
    EnergyBased: {"absolute": False, "low_is_real": True, "several_outputs": True},
    BoundaryEquilibrium: {"absolute": False, "low_is_real": True,
                          "remembers": ("k", "convergence")},
    AuxiliaryClassifier: {"condition": "label", "remembers": ("loss",), "several_outputs": True},
    StyleAmbiguity: {"condition": "label", "remembers": ("loss",), "several_outputs": True},
    MutualInformation: {"condition": "code", "remembers": ("loss",), "several_outputs": True}}


@pytest.mark.parametrize("cls", DIFFERENT, ids=lambda cls: cls.__name__)
def test_what_a_loss_says_about_itself(cls):
    wanted, loss = {**MOST, **DIFFERENT[cls]}, cls()
    assert {name: getattr(loss, name) for name in wanted} == wanted


@pytest.mark.parametrize("inner", [Wasserstein(), Relativistic(), BoundaryEquilibrium()], ids=repr)
def test_a_loss_with_a_guess_is_what_the_loss_of_the_logit_is(inner):
    outer = AuxiliaryClassifier(inner)
    for name in "generator_sees_real", "absolute", "low_is_real", "bounded":
        assert getattr(outer, name) == getattr(inner, name)


def test_every_loss_has_a_case():
    classes = {cls for _, cls in inspect.getmembers(losses, inspect.isclass)}
    classes.remove(losses.ConditionPrediction)
    assert set(DIFFERENT) == classes
    assert {type(case.loss) for case in CASES} == classes - {losses.Loss, losses.Separable,
                                                             losses.FGAN}


# -- the best discriminator ------------------------------------------------------------------------

# Four outcomes with these probabilities, as batches that hold each as often. They differ, and the
# last has p = q.
P, Q = np.array([4, 1, 2, 3]), np.array([1, 2, 4, 3])
p, q = P / 10, Q / 10


def at_best(loss, best):
    """(D's value, its slope by each outcome's logit) for the logits `best` of the four outcomes."""
    best = np.broadcast_to(best, (4,)).astype(float)
    value, d_real, d_fake = loss.discriminator(np.repeat(best, P)[:, None],
                                               np.repeat(best, Q)[:, None])
    ends = np.cumsum(P)[:-1], np.cumsum(Q)[:-1]
    return value, [a.sum() + b.sum() for a, b in zip(np.split(d_real, ends[0]),
                                                     np.split(d_fake, ends[1]))]


def shannon(p, q):
    """2 JS(P, Q)."""
    middle = (p + q) / 2
    return np.sum(p * np.log(p / middle)) + np.sum(q * np.log(q / middle))


@pytest.mark.parametrize("loss, best, value", [
    (Minimax(), np.log(p / q), 2 * ln(2) - shannon(p, q)),  # D = p / (p + q): proposition 1
    (NonSaturating(), np.log(p / q), 2 * ln(2) - shannon(p, q)),
    (LeastSquares(), p / (p + q), np.sum(p * q / (p + q)) / 2),
    (KL(), 1 + np.log(p / q), -np.sum(p * np.log(p / q))),
    (ReverseKL(), np.log(p / q), -np.sum(q * np.log(q / p))),
    (Pearson(), 2 * (p / q - 1), -np.sum((p - q) ** 2 / q)),
    (SquaredHellinger(), np.log(p / q) / 2, -np.sum((np.sqrt(p) - np.sqrt(q)) ** 2)),
    (JensenShannon(), np.log(p / q), -shannon(p, q)),
], ids=["Minimax", "NonSaturating", "LeastSquares", "KL", "ReverseKL", "Pearson",
        "SquaredHellinger", "JensenShannon"])
def test_the_best_discriminator_is_the_known_function_of_the_densities(loss, best, value):
    found, slope = at_best(loss, best)
    assert found == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(slope, 0, atol=1e-15)


@pytest.mark.parametrize("loss, best, value, least", [
    # sign(p − q), and anything between where they agree: 2 Σ min(p, q) = 2 − Σ |p − q|
    (Hinge(), np.sign(p - q), 2 - np.abs(p - q).sum(), -np.inf),
    # the margin where there are more generated samples, 0 where there are fewer (EBGAN, lemma 1)
    (EnergyBased(3.0), 3.0 * (p < q), 3 * np.minimum(p, q).sum(), 0),
], ids=["Hinge", "EnergyBased"])
def test_no_discriminator_is_better_than_the_known_one_of_a_piecewise_linear_loss(loss, best,
                                                                                  value, least):
    assert at_best(loss, best)[0] == pytest.approx(value, rel=1e-12)
    for step in 1e-3 * np.random.default_rng(0).standard_normal((20, 4)):
        assert at_best(loss, np.maximum(best + step, least))[0] >= value - 1e-12


@pytest.mark.parametrize("loss, equal, value", [
    (Minimax(), 0, 2 * ln(2)), (NonSaturating(), 0, 2 * ln(2)), (LeastSquares(), 1 / 2, 1 / 4),
    (Hinge(), 0.3, 2), (Wasserstein(), 0.3, 0), (Relativistic(), 0.3, ln(2)),
    (RelativisticAverage(), 0.3, 2 * ln(2)), (KL(), 1, 0), (ReverseKL(), 0, 0), (Pearson(), 0, 0),
    (SquaredHellinger(), 0, 0), (JensenShannon(), 0, 0), (EnergyBased(3.0), 0.3, 3)],
    ids=lambda value: repr(value) if isinstance(value, losses.Loss) else str(value))
def test_where_generated_samples_are_as_the_data_no_logit_wants_to_move(loss, equal, value):
    logits = np.full((3, 1), float(equal))
    found, d_real, d_fake = loss.discriminator(logits, logits)
    assert found == pytest.approx(value, abs=1e-15)
    np.testing.assert_allclose(d_real + d_fake, 0, atol=1e-15)


def test_the_critic_of_two_points_reads_their_distance():
    """W₁ of two unit masses at 0 and d is d: the best critic of slope 1 is −x or x."""
    real, fake = np.full((3, 1), 2.5), np.full((4, 1), 0.0)  # D(x) = x
    assert Wasserstein().discriminator(real, fake)[0] == -2.5


# -- what a loss remembers -------------------------------------------------------------------------


def test_began_holds_the_balance_by_a_known_trajectory():
    """k ← clip(k + rate (gamma E_real − E_fake), 0, 1), M = E_real + |gamma E_real − E_fake|."""
    loss = BoundaryEquilibrium(gamma=0.5, rate=0.25)
    assert loss.k == 0 and math.isnan(loss.convergence)
    for real, fake, k, convergence in (([1, 3], [0, 0, 0], 0.25, 3), ([4, 4], [0, 1, 2], 0.5, 5),
                                       ([1, 1], [1, 2, 0], 0.375, 1.5),
                                       ([9, 9], [0, 0, 0], 1, 13.5),
                                       ([1, 1], [4.5, 4.5, 4.5], 0, 5)):
        loss.commit(column(real), column(fake))
        assert (loss.k, loss.convergence) == (k, convergence)
    loss.k = 0.5  # and it enters D's loss: mean E_real − k mean E_fake
    assert loss.discriminator(column([1, 3]), column([1, 1, 4]))[0] == 2 - 0.5 * 2


def test_a_loss_with_a_guess_lets_the_loss_of_the_logit_remember():
    """Only the logits: what stands beside them is not an energy."""
    inner = BoundaryEquilibrium(gamma=0.5, rate=0.25)
    loss = AuxiliaryClassifier(inner, classes=1)
    loss.commit(*map(column, (Pair([[1, 7], [3, 7]], [[7], [7]]), Pair([[0.5, 9]], [[9]]))))
    assert inner.k == 0.25 * (0.5 * 2 - 0.5) and inner.convergence == 2.5


def test_no_style_is_the_most_ambiguous_and_the_condition_of_what_is_made_counts_nothing():
    loss = StyleAmbiguity(classes=5, weight=1.0)
    plain = NonSaturating().generator(np.zeros((3, 1)))[0]

    def of(guess, c):
        return loss.generator(Pair(np.concatenate([np.zeros((3, 1)), guess], axis=1), c))

    value, gradient = of(np.full((3, 5), 7.0), np.zeros((3, 5)))
    assert value - plain == pytest.approx(ln(5)) and not gradient[:, 1:].any()
    guess = np.random.default_rng(0).standard_normal((3, 5))
    assert of(guess, np.zeros((3, 5)))[0] > value
    assert of(guess, np.eye(5)[:3])[0] == of(guess, np.zeros((3, 5)))[0]
