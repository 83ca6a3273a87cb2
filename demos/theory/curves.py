"""Reading the curves: six short trainings, and what their curves, samples and `numgan.diagnose`
say."""

import dataclasses
import typing
import warnings

import numpy as np

from numgan import SGD, Adam, Dense, Minimax, Network, NonSaturating, data, metrics, models
from numgan.diagnose import diagnose
from numgan.layers import Layer
from numgan.losses import Wasserstein
from numgan.penalties import R1
from numgan.training import TrainingDiverged, train

# The point is a small heap: one of std σ damps the circling, with eigenvalues of real part −σ²/4.
RING, SHARP, POINT = data.ring(std=0.1), data.ring(std=0.05), data.gaussians([[0, 0]], 0.04)
WIDTH, BATCH, SAMPLES, LOOKS = 64, 64, 500, 24


def adam(rate, beta2=0.99):
    return lambda: Adam(rate, beta2=beta2)


def perceptrons(depth=2, init="he"):
    """Function of an rng: G and D of `depth` hidden layers."""
    def make(rng):
        hidden = (WIDTH,) * depth
        return (models.mlp_generator(hidden=hidden, rng=rng, init=init),
                models.mlp_discriminator(hidden=hidden, rng=rng, init=init))
    return make


class Shift(Layer):
    """y = x / 25 + b: all that this generator can learn is where its heap lies. db = Σ dy."""

    def __init__(self):
        super().__init__(b=(2,))

    def forward(self, x, train=False):
        return x / 25 + self.b, None

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if param_grads:
            self.db += dy.sum(axis=0)
        return dy / 25 if input_grad else None

    def output_shape(self, input_shape):
        return input_shape

    def initialize(self, rng):
        self.b[...] = 1.2, 0.8


def shifted(rng):
    """G shifts a heap in the plane, D is a plane's slope: a Dirac-GAN of two dimensions."""
    G = Network([Shift()], rng=rng, input_shape=(2,))
    D = Network([Dense(2, 1, bias=False)], rng=rng)
    D.theta.fill(0)
    return G, D


class Case(typing.NamedTuple):
    """A training, and what it was made to show."""

    label: str
    sign: str  # how to recognise it
    toy: object
    networks: typing.Callable
    loss: object
    steps: int
    d_optimizer: typing.Callable
    g_optimizer: typing.Callable
    options: dict = {}
    expected: str = ""  # the finding that `diagnose` should have; "" for none


CASES = [  # chosen on seeds 100 to 103
    Case("Healthy", "both losses level off, D goes to ½, all modes are there",
         RING, perceptrons(), NonSaturating(), 800, adam(5e-3), adam(2e-3),
         dict(penalty=R1(0.1), schedule="cosine")),
    Case("G's loss rises, samples get better", "the loss says how good D is, not how good G is",
         SHARP, perceptrons(), NonSaturating(), 350, adam(2e-3), adam(5e-4), dict(k=2)),
    Case("Collapsed", "D stays ahead; only samples tell what is wrong",
         SHARP, perceptrons(init="dcgan"), NonSaturating(), 1100, adam(6e-3, 0.999),
         adam(4e-4, 0.999), dict(k=2, schedule="linear"), "G collapsed"),
    Case("D has won", "D's loss is 0, and G, by the minimax loss, stands still",
         SHARP, perceptrons(init="dcgan"), Minimax(), 400, adam(1e-2), adam(1e-4),
         expected="D has won"),
    Case("Circling", "the same swing, again and again",
         POINT, shifted, Minimax(), 450, lambda: SGD(0.3), lambda: SGD(0.3),
         expected="oscillation"),
    Case("Exploded", "look at the scale: nothing bounds this critic",
         SHARP, perceptrons(3), Wasserstein(), 200, lambda: SGD(0.005, momentum=0.9), adam(1e-4),
         expected="explosion"),
]


