"""Result files: what runs measured, with settings, seeds, date and the version of the code.

A file is JSON, a run a line, so that a change of one figure is a change of one line:

    {"command": "python -m demos.variants --dataset grid",   what makes the file again
     "settings": {"dataset": "grid", "seed": 0},             of all runs; a run may have its own
     "runs": [                                               value, under the same name
      {"name": "gan", "modes": 25, ..., "date": "2026-11-25", "numgan": "0.1.0",
       "commit": "1eec74b", "numpy": "2.4.6", "kernels": "SkylakeX"},
      ...
     ]}

Demos write theirs to results.json in their output folder, or where `--results` says. Those that
the pages show are in demos/results; `python -m demos.pages` makes tables from them.
"""

import datetime
import functools
import json
import pathlib
import subprocess
import sys

import numpy as np

import numgan
from numgan._files import read_json, replacing

from .common import attempt, usable_folder

__all__ = ["FOLDER", "as_json", "command", "keep", "kernels", "marked", "path_of",
           "read", "stamp", "write"]

FOLDER = pathlib.Path(__file__).parent / "results"
OF_THIS_MACHINE = ("--out", "--results", "--folder", "--runs", "--jobs")  # no part of what is run


def path_of(parser, options):
    """Where the results go: FILE of `--results`, or results.json in the output folder. A FILE that
    cannot be written ends with the parser's error, before training. The commit is noted here too:
    the code that trains is the code as it is now, whatever is changed meanwhile."""
    commit()
    if options.results is None:
        return options.out / "results.json"
    if options.results.is_dir():
        parser.error(f"--results: expected {options.results} to be a file, got a folder")
    usable_folder(parser, options.results.parent)
    return options.results


def keep(path, command, settings, runs, quick=False):
    """`write` at the end of a demo: every run gets the current `stamp`. A file that cannot be
    written is named, and the demo goes on. quick : bool, whether --quick made the runs, which the
    settings then say"""
    now = stamp()
    with attempt(path):
        write(path, command, settings | marked(quick), [{**run, **now} for run in runs])
        print(f"Written: {path}", flush=True)


def marked(quick):
    """What the settings of a quick run have in addition to those of others."""
    return {"quick": True} if quick else {}


def write(path, command, settings, runs):
    """Write a file of results.

    command : str; settings : dict; runs : list of dicts. Values are what JSON has; numbers
    that are not finite are written as null.
    """
    head = ",\n".join(f"{json.dumps(name)}: {json.dumps(as_json(value), ensure_ascii=False)}"
                      for name, value in (("command", command), ("settings", settings)))
    lines = ",\n".join(json.dumps(as_json(run), ensure_ascii=False) for run in runs)
    with replacing(path) as temporary:
        temporary.write_text(f'{{{head},\n"runs": [\n{lines}\n]}}\n', encoding="utf-8")


def read(path):
    """What `write` wrote: {"command", "settings", "runs"}.

    ValueError, with the path, if the file holds something else; OSError if it cannot be opened.
    """
    found = read_json(path)
    for name, kind in (("command", str), ("settings", dict), ("runs", list)):
        if not isinstance(found, dict) or not isinstance(found.get(name), kind):
            raise ValueError(f"expected {path} to be a file of results, with a {kind.__name__} "
                             f"called {name}")
    if not all(isinstance(run, dict) for run in found["runs"]):
        raise ValueError(f"expected the runs of {path} to be objects")
    return found


def command(module, arguments=None):
    """The command line that makes these results again: `python -m demos.NAME` and its options, but
    for folders and files, which differ between machines. arguments : list, or None for the
    process's own."""
    words, kept = list(sys.argv[1:] if arguments is None else arguments), []
    while words:
        word = words.pop(0)
        if word.split("=")[0] in OF_THIS_MACHINE:
            if "=" not in word and words:
                words.pop(0)
        elif word != "--resume":
            kept.append(json.dumps(word) if " " in word else word)
    return " ".join([f"python -m demos.{module}", *kept])


def stamp():
    """Where and when a run was made: {"date", "numgan", "commit", "numpy", "kernels"}."""
    return {"date": datetime.date.today().isoformat(), "numgan": numgan.__version__,
            "commit": commit(), "numpy": np.__version__, "kernels": kernels()}


@functools.cache
def commit():
    """The commit of the code when this was first called, with "+" if the code had been changed
    since that commit; "" if it is not a clone, or git is not there."""
    def git(*arguments):
        return subprocess.run(["git", "-C", str(FOLDER.parent), *arguments], capture_output=True,
                              text=True, check=True, timeout=20).stdout.strip()
    try:
        changed = git("status", "--porcelain", "--", "../numgan", "*.py")
        return git("rev-parse", "--short=7", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def kernels():
    """The processor that NumPy's matrix library computes for: a sum's last bit depends on it."""
    try:
        import threadpoolctl  # comes with scikit-learn
    except ImportError:
        return ""
    return ", ".join(sorted({str(one.get("architecture")) for one in threadpoolctl.threadpool_info()
                             if one["user_api"] == "blas"}))


def as_json(value):
    """The value as `read` gives it: NumPy's numbers as Python's, NaN and infinities as None."""
    if isinstance(value, dict):
        return {name: as_json(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [as_json(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def gathered(rows):
    """From rows (name, seed, {measure: value}): name → {measure: the values of its seeds}."""
    found = {}
    for name, _, figures in rows:
        for measure, value in figures.items():
            found.setdefault(name, {}).setdefault(measure, []).append(value)
    return found
