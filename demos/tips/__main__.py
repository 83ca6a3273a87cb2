"""The seventeen tips of ganhacks, measured: each against the same training without it.

    python -m demos.tips                              all, five seeds; 35 minutes of a busy core
    python -m demos.tips --only 4 13                  the rows of some tips
    python -m demos.tips --seeds 0 1 --steps 3000     shorter, and says less
    python -m demos.tips --results demos/results/tips.json    the table again, without training

Each row is a pair of trainings on the grid of 25 Gaussians that differ in one tip alone, from the
same seeds: initial weights, data and latents are the same unless the tip changes them. Most rows
compare with one baseline, a GAN that finds some of the modes and not all (`switches.Switches`,
where every tip is a switch). A tip that the baseline follows already is left out in "without"; so a
difference is always with the tip minus without.

What is counted, after the last step: of 2,500 samples, those within 3 standard deviations of a mode
are of high quality; a mode is covered if it has one of them. The reverse KL says how the samples
spread over the modes: it is 0 if all modes are covered and have equal shares.

The rule, the same for all rows. For the n seeds' differences d_i, in modes and in high quality
separately, the 95 % interval of Student's t is  mean d ± t · s / √n,
s² = Σ (d_i − mean d)² / (n − 1), with t = 2.78 for five seeds. A tip

    helped      if an interval lies above 0, and none below
    hurt        if an interval lies below 0, and none above
    mixed       if one lies above and one below
    no effect   if both contain 0: none that five seeds could show

Modes alone say little where quality is low: 2,500 points thrown evenly over the square that holds
the data, of which 2.5 % are of high quality, cover 23 modes. So a sharper G may seem to lose some:
read both columns.

There are two intervals a row, and twenty-seven rows: if no tip did anything, two or three intervals
would still leave 0 out (*). Holm's correction (1979) allows for that: of m intervals with p values
p_1 <= p_2 <= ..., those before the first with p_i > 0.05 / (m − i + 1) remain (‡), and the chance
that any of them is there by accident is at most 5 %. An effect that is smaller than the interval is
not excluded. And most rows have the same trainings on one side, those of the baseline. If these
were lucky, all of these rows look worse together (better, where a tip is measured by leaving it
out). No correction mends that.

Results are kept after each training, in results.json in the output folder or where `--results`
says. What is there already is not trained again: after Ctrl-C the same command goes on, without
--resume. Of unfinished trainings, ten seconds or so each, nothing is kept. Delete the file to
measure again.
"""

import dataclasses
import math
import textwrap
import time

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from numgan import data, metrics, plotting
from numgan._files import replacing
from numgan.training import TrainingDiverged

from .. import results
from ..arguments import Parser, natural, positive
from ..common import INTERRUPTED, attempt, run_main, usable_folder, write
from ..jobs import Task, run_all
from .statistics import (FACTORS, SAMPLES, keep, kept, marks_of, mean_of, rows_of)
from .switches import TIPS, Switches

QUICK = dict(steps=20, seeds=[0, 1])
COLOURS = {"helped": plotting.REAL, "hurt": plotting.FAKE, "mixed": "#7A5195",
           "no effect": "#777777", "–": "#777777"}


def measure(switches, toy, seed, report=lambda step: None):
    """Train once and count; returns a dict, as it is kept in the file of results."""
    start = time.perf_counter()
    trial = switches.start(toy, seed)
    stopped = ""
    try:
        for record in trial:
            report(record.step + 1)
    except TrainingDiverged as error:
        stopped = str(error)
    # latents for judging have a generator of their own, the same in both trainings of a pair
    samples = trial.sample(SAMPLES, np.random.default_rng([seed, 1]))
    score = metrics.mode_statistics(samples, toy.centers, toy.std)
    return {"modes": score.modes, "high_quality": score.high_quality,
            "reverse_kl": None if math.isnan(score.reverse_kl) else score.reverse_kl,
            "findings": [finding.name for finding in trial.findings],
            "seconds": round(time.perf_counter() - start, 1), "stopped": stopped,
            **results.stamp()}


# -- what is shown ---------------------------------------------------------------------------------


