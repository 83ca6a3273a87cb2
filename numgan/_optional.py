"""Packages that only parts of numgan need: imported where they are used, missed in one sentence.

    with needed_by("data.digits"):
        from sklearn.datasets import load_digits
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

PACKAGES = {"sklearn": "scikit-learn", "PIL": "Pillow"}  # where pip has another name


@contextlib.contextmanager
def needed_by(what: str) -> Iterator[None]:
    """Around imports: if the package is missing, the error says who needs it and how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or str(error)).partition(".")[0]
        package = PACKAGES.get(module, module)
        raise ModuleNotFoundError(f"{what} needs {package}, which is not installed: "
                                  f"pip install {package}", name=error.name) from None
