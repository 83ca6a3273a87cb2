"""How long a training step takes: numgan, PyTorch, JAX.

    python -m demos.speed                     what is installed of the peers is measured too
    python -m demos.speed --compile           torch.compile as well
    python -m demos.speed --only mlp          one kind of workload
    python -m demos.speed --only penalty      what a gradient penalty costs
    python -m demos.speed --busy 1            once more beside a process that loads a core

Each contestant runs in a process of its own and all take turns, a block of steps each, so that a
machine that is busy for a while is busy for all. For one discriminator step plus one generator step
the table gives the median time, each peer's time as a multiple of ours, the peak memory of each
process above what it had after its imports, and the rate of floating-point work in our matrix
products as a share of what this machine's NumPy reaches in one large product (sgemm).

For a gradient penalty, WGAN-GP or R1+R2, the step is the discriminator's alone: sample the
generator, both passes through D, the penalty's gradient, Adam. Its table gives the median time
without the penalty (plain) and with it (penalised), how many times as long the second takes, and
each peer's penalised time as a multiple of ours. PyTorch and JAX differentiate twice; torch.compile
cannot, so it has no part in these.

With --busy N everything is measured a second time, beside N processes that do nothing but multiply
matrices, each on one thread: the second table of a workload says how many times as long as in the
first its steps take. Other work on the machine counts as well, and spoils both.

    pip install torch jax                     makes the comparison; neither is needed otherwise
"""

import argparse
import contextlib
import functools
import importlib.metadata
import importlib.util
import json
import pathlib
import resource
import signal
import statistics
import subprocess
import sys
import textwrap
import time
import typing

import numpy as np
from matplotlib.figure import Figure

from numgan import Adam, Conv2D, ConvTranspose2D, Dense, NonSaturating, plotting
from numgan._runtime import sharing_cores
from numgan.losses import Relativistic, Wasserstein
from numgan.networks.models import (dcgan_discriminator, dcgan_generator, mlp_discriminator,
                                    mlp_generator)
from numgan.penalties import R1R2, WGANGP
from numgan.training import discriminator_step, standard_normal, train

from . import results
from .arguments import Parser, integer, positive, positive_number
from .common import INTERRUPTED, progress, run_main, usable_folder, write
from .speed_peers import ADAM, WEIGHT, jax_d_step, jax_step, torch_d_step, torch_step


QUICK = dict(only="mlp 2-128-128, batch 64: one d step + one g", rounds=1, seconds=0.01)


ROOT = pathlib.Path(__file__).parent.parent  # where `demos` is found, wherever one stands


class Workload(typing.NamedTuple):
    kind: str
    batch: int
    width: int  # channels after the generator's last but one layer
    latent: int
    normalization: str | None = None  # the discriminator's
    penalty: str | None = None  # its name, for the discriminator's step alone

    def __str__(self):
        text = (f"MLP 2-128-128, batch {self.batch}" if self.kind == "mlp" else
                f"DCGAN 28x28, width {self.width}, batch {self.batch}")
        if self.penalty is None:
            return f"{text}: one D step + one G step"
        if self.kind == "dcgan":
            text += f", D with {'LayerNorm' if self.normalization else 'no normalisation'}"
        return f"{text}: one D step, {self.penalty} penalty"

    @property
    def steps(self):
        """The names of the steps that are measured."""
        return ("D and G",) if self.penalty is None else ("plain", "penalised")


PENALTIES = {"WGAN-GP": (Wasserstein(), WGANGP(WEIGHT["WGAN-GP"])),
             "R1+R2": (Relativistic(), R1R2(WEIGHT["R1+R2"]))}
WORKLOADS = [Workload("mlp", 64, 0, 2), Workload("mlp", 256, 0, 2), Workload("mlp", 512, 0, 2),
             Workload("dcgan", 64, 32, 64, "batch"), Workload("dcgan", 128, 64, 64, "batch")]
WORKLOADS += [workload._replace(penalty=penalty, normalization=normalization)
              for workload in WORKLOADS
              for normalization in {0: [None], 32: ["layer", None], 64: ["layer"]}[workload.width]
              for penalty in PENALTIES]


def networks(workload):
    if workload.kind == "mlp":
        return mlp_generator(rng=0), mlp_discriminator(rng=1)
    return (dcgan_generator(28, 1, workload.latent, workload.width, rng=0),
            dcgan_discriminator(28, 1, workload.width, normalization=workload.normalization, rng=1))


def numgan_step(workload, real):
    generator, discriminator = networks(workload)
    records = train(generator, discriminator, lambda n: real, loss=NonSaturating(),
                    steps=10 ** 9, batch_size=workload.batch, d_optimizer=Adam(**ADAM),
                    g_optimizer=Adam(**ADAM), rng=np.random.default_rng(0))

    def step():
        record = next(records)
        return record.d_loss, record.g_loss

    return step


