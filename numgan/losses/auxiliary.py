"""Losses of a discriminator that also says what it sees: ACGAN, infoGAN and CAN.

It ends in one logit and, beside it, a guess of the condition c. `networks.Conditional` with `keep`
returns c too: an output is a `Pair` of [logit, guess], (N, 1 + K), and c (N, K). The loss compares
the guess with c. c is given, not made, so gradients are by the first part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

import numpy as np

from .._checks import number, positive_int
from .._types import Array
from ..pairs import Pair, Samples, x_of
from .base import LOSSES, Loss
from .gan import NonSaturating

if TYPE_CHECKING:
    from ..training import Players


NEAR = 1e-3  # how far from 1 the sum of a row of classes may be


class ConditionPrediction(Loss):
    """Base: `loss` of the logit plus `weight` times the cost of the guess.

    The first `categorical` numbers of c are a one-hot class, for which the guess holds logits q and
    costs their cross-entropy. The other `continuous` ones are guessed by the mean μ of a Gaussian
    of variance 1, and cost its −ln p without the constant:

        cost = mean_n [ −Σ_k c_k ln softmax(q)_k  +  ½ Σ_j (c_j − μ_j)² ]

    Gradients: (softmax(q) − c) / N by q for a one-hot c, (μ − c) / N by μ.
    `of_real`: whether real samples have a condition to be guessed; `of_fake`: whether D also
    guesses that of generated ones; `wanted(fake outputs)`: the outputs with the condition that G
    wants D to guess.

    Raises a ValueError where a condition that is guessed is no class: neither one-hot nor
    probabilities, which are nonnegative and have the sum 1.
    """

    several_outputs = True
    remembers: tuple[str, ...] = ("loss",)
    of_real, of_fake = False, True

    def __init__(self, loss: Loss | None = None, categorical: int = 10, continuous: int = 0,
                 weight: float = 1.0) -> None:
        name = type(self).__name__
        self.loss = NonSaturating() if loss is None else loss
        if not isinstance(self.loss, Loss):
            raise TypeError(f"{name}: expected loss to be one of numgan.losses, got {loss!r}")
        self.categorical = positive_int(name, "categorical", categorical, 0)
        self.continuous = positive_int(name, "continuous", continuous, 0)
        self.codes = self.categorical + self.continuous
        if not self.codes:
            raise ValueError(f"{name}: expected something to guess, got categorical=0 and "
                             f"continuous=0")
        self.weight = number(name, "weight", weight, least=0)
        for about in "generator_sees_real", "absolute", "low_is_real", "bounded":
            setattr(self, about, getattr(self.loss, about))  # as in the loss of the logit

    def check(self, players: Players) -> None:
        self.loss.check(players)

    def discriminator(self, real_logits: Samples,
                      fake_logits: Samples) -> tuple[float, Array, Array]:
        value, d_real, d_fake = self.loss.discriminator(self._logit(real_logits),
                                                        self._logit(fake_logits))
        cost, d_fake = self._with_guess(fake_logits, d_fake, self.of_fake)
        of_real, d_real = self._with_guess(real_logits, d_real, self.of_real)
        return value + cost + of_real, d_real, d_fake

    def generator(self, fake_logits: Samples,
                  real_logits: Samples | None = None) -> tuple[float, Array]:
        value, d_fake = self.loss.generator(self._logit(fake_logits), self._logit(real_logits))
        cost, d_fake = self._with_guess(self.wanted(fake_logits), d_fake, True)
        return value + cost, d_fake

    def generator_by_real(self, fake_logits: Samples, real_logits: Samples) -> Array:
        found = self.loss.generator_by_real(self._logit(fake_logits), self._logit(real_logits))
        return self._beside(found, real_logits)

    def commit(self, real_logits: Samples, fake_logits: Samples) -> None:
        self.loss.commit(self._logit(real_logits), self._logit(fake_logits))

    def discriminator_tangent(self, real_logits: Samples, fake_logits: Samples, t_real: Samples,
                              t_fake: Samples) -> tuple[Array, Array]:
        td_real, td_fake = self.loss.discriminator_tangent(
            self._logit(real_logits), self._logit(fake_logits), self._logit(t_real),
            self._logit(t_fake))
        return (self._guess_tangent(real_logits, t_real, td_real, self.of_real),
                self._guess_tangent(fake_logits, t_fake, td_fake, self.of_fake))

    def generator_tangent(self, fake_logits: Samples, t_fake: Samples,
                          real_logits: Samples | None = None,
                          t_real: Samples | None = None) -> tuple[Array, Array | None]:
        td_fake, td_real = self.loss.generator_tangent(
            self._logit(fake_logits), self._logit(t_fake), self._logit(real_logits),
            self._logit(t_real))
        return (self._guess_tangent(self.wanted(fake_logits), t_fake, td_fake, True),
                None if td_real is None or real_logits is None
                else self._beside(td_real, real_logits))

    def wanted(self, fake_logits: Samples) -> Samples:
        return fake_logits

    # -- the guess ----------------------------------------------------------------------------

    @overload
    def _logit(self, outputs: Samples) -> Array: ...

    @overload
    def _logit(self, outputs: None) -> None: ...

    def _logit(self, outputs: Samples | None) -> Array | None:
        return None if outputs is None else x_of(outputs)[:, :1]

    def _parts(self, outputs: Samples) -> tuple[Array, Array, Array, Array]:
        """(q, μ, class, code) of the outputs; each (N, its number)."""
        guess, c = outputs if isinstance(outputs, Pair) else (outputs, None)
        if c is None or c.shape[1:] != (self.codes,) or guess.shape[1:] != (1 + self.codes,):
            raise ValueError(f"{self}: expected a discriminator that gives logit and guess "
                             f"(N, 1 + {self.codes}) in a pair with the condition "
                             f"(N, {self.codes}), got {guess.shape} "
                             f"{'alone' if c is None else f'and {c.shape}'}; see "
                             f"networks.Conditional(keep=True)")
        n = 1 + self.categorical
        return guess[:, 1:n], guess[:, n:], c[:, :self.categorical], c[:, self.categorical:]

    def _with_guess(self, outputs: Samples, d_logit: Array, guessed: bool) -> tuple[float, Array]:
        """(cost, gradient with respect to logit and guess)."""
        q, mean, label, code = self._parts(outputs)
        gradient = self._beside(d_logit, outputs)
        if not guessed:
            return 0.0, gradient
        share = q.dtype.type(self.weight / len(outputs))
        value, by_guess = 0.0, []
        if self.categorical:
            sums = np.add.reduce(label, axis=1, keepdims=True)
            self._check_classes(label, sums)
            p, logs = _softmax(q)
            value = value - (label * logs).sum()
            by_guess.append(sums * p - label)
        error = mean - code
        value = value + (error * error).sum() / 2
        gradient[:, 1:] = share * np.concatenate([*by_guess, error], axis=1)
        return share * value, gradient

    def _check_classes(self, label: Array, sums: Array) -> None:
        # .real: complex in a gradient check; the comparisons refuse NaN too
        if not (np.minimum.reduce(label.real, axis=None) >= 0
                and np.maximum.reduce(abs(sums.real - 1), axis=None) <= NEAR):
            label, sums = label.real, sums.real
            raise ValueError(f"{self}: expected classes as one-hot rows or probabilities "
                             f"(N, {self.categorical}), nonnegative with sum 1, got values from "
                             f"{label.min():g} to {label.max():g} and sums from {sums.min():g} to "
                             f"{sums.max():g}")

    def _guess_tangent(self, outputs: Samples, tangents: Samples, td_logit: Array,
                       guessed: bool) -> Array:
        """How that gradient changes along the tangents of the outputs."""
        td = self._beside(td_logit, outputs)
        if not guessed:
            return td
        q, _, label, _ = self._parts(outputs)
        tq, t_mean = np.split(x_of(tangents)[:, 1:], [self.categorical], axis=1)
        by_guess = []
        if self.categorical:
            p, _ = _softmax(q)
            by_guess.append(label.sum(axis=1, keepdims=True)
                            * p * (tq - (p * tq).sum(axis=1, keepdims=True)))
        td[:, 1:] = self.weight / len(outputs) * np.concatenate([*by_guess, t_mean], axis=1)
        return td

    def _beside(self, d_logit: Array, outputs: Samples) -> Array:
        gradient = np.zeros_like(x_of(outputs), dtype=d_logit.dtype)
        gradient[:, :1] = d_logit
        return gradient

    def arguments(self) -> str:
        return f"{self.loss}, {self.categorical}, {self.continuous}, {self.weight:g}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.arguments()})"


@LOSSES.register("auxiliary-classifier")
class AuxiliaryClassifier(ConditionPrediction):
    """ACGAN: D also guesses the class of real and generated samples, and G wants it guessed right.

        D minimises  L_D + weight · (CE of the real samples' classes + CE of the generated ones')
        G minimises  L_G + weight · CE of the generated ones'

    CE is the mean cross-entropy −ln P(class asked for | x). D itself is not told the class. The
    generated classes come out clearer than they are, because what is easy to tell costs least.
    Optimum: that of `loss` where classes do not overlap; elsewhere G gives up what is hard to tell.
    For a given G the guess is P(class | x), of real and generated samples together. Odena et al.
    2017, eq. 2 and 3, with the signs reversed, because they maximise.
    loss : of the logit, NonSaturating() if None; classes : int; weight : their λ, which is 1 there
    """

    of_real = True
    condition = "label"

    def __init__(self, loss: Loss | None = None, classes: int = 10, weight: float = 1.0) -> None:
        super().__init__(loss, classes, 0, weight)

    def arguments(self) -> str:
        return f"{self.loss}, {self.categorical}, {self.weight:g}"


@LOSSES.register("mutual-information")
class MutualInformation(ConditionPrediction):
    """infoGAN: a part of the latent, the code c, must be readable from what G makes of it.

        D and G minimise their loss − weight · L_I,   L_I = E ln Q(c | G(z, c)) + H(c) <= I(c; G)

    Q is the guess at D's end, which both players improve: the bound is tight where Q is the
    posterior of c. H(c), a constant, is left out. Nobody says what c should mean. Where the data
    have classes and traits, a class and some numbers that can be read again are the cheapest. Real
    samples have no code: the one in their pairs is not looked at, and may be zeros.
    Optimum: that of `loss`, with I(c; G) as large as the data allow.
    Chen et al. 2016, eq. 5 and 6; Q's variance for numbers is held at 1, as in their MNIST code.
    loss : of the logit, NonSaturating() if None; categorical, continuous : int, numbers of c;
    weight : their λ
    """

    condition = "code"


@LOSSES.register("style-ambiguity")
class StyleAmbiguity(ConditionPrediction):
    """CAN: D learns the styles of real pictures, and G makes art that is of none of them.

        D minimises  L_D + weight · CE(style of the real samples)
        G minimises  L_G + weight · mean_n −(1/K) Σ_k ln P(style k | G(z))

    G's second term is the cross-entropy of D's guess with the uniform distribution over K styles.
    It is at least ln K, which it reaches where D cannot tell which style it is. Its gradient with
    respect to the guess's logits is (p − 1/K) / N.
    D guesses nothing about generated samples. G need not know about styles, and the condition in
    its pairs is not looked at (`Conditional(keep=True)` of layers that do not see it).
    Optimum: not that of `loss` alone, because real samples are of a style. weight says how far G
    goes from the data.
    Elgammal et al. 2017, eq. 2 and 3, but with one softmax over the styles: theirs is a sum of K
    cross-entropies of style k or not.
    loss : of the logit, NonSaturating() if None; classes : int, K; weight : number >= 0
    """

    of_real, of_fake = True, False
    condition = "label"

    def __init__(self, loss: Loss | None = None, classes: int = 10, weight: float = 1.0) -> None:
        super().__init__(loss, classes, 0, weight)

    def wanted(self, fake_logits: Samples) -> Samples:
        x = x_of(fake_logits)
        return Pair(x, np.full((len(x), self.categorical), 1 / self.categorical, x.real.dtype))

    def arguments(self) -> str:
        return f"{self.loss}, {self.categorical}, {self.weight:g}"


def _softmax(q: Array) -> tuple[Array, Array]:
    """(softmax(q), its logarithm), rows."""
    shifted = q - q.real.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.exp(logs), logs
