"""Tables, heat maps and sentences of the figures of `demos.balance`.

`runs` is {key: run}, as `demos.ledger` keeps them; what is missing is left white.
"""

import textwrap

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from numgan import plotting

from .duels import AGES, WON, duels_of
from .games import LABELS, MEASURES, WIDTHS, f_score, maps_of, over_seeds

CLASSES = {"modes": "classes", "high_quality": "recognised"}  # of digits
MODES = {"grid": 25, "digits": 10, "ring": 8}  # of the data, or their classes


# -- tables ----------------------------------------------------------------------------------------


def cells_of(map_, runs, seeds, value):
    """(rows, columns, 2): mean and standard deviation over the seeds; nan where there are none."""
    found = [[over_seeds(runs, pair, seeds, value) for pair in row] for row in map_.pairs()]
    return np.array([[(values.mean() if len(values) else np.nan,
                       values.std(ddof=1) if len(values) > 1 else np.nan) for values in row]
                     for row in found])


def table(dataset, runs, seeds):
    """Lines of text: for each map, a row for each pair."""
    names = name_of(dataset)
    lines = []
    for map_ in maps_of(dataset):
        shown = "mean ± standard deviation" if len(seeds) > 1 else "mean"
        lines += ["", f"{dataset}: {map_.title}, {shown} of {plural(len(seeds))}",
                  f"{LABELS[map_.row].split(',')[0]:>12}{LABELS[map_.column]:>12}"
                  + "".join(f"{name:>18}" for name in names.values())]
        found = [cells_of(map_, runs, seeds, lambda run, name=name: run[name]) for name in names]
        for i, y in enumerate(map_.rows):
            for j, x in enumerate(map_.columns):
                cells = [with_spread(*one[i, j], digits, " ± ")
                         for one, digits in zip(found, (1, 3, 3, 3))]
                lines.append(f"{y:>12g}{x:>12g}" + "".join(f"{cell:>18}" for cell in cells))
    return lines


def with_spread(mean, spread, digits, sign):
    """A cell's text: one seed has no spread."""
    return f"{mean:.{digits}f}" + ("" if np.isnan(spread) else f"{sign}{spread:.{digits}f}")


def duel_table(dataset, duels, most):
    """Lines of text: a row for an age and a width, D's job and G's."""
    lines = ["", f"{dataset}: steps until the job is done, for each seed (–: not in {most:,})",
             f"{'age':>6}{'width':>7}{'D: numbers':>12}{'steps':>22}{'G: numbers':>12}"
             f"{'steps':>22}{'recall then':>13}"]
    for age in AGES:
        for width in WIDTHS[dataset]:
            found = {job: [one for one in duels if (one["job"], one["age"], one["width"])
                           == (job, age, width)] for job in "DG"}
            if not all(found.values()):
                continue
            cells = [(found[job][0]["parameters"],
                      ", ".join("–" if one["steps"] is None else str(one["steps"])
                                for one in found[job])) for job in "DG"]
            recall = np.mean([one["recall"] for one in found["G"]])
            lines.append(f"{100 * age:>5g}%{width:>7}"
                         + "".join(f"{numbers:>12,}{steps:>22}" for numbers, steps in cells)
                         + f"{recall:>13.3f}")
    return lines


def name_of(dataset):
    """The measures, as the data set calls them."""
    return MEASURES | CLASSES if dataset == "digits" else MEASURES


def duels_in(dataset, runs, seeds):
    """The figures of all duels of the data set, in their order."""
    kept = [runs[key] for key in (duels_key(dataset, seed) for seed in seeds) if key in runs]
    return [one["duels"][duel.name] for one in kept for duel in duels_of(dataset)
            if duel.name in one["duels"]]


def duels_key(dataset, seed):
    return f"{dataset}, duels, seed {seed}"


def plural(seeds):
    return f"{seeds} seed" + "s" * (seeds != 1)


# -- pictures --------------------------------------------------------------------------------------


