"""The truncation trick: latents nearer to zero than in training, fidelity for diversity, or not.

    python -m demos.truncation                       ring and grid, five seeds; a quarter of an hour
    python -m demos.truncation --dataset mnist --folder DIR      a DCGAN on MNIST
    python -m demos.truncation --dataset mnist --load out/truncation/generator_mnist.npz
    python -m demos.truncation --method cgan         a conditional GAN, which is told the mode

A generator is trained on latents z ~ N(0, I). Then it is sampled with latents in which every value
lies within ±t: a value beyond is drawn again (`numgan.latent.truncated_normal`). Precision says how
many of the samples are near real ones (fidelity), recall how many of the real ones are near samples
(diversity): `metrics.precision_recall`, of points as they are and of images by the features of a
LeNet. From large photographs of faces it is known that precision rises and recall falls as t falls
(Kynkäänniemi et al. 2019). The table says what happened here, mean and standard deviation over the
seeds, beside what a second real sample scores.

Half-way. The middle of the straight line between two latents has the norm √(n/2), 0.71 of that of a
latent, for each of its values has variance ½. So it is a sample with truncation, and should score
like one with the threshold t = 1.40, at which the variance of a value is ½ too. On the great circle
the norm stays (except in few dimensions, where the arc between opposite latents is long), and so
should precision and recall. Both are measured.

What to expect. For the generator zero is the middle of its data. Where the data are in one piece
the middle is typical. Where they lie in separate modes, a continuous G has to cross from one mode
to the next somewhere. All of these borders meet near zero, and there truncation throws its samples
between the modes. A conditional GAN is told the mode, and has a middle in each.
"""

import dataclasses
import pathlib
import textwrap

import numpy as np
from matplotlib.figure import Figure

from numgan import data, plotting
from numgan.latent import great_circle, straight_line, truncated_normal
from numgan.pairs import Pair, one_hot, x_of
from numgan.presets import names, preset

from . import results
from .arguments import Parser, positive
from .common import run_main, usable_folder, write
from .images import mnist_options
from .jobs import INTERRUPTED, Saver, Task, results_of
from .judging import Reference

# all methods but those with a code, whose values have no names to take in turn
METHODS = [name for name in names("ring") if preset(name, "ring").condition != "code"]
THRESHOLDS = [np.inf, 2, 1.4, 1, 0.7, 0.5, 0.3, 0.2, 0.1, 0.04]
STRIP = [np.inf, 1.4, 0.7, 0.3, 0.1, 0.04]  # thresholds whose samples are drawn
HALF = 1.4  # at which the variance of a value is 1/2, as it is half-way on the straight line
WAYS = {"straight line": straight_line, "great circle": great_circle}
SAMPLES, SHOWN = 2500, 600
QUICK = dict(steps=30, seeds=[0], samples=200)
PRECISION, RECALL = plotting.REAL, plotting.FAKE
WAY_COLORS = "#C8102E", "#3A8F3A"


@dataclasses.dataclass
class Found:
    """What one generator scores; a row is a dict with "threshold" or "way", the median "norm" of
    the latents (in the plane the great circle between opposite ones is long) and metrics."""

    dataset: str
    seed: int
    rows: list
    strip: list  # samples of each threshold of STRIP
    theta: np.ndarray  # the generator's
    buffer: np.ndarray
    steps: int = 0
    seconds: float = 0.0
    stopped: str = ""

    def row(self, name):
        """The row of a threshold or a way."""
        return next(row for row in self.rows if name in (row.get("threshold"), row.get("way")))


def drawing(recipe, generator, classes):
    """The function z (N, latent) → samples; a conditional GAN is asked for each class in turn."""
    if recipe.condition is None:
        return generator
    return lambda z: x_of(generator(Pair(z, one_hot(np.arange(len(z)) % classes, classes))))


