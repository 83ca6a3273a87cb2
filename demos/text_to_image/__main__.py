"""A picture of what you say: a conditional GAN on captions.

    python -m demos.text_to_image "a small green triangle left of a large red circle"

The first call trains, which takes a while, and keeps the generator in out/text_to_image/; later
calls only draw. A caption names a thing of a size, a colour and a shape, or two of them and where
one is: left of, right of, above or below the other. Say it as you like, "little blue box on top of
a big, red circle."; what is not understood is named. Where no size is said, each picture has one
drawn at random.

Generator and discriminator each read the caption with an encoder of their own, word after word, and
learn to read from their own loss alone. Nobody tells them what "red" is, or that the first thing
is the one on the left: D is shown pictures with right captions and with wrong ones, and G is judged
by D (Reed et al. 2016; see `networks`).

Some captions are held out of the training: every caption with two things in certain combinations
(no red triangle was ever left of anything), and a tenth of the others. They show whether G has
understood the words, or learned captions by heart. The world is made here, so what a picture shows
can be read off it (`reading.judge`), and the figures at the end of the training are not a matter of
taste.

grid.png shows the caption asked for, with another z in each picture. held_out.png shows captions
that were held out, and under each picture what is wrong with it. film.gif shows the same sheet
while training goes on.
"""

import json
import math

import numpy as np
from matplotlib.figure import Figure

from numgan import plotting
from numgan._files import read_json, replacing
from numgan.data.captions import CaptionData, caption, render_scenes

from .. import fitting, results
from ..arguments import Parser, natural, positive, positive_number
from ..common import attempt, exit_code, progress, run_main, usable_folder, write
from ..fitting import Budget
from ..images import save_film
from ..jobs import Saver
from . import networks as text_to_image, reader
from .recipe import JUDGED, MEASURED, PARTS, RECIPE, begun, drawing, networks, shares
from .wording import meanings

EXAMPLE = "a small green triangle left of a large red circle"
SHOWN, COLUMNS, FRAMES = 24, 6, 40
SIZES = (16, 24, 32)
QUICK = dict(steps=10, size=16, frames=2, every=25)
OPTIONS = ("seed", "steps", "encoder", "size")  # of the recipe, that the command line can change


def main(arguments=None):
    parser, options, meant = parse(arguments)
    usable_folder(parser, options.out)
    record = None if options.train else read_record(parser, options)
    if record is None or options.resume and not record["completed"]:
        record, generator, code = fit(options)
    else:
        code = 0 if record["completed"] else 1
        try:
            generator = networks(record)[0].load(options.out / "generator.npz")
        except (ValueError, OSError, MemoryError) as error:
            parser.error(f"{error} (--train makes another)")
    print_figures(record)

    data = CaptionData(record["size"])
    z = text_to_image.standard_z(np.random.default_rng((record["seed"], 1)), SHOWN,
                                 record["latent"])
    size_rng = np.random.default_rng((record["seed"], 2))
    scenes = [meant[i] for i in size_rng.integers(len(meant), size=SHOWN)]
    images = text_to_image.drawn(generator, scenes, z)
    right = text_to_image.judged(images, scenes).sum(axis=0)
    said, held_out = caption(meant[0]), [scene in data.held_out for scene in meant]
    known = f'{"held out of" if held_out[0] else "in"} the training'
    if len(meant) > 1:
        said = " ".join(" ".join(options.caption).split())
        known = (f"in which not every size is said: each picture has one drawn at random; of "
                 f"{len(meant)} captions that it can be, {sum(held_out)} were held out of the "
                 f"training")
    print(f'"{said}", {known}: '
          + ", ".join(f"{part} right in {count}" for part, count in zip(PARTS, right))
          + f" of {SHOWN} pictures")
    write(options.out, {"grid.png": lambda: plotting.image_grid(
        images, options.out / "grid.png", columns=COLUMNS, title=said)})
    return code


# -- training --------------------------------------------------------------------------------------


