"""Published tables, trained and measured again: published and measured figures side by side.

    python -m demos.tables unrolled-ring           one of the seven; see --help for their names
    python -m demos.tables pacgan-grid --steps 400000 --only GAN PacGAN4 --seeds 0
    python -m demos.tables stacked-mnist-tiny --folder DIR --jobs 2
    python -m demos.tables unrolled-ring --quick

pacgan-ring, pacgan-grid    modes, high quality and reverse KL of GAN, PacGAN2, 3 and 4
veegan                      the same for the rows of VEEGAN's table that exist here
unrolled-ring               0, 1, 5 and 10 steps ahead
wgan-gp-toys                clipped and penalised critics on ring, grid and swiss roll
stacked-mnist-tiny          a thousand modes and tiny networks
parzen                      the log-likelihood that the first GANs were measured by

Networks, rates, batches and data are the published ones. Where they had to differ, or a run was
shorter, the text below the table says so (`entries`, `recipes`). Beside the published methods
stands the best of this library, by its own recipe. Means are over seeds, ± their standard error. In
the plane there are also precision and recall, which nobody published: modes do not say what is
inside them.

Most tables take hours. Results are kept after each training, in results.json in the output folder
or where `--results` says, and unfinished trainings in files beside it. After Ctrl-C the same
command goes on, without --resume. More seeds, rows or another number of steps can be asked for
later: what is there already is not trained again.
"""

from numgan._files import replacing

from .. import results
from ..arguments import Parser, positive
from ..common import INTERRUPTED, run_main, usable_folder, write
from ..jobs import Saver, Task, forget
from ..ledger import Ledger
from .entries import REAL, TABLES, measure
from .views import conclusion, draw, lines_of, text_table

QUICK = dict(steps=2, seeds=[0], count=300)


def main(arguments=None):
    parser = Parser("tables", __doc__, QUICK, dict(count=None))
    parser.add_argument("name", choices=list(TABLES), metavar="NAME",
                        help="one of " + ", ".join(TABLES))
    parser.add_argument("--only", nargs="+", metavar="METHOD",
                        help="methods to train, as the table calls them, such as GAN PacGAN4")
    parser.add_argument("--steps", type=positive, metavar="N",
                        help="generator steps of each (default: those of the table, or fewer where "
                             "it says so)")
    parser.add_argument("--folder", metavar="DIR", help="where MNIST's four files are (default: "
                        "the environment variable NUMGAN_DATA; without it, they are downloaded)")
    parser.share(seeds=(), out=lambda options: f"table_{options.name}", jobs=True, resume=True,
                 results=True)
    options = parser.parse_args(arguments)
    entry = TABLES[options.name]()
    rows = [row for row in entry.rows if row.recipe and (
        row.name in options.only if options.only else row.usual)]
    known = {row.name for row in entry.rows if row.recipe}
    if unknown := set(options.only or ()) - known:
        parser.error(f"--only: expected some of {', '.join(sorted(known))}, got "
                     f"{', '.join(sorted(unknown))}")
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    try:
        ledger = Ledger(path, results.command("tables", arguments), {"table": options.name},
                        options.quick)
        for data in dict.fromkeys(row.data for row in entry.rows):
            entry.real(data, options.folder)  # now: missing files are named before training
    except (ValueError, OSError) as error:
        parser.error(str(error))
    tasks = {}
    for seed in options.seeds or entry.seeds:
        for row in rows:
            steps = entry.steps_of(row, options.steps)
            key = f"{row.key}, {steps} steps, seed {seed}"
            saver = Saver(options.out / "state", f"{options.name}, {key}", resume=True)
            tasks[key] = Task(key, steps, (options.name, row.key, seed, steps, options.count,
                                           options.folder, saver))
        for data in dict.fromkeys(row.data for row in rows):
            key = f"{data}, {REAL}, seed {seed}"
            tasks[key] = Task(key, 1, (options.name, f"{data}, {REAL}", seed, 1, options.count,
                                       options.folder, None))
    interrupted = ledger.complete(measure, tasks, options.jobs)
    if interrupted:
        print("Interrupted: here is what was measured; the same command goes on.")
    else:
        forget(tasks.values())
    runs = {key: run for key, run in ledger.runs.items() if key in tasks}
    text = [entry.title, *text_table(*lines_of(entry, runs)), "",
            *(f"- {line}" for line in entry.differs), "", *conclusion(entry, runs)]
    print("\n".join(text), flush=True)

    def write_table():
        with replacing(options.out / "table.txt") as temporary:
            temporary.write_text("\n".join(text) + "\n", encoding="utf-8")
    picture = options.out / f"table_{options.name}.png"
    write(options.out, {"table.txt": write_table,
                        picture.name: lambda: draw(entry, runs, picture)})
    return INTERRUPTED if interrupted else 0


if __name__ == "__main__":
    run_main(main)
