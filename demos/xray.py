"""An x-ray of the gradient: from G's loss through D into G, layer by layer, while both learn.

Six games on the ring, from the same seeds. At some moments the gradient of G's loss is followed
back from the logit through every layer of D to the fakes, and on through every layer of G to z, for
each of 256 samples: its norm, and its direction. With it: the share of G's units that are dead (0
for every sample), and the cosine between what two fakes are told, of one mode and of two.

There are two such cosines. "In the plane" compares the pulls ∂L/∂x of two fakes. "In G's weights"
compares the steps that two samples ask of G's weights: a step for one moves the other by the
product of the two, so a cosine of 1 means that they can only move together. That is how a collapse
begins: where the steps agree also between fakes of two modes, one mode pulls the other along.

For a chain of dense layers those products need no gradient of a single sample. With h the input of
a layer, and d its output's gradient, sample n asks for dW = h_n d_nᵀ and db = d_n, so that

    ⟨step n, step m⟩ = Σ over layers (h_n · h_m + 1) (d_n · d_m)

(BatchNorm's own gain and shift are left out of the sum.)
"""

import dataclasses

import numpy as np
from matplotlib.figure import Figure

from numgan import (Adam, Dense, Minimax, NonSaturating, ReLU, data, metrics, models,
                    penalties, plotting)
from numgan.training import discriminator_step, train

from . import results
from .arguments import Parser, positive
from .common import INTERRUPTED, run_main, usable_folder, write
from .jobs import Task, ending, run_all
from .passes import backward_by_layer

STEPS, AHEAD, WIDTH, BATCH, PROBED, SAMPLES = 4000, 1000, 64, 64, 256, 2500
MOMENTS = 25
QUICK = dict(steps=30, ahead=10, moments=3, seeds=[1])


@dataclasses.dataclass(frozen=True)
class Game:
    """One game. won : bool, D has learned `AHEAD` steps alone, and then learns 20 times faster"""

    title: str
    loss: object = NonSaturating
    normalization: object = None
    won: bool = False
    penalty: object = None


GAMES = [
    Game("non-saturating"),
    Game("saturating", Minimax),
    Game("BatchNorm in G", normalization="batch"),
    Game("D has won, non-saturating", won=True),
    Game("D has won, saturating", Minimax, won=True),
    Game("D had won, held by R1", won=True, penalty=lambda: penalties.R1(0.02)),
]


@dataclasses.dataclass
class Moment:
    """What one look at the gradient has found; `step` is the number of steps done.

    norms : (layers + 1,) median over the samples of the gradient's norm: at the logit, below each
        layer of D, the last of which is at x, and below each layer of G, the last of which is at z
    dead : share of G's ReLUs that are 0 for every sample
    same, different : mean cosine of the pulls in the plane on two fakes of one mode, of two
    weights_same, weights_different : the same of the steps in G's weights
    """

    step: int
    norms: np.ndarray
    dead: float
    same: float
    different: float
    weights_same: float
    weights_different: float
    modes: int
    quality: float
    fakes: np.ndarray  # (PROBED, 2)
    pulls: np.ndarray  # (PROBED, 2), −∂L/∂x
    discriminator: object


@dataclasses.dataclass
class Run:
    game: int  # index in GAMES
    seed: int
    names: list = dataclasses.field(default_factory=list)  # of the places of `norms`
    moments: list = dataclasses.field(default_factory=list)
    stopped: str = ""


# -- the x-ray -------------------------------------------------------------------------------------


def x_ray(generator, discriminator, z, loss, centers):
    """Follow G's loss back for each sample; returns what a `Moment` has, as a dict.

    The loss is the sum over the samples, not their mean, so that a gradient is a sample's own."""
    fakes, g_caches = generator.forward(z, train=True)
    logits, d_caches = discriminator.forward(fakes, train=True)
    through_d = backward_by_layer(discriminator, len(z) * loss.generator(logits)[1], d_caches)
    through_g = backward_by_layer(generator, through_d[-1], g_caches)
    steps = products(generator, through_g, g_caches)
    nearest = np.linalg.norm(fakes[:, None] - centers, axis=2).argmin(axis=1)
    same = nearest[:, None] == nearest
    hidden = [cache for layer, cache in zip(generator.layers, g_caches) if isinstance(layer, ReLU)]
    dead = np.concatenate([(output == 0).all(axis=0) for output in hidden])
    plane = between(through_d[-1] @ through_d[-1].T, same)
    weights = between(steps, same)
    return dict(norms=np.array([np.median(np.linalg.norm(dy, axis=1))
                                for dy in through_d + through_g[1:]]),
                dead=dead.mean(), same=plane[0], different=plane[1], weights_same=weights[0],
                weights_different=weights[1], fakes=fakes, pulls=-through_d[-1])


