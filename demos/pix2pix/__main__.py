"""Pictures of houses from label maps: pix2pix, a conditional GAN whose condition is a picture.

    python -m demos.pix2pix                          houses of 32x32, beside three baselines
    python -m demos.pix2pix --seeds 1 2              mean and spread of two trainings each
    python -m demos.pix2pix --data edges-to-digits   MNIST; also digits-to-edges
    python -m demos.pix2pix --folder DIR             pairs of your own
    python -m demos.pix2pix --apply FILE             translate yours, after one of these

G reads a map of what is sky, wall, window, ... and draws the picture. D sees both, and says of each
patch, of 3x3 and of 20x20 pixels, whether it is from a real picture of this map (Isola et al.
2017). G also pays for the distance to the picture that belonged to the map, and where a network
that has learned to read maps off pictures reads less in what G drew.

What the map does not say (day or dusk, the colour of each house, where its bricks begin, which
windows are lit) is drawn at random in the world made here (`numgan.data.houses`). So no picture is
the only right one.

Beside it stand another real picture of the same map; the picture of the most similar training map;
the same G with L1 alone, whose best answer to "red or yellow bricks?" is the median of both; and
pix2pix with a G that has no skips from one side of its U to the other.

Measured on 500 maps that were held out: the map that `houses.read`, which knows the colours of
everything, reads back from the picture, by its share of right pixels and the intersection over
union of the classes; texture (neighbouring pixels of walls) and saturation, as shares of what real
pictures of the same time of day have; how far apart two drawings of one map are, as a share of how
far apart two real ones are; and L1, which can be low for one picture only.

--folder DIR: DIR/input and DIR/target with files of the same names, or files with both pictures
side by side, the one that is read on the left.

--apply FILE ... trains nothing: the generator that a run has left in its folder translates your
inputs. For the houses these are maps in seven colours, which --help names.
"""

import pathlib
import statistics
import textwrap

import numpy as np

from numgan.data import houses

from .. import applying, results
from ..arguments import Parser, positive, positive_number
from ..common import INTERRUPTED, run_main, usable_folder, write
from ..jobs import Saver, Task, diverged, left_out, results_of
from . import views
from .files import TRANSPARENT, image_of, picture
from .training import METHODS, RECIPE, drawn, train_one
from .worlds import HELD_OUT, MAP, NAMES, TRAIN, nearest_of, world

STEPS = 12_000
QUICK = dict(steps=3, train=40, held_out=20, size=32)
SHOWN = 8
REAL, NEAREST = "another real picture", "nearest map"
NOTES = {"pixels": "pixels read back", "iou": "IoU", "recognised": "right digit",
         "dusk": "at dusk", "l1": "L1"}


def main(arguments=None):
    parser, options = parse(arguments)
    if options.apply:
        return apply(parser, options)
    try:
        pairs = world(*about(options))
    except (ValueError, OSError, MemoryError) as error:
        parser.error(str(error))
    if pairs.note:
        print(pairs.note, flush=True)
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    folder = options.out / "state"
    usable_folder(parser, folder)
    recipe = {**RECIPE, "weight": options.weight}
    tasks = [Task(f"{METHODS[method]}, seed {seed}", options.steps,
                  (about(options), method, seed, options.steps, recipe,
                   Saver(folder, f"{method} {seed}", options.resume), SHOWN))
             for seed in options.seeds for method in options.only]
    done, code = results_of(train_one, tasks, options.jobs)
    near = nearest(pairs)
    whole = [one for one in done if not diverged(one)]
    rows = baselines(pairs, near) + [(METHODS[one.method], one.seed, one.figures) for one in whole]
    print("\n".join(["", *table(pairs, rows), *left_out(done, METHODS), "",
                     *conclusion(pairs, rows)]), flush=True)
    if code != INTERRUPTED:
        results.keep(path, results.command("pix2pix", arguments),
                     {"data": pairs.name, "size": options.size, "steps": options.steps,
                      "train": len(pairs.train), "held_out": len(pairs.held), **recipe},
                     [{"method": name, **({} if seed is None else {"seed": seed}), **figures}
                      for name, seed, figures in rows]
                     + [{"method": METHODS[one.method], "seed": one.seed, **one.figures,
                         "stopped": one.stopped} for one in done if diverged(one)]
                     + [{"cost": METHODS[one.method], "seed": one.seed, "steps": one.steps,
                         "seconds": round(one.seconds), "stopped": one.stopped} for one in done],
                     options.quick)
    first = {one.method: one for one in reversed(whole)}
    files = {f"generator_{method}.npz": lambda one=one: views.save(
        one, pairs, recipe, options.out / f"generator_{one.method}.npz")
        for method, one in first.items()}
    files["pix2pix.png"] = lambda: views.draw(pairs, near, first, options.out / "pix2pix.png")
    films = [one for one in first.values() if one.method == "gan" and one.frames]
    for one in films:
        files["film.gif"] = lambda one=one: views.film(pairs, one, options.out / "film.gif")
    write(options.out, files)
    return code


