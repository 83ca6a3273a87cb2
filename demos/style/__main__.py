"""A style-based generator in miniature: coarse features from one face, fine ones from another.

    python -m demos.style             train, look and measure
    python -m demos.style --seeds 1 2
    python -m demos.style --draw 24 --psi 0.7    new faces, after one of these

This is the generator behind thispersondoesnotexist.com (Karras et al. 2019, 2020), small, on
cartoon faces (`numgan.data.faces`). The picture does not begin with z: a mapping network turns z
into a style w, the picture begins as a constant, and in every layer w says which channels count.
So each layer can be given the style of another face. Every layer also gets noise, for what is left
to chance.

Such a G soon lets its style say six or seven things and ties the others to them: with this hair
always these eyes. D hardly notices, since every single face is right. So D also guesses the z of a
face, and G is rewarded if D can: what z says must then be visible in the face (infoGAN, Chen et al.
2016).

mixing.png is a grid: faces A down the side, faces B along the top. In each cell is a face whose
first layers have A's style and whose last layers have B's. psi.png moves the styles towards their
mean: the truncation trick, in w. walks.png goes from one face to another on a straight line in w,
on a great circle in z, and by a cross-fade of pixels. noise.png shows what the noise does.

A judge that reads twelve numbers of identity and the age off a face measures all of it. Precision
and recall are of what it reads, and stand beside those of a second real sample. The error is how
far a picture is from the true face of the numbers that are read. The judge also tells whether a
mixture has each number from A or from B, and how long a walk is.
"""

import argparse
import pathlib
import types

import numpy as np

from numgan import Adam, plotting
from numgan.losses import MutualInformation, Relativistic
from numgan.pairs import Pair
from numgan.penalties import R1R2
from numgan.training import WeightAverage, train

from .. import applying, fitting, results
from ..arguments import Parser, integer, positive
from ..common import run_main, usable_folder, write
from ..faces import Photos, Reader, draw_sheet, seed_by_seed
from ..images import save_film
from ..jobs import Saver
from . import measures
from .networks import (LATENT, LAYERS, discriminator, drawn, generator, latents, mixed,
                       noise_layers, styles, truncation)

RECIPE = dict(steps=8000, batch_size=32, rate=1e-3, penalty=0.5, mixing=0.25,
              information=0.1)  # the weight of how well D can guess z
SIZES = dict(photos=8000, reader_steps=2500, samples=2000, pairs=200, stops=17, frames=40)
QUICK = dict(steps=3, photos=40, reader_steps=3, samples=24, pairs=4, stops=3, frames=2)
ROWS, COLUMNS = 6, 8      # of the grid
MOST = 10 * COLUMNS       # faces on a sheet of new ones
SPLIT = 2                 # of its cells: layers 4x4 and 8x8 are A's
WALKS = {"w": "in w", "z": "in z", "pixels": "by cross-fade"}


def main(arguments=None):
    parser, options = parse(arguments)
    if options.draw:
        return draw_new(parser, options)
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    runs, first, code = seed_by_seed(one_run, options)
    if runs:
        print("\n".join(["", *table(runs), "", conclusion(runs)]), flush=True)
        if not code:
            results.keep(path, results.command("style", arguments),
                         {**RECIPE, "steps": options.steps, "samples": options.samples}, runs,
                         options.quick)
    if first is not None:
        write(options.out, first.files)
    return code


def draw_new(parser, options):
    """Draw new faces with a generator that a run has left."""
    seed = options.seeds[0]
    path = options.generator or there(parser, options.out, seed)
    G = generator(np.random.default_rng(0), RECIPE["mixing"])
    try:
        G.load(path)
    except FileNotFoundError:
        parser.error(applying.missing(path, "style"))
    except (ValueError, OSError, MemoryError) as error:
        parser.error(str(error))
    truncation(G).psi = options.psi
    z = latents(options.draw, np.random.default_rng([seed, 1])).c
    images = drawn(G, styles(G, z))
    digits = len(str(options.draw))
    named = {f"{n + 1:0{digits}}": image for n, image in enumerate(images)}
    folder = options.out / "drawn"
    applying.write_each(parser, folder, named,
                        lambda path: plotting.image_grid(images[:MOST], path, columns=COLUMNS))
    for path in folder.glob("*.png"):
        if path.stem.isdecimal() and path.stem not in named:  # of an earlier --draw
            path.unlink()
    return 0


def there(parser, folder, seed):
    """The generator that was trained with this seed, or else the only one in the folder."""
    path, others = folder / f"generator_{seed}.npz", sorted(folder.glob("generator_*.npz"))
    if path.exists() or not others:
        return path
    if len(others) > 1:
        parser.error(f"expected --seeds or --generator to say which of those in {folder} draws: "
                     + ", ".join(other.name for other in others))
    return others[0]


