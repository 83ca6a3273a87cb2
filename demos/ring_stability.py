"""The eigenvalues of a real, small GAN while it trains on a ring of eight Gaussians.

    python -m demos.ring_stability              under a minute; open ring_stability.png

`demos.dirac` has two parameters, and its Jacobian can be written on a napkin. Here the two networks
have 1,371, trained by simultaneous gradient descent: w ← w + h v(w). Two trainings, from the same
initial weights, differ in one thing: R1, a penalty on the slope of D where the data are. At ten
moments the leading eigenvalues of the game's Jacobian J = ∂v/∂w are computed on a fixed batch.

Where imaginary parts come from. If both players had one loss, J would be symmetric, its eigenvalues
real. But one player's gain is the other's loss: the corners of J by which they move each other have
opposite signs (exactly so in the minimax game), and a rotation is the simplest such matrix. R1 adds
−γ/2 ∇² E‖∇ₓD‖² to D's own corner alone: it damps D, which is half of every turn, and so the turn.

J, of two million entries, is never formed. Arnoldi iteration takes a vector u, J u, J J u, ..., and
keeps an orthogonal basis of them. The eigenvalues of J within this small space converge to the
outermost ones of J. All it needs are products J u, derivatives of the gradient along u. `game.Game`
computes them by `tangent` (how each layer's output moves along u) and `tangent_backward` (the
reverse of both), at the price of a few training steps. The iteration runs three times: for the
largest imaginary parts, real parts and moduli.

How to read an eigenvalue λ = a ± ib. A small disturbance of w in its plane turns with frequency b
and grows or shrinks as e^(at). The ratio |b/a| matters: at 2π the disturbance makes a whole turn
while it fades to 1/e, which is the circling of GANs; below 1 hardly any of the turn is seen. And a
step of size h multiplies the disturbance by 1 + hλ, which must not be outside the unit circle: −2/h
is as far left as λ may be.

What was measured, with seeds 0 to 4. At steps 667 and 1,333 the fastest rotation has |b/a| of 3.1
or more without a penalty and of 1.0 to 1.8 with R1; at step 2,000 that holds in four seeds, not in
seed 0. Then four of the five plain trainings are lost: at step 4,000 their largest eigenvalue is at
6 to 30, and hardly a sample is near the ring. Seed 3 stays a cloud. With R1 no eigenvalue is ever
to the right of 0.6. In three of these trainings the ring appears, with leftmost eigenvalues of −22
and −23, beside the −2/h = −20 that the step allows. Their rotations are faster than ever and fade
faster still. The other two are clouds at the end. The ring is learned, but not its heaps: at most
3 % of the samples end in them.

What this is not: a proof of convergence. During training v(w) is not 0, so w is no equilibrium, and
λ tells how neighbouring trainings drift apart or together, not whether this one arrives. A few
eigenvalues to the right of 0 are there nearly always: directions in which samples spread.
(Mescheder et al. 2017, section 3; Nagarajan & Kolter 2017.)
"""

import dataclasses

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from scipy.sparse.linalg import ArpackNoConvergence

from numgan import SGD, Dense, Network, NonSaturating, SiLU, data, metrics, plotting
from numgan.game import Game
from numgan.penalties import R1
from numgan.training import train

from .arguments import Parser, positive, positive_number
from .common import INTERRUPTED, exit_code, run_main, usable_folder, write
from .jobs import Task, ending, run_all

STEPS, BATCH, WIDTH, RATE, GAMMA = 6000, 128, 24, 0.1, 1.0
MOMENTS = 10
COUNT = 8  # eigenvalues of each kind
ROTATES = 1e-9  # |Im λ| / |λ| below this is rounding: λ is real
JACOBIAN_BATCH = 256
LOSS = NonSaturating()
QUICK = dict(steps=60, width=6, moments=3, samples=32)


