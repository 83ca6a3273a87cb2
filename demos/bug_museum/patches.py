"""A bug as a patch of the right code: its text is taken from the source, changed in a few places,
compiled, and put into the function itself while a block lasts. So neither the right code nor the
rest of the wrong code is written down a second time, and a patch that no longer fits the source is
an error.
"""

import __future__

import contextlib
import dataclasses
import difflib
import importlib
import inspect
import linecache
import textwrap


@dataclasses.dataclass(frozen=True)
class Patch:
    """One function and what is changed in it.

    where : "module:function" or "module:Class.method", below numgan
    changes : pairs (right text, wrong text); each right text stands in the source once
    """

    where: str
    changes: tuple

    @property
    def function(self):
        module, _, names = self.where.partition(":")
        found = importlib.import_module(f"numgan.{module}")
        for name in names.split("."):
            found = getattr(found, name)
        return found

    def right(self):
        """The source of the function, as it is."""
        return textwrap.dedent(inspect.getsource(self.function))

    def wrong(self):
        """The source with the bug; ValueError if the patch does not fit."""
        text = self.right()
        for before, after in self.changes:
            if text.count(before) != 1:
                raise ValueError(f"{self.where}: expected the source to have {before!r} once, got "
                                 f"it {text.count(before)} times")
            text = text.replace(before, after)
        return text

    def difference(self):
        """The lines that differ, with three around them, marked "-" (right) and "+" (wrong)."""
        lines = difflib.unified_diff(self.right().splitlines(), self.wrong().splitlines(),
                                     lineterm="", n=3)
        return [line for line in list(lines)[2:] if not line.startswith("@@")]


@contextlib.contextmanager
def applied(patches):
    """While the block lasts the functions have their wrong code, whoever has imported them."""
    functions = [patch.function for patch in patches]
    codes = [compiled(patch) for patch in patches]
    kept = [function.__code__ for function in functions]
    try:
        for function, code in zip(functions, codes):
            function.__code__ = code
        yield
    finally:
        for function, code in zip(functions, kept):
            function.__code__ = code


def compiled(patch):
    """The code object of the wrong function; a traceback shows its lines."""
    text, name = patch.wrong(), f"<{patch.where}, with a bug>"
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    found = {}
    exec(compile(text, name, "exec", __future__.annotations.compiler_flag, True),
         dict(patch.function.__globals__), found)
    return next(iter(found.values())).__code__
