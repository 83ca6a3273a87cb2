"""Scores of images through a network that knows the data (`metrics.mnist_lenet`).

The published scores with the same formulas, FID and the Inception score, use the Inception network
and photographs. The scores here use other features and cannot be compared with them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from .samples import points, same_space


def frechet_distance(real: ArrayLike, fake: ArrayLike) -> float:
    """Fréchet distance of the normal distributions with the same means and covariances, squared.

        d² = ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½)

    It is W₂² of two normal distributions. (Σ₁Σ₂)^½ has the trace of (Σ₁^½ Σ₂ Σ₁^½)^½, which is
    symmetric: the square roots of its eigenvalues are summed.

    Range and direction: >= 0, lower is better, in the squared units of the features. It sees both
    fidelity and diversity, and does not say which of them is poor.
    Cost: O(N D² + D³): less than a second for 10,000 samples of 84 features.
    Pitfalls: it is biased. It falls with the number of samples, about like D/N, and is above 0 for
    two real samples: compare at equal numbers, beside a second real sample. Only means and
    covariances count: a ring of eight modes and one of four that are opposite differ little.

    Parameters
    ----------
    real : (N, D) features, finite, N >= 2; fake : (M, D), M >= 2

    Returns
    -------
    float

    Reference: Heusel et al. 2017, equation 6; Dowson & Landau 1982.

    >>> round(frechet_distance([[-1.], [1.]], [[0.], [6.]]), 9)  # (0 − 3)² + (√2 − √18)²
    17.0
    """
    real, fake = same_space("frechet_distance", least=2, real=real, fake=fake)
    shift = real.mean(axis=0) - fake.mean(axis=0)
    first, second = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (real, fake))
    values, vectors = np.linalg.eigh(first)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    common = np.sqrt(np.linalg.eigvalsh(root @ second @ root).clip(0)).sum()
    distance = shift @ shift + np.trace(first) + np.trace(second) - 2 * common
    return max(0.0, float(distance))  # rounding may fall below zero


def classifier_score(probabilities: ArrayLike) -> float:
    """Classifier score (with Inception: Inception score): sure of each sample, all kinds occur.

        exp E_x KL( p(y|x) ‖ p(y) ),   p(y) = E_x p(y|x)

    Range and direction: 1 ... K, higher is better: K if the classifier is sure of each sample and
    all classes are equally frequent, 1 if it says the same of all. Real data score below K.
    Cost: O(N K).
    Pitfalls: it knows nothing of the real samples: one perfect image of each class scores K, and so
    do images that only please the classifier. It sees lost modes only if they are classes.
    An ordinary classifier is sure of noise as well.

    Parameters
    ----------
    probabilities : (N, K), rows >= 0 that sum to 1, such as `LeNet.probabilities`

    Returns
    -------
    float

    Reference: Salimans et al. 2016, section 4.

    >>> round(classifier_score([[1, 0], [0, 1], [1, 0], [0, 1]]), 9)
    2.0
    """
    p = points("classifier_score", "probabilities", probabilities)
    if np.ndim(probabilities) != 2 or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError(f"classifier_score: expected probabilities (N, K) >= 0 with rows that sum "
                         f"to 1, got shape {np.shape(probabilities)}, values {p.min():g} ... "
                         f"{p.max():g}, sums up to {p.sum(axis=1).max():g}")
    entropies = [-np.sum(np.log(q, where=q > 0, out=np.zeros_like(q)) * q, axis=-1)
                 for q in (p.mean(axis=0), p)]
    return math.exp(max(0.0, entropies[0] - entropies[1].mean()))