def table(rows):
    """Lines of text: for each tip the means without → with, and the difference ± its interval."""
    lines = [f"{'tip':<29}{'modes':>27}{'high quality %':>31}{'reverse KL':>15}  the tip",
             f"{'':<29}{'without with':>14}{'difference':>13}{'without with':>17}{'difference':>14}"
             f"{'w/o  with':>15}"]
    most, marks = max(row.n for row in rows), marks_of(rows)
    for row in rows:
        line = f"{row.tip.number:>2} {row.tip.name:<26}"
        for name, factor in FACTORS.items():
            mean, half = (factor * value for value in row.interval(name))
            line += (f"{factor * row.without[name].mean():>8.1f}"
                     f"{factor * row.having[name].mean():>6.1f}"
                     f"{mean:>+8.1f} ± {half:<4.1f}{marks[row.tip.name, name]:<1}")
        line += "".join(f"{mean_of(side['reverse_kl']):>7.2f}"
                        for side in (row.without, row.having))
        lines.append(f"{line}  {row.verdict}" + (f"  ({row.n} seeds)" if row.n < most else ""))
    return lines


def notes(rows, baseline):
    """Lines of text: what the marks mean and how many there are, and which rows share runs."""
    marks = list(marks_of(rows).values())
    outside, remain = len(marks) - marks.count(""), marks.count("‡")
    sharing = sum(baseline in row.tip.settings(baseline) for row in rows)
    return [f"* ‡ the 95 % interval leaves 0 out: {outside} of {len(marks)}",
            f"‡ and remains after Holm's correction for all {len(marks)}: {remain}",
            f"{sharing} of {len(rows)} rows have the same trainings on one side, the baseline's, "
            f"whose settings were chosen on seeds 100 and 101"]


def conclusion(rows):
    """What the rows have shown, as lines of text."""
    said = {"helped": "helped", "hurt": "hurt", "mixed": "helped in one and hurt in the other",
            "no effect": "showed no effect", "–": "cannot be judged by one seed"}
    counts = {verdict: [row.tip.name for row in rows if row.verdict == verdict] for verdict in said}
    named = "; ".join(f"{len(names)} {said[verdict]}"
                      + (f" ({', '.join(names)})" if verdict in ("helped", "hurt", "mixed") else "")
                      for verdict, names in counts.items() if names)
    return textwrap.wrap(f"Of {len(rows)} rows {named}.", 100)


def draw(rows, path, n):
    """A dot for each seed: with the tip minus without, in modes and in high quality."""
    figure = Figure(figsize=(10.5, 1.9 + 0.3 * len(rows)), dpi=100)
    axes = figure.subplots(1, 2, sharey=True)
    places, marks = np.arange(len(rows))[::-1], marks_of(rows)
    for ax, (name, factor), label in zip(axes, FACTORS.items(), (
            "modes covered, of 25", "samples of high quality, percentage points")):
        ax.axvline(0, color="black", linewidth=0.8, zorder=1)
        for row, y in zip(rows, places):
            mean, half = (factor * value for value in row.interval(name))
            colour = (COLOURS["helped" if mean > 0 else "hurt"] if row.shows(name) else
                      COLOURS["no effect"])
            d = factor * row.differences(name)
            ax.plot([mean - half, mean + half], [y, y], color=colour, linewidth=6, alpha=0.3,
                    solid_capstyle="butt", zorder=2)
            ax.plot(d, y + 0.16 * np.linspace(-1, 1, len(d)), "o", color=colour, markersize=3,
                    zorder=3)
            ax.plot(mean, y, "|", color=colour, markersize=13, markeredgewidth=2.2, zorder=4)
            if marks[row.tip.name, name] == "‡":
                ax.annotate("‡", (max(mean + half, d.max()), y), (4, 0),
                            textcoords="offset points", va="center", color=colour, fontsize=11)
        ax.set_title(label, fontsize=10.5)
        ax.set_xlabel("← worse with the tip       difference       better with it →", fontsize=9)
        ax.set_ylim(-0.7, len(rows) - 0.3)
        ax.grid(axis="x", alpha=0.3)
        ax.tick_params(labelsize=9)
    for y in places[1::2]:
        for ax in axes:
            ax.axhspan(y - 0.5, y + 0.5, color="black", alpha=0.035, linewidth=0, zorder=0)
    axes[0].set_yticks(places, [f"{row.tip.number}  {row.tip.name}" for row in rows])
    axes[1].tick_params(left=False)
    right = axes[1].twinx()
    right.set_ylim(axes[1].get_ylim())
    right.set_yticks(places, [row.verdict for row in rows], fontsize=9)
    right.tick_params(right=False)
    for text, row in zip(right.get_yticklabels(), rows):
        text.set_color(COLOURS[row.verdict])
    figure.suptitle(f"The tips of ganhacks on the grid of 25: with the tip minus without, "
                    f"{n} seeds", fontsize=13, fontweight="bold")
    figure.legend(handles=[
        Line2D([], [], marker="o", linestyle="none", color="#777777", markersize=3,
               label="a seed"),
        Line2D([], [], marker="|", linestyle="none", color="#777777", markersize=12,
               markeredgewidth=2.2, label="mean"),
        Line2D([], [], color="#777777", linewidth=6, alpha=0.3, label="its 95 % interval"),
        Line2D([], [], color=COLOURS["helped"], linewidth=6, alpha=0.5, label="interval above 0"),
        Line2D([], [], color=COLOURS["hurt"], linewidth=6, alpha=0.5, label="interval below 0"),
        Line2D([], [], marker="$‡$", linestyle="none", color="black", markersize=10,
               markeredgewidth=0, label="remains after Holm's correction")],
        loc="lower center", ncols=6, fontsize=9, frameon=False)
    figure.tight_layout(rect=(0, 0.8 / figure.get_figheight() * 0.45, 1, 0.995))
    plotting.save_figure(figure, path, dpi=110)


