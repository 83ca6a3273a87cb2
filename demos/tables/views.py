"""A published table and the figures that were measured here, side by side: text, picture, words."""

import textwrap

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from numgan import plotting

from .entries import REAL


def runs_of(ledger_runs, data, name):
    return [run for run in ledger_runs.values() if (run["data"], run["row"]) == (data, name)]


def measured(runs, measure):
    """(mean, standard error or None) over the runs that have a number; None if none has."""
    values = [run[measure] for run in runs if run.get(measure) is not None]
    if not values:
        return None
    return np.mean(values), (np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1
                             else None)


def figure_text(figure, digits):
    if figure is None:
        return "–"
    mean, error = figure
    return f"{mean:.{digits}f}" + ("" if error is None else f" ± {error:.{digits}f}")


def as_published(figure):
    if figure is None:
        return "–"
    mean, error = figure
    return f"{mean:g}" + ("" if error is None else f" ± {error:g}")


def lines_of(entry, runs):
    """The table as a header and rows of cells, published before measured; for a measure that nobody
    published, measured alone."""
    header, compared = ["data", "method"], published_measures(entry)
    for measure, (label, _) in entry.measures.items():
        header += [f"{label}: published", "measured"] if measure in compared else [
            f"{label}: measured"]
    header += ["seeds", "steps"]
    rows = []
    for data in dict.fromkeys(row.data for row in entry.rows):
        mine = [row for row in entry.rows if row.data == data]
        for name, published in [*((row.name, row.published) for row in mine), (REAL, {})]:
            found = runs_of(runs, data, name)
            if not found and not published:
                continue
            cells = [data, name]
            for measure, (_, digits) in entry.measures.items():
                cells += [as_published(published.get(measure))] * (measure in compared)
                cells += [figure_text(measured(found, measure), digits)]
            rows.append([*cells, str(len(found) or "–"), steps_text(found)])
    return header, rows


def published_measures(entry):
    return {measure for row in entry.rows for measure in row.published}


def steps_text(found):
    """How many steps they were trained for, and of how many published ones if fewer."""
    texts = [f"{run['steps']:,}" + (f" of {run['published_steps']:,}"
                                    if run["steps"] < run["published_steps"] else "")
             for run in found if "steps" in run]
    return ", ".join(dict.fromkeys(texts)) or "–"


