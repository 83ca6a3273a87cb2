"""Metrics of two sets of samples against answers that are known: by derivation, by hand, or from
other programs, whose figures stand here as constants."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numgan.data import ring
from numgan.metrics import (best_bandwidth, density_coverage, energy_distance, median_distance, mmd,
                            ndb, parzen_log_likelihood, precision_recall, samples, wasserstein2)
from numgan.metrics.bins import jensen_shannon


def normal(n, d, seed, shift=0.0):
    return np.random.default_rng(seed).standard_normal((n, d)) + shift


# two clouds that overlap in part; what prdc and POT say of them stands below
REAL, FAKE = normal(300, 4, 1), 0.8 * normal(200, 4, 2) + 0.5


# -- neighbours ------------------------------------------------------------------------------------


def test_neighbours_of_equal_distributions():
    """A fake is as likely as any of N − 1 real samples to be among the k nearest of another, which
    are k of N places: density 1. A ball is empty if the k nearest of N − 1 + M are all real."""
    n, m, k, runs = 60, 40, 3, 300
    found = [density_coverage(normal(n, 2, [0, seed]), normal(m, 2, [1, seed]), k)
             for seed in range(runs)]
    density = np.array([each.density for each in found])
    coverage = np.array([each.coverage for each in found])
    empty = math.prod((n - 1 - i) / (n - 1 + m - i) for i in range(k))
    for values, expected in (density, 1), (coverage, 1 - empty):
        assert values.mean() == pytest.approx(expected, abs=4 * values.std() / math.sqrt(runs))
        assert values.std() / math.sqrt(runs) < 0.01


@pytest.mark.parametrize("k", [1, 3, 5])
def test_coverage_of_equal_distributions_is_about_one_minus_a_power_of_two(k):
    found = density_coverage(normal(4000, 3, 4), normal(4000, 3, 5), k)
    assert found.coverage == pytest.approx(1 - 2 ** -k, abs=0.03)


@pytest.mark.parametrize("kept, recall", [(6, 0.734), (4, 0.493), (1, 0.114)])
def test_a_ring_that_lost_modes(kept, recall):
    """With k = 5 two equal distributions score 0.99 and 0.98: a recall of 0.98 · 6/8 = 0.734 with
    six of eight modes."""
    toy, rng = ring(), np.random.default_rng(0)
    real, fake = (toy.sample(2500, rng) for _ in range(2))
    fake = fake + toy.centers[rng.integers(kept, size=2500)] - nearest_center(fake, toy.centers)
    found = precision_recall(real, fake, k=5)
    assert found.precision == pytest.approx(0.99, abs=0.01)
    assert found.recall == pytest.approx(recall, abs=0.025)  # the shares of modes vary by 0.011


def nearest_center(x, centers):
    return centers[np.linalg.norm(x[:, None] - centers, axis=2).argmin(axis=1)]


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 25), st.integers(2, 25), st.integers(1, 3), st.integers(1, 3),
       st.integers(0, 999))
def test_neighbours_against_the_plain_computation(n, m, d, k, seed):
    real, fake = normal(n, d, [seed, 0]), normal(m, d, [seed, 1], shift=0.3)
    if min(n, m) <= k:
        return

    def distances(a, b):
        return np.linalg.norm(a[:, None] - b, axis=2)

    real_radius, fake_radius = (np.sort(distances(x, x), axis=1)[:, k] for x in (real, fake))
    in_real, in_fake = distances(real, fake) <= real_radius[:, None], (
        distances(fake, real) <= fake_radius[:, None])
    found = precision_recall(real, fake, k)
    assert found.precision == in_real.any(axis=0).mean()
    assert found.recall == in_fake.any(axis=0).mean()
    found = density_coverage(real, fake, k)
    assert found.density == pytest.approx(in_real.sum() / (k * m))
    assert found.coverage == in_real.any(axis=1).mean()


def test_neighbours_of_copies_and_of_strangers():
    real = normal(50, 3, 0)
    same, far = precision_recall(real, real), precision_recall(real, real + 100)
    assert (same.precision, same.recall) == (1, 1) and (far.precision, far.recall) == (0, 0)
    far = density_coverage(real, real + 100)
    assert (far.density, far.coverage) == (0, 0)
    assert density_coverage(real, real).coverage == 1


def test_neighbours_far_from_the_origin():
    assert precision_recall(REAL + 1e8, FAKE + 1e8) == precision_recall(REAL, FAKE)


def test_neighbours_against_prdc():
    # prdc 0.2, compute_prdc(REAL, FAKE, nearest_k=5). Of its README's size, 10,000 normal samples
    # of 1,000 numbers (34 s), both give 0.4563, 0.4858, 0.91246, 0.9563 for default_rng(0).
    found = precision_recall(REAL, FAKE, k=5), density_coverage(REAL, FAKE, k=5)
    assert dataclasses.astuple(found[0]) == pytest.approx((0.99, 0.8433333333333334))
    assert dataclasses.astuple(found[1]) == pytest.approx((0.975, 0.74))


# -- bins ------------------------------------------------------------------------------------------


def test_bins_by_hand():
    """Three heaps, 50, 30, 20 of 100 real and 20, 20, 0 of 40 fakes: a pooled share of 50/140, and
    so on."""
    def heaps(*sizes): return np.repeat([[0.0], [10.0], [30.0]], sizes, axis=0)
    found = ndb(heaps(50, 30, 20), heaps(20, 20, 0), 3, rng=0, z=2.5)
    order = np.argsort(-found.real)
    assert found.real[order].tolist() == [50, 30, 20] and found.fake[order].tolist() == [20, 20, 0]
    error = [math.sqrt(s * (1 - s) * (1 / 100 + 1 / 40)) for s in (70 / 140, 50 / 140, 20 / 140)]
    assert found.z[order] == pytest.approx([0, -0.2 / error[1], 0.2 / error[2]])
    assert found.different == 1  # |z| 0, 2.23, 3.06
    js = 0.5 * (0.3 * math.log(0.3 / 0.4) + 0.2 * math.log(0.2 / 0.1)
                + 0.5 * math.log(0.5 / 0.4))
    assert found.jensen_shannon == pytest.approx(js) and found.distance == math.sqrt(js)


def test_bins_of_equal_distributions():
    """With z = 1.96 a bin in twenty differs by chance; JS is χ²/8 with K − 1 degrees of freedom."""
    k, n, m, runs = 20, 800, 500, 40
    different, js = [], []
    for seed in range(runs):
        both = normal(n + m, 2, [3, seed])
        # bins of other samples, as fitting them to `real` fills them more evenly
        third = normal(k, 2, [4, seed])
        real, fake = (np.eye(k)[np.linalg.norm(x[:, None] - third, axis=2).argmin(axis=1)]
                      for x in (both[:n], both[n:]))
        found = ndb(real, fake, len(np.unique(real.argmax(axis=1))), rng=seed, z=1.96)
        different.append(found.different / len(found.z))
        js.append(found.jensen_shannon / ((len(found.z) - 1) * (1 / n + 1 / m) / 8))
    assert np.mean(different) == pytest.approx(0.05, abs=0.03)
    assert np.mean(js) == pytest.approx(1, abs=0.2)


def test_bins_find_what_is_missing_and_the_same_seed_finds_the_same():
    toy = ring()
    real, fake = (toy.sample(2000, np.random.default_rng(seed)) for seed in (0, 1))
    whole = ndb(real, fake, 16, rng=3)
    kept = fake[nearest_center(fake, toy.centers)[:, 0] > -0.5]  # without three modes
    lost = ndb(real, kept, 16, rng=3)
    assert whole.different == 0 and lost.different >= 6
    assert lost.jensen_shannon > 10 * whole.jensen_shannon
    assert np.array_equal(lost.z, ndb(real, kept, 16, rng=np.random.default_rng(3)).z)


# The authors' example, MNIST's pixels in [0, 1], 45,000 images for the bins, 10,000 others: NDB 0
# and JS 0.0014 for validation images, 4 and 0.0041 for test images, 11 and 0.016 without digit 9.
# ndb(..., 100, rng=0), 76 s: 0 and 0.0013, 0 and 0.0042, 10 and 0.0156.
def test_jensen_shannon_at_its_ends():
    p, q = np.array([0.5, 0.5, 0]), np.array([0, 0, 1.0])
    assert jensen_shannon(p, p) == 0 and jensen_shannon(p, q) == pytest.approx(math.log(2))


# -- distances -------------------------------------------------------------------------------------


@pytest.mark.parametrize("distance, kernel", [
    (energy_distance, lambda a, b: -np.abs(a - b)),
    (lambda x, y: mmd(x, y, bandwidth=0.7), lambda a, b: np.exp(-(a - b) ** 2 / (2 * 0.7 ** 2))),
    (lambda x, y: mmd(x, y, "polynomial"), lambda a, b: (a * b + 1) ** 3)])
def test_unbiased(distance, kernel):
    """The mean over all ways to draw pairs from two distributions of three values each is the
    distance of the distributions, in whose expectations a value may meet itself."""
    a, b = np.array([[0.0], [1.0], [3.0]]), np.array([[0.5], [1.0], [4.0]])
    mean = np.mean([distance(x, y) for x in map(np.array, itertools.product(a, repeat=2))
                    for y in map(np.array, itertools.product(b, repeat=2))])
    expected = kernel(a, a.T).mean() + kernel(b, b.T).mean() - 2 * kernel(a, b.T).mean()
    assert mean == pytest.approx(expected, rel=1e-10)


def test_mmd_of_normal_distributions():
    """E exp(−‖x − y‖²/2σ²) of x − y ~ N(δ, 2 I) is (σ²/(σ² + 2))^(D/2) exp(−δ²/2(σ² + 2))."""
    shift, d, width = 0.8, 3, 1.5
    scale = (width ** 2 / (width ** 2 + 2)) ** (d / 2)
    expected = 2 * scale * (1 - math.exp(-d * shift ** 2 / (2 * (width ** 2 + 2))))
    runs = [mmd(normal(500, d, [0, seed]), normal(400, d, [1, seed], shift), bandwidth=width)
            for seed in range(20)]
    assert np.std(runs) < 0.03
    assert np.mean(runs) == pytest.approx(expected, abs=4 * np.std(runs) / math.sqrt(20))


def test_polynomial_mmd_compares_three_moments():
    """(xy + 1)³ = 1 + 3xy + 3x²y² + x³y³, so MMD² = 3 Δm₁² + 3 Δm₂² + Δm₃²: N(0, 1), N(1/2, 1)."""
    moments = [(0, 1, 0), (0.5, 1.25, 0.5 ** 3 + 3 * 0.5)]
    first, second, third = np.subtract(*moments)
    expected = 3 * first ** 2 + 3 * second ** 2 + third ** 2
    runs = [mmd(normal(300, 1, [0, seed]), normal(200, 1, [1, seed], 0.5), "polynomial")
            for seed in range(100)]
    assert np.std(runs) < 4
    assert np.mean(runs) == pytest.approx(expected, abs=4 * np.std(runs) / math.sqrt(100))
    x, y = REAL[:, :1], FAKE[:, :1]
    doubled = mmd(np.repeat(x, 2, axis=1), np.repeat(y, 2, axis=1), "polynomial")  # a·b / D as is
    assert doubled == pytest.approx(mmd(x, y, "polynomial"))


def test_several_bandwidths_are_summed_and_the_default_is_the_median():
    one, two = (mmd(REAL, FAKE, bandwidth=width) for width in (0.5, 2.0))
    assert mmd(REAL, FAKE, bandwidth=[0.5, 2.0]) == pytest.approx(one + two, rel=1e-12)
    pairs = [np.linalg.norm(a - b) for a, b in itertools.combinations(REAL, 2)]
    assert median_distance(REAL) == pytest.approx(np.median(pairs))
    assert mmd(REAL, FAKE) == pytest.approx(mmd(REAL, FAKE, bandwidth=np.median(pairs)))


def test_energy_distance_of_shifted_normals():
    """E|N(δ, 2)| = 2/√π exp(−δ²/4) + δ erf(δ/2)."""
    shift = 1.0
    far = 2 / math.sqrt(math.pi) * math.exp(-shift ** 2 / 4) + shift * math.erf(shift / 2)
    expected = 2 * far - 2 * 2 / math.sqrt(math.pi)
    runs = [energy_distance(normal(500, 1, [0, seed]), normal(400, 1, [1, seed], shift))
            for seed in range(20)]
    assert np.std(runs) < 0.2
    assert np.mean(runs) == pytest.approx(expected, abs=4 * np.std(runs) / math.sqrt(20))


def test_energy_distance_against_scipy():
    """scipy's is the root, in one dimension, with the pairs of a sample with itself counted in."""
    from scipy.stats import energy_distance as of_scipy

    x, y = REAL[:, :1], FAKE[:, :1]
    within = sum(np.abs(a - a.T).mean() / (len(a) - 1) for a in (x, y))
    assert energy_distance(x, y) == pytest.approx(of_scipy(x[:, 0], y[:, 0]) ** 2 - within)


