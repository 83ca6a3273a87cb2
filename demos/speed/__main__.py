"""How long a training step takes: numgan, PyTorch, JAX.

    python -m demos.speed                     the peers that are installed are measured too
    python -m demos.speed --compile           torch.compile as well
    python -m demos.speed --only mlp          one kind of workload
    python -m demos.speed --only penalty      what a gradient penalty costs
    python -m demos.speed --busy 1            once more beside a process that loads a core

Each contestant runs in a process of its own and all take turns, a block of steps each, so that a
machine that is busy for a while is busy for all. The table is for one discriminator step plus one
generator step. It gives the median time, each peer's time as a multiple of ours, and the peak
memory of each process above what it had after its imports. It also gives the rate of floating-point
work in our matrix products, as a share of what this machine's NumPy reaches in one large product
(sgemm).

For a gradient penalty, WGAN-GP or R1+R2, the step is the discriminator's alone: sample the
generator, both passes through D, the penalty's gradient, Adam. Its table gives the median time
without the penalty (plain) and with it (penalised), how many times as long the second takes, and
each peer's penalised time as a multiple of ours. PyTorch and JAX differentiate twice; torch.compile
cannot, so it has no part in these.

With --busy N everything is measured a second time, beside N processes that do nothing but multiply
matrices, each on one thread. The second table of a workload says how many times as long its steps
take as in the first. Other work on the machine counts as well, and spoils both.

    pip install torch jax                     makes the comparison; neither is needed otherwise
"""

import argparse
import functools
import importlib.metadata
import json
import statistics
import textwrap

from .. import results
from ..arguments import Parser, integer, positive, positive_number
from ..common import INTERRUPTED, progress, run_main, usable_folder, write
from . import turns
from .ours import product_flops
from .views import by_workload, draw
from .workloads import WORKLOADS, Workload

QUICK = dict(only="mlp 2-128-128, batch 64: one d step + one g", rounds=1, seconds=0.01)


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
        return turns.load()
    if options.worker:
        return turns.worker(options.worker[0], Workload(*json.loads(options.worker[1])))
    chosen = [w for w in WORKLOADS if options.only.lower() in str(w).lower()]
    if not chosen:
        parser.error(f"--only: no workload has {options.only!r} in its name; they are "
                     + "; ".join(map(str, WORKLOADS)))
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    loads = [0, options.busy] if options.busy else [0]
    total = len(loads) * options.rounds * sum(
        len(turns.contestants(w, options.compile)) * len(w.steps) for w in chosen)
    runs, done = [], 0
    with progress(total=total, desc="taking turns", unit="turn") as bar:
        try:
            for done, workload in enumerate(chosen):
                quiet = None
                for busy in loads:
                    with turns.loaded(busy):
                        found = turns.compare(workload, options.compile, options.rounds,
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
        package = turns.PACKAGE.get(name.split()[0])
        runs.append(run | {package: importlib.metadata.version(package)} if package else run)
    return runs


def conclusion(runs):
    """How numgan's steps compare with the others', as lines of text."""
    times = {}  # of each peer in the faster of its ways, as multiples of ours
    for (workload, busy), mine in by_workload(runs).items():
        totals = {}
        for run in mine:
            totals[run["contestant"]] = totals.get(run["contestant"], 0) + run["median"]
        for peer in turns.PACKAGE:
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
    """Median times beside `busy` processes that load a core each, and how much longer they are than
    those of `quiet`, which `compare` found without such processes."""
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
