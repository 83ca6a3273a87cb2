"""The rules: each takes arrays and returns a `Finding` or None; `diagnose` applies all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .._types import Array
from ..losses import Hinge, Loss, Minimax, NonSaturating, Wasserstein, binary_cross_entropy
from ..training import Record
from .measures import periodicity, relative_diversity, sustained

WON_LOSS = 0.05  # nats, −2 ln 0.975: D gives the truth 97.5 %. Healthy presets stay above 0.6
WON_STEPS = 100  # a new D beats a new G for some tens of steps in healthy runs, until G arrives

MISLED_MARGIN = 0.03  # D(G(z)) − D(x); over that many steps healthy presets stay below 0.015
MISLED_STEPS = 100  # an untrained D may begin on the wrong side

COLLAPSED = 0.5  # of the real diversity in nats, or of the modes. After 500 steps presets are above
# 0.8, the digits of demos.digits above 0.6, the plain GAN of demos.mode_collapse below 0.45
COLLAPSED_STEPS = 500  # G begins in a heap (initializer "dcgan"); it takes some hundred steps to
# get out
ON_MODES = 0.5  # of the samples must be of high quality: before that G is on its way, not collapsed

SWING_WINDOW = 256  # points of a window; with the blocks below, 256 and 2048 steps
SWING_BLOCKS = (1, 8)  # steps averaged into a point: a fast and a slow swing
SWING_SHORTEST = 8  # points: faster turning is one player overshooting, not two chasing each other
SWING_CORRELATION = 0.4  # at one period's distance: this share of the variance repeats, the rest is
# noise; healthy presets, where they swing as widely as is asked here, stay below 0.25
SWING_SETTLED = 0.8  # amplitude of a window's second half by its first; below, it is dying out
SWING_PROBABILITY = 0.05  # standard deviation of D(G(z)) from which a swing matters
SWING_CRITIC = 0.2  # the same for a critic's loss, divided by its mean size: a critic has no scale

EARLY = 20  # records that show what is usual in this run
EXPLOSION = 100  # times the early size; single records of healthy presets reach 50 (WGAN)
EXPLOSION_FLOOR = 1.0  # the early size counts as at least this: times 100, ganhacks' norm of 100
EXPLOSION_RECORDS = 10  # one spike is a bad batch
EXPLOSION_AT_ONCE = 1e4  # the factor at which one record is enough: the next may be infinite


Look: TypeAlias = tuple[int, Any]  # (step, what was seen)
Series: TypeAlias = dict[str, Array]
Steps: TypeAlias = Sequence[int] | Array


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    name : str, one of those that `numgan.diagnose` lists
    step : int, where it began
    evidence : str, a sentence with the numbers
    remedies : tuple of str, what to try, the most likely first
    """

    name: str
    step: int
    evidence: str
    remedies: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([f"{self.name}, from step {self.step}: {self.evidence}",
                          *(f"  - try {remedy}" for remedy in self.remedies)])


def diagnose(records: Iterable[Record], samples: Sequence[Look] | None = None,
             real: ArrayLike | None = None, modes: Sequence[Look] | None = None,
             loss: Loss | None = None) -> list[Finding]:
    """The findings of a training, in the order in which they began; an empty list if none.

    Parameters
    ----------
    records : list of `training.Record`, one for each step, of the run so far
    samples : list of (step, batch), batch (N, ...) generated at that step, N >= 16; needs `real`.
        Generate them from the same latents each time, drawn by an rng of their own
    real : (N, ...), real samples
    modes : list of (step, `metrics.ModeStatistics`), where modes are known
    loss : the training's loss. Without it cross-entropy is assumed, unless a negative D loss shows
        that it is a critic's. D(x) and D(G(z)) are judged only if ``loss.absolute``

    Returns
    -------
    list of Finding, at most one of each name

    Raises
    ------
    ValueError : records or samples that are not finite, or too few samples

    >>> records = [Record(i, 1e-3, 7.0, 0.999, 0.001, 0.1, 4.0) for i in range(200)]
    >>> print(diagnose(records)[0].evidence)
    D's loss stays below 0.05 nats (median 0.001), D(x) = 0.999 and D(G(z)) = 0.001.
    """
    series = series_of(records)
    shares = []
    for step, batch in samples or []:
        if real is None:
            raise ValueError("diagnose: samples are compared with real ones: expected real, got "
                             "None")
        shares.append((step, relative_diversity(batch, real)))
    return findings_of(series, series, shares, modes or [], loss)


