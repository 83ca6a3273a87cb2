"""The tables of `demos.speed`."""

from .writing import load, markdown, notes

PEERS = {"numgan": "numgan", "PyTorch": "PyTorch, eager", "JAX": "JAX, jit"}


def speed():
    """`demos.speed`: a step of both players."""
    return times("speed", lambda runs: span(runs.get("D and G")))


def speed_busy():
    """The same beside a process that loads a core."""
    return times("speed", lambda runs: span(runs.get("D and G")), busy=1)


def speed_penalty():
    """`demos.speed --only penalty`: D's step, plain → with the penalty."""
    return times("speed_penalty", lambda runs: " → ".join(span(runs.get(step))
                                                          for step in ("plain", "penalised")))


def times(name, cell, busy=0):
    """A row for each workload, a column for each of PEERS, in the faster of its ways; measured
    beside `busy` processes that load a core each."""
    found = load(name)
    found["runs"] = [run for run in found["runs"] if run.get("busy", 0) == busy]
    rows = []
    for workload in dict.fromkeys(run["workload"] for run in found["runs"]):
        cells = [workload.replace(": one D step + one G step", "").replace(": one D step", "")]
        for peer in PEERS:
            ways = {}  # contestant: {step: run}
            for run in found["runs"]:
                if run["workload"] == workload and run["contestant"].split()[0] == peer:
                    ways.setdefault(run["contestant"], {})[run["step"]] = run
            cells.append(cell(min(ways.values(), key=total)) if ways else "–")
        rows.append(cells)
    return markdown(["milliseconds", *PEERS.values()], rows) + notes(found)


def total(steps):
    """Of {step: run}, the time of all steps together."""
    return sum(run.get("median", run.get("lowest")) for run in steps.values())


def span(run):
    """"0.39 to 0.40", or the median alone."""
    if run is None:
        return "–"
    ends = [run[end] for end in ("lowest", "highest") if end in run] or [run["median"]]
    texts = dict.fromkeys(significant(value) for value in ends)
    return " to ".join(texts)


def significant(milliseconds):
    return f"{milliseconds:.2f}" if milliseconds < 5 else f"{float(f'{milliseconds:.3g}'):g}"
