"""The contestants take turns: each in a process of its own, which says how long its steps took."""

import contextlib
import importlib.util
import json
import pathlib
import resource
import signal
import statistics
import subprocess
import sys
import time

import numpy as np

from numgan._runtime import sharing_cores

from .ours import numgan_d_step, numgan_step
from .peers import jax_d_step, jax_step, torch_d_step, torch_step

ROOT = pathlib.Path(__file__).parent.parent.parent  # where `demos` is found, from any folder
CONTESTANTS = {
    "numgan": numgan_step,
    "PyTorch": torch_step,
    "PyTorch channels_last": lambda *args: torch_step(*args, channels_last=True),
    "PyTorch compile": lambda *args: torch_step(*args, compiled=True),
    "PyTorch compile channels_last":
        lambda *args: torch_step(*args, channels_last=True, compiled=True),
    "JAX jit": jax_step,
}
PENALTY_CONTESTANTS = {
    "numgan": numgan_d_step,
    "PyTorch": torch_d_step,
    "PyTorch channels_last": lambda *args: torch_d_step(*args, channels_last=True),
    "JAX jit": jax_d_step,
}
PACKAGE = {"PyTorch": "torch", "JAX": "jax"}


def contestants(workload, compiled):
    """Names of those that can run this workload here."""
    return [name for name in (CONTESTANTS if workload.penalty is None else PENALTY_CONTESTANTS)
            if (name == "numgan" or importlib.util.find_spec(PACKAGE[name.split()[0]]))
            and ("channels_last" not in name or workload.kind == "dcgan")
            and ("compile" not in name or compiled)]


def make_steps(name, workload, real):
    """{name of the step: function that takes one and returns its losses}."""
    if workload.penalty is None:
        return {"D and G": CONTESTANTS[name](workload, real)}
    return {step: PENALTY_CONTESTANTS[name](workload, real, step == "penalised")
            for step in workload.steps}


# -- a contestant's process ------------------------------------------------------------------------


def peak_memory():
    """Peak resident memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin"
                                                                 else 1024)


def worker(name, workload):
    """Read which step to take and how often from standard input, a line of JSON; answer with one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which ends this
    rng = np.random.default_rng(0)
    shape = (2,) if workload.kind == "mlp" else (28, 28, 1)
    real = np.tanh(rng.standard_normal((workload.batch, *shape))).astype(np.float32)
    if name != "numgan":
        __import__(PACKAGE[name.split()[0]])
    imported = peak_memory()
    steps = make_steps(name, workload, real)
    for line in sys.stdin:
        step, count = json.loads(line)
        times = []
        for _ in range(count):
            start = time.perf_counter()
            losses = steps[step]()
            times.append(time.perf_counter() - start)
        if not np.isfinite(losses).all():
            raise ArithmeticError(f"{name} gave losses {losses}")
        print(json.dumps({"times": times, "memory": peak_memory() - imported,
                          "sgemm": sgemm_rate() if (name, step) == ("numgan", "D and G") else 0}),
              flush=True)


def sgemm_rate(size=1536, repeats=3):
    """FLOP/s of one large float32 matrix product."""
    a = np.random.default_rng(0).random((size, size), np.float32)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - start)
    return 2 * size ** 3 / min(times)


def load():
    """Multiply matrices on one thread until this process is killed."""
    a = np.random.default_rng(0).random((512, 512), np.float32)
    with sharing_cores(1):
        while True:
            a @ a


# -- the comparison --------------------------------------------------------------------------------


@contextlib.contextmanager
def loaded(cores):
    """This many processes that load a core each, while a block lasts."""
    processes = [subprocess.Popen([sys.executable, "-m", "demos.speed", "--worker", "load", ""],
                                  cwd=ROOT, stdin=subprocess.DEVNULL) for _ in range(cores)]
    try:
        time.sleep(1.5 if processes else 0)  # until they have begun
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def compare(workload, compiled, rounds, seconds, bar):
    """{(name, step): {"times": [...], "medians": [of each turn], "memory": bytes, "sgemm": [...]}},
    blocks interleaved."""
    processes, found = {}, {}
    try:
        for name in contestants(workload, compiled):
            processes[name] = subprocess.Popen(
                [sys.executable, "-m", "demos.speed", "--worker", name,
                 json.dumps(list(workload))],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def ask(name, step, count):
            processes[name].stdin.write(json.dumps([step, count]) + "\n")
            processes[name].stdin.flush()
            line = processes[name].stdout.readline()
            if not line:
                raise RuntimeError(f"{name} stopped; its message stands above")
            return json.loads(line)

        turns = [(name, step) for name in processes for step in workload.steps]
        block = {}
        for turn in turns:
            ask(*turn, 3)  # compilation, first touches of memory
            block[turn] = max(3, int(seconds / statistics.median(ask(*turn, 5)["times"])))
            found[turn] = {"times": [], "medians": [], "sgemm": []}
        for _ in range(rounds):
            for turn in turns:
                answer = ask(*turn, block[turn])
                found[turn]["times"] += answer["times"][1:]
                found[turn]["medians"].append(statistics.median(answer["times"][1:]))
                found[turn]["sgemm"].append(answer["sgemm"])
                found[turn]["memory"] = answer["memory"]
                bar.update()
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    return found
