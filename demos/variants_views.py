"""What `demos.variants` measures and draws: one class for the plane, one for images.

Both have ``real`` (to train on), ``columns`` (of the table), ``seen`` and ``explained`` (what a
picture shows, and what is measured, in words), ``task(recipe, steps, saver)`` and ``train``, which
makes it (see `jobs`), ``measured(result)`` (a dict), ``cells(measured)`` (as text), ``reference``
(what to compare with, and its figures), ``conclusion(results)`` (lines of text),
``draw_data(ax)``, ``draw(ax, result, small)`` and ``head(figure, title)``.
"""

import textwrap
import time
import types

import numpy as np

from numgan import data, metrics, plotting
from numgan.presets import Images, nearest

from . import plane
from .images import load_data, variety
from .jobs import Saver, Task, ending

JUDGED = 2000  # generated images that the classifier looks at
ONE_IMAGE = 0.3  # of the real images' spread: below it a stranger sees one image
SIDE = 10  # images in a row of a sheet, and rows


class Plane:
    """Points: modes are counted, D's landscape is drawn behind the samples."""

    columns = ("modes", "high quality %", "reverse KL", "as asked %")
    seen = ("A picture shows the plane after the training: a blue ring is round each heap of real "
            "samples (crosses, where there are no heaps), generated ones are orange dots, or dots "
            "in a colour for each label. Behind them is what D says: blue where a point looks more "
            "real to it than the samples do, orange where less.")
    explained = ("High quality: within three standard deviations of a mode, of 2,500 samples; a "
                 "mode counts if it has one such sample; the reverse KL is 0 for equal shares. As "
                 "asked: the nearest mode is the one of the label, or, of infoGAN, the one that "
                 "goes with the code. Labels and codes are taken in turn, so that shares are even "
                 "by construction: GANs with them have no reverse KL.")

    def __init__(self, dataset, seed):
        self.real = data.toy(dataset)
        self.name, self.seed = data.DATA_SETS[dataset].title, seed
        modes = len(self.real.centers)
        self.reference = "(a perfect sampler)", {
            "modes": modes, "high_quality": 1 - np.exp(-4.5),
            "reverse_kl": (modes - 1) / (2 * plane.SAMPLES), "as_asked": 1.0}
        self.shape = (3.6, 4.0)  # inches of a panel
        self.panels = range(3, 6)  # in a row

    def task(self, recipe, steps, saver):
        return Task(recipe.title, steps, (recipe, self.real, self.seed, steps, None, 0, saver))

    train = staticmethod(plane.run)

    def measured(self, one):
        score, training = one.score, one.training
        asked = None
        if training.codes:
            x = training.samples(training.latents(plane.SAMPLES, [self.seed, 1]))
            asked = agreement(training, nearest(x, self.real.centers)).mean()
        return {"modes": score.modes, "high_quality": score.high_quality,
                "reverse_kl": None if training.codes else score.reverse_kl, "as_asked": asked}

    def cells(self, found):
        kl = found["reverse_kl"]
        return (str(found["modes"]), percent(found["high_quality"]),
                "–" if kl is None else f"{kl:.4f}", percent(found["as_asked"]))

    def conclusion(self, runs):
        n, known = len(self.real.centers), [one for one in runs if one.figures]
        all_modes = [one for one in known if one.figures["modes"] == n]
        sharp = [one for one in all_modes if one.figures["high_quality"] >= 0.8]
        text = (f"Of {len(runs)} GANs {len(all_modes)} have a sample in each of the {n} modes, "
                f"{len(sharp)} of them with 80 % of high quality or more.")
        drawn = [one for one in sharp if one.figures["reverse_kl"] is not None]
        if drawn:
            even = min(drawn, key=lambda one: one.figures["reverse_kl"])
            without = " without labels or codes" if len(drawn) < len(sharp) else ""
            text += (f" The most even of these{without} is {even.recipe.title}, with a reverse KL "
                     f"of {even.figures['reverse_kl']:.4f}.")
        return textwrap.wrap(text + stopped(runs), 100)

    def draw(self, ax, one, small=False):
        plane.draw_panel(ax, one, self.real, self.seed)

    def draw_data(self, ax):
        plotting.plane(ax, plotting.square(self.real.extent))
        plotting.points(ax, self.real.sample(plane.SAMPLES, np.random.default_rng(self.seed)),
                        color=plotting.REAL, markersize=2.4, markeredgewidth=0)
        plane.draw_real(ax, self.real, self.seed)
        ax.set_title("the data\n", fontsize=11)

    def head(self, figure, title):
        plane.panel_head(figure, title, self.real.centers is not None)