def about(options):
    """The arguments of `worlds.world`."""
    return (options.data, options.size, options.folder, not options.no_verify, options.held_out,
            options.train)


# -- inputs of the user ----------------------------------------------------------------------------

COLOURS = np.round((MAP + 1) * 127.5).astype(int)
NEAR = 30  # of 255, in each channel: how far a pixel of a map may be from its colour
NAMED = ", ".join(f"{name} {' '.join(map(str, colour))}"
                  for name, colour in zip(houses.CLASSES, COLOURS))


def apply(parser, options):
    """Translate inputs of the user with a generator that a run has left."""
    path = options.generator or options.out / "generator_gan.npz"
    try:
        generator, settings = applying.kept(path, views.untrained, "pix2pix")
        named = applying.pictures(
            options.apply, lambda one: input_of(one, settings["data"], settings["size"]))
    except (ValueError, OSError, MemoryError) as error:
        parser.error(str(error))
    c = np.stack(list(named.values()))
    made = drawn(generator, c)
    shown = MAP[c.argmax(axis=-1)] if settings["data"] == "houses" else c
    applying.write_each(parser, options.out / "applied", dict(zip(named, made)),
                        applying.side_by_side({"yours": shown, "G draws": made}))
    return 0


def input_of(path, data, size):
    """(size, size, what G reads) float32 of the square in the middle of a picture; ValueError where
    the file is no picture, or no map of houses."""
    if data == "houses":
        return map_of(path, size)
    image = picture(path, size)
    if data == "folder":
        return image
    grey = image.mean(axis=-1, keepdims=True)
    return np.where(grey > 0, np.float32(1), np.float32(-1)) if data == "edges-to-digits" else grey