def fit(options):
    """Train, judge and write what there is to see. Returns (record, averaged generator, exit
    code)."""
    given = {name: value for name in OPTIONS
             if (value := getattr(options, name)) is not None}
    recipe = {**RECIPE, "seed": 0, **given}
    data = CaptionData(recipe["size"])
    sheet_rng, judge_rng = np.random.default_rng(recipe["seed"]).spawn(4)[2:]
    sheet = [data.held_out[i] for i in sheet_rng.permutation(len(data.held_out))[:SHOWN]]
    z = text_to_image.standard_z(sheet_rng, SHOWN, recipe["latent"])

    budget = Budget(recipe["steps"], options.minutes)
    with progress(total=min(reader.STEPS, recipe["steps"]), desc="a reader", unit=" steps") as bar:
        run, average = begun(recipe, data, budget, networks(recipe),
                             report=lambda step: bar.update())
    fitted = fitting.fit(run, budget, Saver(options.out / "state", "training", options.resume),
                         options.frames, lambda: text_to_image.drawn(average.network, sheet, z))
    frames, problem, steps = fitted.frames, fitted.problem, len(fitted.records)
    record = {**recipe, "steps_done": steps, "seconds": round(fitted.seconds),
              "completed": not problem}

    def save():  # both, or neither: nothing could be drawn from a pair that does not match
        with replacing(options.out / "settings.json") as path:
            path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
            average.network.save(options.out / "generator.npz")

    write(options.out, {"generator.npz, settings.json": save})
    if not problem:
        record["figures"] = figures(average.network, data, recipe["latent"], judge_rng,
                                    options.every)
        with attempt(options.out / "settings.json"):
            save()
        if options.minutes < math.inf:
            given["minutes"] = options.minutes
        given = [word for name, value in given.items() for word in (f"--{name}", str(value))]
        results.keep(options.out / "results.json",
                     results.command("text_to_image", [
                         "--train", *["--quick"] * options.quick, *given]),
                     {name: value for name, value in record.items() if name != "figures"},
                     [{"captions": name,
                       **{part: share / 100 for part, share in zip(MEASURED, shares)}}
                      for name, shares in record["figures"].items()], options.quick)
    write(options.out, {
        "held_out.png": lambda: draw_sheet(frames[-1], sheet, options.out / "held_out.png"),
        "film.gif": lambda: save_film(frames, options.out / "film.gif", COLUMNS, (6, 4))})
    return record, average.network, exit_code(problem)


def read_record(parser, options):
    """The record beside the generator in `out`, or None if there is none yet."""
    path = options.out / "settings.json"
    if not path.exists():
        return None
    try:
        record = read_json(path)
        check_record(record)
    except (ValueError, OSError, RecursionError) as error:
        parser.error(f"{path}: {error} (--train makes another)")
    for name in OPTIONS:
        asked = getattr(options, name)
        if asked is not None and asked != record[name]:
            parser.error(f"--{name} {asked}: the generator in {options.out} was trained with "
                         f"--{name} {record[name]}; --train trains another in its place, and with "
                         f"--out it gets a folder of its own")
    if not record["completed"]:
        print(f"the training was stopped after {record['steps_done']} of {record['steps']} steps; "
              f"--resume goes on, --train trains again")
    return record


def check_record(record):
    """Raise a ValueError unless this is a record as `fit` writes them."""

    def number(kind, least, most=math.inf):
        return (f"{'an integer' if kind is int else 'a number'} of {least} to {most}",
                lambda value: type(value) in (int, kind) and least <= value <= most)

    def choice(*values):
        return (f"one of {', '.join(map(str, values))}",
                lambda value: type(value) is type(values[0]) and value in values)

    wanted = {name: number(int, 1, 1024) if type(value) is int else number(float, 0)
              for name, value in RECIPE.items()}  # no typing error makes networks of gigabytes
    wanted |= {"size": choice(*SIZES), "encoder": choice(*text_to_image.ENCODERS),
               "completed": ("true or false", lambda value: type(value) is bool),
               **dict.fromkeys(("steps", "batch_size"), number(int, 1)),
               **dict.fromkeys(("seed", "steps_done"), number(int, 0))}
    if not isinstance(record, dict) or set(wanted) - set(record):
        raise ValueError(f"expected the settings {', '.join(wanted)}")
    for name, (expected, fits) in wanted.items():
        if not fits(record[name]):
            raise ValueError(f"expected {name} to be {expected}, got {record[name]!r:.100}")
    figures = record.get("figures", {})
    if not isinstance(figures, dict) or not all(
            name.isprintable() and isinstance(shares, list) and len(shares) == len(MEASURED)
            and all(type(share) in (int, float) for share in shares)
            for name, shares in figures.items()):
        raise ValueError(f"expected figures to be rows of {len(MEASURED)} numbers by their names, "
                         f"got {figures!r:.100}")


