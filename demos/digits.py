"""Handwritten digits from noise: a DCGAN, on 8x8 images or on MNIST's 28x28.

    python -m demos.digits                                scikit-learn's digits, about a minute
    python -m demos.digits --data mnist --folder DIR      MNIST, about four minutes on two cores
    python -m demos.digits --load out/digits/average.npz  draw from a trained generator

The generator makes an image from a few dozen random numbers, by fractional-strided convolutions.
The discriminator makes one number from an image, by strided ones. Nobody tells either what a digit
is. Both have a dense layer at their narrow end. It matters: without it, and with twice as many
steps, a third of the samples on MNIST are not digits, but strokes that know nothing of each
other.

Look at film.gif first: the same latents, drawn again and again while training goes on. Fog becomes
strokes within seconds, strokes become digits, and later a digit now and then changes its mind. Then
look at curves.png: these losses do not fall as a classifier's do, because each player's success is
the other's failure. D(x) is above 1/2 and D(G(z)) below it, and they drift apart slowly: the
discriminator is a little ahead, and so has something to teach. If D(x) went to 1 and D(G(z)) to 0,
the discriminator would have won, and the generator would have nothing more to learn from. final.png
has samples beside real images.

A look is not a measurement. At the end a classifier that saw real images only, and may also answer
"none of them", tells how many samples it is sure of, and which digits it sees in them. The line
above says the same of real images that neither the classifier nor the GAN was trained on. A
collapsed generator would miss classes. And one that draws the same seven again and again would have
a low recall and coverage, the share of real images with samples near them. Neighbours are found
among the features of a network that knows digits (on 8x8 images, among the pixels). After a
training all other metrics are printed too, with their errors and what a second real sample scores
(`numgan.metrics.report`).
"""

import functools
import itertools
import pathlib
import textwrap

import numpy as np
from matplotlib.figure import Figure

from numgan import Adam, NonSaturating, data, metrics, models, plotting
from numgan.training import WeightAverage, standard_normal, train

from . import fitting, results
from .arguments import Parser, integer, positive, positive_number
from .common import attempt, exit_code, run_main, usable_folder, write
from .fitting import Budget
from .images import data_name, data_option, drawable, load_data, save_film, variety
from .jobs import Saver
from .judging import LENET_STEPS, RESAMPLES, report_of, rows_of

# DCGAN's rate of 2e-4 is for long training: on the 8x8 digits, with the same number of steps, 1e-3
# raised the share of recognised samples further, and so did wider networks and larger batches.
RECIPE = dict(steps=6000, batch_size=64, width=32, d_width=32, latent=32, g_rate=1e-3, d_rate=1e-3)
HIDDEN = 256  # of the dense layer that lets the ends of a stroke know about each other
FRAMES, SHEETS = 60, 10  # of the film; written as PNG on the way
SHOWN, JUDGED = 100, 2000  # latents in the pictures; samples for the classifier
QUICK = dict(steps=80, judged=400, frames=6, sheets=3, lenet=20, resamples=2)


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
        hint = (" (--load takes what this command wrote with the same --data, --width and --latent)"
                if options.load else "")
        parser.error(f"{error}{hint}")
    usable_folder(parser, options.out)
    file = results.path_of(parser, options)

    z = standard_normal(z_rng, (options.judged, options.latent), np.float32)
    problem, steps, networks, pictures = "", 0, {}, {}
    if not options.load:
        problem, steps, generator, networks, pictures = fit(
            options, generator, discriminator, data.sampler(images, data_rng), z[:SHOWN], init_rng)

    def draw_final():
        draw_beside(generator(z[:SHOWN]), held_out[0][:SHOWN], options.out / "final.png")

    write(options.out, {**networks, "final.png": draw_final, **pictures})
    if problem:
        return exit_code(problem)

    judge = metrics.digit_classifier(images, labels, judge_rng)
    print(f"\na classifier of real images, right on {100 * judge.accuracy(*held_out):.1f} % of "
          f"{len(held_out[0])} held-out ones, is sure (probability >= 0.9) of")
    samples = generator(z)
    if not np.isfinite(samples).all():
        print("nothing: what this generator draws is not finite", flush=True)
        return 1
    reports = {name: metrics.sample_report(judge.predict_proba(batch)) for name, batch in
               (("real", held_out[0]), ("samples", samples))}
    varied = {"real": variety(options, held_out[0], images),
              "samples": variety(options, held_out[0], samples)}
    for name, report in reports.items():
        print(f"  {name:<7}  {report}; {varied[name]}")
    if not options.load:
        compared = report_of(options, (images, labels), held_out, samples)
        print(f"\n{compared}\n", flush=True)
        rows = dict(zip(("samples", "real"), rows_of(compared)))
        results.keep(file, results.command("digits", arguments),
                     {"data": options.data, "seed": options.seed, "steps": steps,
                      "samples": options.judged, "compared": compared.samples},
                     [{"images": name, "recognised": report.confident,
                       "classes": report.classes, "rarest": report.shares.min(),
                       **varied[name]._asdict(), "metrics": rows[name]}
                      for name, report in reports.items()],
                     options.quick)
    print(conclusion(**reports), flush=True)
    return 0


