"""Tables in Markdown: cells, and the lines below that say what made them."""

import re
import statistics
import textwrap

from .. import results


def markdown(header, rows):
    """A table in Markdown. header, and each of rows : list of str"""
    return "\n".join("| " + " | ".join(cells) + " |"
                     for cells in (header, ["---"] * len(header), *rows))


def over(runs, name, text):
    """What the runs have under this name: for one run its value; for several the mean and the ends,
    or, for whole numbers, the ends alone."""
    values = [run[name] for run in runs if run.get(name) is not None]
    if not values:
        return "–"
    ends = list(dict.fromkeys(text(value) for value in (min(values), max(values))))
    if len(ends) == 1 or isinstance(values[0], int):
        return " to ".join(ends)
    return f"{text(statistics.fmean(values))} ({' to '.join(ends).replace(' %', '')})"


def reached(bar, missed):
    """The line below a table that says what was asked of its rows, and which reached it.

    bar : str; missed : {(row, seed): list of str, what that run missed}, seed None where there is
    only one
    """
    rows, short = {row for row, _ in missed}, {}
    for (row, seed), words in missed.items():
        if words:
            short.setdefault(row, []).append(
                (f"seed {seed}: " if seed is not None else "") + " and ".join(words))
    said = "; missed by " + ", ".join(f"{row} ({'; '.join(words)})"
                                      for row, words in short.items()) if short else ""
    text = (f"Asked: {bar}. Reached by {len(rows) - len(short)} of {len(rows)} rows"
            f"{' on every seed' * any(seed is not None for _, seed in missed)}{said}.")
    return "\n\n" + textwrap.fill(text.replace(" %", "\0%"), 100, break_on_hyphens=False).replace(
        "\0", " ")


def below(run, bars):
    """What of a run is below its bar, in words. bars : {name: (the least, function of a value that
    makes the words)}"""
    return [text(run[name]) for name, (least, text) in bars.items()
            if run.get(name) is not None and run[name] < least]


def thousandths(value):
    return f"{value:.4f}" if value < 0.01 else f"{value:.3f}"


def by_method(found, measures, digits=2):
    """A row for each "method" of the runs, the `spread` over its seeds of each of `measures`.
    found : a file of results, or several"""
    found = found if isinstance(found, list) else [found]
    runs = [run for one in found for run in methods_of(one)]
    rows = [[name, *(spread([run[measure] for run in runs if run["method"] == name], digits)
                     for measure in measures)]
            for name in dict.fromkeys(run["method"] for run in runs)]
    return markdown(["", *measures.values()], rows) + notes(*found)


def methods_of(found):
    """The runs of a method, but for those that `stopped` early: their figures are not its own."""
    return [run for run in found["runs"] if "method" in run and not run.get("stopped")]


def seeds_of(name):
    """The results NAME_SEED.json, a file for each seed."""
    return [load(path.stem) for path in sorted(results.FOLDER.glob(f"{name}_*.json"))]


def spread(values, digits=2):
    """Mean, with the standard deviation if there are several that differ; of two both."""
    if len(values) == 2 and values[0] != values[1]:
        return ", ".join(f"{value:.{digits}f}" for value in values)
    return f"{statistics.fmean(values):.{digits}f}" + (
        f" ± {statistics.stdev(values):.{digits}f}" if len(set(values)) > 1 else "")


def percent(share, digits=1):
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def number(value, digits):
    return "–" if value is None else f"{value:.{digits}f}"


def load(name):
    """The results of this name; ValueError if they are those of --quick."""
    path = results.FOLDER / f"{name}.json"
    found = results.read(path)
    if found["settings"].get("quick"):
        raise ValueError(f"expected {path} to be of a whole run, got one of --quick: "
                         f"{found['command']}")
    return found


def notes(*found):
    """What made these results, below their table."""
    runs = [run for one in found for run in one["runs"]]
    made = made_by([one["command"] for one in found])
    return (f"\n\n*Made by {made}; {dates(runs)}, numgan {distinct(runs, 'numgan')}"
            + "".join(f", {word} {distinct(runs, name)}" for word, name in (
                ("commit", "commit"), ("NumPy", "numpy"), ("kernels for", "kernels"),
                ("PyTorch", "torch"), ("JAX", "jax")) if distinct(runs, name))
            + "".join(f"; {name}: {value}" for name in ("range", "machine")
                      for value in dict.fromkeys(one["settings"].get(name) for one in found)
                      if value) + ".*")


MOST_COMMANDS = 3  # that are said one by one


def made_by(commands):
    """The commands in a line; if many, those that differ in --seed and --only are put together."""
    if len(commands) <= MOST_COMMANDS:
        return ", ".join(f"`{command}`" for command in commands)
    groups = {}
    for command in commands:
        seed = re.search(r" --seed (\d+)", command)
        rest = re.sub(r" --seed \d+| --only( [^-]\S*)+", "", command)
        seeds, pieces = groups.setdefault((rest, seed is None), ([], []))
        seeds += [seed[1]] if seed and seed[1] not in seeds else []
        pieces += [command] if " --only" in command else []
    return "; ".join(
        (f"`{rest}`" if alone else f"`{rest} --seed S`, S = {', '.join(seeds)}")
        + (", some rows apart or again (`--only`)" if pieces else "")
        for (rest, alone), (seeds, pieces) in groups.items())


def distinct(runs, name):
    return ", ".join(dict.fromkeys(str(run[name]) for run in runs if run.get(name)))


def dates(runs):
    """The first and the last day."""
    days = sorted({run["date"] for run in runs if "date" in run})
    return " to ".join(dict.fromkeys([days[0], days[-1]])) if days else "no date"