# -- figures and pictures --------------------------------------------------------------------------


def figures(generator, data, latent, rng, every=1):
    """Shares in percent of right colour, position, shape and size, and the variety in percent of
    that of real pictures. They are measured on real pictures, on pictures of captions from the
    training, and on pictures of all held-out captions, or each `every`-th of them."""
    held_out = list(data.held_out[::every])
    pairs = [scene for scene in data.train if scene.second is not None]
    known = [pairs[i] for i in rng.choice(len(pairs), JUDGED * len(held_out))]

    def real(scenes):
        return render_scenes(scenes, rng, data.size)

    drawn = drawing(generator, latent, rng)
    return {name: [round(100 * share, 1) for share in shares(draw, scenes, data.size, rng, every)]
            for name, draw, scenes in (("real pictures", real, held_out),
                                       ("captions of the training", drawn, known),
                                       ("captions held out", drawn, held_out * JUDGED))}


def print_figures(record):
    if "figures" not in record:
        return
    print(f"{'right, in %':26s}" + "".join(f"{part:>10s}" for part in MEASURED))
    for name, values in record["figures"].items():
        print(f"{name:26s}" + "".join(f"{share:10.1f}" for share in values))


def draw_sheet(images, scenes, path):
    """Pictures with their captions above, and below them what is wrong."""
    rows = -(-len(scenes) // COLUMNS)
    figure = Figure(figsize=(1.75 * COLUMNS, 2.3 * rows), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.08)
    right = text_to_image.judged(images, scenes)
    for ax, image, scene, flags in zip(figure.subplots(rows, COLUMNS).flat, images, scenes, right):
        ax.imshow((np.clip(image, -1, 1) + 1) / 2, interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.set_title(in_lines(scene), fontsize=7)
        wrong = [part for part, flag in zip(PARTS, flags) if not flag]
        ax.set_xlabel("wrong: " + ", ".join(wrong) if wrong else "", fontsize=6.5,
                      color=plotting.FAKE)
    plotting.save_figure(figure, path, dpi=120)


def in_lines(scene):
    """The caption in lines that fit above a picture."""
    if scene.second is None:
        return caption(scene)
    return caption(scene).replace(f" {scene.relation} ", f"\n{scene.relation}\n")


# -- options ---------------------------------------------------------------------------------------


def parse(arguments):
    """(parser, options, the scenes that the caption may mean)."""
    parser = Parser("text_to_image", __doc__, QUICK, dict(frames=FRAMES, every=1),
                    epilog="Ctrl-C stops the training and saves what there is.")
    parser.add_argument("caption", nargs="*", help=f'default: "{EXAMPLE}"')
    parser.add_argument("--train", action="store_true",
                        help="train again, in the place of the generator that is there")
    parser.add_argument("--size", type=int, choices=SIZES,
                        help=f"pixels a side (default {RECIPE['size']}); 16 is faster")
    parser.add_argument("--encoder", choices=text_to_image.ENCODERS,
                        help=f"how both networks read (default {RECIPE['encoder']})")
    parser.add_argument("--seed", type=natural, help="of all random numbers (default 0)")
    parser.add_argument("--steps", type=positive,
                        help=f"training steps (default {RECIPE['steps']:,})")
    parser.add_argument("--minutes", type=positive_number, default=float("inf"),
                        help="end the training after so many, if not done before")
    parser.share(out=True, resume=True)
    options = parser.parse_args(arguments)
    try:
        meant = meanings(" ".join(options.caption) if options.caption else EXAMPLE)
    except ValueError as error:
        parser.error(str(error))
    return parser, options, meant


if __name__ == "__main__":
    run_main(main)
