"""The picture and the film of the Dirac-GAN: the plane of its two parameters for each method."""

import itertools
import math

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from numgan import plotting

from .paths import ALTERNATING, FIVE, PLAIN, SIMULTANEOUS, START

FRAMES = 48  # of the film
TAIL = 40  # steps that a moving point leaves behind it
EXTENT = (-2.7, 2.7, -2.7, 2.7)  # of the plane that is shown
COLOURS = {SIMULTANEOUS: plotting.FAKE, ALTERNATING: plotting.REAL, FIVE: "#009E73"}

PAGE = """The smallest GAN there is: the data are the point 0, the generator is the point θ, and the
discriminator is the line D(x) = ψx. So a training is a path in the plane of θ and ψ. A panel for
each method: it starts at the black square, and converges if it comes to the cross; the colours are
three kinds of steps. The grey arrows say where a small step goes. On the right, the eigenvalues λ
of each method's field at the cross, which say what happens near it, and the distance from it over
the steps."""


def text_of(eigenvalues, digits=4):
    """A pair of eigenvalues: "±0.5000i", "−0.1500 ± 0.4770i" or "−0.5000, −0.5000"."""
    real, imaginary = eigenvalues.real.mean(), np.abs(eigenvalues.imag).max()
    if imaginary < 0.5 * 10 ** -digits:
        text = ", ".join(f"{value:.{digits}f}" for value in eigenvalues.real)
    elif abs(real) < 0.5 * 10 ** -digits:
        text = f"±{imaginary:.{digits}f}i"
    else:
        text = f"{real:.{digits}f} ± {imaginary:.{digits}f}i"
    return text.replace("-", "−")


def said_of(verdicts):
    """Verdicts {schedule: text} as one or two lines: what, and with which kind of step."""
    kinds = {what: [key for key in verdicts if verdicts[key] == what]
             for what in dict.fromkeys(verdicts.values())}
    return [f"{what}, with each kind of step" if len(keys) == len(PLAIN)
            else f"{what}: {', '.join(keys)}" for what, keys in kinds.items()]