class Digits:
    """Images: a classifier of real ones says how many are digits, and of which classes."""

    columns = ("recognised %", "classes", "rarest %", "class KL", "as asked %", "recall",
               "coverage")
    seen = ("A picture shows generated images after the training; of the GANs that know labels, a "
            "row for each label, and in a column the same noise.")
    explained = ("Recognised: a classifier that saw real images only, and may answer \"none of "
                 "them\", gives a digit a probability of 0.9 or more, of 2,000 samples. Classes: "
                 "digits with one such sample; rarest: the smallest share of them, of all samples. "
                 "The class KL is 0 for equal shares among the recognised, 2.3 if they are one "
                 "digit. As asked: the classifier names the digit of the label, or, of infoGAN, "
                 "the one that goes with the code. Recall and coverage: the share of held-out real "
                 "images with samples near them. Labels and codes are taken in turn, so that "
                 "shares are even by construction: GANs with them have no class KL, and their "
                 "rarest is not to be compared with that of others.")

    def __init__(self, dataset, seed, folder=None, no_verify=False):
        data_rng, judge_rng = np.random.default_rng(seed).spawn(2)
        self.options = types.SimpleNamespace(data=dataset, folder=folder, no_verify=no_verify)
        train, held_out = load_data(self.options, data_rng)
        self.real, self.seed = Images(*train), seed
        self.classes = data.DATA_SETS[dataset].classes
        _, self.name = data.DATA_SETS[dataset].called(not no_verify)
        self.judge = metrics.digit_classifier(*train, judge_rng)
        right = 100 * self.judge.accuracy(*held_out)
        self.held_out = held_out[0][:JUDGED]
        self.reference = (f"(real images, {right:.1f} % right)",
                          {**self._report(self.judge.predict_proba(held_out[0]), None),
                           **self._near(self.real.images)})
        self.spread = spread(self.real.images[:JUDGED])
        self.shape, self.panels = (1.75, 3.6), range(5, 8)

    def task(self, recipe, steps, saver):
        return Task(recipe.title, steps, (recipe, self.real, self.seed, steps, saver))

    @staticmethod
    def train(*arguments, report):
        return fit(*arguments, report=report)

    def measured(self, one):
        training = one.training
        images = training.samples(training.latents(JUDGED, [self.seed, 1]))
        p = self.judge.predict_proba(images)
        asked = None
        if training.codes:
            none = 1 - p.sum(axis=1)
            seen = np.where(p.max(axis=1) > none, p.argmax(axis=1), -1)
            asked = agreement(training, seen).mean()
        found = {**self._report(p, asked), "variety": spread(images) / self.spread,
                 **self._near(images)}
        return found | {"class_kl": None} if training.codes else found

    def _near(self, images):
        """{"recall", "coverage"}: see `images.variety`."""
        return variety(self.options, self.held_out, images)._asdict()

    def _report(self, probabilities, asked):
        report = metrics.sample_report(probabilities)
        shares = report.shares[report.shares > 0] / max(report.confident, 1e-12)
        kl = None if report.classes == 0 else (
            max(0.0, (shares * np.log(shares * len(report.shares))).sum()))
        return {"recognised": report.confident, "classes": report.classes,
                "rarest": report.shares.min(), "class_kl": kl, "as_asked": asked}

    def cells(self, found):
        kl = found["class_kl"]
        return (percent(found["recognised"]), str(found["classes"]), percent(found["rarest"]),
                "–" if kl is None else f"{kl:.3f}", percent(found["as_asked"]),
                f"{found['recall']:.3f}", f"{found['coverage']:.3f}")

    def conclusion(self, runs):
        known = [one for one in runs if one.figures]
        complete = [one for one in known if one.figures["classes"] == self.classes]
        text = f"Of {len(runs)} GANs {len(complete)} draw every class."
        if complete:  # a single image that is always recognised is worth nothing
            best = max(complete, key=lambda one: one.figures["recognised"])
            text += (f" Of these most is recognised of {best.recipe.title}: "
                     f"{percent(best.figures['recognised'])} %, of real images "
                     f"{percent(self.reference[1]['recognised'])} %.")
        return textwrap.wrap(text + stopped(runs), 100)

    def draw(self, ax, one, small=False):
        """A sheet; for a conditional GAN a row for each label, the same noise in a column."""
        training = one.training
        z = training.latents(SIDE * SIDE, [self.seed, 2])
        if training.codes:
            z = z[np.argsort(np.arange(len(z)) % training.classes, kind="stable")]
            z.x[...] = np.tile(z.x[:SIDE], (len(z) // SIDE, 1))
            numbers = z.c[:, training.classes:]
            numbers[...] = np.tile(numbers[:SIDE], (len(z) // SIDE, 1))
        images = training.samples(z)
        columns = SIDE // 2 if small else SIDE
        sheet = images.reshape(-1, SIDE, *images.shape[1:])[:, :columns]
        plotting.image_grid(sheet.reshape(-1, *images.shape[1:]), ax, columns)
        below = f"\n{self.verdict(one.figures)}" if one.figures else ""
        ax.set_title(one.recipe.title + below + (", stopped early" if one.stopped else ""),
                     fontsize=9 if small else 10)

    def verdict(self, found):
        """What a sheet of images is, in a few words: first what is wrong with it."""
        if found["variety"] < ONE_IMAGE:
            return "one image: collapsed"
        if found["recognised"] < 0.5:
            return f"{percent(found['recognised'])} %: hardly digits"
        if found["classes"] < self.classes:
            return f"only {found['classes']} of {self.classes} digits"
        return f"{percent(found['recognised'])} % recognised"

    def draw_data(self, ax):
        chosen = np.concatenate([np.flatnonzero(self.real.labels == label)[:SIDE // 2]
                                 for label in range(self.classes)])
        plotting.image_grid(self.real.images[chosen], ax, SIDE // 2)
        ax.set_title(f"the data\n{percent(self.reference[1]['recognised'])} % recognised",
                     fontsize=9)

    def head(self, figure, title):
        figure.suptitle(title, fontsize=15, fontweight="bold")


def spread(images):
    """Root mean square distance between two of the images."""
    return np.sqrt(2 * images.reshape(len(images), -1).var(axis=0, dtype=np.float64).sum())


def stopped(runs):
    early = [one.recipe.title for one in runs if one.stopped]
    return f" Stopped early: {', '.join(early)}." if early else ""


def percent(share):
    """Without the unit, which stands above the column."""
    return "–" if share is None else f"{100 * share:.1f}"


def agreement(training, seen):
    """(N,) bool: whether what is seen in each sample is what was asked for, 0, 1, 2, ... in turn.
    The codes of an infoGAN have no names: each counts as the class that goes with it when all are
    matched one to one, as well as possible. `seen` is −1 for "none of them"."""
    asked = np.arange(len(seen)) % training.classes
    if training.preset.condition == "code":
        from scipy.optimize import linear_sum_assignment  # comes with scikit-learn
        counts = np.zeros((training.classes, training.classes), int)
        np.add.at(counts, (asked[seen >= 0], seen[seen >= 0]), 1)
        asked = linear_sum_assignment(counts, maximize=True)[1][asked]
    return seen == asked


def fit(recipe, real, seed, steps=None, saver=None, report=lambda step, note="": None):
    """Train a recipe on images; a `plane.Run`. Other arguments as of its `run`."""
    training = recipe.start(real, seed, steps)
    result = plane.Run(recipe, seed, training.steps, training=training)
    saver = saver or Saver(None, "")
    result.remember(saver.begin(training))
    start = time.process_time() - result.seconds
    with ending(result):
        for record in training:
            result.records.append(record)
            result.seconds = time.process_time() - start
            report(record.step + 1, f"D(x) {record.d_real:.2f}, D(G(z)) {record.d_fake:.2f}")
            saver.now_and_then(result.memories)
    result.seconds = time.process_time() - start
    saver.save(result.memories())
    return result
