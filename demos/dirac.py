"""The Dirac-GAN: the smallest GAN there is, on which to see which methods converge, and why.

    python -m demos.dirac                         half a minute; open film.html
    python -m demos.dirac --only minimax r1       two methods only

The data are one point, 0. The generator is one point, θ. The discriminator is a line through the
origin, D(x) = ψ x, positive where it says "generated" (Mescheder et al. 2018 define it so; in
`numgan` positive means "real", hence ψ = −W). Two numbers, so the whole training is a path in a
plane, and all that training does can be seen as a field of arrows (θ̇, ψ̇) = v(θ, ψ). Its rest is
(0, 0): the generator is right, and the discriminator has no opinion.

Why the plain game turns for ever. D's slope ψ pushes θ to the other side, at speed ψ/2; θ on that
side tilts the slope the other way, at speed θ/2. Each player's answer comes a quarter of a turn
late. Near the rest v = J (θ, ψ), and J = [[0, −1/2], [1/2, 0]] is a rotation: its eigenvalues are
±i/2, with no real part, so nothing pulls inwards. Changing the loss to the non-saturating one
leaves J as it is.

Why simultaneous steps spiral outwards. A step of size h goes along the tangent of the circle, and
so ends outside it. In numbers: it multiplies by 1 + hλ, and |1 ± ih/2| = √(1 + h²/4) > 1 for every
h; 1.005 for h = 0.2. An eigenvalue is tamed by small steps only if its real part is negative.

What alternating steps do. G answers the D that has moved already. Such a step keeps areas, its
multipliers have modulus 1: θ and ψ stay on a closed orbit, neither in nor out.

What the cures do is to give λ a negative real part, each in its own way:

    R1 (or R2)       makes a steep D pay: ψ̇ = ... − γψ            λ = −γ/2 ± √(γ²/4 − 1/4)
    instance noise   a steep D errs on blurred samples            λ = −σ²/4 ± √(σ⁴/16 − 1/4)
    consensus        both players also descend γ ½‖v‖²            λ = −γ/4 ± i/2
    unrolling        G sees K steps of D ahead: θ̇ = ... − Khθ/2   λ = −Kh/4 ± √(K²h²/16 − 1/4)

What does not help: clipping D's weight (at the rest nothing is clipped, λ = ±i), and WGAN-GP, which
asks for a slope of ±1 where the rest needs 0: across ψ = 0 the field jumps, and pushes away.

The eigenvalues are those of the package's own second-order code (`game.Game`), the paths are made
by `training.train`; both are set beside the formulas.
"""

import argparse
import dataclasses
import itertools
import math
import pathlib
import statistics
import textwrap

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from numgan import SGD, Dense, GaussianNoise, Minimax, Network, NonSaturating, plotting
from numgan.game import Consensus, Game
from numgan.losses import Wasserstein
from numgan.optimizers import Clipped
from numgan.penalties import R1, WGANGP
from numgan.training import TrainingDiverged, discriminator_gradients, train
from numgan.unrolled import Unrolled, unrolled_generator_gradients

from .common import INTERRUPTED, progress, run_main, usable_folder, write
from .mode_collapse import positive

STEPS, H, START = 500, 0.2, (1.0, 1.0)  # the protocol of Mescheder et al. 2018
NOISE_SAMPLES = 400
PULLS = 1e-9  # a real part closer to 0 is rounding
TINY = 1e-6  # so close to the rest that a step is linear to twelve digits
COMPLEX_STEP = 1e-30
FRAMES = 48  # of the film
TAIL = 40  # steps that a moving point leaves behind it
EXTENT = (-2.7, 2.7, -2.7, 2.7)  # of the plane that is shown

SIMULTANEOUS, ALTERNATING, FIVE = "simultaneous", "alternating", "alternating 5:1"
PLAIN = {SIMULTANEOUS: dict(updates="simultaneous"), ALTERNATING: dict(k=1), FIVE: dict(k=5)}
COLOURS = {SIMULTANEOUS: plotting.FAKE, ALTERNATING: plotting.REAL, FIVE: "#009E73"}

CONVERGES, CREEPS, CIRCLES, LEAVES = "converges", "creeps inwards", "circles", "spirals outwards"
TOO_SHORT = "too short to tell"

MEANING = {CONVERGES: "the distance from the rest falls by a constant factor a step",
           CREEPS: "it falls, but ever more slowly: no such factor",
           CIRCLES: "it neither falls nor grows",
           LEAVES: "it grows",
           TOO_SHORT: "half a turn takes longer than a quarter of the path"}

