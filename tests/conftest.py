"""Names of parametrised tests are the same in every run: they say which case failed, and a test can
be called by its name tomorrow."""

import os
import re

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # tests run side by side (-n 2): a thread for each
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import demos  # noqa: F401  before scikit-learn, whose threads then wait as they do in a demo

collect_ignore = ["mutants.py"]  # a script


def pytest_make_parametrize_id(val, argname):
    """The argument's name, which pytest numbers, for what has no stable text of its own: lambdas
    (all have one name) and bytes (of a gzip file, with its date)."""
    if getattr(val, "__name__", "") == "<lambda>" or isinstance(val, bytes):
        return argname


def pytest_collection_modifyitems(items):
    bad = [item.nodeid for item in items
           if re.search(r"0x[0-9a-f]{6}|<lambda>|<function", item.nodeid)]
    if bad:
        raise pytest.UsageError("these tests have another name in every run, or one that says "
                                "nothing; give ids=:\n  " + "\n  ".join(bad))
