"""The mode collapse demo, with few steps: its files, its numbers, its options, its interruption."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from demos import mode_collapse
from numgan import data, player
from numgan.presets import METHODS, faded
from numgan.training import Training
from pages import Page

FILES = ["film.gif", "film.html", "final.png"]


@pytest.fixture(autouse=True)
def few_frames(monkeypatch):
    monkeypatch.setattr(mode_collapse, "FRAMES", 4)


def written(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_end_to_end(tmp_path, capsys):
    assert mode_collapse.main(["--steps", "12", "--out", str(tmp_path)]) == 0
    assert written(tmp_path) == FILES
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames >= 4
    page = Page(tmp_path / "film.html")
    assert page.texts["title"] == ["plain GAN and GAN with instance noise: the ring, seed 2"]
    assert "how many modes" in page.texts["p"][0]
    text = capsys.readouterr().out
    assert "reverse KL" in text and "One difference" in text
    for recipe in mode_collapse.RECIPES:
        assert text.count(recipe.title) == 2  # announced, and a row of the table


def test_several_seeds_print_their_mean(tmp_path, capsys):
    mode_collapse.main(["--steps", "5", "--seeds", "3", "4", "--no-film", "--out", str(tmp_path)])
    text = capsys.readouterr().out
    assert text.count(" ± ") == 4 * len(mode_collapse.RECIPES)
    assert written(tmp_path) == ["final.png"]


def test_data_without_modes_are_drawn_and_not_scored(tmp_path, capsys):
    mode_collapse.main(["--dataset", "spiral", "--steps", "5", "--no-film", "--out",
                        str(tmp_path)])
    assert written(tmp_path) == ["final.png"] and "modes," not in capsys.readouterr().out


@pytest.mark.parametrize("recipe", mode_collapse.RECIPES, ids=lambda recipe: recipe.title)
def test_a_seed_gives_the_same_bits_whether_filmed_or_not(recipe):
    first, second = (mode_collapse.run(recipe, data.ring(), 7, 20, 16, frames)
                     for frames in (5, 1))
    assert first.records == second.records
    assert np.array_equal(first.frames[-1][1].theta, second.frames[-1][1].theta)
    other = mode_collapse.run(recipe, data.ring(), 8, 20, 16, 1)
    assert other.records != first.records


def test_methods_are_trained_by_their_presets_and_drawn_in_panels(tmp_path, capsys):
    assert mode_collapse.main(["--method", "all", "--steps", "3", "--batch-size", "16", "--out",
                               str(tmp_path)]) == 0
    assert written(tmp_path) == ["methods.png"]
    text = capsys.readouterr().out
    for recipe in METHODS["ring"].values():
        assert f"{recipe.title}: {recipe.changes}" in text


def test_a_single_method_is_filmed(tmp_path, capsys):
    assert mode_collapse.main(["--method", "unrolled", "--dataset", "grid", "--steps", "3",
                               "--batch-size", "16", "--out", str(tmp_path)]) == 0
    assert written(tmp_path) == FILES
    assert "unrolled GAN" in capsys.readouterr().out


def test_the_recipes_differ_in_the_noise_alone():
    starts = []
    for recipe in mode_collapse.RECIPES:
        _, generator, discriminator = mode_collapse.run(recipe, data.ring(), 0, 1, 1, 1).frames[0]
        starts.append((generator.theta.size, discriminator.theta.size))
    assert starts[0] == starts[1]
    assert [recipe.noise > 0 for recipe in mode_collapse.RECIPES] == [False, True]


def test_noise_fades_by_equal_factors_to_nothing():
    assert [faded(1.0, 0.01, share) for share in (0, 0.5, 1, 2)] == pytest.approx([1, 0.1, 0, 0])


@pytest.mark.parametrize("seed", [2])
def test_the_plain_recipe_collapses_and_the_noise_spreads(seed):
    """The noise has hardly begun to fade after a fifth of the training, and already parts them."""
    plain, noise = (mode_collapse.run(dataclasses.replace(recipe, fade=5 * recipe.fade),
                                      data.ring(), seed, recipe.steps // 5)
                    for recipe in mode_collapse.RECIPES)
    assert plain.score.modes <= 4 and noise.score.modes >= 6


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


@pytest.mark.parametrize("after", [0, 3, 9])
def test_interrupted_training_is_still_drawn(tmp_path, monkeypatch, capsys, after):
    left = [after]
    real_step = Training._step

    def interrupted(training):
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        return real_step(training)

    monkeypatch.setattr(Training, "_step", interrupted)
    assert mode_collapse.main(["--steps", "6", "--out", str(tmp_path)]) == 130
    assert "Interrupted" in capsys.readouterr().out
    assert written(tmp_path) == (FILES if after else [])


def test_failing_to_draw_leaves_nothing_half_written(tmp_path, monkeypatch):
    monkeypatch.setattr(player, "page", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mode_collapse.main(["--steps", "3", "--out", str(tmp_path)])
    assert written(tmp_path) == ["final.png"]


def test_importing_numgan_does_not_import_matplotlib():
    code = "import sys, json, numgan.plotting; print(json.dumps('matplotlib' in sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(answer.stdout) is False