def products(network, gradients, caches):
    """⟨step n, step m⟩ in the weights of the dense layers, (N, N).

    gradients : of `backward_by_layer`; below layer l stands the one of its output, from the end"""
    total = 0.0
    for layer, dy, cache in zip(network.layers[::-1], gradients, caches[::-1]):
        if isinstance(layer, Dense):
            total = total + (cache @ cache.T + layer.bias) * (dy @ dy.T)
    return total


def between(products, same):
    """Mean cosines over pairs of different samples, of one mode and of two; NaN if there are none.

    products (N, N): of the samples' vectors; same (N, N) bool"""
    length = np.sqrt(np.diag(products))
    cosine = products / np.maximum(length[:, None] * length, np.finfo(products.dtype).tiny)
    pairs = ~np.eye(len(products), dtype=bool)
    return [float(cosine[pairs & chosen].mean()) if (pairs & chosen).any() else float("nan")
            for chosen in (same, ~same)]


def places(generator, discriminator):
    """The names of the places at which the gradient is looked at, from the logit to z."""
    d = [f"D{index}" for index, layer in enumerate(discriminator.layers)][::-1]
    g = [f"G{index}" for index, layer in enumerate(generator.layers)][::-1]
    return ["logit", *d[:-1], "x", *g[:-1], "z"]


def run(index, seed, steps, ahead, moments, report=lambda step, note="": None):
    """Play GAMES[index] from `seed`, and look at `moments` moments, the first before any step."""
    game, toy, rng = GAMES[index], data.ring(modes=8), np.random.default_rng(seed)
    generator = models.mlp_generator(2, 2, (WIDTH, WIDTH), rng=rng, init="dcgan" if game.won
                                     else "he", normalization=game.normalization)
    discriminator = models.mlp_discriminator(2, (WIDTH, WIDTH), rng=rng)
    loss, real = game.loss(), data.sampler(toy, rng)
    d_optimizer = Adam(1e-2 if game.won else 2e-3, beta2=0.99)
    g_optimizer = Adam(5e-4 if game.won else 2e-3, beta2=0.99)
    if game.won:
        for _ in range(ahead):
            discriminator_step(generator, discriminator, real(BATCH),
                               rng.standard_normal((BATCH, 2), np.float32), loss=loss,
                               optimizer=d_optimizer)
    looking = np.random.default_rng([seed, 1])
    z, many = (looking.standard_normal((n, 2), np.float32) for n in (PROBED, SAMPLES))
    result = Run(index, seed, places(generator, discriminator))
    # closer together at the beginning, where more happens
    wanted = set((np.linspace(0, 1, moments) ** 2 * steps).round().astype(int))

    def look(step):
        score = metrics.mode_statistics(generator(many), toy.centers, toy.std)
        result.moments.append(Moment(
            step=step, modes=score.modes, quality=score.high_quality,
            discriminator=discriminator.copy(),
            **x_ray(generator, discriminator, z, loss, toy.centers)))

    look(0)
    with ending(result):
        for record in train(generator, discriminator, real, loss=loss, steps=steps, rng=rng,
                            batch_size=BATCH, schedule="cosine", d_optimizer=d_optimizer,
                            g_optimizer=g_optimizer, penalty=game.penalty and game.penalty()):
            if record.step + 1 in wanted:
                look(record.step + 1)
            report(record.step + 1)
    return result


# -- what is shown ---------------------------------------------------------------------------------


