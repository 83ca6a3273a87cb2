"""The wall of the museum: what every bug learned, and its curves beside the right ones."""

import textwrap

import numpy as np
from matplotlib.figure import Figure

from numgan import data, plotting

from .exhibits import EXHIBITS
from .verdict import HARMLESS, HIDDEN, NAMES, SHOWN, mean

COLUMNS = 6
HEADINGS = {HIDDEN: ("Harm that no curve shows", "#CC3311"),
            SHOWN: ("Harm that a curve shows", "#0072B2"),
            HARMLESS: ("No harm here", "#555555")}
CELL, WIDE, HEAD, TOP = 3.6, 2.2, 0.5, 1.2  # inches


def draw(found, verdicts, out):
    """found : Results; verdicts : of `judged`. A panel for each exhibit, of its middle seed: the
    one with the median high quality."""
    at = {(one.exhibit, one.setting, one.seed): one for one in found}
    groups = {kind: [name for name, one in verdicts.items() if one[0].kind == kind]
              for kind in HEADINGS}
    groups = {kind: names for kind, names in groups.items() if names}
    rows = {kind: -(-len(names) // COLUMNS) for kind, names in groups.items()}
    high = TOP + sum(HEAD + CELL * count for count in rows.values())
    figure = Figure(figsize=(WIDE * COLUMNS, high), dpi=100)
    figure.text(0.01, 1 - 0.1 / high, "The bug museum: one GAN on a ring of eight, with one bug "
                "at a time", fontsize=19, fontweight="bold", va="top")
    figure.text(0.01, 1 - 0.5 / high, "Orange: what G makes, and the rings are the modes. Below: "
                "D(x) in blue and D(G(z)) in orange over the training, from 0 to 1;\ngrey: the "
                "right code's. Figures are means over seeds; drawn is the seed in the middle.",
                fontsize=12, va="top")
    top = TOP
    for kind, names in groups.items():
        title, colour = HEADINGS[kind]
        figure.text(0.01, 1 - (top + 0.08) / high, f"{title} ({len(names)})", fontsize=15,
                    fontweight="bold", color=colour, va="top")
        top += HEAD
        for index, name in enumerate(names):
            row, column = divmod(index, COLUMNS)
            _, runs, _ = verdicts[name]
            middle = sorted(runs, key=lambda run: run["high_quality"])[len(runs) // 2]
            setting, seed = middle["setting"], middle["seed"]
            panel(figure, at[name, setting, seed], at["", setting, seed], verdicts[name],
                  column / COLUMNS, top + CELL * row, high, colour)
        top += CELL * rows[kind]
    plotting.save_figure(figure, out / "bug_museum.png", dpi=100)


def any_inside(samples, extent):
    """Whether some of the samples are in the picture."""
    left, right, bottom, top = extent
    x, y = samples.T
    return ((left < x) & (x < right) & (bottom < y) & (y < top)).any()


def panel(figure, one, right, judgement, left, top, high, colour):
    """Title, samples, figures and curves in a cell whose upper left corner is at (left, top)."""
    toy, width = data.ring(modes=8), 1 / COLUMNS
    title = EXHIBITS[one.exhibit].title
    figure.text(left + 0.01, 1 - top / high, "\n".join(
        textwrap.wrap(title[0].upper() + title[1:], 26)), fontsize=9, va="top", linespacing=1.05)
    ax = figure.add_axes([left + 0.01, 1 - (top + 2.27) / high, width - 0.014, 1.7 / high])
    plotting.plane(ax, plotting.square(toy.extent))
    samples = one.samples[np.isfinite(one.samples).all(axis=1)][:800]
    plotting.points(ax, samples, color=plotting.FAKE, markersize=1.6, markeredgewidth=0)
    plotting.points(ax, toy.centers, color=plotting.REAL, markersize=8, markerfacecolor="none",
                    markeredgewidth=0.9)
    left_out = not any_inside(samples, plotting.square(toy.extent))
    for spine in ax.spines.values():
        spine.set(color=colour, linewidth=1.6)
    if left_out:
        ax.text(0.5, 0.5, "all outside the frame", ha="center", va="center", fontsize=9,
                transform=ax.transAxes)
    verdict, *both = judgement
    bug, good = (f"{mean(runs, 'modes'):.1f} modes, "
                 f"{100 * mean(runs, 'high_quality'):.0f} % in them" for runs in both)
    ax.text(0.5, -0.02, bug, ha="center", va="top", fontsize=8,
            fontweight="bold", transform=ax.transAxes)
    ax.text(0.5, -0.11, f"right code: {good}", ha="center", va="top", fontsize=8,
            color="#555555", transform=ax.transAxes)
    below = figure.add_axes([left + 0.01, 1 - (top + 3.22) / high, width - 0.014, 0.55 / high])
    if verdict.kind == SHOWN:
        below.text(0, -0.04, "off: " + ", ".join(NAMES[name] for name in verdict.curves),
                   fontsize=7, va="top", transform=below.transAxes, color="#555555")
    for name, tint in ("d_real", plotting.REAL), ("d_fake", plotting.FAKE):
        for values, style in ((right.curves, dict(color="#BBBBBB", linewidth=2.2)),
                              (one.curves, dict(color=tint, linewidth=1.2))):
            if values:
                below.plot(values[name], **style)
    below.set(ylim=(-0.12, 1.12), xticks=[], yticks=[])  # a curve at 0 or 1 is off the frame
    for spine in below.spines.values():
        spine.set(color="#BBBBBB", linewidth=0.6)