PAGE = """The smallest GAN there is: the data are the point 0, the generator is the point θ, and the
discriminator is the line D(x) = ψx. So a training is a path in the plane of θ and ψ. A panel for
each method: it starts at the black square, and converges if it comes to the cross; the colours are
three kinds of steps. The grey arrows say where a small step goes. On the right, the eigenvalues λ
of each method's field at the cross, which say what happens near it, and the distance from it over
the steps."""


# -- the methods -----------------------------------------------------------------------------------


@dataclasses.dataclass
class Method:
    """A row of the table of Mescheder et al. 2018."""

    name: str  # for --only
    title: str
    published: str  # does it converge?
    agrees: dict  # schedule -> the verdicts that agree with that
    eigenvalues: np.ndarray  # (2,) at the rest, from the formula
    loss: object = dataclasses.field(default_factory=Minimax)
    penalty: object = None
    noise: float = 0.0  # std of the instance noise
    clip: float = math.inf  # limit of D's weight
    schedules: dict = dataclasses.field(default_factory=lambda: PLAIN)  # options of `train`
    at: tuple = (0.0, 0.0)  # where the eigenvalues are taken

    @property
    def smooth(self):
        return self.at == (0, 0)


def methods(h=H):
    """All of them. Unrolling depends on the step size, for D is unrolled by its own steps."""
    def pair(real, square):  # the roots real ± √square
        return real + np.array([1, -1]) * np.sqrt(complex(square))

    plain, yes = ({key: verdicts for key in PLAIN} for verdicts in ((CIRCLES,), (CONVERGES,)))
    no = dict.fromkeys(PLAIN, (CIRCLES, LEAVES))
    sigma, gp, unroll = 0.7, 0.7, Unrolled(5)
    kh = unroll.steps * h
    return [
        Method("minimax", "minimax GAN", "no", {**plain, SIMULTANEOUS: (LEAVES,)},
               pair(0, -1 / 4)),
        Method("non-saturating", "non-saturating GAN", "not linearly",
               dict.fromkeys(PLAIN, (CIRCLES, CREEPS)), pair(0, -1 / 4), NonSaturating()),
        Method("wgan", "WGAN, clipped at 1", "no", no, pair(0, -1), Wasserstein(), clip=1.0),
        # its norm has an edge at ψ = 0: beside it, on either side, the field is linear
        Method("wgan-gp", f"WGAN-GP, γ = {gp:g}", "no", no, pair(-gp / 2, gp ** 2 / 4 - 1),
               Wasserstein(), WGANGP(gp / 2), at=(0, 1e-3)),
        Method("noise", f"instance noise, σ = {sigma:g}", "yes", yes,
               pair(-sigma ** 2 / 4, sigma ** 4 / 16 - 1 / 4), noise=sigma),
        *(Method(name, f"R1 (or R2), γ = {gamma:g}", "yes", yes,
                 pair(-gamma / 2, gamma ** 2 / 4 - 1 / 4), penalty=R1(gamma))
          for name, gamma in (("r1", 0.3), ("r1-critical", 1.0))),
        Method("consensus", "consensus, γ = 1", "yes", yes, pair(-1 / 4, -1 / 4),
               schedules={SIMULTANEOUS: dict(updates=Consensus(1.0))}),
        Method("unrolled", f"unrolled GAN, K = {unroll.steps}", "(not in it)", {},
               pair(-kh / 4, kh ** 2 / 16 - 1 / 4), schedules={ALTERNATING: dict(updates=unroll)}),
    ]


# -- the game --------------------------------------------------------------------------------------


class EvenNoise(GaussianNoise):
    """Normal noise without chance: sample n of N always gets the same value, so that a mean over
    the batch stands for the expectation.

        x_n + std · q_n,   q_n = Φ⁻¹((n + 1/2) / N), scaled to variance 1

    Equal steps of probability are symmetric, so odd moments are 0, and the second is exact: the
    eigenvalues at the rest depend on no others. Higher moments lack the far tails.
    """

    def __init__(self, std, samples):
        super().__init__(std)
        normal = statistics.NormalDist()
        q = np.array([normal.inv_cdf((n + 0.5) / samples) for n in range(samples)])
        self.values = (self.std * (q / q.std()))[:, None]  # (N, 1)

    def forward(self, x, train=False):
        return x + self.values, None


