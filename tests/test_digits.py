"""The digits demo from end to end, in few steps: files, Ctrl-C, bad options, saved generators."""

import matplotlib.image
import numpy as np
import pytest

from demos import digits as demo
from demos import results
from demos.arguments import QUICK
from numgan.metrics.comparison import BETTER
from numgan.training import TrainingDiverged
from stops import stop_after

SMALL = ["--steps", "4", "--width", "4", "--latent", "3", "--batch-size", "16"]
CHECKPOINTS = ["average.npz", "discriminator.npz", "generator.npz"]
PICTURES = ["curves.png", "film.gif", "final.png"]


class Judge:
    """Stands for the classifier, whose training takes seconds; sure that all images are a 7."""

    def accuracy(self, images, labels):
        assert len(images) == len(labels)
        return 0.5

    def predict_proba(self, images):
        return np.eye(10)[np.full(len(images), 7)]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(demo.metrics, "digit_classifier", lambda images, labels, rng: Judge())
    monkeypatch.setattr(demo, "LENET_STEPS", 5)
    monkeypatch.setattr(demo, "RESAMPLES", 2)
    monkeypatch.setattr(demo, "JUDGED", 100)


def run(out, *more):
    return demo.main([*SMALL, "--out", str(out), *more])


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "state")


def theta(path):
    with np.load(path) as archive:
        return archive["theta"]


def test_all_files_and_figures(tmp_path, capsys):
    assert demo.main(["--quick", "--width", "4", "--out", str(tmp_path)]) == 0
    sheets = [name for name in names(tmp_path) if name.startswith("step")]
    assert sheets and names(tmp_path) == sorted(
        [*CHECKPOINTS, *PICTURES, *sheets, "results.json"])
    for name in sheets + PICTURES:
        assert matplotlib.image.imread(tmp_path / name).std() > 0, name
    text = capsys.readouterr().out
    assert text.startswith(QUICK) and "80 steps in" in text and "right on 50.0 % of 360" in text
    assert theta(tmp_path / "generator.npz").size < 100_000  # --width is as it was given
    assert text.endswith("of 100 %; missing among them: 0, 1, 2, 3, 4, 5, 6, 8, 9.\n")
    assert text.count("100.0 % recognised, 1/10 classes") == 2
    real, samples = results.read(tmp_path / "results.json")["runs"]
    assert (real["images"], samples["images"]) == ("real", "samples")
    assert real["recall"] > 0.8 and real["coverage"] > 0.9  # of a training of 80 steps: far less
    assert samples["recall"] < 0.5 and samples["coverage"] < 0.3
    for run in real, samples:
        assert f"; recall {run['recall']:.3f}, coverage {run['coverage']:.3f}\n" in text
        assert run["recognised"] == 1 and run["classes"] == 1 and run["rarest"] == 0
    assert "\n360 samples each, compared by LeNet's features\n" in text
    assert results.read(tmp_path / "results.json")["settings"]["compared"] == 360
    for name, (value, error) in samples["metrics"].items():
        second, spread = real["metrics"][name]
        better = BETTER[name]
        if better == "higher":
            assert value + error < second - spread, name
        elif better == "lower":
            assert value - error > second + spread, name
    assert {"recall", "NDB / bins", "Fréchet distance"} < samples["metrics"].keys()


@pytest.mark.slow
def test_same_seed_same_bits(tmp_path):
    for out, seed in ("a", "1"), ("b", "1"), ("c", "2"):
        assert run(tmp_path / out, "--seed", seed) == 0
    for name in CHECKPOINTS:
        a, b, c = (theta(tmp_path / out / name) for out in "abc")
        np.testing.assert_array_equal(a, b)
        assert (a != c).any()


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), TrainingDiverged("step 2: NaN")])
@pytest.mark.parametrize("after", [0, 2])
def test_what_stops_the_training_still_saves(tmp_path, monkeypatch, capsys, stop, after):
    stop_after(monkeypatch, after, stop)
    assert run(tmp_path) == (130 if isinstance(stop, KeyboardInterrupt) else 1)
    text = capsys.readouterr().out
    assert f"{after} steps in" in text and (str(stop) or "interrupted") in text
    assert set(CHECKPOINTS + ["film.gif", "final.png"]) <= set(names(tmp_path))
    assert all(np.isfinite(theta(tmp_path / name)).all() for name in CHECKPOINTS)


