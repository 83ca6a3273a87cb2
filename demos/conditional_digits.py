"""Digits on request: a conditional DCGAN, on 8x8 images or on MNIST's 28x28.

    python -m demos.conditional_digits                          scikit-learn's digits
    python -m demos.conditional_digits --data mnist --folder DIR

The same two networks as in `demos.digits`, with the label in both: one-hot beside z in the
generator, and as ten more channels, of which one is 1, beside the image in the discriminator. D
judges pairs (image, label), so a fine seven with the label 3 is a bad pair, and G learns to draw
what it was asked for (Mirza & Osindero 2014). Nothing else changes: see `numgan.conditional`.

grid.png has a row for each digit and in each column the same z: what z means, such as slant and
thickness, it often means for every digit. film.gif is the same sheet while training goes on.
At the end a classifier that saw real images only, and may also answer "none of them", tells how
many of 5,000 samples it takes for the digit that was asked for.
"""

import argparse
import pathlib
import sys
import time

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from numgan import Adam, NonSaturating, data, metrics, models, plotting
from numgan.conditional import latents, one_hot, pairs
from numgan.training import TrainingDiverged, WeightAverage, train

from .digits import load_data, number

RECIPES = {
    "digits": dict(size=8, steps=6000, width=32, hidden=256, latent=32, rate=1e-3),
    "mnist": dict(size=28, steps=12_000, width=32, hidden=256, latent=32, rate=1e-3),
}
BATCH, COLUMNS, JUDGED, FRAMES = 64, 10, 5000, 40


def main(arguments=None):
    options, recipe, parser = parse(arguments)
    data_rng, init_rng, z_rng, judge_rng = np.random.default_rng(options.seed).spawn(4)
    try:
        (images, labels), held_out = load_data(options, data_rng)
        options.out.mkdir(parents=True, exist_ok=True)  # or hear of it after the training
    except (ValueError, OSError) as error:
        parser.error(str(error))
    classes = int(labels.max()) + 1
    generator, discriminator = models.conditional_dcgan(
        recipe["size"], 1, classes, recipe["latent"], recipe["width"], recipe["width"],
        recipe["hidden"], rng=init_rng)
    real = data.sampler(pairs(images, one_hot(labels, classes)), data_rng)

    # a row for each digit, the same z in a column
    z = z_rng.standard_normal((COLUMNS, recipe["latent"]), np.float32)
    sheet = pairs(np.tile(z, (classes, 1)),
                  one_hot(np.repeat(np.arange(classes), COLUMNS), classes))
    asked = np.arange(JUDGED) % classes
    judged = pairs(z_rng.standard_normal((JUDGED, recipe["latent"]), np.float32),
                   one_hot(asked, classes))
    completed, average = fit(options, recipe, generator, discriminator, real, sheet, classes,
                             init_rng)

    def drawn(inputs):
        return average(inputs)[:, :-classes].reshape(-1, recipe["size"], recipe["size"], 1)

    plotting.image_grid(drawn(sheet), options.out / "grid.png", columns=COLUMNS,
                        title="asked for 0 in the first row, ..., 9 in the last")
    print(f"see {options.out}/")
    if not completed:
        return 1
    judge = metrics.digit_classifier(images, labels, judge_rng)
    print(f"\na classifier of real images, right on {100 * judge.accuracy(*held_out):.1f} % of "
          f"{len(held_out[0])} held-out ones, takes {JUDGED:,} samples for what was asked for in")
    right = judged_right(judge, drawn(judged), asked)
    each = ", ".join(f"{digit}: {100 * right[asked == digit].mean():.0f}"
                     for digit in range(classes))
    print(f"  {100 * right.mean():.1f} % ({each})")
    return 0


def judged_right(judge, images, asked):
    """(N,) bool: the classifier's answer, "none of them" included, is the digit asked for."""
    probabilities = judge.predict_proba(images)
    none = 1 - probabilities.sum(axis=1)
    best = probabilities.argmax(axis=1)
    return (judge.classes[best] == asked) & (probabilities.max(axis=1) > none)


def fit(options, recipe, generator, discriminator, real, sheet, classes, rng):
    """Train, and write what there is to see. Returns (whether to the end, averaged generator)."""
    average = WeightAverage(generator, 0.999)
    frames, started, problem = [], time.monotonic(), None
    steps = options.steps or recipe["steps"]
    budget = 60 * options.minutes

    def done(step):
        return max(step / steps, (time.monotonic() - started) / budget)

    run = train(generator, discriminator, real, loss=NonSaturating(smoothing=0.1), steps=steps,
                rng=rng, batch_size=BATCH, g_optimizer=Adam(recipe["rate"]),
                d_optimizer=Adam(recipe["rate"]), average=average,
                latent=latents(recipe["latent"], classes),
                schedule=lambda progress: min(1.0, 2 - 2 * max(progress, done(0))))
    with tqdm(run, total=steps, unit=" steps", mininterval=0.5) as bar:
        try:
            for record in bar:
                bar.set_postfix_str(f"D(x) {record.d_real:.2f}, D(G(z)) {record.d_fake:.2f}", False)
                # the picture changes fast at first: frames at progress 1/40², 4/40², 9/40², ...
                if done(record.step + 1) >= ((len(frames) + 1) / FRAMES) ** 2:
                    frames.append(average.network(sheet)[:, :-classes])
                if done(record.step + 1) >= 1:
                    break
        except KeyboardInterrupt:
            problem = "interrupted"
        except TrainingDiverged as error:
            problem = str(error)
    print(f"training took {time.monotonic() - started:.0f} s" + (f", then {problem}" if problem
                                                                 else ""), flush=True)
    average.network.save(options.out / "average.npz")
    frames.append(average.network(sheet)[:, :-classes])
    figure = Figure(figsize=(5, 5))
    ax = figure.add_axes((0, 0, 1, 1))
    size = recipe["size"]

    def draw(index):
        ax.clear()
        plotting.image_grid(frames[index].reshape(-1, size, size, 1), ax, columns=COLUMNS)

    plotting.save_film(figure, draw, len(frames), options.out / "film.gif", dpi=80)
    return problem is None, average.network


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m demos.conditional_digits", description=__doc__.split("\n")[0],
        epilog="Ctrl-C stops the training and saves what there is.")
    parser.add_argument("--data", choices=list(RECIPES), default="digits",
                        help="scikit-learn's 1,797 images of 8x8 (default), or MNIST")
    parser.add_argument("--folder", metavar="DIR", help="where MNIST's four files are (default: "
                        "the environment variable NUMGAN_DATA; without it, they are downloaded)")
    parser.add_argument("--seed", type=number(int, 0), default=0, help="of all random numbers")
    parser.add_argument("--steps", type=number(int, 1), help="training steps (default digits: "
                        f"{RECIPES['digits']['steps']}, mnist: {RECIPES['mnist']['steps']})")
    parser.add_argument("--minutes", type=number(float, 0), default=float("inf"),
                        help="end the training after so many, if not done before")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR",
                        help="default out/conditional_digits or out/conditional_mnist")
    options = parser.parse_args(arguments)
    options.out = options.out or pathlib.Path("out", f"conditional_{options.data}")
    if options.out.exists() and not options.out.is_dir():
        parser.error(f"argument --out: {options.out} is a file, not a folder")
    return options, RECIPES[options.data], parser


if __name__ == "__main__":
    sys.exit(main())
