"""Trainings side by side are those one after the other, and go on to the bit after Ctrl-C."""

import errno
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from demos import mode_collapse
from demos.jobs import Saver, Task, run_all
from numgan import data
from numgan._state import StateError
from numgan.presets import preset
from numgan.training import Training

ROOT = pathlib.Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}


def trained(name, seed, report):
    training = preset(name, "ring").start(data.ring(), seed, steps=20, batch_size=16)
    for record in training:
        report(record.step + 1)
    return name, seed, training.sampled.theta


def test_side_by_side_is_one_after_the_other():
    tasks = [Task(f"{name}, {seed}", 20, (name, seed)) for name in ("gan", "pacgan")
             for seed in (0, 1)]
    alone, together = list(run_all(trained, tasks, 1)), list(run_all(trained, tasks, 2))
    assert [one[:2] for one in alone] == [one[:2] for one in together] == [
        task.arguments for task in tasks]
    for a, b in zip(alone, together):
        assert np.array_equal(a[2], b[2])


def test_a_saver_goes_on_with_what_was_kept(tmp_path, capsys):
    def start(steps=20):
        return preset("gan", "ring").start(data.ring(), 0, steps=steps, batch_size=16)

    saver, training = Saver(tmp_path, "GAN, seed 0", every=0), start()
    assert saver.begin(training) == {} and saver.path.name == "gan_seed_0.npz"
    for record in training:
        saver.now_and_then(lambda: {"step": record.step})
        if record.step == 7:
            break
    again = start()
    assert Saver(tmp_path, "GAN, seed 0", resume=True).begin(again) == {"step": 7}
    assert next(iter(again)).step == 8
    assert Saver(tmp_path, "GAN, seed 0").begin(start()) == {}  # not asked for
    assert Saver(tmp_path, "GAN, seed 0", resume=True).begin(start(21)) == {}
    assert "steps: expected 21, got 20" in capsys.readouterr().out


def test_a_full_disk_does_not_stop_a_training_and_is_said_once(tmp_path, monkeypatch, capsys):
    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    training = preset("gan", "ring").start(data.ring(), 0, steps=3, batch_size=16)
    saver = Saver(tmp_path, "x", resume=True, every=0)
    saver.path.mkdir()  # nor one that is no file
    assert saver.begin(training) == {} and "begins again" in capsys.readouterr().out
    saver.path.rmdir()
    monkeypatch.setattr(os, "replace", full)
    for record in training:
        saver.now_and_then(dict)
    assert record.step == 2 and not list(tmp_path.iterdir())
    assert capsys.readouterr().out == f"Not written: {saver.path} (No space left on device)\n"


def test_a_step_that_was_interrupted_is_not_saved(tmp_path, monkeypatch):
    training = preset("gan", "ring").start(data.ring(), 0, steps=20, batch_size=16)
    next(iter(training))
    saver = Saver(tmp_path, "x")
    saver.begin(training)
    saver.save({})
    before = saver.path.read_bytes()

    def pressed(self, *arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(training.training.rule), "step", pressed)
    with pytest.raises(KeyboardInterrupt):
        next(iter(training))
    with pytest.raises(StateError, match="not finished"):
        training.save(tmp_path / "y.npz")
    saver.save({})
    assert saver.path.read_bytes() == before and isinstance(training.training, Training)


def test_a_demo_goes_on_after_ctrl_c(tmp_path):
    """The figures of a run in two pieces are those of a run in one."""
    def command(out, *more):
        return [sys.executable, "-c", "import sys; from demos import jobs, mode_collapse\n"
                "from numgan.running import run_main\n"
                "jobs.Saver.__init__.__defaults__ = (False, 0.0)\n"
                "run_main(lambda: mode_collapse.main(sys.argv[1:]))", "--steps", "400",
                "--batch-size", "16", "--no-film", "--jobs", "1", "--out", str(out), *more]

    def rows(text):
        return [line.split()[:-1] for line in text.splitlines() if "modes, " in line]

    whole = subprocess.run(command(tmp_path / "whole"), cwd=ROOT, env=ENVIRONMENT, text=True,
                           capture_output=True)
    assert whole.returncode == 0
    process = subprocess.Popen(command(tmp_path / "pieces"), cwd=ROOT, env=ENVIRONMENT, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    state = tmp_path / "pieces" / "state"
    while process.poll() is None and not (state.exists() and len(list(state.glob("*.npz"))) == 2):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130 and "--resume goes on" in said
    again = subprocess.run(command(tmp_path / "pieces", "--resume"), cwd=ROOT, env=ENVIRONMENT,
                           text=True, capture_output=True)
    assert again.returncode == 0 and not state.exists()
    assert rows(again.stdout) == rows(whole.stdout) and len(rows(whole.stdout)) >= 2


def test_bad_numbers_of_jobs_are_refused(capsys):
    for text in "0", "two", "-1", "1001":
        with pytest.raises(SystemExit):
            mode_collapse.main(["--jobs", text])
        assert "expected a number of processes from 1 to 1000" in capsys.readouterr().err