class DiracGAN:
    """G = θ and D(x) = −ψ x, made of the package's layers, and what can be asked of them.

    Where there is noise, G adds it to θ, and the real samples are the noise alone.
    A state is an array (θ, ψ).
    """

    def __init__(self, method, h=H, dtype=np.float64):
        self.method, self.h, self.dtype = method, h, dtype
        blur = [EvenNoise(method.noise, NOISE_SAMPLES)] if method.noise else []
        self.generator = Network([Dense(1, 1, bias=False), *blur], rng=0, dtype=dtype)
        self.discriminator = Network([Dense(1, 1, bias=False)], rng=0, dtype=dtype)
        self.real = (blur[0].values if blur else np.zeros((1, 1))).astype(dtype)
        self.z = np.ones_like(self.real)
        self.game = Game(self.generator, self.discriminator, self.real, self.z, method.loss,
                         method.penalty)
        self.rules = [options.get("updates") for options in method.schedules.values()]

    @property
    def state(self):
        return np.array([self.generator.theta[0], -self.discriminator.theta[0]])

    @state.setter
    def state(self, state):
        self.generator.theta[0], self.discriminator.theta[0] = state[0], -state[1]

    def field(self, state):
        """(θ̇, ψ̇) there: the direction of a small step."""
        self.state = state
        G, D, loss = self.generator, self.discriminator, self.method.loss
        rule = self.rules[0]
        if isinstance(rule, Consensus):
            rule.gradients(G, D, self.real, self.z, loss)
        elif isinstance(rule, Unrolled):
            unrolled_generator_gradients(G, D, self.real, self.z, loss, SGD(self.h), rule.steps)
            discriminator_gradients(D, self.real, G.forward(self.z)[0], loss)
        else:
            self.game.field()
        return np.array([-G.grad[0], D.grad[0]])

    def jacobian(self):
        """∂(θ̇, ψ̇) / ∂(θ, ψ) at the rest, (2, 2)."""
        self.state = self.method.at
        rule = self.rules[0]
        if isinstance(rule, Unrolled):
            # its field is of second order already; a complex step costs no digits
            there = DiracGAN(self.method, self.h, np.complex128)
            return np.stack([there.field(COMPLEX_STEP * 1j * unit).imag / COMPLEX_STEP
                             for unit in np.eye(2)], axis=1)
        J = self.game.jacobian()
        if isinstance(rule, Consensus):
            J = J - rule.weight * np.stack([self.game.jacobian_transpose_product(column)
                                            for column in J.T], axis=1)
        flip = np.diag([1, -1])  # ψ = −W
        return flip @ J @ flip

    def path(self, schedule, steps, start=START):
        """Train from `start`; yields the state after each step of `training.train`."""
        self.state = start
        critic = SGD(self.h)
        if self.method.clip < math.inf:
            critic = Clipped(critic, self.method.clip)
        for _ in train(self.generator, self.discriminator, lambda n: self.real, steps=steps,
                       loss=self.method.loss, penalty=self.method.penalty,
                       rng=np.random.default_rng(0), latent=lambda n, rng: self.z,
                       batch_size=len(self.z), d_optimizer=critic, g_optimizer=SGD(self.h),
                       **self.method.schedules[schedule]):
            yield self.state

    def measured_factor(self, schedule):
        """By how much a step near the rest multiplies the distance, in the long run: the largest
        modulus of the eigenvalues of the matrix M of a step, state ← M state."""
        columns = [next(self.path(schedule, 1, TINY * unit)) / TINY for unit in np.eye(2)]
        return np.abs(np.linalg.eigvals(np.stack(columns, axis=1))).max()

    def expected_factor(self, schedule):
        """The same from the Jacobian: M = 1 + hJ if both move at once; if D moves k times and then
        G, each with the other standing still, M = (1 + h J_θ) (1 + h J_ψ)^k, where J_θ is J without
        its second row and J_ψ without its first."""
        step = self.h * self.jacobian()
        if schedule == SIMULTANEOUS:
            matrix = np.eye(2) + step
        else:
            k = self.method.schedules[schedule].get("k", 1)
            matrix = ((np.eye(2) + np.diag([1, 0]) @ step)
                      @ np.linalg.matrix_power(np.eye(2) + np.diag([0, 1]) @ step, k))
        return np.abs(np.linalg.eigvals(matrix)).max()


def verdict(path, h):
    """What a path does, from its distances to the rest: the largest one in each quarter of it.

    path (T, 2). A quarter must hold half a turn, π / (1/2) units of time. A constant factor is
    taken as such if it is e^−0.04 a unit of time at least; a circle may breathe by e^±0.002.
    """
    distance = np.hypot(*path.T)
    if not distance[-1] < 1e3:
        return LEAVES
    quarter = (len(path) - 1) // 4
    time = quarter * h
    if time < 2 * math.pi:
        return TOO_SHORT
    second, third, last = (distance[-n * quarter:][:quarter].max() for n in (3, 2, 1))
    if last < 1e-9 or math.log(last / third) / time < -0.04:
        return CONVERGES
    if math.log(last / second) / (2 * time) > 0.002:
        return LEAVES
    return CREEPS if math.log(last / third) / time < -0.002 else CIRCLES


