"""The seventeen tips of ganhacks, each a switch on one and the same training in the plane.

    plain = Switches()                               # the baseline
    soft = dataclasses.replace(plain, noisy_labels=True)  # the same with a tip
    trial = soft.start(data.grid(), seed=0)
    for record in trial:
        ...
    samples = trial.sample(2500, rng)

"How to train a GAN? Tips and tricks to make GANs work" (Chintala et al. 2016) is read by everybody,
and none of its tips comes with a number. `TIPS` says for each of them which two settings of the
switches differ in nothing but the tip: `python -m demos.tips` measures.

The baseline was fixed before any tip was tried: it should find some of the modes and not all, so
that a tip can help and can hurt. It follows some of the tips already (data in [−1, 1], tanh, the
non-saturating loss, a Gaussian latent, LeakyReLU, no balancing). These are measured by leaving them
out; "with" is always with the tip.
"""

import dataclasses
import typing

import numpy as np

from numgan._checks import choice
from numgan.data import sampler
from numgan.diagnose import Monitor
from numgan.latent import great_circle, straight_line
from numgan.layers import (BatchNorm, Dense, Dropout, GaussianNoise, LayerNorm, LeakyReLU,
                           MinibatchDiscrimination, Tanh)
from numgan.losses import AuxiliaryClassifier, Minimax, NonSaturating
from numgan.networks import Network
from numgan.networks.models import conditioned
from numgan.optimizers import SGD, Adam
from numgan.pairs import Pair, latents, one_hot, x_of
from numgan.presets import faded
from numgan.training import train

from .methods import (Balanced, Checkpoints, Flipped, HybridVAE, MixedBatches, NoisyLabels,
                      OneAfterTheOther, Replay)

NORMALIZATIONS = {"batch": BatchNorm, "layer": LayerNorm}
WATCHED = 300  # samples that the diagnosis of tip 10 looks at
REMEMBERED = 50  # batches of generated samples in the replay buffer


@dataclasses.dataclass(frozen=True)
class Switches:
    """A training in the plane, and all tips as switches; the numbers are those of ganhacks' list.

    The defaults are the baseline. Most can be combined; `start` refuses those that cannot.
    """

    # the same for all
    steps: int = 12_000
    batch_size: int = 64
    hidden: tuple = (64, 64, 64)  # of G and of D
    latent: int = 2
    rate: float = 1e-3  # of Adam(rate, beta1), of both
    beta1: float = 0.5
    schedule: str = "cosine"  # of the rates

    normalized: bool = True  # 1: the data in [−1, 1], divided by the half side of their box
    bounded: bool = True  # 1: tanh at G's end
    saturating: bool = False  # 2: G descends ln(1 − D), as in the minimax game
    uniform_latent: bool = False  # 3: z uniform in [−1, 1] rather than N(0, 1)
    midpoints: str = None  # 3: samples from between two latents: "chord" or "arc"
    normalization: str = None  # 4: "batch" or "layer", in both networks but for D's first layer
    mixed_batches: bool = False  # 4: real and generated samples in one batch of BatchNorm
    slope: float = 0.2  # 5: of LeakyReLU for negative values, in both; 0 is ReLU
    noisy_labels: bool = False  # 6: real U(0.7, 1.2), generated U(0, 0.3)
    flips: float = 0.0  # 6: the share of samples with the wrong label for D
    hybrid: bool = False  # 7: G is the decoder of a VAE too
    replay: float = 0.0  # 8: the share of old samples among the generated ones that D sees
    checkpoints: bool = False  # 8: now and then each player meets an older opponent
    d_sgd: float = None  # 9: D learns by plain SGD at this rate
    watched: bool = False  # 10: at each diagnosis D's rate is halved
    balance: tuple = None  # 11: D learns only while its loss is above the first number, G second
    labels: str = None  # 12: "join", both players see the class; "auxiliary", D guesses it (ACGAN)
    input_noise: float = 0.0  # 13: on what D sees, fading; in units of the data's std
    g_noise: float = 0.0  # 13: std of the noise in every hidden layer of G while training
    k: int = 1  # 14: steps of D for each of G
    batch_discrimination: bool = False  # 15: D is told how close the samples of a batch are
    embedding: int = None  # 16: the class goes through so many numbers first; needs labels
    dropout: float = 0.0  # 17: share of G's hidden values dropped, in training and in sampling

    def start(self, toy, seed, steps=None):
        """A `Trial` on toy (numgan.data.Toy2D); `steps` : another number of steps, or None."""
        return Trial(self, toy, seed, self.steps if steps is None else steps)

    def __post_init__(self):
        for name, known in (("normalization", (None, *NORMALIZATIONS)),
                            ("labels", (None, "join", "auxiliary")),
                            ("midpoints", (None, "chord", "arc"))):
            choice("Switches", name, getattr(self, name), known)
        rules = [name for name in ("hybrid", "checkpoints", "balance") if getattr(self, name)]
        rules += ["k"] * (self.k != 1)
        apart = [*rules, *["labels"] * (self.labels is not None)]
        for together, why in (
                (rules, "each says whose turn it is: one of them at a time"),
                (apart if "hybrid" in rules else [], "the encoder makes no labels"),
                (["bounded", "normalized=False"] * (self.bounded and not self.normalized),
                 "tanh cannot reach data outside of [−1, 1]"),
                (["saturating", "noisy_labels"] * (self.saturating and self.noisy_labels),
                 "the noisy labels are those of the non-saturating loss"),
                (["labels"] + [name for name in ("input_noise", "mixed_batches", "midpoints",
                                                 "uniform_latent")
                               if getattr(self, name)] if self.labels else [],
                 "this switch is not made for pairs of sample and label")):
            if len(together) > 1:
                raise ValueError(f"Switches: {' and '.join(together)} cannot be combined: {why}")
        if self.embedding and not self.labels:
            raise ValueError("Switches: embedding needs labels, got labels=None")


