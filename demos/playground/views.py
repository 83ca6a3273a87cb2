"""What a picture of a run holds: plain numbers, for the page to draw."""

import math

import numpy as np

from numgan import metrics, plotting
from numgan.diagnose import diagnose
from numgan.pairs import Pair, one_hot, x_of

from ..plane import BestLabel
from . import slow
from .scenes import REMEDIES

FAKES, REALS, ARROWS, JUDGED = 400, 300, 60, 500
MAP, COUPLED_MAP = 48, 16  # points a side of D's landscape
LINES, DOTS = 13, 40
ROWS = 300  # of the curves
RECORDS = 2600  # for the diagnosis, which looks at windows of 2048
CURVES = ("step", "d_loss", "g_loss", "d_real", "d_fake", "d_grad_norm", "g_grad_norm", "modes",
          "quality", "precision", "recall")
SELDOM = 8  # pictures between two costly measurements


class Watched:
    """A run with what was seen of it: its curves, and its pictures."""

    def __init__(self, run):
        self.begin(run)

    def begin(self, run):
        self.run, self.stopped = run, ""
        self.records, self.recent, self.rows, self.looks = [], [], [], []
        self.pictures, self.scores, self.findings, self.coupled = 0, {}, [], None
        toy, rng = run.toy, np.random.default_rng(1)
        self.extent = plotting.square(toy.extent)
        self.real = toy.sample(JUDGED, rng)
        self.z = run.made.latents(JUDGED, 1)

    def note(self, record):
        self.records.append(record)
        self.recent.append(record)
        if len(self.records) >= 2 * RECORDS:
            del self.records[:RECORDS]

    def picture(self, show):
        run = self.run
        generator = run.made.sampled if show == "average" else run.generator
        fake = x_of(generator(self.z))
        finite = bool(np.isfinite(fake).all())
        if finite:
            self._judge(fake)
        self._row()
        self.pictures += 1
        fakes = fake[:FAKES] if finite else np.zeros((0, 2))
        return {
            "step": run.done, "settings": {**run.settings, "points": []}, "idle": run.idle,
            "extent": rounded(self.extent), "real": rounded(self.real[:REALS]),
            "centers": None if run.toy.centers is None else rounded(run.toy.centers),
            "fake": rounded(fakes), "arrows": self._arrows() if finite else [],
            "map": self._map(fake), "grid": self._grid(generator) if finite else [],
            "curves": [list(map(number, row)) for row in self.rows],
            "names": CURVES, "modes": None if run.toy.centers is None else len(run.toy.centers),
            "findings": self.findings, "stopped": self.stopped, "warning": run.warning,
            "loss": repr(run.loss), "penalty": repr(run.training.penalty),
            "rule": repr(run.training.rule), "d_optimizer": repr(run.d_optimizer),
            "g_optimizer": repr(run.g_optimizer), "networks": [
                [str(layer) for layer in network.layers]
                for network in (run.generator, run.discriminator)]}

    def x_ray(self, index, show):
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < FAKES:
            raise ValueError(f"index: expected that of a point, from 0 to {FAKES - 1}, got "
                             f"{index!r:.80}")
        generator = self.run.made.sampled if show == "average" else self.run.generator
        return slow.x_ray(self.run, generator, self.z[:FAKES] if not self.run.made.codes else None,
                          self.real[:FAKES], index)

    # -- curves

    def _judge(self, fake):
        toy = self.run.toy
        if toy.centers is not None:
            found = metrics.mode_statistics(fake, toy.centers, toy.std)
            self.scores.update(modes=found.modes, quality=found.high_quality)
            if self.run.done and (not self.looks or self.run.done > self.looks[-1][0]):
                self.looks = [*self.looks[-400:], (self.run.done, found)]
        if self.pictures % SELDOM == 0:
            both = metrics.precision_recall(self.real, fake)
            self.scores.update(precision=both.precision, recall=both.recall)
            self._diagnose(fake)

    def _diagnose(self, fake):
        """What `diagnose` says of the last steps, with its remedies as knobs to turn."""
        records = self.records[-RECORDS:]
        self.findings = []
        if len(records) < 2 or not np.isfinite([r[1:] for r in records]).all():
            return
        begin = records[0].step
        looks = [look for look in self.looks if look[0] > begin]
        for found in diagnose(records, modes=looks, loss=self.run.loss):
            self.findings.append({"name": found.name, "step": found.step,
                                  "evidence": found.evidence, "remedies": [
                                      {"label": label, "settings": settings} for label, settings
                                      in remedies(found.name, self.run.settings)]})

    def _row(self):
        """The means of the steps since the last picture, as one row of the curves."""
        if not self.recent:
            return
        means = np.array([record[1:] for record in self.recent], np.float64).mean(axis=0)
        self.rows.append([self.run.done, *means, *(self.scores.get(name, math.nan)
                                                   for name in CURVES[7:])])
        self.recent = []
        if len(self.rows) > ROWS:  # half as fine, over the whole time
            self.rows = self.rows[::2]

    # -- the plane

    def _map(self, fake):
        """D over the box, 0 ... 255, rows from the bottom."""
        run = self.run
        coupled = run.discriminator.couples_samples
        if coupled and self.coupled is not None and self.pictures % SELDOM:
            return self.coupled
        D = BestLabel(run.made) if run.made.codes else run.discriminator
        size = COUPLED_MAP if coupled else MAP
        caught = Caught()
        reference = None if run.loss.absolute else np.concatenate([self.real[:100], fake[:100]])
        with np.errstate(all="ignore"):
            plotting.discriminator_map(None, D, self.extent, size, caught, reference,
                                       run.loss.low_is_real, fake[:15])
        values = np.nan_to_num(255 * caught.data, nan=127.5).clip(0, 255)
        self.coupled = {"size": size, "values": bytes(np.rint(values).astype(np.uint8)).hex()}
        return self.coupled

    def _arrows(self):
        """[x, y, dx, dy] of some fakes of the trained G; as `plotting.gradient_arrows` has them."""
        run, z = self.run, self.z[:ARROWS]
        samples = run.generator(z)
        real = (self.real[:ARROWS].astype(np.float32) if not run.made.codes else None)
        try:
            pulls = plotting.descent_directions(run.discriminator, run.loss, samples, real)
        except (ValueError, TypeError, AttributeError):
            return []
        left, right = self.extent[:2]
        length = np.linalg.norm(pulls, axis=1, keepdims=True)
        return rounded(np.concatenate([x_of(samples), 0.08 * (right - left) * pulls / (1 + length)],
                                      axis=1))

    def _grid(self, generator):
        """What G makes of a square grid of z: lines of points; of a conditional G for one label."""
        run = self.run
        z = plotting.latent_grid(LINES, DOTS).reshape(-1, run.recipe.latent)
        z = z.astype(np.float32)
        if run.made.codes:
            z = Pair(z, np.tile(one_hot([0], run.made.codes), (len(z), 1)))
        return rounded(x_of(generator(z)).reshape(2 * LINES, DOTS, 2))


class Caught:
    """Stands in for matplotlib's image: keeps the data."""

    def set_data(self, data):
        self.data = data


def remedies(name, settings):
    """[(label, knobs to turn), ...] for a finding; those that are turned already are left out."""
    found = []
    for label, change in REMEDIES.get(name, ()):
        change = change(settings) if callable(change) else change
        if any(settings[knob] != value for knob, value in change.items()):
            found.append((label, change))
    return found


def rounded(array):
    return np.round(np.asarray(array, np.float64), 3).tolist()


def number(value):
    return float(f"{value:.5g}") if math.isfinite(value) else None
