"""What a recipe is, and a training that follows it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .. import losses, penalties
from .._checks import came, choice, number, positive_int, random_generator
from .._types import Array, Path, Rng, Schedule, Seed, Shape
from ..data import Toy2D, sampler
from ..layers import GaussianNoise
from ..networks import Network, models
from ..optimizers import Adam, Optimizer, cosine_decay
from ..pairs import Pair, Samples, latents, one_hot, samples, x_of
from ..training import RULES, Record, UpdateRule, WeightAverage, standard_normal, train


@dataclasses.dataclass(frozen=True)
class Preset:
    """What to train and how; see `training.train` for most of it.

    Optimisers, penalties and networks have a state, so the fields hold functions that make them.
    """

    title: str
    changes: str  # what it changes in the plain GAN, and where that comes from
    loss: losses.Loss = losses.NonSaturating()
    penalty: Callable[[], penalties.Penalty] | None = None
    # the penalty's weight at the end, reached by a cosine; None: the weight does not change
    final_weight: float | None = None
    g_optimizer: Callable[[], Optimizer] = Adam
    d_optimizer: Callable[[], Optimizer] = Adam
    # a name, a rule if it has no state, or a function that makes a rule
    updates: str | UpdateRule | Callable[[], UpdateRule] = "alternating"
    k: int = 1
    batch_size: int = 256
    steps: int = 20_000
    schedule: str | Schedule = "cosine"
    average: float = 0.999  # decay of the weight average that is sampled
    latent: int = 2
    g_hidden: Shape = (128, 128, 128, 128)
    d_hidden: Shape = (128, 128, 128)
    g_init: str = "he"
    normalization: str | None = None  # of D
    g_network: Callable[[Rng], Network] | None = None  # in place of the MLP of g_hidden
    d_network: Callable[[Rng], Network] | None = None  # in place of the MLP of d_hidden
    # (G, D), in place of all of these
    both_networks: Callable[[Rng], tuple[Network, Network]] | None = None
    # "label": both networks see the label; "code": only G sees a code, which is drawn (infoGAN)
    condition: str | None = None
    continuous: int = 0  # how many numbers such a code has besides its class
    # instance noise at the start, in units of the data's std; None: no layer
    noise: float | None = None
    fade: float = 0.6  # the share of the training in which it fades
    # what else it changes in the plain GAN because it did not train without: field → words
    besides: dict[str, str] = dataclasses.field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check what no network, loss or optimiser will check later; a ValueError or TypeError."""
        for name in ("g_optimizer", "d_optimizer", "penalty", "g_network", "d_network",
                     "both_networks"):
            value = getattr(self, name)
            if not callable(value) and (value is not None or name.endswith("optimizer")):
                raise TypeError(f"Preset: {name} must be a function that makes one, got {value!r}")
        choice("Preset", "condition", self.condition, (None, "label", "code"))
        positive_int("Preset", "continuous", self.continuous, 0)
        number("Preset", "fade", self.fade, above=0)
        for name in "noise", "final_weight":
            if getattr(self, name) is not None:
                number("Preset", name, getattr(self, name), least=0)
        for own, unused in (("g_network", ("g_hidden", "g_init")),
                            ("d_network", ("d_hidden", "normalization"))):
            for made in own, "both_networks":
                ignored = [name for name in unused if getattr(self, made) is not None
                           and getattr(self, name) != getattr(Preset, name)]
                if ignored:
                    raise ValueError(f"Preset: {' and '.join(ignored)} would do nothing beside "
                                     f"{made}, which makes the network: expected one of them")

    def but(self, loss: str | None = None, penalty: str | None = None,
            updates: str | None = None) -> Preset:
        """The preset with the parts of these names, from `losses.LOSSES`, `penalties.PENALTIES` and
        `training.RULES`, in place of its own. A part that is None stays; penalty "none": without
        one."""
        changed: dict[str, Any] = {}
        names = [self.title]
        if loss is not None:
            names.append(loss)
            changed["loss"] = losses.LOSSES[loss]()
        if penalty is not None:
            names.append("no penalty" if penalty == "none" else f"{penalty} penalty")
            changed["penalty"] = None if penalty == "none" else penalties.PENALTIES[penalty]
            changed["final_weight"] = None  # it was for the weight of the old penalty
        if updates is not None:
            names.append(updates)
            rule = RULES[updates]
            if updates == "alternating":
                changed["updates"] = updates
            else:
                changed.update(updates=rule, k=1)  # k steps of D belong to Algorithm 1
        more = {field: words for field, words in self.besides.items() if field not in changed}
        return dataclasses.replace(self, title=", ".join(names), besides=more,
                                   changes=beside(self.changes, more), **changed)

    def start(self, real: Real, seed: Seed, steps: int | None = None,
              batch_size: int | None = None) -> Training:
        """A `Training` on `real`, a numgan.data.Toy2D or `Images`. `steps` and `batch_size` replace
        those of the preset."""
        return Training(self, real, seed, self.steps if steps is None else steps,
                        self.batch_size if batch_size is None else batch_size)


