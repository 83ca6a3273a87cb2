"""Handwritten digits from noise: a DCGAN, on 8x8 images or on MNIST's 28x28.

    python -m demos.digits                                scikit-learn's digits, about a minute
    python -m demos.digits --data mnist --folder DIR      MNIST, about four minutes on two cores
    python -m demos.digits --load out/digits/average.npz  draw from a trained generator

The generator makes an image of a few dozen random numbers, by fractional-strided convolutions; the
discriminator makes one number of an image, by strided ones. Nobody tells either what a digit is.
Both have a dense layer at their narrow end. It matters: without it, and twice as many steps, a
third of the samples on MNIST are no digits, but strokes that do not know of each other.

Look at film.gif first: the same latents, drawn again and again while training goes on. Fog becomes
strokes within seconds, strokes become digits, and later a digit now and then changes its mind. Then
at curves.png: these losses do not fall as a classifier's do, because each player's success is the
other's failure. D(x) above 1/2 and D(G(z)) below it, drifting apart slowly: the discriminator is a
little ahead, and so has something to teach. If D(x) went to 1 and D(G(z)) to 0 it would have won,
and the generator would have nothing more to learn from. final.png has samples beside real images.

A look is no measurement. At the end a classifier that saw real images only, and may also answer
"none of them", tells how many samples it is sure of, and as what; the line above it tells the same
of real images that neither it nor the GAN was trained on. A collapsed generator would miss classes.
"""

import argparse
import itertools
import pathlib

import numpy as np
from matplotlib.figure import Figure

from numgan import Adam, NonSaturating, data, metrics, models, plotting
from numgan.training import WeightAverage, standard_normal, train

from . import fitting
from .arguments import number
from .common import attempt, exit_code, run_main, usable_folder, write
from .fitting import Budget
from .jobs import Saver, add_options

# DCGAN's rate of 2e-4 is for long training: on the 8x8 digits, for the same number of steps, 1e-3
# took the share of recognised samples further, and so did wider networks and larger batches.
RECIPE = dict(steps=6000, batch_size=64, width=32, d_width=32, latent=32, g_rate=1e-3, d_rate=1e-3)
HIDDEN = 256  # of the dense layer that lets the ends of a stroke know of each other
FRAMES, SHEETS = 60, 10  # of the film; written as PNG on the way
SHOWN, JUDGED = 100, 2000  # latents in the pictures; samples for the classifier


def main(arguments=None):
    parser, options = parse(arguments)
    data_rng, init_rng, z_rng, judge_rng = np.random.default_rng(options.seed).spawn(4)
    try:
        (images, labels), held_out = load_data(options, data_rng)
        size, _, channels = images.shape[1:]
        generator = models.dcgan_generator(size, channels, options.latent, options.width,
                                           hidden=HIDDEN, rng=init_rng)
        discriminator = models.dcgan_discriminator(size, channels, options.d_width,
                                                   hidden=HIDDEN, rng=init_rng)
        if options.load:
            generator.load(options.load)
        elif options.batch_size > len(images):
            raise ValueError(f"--batch-size: there are only {len(images)} images")
    except (ValueError, OSError, MemoryError) as error:
        hint = ""
        if options.load and isinstance(error, ValueError):
            hint = " (made with another --data, --width or --latent?)"
        parser.error(f"{error}{hint}")
    usable_folder(parser, options.out)

    z = standard_normal(z_rng, (JUDGED, options.latent), np.float32)
    problem, networks, pictures = "", {}, {}
    if not options.load:
        problem, generator, networks, pictures = fit(
            options, generator, discriminator, data.sampler(images, data_rng), z[:SHOWN], init_rng)

    def draw_final():
        draw_beside(generator(z[:SHOWN]), held_out[0][:SHOWN], options.out / "final.png")

    write(options.out, {**networks, "final.png": draw_final, **pictures})
    if problem:
        return exit_code(problem)

    judge = metrics.digit_classifier(images, labels, judge_rng)
    print(f"\na classifier of real images, right on {100 * judge.accuracy(*held_out):.1f} % of "
          f"{len(held_out[0])} held-out ones, is sure (probability >= 0.9) of")
    for name, batch in ("real   ", held_out[0]), ("samples", generator(z)):
        print(f"  {name}  {metrics.sample_report(judge.predict_proba(batch))}")
    return 0


def load_data(options, rng):
    """((images, labels) to train on, the same held out)."""
    return data.DATA_SETS[options.data].load(rng, options.folder, not options.no_verify)


def data_option(parser, classes=None):
    """Add the options of `load_data`; `classes`: only data with so many."""
    known = [name for name in data.names("images")
             if classes in (None, data.DATA_SETS[name].classes)]
    parser.add_argument("--data", choices=known, default="digits",
                        help="; ".join(f"{name}: {data.DATA_SETS[name].title}" for name in known))
    mnist_options(parser)


def mnist_options(parser):
    """Add the options for data that are read from files."""
    parser.add_argument("--folder", metavar="DIR", help="where MNIST's four files are (default: "
                        "the environment variable NUMGAN_DATA; without it, they are downloaded)")
    parser.add_argument("--no-verify", action="store_true", help="with --data mnist and --folder: "
                        "take other images in the format of MNIST's files, such as Fashion-MNIST")


def data_name(name, no_verify):
    """The name of the data in the names of folders: what is not MNIST is not called so."""
    one = data.DATA_SETS[name]
    return one.called(not no_verify)[0] if one.kind == "images" else name


