"""What a repair looks like: listings with their verdicts, and a picture of several."""

import difflib
import textwrap

import numpy as np
from matplotlib.figure import Figure

from numgan import plotting

from .checker import check
from .language import changed
from .parser import read

GOOD, BAD = "the checker finds nothing", "no repair: "
OLD, NEW, GREEN = "#ffd9d2", "#d3f0d6", "#117733"


class Repair:
    """A program read from a file's text, with what a network makes of it."""

    def __init__(self, name, text, repair):
        self.name, self.program = name, read(text)
        self.before = list(self.program.source)
        after = repair(self.program.grid[None])[0]
        self.after, self.marks = changed(self.program, after)
        self.faults, self.left = check(self.program.grid), check(after)
        self.old = sorted({line for line in (self.program.lines[n] for n in np.flatnonzero(
            (after != self.program.grid).any(axis=1))) if line is not None})

    def said(self, fault):
        """A fault, with the names of the file."""
        line = self.program.lines[fault.row]
        words = [self.program.names.get(word, word) for word in str(fault).split()]
        return ("" if line is None else f"line {line + 1}: ") + " ".join(words)

    @property
    def verdicts(self):
        """What the checker says before and after."""
        return ("; ".join(map(self.said, self.faults)) or GOOD,
                BAD + "; ".join(map(self.said, self.left)) if self.left else GOOD)

    def __str__(self):
        verdicts = self.verdicts
        parts = []
        for title, lines, marks, sign, verdict in (
                (f"{self.name}, before", self.before, self.old, "-", verdicts[0]),
                ("after", self.after, self.marks, "+", verdicts[1])):
            parts += [f"{title}: {verdict}", *(
                f"{sign if n in marks else ' '} {n + 1:3d}  {line}".rstrip()
                for n, line in enumerate(lines)), ""]
        return "\n".join(parts)


def lines_of(repair):
    """(sign, line) of a listing of both programs: "-" is taken out, "+" is put in, " " stays."""
    found = []
    for kind, a, b, c, d in difflib.SequenceMatcher(
            None, repair.before, repair.after, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [(" ", line) for line in repair.before[a:b]]
        else:
            found += [*(("-", line) for line in repair.before[a:b]),
                      *(("+", line) for line in repair.after[c:d])]
    return found


def draw(repaired, path):
    """A column for each `Repair`: the listing, with what goes and what comes in its place."""
    listings = [lines_of(one) for one in repaired]
    deep = max(map(len, listings))
    figure = Figure(figsize=(5.6 * len(repaired), 0.225 * deep + 1.1), dpi=90)
    high = figure.get_figheight()
    axes = figure.subplots(1, len(repaired), squeeze=False)[0]
    figure.subplots_adjust(0.008, 0.1 / high, 0.992, 1 - 1.0 / high, wspace=0.04)
    for one, listing, ax in zip(repaired, listings, axes):
        ax.set(xlim=(0, 1), ylim=(deep + 0.2, -0.9), xticks=[], yticks=[])
        before, after = (textwrap.shorten(verdict, 62) for verdict in one.verdicts)
        for height, words, colour, weight in (
                (0.78, one.name, "black", "bold"),
                (0.47, f"before: {before}", plotting.FAKE, "normal"),
                (0.16, f"after: {after}", "black" if one.left else GREEN, "normal")):
            ax.text(0, 1 + height / (high - 1.1), words, transform=ax.transAxes, fontsize=12,
                    color=colour, fontweight=weight)
        for n, (sign, line) in enumerate(listing):
            if sign != " ":
                ax.axhspan(n - 0.5, n + 0.5, color=OLD if sign == "-" else NEW)
            ax.text(0.015, n, f"{sign} {line}".replace("$", r"\$"), family="monospace",
                    fontsize=9.5, va="center")
    plotting.save_figure(figure, path, dpi=90)
