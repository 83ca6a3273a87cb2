"""Filling holes in pictures: by a context encoder, and by a generator's latents.

    python -m demos.inpainting                       MNIST
    python -m demos.inpainting --data houses         the street of `demos.pix2pix`
    python -m demos.inpainting --data photos         crops of scikit-learn's two photographs
    python -m demos.inpainting --folder DIR          pictures of your own
    python -m demos.inpainting --apply FILE --hole right     fill holes, after one of these

Four holes: the centre, the right half, the lower half, and 80 % of the pixels. Two ways:

Inversion (Yeh et al. 2017): a GAN is trained on whole pictures. Then its generator is fixed, and a
latent is sought from which it makes what is around the hole; what it makes inside the hole is the
completion. The generator was never told about holes, and other starts give other completions.

A context encoder (Pathak et al. 2016) reads the picture with the hole and draws the whole. It pays
for the distance to the truth. A discriminator with one trunk and two heads, for patches and for the
whole (Demir & Unal 2018), judges what it draws. On digits a third encoder also pays where a LeNet,
trained for this, reads another digit in its picture than in the true one.

Beside them stands what one would try first: the mean picture; ridge regression, which gives each
pixel of the hole as the best linear function of those around it; and the training picture that is
nearest around the hole. All results are put into the hole only; around it the picture stays.

Measured on pictures that were held out: the PSNR in the hole; for digits, the share for which the
LeNet that comes with the package says the right digit, and is sure (0.9); for houses, the texture
of walls in the hole as a share of the real one, and the share of the map in the hole that is read
back.

--folder DIR: at least 20 pictures. The square in the middle of each is taken, at 32x32; a tenth is
held out. Texture is then that of everything in the hole, as it is for the photographs. Of each
photograph a strip is held out. samples.png shows whole pictures that inversion's GAN draws from
noise.

--apply FILE ... trains nothing: the networks that a run has left in its folder fill holes in your
pictures, so give it the same --data or --folder. inversion.gif shows how the latents descend.
"""

import pathlib
import textwrap

import numpy as np

from .. import applying, results
from ..arguments import Parser, positive
from ..common import INTERRUPTED, progress, run_main, usable_folder, write
from ..jobs import Saver, Task, diverged, left_out, results_of
from ..pix2pix.files import TRANSPARENT, picture
from . import views
from .holes import HOLES, SIZE, filled, mask_of, world
from .methods import (BASELINES, FILMED, INVERTED, METHODS, RECIPE, RECIPES, STEPS, TITLES,
                      TOGETHER, drawn, encoded, sought, train_one, trained, untrained)

QUICK = dict(steps=2, held_out=12, train=60, inverted=3)
TRUTH = "the truth"
MEASURES = {"psnr": "dB", "sure": "sure, right", "texture": "texture", "pixels": "read back"}
DIGITS = {"psnr": 1, "sure": 3, "texture": 2, "pixels": 3}
CALLED = dict(zip(("centre", "right", "lower", "random"), HOLES))  # on the command line


