"""Mode collapse, seen, measured and cured: two GANs learn a ring of eight Gaussians.

    python -m demos.mode_collapse                        half a minute; open film.html
    python -m demos.mode_collapse --seeds 0 1 2 3 4      the table over five seeds
    python -m demos.mode_collapse --dataset grid         25 modes, and another cure: R1
    python -m demos.mode_collapse --dataset spiral       data without modes: look, no counting
    python -m demos.mode_collapse --method all           nine methods side by side
    python -m demos.mode_collapse --method r3gan --dataset grid
    python -m demos.mode_collapse --method gan --loss hinge --penalty r1

`--method` trains other methods instead, each by its recipe in `numgan.presets`. What follows is
about the two GANs that are trained without it.

Both have the same networks, initial weights, batch size, learning rates, number of steps and
averaging of the generator. The one difference is a layer of Gaussian noise at the discriminator's
input.

Why the plain one collapses. Its discriminator learns twenty times faster than its generator, as one
might choose after reading that D should be kept near its optimum. Where there are samples it soon
tells real from generated. But the generator learns only from the *slope* of D at the points it
generates. These points begin in one heap (G's initial weights are small) and are drawn together to
the nearest modes, and there D is a small hill with a valley around it. On the far side D says
"real", loudly, but this is of no use: no generated point is where that slope could be felt. Nor
does anything in the loss ask for all modes: each generated point is judged alone, and "is this
real?" is answered well by two modes out of eight. Look for it in the picture: a blue half plane
without a single arrow.

Why the noise cures it. Noise of the size of the whole ring, added to real and generated samples
alike, melts the eight modes into one cloud and the generator's heap into another. The clouds
overlap, so D cannot be sure. It slopes gently everywhere, from where the generator has too many
points to where it has too few. That is a gradient towards a missing mode, which the plain GAN does
not have. The noise then fades by equal factors in equal times. The modes come into focus one scale
after the other, while the generator already has points near all of them.
(Sønderby et al. 2017; Arjovsky & Bottou 2017. `numgan.GaussianNoise` is ten lines.)

On the grid of 25 the fading noise does not work: modes are lost again as it fades. There the one
difference is R1 instead, a penalty on the slope of D at the data. To first order it does to D what
such noise does (Roth et al. 2017), without the noise: D may not rise to a steep hill at the modes
that G has found, and leads from them to the others. The weight of R1 falls to a hundredth along a
cosine, so that the modes come into focus here too. The networks are larger than for the ring, and D
learns ten times faster than G. (Mescheder et al. 2018; `numgan.penalties.R1`.)

What is counted: of 2,500 samples, those within 3 standard deviations of a mode are of high quality;
a mode is covered if it has one of them; the reverse KL is 0 for equal shares. In both trainings
samples come from a moving average of the generator's weights. At the end a training is called a
collapse if 80 % of its samples are of high quality and a mode is missing. It is called a cure if as
many are of high quality and no mode is missing. If fewer are, it is called neither, for a cloud
covers modes by accident.
"""

import textwrap
import warnings

import numpy as np
from matplotlib.figure import Figure

from numgan import data, losses, penalties, plotting
from numgan.presets import COMPARED, FAMILY, preset
from numgan.training import RULES

from . import results
from .arguments import Parser, batch, positive
from .common import INTERRUPTED, run_main, usable_folder, write
from .cures import COLLAPSE, ELSEWHERE, GRID_PLAIN, PAIRS, PLAIN
from .jobs import INTERRUPTION, Saver, Task, forget, run_all
from .plane import SAMPLES, draw_panels, run

FRAMES = 48  # of the film
FILMED = 3  # up to this many runs side by side are filmed; more are only drawn
IN_FOCUS = 0.8  # share of high quality with which a training has learned the modes it covers
QUICK = dict(steps=300, frames=5)


# -- what is shown ---------------------------------------------------------------------------------


def title(one):
    found = f": {one.score.modes} of {len(one.score.counts)} modes" if one.score else ""
    return f"{one.recipe.title}{found}" + (" (stopped early)" if one.stopped else "")


def pictures(runs, toy, seed, out, film):
    """The files of one run of each recipe side by side, for `common.write`: the figure, and the
    film as GIF and as a page; for many runs, a picture with a panel for each."""
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


