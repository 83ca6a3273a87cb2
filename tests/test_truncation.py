"""Truncated latents, and the demo that says what they score."""

import dataclasses

import numpy as np
import pytest

from demos import results, truncation
from demos.judging import Reference
from numgan.latent import truncated_normal
from numgan.pairs import Pair
from numgan.presets import preset


@pytest.mark.parametrize("threshold, variance", [
    (1.4, 0.5), (2, 0.7737), (0.1, 0.1 ** 2 / 3), (np.inf, 1)])
def test_truncated_latents_have_the_variance_of_the_formula(threshold, variance):
    z = truncated_normal(0, (50_000, 2), threshold)
    assert z.shape == (50_000, 2) and np.abs(z).max() <= threshold
    assert z.var() == pytest.approx(variance, rel=0.02) and abs(z.mean()) < 0.01


def test_what_is_within_the_threshold_stays():
    whole, cut = truncated_normal(3, (400, 4)), truncated_normal(3, (400, 4), 1.0)
    within = np.abs(whole) <= 1
    assert (cut[within] == whole[within]).all() and not (cut[~within] == whole[~within]).any()
    assert (whole == np.random.default_rng(3).standard_normal((400, 4))).all()


@pytest.mark.parametrize("threshold", [0, 0.001, -1, -np.inf, np.nan, "1", None, True])
def test_absurd_thresholds_are_refused(threshold):
    with pytest.raises(ValueError, match="truncated_normal: threshold must be a finite number"):
        truncated_normal(0, (2,), threshold)


GAN = preset("gan", "ring")


class Generator:
    """z → 2 z: twice as wide as the data of `cloud`."""

    theta = buffer = np.zeros(1, np.float32)

    def __call__(self, z):
        return 2 * z


@pytest.fixture(scope="module")
def cloud():
    """Real points in one piece, of N(0, I) in the plane."""
    one = Reference("ring", 300)
    one.real.centers = None
    one.shown = one._features = np.random.default_rng(1).standard_normal((300, 2))
    one.ceiling = {"precision": 0.9, "recall": 0.9, "density": 1.0, "coverage": 0.9}
    return one


def test_on_data_in_one_piece_fidelity_is_bought_with_diversity(cloud):
    founds = [truncation.look(cloud, GAN, Generator(), seed) for seed in range(2)]
    precision, recall = ([np.mean([one.row(t)[name] for one in founds])
                          for t in truncation.THRESHOLDS] for name in ("precision", "recall"))
    assert precision[5] > precision[0] + 0.1 and recall[0] > recall[5] + 0.1 > recall[-1] + 0.2
    text = " ".join(truncation.conclusion(cloud, GAN, founds))
    assert "fidelity is bought with diversity" in text
    # what the half-way point explains: its variance is that of the threshold 1.4
    for one in founds:
        assert one.row("straight line")["recall"] == pytest.approx(one.row(1.4)["recall"], abs=0.12)
        assert one.row("straight line")["norm"] == pytest.approx(0.71 * one.row(np.inf)["norm"],
                                                                 rel=0.08)


def test_a_conditional_generator_makes_every_class_at_every_threshold(cloud):
    class Conditional(Generator):
        def __call__(self, pair):
            return Pair(pair.c[:, :2] + pair.x, pair.c)

    draw = truncation.drawing(preset("cgan", "ring"), Conditional(), 8)
    made = draw(np.zeros((16, 2), np.float32))
    assert made[0].tolist() == made[8].tolist() == [1, 0] and made[1].tolist() == [0, 1]


def test_the_words_follow_from_the_figures(cloud):
    one = truncation.look(cloud, GAN, Generator(), 0)
    for few, sense in ((0.1, "both are lost"), (0.99, "fidelity is bought with diversity"),
                       (0.501, "diversity is lost, and no fidelity is won")):
        rows = [{**row, "precision": few if row.get("threshold") == 0.5 else 0.5,
                 "recall": 0.2 if row.get("threshold") == 0.5 else 0.6} for row in one.rows]
        text = " ".join(truncation.conclusion(cloud, GAN, [dataclasses.replace(one, rows=rows)]))
        assert f"from 0.500 to {few:.3f}" in text and sense in text
        assert f"it rises in {int(few > 0.5)} of 1 seed" in text


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    out = tmp_path_factory.mktemp("truncation")
    assert truncation.main(["--quick", "--dataset", "ring", "--jobs", "1", "--out", str(out)]) == 0
    return out


def test_the_demo_writes_a_picture_a_generator_and_figures(quick):
    assert {path.name for path in quick.iterdir()} == {"truncation_ring.png", "results.json",
                                                       "generator_ring.npz"}
    found = results.read(quick / "results.json")
    assert found["settings"] == {"datasets": ["ring"], "method": "gan", "samples": 200,
                                 "quick": True}
    rows = [run["row"] for run in found["runs"]]
    assert rows[0] == "no truncation" and "half-way, straight line" in rows
    assert rows[-1] == "a second real sample" and found["runs"][-1]["precision"] > 0.8


def test_a_saved_generator_is_measured_again(quick, tmp_path, capsys):
    load = ["--quick", "--dataset", "ring", "--load", str(quick / "generator_ring.npz")]
    assert truncation.main([*load, "--out", str(tmp_path)]) == 0
    first, again = (results.read(folder / "results.json")["runs"] for folder in (quick, tmp_path))
    assert [run["precision"] for run in again] == [run["precision"] for run in first]
    assert not (tmp_path / "generator_ring.npz").exists()
    capsys.readouterr()
    for wrong, message in ((["--dataset", "ring", "grid"], "--load: expected one data set"),
                           (["--load", str(quick / "results.json")], "--load takes what")):
        with pytest.raises(SystemExit) as ended:
            truncation.main([*load, *wrong, "--out", str(tmp_path / "none")])
        assert ended.value.code == 2 and message in capsys.readouterr().err
