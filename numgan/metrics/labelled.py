"""GAN-train and GAN-test: what labelled fakes are worth to a classifier, and whether a classifier
sees their label."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .._checks import random_generator
from .._types import Rng, Seed
from .lenet import fit_lenet


Fit: TypeAlias = Callable[[Any, Any, Rng], Any]  # (samples, labels, rng) → a classifier


@dataclasses.dataclass(frozen=True)
class GanTrainTest:
    """Result of `gan_train_test`: shares in 0 ... 1.

    Attributes
    ----------
    gan_train : accuracy on real samples of a classifier that learned from fakes alone
    gan_test : accuracy on fakes of a classifier that learned from real samples
    real : accuracy of this second classifier on real samples; compare the other two with it
    """

    gan_train: float
    gan_test: float
    real: float

    def __str__(self) -> str:
        return (f"GAN-train {100 * self.gan_train:.1f} %, GAN-test {100 * self.gan_test:.1f} %, "
                f"real {100 * self.real:.1f} %")


def gan_train_test(train: tuple[ArrayLike, ArrayLike], test: tuple[ArrayLike, ArrayLike],
                   fake: tuple[ArrayLike, ArrayLike], rng: Seed,
                   fit: Fit = fit_lenet) -> GanTrainTest:
    """GAN-train and GAN-test of a conditional generator's samples and their labels.

        GAN-train   trained on fakes, tested on real samples: diversity and fidelity
        GAN-test    trained on real samples, tested on fakes: fidelity

    Range and direction: 0 ... 1; higher is better up to `real`, the score of training on real
    samples and testing on others. A GAN-test above it says that the fakes are easier than the data,
    such as those of a generator that makes one clear sample per class; its GAN-train is then low.
    Cost: two trainings of a classifier; the same settings and seed for both.
    Pitfalls: it needs labels. It depends on the classifier and on the number of samples: give as
    many fakes as real samples to learn from. A generator that ignores the label scores 1/K.

    Parameters
    ----------
    train, test, fake : pairs of samples (N, ...) and labels (N,) int; train and test are real
    rng : numpy.random.Generator or an integer seed
    fit : function (samples, labels, rng) -> something with ``accuracy(samples, labels)``

    Returns
    -------
    GanTrainTest

    Reference: Shmelkov et al. 2018.
    """
    where = "gan_train_test"
    seed = int(random_generator(where, rng).integers(2 ** 31))
    for name, pair in (("train", train), ("test", test), ("fake", fake)):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"{where}: expected {name} to be a pair (samples, labels), "
                            f"got {type(pair).__name__}")
        if np.shape(pair[0])[1:] != np.shape(train[0])[1:]:
            raise ValueError(f"{where}: expected samples of {name} of shape "
                             f"(N, {', '.join(map(str, np.shape(train[0])[1:]))}), as of train, "
                             f"got {np.shape(pair[0])}")
    of_real = fit(*train, np.random.default_rng(seed))
    of_fake = fit(*fake, np.random.default_rng(seed))
    return GanTrainTest(gan_train=of_fake.accuracy(*test), gan_test=of_real.accuracy(*fake),
                        real=of_real.accuracy(*test))
