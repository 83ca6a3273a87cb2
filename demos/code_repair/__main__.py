"""Repairs of C programs, learned from bad programs and from good ones unrelated to them.

    python -m demos.code_repair                    train, judge, repair the examples
    python -m demos.code_repair FILE.c             repair a file; the first call trains
    python -m demos.code_repair --seeds 1 2        mean and spread of two trainings each

G reads a bad program and makes one edit: it replaces a word of a line by another, or a line by one
of the 48 most frequent. A softmax over all edits of all lines chooses. In training an edit is drawn
at random, so that D sees programs and not mixtures. D tells good programs from what G makes of bad
ones, and from bad ones as they are. Nobody says which edit is right, or where the bug is, and the
good program that a bad one was made from is not among the good ones (Harer et al. 2018, whose
networks are recurrent and far larger).

G learns from D in two ways, a row of the table each: by D's slope at the program that was drawn,
which passes straight through the draw (Gumbel-softmax); and by D's values of the programs that some
edits make.

Another G is recurrent, as in the paper: a GRU with attention that writes a whole program, line by
line. It first learns to write good programs as they are, and then follows D's slope.

Programs are written in a small subset of C, `language.py`. `checker.py` knows exactly which bugs a
program has: a wrong number of arguments to a format function (CWE-685), memory freed twice (415),
used after it was freed (416), not freed (401).

On 600 programs that were held out, the table has the share that the checker passes with at most one
line changed: by G's most probable edit, and by the one of the 40 most probable that D likes best.
Beside it are the programs as they are; a denoiser, which learned to undo random changes to good
programs; the most similar good program; a network of the same size that is told the right words
(cross-entropy on pairs); and a rule written by hand, which knows the checker.
"""

import pathlib
import statistics
import sys
import textwrap

import numpy as np

from .. import applying, results
from ..arguments import Parser, positive
from ..common import INTERRUPTED, run_main, usable_folder, write
from ..jobs import Saver, Task, diverged, left_out, results_of
from . import repairs, views
from .checker import KINDS
from .parser import Unknown, read
from .training import (HELD_OUT, METHODS, PICKED, RECIPE, TRAIN, discriminator_of, generator_of,
                       train_one, world)

STEPS = {"gan": 8000, "gru": 1600, "slope": 4000, "paired": 4000, "denoiser": 2000}
QUICK = dict(steps=4, train=60, held_out=12)
EXAMPLES = sorted((pathlib.Path(__file__).parent / "examples").glob("*.c"))
MEASURES = {"repaired": "repaired", **{str(kind): f"CWE-{kind}" for kind in KINDS},
            "stays good": "stays good", "lines": "lines changed", "emptied": "685 emptied"}
MADE = {"generator": generator_of, "discriminator": discriminator_of}
UNCHANGED, NEAREST, RULE = "unchanged", "nearest good program", "rule by hand"