@dataclasses.dataclass
class Moment:
    """What was found at one moment; `step` is the number of steps done.

    leading : {"LI", "LR", "LM": eigenvalues (complex), as far as Arnoldi found them}
    """

    step: int
    leading: dict
    samples: np.ndarray  # (2500, 2)
    modes: int
    incomplete: bool  # Arnoldi gave up on some
    quality: float = np.nan  # share of the samples within 3 std of a mode

    @property
    def turning(self):
        """The eigenvalue with the largest |Im λ|, the one above the real axis; NaN if none turns.
        """
        found = self.leading["LI"]
        found = found[np.abs(found.imag) > ROTATES * np.abs(found)]
        if not found.size:  # all real, or Arnoldi found none
            return complex(np.nan, np.nan)
        value = found[np.argmax(np.abs(found.imag))]
        return complex(value.real, abs(value.imag))

    @property
    def ratio(self):
        return self.turning.imag / max(abs(self.turning.real), 1e-300)

    @property
    def growing(self):
        """The largest real part."""
        return max((value.real for value in self.leading["LR"]), default=np.nan)

    @property
    def all(self):
        """All that were found, once each: (n,)."""
        found = np.concatenate(list(self.leading.values()))
        return found[np.unique(np.round(found, 8), return_index=True)[1]]

    def factor(self, h):
        """By how much a step of size h multiplies the direction it stretches most."""
        return np.abs(1 + h * self.all).max()


@dataclasses.dataclass
class Run:
    title: str
    moments: list = dataclasses.field(default_factory=list)
    stopped: str = ""


def leading_eigenvalues(game, count=COUNT):
    """({"LI", "LR", "LM": eigenvalues}, did Arnoldi give up on some?)."""
    found, incomplete = {}, False
    for which in "LI", "LR", "LM":
        try:
            found[which] = game.eigenvalues(count, which)
        except ArpackNoConvergence as error:
            found[which], incomplete = error.eigenvalues, True
    return found, incomplete


def networks(width, seed):
    """G and D, with two hidden layers, and smooth, so that J is continuous."""
    rng = np.random.default_rng(seed)
    return [Network([Dense(2, width), SiLU(), Dense(width, width), SiLU(), Dense(width, outputs)],
                    rng=rng) for outputs in (2, 1)]


def run(title, penalty, steps, width, seed, moments=MOMENTS, samples=JACOBIAN_BATCH,
        report=lambda step: None):
    """Train from `seed` and look at `moments` evenly spaced moments, the first after one step, with
    this many samples."""
    toy = data.ring(modes=8)
    generator, discriminator = networks(width, seed)
    rng, looking = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    real = toy.sample(samples, looking).astype(np.float64)
    z = looking.standard_normal((samples, 2))
    latents = looking.standard_normal((2500, 2), np.float32)
    wanted = set(np.maximum(1, np.linspace(0, steps, moments).round()).astype(int))
    result = Run(title)
    with ending(result):
        for record in train(generator, discriminator, data.sampler(toy, rng), loss=LOSS,
                            steps=steps, rng=rng, batch_size=BATCH, updates="simultaneous",
                            d_optimizer=SGD(RATE), g_optimizer=SGD(RATE), penalty=penalty):
            if record.step + 1 in wanted:
                game = Game(generator.astype(np.float64), discriminator.astype(np.float64), real, z,
                            LOSS, penalty)
                leading, incomplete = leading_eigenvalues(game)
                samples = generator(latents)
                score = metrics.mode_statistics(samples, toy.centers, toy.std)
                result.moments.append(Moment(record.step + 1, leading, samples, score.modes,
                                             incomplete, score.high_quality))
            report(record.step + 1)
    return result


# -- what is shown ---------------------------------------------------------------------------------


def shown(value, digits):
    """A number as text; "–" for NaN, where no eigenvalue that turns was found."""
    return "–" if np.isnan(value) else f"{value:.{digits}f}"


def table(runs, h):
    lines = [f"{'':<14}{'step':>6}{'largest Im':>12}{'its Re':>9}{'|Im/Re|':>9}{'largest Re':>12}"
             f"{'max |1+hλ|':>12}{'modes':>7}{'in modes %':>12}"]
    for one in runs:
        for moment in one.moments:
            turning = moment.turning
            lines.append(f"{one.title:<14}{moment.step:>6}{shown(turning.imag, 3):>12}"
                         f"{shown(turning.real, 3):>9}{shown(moment.ratio, 2):>9}"
                         f"{shown(moment.growing, 3):>12}"
                         f"{moment.factor(h):>12.3f}{moment.modes:>7}{100 * moment.quality:>12.1f}"
                         + ("  (Arnoldi gave up on some)" if moment.incomplete else ""))
        if one.stopped:
            lines.append(f"{one.title:<13} {one.stopped}")
    return lines


