"""What the demos share: running with a bar and Ctrl-C, and writing files.

    if __name__ == "__main__":
        run_main(main)

An interrupted training is drawn as far as it got. An interrupted drawing leaves the files that were
finished. The exit code is 130 in both cases. If the disk is full, the files that do not fit are
lost and named, and the exit code is 1; so networks are written first.
"""

import contextlib

from numgan import running
from numgan._files import writable_folder
from numgan.running import INTERRUPTED, progress

__all__ = ["INTERRUPTED", "attempt", "exit_code", "progress", "run_main", "usable_folder", "write"]

_failed = []  # what this process could not write


def run_main(main):
    """`numgan.running.run_main`; the exit code is 1 too if a file could not be written."""
    running.run_main(lambda: main() or int(bool(_failed)))


def usable_folder(parser, folder):
    """Make the folder that a demo will write into, or end with the parser's error, before a
    training whose results could not be kept."""
    try:
        writable_folder(folder)
    except OSError as error:
        parser.error(str(error))


def exit_code(problem):
    """The exit code of a demo. problem : how its training ended, "" for done, "interrupted", or
    what went wrong"""
    return INTERRUPTED if problem == "interrupted" else int(bool(problem))


@contextlib.contextmanager
def attempt(path):
    """A block that writes the file `path`: if that fails, it is said, and the demo goes on."""
    try:
        yield
    except OSError as error:
        _failed.append(path)
        print(f"Not written: {path} ({error.strerror or error})", flush=True)


def write(out, files):
    """Write files into the folder `out`, one after the other, and say which are there. If one
    cannot be written, the others are still tried: they may be smaller. Ctrl-C ends the writing; it
    is passed on after the missing files have been named.

    files : dict, names separated by ", " → function without arguments that writes them
    """
    written, missing = [], list(files)
    try:
        while missing:
            paths, known = _paths(out, missing[0]), len(_failed)
            with attempt(", ".join(paths)):
                files[missing[0]]()
            missing.pop(0)
            if len(_failed) == known:
                written += paths
    finally:
        rest = [path for names in missing for path in _paths(out, names)]
        for said, paths in ("Written: ", written), ("Not written: ", rest):
            if paths:
                print(said + ", ".join(paths), flush=True)


def _paths(out, names):
    return [str(out / name) for name in names.split(", ")]