def look(reference, recipe, generator, seed):
    """A `Found` of a generator by the recipe."""
    n, latent, rows = reference.samples, recipe.latent, []
    draw = drawing(recipe, generator, data.DATA_SETS[reference.dataset].classes)

    def row(name, value, z):
        rows.append({name: value, "norm": float(np.median(np.linalg.norm(z, axis=1))),
                     **reference.measured(draw(z.astype(np.float32)))})
    for threshold in THRESHOLDS:
        row("threshold", threshold, truncated_normal([seed, 1], (n, latent), threshold))
    ends = np.random.default_rng([seed, 2]).standard_normal((2, n, latent))
    for name, way in WAYS.items():
        row("way", name, way(*ends, 0.5))
    strip = [draw(truncated_normal([seed, 1], (SHOWN, latent), threshold).astype(np.float32))
             for threshold in STRIP]
    return Found(reference.dataset, seed, rows, strip, generator.theta.copy(),
                 generator.buffer.copy())


def train_and_look(reference, recipe, seed, steps, saver, report):
    """Train one generator and measure it; a `Found`."""
    one = reference.train(recipe, seed, steps, saver, report)
    found = look(reference, recipe, one.training.sampled, seed)
    found.steps, found.seconds, found.stopped = len(one.records), one.seconds, one.stopped
    return found


# -- words -----------------------------------------------------------------------------------------


def named(row):
    if "way" in row:
        return f"half-way, {row['way']}"
    return "no truncation" if row["threshold"] == np.inf else f"t = {row['threshold']:g}"


def mean_and_spread(founds, name, measure):
    """Over the seeds; the spread is the standard deviation, nan for one seed."""
    values = [one.row(name)[measure] for one in founds]
    return np.mean(values), np.std(values, ddof=1) if len(values) > 1 else np.nan


def plural(seeds):
    return f"{seeds} seed" + "s" * (seeds != 1)


def names_of(found):
    return [row.get("threshold", row.get("way")) for row in found.rows]


def table(reference, recipe, founds):
    """Lines of text: a row for each threshold, mean ± standard deviation over the seeds."""
    measures = [name for name in founds[0].rows[0] if name not in ("threshold", "way")]
    lines = [f"{recipe.title} on {reference.title}, {plural(len(founds))}",
             f"{'':<24}" + "".join(f"{name.replace('_', ' '):>16}" for name in measures)]
    for name, row in zip(names_of(founds[0]), founds[0].rows):
        cells = []
        for measure in measures:
            mean, spread = mean_and_spread(founds, name, measure)
            digits = 1 if measure == "modes" else 2 if measure == "norm" else 3
            cells.append(f"{mean:.{digits}f}" + ("" if np.isnan(spread) else
                                                 f" ± {spread:.{digits}f}"))
        lines.append(f"{named(row):<24}" + "".join(f"{cell:>16}" for cell in cells))
    lines.append(f"{'(a second real sample)':<24}" + "".join(
        f"{'–':>16}" if name not in reference.ceiling else
        f"{reference.ceiling[name]:>16.{1 if name == 'modes' else 3}f}" for name in measures))
    return lines


def conclusion(reference, recipe, founds):
    """What the figures show, in sentences that follow from them."""
    def mean(name, measure):
        return mean_and_spread(founds, name, measure)[0]

    best = max(THRESHOLDS, key=lambda t: mean(t, "precision"))
    first, last, few = (mean(t, "precision") for t in (np.inf, THRESHOLDS[-1], 0.5))
    seeds = sum(one.row(0.5)["precision"] > one.row(np.inf)["precision"] for one in founds)
    precision, recall = (change(founds, name, reference.samples)
                         for name in ("precision", "recall"))
    sense = ("no diversity is lost" if recall >= 0 else
             {1: "fidelity is bought with diversity", -1: "both are lost",
              0: "diversity is lost, and no fidelity is won"}[precision])
    words = [f"{recipe.title} on {reference.title}: down to t = 0.5 precision goes from "
             f"{first:.3f} to {few:.3f} (it rises in {seeds} of {plural(len(founds))}) and recall "
             f"from {mean(np.inf, 'recall'):.3f} to {mean(0.5, 'recall'):.3f}: {sense}. "
             f"At t = {THRESHOLDS[-1]:g} they are {last:.3f} and "
             f"{mean(THRESHOLDS[-1], 'recall'):.3f}. Precision is highest "
             + ("without truncation." if best == np.inf else
                f"at t = {best:g}, {mean(best, 'precision'):.3f}.")]
    line, circle = (mean(way, "norm") / mean(np.inf, "norm") for way in WAYS)
    words.append(
        f"Half-way between two latents the norm is {line:.2f} of theirs on the straight line, "
        f"{circle:.2f} on the great circle. Precision and recall there: {both(mean, WAYS, 0)} on "
        f"the line, at t = {HALF:g} {pair(mean, HALF)}; {both(mean, WAYS, 1)} on the circle, "
        f"without truncation {pair(mean, np.inf)}.")
    return textwrap.wrap(" ".join(words), 100)


