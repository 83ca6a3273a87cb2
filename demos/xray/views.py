"""The picture of the x-ray, and its film."""

import numpy as np
from matplotlib.figure import Figure

from numgan import data, plotting

from .games import GAMES
from .words import two_digits

SAME, DIFFERENT, DEAD = "#009E73", "#CC3311", "#888888"


def draw(runs, out):
    """A column for each game, of one seed: norms on the way, and what agrees over the training."""
    figure = Figure(figsize=(2.35 * len(runs), 8.5), dpi=100)
    figure.text(0.012, 0.985, "An x-ray of the gradient: from G's loss through D into G",
                fontsize=18, fontweight="bold", va="top")
    axes = figure.subplots(2, len(runs), sharey="row", squeeze=False, gridspec_kw=dict(
        left=0.068, right=0.985, top=0.78, bottom=0.12, hspace=0.5, wspace=0.1))
    for (above, below), one in zip(axes.T, runs):
        last, x = one.moments[-1], one.names.index("x")
        shown = np.unique(np.linspace(0, len(one.moments) - 1, 6).round().astype(int))
        for index in shown:
            moment = one.moments[index]
            above.plot(moment.norms, color=moment_colour(moment, last), linewidth=1.8,
                       label=f"step {moment.step:,}")
        above.set_yscale("log")
        above.axvline(x, color="black", linewidth=0.8, linestyle=":")
        above.set_xticks([0, x, len(one.names) - 1], ["logit", "x", "z"], fontsize=11)
        for where, text in ((x / 2, "in D"), ((x + len(one.names) - 1) / 2, "in G")):
            above.text(where, 0.02, text, fontsize=10, color="#555555", ha="center",
                       transform=above.get_xaxis_transform())
        title = GAMES[one.game].title.replace(", ", ",\n")
        above.set_title(f"{title}\n{last.modes} of 8 modes,\n{100 * last.quality:.0f} % in them",
                        fontsize=11.5)
        steps = np.sqrt([moment.step for moment in one.moments])  # more happens at first
        for name, colour, text in (("weights_same", SAME, "two fakes near one mode"),
                                   ("weights_different", DIFFERENT, "near two modes"),
                                   ("dead", DEAD, "dead units of G")):
            below.plot(steps, [getattr(moment, name) for moment in one.moments], color=colour,
                       linewidth=2, label=text, linestyle="--" if name == "dead" else "-",
                       marker="" if name == "dead" else ".", markersize=7)  # some stand alone
        below.axhline(0, color="black", linewidth=0.6)
        below.set_ylim(-0.35, 1.03)
        ticks = np.sqrt(last.step) * np.array([0, 0.25, 0.5, 0.75, 1])
        below.set_xticks(ticks, [f"{tick ** 2:,.0f}" for tick in ticks], fontsize=9)
        below.set_xlabel("step, √ scale", fontsize=11)
        for ax in above, below:
            ax.grid(alpha=0.3)
    axes[0, 0].set_ylim(bottom=max(axes[0, 0].get_ylim()[0], 1e-9))
    axes[0, 0].set_ylabel("norm of a sample's gradient\n(median)", fontsize=11)
    axes[1, 0].set_ylabel("cosine of two steps;\nshare of units", fontsize=11)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="upper left", ncols=6, fontsize=10,
                  frameon=False, bbox_to_anchor=(0.36, 0.945))
    figure.legend(*axes[1, 0].get_legend_handles_labels(), loc="lower center", ncols=3,
                  fontsize=11, frameon=False, bbox_to_anchor=(0.5, -0.002))
    figure.text(0.012, 0.928, "Above: how much of it arrives where, early (light) to late (dark).",
                fontsize=11, va="top")
    figure.text(0.012, 0.428, "Below: cosine of the steps that two fakes ask of G's weights. At "
                "1 they can only move together.", fontsize=11, va="top")
    plotting.save_figure(figure, out / "xray.png", dpi=100)


def moment_colour(moment, last):
    share = 0.25 + 0.75 * (moment.step / max(last.step, 1)) ** 0.5
    return tuple(1 - share * (1 - np.array([0.05, 0.2, 0.45])))


def film(runs, out):
    """D's landscape with the pull on every fake, and below it the norms along the way."""
    toy = data.ring(modes=8)
    extent = plotting.square(toy.extent)
    figure = Figure(figsize=(4.6 * len(runs), 7.4), dpi=72)
    axes = figure.subplots(2, len(runs), squeeze=False, gridspec_kw=dict(
        left=0.1, right=0.98, top=0.88, bottom=0.08, hspace=0.16, height_ratios=(4.4, 2)))
    highest = max(moment.norms.max() for one in runs for moment in one.moments)
    lowest = max(min(moment.norms.min() for one in runs for moment in one.moments), 1e-9)
    artists = []
    for (plane, below), one in zip(axes.T, runs):
        moment = one.moments[0]
        plotting.plane(plane, extent)
        heat = plotting.discriminator_map(plane, moment.discriminator, extent)
        plotting.points(plane, toy.centers, color=plotting.REAL, markersize=9,
                        markerfacecolor="none")
        dots = plotting.points(plane, moment.fakes, color=plotting.FAKE, markersize=3)
        arrows = plotting.gradient_arrows(plane, moment.fakes[:60], moment.pulls[:60], 0.35)
        line, = below.plot(moment.norms, color=plotting.REAL, linewidth=2.2, marker="o")
        below.set(yscale="log", ylim=(lowest / 2, highest * 2))
        below.set_xticks([0, one.names.index("x"), len(one.names) - 1], ["logit", "x", "z"])
        below.axvline(one.names.index("x"), color="black", linewidth=0.8, linestyle=":")
        below.grid(alpha=0.3)
        artists.append((plane, heat, dots, arrows, line))
    axes[1, 0].set_ylabel("gradient's norm")

    def show(index):
        for (plane, heat, dots, arrows, line), one in zip(artists, runs):
            moment = one.moments[min(index, len(one.moments) - 1)]
            plotting.discriminator_map(plane, moment.discriminator, extent, artist=heat)
            plotting.points(plane, moment.fakes, dots)
            plotting.gradient_arrows(plane, moment.fakes[:60], moment.pulls[:60], 0.35, arrows)
            line.set_ydata(moment.norms)
            plane.set_title(f"{GAMES[one.game].title}\nstep {moment.step:,}: {moment.modes} of 8 "
                            f"modes\ncosine of steps: {two_digits(moment.weights_same)} in a mode, "
                            f"{two_digits(moment.weights_different)} between two", fontsize=10)

    plotting.save_film(figure, show, max(len(one.moments) for one in runs), out / "xray.gif",
                       out / "xray.html", fps=4, title="An x-ray of the gradient",
                       text="Two games on a ring of eight, from the same seed, against a D that "
                            "had learned alone before. Orange: generated points; arrows: where "
                            "G's loss pulls them; rings: the modes; behind them what D says. "
                            "Cosine: of the steps that two samples ask of G's weights. "
                            "Below: the norm of a sample's gradient on its way from the logit "
                            "through D to the point x, and on through G to the latent z.")
