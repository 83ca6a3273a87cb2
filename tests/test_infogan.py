"""infoGAN's demo: the matching of codes to digits, and everything it writes."""

import numpy as np
import pytest

from demos import infogan, results
from demos.arguments import QUICK
from judges import Seven
from stops import stop_after


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setitem(infogan.RECIPES, "digits", dict(steps=3, width=2, hidden=4,
                                                        latent=3, rate=1e-3, weight=1.0))
    monkeypatch.setattr(infogan, "JUDGED", 50)
    monkeypatch.setattr(infogan.metrics, "digit_classifier", lambda *given: Seven())


def test_codes_are_matched_one_to_one_where_they_agree_most():
    rng = np.random.default_rng(0)
    permutation, labels = rng.permutation(10), rng.integers(10, size=500)
    digit_of, share = infogan.matched(np.argsort(permutation)[labels], labels)
    assert np.array_equal(digit_of, permutation) and share == 1
    # two codes that both see mostly threes: only one can have them
    codes, labels = np.repeat([0, 1], 100), np.repeat([3, 3, 4], [100, 60, 40])
    digit_of, share = infogan.matched(codes, labels)
    assert digit_of[:2].tolist() == [3, 4] and share == 0.7
    assert sorted(digit_of) == list(range(10))


def test_demo_writes_grid_sweeps_and_film(small, tmp_path, capsys):
    assert infogan.main(["--quick", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "average.npz", "discriminator.npz", "film.gif", "codes.png", "results.json"}
    shown = capsys.readouterr().out
    assert shown.startswith(QUICK) and "60 steps in" in shown
    assert "Of 500 generated images 10.0 % show the digit" in shown  # a code in ten has seven
    assert "by forced choice of a classifier" in shown
    assert "% have the code of their digit, read by Q" in shown
    found = results.read(tmp_path / "results.json")
    run, = found["runs"]
    assert found["command"].startswith("python -m demos.infogan --quick")
    assert (run["generated"], run["classifier"], run["steps"]) == (0.1, 0.1, 60)
    assert f"Of these, held out of the training, {100 * run['real']:.1f} % have" in shown
    assert found["settings"] == {"data": "digits", "seed": 0, "samples": 500, "held_out": 360,
                                 "quick": True}
    rows = [line.split() for line in shown[shown.index("code  "):].splitlines()[1:11]]
    assert sorted(row[1] for row in rows) == sorted(row[3] for row in rows) == [*"0123456789"]
    assert sorted(float(row[2]) for row in rows) == [0] * 9 + [100]


def test_demo_interrupted_draws_what_it_had(small, tmp_path, monkeypatch, capsys):
    stop_after(monkeypatch, 1)
    assert infogan.main(["--out", str(tmp_path)]) == 130
    assert (tmp_path / "codes.png").exists() and "interrupted" in capsys.readouterr().out
    assert not (tmp_path / "results.json").exists()
