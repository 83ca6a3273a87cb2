"""A training in the plane, whose modes are counted while it goes on, and a panel of its end."""

import copy
import dataclasses
import time

import numpy as np
from matplotlib.figure import Figure

from numgan import metrics, plotting
from numgan.pairs import x_of
from numgan.presets import Preset
from numgan.training import Record

from .jobs import Saver, ending

COUNTS = 120  # how often the modes are counted in a training
SAMPLES = 2500  # that are judged, as in PacGAN's table


@dataclasses.dataclass
class Run:
    """What one training left behind; a frame of the film is (number of records, G, D), seconds are
    of processor time."""

    recipe: Preset
    seed: int
    steps: int
    records: list = dataclasses.field(default_factory=list)
    frames: list = dataclasses.field(default_factory=list)
    count_steps: list = dataclasses.field(default_factory=list)
    modes: list = dataclasses.field(default_factory=list)
    score: object = None  # numgan.metrics.ModeStatistics, where the data have modes
    seconds: float = 0.0
    stopped: str = ""  # why it ended early
    training: object = None  # numgan.presets.Training, as it was left

    def __getstate__(self):
        """What comes back from another process: the networks, without the data and what trained
        them. Of those this process would keep a copy for each run."""
        state = dict(vars(self))
        if self.training is not None:
            state["training"] = bare = copy.copy(self.training)
            bare.real = bare.training = None
        return state

    def memories(self):
        """What a training's file keeps beside the training, to go on as if nothing had happened."""
        return dict(records=np.array(self.records, float), seconds=self.seconds,
                    count_steps=self.count_steps, modes=self.modes,
                    frames=[(length, *(vector for network in networks
                                       for vector in (network.theta, network.buffer)))
                            for length, *networks in self.frames])

    def remember(self, memories):
        if not memories:
            return
        self.records = [Record(int(step), *rest) for step, *rest in memories["records"].tolist()]
        self.seconds, self.modes = memories["seconds"], memories["modes"]
        self.count_steps = memories["count_steps"]
        for length, *vectors in memories["frames"]:
            networks = self.training.sampled.copy(), self.training.discriminator.copy()
            for network, theta, buffer in zip(networks, vectors[::2], vectors[1::2]):
                network.theta[...], network.buffer[...] = theta, buffer
            self.frames.append((length, *networks))


def run(recipe, toy, seed, steps=None, batch_size=None, frames=0, saver=None,
        report=lambda step, note="": None):
    """Train one recipe from `seed`; the same seed gives both recipes the same initial weights.

    saver : jobs.Saver of its file, or None; report : function of the step and a note
    """
    training = recipe.start(toy, seed, steps, batch_size)
    steps = training.steps
    latents = training.latents(SAMPLES, [seed, 1])
    result = Run(recipe, seed, steps, training=training)
    saver = saver or Saver(None, "")
    result.remember(saver.begin(training))
    start = time.process_time() - result.seconds
    # Frames lie closer together at the beginning, where more happens.
    shown = set((np.linspace(0, 1, frames) ** 2 * (steps - 1)).astype(int)) if frames else set()
    counted = set(np.linspace(0, steps - 1, COUNTS).astype(int))
    note = ""
    with ending(result):
        for record in training:
            result.records.append(record)
            if toy.centers is not None and record.step in counted:
                score = metrics.mode_statistics(training.samples(latents), toy.centers, toy.std)
                result.count_steps.append(record.step)
                result.modes.append(score.modes)
                note = f"{score.modes} of {len(toy.centers)} modes"
            if record.step in shown:
                result.frames.append((len(result.records), training.sampled.copy(),
                                      training.discriminator.copy()))
            result.seconds = time.process_time() - start
            report(record.step + 1, note)
            saver.now_and_then(result.memories)
    result.seconds = time.process_time() - start
    saver.save(result.memories())
    if frames and result.records:  # wherever it ended, the film ends there too
        result.frames.append((len(result.records), training.sampled.copy(),
                              training.discriminator.copy()))
    if toy.centers is not None:
        result.score = metrics.mode_statistics(training.samples(latents), toy.centers, toy.std)
    return result


