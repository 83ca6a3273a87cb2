"""The ring's eigenvalues: matrix-free against dense, and the demo's files."""

import numpy as np
import pytest
from scipy.sparse.linalg import ArpackNoConvergence

from demos import ring_stability
from demos.arguments import QUICK
from demos.ring_stability import Moment, leading_eigenvalues, networks
from numgan import data
from numgan.game import Game
from numgan.penalties import R1

PICTURES = {"ring_stability.png", "ring_stability_samples.png"}


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


def test_end_to_end(tmp_path, capsys):
    assert ring_stability.main(["--quick", "--jobs", "1", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert text.startswith(QUICK)
    assert {path.name for path in tmp_path.iterdir()} == PICTURES
    assert text.count("\nno penalty  ") == text.count("\nR1, γ = 1  ") == 3 and "|Im/Re|" in text


@pytest.mark.slow
def test_a_seed_gives_the_same_bits(monkeypatch):
    monkeypatch.setattr(ring_stability, "MOMENTS", 2)
    monkeypatch.setattr(ring_stability, "JACOBIAN_BATCH", 32)
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
    assert ring_stability.main(["--steps", "9", "--jobs", "1", "--out", str(tmp_path)]) == 130
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


@pytest.mark.parametrize("penalty", [None, R1(1.0)], ids=repr)
def test_the_penalty_is_in_the_training_and_in_the_jacobian(penalty, monkeypatch):
    seen = {}
    train, leading = ring_stability.train, ring_stability.leading_eigenvalues

    def watched_train(*networks, **options):
        seen["training"] = options["penalty"]
        return train(*networks, **options)

    def watched_leading(game, *rest):
        seen["jacobian"] = game.penalty
        return leading(game, *rest)
    monkeypatch.setattr(ring_stability, "MOMENTS", 1)
    monkeypatch.setattr(ring_stability, "train", watched_train)
    monkeypatch.setattr(ring_stability, "leading_eigenvalues", watched_leading)
    ring_stability.run("", penalty, 2, 4, 0)
    assert seen["training"] is penalty and seen["jacobian"] is penalty


def test_another_seed_means_other_batches(monkeypatch):
    """The same first weights, so that what differs comes from the batches."""
    monkeypatch.setattr(ring_stability, "MOMENTS", 2)
    networks = ring_stability.networks
    monkeypatch.setattr(ring_stability, "networks", lambda width, seed: networks(width, 0))
    drawn = []
    sampler = data.sampler

    def watched(toy, rng):
        drawn.append(rng.bit_generator.state["state"]["state"])
        return sampler(toy, rng)
    monkeypatch.setattr(data, "sampler", watched)
    for seed in 0, 1:
        ring_stability.run("", None, 1, 4, seed)
    assert drawn[0] != drawn[1]


def test_interrupted_in_the_middle_what_there_was_is_drawn(tmp_path, capsys, monkeypatch):
    train = ring_stability.train

    def interrupted(*networks, **options):
        for record in train(*networks, **options):
            if record.step == 5:
                raise KeyboardInterrupt
            yield record
    monkeypatch.setattr(ring_stability, "MOMENTS", 3)  # steps 1, 4 and 9
    monkeypatch.setattr(ring_stability, "train", interrupted)
    assert ring_stability.main(["--steps", "9", "--width", "4",
                                "--jobs", "1", "--out", str(tmp_path)]) == 130
    text = capsys.readouterr().out
    assert text.count("\nno penalty  ") == 3 and text.count("\nR1, γ") == 0  # 2 moments, 1 reason
    assert {path.name for path in tmp_path.iterdir()} == PICTURES


def test_the_rotation_is_taken_above_the_real_axis():
    lower = Moment(1, {"LI": np.array([-2 - 6j, -2 + 6j])}, None, 0, False)
    assert lower.turning == -2 + 6j


@pytest.mark.filterwarnings("ignore")
def test_a_training_that_diverged_ends_with_code_1(tmp_path, capsys):
    assert ring_stability.main(["--quick", "--gamma", "1e300", "--steps", "5", "--jobs", "1",
                                "--out", str(tmp_path)]) == 1
    assert "R1, γ = 1e+300 step 0: " in capsys.readouterr().out


def test_a_file_is_no_folder(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit):
        ring_stability.main(["--steps", "1", "--out", str(tmp_path / "file")])
    assert "is a file, not a folder" in capsys.readouterr().err


def test_where_nothing_turns_no_rotation_is_told():
    still = Moment(1, {"LI": np.array([-20 + 0j, 3]), "LR": np.array([3]), "LM": np.array([-20])},
                   None, 0, False)
    assert np.isnan(still.turning) and np.isnan(still.ratio)
    run = ring_stability.Run("x", [still])
    assert ring_stability.table([run], 0.1)[1].split()[2:6] == ["–", "–", "–", "3.000"]


def test_where_nothing_turns_a_hollow_mark_stands_at_the_bottom():
    from matplotlib.figure import Figure
    still, turning = (Moment(step, {"LI": np.array(found)}, None, 0, False)
                      for step, found in ((5, [3.0]), (1, [-1 + 2j, -1 - 2j])))
    ax = Figure().add_subplot()
    ring_stability.panel(ax, [ring_stability.Run("x", [turning, still])],
                         lambda moment: moment.ratio)
    line, hollow = ax.get_lines()
    assert line.get_ydata()[0] == 2 and hollow.get_xdata() == [5]
    assert hollow.get_markerfacecolor() == "none"