@pytest.mark.slow
def test_time_budget_ends_the_training(tmp_path, capsys):
    assert run(tmp_path, "--steps", "1000000", "--minutes", "0.005") == 0
    steps = int(capsys.readouterr().out.split(" steps in")[0])
    assert steps < 10000 and set(CHECKPOINTS + PICTURES) <= set(names(tmp_path))
    assert results.read(tmp_path / "results.json")["settings"]["steps"] == steps


def test_results_have_the_steps_that_were_taken(tmp_path, monkeypatch):
    monkeypatch.setattr("demos.fitting.Budget.used", lambda budget, step=0: step / 3)
    assert run(tmp_path) == 0
    assert results.read(tmp_path / "results.json")["settings"]["steps"] == 3


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_generator_that_has_diverged_is_said(tmp_path, capsys):
    assert run(tmp_path, "--g-learning-rate", "1e20", "--steps", "1") == 1
    assert "then what G draws is not finite: a learning rate is too high" in capsys.readouterr().out


def test_another_seed_does_not_go_on_from_this_one(tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        stop_after(patch, 2, KeyboardInterrupt())
        patch.setattr("demos.jobs.Saver.now_and_then", lambda saver, more: saver.save(more()))
        assert run(tmp_path) == 130
    assert "--resume goes on" in capsys.readouterr().out
    assert (tmp_path / "state" / "seed_0.npz").exists()
    assert run(tmp_path, "--resume", "--seed", "1") == 0
    assert (tmp_path / "state" / "seed_0.npz").exists()


def test_load_draws_without_training(tmp_path, capsys):
    assert run(tmp_path / "trained") == 0
    checkpoint = tmp_path / "trained" / "average.npz"
    before = checkpoint.read_bytes()
    assert run(tmp_path / "drawn", "--load", str(checkpoint)) == 0
    assert names(tmp_path / "drawn") == ["final.png"]
    assert checkpoint.read_bytes() == before
    assert "steps in" not in capsys.readouterr().out.split("Written")[-1]
    # the same seed has the same latents, so these are the samples that the training ended with
    assert ((tmp_path / "drawn" / "final.png").read_bytes()
            == (tmp_path / "trained" / "final.png").read_bytes())


@pytest.mark.parametrize("arguments, message", [
    (["--data", "letters"], "letters"),
    (["--steps", "0"], "expected an integer of at least 1, got 0"),
    (["--steps", "many"], "expected an integer of at least 1, got many"),
    (["--seed", "-1"], "expected an integer of at least 0"),
    (["--minutes", "0"], "expected a positive number"),
    (["--minutes", "nan"], "expected a positive number"),
    (["--g-learning-rate", "-0.1"], "expected a positive number"),
    (["--d-learning-rate", "inf"], "expected a positive number"),
    (["--batch-size", "1"], "expected an integer of at least 2"),
    (["--batch-size", "100000000000"], "at most 1,000,000,000, got 100000000000"),
    (["--latent", "10000000000"], "at most 1,000,000,000, got 10000000000"),
    (["--width", "100000000"], "Unable to allocate"),
    (["--batch-size", "5000"], "only 1437 images"),
    (["--load", "nowhere.npz"], "nowhere.npz"),
    (["--data", "mnist", "--folder", "nowhere"], "nowhere"),
    (["--wdith", "3"], "--wdith"),
])
def test_bad_options_are_one_error_and_status_2(tmp_path, capsys, arguments, message):
    with pytest.raises(SystemExit) as exit_:
        run(tmp_path / "out", *arguments)
    assert exit_.value.code == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "error: " in error and message in error
    assert not (tmp_path / "out").exists()


def test_checkpoint_of_another_size_is_refused(tmp_path, capsys):
    assert run(tmp_path) == 0
    for damaged in False, True:
        if damaged:
            (tmp_path / "average.npz").write_bytes(b"PK no network")
        with pytest.raises(SystemExit) as exit_:
            run(tmp_path, "--width", "5", "--load", str(tmp_path / "average.npz"))
        assert exit_.value.code == 2
        assert "average.npz" in capsys.readouterr().err


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit) as exit_:
        demo.main(["--help"])
    assert exit_.value.code == 0
    text = capsys.readouterr().out
    for name in ("--data", "--folder", "--out", "--load", "--seed", "--steps", "--minutes",
                 "--batch-size", "--width", "--latent", "--g-learning-rate"):
        assert name in text