@dataclasses.dataclass
class Run:
    """What one training left behind."""

    case: Case
    real: np.ndarray
    records: list = dataclasses.field(default_factory=list)
    steps: list = dataclasses.field(default_factory=list)  # of the looks
    samples: list = dataclasses.field(default_factory=list)  # (SAMPLES, 2) at each
    scores: list = dataclasses.field(default_factory=list)  # ModeStatistics at each
    findings: list = dataclasses.field(default_factory=list)
    stopped: str = ""

    @property
    def quality(self):
        """The share of high-quality samples at each look."""
        return [score.high_quality for score in self.scores]

    @property
    def as_expected(self):
        names = [finding.name for finding in self.findings]
        return self.case.expected in names if self.case.expected else not names

    def series(self, name):
        return np.array([getattr(record, name) for record in self.records])

    def tenth(self, name, last):
        """The mean over the first, or the last, tenth of the records."""
        values = self.series(name)
        part = max(1, len(values) // 10)
        return float((values[-part:] if last else values[:part]).mean())


def run(seed, quick=False, report=lambda: None):
    """Train all six."""
    return [train_one(number, case, seed, quick, report) for number, case in enumerate(CASES)]


def train_one(number, case, seed, quick, report):
    rng = np.random.default_rng([seed, 5, number])
    z = np.random.default_rng([seed, 6]).standard_normal((SAMPLES, 2))
    found = Run(case, case.toy.sample(SAMPLES, np.random.default_rng([seed, 7])))
    G, D = case.networks(rng)
    steps = case.steps // 20 if quick else case.steps
    every = max(1, steps // LOOKS)

    def look(step):
        samples = G(z)
        found.steps.append(step)
        found.samples.append(samples)
        found.scores.append(metrics.mode_statistics(samples, case.toy.centers, case.toy.std))
    look(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nothing bounds a critic: the run is to show it
        training = train(G, D, data.sampler(case.toy, rng), loss=case.loss, steps=steps, rng=rng,
                         batch_size=BATCH, d_optimizer=case.d_optimizer(),
                         g_optimizer=case.g_optimizer(), **case.options)
    try:
        for record in training:
            report()
            found.records.append(record)
            if (record.step + 1) % every == 0:
                look(record.step + 1)
    except TrainingDiverged as error:
        found.stopped = str(error)
    found.findings = diagnose(found.records, list(zip(found.steps, found.samples)), found.real,
                              list(zip(found.steps, found.scores)), case.loss)
    return found


# -- in words --------------------------------------------------------------------------------------


def verdict(found):
    """What `numgan.diagnose` says of a run, the first finding if there are several, as two texts.
    """
    if not found.findings:
        return "nothing is wrong", "as far as its rules can see."
    first = next((one for one in found.findings if one.name == found.case.expected),
                 found.findings[0])
    return f"{first.name}, from step {first.step}", first.evidence


def said(runs):
    lines = [f"{'Reading the curves':<38}{'G loss, first to last':<24}{'good samples':<17}"
             f"{'modes':<8}numgan.diagnose"]
    for one in runs:
        loss = " → ".join(f"{one.tenth('g_loss', last):.3g}" for last in (False, True))
        quality = " → ".join(f"{100 * share:.0f} %" for share in (one.quality[0], one.quality[-1]))
        names = ", ".join(finding.name for finding in one.findings) or "nothing"
        lines.append(f"  {one.case.label:<36}{loss:<24}{quality:<17}"
                     f"{f'{one.scores[-1].modes}/{len(one.case.toy.centers)}':<8}{names}")
    right = sum(one.as_expected for one in runs)
    missed = [one.case.label for one in runs if not one.as_expected]
    rising = rises_and_improves(runs)
    return lines + ["", (
        f"numgan.diagnose finds what each was made to show in {right} of {len(runs)}"
        + (f", not in: {'; '.join(missed)}" if missed else "") + ". "
        + (f"G's loss rises while more of its samples are good in: {'; '.join(rising)}."
           if rising else "In none G's loss rises while more of its samples are good."))]


def rises_and_improves(runs):
    """The labels of the runs in which G's loss rises (means of the first and the last tenth), and
    quality too (first and last look)."""
    return [one.case.label for one in runs if not one.stopped
            and one.tenth("g_loss", True) > one.tenth("g_loss", False) + 0.1
            and one.quality[-1] > one.quality[0] + 0.1]


def figures(runs):
    return [{"label": one.case.label, "sign": one.case.sign, "steps": len(one.records),
             "g_loss": [one.tenth("g_loss", last) for last in (False, True)],
             "d_loss": [one.tenth("d_loss", last) for last in (False, True)],
             "quality": [one.quality[0], one.quality[-1]], "modes": one.scores[-1].modes,
             "findings": [finding.name for finding in one.findings], "stopped": one.stopped}
            for one in runs]
