"""Digits on request: a conditional GAN, on 8x8 images or on MNIST's 28x28.

    python -m demos.conditional_digits                          scikit-learn's digits
    python -m demos.conditional_digits --data mnist --folder DIR
    python -m demos.conditional_digits --method projection      another way to use the label
    python -m demos.conditional_digits --method all             all six, and a table

The same two networks as in `demos.digits`, with the label in both: one-hot beside z in the
generator, and as ten more channels, of which one is 1, beside the image in the discriminator. D
judges pairs (image, label), so a fine seven with the label 3 is a bad pair, and G learns to draw
what it was asked for (Mirza & Osindero 2014). Nothing else changes: see `networks.Conditional`.
Further ways to use the label are listed by --help, and in `numgan.layers.conditional`.

grid.png has a row for each digit and in each column the same z: what z means, such as slant and
thickness, it often means for every digit. film.gif is the same sheet while training goes on.
At the end a classifier that saw real images only, and may also answer "none of them", tells how
many of 5,000 samples it takes for the digit that was asked for.
"""

import argparse
import dataclasses
import pathlib

import numpy as np
from matplotlib.figure import Figure

from numgan import Adam, NonSaturating, data, losses, metrics, models, plotting
from numgan.pairs import Pair, latents, one_hot
from numgan.training import WeightAverage, train

from . import fitting, results
from .arguments import number
from .common import INTERRUPTED, exit_code, run_main, usable_folder, write
from .digits import data_name, data_option, load_data
from .fitting import Budget
from .jobs import Saver, add_options

RECIPES = {  # for other data: that of the digits
    "digits": dict(steps=6000, width=32, hidden=256, latent=32, rate=1e-3),
    "mnist": dict(steps=12_000, width=32, hidden=256, latent=32, rate=1e-3),
}
METHODS = {
    "cgan": ("the label beside z and, as channels, beside the image", {}),
    "mlp": ("the same without convolutions: label and image side by side in one vector",
            {"dense": True}),
    "embedding": ("four learned numbers stand for each label, in both networks",
                  {"embedding": 4}),
    "conditional-norm": ("and a gain and a shift of its own in each of G's BatchNorms",
                         {"modulated": True}),
    "projection": ("D compares the label with its last features; spectral normalisation and hinge "
                   "loss, as it was published", {"head": "projection"}),
    "acgan": ("D does not see the label but guesses it, and G wants it guessed",
              {"head": "auxiliary"}),
}
BATCH, COLUMNS, JUDGED, FRAMES = 64, 10, 5000, 40


@dataclasses.dataclass
class Result:
    """What one method left behind."""

    method: str
    code: int  # the exit code: 0 if it is complete
    seconds: float
    sheet: np.ndarray  # images, a row for each digit
    right: np.ndarray = None  # (JUDGED,) bool, and what was asked for
    asked: np.ndarray = None


def main(arguments=None):
    parser = options_parser("conditional_digits", __doc__, RECIPES)
    parser.add_argument("--method", choices=[*METHODS, "all"], default="cgan",
                        help="; ".join(f"{name}: {text}" for name, (text, _) in METHODS.items())
                        + "; all of them: a table")
    results.add_option(parser)
    options = checked(parser, arguments, "conditional")
    (images, labels), held_out = load(parser, options)
    file = results.path_of(parser, options)
    judge, done, code = None, [], 0
    try:
        for method in METHODS if options.method == "all" else [options.method]:
            out = options.out / method if options.method == "all" else options.out
            one = one_method(options, method, images, labels, out)
            done.append(one)
            code = one.code
            if code:
                break
            if judge is None:
                judge = metrics.digit_classifier(images, labels,
                                                 np.random.default_rng(options.seed))
                print(f"a classifier of real images, right on "
                      f"{100 * judge.accuracy(*held_out):.1f} % of {len(held_out[0])} held-out "
                      f"ones, takes {JUDGED:,} samples for what was asked for in", flush=True)
            one.right = judged_right(judge, one.drawn(one.judged), one.asked)
            print(row(one), flush=True)
    except KeyboardInterrupt:
        print("Interrupted.", flush=True)
        code = INTERRUPTED
    if not code:
        results.keep(
            file, results.command("conditional_digits", arguments),
            {"data": options.data, "seed": options.seed, "samples": JUDGED,
             "steps": options.steps or recipe_of(RECIPES, options.data)["steps"]},
            [{"method": one.method, "right": one.right.mean(), "seconds": round(one.seconds, 1)}
             for one in done])
    if done and options.method == "all":
        path = options.out / "methods.png"
        write(options.out, {path.name: lambda: draw_all(done, path)})
    return code


def one_method(options, method, images, labels, out):
    """Train by one method, write networks, sheet and film; a `Result`."""
    recipe, classes = recipe_of(RECIPES, options.data), int(labels.max()) + 1
    data_rng, init_rng, z_rng = np.random.default_rng(options.seed).spawn(3)
    generator, discriminator, loss = networks(recipe, classes, init_rng, **METHODS[method][1])
    x = images.reshape(len(images), *generator.output_shape(generator.input_shape))
    real = data.sampler(Pair(x, one_hot(labels, classes)), data_rng)

    # a row for each digit, the same z in a column
    z = z_rng.standard_normal((COLUMNS, recipe["latent"]), np.float32)
    sheet = Pair(np.tile(z, (classes, 1)),
                 one_hot(np.repeat(np.arange(classes), COLUMNS), classes))
    problem, seconds, average, saved, film = fit(
        options, recipe, generator, discriminator, real, sheet, loss=loss, rng=init_rng, out=out,
        latent=latents(recipe["latent"], classes), title=method)

    def drawn(inputs):
        return average(inputs).x.reshape(-1, *recipe["shape"])

    def draw_grid():
        plotting.image_grid(drawn(sheet), out / "grid.png", columns=COLUMNS,
                            title=f"asked for 0 in the first row, ..., {classes - 1} in the last")

    write(out, {**saved, "grid.png": draw_grid, **film})
    result = Result(method, exit_code(problem), seconds, drawn(sheet),
                    asked=np.arange(JUDGED) % classes)
    result.judged = Pair(z_rng.standard_normal((JUDGED, recipe["latent"]), np.float32),
                         one_hot(result.asked, classes))
    result.drawn = drawn
    return result


