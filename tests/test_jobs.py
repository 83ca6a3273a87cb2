"""Trainings side by side are those one after the other, and go on to the bit after Ctrl-C."""

import errno
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import time
import types

import numpy as np
import pytest

from demos import mode_collapse
from demos.jobs import Saver, Task, forget, results_of, run_all
import numgan
from numgan import Dense, Network, data
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
    assert [(index, one[:2]) for index, one in alone] == [
        (index, one[:2]) for index, one in together] == [
        (index, task.arguments) for index, task in enumerate(tasks)]
    for (_, a), (_, b) in zip(alone, together):
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


def test_a_file_of_another_version_is_said_and_not_used(tmp_path, monkeypatch, capsys):
    def start():
        return preset("gan", "ring").start(data.ring(), 0, steps=3, batch_size=16)

    saver, training, fresh = Saver(tmp_path, "x", resume=True), start(), start()
    saver.begin(training)
    next(iter(training))
    monkeypatch.setattr("numgan.training.algorithm.__version__", "0.0.9")
    saver.save({"step": 0})
    monkeypatch.undo()
    assert saver.begin(fresh) == {}
    assert "written by numgan 0.0.9, read by" in (said := capsys.readouterr().out)
    assert said.endswith("This training begins again; the file stays.\n")
    assert [record.step for record in fresh] == [0, 1, 2]


def test_a_network_that_is_done_is_kept_for_the_same_training_alone(tmp_path, capsys):
    network, fresh, wide = (Network([Dense(2, width)], rng=0) for width in (3, 3, 4))
    network.theta[...] = 7
    saver = Saver(tmp_path, "l1 0", resume=True)
    assert saver.kept(network, "5 steps") is None
    saver.keep(network, "5 steps", seconds=2.5, history=[(1, 0.5)])
    for other, made in (fresh, "6 steps"), (wide, "5 steps"):
        before = other.theta.copy()
        assert saver.kept(other, made) is None and np.array_equal(other.theta, before)
        said = capsys.readouterr().out
        assert (f"expected 6 steps, numgan {numgan.__version__}, got 5 steps, numgan" in said
                if other is fresh else "expected " + wide.description() + ", got" in said)
    assert saver.kept(fresh, "5 steps") == {"seconds": 2.5, "history": [[1, 0.5]]}
    assert (fresh.theta == 7).all()
    assert Saver(tmp_path, "l1 0").kept(fresh, "5 steps") is None  # without --resume
    saver.path.write_bytes(b"damaged")
    assert saver.kept(fresh, "5 steps") is None and "begins again" in capsys.readouterr().out
    full = Saver(tmp_path / "no" / "folder", "x")
    full.path.parent.parent.write_text("a file")
    full.keep(network, "5 steps")
    assert capsys.readouterr().out.startswith("Not written: ")


def ring_training(steps, taken=0):
    training = preset("gan", "ring").start(data.ring(), 0, steps=steps, batch_size=16)
    for _, record in zip(range(taken), training):
        pass
    return training


def test_a_file_of_another_training_gets_another_name_and_is_not_lost(tmp_path, capsys):
    """Going back to the old option goes on from the old file, once it has its old name back."""
    def saved(steps, taken, resume):
        saver = Saver(tmp_path, "x", resume)
        saver.begin(ring_training(steps))
        saver.training = ring_training(steps, taken)
        for _ in range(2):
            saver.save({"taken": taken})
        return saver

    path = saved(20, 7, False).path
    saved(30, 3, True)
    said = capsys.readouterr().out
    assert "steps: expected 30, got 20" in said and "begins again; the file stays" in said
    assert said.count("It is now x.old1.npz; with its old name back") == 1
    saved(40, 2, True)
    saved(40, 1, False)  # not even without --resume
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "x.npz", "x.old1.npz", "x.old2.npz", "x.old3.npz"]
    (tmp_path / "x.old1.npz").replace(path)
    saver = Saver(tmp_path, "x", resume=True)
    assert saver.begin(ring_training(20)) == {"taken": 7}
    saver.save({})
    saver.remove()
    assert not path.exists()


