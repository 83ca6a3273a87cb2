"""The seventeen tips of ganhacks, measured: each against the same training without it.

    python -m demos.tips                              all, five seeds; 35 minutes on a busy core
    python -m demos.tips --only 4 13                  the rows of some tips
    python -m demos.tips --seeds 0 1 --steps 3000     shorter, and says less

Each row is a pair of trainings on the grid of 25 Gaussians that differ in one tip alone, from the
same seeds: first weights, data and latents are the same where the tip leaves them so. Most rows
compare with one baseline, a GAN that finds some of the modes and not all (`numgan.tips.Switches`,
where every tip is a switch). What the baseline follows already is left out in "without"; so a
difference is always with the tip minus without.

What is counted, after the last step: of 2,500 samples, those within 3 standard deviations of a mode
are of high quality; a mode is covered if it has one of them; the reverse KL is 0 if the covered
modes are all and have equal shares (how the samples spread over the modes).

The rule, the same for all rows. Of the n seeds' differences d_i, in modes and in high quality each,
the 95 % interval of Student's t is  mean d ± t · s / √n,  s² = Σ (d_i − mean d)² / (n − 1), with
t = 2.78 for five seeds. A tip

    helped      if an interval lies above 0, and none below
    hurt        if an interval lies below 0, and none above
    mixed       if one lies above and one below
    no effect   if both contain 0: none that five seeds could show

Modes alone say little where quality is low: 2,500 points thrown evenly over the square, of which
2 % are of high quality, cover 22 modes. So a sharper G may seem to lose some: read both columns.

Two intervals a row, and twenty-seven rows: if no tip did anything, two or three would still be
found outside of 0. And an effect that is smaller than the interval is not excluded.

Results are kept in runs.json in the output folder after each training. What is there already is not
trained again: Ctrl-C, and the same command goes on. Delete the file to measure anew.
"""

import argparse
import dataclasses
import json
import math
import pathlib
import time

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from numgan import data, metrics, plotting
from numgan.files import read_json, replacing
from numgan.tips import TIPS, Switches
from numgan.training import TrainingDiverged

from .common import attempt, progress, run_main, usable_folder, write
from .mode_collapse import natural, positive

SAMPLES = 2500
MEASURES = ("modes", "high_quality", "reverse_kl")
JUDGED = MEASURES[:2]
STUDENT = (12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)  # 97.5 %, n − 1
COLOURS = {"helped": plotting.REAL, "hurt": plotting.FAKE, "mixed": "#7A5195",
           "no effect": "#777777", "–": "#777777"}


def measure(switches, toy, seed, bar=None):
    """Train once and count; returns a dict of plain numbers, as it is kept in runs.json."""
    start = time.perf_counter()
    trial = switches.start(toy, seed)
    stopped = ""
    try:
        for _ in trial:
            if bar is not None:
                bar.update()
    except TrainingDiverged as error:
        stopped = str(error)
    # latents for judging have a generator of their own, the same in both trainings of a pair
    samples = trial.sample(SAMPLES, np.random.default_rng([seed, 1]))
    score = metrics.mode_statistics(samples, toy.centers, toy.std)
    return {"modes": score.modes, "high_quality": score.high_quality,
            "reverse_kl": None if math.isnan(score.reverse_kl) else score.reverse_kl,
            "findings": [finding.name for finding in trial.findings],
            "seconds": round(time.perf_counter() - start, 1), "stopped": stopped}


def key(switches, seed):
    """What makes a run: all switches and the seed, as text."""
    return f"{switches} seed={seed}"


def kept_runs(path):
    """What `measure` found before, by `key`; a ValueError if the file holds something else."""
    runs = read_json(path)
    if not isinstance(runs, dict):
        raise ValueError(f"no object but {type(runs).__name__}")
    for name, run in runs.items():
        if not isinstance(run, dict) or not isinstance(run.get("stopped"), str) or not all(
                type(run.get(measure)) in (int, float)
                or measure == "reverse_kl" and measure in run and run[measure] is None
                for measure in MEASURES):
            raise ValueError(f"{run!r:.100} for {name!r:.100}")
    return runs


