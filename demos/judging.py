"""Real samples of a data set, and how generated samples are compared with them."""

import functools
import types

import numpy as np

from numgan import data, metrics
from numgan.presets import Images

from . import plane
from .images import data_name, load_data
from .variants_views import fit

LENET_STEPS = 1500  # where no trained one comes with the package
RESAMPLES = 10  # of the errors of `report_of`


class Reference:
    """Points of the plane are compared as they are, images by the features of a LeNet: the one that
    comes with the package for MNIST, else one that is trained here on the real images.

    real : what to train on, a Toy2D or `Images`; title : str
    shown : real samples, (N, ...), with which others are compared; second : as many others, which
        say what a perfect generator would score (`ceiling`). For images, `shown` are from those to
        train on and `second` are held out
    judge : for images, if `classes`, the classifier that tells digits from what is not a digit
    """

    def __init__(self, dataset, samples, folder=None, no_verify=False, classes=False):
        rng, images_rng, judge_rng = np.random.default_rng([0, 3]).spawn(3)
        known = data.DATA_SETS[dataset]
        self.dataset, self.network, self.judge = dataset, None, None
        if known.kind == "toy":
            self.real, self.title = data.toy(dataset), known.title
            self.shown, self.second = self.real.sample(2 * samples, rng).reshape(2, samples, 2)
        else:
            options = types.SimpleNamespace(data=dataset, folder=folder, no_verify=no_verify)
            train, (held_out, _) = load_data(options, images_rng)
            self.real, (_, self.title) = Images(*train), known.called(not no_verify)
            samples = min(samples, len(held_out))
            self.shown, self.second = (x[rng.choice(len(x), samples, replace=False)]
                                       for x in (self.real.images, held_out))
            self.network = (metrics.mnist_lenet() if dataset == "mnist" and not no_verify else
                            metrics.fit_lenet(*train, rng=0, steps=LENET_STEPS))
            if classes:
                self.judge = metrics.digit_classifier(*train, judge_rng)
        self.samples = samples
        self._features = self.features(self.shown)
        self.ceiling = self.measured(self.second)

    def features(self, x):
        return x if self.network is None else self.network.features(x)

    def train(self, recipe, seed, steps=None, saver=None, report=lambda step, note="": None):
        """A `plane.Run` by the recipe."""
        if self.network is None:
            return plane.run(recipe, self.real, seed, steps, saver=saver, report=report)
        return fit(recipe, self.real, seed, steps, saver, report)

    def measured(self, x):
        """{"precision", "recall", "density", "coverage"} of samples (N, ...); where modes are known
        or there is a classifier, "modes" (or classes) and "high_quality" (or recognised) too."""
        features = self.features(x)
        near = metrics.precision_recall(self._features, features)
        held = metrics.density_coverage(self._features, features)
        found = {"precision": near.precision, "recall": near.recall, "density": held.density,
                 "coverage": held.coverage}
        if self.network is None and self.real.centers is not None:
            score = metrics.mode_statistics(x, self.real.centers, self.real.std)
            found |= {"modes": score.modes, "high_quality": score.high_quality}
        elif self.judge is not None:
            report = metrics.sample_report(self.judge.predict_proba(x))
            found |= {"modes": report.classes, "high_quality": report.confident}
        return found


def report_of(options, train, held_out, samples, asked=None):
    """`metrics.report` of samples beside held-out images, and of a second real sample: its ceiling.

    MNIST's digits are compared by the LeNet that comes with the package, which has seen none of the
    held-out images, and the two real samples are halves of these. There are fewer of other images:
    a LeNet learns from half of the training images, and the other half is the second sample. So no
    network that judges has seen what it compares.

    options : with `data`, `no_verify`, `lenet`, the steps of the LeNets, and `resamples`, from
        which the errors are estimated
    train, held_out : (images (N, H, W, C), labels (N,)); samples : (M, H, W, C), finite
    asked : (M,) int, the labels of the samples, for GAN-train and GAN-test; None leaves them out
    """
    fit = functools.partial(metrics.fit_lenet, steps=options.lenet)
    network, second = None, None
    if data_name(options.data, options.no_verify) != "mnist":
        half = len(train[0]) // 2
        network, second = fit(*(part[:half] for part in train), 0), [part[half:] for part in train]
    given = [held_out, (samples, asked)] + [second] * (second is not None)
    images, labels = zip(*given)
    return metrics.report(*images, network=network, labels=None if asked is None else labels,
                          resamples=options.resamples, fit=fit)


def rows_of(report):
    """What a file of results keeps of a `metrics.Report`: {metric: [value, standard error]} of the
    samples, and of the second real sample."""
    return ({row.name: [row.value, row.error] for row in report.rows},
            {row.name: [row.ceiling, row.ceiling_error] for row in report.rows})
