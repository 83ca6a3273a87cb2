"""The loop: Algorithm 1 of Goodfellow et al. 2014, with any loss, penalty and update rule."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from .._checks import came
from .._runtime import sharing_cores
from .._types import Path, Rng, Schedule
from .._version import __version__
from ..losses import Loss
from ..optimizers import Optimizer
from ..pairs import Samples
from ..penalties import Penalty
from . import checks
from .average import WeightAverage
from .rules import Players, UpdateRule
from .state import StateError, check_plain, load, restore, save, state_of, value_of
from .steps import Change, TrainingDiverged, check_scale
from .undo import Snapshot

if TYPE_CHECKING:
    from ..networks import Network


class Record(NamedTuple):
    """What one training step reports: losses in nats, probabilities as batch means."""

    step: int
    d_loss: float  # the discriminator's loss before its (last) update of this step
    g_loss: float  # the generator's loss before its update
    d_real: float  # mean D(x)
    d_fake: float  # mean D(G(z)) on the discriminator's batch, before its update
    d_grad_norm: float  # Euclidean norm of the gradient of all of the network's parameters
    g_grad_norm: float


# attributes of a Training that its steps were made for
FIXED = {"generator", "discriminator", "loss", "penalty", "k", "updates", "rule", "players",
         "d_optimizer", "g_optimizer", "d_batches", "average", "batch_size", "rng"}
REPLACEABLE = "data", "latent", "schedule"  # these can be, and a step may move them
Watch: TypeAlias = Callable[[Iterator[Record]], Iterator[Record]]


def train(generator: Network, discriminator: Network, data: Callable[[int], Any], *, loss: Loss,
          steps: int, rng: Rng, k: int = 1, batch_size: int = 64,
          d_optimizer: Optimizer | None = None, g_optimizer: Optimizer | None = None,
          updates: str | UpdateRule = "alternating", schedule: str | Schedule = "constant",
          average: WeightAverage | None = None, latent: Callable[[int, Rng], Any] | None = None,
          penalty: Penalty | None = None,
          d_batches: Change | None = None,
          watch: Watch | None = None,
          threads: int | None = None) -> Training:
    """Train a GAN; returns a `Training`, which yields a `Record` after each step.

        for record in train(G, D, data, loss=NonSaturating(), steps=1000, rng=rng):
            ...                                # plot, stop (break), save: whatever you want

    The loop runs only as far as the caller iterates: no step is taken that is not asked for.

    Parameters
    ----------
    generator, discriminator : Network; z (N, latent) → samples, samples → logits (N, 1)
    data : function ``n -> real samples (n, ...)`` in the networks' dtype, such as
        `numgan.data.sampler` makes; for pairs it returns a `Pair` or a tuple (x, c)
    loss : Minimax(), NonSaturating(), ... of `numgan.losses`
    steps : int, the number of generator steps
    rng : numpy.random.Generator, draws the latents
    k : int, discriminator steps for each generator step
    batch_size : int, the number m in Algorithm 1 of real samples, and of fake samples
    d_optimizer, g_optimizer : one for each network; Adam() if None
    updates : "alternating" (D first, then G against the new D) or "simultaneous" (k must be 1); or
        another `UpdateRule`, such as Unrolled(5) or Consensus(10) (k must be 1)
    schedule : "constant", "linear", "cosine", or a function of progress in [0, 1) that returns a
        finite number >= 0; multiplies both learning rates
    average : a WeightAverage of the generator, updated after each step, or None
    latent : function ``(n, rng) -> z``; standard normal if None
    penalty : a `Penalty` on the discriminator's gradient, such as penalties.R1(), or None
    d_batches : function ``(real, fake) -> (real, fake)`` of the two batches of a D step, or None. D
        learns from what it returns, such as old fakes among the new ones. The batches may differ
        in size, but not in the samples' shape. G's step does not change
    watch : function that takes the records and yields them on, such as diagnose.Monitor(), or None
    threads : int, how many threads share the work of a step. None: as many as the environment
        variable NUMGAN_THREADS says, or else as many as there are cores for this process. The
        result is the same to the bit for any number

    Raises
    ------
    ValueError, TypeError : at once for bad arguments, and for those that make no sense together
        (see `checks`); at the step where it happens for data, latents or a schedule that do not fit
    TrainingDiverged : a loss or a gradient was not finite; names step, network and layer
    Whatever a step raises, the networks (theta and running statistics), the average, the optimisers
    and the states of the loss and of the update rule are then as they were before that step. After
    Ctrl-C so are random generators and places in the data, and the step can be taken again to the
    bit. After an error these have advanced: the next step draws another batch.

    Warns
    -----
    UserWarning : once, if the data lie far outside what the generator can make (such as images from
        0 to 255 for a generator that ends in Tanh) or in half of that (images from 0 to 1), if
        nothing bounds a critic's slope, if the discriminator ends in Sigmoid, or if no layer of a
        conditional generator sees c
    """
    return Training(**locals())


class Training:
    """A whole training: iterate over it, save it, and continue from a file, the same to the bit.

        training = train(G, D, data, ...)
        training.resume(path)                       # if there is a file of the same training
        for record in training:
            if record.step % 1000 == 999:
                training.save(path)

    Attributes: the arguments of `train`, and `done`, the number of steps taken so far. What steps
    are made of (networks, loss, penalty, rule, optimisers, batch size) cannot be replaced. `steps`
    can, also at the end: with a larger number it goes on, at the schedule's rates for that number.
    """

    remembers = ("generator", "discriminator", "d_optimizer", "g_optimizer", "loss", "penalty",
                 "rule", "average", "rng", "data", "latent", "d_batches", "schedule", "watch",
                 "done")

    generator: Network
    discriminator: Network
    loss: Loss
    steps: int
    batch_size: int
    rng: Rng
    d_optimizer: Optimizer
    g_optimizer: Optimizer
    rule: UpdateRule
    players: Players
    schedule: Schedule
    average: WeightAverage | None
    penalty: Penalty | None
    data: Callable[[int], Any]
    latent: Callable[[int, Rng], Any] | None
    watch: Watch | None
    threads: int | None

    def __init__(self, **arguments: Any) -> None:
        vars(self).update(checks.checked(arguments))
        self.done, self.scale_seen, self._views_seen = 0, False, False
        self._settings = checks.settings(self)  # now: rates and weights may be changed later
        averages = [] if self.average is None else [self.average]
        changing = [self.rule] if self.rule.remembers else []
        self._before = Snapshot(
            [self.generator, self.discriminator, *(some.network for some in averages)],
            [self.d_optimizer, self.g_optimizer, self.loss, *averages, *changing])
        self._follow()
        self._records: Iterator[Record] | None = None
        self._whole = True  # False after a step that failed, if its random numbers are spent

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_records": None}  # a copy is not in the middle of an iteration

    def __setattr__(self, name: str, value: Any) -> None:
        if name in FIXED and value is not vars(self)[name]:
            raise AttributeError(
                f"Training: {name} is part of what a training is, and cannot be replaced in the "
                f"middle of it: expected a new train(...), or a change inside it, such as "
                f"training.d_optimizer.learning_rate = 1e-4")
        super().__setattr__(name, value)
        if name in REPLACEABLE and "_before" in vars(self):
            self._follow()

    def _follow(self) -> None:
        """Tell what draws random numbers in a step, or has a place in the data."""
        self._before.follow(*(getattr(self, name) for name in ("rng", "penalty", "d_batches",
                                                               *REPLACEABLE)))

    def __repr__(self) -> str:
        return (f"Training({self.loss}, {self.rule}, step {self.done:,} of {self.steps:,}, of "
                f"{self.generator} and {self.discriminator})")

    def __iter__(self) -> Iterator[Record]:
        if self._records is None:
            records = self._steps()
            self._records = (records if self.watch is None else
                             checks.watched(self.watch, records))
        return self._records

    def __next__(self) -> Record:
        return next(iter(self))

    def _steps(self) -> Iterator[Record]:
        while self.done < self.steps:
            try:
                # TrainingDiverged reports an overflow
                with sharing_cores(self.threads), np.errstate(over="ignore", invalid="ignore"):
                    record = self._step()
            except BaseException:  # an interrupt too
                self._records = None  # to continue, a caller begins a new iteration
                raise
            yield record
        self._records = None  # with more `steps`, a caller may go on

    def _real_batch(self) -> Samples:
        return checks.real_batch(self)

    def _latent_batch(self) -> Samples:
        return checks.latent_batch(self)

    def _step(self) -> Record:
        self._before.take()
        try:
            self._whole = False
            progress = self.done / self.steps
            scale = self.schedule(progress)
            check_scale("train:", scale, progress)
            found = self.rule.step(self.players, self._real_batch, self._latent_batch, scale)
            if not isinstance(found, tuple) or len(found) != 2:
                raise TypeError(f"{self.rule}: expected step(...) to return (D's Gradients, G's), "
                                f"got {came(found)}")
            d, g = found
            if not self._views_seen:
                self._views_seen = True
                for network in self.generator, self.discriminator:
                    network.check_views()
            if self.average is not None:
                self.average.update()
            record = Record(self.done, *map(float, (d.loss, g.loss, d.d_real, d.d_fake,
                                                    d.grad_norm, g.grad_norm)))
        except BaseException as error:
            self._before.restore()
            if isinstance(error, TrainingDiverged):
                raise TrainingDiverged(f"step {self.done}: {error}") from None
            if not isinstance(error, Exception):  # Ctrl-C: this step is taken again
                self._whole = self._before.draw_again()
            raise
        self.done += 1
        self._whole = True
        return record

    # -- files -----------------------------------------------------------------------------------

    def save(self, path: Path, **more: Any) -> None:
        """Write the whole training to `path`, completely or not at all.

        more : what the caller wants to find again: None, numbers, strings, arrays, and lists,
            tuples and dicts of them
        StateError after a step that failed: networks and optimisers are as they were before it, but
        its random numbers are spent, so what follows would not be the same. Take a step before you
        save. After Ctrl-C it can be saved at once: the interrupted step is undone. Only if data or
        the like remember a list, a dict or an array, which a step may have written into, that is
        refused as after an error.
        TypeError if a part (such as your own function for data) does not tell its state: give it
        `remembers`, the names of the attributes that change, or () if there are none; or if an
        optimiser keeps arrays that its `remembers` does not name.
        """
        if not self._whole:
            raise StateError("the last step was not finished: expected to save after a whole one, "
                             "next(training)")
        for optimizer in self.d_optimizer, self.g_optimizer:
            checks.refuse_unsaved(optimizer)
        kept = state_of(more)
        for name, state in kept["dict"]:
            check_plain(state, f"save: {name}")
        save(path, {"version": __version__, "settings": self.settings(),
                    "training": state_of(self), "more": kept})

    def resume(self, path: Path) -> dict[str, Any]:
        """Continue from what `save` wrote; returns what the caller added there, a dict.

        StateError, before anything is changed, if the file is damaged or from another training; the
        error says what differs.
        """
        tree = load(path)
        here, there = self.settings(), tree.get("settings", {})
        differ = [f"{name}: expected {here.get(name)}, got {there.get(name)}"
                  for name in {**here, **there} if here.get(name) != there.get(name)]
        if differ:
            if len(differ) == 1 and here.get("steps") != there.get("steps"):
                differ += [f"to go on for longer or shorter: resume with steps={there.get('steps')}"
                           f", then set training.steps = {here.get('steps')}"]
            raise StateError(f"{path}: of another training\n  " + "\n  ".join(differ))
        if tree.get("version") != __version__:
            warnings.warn(f"{path}: written by numgan {tree.get('version')}, read by "
                          f"{__version__}: what follows may differ in the last bits")
        more = value_of(tree["more"])
        restore(self, tree["training"])
        self._records, self._whole = None, True
        return more

    def settings(self) -> dict[str, str]:
        """What identifies this training: dict, name → text."""
        return {**self._settings, "steps": str(self.steps), "data": checks.described(self.data)}