class Trial:
    """Switches at work: iterate over it for the `Record` of each step, as far as wanted.

    Attributes
    ----------
    generator, discriminator : Network
    loss : the loss of the game
    findings : list of diagnose.Finding, where the training is `watched`
    """

    def __init__(self, switches, toy, seed, steps):
        s, rng = switches, np.random.default_rng(seed)
        self.switches, self.steps, self._toy = s, steps, toy
        self.scale = np.abs(toy.extent).max() if s.normalized else 1.0
        self.classes = len(toy.centers) if s.labels else 0
        self.loss = Minimax() if s.saturating else NonSaturating()
        if s.noisy_labels:
            self.loss = NoisyLabels(rng=rng.spawn(1)[0])
        self._blur = GaussianNoise(0)
        if s.labels:
            self.generator, self.discriminator = conditioned(
                lambda extra: _generator(s, extra, rng),
                lambda extra: _discriminator(s, extra, rng),
                2, s.latent, self.classes, head=s.labels, embedding=s.embedding, rng=rng)
            if s.labels == "auxiliary":
                self.loss = AuxiliaryClassifier(self.loss, self.classes)
        else:
            self.generator = _generator(s, 0, rng)
            self.discriminator = _discriminator(s, 0, rng, self._blur)
        spread = toy.sample(10_000, np.random.default_rng(0)).std() / self.scale
        self._noise = s.input_noise * spread
        self._finest = (toy.std or 0.01 * spread) / self.scale
        draw = sampler(toy, rng)
        self._real = lambda n: self._labelled(draw(n))
        d_optimizer = SGD(s.d_sgd) if s.d_sgd else Adam(s.rate, s.beta1)
        self.findings, watch = [], None
        if s.watched:
            looks = np.random.default_rng([seed, 2])
            watch = Monitor(sample=lambda: self.sample(WATCHED, looks),
                            real=toy.sample(WATCHED, looks).astype(np.float32), loss=self.loss,
                            tell=lambda finding: self._react(finding, d_optimizer))
        self._records = train(
            self.generator, self.discriminator, self._real, loss=self.loss, steps=steps, rng=rng,
            k=s.k, batch_size=s.batch_size, schedule=s.schedule, d_optimizer=d_optimizer,
            g_optimizer=Adam(s.rate, s.beta1), updates=_updates(s, rng), latent=self._latent,
            d_batches=_d_batches(s, rng), watch=watch)

    def __iter__(self):
        self._fade(0.0)
        for record in self._records:
            yield record
            self._fade((record.step + 1) / self.steps)

    def sample(self, n, rng):
        """n generated samples in the units of the data, (n, 2). The training is not affected."""
        generator = self.generator.copy()  # what draws (dropout) draws from a copy of its rng
        z = self._latent(n, rng)
        if self.switches.midpoints:
            other = self._latent(n, rng)
            way = straight_line if self.switches.midpoints == "chord" else great_circle
            z = way(z, other, 0.5).astype(z.dtype)
        return x_of(generator(z)) * self.scale

    def _latent(self, n, rng):
        s = self.switches
        if self.classes:
            return latents(s.latent, self.classes)(n, rng)
        if s.uniform_latent:
            return rng.uniform(-1, 1, (n, s.latent)).astype(np.float32)
        return rng.standard_normal((n, s.latent), np.float32)

    def _labelled(self, real):
        """Real samples as the networks take them; their class is the nearest mode."""
        scaled = real / np.float32(self.scale)
        if not self.classes:
            return scaled
        distances = ((real[:, None] - self._toy.centers) ** 2).sum(axis=2)
        return Pair(scaled, one_hot(distances.argmin(axis=1), self.classes))

    def _fade(self, progress):
        if self._noise:
            self._blur.std = float(faded(self._noise, self._finest, progress / 0.6))

    def _react(self, finding, d_optimizer):
        self.findings.append(finding)
        d_optimizer.learning_rate /= 2


