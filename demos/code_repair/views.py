"""What a repair looks like: listings with their verdicts, and a picture of several."""

import textwrap

import numpy as np
from matplotlib.figure import Figure

from numgan import plotting

from .checker import check
from .language import changed
from .parser import read

GOOD, BAD = "the checker finds nothing", "no repair: "
OLD, NEW = "#ffd9d2", "#d3f0d6"


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


def draw(repaired, path):
    """A row for each `Repair`: the listing before, and after."""
    deep = max(len(one.after) for one in repaired)
    figure = Figure(figsize=(6.2 * len(repaired), 0.3 * deep + 0.9), dpi=90)
    axes = figure.subplots(2, len(repaired), squeeze=False)
    figure.subplots_adjust(0.01, 0.01, 0.995, 0.94, wspace=0.03, hspace=0.12)
    for one, column in zip(repaired, axes.T):
        for ax, lines, marks, colour, verdict, title in zip(
                column, (one.before, one.after), (one.old, one.marks), (OLD, NEW), one.verdicts,
                (f"{one.name}: ", "after: ")):
            ax.set(xlim=(0, 1), ylim=(deep + 0.5, -0.5), xticks=[], yticks=[])
            ax.set_title(textwrap.shorten(title + verdict, 90), fontsize=9, loc="left",
                         color=plotting.FAKE if verdict != GOOD else "black")
            for n, line in enumerate(lines):
                if n in marks:
                    ax.axhspan(n - 0.5, n + 0.5, color=colour)
                ax.text(0.01, n, f"{n + 1:2d}  {line}".replace("$", r"\$"), family="monospace",
                        fontsize=7, va="center")
    plotting.save_figure(figure, path, dpi=90)