def test_distances_in_parts(monkeypatch):
    whole = mmd(REAL, FAKE), energy_distance(REAL, FAKE), parzen_log_likelihood(FAKE, REAL, 0.5)
    for module in "distances", "parzen":
        monkeypatch.setattr(f"numgan.metrics.{module}.CHUNK_VALUES", 1000)
    parts = mmd(REAL, FAKE), energy_distance(REAL, FAKE), parzen_log_likelihood(FAKE, REAL, 0.5)
    assert parts[:2] == pytest.approx(whole[:2]) and parts[2].mean == pytest.approx(whole[2].mean)


def test_wasserstein_of_a_shift_and_of_a_line():
    rng = np.random.default_rng(0)
    shuffled = rng.permutation(REAL) + [3, 0, 4, 0]
    assert wasserstein2(REAL, shuffled) == pytest.approx(5, rel=1e-12)
    x, y = normal(80, 1, 3), 2 * normal(80, 1, 4)
    in_order = np.sqrt(np.mean((np.sort(x, axis=0) - np.sort(y, axis=0)) ** 2))
    assert wasserstein2(x, y) == pytest.approx(in_order, rel=1e-12)
    assert wasserstein2(REAL, REAL) == 0


def test_wasserstein_is_the_best_of_all_assignments():
    x, y = normal(6, 2, 5), normal(6, 2, 6)
    best = min(math.sqrt(np.mean(np.sum((x - y[list(order)]) ** 2, axis=1)))
               for order in itertools.permutations(range(6)))
    assert wasserstein2(x, y) == pytest.approx(best, rel=1e-12)