def figures(one):
    """What a run has found at its first and its last moment, for the file of results."""
    first, last = one.moments[0], one.moments[-1]
    x = one.names.index("x")
    return {"game": GAMES[one.game].title, "seed": one.seed, "steps": last.step,
            "logit": [float(moment.norms[0]) for moment in (first, last)],
            "x": [float(moment.norms[x]) for moment in (first, last)],
            "z": [float(moment.norms[-1]) for moment in (first, last)],
            **{name: [float(getattr(moment, name)) for moment in (first, last)]
               for name in ("dead", "same", "different", "weights_same", "weights_different")},
            # all through the training, where both are to be had: G may stay in one mode
            "over_same": average(one, "weights_same"),
            "over_different": average(one, "weights_different"),
            "modes": last.modes, "high_quality": last.quality, "stopped": one.stopped[:60]}


def average(one, name):
    values = [getattr(moment, name) for moment in one.moments[1:]
              if np.isfinite(moment.weights_same + moment.weights_different)]
    return float(np.mean(values)) if values else float("nan")


def mean(runs, name, which=None):
    values = [run[name] if which is None else run[name][which] for run in runs]
    values = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(values)) if values else float("nan")


def rows(runs):
    """Cells of the table, a row a game: means over the seeds, "first → last moment"."""
    found = []
    for title in dict.fromkeys(run["game"] for run in runs):
        mine = [run for run in runs if run["game"] == title]

        def span(name, text):
            return " → ".join(text(mean(mine, name, which)) for which in (0, -1))

        found.append([title, *(span(name, short) for name in ("logit", "x", "z")),
                      span("dead", lambda share: f"{100 * share:.0f} %"),
                      *(short(mean(mine, name)) for name in ("over_same", "over_different")),
                      f"{mean(mine, 'modes'):.1f}", f"{100 * mean(mine, 'high_quality'):.0f} %"])
    return found


HEADER = ["game", "at the logit", "at x", "at z", "dead units of G", "steps of one mode agree",
          "of two modes", "modes", "in a mode"]


def short(value):
    return "–" if not np.isfinite(value) else f"{value:.2g}".replace("-", "−")


def rounded(ratio):
    """To one digit, as "6" or "6,000,000"."""
    return f"{float(f'{ratio:.1g}'):,.0f}"


def sentence(runs):
    """What follows from the figures, as text."""
    of = {game.title: [run for run in runs if run["game"] == game.title] for game in GAMES}
    slow, fast = (of[title] for title in ("D has won, saturating", "D has won, non-saturating"))
    text = []
    if slow and fast:
        pulls = mean(fast, "x", 0), mean(slow, "x", 0)
        text.append(f"Against a D that has won, the pull on a fake is {short(pulls[0])} with the "
                    f"non-saturating loss and {short(pulls[1])} with the saturating one, "
                    f"{rounded(pulls[0] / max(pulls[1], 1e-300))} times less.")
    for name, mine in of.items():
        if name in ("non-saturating", "D has won, non-saturating", "D had won, held by R1") and (
                np.isfinite(mean(mine, "over_same") + mean(mine, "over_different"))):
            text.append(f"{name}: the steps that two fakes ask of G's weights have a cosine of "
                        f"{short(mean(mine, 'over_same'))} within a mode and of "
                        f"{short(mean(mine, 'over_different'))} between two; "
                        f"{mean(mine, 'modes'):.1f} modes at the end.")
    return " ".join(text)


SAME, DIFFERENT, DEAD = "#009E73", "#CC3311", "#888888"