def findings_of(series: Series, early: Series, shares: Sequence[Look], modes: Sequence[Look],
                loss: Loss | None) -> list[Finding]:
    """The findings. `series` holds at least the latest records; `early` holds the first ones."""
    absolute, saturates, floor, critic = _kind(series, early, loss)
    found = [None if critic else discriminator_has_won(series, absolute, saturates, floor),
             discriminator_is_misled(series) if absolute else None,
             collapse_of_diversity(shares, early["step"][:1]),
             collapse_of_modes(modes, early["step"][:1]),
             oscillation(series, absolute),
             explosion(series, early, critic)]
    # one finding for each name: samples and modes may both show a collapse
    first: dict[str, Finding] = {}
    for finding in sorted(filter(None, found), key=lambda finding: finding.step):
        first.setdefault(finding.name, finding)
    return list(first.values())


def report(findings: Iterable[Finding]) -> str:
    """The findings as text, a paragraph each, or one line that says that there are none."""
    return "\n\n".join(map(str, findings)) or "Nothing is wrong, as far as these rules can see."


# -- the rules: each takes arrays and returns a Finding or None ------------------------------------


def discriminator_has_won(series: Series, absolute: bool = True, saturates: bool = False,
                          floor: float = 0.0) -> Finding | None:
    """D's loss is next to nothing above `floor`, its lowest possible value (label smoothing).

    Then G's step is blind. With `Minimax` its gradient, proportional to D(G(z)), is gone. With
    `NonSaturating` its loss is large, and the gradient points wherever D happens to slope.
    """
    excess = series["d_loss"] - floor
    start = sustained(excess < WON_LOSS, WON_STEPS)
    if start is None:
        return None
    stop = start + WON_STEPS
    above = f" above the lowest possible {floor:.3f}" if floor else ""
    text = (f"D's loss stays below {WON_LOSS} nats{above} "
            f"(median {np.median(excess[start:stop]):.3g})")
    if absolute:
        text += (f", D(x) = {np.median(series['d_real'][start:stop]):.3f} and "
                 f"D(G(z)) = {np.median(series['d_fake'][start:stop]):.3f}")
    now, before = series["g_grad_norm"][start:stop], series["g_grad_norm"][:start + 1]
    if saturates:
        text += (f"; the gradient of G, which had norm {before.max():.2g}, is down to "
                 f"{np.median(now):.2g}")
    return Finding("D has won", int(series["step"][start]), text + ".", (
        *(("loss=NonSaturating(), whose gradient does not vanish here",) if saturates else ()),
        "noise on what D sees: GaussianNoise as its first layer, wide at first, then fading",
        "a penalty that keeps D flat: penalty=R1(), as in the preset \"r1\"",
        "a slower D: a lower rate for d_optimizer, k=1; or a higher one for g_optimizer",
        "targets below 1 for real samples: smoothing=0.1 of Minimax and NonSaturating"))


def discriminator_is_misled(series: Series) -> Finding | None:
    """D(G(z)) > D(x): D ranks generated samples above real ones, and its slope leads G astray."""
    start = sustained(series["d_fake"] - series["d_real"] > MISLED_MARGIN, MISLED_STEPS)
    if start is None:
        return None
    part = slice(start, start + MISLED_STEPS)
    return Finding("D is misled", int(series["step"][start]), (
        f"D takes generated samples for real more often than real ones: D(x) = "
        f"{np.median(series['d_real'][part]):.3f}, D(G(z)) = "
        f"{np.median(series['d_fake'][part]):.3f} (medians)."), (
        "more steps of D: k=5, or a higher rate for d_optimizer, a lower one for g_optimizer",
        "a wider or deeper D",
        "a smaller weight of the penalty, or less GaussianNoise, if there is one",
        "fewer steps ahead, if updates=Unrolled: G runs ahead of D"))