def main(arguments=None):
    parser, options = parse(arguments)
    if options.apply:
        return apply(parser, options)
    try:
        pairs = world(*about(options))
    except (ValueError, OSError, MemoryError) as error:
        missing = options.data == "mnist" and isinstance(error, FileNotFoundError)
        parser.error(str(error) + "; --data houses and --data photos need no MNIST" * missing)
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    folder = options.out / "state"
    usable_folder(parser, folder)
    rows = {TRUTH: [{hole: pairs.held for hole in HOLES}]}
    for name, method in BASELINES.items():
        rows[name] = [{hole: method(pairs, mask_of(hole)) for hole in HOLES}]
    recipe = RECIPES.get(options.data, RECIPE)
    tasks = [Task(f"{TITLES[method]}, seed {seed}", steps_of(options, method),
                  (about(options), method, seed, steps_of(options, method), recipe,
                   options.inverted, Saver(folder, f"{method} {seed}", options.resume)))
             for seed in options.seeds for method in METHODS[options.data]]
    done, code = results_of(train_one, tasks, options.jobs)
    whole = [one for one in done if one.made and not diverged(one)]
    for one in whole:
        rows.setdefault(TITLES[one.method], []).append(one.made)
    figures = measured(pairs, rows)
    varies = [one.varies for one in whole if one.method == "inversion"]
    print("\n".join(["", *table(pairs, figures), *left_out(done, TITLES), "",
                     *conclusion(options.data, figures, varies)]), flush=True)
    if code != INTERRUPTED:
        results.keep(path, results.command("inpainting", arguments),
                     {"data": options.data, "train": len(pairs.train), "held_out": len(pairs.held),
                      "inverted": options.inverted, **recipe},
                     [{"method": name, "hole": hole, **of[hole]}
                      for name, seeds in figures.items() for of in seeds for hole in HOLES]
                     + [{"method": TITLES[one.method], "seed": one.seed, "stopped": one.stopped}
                        for one in done if diverged(one)]
                     + [{"cost": TITLES[one.method], "seed": one.seed, "steps": one.steps,
                         "seconds": round(one.seconds), "varies": one.varies,
                         "stopped": one.stopped} for one in done], options.quick)
    first = {name: seeds[0] for name, seeds in rows.items() if name != TRUTH}
    networks = {one.method: one for one in reversed(whole)}
    files = {file_of(method): lambda one=one: keep(one, pairs, recipe, options.out)
             for method, one in networks.items()}
    files["inpainting.png"] = lambda: views.draw(pairs, first, options.out / "inpainting.png")
    if "inversion" in networks:
        one = networks["inversion"]
        files["completions.png"] = lambda: views.draw_completions(
            pairs, one.completions, options.out / "completions.png", FILMED)
        files["inversion.gif"] = lambda: views.film(pairs, one, options.out / "inversion.gif",
                                                    FILMED)
        files["samples.png"] = lambda: views.draw_samples(trained(one, pairs, recipe)[0], one.seed,
                                                          options.out / "samples.png")
    write(options.out, files)
    return code


def about(options):
    """The arguments of `holes.world`."""
    return (options.data, options.folder, not options.no_verify, options.held_out, options.train)


def steps_of(options, method):
    return options.steps or STEPS[options.data][method == "inversion"]


# -- pictures of the user --------------------------------------------------------------------------


def file_of(method):
    return "generator.npz" if method == "inversion" else f"encoder_{method}.npz"


def keep(one, pairs, recipe, folder):
    network, settings = trained(one, pairs, recipe)
    applying.keep(folder / file_of(one.method), network, **settings)


def apply(parser, options):
    """Fill a hole in pictures of the user, with each network that a run has left."""
    mask = mask_of(CALLED[options.hole])
    try:
        kept = {method: applying.kept(options.out / file_of(method), untrained, "inpainting")
                for method in METHODS[options.data]}
        channels, = {settings["channels"] for _, settings in kept.values()}
        named = applying.pictures(options.apply, lambda path: picture(path, SIZE))
    except (ValueError, OSError, MemoryError) as error:
        parser.error(str(error))
    images = np.stack(list(named.values()))
    if channels == 1:
        images = images.mean(axis=-1, keepdims=True)
    made = {method: filled(images, mask, fills(network, method, images, mask, options))
            for method, (network, _) in kept.items()}
    applying.write_each(
        parser, options.out / "applied",
        {f"{name}_{method}": image for method, of in made.items()
         for name, image in zip(named, of)},
        applying.side_by_side({"the hole": views.gap(images, mask),
                               **{TITLES[method]: of for method, of in made.items()},
                               "yours": images}))
    return 0


def fills(network, method, images, mask, options):
    """What a network makes of pictures with a hole: an encoder at once, a generator by inversion.
    """
    if method != "inversion":
        return encoded(network, images, mask)
    rng, made = np.random.default_rng([options.seeds[0], 6]), []
    for start in progress(range(0, len(images), TOGETHER), desc=TITLES[method], leave=False):
        made.append(drawn(network, sought(network, images[start:start + TOGETHER], mask,
                                          options.inverted, rng).z))
    return np.concatenate(made)


# -- words -----------------------------------------------------------------------------------------


def measured(pairs, rows):
    """name → a list with {hole: {measure: value}} for each seed."""
    masks = {hole: mask_of(hole) for hole in HOLES}
    return {name: [{hole: pairs.measure(filled(pairs.held, masks[hole], of[hole]), masks[hole])
                    for hole in HOLES} for of in seeds] for name, seeds in rows.items()}


def over(figures, name, hole, measure):
    """Values of all seeds."""
    return [of[hole][measure] for of in figures[name]]


