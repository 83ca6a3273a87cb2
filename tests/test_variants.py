"""The demo of all variants, with few steps: picture, page, table, options, interruption."""

import copy
import html
import re
import types

import numpy as np
import pytest

from demos import plane, results, variants, variants_views
from demos.arguments import QUICK
from demos.page_tables import variants as variants_tables
from demos.page_tables.writing import below, percent, reached
from numgan import data, metrics
from numgan.presets import FAMILY, Images, besides, preset
from pages import Page
from stops import stop_after
from test_presets import few_images

FILES = ["index.html", "variants.png"]


def written(folder):
    """The names of the files, but for the trainings that can be resumed."""
    names = [path.name for path in folder.iterdir()] if folder.exists() else []
    return sorted(name for name in names if name != "state")


@pytest.fixture
def digits(monkeypatch):
    """A few images and no classifier, which takes seconds: what is not seen is no digit."""
    class Judge:
        def predict_proba(self, images):
            return np.eye(10)[np.arange(len(images)) % 10] * 0.95

        def accuracy(self, images, labels):
            return 1.0
    monkeypatch.setattr(variants_views, "load_data", lambda *_: (few_images(8), few_images(8)))
    monkeypatch.setattr(metrics, "digit_classifier", lambda *_: Judge())


def page_of(folder):
    return (folder / "index.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_all_of_them_are_trained_and_explained(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(variants_views.Plane, "draw", lambda self, ax, one, small=False: None)
    monkeypatch.setattr(variants.variants_page, "_picture", lambda draw: "")  # drawn below
    assert variants.main(["--steps", "1", "--jobs", "1", "--out", str(tmp_path)]) == 0
    assert written(tmp_path) == [*FILES[:1], "results.json", *FILES[1:]]
    page, text = page_of(tmp_path), capsys.readouterr().out
    for name, about in FAMILY.items():
        beside = "; ".join(preset(name, "ring").besides.values())
        note = f"  beside its change: {beside}" if beside else ""
        assert re.search(rf"^{re.escape(about.title)} .*\d{re.escape(note)}$", text, re.M)
        assert html.escape(note.strip()) in page
        for fact in (*about.objective.split("; "), about.changes, about.cures, about.code,
                     about.paper):
            assert html.escape(fact) in page
    assert page.count("data:image/png;base64,") == len(FAMILY)
    assert page == Page(tmp_path / "index.html").source and "blue ring" in page


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["ring", "grid"])
def test_panels_in_the_plane_with_and_without_labels(tmp_path, dataset, capsys):
    assert variants.main(["--dataset", dataset, "--quick", "--only", "pacgan", "acgan",
                          "--jobs", "1", "--out", str(tmp_path)]) == 0
    assert written(tmp_path) == [*FILES[:1], "results.json", *FILES[1:]]
    assert len(re.findall("base64,[^']{1000}", page_of(tmp_path))) == 2
    found = results.read(tmp_path / "results.json")
    assert found["settings"]["quick"] and found["settings"]["times"] == 0.002
    shown = capsys.readouterr().out
    all_modes = sum(run["modes"] == len(data.toy(dataset).centers) for run in found["runs"][:2])
    assert shown.startswith(QUICK) and f"\nOf 2 GANs {all_modes} have a sample" in shown


def test_images_have_sheets_and_a_table_of_their_own(tmp_path, capsys, digits):
    assert variants.main(["--dataset", "digits", "--only", "began", "cgan", "infogan", "--steps",
                          "1", "--jobs", "1", "--out", str(tmp_path)]) == 0
    assert written(tmp_path) == [*FILES[:1], "results.json", *FILES[1:]]
    text = capsys.readouterr().out
    rows = {line.split()[0]: line.split() for line in text.split("\n") if line}
    assert rows["CGAN"][1:6] == ["100.0", "10", "10.0", "–", "100.0"]
    assert rows["infoGAN"][5] == "100.0" and rows["BEGAN"][4:6] == ["0.000", "–"]
    assert page_of(tmp_path).count("data:image/png") == 3
    found = results.read(tmp_path / "results.json")
    assert found["settings"] == {"dataset": "digits", "seed": 0, "times": 1.0}
    assert all(0 <= run[name] <= 1 for run in found["runs"] for name in ("recall", "coverage"))
    assert found["runs"][-1]["recall"] == 1  # here what is held out is what was trained on
    assert {run["name"]: run["as_asked"] for run in found["runs"]} == {
        "cgan": 1.0, "infogan": 1.0, "began": None, "reference": None}
    assert variants_tables.image_cells(found["runs"][-1]) == ["100.0 %", "10", "10.0 %"]


