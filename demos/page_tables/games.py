"""The tables of what is measured in the plane."""

import re
import statistics

import numpy as np

from .. import results
from .variants import MODES, QUALITY, bars_in_plane
from .writing import below, load, markdown, notes, number, percent, reached, spread

PUBLISHED = {"grid": [["(PacGAN4, published)", "24.8 ± 0.2", "93.6 ± 0.6 %", "0.04 ± 0.01"]]}


def mode_collapse():
    """`demos.mode_collapse` over seeds: mean ± standard error."""
    found = [load(f"mode_collapse_{name}")
             for name in ("ring", "ring_r3gan", "grid", "grid_r3gan")]
    rows = []
    for data, modes in MODES.items():
        for one in found:
            if one["settings"]["dataset"] == data:
                rows += [[data, recipe, *cells] for recipe, cells in means(one["runs"]).items()]
        rows += [[data, *cells] for cells in PUBLISHED.get(data, [])]
        rows.append([data, "(a perfect sampler)", str(modes), percent(1 - np.exp(-4.5)),
                     f"{(modes - 1) / (2 * found[0]['settings']['samples']):.4f}"])
    missed = {(f"{run['recipe']} on the {one['settings']['dataset']}", run["seed"]): below(
        run, bars_in_plane(one["settings"]["dataset"]))
        for one in found for run in one["runs"] if run["recipe"] != "plain GAN"}
    return markdown(["data", "method", "modes", "high quality", "reverse KL"], rows) + reached(
        f"of the cures all modes, and at least {percent(QUALITY, 0)} of high quality",
        missed) + notes(*found)


def means(runs):
    """{recipe: cells with mean ± standard error over its seeds}."""
    found = {}
    for recipe in dict.fromkeys(run["recipe"] for run in runs):
        mine = [run for run in runs if run["recipe"] == recipe]
        cells = []
        for name, factor, digits, unit in (("modes", 1, 1, ""), ("high_quality", 100, 1, " %"),
                                           ("reverse_kl", 1, None, "")):
            values = [run[name] for run in mine if run[name] is not None]
            mean = statistics.fmean(values) if values else np.nan
            error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else np.nan
            places = (2 if mean > 0.1 else 4) if digits is None else digits
            cells.append(f"{factor * mean:.{places}f} ± {factor * error:.{places}f}{unit}")
        found[recipe] = cells
    return found


def clusters():
    """`demos.clusters` on the ring: what each way finds, for each seed."""
    found = [load(f"clusters_ring_{seed}") for seed in (1, 2, 3)]
    runs = list(zip(*(one["runs"] for one in found)))  # of each sample, over the seeds
    names = [name for name, value in runs[0][0].items() if type(value) in (int, float)
             and name != "radius"]
    rows = [[name, *(", ".join(percent(run[name]) if name == "DBSCAN's noise" else str(run[name])
                               for run in mine) for mine in runs)] for name in names]
    return markdown(["clusters in", *(mine[0]["sample"] for mine in runs)], rows) + notes(*found)


TRUNCATED = ("ring", "ring_cgan", "grid", "mnist")


def truncation():
    """`demos.truncation`: precision and recall at each threshold, mean ± spread of the seeds."""
    found = [load(f"truncation_{name}") for name in TRUNCATED]
    names = list(dict.fromkeys(run["row"] for run in found[0]["runs"]))
    rows = []
    for name in names:
        cells = [name]
        for one in found:
            mine = [run for run in one["runs"] if run["row"] == name]
            cells += [spread([run[measure] for run in mine]) for measure in ("precision", "recall")]
        rows.append(cells)
    header = [""]
    for one in found:
        title = f"{one['settings'].get('method', 'gan').upper()}, {one['runs'][0]['dataset']}"
        header += [f"{title}: precision", "recall"]
    return markdown(header, rows) + notes(*found)


def balance():
    """`demos.balance`: the maps of widths, rates and steps. On the grid F, the harmonic mean of
    precision and recall; on digits, where most have no recall, the share that is recognised."""
    from ..balance.games import LABELS, f_score, key_of, maps_of
    found = load("balance")
    runs, seeds = {run["key"]: run for run in found["runs"]}, seeds_in(found)
    tables = []
    for data, name, value in (("grid", "F", f_score),
                              ("digits", "recognised", lambda run: run["high_quality"])):
        for one in maps_of(data):
            header = [f"{data}, {name}: {LABELS[one.row]} ↓, {LABELS[one.column]} →",
                      *(f"{x:g}" for x in one.columns)]
            tables.append(markdown(header, [
                [f"{y:g}", *(spread([value(runs[key_of(pair, seed)]) for seed in seeds])
                             for pair in row)] for y, row in zip(one.rows, one.pairs())]))
    return "\n\n".join(tables) + notes(found)