def test_wasserstein_against_pot():
    # POT 0.9.7, math.sqrt(ot.emd2([], [], ot.dist(REAL[:200], FAKE)))
    assert wasserstein2(REAL[:200], FAKE) == pytest.approx(1.3983946136684475, rel=1e-10)


def test_wasserstein_of_two_real_samples_of_the_ring():
    """Its floor: the shares of the modes differ, and what is over goes to a neighbouring mode."""
    found = [wasserstein2(*(ring().sample(1000, np.random.default_rng([seed, i])) for i in (0, 1)))
             for seed in range(4)]
    assert 0.1 < np.mean(found) < 0.3


# -- Parzen windows --------------------------------------------------------------------------------


def test_parzen_by_hand_and_against_scikit_learn():
    from sklearn.neighbors import KernelDensity

    one = parzen_log_likelihood([[1.0, 2.0, 2.0]], [[0.0, 0.0, 0.0]], 0.5)
    assert one.mean == pytest.approx(-9 / 0.5 - 1.5 * math.log(2 * math.pi * 0.25))
    assert math.isnan(one.error)
    # one leaf: with many, scikit-learn's tree cuts tails off (1e-4 here)
    scores = KernelDensity(bandwidth=0.3, leaf_size=1000).fit(FAKE).score_samples(REAL)
    found = parzen_log_likelihood(FAKE, REAL, 0.3)
    assert found.mean == pytest.approx(scores.mean(), rel=1e-10)
    assert found.error == pytest.approx(scores.std(ddof=1) / math.sqrt(300), rel=1e-10)
    far = parzen_log_likelihood(FAKE, REAL + 1000, 0.1)
    assert np.isfinite(far.mean) and far.mean < -1e6


