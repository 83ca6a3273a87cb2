"""GANs on pairs of an image and a label or a code: networks, training, and the files written.

Shared by `demos.conditional_digits`, `demos.infogan` and `demos.latent_walks`.
"""

import dataclasses

import numpy as np

from numgan import Adam, NonSaturating, data, losses, models, plotting
from numgan.pairs import Pair, latents, one_hot
from numgan.penalties import R1
from numgan.presets.images import as_wide_as_data
from numgan.training import WeightAverage, train

from . import fitting
from .arguments import Parser, positive, positive_number
from .common import exit_code, usable_folder, write
from .fitting import Budget
from .images import data_name, data_option, drawable, load_data, save_film
from .jobs import Saver

# r1 is γ of the penalty that D has in place of BatchNorm where it knows the label. Other data use
# the recipe of the digits
RECIPES = {
    "digits": dict(steps=18_000, width=32, hidden=256, latent=32, rate=1e-3),
    "mnist": dict(steps=12_000, width=32, hidden=256, latent=32, rate=1e-3, r1=0.2,
                  betas=(0.0, 0.9)),
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
BATCH, COLUMNS, FRAMES = 64, 10, 40


# -- options ---------------------------------------------------------------------------------------


def parser_of(name, doc, recipes, quick, constants, folder, classes=None):
    """The parser of a demo. folder : the first word of its output folder's name, before that of the
    data; classes : only data with this many; for others see `arguments.Parser`"""
    parser = Parser(name, doc, quick, dict(frames=FRAMES, **constants),
                    epilog="Ctrl-C stops the training and saves what there is.")
    data_option(parser, classes)
    parser.add_argument("--steps", type=positive, help="training steps (default "
                        + ", ".join(f"{name}: {one['steps']}" for name, one in recipes.items())
                        + ")")
    parser.add_argument("--minutes", type=positive_number, default=float("inf"),
                        help="end the training after so many, if not done before")
    parser.share(seed=0, resume=True, out=lambda options: folder_name(folder, options))
    return parser


def folder_name(word, options):
    return f"{word}_{data_name(options.data, options.no_verify)}"


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


# -- training --------------------------------------------------------------------------------------


@dataclasses.dataclass
class Result:
    """What one method left behind."""

    method: str
    code: int  # the exit code: 0 if it is complete
    seconds: float
    steps: int  # that were taken
    sheet: np.ndarray  # images, a row for each digit
    right: np.ndarray = None  # (N,) bool, of the samples counted, and what was asked for
    asked: np.ndarray = None
    variety: object = None  # of these samples, see `images.variety`
    drawn: object = None  # function that makes images of latents
    judged: Pair = None  # latents of the samples that are counted


def train_method(options, method, images, labels, out):
    """Train by one method, write networks, sheet and film; a `Result`."""
    recipe, classes = recipe_of(RECIPES, options.data), int(labels.max()) + 1
    data_rng, init_rng, z_rng = np.random.default_rng(options.seed).spawn(3)
    generator, discriminator, game = networks(recipe, classes, init_rng, **METHODS[method][1])
    x = images.reshape(len(images), *generator.output_shape(generator.input_shape))
    real = data.sampler(Pair(x, one_hot(labels, classes)), data_rng)

    # a row for each digit, the same z in a column
    z = z_rng.standard_normal((COLUMNS, recipe["latent"]), np.float32)
    sheet = Pair(np.tile(z, (classes, 1)),
                 one_hot(np.repeat(np.arange(classes), COLUMNS), classes))
    fitted, average, saved, film = fit(
        options, recipe, generator, discriminator, real, sheet, rng=init_rng, out=out,
        latent=latents(recipe["latent"], classes), title=method, **game)

    def drawn(inputs):
        return average(inputs).x.reshape(-1, *recipe["shape"])

    def draw_grid():
        plotting.image_grid(drawable(drawn(sheet)), out / "grid.png", columns=COLUMNS,
                            title=f"asked for 0 in the first row, ..., {classes - 1} in the last")

    write(out, {**saved, "grid.png": draw_grid, **film})
    asked = np.arange(options.judged) % classes
    judged = Pair(z_rng.standard_normal((len(asked), recipe["latent"]), np.float32),
                  one_hot(asked, classes))
    return Result(method, exit_code(fitted.problem), fitted.seconds, len(fitted.records),
                  drawn(sheet), asked=asked, drawn=drawn, judged=judged)


def networks(recipe, classes, rng, dense=False, **how):
    """(generator, discriminator, {"loss": ..., "penalty": ...}) of pairs of an image and a label.

    With R1 nothing is normalised in D, and both start as in `numgan.presets.images`.
    """
    size, _, channels = recipe["shape"]
    game, start = {"loss": NonSaturating(smoothing=0.1)}, {}
    if "r1" in recipe and "head" not in how:
        game = {"loss": NonSaturating(), "penalty": R1(recipe["r1"])}
        start = dict(normalization=None, last_init=as_wide_as_data, d_init="he")
    if dense:
        hidden = (recipe["hidden"], 2 * recipe["hidden"])
        pair = models.conditional_mlp(size * size * channels, classes, recipe["latent"], hidden,
                                      hidden[::-1], bounded=True, rng=rng, **how)
        return (*pair, game)
    if how.get("head") == "projection":  # after BatchNorm, D wins at once at this rate
        start, game = dict(normalization="spectral"), {"loss": losses.Hinge()}
    elif how.get("head") == "auxiliary":
        game = {"loss": losses.AuxiliaryClassifier(game["loss"], classes)}
    return (*models.conditional_dcgan(size, channels, classes, recipe["latent"], recipe["width"],
                                      recipe["width"], recipe["hidden"], rng=rng, **start, **how),
            game)


def fit(options, recipe, generator, discriminator, real, sheet, *, rng, out, latent, title, **game):
    """Train. Returns (`fitting.Fitted`, averaged generator, and what `common.write` has to write:
    the networks, the film); sheet : latents of the film's picture; game : loss and penalty"""
    average = WeightAverage(generator, 0.999)
    budget = Budget(options.steps or recipe["steps"], options.minutes)
    betas = recipe.get("betas", (0.5, 0.999))
    run = train(generator, discriminator, real, steps=budget.steps, rng=rng, batch_size=BATCH,
                g_optimizer=Adam(recipe["rate"], *betas), d_optimizer=Adam(recipe["rate"], *betas),
                average=average, latent=latent, schedule=budget, **game)
    saver = Saver(out / "state", f"{title}, seed {options.seed}", options.resume)
    fitted = fitting.fit(run, budget, saver, options.frames,
                         lambda: average.network(sheet).x, title)
    networks = {"average.npz": lambda: average.network.save(out / "average.npz"),
                "discriminator.npz": lambda: discriminator.save(out / "discriminator.npz")}
    sheets = [frame.reshape(-1, *recipe["shape"]) for frame in fitted.frames]
    film = {"film.gif": lambda: save_film(sheets, out / "film.gif", COLUMNS)}
    return fitted, average.network, networks, film