class Row:
    """One tip over its seeds: `without` and `having` map a measure to the values (n,) of seeds."""

    def __init__(self, tip, pairs):
        self.tip, self.n = tip, len(pairs)
        self.without, self.having = (
            {name: np.array([np.nan if one[name] is None else one[name] for one in side], float)
             for name in MEASURES} for side in zip(*pairs))

    def differences(self, name):
        return self.having[name] - self.without[name]

    def interval(self, name):
        """(mean difference, half the 95 % interval, or NaN for a single seed)."""
        d = self.differences(name)
        if self.n < 2:
            return d.mean(), np.nan
        return d.mean(), student(self.n - 1) * d.std(ddof=1) / math.sqrt(self.n)

    @property
    def verdict(self):
        if self.n < 2:
            return "–"
        found = {np.sign(mean) for mean, half in map(self.interval, JUDGED) if abs(mean) > half}
        return {frozenset(): "no effect", frozenset([1]): "helped",
                frozenset([-1]): "hurt"}.get(frozenset(found), "mixed")


def student(freedom):
    """The 97.5 % quantile of Student's t; beyond ten degrees of freedom by its expansion."""
    if freedom <= len(STUDENT):
        return STUDENT[freedom - 1]
    z = 1.959964
    return (z + (z ** 3 + z) / (4 * freedom)
            + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2)
            + (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3))


def rows_of(tips, runs, seeds, baseline):
    """A `Row` for each tip of which there are pairs of runs; the seeds that both have."""
    found = []
    for tip in tips:
        pairs = [[runs[key(switches, seed)] for switches in tip.settings(baseline)]
                 for seed in seeds
                 if all(key(switches, seed) in runs for switches in tip.settings(baseline))]
        if pairs:
            found.append(Row(tip, pairs))
    return found


# -- what is shown ---------------------------------------------------------------------------------


def table(rows):
    """Lines of text: of each tip the means without → with, and the difference ± its interval."""
    lines = [f"{'tip':<29}{'modes':>27}{'high quality %':>30}{'reverse KL':>14}  the tip",
             f"{'':<29}{'without with':>14}{'difference':>13}{'without with':>16}{'difference':>14}"
             f"{'w/o  with':>14}"]
    most = max(row.n for row in rows)
    for row in rows:
        line = f"{row.tip.number:>2} {row.tip.name:<26}"
        for name, factor, digits in (("modes", 1, 1), ("high_quality", 100, 1)):
            mean, half = (factor * value for value in row.interval(name))
            line += (f"{factor * row.without[name].mean():>8.{digits}f}"
                     f"{factor * row.having[name].mean():>6.{digits}f}"
                     f"{mean:>+8.{digits}f} ± {half:<4.{digits}f}")
        line += "".join(f"{mean_of(side['reverse_kl']):>7.2f}"
                        for side in (row.without, row.having))
        lines.append(f"{line}  {row.verdict}" + (f"  ({row.n} seeds)" if row.n < most else ""))
    return lines


def mean_of(values):
    """The mean of those that are numbers (there is no reverse KL without good samples)."""
    known = values[~np.isnan(values)]
    return known.mean() if known.size else np.nan


