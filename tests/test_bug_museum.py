"""The bug museum: every exhibit is seen by the gradient check, or by the test that it names; and
the right code is back afterwards."""

import importlib
import inspect
import itertools
import re

import numpy as np
import pytest

from demos import pages, results
from demos.bug_museum import __main__ as museum
from demos.bug_museum import verdict
from demos.bug_museum.exhibits import EXHIBITS
from demos.bug_museum.patches import Patch, applied
from demos.bug_museum.training import SETTINGS
from numgan import Dense
from numgan.gradcheck import GradientError


def calls(function):
    """The calls that pytest would make: a dict of arguments each."""
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
    for values in itertools.product(*(mark.args[1] for mark in marks)):
        arguments = {}
        for mark, value in zip(marks, values):
            names = re.split(r", *", mark.args[0])
            arguments.update(zip(names, value if len(names) > 1 else [value]))
        yield arguments


def failures(function):
    failed = 0
    for arguments in calls(function):
        try:
            function(**arguments)
        except AssertionError:
            failed += 1
    return failed


@pytest.mark.parametrize("name", EXHIBITS)
def test_every_bug_is_seen(name):
    exhibit = EXHIBITS[name]
    assert exhibit.setting in SETTINGS and bool(exhibit.check) != bool(exhibit.test)
    if exhibit.check:
        exhibit.check()
        with applied(exhibit.patches), pytest.raises(GradientError):
            exhibit.check()
        exhibit.check()
    else:
        file, _, test = exhibit.test.partition(".py::")
        function = getattr(importlib.import_module(file), test)
        assert not failures(function)
        with applied(exhibit.patches):
            assert failures(function)


def test_a_patch_is_the_right_code_but_for_what_it_changes():
    patch = EXHIBITS["mean-twice"].patches[0]
    before = inspect.getsource(Dense.backward)
    marked = patch.difference()
    assert [line for line in marked if line[0] in "+-"] == [
        "-        self.dW += product(x.T, dy)", "+        self.dW += product(x.T, dy) / len(x)"]
    layer, x = Dense(2, 2).setup(np.random.default_rng(0)), np.ones((4, 2), np.float32)

    def gradient():
        layer.dW.fill(0)
        layer.backward(x, layer.forward(x)[1])
        return layer.dW.copy()

    right = gradient()
    with pytest.raises(RuntimeError), applied([patch]):
        assert np.array_equal(gradient(), right / 4)
        raise RuntimeError
    assert np.array_equal(gradient(), right) and inspect.getsource(Dense.backward) == before


@pytest.mark.parametrize("text", ["self.dW -= 1", "dy"], ids=["nowhere", "often"])
def test_a_patch_that_does_not_fit_changes_nothing(text):
    code = Dense.backward.__code__
    with pytest.raises(ValueError, match="expected the source to have"):
        with applied([Patch("layers.dense:Dense.backward", ((text, ""),))]):
            pass
    assert Dense.backward.__code__ is code


def one(modes, quality, d_real, stopped=""):
    return dict(modes=modes, high_quality=quality, d_real=d_real, d_fake=0.5, d_loss=1.4,
                g_loss=0.7, stopped=stopped)


@pytest.mark.parametrize("wrong, kind", [
    ([(8, 0.85, 0.5), (8, 0.4, 0.5), (8, 0.9, 0.9)], verdict.HARMLESS),
    ([(8, 0.7, 0.5), (7, 0.9, 0.55), (8, 0.9, 0.5)], verdict.HIDDEN),
    ([(8, 0.7, 0.65), (7, 0.9, 0.5), (8, 0.9, 0.5)], verdict.HIDDEN),
    ([(8, 0.7, 0.65), (7, 0.9, 0.35), (8, 0.9, 0.5)], verdict.SHOWN),
    ([(0, 0.0, None, "diverged"), (0, 0.0, None, "diverged"), (8, 0.9, 0.5)], verdict.SHOWN)])
def test_what_holds_on_most_seeds_counts(wrong, kind):
    assert verdict.verdict([(one(*run), one(8, 0.9, 0.5)) for run in wrong]).kind == kind


def test_quick_run(tmp_path, capsys):
    assert museum.main(["--quick", "--out", str(tmp_path), "--jobs", "1"]) == 0
    found = results.read(tmp_path / "results.json")
    assert len(found["runs"]) == 2 + len(museum.QUICK["only"]) and found["settings"]["quick"]
    assert (tmp_path / "bug_museum.png").stat().st_size > 10_000
    said = capsys.readouterr().out
    assert "step of NonSaturating(smoothing=0): the gradient of G: 0 Dense is wrong." in said
    assert "The gradient check sees 3 of 3 bugs." in said
    right = {run["setting"]: run for run in found["runs"] if not run["exhibit"]}
    for run in found["runs"]:  # cut off from D, G stays where it began
        if run["exhibit"] == "cut-in-g":
            assert abs(run["d_real"] - right["plain"]["d_real"]) > 0.01


def test_quiz(monkeypatch, capsys):
    said, wanted = [], ["right", "what?", "wrong", "right"]

    def answer(prompt):
        said.append(capsys.readouterr().out)
        want = wanted.pop(0)
        if want not in ("right", "wrong"):
            return want
        shown = "".join(said)
        name = next(name for name in museum.QUICK["only"] if all(
            patch.wrong() in shown for patch in EXHIBITS[name].patches) and name not in asked)
        asked.append(name)
        number = int(re.findall(rf"^  (\d)  {re.escape(EXHIBITS[name].title)}$", shown, re.M)[-1])
        return str(number if want == "right" else number % 3 + 1)

    asked = []
    monkeypatch.setattr("builtins.input", answer)
    assert museum.main(["--quiz", "--only", *museum.QUICK["only"]]) == 0
    text = "".join(said) + capsys.readouterr().out
    assert "Expected 1, 2 or 3, or an empty line to end, got 'what?'." in text
    assert text.count("\nRight: ") == 2 and text.count("\nNo: ") == 1 and "2 of 3 right." in text


def test_the_page_counts_what_the_results_say():
    found = results.read(results.FOLDER / "bug_museum.json")
    assert {run["exhibit"] for run in found["runs"]} == {"", *EXHIBITS}
    assert verdict.sentence(verdict.judged(found["runs"])) in pages.TABLES["bug-museum"]()
