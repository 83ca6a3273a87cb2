"""Classes without labels: an infoGAN on digits, whose code finds them by itself.

    python -m demos.infogan                          scikit-learn's 8x8 digits
    python -m demos.infogan --data mnist --folder DIR

The latent has noise and a code: one of ten classes, and two numbers in [−1, 1]. The discriminator
has a second task, to read the code from the image (Q), and the generator is rewarded for codes that
can be read. Nobody says what the code should mean. But what can be read reliably must be visible in
every image, whatever the noise; and the images must look like digits. So the cheapest meaning of
the ten classes is the ten digits, and that of a number is a trait that all digits have, such as
slant or width (Chen et al. 2016).

codes.png, left: a row for each code, and the same noise in each column; rows are in the order of
the digits that a classifier sees in them. Middle and right: a row for each class, and from left to
right one of the numbers goes from −1.5 to 1.5, all else equal. film.gif: the left picture while
training goes on. For the printed figures codes are matched to digits, one to one, as well as
possible. The figures tell how often the two then agree: for what G makes of a code, judged by a
classifier of real images, and for real images held out of the training, whose code Q reads. The
first is a forced choice: the classifier names the likeliest digit, and may not answer "none of
them".
"""

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import linear_sum_assignment

from numgan import NonSaturating, data, losses, metrics, models, plotting
from numgan.pairs import Pair, latents, one_hot

from . import results
from .common import exit_code, run_main, write
from .labelled import COLUMNS, fit, load, parser_of, recipe_of

CLASSES, NUMBERS = 10, 2
RECIPES = {
    "digits": dict(steps=6000, width=32, hidden=256, latent=32, rate=1e-3, weight=1.0),
}
JUDGED, SWEEP = 5000, np.linspace(-1.5, 1.5, COLUMNS)
QUICK = dict(steps=60, frames=5, judged=500)


def main(arguments=None):
    parser = parser_of("infogan", __doc__, RECIPES, QUICK, dict(judged=JUDGED), "infogan", CLASSES)
    parser.share(results=True)
    options = parser.parse_args(arguments)
    (images, labels), held_out = load(parser, options)
    file = results.path_of(parser, options)
    recipe, codes = recipe_of(RECIPES, options.data), CLASSES + NUMBERS
    size, _, channels = recipe["shape"]
    data_rng, init_rng, z_rng, judge_rng = np.random.default_rng(options.seed).spawn(4)
    generator, discriminator = models.conditional_dcgan(
        size, channels, codes, recipe["latent"], recipe["width"], recipe["width"],
        recipe["hidden"], head="auxiliary", rng=init_rng)
    loss = losses.MutualInformation(NonSaturating(smoothing=0.1), CLASSES, NUMBERS,
                                    recipe["weight"])
    real = data.sampler(Pair(images, np.zeros((len(images), codes), np.float32)), data_rng)

    # a row for each code, the same noise in a column
    z = z_rng.standard_normal((COLUMNS, recipe["latent"]), np.float32)
    rows = np.repeat(np.arange(CLASSES), COLUMNS)
    sheet = asked(np.tile(z, (CLASSES, 1)), rows, np.zeros((len(rows), NUMBERS)))
    fitted, average, networks, film = fit(
        options, recipe, generator, discriminator, real, sheet, loss=loss, rng=init_rng,
        out=options.out, title="infogan", latent=latents(recipe["latent"], CLASSES, NUMBERS))
    write(options.out, networks)

    judge = metrics.digit_classifier(images, labels, judge_rng)
    code = np.arange(options.judged) % CLASSES
    made = average(asked(z_rng.standard_normal((options.judged, recipe["latent"])), code,
                         z_rng.uniform(-1, 1, (options.judged, NUMBERS)))).x
    seen = judge.classes[judge.predict_proba(made).argmax(axis=1)]  # a forced choice
    digit_of, agreed = matched(code, seen)
    order = np.argsort(digit_of)
    read = read_codes(discriminator, images)
    digit_of_read, _ = matched(read, labels)
    right = digit_of_read[read_codes(discriminator, held_out[0])] == held_out[1]
    print("\n".join(table(order, (digit_of, code, seen), (digit_of_read, read, labels))))
    print(f"Of {options.judged:,} generated images {100 * agreed:.1f} % show the digit of their "
          f"code, by forced choice of a classifier that is right on "
          f"{100 * judge.accuracy(*held_out):.1f} % of {len(held_out[0])} real ones.\n"
          f"Of these, held out of the training, {100 * right.mean():.1f} % have the code of their "
          f"digit, read by Q and matched on the images of the training.", flush=True)
    if not fitted.problem:
        results.keep(file, results.command("infogan", arguments),
                     {"data": options.data, "seed": options.seed, "samples": options.judged,
                      "held_out": len(held_out[0])},
                     [{"generated": agreed, "real": right.mean(),
                       "classifier": judge.accuracy(*held_out), "steps": len(fitted.records),
                       "seconds": round(fitted.seconds, 1)}], options.quick)
    path = options.out / "codes.png"
    write(options.out, {path.name: lambda: draw_codes(average, z, order, path), **film})
    return exit_code(fitted.problem)