def test_parzen_chooses_the_bandwidth_on_validation_samples():
    from sklearn.neighbors import KernelDensity

    widths = np.logspace(-1, 0, 10)
    scores = [KernelDensity(bandwidth=width, leaf_size=1000).fit(FAKE).score(REAL[:100])
              for width in widths]
    expected = widths[np.argmax(scores)]
    assert 0.1 < expected < 1
    assert best_bandwidth(FAKE, REAL[:100]) == pytest.approx(expected)
    found = parzen_log_likelihood(FAKE, REAL[100:], validation=REAL[:100])
    assert found == parzen_log_likelihood(FAKE, REAL[100:], found.bandwidth)
    assert found.bandwidth == pytest.approx(expected)


# -- errors ----------------------------------------------------------------------------------------

TWO = {"precision_recall": precision_recall, "density_coverage": density_coverage, "mmd": mmd,
       "energy_distance": energy_distance, "wasserstein2": wasserstein2,
       "ndb": lambda real, fake: ndb(real, fake, 2, rng=0)}
GOOD = normal(10, 2, 0)


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("real, fake, error, words", [
    (GOOD, GOOD[:, :1], ValueError, r"same shape.*\(10, 2\) and \(10, 1\)"),
    (GOOD[:, 0], GOOD[:, 0], ValueError, r"real of shape \(N, D\).*\(10,\)"),
    (GOOD[:0], GOOD, ValueError, r"real.*not empty.*\(0, 2\)"),
    (GOOD, np.where(GOOD > 1, np.nan, GOOD), ValueError, "finite fake.*nan or inf"),
    (GOOD * np.inf, GOOD, ValueError, "finite real"),
    (GOOD, GOOD.astype(str), TypeError, "fake.*real numbers"),
    (GOOD + 1j, GOOD, TypeError, "real.*complex"),
])
def test_bad_samples_are_named(name, real, fake, error, words):
    with np.errstate(invalid="ignore"), pytest.raises(error, match=f"^{name}: .*{words}"):
        TWO[name](real, fake)