class Laboratory:
    """The picture of all methods: a plane each, and on the right what they have in common.

    `show(step, tail)` moves it to a moment, with the last `tail` steps of each path fading behind
    the point; `show()` draws whole paths.
    """

    def __init__(self, runs, steps, h):
        self.runs, self.steps = runs, steps
        columns = -(-len(runs) // 3)  # of planes; three rows, as high as what stands on the right
        wide, high = 4.42 + 3.02 * columns, 11.1  # inches
        self.figure = Figure(figsize=(wide, high))
        left = self.figure.add_gridspec(3, columns, left=0.34 / wide, right=1 - 4.12 / wide,
                                        hspace=0.23, wspace=0.06, top=1 - 0.68 / high,
                                        bottom=0.3 / high)
        right = self.figure.add_gridspec(3, 1, left=1 - 3.38 / wide, right=1 - 0.3 / wide,
                                         hspace=0.27, top=1 - 0.35 / high, bottom=0.45 / high)
        self.paths = [self.plane(self.figure.add_subplot(left[i // columns, i % columns]), one,
                                 lowest=i + columns >= len(runs))
                      for i, one in enumerate(runs)]
        self.legend(self.figure.add_subplot(right[0]))
        self.spectrum(self.figure.add_subplot(right[1]), h)
        self.cursor = self.distances(self.figure.add_subplot(right[2]))

    def plane(self, ax, one, lowest):
        """One method: its field, and empty paths. Returns {schedule: (path, line, dot)}."""
        plotting.plane(ax, EXTENT)
        side = EXTENT[1] - EXTENT[0]
        grid = np.linspace(EXTENT[0], EXTENT[1], 13)[1:-1]
        states = np.array(list(itertools.product(grid, grid)))
        field = np.array([one.gan.field(state) for state in states])
        plotting.gradient_arrows(ax, states, field, 0.085 * side).set(
            color="#AAAAAA", zorder=1, antialiased=False)  # smooth ones double the film's size
        ax.plot(*START, marker="s", color="black", markersize=5, zorder=5)
        ax.plot(0, 0, marker="+", color="black", markersize=10, markeredgewidth=1.5, zorder=5)
        said = said_of(one.verdicts())
        ax.set_title(f"{one.number}  {one.method.title}", fontsize=11.5, fontweight="bold",
                     loc="left", pad=6 + 11 * len(said))
        ax.text(0, 1.015, "\n".join(said), transform=ax.transAxes, fontsize=9, va="bottom")
        beside = "" if one.method.smooth else " beside ψ = 0, not at it"
        ax.text(0.02, 0.02, f"λ = {text_of(one.eigenvalues, 3)}{beside}", transform=ax.transAxes,
                fontsize=9, zorder=7, bbox=dict(facecolor="white", edgecolor="none", pad=2))
        ax.set_xlabel("θ, the generated point", fontsize=8.5, labelpad=2)
        ax.set_ylabel("ψ, D's slope", fontsize=8.5, labelpad=2)
        ax.xaxis.label.set_visible(lowest)
        ax.yaxis.label.set_visible(ax.get_subplotspec().is_first_col())
        artists = {}
        for key, path in one.paths.items():
            line = LineCollection([], linewidths=1.4, capstyle="round",
                                  zorder=2 if key == FIVE else 3)
            ax.add_collection(line, autolim=False)
            dot, = ax.plot([], [], "o", color=COLOURS[key], markersize=6, zorder=6,
                           markeredgecolor="white", markeredgewidth=0.8)
            artists[key] = path, line, dot
        return artists

    def legend(self, ax):
        ax.set_axis_off()
        self.moment = ax.set_title("", fontsize=12, fontweight="bold", loc="left")
        ax.text(0, 0.97, "The data are the point 0, the generator is the\npoint θ, the "
                "discriminator the line D(x) = ψx.\nTraining is a path in the plane of the two.",
                transform=ax.transAxes, fontsize=9.5, va="top", linespacing=1.35)
        handles = [Line2D([], [], color="black", marker="s", linestyle="none", label="start"),
                   Line2D([], [], color="black", marker="+", markersize=9, linestyle="none",
                          label="rest: θ = 0, and D has no opinion"),
                   Line2D([], [], color="#AAAAAA", marker=r"$\rightarrow$", markersize=13,
                          linestyle="none", label="where a small step goes"),
                   *(Line2D([], [], color=COLOURS[key], marker="o", linewidth=2.5, label=text)
                     for key, text in ((SIMULTANEOUS, "simultaneous: D and G step at once"),
                                       (ALTERNATING, "alternating: D steps, then G"),
                                       (FIVE, "alternating 5:1: D five times, then G")))]
        ax.text(0, 0.0, "λ tells what the field does near the rest:\nRe λ < 0 pulls inwards, Im λ "
                "turns. Without\na cure there is nothing that pulls. (○: the\nfield jumps at "
                "ψ = 0, so λ says nothing there.)", transform=ax.transAxes, fontsize=9.5,
                va="bottom", linespacing=1.35)
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(-0.05, 0.76), frameon=False,
                  fontsize=9.5, borderpad=0)

    def spectrum(self, ax, h):
        """Eigenvalues in the complex plane, and the disc |1 + hλ| < 1."""
        ax.set(xlim=(-0.72, 0.22), ylim=(-0.06, 1.12))
        turn = np.linspace(0, 2 * np.pi, 20001)
        ax.fill((np.cos(turn) - 1) / h, np.sin(turn) / h, color="#DDEBDD", zorder=0)
        ax.axvline(0, color="black", linewidth=0.6)
        ax.axhline(0, color="black", linewidth=0.6)
        groups = {}
        for one in self.runs:
            value = one.eigenvalues[np.argmax(one.eigenvalues.imag)]
            groups.setdefault((round(value.real, 4), round(abs(value.imag), 4)), []).append(one)
        for index, ((real, imaginary), group) in enumerate(groups.items()):
            ax.plot(real, imaginary, "o", markersize=5, color="black",
                    markerfacecolor="black" if group[0].method.smooth else "white")
            right = group[0].method.name in ("minimax", "wgan", "non-saturating", "noise")
            ax.annotate(", ".join(str(one.number) for one in group), (real, imaginary),
                        xytext=(6 if right else -6, 3), textcoords="offset points", fontsize=10,
                        fontweight="bold", ha="left" if right else "right")
        ax.set_title("eigenvalues λ at the rest (half of each pair);\ngreen: |1 + hλ| < 1, "
                     f"h = {h:g}: steps shrink", fontsize=9.5, loc="left")
        ax.set_xlabel("real part: pulls inwards if negative", fontsize=8.5, labelpad=1)
        ax.set_ylabel("imaginary part: turns", fontsize=8.5)
        ax.tick_params(labelsize=8, length=2)

    def distances(self, ax):
        """Distance from the rest over the steps, of simultaneous steps where there are some."""
        ax.set(xlim=(0, self.steps * 1.06), ylim=(1e-6, 10), yscale="log")
        ends = []
        for one in self.runs:
            key = next(iter(one.paths))
            distance = np.maximum(np.hypot(*one.paths[key].T), 1e-30)
            ax.plot(distance, color=COLOURS[key], linewidth=1.1)
            inside = np.flatnonzero(distance >= 1.3e-6)[-1]
            ends.append((distance[inside], inside, str(one.number)))
        above = (math.inf, 0)
        for height, step, number in sorted(ends, reverse=True):  # no label on another
            if step == above[1]:
                height = min(height, above[0] / 2)
            ax.annotate(number, (step, height), xytext=(3, 0), textcoords="offset points",
                        fontsize=9, fontweight="bold", va="center")
            above = height, step
        others = ", ".join(str(one.number) for one in self.runs if SIMULTANEOUS not in one.paths)
        ax.set_title("distance from the rest, by number of method;\nsimultaneous steps"
                     + (f", only {others} alternating" if others else ""), fontsize=9.5, loc="left")
        ax.set_xlabel("step", fontsize=8.5, labelpad=1)
        ax.tick_params(labelsize=8, length=2)
        ax.grid(alpha=0.3)
        return ax.axvline(0, color="black", linewidth=0.8)

    def show(self, step=None, tail=None):
        last = self.steps if step is None else step
        self.cursor.set(xdata=[last, last], visible=step is not None)
        self.moment.set_text("The Dirac-GAN" if step is None else f"The Dirac-GAN: step {step:>3}")
        for artists in self.paths:
            for key, (path, line, dot) in artists.items():
                end = min(last, len(path) - 1)
                past = path[0 if tail is None else max(0, end - tail):end + 1]
                segments = np.stack([past[:-1], past[1:]], axis=1)
                faint = np.full(len(segments), 0.75)
                if tail is not None:
                    faint = 0.9 * (np.arange(1, len(segments) + 1) / max(1, len(segments))) ** 1.5
                line.set_segments(segments)
                line.set_color([(*to_rgb(COLOURS[key]), alpha) for alpha in faint])
                dot.set_data(path[end:end + 1, 0], path[end:end + 1, 1])


def pictures(runs, steps, h, out, frames):
    """The files, for `common.write`: the figure, and the film of `frames` frames as GIF and as a
    page; no film if `frames` is 0."""
    view = Laboratory(runs, steps, h)

    def draw_whole():
        view.show()
        plotting.save_figure(view.figure, out / "dirac.png", dpi=110)

    def draw_film():
        # closer together at the beginning, where more happens
        share = np.linspace(0, 1, min(frames, steps + 1)) ** 1.6
        moments = np.unique((share * steps).astype(int))

        def frame(index):  # the last one shows whole paths again
            view.show(moments[index], TAIL if index < len(moments) - 1 else None)
        plotting.save_film(view.figure, frame, len(moments), out / "film.gif", out / "film.html",
                           fps=8, dpi=72, title="The Dirac-GAN: which methods converge, and why",
                           text=PAGE)

    return {"dirac.png": draw_whole, **({"film.gif, film.html": draw_film} if frames else {})}
