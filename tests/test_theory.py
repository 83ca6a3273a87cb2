"""The theory's numbers against closed forms, and what the demo says against what it found."""

import math
import re

import numpy as np
import pytest

from demos.theory import (__main__ as theory, curves, curves_views, densities, game, game_views,
                          kinds, slopes)
from demos.theory.densities import LN2, X, Generated, Mixture, integral, jsd, kl, normal
from numgan import Dense, Minimax, Network, NonSaturating, Tanh
from numgan.diagnose import Finding
from numgan.metrics import ModeStatistics
from numgan.training import Record
from pages import Page

WIDE = np.linspace(-12, 12, 4001)


def affine(scale, shift):
    """G(z) = scale · z + shift: its density is N(shift, scale²)."""
    G = Network([Dense(1, 1)], rng=0, dtype=np.float64)
    G.layers[0].W[...], G.layers[0].b[...] = scale, shift
    return G


def bent(seed=0, size=1.0):
    """A smooth G: monotone for a small size, folded for a large one."""
    G, _ = game.networks(np.random.default_rng(seed))
    G = G.astype(np.float64)
    G.layers[0].branches[1].children[-1].W[...] *= 50 * size
    return G


# -- quadrature ------------------------------------------------------------------------------------


def test_kl_of_gaussians_is_the_closed_form():
    for (m, s), (n, t) in (((0, 1), (1, 2)), ((-0.5, 0.7), (0.3, 0.9))):
        closed = math.log(t / s) + (s * s + (m - n) ** 2) / (2 * t * t) - 0.5
        assert abs(kl(normal(WIDE, m, s), normal(WIDE, n, t), WIDE) - closed) < 1e-10


