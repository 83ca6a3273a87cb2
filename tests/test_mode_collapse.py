"""The mode collapse demo, with few steps: its files, its numbers, its options, its interruption."""

import dataclasses
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from demos.arguments import QUICK
from demos import cures, mode_collapse, plane, results
from demos.page_tables import games
from numgan import data, metrics, player
from numgan.presets import COMPARED, faded, preset
from pages import Page
from stops import stop_after

FILES = ["film.gif", "film.html", "final.png"]


@pytest.fixture(autouse=True)
def few_frames(monkeypatch):
    monkeypatch.setattr(mode_collapse, "FRAMES", 4)


def written(folder):
    """The names of the files, but for the trainings that can be resumed."""
    names = [path.name for path in folder.iterdir()] if folder.exists() else []
    return sorted(name for name in names if name != "state")


def test_end_to_end(tmp_path, capsys):
    assert mode_collapse.main(["--quick", "--jobs", "1", "--out", str(tmp_path)]) == 0
    assert written(tmp_path) == [*FILES, "results.json"]
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames >= 4
    found = results.read(tmp_path / "results.json")
    assert found["settings"]["quick"] and [run["steps"] for run in found["runs"]] == [300, 300]
    page = Page(tmp_path / "film.html")
    assert page.texts["title"] == ["plain GAN and GAN with instance noise: the ring, seed 2"]
    assert "how many modes" in page.texts["p"][0]
    text = capsys.readouterr().out
    assert "reverse KL" in text and cures.DIFFERENCE in text
    assert text.startswith(QUICK) and "to say of a collapse: " in text
    assert "to say of a cure: " in text
    assert "had 300." in text
    for recipe in cures.RECIPES:
        assert text.count(recipe.title) == 2  # announced, and a row of the table


def test_several_seeds_print_their_mean(tmp_path, capsys):
    mode_collapse.main(["--steps", "5", "--seeds", "3", "4", "--no-film",
                        "--jobs", "1", "--out", str(tmp_path)])
    text = capsys.readouterr().out
    assert text.count(" ± ") == 4 * len(cures.RECIPES)
    assert written(tmp_path) == ["final.png", "results.json"]
    found = results.read(tmp_path / "results.json")
    assert found["command"] == "python -m demos.mode_collapse --steps 5 --seeds 3 4 --no-film"
    assert found["settings"] == {"dataset": "ring", "seeds": [3, 4], "samples": 2500}
    assert [(run["recipe"], run["seed"], run["steps"]) for run in found["runs"]] == [
        (recipe.title, seed, 5) for seed in (3, 4) for recipe in cures.RECIPES]
    means = re.findall(r" mean +([\d.]+ ± [\d.]+)", text)
    assert means == [cells[0] for cells in games.means(found["runs"]).values()]


def judged(recipe, modes, quality, steps=12_000):
    """A run as it would be left, if it ended so."""
    score = metrics.ModeStatistics(modes, quality, 0.0, np.zeros(8))
    return plane.Run(cures.RECIPES[recipe], 0, steps, [None] * steps, score=score)


@pytest.mark.parametrize("runs, said, unsaid", [
    ([(0, 2, 0.98), (1, 8, 0.9)],
     ["Without it, a collapse: 2 of 8 modes, 98 % of the samples in a mode. D is soon sure",
      "With it, a cure: 8 of 8 modes, 90 % of the samples in a mode. Real and generated"],
     ["seeds", "settings"]),
    ([(0, 8, 0.98), (1, 7, 0.9)],
     ["Without it, no collapse: 8 of 8 modes", "With it, no cure: 7 of 8 modes"],
     ["soon sure", "overlap"]),
    ([(0, 2, 0.3), (1, 8, 0.3)],
     ["Without it, nothing to say of a collapse: 2 of 8 modes, 30 % of the samples in a mode, and "
      "fewer than 80 % are too few.", "With it, nothing to say of a cure: 8 of 8 modes, 30 %"],
     ["soon sure", "overlap"]),
    ([(0, 8, 0.98), (1, 7, 0.9), (1, 8, 0.3)], ["With it, no cure: 7 to 8 of 8 modes"], []),
    ([(0, 2, 0.98)], ["a collapse: 2 of 8 modes", "With it, no cure: not trained."], ["overlap"]),
    ([(0, 1, 0.9), (0, 3, 1.0), (0, 8, 1.0), (1, 8, 0.99), (1, 8, 0.7)],
     ["a collapse in 2 of 3 seeds: 1 to 3 of 8 modes, 90 to 100 %",
      "a cure in 1 of 2 seeds: 8 of 8 modes, 99 %"], []),
    ([(0, 2, 0.98), (1, 8, 0.9, 3)],
     ["The settings are for 12,000 steps; the shortest of these trainings had 3."], []),
])
def test_the_conclusion_is_what_was_counted(runs, said, unsaid):
    text = " ".join(mode_collapse.conclusion([judged(*one) for one in runs], "ring",
                                             data.ring()))
    assert text.startswith(cures.DIFFERENCE)
    assert all(words in text for words in said) and not any(words in text for words in unsaid)


