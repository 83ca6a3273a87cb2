"""The methods on the Dirac-GAN: eigenvalues, factors of a step and paths, measured and expected."""

import dataclasses
import math
import statistics

import numpy as np

from numgan import SGD, Dense, GaussianNoise, Minimax, Network, NonSaturating
from numgan.game import Consensus, Game, Unrolled, unrolled_generator_gradients
from numgan.losses import Wasserstein
from numgan.optimizers import Clipped
from numgan.penalties import R1, WGANGP
from numgan.training import TrainingDiverged, discriminator_gradients, train

STEPS, H, START = 500, 0.2, (1.0, 1.0)  # the protocol of Mescheder et al. 2018
NOISE_SAMPLES = 400
TINY = 1e-6  # so close to the rest that a step is linear to twelve digits
COMPLEX_STEP = 1e-30

SIMULTANEOUS, ALTERNATING, FIVE = "simultaneous", "alternating", "alternating 5:1"
PLAIN = {SIMULTANEOUS: dict(updates="simultaneous"), ALTERNATING: dict(k=1), FIVE: dict(k=5)}

CONVERGES, CREEPS, CIRCLES, LEAVES = "converges", "creeps inwards", "circles", "spirals outwards"
TOO_SHORT = "too short to tell"


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
    """Normal noise without randomness: sample n of N always gets the same value, so that a mean
    over the batch stands for the expectation.

        x_n + std · q_n,   q_n = Φ⁻¹((n + 1/2) / N), scaled to variance 1

    Equal steps of probability are symmetric, so odd moments are 0, and the second is exact: the
    eigenvalues at the rest depend on no other moments. Higher moments lack the far tails.
    """

    def __init__(self, std, samples):
        super().__init__(std)
        normal = statistics.NormalDist()
        q = np.array([normal.inv_cdf((n + 0.5) / samples) for n in range(samples)])
        self.values = (self.std * (q / q.std()))[:, None]  # (N, 1)

    def forward(self, x, train=False):
        return x + self.values, None


class DiracGAN:
    """G = θ and D(x) = −ψ x, made of the package's layers, and what can be computed from them.

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
        """(θ̇, ψ̇) at this state: the direction of a small step."""
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
        """The same from the Jacobian. If both move at once, M = 1 + hJ. If D moves k times and then
        G, each while the other stands still, M = (1 + h J_θ) (1 + h J_ψ)^k, where J_θ is J without
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

    path (T, 2). A quarter must hold half a turn, π / (1/2) units of time. A path converges if the
    distance shrinks at least as fast as e^−0.04 per unit of time; a circle may vary by e^±0.002.
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
    """Find out everything about one method; `bar` counts the steps. Returns (Run, interrupted)."""
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