def collapse_of_diversity(shares: Sequence[Look], first: Steps = (0,)) -> Finding | None:
    """Samples have less than half the diversity of real ones, at each look for 500 steps.

    shares : list of (step, `relative_diversity`); first : the first step of the training
    """
    found = _collapsed(shares, [share < COLLAPSED for _, share in shares], first)
    if found is None:
        return None
    begin, end = found
    return _collapse(shares[begin][0], (
        f"generated samples have {100 * shares[end][1]:.0f} % of the diversity of real ones at "
        f"step {shares[end][0]} (logarithms of effective numbers of different samples), and have "
        f"been below {100 * COLLAPSED:.0f} % at each look since step {shares[begin][0]}."))


def collapse_of_modes(modes: Sequence[Look], first: Steps = (0,)) -> Finding | None:
    """Most samples are on modes, but on half of the modes or fewer, at each look for 500 steps.

    modes : list of (step, `metrics.ModeStatistics`)
    """
    found = _collapsed(modes, [score.high_quality >= ON_MODES
                               and score.modes <= COLLAPSED * len(score.counts)
                               for _, score in modes], first)
    if found is None:
        return None
    begin, end = found
    score = modes[end][1]
    return _collapse(modes[begin][0], (
        f"{100 * score.high_quality:.0f} % of the generated samples are of high quality at step "
        f"{modes[end][0]}, but on {score.modes} of {len(score.counts)} modes, and so at each look "
        f"since step {modes[begin][0]}."))


def _collapsed(looks: Sequence[Look], low: Sequence[bool],
               first: Steps) -> tuple[int, int] | None:
    """(index of the first look of the collapse, index of the look that proves it), or None.

    A look proves it if training has taken 500 steps by then and all looks in the last 500 are low.
    """
    steps = [step for step, _ in looks]
    if (np.diff(steps) <= 0).any():
        raise ValueError(f"diagnose: expected samples and modes in the order of their steps, "
                         f"got {steps}")
    begin = None
    for i, step in enumerate(steps):
        if not low[i]:
            begin = None
            continue
        begin = i if begin is None else begin
        was_high = begin > 0 and steps[begin - 1] > step - COLLAPSED_STEPS
        if step - (first[0] if len(first) else 0) + 1 >= COLLAPSED_STEPS and not was_high:
            return begin, i
    return None


def _collapse(step: int, evidence: str) -> Finding:
    return Finding("G collapsed", int(step), evidence, (
        "noise on what D sees: GaussianNoise as its first layer, as wide as the data, then fading",
        "judging in pairs: loss=Relativistic() with penalty=R1R2(), as in the preset \"r3gan\"",
        "a G that sees D's answer: updates=Unrolled(5)",
        "a slower D: a lower rate for d_optimizer; 20 times G's is what made demos.mode_collapse "
        "collapse"))