def draw(runs, out):
    """A column a game, of one seed: norms along the way, and what agrees over the training."""
    figure = Figure(figsize=(3.05 * len(runs), 8.2), dpi=100)
    figure.text(0.012, 0.985, "An x-ray of the gradient: from G's loss through D into G",
                fontsize=18, fontweight="bold", va="top")
    axes = figure.subplots(2, len(runs), sharey="row", squeeze=False, gridspec_kw=dict(
        left=0.05, right=0.99, top=0.81, bottom=0.12, hspace=0.5, wspace=0.08))
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
        above.set_title(f"{GAMES[one.game].title}\n{last.modes} of 8 modes, "
                        f"{100 * last.quality:.0f} % in them", fontsize=12)
        steps = np.sqrt([moment.step for moment in one.moments])  # more happens at first
        for name, colour, text in (("weights_same", SAME, "two fakes near one mode"),
                                   ("weights_different", DIFFERENT, "near two modes"),
                                   ("dead", DEAD, "dead units of G")):
            below.plot(steps, [getattr(moment, name) for moment in one.moments], color=colour,
                       linewidth=2, label=text, linestyle="--" if name == "dead" else "-")
        below.axhline(0, color="black", linewidth=0.6)
        below.set_ylim(-0.35, 1.03)
        ticks = np.sqrt(last.step) * np.array([0, 0.25, 0.5, 0.75, 1])
        below.set_xticks(ticks, [f"{tick ** 2:,.0f}" for tick in ticks])
        below.set_xlabel("step", fontsize=11)
        for ax in above, below:
            ax.grid(alpha=0.3)
    axes[0, 0].set_ylim(bottom=max(axes[0, 0].get_ylim()[0], 1e-8))
    axes[0, 0].set_ylabel("norm of a sample's gradient\n(median)", fontsize=11)
    axes[1, 0].set_ylabel("cosine of two steps;\nshare of units", fontsize=11)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="upper left", ncols=6, fontsize=10,
                  frameon=False, bbox_to_anchor=(0.28, 0.942))
    figure.legend(*axes[1, 0].get_legend_handles_labels(), loc="lower center", ncols=3,
                  fontsize=11, frameon=False, bbox_to_anchor=(0.5, -0.002))
    figure.text(0.012, 0.928, "Above: how much of it arrives where, early (light) to late (dark).",
                fontsize=11, va="top")
    figure.text(0.012, 0.432, "Below: cosine of the steps that two fakes ask of G's weights. At "
                "1 they can only move together.", fontsize=11, va="top")
    plotting.save_figure(figure, out / "xray.png", dpi=100)


def moment_colour(moment, last):
    share = 0.25 + 0.75 * (moment.step / max(last.step, 1)) ** 0.5
    return tuple(1 - share * (1 - np.array([0.05, 0.2, 0.45])))


FILMED = "D has won, non-saturating", "D had won, held by R1"


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
            agree = (f"in G's weights: {moment.weights_same:.2f} within a mode, "
                     f"{short(moment.weights_different)} between two")
            plane.set_title(f"{GAMES[one.game].title}\nstep {moment.step:,}: {moment.modes} of 8 "
                            f"modes; cosine of two steps\n{agree}", fontsize=10)

    plotting.save_film(figure, show, max(len(one.moments) for one in runs), out / "xray.gif",
                       out / "xray.html", fps=4, title="An x-ray of the gradient",
                       text="Two games on a ring of eight, from the same seed, against a D that "
                            "had learned alone before. Orange: generated points; arrows: where "
                            "G's loss pulls them; rings: the modes; behind them what D says. "
                            "Below: the norm of a sample's gradient on its way from the logit "
                            "through D to the point x, and on through G to the latent z.")


def main(arguments=None):
    parser = Parser("xray", __doc__, QUICK, dict(ahead=AHEAD, moments=MOMENTS))
    parser.add_argument("--steps", type=positive, default=STEPS, metavar="N",
                        help=f"of each training (default {STEPS:,})")
    parser.add_argument("--no-film", action="store_true", help="write the figure only")
    parser.share(seeds=[1, 2, 3], out=True, jobs=True, results=True)
    options = parser.parse_args(arguments)
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    tasks = [Task(f"{game.title}, seed {seed}", options.steps,
                  (index, seed, options.steps, options.ahead, options.moments))
             for seed in options.seeds for index, game in enumerate(GAMES)]
    runs, code = [], 0
    try:
        for _, one in run_all(run, tasks, options.jobs):
            runs.append(one)
    except KeyboardInterrupt:
        code = INTERRUPTED
        print("Interrupted: what there is gets drawn.", flush=True)
    if runs:
        measured = [figures(one) for one in runs]
        print("\n".join([*columns([HEADER, *rows(measured)]), "", sentence(measured)]), flush=True)
        first = [one for one in runs if one.seed == runs[0].seed]
        filmed = [one for one in first if GAMES[one.game].title in FILMED]
        write(options.out, {"xray.png": lambda: draw(first, options.out), **(
            {} if options.no_film or not filmed else
            {"xray.gif, xray.html": lambda: film(filmed, options.out)})})
        if not code:
            results.keep(path, results.command("xray", arguments),
                         {"seeds": options.seeds, "steps": options.steps}, measured, options.quick)
    return code


def columns(table):
    """Rows of text, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*table)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
            for row in table]


if __name__ == "__main__":
    run_main(main)