class Images(NamedTuple):
    """Labelled images to train on: (N, H, W, C) in [−1, 1], (N,) int."""

    images: np.ndarray
    labels: np.ndarray

    @property
    def classes(self) -> int:
        return int(self.labels.max()) + 1


Real: TypeAlias = Toy2D | Images


class Training:
    """A preset at work: iterate over it for the `Record` of each step, as far as you want.

    Attributes
    ----------
    generator, discriminator : Network
    sampled : Network, the generator with averaged weights, which is the one to judge
    loss : the loss that the generator descends
    training : numgan.training.Training
    codes : int, how many numbers the condition has; 0 without one
    """

    def __init__(self, preset: Preset, real: Real, seed: Seed, steps: int, batch_size: int) -> None:
        rng = random_generator("Preset.start", seed)
        _check_real(real, preset.noise)
        self.preset, self.real, self.steps = preset, real, steps
        self.loss = copy.deepcopy(preset.loss)  # some have a state
        self.generator, self.discriminator = self._networks(rng)
        if preset.noise is not None:
            self._blur = GaussianNoise(0)
            self.discriminator = self.discriminator.preceded(self._blur, rng)
            spread, finest = spread_of(real)
            self._noise, self._finest = preset.noise * spread, finest or 0.01 * spread
        average = WeightAverage(self.generator, preset.average)
        self.sampled = average.network
        self.classes = 0 if preset.condition is None else classes_of(real)
        self.codes = self.classes + preset.continuous
        self._check_classes()
        self._draw = (latents(preset.latent, self.classes, preset.continuous) if self.codes
                      else None)  # N(0, 1)
        self._penalty = preset.penalty() if preset.penalty else None
        self._first_weight = getattr(self._penalty, "weight", 0.0)
        check_condition(preset)
        self.training = train(
            self.generator, self.discriminator, self._sampler(rng), loss=self.loss,
            steps=steps, rng=rng, k=preset.k, batch_size=batch_size,
            d_optimizer=preset.d_optimizer(), g_optimizer=preset.g_optimizer(),
            updates=preset.updates() if callable(preset.updates) else preset.updates,
            schedule=preset.schedule, average=average,
            latent=self._draw, penalty=self._penalty)

    def __iter__(self) -> Iterator[Record]:
        self._set(self.training.done / max(self.steps, 1))
        for record in self.training:
            yield record
            self._set(self.training.done / self.steps)

    def save(self, path: Path, **more: Any) -> None:
        """Write the whole training, and what the caller wants to find again, to `path`; see
        `training.Training.save`."""
        self.training.save(path, **more)

    def resume(self, path: Path) -> dict[str, Any]:
        """Continue from what `save` wrote, the same to the bit; returns what the caller added."""
        return self.training.resume(path)

    def latents(self, n: int, seed: Seed) -> Samples:
        """(n, ...) inputs of the generator, drawn with a random generator of their own: looking
        must not change the training. With a condition, its class cycles through 0, 1, 2, ..., so
        the classes have even shares by construction."""
        positive_int("latents", "n", n)
        rng = random_generator("latents", seed)
        if self._draw is None:
            return standard_normal(rng, (n, self.preset.latent), self.generator.dtype)
        z, c = self._draw(n, rng)
        c[:, :self.classes] = one_hot(np.arange(n) % self.classes, self.classes)
        return Pair(z, c)

    def samples(self, z: Samples) -> Array:
        """What the averaged generator makes of latents; the condition is left out."""
        return x_of(self.sampled(z))

    def _networks(self, rng: Rng) -> tuple[Network, Network]:
        generator, discriminator = self._made(rng)
        if generator.input_shape != (self.preset.latent,):
            raise ValueError(f"Preset: expected a generator that reads latent = "
                             f"{self.preset.latent} numbers, got one of {generator.input_shape}")
        return generator, discriminator

    def _check_classes(self) -> None:
        """ValueError if the labels are not those that the networks are made for."""
        made_for = self.generator.condition_shape
        if made_for is not None and made_for != (self.codes,):
            classes = made_for[0] - self.preset.continuous
            came = (f"labels from {self.real.labels.min()} to {self.real.labels.max()}"
                    if isinstance(self.real, Images) else f"{self.real.name}'s {self.classes}")
            raise ValueError(f"Preset.start: expected labels 0 ... {classes - 1}, the {classes} "
                             f"classes that this preset's networks are made for, got {came}")

    def _made(self, rng: Rng) -> tuple[Network, Network]:
        p = self.preset
        if p.both_networks:
            return p.both_networks(rng)
        generator = p.g_network(rng) if p.g_network else (
            models.mlp_generator(p.latent, 2, p.g_hidden, rng=rng, init=p.g_init))
        return generator, p.d_network(rng) if p.d_network else (
            models.mlp_discriminator(2, p.d_hidden, normalization=p.normalization, rng=rng))

    def _sampler(self, rng: Rng) -> Callable[[int], Any]:
        """The function n → real samples. Under a condition each sample comes with its label, or
        with zeros in place of a code, as real samples have no code."""
        if not self.codes:
            return sampler(self.real.images if isinstance(self.real, Images) else self.real, rng)

        if isinstance(self.real, Images):
            return sampler(Pair(self.real.images, self._conditions(self.real.labels)), rng)
        return _LabelledPoints(self, sampler(self.real, rng))

    def _conditions(self, labels: Array) -> Array:
        if self.preset.condition == "label":
            return one_hot(labels, self.classes)
        return np.zeros((len(labels), self.codes), np.float32)

    def _set(self, progress: float) -> None:
        """Set what changes with time: the instance noise and the penalty's weight."""
        if self.preset.noise:
            self._blur.std = faded(self._noise, self._finest, progress / self.preset.fade)
        if self._penalty is not None and self.preset.final_weight is not None:
            share = cosine_decay(progress)
            self._penalty.weight = (share * self._first_weight
                                    + (1 - share) * self.preset.final_weight)