def main(arguments=None):
    parser, options = parse(arguments)
    usable_folder(parser, options.out)
    folder = options.out / "state"
    if options.files and not (options.resume and unfinished(folder, options.seeds)):
        networks = trained(parser, options)
        if networks:
            return repair_files(options, networks)
    path = results.path_of(parser, options)
    programs = world(*about(options))
    usable_folder(parser, folder)
    tasks = [Task(f"{METHODS[method]}, seed {seed}", steps_of(options, method),
                  (about(options), method, seed, steps_of(options, method), RECIPE,
                   *(Saver(folder, f"{name} {seed}", options.resume)
                     for name in (method, "copying"))))
             for seed in options.seeds for method in options.only]
    done, code = results_of(train_one, tasks, options.jobs)
    whole = [one for one in done if not diverged(one)]
    rows = baselines(programs) + [(METHODS[one.method], one.seed, one.figures) for one in whole]
    rows += [(METHODS[one.method] + PICKED, one.seed, one.picked) for one in whole if one.picked]
    steps = {method: steps_of(options, method) for method in METHODS}
    print("\n".join(["", *table(rows, len(programs.held)), *left_out(done, METHODS), "",
                     *conclusion(rows, steps)]), flush=True)
    if code != INTERRUPTED:
        results.keep(path, results.command("code_repair", arguments),
                     {"train": options.train, "held_out": options.held_out, **RECIPE},
                     [{"method": name, **({} if seed is None else {"seed": seed}), **figures}
                      for name, seed, figures in rows]
                     + [{"method": METHODS[one.method], "seed": one.seed, **one.figures,
                         "stopped": one.stopped} for one in done if diverged(one)]
                     + [{"cost": METHODS[one.method], "seed": one.seed, "steps": one.steps,
                         "seconds": round(one.seconds), "stopped": one.stopped,
                         "history": one.history} for one in done], options.quick)
    best = next((one for one in whole if one.method == "gan"), None)
    if best is not None:
        networks = {name: make(0) for name, make in MADE.items()}
        for network, theta in zip(networks.values(), (best.theta, best.d_theta)):
            network.theta[...] = theta
        shown = [views.Repair(file.name, file.read_text(encoding="utf-8"), by(**networks))
                 for file in EXAMPLES]
        files = {f"{name}.npz": lambda name=name, network=network: applying.keep(
            options.out / f"{name}.npz", network, quick=options.quick)
            for name, network in networks.items()}
        if best.stopped:  # a later call would take them for trained to the end
            files = {}
        files["code_repair.png"] = lambda: views.draw(shown, options.out / "code_repair.png")
        write(options.out, files)
        if not options.files:
            print("\n" + "\n".join(map(str, shown)), flush=True)
    if options.files and not code:
        return repair_files(options, networks)
    return code


def unfinished(folder, seeds):
    """Whether there is an unfinished training of the generator that repairs files."""
    return any(Saver(folder, f"gan {seed}").goes_on for seed in seeds)


def by(generator, discriminator):
    return lambda grids: repairs.picked(generator, discriminator, grids, RECIPE["keep"])


def trained(parser, options):
    """The networks in the output folder, by name; None if there are none, or if a quick run left
    them and this one is not quick."""
    if not (options.out / "generator.npz").exists():
        return None
    networks, quick = {}, False
    try:
        for name, make in MADE.items():
            networks[name], settings = applying.kept(
                options.out / f"{name}.npz", lambda quick: make(0), "code_repair")
            quick = quick or settings["quick"]
    except (ValueError, OSError) as error:
        parser.error(f"{error}; python -m demos.code_repair trains another")
    if quick and not options.quick:
        print(f"The networks in {options.out} are of a quick run: training others.",
              file=sys.stderr, flush=True)
        return None
    return networks


def repair_files(options, networks):
    """Print each file before and after; 1 if the checker still finds something in one, or if one
    could not be read."""
    found = [views.Repair(str(path), text, by(**networks)) for path, text in options.files]
    print("\n".join(map(str, found)), flush=True)
    return int(options.unread or any(one.left for one in found))


def about(options):
    """The arguments of `training.world`."""
    return options.train, options.held_out


def steps_of(options, method):
    return options.steps or STEPS[method]


def baselines(programs):
    """Rows (name, None, figures) of what needs no training."""
    return [(UNCHANGED, None, programs.measure(lambda grids: grids)),
            (NEAREST, None, programs.measure(lambda g: repairs.nearest(g, programs.good))),
            (RULE, None, programs.measure(lambda g: np.array([repairs.by_rule(x) for x in g])))]


# -- words -----------------------------------------------------------------------------------------


def table(rows, count):
    lines = [f"{count} bad programs, held out: shares that pass with at most one line changed",
             f"{'':<28}" + "".join(f"{title:>15}" for title in MEASURES.values())]
    for name, figures in results.gathered(rows).items():
        lines.append(f"{name:<28}" + "".join(f"{said(figures[measure]):>15}"
                                             for measure in MEASURES))
    return lines


def said(values):
    return f"{statistics.fmean(values):.2f}" + (
        f" ± {statistics.stdev(values):.2f}" if len(set(values)) > 1 else "")