def duels():
    """`demos.balance`: one learns while the other stands still; who is done, and how soon, by the
    age of the other and the width of the one that learns."""
    from ..balance.duels import AGES
    from ..balance.games import WIDTHS
    from ..balance.views import duels_in
    found = load("balance")
    runs, rows = {run["key"]: run for run in found["runs"]}, []
    for data in ("grid", "digits"):
        fought = duels_in(data, runs, seeds_in(found))
        for age in AGES:
            for width in WIDTHS[data]:
                cells = []
                for job in "DG":
                    mine = [one for one in fought if (one["job"], one["age"], one["width"])
                            == (job, age, width)]
                    steps = [one["steps"] for one in mine if one["steps"] is not None]
                    cells += [f"{mine[0]['parameters']:,}", f"{len(steps)} of {len(mine)}",
                              f"{statistics.median(steps):g}" if steps else "–"]
                rows.append([data, f"{100 * age:g} %", str(width), *cells,
                             spread([one["recall"] for one in mine if one["steps"] is not None])])
    return markdown(["data", "the other has had", "width", "D: parameters", "done",
                     "steps (median)", "G: parameters", "done", "steps (median)",
                     "G's recall then"], rows) + notes(found)


def seeds_in(found):
    return sorted({run["seed"] for run in found["runs"]})


def published():
    """`demos.tables`: for each published table that was trained again, both figures; for a row with
    trainings of several lengths, those with the most steps."""
    from ..tables.entries import TABLES as ENTRIES
    from ..tables.views import conclusion, lines_of
    parts = []
    for name in ENTRIES:
        if (results.FOLDER / f"table_{name}.json").exists():
            found, entry = load(f"table_{name}"), ENTRIES[name]()
            runs = {run["key"]: run for run in longest(found["runs"])}
            parts.append(f"**{entry.title}**\n\n" + markdown(*lines_of(entry, runs)) + "\n\n"
                         + "\n".join(f"- {line}" for line in entry.differs) + "\n\n"
                         + "\n".join(conclusion(entry, runs)) + notes(found))
    return "\n\n".join(parts)


def longest(runs):
    """The runs of `demos.tables` without those whose key plans fewer steps than others of their
    row; one that diverged counts with the steps planned."""
    def planned(run):
        steps = re.search(r", (\d+) steps, seed", run["key"])
        return int(steps[1]) if steps else 0

    most = {}
    for run in runs:
        row = run["data"], run["row"]
        most[row] = max(most.get(row, 0), planned(run))
    return [run for run in runs if planned(run) == most[run["data"], run["row"]]]


def tips():
    """`demos.tips`, a row for each tip."""
    from ..tips.statistics import FACTORS, kept, marks_of, mean_of, rows_of  # with SciPy
    from ..tips.switches import TIPS, Switches
    seeds, runs = kept(results.FOLDER / "tips.json")
    rows = rows_of(TIPS, runs, seeds, Switches())
    marks, lines = marks_of(rows), []
    for row in rows:
        cells = [f"{row.tip.number} {row.tip.name}", row.tip.text]
        for name, factor in FACTORS.items():
            mean, half = (factor * value for value in row.interval(name))
            text = f"{mean:+.1f} ± {half:.1f}".replace("-", "−")
            mark = marks[row.tip.name, name]
            text += " ‡" * (mark == "‡")
            cells += [" → ".join(f"{factor * side[name].mean():.1f}"
                                 for side in (row.without, row.having)),
                      f"**{text}**" if mark else text]
        kl = [mean_of(side["reverse_kl"]) for side in (row.without, row.having)]
        cells += [" → ".join(number(None if np.isnan(one) else one, 2) for one in kl), row.verdict]
        lines.append(cells)
    return markdown(["tip", "what it is", "modes", "difference", "high quality %", "difference",
                     "reverse KL", "the tip"], lines) + notes(load("tips"))