def draw_maps(dataset, title, runs, seeds, path):
    """A row of heat maps for each pair of settings, a column for each measure and one for F."""
    names, maps = {**name_of(dataset), "F": "F"}, maps_of(dataset)
    figure = Figure(figsize=(3 * len(names), 3 * len(maps) + 0.9), dpi=100, layout="constrained")
    figure.suptitle(f"Who may be stronger? {title}, mean of {plural(len(seeds))} (± spread)\n"
                    "A pair that stands in two maps was trained once",
                    fontsize=14, fontweight="bold")
    axes = figure.subplots(len(maps), len(names), squeeze=False)
    for row, map_ in zip(axes, maps):
        for ax, (measure, name) in zip(row, names.items()):
            top = MODES[dataset] if measure == "modes" else 1
            found = cells_of(map_, runs, seeds, f_score if measure == "F" else
                             lambda run, measure=measure: run[measure])
            image = ax.imshow(found[..., 0], cmap="viridis", vmin=0, vmax=top, aspect="auto")
            for i, j in np.ndindex(found.shape[:2]):
                mean, spread = found[i, j]
                if not np.isnan(mean):
                    digits = 1 if measure == "modes" else 2
                    ax.text(j, i, with_spread(mean, spread, digits, "\n±"), ha="center",
                            va="center", fontsize=9, color="white" if mean < 0.6 * top else "black")
            ax.set_xticks(range(len(map_.columns)), [f"{x:g}" for x in map_.columns], fontsize=9)
            ax.set_yticks(range(len(map_.rows)), [f"{y:g}" for y in map_.rows], fontsize=9)
            ax.set_xlabel(LABELS[map_.column], fontsize=9)
            ax.set_ylabel(LABELS[map_.row], fontsize=9)
            ax.set_title(name, fontsize=11)
            if map_ is maps[-1]:
                figure.colorbar(image, ax=ax, location="bottom", aspect=30)
    plotting.save_figure(figure, path, dpi=100)


def draw_duels(dataset, title, duels, most, path):
    """Steps until the job is done, over the parameters; a panel for each age of the other player.
    """
    figure = Figure(figsize=(4.3 * len(AGES), 4.4), dpi=100, layout="constrained")
    figure.suptitle(f"Whose job is easier? {title}: one learns, the other stands still",
                    fontsize=14, fontweight="bold")
    for ax, age in zip(figure.subplots(1, len(AGES), sharey=True), AGES):
        for job, color, label in (("D", plotting.REAL, "a new D tells that G from the data"),
                                  ("G", plotting.FAKE, "a new G fools that D")):
            mine = [one for one in duels if one["job"] == job and one["age"] == age]
            if not mine:
                continue
            sizes = sorted({one["parameters"] for one in mine})
            steps = np.array([[one["steps"] or 1.6 * most for one in mine
                               if one["parameters"] == size] for size in sizes])
            for done, marker, fill in (steps <= most, "o", color), (steps > most, "^", "none"):
                ax.plot(np.repeat(sizes, done.sum(axis=1)), steps[done], marker, color=color,
                        markersize=5, markerfacecolor=fill, alpha=0.6)
            median = np.median(steps, axis=1)
            ax.plot(sizes, median, ":", color=color)  # dotted to and from jobs that are not done
            ax.plot(sizes, np.where(median <= most, median, np.nan), "-", color=color, label=label)
        ax.axhline(most, color="0.5", linewidth=0.8, linestyle="--")
        ax.annotate(f"above: not done in {most:,} steps", (0.02, most), xytext=(0, -4), va="top",
                    xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=8,
                    color="0.4")
        ax.set(xscale="log", yscale="log", ylim=(0.7, 2.6 * most),
               xlabel="parameters of the one that learns",
               title=f"the other trained for {100 * age:g} % of its steps")
        ax.title.set_fontsize(11)
        ax.grid(alpha=0.3)
    figure.axes[0].set_ylabel(f"steps until {100 * WON:g} % right, or fooled")
    grey = dict(color="0.4", linestyle="none", markersize=5)
    handles = [*figure.axes[0].get_legend_handles_labels()[0],
               Line2D([], [], marker="o", label="a seed", **grey),
               Line2D([], [], marker="^", markerfacecolor="none", label="not done", **grey),
               Line2D([], [], color="0.4", label="median")]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, fontsize=10, frameon=False)
    plotting.save_figure(figure, path, dpi=100)


# -- words -----------------------------------------------------------------------------------------


