"""What lies between two latents: walks, morphs from digit to digit, and arithmetic.

    python -m demos.latent_walks                      with the generator of demos.conditional_digits
    python -m demos.latent_walks --data mnist --folder DIR

The generator is read from out/conditional_digits/ (or conditional_mnist/, or --generator), and
trained there first if there is none.

walks.png: the same two latents, joined on the great circle and on the straight line. On the line
the norm falls to 0.7 of that which samples have. One might expect worse images there; count them
(below): near zero the generator draws its more typical ones, which are recognised more often and
vary less. That is the truncation trick, fidelity for diversity; the great circle keeps both.
morphs.png: z stays, and the label moves from one digit to the next, 0.9 of the one and 0.1 of the
other and so on; in training it never was between two. film.gif: a round trip of z through five
latents on great circles, for all ten digits at once.
arithmetic.png: the mean latent of zeros to fours with much slant minus that of those with little is
a direction (`numgan.latent.trait_direction`); added to the latents of fives to nines it slants most
of them too, though it never saw one. The same for ink, which need not succeed. The printed figures
are the trait of fresh fives to nines, with the direction subtracted, as they are, and with it
added.
"""

import pathlib

import numpy as np
from matplotlib.figure import Figure

from numgan import metrics, plotting
from numgan.latent import great_circle, straight_line, trait_direction
from numgan.pairs import one_hot

from .common import run_main, usable_folder, write
from .conditional_digits import (COLUMNS, METHODS, RECIPES, checked, load, networks, one_method,
                                 options_parser, recipe_of)
from .digits import data_name

CLASSES, WALKS, MEASURED, STOPS = 10, 400, 1000, 5
SHARES = np.linspace(0, 1, COLUMNS + 1)


def main(arguments=None):
    parser = options_parser("latent_walks", __doc__, RECIPES, CLASSES)
    parser.add_argument("--generator", type=pathlib.Path, metavar="CHECKPOINT",
                        help="average.npz of demos.conditional_digits (default: in out/)")
    options = checked(parser, arguments, "latent_walks")
    train_set, held_out = load(parser, options)
    recipe = recipe_of(RECIPES, options.data)
    name = data_name(options.data, options.no_verify)
    made = pathlib.Path("out", f"conditional_{name}", "average.npz")
    path = options.generator or made
    if not path.exists():
        if options.generator:
            parser.error(f"argument --generator: there is no file {path}")
        usable_folder(parser, made.parent)
        print(f"no generator in {path}: training one", flush=True)
        if code := one_method(options, "cgan", *train_set, made.parent).code:
            return code
    generator, _, _ = networks(recipe, CLASSES, 0, **METHODS["cgan"][1])
    try:
        generator.load(path)
    except (ValueError, OSError) as error:
        parser.error(str(error))

    def draw(z, labels):
        """Images (N, H, W, 1) of latents (N, latent) and conditions (N, 10) or labels (N,)."""
        labels = np.asarray(labels)
        c = one_hot(labels, CLASSES) if labels.ndim == 1 else labels
        return generator((z, c)).x

    rng = np.random.default_rng([options.seed, 2])
    judge = metrics.digit_classifier(*train_set, np.random.default_rng([options.seed, 3]))
    latent, out = recipe["latent"], options.out
    write(out, {
        "walks.png": lambda: walks(draw, judge, latent, rng, out / "walks.png"),
        "morphs.png": lambda: morphs(draw, latent, rng, out / "morphs.png"),
        "arithmetic.png": lambda: arithmetic(draw, latent, rng, out / "arithmetic.png"),
        "film.gif": lambda: film(draw, latent, rng, out / "film.gif")})
    return 0


def walks(draw, judge, latent, rng, path):
    """Both ways between the same latents, as pictures, norms and shares of recognised images."""
    ends = rng.standard_normal((2, WALKS, latent))
    labels = rng.integers(CLASSES, size=WALKS)
    ways = {"great circle": great_circle, "straight line": straight_line}
    figure = Figure(figsize=(11, 7.4), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1.5, 1))
    norms, shares, variety = below.subplots(1, 3)
    for ax, (name, way) in zip(above.subplots(1, 2), ways.items()):
        z = np.stack([way(a, b, SHARES) for a, b in zip(*ends)])  # (WALKS, K, latent)
        shown = [np.flatnonzero(labels == digit)[0] for digit in range(CLASSES)
                 if (labels == digit).any()]
        plotting.image_grid(draw(z[shown].reshape(-1, latent),
                                 np.repeat(labels[shown], len(SHARES))),
                            ax, columns=len(SHARES), title=name)
        images = draw(z.reshape(-1, latent), np.repeat(labels, len(SHARES)))
        p = judge.predict_proba(images)
        right = (p.max(axis=1) >= 0.9) & (judge.classes[p.argmax(axis=1)]
                                          == np.repeat(labels, len(SHARES)))
        known = right.reshape(WALKS, -1).mean(axis=0)
        spread = spread_within(images.reshape(WALKS, len(SHARES), -1), labels)
        norms.plot(SHARES, np.linalg.norm(z, axis=2).mean(axis=0), label=name)
        shares.plot(SHARES, 100 * known, label=name)
        variety.plot(SHARES, spread, label=name)
        half = len(SHARES) // 2
        print(f"{name}: recognised as its digit at the start {100 * known[0]:.1f} % of {WALKS}, "
              f"half-way {100 * known[half]:.1f} %; spread within a digit {spread[0]:.3f}, "
              f"half-way {spread[half]:.3f}")
    norms.axhspan(np.sqrt(latent - np.sqrt(2 * latent)), np.sqrt(latent + np.sqrt(2 * latent)),
                  color="0.9", label="two thirds of all z", zorder=0)
    for ax, title in ((norms, "mean norm of z"), (shares, "recognised as its digit, %"),
                      (variety, "spread of the images of a digit")):
        ax.set_title(title, fontsize=10)
        ax.set_xlabel("share of the way")
    variety.set_ylim(0, 1.1 * variety.dataLim.y1)
    norms.legend(fontsize=8)
    plotting.save_figure(figure, path)