def test_what_labels_in_turn_make_even_is_no_figure():
    one = plane.run(preset("cgan", "ring"), data.ring(modes=8), 0, 1)
    view = variants_views.Plane("ring", 0)
    one.figures = view.measured(one)
    assert one.figures["reverse_kl"] is None and view.cells(one.figures)[2] == "–"
    assert view.measured(plane.run(preset("gan", "ring"), data.ring(modes=8), 0, 1))["reverse_kl"]


def runs_of(**figures):
    """{title: figures} as runs."""
    return [types.SimpleNamespace(recipe=types.SimpleNamespace(title=title), stopped="",
                                  figures=own) for title, own in figures.items()]


def test_the_most_even_is_one_whose_shares_could_have_been_uneven():
    view, figures = variants_views.Plane("ring", 0), dict(modes=8, high_quality=0.9)
    runs = runs_of(CGAN={**figures, "reverse_kl": None}, GAN={**figures, "reverse_kl": 0.02},
                   WGAN={**figures, "reverse_kl": 0.01})
    said = " ".join(view.conclusion(runs))
    assert "3 of them with 80 %" in said
    assert "The most even of these without labels or codes is WGAN, with a reverse KL of" in said
    assert "most even of these is" in " ".join(view.conclusion(runs[1:]))
    assert "most even" not in " ".join(view.conclusion(runs[:1]))


def test_one_image_is_not_what_is_recognised_most():
    class View:
        classes, reference = 10, ("", {"recognised": 0.95})
    runs = runs_of(BEGAN=dict(recognised=1.0, classes=1), GAN=dict(recognised=0.8, classes=10),
                   WGAN=dict(recognised=0.7, classes=10))
    said = variants_views.Digits.conclusion(View, runs)
    assert said == ["Of 3 GANs 2 draw every class. Of these most is recognised of GAN: 80.0 %, of "
                    "real images 95.0 %."]
    assert variants_views.Digits.conclusion(View, runs[:1]) == ["Of 1 GANs 0 draw every class."]