@dataclasses.dataclass
class Run:
    """What was found about one method."""

    number: int  # in the figure
    method: Method
    gan: DiracGAN
    eigenvalues: np.ndarray = None  # (2,), computed
    factors: dict = dataclasses.field(default_factory=dict)  # schedule -> (measured, expected)
    paths: dict = dataclasses.field(default_factory=dict)  # schedule -> (T + 1, 2)

    @property
    def difference(self):
        """The largest distance between computed and published eigenvalues."""
        known = self.method.eigenvalues
        return min(np.abs(self.eigenvalues - known[order]).max() for order in ([0, 1], [1, 0]))

    def verdicts(self):
        return {schedule: verdict(path, self.gan.h) for schedule, path in self.paths.items()}

    def agreement(self):
        """Does what was measured agree with what was published? Text."""
        found = self.verdicts()
        if not self.method.agrees:
            return "–"
        if TOO_SHORT in found.values():
            return TOO_SHORT
        return "yes" if all(verdict in self.method.agrees[schedule]
                            for schedule, verdict in found.items()) else "NO"


def run(number, method, h, steps, bar):
    """Ask everything of one method; `bar` counts the steps. Returns (Run, interrupted)."""
    gan = DiracGAN(method, h)
    found = Run(number, method, gan, np.linalg.eigvals(gan.jacobian()))
    if method.smooth:
        found.factors = {schedule: (gan.measured_factor(schedule), gan.expected_factor(schedule))
                         for schedule in method.schedules}
    for schedule in method.schedules:
        bar.set_description(f"{method.title}, {schedule}")
        states = [np.array(START)]
        try:
            for state in gan.path(schedule, steps):
                states.append(state)
                bar.update()
        except TrainingDiverged:
            pass  # it left; the verdict says so
        except KeyboardInterrupt:
            return found, True
        finally:
            found.paths[schedule] = np.array(states)
    return found, False


# -- what is shown ---------------------------------------------------------------------------------


def text_of(eigenvalues, digits=4):
    """A pair of eigenvalues: "±0.5000i", "-0.1500 ± 0.4770i" or "-0.5000, -0.5000"."""
    real, imaginary = eigenvalues.real.mean(), np.abs(eigenvalues.imag).max()
    if imaginary < 0.5 * 10 ** -digits:
        return ", ".join(f"{value:.{digits}f}" for value in eigenvalues.real)
    shown = "" if abs(real) < 0.5 * 10 ** -digits else f"{real:.{digits}f} "
    return f"{shown}±{' ' if shown else ''}{imaginary:.{digits}f}i"


def said_of(verdicts):
    """Verdicts {schedule: text} as one or two lines: what, and with which kind of step."""
    kinds = {what: [key for key in verdicts if verdicts[key] == what]
             for what in dict.fromkeys(verdicts.values())}
    return [f"{what}, with each kind of step" if len(keys) == len(PLAIN)
            else f"{what}: {', '.join(keys)}" for what, keys in kinds.items()]


def tables(runs, steps, h):
    """Three tables as lines of text: eigenvalues, factors of a step, and paths."""
    lines = [f"Eigenvalues at the rest     {'computed':<22}{'formula':<22}difference"]
    for one in runs:
        lines.append(f"  {one.method.title:<26}{text_of(one.eigenvalues):<22}"
                     f"{text_of(one.method.eigenvalues):<22}{one.difference:.0e}"
                     + ("" if one.method.smooth else "  beside ψ = 0; at it the field jumps"))

    lines += ["", f"Factor of a step near the rest, h = {h:g}: measured in training (from J)",
              " " * 28 + "".join(f"{schedule:<26}" for schedule in PLAIN).rstrip()]
    for one in runs:
        cells = [f"{one.factors[key][0]:.5f} ({one.factors[key][1]:.5f})" if key in one.factors
                 else "–" for key in PLAIN]
        lines.append(f"  {one.method.title:<26}{''.join(f'{cell:<26}' for cell in cells)}".rstrip())

    lines += ["", f"After {steps} steps from (1, 1): distance from the rest, and verdict",
              " " * 28 + "".join(f"{schedule:<26}" for schedule in PLAIN)
              + "published     as published"]
    for one in runs:
        found = one.verdicts()
        cells = [f"{np.hypot(*one.paths[key][-1]):.2g}  {found[key]}" if key in found else "–"
                 for key in PLAIN]
        lines.append(f"  {one.method.title:<26}{''.join(f'{cell:<26}' for cell in cells)}"
                     f"{one.method.published:<14}{one.agreement()}")
    return lines