def map_of(path, size):
    """The one-hot map whose colours a picture has; if it is made smaller, colours are not mixed."""
    pixels = np.asarray(image_of(path)).astype(int)
    height, width, _ = pixels.shape
    side = min(height, width)
    steps = (np.arange(size) * 2 + 1) * side // (2 * size)
    square = pixels[(height - side) // 2 + steps[:, None], (width - side) // 2 + steps]
    far = np.abs(square[:, :, None] - COLOURS).max(axis=-1)
    if (far.min(axis=-1) > NEAR).any():
        other = square[far.min(axis=-1) > NEAR][0]
        raise ValueError(f"expected {path} to be a map of houses in the colours (RGB) {NAMED}; got "
                         f"a pixel of {' '.join(map(str, other))}")
    return houses.one_hot_maps(far.argmin(axis=-1)[None])[0]


# -- what one would try first ----------------------------------------------------------------------


def nearest(pairs):
    """For each held-out c the training picture whose own c is nearest to it."""
    return pairs.train.x[nearest_of(pairs.train.c, pairs.held.c)]


def baselines(pairs, near):
    """Rows (name, None, figures) of what needs no training."""
    return [*([(REAL, None, pairs.measure(*pairs.real))] if pairs.real else []),
            (NEAREST, None, pairs.measure(near, near))]


# -- words -----------------------------------------------------------------------------------------


def table(pairs, rows):
    found = results.gathered(rows)
    measures = list(next(iter(found.values())))
    lines = [f"{pairs.title}, {len(pairs.held)} held out",
             f"{'':<22}" + "".join(f"{NOTES.get(name, name):>18}" for name in measures)]
    for name, figures in found.items():
        lines.append(f"{name:<22}" + "".join(f"{said(figures[measure]):>18}"
                                             for measure in measures))
    return lines


def said(values):
    return f"{statistics.fmean(values):.3f}" + (
        f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else "")


def conclusion(pairs, rows):
    """What the figures show, in sentences that follow from them."""
    found = {name: {measure: float(np.mean(values)) for measure, values in figures.items()}
             for name, figures in results.gathered(rows).items()}
    gan, l1, bare = (found.get(METHODS[name]) for name in ("gan", "l1", "no-skips"))
    words = []
    if gan and l1 and "texture" in gan:
        words.append(
            f"With the adversary walls have {gan['texture']:.2f} of the real texture and the "
            f"picture {gan['saturation']:.2f} of the real saturation; L1 alone has "
            f"{l1['texture']:.2f} and {l1['saturation']:.2f}, at an L1 of {l1['l1']:.3f} against "
            f"{gan['l1']:.3f}. Another real picture has {found[REAL]['l1']:.3f}: "
            + ("the distance to one right answer prefers fog to a right answer."
               if l1["l1"] < found[REAL]["l1"] else "here the fog is not nearer."))
    elif gan and l1:
        words.append(f"L1 is {gan['l1']:.3f} with the adversary and {l1['l1']:.3f} without.")
    key = next((name for name in ("pixels", "recognised", "iou") if gan and name in gan), "l1")
    if gan:
        others = [f"{found[name][key]:.3f} for {called}" for name, called in (
            (NEAREST, "the nearest map"), (METHODS["no-skips"], "no skips")) if name in found]
        words.append(f"{NOTES.get(key, key)}: {gan[key]:.3f}, beside {' and '.join(others)}.")
        if bare and key != "l1":
            words.append("The skips carry the edges." if gan[key] > bare[key] else
                         "The skips are not needed here.")
        if "varies" in gan and pairs.real:
            words.append(f"Two drawings of one map differ by {gan['varies']:.2f} of what two real "
                         f"pictures do: " + ("dropout is hardly used as noise, so that a map gets "
                                             "one picture." if gan["varies"] < 0.3 else
                                             "dropout is used as noise."))
    if not words:
        words.append("What an adversary brings shows with it and without: --only l1 gan.")
    return textwrap.wrap(" ".join(words), 100)


# -- the command -----------------------------------------------------------------------------------


def name_of(options):
    """The name of the world; without --data it is "folder" if --folder is given."""
    return options.data or ("folder" if options.folder else "houses")


def folder_name(options):
    name = name_of(options)
    return "pix2pix" if name == "houses" else f"pix2pix_{name.replace('-', '_')}"


def parse(arguments):
    parser = Parser("pix2pix", __doc__, QUICK, dict(train=TRAIN, held_out=HELD_OUT),
                    epilog="Ctrl-C stops the training and saves what there is.")
    parser.add_argument("--data", choices=list(NAMES),
                        help="; ".join(f"{name}: {text}" for name, text in NAMES.items())
                        + " (default houses)")
    parser.add_argument("--folder", type=pathlib.Path, metavar="DIR",
                        help="with MNIST, where its four files are; else your own pairs: "
                             "DIR/input/NAME and DIR/target/NAME, or pictures with both side by "
                             f"side. Of each the square in the middle is taken; {TRANSPARENT}")
    parser.add_argument("--no-verify", action="store_true", help="with MNIST and --folder: take "
                        "other images in the format of MNIST's files")
    parser.add_argument("--size", type=int, choices=(32, 64), default=32,
                        help="pixels a side (default 32); of MNIST always 32")
    applying.apply_option(parser, f"translate these inputs by the generator that a run with the "
                          f"same --data or --folder left in DIR; for houses maps in the colours "
                          f"(RGB) {NAMED}; for MNIST white on black")
    parser.add_argument("--generator", type=pathlib.Path, metavar="PATH",
                        help="with --apply (default DIR/generator_gan.npz)")
    parser.add_argument("--only", nargs="+", choices=list(METHODS), default=list(METHODS),
                        metavar="METHOD", help="; ".join(f"{name}: {text}"
                                                         for name, text in METHODS.items()))
    parser.add_argument("--steps", type=positive, default=STEPS, metavar="N",
                        help=f"of each training (default {STEPS:,})")
    parser.add_argument("--weight", type=positive_number, default=RECIPE["weight"],
                        help=f"of L1 beside the adversary (default {RECIPE['weight']:g}); what is "
                             f"read off houses counts {RECIPE['reading']:g} times as much")
    parser.share(seeds=[1], out=folder_name, resume=True, jobs=True, results=True)
    options = parser.parse_args(arguments)
    options.data = name_of(options)
    options.only = list(dict.fromkeys(options.only))
    if options.data == "houses" and options.folder:
        parser.error("--folder: expected none with --data houses, which are made here")
    if options.generator and not options.apply:
        parser.error("--generator: expected only with --apply")
    return parser, options


if __name__ == "__main__":
    run_main(main)