def table(order, generated, real):
    """Lines of text: for each code its digit, and how many images of the code are that digit.
    generated, real : (digit of each code, codes, digits)"""
    lines = [f"{'code':>4}{'generated as':>14}{'in %':>7}{'real, read as':>16}{'in %':>7}"]
    for k in order:
        cells = []
        for digit_of, codes, digits in (generated, real):
            share = (digits[codes == k] == digit_of[k]).mean() if (codes == k).any() else np.nan
            cells += [digit_of[k], "–" if np.isnan(share) else f"{100 * share:.1f}"]
        lines.append(f"{k:>4}{cells[0]:>14}{cells[1]:>7}{cells[2]:>16}{cells[3]:>7}")
    return lines


def draw_codes(generator, z, order, path):
    """The classes of the code in this order, and the sweeps of its numbers."""
    rows = np.repeat(order, COLUMNS)
    figure = Figure(figsize=(15, 5.5), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.12)  # inches, above the titles
    axes = figure.subplots(1, 1 + NUMBERS)
    still = np.zeros((len(rows), NUMBERS))
    codes = asked(np.tile(z, (CLASSES, 1)), rows, still)
    plotting.image_grid(generator(codes).x, axes[0], columns=COLUMNS,
                        title="a row for each code, no labels in training")
    for number, ax in enumerate(axes[1:]):
        values = still.copy()
        values[:, number] = np.tile(SWEEP, CLASSES)
        swept = asked(np.tile(z[:1], (len(rows), 1)), rows, values)
        plotting.image_grid(generator(swept).x, ax, columns=COLUMNS,
                            title=f"number {number + 1} of the code, {SWEEP[0]:g} ... "
                            f"{SWEEP[-1]:g}")
    plotting.save_figure(figure, path, dpi=80)


def asked(noise, classes, numbers):
    """Latents (N, latent) with codes (N, CLASSES + NUMBERS), float32."""
    codes = np.concatenate([one_hot(classes, CLASSES), numbers], axis=1)
    return Pair(noise.astype(np.float32), codes.astype(np.float32))


def read_codes(discriminator, images):
    """(N,) int: the class code that Q finds most probable in images (N, H, W, 1)."""
    outputs = discriminator((images, np.zeros((len(images), CLASSES + NUMBERS))))
    return outputs.x[:, 1:1 + CLASSES].argmax(axis=1)


def matched(codes, labels):
    """(digit_of, share): the one-to-one assignment of codes to labels, both (N,) ints below
    CLASSES, that agrees most often, as an array indexed by code; and how often it agrees."""
    counts = np.zeros((CLASSES, CLASSES), int)
    np.add.at(counts, (codes, labels), 1)
    found, digit_of = linear_sum_assignment(counts, maximize=True)
    return digit_of, counts[found, digit_of].sum() / len(codes)


if __name__ == "__main__":
    run_main(main)
