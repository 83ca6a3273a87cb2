"""Must both players be equally good, and whose job is easier? Two questions, asked by experiment.

    python -m demos.balance                          grid and 8x8 digits, three seeds; half an hour
    python -m demos.balance --dataset ring           eight modes instead of 25; five minutes
    python -m demos.balance --quick

Heat maps. Pairs of players are trained in which two things vary: the widths of G and D, or their
rates, or D's rate and k, the number of D's steps for each of G. All else is the same. Each map
shows modes, quality, precision and recall of what they end with. In the plane quality is the share
of samples within three standard deviations of a mode. On digits a classifier of real images counts
classes and tells how many of the samples are digits, and precision and recall are computed on the
features of a LeNet.

Whose job is easier. A pair is trained and kept at 2, 20 and 100 % of its steps. Then one player
stands still, and a new opponent of some width learns alone. A new D learns to tell the G of that
age from the data, until it judges three samples in four correctly. A new G learns to fool the D of
that age, until three of four samples are taken for real. The opponent's steps are counted, and its
parameters. A D that stands still is a help for G which the game does not give: look at the recall
of the samples that fool it.

Results are kept after each training, in results.json in the output folder or where `--results`
says. What is there already is not trained again: after Ctrl-C the same command goes on, without
--resume. Delete the file to measure again.
"""

from numgan._files import replacing

from .. import results
from ..arguments import Parser, positive
from ..common import INTERRUPTED, run_main, usable_folder, write
from ..jobs import Task
from ..judging import Reference
from ..ledger import Ledger
from .duels import fight_all
from .games import STEPS, key_of, pairs_of, play
from .views import conclusion, draw_duels, draw_maps, duel_table, duels_in, duels_key, table

SAMPLES = 1000
DATASETS = ["grid", "digits"]
QUICK = dict(dataset=["grid"], seeds=[0], steps=4, most=4, samples=60)


def main(arguments=None):
    parser = Parser("balance", __doc__, QUICK, dict(samples=SAMPLES))
    parser.add_argument("--dataset", nargs="+", default=DATASETS, choices=list(STEPS),
                        metavar="NAME",
                        help=f"of {', '.join(STEPS)} (default grid digits)")
    parser.add_argument("--steps", type=positive, metavar="N",
                        help="generator steps of a game (default " + ", ".join(
                            f"{name} {steps:,}" for name, steps in STEPS.items()) + ")")
    parser.add_argument("--most", type=positive, metavar="N", default=2000,
                        help="steps of a player against one that stands still, at most (default "
                             "2,000)")
    parser.share(seeds=[0, 1, 2], out=True, jobs=True, resume=True, results=True)
    options = parser.parse_args(arguments)
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    datasets, seeds = list(dict.fromkeys(options.dataset)), options.seeds
    try:
        ledger = Ledger(path, results.command("balance", arguments),
                        {"samples": options.samples, "steps": options.steps or STEPS,
                         "most": options.most}, options.quick)
        references = {name: Reference(name, options.samples, classes=True) for name in datasets}
    except (ValueError, OSError) as error:
        parser.error(str(error))
    tasks = {}
    for name, reference in references.items():
        steps = options.steps or STEPS[name]
        for seed in seeds:
            tasks[duels_key(name, seed)] = Task(
                f"{name}: whose job is easier, seed {seed}", steps,
                (fight_alone, reference, name, seed, steps, options.most))
            tasks |= {key_of(pair, seed): Task(key_of(pair, seed), steps, (
                play, reference, pair, seed, steps)) for pair in pairs_of(name)}
    interrupted = ledger.complete(run_one, tasks, options.jobs)
    if interrupted:
        print("Interrupted: here is what was measured; the same command goes on.")
    text, files = [], {}
    for name, reference in references.items():
        duels = duels_in(name, ledger.runs, seeds)
        if not any(key in ledger.runs for key in tasks if key.startswith(name)):
            continue
        text += [*table(name, ledger.runs, seeds), *duel_table(name, duels, options.most), "",
                 *conclusion(name, reference.title, ledger.runs, seeds, duels, options.most)]
        maps, ends = (options.out / f"{what}_{name}.png" for what in ("balance", "duels"))
        files |= {maps.name: lambda name=name, title=reference.title, to=maps: draw_maps(
                      name, title, ledger.runs, seeds, to),
                  ends.name: lambda name=name, title=reference.title, to=ends, duels=duels:
                      draw_duels(name, title, duels, options.most, to)}
    if text:
        print("\n".join(text), flush=True)

        def write_table():
            with replacing(options.out / "table.txt") as temporary:
                temporary.write_text("\n".join(text) + "\n", encoding="utf-8")
        write(options.out, {"table.txt": write_table, **files})
    return INTERRUPTED if interrupted else 0


def run_one(function, *arguments, report):
    """Tasks of two kinds in one queue."""
    return function(*arguments, report=report)


def fight_alone(reference, dataset, seed, steps, most, report):
    return {"part": "duels", "dataset": dataset, "seed": seed,
            "duels": fight_all(reference, dataset, seed, steps, most, report)}


if __name__ == "__main__":
    run_main(main)