def conclusion(rows, steps):
    """What the figures show, in sentences that follow from them. steps : of each method"""
    found = {name: {measure: statistics.fmean(values) for measure, values in figures.items()}
             for name, figures in results.gathered(rows).items()}
    gan, slope, gru, paired = (found.get(METHODS[name])
                               for name in ("gan", "slope", "gru", "paired"))
    if not gan:
        return []
    kinds = sorted(KINDS, key=lambda kind: -gan[str(kind)])
    words = [f"Without a single pair the GAN repairs {gan['repaired']:.0%} of the bad programs, "
             f"most of CWE-{kinds[0]} ({gan[str(kinds[0])]:.0%}) and fewest of CWE-{kinds[-1]} "
             f"({gan[str(kinds[-1])]:.0%}); {gan['stays good']:.0%} of the good ones stay good."]
    picked = found[METHODS["gan"] + PICKED]
    words.append(f"Where D picks among G's edits it is {picked['repaired']:.0%}, and "
                 f"{picked['emptied']:.0%} of the wrong numbers of arguments pass with a line left "
                 f"blank, {gan['emptied']:.0%} where it does not.")
    if slope:
        words.append(f"A G that follows D's slope repairs {slope['repaired']:.0%}, and "
                     f"{slope['401']:.0%} of the leaks, whose missing line a slope does not show; "
                     f"with D's values it is {gan['401']:.0%}.")
    if gru:
        words.append(f"A GRU that writes whole programs repairs {gru['repaired']:.0%}; "
                     f"{gru['stays good']:.0%} of the good ones stay good.")
    if paired:
        words.append(f"Being told the right words, a network of that size repairs "
                     f"{paired['repaired']:.0%}, in {steps['paired']:,} steps; the GAN had "
                     f"{steps['gan']:,}, and its G knows that a repair is one edit.")
    words.append(f"The rule written by hand repairs "
                 f"{found[RULE]['repaired']:.0%}: for bugs that a checker knows, write the rule.")
    return textwrap.wrap(" ".join(words), 100)


# -- the command -----------------------------------------------------------------------------------


def parse(arguments):
    parser = Parser("code_repair", __doc__, QUICK, dict(train=TRAIN, held_out=HELD_OUT),
                    epilog="Ctrl-C stops the training and saves what there is.")
    parser.add_argument("files", nargs="*", type=pathlib.Path, metavar="FILE.c",
                        help="repair these, with the generator in the output folder; if there is "
                             "none, or a quick run left it, or with --resume its training was "
                             "interrupted, train it first. A file that cannot be read is named, "
                             "and the others are repaired; the exit code is then 1")
    parser.add_argument("--only", nargs="+", choices=list(METHODS), default=None, metavar="METHOD",
                        help="; ".join(f"{name}: {text}" for name, text in METHODS.items())
                        + " (default all; with FILE.c gan)")
    parser.add_argument("--steps", type=positive, metavar="N", help="of each training (default "
                        + ", ".join(f"{name} {steps:,}" for name, steps in STEPS.items()) + ")")
    parser.share(seeds=[1], out=True, resume=True, jobs=True, results=True)
    options = parser.parse_args(arguments)
    options.only = list(dict.fromkeys(options.only or (["gan"] if options.files else METHODS)))
    if options.files and "gan" not in options.only:
        parser.error("--only: expected gan among the methods to repair files with")
    options.files, problems = texts_of(options.files)
    options.unread = bool(problems)
    if problems and not options.files:
        parser.error("\n".join(problems))
    for problem in problems:
        print(f"Not repaired: {problem}", file=sys.stderr, flush=True)
    return parser, options


def texts_of(paths):
    """([(path, text)] of the programs of the subset, [what is wrong] with the other files)"""
    texts, problems = [], []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
            read(text)
            texts.append((path, text))
        except Unknown as error:
            problems.append(f"{path}, {error}")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"cannot read {path}: {getattr(error, 'strerror', None) or error}")
    return texts, problems


if __name__ == "__main__":
    run_main(main)