def words(runs, h):
    """What was measured, in sentences, and nothing else."""
    lines = [""]
    if len(runs) == 2:
        # early, but not at the initial weights, which say nothing about the training
        pairs = [pair for pair in zip(*(one.moments[1:4] for one in runs))
                 if not any(np.isnan(moment.ratio) for moment in pair)]
        further = sum(plain.ratio > penalised.ratio for plain, penalised in pairs)
        if pairs:
            lines += ["How far the fastest rotation turns for each e-fold that it fades or grows, "
                      "|Im/Re|, without and with R1:",
                      "  " + "; ".join(f"{plain.ratio:.1f} and {penalised.ratio:.1f} at step "
                                       f"{plain.step:,}" for plain, penalised in pairs) + ".",
                      f"  It turns further without R1 at {further} of these {len(pairs)} moments."]
    for one in runs:
        if one.moments:
            largest, last = max(one.moments, key=lambda moment: moment.growing), one.moments[-1]
            fast = sum(moment.growing > 1 for moment in one.moments)
            lines.append(f"{one.title}: some direction grows faster than e^t at {fast} of "
                         f"{len(one.moments)} moments, fastest as e^({largest.growing:.1f} t) at "
                         f"step {largest.step:,}.\n  The leftmost eigenvalue is "
                         f"{min(moment.all.real.min() for moment in one.moments):.1f} (a step "
                         f"allows −2/h = {-2 / h:.1f}). At the end {last.modes} of 8 modes have a "
                         f"sample, {100 * last.quality:.1f} % of the samples are in one.")
    return lines


COLOURS = "black", "#009E73"  # without a penalty, with R1
SHOWN = 5  # snapshots of each training


def panel(ax, runs, value):
    """A number over the steps, a line for each training; a hollow marker at the bottom where there
    is no number."""
    for one, colour, marker in zip(runs, COLOURS, "os"):
        steps = np.array([moment.step for moment in one.moments])
        values = np.array([value(moment) for moment in one.moments])
        ax.plot(steps, values, marker + "-", color=colour, markersize=6, linewidth=2,
                label=one.title)
        none = steps[np.isnan(values)]
        ax.plot(none, np.full(len(none), 0.03), marker, color=colour, markersize=6,
                markerfacecolor="none", transform=ax.get_xaxis_transform())
    ax.set_xlabel("step", fontsize=11)
    ax.tick_params(labelsize=10, length=2)
    ax.grid(alpha=0.3)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(fontsize=11, frameon=False, loc="best")


def snapshot(ax, moment, toy, real, colour):
    """Real and generated samples at one moment."""
    extent = plotting.square(toy.extent)
    plotting.plane(ax, extent)
    plotting.points(ax, real, color=plotting.REAL, marker="x", markersize=3, markeredgewidth=0.6)
    shown = moment.samples[:500]
    plotting.points(ax, shown, color=plotting.FAKE, markersize=2)
    ax.set_title(f"step {moment.step:,}", fontsize=10, pad=3)
    left, right, bottom, top = extent
    x, y = shown.T
    inside = ((left < x) & (x < right) & (bottom < y) & (y < top)).mean()
    if inside < 0.05:
        words = f"{'nearly ' * (inside > 0)}all samples\nhave left\nthe picture"
        ax.text(0.5, 0.5, words, fontsize=10, ha="center",
                va="center", transform=ax.transAxes, color=plotting.FAKE)
    for spine in ax.spines.values():
        spine.set(color=colour, linewidth=2)


