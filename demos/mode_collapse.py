"""Mode collapse, seen, measured and cured: two GANs learn a ring of eight Gaussians.

    python -m demos.mode_collapse                        half a minute; open film.html
    python -m demos.mode_collapse --seeds 0 1 2 3 4      the table over five seeds
    python -m demos.mode_collapse --dataset spiral       data without modes: look, no counting

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

What is counted: of 2,500 samples, those within 3 standard deviations of a mode are of high quality;
a mode is covered if it has one of them; the reverse KL is 0 for equal shares. Samples come from a
moving average of the generator's weights, in both.
"""

import argparse
import dataclasses
import pathlib
import sys
import time

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from numgan import (Adam, GaussianNoise, Network, NonSaturating, data, metrics, models,
                    plotting)
from numgan.training import TrainingDiverged, WeightAverage, train

FRAMES = 48  # of the film
COUNTS = 120  # how often the modes are counted in a training
SAMPLES = 2500  # that are judged, as in PacGAN's table
FADE = 0.6  # the share of the training in which the instance noise fades


EXPLANATION = """
One difference: noise on what D sees, as wide as the data at first, fading to none. Without it D is
soon sure, and its slope, the only thing G learns from, leads each generated point to a mode nearby
and never to the ones that are missing. With it real and generated overlap, D slopes everywhere from
"too many" to "too few", and all modes are found before they come into focus."""
ELSEWHERE = """
The settings were chosen for the ring and are the same here: see what carries over and what not."""


@dataclasses.dataclass
class Recipe:
    title: str
    noise: float  # std of the instance noise at the start, in units of the data's own std


RECIPES = [Recipe("plain GAN", noise=0.0), Recipe("GAN with instance noise", noise=1.0)]
STEPS, BATCH = 12_000, 128
G_RATE, D_RATE = 2e-4, 4e-3  # D twenty times faster


@dataclasses.dataclass
class Run:
    """What one training left behind; a frame of the film is (number of records, G, D)."""

    recipe: Recipe
    seed: int
    records: list = dataclasses.field(default_factory=list)
    frames: list = dataclasses.field(default_factory=list)
    count_steps: list = dataclasses.field(default_factory=list)
    modes: list = dataclasses.field(default_factory=list)
    score: object = None  # numgan.metrics.ModeStatistics, where the data have modes
    seconds: float = 0.0
    stopped: str = ""  # why it ended early


def run(recipe, toy, seed, steps, batch_size, frames):
    """Train one recipe from `seed`; the same seed gives both recipes the same first weights."""
    rng = np.random.default_rng(seed)
    # G starts small, N(0, 0.02²) as in DCGAN and PacGAN: all its samples begin in one heap.
    generator = models.mlp_generator(2, 2, (128, 128), rng=rng, init="dcgan")
    blur = GaussianNoise(0)
    discriminator = Network([blur, *models.mlp_discriminator(2, (128, 128), rng=rng).layers],
                            rng=rng, input_shape=(2,))
    average = WeightAverage(generator, 0.99)
    sampled = average.network
    # Latents for judging have a generator of their own: looking must not change the training.
    latents = np.random.default_rng([seed, 1]).standard_normal((SAMPLES, 2), np.float32)
    spread = toy.sample(10_000, np.random.default_rng(0)).std()
    finest = toy.std or 0.01 * spread

    result, start = Run(recipe, seed), time.perf_counter()
    # Frames lie closer together at the beginning, where more happens.
    shown = set((np.linspace(0, 1, frames) ** 2 * (steps - 1)).astype(int)) if frames else set()
    counted = set(np.linspace(0, steps - 1, COUNTS).astype(int))
    bar = tqdm(total=steps, desc=f"{recipe.title}, seed {seed}", unit=" steps", leave=False)
    training = train(generator, discriminator, data.sampler(toy, rng), loss=NonSaturating(),
                     steps=steps, rng=rng, batch_size=batch_size, average=average,
                     d_optimizer=Adam(D_RATE), g_optimizer=Adam(G_RATE), schedule="linear")
    try:
        blur.std = recipe.noise * spread
        for record in training:
            result.records.append(record)
            if toy.centers is not None and record.step in counted:
                score = metrics.mode_statistics(sampled(latents), toy.centers, toy.std)
                result.count_steps.append(record.step)
                result.modes.append(score.modes)
                bar.set_postfix_str(f"{score.modes} of {len(toy.centers)} modes", refresh=False)
            if record.step in shown:
                result.frames.append((len(result.records), sampled.copy(), discriminator.copy()))
            bar.update()
            blur.std = faded(recipe.noise * spread, finest, (record.step + 1) / steps)
    except KeyboardInterrupt:
        result.stopped = "interrupted"
    except TrainingDiverged as error:
        result.stopped = str(error)
    bar.close()
    if frames and result.records:  # wherever it ended, the film ends there too
        result.frames.append((len(result.records), sampled.copy(), discriminator.copy()))
    result.seconds = time.perf_counter() - start
    if toy.centers is not None:
        result.score = metrics.mode_statistics(sampled(latents), toy.centers, toy.std)
    return result


def faded(start, end, progress):
    """The noise's std, from `start` to `end` by equal factors in equal times, and then none."""
    return start * (end / start) ** (progress / FADE) if start and progress < FADE else 0.0


# -- what is shown ---------------------------------------------------------------------------------


