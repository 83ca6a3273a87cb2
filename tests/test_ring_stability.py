"""The ring's eigenvalues: matrix-free against dense, and the demo's files."""

import numpy as np
import pytest
from scipy.sparse.linalg import ArpackNoConvergence

from demos import ring_stability
from demos.ring_stability import Moment, leading_eigenvalues, networks
from numgan import data
from numgan.game import Game
from numgan.penalties import R1


def game(penalty, width=6):
    rng = np.random.default_rng(0)
    generator, discriminator = (network.astype(np.float64) for network in networks(width, 1))
    real = data.ring().sample(32, rng).astype(np.float64)
    return Game(generator, discriminator, real, rng.standard_normal((32, 2)), ring_stability.LOSS,
                penalty)


@pytest.mark.parametrize("penalty", [None, R1(1.0)], ids=repr)
def test_matrix_free_eigenvalues_are_the_dense_ones(penalty):
    it = game(penalty)
    dense = it.eigenvalues()
    leading, incomplete = leading_eigenvalues(it, count=6)
    assert not incomplete and sum(it.sizes) == len(dense) == 141
    for found, measure in ((leading["LI"], lambda value: np.abs(value.imag)),
                           (leading["LR"], np.real), (leading["LM"], np.abs)):
        for value in found:  # each is an eigenvalue ...
            assert np.abs(dense - value).min() < 1e-9
        # ... and no other goes before them
        np.testing.assert_allclose(np.sort(measure(found))[::-1],
                                   np.sort(measure(dense))[::-1][:len(found)], atol=1e-9)


@pytest.mark.parametrize("penalty", [None, R1(1.0)], ids=repr)
def test_the_jacobian_is_the_fields_derivative(penalty):
    it = game(penalty)
    direction = np.random.default_rng(2).standard_normal(sum(it.sizes))
    halves, ends = it.split(direction), []
    for step in 1e-5, -1e-5:
        for network, half in zip((it.generator, it.discriminator), halves):
            network.theta += step * half
        ends.append(it.field())
        for network, half in zip((it.generator, it.discriminator), halves):
            network.theta -= step * half
    np.testing.assert_allclose(it.jacobian_product(direction), (ends[0] - ends[1]) / 2e-5,
                               atol=1e-8)


def test_what_arnoldi_found_before_it_gave_up_is_taken():
    class Stubborn:
        def eigenvalues(self, count, which):
            found = np.array([1 + 2j, 1 - 2j])
            if which == "LR":
                raise ArpackNoConvergence("no", found[:0], None)
            return found
    leading, incomplete = leading_eigenvalues(Stubborn())
    assert incomplete and len(leading["LR"]) == 0 and len(leading["LI"]) == 2


def test_moment():
    found = np.array([-2 + 6j, -2 - 6j, -1, 0.5])
    moment = Moment(1, {"LI": found[:2], "LR": found[3:], "LM": found[:3]}, None, 0, False)
    assert moment.turning == -2 + 6j and moment.ratio == 3 and moment.growing == 0.5
    assert set(moment.all) == set(found) and len(moment.all) == 4
    assert moment.factor(0.1) == 1.05
    assert abs(moment.factor(1) - abs(-1 + 6j)) < 1e-15


def test_end_to_end(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ring_stability, "MOMENTS", 3)
    monkeypatch.setattr(ring_stability, "JACOBIAN_BATCH", 32)
    assert ring_stability.main(["--steps", "9", "--width", "4", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["ring_stability.png"]
    assert text.count("\nno penalty  ") == text.count("\nR1, γ = 1  ") == 3 and "|Im/Re|" in text


def test_a_seed_gives_the_same_bits(monkeypatch):
    monkeypatch.setattr(ring_stability, "MOMENTS", 2)
    first, second, other = (ring_stability.run("", R1(1.0), 3, 4, seed).moments[-1]
                            for seed in (0, 0, 1))
    assert np.array_equal(first.all, second.all)
    assert np.array_equal(first.samples, second.samples)
    assert not np.array_equal(first.samples, other.samples)


def test_interrupted(tmp_path, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt
        yield
    monkeypatch.setattr(ring_stability, "train", interrupted)
    assert ring_stability.main(["--steps", "9", "--out", str(tmp_path)]) == 130
    assert "Interrupted" in capsys.readouterr().out


@pytest.mark.parametrize("options, expected", [
    (["--steps", "0"], "expected an integer of at least 1"),
    (["--gamma", "0"], "expected a positive number"),
    (["--width", "x"], "expected an integer of at least 1"),
    (["--seed", "-1"], "expected an integer of at least 0")])
def test_bad_options(options, expected, capsys):
    with pytest.raises(SystemExit):
        ring_stability.main(options)
    assert expected in capsys.readouterr().err