def spread_within(images, labels):
    """(K,): at each stop of the walks, the standard deviation of the pixels around the mean image
    of their digit; images (walks, K, pixels), labels (walks,)."""
    centred = images - np.stack([images[labels == label].mean(axis=0) for label in labels])
    return np.sqrt((centred ** 2).mean(axis=(0, 2)))


def morphs(draw, latent, rng, path):
    """A row for each pair of neighbours: 0 to 1, 1 to 2, ..., 9 to 0."""
    z = rng.standard_normal(latent)
    eye, t = np.eye(CLASSES), SHARES[:, None]
    c = np.concatenate([(1 - t) * eye[k] + t * eye[(k + 1) % CLASSES] for k in range(CLASSES)])
    plotting.image_grid(draw(np.tile(z, (len(c), 1)), c), path, columns=len(SHARES),
                        title="the same z; the label from one digit to the next")


# -- arithmetic ------------------------------------------------------------------------------------


def ink(images):
    """(N,): mean brightness, 0 ... 1."""
    return (images.reshape(len(images), -1).clip(-1, 1).mean(axis=1) + 1) / 2


def slant(images):
    """(N,): how far the strokes lean to the right, tan of the angle: −cov(x, y) / var(y) of the
    ink, y downwards."""
    mass = (images[..., 0].clip(-1, 1) + 1) / 2
    mass = mass / mass.sum(axis=(1, 2), keepdims=True)
    y, x = np.mgrid[:images.shape[1], :images.shape[2]].astype(float)
    dy = y - (mass * y).sum(axis=(1, 2))[:, None, None]
    dx = x - (mass * x).sum(axis=(1, 2))[:, None, None]
    return -(mass * dx * dy).sum(axis=(1, 2)) / (mass * dy * dy).sum(axis=(1, 2))


def arithmetic(draw, latent, rng, path):
    """Directions found on the digits 0 to 4, applied to 5 to 9."""
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    z, fresh = rng.standard_normal((2, MEASURED, latent))
    taught = np.arange(MEASURED) % 5
    steps = np.linspace(-1.5, 1.5, COLUMNS + 1)
    for ax, (name, trait) in zip(figure.subplots(1, 2), (("ink", ink), ("slant", slant))):
        values = trait(draw(z, taught))
        values = values - np.array([values[taught == digit].mean() for digit in range(5)])[taught]
        way = trait_direction(z, values)
        means = [trait(draw(_at_length(fresh + step * way), taught + 5)) for step in (-1, 0, 1)]
        print(f"{name}, found on 0 to 4, of 5 to 9: "
              + ", ".join(f"{sign} {mean.mean():.3f}" for sign, mean in
                          zip(("subtracted", "as they are", "added"), means))
              + f"; {100 * np.mean(means[2] > means[1]):.0f} % of {MEASURED} get more of it when "
              f"it is added")
        swept = _at_length(fresh[:1] + steps[:, None] * way)
        plotting.image_grid(draw(np.tile(swept, (5, 1)), np.repeat(np.arange(5, 10), len(steps))),
                            ax, columns=len(steps),
                            title=f"one z: the direction of {name} subtracted ... added")
    plotting.save_figure(figure, path)


def _at_length(z):
    """The latents brought to the norm √n that the generator knows."""
    return z * (np.sqrt(z.shape[1]) / np.linalg.norm(z, axis=1, keepdims=True))


def film(draw, latent, rng, path, frames=12):
    """All digits at once, z on a round trip through STOPS latents."""
    stops = rng.standard_normal((STOPS, latent))
    shares = np.linspace(0, 1, frames, endpoint=False)
    trip = np.concatenate([great_circle(stops[i], stops[(i + 1) % STOPS], shares)
                           for i in range(STOPS)])
    figure = Figure(figsize=(5, 2.1))
    ax = figure.add_axes((0, 0, 1, 1))

    def show(index):
        ax.clear()
        plotting.image_grid(draw(np.tile(trip[index], (CLASSES, 1)), np.arange(CLASSES)), ax,
                            columns=5)

    plotting.save_film(figure, show, len(trip), path, dpi=80)


if __name__ == "__main__":
    run_main(main)
