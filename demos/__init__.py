"""What numgan can do, a page a demo: python -m demos.NAME."""

import os
import sys

import numgan.running  # noqa: F401  first: from here on Ctrl-C ends without a traceback
from numgan._optional import needed_by

# This must be set before scikit-learn is loaded. In a search for neighbours its threads wait for
# each other many times; with this setting they sleep meanwhile. If they wait in a loop, as is
# usual, a thread that shares its core with another training makes the search ten times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def _missing(kind, error, traceback):
    """If a package that a demo imports is not installed, print one sentence, not a traceback."""
    if not isinstance(error, ModuleNotFoundError) or (error.name or "numgan").startswith(
            ("numgan", "demos")):
        return sys.__excepthook__(kind, error, traceback)
    try:
        with needed_by(sys.orig_argv[sys.orig_argv.index("-m") + 1]):
            raise error
    except ModuleNotFoundError as said:
        print(said, file=sys.stderr)


if sys.argv[:1] == ["-m"]:  # as it is while the packages around the module to run are imported
    sys.excepthook = _missing
