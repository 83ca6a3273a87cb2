"""The figure and the film of the six trainings."""

import textwrap

import numpy as np
from matplotlib.figure import Figure

from numgan import plotting

from .curves import verdict

FRAMES = 16
PAGE = """Six short trainings of small GANs, each made to show one thing that users of GAN code ask
about. Left of each: the data (blue) and what the generator makes (orange). Right: the mean of D
over real and generated samples, or for the critic, whose output is no probability, the norms of
both gradients; and both losses. "Good" is the share of samples within three standard deviations of
a mode, at the beginning and now. Below: what numgan.diagnose says of the whole training. All six
run side by side, each from its first to its last step."""


class Block:
    """One training: samples, curves, and what is said of them."""

    def __init__(self, found, number, figure, cell):
        self.found, absolute = found, found.case.loss.absolute
        layout = cell.subgridspec(4, 2, width_ratios=(1, 1.2), height_ratios=(0.4, 1, 1, 1),
                                  wspace=0.26, hspace=0.12)
        self.plane = figure.add_subplot(layout[1:3, 0])
        head, words = (figure.add_subplot(layout[row, :]) for row in (0, 3))
        left, right, bottom, top = plotting.square(found.case.toy.extent)
        reach = max(1.5 if len(found.real) and len(found.case.toy.centers) > 1 else 2.2, right)
        plotting.plane(self.plane, (-reach, reach, -reach, reach))
        plotting.points(self.plane, found.real[:250], color=plotting.REAL, marker="x",
                        markersize=4, markeredgewidth=0.8)
        self.fake = plotting.points(self.plane, found.samples[0], color=plotting.FAKE,
                                    markersize=2.6)
        self.where = self.plane.text(0.5, -0.03, "", transform=self.plane.transAxes, fontsize=12.5,
                                     va="top", ha="center")
        head.text(0, 1, f"{'abcdef'[number]}  {found.case.label}", fontsize=16,
                  fontweight="bold", va="top")
        head.text(0, 0.42, found.case.sign, fontsize=13, va="top")
        above, below = (figure.add_subplot(layout[i, 1]) for i in (1, 2))
        names = (("d_real", "d_fake") if absolute else ("d_grad_norm", "g_grad_norm"))
        labels = ("D(x)", "D(G(z))") if absolute else ("|∇| of D", "|∇| of G")
        self.lines = [(name, ax.plot([], [], color=colour, linewidth=1.5, label=label)[0])
                      for ax, pair, words in ((above, names, labels),
                                              (below, ("d_loss", "g_loss"), ("D's loss", "G's")))
                      for name, label, colour in zip(pair, words, (plotting.REAL, plotting.FAKE))]
        last = max(1, len(found.records) - 1)
        losses = np.concatenate([found.series("d_loss"), found.series("g_loss")])
        for ax in above, below:
            ax.set_xlim(0, last)
            ax.tick_params(labelsize=11, length=2)
            ax.grid(alpha=0.3)
        above.tick_params(labelbottom=False)
        below.set_xlabel("step", fontsize=11, labelpad=0)
        if absolute:
            above.set(ylim=(-0.03, 1.35), yticks=[0, 0.5, 1])
            low, high = min(0, losses.min()), np.quantile(losses, 0.998)
            below.set_ylim(low - 0.05 * (high - low), high + 0.45 * (high - low))
        else:
            norms = np.concatenate([found.series(name) for name in names])
            above.set(yscale="log", ylim=(max(norms.min(), 1e-3) / 3, norms.max() * 100))
            below.set_yscale("symlog", linthresh=1)
            below.set_ylim(-10 * np.abs(losses).max(), 1e4 * np.abs(losses).max())
            power = 10.0 ** np.floor(np.log10(max(1.0, np.abs(losses).max())))
            below.set_yticks([-power, 0, power])
            below.yaxis.minorticks_off()
            below.tick_params(axis="y", labelsize=9)
            below.text(0.02, 0.03, "logarithmic up and down", fontsize=10,
                       transform=below.transAxes)
        for ax in above, below:
            ax.legend(fontsize=11.5, frameon=False, ncols=2, loc="upper right", borderpad=0,
                      handlelength=1.2, columnspacing=0.9)
        name, evidence = verdict(found)
        for ax in head, words:
            ax.set_axis_off()
        words.text(0, 0.72, f"numgan.diagnose: {name}", fontsize=14, fontweight="bold", va="top",
                   color="#882255" if found.findings else "#117733")
        words.text(0, 0.5, textwrap.fill(evidence, 56, max_lines=4, placeholder=" ..."),
                   fontsize=12, va="top")

    def show(self, share):
        """Show the training up to this share, from 0 to 1."""
        found = self.found
        index = round(share * (len(found.steps) - 1))
        length = len(found.records) if share == 1 else found.steps[index]
        self.fake.set_data(*found.samples[index].T)
        self.where.set_text(f"step {length}\ngood: {100 * found.quality[0]:.0f} → "
                            f"{100 * found.quality[index]:.0f} %")
        for name, line in self.lines:
            line.set_data(np.arange(length), found.series(name)[:length])


class Board:
    """All six."""

    def __init__(self, runs):
        self.figure = Figure(figsize=(16, 11.5))
        layout = self.figure.add_gridspec(2, 3, left=0.02, right=0.985, top=0.9, bottom=0.02,
                                          hspace=0.13, wspace=0.11)
        self.figure.text(0.02, 0.95, title(runs), fontsize=20, fontweight="bold")
        self.blocks = [Block(one, number, self.figure, layout[number // 3, number % 3])
                       for number, one in enumerate(runs)]

    def show(self, share):
        for block in self.blocks:
            block.show(share)


def title(runs):
    wrong = sum(bool(one.findings) for one in runs)
    return f"Reading the curves: six trainings; numgan.diagnose finds something wrong in {wrong}"


def pictures(runs, out, filmed):
    """The files, for `common.write`: the figure, and the film as a page."""
    def draw():
        board = Board(runs)
        board.show(1)
        plotting.save_figure(board.figure, out / "theory_curves.png", dpi=80)

    def draw_film():
        board = Board(runs)
        plotting.save_film(board.figure, lambda frame: board.show(frame / (FRAMES - 1)), FRAMES,
                           None, out / "curves.html", fps=4, dpi=72, text=PAGE,
                           title="Reading the curves: six trainings of a GAN")

    return {"theory_curves.png": draw, **({"curves.html": draw_film} if filmed else {})}