def conclusion(runs, h):
    """What these runs have shown, as lines of text."""
    verdicts = {one.method.title: list(one.verdicts().values()) for one in runs}
    met = set(itertools.chain(*verdicts.values()))
    texts = []
    for pulls, what in ((False, "No eigenvalue with a real part below 0, so nothing that pulls "
                         "inwards near the rest"),
                        (True, "Real parts below 0, so small steps near the rest go inwards")):
        titles = [one.method.title for one in runs if one.method.smooth
                  and (one.eigenvalues.real.max() < -PULLS) == pulls]
        found = [verdict for title in titles for verdict in verdicts[title]]
        if titles:
            texts.append(f"{what}: {'; '.join(titles)}. Of {len(found)} paths "
                         f"{found.count(CONVERGES)} converge.")
    away = [f"{one.method.title} ({one.factors[SIMULTANEOUS][0]:.5f})" for one in runs
            if one.factors.get(SIMULTANEOUS, [0])[0] > 1]
    if away:
        texts.append(f"A simultaneous step near the rest multiplies by 1 + hλ; at h = {h:g} it "
                     f"leads outwards with {'; '.join(away)}.")
    return ["", *(f"{verdict:<19}{MEANING[verdict]}" for verdict in MEANING if verdict in met), "",
            *(line for text in texts for line in textwrap.wrap(text, 100))]


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
        ax.set_title("eigenvalues λ at the rest (half of each pair);\ngreen, |1 + hλ| < 1: "
                     "simultaneous steps shrink", fontsize=9.5, loc="left")
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
        ax.set_title("distance from the rest, by number of method", fontsize=9.5, loc="left")
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


def pictures(runs, steps, h, out, film):
    """The files, for `common.write`: the figure, and the film as GIF and as a page."""
    view = Laboratory(runs, steps, h)

    def draw_whole():
        view.show()
        plotting.save_figure(view.figure, out / "dirac.png", dpi=110)

    def draw_film():
        # closer together at the beginning, where more happens
        share = np.linspace(0, 1, min(FRAMES, steps + 1)) ** 1.6
        moments = np.unique((share * steps).astype(int))

        def frame(index):  # the last one shows whole paths again
            view.show(moments[index], TAIL if index < len(moments) - 1 else None)
        plotting.save_film(view.figure, frame, len(moments), out / "film.gif", out / "film.html",
                           fps=8, dpi=72, title="The Dirac-GAN: which methods converge, and why",
                           text=PAGE)

    return {"dirac.png": draw_whole, **({"film.gif, film.html": draw_film} if film else {})}


def main(arguments=None):
    names = [method.name for method in methods()]
    parser = argparse.ArgumentParser(prog="python -m demos.dirac",
                                     description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", default=names,
                        help=f"some of the methods: {', '.join(names)}")
    parser.add_argument("--steps", type=positive, default=STEPS, metavar="N",
                        help=f"steps of each path (default {STEPS})")
    parser.add_argument("--h", type=step_size, default=H,
                        help=f"step size, the learning rate of SGD (default {H})")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/dirac"),
                        metavar="DIR", help="where to write (default out/dirac)")
    parser.add_argument("--no-film", action="store_true", help="write the figure only")
    options = parser.parse_args(arguments)
    usable_folder(parser, options.out)

    chosen = [method for method in methods(options.h) if method.name in options.only]
    runs, interrupted = [], False
    total = options.steps * sum(len(method.schedules) for method in chosen)
    try:
        with progress(total=total, unit=" steps", leave=False) as bar:
            for number, method in enumerate(chosen, 1):
                found, interrupted = run(number, method, options.h, options.steps, bar)
                runs.append(found)
                if interrupted:
                    break
    except KeyboardInterrupt:  # between two paths
        interrupted = True
    code = INTERRUPTED if interrupted else 0
    if interrupted:
        print("Interrupted: what there is gets drawn and saved.", flush=True)
    if runs:
        print("\n".join([*tables(runs, options.steps, options.h), *conclusion(runs, options.h)]),
              flush=True)
        write(options.out, pictures(runs, options.steps, options.h, options.out,
                                    not options.no_film))
    return code


def step_size(text):
    """A positive finite number, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text}")
    return value


if __name__ == "__main__":
    run_main(main)
