"""What lies between two latents: walks, morphs from digit to digit, and arithmetic.

    python -m demos.latent_walks                      with the generator of demos.conditional_digits
    python -m demos.latent_walks --data mnist --folder DIR

The generator is read from out/conditional_digits/ (or conditional_mnist/, or --generator), and
trained there first if there is none.

walks.png: the same two latents, joined on the great circle and on the straight line. On the line
the norm falls to 0.7 of what samples have. One might expect worse images there; count them
(below): near zero the generator draws its more typical images, which are recognised more often and
vary less. That is the truncation trick, fidelity for diversity; the great circle keeps both.
morphs.png: z stays, and the label moves from one digit to the next: 0.9 of the one and 0.1 of the
other, and so on. In training the label was never between two digits. film.gif: a round trip of z
through five latents on great circles, for all ten digits at once.
arithmetic.png: the mean latent of zeros to fours with much slant, minus that of those with little,
is a direction (`numgan.latent.trait_direction`). Added to the latents of fives to nines it slants
most of them too, though none of these digits was used to find it. The same is done for ink, which
need not succeed. The printed figures are the trait of fresh fives to nines: with the direction
subtracted, as they are, and with it added.
"""

import pathlib

import numpy as np
from matplotlib.figure import Figure

from numgan import metrics, plotting
from numgan.latent import great_circle, straight_line, trait_direction
from numgan.pairs import one_hot

from . import results
from .arguments import folder
from .common import run_main, usable_folder, write
from .images import save_film
from .labelled import (COLUMNS, METHODS, RECIPES, folder_name, load, networks, parser_of, recipe_of,
                       train_method)

CLASSES, WALKS, MEASURED, STOPS = 10, 400, 1000, 5
QUICK = dict(steps=60, frames=3, walks=60, measured=100, stops=2)
SHARES = np.linspace(0, 1, COLUMNS + 1)


def main(arguments=None):
    parser = parser_of("latent_walks", __doc__, RECIPES, QUICK,
                       dict(judged=1, walks=WALKS, measured=MEASURED, stops=STOPS), "latent_walks",
                       CLASSES)
    parser.add_argument("--generator", type=pathlib.Path, metavar="CHECKPOINT",
                        help="average.npz of demos.conditional_digits (default: in out/)")
    parser.share(results=True)
    options = parser.parse_args(arguments)
    train_set, held_out = load(parser, options)
    file = results.path_of(parser, options)
    recipe = recipe_of(RECIPES, options.data)
    made = folder(options, folder_name("conditional", options)) / "average.npz"
    path = options.generator or made
    if not path.exists():
        if options.generator:
            parser.error(f"argument --generator: there is no file {path}")
        usable_folder(parser, made.parent)
        print(f"no generator in {path}: training one", flush=True)
        if code := train_method(options, "cgan", *train_set, made.parent).code:
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
    latent, out, half, more = recipe["latent"], options.out, {}, {}
    write(out, {
        "walks.png": lambda: half.update(walks(draw, judge, latent, rng, options.walks,
                                               out / "walks.png")),
        "morphs.png": lambda: morphs(draw, latent, rng, out / "morphs.png"),
        "arithmetic.png": lambda: more.update(arithmetic(draw, latent, rng, options.measured,
                                                         out / "arithmetic.png")),
        "film.gif": lambda: film(draw, latent, rng, options.stops, out / "film.gif")})
    if half and more:
        results.keep(file, results.command("latent_walks", arguments),
                     {"data": options.data, "seed": options.seed, "walks": options.walks,
                      "measured": options.measured},
                     [{"way": way, "recognised half-way": known, "spread half-way": spread}
                      for way, (known, spread) in half.items()]
                     + [{"trait": trait, "get more of it": share} for trait, share in more.items()],
                     options.quick)
        print(conclusion(half, more), flush=True)
    return 0


def conclusion(half, more):
    """What was counted, in sentences. half : {way: share recognised half-way, spread}; more :
    {trait: share of the samples that get more of it}"""
    (circle, wide), (line, narrow) = half.values()
    added = ", and the ".join(f"direction of {name} gives more of it to {100 * share:.0f} %"
                              for name, share in more.items())
    return (f"Half-way {100 * circle:.0f} % are recognised on the great circle and "
            f"{100 * line:.0f} % on the straight line, where the images of a digit spread "
            f"{narrow / max(wide, 1e-12):.2f} times as far.\nAdded to digits that it was not found "
            f"on, the {added}.")


