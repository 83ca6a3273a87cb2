"""An x-ray of the gradient: from G's loss through D into G, layer by layer, while both learn.

Six games on the ring, from the same seeds. At some moments the gradient of G's loss is followed
back from the logit through every layer of D to the fakes, and on through every layer of G to z. Its
norm and its direction are measured for each of 256 samples. Also measured are the share of G's
units that are dead (0 for every sample), and the cosine between what two fakes are told: two fakes
of one mode, and two of different modes.

There are two such cosines. "In the plane" compares the pulls ∂L/∂x of two fakes. "In G's weights"
compares the steps that two samples ask of G's weights: a step for one moves the other by the
product of the two, so a cosine of 1 means that they can only move together. That is how a collapse
begins: where the steps agree also between fakes of different modes, one mode pulls the other along.

For a chain of dense layers those products need no gradient of a single sample. With h the input of
a layer, and d its output's gradient, sample n asks for dW = h_n d_nᵀ and db = d_n, so that

    ⟨step n, step m⟩ = Σ over layers (h_n · h_m + 1) (d_n · d_m)

(BatchNorm's own gain and shift are left out of the sum.)
"""

from .. import results
from ..arguments import Parser, positive
from ..common import INTERRUPTED, run_main, usable_folder, write
from ..jobs import Task, run_all
from .games import AHEAD, GAMES, run
from .views import draw, film
from .words import HEADER, figures, rows, sentence

STEPS, MOMENTS = 4000, 25
QUICK = dict(steps=30, ahead=10, moments=3, seeds=[1])
FILMED = "D has won, non-saturating", "D had won, held by R1"


def main(arguments=None):
    parser = Parser("xray", __doc__, QUICK, dict(ahead=AHEAD, moments=MOMENTS))
    parser.add_argument("--steps", type=positive, default=STEPS, metavar="N",
                        help=f"of each training (default {STEPS:,})")
    parser.add_argument("--no-film", action="store_true", help="write the figure only")
    parser.share(seeds=[1, 2, 3], out=True, jobs=True, results=True)
    options = parser.parse_args(arguments)
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    tasks = [Task(f"{game.title}, seed {seed}", options.steps,
                  (index, seed, options.steps, options.ahead, options.moments))
             for seed in options.seeds for index, game in enumerate(GAMES)]
    runs, code = [], 0
    try:
        for _, one in run_all(run, tasks, options.jobs):
            runs.append(one)
    except KeyboardInterrupt:
        code = INTERRUPTED
        print("Interrupted: what there is gets drawn.", flush=True)
    if runs:
        measured = [figures(one) for one in runs]
        print("\n".join([*columns([HEADER, *rows(measured)]), "", sentence(measured)]), flush=True)
        first = [one for one in runs if one.seed == runs[0].seed]
        filmed = [one for one in first if GAMES[one.game].title in FILMED]
        write(options.out, {"xray.png": lambda: draw(first, options.out), **(
            {} if options.no_film or not filmed else
            {"xray.gif, xray.html": lambda: film(filmed, options.out)})})
        if not code:
            results.keep(path, results.command("xray", arguments),
                         {"seeds": options.seeds, "steps": options.steps}, measured, options.quick)
    return code


def columns(table):
    """Rows of text, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*table)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
            for row in table]


if __name__ == "__main__":
    run_main(main)
