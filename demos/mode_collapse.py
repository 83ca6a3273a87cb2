"""Mode collapse, seen, measured and cured: two GANs learn a ring of eight Gaussians.

    python -m demos.mode_collapse                        half a minute; open film.html
    python -m demos.mode_collapse --seeds 0 1 2 3 4      the table over five seeds
    python -m demos.mode_collapse --dataset grid         25 modes, and another cure: R1
    python -m demos.mode_collapse --dataset spiral       data without modes: look, no counting
    python -m demos.mode_collapse --method all           nine methods side by side
    python -m demos.mode_collapse --method r3gan --dataset grid
    python -m demos.mode_collapse --method gan --loss hinge --penalty r1

`--method` trains others instead, each by its recipe in `numgan.presets`. What follows is about the
two that are trained without it.

Both are the same: networks, first weights, batch size, learning rates, number of steps, averaging
of the generator. The one difference is a layer of Gaussian noise at the discriminator's entrance.

Why the plain one collapses. Its discriminator learns twenty times faster than its generator, as one
would have it who has read that D should be kept near its optimum. Where there are samples it soon
knows real from generated. But the generator learns from nothing but the *slope* of D at the points
it generates. These begin in one heap (G's first weights are small), are drawn together to the
nearest modes, and there D is a small hill with a valley around. On the far side D says "real",
loudly, and it is of no use: no generated point stands where that slope could be felt. Nor does
anything in the loss ask for all modes: each generated point is judged alone, and "is this real?" is
answered well by two modes out of eight. Look for it in the picture: a blue half plane on which not
one arrow stands.

Why the noise cures it. Noise of the size of the whole ring, added to real and generated samples
alike, melts the eight modes into one cloud and the generator's heap into another. The clouds
overlap, so D cannot be sure, and slopes gently everywhere: from where the generator has too many
points to where it has too few. That is a gradient towards a missing mode, which the plain GAN has
not. The noise then fades by equal factors in equal times, and the modes come into focus one scale
after the other, while the generator has points near all of them already.
(Sønderby et al. 2017; Arjovsky & Bottou 2017. `numgan.GaussianNoise` is ten lines.)

On the grid of 25 the fading noise does not do it: modes are lost again as it goes. There the one
difference is R1 instead, a penalty on the slope of D at the data. To the first order it does to D
what such noise does (Roth et al. 2017), without the noise: D may not rise to a steep hill at the
modes that G has found, and leads from them to the others. Its weight falls to a hundredth by a
cosine, so that the modes come into focus here too. The networks are larger than for the ring, and D
learns ten times faster than G. (Mescheder et al. 2018; `numgan.penalties.R1`.)

What is counted: of 2,500 samples, those within 3 standard deviations of a mode are of high quality;
a mode is covered if it has one of them; the reverse KL is 0 for equal shares. Samples come from a
moving average of the generator's weights, in both. At the end a training is called a collapse if
80 % of its samples are of high quality and a mode is missing, and a cure if as many are and none is
missing. If fewer are it is called neither, for a cloud covers modes by accident.
"""

import argparse
import dataclasses
import pathlib
import shutil
import textwrap
import time
import warnings

import numpy as np
from matplotlib.figure import Figure

from numgan import Adam, data, losses, metrics, penalties, plotting
from numgan.pairs import x_of
from numgan.presets import COMPARED, FAMILY, Preset, adam, preset
from numgan.training import RULES, Record, TrainingDiverged

from . import results
from .arguments import batch, natural, positive
from .common import INTERRUPTED, run_main, usable_folder, write
from .jobs import INTERRUPTION, Saver, Task, add_options, run_all

FRAMES = 48  # of the film
COUNTS = 120  # how often the modes are counted in a training
SAMPLES = 2500  # that are judged, as in PacGAN's table
FILMED = 3  # so many runs side by side are filmed; of more there is a picture

IN_FOCUS = 0.8  # share of high quality with which a training has learned the modes it covers

