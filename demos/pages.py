"""The tables of the pages, made from the code and from the result files of demos/results, and the
lines of source that they show.

    python -m demos.pages              write them into README.md and the pages
    python -m demos.pages --check      write nothing; exit code 1 if a page has another table

In a page a table stands between two comments, which readers of the page do not see:

    <!-- table: family -->
    ...
    <!-- end -->

What is between them is replaced. Below a measured table stands what made it: the command, the day,
the version of the code. In the same way a page shows a function as it is, without its docstring:

    <!-- source: numgan.losses.entropy.value_function -->
    ...
    <!-- end -->
"""

import argparse
import ast
import inspect
import pathlib
import pkgutil
import re
import textwrap

from numgan._files import replacing

from .common import run_main
from .page_tables import TABLES

ROOT = pathlib.Path(__file__).parent.parent
PAGES = ROOT / "demos" / "pages"
PLACE = re.compile(r"(<!-- (table|source): ([\w.-]+) -->\n)(.*?)(<!-- end -->)", re.S)


def pages():
    """The paths of all pages, README.md first."""
    return [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
            *sorted(PAGES.glob("*.md"))]


def rendered(text, name="the page"):
    """The text of a page with every table and every source as it should be; ValueError for a table
    that no function makes."""
    def replaced(place):
        begin, kind, of, _, end = place.groups()
        if kind == "table" and of not in TABLES:
            raise ValueError(f"expected the tables of {name} to be of {', '.join(TABLES)}, "
                             f"got {of}")
        return begin + (TABLES[of]() if kind == "table" else source(of)) + "\n" + end
    for kind in "table", "source":
        if text.count(f"<!-- {kind}:") != sum(place[2] == kind for place in PLACE.finditer(text)):
            raise ValueError(f"expected every {kind} of {name} to stand between "
                             f"<!-- {kind}: NAME --> and <!-- end -->")
    return PLACE.sub(replaced, text)


def source(name):
    """A function or class: where it is, and its lines without the docstring. Its name is that of
    its module, a dot, and its own, as "numgan.optimizers.SGD.step"."""
    try:
        value = pkgutil.resolve_name(name)
        lines, _ = inspect.getsourcelines(value)
        path = pathlib.Path(inspect.getsourcefile(value)).relative_to(ROOT)
    except (ImportError, AttributeError, TypeError, ValueError):
        raise ValueError(f"expected a source to be of a function or class of this repository, "
                         f"got {name}") from None
    lines = textwrap.dedent("".join(lines)).rstrip().split("\n")
    node = ast.parse("\n".join(lines)).body[0]
    if ast.get_docstring(node) is not None:
        del lines[node.body[0].lineno - 1:node.body[0].end_lineno]
    return "\n".join([f"[`{path.as_posix()}`](../../{path.as_posix()}), `{value.__qualname__}`:",
                      "", "```py", *lines, "```"])


# -- the command -----------------------------------------------------------------------------------


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m demos.pages",
                                     description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true",
                        help="write nothing, and end with code 1 if a page has another table")
    options = parser.parse_args(arguments)
    try:
        stale = {path: text for path in pages()
                 for old in [path.read_text(encoding="utf-8")]
                 for text in [rendered(old, path.name)] if text != old}
    except (ValueError, KeyError) as error:
        parser.error(str(error))
    for path, text in stale.items():
        if options.check:
            print(f"{path.relative_to(ROOT)}: a table is not what python -m demos.pages makes")
        else:
            with replacing(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
            print(f"Written: {path.relative_to(ROOT)}")
    if not stale:
        print("Every table is up to date.")
    return int(options.check and bool(stale))


if __name__ == "__main__":
    run_main(main)