def oscillation(series: Series, absolute: bool = True) -> Finding | None:
    """A periodic swing of D(G(z)), or of a critic's loss, that does not die out."""
    name, signal = ("D(G(z))", series["d_fake"]) if absolute else ("D's loss", series["d_loss"])
    for block in SWING_BLOCKS:
        points = signal[:len(signal) // block * block].reshape(-1, block).mean(axis=1)
        for start in range(0, len(points) - SWING_WINDOW + 1, SWING_WINDOW // 4):
            window = points[start:start + SWING_WINDOW]
            least = SWING_PROBABILITY if absolute else SWING_CRITIC * np.abs(window).mean()
            first, second = np.split(window, 2)
            if window.std() < least or second.std() < SWING_SETTLED * first.std():
                continue
            period, correlation = periodicity(window)
            if period >= SWING_SHORTEST and correlation >= SWING_CORRELATION:
                return Finding("oscillation", int(series["step"][start * block]), (
                    f"{name} swings with a period of about {period * block} steps between "
                    f"{np.quantile(window, 0.05):.2g} and {np.quantile(window, 0.95):.2g} and does "
                    f"not settle: one period later it has correlation {correlation:.2f} with "
                    f"itself."), (
                    "a penalty that pulls the game to rest: penalty=R1(), as in the preset \"r1\"",
                    "updates=\"alternating\" if they are simultaneous; or updates=Consensus(10), "
                    "Unrolled(5)",
                    "lower rates, schedule=\"cosine\", and Adam with beta1=0, which carries no "
                    "momentum round the bend",
                    "average=WeightAverage(generator): the average stands where the path turns "
                    "around"))
    return None


def explosion(series: Series, early: Series, critic: bool = False) -> Finding | None:
    """A gradient's norm, or the size of D's loss, has grown by a factor of a hundred or more.

    early : the first records of the run, which show what is usual
    """
    found = []
    for key, name in (("d_grad_norm", "the norm of D's gradient"),
                      ("g_grad_norm", "the norm of G's gradient"), ("d_loss", "D's loss")):
        size = np.abs(series[key])
        if not len(size):
            continue
        count = min(EARLY, -(-len(size) // 2))  # a run may end after three steps
        usual = max(EXPLOSION_FLOOR, np.median(np.abs(early[key][:count])))
        start = sustained(size > EXPLOSION * usual, EXPLOSION_RECORDS)
        at_once = np.flatnonzero(size > EXPLOSION_AT_ONCE * usual)
        if len(at_once):
            start = at_once[0] if start is None else min(start, at_once[0])
        if start is not None:
            found.append((start, name, usual, size))
    if not found:
        return None
    start, name, usual, size = min(found, key=lambda one: one[0])
    bounds = ("a bound on the critic: penalty=WGANGP(), d_optimizer=Clipped(optimizer), or "
              "mlp_discriminator(normalization=\"spectral\")")
    return Finding("explosion", int(series["step"][start]), (
        f"{name} has grown from {usual:.3g} to {size[start:].max():.3g}."), (
        *((bounds,) if critic else ()),
        "lower rates for both optimisers; Adam rather than SGD",
        *(() if critic else ("a penalty on D's slope: penalty=R1()",)),
        "data of size one: scaled to [-1, 1] or to unit variance"))


# -- what is given --------------------------------------------------------------------------------


def series_of(records: Iterable[Record]) -> Series:
    """Dict, field of `Record` → (n,) array."""
    records = list(records)
    if not all(len(record) == len(Record._fields) for record in records):
        raise ValueError(f"diagnose: expected records with the fields {', '.join(Record._fields)}, "
                         f"got {records[0]!r}")
    array = np.array(records, np.float64).reshape(-1, len(Record._fields))
    series = dict(zip(Record._fields, array.T))
    for name, values in series.items():
        if not np.isfinite(values).all():
            at = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ValueError(f"diagnose: expected finite records, got {name} = {values[at]} at "
                             f"step {records[at][0]}")
    if (np.diff(series["step"]) <= 0).any():
        raise ValueError("diagnose: expected records in the order of their steps, each step once")
    return series


def _kind(series: Series, early: Series, loss: Loss | None) -> tuple[bool, bool, float, bool]:
    """What the loss means, on which the rules depend.

    Returns (D(x) is a probability, G's gradient vanishes as D wins, D's lowest loss in nats,
    D's loss has no lower bound).
    """
    negative = any((part["d_loss"] < 0).any() for part in (early, series))
    if loss is None:
        return not negative, bool((series["g_loss"] < 0).all() and not negative), 0.0, negative
    target = 1 - getattr(loss, "smoothing", 0.0)
    critic = isinstance(loss, Wasserstein) and not isinstance(loss, Hinge)
    return (loss.absolute, isinstance(loss, Minimax) and not isinstance(loss, NonSaturating),
            float(binary_cross_entropy(target, target)), critic or negative)
