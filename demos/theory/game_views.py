"""The film and the figures of the game on a line."""

import itertools

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from numgan import plotting

from . import game
from .densities import LN2, LN4, THERE, X, best_discriminator

BEST, TRAINED, DASHES = "black", "#009E73", (0, (4, 2))
SEEN = (-3.6, 3.6)  # of the line
PALE = 0.25  # opacity of what is drawn where there are next to no points
TOP = 1.06  # of the axis of densities and probabilities
SHADES = "#E99B45", plotting.FAKE, "#7A3200"  # of the seeds
P_DATA = game.DATA.density(X)

PAGE = """The data (blue) are numbers from two Gaussians; the generator G turns normal numbers into
the orange density, which is exact, by change of variables. The best discriminator for these two is
known, D*(x) = p_data / (p_data + p_model), the dashed line; the green line is the discriminator D
that is trained. Both are pale where there are next to no points: nothing is learned there, and it
does not count. First D learns alone, towards D*. Then both play: G moves to where D is high, D
follows, and where the two densities are equal D* is one half. Below, left: the value V(D, G) of the
game, and the most that any D could have, V(D*, G); it is −ln 4 where the densities are equal.
Below, right: the Jensen-Shannon divergence of the two densities. The film is slower at the
beginning, where more happens."""


class Line:
    """One axis with p_data, p_model, D* and D; pale where there are next to no points."""

    def __init__(self, ax):
        self.ax, self.fill = ax, None
        ax.set(xlim=SEEN, ylim=(0, TOP), yticks=[0, 0.25, 0.5, 0.75, 1])
        ax.fill_between(X, P_DATA, color=plotting.REAL, alpha=0.25, linewidth=0)
        ax.plot(X, P_DATA, color=plotting.REAL, linewidth=2)
        ax.axhline(0.5, color="black", linewidth=0.6, linestyle=":")
        self.model, = ax.plot([], [], color=plotting.FAKE, linewidth=2.4)
        self.best, = ax.plot([], [], color=BEST, linewidth=2, linestyle=DASHES, zorder=4)
        self.d, = ax.plot([], [], color=TRAINED, linewidth=2.6)
        self.pale = [ax.plot([], [], color=line.get_color(), linewidth=line.get_linewidth(),
                             linestyle=line.get_linestyle(), alpha=PALE)[0]
                     for line in (self.best, self.d)]
        ax.tick_params(labelsize=11)
        ax.set_xlabel("x", fontsize=12, labelpad=0)

    def show(self, look):
        density = np.minimum(look.p_model, 2 * TOP)
        self.model.set_data(X, density)
        there = P_DATA + look.p_model >= THERE
        for line, pale, values in zip((self.best, self.d), self.pale,
                                      (best_discriminator(P_DATA, look.p_model), look.d)):
            line.set_data(X, np.where(there, values, np.nan))
            pale.set_data(X, values)
        if self.fill is not None:
            self.fill.remove()
        self.fill = self.ax.fill_between(X, density, linewidth=0, color=plotting.FAKE, alpha=0.25)


def legend(figure, height, right=0.985):
    handles = [Patch(facecolor=plotting.REAL, alpha=0.5, label="p_data"),
               Patch(facecolor=plotting.FAKE, alpha=0.5, label="p_model, exact"),
               Line2D([], [], color=BEST, linewidth=2, linestyle=DASHES,
                      label="D* = p_data / (p_data + p_model)"),
               Line2D([], [], color=TRAINED, linewidth=2.6, label="D, trained"),
               Line2D([], [], color=TRAINED, linewidth=2.6, alpha=PALE,
                      label="hardly any points, not counted")]
    figure.legend(handles=handles, loc="upper right", bbox_to_anchor=(right, height), fontsize=12.5,
                  frameon=False, ncols=5, handlelength=1.6, columnspacing=1.4, borderpad=0)