def main(arguments=None):
    numbers = sorted({tip.number for tip in TIPS})
    parser = Parser("tips", __doc__, QUICK)
    parser.add_argument("--only", nargs="+", type=natural, choices=numbers, metavar="N",
                        default=numbers, help="tips by their number, 1 to 17 (default all)")
    parser.add_argument("--steps", type=positive, metavar="N", default=Switches().steps,
                        help=f"generator steps of a training (default {Switches().steps:,})")
    parser.share(seeds=[0, 1, 2, 3, 4], out=True, jobs=True, resume=True, results=True)
    options = parser.parse_args(arguments)
    seeds = options.seeds
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    toy, baseline = data.grid(), dataclasses.replace(Switches(), steps=options.steps)
    tips = [tip for tip in TIPS if tip.number in options.only]
    try:
        runs = kept(path, options.quick)[1] if path.exists() else {}
    except (ValueError, OSError) as error:
        parser.error(f"{path}: expected the runs of an earlier table, got {error}; delete it")

    wanted = {}  # settings that several rows have are trained once, and named by the first
    for tip in tips:
        for seed in seeds:
            for switches in tip.settings(baseline):
                wanted.setdefault((switches, seed), tip)
    missing = [one for one in wanted if one not in runs]
    tasks = [Task(f"{wanted[one].number} {wanted[one].name}, seed {one[1]}", options.steps,
                  (one[0], toy, one[1])) for one in missing]

    def keep_all():
        keep(path, results.command("tips", arguments), seeds, runs, options.quick)

    interrupted = False
    try:
        for index, found in run_all(measure, tasks, options.jobs):
            runs[missing[index]] = found
            with attempt(path):
                keep_all()
    except KeyboardInterrupt:
        interrupted = True
    rows = rows_of(tips, runs, seeds, baseline)
    if interrupted:
        print("Interrupted: here is what was measured; the same command goes on.")
    if rows:
        text = "\n".join([*table(rows), *notes(rows, baseline), "",
                          *(f"{tip.number:>2} {tip.name}: {tip.text}" for tip in tips), "",
                          *conclusion(rows)])
        print(f"\n{text}", flush=True)

        def write_table():
            with replacing(options.out / "table.txt") as temporary:
                temporary.write_text(text + "\n")

        with attempt(path):
            keep_all()
            print(f"Written: {path}", flush=True)
        write(options.out, {
            "table.txt": write_table,
            "tips.png": lambda: draw(rows, options.out / "tips.png", max(row.n for row in rows))})
    for (switches, seed), tip in wanted.items():
        stopped = runs.get((switches, seed), {}).get("stopped")
        if stopped:
            print(f"{tip.number} {tip.name}, seed {seed}: {stopped}")
    return INTERRUPTED if interrupted else 0


if __name__ == "__main__":
    run_main(main)