def table(runs, toy):
    """Rows of text: one for each run, then mean ± standard error of each recipe over its seeds."""
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
        return [*textwrap.wrap(" ".join(lines), 100), *best(runs, toy)]
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
        elif mine and all(one.score.high_quality < IN_FOCUS for one in mine):
            lines.append(f"{where}, nothing to say of a {name}: {counted(mine, n)}, and fewer than "
                         f"{100 * IN_FOCUS:.0f} % are too few.")
        else:
            lines.append(f"{where}, no {name}: {counted(mine, n) if mine else 'not trained'}.")
    if any(len(one.records) < one.recipe.steps for one in runs):
        lines.append(f"The settings are for {runs[0].recipe.steps:,} steps; the shortest of these "
                     f"trainings had {min(len(one.records) for one in runs):,}.")
    return [line for text in lines for line in textwrap.wrap(text, 100)]


def best(runs, toy):
    """Which of the methods covers the modes, as lines of text."""
    if toy.centers is None:
        return textwrap.wrap(f"There are no modes to count: of {len(runs)} trainings "
                             f"{sum(not one.stopped for one in runs)} came to their end, and the "
                             f"picture shows where.", 100)
    n = len(toy.centers)
    learned = [one for one in runs if one.score.high_quality >= IN_FOCUS and one.score.modes == n]
    if learned:
        names = list(dict.fromkeys(one.recipe.title for one in learned))
        text = (f"All {n} modes, with {100 * IN_FOCUS:.0f} % of the samples in one or more: "
                f"{len(learned)} of {len(runs)} trainings, by {', '.join(names)}.")
    else:
        most = max(runs, key=lambda one: (one.score.modes * one.score.high_quality))
        text = (f"No training covers all {n} modes with {100 * IN_FOCUS:.0f} % of its samples in "
                f"one. Nearest to it is {most.recipe.title}: {counted([most], n)}.")
    return textwrap.wrap(text, 100)


def counted(runs, n):
    """Modes and quality in words, from the lowest to the highest of several runs."""
    def span(values):
        return " to ".join(dict.fromkeys((f"{min(values):.0f}", f"{max(values):.0f}")))
    return (f"{span([one.score.modes for one in runs])} of {n} modes, "
            f"{span([100 * one.score.high_quality for one in runs])} % of the samples in a mode")


def main(arguments=None):
    parser = Parser("mode_collapse", __doc__, QUICK, dict(frames=FRAMES))
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
    parser.add_argument("--steps", type=positive, metavar="N",
                        help=f"generator steps of each recipe (default {PLAIN.steps:,}, on the "
                             f"grid {GRID_PLAIN.steps:,}, or the method's own)")
    parser.add_argument("--batch-size", type=batch, metavar="N",
                        help=f"real and generated samples a step, each (default "
                             f"{PLAIN.batch_size}, on the grid {GRID_PLAIN.batch_size}, or the "
                             f"method's own)")
    parser.add_argument("--no-film", action="store_true", help="write the figure only")
    parser.share(seed=2, seeds=(), out=True, resume=True, jobs=True, results=True)
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
            frames = 0 if seed != seeds[0] else options.frames if filmed else 1
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
            # draw while the other seeds train: at the end one core would draw and the others rest
            if index == len(recipes) - 1 < len(tasks) - 1 and one.stopped != "interrupted":
                drawn = True
                draw()
        forget(tasks)
    except KeyboardInterrupt:
        code = INTERRUPTED
        print(INTERRUPTION, flush=True)

    if runs:
        print("\n".join(["", *table(runs, toy), "", *(
            [*(f"{recipe.title}: {recipe.changes}" for recipe in recipes), "", *best(runs, toy)]
            if all(recipes is not pair[0] for pair in PAIRS.values())
            else conclusion(runs, options.dataset, toy))]), flush=True)
    if not code and toy.centers is not None:
        results.keep(path, results.command("mode_collapse", arguments),
                     {"dataset": options.dataset, "seeds": options.seeds or [options.seed],
                      "samples": SAMPLES}, [figures(one) for one in runs], options.quick)
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
    """The recipes to train: those of --method, else the two; with other parts if options say so."""
    recipes = PAIRS.get(options.dataset, PAIRS["ring"])[0]
    if options.method:
        recipes = [preset(name, options.dataset) for name in FAMILY
                   if name in options.method or "all" in options.method and name in COMPARED]
    parts = options.loss, options.penalty, options.updates
    return [recipe.but(*parts) for recipe in recipes] if any(parts) else recipes


if __name__ == "__main__":
    run_main(main)
