"""What numgan can do, a page a demo: python -m demos.NAME."""

import sys

import numgan.running  # noqa: F401  first: from here on Ctrl-C ends without a traceback
from numgan._optional import needed_by


def _missing(kind, error, traceback):
    """A package that a demo imports and that is not installed is one sentence, not a traceback."""
    if not isinstance(error, ModuleNotFoundError) or (error.name or "numgan").startswith(
            ("numgan", "demos")):
        return sys.__excepthook__(kind, error, traceback)
    try:
        with needed_by(sys.orig_argv[sys.orig_argv.index("-m") + 1]):
            raise error
    except ModuleNotFoundError as said:
        print(said, file=sys.stderr)


if sys.argv[:1] == ["-m"]:  # so it is while the packages around the module to run are imported
    sys.excepthook = _missing