# -- panels ----------------------------------------------------------------------------------------


def draw_panels(runs, toy, seed, out, columns=3, title=None, name="methods.png"):
    """A panel for each run; see `draw_panel`."""
    rows = -(-len(runs) // columns)
    figure = Figure(figsize=(3.6 * columns, 4.0 * rows + 0.8), dpi=100, layout="constrained")
    panel_head(figure, title or f"{len(runs)} ways to train a GAN on the {toy.name}, seed {seed}",
               toy.centers is not None)
    for ax, one in zip(figure.subplots(rows, columns, squeeze=False).flat, runs):
        draw_panel(ax, one, toy, seed)
    for ax in figure.axes[len(runs):]:
        ax.set_visible(False)
    plotting.save_figure(figure, out / name, dpi=100)


def draw_panel(ax, one, toy, seed):
    """Real and generated samples over D's landscape, which shows where D's logit is above and below
    its mean over the samples: a D at its best is undecided where the samples are. For a conditional
    GAN the samples have a colour for each label, and D is given the label that suits a point best.
    A D that compares the samples of a batch is asked about each point beside generated ones."""
    training = one.training
    fake = training.samples(training.latents(SAMPLES, [seed, 2]))
    extent = plotting.square(toy.extent)
    plotting.plane(ax, extent)
    D = BestLabel(training) if training.codes else training.discriminator
    points = np.concatenate([toy.sample(400, np.random.default_rng(seed)), fake])
    plotting.discriminator_map(ax, D, extent, resolution=64 if D.couples_samples else 128,
                               reference=points[::10] if D.couples_samples else points,
                               low_is_real=one.recipe.loss.low_is_real,
                               among=fake[:one.recipe.batch_size - 1])
    style = dict(markersize=2.4, markeredgewidth=0, zorder=3)
    if training.codes:
        for label in range(training.classes):
            plotting.points(ax, fake[label::training.classes], color=f"C{label % 10}", **style)
    else:
        plotting.points(ax, fake, color=plotting.FAKE, **style)
    draw_real(ax, toy, seed)
    below = "" if one.score is None else (
        f"\n{one.score.modes} of {len(one.score.counts)} modes, "
        f"{100 * one.score.high_quality:.0f} % high quality")
    kinds = f", a colour a {one.recipe.condition}" if training.codes else ""
    ax.set_title(one.recipe.title + kinds + below
                 + (" (stopped early)" if one.stopped else ""), fontsize=11)


def draw_real(ax, toy, seed):
    """The data, on top of all else: rings round the modes, or crosses where there are no modes."""
    if toy.centers is not None:
        plotting.points(ax, toy.centers, color=plotting.REAL, markersize=10, zorder=4,
                        markerfacecolor="none", markeredgewidth=1.1)
    else:
        plotting.points(ax, toy.sample(150, np.random.default_rng(seed)), color=plotting.REAL,
                        marker="x", markersize=4, markeredgewidth=0.9, zorder=4)


def panel_head(figure, title, modes):
    """The title and, below it, what the marks mean."""
    handles = plotting.legend()
    for handle, text in zip(handles[3:5], ("D: more real than the samples are", "less real")):
        handle.set_label(text)
    if modes:
        handles[0].set(marker="o", markerfacecolor="none", markersize=9,
                       label="where the real samples are")
    figure.legend(handles=handles[:2] + handles[3:5], loc="outside upper center", ncols=4,
                  fontsize=11, frameon=False, title=title,
                  title_fontproperties={"size": 15, "weight": "bold"})


class BestLabel:
    """The D of a conditional GAN as a function of x alone: its logit for the label with which x
    looks most real."""

    couples_samples = False

    def __init__(self, training):
        self.discriminator, self.walk = training.discriminator, training.discriminator.walk
        self.classes, self.codes = training.classes, training.codes

    def __call__(self, x):
        return np.max([x_of(self.discriminator((x, np.tile(c, (len(x), 1)))))[:, :1]
                       for c in np.eye(self.classes, self.codes)], axis=0)