def fit(options, generator, discriminator, real, z, rng):
    """Train. Returns (why it ended early or "", averaged generator, and what `common.write` has to
    write: the networks, the pictures)."""
    average = WeightAverage(generator, 0.999)
    budget, drawn = Budget(options.steps, options.minutes), itertools.count()

    def frame():
        images = average.network(z)
        if next(drawn) % (FRAMES // SHEETS) == 0:
            path = options.out / f"step{run.done:06d}.png"
            with attempt(path):
                plotting.image_grid(images, path)
        return images

    run = train(generator, discriminator, real,
                # one-sided smoothing keeps D from being sure, and so its gradients alive
                loss=NonSaturating(smoothing=0.1), steps=options.steps, rng=rng,
                batch_size=options.batch_size, g_optimizer=Adam(options.g_rate),
                d_optimizer=Adam(options.d_rate), schedule=budget, average=average)
    fitted = fitting.fit(run, budget, Saver(options.out / "state", "training", options.resume),
                         FRAMES, frame, losses=True)
    networks = {f"{name}.npz": lambda name=name, network=network: network.save(
                    options.out / f"{name}.npz")
                for name, network in (("generator", generator), ("discriminator", discriminator),
                                      ("average", average.network))}
    pictures = {"film.gif": lambda: film(fitted.frames, options.out / "film.gif")}
    if fitted.records:
        pictures = {"curves.png": lambda: draw_curves(fitted.records, options.out / "curves.png"),
                    **pictures}
    return fitted.problem, average.network, networks, pictures


# -- pictures --------------------------------------------------------------------------------------


def film(frames, path):
    figure = Figure(figsize=(5, 5))
    ax = figure.add_axes((0, 0, 1, 1))

    def draw(index):
        ax.clear()
        plotting.image_grid(frames[index], ax)

    plotting.save_film(figure, draw, len(frames), path, dpi=80)


def draw_curves(records, path):
    figure = Figure(figsize=(8, 6), layout="constrained")
    steps = np.arange(1, len(records) + 1)
    window = max(1, len(records) // 200)  # single batches are noisy: means over half a percent

    def mean(name):
        values = [getattr(record, name) for record in records]
        return np.convolve(values, np.ones(window) / window, "valid")

    for ax, series, text in zip(
            figure.subplots(2, 1, sharex=True),
            ({"D": "d_loss", "G": "g_loss"}, {"D(x)": "d_real", "D(G(z))": "d_fake"}),
            ("loss in nats", "mean probability")):
        colors = {"color": plotting.REAL}, {"color": plotting.FAKE}
        plotting.curves(ax, steps[window - 1:], {name: mean(key) for name, key in series.items()},
                        style=dict(zip(series, colors)))
        ax.relim()
        ax.autoscale()
        ax.set_ylabel(text)
        ax.legend()
    ax.set_ylim(0, 1)
    ax.set_xlabel("step")
    plotting.save_figure(figure, path)


def draw_beside(samples, real, path):
    figure = Figure(figsize=(10, 5.3), layout="constrained")
    left, right = figure.subplots(1, 2)
    plotting.image_grid(samples, left, title="samples")
    plotting.image_grid(real, right, title="real images")
    plotting.save_figure(figure, path)


# -- options ---------------------------------------------------------------------------------------


def parse(arguments):
    """(parser, options); what was not given is filled in from the recipe of the data set."""
    parser = argparse.ArgumentParser(
        prog="python -m demos.digits", description="Train a DCGAN on images of digits.",
        epilog="Ctrl-C stops the training and saves what there is.")

    def add(name, kind, minimum, text, recipe=None, **more):
        if recipe:
            text += f" (default {RECIPE[recipe]:g})"
            more["dest"] = recipe
        parser.add_argument(name, type=number(kind, minimum), help=text, **more)

    data_option(parser)
    add_options(parser, jobs=False)
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR",
                        help="for pictures and checkpoints (default out/digits or out/mnist, or "
                             "out/other with --no-verify)")
    parser.add_argument("--load", "--generator", type=pathlib.Path, metavar="CHECKPOINT",
                        help="draw and judge samples of this saved generator, do not train")
    add("--seed", int, 0, "of all random numbers; same seed and steps, same bits (default 0)",
        default=0)
    add("--steps", int, 1, "training steps", "steps")
    add("--minutes", float, 0, "stop in time: end the training after so many minutes, if not done "
        "before. How many steps those are depends on the machine, so this is not reproducible "
        "to the bit", default=float("inf"))
    add("--batch-size", int, 2, "real images a step, and as many samples", "batch_size")
    add("--width", int, 1, "channels of the generator's largest feature maps; more is slower",
        "width")
    add("--d-width", int, 1, "the same for the discriminator", "d_width")
    add("--latent", int, 1, "numbers that an image is made of", "latent")
    add("--g-learning-rate", float, 0, "Adam's, for the generator", "g_rate")
    add("--d-learning-rate", float, 0, "the same for the discriminator", "d_rate")
    options = parser.parse_args(arguments)
    for name, value in RECIPE.items():
        if getattr(options, name, None) is None:
            setattr(options, name, value)
    options.out = options.out or pathlib.Path("out", data_name(options.data, options.no_verify))
    return parser, options


if __name__ == "__main__":
    run_main(main)