def title(one):
    found = f": {one.score.modes} of {len(one.score.counts)} modes" if one.score else ""
    return f"{one.recipe.title}{found}" + (" (stopped early)" if one.stopped else "")


def draw(runs, toy, seed, out, film):
    """The figure, and the film as GIF and as a page, of one run of each recipe side by side."""
    figure = Figure(figsize=(6.6 * len(runs), 7.1), dpi=72)
    parts = figure.subfigures(1, len(runs), squeeze=False)[0]
    rng = np.random.default_rng(seed)
    real = toy.sample(400, rng)
    latents = rng.standard_normal((600, 2), np.float32)
    views = [plotting.TrainingView(part, toy, NonSaturating(), len(one.records),
                                   title(one), real, latents)
             for part, one in zip(parts, runs)]

    def show(index):
        for view, one in zip(views, runs):
            length, generator, discriminator = one.frames[min(index, len(one.frames) - 1)]
            counts = np.searchsorted(one.count_steps, length)
            view.show(generator, discriminator, one.records[:length],
                      one.count_steps[:counts], one.modes[:counts])

    frames = max(len(one.frames) for one in runs)
    show(frames - 1)
    plotting.save_figure(figure, out / "final.png", dpi=110)
    written = ["final.png"]
    if film:
        plotting.save_film(figure, show, frames, out / "film.gif", out / "film.html", fps=6, dpi=72)
        written += ["film.gif", "film.html"]
    return written


def table(runs, toy):
    """Rows of text: a run a row, then mean ± standard deviation of each recipe over its seeds."""
    lines = [f"{'recipe':<28}{'seed':>5}{'modes':>13}{'high quality %':>16}{'reverse KL':>15}"
             f"{'seconds':>13}"]
    for recipe in RECIPES:
        mine = [one for one in runs if one.recipe.title == recipe.title]
        rows = [(one.score.modes, 100 * one.score.high_quality, one.score.reverse_kl, one.seconds)
                if one.score else (np.nan, np.nan, np.nan, one.seconds) for one in mine]
        for one, (modes, quality, kl, seconds) in zip(mine, rows):
            cells = f"{modes:>13.0f}{quality:>16.1f}{kl:>15.3f}" if one.score else (
                f"{'–':>13}{'–':>16}{'–':>15}")
            lines.append(f"{recipe.title:<28}{one.seed:>5}{cells}{seconds:>13.1f}"
                         + (f"  {one.stopped}" if one.stopped else ""))
        if len(rows) > 1 and toy.centers is not None:
            cells = [f"{np.mean(column):.{digits}f} ± {np.std(column):.{digits}f}"
                     for column, digits in zip(zip(*rows), (1, 1, 3, 1))]
            lines.append(f"{recipe.title:<28}{'all':>5}{cells[0]:>13}{cells[1]:>16}{cells[2]:>15}"
                         f"{cells[3]:>13}")
    if toy.centers is not None:
        perfect = 100 * (1 - np.exp(-4.5))
        lines.append(f"{'(a perfect sampler)':<28}{'':>5}{len(toy.centers):>13}{perfect:>16.1f}"
                     f"{(len(toy.centers) - 1) / (2 * SAMPLES):>15.3f}")
    return lines


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m demos.mode_collapse", description=__doc__.split("\n")[0])
    parser.add_argument("--dataset", default="ring", choices=sorted(data.TOYS),
                        help="what to learn (default ring); only ring and grid have modes to count")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=natural, default=2, help="of all random numbers (default 2)")
    seeds.add_argument("--seeds", type=natural, nargs="+", metavar="SEED",
                       help="train with each; the film shows the first")
    parser.add_argument("--steps", type=positive, default=STEPS, metavar="N",
                        help=f"generator steps of each recipe (default {STEPS:,})")
    parser.add_argument("--batch-size", type=positive, default=BATCH, metavar="N",
                        help=f"real and generated samples a step, each (default {BATCH})")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/mode_collapse"),
                        metavar="DIR", help="where to write (default out/mode_collapse)")
    parser.add_argument("--no-film", action="store_true", help="write the figure only")
    options = parser.parse_args(arguments)
    if options.out.exists() and not options.out.is_dir():
        parser.error(f"argument --out: {options.out} is a file, not a folder")
    toy = data.toy(options.dataset)

    runs, shown = [], []
    for seed in options.seeds or [options.seed]:
        for recipe in RECIPES:
            one = run(recipe, toy, seed, options.steps, options.batch_size,
                      0 if shown and shown[0].seed != seed else 1 if options.no_film else FRAMES)
            runs.append(one)
            if one.frames:
                shown.append(one)
            if one.score:
                print(f"{recipe.title}, seed {seed}: {one.score}", flush=True)
            if one.stopped == "interrupted":
                break
        if runs[-1].stopped == "interrupted":
            print("Interrupted: what there is gets drawn and saved.", flush=True)
            break

    if shown:
        written = draw(shown, toy, shown[0].seed, options.out, film=not options.no_film)
    print("\n".join(["", *table(runs, toy),
                     EXPLANATION if options.dataset == "ring" else ELSEWHERE]))
    if shown:
        print("Written: " + ", ".join(str(options.out / name) for name in written))
    return 130 if runs[-1].stopped == "interrupted" else 0


def positive(text):
    """An integer of at least 1, for argparse."""
    value = natural(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected an integer of at least 1, got {text}")
    return value


def natural(text):
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"expected an integer of at least 0, got {text}")
    return value


if __name__ == "__main__":
    sys.exit(main())