def _check_real(real: Real, noise: float | None) -> None:
    if isinstance(real, Images):
        images, labels = np.asarray(real.images), np.asarray(real.labels)
        if images.ndim != 4 or images.size == 0 or images.dtype.kind not in "fiu":
            raise ValueError(f"Preset.start: expected images as numbers (N, H, W, C), got "
                             f"{images.dtype} of shape {images.shape}")
        if labels.shape != (len(images),) or labels.dtype.kind not in "iu" or labels.min() < 0:
            raise ValueError(f"Preset.start: expected a label >= 0, an integer, for each of the "
                             f"{len(images)} images, got {labels.dtype} of shape {labels.shape}")
    elif (noise is not None and not isinstance(real, Toy2D)) or isinstance(samples(real), Pair):
        got = (came(real) if not isinstance(real, (tuple, list)) else
               f"a {type(real).__name__} of {len(real)}")
        raise TypeError(f"Preset.start: expected a numgan.data.Toy2D, or "
                        f"presets.Images(images, labels), got {got}")


class _LabelledPoints:
    """Points of a toy with their conditions; a point's label is its nearest mode."""

    remembers = ("draw",)

    def __init__(self, training: Training, draw: Callable[[int], Any]) -> None:
        self.training, self.draw = training, draw

    def __call__(self, n: int) -> Pair:
        x = self.draw(n)
        toy: Any = self.training.real  # with centres: see classes_of
        return Pair(x, self.training._conditions(nearest(x, toy.centers)))


def check_condition(preset: Preset) -> None:
    """A ValueError if the loss expects another condition: ACGAN's D must tell the label of real
    samples too, and infoGAN's code is shown to G alone."""
    wanted = getattr(preset.loss, "condition", None)  # `train` refuses what is not a loss
    if wanted is not None and preset.condition != wanted:
        raise ValueError(f"{preset.loss} expects condition={wanted!r}, got {preset.condition!r}")


def classes_of(real: Real) -> int:
    """How many labels there are: the classes of `Images`, or the modes of a toy."""
    if isinstance(real, Images):
        return real.classes
    if not isinstance(real, Toy2D) or real.centers is None:
        raise ValueError(f"a conditional GAN needs labels: expected images with labels, or data "
                         f"with modes such as ring or grid, got {came(real)}")
    return len(real.centers)


def spread_of(real: Real) -> tuple[float, float | None]:
    """(standard deviation of all values, that of a mode or None), which set the instance noise."""
    if isinstance(real, Images):
        return float(real.images.std()), None
    return float(real.sample(10_000, np.random.default_rng(0)).std()), real.std


def nearest(points: ArrayLike, centers: ArrayLike) -> Array:
    """(N,) int: the index of the centre nearest to each point (N, 2)."""
    points, centers = np.asarray(points), np.asarray(centers)
    if points.ndim != 2 or centers.ndim != 2 or points.shape[1] != centers.shape[1]:
        raise ValueError(f"nearest: expected points (N, 2) and centers (K, 2), got {points.shape} "
                         f"and {centers.shape}")
    return ((points[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)


def faded(start: float, end: float, progress: float) -> float:
    """The noise's std: from `start` to `end` by equal factors in equal times, then 0."""
    for name, value in ("start", start), ("end", end):
        number("faded", name, value, above=0)
    number("faded", "progress", progress, least=0)
    return start * (end / start) ** progress if progress < 1 else 0.0


BESIDE = "; beside it, "


def beside(changes: str, besides: dict[str, str]) -> str:
    """What a preset changes, in words, followed by what else it changes."""
    before, more = changes.partition(BESIDE)[0], "; ".join(besides.values())
    return before + BESIDE + more if more else before


def adam(rate: float, beta1: float = 0.0, beta2: float = 0.99) -> Callable[[], Adam]:
    """A function that makes an Adam; beta1 = 0, because the opponent moves (R3GAN, StyleGAN)."""
    Adam(rate, beta1, beta2)  # to refuse bad values now and not later
    return lambda: Adam(rate, beta1, beta2)