@pytest.mark.parametrize("writes", [False, True])
@pytest.mark.parametrize("resume", [False, True])
def test_only_its_own_file_is_removed(resume, writes, tmp_path):
    """In whatever process it was written, and also where nothing was written after it was read."""
    network = Network([Dense(2, 3)], rng=0)
    Saver(tmp_path, "x").keep(network, "5 steps")
    saver = Saver(tmp_path, "x", resume)
    elsewhere = pickle.loads(pickle.dumps(saver))
    kept = elsewhere.kept(network, "5 steps")
    assert (kept is not None) == resume
    if writes:
        elsewhere.keep(network, "5 steps")
    forget([Task("x", 5, (saver,))])
    assert not saver.path.exists() == (resume or writes)
    assert (tmp_path / "x.old1.npz").exists() == (writes and not resume)


def test_a_network_that_was_made_otherwise_gets_another_name(tmp_path, capsys):
    network = Network([Dense(2, 3)], rng=0)
    Saver(tmp_path, "l1 0").keep(network, "5 steps")
    saver = Saver(tmp_path, "l1 0", resume=True)
    assert saver.kept(network, "6 steps") is None
    saver.keep(network, "6 steps")
    assert "It is now l1_0.old1.npz" in capsys.readouterr().out
    (tmp_path / "l1_0.old1.npz").replace(saver.path)
    assert saver.kept(network, "5 steps") == {}


def test_where_it_goes_on_is_said(tmp_path, capsys):
    saver = Saver(tmp_path, "x", resume=True)
    saver.begin(training := ring_training(2000, 1234))
    saver.save({})
    Saver(tmp_path, "x").begin(training)
    Saver(None, "x", resume=True).begin(training)
    Saver(tmp_path, "x", resume=True).begin(ring_training(2000))
    assert capsys.readouterr().err == (
        f"{saver.path}: nothing was kept: begins at step 0\n"
        f"{saver.path}: goes on at step 1,234 of 2,000\n")


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


@pytest.mark.parametrize("error, saved", [(KeyboardInterrupt, True), (OSError, False)])
def test_a_step_that_was_interrupted_is_undone_and_saved_and_one_that_failed_is_not(
        error, saved, tmp_path, monkeypatch):
    training = preset("gan", "ring").start(data.ring(), 0, steps=20, batch_size=16)
    next(iter(training))
    saver = Saver(tmp_path, "x")
    saver.begin(training)
    saver.save({})
    before = saver.path.read_bytes()

    def failing(self, *arguments):
        raise error

    next(iter(training))
    monkeypatch.setattr(type(training.training.rule), "step", failing)
    with pytest.raises(error):
        next(iter(training))
    saver.save({})
    assert (saver.path.read_bytes() != before) == saved and isinstance(training.training, Training)