def change(founds, measure, n):
    """1, −1 or 0: whether the measure at t = 0.5 is larger than without truncation, smaller, or the
    same within two standard errors (over the seeds, or at least of a share of n samples)."""
    d = [one.row(0.5)[measure] - one.row(np.inf)[measure] for one in founds]
    share = mean_and_spread(founds, np.inf, measure)[0]
    error = max(np.std(d, ddof=1) if len(d) > 1 else 0.0, np.sqrt(2 * share * (1 - share) / n))
    return int(np.sign(np.mean(d))) * int(abs(np.mean(d)) > 2 * error / np.sqrt(len(d)))


def both(mean, ways, index):
    return pair(mean, list(ways)[index])


def pair(mean, name):
    return f"{mean(name, 'precision'):.3f} and {mean(name, 'recall'):.3f}"


# -- the picture -----------------------------------------------------------------------------------


def draw(reference, recipe, founds, path):
    """A strip of samples for thresholds, and below it what they score."""
    figure = Figure(figsize=(13.5, 7.6), dpi=100, layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.55))
    above.suptitle(f"Truncation, {recipe.title} on {reference.title}: samples of one generator, "
                   f"and what {'it scores' if len(founds) == 1 else f'{len(founds)} score'}",
                   fontsize=14, fontweight="bold")
    for ax, threshold, samples in zip(above.subplots(1, len(STRIP)), STRIP, founds[0].strip):
        title = named({"threshold": threshold})
        if reference.network is None:
            plotting.plane(ax, plotting.square(reference.real.extent))
            plotting.points(ax, reference.shown[:400], color=plotting.REAL, marker="x",
                            markersize=3, markeredgewidth=0.6)
            plotting.points(ax, samples, color=plotting.FAKE, markersize=1.8)
        else:
            plotting.image_grid(samples[:36], ax, columns=6)
        ax.set_title(title, fontsize=11)
    curves, path_ax, norms = below.subplots(1, 3, width_ratios=(1.25, 1, 1))
    draw_curves(curves, reference, founds)
    draw_path(path_ax, founds)
    draw_norms(norms, founds)
    plotting.save_figure(figure, path, dpi=100)


def places_of(thresholds):
    """Where thresholds stand on a logarithmic axis; "no truncation" is beyond the largest."""
    largest = max(t for t in thresholds if t < np.inf)
    return [np.log10(2.2 * largest if t == np.inf else t) for t in thresholds]


def draw_curves(ax, reference, founds):
    places = places_of(THRESHOLDS)
    for measure, color, marker in (("precision", PRECISION, "o"), ("recall", RECALL, "s")):
        found = np.array([mean_and_spread(founds, t, measure) for t in THRESHOLDS])
        mean, spread = found.T
        band = np.clip([mean - np.nan_to_num(spread), mean + np.nan_to_num(spread)], 0, 1)
        ax.fill_between(places, *band, color=color, alpha=0.2, linewidth=0)
        ax.plot(places, mean, marker + "-", color=color, markersize=5, label=measure)
        ax.axhline(reference.ceiling[measure], color=color, linestyle=":", linewidth=1.2)
    ax.plot([], [], ":", color="0.4", label="of a second real sample")
    ax.set(ylim=(0, 1.03), xlabel="threshold t of the latents: less diverse →",
           xlim=(max(places) + 0.06, min(places) - 0.06))
    ax.set_xticks(places, ["none" if t == np.inf else f"{t:g}" for t in THRESHOLDS], fontsize=8)
    ax.set_title("precision and recall" + (", mean ± spread" if len(founds) > 1 else ""),
                 fontsize=11)
    ax.legend(fontsize=9)
    ax.grid(alpha=0.3)


