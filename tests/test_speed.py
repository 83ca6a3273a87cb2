"""The speed demo, with numgan alone: its workloads, its tables, the penalty's step."""

import re
import subprocess
import types

import numpy as np
import pytest

from demos import results
from demos.arguments import QUICK
from demos.speed import __main__ as demo, turns
from demos.speed.workloads import WORKLOADS

PENALISED = [workload for workload in WORKLOADS if workload.penalty]


@pytest.mark.parametrize("workload", [WORKLOADS[0], PENALISED[0]], ids=str)
def test_end_to_end(workload, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(turns, "contestants", lambda *args: ["numgan"])
    path = tmp_path / "results.json"
    assert not demo.main(["--quick", *(["--only", str(workload)] if workload.penalty else []),
                          "--rounds", "2", "--out", str(tmp_path)])
    text = capsys.readouterr().out
    assert text.startswith(QUICK) and "Nothing is installed to compare with" in text
    assert results.read(path)["settings"]["quick"] and (tmp_path / "speed.png").stat().st_size
    assert f"{workload}, float32" in text
    assert len(re.findall(r"  numgan +[\d.]+ ms +[\d.]+ ms", text)) == 1
    runs = results.read(path)["runs"]
    assert [(run["workload"], run["step"]) for run in runs] == [
        (str(workload), step) for step in workload.steps]
    for run in runs:
        assert 0 < run["lowest"] <= run["median"] <= run["highest"] and "jax" not in run
    assert f" {runs[0]['median']:.2f} ms" in text


@pytest.mark.parametrize("workload", PENALISED, ids=str)
def test_a_penalty_is_added_to_the_same_loss(workload):
    small = workload._replace(batch=3, width=min(workload.width, 4))
    shape = (2,) if small.kind == "mlp" else (28, 28, 1)
    real = np.tanh(np.random.default_rng(0).standard_normal((3, *shape))).astype(np.float32)
    steps = turns.make_steps("numgan", small, real)
    plain, penalised = steps["plain"](), steps["penalised"]()  # from the same weights and latents
    assert np.isfinite(plain) and penalised > plain


def test_penalty_table():
    results = {("numgan", "plain"): {"times": [2e-3]}, ("numgan", "penalised"): {"times": [5e-3]},
               ("PyTorch", "plain"): {"times": [4e-3]}, ("PyTorch", "penalised"): {"times": [1e-2]}}
    numgan, torch = demo.penalty_table(PENALISED[0], results).splitlines()[-2:]
    assert numgan.split() == ["numgan", "2.00", "ms", "5.00", "ms", "2.50", "1.00"]
    assert torch.split() == ["PyTorch", "4.00", "ms", "10.00", "ms", "2.50", "2.00"]


@pytest.mark.parametrize("times, fast", [([2e-3, 12e-3], 3), ([1e-3, 1e-3, 9e-3], 1),
                                         ([n * 1e-3 for n in range(11, 0, -1)], 2)],
                         ids=["two", "three", "eleven"])
def test_the_fastest_tenth_is_a_time_between_those_measured(times, fast):
    """Of two samples too: continued beyond them, the line through 2 and 12 ms is at −5 ms."""
    results = {("numgan", "D and G"): {"times": times, "memory": 0, "sgemm": [1e9]}}
    row = demo.table(WORKLOADS[0], results).splitlines()[3]
    assert row.split()[3:5] == [f"{fast:.2f}", "ms"]


@pytest.mark.slow
def test_busy_measures_everything_once_more_beside_loaded_cores(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(turns, "contestants", lambda *args: ["numgan"])
    beside = []

    def compare(workload, *rest):
        beside.append(processes_of_load())
        slow = 1 + len(beside)
        return {("numgan", "D and G"): {"times": [slow * 1e-3] * 3, "medians": [slow * 1e-3],
                                        "memory": 0, "sgemm": [1e9]}}

    started = []

    def processes_of_load():
        return [process for process in started if process.poll() is None]

    def start(command, **how):
        assert command[-3:] == ["--worker", "load", ""]
        started.append(subprocess.Popen(command, **how))
        return started[-1]

    monkeypatch.setattr(turns, "compare", compare)
    monkeypatch.setattr(turns, "subprocess", types.SimpleNamespace(Popen=start, DEVNULL=-3))
    path = tmp_path / "results.json"
    assert not demo.main(["--only", str(WORKLOADS[0]), "--busy", "2", "--rounds", "1",
                          "--out", str(tmp_path)])
    assert [len(processes) for processes in beside] == [0, 2] and processes_of_load() == []
    text = capsys.readouterr().out
    assert "beside 2 processes that load a core" in text
    assert text.splitlines()[-4].split() == ["numgan", "D", "and", "G", "3.00", "ms", "1.50",
                                             "1.00"]
    assert [run.get("busy", 0) for run in results.read(path)["runs"]] == [0, 2]
    with pytest.raises(SystemExit):
        demo.main(["--busy", "-1"])
    assert "--busy: expected an integer of at least 0" in capsys.readouterr().err


def test_only_selects_by_name(capsys):
    assert [w for w in WORKLOADS if "penalty" in str(w)] == PENALISED
    with pytest.raises(SystemExit):
        demo.main(["--only", "no such workload"])
    assert "WGAN-GP penalty" in capsys.readouterr().err


def test_every_peer_of_a_plain_step_but_the_compiled_has_a_penalised_one():
    assert set(turns.PENALTY_CONTESTANTS) == {
        name for name in turns.CONTESTANTS if "compile" not in name}