def one_run(options, seed):
    """Train with this seed and measure: a namespace of rows, problem and files."""
    data_rng, judge_rng, init_rng, z_rng, test_rng = np.random.default_rng(seed).spawn(5)
    photos = Photos(options.photos, data_rng)
    reader = Reader(16, judge_rng).fit(photos, options.reader_steps, judge_rng, "judge")
    judge = measures.Judge(reader, *(Photos(options.samples, test_rng).images for _ in range(2)))

    made = generator(init_rng, RECIPE["mixing"])
    average = WeightAverage(made, 0.999)
    budget = fitting.Budget(options.steps, float("inf"))
    run = train(made, discriminator(init_rng), Real(photos, init_rng),
                loss=MutualInformation(Relativistic(), 0, LATENT, RECIPE["information"]),
                steps=options.steps, rng=z_rng, batch_size=RECIPE["batch_size"],
                g_optimizer=Adam(RECIPE["rate"], 0.0, 0.99),
                d_optimizer=Adam(RECIPE["rate"], 0.0, 0.99), average=average, latent=latents,
                penalty=R1R2(RECIPE["penalty"]), schedule=budget)
    G = average.network
    z = latents(max(options.samples, ROWS + COLUMNS), test_rng).c
    fitted = fitting.fit(run, budget, Saver(options.out / "state", f"seed {seed}", options.resume),
                         options.frames, lambda: grid(G, z), f"seed {seed}")
    out = options.out
    files = {f"generator_{seed}.npz": lambda: G.save(out / f"generator_{seed}.npz"),
             "mixing.png": lambda: draw_grid(fitted.frames[-1], out / "mixing.png")}
    rows = []
    if not fitted.problem:
        rows, walks = measured(G, judge, z, options, seed)
        files |= {"psi.png": lambda: draw_psi(G, z, out / "psi.png"),
                  "walks.png": lambda: draw_walks(walks, out / "walks.png"),
                  "noise.png": lambda: draw_noise(G, z, out / "noise.png")}
    files["film.gif"] = lambda: save_film(fitted.frames, out / "film.gif", COLUMNS + 1, (6, 4.7))
    return types.SimpleNamespace(rows=rows, problem=fitted.problem, files=files)


class Real:
    """The function n → a `Pair` of real faces and zeros: the z of real faces is not known."""

    remembers = ("rng",)

    def __init__(self, photos, rng):
        self.images, self.rng = photos.images, rng

    def __call__(self, n):
        faces = self.images[self.rng.integers(len(self.images), size=n)]
        return Pair(faces, np.zeros((n, LATENT), np.float32))


# -- figures ---------------------------------------------------------------------------------------