def draw_path(ax, founds):
    """Precision over recall: a dot for each threshold, and the two ways half-way."""
    at = {name: [mean_and_spread(founds, name, measure)[0] for measure in ("recall", "precision")]
          for name in names_of(founds[0])}
    ax.plot(*np.transpose([at[t] for t in THRESHOLDS]), "o-", color="0.45", markersize=5,
            linewidth=1, label="truncated")
    line = np.array([at[t] for t in THRESHOLDS])
    taken = np.concatenate([*np.linspace(line[:-1], line[1:], 9), [at[way] for way in WAYS]])
    for t in np.inf, 0.5, THRESHOLDS[-1]:
        ax.annotate(named({"threshold": t}), at[t], xytext=free_place(at[t], taken),
                    fontsize=9, color="0.3", ha="center", va="center",
                    arrowprops=dict(arrowstyle="-", color="0.6", linewidth=0.8, shrinkB=4))
    ax.plot(*at[HALF], "o", color="0.45", markersize=15, fillstyle="none",
            label=f"t = {HALF:g}: variance ½, as half-way on the line")
    for way, color, marker, size in zip(WAYS, WAY_COLORS, "*P", (13, 9)):
        ax.plot(*at[way], marker, color=color, markersize=size, markeredgecolor="white",
                label=f"half-way, {way}", zorder=4)
    lowest = min(precision for _, precision in at.values())
    ax.set(xlabel="recall", ylabel="precision", xlim=(-0.05, 1.08),
           ylim=(max(lowest - 0.35, -0.12), 1.1))
    ax.set_title("half-way between two latents", fontsize=11)
    ax.legend(fontsize=8.5, loc="best")
    ax.grid(alpha=0.3)


def free_place(dot, taken, away=(0.17, 0.11)):
    """Where the name of a dot (x, y) has most room: in one of eight directions, inside the axes.
    taken : places (N, 2)"""
    turns = np.arange(8) * np.pi / 4
    places = dot + np.stack([np.cos(turns), np.sin(turns)], axis=1) * away
    places = places[(abs(places[:, 0] - 0.5) < 0.45) & (places[:, 1] < 1.08)]
    gaps = (places[:, None] - taken) / away
    return places[(gaps ** 2).sum(axis=-1).min(axis=1).argmax()]


def draw_norms(ax, founds):
    """The norm of the latents, in units of that without truncation: means over the seeds."""
    at = {name: np.mean([one.row(name)["norm"] / one.row(np.inf)["norm"] for one in founds])
          for name in names_of(founds[0])}
    ax.plot(places_of(THRESHOLDS), [at[t] for t in THRESHOLDS], "o-", color="0.45", markersize=5,
            linewidth=1, label="truncated")
    for way, color in zip(WAYS, WAY_COLORS):
        ax.axhline(at[way], color=color, linewidth=1.4, label=f"half-way, {way}")
    places = places_of(THRESHOLDS)
    ax.set_xticks(places, ["none" if t == np.inf else f"{t:g}" for t in THRESHOLDS], fontsize=8)
    ax.set(xlim=(max(places) + 0.06, min(places) - 0.06), ylim=(0, 1.1 * max(at.values())),
           xlabel="threshold t of the latents")
    ax.set_title("median norm of z, of that without truncation", fontsize=11)
    ax.legend(fontsize=9)
    ax.grid(alpha=0.3)


# -- the command -----------------------------------------------------------------------------------


