"""What each change to the recipe gave: the same training with one change undone.

    python -m demos.text_to_image.changes            twelve trainings; over an hour
    python -m demos.text_to_image.changes --only none beside

The recipe of `demos.text_to_image` came about by one change after another, chosen on seed 0. Here
each is undone alone, on another seed. What is right in the pictures is read off as in the demo, for
captions that were held out. These trainings are shorter than the demo's, so all shares are smaller
than the demo's: they are to be compared with one another.

In what is printed and written, each row is one change undone. "G itself" is the first training once
more, judged without the averaged weights.
"""

import dataclasses
import time

import numpy as np

from numgan.data.captions import CaptionData
from numgan.presets.images import falling

from .. import results
from ..arguments import Parser, positive
from ..common import run_main, usable_folder
from ..jobs import Saver, Task, ending, results_of
from .recipe import JUDGED, MEASURED, RECIPE, begun, drawing, networks, shares


@dataclasses.dataclass(frozen=True)
class Undone:
    """words : what the row is called; recipe, players, near : what differs from the demo, in its
    RECIPE, its networks, its wrong captions"""

    words: str
    recipe: dict = dataclasses.field(default_factory=dict)
    players: dict = dataclasses.field(default_factory=dict)
    near: bool = True


CHANGES = {
    "none": Undone("as the demo is"),
    "beside": Undone("the caption beside z, G's features not turned",
                     players=dict(turned=False)),
    "whole": Undone("D without its third convolution", players=dict(whole=False)),
    "near": Undone("wrong captions that are any others", near=False),
    "reading": Undone("nobody reads G's pictures", dict(reading=0.0)),
    "words": Undone("captions read by a convolution", dict(encoder="convolutional")),
    "varied": Undone("no reward for variety", dict(varied=0.0)),
    "r1": Undone("no R1", dict(weight=0.0)),
    "batch": Undone("batches of 64, half as many steps", dict(batch_size=64)),
    "rate": Undone("rates of 4e-4", dict(rate=4e-4, d_rate=4e-4)),
    "beta": Undone("β₂ of 0.999", dict(beta2=0.999)),
    "size": Undone("a canvas of 16x16", dict(size=16)),
}
ITSELF = "G itself, its weights not averaged"
QUICK = dict(steps=4, every=200, seeds=[0])


@dataclasses.dataclass
class Found:
    """What one training gave: rows of {"undone", "seed", "steps", "seconds" (of processor time),
    a share for each measure}"""

    rows: list
    stopped: str = ""


def main(arguments=None):
    parser = Parser("text_to_image.changes", __doc__, QUICK, dict(every=1),
                    epilog="Ctrl-C stops the trainings and keeps those that are done.")
    parser.add_argument("--only", nargs="+", choices=list(CHANGES), default=list(CHANGES),
                        metavar="NAME", help=f"of {', '.join(CHANGES)} (default: all)")
    parser.add_argument("--steps", type=positive, default=2_500, metavar="N",
                        help="of each training (default 2,500; the demo has "
                             f"{RECIPE['steps']:,})")
    parser.share(seeds=[1], out=lambda options: "text_to_image_changes", resume=True, jobs=True,
                 results=True)
    options = parser.parse_args(arguments)
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    tasks = []
    for seed in options.seeds:
        for name in dict.fromkeys(options.only):
            undone = CHANGES[name]
            saver = Saver(options.out / "state", f"{name} {seed}", options.resume)
            steps = options.steps // (2 if name == "batch" else 1) or 1
            tasks.append(Task(f"{undone.words}, seed {seed}", steps,
                              (undone, seed, steps, options.every, saver)))
    done, code = results_of(train_one, tasks, options.jobs)
    whole = [one for one in done if not one.stopped]
    rows = [row for one in whole for row in one.rows]
    print("\n".join(said(rows)), flush=True)
    if rows:
        results.keep(path, results.command("text_to_image.changes", arguments),
                     {"steps": options.steps}, rows, options.quick)
    return code


def train_one(undone, seed, steps, every, saver, report):
    """The training with one change undone; a `Found`."""
    recipe = {**RECIPE, **undone.recipe, "seed": seed, "steps": steps}
    data = CaptionData(recipe["size"])
    players = networks(recipe, **undone.players)
    run, average = begun(recipe, data, falling, players, undone.near)
    found = Found([])
    start = time.process_time() - saver.begin(run).get("seconds", 0.0)

    def seconds():
        return time.process_time() - start
    with ending(found):
        for record in run:
            report(record.step + 1)
            saver.now_and_then(lambda: {"seconds": seconds()})
    saver.save({"seconds": seconds()})
    if found.stopped:
        return found
    spent = round(seconds())
    judged = {undone.words: average.network}
    if undone == CHANGES["none"]:  # a process of its own has a copy
        judged[ITSELF] = players[0]
    for words, generator in judged.items():
        rng = np.random.default_rng([seed, 1])
        found.rows.append({
            "undone": words, "seed": seed, "steps": steps, "seconds": spent, **dict(zip(
                MEASURED, shares(drawing(generator, recipe["latent"], rng),
                                 list(data.held_out[::every]) * JUDGED, data.size, rng, every)))})
    return found


def said(rows):
    """Lines of text: one for each row, and a sentence on what costs most to undo."""
    width = max([len(row["undone"]) for row in rows], default=0) + 2
    lines = [f"{'undone; right in %, of captions held out':{max(width, 44)}}"
             + "".join(f"{part:>10s}" for part in ("seed", *MEASURED))]
    lines += [f"{row['undone']:{max(width, 44)}}{row['seed']:10d}"
              + "".join(f"{100 * row[part]:10.1f}" for part in MEASURED) for row in rows]
    usual = {row["seed"]: row for row in rows if row["undone"] == CHANGES["none"].words}
    for part in "colour", "shape", "variety":
        lost = [(row[part] - usual[row["seed"]][part], row["undone"]) for row in rows
                if row["seed"] in usual and row["undone"] != CHANGES["none"].words]
        if lost:
            change, words = min(lost)
            lines.append(f"{part}: " + (f"most is lost by \"{words}\", {-100 * change:.1f} points"
                                        if change < 0 else "no row has less"))
    return lines


if __name__ == "__main__":
    run_main(main)