@pytest.mark.slow
def test_a_demo_goes_on_after_ctrl_c(tmp_path):
    """The figures of a run in two pieces are those of a run in one."""
    def command(out, *more):
        return [sys.executable, "-c", "import sys; from demos import jobs, mode_collapse, plane\n"
                "from numgan.running import run_main\n"
                "jobs.Saver.__init__.__defaults__ = (False, 0.05)\n"
                "plane.COUNTS = 3\n"
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


# -- the processes of --jobs 2, stopped from outside -----------------------------------------------

STOPPED = """
import sys
from demos import jobs, mode_collapse
from numgan.running import run_main
jobs.Saver.__init__.__defaults__ = (False, 0.1)
run_main(lambda: mode_collapse.main(sys.argv[1:]))
"""


class Group:
    """A demo with --jobs 2 in a session of its own, with all the processes that it begins."""

    def __init__(self, folder, steps):
        self.folder = folder
        self.out, self.error = (open(folder / name, "w+") for name in ("stdout", "stderr"))
        self.process = subprocess.Popen(
            [sys.executable, "-c", STOPPED, "--steps", str(steps), "--batch-size", "16", "--jobs",
             "2", "--out", folder / "out"], cwd=ROOT, env=ENVIRONMENT, stdout=self.out,
            stderr=self.error, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.members():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def members(self):
        """Numbers of the processes that are still there."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _, _, session = path.read_text().rsplit(")", 1)[1].split()[:4]
            except OSError:  # it has ended
                continue
            if int(session) == self.process.pid and state != "Z":
                found.append(int(path.parent.name))
        return found

    def begun(self):
        return len(self.members()) > 3  # two keep count of what all share

    def training(self):
        return len(list(self.folder.glob("out/state/*.npz"))) == 2

    def drawing(self):
        return (self.folder / "out" / "final.png").exists()

    def wait(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(0.02)
        assert condition()

    def text(self):
        """(standard output, standard error)"""
        return [(self.folder / name).read_text() for name in ("stdout", "stderr")]


MOMENTS = [pytest.param("begun", 100_000, marks=pytest.mark.slow), ("training", 100_000),
           pytest.param("drawing", 60, marks=pytest.mark.slow)]
linux = pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="needs /proc")


@linux
@pytest.mark.parametrize("moment, steps", MOMENTS)
def test_ctrl_c_in_a_terminal(moment, steps, tmp_path):
    """All processes get it."""
    with Group(tmp_path, steps) as group:
        group.wait(getattr(group, moment))
        os.killpg(group.process.pid, signal.SIGINT)
        assert group.process.wait(timeout=30) == 130
        group.wait(lambda: not group.members(), 2)
        out, error = group.text()
    files = sorted(path.name for path in (tmp_path / "out").glob("*.*"))
    if moment == "drawing":
        assert files == ["final.png", "results.json"] and "Not written: " in out
        assert error == "Interrupted.\n"
    else:
        assert "Interrupted: what there is gets drawn" in out and error == ""
        assert files == (["film.gif", "film.html", "final.png"] if moment == "training" else [])


@pytest.mark.slow
@linux
@pytest.mark.parametrize("moment, steps", MOMENTS)
def test_no_process_outlives_its_parent(moment, steps, tmp_path):
    with Group(tmp_path, steps) as group:
        group.wait(getattr(group, moment))
        group.process.kill()
        group.process.wait()
        # one that has just begun looks for its parent once it has imported all, beside other work
        group.wait(lambda: not group.members(), 20)


@pytest.mark.slow
@linux
def test_a_process_that_is_ended_from_outside_is_a_sentence(tmp_path):
    with Group(tmp_path, 100_000) as group:
        group.wait(group.training)
        states = {pid: pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                  for pid in group.members() if pid != group.process.pid}
        worker = max(states, key=lambda pid: int(states[pid][11]))  # by the time it has computed
        os.kill(worker, signal.SIGKILL)
        assert group.process.wait(timeout=30) == 1
        out, error = group.text()
    assert error.startswith("ChildProcessError: ") and error.count("\n") == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_missing_is_an_interrupt(jobs):
    """Whatever a training that was interrupted returns or raises."""
    tasks = [Task("a", 1, (False,)), Task("b", 1, (True,)), Task("c", 1, (False,))]
    found = []
    with pytest.raises(KeyboardInterrupt):
        for one in run_all(interrupted, tasks, jobs):
            found.append(one)
    assert found == [(0, "done"), (2, "done")][:jobs]  # side by side, the others go on


def interrupted(now, report):
    if now:
        raise KeyboardInterrupt
    return "done"


def test_bad_numbers_of_jobs_are_refused(capsys):
    for text in "0", "two", "-1", "1001":
        with pytest.raises(SystemExit):
            mode_collapse.main(["--jobs", text])
        assert "--jobs: expected an integer of at least 1" in capsys.readouterr().err


@pytest.mark.parametrize("end, code, stays", [("diverged", 1, False), ("interrupted", 130, True)])
def test_what_became_of_trainings_is_told(tmp_path, capsys, end, code, stays):
    """Their files go when all are done, and stay for --resume after Ctrl-C; what is not theirs
    always stays."""
    folder = tmp_path / "state"
    folder.mkdir()
    savers = [Saver(folder, name) for name in ("one", "two")]
    for file in savers[0].path, folder / "notes.npz":
        file.write_text("kept")

    def function(stopped, saver, report):
        return types.SimpleNamespace(stopped=stopped)

    tasks = [Task("one", 1, ("", savers[0])), Task("two", 1, (end, savers[1]))]
    done, found = results_of(function, tasks, 1)
    assert [one.stopped for one in done] == ["", end] and found == code
    assert savers[0].path.exists() == stays and (folder / "notes.npz").exists()
    (folder / "notes.npz").unlink()
    forget(tasks)
    assert not folder.exists()
    said = capsys.readouterr().out
    assert f"two: {end}" in said and ("--resume" in said) == stays
