"""Face aging: a photo, and the same person at six ages (Antipov et al. 2017).

    python -m demos.face_aging               train, look and measure
    python -m demos.face_aging --seeds 1 2   over seeds

The people are cartoons (`numgan.data.faces`): twelve numbers say who somebody is, and the face at
every age is known. So whether an aged face is right is measured, not admired.

A conditional GAN learns to make a face from z, who it is, and c, how old. Then the z of a photo is
sought. First an encoder guesses it. Then z is improved by backpropagation through the fixed G,
until a recogniser finds the same features in G(z, c) as in the photo. What no z can express goes
into a copy of G, which is tuned to this one photo. Then c is changed. G was never shown anyone at
two ages; a recogniser told it when twins, two faces made from one z, were two persons (see
`aging.Twins`).

A second recogniser, which knows nothing of all this, judges 200 people at six ages. Is this person
recognised among the 200? Is the age that it reads the one that was asked for? How far are the
pixels from the true face? Beside it stands what a skeptic would try first: the photo as it is; the
photo plus the difference of the ages' mean faces; the encoder alone; z sought by pixels alone.

faces.png has a row for each person: photo, reconstruction, six ages and the six true ones. film.gif
shows people who grow old, above their true selves.
"""

import functools
import types

import numpy as np

from numgan import Adam, NonSaturating, plotting
from numgan.data import faces
from numgan.penalties import R1
from numgan.training import WeightAverage, train

from .. import fitting, results
from ..arguments import Parser, positive
from ..common import run_main, usable_folder, write
from ..faces import AGES, Photos, Reader, draw_sheet, seed_by_seed
from ..images import save_film
from ..jobs import Saver
from .aging import Aging, Real, Twins, encoder_of, made, networks, twins

RECIPE = dict(steps=4000, batch_size=32, rate=1e-3, penalty=0.1, identity=0.3)
SIZES = dict(photos=8000, reader_steps=2500, encoder_steps=1000, people=200, search=100, tuning=100,
             frames=30)
QUICK = dict(steps=4, photos=60, reader_steps=4, encoder_steps=3, people=6, search=2, tuning=1,
             frames=2)
ROWS, FILMED = 6, 4  # people in the picture and in the film
FINAL = Aging.METHODS[-1]
MEASURED = "recognised", "age right", "L1"


def main(arguments=None):
    parser, options = parse(arguments)
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    runs, first, code = seed_by_seed(one_run, options)
    if runs:
        print("\n".join(["", *table(runs, options), "", conclusion(runs)]), flush=True)
        if not code:
            results.keep(path, results.command("face_aging", arguments),
                         {**RECIPE, "steps": options.steps, "people": options.people,
                          "search": options.search, "tuning": options.tuning}, runs, options.quick)
    if first is not None:
        write(options.out, first.files)
    return code


def one_run(options, seed):
    """Train with this seed and measure: a namespace of rows, problem and files."""
    data_rng, reader_rng, judge_rng, g_rng, z_rng, search_rng = np.random.default_rng(seed).spawn(6)
    photos = Photos(options.photos, data_rng)
    others = faces.random_people(min(400, options.photos), data_rng)
    recogniser, judge = (
        Reader(width, rng).fit(photos, options.reader_steps, rng, title).calibrate(others)
        for width, rng, title in ((12, reader_rng, "recogniser"), (16, judge_rng, "judge")))
    test = Photos(options.people, np.random.default_rng([seed, 1]))

    generator, discriminator = networks(g_rng)
    average = WeightAverage(generator, 0.999)
    budget = fitting.Budget(options.steps, float("inf"))
    rate = RECIPE["rate"]
    run = train(generator, discriminator, Real(photos, g_rng), loss=NonSaturating(),
                steps=options.steps, rng=z_rng, batch_size=RECIPE["batch_size"],
                g_optimizer=Adam(rate, 0.0, 0.99), d_optimizer=Adam(rate, 0.0, 0.99),
                average=average, latent=twins, penalty=R1(RECIPE["penalty"]), schedule=budget,
                updates=Twins(recogniser, RECIPE["identity"]))
    shown = np.repeat(twins(2 * ROWS, np.random.default_rng(seed)).x[:ROWS], AGES, axis=0)
    fitted = fitting.fit(
        run, budget, Saver(options.out / "state", f"seed {seed}", options.resume), 1,
        lambda: made(average.network, shown, np.tile(np.arange(AGES), ROWS)), f"seed {seed}")
    G = average.network
    files = {f"generator_{seed}.npz": lambda: G.save(options.out / f"generator_{seed}.npz"),
             "made.png": lambda: plotting.image_grid(fitted.frames[-1], options.out / "made.png",
                                                     columns=AGES)}
    rows = []
    if not fitted.problem:
        encoder = encoder_of(G, options.encoder_steps, search_rng)
        aging = Aging(G, encoder, recogniser, photos, test.images, options.search, options.tuning,
                      rng=search_rng)
        ways = {method: functools.partial(aging.faces, method) for method in Aging.METHODS}
        ways["true face"] = functools.partial(faces.render_faces, test.people)
        rows = [{"seed": seed, "method": name, **measured(judge, test, at)}
                for name, at in ways.items()]
        files |= {"faces.png": lambda: draw(aging, test, options.out / "faces.png"),
                  "film.gif": lambda: draw_film(aging, test, options.frames,
                                                options.out / "film.gif")}
    return types.SimpleNamespace(rows=rows, problem=fitted.problem, files=files)