def networks(recipe, classes, rng, dense=False, **how):
    """(generator, discriminator, loss) of pairs of an image and a label."""
    (size, _, channels), loss = recipe["shape"], NonSaturating(smoothing=0.1)
    if dense:
        hidden = (recipe["hidden"], 2 * recipe["hidden"])
        pair = models.conditional_mlp(size * size * channels, classes, recipe["latent"], hidden,
                                      hidden[::-1], bounded=True, rng=rng, **how)
        return (*pair, loss)
    if how.get("head") == "projection":  # behind BatchNorm D wins at once, at this rate
        how, loss = {**how, "normalization": "spectral"}, losses.Hinge()
    elif how.get("head") == "auxiliary":
        loss = losses.AuxiliaryClassifier(loss, classes)
    return (*models.conditional_dcgan(size, channels, classes, recipe["latent"], recipe["width"],
                                      recipe["width"], recipe["hidden"], rng=rng, **how), loss)


def judged_right(judge, images, asked):
    """(N,) bool: the classifier's answer, "none of them" included, is the digit asked for."""
    probabilities = judge.predict_proba(images)
    none = 1 - probabilities.sum(axis=1)
    best = probabilities.argmax(axis=1)
    return (judge.classes[best] == asked) & (probabilities.max(axis=1) > none)


def row(one):
    each = ", ".join(f"{digit}: {100 * one.right[one.asked == digit].mean():.0f}"
                     for digit in np.unique(one.asked))
    return f"  {one.method:17s}{100 * one.right.mean():5.1f} %, {one.seconds:4.0f} s ({each})"


def draw_all(done, path):
    figure = Figure(figsize=(12, 4.4 * -(-len(done) // 3)), layout="constrained")
    for ax, one in zip(figure.subplots(-(-len(done) // 3), 3, squeeze=False).flat, done):
        right = "" if one.right is None else f", {100 * one.right.mean():.1f} % as asked for"
        plotting.image_grid(one.sheet, ax, columns=COLUMNS, title=one.method + right)
    for ax in figure.axes[len(done):]:
        ax.set_visible(False)
    plotting.save_figure(figure, path)


# -- training, for the other demos with labels too -------------------------------------------------


def fit(options, recipe, generator, discriminator, real, sheet, *, loss, rng, out, latent, title):
    """Train. Returns (why it ended early or "", seconds, averaged generator, and what
    `common.write` has to write: the networks, the film); sheet : latents of the film's picture."""
    average = WeightAverage(generator, 0.999)
    budget = Budget(options.steps or recipe["steps"], options.minutes)
    run = train(generator, discriminator, real, loss=loss, steps=budget.steps, rng=rng,
                batch_size=BATCH, g_optimizer=Adam(recipe["rate"]),
                d_optimizer=Adam(recipe["rate"]), average=average, latent=latent, schedule=budget)
    fitted = fitting.fit(run, budget, Saver(out / "state", title, options.resume), FRAMES,
                         lambda: average.network(sheet).x, title)
    networks = {"average.npz": lambda: average.network.save(out / "average.npz"),
                "discriminator.npz": lambda: discriminator.save(out / "discriminator.npz")}
    frames = fitted.frames
    figure = Figure(figsize=(5, 5))
    ax = figure.add_axes((0, 0, 1, 1))

    def draw(index):
        ax.clear()
        plotting.image_grid(frames[index].reshape(-1, *recipe["shape"]), ax, columns=COLUMNS)

    film = {"film.gif": lambda: plotting.save_film(figure, draw, len(frames), out / "film.gif",
                                                   dpi=80)}
    return fitted.problem, fitted.seconds, average.network, networks, film


def load(parser, options):
    """((images, labels), (images, labels) held out), or the parser's error."""
    try:
        found = load_data(options, np.random.default_rng(options.seed))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    usable_folder(parser, options.out)
    return found


def recipe_of(recipes, name):
    """The recipe for the data set of this name, with the shape of its images."""
    return {"shape": data.DATA_SETS[name].shape, **recipes.get(name, recipes["digits"])}


def options_parser(name, doc, recipes, classes=None):
    parser = argparse.ArgumentParser(
        prog=f"python -m demos.{name}", description=doc.split("\n")[0],
        epilog="Ctrl-C stops the training and saves what there is.")
    data_option(parser, classes)
    parser.add_argument("--seed", type=number(int, 0), default=0, help="of all random numbers")
    parser.add_argument("--steps", type=number(int, 1), help="training steps (default "
                        + ", ".join(f"{name}: {one['steps']}" for name, one in recipes.items())
                        + ")")
    parser.add_argument("--minutes", type=number(float, 0), default=float("inf"),
                        help="end the training after so many, if not done before")
    add_options(parser, jobs=False)
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR",
                        help="default: a folder of its own in out/")
    return parser


def checked(parser, arguments, kind):
    options = parser.parse_args(arguments)
    name = data_name(options.data, options.no_verify)
    options.out = options.out or pathlib.Path("out", f"{kind}_{name}")
    return options


if __name__ == "__main__":
    run_main(main)