def test_jsd_of_gaussians_is_that_of_gauss_hermite():
    """For N(±a, 1) it is ln 2 − E ln(1 + e^(−2ax)), x ~ N(a, 1): one smooth expectation."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    for a in 0.1, 0.5, 1.0:
        expected = LN2 - weights @ np.log1p(np.exp(-2 * a * (nodes + a))) / weights.sum()
        assert abs(jsd(normal(WIDE, -a), normal(WIDE, a), WIDE) - expected) < 1e-6, a


def test_jsd_of_boxes_is_half_of_ln_2_where_half_of_them_overlaps():
    x = np.linspace(-1, 3, 40001)
    first, second = ((x >= low) & (x < low + 1) for low in (0.0, 0.5))
    assert abs(jsd(first * 1.0, second * 1.0, x) - LN2 / 2) < 1e-4


def test_jsd_is_0_for_equal_and_ln_2_for_disjoint_densities():
    p = normal(WIDE)
    assert jsd(p, p, WIDE) == 0
    assert abs(jsd(normal(WIDE, -6, 0.3), normal(WIDE, 6, 0.3), WIDE) - LN2) < 1e-9


# -- the generator's density -----------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0.6, -1.3])
def test_density_of_an_affine_generator_is_the_gaussian(scale):
    made = Generated(affine(scale, 0.4))
    there = np.abs(X - 0.4) < 5 * abs(scale)
    np.testing.assert_allclose(made.density(X)[there], normal(X, 0.4, abs(scale))[there],
                               rtol=0, atol=1e-5)
    assert made.branches == 1
    data = Mixture((1.0,), (-0.2,), (0.5,))
    p = normal(WIDE, -0.2, 0.5)
    assert abs(made.jsd(data) - jsd(p, normal(WIDE, 0.4, abs(scale)), WIDE)) < 1e-6


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size, folds", [(0.1, False), (2.0, True)])
def test_change_of_variables_integrates_to_1(seed, size, folds):
    made = Generated(bent(seed, size))
    assert (made.branches > 1) == folds
    x = np.linspace(made.x.min() - 0.01, made.x.max() + 0.01, 400_001)
    # where G folds the density is infinite: an integrable spike, which a grid hardly sees
    assert abs(integral(made.density(x), x) - 1) < (2e-2 if folds else 1e-5)
    assert abs(made.mean(1.0) - 1) < 1e-8


def test_density_where_g_folds_is_that_of_many_samples():
    G = bent(1, 2.0)
    made = Generated(G)
    samples = G(np.random.default_rng(0).standard_normal((100_000, 1)))[:, 0]
    edges = np.linspace(*np.quantile(samples, [0.02, 0.98]), 21)
    counts = np.histogram(samples, edges)[0] / len(samples)
    for low, high, share in zip(edges, edges[1:], counts):
        x = np.linspace(low, high, 20_001)
        assert abs(integral(made.density(x), x) - share) < 0.02 * share + 2e-3


def test_square_has_two_branches():
    """x = z² has the density of chi squared with one degree of freedom: two z for each x."""
    class Square(Dense):
        def forward(self, x, train=False):
            return x * x, x

        def tangent(self, tx, cache, tparams=None):
            return 2 * cache * tx, None
    made = Generated(Network([Square(1, 1)], rng=0))
    x = np.linspace(0.1, 8, 200)
    np.testing.assert_allclose(made.density(x), np.exp(-x / 2) / np.sqrt(2 * np.pi * x), rtol=1e-4)
    assert made.branches == 2


# -- the best discriminator ------------------------------------------------------------------------


def test_best_discriminator_is_the_formula_and_nobody_is_better():
    data, made = game.DATA, Generated(bent(0, 0.1))
    p, q = data.density(X), made.density(X)
    best = densities.best_discriminator(p, q)
    there = p + q > 1e-8
    np.testing.assert_allclose(best[there] / (1 - best[there]), (p / q)[there], rtol=1e-6)

    def value(d):
        d, p_there, q_there = d[there], p[there], q[there]
        return integral(p_there * np.log(d) + q_there * np.log1p(-d), X[there])
    top = value(best)
    assert abs(top - made.best_value(data)) < 1e-4
    for change in np.sin(X), np.cos(3 * X), np.ones_like(X):
        for size in 0.02, -0.02:
            assert value(np.clip(best + size * change * best * (1 - best), 1e-12, 1)) < top


def test_value_of_an_undecided_discriminator_is_minus_ln_4():
    D = Network([Dense(1, 4), Tanh(), Dense(4, 1)], rng=0)
    D.theta[...] = 0
    assert abs(Generated(bent()).value(game.DATA, D) + math.log(4)) < 1e-7


def test_even_batches_are_of_their_distribution():
    rng = np.random.default_rng(0)
    batch = game.data_batch(200_000, rng)[:, 0].astype(float)
    for power in 1, 2, 3:
        expected = integral(game.DATA.density(X) * X ** power, X)
        assert abs((batch ** power).mean() - expected) < 1e-3
    assert (np.diff(batch) >= 0).all()  # one of each part


# -- the game --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def film():
    return game.play(1, quick=True)


def test_alone_d_comes_to_the_best_one(film):
    first, last = film.alone[0], film.alone[-1]
    assert first.distance > 0.3 and last.distance < 0.06
    assert all(look.jsd == first.jsd for look in film.alone)  # G stood still
    assert last.best - last.value < 0.002


def test_no_discriminator_is_better_than_the_best(film):
    for look in [*film.alone, *film.game]:
        assert look.value <= look.best + 1e-9
    assert film.game[-1].jsd < 0.6 * film.game[0].jsd


@pytest.mark.slow
def test_a_seed_gives_the_same_bits(film):
    again, other = game.play(1, quick=True), game.play(2, quick=True)
    assert again.game[-1].jsd == film.game[-1].jsd != other.game[-1].jsd


def look(jsd, branches=1, distance=0.1, value=-1.3):
    return game.Look(10, value, -1.2, jsd, distance, branches, normal(X), 0 * X + 0.5)


def test_what_is_said_of_the_game_follows_from_it(film):
    said = game.said_of_game(film)[-1]
    assert f"to {film.alone[-1].distance:.3f} from D*" in said and "come nearer to" in said
    worse = game.Film(film.alone, [film.game[0], look(0.5)])
    assert "come no nearer to" in game.said_of_game(worse)[-1]
    assert "does not fall" in game_views.game_title(worse)
    assert "D*;  then the divergence falls" in game_views.game_title(film)


def variants(jsd):
    """All of them, with jsd(optimizer, loss, k) for both of two seeds."""
    return [game.Variant(loss, optimizer, k, [look(jsd(optimizer, loss, k), branches=3)] * 2)
            for optimizer in game.OPTIMIZERS for loss in game.LOSSES for k in game.KS]


def test_what_is_said_of_the_variants_follows_from_them():
    found = variants(lambda optimizer, loss, k: 1 / k + (loss == "minimax") - (k == 5))
    said = game.said_of_variants(found)[-1]
    assert "k = 5 ends nearer to the data than k = 1 in 8 of 8 pairs." in said
    assert "k = 20 ends nearer to the data than k = 5 in 0 of 8 pairs." in said
    assert "The non-saturating loss ends nearer to the data than the minimax loss in 12 of 12" \
        in said
    assert "Adam ends nearer to the data than SGD, momentum in 0 of 12" in said  # equal is not less
    assert "folded in 24 of 24" in said
    assert "in 8 of 16 comparisons" in game_views.variants_title(found)
    ends = [look(0.2), look(0.6)]
    one = game.Variant("minimax", "Adam", 1, ends)
    assert abs(one.mean - 0.4) < 1e-12 and abs(one.spread - 0.2) < 1e-12


# -- the losses' slopes ----------------------------------------------------------------------------


def test_the_worked_numbers():
    assert [f"{value:.3f}" for value in slopes.worked().values()] == ["0.916", "0.020"]


@pytest.mark.parametrize("loss, value, derivative", [
    (Minimax(), lambda d: np.log(1 - d), lambda d: -d),
    (NonSaturating(), lambda d: -np.log(d), lambda d: d - 1)], ids=["minimax", "non-saturating"])
def test_curves_are_the_formulas_and_a_dot_stands_where_the_mean_slope_is(loss, value, derivative):
    d = 1 / (1 + np.exp(-slopes.LOGITS))
    np.testing.assert_allclose(slopes.cost(loss, slopes.LOGITS), value(d), atol=1e-9)
    np.testing.assert_allclose(slopes.slope(loss, slopes.LOGITS), derivative(d), atol=1e-12)
    place = slopes.Place(1, np.array([-3.0, 0.5, 1.0]))
    assert abs(place.slope(loss) - slopes.slope(loss, np.array([place.logit]))[0]) < 1e-12


def test_what_is_said_of_the_slopes_follows_from_the_places():
    places = [slopes.Place(10, np.full(4, np.log(0.25))), slopes.Place(60, np.zeros(4))]  # D = 1/5
    said = slopes.said(places)
    assert "step 10 G's samples are pushed 4.0 times as hard" in said[-1]
    assert "at step 60 1.0 times" in said[-1]
    assert "D gives G's samples 0.20: ln(1 − D) pulls with 0.20, −ln D with 0.80" \
        in slopes.title(places)


# -- two kinds of models ---------------------------------------------------------------------------


def test_bayes_rule_on_known_samples():
    rng = np.random.default_rng(0)
    densities_of = [kinds.density_of(rng.normal((0, mean), 0.3, (1000, 2)))
                    for mean in (-0.3, 0.3)]
    x = np.array([[0, -0.2], [0, 0.2], [0.1, 0.3]])
    # of N((0, ±m), s² I): the log odds are 2 m y / s², and the kernel adds its own variance to s²
    np.testing.assert_allclose(kinds.log_odds(densities_of, x), 0.6 * x[:, 1] / 0.1, atol=0.3)


def test_climbing_goes_uphill_and_out():
    D = Network([Dense(2, 1)], rng=0)
    path = kinds.climb(D, np.zeros((3, 2)))
    slope = D.layers[0].W[:, 0] / np.linalg.norm(D.layers[0].W)
    np.testing.assert_allclose(path[-1], np.tile(kinds.CLIMB * kinds.STRIDE * slope, (3, 1)),
                               rtol=1e-3)


def test_the_classifier_learns():
    rng = np.random.default_rng(0)
    x, labels = kinds.moons(rng, 500)
    network = kinds.trained_classifier(x, labels, 60, rng, lambda: None)
    assert ((network(x)[:, 0] > 0) == labels).mean() > 0.85


def test_the_classifiers_gradient_is_that_of_one_batch(monkeypatch):
    seen = []

    class Still:
        def step(self, theta, grad, scale):
            seen.append(grad.copy())
    monkeypatch.setattr(kinds, "Adam", lambda rate: Still())
    rng = np.random.default_rng(0)
    kinds.trained_classifier(*kinds.moons(rng, kinds.BATCH), 3, rng, lambda: None)
    assert abs(seen[0]).max() > 0.01
    for grad in seen[1:]:  # weights that stand still, a batch that is all the data
        np.testing.assert_allclose(grad, seen[0], rtol=1e-3, atol=1e-5)


def found(right, away, sampled_away):
    return kinds.Kinds(None, None, Network([Dense(2, 1)], rng=0), None, np.zeros((2, 3, 2)), away,
                       sampled_away, right)


def test_what_is_said_of_the_two_kinds_follows_from_the_numbers():
    good, bad, odd = found((0.97, 0.96), 40, 0.0), found((0.97, 0.6), 40, 0.3), found(
        (0.9, 0.97), 0, 0.0)
    assert "sorts as well as" in kinds.said(good)[-1]
    assert "it knows no samples" in kinds.said(good)[-1]
    assert "only one can make a sample" in kinds.title(good)
    assert "does not sort as well" in kinds.said(bad)[-1]
    assert "sorts better" in kinds.said(odd)[-1]
    for one in bad, odd:
        assert "does not differ from the generator" in kinds.said(one)[-1]
        assert "only one" not in kinds.title(one)


# -- reading the curves ----------------------------------------------------------------------------


CASES = {case.label: (number, case) for number, case in enumerate(curves.CASES)}


@pytest.mark.parametrize("label", ["D has won", "Circling", "Exploded"])
def test_a_training_shows_what_it_was_made_to_show(label):
    one = curves.train_one(*CASES[label], 1, False, lambda: None)
    assert one.as_expected, one.findings
    assert bool(one.stopped) == (label == "Exploded")
    name, evidence = curves.verdict(one)
    assert name.startswith(one.case.expected + ", from step ") and evidence


def test_the_shift_passes_the_gradient_check():
    layer = curves.Shift().setup(np.random.default_rng(0), np.float64)
    x, dy = np.random.default_rng(1).standard_normal((2, 5, 2))
    dx = layer.backward(dy, layer.forward(x)[1])
    np.testing.assert_allclose(layer.db, dy.sum(axis=0))
    step = 1e-6 * np.eye(2)[0]
    slope = ((layer.forward(x + step)[0] - layer.forward(x - step)[0]) * dy).sum() / 2e-6
    assert abs(slope - dx[:, 0].sum()) < 1e-8


def trained(label, g_loss, quality, findings=(), stopped=""):
    records = [Record(step, 1.0, loss, 0.5, 0.5, 1.0, 1.0) for step, loss in enumerate(g_loss)]
    scores = [ModeStatistics(3, share, 0.0, np.ones(8)) for share in quality]
    return curves.Run(CASES[label][1], None, records, [0, 1], [], scores,
                      [Finding(name, 0, "evidence", ()) for name in findings], stopped)


def test_what_is_said_of_the_curves_follows_from_them():
    rising = trained("Healthy", np.linspace(0.5, 1.5, 40), (0.1, 0.9))
    falling = trained("Collapsed", np.linspace(1.5, 0.5, 40), (0.1, 0.9), ["G collapsed"])
    wrong = trained("Circling", np.linspace(0.5, 1.5, 40), (0.1, 0.1), ["explosion"])
    said = curves.said([rising, falling, wrong])[-1]
    assert "in 2 of 3, not in: Circling." in said
    assert "while more of its samples are good in: Healthy." in said
    assert "In none" in curves.said([falling, wrong])[-1]
    assert curves_views.title([rising, falling, wrong]).endswith("something wrong in 2")
    assert curves.verdict(rising)[0] == "nothing is wrong"


# -- the command -----------------------------------------------------------------------------------


FILES = ["curves.html", "game.gif", "game.html", "results.json", "theory_curves.png",
         "theory_game.png", "theory_kinds.png", "theory_slopes.png", "theory_variants.png"]


@pytest.mark.slow
def test_quick_end_to_end(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(game, "FRAMES", (2, 2))
    monkeypatch.setattr(game, "LOOKS", 5)
    monkeypatch.setattr(curves_views, "FRAMES", 2)
    assert theory.main(["--quick", "--out", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES
    for name in "game.html", "curves.html":
        assert len(Page(tmp_path / name).texts["p"]) == 1
    text = capsys.readouterr().out
    assert len(re.findall(r"^  (?:Adam|SGD, momentum), (?:minimax|non-saturating) ", text,
                          re.M)) == 4


@pytest.mark.parametrize("options, expected", [
    (["--seed", "-1"], "expected an integer of at least 0"), (["--only", "x"], "invalid choice")])
def test_bad_options(options, expected, capsys):
    with pytest.raises(SystemExit):
        theory.main(options)
    assert expected in capsys.readouterr().err
