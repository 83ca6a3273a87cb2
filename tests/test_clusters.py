"""The demo of clusters: each way of finding them on points whose answer is known, and its words."""

import dataclasses

import numpy as np
import pytest

from demos import results
from demos.clusters import __main__ as demo, ways
from numgan import data


def blobs(n, centers, std=0.05, seed=0):
    rng = np.random.default_rng(seed)
    return np.repeat(centers, n, axis=0) + std * rng.standard_normal((n * len(centers), 2))


@pytest.mark.parametrize("k", [2, 3, 5])
def test_the_elbow_is_the_number_of_blobs(k):
    angles = 2 * np.pi * np.arange(k) / k
    centers = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    sums, found, at = ways.k_means(blobs(40, centers), 8, 0)
    assert found == k and (np.diff(sums) < 0).all()
    assert np.linalg.norm(at[:, None] - centers, axis=2).min(axis=0) == pytest.approx(0, abs=0.05)


def test_one_blob_has_no_elbow():
    assert ways.k_means(blobs(200, [[0, 0]]), 8, 0)[1] == 1
    assert ways.elbow(np.array([8.0, 4, 2, 1])) == 1
    assert ways.elbow(np.array([8.0, 4, 0.1, 0.09, 0.08])) == 3


def test_linkages_by_hand():
    """0, 1, 2, 3 on a line: 0 and 1, 2 and 3, then the pairs, whose points are 1 to 3 apart."""
    x = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0]])
    heights = {linkage: ways.agglomerative(x, linkage)[0][:, 2].tolist()
               for linkage in ways.LINKAGES}
    assert heights == {"single": [1, 1, 1], "complete": [1, 1, 3], "average": [1, 1, 2]}


def test_the_cut_is_in_the_middle_of_the_largest_jump():
    assert ways.jump(np.array([0.1, 0.2, 3.2, 4])) == pytest.approx(0.8)
    for linkage in ways.LINKAGES:
        joins, height, count = ways.agglomerative(blobs(30, [[0, 0], [4, 0], [0, 4]]), linkage)
        assert count == 3 and 0.3 < height < 3
        assert ways.agglomerative(blobs(30, [[0, 0], [4, 0]]), linkage, height)[2] == 2


def test_core_border_and_noise_by_hand():
    x = np.array([[0, 0], [0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5],  # all within 1 of the first
                  [1.2, 0],  # within 1 of the second alone: border
                  [9, 9]])  # noise
    labels, core = ways.density(x, 1.0)
    assert labels.tolist() == [0] * 6 + [-1] and core.tolist() == [True] * 5 + [False] * 2


def test_the_radius_is_what_most_points_need():
    x = np.arange(100.0)[:, None] * [1, 0]  # inside the line two neighbours on each side: 5 points
    assert ways.radius_of(x) == 2


def test_small_clusters_do_not_count():
    labels = np.repeat([0, 1, 2, -1], [500, 480, 5, 15])
    assert ways.counted(labels) == 2


@pytest.fixture(scope="module")
def real():
    toy = data.ring()
    return ways.look("data", toy.sample(800, np.random.default_rng(0)), toy, 12, 0)


def test_all_ways_find_the_modes_of_the_data(real):
    assert {value for name, value in demo.figures(real).items()
            if name != "DBSCAN's noise"} == {8}
    assert real.noise < 0.05 and 0.9 < real.core.mean() < 1


def test_lost_modes_are_counted_with_the_ruler_of_the_data(real):
    toy = data.ring()
    x = toy.sample(800, np.random.default_rng(1))
    lost = ways.look("lost", x[x[:, 0] > -0.5], toy, 12, 0, real.ruler)
    assert lost.reached == lost.modes == 5 and lost.clusters == 5
    blurred = ways.reached(x + [0.3, 0], real.ruler)
    assert blurred == 0
    assert lost.ruler is real.ruler


def test_the_words_follow_from_the_figures(real):
    collapsed = dataclasses.replace(real, title="plain GAN", reached=2, modes=2, elbow=2)
    text = demo.conclusion([real, collapsed])
    assert "DBSCAN finds 8 clusters in the data; the plain GAN reaches 2 of them." in text
    assert "plain GAN: a collapse, 6 of 8 are missing." in text
    assert text.endswith("in all 2 samples by: k-means, elbow.")
    cured = dataclasses.replace(real, title="cured", elbow=1)
    text = demo.conclusion([real, cured])
    assert "cured: no cluster is missing." in text and "by: single linkage, " in text
    rows = demo.table([real, collapsed]).splitlines()
    assert rows[0].split() == ["clusters", "in", "data", "plain", "GAN"]
    assert rows[1].split() == ["k-means,", "elbow", "8", "2"]


def test_the_demo_writes_pictures_and_figures(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo, "QUICK_STEPS", 20)
    monkeypatch.setattr(demo, "QUICK_POINTS", 120)
    assert demo.main(["--quick", "--seed", "1", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "clusters.png", "dendrograms.png", "results.json"}
    found = results.read(tmp_path / "results.json")
    assert found["command"] == "python -m demos.clusters --quick --seed 1"
    assert found["settings"] == {"dataset": "ring", "seed": 1, "points": 120, "steps": 20,
                                 "quick": True}
    assert [run["sample"] for run in found["runs"]] == ["data", "plain GAN",
                                                        "GAN with instance noise"]
    assert found["runs"][0]["known modes"] == 8
    text = capsys.readouterr().out
    assert "clusters in" in text and "DBSCAN finds" in text


@pytest.mark.parametrize("stops, code", [
    (("interrupted",), 130), pytest.param(("step 2: NaN", ""), 1, marks=pytest.mark.slow),
    pytest.param(("", "step 2: NaN"), 1, marks=pytest.mark.slow)])
def test_a_training_that_was_cut_short_leaves_no_figures(tmp_path, monkeypatch, stops, code):
    problems, toy = list(stops), data.ring()
    monkeypatch.setattr(demo, "fakes_of", lambda recipe, real, seed, n, steps: (
        toy.sample(n, np.random.default_rng(1)), problems.pop(0)))
    assert demo.main(["--points", "120", "--out", str(tmp_path)]) == code and not problems
    assert {path.name for path in tmp_path.iterdir()} == {"clusters.png", "dendrograms.png"}


@pytest.mark.parametrize("arguments", [["--points", "50"], ["--seed", "-1"], ["--dataset", "moon"]])
def test_what_is_wrong_on_the_command_line(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        demo.main(arguments)
    assert ended.value.code == 2 and "error" in capsys.readouterr().err