def table(pairs, figures):
    measures = list(figures[TRUTH][0][HOLES[0]])
    lines = [f"{pairs.title}, {len(pairs.held)} held out"]
    for measure in measures:
        lines += ["", f"{MEASURES[measure]:<22}" + "".join(f"{hole:>18}" for hole in HOLES)]
        for name in figures:
            if name != TRUTH or measure != "psnr":
                lines.append(f"{name:<22}" + "".join(
                    f"{said(over(figures, name, hole, measure), DIGITS[measure]):>18}"
                    for hole in HOLES))
    return lines


def said(values, digits):
    return f"{np.mean(values):.{digits}f}" + (
        f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else "")


def conclusion(name, figures, varies):
    """What the figures show, in sentences that follow from them."""
    plain, gan = (TITLES[method] for method in METHODS[name][:2])
    if plain not in figures or gan not in figures:
        return []
    measure = "sure" if name == "mnist" else "texture"

    def mean_of(method):
        return np.mean([over(figures, method, hole, measure) for hole in HOLES[:3]])
    with_d, without = mean_of(gan), mean_of(plain)
    if name != "mnist":
        words = [f"In holes in one piece {'walls have' if name == 'houses' else 'there is'} "
                 f"{with_d:.2f} of the real texture where D judges and {without:.2f} with L2 alone,"
                 f" whose best answer is the mean of all that may be there."]
    else:
        error = 2 * np.sqrt(with_d * (1 - with_d) / 600)
        words = [f"In holes in one piece the judge is sure and right about {with_d:.3f} where D "
                 f"judges and {without:.3f} with L1 alone: "]
        words[0] += (
            "the adversarial term buys nothing that is measurable here. Pixels of MNIST are nearly "
            "black or white, and the median of such values, which is what L1 asks for, is itself "
            "black or white: there is no fog for D to take away."
            if with_d - without < error else "here the adversarial term is worth something.")
        best = max((method for method in figures if method != TRUTH), key=mean_of)
        words.append(f"Most is right with: {best} ({mean_of(best):.3f}).")
    if len(varies):
        things = {"mnist": "digits", "houses": "houses"}.get(name, "pictures")
        words.append(f"Completions of one hole from other starts lie {np.mean(varies):.2f} of the "
                     f"distance of two {things} apart; an encoder has one answer.")
    return textwrap.wrap(" ".join(words), 100)


# -- the command -----------------------------------------------------------------------------------


def name_of(options):
    """The name of the world; without --data it is "folder" if --folder is given."""
    return options.data or ("folder" if options.folder else "mnist")


def parse(arguments):
    parser = Parser("inpainting", __doc__, QUICK,
                    dict(held_out=200, train=60_000, inverted=INVERTED),
                    epilog="Ctrl-C stops the training and saves what there is.")
    parser.add_argument("--data", choices=("mnist", "houses", "photos"), help="default mnist; "
                        "photos: crops of the two photographs that come with scikit-learn")
    parser.add_argument("--folder", type=pathlib.Path, metavar="DIR",
                        help="pictures of your own: of each the square in the middle is taken, and "
                             f"{TRANSPARENT}; with --data mnist, where its four files are "
                             "(default: the environment variable NUMGAN_DATA; without it, they are "
                             "downloaded)")
    parser.add_argument("--no-verify", action="store_true", help="with --data mnist and --folder: "
                        "take other images in the format of MNIST's files")
    parser.add_argument("--steps", type=positive, metavar="N",
                        help="of each training (default, of an encoder and of inversion: "
                             + "; ".join(f"{name} {a:,} and {b:,}"
                                         for name, (a, b) in STEPS.items()) + ")")
    applying.apply_option(parser, "fill a hole in pictures, by the networks that a run with the "
                          "same --data or --folder left in DIR; for MNIST's white on black")
    parser.add_argument("--hole", choices=list(CALLED), default="centre",
                        help="with --apply (default centre); random: 80 %% of the pixels")
    parser.share(seeds=[1], out=lambda options: f"inpainting_{name_of(options)}", resume=True,
                 jobs=True, results=True)
    options = parser.parse_args(arguments)
    options.data = name_of(options)
    if options.data in ("houses", "photos") and options.folder:
        parser.error(f"--folder: expected none with --data {options.data}, which "
                     + ("are made here" if options.data == "houses" else
                        "come with scikit-learn"))
    return parser, options


if __name__ == "__main__":
    run_main(main)