def conclusion(dataset, title, runs, seeds, duels, most):
    """What the figures say, in sentences that follow from them; lines of text."""
    words = [f"On {title} (F, the harmonic mean of precision and recall, mean of "
             f"{plural(len(seeds))})."]
    widths, rates, turns = maps_of(dataset)
    for map_, name in (widths, "widths"), (rates, "rates"):
        words.append(sides(map_, name, runs, seeds))
    words.append(steps_or_rate(turns, runs, seeds))
    words.append(easier(duels, most))
    return textwrap.wrap(" ".join(word for word in words if word), 100)


def sides(map_, name, runs, seeds):
    """Are equal players the best, and which side may be stronger?"""
    found = cells_of(map_, runs, seeds, f_score)
    mean = found[..., 0]
    if np.isnan(mean).any():
        return ""
    upper = np.triu_indices(len(mean), 1)
    diagonal = mean.diagonal()
    best = np.unravel_index(mean.argmax(), mean.shape)
    equal = int(diagonal.argmax())
    text = (f"{name.capitalize()}: F is {diagonal.mean():.2f} on average where both are equal, "
            f"{mean[upper].mean():.2f} where D has the larger, {mean.T[upper].mean():.2f} where G "
            f"has. Best of all is G {map_.rows[best[0]]:g}, D {map_.columns[best[1]]:g} with "
            f"{mean[best]:.2f}")
    if best[0] == best[1]:
        return text + f": the best pair has equal {name}."
    gains = (over_seeds(runs, map_.pairs()[best[0]][best[1]], seeds, f_score)
             - over_seeds(runs, map_.pairs()[equal][equal], seeds, f_score))
    sure = "in every seed" if (gains > 0).all() else f"in {(gains > 0).sum()} of {len(gains)} seeds"
    return text + (f"; of equal ones {map_.rows[equal]:g} is the best with "
                   f"{mean[equal, equal]:.2f}, and worse {sure}: they need not be equal"
                   + (", by these figures." if (gains > 0).all() else
                      ", but these seeds do not settle it."))


def steps_or_rate(map_, runs, seeds):
    """Is k steps of D the same as a faster D?"""
    mean = cells_of(map_, runs, seeds, f_score)[..., 0]
    if np.isnan(mean).any():
        return ""
    best = mean.argmax(axis=1)
    return ("Steps of D: best F by D's rate is " + ", ".join(
        f"{mean[i, j]:.2f} with k = {k} (rate {map_.columns[j]:g})"
        for i, (k, j) in enumerate(zip(map_.rows, best)))
        + f"; at D's lowest rate more steps change F from {mean[0, 0]:.2f} to {mean[-1, 0]:.2f}, "
        f"at its highest from {mean[0, -1]:.2f} to {mean[-1, -1]:.2f}.")


def easier(duels, most):
    """Whose job takes fewer steps, at the same width, age and seed?"""
    words, counts = [], {"D": 0, "G": 0}
    for age in AGES:
        pairs = {}
        for one in duels:
            if one["age"] == age:
                pairs.setdefault((one["width"], one["seed"]), {})[one["job"]] = one
        pairs = [pair for pair in pairs.values() if len(pair) == 2]
        if not pairs:
            continue
        for pair in pairs:
            steps = {job: one["steps"] or np.inf for job, one in pair.items()}
            if steps["D"] != steps["G"]:
                counts[min(steps, key=steps.get)] += 1
        texts = []
        for job in "DG":
            done = [pair[job]["steps"] for pair in pairs if pair[job]["steps"]]
            texts.append(f"{job} in {len(done)} of {len(pairs)}"
                         + (f" (median {np.median(done):g} steps)" if done else ""))
        words.append(f"at {100 * age:g} % of the training {', '.join(texts)}")
    if not words:
        return ""
    fools = [one for one in duels if one["job"] == "G" and one["steps"]]
    recall = np.mean([one["recall"] for one in fools]) if fools else np.nan
    first, second = sorted(counts, key=counts.get, reverse=True)
    job = {"D": "D's", "G": "G's"}
    verdict = (f"{job[first]} job was the easier one {counts[first]} times, {job[second]} "
               f"{counts[second]} times")
    if counts[first] == counts[second]:
        verdict = f"each job was the easier one {counts[first]} times"
    return (f"One learns while the other stands still, and is done within {most:,} steps: "
            + "; ".join(words) + f". So {verdict}"
            + (f"; but a G that fools a D that stands still has a recall of {recall:.2f}: that is "
               f"not yet the data." if fools else "."))
