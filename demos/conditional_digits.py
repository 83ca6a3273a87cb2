"""Digits on request: a conditional GAN, on 8x8 images or on MNIST's 28x28.

    python -m demos.conditional_digits                          scikit-learn's digits
    python -m demos.conditional_digits --data mnist --folder DIR
    python -m demos.conditional_digits --method projection      another way to use the label
    python -m demos.conditional_digits --method all             all six, and a table

The two networks are those of `demos.digits`, with the label in both. In the generator it is
one-hot, beside z. In the discriminator it is ten more channels beside the image, of which one is 1.
D judges pairs (image, label), so a fine seven with the label 3 is a bad pair, and G learns to draw
what it was asked for (Mirza & Osindero 2014): see `networks.Conditional`. On 8x8 images nothing
else changes. On MNIST D has R1 in place of BatchNorm. With BatchNorm G draws what it was asked for,
but nearly always the same way (a recall of 0.03 after 12,000 steps).
Further ways to use the label are listed by --help, and in `numgan.layers.conditional`.

grid.png has a row for each digit and the same z in each column: what z means, such as slant and
thickness, is often the same for every digit. film.gif is the same sheet while training goes on.
At the end a classifier that saw real images only, and may also answer "none of them", tells how
many of 5,000 samples it takes for the digit that was asked for. Beside this number stand recall and
coverage, the share of real images with samples near them: one fine three, again and again, would be
what was asked for too. Below them stand all other metrics, GAN-train and GAN-test among them, with
their errors and what a second real sample scores (`numgan.metrics.report`).
"""

import numpy as np
from matplotlib.figure import Figure

from numgan import metrics, plotting

from . import results
from .common import INTERRUPTED, run_main, write
from .images import variety
from .judging import LENET_STEPS, RESAMPLES, report_of, rows_of
from .labelled import COLUMNS, METHODS, RECIPES, load, parser_of, train_method

JUDGED = 5000
QUICK = dict(steps=60, frames=5, judged=500, lenet=20, resamples=2)


def main(arguments=None):
    parser = parser_of("conditional_digits", __doc__, RECIPES, QUICK,
                       dict(judged=JUDGED, lenet=LENET_STEPS, resamples=RESAMPLES), "conditional")
    parser.add_argument("--method", choices=[*METHODS, "all"], default="cgan",
                        help="; ".join(f"{name}: {text}" for name, (text, _) in METHODS.items())
                        + "; all of them: a table")
    parser.share(results=True)
    options = parser.parse_args(arguments)
    (images, labels), held_out = load(parser, options)
    file = results.path_of(parser, options)
    judge, done, compared, code = None, [], [], 0
    try:
        for method in METHODS if options.method == "all" else [options.method]:
            out = options.out / method if options.method == "all" else options.out
            one = train_method(options, method, images, labels, out)
            done.append(one)
            code = one.code
            if code:
                break
            if judge is None:
                judge = metrics.digit_classifier(images, labels,
                                                 np.random.default_rng(options.seed))
                real = variety(options, held_out[0], images)
                print(f"a classifier of real images, right on "
                      f"{100 * judge.accuracy(*held_out):.1f} % of {len(held_out[0])} held-out "
                      f"ones, takes {options.judged:,} samples for what was asked for in (other "
                      f"real images: {real})", flush=True)
            samples = one.drawn(one.judged)
            one.right = judged_right(judge, samples, one.asked)
            one.variety = variety(options, held_out[0], samples)
            print(row(one), flush=True)
            compared.append(report_of(options, (images, labels), held_out, samples, one.asked))
            print(compared[-1], flush=True)
    except KeyboardInterrupt:
        print("Interrupted.", flush=True)
        code = INTERRUPTED
    if not code:
        results.keep(
            file, results.command("conditional_digits", arguments),
            {"data": options.data, "seed": options.seed, "samples": options.judged,
             "compared": compared[0].samples,
             "real": {**real._asdict(), "metrics": rows_of(compared[0])[1]}},
            [{"method": one.method, "right": one.right.mean(), **one.variety._asdict(),
              "steps": one.steps, "seconds": round(one.seconds, 1), "metrics": rows_of(found)[0]}
             for one, found in zip(done, compared)],
            options.quick)
        print(conclusion(done), flush=True)
    if done and options.method == "all":
        path = options.out / "methods.png"
        write(options.out, {path.name: lambda: draw_all(done, path)})
    return code


def judged_right(judge, images, asked):
    """(N,) bool: whether the classifier, which may say "none of them", sees the digit asked for."""
    probabilities = judge.predict_proba(images)
    none = 1 - probabilities.sum(axis=1)
    best = probabilities.argmax(axis=1)
    return (judge.classes[best] == asked) & (probabilities.max(axis=1) > none)


def conclusion(done):
    """What was counted, in a sentence."""
    best = max(done, key=lambda one: one.right.mean())
    each = {digit: best.right[best.asked == digit].mean() for digit in np.unique(best.asked)}
    worst = min(each, key=each.get)
    text = f"{100 * best.right.mean():.0f} % of the samples are the digit that was asked for"
    if len(done) > 1:
        text = f"Most is right with {best.method}: {text}"
    return (f"{text} (chance: {100 / len(each):.0f} %), least often where it is {worst}, with "
            f"{100 * each[worst]:.0f} %.")


def row(one):
    each = ", ".join(f"{digit}: {100 * one.right[one.asked == digit].mean():.0f}"
                     for digit in np.unique(one.asked))
    return (f"  {one.method:17s}{100 * one.right.mean():5.1f} %, {one.variety}, "
            f"{one.seconds:4.0f} s ({each})")


def draw_all(done, path):
    figure = Figure(figsize=(12, 4.4 * -(-len(done) // 3)), layout="constrained")
    for ax, one in zip(figure.subplots(-(-len(done) // 3), 3, squeeze=False).flat, done):
        right = "" if one.right is None else f", {100 * one.right.mean():.1f} % as asked for"
        plotting.image_grid(one.sheet, ax, columns=COLUMNS, title=one.method + right)
    for ax in figure.axes[len(done):]:
        ax.set_visible(False)
    plotting.save_figure(figure, path)


if __name__ == "__main__":
    run_main(main)