# -- what the switches make ------------------------------------------------------------------------


def _generator(s, extra, rng):
    layers, size = [], s.latent + extra
    for width in s.hidden:
        layers += [*_hidden(s, size, width, s.normalization),
                   *[GaussianNoise(s.g_noise)] * bool(s.g_noise),
                   *[Dropout(s.dropout, always=True)] * bool(s.dropout)]
        size = width
    return Network([*layers, Dense(size, 2), *[Tanh()] * s.bounded], rng=rng)


def _discriminator(s, extra, rng, blur=None):
    layers, size = [blur] * bool(s.input_noise), 2 + extra
    for index, width in enumerate(s.hidden):
        layers += _hidden(s, size, width, s.normalization if index else None)
        size = width
    if s.batch_discrimination:
        layers.append(MinibatchDiscrimination(size, 16, 4))
        size += 16
    kind = MixedBatches if s.mixed_batches else Network
    return kind([*layers, Dense(size, 1)], rng=rng, input_shape=(2 + extra,))


def _hidden(s, size, width, normalization):
    norm = [NORMALIZATIONS[normalization](width)] if normalization else []
    return [Dense(size, width, init="he"), *norm, LeakyReLU(s.slope)]


def _updates(s, rng):
    if s.hybrid:
        layers, size = [], 2
        for width in s.hidden:
            layers += [Dense(size, width, init="he"), LeakyReLU(s.slope)]
            size = width
        encoder = Network([*layers, Dense(size, 2 * s.latent)], rng=rng)
        return HybridVAE(encoder, optimizer=Adam(s.rate, s.beta1))
    if s.checkpoints:
        return Checkpoints()
    return Balanced(*s.balance) if s.balance else "alternating"


def _d_batches(s, rng):
    steps = ([Replay(s.replay, REMEMBERED * s.batch_size, rng)] * bool(s.replay)
             + [Flipped(s.flips, rng)] * bool(s.flips))
    return OneAfterTheOther(*steps) if steps else None


# -- the tips --------------------------------------------------------------------------------------


class Tip(typing.NamedTuple):
    """A tip and the two settings that differ in it alone.

    without, having : dict, switches → values, changes of the baseline
    """

    number: int
    name: str  # a row's name
    text: str  # what the two settings are
    without: dict = {}
    having: dict = {}

    def settings(self, baseline=Switches()):
        """(without the tip, with it) as `Switches`."""
        return (dataclasses.replace(baseline, **self.without),
                dataclasses.replace(baseline, **self.having))