def numgan_d_step(workload, real, penalised):
    """The discriminator's step alone, with the workload's penalty or without."""
    generator, discriminator = networks(workload)
    loss, penalty = PENALTIES[workload.penalty]
    optimizer, rng = Adam(**ADAM), np.random.default_rng(0)

    def step():
        with sharing_cores():
            z = standard_normal(rng, (workload.batch, workload.latent), np.float32)
            return discriminator_step(generator, discriminator, real, z, loss=loss,
                                      optimizer=optimizer, rng=rng,
                                      penalty=penalty if penalised else None).loss

    return step


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


def product_flops(workload):
    """Floating-point operations in the matrix products of one D step and one G step."""
    generator, discriminator = networks(workload)

    def of_layers(network, shape):
        found = []
        for layer in network.layers:
            if isinstance(layer, Dense):
                found.append(2 * layer.W.size)
            elif isinstance(layer, Conv2D):
                rows, columns, _ = layer.output_shape(shape)
                found.append(2 * layer.W.size * rows * columns)
            elif isinstance(layer, ConvTranspose2D):
                found.append(2 * layer.W.size * shape[0] * shape[1])
            shape = layer.output_shape(shape)
        return found

    g = of_layers(generator, generator.input_shape)
    d = of_layers(discriminator, discriminator.input_shape)
    d_step = sum(g) + 2 * (3 * sum(d) - d[0])  # two batches: forward, dW, and dx but for the first
    g_step = 3 * sum(g) - g[0] + 2 * sum(d)  # D: forward and dx
    return workload.batch * (d_step + g_step)


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
    """That many processes that load a core each, as long as it lasts."""
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


