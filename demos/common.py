"""What the demos share: running with a bar and Ctrl-C, and writing what there is.

    if __name__ == "__main__":
        run_main(main)

A training that is interrupted is drawn as far as it got; a drawing that is interrupted leaves the
files that were finished; the exit code is 130 in both cases.
"""

from numgan.files import writable_folder
from numgan.running import INTERRUPTED, progress, run_main

__all__ = ["INTERRUPTED", "progress", "run_main", "usable_folder", "write"]


def usable_folder(parser, folder):
    """Make the folder that a demo will write into, or end with the parser's error: before a
    training whose results could not be kept."""
    try:
        writable_folder(folder)
    except OSError as error:
        parser.error(str(error))


def write(out, files):
    """Write files into the folder `out`, one after the other, and say which are there.

    files : dict, names separated by ", " → function without arguments that writes them
    Returns the exit code: 0, or INTERRUPTED after Ctrl-C, when the rest is not written.
    """
    written, missing = [], list(files)
    code = 0
    try:
        while missing:
            files[missing[0]]()
            written.append(missing.pop(0))
    except KeyboardInterrupt:
        code = INTERRUPTED
    for said, names in ("Written: ", written), ("Interrupted. Not written: ", missing):
        if names:
            print(said + ", ".join(str(out / name) for name in ", ".join(names).split(", ")),
                  flush=True)
    return code