RAW = {"normalized": False, "bounded": False}
BATCH = {"normalization": "batch"}

TIPS = [
    Tip(1, "normalise, and tanh", "the data in [−1, 1] and tanh at G's end; without: in "
        "[−4.2, 4.2], no tanh", without=RAW),
    Tip(1, "normalise alone", "the data in [−1, 1]; without: in [−4.2, 4.2]; no tanh in either",
        without=RAW, having={"bounded": False}),
    Tip(1, "tanh alone", "at G's end, the data in [−1, 1] in both; without: G ends linear",
        without={"bounded": False}),
    Tip(2, "G climbs ln D", "without: G descends ln(1 − D)", without={"saturating": True}),
    Tip(3, "Gaussian z", "without: uniform in [−1, 1]", without={"uniform_latent": True}),
    Tip(3, "great circles", "samples from the middle between two latents: of the arc; without: of "
        "the chord", without={"midpoints": "chord"}, having={"midpoints": "arc"}),
    Tip(4, "separate batches", "both with BatchNorm, D's sees real and generated samples apart; "
        "without: as one batch", without={**BATCH, "mixed_batches": True}, having=BATCH),
    Tip(4, "BatchNorm", "in G and D, separate batches; without: none", having=BATCH),
    Tip(4, "LayerNorm", "in G and D, where BatchNorm is no option; without: none",
        having={"normalization": "layer"}),
    Tip(5, "LeakyReLU", "in G and D, slope 0.2; without: ReLU", without={"slope": 0.0}),
    Tip(6, "soft noisy labels", "real U(0.7, 1.2), generated U(0, 0.3); without: 1 and 0",
        having={"noisy_labels": True}),
    Tip(6, "flipped labels", "5 % of D's labels are wrong", having={"flips": 0.05}),
    Tip(7, "VAE + GAN", "G is a VAE's decoder too (DCGAN, the tip's other half, is for images)",
        having={"hybrid": True}),
    Tip(8, "replay of old samples", "half of what D sees as generated, from the last 100 steps or "
        "so", having={"replay": 0.5}),
    Tip(8, "old checkpoints", "every 500 steps, for 10, each meets an opponent of up to 5,000 "
        "steps ago", having={"checkpoints": True}),
    Tip(9, "SGD for D, 0.01", "Adam for G; without: Adam for both", having={"d_sgd": 0.01}),
    Tip(9, "SGD for D, 0.1", "the same at ten times the rate", having={"d_sgd": 0.1}),
    Tip(10, "act on failures", "each finding of `diagnose` halves D's rate",
        having={"watched": True}),
    Tip(11, "no balancing", "without: D learns only while its loss > 1.2, G only while its own "
        "> 0.6", without={"balance": (1.2, 0.6)}),
    Tip(12, "auxiliary classifier", "G is told which of the modes to make, D guesses it (ACGAN)",
        having={"labels": "auxiliary"}),
    Tip(12, "labels for both", "G and D are told the mode (conditional GAN)",
        having={"labels": "join"}),
    Tip(13, "fading noise on D's input", "as wide as the data at first, none after 60 %",
        having={"input_noise": 1.0}),
    Tip(13, "noise in G's layers", "N(0, 0.1²) in each hidden layer while training",
        having={"g_noise": 0.1}),
    Tip(14, "more steps of D", "5 for each of G; as many steps of G, so three times the time",
        having={"k": 5}),
    Tip(15, "batch discrimination", "D is told how close the samples of a batch are",
        having={"batch_discrimination": True}),
    Tip(16, "label embedding", "labels for both, the 25 modes as 4 learned numbers each; without: "
        "one-hot", without={"labels": "join"}, having={"labels": "join", "embedding": 4}),
    Tip(17, "dropout in G", "half of the hidden values, in training and in sampling",
        having={"dropout": 0.5}),
]