def conclusion(real, samples):
    """What was counted, in a sentence: two reports of the classifier."""
    missing = [str(digit) for digit in np.flatnonzero(samples.shares == 0)]
    found = ("every class is among them" if not missing else
             "none of them is a digit" if len(missing) == len(samples.shares) else
             f"missing among them: {', '.join(missing)}")
    return (f"Of the samples the classifier is sure of {100 * samples.confident:.0f} %, of real "
            f"images of {100 * real.confident:.0f} %; {found}.")


def fit(options, generator, discriminator, real, z, rng):
    """Train. Returns (why it ended early or "", steps that were taken, averaged generator, and what
    `common.write` has to write: the networks, the pictures)."""
    average = WeightAverage(generator, 0.999)
    budget, drawn = Budget(options.steps, options.minutes), itertools.count()

    def frame():
        images = average.network(z)
        if next(drawn) % (options.frames // options.sheets) == 0:
            path = options.out / f"step{run.done:06d}.png"
            with attempt(path):
                plotting.image_grid(drawable(images), path)
        return images

    run = train(generator, discriminator, real,
                # one-sided smoothing keeps D unsure, and so keeps its gradients alive
                loss=NonSaturating(smoothing=0.1), steps=options.steps, rng=rng,
                batch_size=options.batch_size, g_optimizer=Adam(options.g_rate),
                d_optimizer=Adam(options.d_rate), schedule=budget, average=average)
    saver = Saver(options.out / "state", f"seed {options.seed}", options.resume)
    fitted = fitting.fit(run, budget, saver, options.frames, frame, losses=True)
    networks = {f"{name}.npz": lambda name=name, network=network: network.save(
                    options.out / f"{name}.npz")
                for name, network in (("generator", generator), ("discriminator", discriminator),
                                      ("average", average.network))}
    pictures = {"film.gif": lambda: save_film(fitted.frames, options.out / "film.gif")}
    if fitted.records:
        pictures = {"curves.png": lambda: draw_curves(fitted.records, options.out / "curves.png"),
                    **pictures}
    return fitted.problem, len(fitted.records), average.network, networks, pictures


# -- pictures --------------------------------------------------------------------------------------


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
    g_loss = mean("g_loss")
    ax.set_xlabel("step\n\n" + textwrap.fill(
        f"G's loss goes from {g_loss[len(g_loss) // 20]:.2f} (after a twentieth of the steps) to "
        f"{g_loss[-1]:.2f}. It says how well G fools the D of that moment, and D learns too: "
        "samples can get better while it rises. Look at them, not at it.", 100))
    plotting.save_figure(figure, path)


def draw_beside(samples, real, path):
    figure = Figure(figsize=(10, 5.3), layout="constrained")
    left, right = figure.subplots(1, 2)
    plotting.image_grid(drawable(samples), left, title="samples")
    plotting.image_grid(real, right, title="real images")
    plotting.save_figure(figure, path)


# -- options ---------------------------------------------------------------------------------------


def parse(arguments):
    """(parser, options)"""
    parser = Parser("digits", __doc__, QUICK,
                    dict(judged=JUDGED, frames=FRAMES, sheets=SHEETS, lenet=LENET_STEPS,
                         resamples=RESAMPLES),
                    epilog="Ctrl-C stops the training and saves what there is.")

    def add(name, kind, text, recipe):
        parser.add_argument(name, type=kind, dest=recipe, default=RECIPE[recipe], metavar="N",
                            help=f"{text} (default {RECIPE[recipe]:g})")

    data_option(parser)
    parser.add_argument("--load", "--generator", type=pathlib.Path, metavar="CHECKPOINT",
                        help="draw and judge samples of this saved generator, do not train")
    add("--steps", positive, "training steps", "steps")
    parser.add_argument("--minutes", type=positive_number, default=float("inf"), metavar="N",
                        help="stop in time: end the training after so many minutes, if not done "
                        "before. How many steps those are depends on the machine, so this is not "
                        "reproducible to the bit")
    add("--batch-size", functools.partial(integer, least=2, most=10 ** 9),
        "real images a step, and as many samples", "batch_size")
    add("--width", positive, "channels of the generator's largest feature maps; more is slower",
        "width")
    add("--d-width", positive, "the same for the discriminator", "d_width")
    add("--latent", positive, "numbers that an image is made of", "latent")
    add("--g-learning-rate", positive_number, "Adam's, for the generator", "g_rate")
    add("--d-learning-rate", positive_number, "the same for the discriminator", "d_rate")
    parser.share(seed=0, resume=True, results=True,
                 out=lambda options: data_name(options.data, options.no_verify))
    return parser, parser.parse_args(arguments)


if __name__ == "__main__":
    run_main(main)