@pytest.mark.parametrize("make, error, words", [
    (lambda: precision_recall(GOOD, GOOD, k=0), ValueError, "precision_recall: k must.* 1, got 0"),
    (lambda: precision_recall(GOOD, GOOD, k=2.0), ValueError, "k must be an integer.*got 2"),
    (lambda: precision_recall(GOOD, GOOD[:3]), ValueError,
     "more than k = 3 samples in fake.*got 3"),
    (lambda: density_coverage(GOOD[:5], GOOD), ValueError, "more than k = 5 samples in real"),
    (lambda: density_coverage(GOOD, GOOD, k=True), ValueError, "density_coverage.*got True"),
    (lambda: mmd(GOOD, GOOD, "linear"), ValueError, "rbf, polynomial, got 'linear'"),
    (lambda: mmd(GOOD, GOOD, bandwidth=0), ValueError, "bandwidth must.* > 0, got 0"),
    (lambda: mmd(GOOD, GOOD, bandwidth=[1, -1]), ValueError, "every bandwidth must.* 0, got -1"),
    (lambda: mmd(GOOD, GOOD, bandwidth=[]), ValueError, "bandwidth must be a finite number"),
    (lambda: mmd(GOOD, GOOD, "polynomial", 1.0), ValueError, "no bandwidth"),
    (lambda: mmd(GOOD[:1], GOOD), ValueError, "mmd: expected at least 2 samples in real, got 1"),
    (lambda: mmd(GOOD * 0, GOOD), ValueError, "pairs equal: give a bandwidth"),
    (lambda: energy_distance(GOOD, GOOD[:1]), ValueError, "at least 2 samples in fake"),
    (lambda: wasserstein2(GOOD, GOOD[:5]), ValueError, "as many real.*got 10 and 5"),
    (lambda: ndb(GOOD, GOOD, 11, rng=0), ValueError, "at least bins = 11 samples in real, got 10"),
    (lambda: ndb(GOOD, GOOD, 1, rng=0), ValueError, "bins must.* >= 2, got 1"),
    (lambda: ndb(GOOD, GOOD, 2, rng=None), TypeError, "rng must.*got None"),
    (lambda: ndb(GOOD, GOOD, 2, rng=0, z=0), ValueError, "z must.* > 0, got 0"),
    (lambda: parzen_log_likelihood(GOOD, GOOD), ValueError, "got neither"),
    (lambda: parzen_log_likelihood(GOOD, GOOD, 1.0, GOOD), ValueError, "got both"),
    (lambda: parzen_log_likelihood(GOOD, GOOD, -1.0), ValueError, "bandwidth must.* > 0, got -1"),
    (lambda: parzen_log_likelihood(GOOD, GOOD[:, :1], 1.0), ValueError, "same shape"),
    (lambda: best_bandwidth(GOOD, GOOD, []), ValueError, "at least one candidate"),
])
def test_bad_arguments_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_images_are_flattened():
    images = GOOD.reshape(5, 2, 2, 1)
    assert energy_distance(images, images + 1) == energy_distance(GOOD.reshape(5, 4),
                                                                  GOOD.reshape(5, 4) + 1)
    assert samples.points("here", "x", images).shape == (5, 4)