class Course:
    """V(D, G), V(D*, G) and the divergence over the steps of a Film, on two axes."""

    def __init__(self, film, left, right):
        self.film, self.looks = film, [*film.alone, *film.game]
        self.alone = film.alone[-1].step
        stretch = self.alone / film.game[-1].step  # both parts are equally wide
        self.time = np.array([*(look.step for look in film.alone),
                              *(self.alone + look.step * stretch for look in film.game)])
        for ax, title in ((left, "the value of the game, in nats"),
                          (right, "JSD(p_data, p_model), in nats")):
            self.steps(ax, title)
        low, high = -LN4, max(look.best for look in self.looks)
        left.set_ylim(low - 0.35 * (high - low), high + 0.3 * (high - low))
        left.axhline(-LN4, color="black", linewidth=1.2, linestyle=":")
        left.annotate("−ln 4 = −1.386", (0.012, -LN4), xycoords=("axes fraction", "data"),
                      xytext=(0, -4), textcoords="offset points", fontsize=12, va="top")
        self.best, = left.plot([], [], color=BEST, linewidth=1.8, linestyle=DASHES, zorder=4,
                               label="V(D*, G) = −ln 4 + 2 JSD")
        self.value, = left.plot([], [], color=TRAINED, linewidth=2.2, label="V(D, G)")
        left.legend(fontsize=12, frameon=False, loc="upper right", borderpad=0.1, ncols=2)
        right.set_ylim(0, 1.15 * max(look.jsd for look in self.looks))
        self.jsd, = right.plot([], [], color=plotting.FAKE, linewidth=2.2)

    def steps(self, ax, title):
        end, last = self.alone, self.film.game[-1].step
        ax.set_xlim(0, 2 * end)
        ax.axvspan(0, end, color="#EEEEEE", zorder=0)
        ax.set_xticks([0, end / 2, end, 1.5 * end, 2 * end],
                      [0, end // 2, f"{end} | 0", last // 2, last])
        for place, text in ((0.25, "D's steps, G stands still"),
                            (0.75, f"G's steps, {self.film.k} of D for each")):
            ax.text(place, -0.2, text, transform=ax.transAxes, fontsize=12, ha="center", va="top")
        ax.tick_params(labelsize=11)
        ax.set_title(title, fontsize=13.5, loc="left")

    def show(self, index):
        past, time = self.looks[:index + 1], self.time[:index + 1]
        self.value.set_data(time, [look.value for look in past])
        self.best.set_data(time, [look.best for look in past])
        self.jsd.set_data(time, [look.jsd for look in past])


def facts(look):
    """A line about a moment."""
    folds = ("G is monotone" if look.branches == 1 else
             f"G folds into {look.branches} branches, whose densities add up")
    return f"JSD {look.jsd:.3f}    |D − D*| at most {look.distance:.2f}    {folds}"


class Stage:
    """The picture that is filmed: `Line` above, `Course` below."""

    def __init__(self, film):
        self.film = film
        self.figure = Figure(figsize=(12.8, 7.4))
        layout = self.figure.add_gridspec(2, 2, height_ratios=(1.9, 1), left=0.055, right=0.985,
                                          top=0.83, bottom=0.095, hspace=0.33, wspace=0.12)
        self.title = self.figure.text(0.055, 0.945, "", fontsize=18, fontweight="bold")
        self.said = self.figure.text(0.055, 0.905, "", fontsize=13.5)
        self.line = Line(self.figure.add_subplot(layout[0, :]))
        self.line.ax.set_ylabel("density, probability", fontsize=12)
        self.course = Course(film, *(self.figure.add_subplot(layout[1, i]) for i in range(2)))
        legend(self.figure, 0.885)

    def show(self, index):
        look, alone = self.course.looks[index], index < len(self.film.alone)
        self.title.set_text(f"Step {look.step} of D alone: it climbs to D*" if alone else
                            f"Step {look.step} of G: p_model moves, and D* with it")
        self.said.set_text(facts(look))
        self.line.show(look)
        self.course.show(index)

    def moments(self):
        """Indices of the looks to film: closer together where D, and then G, begins."""
        parts, first = [], 0
        for looks, frames in zip((self.film.alone, self.film.game), game.FRAMES):
            share = np.linspace(0, 1, min(frames, len(looks))) ** 1.6
            parts.append(first + np.unique((share * (len(looks) - 1)).round().astype(int)))
            first += len(looks)
        return np.concatenate(parts)


def pictures(film, out, filmed):
    """The files, for `common.write`: the figure, and the film as GIF and as a page."""
    def draw_film():
        view = Stage(film)
        moments = view.moments()
        plotting.save_film(view.figure, lambda index: view.show(moments[index]), len(moments),
                           out / "game.gif", out / "game.html", fps=6, dpi=72,
                           title="The game of G and D on a line, beside its theory", text=PAGE)

    return {"theory_game.png": lambda: draw_game(film, out / "theory_game.png"),
            **({"game.gif, game.html": draw_film} if filmed else {})}


def draw_game(film, path):
    """Three moments: the beginning, D trained alone, the end of the game; below, the course."""
    figure = Figure(figsize=(12.8, 7.6))
    above = figure.add_gridspec(1, 3, left=0.055, right=0.985, top=0.765, bottom=0.42, wspace=0.07)
    below = figure.add_gridspec(1, 2, left=0.055, right=0.985, top=0.315, bottom=0.085, wspace=0.12)
    before, trained, end = film.alone[0], film.alone[-1], film.game[-1]
    figure.text(0.055, 0.94, game_title(film), fontsize=17, fontweight="bold")
    for place, (name, look) in enumerate((("before training", before),
                                          (f"after {trained.step} steps of D alone", trained),
                                          (f"after {end.step} steps of G", end))):
        ax = figure.add_subplot(above[place])
        Line(ax).show(look)
        ax.set_title(f"{'abc'[place]}  {name}\n", fontsize=13.5, fontweight="bold", loc="left")
        ax.text(0, 1.02, f"JSD {look.jsd:.3f},  |D − D*| at most {look.distance:.2f}",
                transform=ax.transAxes, fontsize=12.5, va="bottom")
        if place:
            ax.tick_params(labelleft=False)
        else:
            ax.set_ylabel("density, probability", fontsize=12)
    course = Course(film, *(figure.add_subplot(below[i]) for i in range(2)))
    course.show(len(course.looks) - 1)
    legend(figure, 0.905)
    plotting.save_figure(figure, path)


def game_title(film):
    """What the film has shown, from its numbers."""
    trained, end = film.alone[-1], film.game[-1]
    moved = "falls" if end.jsd < film.game[0].jsd else "does not fall"
    return (f"Alone, D comes within {trained.distance:.2f} of D*;  then the divergence {moved}, "
            f"{film.game[0].jsd:.3f} to {end.jsd:.3f}")


def draw_variants(found, path):
    """A panel for each way to play: the density of G at the end, a line for each seed."""
    figure = Figure(figsize=(12.8, 9))
    rows = list(itertools.product(game.OPTIMIZERS, game.LOSSES))
    axes = figure.subplots(len(rows), len(game.KS), sharex=True, sharey=True)
    best = min(found, key=lambda one: one.mean)
    for one in found:
        row = rows.index((one.optimizer, one.loss))
        ax = axes[row, game.KS.index(one.k)]
        ax.fill_between(X, P_DATA, color=plotting.REAL, alpha=0.25, linewidth=0)
        for seed, (look, colour) in enumerate(zip(one.ends, SHADES)):
            ax.plot(X, look.p_model, color=colour, linewidth=1.3, alpha=0.85)
            ax.text(0.16 * seed, 1.02, f"{look.jsd:.4f}", transform=ax.transAxes, va="bottom",
                    fontsize=10.5, color=colour)
        ax.set(xlim=SEEN, ylim=(0, 1), yticks=[0, 0.5, 1])
        ax.tick_params(labelsize=10)
        ax.text(1, 1.02, f"JSD {one.mean:.4f} ± {one.spread:.4f}", transform=ax.transAxes,
                ha="right", va="bottom", fontsize=11.5, fontweight="bold" if one is best else None)
        if row == 0:
            ax.set_title(f"k = {one.k}", fontsize=14, fontweight="bold", pad=20)
        if row == len(rows) - 1:
            ax.set_xlabel("x", fontsize=12, labelpad=0)
        if one.k == game.KS[0]:
            ax.set_ylabel(f"{one.optimizer}\n{one.loss}", fontsize=12.5)
    figure.subplots_adjust(left=0.08, right=0.985, top=0.83, bottom=0.055, hspace=0.2, wspace=0.05)
    steps, seeds = found[0].ends[0].step, len(found[0].ends)
    figure.text(0.08, 0.96, variants_title(found), fontsize=17, fontweight="bold")
    shades, mean = (", one shade per seed", " of each seed, and mean ± half the range"
                    ) if seeds > 1 else ("", "")
    figure.text(0.08, 0.908, f"Blue: density of the data. Orange: G's, exact, after {steps} of its "
                f"steps{shades}. A spike: G folds there.\nJSD{mean}; {LN2:.3f} is the most, bold "
                "the least. Compared: each row and seed, k = 1 with 5, 5 with 20.", fontsize=11.5)
    plotting.save_figure(figure, path)


def variants_title(found):
    """What the panels show, from their numbers."""
    pairs = [pair for first, second in zip(game.KS, game.KS[1:])
             for pair in game.paired(found, "k", first, second)]
    closer = sum(after < before for before, after in pairs)
    return (f"More steps of D for each of G: G comes closer to the data in {closer} of "
            f"{len(pairs)} comparisons")


def variant_pictures(found, out, filmed):
    """The file, for `common.write`."""
    return {"theory_variants.png": lambda: draw_variants(found, out / "theory_variants.png")}