def draw(rows, path, n):
    """A dot for each seed: with the tip minus without, in modes and in high quality."""
    figure = Figure(figsize=(10.5, 1.9 + 0.3 * len(rows)), dpi=100)
    axes = figure.subplots(1, 2, sharey=True)
    places = np.arange(len(rows))[::-1]
    for ax, (name, factor, label) in zip(axes, (
            ("modes", 1, "modes covered, of 25"),
            ("high_quality", 100, "samples of high quality, percentage points"))):
        ax.axvline(0, color="black", linewidth=0.8, zorder=1)
        for row, y in zip(rows, places):
            mean, half = (factor * value for value in row.interval(name))
            shows = abs(mean) > half
            colour = "#777777" if not shows else COLOURS["helped" if mean > 0 else "hurt"]
            d = factor * row.differences(name)
            ax.plot([mean - half, mean + half], [y, y], color=colour, linewidth=6, alpha=0.3,
                    solid_capstyle="butt", zorder=2)
            ax.plot(d, y + 0.16 * np.linspace(-1, 1, len(d)), "o", color=colour, markersize=3,
                    zorder=3)
            ax.plot(mean, y, "|", color=colour, markersize=13, markeredgewidth=2.2, zorder=4)
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
        Line2D([], [], color=COLOURS["hurt"], linewidth=6, alpha=0.5, label="interval below 0")],
        loc="lower center", ncols=5, fontsize=9, frameon=False)
    figure.tight_layout(rect=(0, 0.8 / figure.get_figheight() * 0.45, 1, 0.995))
    plotting.save_figure(figure, path, dpi=110)


def main(arguments=None):
    numbers = sorted({tip.number for tip in TIPS})
    parser = argparse.ArgumentParser(prog="python -m demos.tips",
                                     description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", type=natural, choices=numbers, metavar="N",
                        default=numbers, help="tips by their number, 1 to 17 (default all)")
    parser.add_argument("--seeds", nargs="+", type=natural, default=[0, 1, 2, 3, 4],
                        metavar="SEED", help="default 0 1 2 3 4")
    parser.add_argument("--steps", type=positive, metavar="N", default=Switches().steps,
                        help=f"generator steps of a training (default {Switches().steps:,})")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/tips"), metavar="DIR",
                        help="where to write, and to read what was measured before (default "
                             "out/tips)")
    options = parser.parse_args(arguments)
    usable_folder(parser, options.out)
    seeds = list(dict.fromkeys(options.seeds))
    toy, baseline = data.grid(), dataclasses.replace(Switches(), steps=options.steps)
    tips = [tip for tip in TIPS if tip.number in options.only]
    kept = options.out / "runs.json"
    try:
        runs = kept_runs(kept) if kept.exists() else {}
    except (ValueError, OSError) as error:
        parser.error(f"{kept}: expected the runs of an earlier table, got {error}; delete it")

    wanted = {}  # settings that several rows have are trained once, and named by the first
    for tip in tips:
        for seed in seeds:
            for switches in tip.settings(baseline):
                wanted.setdefault(key(switches, seed), (tip, switches, seed))
    bar = progress(total=len(wanted) * options.steps, unit=" steps", unit_scale=True,
                   smoothing=0.01, initial=sum(name in runs for name in wanted) * options.steps)

    def keep():
        with replacing(kept) as temporary:
            temporary.write_text(json.dumps(runs, indent=1))

    interrupted = False
    try:
        for name, (tip, switches, seed) in wanted.items():
            if name in runs:
                continue
            bar.set_description(f"{tip.number} {tip.name}, seed {seed}")
            runs[name] = measure(switches, toy, seed, bar)
            with attempt(kept):
                keep()
    except KeyboardInterrupt:
        interrupted = True
    bar.close()
    rows = rows_of(tips, runs, seeds, baseline)
    if interrupted:
        print("Interrupted: here is what was measured; the same command goes on.")
    if rows:
        text = "\n".join([*table(rows), "", *(f"{tip.number:>2} {tip.name}: {tip.text}"
                                              for tip in tips)])
        print(f"\n{text}", flush=True)

        def write_table():
            with replacing(options.out / "table.txt") as temporary:
                temporary.write_text(text + "\n")

        write(options.out, {
            "runs.json": keep, "table.txt": write_table,
            "tips.png": lambda: draw(rows, options.out / "tips.png", max(row.n for row in rows))})
    for name, (tip, _, seed) in wanted.items():
        if name in runs and runs[name]["stopped"]:
            print(f"{tip.number} {tip.name}, seed {seed}: {runs[name]['stopped']}")
    return 130 if interrupted else 0


if __name__ == "__main__":
    run_main(main)
