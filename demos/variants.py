"""Every GAN of the well-known table, and more, on the same data and the same seed.

    python -m demos.variants                                   all of them on the ring
    python -m demos.variants --dataset grid
    python -m demos.variants --dataset digits                  8x8 images
    python -m demos.variants --dataset mnist --only wgan-gp    28x28, about ten minutes a GAN
    python -m demos.variants --only lsgan began --steps 2000   some, and shorter

Each is trained by its recipe in `numgan.presets`. The demo writes variants.png, with a panel for
each, and index.html, a page with the table. For each GAN the page has its picture, what it
minimises, what it changes in the plain GAN, what that is meant to cure, and where to read. In the
plane a panel has real and generated samples over D's landscape, and modes are counted, as
`demos.mode_collapse` explains. For images a panel has samples, and a classifier of real images
tells how many are digits, as in `demos.digits`; the GANs that know labels have a row for each
label. Labels and codes are taken in turn when samples are judged. So the shares of CGAN, infoGAN,
ACGAN and the projection discriminator are even by construction: they have no reverse KL and no
class KL. Seconds are of processor time.

Loss, penalty, network and update rule are chosen one by one: `dataclasses.replace` of a preset
makes a GAN that is not here. Parts that cannot go together say so when the training is started.
"""

import functools

from matplotlib.figure import Figure

from numgan import plotting
from numgan.data import DATA_SETS, names
from numgan.presets import FAMILY, besides, names as members, preset

from . import results, variants_page
from .arguments import Parser, positive, positive_number
from .common import INTERRUPTED, run_main, usable_folder, write
from .images import data_name, mnist_options
from .jobs import INTERRUPTION, Saver, forget, run_all
from .variants_views import Digits, Plane

QUICK = dict(times=0.002, only=["gan", "wgan-gp", "cgan", "began"])


def main(arguments=None):
    options, parser = parse(arguments)
    try:
        recipes = {name: preset(name, options.dataset) for name in options.only}
        view = (Digits(options.dataset, options.seed, options.folder, options.no_verify)
                if DATA_SETS[options.dataset].kind == "images" else
                Plane(options.dataset, options.seed))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    columns = ("GAN", *view.columns, "seconds")
    print(line((*columns, "")), flush=True)
    runs, code, folder, tasks = [], 0, options.out / "state", []
    for name, recipe in recipes.items():
        saver = Saver(folder, f"{view.name}, {name}, seed {options.seed}", options.resume)
        tasks.append(view.task(recipe, options.steps or round(recipe.steps * options.times), saver))
    try:
        for index, one in run_all(view.train, tasks, options.jobs):
            one.name = options.only[index]
            one.figures = view.measured(one) if one.records else None
            runs.append(one)
            print(line(row(one, view)), flush=True)
        forget(tasks)
    except KeyboardInterrupt:
        code = INTERRUPTED
        print(INTERRUPTION, flush=True)
    label, figures = view.reference
    reference = (label, *view.cells(figures), "", "")
    print(line(reference), flush=True)
    print("\n".join(view.conclusion(runs)), flush=True)
    if not code:
        results.keep(path, results.command("variants", arguments),
                     {"dataset": options.dataset, "seed": options.seed, "times": options.times},
                     [*({"name": one.name, "title": one.recipe.title, **(one.figures or {}),
                         "steps": one.steps, "besides": "; ".join(one.recipe.besides.values()),
                         "seconds": round(one.seconds, 1),
                         "stopped": one.stopped} for one in runs),
                      {"name": "reference", "title": label.strip("()"), **figures}],
                     options.quick)
    shown = [one for one in runs if one.records]
    title = f"{len(shown)} GANs on {view.name}, seed {options.seed}"
    rows = [row(one, view) for one in runs]

    def write_page():
        variants_page.write(
            options.out / "index.html", title, view, columns, [*rows, reference],
            [(FAMILY[one.name], cells, (lambda ax, one=one: view.draw(ax, one))
              if one.records else None) for one, cells in zip(runs, rows)])

    if shown:
        write(options.out, {
            "variants.png": lambda: draw(shown, view, title, options.out / "variants.png"),
            "index.html": write_page})
    return code


def row(one, view):
    """Title, measured cells, seconds, and as a note why it stopped early and what else it
    changes in the plain GAN."""
    cells = ["–"] * len(view.columns) if one.figures is None else view.cells(one.figures)
    beside = "; ".join(one.recipe.besides.values())
    notes = filter(None, (one.stopped, beside and f"beside its change: {beside}"))
    return one.recipe.title, *cells, f"{one.seconds:.0f}", "; ".join(notes)


def line(cells):
    title, *values, note = cells
    return (f"{title:<32}" + "".join(f"{value:>16}" for value in values) + f"  {note}").rstrip()


def draw(shown, view, title, path):
    """The picture of all: the data, then a panel for each GAN, in full rows if possible."""
    count = 1 + len(shown)
    columns = min(count, max(view.panels, key=lambda number: (count % number == 0, number)))
    rows = -(-count // columns)
    width, height = view.shape
    figure = Figure(figsize=(max(width * columns, 6), height * rows + 0.8), dpi=100,
                    layout="constrained")
    view.head(figure, title)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    view.draw_data(axes[0])
    for ax, one in zip(axes[1:], shown):
        view.draw(ax, one, small=True)
    for ax in axes[count:]:
        ax.set_visible(False)
    plotting.save_figure(figure, path)


def parse(arguments):
    parser = Parser("variants", __doc__, QUICK,
                    epilog="Ctrl-C stops the training and saves what there is. Each differs from "
                           "the plain GAN in what it is, and in rates and steps; beside it some "
                           "have more (k: steps of D for each of G's, else one): "
                           f"{declared()}")
    parser.add_argument("--dataset", default="ring", choices=names(labelled=True))
    parser.add_argument("--only", nargs="+", choices=list(FAMILY), metavar="NAME",
                        help="some of " + ", ".join(FAMILY))
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=positive, metavar="N",
                        help="generator steps of each (default: each has its own)")
    length.add_argument("--times", type=functools.partial(positive_number, most=1000), default=1.0,
                        metavar="FACTOR", help="so many times its own steps, such as 3 or 0.5")
    mnist_options(parser)
    parser.share(seed=0, out=folder, resume=True, jobs=True, results=True)
    options = parser.parse_args(arguments)
    options.only = [name for name in FAMILY
                    if name in (options.only or members(options.dataset))]
    return options, parser


def declared():
    """For each member what its presets have beside what it is, and where."""
    return " ".join(f"{name}: {besides(name)}." for name in FAMILY if besides(name))


def folder(options):
    name = data_name(options.dataset, options.no_verify)
    return "variants" if name == "ring" else f"variants_{name}"


if __name__ == "__main__":
    run_main(main)