def walks(draw, judge, latent, rng, count, path):
    """Both ways between the same latents, as pictures, norms and shares of recognised images.
    Prints a table; returns {way: (share recognised half-way, spread there)}."""
    found, half = {}, len(SHARES) // 2
    print(f"{'way':<16}{'recognised at the start, %':>28}{'half-way':>10}"
          f"{'spread at the start':>21}{'half-way':>10}")
    ends = rng.standard_normal((2, count, latent))
    labels = rng.integers(CLASSES, size=count)
    ways = {"great circle": great_circle, "straight line": straight_line}
    figure = Figure(figsize=(11, 7.4), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1.5, 1))
    norms, shares, variety = below.subplots(1, 3)
    for ax, (name, way) in zip(above.subplots(1, 2), ways.items()):
        z = np.stack([way(a, b, SHARES) for a, b in zip(*ends)])  # (walks, K, latent)
        shown = [np.flatnonzero(labels == digit)[0] for digit in range(CLASSES)
                 if (labels == digit).any()]
        plotting.image_grid(draw(z[shown].reshape(-1, latent),
                                 np.repeat(labels[shown], len(SHARES))),
                            ax, columns=len(SHARES), title=name)
        images = draw(z.reshape(-1, latent), np.repeat(labels, len(SHARES)))
        p = judge.predict_proba(images)
        right = (p.max(axis=1) >= 0.9) & (judge.classes[p.argmax(axis=1)]
                                          == np.repeat(labels, len(SHARES)))
        known = right.reshape(count, -1).mean(axis=0)
        spread = spread_within(images.reshape(count, len(SHARES), -1), labels)
        norms.plot(SHARES, np.linalg.norm(z, axis=2).mean(axis=0), label=name)
        shares.plot(SHARES, 100 * known, label=name)
        variety.plot(SHARES, spread, label=name)
        found[name] = known[half], spread[half]
        print(f"{name:<16}{100 * known[0]:>28.1f}{100 * known[half]:>10.1f}{spread[0]:>21.3f}"
              f"{spread[half]:>10.3f}", flush=True)
    norms.axhspan(np.sqrt(latent - np.sqrt(2 * latent)), np.sqrt(latent + np.sqrt(2 * latent)),
                  color="0.9", label="two thirds of all z", zorder=0)
    for ax, title in ((norms, "mean norm of z"), (shares, "recognised as its digit, %"),
                      (variety, "spread of the images of a digit")):
        ax.set_title(title, fontsize=10)
        ax.set_xlabel("share of the way")
    variety.set_ylim(0, 1.1 * variety.dataLim.y1)
    norms.legend(fontsize=8)
    plotting.save_figure(figure, path)
    return found


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
    """(N,): how far the strokes lean to the right, as the tangent of the angle: −cov(x, y) / var(y)
    of the ink, y downwards."""
    mass = (images[..., 0].clip(-1, 1) + 1) / 2
    mass = mass / mass.sum(axis=(1, 2), keepdims=True)
    y, x = np.mgrid[:images.shape[1], :images.shape[2]].astype(float)
    dy = y - (mass * y).sum(axis=(1, 2))[:, None, None]
    dx = x - (mass * x).sum(axis=(1, 2))[:, None, None]
    return -(mass * dx * dy).sum(axis=(1, 2)) / (mass * dy * dy).sum(axis=(1, 2))


def arithmetic(draw, latent, rng, count, path):
    """Directions found on the digits 0 to 4, applied to 5 to 9. Prints a table; returns {trait:
    share of the samples that get more of it}."""
    found = {}
    print(f"{'trait of 5 to 9':<16}{'subtracted':>12}{'as they are':>13}{'added':>9}"
          f"{'get more of it, %':>19}")
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    z, fresh = rng.standard_normal((2, count, latent))
    taught = np.arange(count) % 5
    steps = np.linspace(-1.5, 1.5, COLUMNS + 1)
    for ax, (name, trait) in zip(figure.subplots(1, 2), (("ink", ink), ("slant", slant))):
        values = trait(draw(z, taught))
        values = values - np.array([values[taught == digit].mean() for digit in range(5)])[taught]
        way = trait_direction(z, values)
        means = [trait(draw(_at_length(fresh + step * way), taught + 5)) for step in (-1, 0, 1)]
        found[name] = np.mean(means[2] > means[1])
        print(f"{name:<16}{means[0].mean():>12.3f}{means[1].mean():>13.3f}{means[2].mean():>9.3f}"
              f"{100 * found[name]:>19.0f}", flush=True)
        swept = _at_length(fresh[:1] + steps[:, None] * way)
        plotting.image_grid(draw(np.tile(swept, (5, 1)), np.repeat(np.arange(5, 10), len(steps))),
                            ax, columns=len(steps),
                            title=f"one z: the direction of {name} subtracted ... added")
    plotting.save_figure(figure, path)
    return found


def _at_length(z):
    """The latents scaled to the norm √n that the generator knows."""
    return z * (np.sqrt(z.shape[1]) / np.linalg.norm(z, axis=1, keepdims=True))


def film(draw, latent, rng, count, path, frames=12):
    """All digits at once, z on a round trip through `count` latents."""
    stops = rng.standard_normal((count, latent))
    shares = np.linspace(0, 1, frames, endpoint=False)
    trip = np.concatenate([great_circle(stops[i], stops[(i + 1) % count], shares)
                           for i in range(count)])
    save_film([draw(np.tile(z, (CLASSES, 1)), np.arange(CLASSES)) for z in trip], path, columns=5,
              size=(5, 2.1))


if __name__ == "__main__":
    run_main(main)