def text_table(header, rows):
    widths = [max(map(len, column)) for column in zip(header, *rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
            for line in (header, *rows)]


# -- words -----------------------------------------------------------------------------------------


def conclusion(entry, runs):
    """What came of it, in sentences that follow from the figures; lines of text."""
    compared, near, shorter = 0, 0, shortened(runs)
    for row in entry.rows:
        found = runs_of(runs, row.data, row.name)
        for measure, (mean, error) in row.published.items():
            here = measured(found, measure)
            if here is None or measure not in entry.measures:
                continue
            compared += 1
            spread = np.hypot(error or 0.0, here[1] or 0.0)
            near += spread > 0 and abs(here[0] - mean) <= 2 * spread
    words = []
    if compared:
        words.append(f"Of {compared} published figures that were measured again {near} "
                     f"{'lies' if near == 1 else 'lie'} within two standard errors of ours.")
    else:
        words.append("No published figure was measured again: " + (
            "the paper has none." if not any(row.published for row in entry.rows) else
            "no row that has one was trained."))
    if shorter:
        words.append(f"{shorter} of {sum('steps' in run for run in runs.values())} trainings were "
                     f"shorter than published, or than their recipe says.")
    words += [best_words(entry, runs), *ordering(entry, runs)]
    return textwrap.wrap(" ".join(word for word in words if word), 100)


def shortened(runs):
    """How many trainings had fewer steps than were published, or than their recipe says."""
    return sum(run["steps"] < run["published_steps"] for run in runs.values() if "steps" in run)


def best_words(entry, runs):
    """Whether the best method reaches the bar in each seed."""
    if not entry.bar:
        return ""
    row = entry.row(entry.best)
    found = runs_of(runs, row.data, row.name)
    if not found:
        return f"{row.name} was not trained."
    passed = sum(all(run[name] is not None and (run[name] >= least if least > 0 else
                                                run[name] <= -least)
                     for name, least in entry.bar.items()) for run in found)
    said = ", ".join(f"{entry.measures[name][0]} {'at least' if least > 0 else 'at most'} "
                     f"{abs(least):g}" for name, least in entry.bar.items())
    return f"{row.name}: {said}, in {passed} of {len(found)} seeds."


def ordering(entry, runs):
    """For each data set, the rows from the most modes (or the largest measure) to the least."""
    measure = "modes" if "modes" in entry.measures else next(iter(entry.measures))
    label, digits = entry.measures[measure]
    for data in dict.fromkeys(row.data for row in entry.rows):
        found = {row.name: measured(runs_of(runs, data, row.name), measure)
                 for row in entry.rows if row.data == data}
        found = {name: figure for name, figure in found.items() if figure is not None}
        if len(found) > 1:
            order = sorted(found, key=lambda name: -found[name][0])
            yield f"{data}, {label}: " + ", ".join(
                f"{name} {figure_text(found[name], digits)}" for name in order) + "."


# -- the picture -----------------------------------------------------------------------------------


def draw(entry, runs, path):
    """A panel for each measure, a line for each row: published and measured, seeds as dots."""
    rows = [(row.data, row.name, row.published) for row in entry.rows
            if row.published or runs_of(runs, row.data, row.name)]
    for data in dict.fromkeys(row.data for row in entry.rows):
        if runs_of(runs, data, REAL):
            last = max((i for i, row in enumerate(rows) if row[0] == data), default=-1)
            rows.insert(last + 1, (data, REAL, {}))
    wide = 3.3 if len(entry.measures) < 4 else 2.2
    figure = Figure(figsize=(3.0 + wide * len(entry.measures), 1.6 + 0.36 * len(rows)), dpi=100,
                    layout="constrained")
    figure.suptitle(entry.title + ("" if not shortened(runs) else
                                   "; trainings shortened, see the table"),
                    fontsize=14, fontweight="bold")
    places = np.arange(len(rows))[::-1]
    several = len({data for data, _, _ in rows}) > 1
    axes = figure.subplots(1, len(entry.measures), sharey=True, squeeze=False)[0]
    for ax, (measure, (label, _)) in zip(axes, entry.measures.items()):
        for y, (data, name, published) in zip(places, rows):
            if measure in published:
                mean, error = published[measure]
                ax.errorbar(mean, y + 0.13, xerr=error, fmt="D", color="0.35", markersize=6,
                            markerfacecolor="white", capsize=3)
            found = runs_of(runs, data, name)
            values = [run[measure] for run in found if run.get(measure) is not None]
            color = plotting.REAL if name == REAL else plotting.FAKE
            ax.plot(values, [y - 0.13] * len(values), "o", color=color, markersize=4, alpha=0.6)
            if values:
                ax.plot(np.mean(values), y - 0.13, "|", color=color, markersize=15,
                        markeredgewidth=2.4)
        ax.set_title(label, fontsize=11)
        ax.grid(axis="x", alpha=0.3)
        ax.margins(x=0.08)
        low, high = ax.get_xlim()
        ax.set_xlim(min(low, -0.05 * high), 1.03 * high)  # zero, or near it, is there
        ax.set_ylim(-0.6, len(rows) - 0.4)
        for y in places[1::2]:
            ax.axhspan(y - 0.5, y + 0.5, color="black", alpha=0.04, linewidth=0)
    axes[0].set_yticks(places, [f"{data}: {name}" if several else name
                                for data, name, _ in rows], fontsize=10)
    figure.legend(handles=[
        *[Line2D([], [], marker="D", linestyle="none", color="0.35", markerfacecolor="white",
                 label="published")] * any(published for _, _, published in rows),
        Line2D([], [], marker="o", linestyle="none", color=plotting.FAKE, markersize=4,
               label="a seed, here"),
        Line2D([], [], marker="|", linestyle="none", color=plotting.FAKE, markersize=13,
               markeredgewidth=2.4, label="their mean"),
        Line2D([], [], marker="o", linestyle="none", color=plotting.REAL, markersize=4,
               label="real samples")],
        loc="outside lower center", ncols=4, fontsize=10, frameon=False)
    plotting.save_figure(figure, path, dpi=100)