# -- figures ---------------------------------------------------------------------------------------


def measured(judge, test, at):
    """{"recognised", "age right", "L1"}: means over people and the six ages. at : function of an
    age, which returns everybody's face"""
    found = []
    for age in range(AGES):
        images = at(age)
        found.append((judge.recognised(images, test.people, age).mean(),
                      judge.age_right(images, age).mean(),
                      np.abs(images - faces.render_faces(test.people, age)).mean()))
    return dict(zip(MEASURED, map(float, np.mean(found, axis=0))))


def mean_of(runs, method, name):
    return np.mean([run[name] for run in runs if run["method"] == method])


def table(runs, options):
    """Lines of text: a row for each way, means over the seeds."""
    seeds = len({run["seed"] for run in runs})
    lines = [f"{options.people} people at {AGES} ages, {seeds} seed" + "s" * (seeds != 1),
             f"{'':<20}" + "".join(f"{name:>12}" for name in MEASURED)]
    for method in dict.fromkeys(run["method"] for run in runs):
        shares = [f"{100 * mean_of(runs, method, name):.1f} %" for name in MEASURED[:2]]
        lines.append(f"{method:<20}" + "".join(
            f"{cell:>12}" for cell in (*shares, f"{mean_of(runs, method, 'L1'):.4f}")))
    return lines


def conclusion(runs):
    """What the figures show, in a sentence that follows from them."""
    ours, mean = ([mean_of(runs, method, name) for name in MEASURED]
                  for method in (FINAL, "mean difference"))
    better = [name for name, a, b in zip(MEASURED, ours, mean) if (a < b) == (name == "L1")]
    return (f"With G tuned to the photo {100 * ours[0]:.0f} % are recognised and "
            f"{100 * ours[1]:.0f} % have the age that was asked for; adding the mean difference "
            f"keeps {100 * mean[0]:.0f} % and gets {100 * mean[1]:.0f} % of the ages right. "
            + (f"It is better in {', '.join(better)}." if better else "It is better in nothing."))


# -- pictures --------------------------------------------------------------------------------------


def draw(aging, test, path):
    """Photo, reconstruction, six ages and the six true ones: a row for each person."""
    count = min(ROWS, len(test))
    shown = [test.images, aging.reconstruction(FINAL),
             *(aging.faces(FINAL, age) for age in range(AGES)),
             *(faces.render_faces(test.people[:count], age) for age in range(AGES))]
    draw_sheet(np.stack([images[:count] for images in shown], axis=1), path,
               ("photo", "G makes", *faces.AGES, *(f"true {age}" for age in faces.AGES)))


def draw_film(aging, test, frames, path):
    """People who grow older from frame to frame, and below them their true selves."""
    count, ages = min(FILMED, len(test)), np.linspace(0, AGES - 1, frames)
    sheets = [np.concatenate([aging.faces(FINAL, age)[:count],
                              faces.render_faces(test.people[:count], age)]) for age in ages]
    save_film(sheets, path, FILMED, (6, 3.2),
              [f"{faces.AGES[round(age)]}: from a photo (above), the true face (below)"
               for age in ages])


# -- options ---------------------------------------------------------------------------------------


def parse(arguments):
    parser = Parser("face_aging", __doc__, QUICK, SIZES,
                    epilog="Ctrl-C stops the training and saves what there is.")
    parser.add_argument("--steps", type=positive, default=RECIPE["steps"], metavar="N",
                        help=f"of the GAN (default {RECIPE['steps']:,})")
    parser.share(seeds=[0], out=True, resume=True, results=True)
    options = parser.parse_args(arguments)
    return parser, options


if __name__ == "__main__":
    run_main(main)