def draw(runs, h, out):
    """Two panels: how far it turns, and how fast it grows."""
    figure = Figure(figsize=(13, 5.2))
    figure.suptitle(f"A GAN on a ring, simultaneous gradient steps of {h:g}: what the eigenvalues "
                    "λ of its game say", fontsize=15, fontweight="bold", x=0.06, y=0.96, ha="left",
                    va="top")
    above = figure.add_gridspec(1, 2, left=0.06, right=0.985, top=0.77, bottom=0.11, wspace=0.14)
    turns, grows = figure.add_subplot(above[0]), figure.add_subplot(above[1])
    turns.set_yscale("log")
    panel(turns, runs, lambda moment: moment.ratio)
    turns.axhline(1, color="black", linewidth=0.8, linestyle=":")
    turns.set_title("How far it turns before that fades: |Im λ| / |Re λ|\n"
                    "of the fastest rotation; above 1 the players circle; hollow: nothing turns",
                    fontsize=12, loc="left")
    turns.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    turns.yaxis.set_major_formatter("{x:g}")
    turns.yaxis.set_minor_locator(NullLocator())
    grows.set_yscale("symlog", linthresh=0.01)
    panel(grows, runs, lambda moment: moment.growing)
    grows.set_title("How fast a disturbance grows: largest Re λ\n"
                    f"above 1, by e and more within 1 / {h:g} = {1 / h:g} steps", fontsize=12,
                    loc="left")
    grows.axhline(1, color="black", linewidth=0.8, linestyle=":")
    plotting.save_figure(figure, out / "ring_stability.png", dpi=110)


def draw_samples(runs, out):
    """A row of snapshots for each training."""
    high = 2.8 * len(runs) + 0.1  # inches
    figure = Figure(figsize=(13, high))
    toy = data.ring(modes=8)
    real = toy.sample(200, np.random.default_rng(0))
    for row, (one, colour) in enumerate(zip(runs, COLOURS)):
        top = 1 - (0.35 + 2.8 * row) / high
        figure.text(0.015, top, f"{one.title}: {the_end(one)}", fontsize=12, fontweight="bold",
                    color=colour, va="bottom")
        cells = figure.add_gridspec(1, SHOWN, left=0.015, right=0.985, top=top - 0.22 / high,
                                    bottom=top - 2.4 / high, wspace=0.06)
        wanted = np.unique(np.linspace(0, len(one.moments) - 1, SHOWN).round().astype(int))
        for cell, index in enumerate(wanted[:len(one.moments)]):
            snapshot(figure.add_subplot(cells[cell]), one.moments[index], toy, real, colour)
    plotting.save_figure(figure, out / "ring_stability_samples.png", dpi=110)


def the_end(one):
    """What became of a training, in words."""
    if not one.moments:
        return one.stopped or "nothing yet"
    last = one.moments[-1]
    return (f"at step {last.step:,} a sample in {last.modes} of 8 modes, "
            f"{100 * last.quality:.1f} % of the samples in one (blue: real, orange: generated)")


def main(arguments=None):
    parser = Parser("ring_stability", __doc__, QUICK, dict(moments=MOMENTS, samples=JACOBIAN_BATCH))
    parser.add_argument("--steps", type=positive, default=STEPS, metavar="N",
                        help=f"of each training (default {STEPS:,})")
    parser.add_argument("--gamma", type=positive_number, default=GAMMA,
                        help=f"weight of R1 (default {GAMMA:g})")
    parser.add_argument("--width", type=positive, default=WIDTH, metavar="N",
                        help=f"of the hidden layers (default {WIDTH})")
    parser.share(seed=0, out=True, jobs=True)
    options = parser.parse_args(arguments)
    usable_folder(parser, options.out)

    runs = []
    penalties = {"no penalty": None, f"R1, γ = {options.gamma:g}": R1(options.gamma)}
    code = 0
    try:
        tasks = [Task(title, options.steps, (title, penalty, options.steps, options.width,
                                             options.seed, options.moments, options.samples))
                 for title, penalty in penalties.items()]
        for _, one in run_all(run, tasks, options.jobs):
            runs.append(one)
            code = code or exit_code(one.stopped)
    except KeyboardInterrupt:
        code = INTERRUPTED
        print("Interrupted: what there is gets drawn and saved.", flush=True)
    if runs:
        print("\n".join([*table(runs, RATE), *words(runs, RATE)]), flush=True)
        write(options.out, {
            "ring_stability.png": lambda: draw(runs, RATE, options.out),
            "ring_stability_samples.png": lambda: draw_samples(runs, options.out)})
    return code


if __name__ == "__main__":
    run_main(main)