def main(arguments=None):
    parser = Parser("speed", __doc__, QUICK, description=__doc__,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compile", action="store_true", help="measure torch.compile too")
    parser.add_argument("--only", default="", metavar="TEXT",
                        help="only workloads with TEXT in their name (mlp, dcgan, 'batch 64', "
                             "penalty, r1+r2, 'g step')")
    parser.add_argument("--rounds", type=positive, default=8, help="turns each contestant takes")
    parser.add_argument("--seconds", type=positive_number, default=0.5, help="length of a turn")
    parser.add_argument("--busy", metavar="N", default=0,
                        type=functools.partial(integer, least=0, most=1000),
                        help="measure once more beside N processes that load a core each")
    parser.share(out=True, results=True)
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker and options.worker[0] == "load":
        return load()
    if options.worker:
        return worker(options.worker[0], Workload(*json.loads(options.worker[1])))
    chosen = [w for w in WORKLOADS if options.only.lower() in str(w).lower()]
    if not chosen:
        parser.error(f"--only: no workload has {options.only!r} in its name; they are "
                     + "; ".join(map(str, WORKLOADS)))
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    loads = [0, options.busy] if options.busy else [0]
    total = len(loads) * options.rounds * sum(
        len(contestants(w, options.compile)) * len(w.steps) for w in chosen)
    runs, done = [], 0
    with progress(total=total, desc="taking turns", unit="turn") as bar:
        try:
            for done, workload in enumerate(chosen):
                quiet = None
                for busy in loads:
                    with loaded(busy):
                        found = compare(workload, options.compile, options.rounds,
                                        options.seconds, bar)
                    if busy:
                        bar.write(busy_table(workload, found, quiet, busy))
                    else:
                        bar.write((penalty_table if workload.penalty else table)(workload, found))
                        quiet = found
                    runs += figures(workload, found, busy)
        except KeyboardInterrupt:
            bar.write(f"Interrupted: {done} of {len(chosen)} workloads were measured.")
            return INTERRUPTED
    results.keep(path, results.command("speed", arguments),
                 {"unit": "ms", "range": "the medians of a contestant's turns, lowest to highest",
                  "rounds": options.rounds, "seconds": options.seconds}, runs, options.quick)
    print("\n".join(conclusion(runs)), flush=True)
    write(options.out, {"speed.png": lambda: draw(runs, options.out / "speed.png")})
    return 0


def figures(workload, found, busy=0):
    """What `compare` found, for the file of results: a run for each contestant and step."""
    runs = []
    for (name, step), result in found.items():
        run = {"workload": str(workload), "contestant": name, "step": step,
               "median": round(1e3 * statistics.median(result["times"]), 4),
               "lowest": round(1e3 * min(result["medians"]), 4),
               "highest": round(1e3 * max(result["medians"]), 4),
               "megabytes": round(result["memory"] / 2 ** 20, 1),
               **({"busy": busy} if busy else {})}
        package = PACKAGE.get(name.split()[0])
        runs.append(run | {package: importlib.metadata.version(package)} if package else run)
    return runs


def conclusion(runs):
    """How numgan's steps compare with the others', as lines of text."""
    times = {}  # of each peer in the faster of its ways, as multiples of ours
    for (workload, busy), mine in by_workload(runs).items():
        totals = {}
        for run in mine:
            totals[run["contestant"]] = totals.get(run["contestant"], 0) + run["median"]
        for peer in PACKAGE:
            theirs = [time for name, time in totals.items() if name.split()[0] == peer]
            if theirs:
                times.setdefault(peer, []).append(totals["numgan"] / min(theirs))
    if not times:
        return ["Nothing is installed to compare with: pip install torch jax"]
    return textwrap.wrap(
        f"In {len(by_workload(runs))} measured {'cases' if len(by_workload(runs)) > 1 else 'case'} "
        f"numgan's steps take "
        + " and ".join(f"{span(ratios)} times as long as those of {peer}"
                       for peer, ratios in times.items()) + ", in the faster of its ways.", 100)


def span(ratios):
    return " to ".join(dict.fromkeys(f"{ratio:.2g}" for ratio in (min(ratios), max(ratios))))


def by_workload(runs):
    """{(workload, busy): its runs}"""
    found = {}
    for run in runs:
        found.setdefault((run["workload"], run.get("busy", 0)), []).append(run)
    return found


def draw(runs, path):
    """A bar for each contestant and step: the median, and the range of the turns' medians."""
    groups = by_workload(runs)
    figure = Figure(figsize=(10, 0.6 + sum(0.55 + 0.24 * len(mine) for mine in groups.values())),
                    layout="constrained")
    figure.suptitle("A training step in milliseconds: median, and range over the turns",
                    fontweight="bold")
    axes = figure.subplots(len(groups), 1, squeeze=False, height_ratios=[
        0.55 + 0.24 * len(mine) for mine in groups.values()])[:, 0]
    for ax, ((workload, busy), mine) in zip(axes, groups.items()):
        median = np.array([run["median"] for run in mine])
        ends = np.array([[run["lowest"], run["highest"]] for run in mine]).T
        bars = ax.barh(range(len(mine)), median, 0.7, xerr=np.abs(ends - median), ecolor="black",
                       color=[plotting.REAL if run["contestant"] == "numgan" else "#BBBBBB"
                              for run in mine])
        ax.bar_label(bars, [f"{value:.2f}" for value in median], padding=4, fontsize=9)
        ax.margins(x=0.1)
        ax.set_yticks(range(len(mine)), [
            run["contestant"] + ("" if run["step"] == "D and G" else f", {run['step']}")
            for run in mine], fontsize=9)
        ax.invert_yaxis()
        ax.set_title(workload + (f", beside {busy} that load a core" if busy else ""),
                     fontsize=10, loc="left")
    plotting.save_figure(figure, path)


def table(workload, results):
    results = {name: result for (name, _), result in results.items()}
    medians = {name: statistics.median(result["times"]) for name, result in results.items()}
    ours = medians["numgan"]
    lines = [f"\n{workload}, float32",
             f"  {'':<30} {'median':>9} {'fastest 10%':>12} {'/ numgan':>9} {'memory':>9}"]
    for name, result in results.items():
        # inclusive: between two of the times, however few they are, and never outside of them
        fast = statistics.quantiles(result["times"], n=10, method="inclusive")[0]
        lines.append(f"  {name:<30} {medians[name] * 1e3:6.2f} ms {fast * 1e3:9.2f} ms "
                     f"{medians[name] / ours:9.2f} {result['memory'] / 2 ** 20:6.0f} MB")
    flops = product_flops(workload)
    rate = statistics.median(results["numgan"]["sgemm"])
    lines.append(f"  numgan's products: {flops / 1e9:.3f} GFLOP a step, {flops / ours / 1e9:.0f} "
                 f"GFLOP/s, {flops / ours / rate:.0%} of this machine's sgemm "
                 f"({rate / 1e9:.0f} GFLOP/s)")
    return "\n".join(lines)


def penalty_table(workload, results):
    """Median times of the discriminator's step, plain and penalised, of every contestant."""
    medians = {turn: statistics.median(result["times"]) for turn, result in results.items()}
    ours = medians["numgan", "penalised"]
    lines = [f"\n{workload}, float32",
             f"  {'':<30} {'plain':>9} {'penalised':>12} {'/ plain':>9} {'/ numgan':>9}"]
    for name in dict.fromkeys(name for name, _ in medians):
        plain, penalised = medians[name, "plain"], medians[name, "penalised"]
        lines.append(f"  {name:<30} {plain * 1e3:6.2f} ms {penalised * 1e3:9.2f} ms "
                     f"{penalised / plain:9.2f} {penalised / ours:9.2f}")
    return "\n".join(lines)


def busy_table(workload, found, quiet, busy):
    """Median times beside `busy` processes that load a core each, and by how much they are longer
    than those of `quiet`, what `compare` found without."""
    def median(result):
        return statistics.median(result["times"])

    beside = "one process that loads a core" if busy == 1 else f"{busy} processes that load a core"
    lines = [f"\n{workload}, float32, beside {beside}",
             f"  {'':<30} {'':<10} {'median':>9} {'/ quiet':>9} {'/ numgan':>9}"]
    for (name, step), result in found.items():
        time = median(result)
        lines.append(f"  {name:<30} {step:<10} {time * 1e3:6.2f} ms "
                     f"{time / median(quiet[name, step]):9.2f} "
                     f"{time / median(found['numgan', step]):9.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    run_main(main)