def test_data_without_modes_are_drawn_and_not_scored(tmp_path, capsys):
    mode_collapse.main(["--dataset", "spiral", "--steps", "5", "--no-film", "--jobs", "1", "--out",
                        str(tmp_path)])
    assert written(tmp_path) == ["final.png"] and "modes," not in capsys.readouterr().out


@pytest.mark.parametrize("recipe", cures.RECIPES, ids=lambda recipe: recipe.title)
def test_a_seed_gives_the_same_bits_whether_filmed_or_not(recipe):
    first, second = (plane.run(recipe, data.ring(), 7, 20, 16, frames)
                     for frames in (5, 1))
    assert first.records == second.records
    assert np.array_equal(first.frames[-1][1].theta, second.frames[-1][1].theta)
    other = plane.run(recipe, data.ring(), 8, 20, 16, 1)
    assert other.records != first.records


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_first_seed_is_drawn_while_the_others_train(jobs, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(mode_collapse, "FRAMES", 2)
    assert mode_collapse.main(["--seeds", "3", "4", "--steps", "20", "--batch-size", "16", "--jobs",
                               jobs, "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    places = [text.index(words) for words in ("noise, seed 3: ", "film.gif", "GAN, seed 4: ")]
    assert places == sorted(places) and text.count("film.gif") == 1
    assert written(tmp_path) == [*FILES, "results.json"]


def test_methods_are_trained_by_their_presets_and_drawn_in_panels(tmp_path, capsys):
    assert mode_collapse.main(["--method", "all", "--steps", "3", "--batch-size", "16",
                               "--jobs", "1", "--out",
                               str(tmp_path)]) == 0
    assert written(tmp_path) == ["methods.png", "results.json"]
    text = capsys.readouterr().out
    for recipe in (preset(name, "ring") for name in COMPARED):
        assert f"{recipe.title}: {recipe.changes}" in text


def test_a_single_method_is_filmed(tmp_path, capsys):
    assert mode_collapse.main(["--method", "unrolled", "--dataset", "grid", "--steps", "3",
                               "--batch-size", "16", "--jobs", "1", "--out", str(tmp_path)]) == 0
    assert written(tmp_path) == [*FILES, "results.json"]
    assert "unrolled GAN" in capsys.readouterr().out


def test_the_recipes_differ_in_the_noise_alone():
    starts = []
    for recipe in cures.RECIPES:
        _, generator, discriminator = plane.run(recipe, data.ring(), 0, 1, 1, 1).frames[0]
        starts.append((generator.theta.size, discriminator.theta.size))
    assert starts[0] == starts[1]
    assert [recipe.noise > 0 for recipe in cures.RECIPES] == [False, True]


def test_on_the_grid_they_differ_in_r1_alone():
    plain, r1 = cures.GRID_RECIPES
    assert repr(r1.penalty()) == "R1(1)"
    assert dataclasses.replace(r1, title=plain.title, changes=plain.changes, penalty=None,
                               final_weight=None) == plain
    starts = [recipe.start(data.grid(), 0) for recipe in (plain, r1)]
    for name in "generator", "discriminator":
        assert np.array_equal(*(getattr(start, name).theta for start in starts))


def test_noise_fades_by_equal_factors_to_nothing():
    assert [faded(1.0, 0.01, share) for share in (0, 0.5, 1, 2)] == pytest.approx([1, 0.1, 0, 0])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2])
def test_the_plain_recipe_collapses_and_the_noise_spreads(monkeypatch, seed):
    """The noise has hardly begun to fade after a fifth of the training, and already parts them."""
    monkeypatch.setattr(plane, "COUNTS", 1)
    plain, noise = (plane.run(dataclasses.replace(recipe, fade=5 * recipe.fade),
                              data.ring(), seed, recipe.steps // 5)
                    for recipe in cures.RECIPES)
    assert plain.score.modes <= 4 and noise.score.modes >= 6


@pytest.mark.slow
def test_on_the_grid_the_plain_recipe_collapses_and_r1_spreads(monkeypatch):
    """Both are out of focus after so few steps, and already apart."""
    monkeypatch.setattr(plane, "COUNTS", 1)
    plain, r1 = (plane.run(recipe, data.grid(), 0, 1000)
                 for recipe in cures.GRID_RECIPES)
    assert plain.score.modes <= 8 and r1.score.modes >= 14


def test_the_grid_s_own_recipes_are_trained_and_its_difference_is_named(tmp_path, capsys):
    mode_collapse.main(["--dataset", "grid", "--steps", "3", "--no-film", "--jobs", "1", "--out",
                        str(tmp_path)])
    text = " ".join(capsys.readouterr().out.split())
    assert cures.GRID_DIFFERENCE in text and cures.DIFFERENCE not in text
    assert "GAN with R1, seed 2: " in text and "settings are for 25,000 steps" in text
    scores = [metrics.ModeStatistics(modes, 0.95, 0.0, np.zeros(25)) for modes in (3, 25)]
    runs = [plane.Run(recipe, 0, 3, score=score)
            for recipe, score in zip(cures.GRID_RECIPES, scores)]
    said = " ".join(mode_collapse.conclusion(runs, "grid", data.grid()))
    assert "With it, a cure: 25 of 25 modes" in said and cures.GRID_CURE in said


@pytest.mark.parametrize("arguments, text", [
    (["--steps", "0"], "--steps: expected an integer of at least 1, got 0"),
    (["--steps", "many"], "--steps: expected an integer of at least"),
    (["--batch-size", "-3"], "--batch-size: expected an integer of at least"),
    (["--batch-size", "100000000000"], "at least 1 and at most 100,000, got 100000000000"),
    (["--steps", "1" * 25], "at least 1 and at most 1,000,000,000, got 1111111111111111111111111"),
    (["--seed", "-1"], "--seed: expected an integer of at least 0, got -1"),
    (["--dataset", "rung"], "invalid choice: 'rung'"),
    (["--seed", "1", "--seeds", "1", "2"], "not allowed with"),
])
def test_a_bad_option_ends_with_code_2_and_says_which(arguments, text, capsys):
    with pytest.raises(SystemExit) as ended:
        mode_collapse.main(arguments)
    assert ended.value.code == 2
    assert text in capsys.readouterr().err


def test_out_that_is_a_file_is_refused(tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    with pytest.raises(SystemExit) as ended:
        mode_collapse.main(["--out", str(tmp_path / "taken")])
    assert ended.value.code == 2 and "not a folder" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 3, 9])
def test_interrupted_training_is_still_drawn(tmp_path, monkeypatch, capsys, after):
    stop_after(monkeypatch, after)
    assert mode_collapse.main(["--steps", "6", "--jobs", "1", "--out", str(tmp_path)]) == 130
    text = capsys.readouterr().out
    assert "Interrupted" in text and ("not trained" in text) == (after < 6)
    assert written(tmp_path) == (FILES if after else [])


def test_failing_to_draw_leaves_nothing_half_written(tmp_path, monkeypatch):
    monkeypatch.setattr(player, "page", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mode_collapse.main(["--steps", "3", "--jobs", "1", "--out", str(tmp_path)])
    assert written(tmp_path) == ["final.png", "results.json"]


def test_importing_numgan_does_not_import_matplotlib():
    code = "import sys, json, numgan.plotting; print(json.dumps('matplotlib' in sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(answer.stdout) is False