def test_times_multiplies_each_ones_own_steps(tmp_path, monkeypatch, digits):
    seen = []
    monkeypatch.setattr(variants_views, "fit", lambda recipe, real, seed, steps, saver, report:
                        seen.append(steps) or real_fit(recipe, real, seed, 1))
    variants.main(["--dataset", "digits", "--only", "gan", "unrolled", "--times", "0.5",
                   "--jobs", "1", "--out",
                   str(tmp_path)])
    assert seen == [preset(name, "digits").steps // 2 for name in ("gan", "unrolled")]


real_fit = variants_views.fit


@pytest.mark.parametrize("name, dataset", [("cgan", "digits"), ("cgan", "ring")])
def test_a_training_comes_back_from_its_process_without_the_data(name, dataset):
    """Else the process that waits for 27 trainings on MNIST keeps 27 copies of it."""
    if dataset == "ring":
        one = plane.run(preset(name, dataset), data.ring(modes=8), 0, 1)
    else:
        one = real_fit(preset(name, dataset), Images(*few_images(8)), 0, 1)
    back = copy.copy(one)  # which takes what pickle takes
    assert one.training.real is not None and one.training.training is not None
    assert back.training.real is None and back.training.training is None
    z = one.training.latents(5, 0)
    np.testing.assert_array_equal(back.training.samples(back.training.latents(5, 0)),
                                  one.training.samples(z))


def test_codes_without_names_are_matched_one_to_one():
    class Training:
        classes, preset = 3, preset("infogan", "digits")
    seen = np.array([2, 0, 1] * 4)
    seen[:2] = -1, 1
    assert variants_views.agreement(Training, seen).tolist() == [False, False] + [True] * 10
    Training.preset = preset("cgan", "digits")
    assert variants_views.agreement(Training, np.array([0, 1, 0])).tolist() == [True, True, False]


@pytest.mark.parametrize("arguments, text", [
    (["--only", "gun"], "invalid choice: 'gun'"),
    (["--steps", "0"], "--steps: expected an integer of at least 1, got 0"),
    (["--times", "-1"], "--times: expected a positive number of at most 1,000, got -1"),
    (["--times", "2", "--steps", "3"], "not allowed with"),
    (["--dataset", "spiral"], "invalid choice: 'spiral'"),
    (["--dataset", "mnist", "--folder", "/nowhere"], "found none"),
])
def test_a_bad_option_ends_with_code_2_and_says_which(arguments, text, capsys):
    with pytest.raises(SystemExit) as ended:
        variants.main(arguments)
    assert ended.value.code == 2 and text in capsys.readouterr().err


@pytest.mark.parametrize("dataset", ["ring", "digits"])
@pytest.mark.parametrize("after", [0, 4])
def test_interrupted_training_is_still_drawn(tmp_path, monkeypatch, capsys, digits, dataset, after):
    stop_after(monkeypatch, after)
    assert variants.main(["--dataset", dataset, "--only", "gan", "lsgan", "--steps", "3",
                          "--jobs", "1", "--out", str(tmp_path)]) == 130
    assert written(tmp_path) == (FILES if after else [])
    assert "Interrupted" in capsys.readouterr().out


@pytest.mark.parametrize("found, words", [
    (dict(variety=0.05, recognised=1.0, classes=1), "one image: collapsed"),
    (dict(variety=0.9, recognised=0.31, classes=10), "31.0 %: hardly digits"),
    (dict(variety=0.9, recognised=0.81, classes=9), "only 9 of 10 digits"),
    (dict(variety=0.9, recognised=0.81, classes=10), "81.0 % recognised")])
def test_a_panel_says_first_what_is_wrong(found, words):
    class View:
        classes = 10
    assert variants_views.Digits.verdict(View, found) == words


def test_spread_is_the_distance_between_two_images():
    images = np.random.default_rng(0).standard_normal((40, 2, 3, 1))
    flat = images.reshape(40, -1)
    squares = ((flat[:, None] - flat[None]) ** 2).sum(axis=-1)
    assert variants_views.spread(images) == pytest.approx(np.sqrt(squares.mean()))


def test_tables_over_seeds_have_the_mean_and_the_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    for seed, share, names in (1, 0.8, ["gan", "cgan"]), (2, 0.9, ["gan"]):
        results.write(tmp_path / f"variants_mnist_{seed}.json", "made", {"seed": seed}, [
            {"name": name, "recognised": share, "classes": 10 - seed, "rarest": 0.04 * seed,
             "as_asked": 1.0 if name == "cgan" else None, "seconds": 300 * seed,
             "variety": 0.97} for name in names])
    rows = variants_tables.family_mnist().split("\n")
    assert rows[2:4] == [
        "| GAN | 85.0 % (80.0 to 90.0) | 8 to 9 | 6.0 % (4.0 to 8.0) | 0.97 | – | 100 % | 10 | 2 | "
        " |", "| CGAN | 80.0 % | 9 | 4.0 % | 0.97 | 100.0 % | 100 % | 5 | 1 | "
        f"{besides('cgan', 'mnist').replace(' (mnist)', '')} |"]
    assert ("of 2 rows on every seed; missed by GAN (seed 1: 9 classes; seed 2: 8 "
            "classes), CGAN") in " ".join(rows)
    results.write(tmp_path / "variants_mnist_1_again.json", "made", {"seed": 1}, [
        {"name": "cgan", "recognised": 0.95, "classes": 10, "rarest": 0.05, "as_asked": 1.0,
         "variety": 1.0, "seconds": 60}])
    assert variants_tables.family_mnist().split("\n")[2:4] == [
        rows[3].replace("80.0 % | 9 | 4.0 % | 0.97 | 100.0 % | 100 % | 5", "95.0 % | 10 | 5.0 % | "
                        "1.00 | 100.0 % | 100 % | 1"), rows[2]]
    assert "Of CGAN, infoGAN, ACGAN and projection D the labels" in "".join(rows)
    results.write(tmp_path / "variants_mnist_1.json", "made", {"quick": True}, [])
    with pytest.raises(ValueError, match="got one of --quick"):
        variants_tables.family_mnist()


def test_of_a_seed_that_was_partly_run_again_the_first_judge_is_the_reference(tmp_path,
                                                                              monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    figures = {"modes": 8, "high_quality": 0.9, "reverse_kl": 0.01, "recognised": 0.8,
               "classes": 10, "rarest": 0.05, "variety": 0.98, "seconds": 90}
    for name, runs in (
            ("digits_1", {"gan": {}, "lsgan": {}, "reference": {"recognised": 0.94}}),
            ("digits_1_again", {"gan": {"recognised": 0.9}, "reference": {"recognised": 0.95},
                                "lsgan": {"recognised": 0.1, "stopped": "interrupted"}}),
            ("ring_1", {"gan": {}, "cgan": {}, "wgan": {"stopped": "diverged"}})):
        results.write(tmp_path / f"variants_{name}.json", "made",
                      {"dataset": name.split("_")[0], "seed": 1},
                      [{"name": member, **figures, **own} for member, own in runs.items()])
    table = variants_tables.family_measured()
    assert "\nStopped early, and left out: WGAN (ring, seed 1), LSGAN (digits, seed 1).\n" in table
    rows = {row.split(" | ")[0]: row.split(" | ")
            for row in table.split("\n") if row.startswith("| ")}
    assert rows["| (a perfect sampler, real images)"][7] == "94.0 %"
    assert rows["| GAN"][7] == "90.0 %" and rows["| LSGAN"][7] == "80.0 %"  # not the one cut short
    assert rows["| GAN"][1:4] == ["8", "90.0 %", "0.0100"]
    assert rows["| CGAN"][1:4] == ["8", "90.0 %", "–"]  # its shares are even by construction
    assert rows["| WGAN"][1:4] == ["–", "–", "–"]
    assert rows["| GAN"][10:12] == ["0.98", "1.5 / – / 1.5"]
    assert rows["| WGAN"][12].startswith("k = 5 (ring); k = 3 (grid); BatchNorm in D, with He's")


def test_who_misses_a_bar_is_named_with_the_seed():
    bars = {"modes": (8, "{} modes".format), "quality": (0.9, percent), "missing": (1, str)}
    assert below({"modes": 8, "quality": 0.9}, bars) == []
    missed = {("GAN", seed): below({"modes": modes, "quality": 0.85, "missing": None}, bars)
              for seed, modes in ((1, 7), (2, 8))}
    assert reached("all", {**missed, ("R1", 1): []}) == (
        "\n\nAsked: all. Reached by 1 of 2 rows on every seed; missed by GAN (seed 1: 7 modes and "
        "85.0 %; seed 2:\n85.0 %).")
    assert reached("all", {("R1", None): []}) == "\n\nAsked: all. Reached by 1 of 1 rows."


def test_the_pages_say_of_each_row_what_the_runs_said_of_themselves():
    """Settings of now beside figures of then: what a run declared must still be so."""
    for dataset in "ring", "grid", "digits", "mnist":
        for name, runs in variants_tables.family_runs(f"variants_{dataset}")[1].items():
            for run in runs if name in FAMILY else []:
                said = "; ".join(preset(name, dataset).besides.values())
                assert all(words in said for words in run["besides"].split("; ")), (dataset, name)


@pytest.mark.parametrize("train", [plane.run, variants_views.fit])
def test_seconds_are_of_the_processor(train, monkeypatch):
    """A clock on the wall runs on while other work has the core."""
    monkeypatch.setattr("time.process_time", lambda clock=iter(range(0, 1000, 5)): next(clock))
    monkeypatch.setattr("time.perf_counter", lambda: pytest.fail("a clock on the wall"))
    real, dataset = (data.ring(), "ring") if train is plane.run else (
        Images(*few_images(8)), "digits")
    assert train(preset("gan", dataset), real, 0, 2).seconds == 15