DIFFERENCE = "One difference: noise on what D sees, as wide as the data at first, fading to none."
COLLAPSE = ("D is soon sure, and its slope, the only thing G learns from, leads each generated "
            "point to a mode nearby and never to the ones that are missing.")
CURE = ("Real and generated samples overlap, and D slopes everywhere from \"too many\" to \"too "
        "few\".")
GRID_DIFFERENCE = ("One difference: R1, a penalty on D's slope at the data, whose weight falls to "
                   "a hundredth.")
GRID_CURE = "D is no steep hill at any mode, and leads from the modes that G has to the others."
ELSEWHERE = "The settings were chosen for the ring and are the same here."

# G starts small, N(0, 0.02²) as in DCGAN and PacGAN: all its samples begin in one heap. The noise
# layer is there in both, so that both begin with the same weights; in the plain GAN it does nothing
PLAIN = Preset(
    "plain GAN", "D learns twenty times faster than G", g_optimizer=lambda: Adam(2e-4),
    d_optimizer=lambda: Adam(4e-3), batch_size=128, steps=12_000, schedule="linear", average=0.99,
    g_hidden=(128, 128), d_hidden=(128, 128), g_init="dcgan", noise=0.0)
RECIPES = [PLAIN, dataclasses.replace(PLAIN, title="GAN with instance noise", noise=1.0,
                                      changes="noise on what D sees, which fades")]

GRID_PLAIN = Preset(
    "plain GAN", "D learns ten times faster than G", g_optimizer=adam(7e-4, 0.5),
    d_optimizer=adam(7e-3, 0.5), batch_size=64, steps=25_000, g_init="dcgan")
GRID_RECIPES = [GRID_PLAIN, dataclasses.replace(
    GRID_PLAIN, title="GAN with R1", changes="a penalty on D's slope at the data, which fades",
    penalty=lambda: penalties.R1(0.1), final_weight=0.001)]

# the name of registered data → two recipes that differ in one thing, what it is, why it cures;
# other data have the ring's
PAIRS = {"ring": (RECIPES, DIFFERENCE, CURE), "grid": (GRID_RECIPES, GRID_DIFFERENCE, GRID_CURE)}


@dataclasses.dataclass
class Run:
    """What one training left behind; a frame of the film is (number of records, G, D)."""

    recipe: Preset
    seed: int
    steps: int
    records: list = dataclasses.field(default_factory=list)
    frames: list = dataclasses.field(default_factory=list)
    count_steps: list = dataclasses.field(default_factory=list)
    modes: list = dataclasses.field(default_factory=list)
    score: object = None  # numgan.metrics.ModeStatistics, where the data have modes
    seconds: float = 0.0
    stopped: str = ""  # why it ended early
    training: object = None  # numgan.presets.Training, as it was left

    def memories(self):
        """What a training's file keeps beside the training, to go on as if nothing had been."""
        return dict(records=[tuple(record) for record in self.records], seconds=self.seconds,
                    count_steps=self.count_steps, modes=self.modes,
                    frames=[(length, *(vector for network in networks
                                       for vector in (network.theta, network.buffer)))
                            for length, *networks in self.frames])

    def remember(self, memories):
        if not memories:
            return
        self.records = [Record(*record) for record in memories["records"]]
        self.seconds, self.modes = memories["seconds"], memories["modes"]
        self.count_steps = memories["count_steps"]
        for length, *vectors in memories["frames"]:
            networks = self.training.sampled.copy(), self.training.discriminator.copy()
            for network, theta, buffer in zip(networks, vectors[::2], vectors[1::2]):
                network.theta[...], network.buffer[...] = theta, buffer
            self.frames.append((length, *networks))


