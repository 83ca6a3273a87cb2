"""The command lines of the demos: one parser, one wording for the options they share, and types for
numbers, which say what was expected.

    parser = Parser("digits", __doc__, quick=dict(steps=60, judged=200), dict(judged=2000))
    parser.share(seed=0, out=True, resume=True)
    parser.add_argument("--width", type=positive)           # an option of its own
    options = parser.parse_args(arguments)

With --quick a demo does the same in few steps: `quick` holds the settings that differ then.
"""

import argparse
import math
import pathlib

from numgan._runtime import threads_wanted
from numgan.data import DATA_SETS

QUICK = "A quick run, of few steps: it shows that everything works, and its figures say nothing."


class Parser(argparse.ArgumentParser):
    """The parser of ``python -m demos.NAME``; its description is the docstring's first paragraph.

    quick : dict, what --quick sets unless the command line does: options, or constants; {} where
        there is nothing to shorten
    constants : dict, settings without an option, which become attributes of the options
    more : for argparse
    """

    def __init__(self, name, doc, quick, constants=None, **more):
        super().__init__(prog=f"python -m demos.{name}",
                         **{"description": doc.split("\n\n")[0], **more})
        self.quick, self.folder = quick, lambda options: name
        self.set_defaults(**(constants or {}))
        self.add_argument("--quick", action="store_true",
                          help="under a minute: few steps, to see that everything works; its "
                               "figures say nothing. Other options go before what it sets"
                               if quick else
                               "changes nothing: this takes a second")

    def share(self, *, seed=None, seeds=None, out=False, resume=False, jobs=False, results=False):
        """Add options that demos share.

        seed : int, the default of --seed; seeds : list of int, that of --seeds, or () for none
        out : True, for out/NAME by default, or a function of the options that makes another name
        """
        seeding = self.add_mutually_exclusive_group() if None not in (seed, seeds) else self
        if seed is not None:
            seeding.add_argument("--seed", type=natural, default=seed,
                                 help=f"of all random numbers (default {seed})")
        if seeds is not None:
            seeding.add_argument("--seeds", type=natural, nargs="+", default=seeds or None,
                                 metavar="SEED", help="train with each" + (
                                     f" (default {' '.join(map(str, seeds))})" if seeds else ""))
        if out:
            self.add_argument("--out", type=pathlib.Path, metavar="DIR",
                              help="where to write (default: a folder of its own in out/, or in "
                                   "out/quick/ with --quick)")
            if out is not True:
                self.folder = out
        if resume:
            self.add_argument("--resume", action="store_true",
                              help="go on from where the same command was interrupted")
        if jobs:
            self.add_argument("--jobs", type=processes, metavar="N",
                              help="trainings side by side (default: as many as there are cores); "
                                   "1: one after the other")
        if results:
            self.add_argument("--results", type=pathlib.Path, metavar="FILE",
                              help="where the figures are written, with what made them (default "
                                   "DIR/results.json)")

    def parse_args(self, arguments=None, namespace=None):
        options = super().parse_args(arguments, namespace)
        if options.quick:
            assert set(self.quick) <= set(vars(options)), (set(self.quick), vars(options))
            self.set_defaults(**self.quick)
            options = super().parse_args(arguments, namespace)
            if self.quick:
                print(QUICK, flush=True)
        try:
            threads_wanted()
        except ValueError as error:
            self.error(str(error))
        self._refuse_files(options)
        if getattr(options, "seeds", None):
            options.seeds = list(dict.fromkeys(options.seeds))  # a seed given twice counts once
        if getattr(options, "out", "") is None:
            options.out = folder(options, self.folder(options))
        return options

    def _refuse_files(self, options):
        """--folder and --no-verify are for data that are read from files."""
        said = getattr(options, "data", getattr(options, "dataset", None))
        names = said if isinstance(said, list) else [said]
        known = [DATA_SETS[name] for name in names if name in DATA_SETS]
        if known and not any(getattr(one, "others", None) for one in known):
            for name, value in ("folder", None), ("no_verify", False):
                if getattr(options, name, value) != value:
                    self.error(f"--{name.replace('_', '-')}: expected only with data that are read "
                               f"from files, such as mnist, got {' '.join(names)}")


def folder(options, name):
    """Where a demo writes by default: a quick run never overwrites one that is not quick."""
    return pathlib.Path("out", *["quick"] * options.quick, name)


# -- types -----------------------------------------------------------------------------------------


def positive(text):
    """An integer of at least 1, for argparse; above a billion it is a typing error, and arrays of
    that size overflow."""
    return integer(text, 1, 10 ** 9)


def natural(text):
    """An integer of at least 0, for argparse."""
    return integer(text, 0)


def batch(text):
    """The size of a batch, for argparse: the limit is the memory of an ordinary computer."""
    return integer(text, 1, 10 ** 5)


def processes(text):
    """A number of processes, for argparse."""
    return integer(text, 1, 1000)


def integer(text, least, most=math.inf):
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        limit = f" and at most {most:,}" if value > most else ""
        raise argparse.ArgumentTypeError(
            f"expected an integer of at least {least}{limit}, got {text:.100}")
    return value


def positive_number(text, most=math.inf):
    """A positive finite number, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf or value > most:
        limit = f" of at most {most:,g}" if most < math.inf else ""
        raise argparse.ArgumentTypeError(f"expected a positive number{limit}, got {text:.100}")
    return value