def main(arguments=None):
    parser, options = parse(arguments)
    known = options.dataset
    try:
        references = {name: Reference(name, options.samples, options.folder, options.no_verify)
                      for name in known}
    except (ValueError, OSError, MemoryError) as error:
        parser.error(str(error))
    recipes = {name: preset(options.method, name) for name in known}
    founds, tasks = {name: [] for name in known}, []
    if options.load:
        loaded(parser, options, references, recipes, founds)
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    for name, reference in references.items():
        for seed in options.seeds * (not options.load):
            steps, title = options.steps or recipes[name].steps, f"{name}, seed {seed}"
            saver = Saver(options.out / "state", title, options.resume)
            tasks.append(Task(title, steps, (reference, recipes[name], seed, steps, saver)))
    done, code = results_of(train_and_look, tasks, options.jobs)
    for one in done:
        founds[one.dataset].append(one)
    founds = {name: found for name, found in founds.items() if found}
    for name, found in founds.items():
        print("\n".join(["", *table(references[name], recipes[name], found), "",
                         *conclusion(references[name], recipes[name], found)]), flush=True)
    if code != INTERRUPTED:
        results.keep(path, results.command("truncation", arguments),
                     {"datasets": known, "method": options.method, "samples": options.samples},
                     [{"dataset": name, "seed": one.seed, "steps": one.steps,
                       "stopped": one.stopped, **named_row(row)}
                      for name, found in founds.items() for one in found for row in one.rows]
                     + [{"dataset": name, "row": "a second real sample", **reference.ceiling}
                        for name, reference in references.items()], options.quick)
    files = {}
    for name, found in founds.items():
        picture, checkpoint = (options.out / f"truncation_{name}.png",
                               options.out / f"generator_{name}.npz")
        if not options.load:
            files[checkpoint.name] = lambda name=name, one=found[0], to=checkpoint: save(
                recipes[name], references[name], one, to)
        files[picture.name] = lambda name=name, found=found, to=picture: draw(
            references[name], recipes[name], found, to)
    write(options.out, files)
    return code


def named_row(row):
    """A row for the file of results, which has no infinity."""
    return {"row": named(row), **{key: value for key, value in row.items()
                                  if key not in ("threshold", "way")}}


def generator_of(recipe, reference):
    """An untrained generator of the recipe."""
    return recipe.start(reference.real, 0, 1).sampled


def save(recipe, reference, one, path):
    generator = generator_of(recipe, reference)
    generator.theta[...], generator.buffer[...] = one.theta, one.buffer
    generator.save(path)


def loaded(parser, options, references, recipes, founds):
    """Measure a generator that this command has saved, once for each seed of the latents."""
    (name, reference), = references.items()
    generator = generator_of(recipes[name], reference)
    try:
        generator.load(options.load)
    except (ValueError, OSError) as error:
        parser.error(f"{error} (--load takes what this command wrote for --dataset {name})")
    founds[name] = [look(reference, recipes[name], generator, seed)
                    for seed in options.seeds]


def folder_name(options):
    return "truncation" if options.method == "gan" else f"truncation_{options.method}"


def parse(arguments):
    parser = Parser("truncation", __doc__, QUICK, dict(samples=SAMPLES),
                    epilog="Ctrl-C stops the training and saves what there is.")
    parser.add_argument("--dataset", nargs="+", default=["ring", "grid"],
                        choices=data.names(labelled=True), metavar="NAME",
                        help="of " + ", ".join(data.names(labelled=True))
                        + " (default ring grid)")
    parser.add_argument("--method", default="gan", choices=METHODS,
                        help=f"which GAN: {', '.join(METHODS)} (default gan)")
    parser.add_argument("--steps", type=positive, metavar="N",
                        help="generator steps (default: each data set has its own)")
    parser.add_argument("--load", type=pathlib.Path, metavar="CHECKPOINT",
                        help="measure this generator, which an earlier run wrote to "
                             "DIR/generator_NAME.npz, do not train; the seeds are of latents")
    mnist_options(parser)
    parser.share(seeds=[0, 1, 2, 3, 4], out=folder_name, resume=True, jobs=True, results=True)
    options = parser.parse_args(arguments)
    options.dataset = list(dict.fromkeys(options.dataset))
    if options.load and len(options.dataset) > 1:
        parser.error("--load: expected one data set, got " + ", ".join(options.dataset))
    return parser, options


if __name__ == "__main__":
    run_main(main)