def run(recipe, toy, seed, steps=None, batch_size=None, frames=0, saver=None,
        report=lambda step, note="": None):
    """Train one recipe from `seed`; the same seed gives both recipes the same first weights.

    saver : jobs.Saver of its file, or None; report : function of the step and a note
    """
    training = recipe.start(toy, seed, steps, batch_size)
    steps = training.steps
    latents = training.latents(SAMPLES, [seed, 1])
    result = Run(recipe, seed, steps, training=training)
    saver = saver or Saver(None, "")
    result.remember(saver.begin(training))
    start = time.perf_counter() - result.seconds
    # Frames lie closer together at the beginning, where more happens.
    shown = set((np.linspace(0, 1, frames) ** 2 * (steps - 1)).astype(int)) if frames else set()
    counted = set(np.linspace(0, steps - 1, COUNTS).astype(int))
    note = ""
    try:
        for record in training:
            result.records.append(record)
            if toy.centers is not None and record.step in counted:
                score = metrics.mode_statistics(training.samples(latents), toy.centers, toy.std)
                result.count_steps.append(record.step)
                result.modes.append(score.modes)
                note = f"{score.modes} of {len(toy.centers)} modes"
            if record.step in shown:
                result.frames.append((len(result.records), training.sampled.copy(),
                                      training.discriminator.copy()))
            result.seconds = time.perf_counter() - start
            report(record.step + 1, note)
            saver.now_and_then(result.memories)
    except KeyboardInterrupt:
        result.stopped = "interrupted"
    except TrainingDiverged as error:
        result.stopped = str(error)
    result.seconds = time.perf_counter() - start
    saver.save(result.memories())
    if frames and result.records:  # wherever it ended, the film ends there too
        result.frames.append((len(result.records), training.sampled.copy(),
                              training.discriminator.copy()))
    if toy.centers is not None:
        result.score = metrics.mode_statistics(training.samples(latents), toy.centers, toy.std)
    return result


# -- what is shown ---------------------------------------------------------------------------------


def title(one):
    found = f": {one.score.modes} of {len(one.score.counts)} modes" if one.score else ""
    return f"{one.recipe.title}{found}" + (" (stopped early)" if one.stopped else "")


def pictures(runs, toy, seed, out, film):
    """The files of one run of each recipe side by side, for `common.write`: the figure, and the
    film as GIF and as a page; of many runs, a panel each."""
    if len(runs) > FILMED or any(one.training.codes for one in runs):
        return {"methods.png": lambda: draw_panels(runs, toy, seed, out)}
    figure = Figure(figsize=(6.6 * len(runs), 7.1), dpi=72)
    parts = figure.subfigures(1, len(runs), squeeze=False)[0]
    rng = np.random.default_rng(seed)
    real = toy.sample(400, rng)
    latents = rng.standard_normal((600, 2), np.float32)
    views = [plotting.TrainingView(part, toy, one.recipe.loss, len(one.records),
                                   title(one), real, latents)
             for part, one in zip(parts, runs)]

    def show(index):
        for view, one in zip(views, runs):
            length, generator, discriminator = one.frames[min(index, len(one.frames) - 1)]
            counts = np.searchsorted(one.count_steps, length)
            view.show(generator, discriminator, one.records[:length],
                      one.count_steps[:counts], one.modes[:counts])

    frames = max(len(one.frames) for one in runs)

    def draw_last():
        show(frames - 1)
        plotting.save_figure(figure, out / "final.png", dpi=110)

    def draw_film():
        plotting.save_film(figure, show, frames, out / "film.gif", out / "film.html", fps=6, dpi=72,
                           **about(runs, toy, seed))

    return {"final.png": draw_last, **({"film.gif, film.html": draw_film} if film else {})}


def about(runs, toy, seed):
    """Title and text of the film's page."""
    counted = "how many modes have a sample, " if toy.centers is not None else ""
    beside = "" if len(runs) == 1 else (
        "Side by side, from the same seed: "
        + "; ".join(f"{one.recipe.title} ({one.recipe.changes})" for one in runs) + ". ")
    return {
        "title": f"{' and '.join(one.recipe.title for one in runs)}: the {toy.name}, seed {seed}",
        "text": f"A generator (G) learns to make points like the blue ones, while a discriminator "
                f"(D) learns to tell the two apart. {beside}On the left of each: the plane, with "
                f"real points in blue, generated ones in orange, and an arrow where G's loss pulls "
                f"some of them; the colour behind them is what D says, blue for real and orange "
                f"for generated. On the right: what G makes of a square grid of latents z. Below, "
                f"over the training: {counted}the mean of D over real and generated points, and "
                f"both losses. The film is slower at the beginning, where more happens."}