def measured(G, judge, z, options, seed):
    """(rows of results, walks)."""
    rows = [{"row": "a second real sample", **judge.ceiling}]
    rows += [{"row": f"ψ = {psi:g}", **found}
             for psi, found in measures.truncated(G, judge, z[:options.samples]).items()]
    pairs = z[:2 * options.pairs]
    shares, errors = measures.origins(G, judge, z[:options.samples])
    rows += [{"row": f"mixed after layer {split}", "error": error,
              "of B": dict(zip(measures.NUMBERS, map(float, row)))}
             for split, row, error in zip(measures.SPLITS, shares, errors)]
    half = len(pairs) // 2
    a, b = (drawn(G, styles(G, some)) for some in (pairs[:half], pairs[half:2 * half]))
    rows.append({"row": "A's blocks, B's detail",
                 "error": float(judge.error(measures.hybrids(a, b)).mean())})
    walks = measures.walks(G, pairs, options.stops)
    rows += [{"row": f"walk {WALKS[name]}",
              "path": float(np.median(measures.path_length(judge, walk))),
              "error": float(judge.error(walk[options.stops // 2]).mean())}
             for name, walk in walks.items()]
    varied, without = measures.noise(G, z[:options.pairs])
    rows.append({"row": "noise", "change": float(varied.std(axis=0).mean()),
                 "error": float(judge.error(varied[0]).mean()),
                 "error without": float(judge.error(without).mean()),
                 "scales": [float(np.abs(layer.scale).mean()) for layer in noise_layers(G)]})
    return [{"seed": seed, **row} for row in rows], walks


def mean_of(runs, row, name):
    return np.mean([run[name] for run in runs if run["row"] == row])


def table(runs):
    """Lines of text: means over the seeds."""
    seeds = len({run["seed"] for run in runs})
    names = "precision", "recall", "spread", "error", "path"
    lines = [f"cartoon faces, {seeds} seed" + "s" * (seeds != 1),
             f"{'':<24}" + "".join(f"{name:>11}" for name in names)]
    for row in dict.fromkeys(run["row"] for run in runs):
        have = next(run for run in runs if run["row"] == row)
        lines.append(f"{row:<24}" + "".join(
            f"{mean_of(runs, row, name):>11.3f}" if name in have else f"{'–':>11}"
            for name in names))
    return lines


def conclusion(runs):
    """What the figures show, in sentences that follow from them."""
    precision, recall = (mean_of(runs, "ψ = 1", name) for name in ("precision", "recall"))
    w, z = (mean_of(runs, f"walk {WALKS[name]}", "path") for name in "wz")
    of_b = {name: np.mean([run["of B"][name] for run in runs
                           if run["row"] == f"mixed after layer {SPLIT}"])
            for name in measures.NUMBERS}
    sides = {"A": [name for name, share in of_b.items() if share < 0.25],
             "B": [name for name, share in of_b.items() if share > 0.75]}
    said = " and ".join(f"{side} gives {', '.join(names) or 'nothing'}"
                        for side, names in sides.items())
    return (f"Precision {precision:.2f}, recall {recall:.2f}. In the grid {said}. A walk in w is "
            f"{w:.2f} times as long as the way is far, one in z {z:.2f} times: "
            f"{'w is the straighter' if w < z else 'w is not the straighter'}.")


# -- pictures --------------------------------------------------------------------------------------


def grid(G, z):
    """((ROWS + 1) (COLUMNS + 1), 32, 32, 3): nothing, the faces B; a face A, its mixtures; ..."""
    a, b = styles(G, z[:ROWS]), styles(G, z[ROWS:ROWS + COLUMNS])
    rows = [np.full((1, 32, 32, 3), 1, np.float32), drawn(G, b)]
    for i in range(ROWS):
        rows += [drawn(G, a[i:i + 1]),
                 drawn(G, mixed(a[i:i + 1].repeat(COLUMNS, axis=0), b, SPLIT))]
    return np.concatenate(rows)


def draw_grid(sheet, path):
    draw_sheet(sheet.reshape(ROWS + 1, COLUMNS + 1, *sheet.shape[1:]), path,
               ["", *["B"] * COLUMNS], ["", *["A"] * ROWS],
               title=f"Coarse from A, fine from B: layers 1 to {SPLIT} of {LAYERS} have A's style, "
                     f"the others B's")


def draw_psi(G, z, path, count=6):
    """A row a face, a column a ψ."""
    at, columns = truncation(G), []
    for psi in measures.PSIS:
        at.psi = psi
        columns.append(drawn(G, styles(G, z[:count])))
    at.psi = 1.0
    draw_sheet(np.stack(columns, axis=1), path, [f"ψ = {psi:g}" for psi in measures.PSIS])


def draw_walks(walks, path, count=2, columns=9):
    """For each of a few pairs three rows: in w, in z, in pixels."""
    stops, pairs = walks["w"].shape[:2]
    at = np.linspace(0, stops - 1, min(columns, stops)).astype(int)
    rows = [walk[at, i] for i in range(min(count, pairs)) for walk in walks.values()]
    draw_sheet(rows, path, labels=[WALKS[name] for name in walks] * count)


def draw_noise(G, z, path, count=5):
    """Faces with two draws of noise, without any, and where the noise changes them, ten times."""
    varied, without = measures.noise(G, z[:count])
    spread = 20 * varied.std(axis=0) - 1
    draw_sheet(np.stack([varied[0], varied[1], without, spread], axis=1), path,
               ("noise", "other noise", "without", "spread × 10"), side=1.2)


# -- options ---------------------------------------------------------------------------------------


def drawable(text):
    """A number of faces, for argparse."""
    return integer(text, 1, 10_000)


def psi(text):
    """ψ of the truncation, for argparse; styles far beyond 1 were not seen in training."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 2:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 2, got {text:.100}")
    return value


def parse(arguments):
    parser = Parser("style", __doc__, QUICK, SIZES,
                    epilog="Ctrl-C stops the training and saves what there is.")
    parser.add_argument("--steps", type=positive, default=RECIPE["steps"], metavar="N",
                        help=f"of the GAN (default {RECIPE['steps']:,})")
    parser.add_argument("--draw", type=drawable, metavar="N",
                        help="train nothing: draw N new faces with the generator that a run left "
                             "in DIR; other ones with another seed, --seeds SEED. Into DIR/drawn/, "
                             "in the place of those of an earlier --draw")
    parser.add_argument("--psi", type=psi, default=1.0,
                        metavar="P", help="with --draw: styles are drawn towards their mean; 1: "
                                          "not at all (default), 0: all faces are one")
    parser.add_argument("--generator", type=pathlib.Path, metavar="PATH",
                        help="with --draw (default DIR/generator_SEED.npz, or the only one there)")
    parser.share(seeds=[0], out=True, resume=True, results=True)
    options = parser.parse_args(arguments)
    if not options.draw and (options.generator or options.psi != 1):
        parser.error("--generator, --psi: expected only with --draw")
    return parser, options


if __name__ == "__main__":
    run_main(main)