def draw_panels(runs, toy, seed, out, columns=3, title=None, name="methods.png"):
    """A panel each; see `draw_panel`."""
    rows = -(-len(runs) // columns)
    figure = Figure(figsize=(3.6 * columns, 4.0 * rows + 0.6), dpi=100)
    figure.suptitle(title or f"{len(runs)} ways to train a GAN on the {toy.name}, seed {seed}",
                    fontsize=13, fontweight="bold")
    for ax, one in zip(figure.subplots(rows, columns, squeeze=False).flat, runs):
        draw_panel(ax, one, toy, seed)
    for ax in figure.axes[len(runs):]:
        ax.set_visible(False)
    panel_legend(figure, "lower center")
    figure.tight_layout(rect=(0, 0.03, 1, 0.99))
    plotting.save_figure(figure, out / name, dpi=100)


def draw_panel(ax, one, toy, seed):
    """Real and generated samples over D's landscape: where its logit is above and below the mean of
    them, for a D that is at its best is undecided where the samples are. Of a conditional GAN, the
    samples have a colour for each label, and D is asked with the label that suits it best."""
    training = one.training
    real = toy.sample(400, np.random.default_rng(seed))
    fake = training.samples(training.latents(SAMPLES, [seed, 2]))
    extent = plotting.square(toy.extent)
    plotting.plane(ax, extent)
    plotting.discriminator_map(ax, BestLabel(training) if training.codes else
                               training.discriminator, extent, resolution=128,
                               reference=np.concatenate([real, fake]),
                               low_is_real=one.recipe.loss.low_is_real)
    plotting.points(ax, real, color=plotting.REAL, marker="x", markersize=3, markeredgewidth=0.6,
                    zorder=2)
    for label in range(training.classes):
        plotting.points(ax, fake[label::training.classes], color=f"C{label % 10}", markersize=1.4,
                        zorder=3)
    if not training.codes:
        plotting.points(ax, fake, color=plotting.FAKE, markersize=1.4, zorder=3)
    below = "" if one.score is None else (
        f"\n{one.score.modes} of {len(one.score.counts)} modes, "
        f"{100 * one.score.high_quality:.0f} % high quality")
    ax.set_title(one.recipe.title + (", a colour a label" if training.codes else "") + below
                 + (" (stopped early)" if one.stopped else ""), fontsize=10)


def panel_legend(figure, where):
    handles = plotting.legend()
    for handle, text in zip(handles[3:5], ("D: more real than the samples are", "less real")):
        handle.set_label(text)
    figure.legend(handles=handles[:2] + handles[3:5], loc=where, ncols=4, fontsize=9,
                  frameon=False)


class BestLabel:
    """The D of a conditional GAN as a function of x alone: its logit for the label with which x
    looks most real."""

    couples_samples = False

    def __init__(self, training):
        self.discriminator, self.walk = training.discriminator, training.discriminator.walk
        self.classes, self.codes = training.classes, training.codes

    def __call__(self, x):
        return np.max([x_of(self.discriminator((x, np.tile(c, (len(x), 1)))))[:, :1]
                       for c in np.eye(self.classes, self.codes)], axis=0)


def table(runs, toy):
    """Rows of text: a run a row, then mean ± standard error of each recipe over its seeds."""
    lines = [f"{'recipe':<28}{'seed':>5}{'modes':>13}{'high quality %':>16}{'reverse KL':>17}"
             f"{'seconds':>13}"]
    for recipe in dict.fromkeys(one.recipe.title for one in runs):
        mine = [one for one in runs if one.recipe.title == recipe]
        rows = [(one.score.modes, 100 * one.score.high_quality, one.score.reverse_kl, one.seconds)
                if one.score else (np.nan, np.nan, np.nan, one.seconds) for one in mine]
        for one, (modes, quality, kl, seconds) in zip(mine, rows):
            cells = f"{modes:>13.0f}{quality:>16.1f}{kl:>17.4f}" if one.score else (
                f"{'–':>13}{'–':>16}{'–':>17}")
            lines.append(f"{recipe:<28}{one.seed:>5}{cells}{seconds:>13.1f}"
                         + (f"  {one.stopped}" if one.stopped else ""))
        if len(rows) > 1 and toy.centers is not None:
            error = np.std(rows, axis=0, ddof=1) / np.sqrt(len(rows))
            cells = [f"{mean:.{digits}f} ± {e:.{digits}f}"
                     for mean, e, digits in zip(np.mean(rows, axis=0), error, (1, 1, 4, 0))]
            lines.append(f"{recipe:<28}{'mean':>5}{cells[0]:>13}{cells[1]:>16}{cells[2]:>17}"
                         f"{cells[3]:>13}")
    if toy.centers is not None:
        perfect = 100 * (1 - np.exp(-4.5))
        lines.append(f"{'(a perfect sampler)':<28}{'':>5}{len(toy.centers):>13}{perfect:>16.1f}"
                     f"{(len(toy.centers) - 1) / (2 * SAMPLES):>17.4f}")
    return lines


def conclusion(runs, dataset, toy):
    """What the trainings without and with the cure have shown on the data set registered under this
    name, as lines of text."""
    recipes, difference, cure = PAIRS.get(dataset, PAIRS["ring"])
    lines = [difference] if dataset in PAIRS else [difference, ELSEWHERE]
    if toy.centers is None:
        return lines
    n = len(toy.centers)
    for recipe, (where, name, why, wanted) in zip(recipes, (
            ("Without it", "collapse", COLLAPSE, lambda modes: modes < n),
            ("With it", "cure", cure, lambda modes: modes == n))):
        mine = [one for one in runs if one.recipe.title == recipe.title]
        shown = [one for one in mine
                 if one.score.high_quality >= IN_FOCUS and wanted(one.score.modes)]
        seeds = "" if len(shown) == len(mine) else f" in {len(shown)} of {len(mine)} seeds"
        if shown:
            lines.append(f"{where}, a {name}{seeds}: {counted(shown, n)}. {why}")
        else:
            lines.append(f"{where}, no {name}: {counted(mine, n) if mine else 'not trained'}.")
    if any(len(one.records) < one.recipe.steps for one in runs):
        lines.append(f"The settings are for {runs[0].recipe.steps:,} steps; the shortest of these "
                     f"trainings had {min(len(one.records) for one in runs):,}.")
    return [line for text in lines for line in textwrap.wrap(text, 100)]


def counted(runs, n):
    """Modes and quality in words, from the lowest to the highest of several runs."""
    def span(values):
        return " to ".join(dict.fromkeys((f"{min(values):.0f}", f"{max(values):.0f}")))
    return (f"{span([one.score.modes for one in runs])} of {n} modes, "
            f"{span([100 * one.score.high_quality for one in runs])} % of the samples in a mode")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m demos.mode_collapse", description=__doc__.split("\n")[0])
    parser.add_argument("--dataset", default="ring", choices=sorted(data.names("toy")),
                        help="what to learn (default ring); there are modes to count in "
                        + ", ".join(data.names("toy", labelled=True)))
    parser.add_argument("--method", nargs="+", metavar="NAME", choices=[*FAMILY, "all"],
                        help=f"train these instead, of {', '.join(FAMILY)}; or all, which are "
                        + ", ".join(COMPARED))
    for name, what, known in (("loss", "loss", losses.LOSSES),
                              ("penalty", "penalty on D", [*penalties.PENALTIES, "none"]),
                              ("updates", "update rule", RULES)):
        parser.add_argument(f"--{name}", choices=list(known), metavar="NAME",
                            help=f"another {what} in each: {', '.join(known)}")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=natural, default=2, help="of all random numbers (default 2)")
    seeds.add_argument("--seeds", type=natural, nargs="+", metavar="SEED",
                       help="train with each; the film shows the first")
    parser.add_argument("--steps", type=positive, metavar="N",
                        help=f"generator steps of each recipe (default {PLAIN.steps:,}, on the "
                             f"grid {GRID_PLAIN.steps:,}, or the method's own)")
    parser.add_argument("--batch-size", type=batch, metavar="N",
                        help=f"real and generated samples a step, each (default "
                             f"{PLAIN.batch_size}, on the grid {GRID_PLAIN.batch_size}, or the "
                             f"method's own)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/mode_collapse"),
                        metavar="DIR", help="where to write (default out/mode_collapse)")
    parser.add_argument("--no-film", action="store_true", help="write the figure only")
    add_options(parser)
    results.add_option(parser)
    options = parser.parse_args(arguments)
    toy = data.toy(options.dataset)
    try:
        recipes = chosen(options)
        with warnings.catch_warnings():  # they come again with the training
            warnings.simplefilter("ignore")
            for recipe in recipes:
                recipe.start(toy, 0, options.steps, options.batch_size)
    except (TypeError, ValueError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print(INTERRUPTION, flush=True)
        return INTERRUPTED
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    runs, code = [], 0
    filmed = len(recipes) <= FILMED and not options.no_film
    seeds, folder, tasks = options.seeds or [options.seed], options.out / "state", []
    for seed in seeds:
        for recipe in recipes:
            name = f"{recipe.title}, seed {seed}"
            frames = 0 if seed != seeds[0] else FRAMES if filmed else 1
            saver = Saver(folder, f"{options.dataset}, {name}", options.resume)
            tasks.append(Task(name, options.steps or recipe.steps, (
                recipe, toy, seed, options.steps, options.batch_size, frames, saver)))
    drawn = False

    def draw():
        shown = [one for one in runs if one.frames]
        if shown:
            write(options.out, pictures(shown, toy, shown[0].seed, options.out,
                                        film=not options.no_film))

    try:
        for index, one in run_all(run, tasks, options.jobs):
            runs.append(one)
            if one.score:
                print(f"{one.recipe.title}, seed {one.seed}: {one.score}", flush=True)
            # while the other seeds train: at the end one core would draw and the others rest
            if index == len(recipes) - 1 < len(tasks) - 1 and one.stopped != "interrupted":
                drawn = True
                draw()
        shutil.rmtree(folder, ignore_errors=True)
    except KeyboardInterrupt:
        code = INTERRUPTED
        print(INTERRUPTION, flush=True)

    if runs:
        print("\n".join(["", *table(runs, toy), "", *(
            [f"{recipe.title}: {recipe.changes}" for recipe in recipes]
            if all(recipes is not pair[0] for pair in PAIRS.values())
            else conclusion(runs, options.dataset, toy))]), flush=True)
    if not code and toy.centers is not None:
        results.keep(path, results.command("mode_collapse", arguments),
                     {"dataset": options.dataset, "seeds": options.seeds or [options.seed],
                      "samples": SAMPLES}, [figures(one) for one in runs])
    if not drawn:
        draw()
    return code


def figures(one):
    """What a `Run` measured, for the file of results."""
    return {"recipe": one.recipe.title, "seed": one.seed, "steps": one.steps,
            "modes": one.score.modes, "high_quality": one.score.high_quality,
            "reverse_kl": one.score.reverse_kl, "seconds": round(one.seconds, 1),
            "stopped": one.stopped}


def chosen(options):
    """The recipes to train: those of --method, else the two; with other parts if they are named."""
    recipes = PAIRS.get(options.dataset, PAIRS["ring"])[0]
    if options.method:
        recipes = [preset(name, options.dataset) for name in FAMILY
                   if name in options.method or "all" in options.method and name in COMPARED]
    parts = options.loss, options.penalty, options.updates
    return [recipe.but(*parts) for recipe in recipes] if any(parts) else recipes


if __name__ == "__main__":
    run_main(main)
