"""Descent on a flat parameter vector, in place.

An optimiser belongs to one vector: it keeps running averages of that vector's gradient.
`learning_rate` may be changed at any time; `train` multiplies it by a schedule.
"""

from __future__ import annotations

import numpy as np

from ._checks import fraction, number, step_in_place
from ._runtime import divide, in_parts
from ._types import Array, Schedule

__all__ = ["Adam", "Clipped", "Optimizer", "RMSprop", "SGD", "constant", "cosine_decay",
           "linear_decay", "schedule"]


class Optimizer:
    """Base class: ``step(theta, grad, scale=1)`` descends once, at the rate learning_rate · scale.

    It writes into theta; the layers' parameters are views of it. What it keeps from step to step
    is in `vectors`, or named in `remembers`: else a training that was saved would go on otherwise.
    """

    reversible = False  # whether there is a `step_backward`
    remembers: tuple[str, ...] = ("learning_rate", "averages")
    scratch: Array | None = None

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.averages: Array | None = None  # allocated by the first step, which knows the size

    @property
    def learning_rate(self) -> float:
        if "learning_rate" not in vars(self):
            raise TypeError(f"{type(self).__name__}: expected its __init__ to call "
                            f"super().__init__(learning_rate)")
        return vars(self)["learning_rate"]

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        vars(self)["learning_rate"] = number(type(self).__name__, "learning_rate", value, above=0)

    def step(self, theta: Array, grad: Array, scale: float = 1.0) -> None:
        raise NotImplementedError(f"{self} has no step")

    def vectors(self, theta: Array, count: int) -> tuple[Array, ...]:
        """`count` running averages of theta's size and dtype, and one scratch vector."""
        if self.averages is None:
            self.averages = np.zeros((count, theta.size), theta.dtype)
        if self.scratch is None:
            self.scratch = np.empty_like(theta)
        if self.averages.shape[1] != theta.size:
            raise ValueError(f"{self}: made for a vector of {self.averages.shape[1]} parameters, "
                             f"got {theta.size}; each network needs an optimiser of its own")
        return (*self.averages, self.scratch)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(learning_rate={self.learning_rate:g})"

    def step_backward(self, d_theta: Array, d_averages: Array, averages: Array, grad: Array,
                      scale: float = 1.0) -> tuple[Array, Array]:
        """The reverse of `step`, for a loss that comes after it (an unrolled discriminator).

        d_theta, d_averages : the loss's gradients with respect to theta and to the running averages
            (count, size) after the step
        averages, grad : the averages after the step, and the gradient that the step was given
        Returns the loss's gradients with respect to the averages before the step and to `grad`. The
        gradient with respect to theta before the step is d_theta, since theta itself enters
        unchanged; all else that depends on theta enters through `grad`.
        """
        raise NotImplementedError(f"{self} has no step_backward")


class SGD(Optimizer):
    """Gradient descent with momentum, as in Algorithm 1 of Goodfellow et al. 2014.

        v ← momentum · v + grad
        θ ← θ − learning_rate · v
    """

    reversible = True

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.0) -> None:
        super().__init__(learning_rate)
        self.momentum = fraction("SGD", "momentum", momentum)

    def step(self, theta: Array, grad: Array, scale: float = 1.0) -> None:
        velocity, scratch = self.vectors(theta, 1)
        velocity *= self.momentum
        velocity += grad
        np.multiply(velocity, self.learning_rate * scale, out=scratch)
        theta -= scratch

    def step_backward(self, d_theta: Array, d_averages: Array, averages: Array, grad: Array,
                      scale: float = 1.0) -> tuple[Array, Array]:
        d_velocity = d_averages[0] - self.learning_rate * scale * d_theta
        return self.momentum * d_velocity[None], d_velocity


class RMSprop(Optimizer):
    """Divides each gradient by its own running root mean square.

        s ← decay · s + (1 − decay) grad²
        θ ← θ − learning_rate · grad / (√s + eps)

    Reference: Tieleman & Hinton 2012, lecture 6.5.
    """

    def __init__(self, learning_rate: float = 1e-3, decay: float = 0.9, eps: float = 1e-8) -> None:
        super().__init__(learning_rate)
        self.decay = fraction("RMSprop", "decay", decay)
        self.eps = number("RMSprop", "eps", eps, least=0)

    def step(self, theta: Array, grad: Array, scale: float = 1.0) -> None:
        square, scratch = self.vectors(theta, 1)
        np.multiply(grad, grad, out=scratch)
        scratch *= 1 - self.decay
        square *= self.decay
        square += scratch
        np.sqrt(square, out=scratch)
        scratch += self.eps
        np.divide(grad, scratch, out=scratch)
        scratch *= self.learning_rate * scale
        theta -= scratch


class Adam(Optimizer):
    """Momentum and RMSprop together, both corrected for starting at zero.

        m ← beta1 · m + (1 − beta1) grad          m̂ = m / (1 − beta1^t)
        s ← beta2 · s + (1 − beta2) grad²         ŝ = s / (1 − beta2^t)
        θ ← θ − learning_rate · m̂ / (√ŝ + eps)

    All constant factors are combined into the rate and into eps, which saves passes.
    For GANs beta1 is 0.5 or less: the opponent moves, and old gradients point to where it was.

    Reference: Kingma & Ba 2015, algorithm 1.
    """

    reversible = True
    remembers = ("learning_rate", "averages", "steps")

    def __init__(self, learning_rate: float = 2e-4, beta1: float = 0.5, beta2: float = 0.999,
                 eps: float = 1e-8) -> None:
        super().__init__(learning_rate)
        self.beta1 = fraction("Adam", "beta1", beta1)
        self.beta2 = fraction("Adam", "beta2", beta2)
        self.eps = number("Adam", "eps", eps, least=0)
        self.steps = 0

    def step(self, theta: Array, grad: Array, scale: float = 1.0) -> None:
        vectors = (theta, grad, *self.vectors(theta, 2))
        self.steps += 1
        m_hat = (1 - self.beta1) / (1 - self.beta1 ** self.steps)  # times mean
        s_hat = ((1 - self.beta2) / (1 - self.beta2 ** self.steps)) ** 0.5  # times √square
        eps, rate = self.eps / s_hat, self.learning_rate * scale * m_hat / s_hat

        def part(some: slice) -> None:
            theta, grad, mean, square, scratch = (vector[some] for vector in vectors)
            mean *= self.beta1  # m / (1 − beta1): the factor is applied at the end
            mean += grad
            np.multiply(grad, grad, out=scratch)
            square *= self.beta2  # s / (1 − beta2)
            square += scratch
            np.sqrt(square, out=scratch)
            scratch += eps
            np.divide(mean, scratch, out=scratch)
            scratch *= rate
            theta -= scratch

        in_parts(part, divide(theta.size, 2 * theta.itemsize))  # short parts: five vectors are used

    def step_backward(self, d_theta: Array, d_averages: Array, averages: Array, grad: Array,
                      scale: float = 1.0) -> tuple[Array, Array]:
        # with r = √square and q = r + eps / s_hat:  θ ← θ − c · mean / q,  ∂r/∂square = 1 / (2 r)
        d_mean, d_square = d_averages
        mean, root = averages[0], np.sqrt(averages[1])
        m_hat = (1 - self.beta1) / (1 - self.beta1 ** self.steps)
        s_hat = ((1 - self.beta2) / (1 - self.beta2 ** self.steps)) ** 0.5
        c, q = self.learning_rate * scale * m_hat / s_hat, root + self.eps / s_hat
        d_mean = d_mean - c * d_theta / q
        # where every gradient so far was 0 (a dead unit), mean is 0 too, and nothing depends on r
        d_square = d_square + c * d_theta * mean / (q * q * np.where(root == 0, 1, 2 * root))
        return (np.stack([self.beta1 * d_mean, self.beta2 * d_square]),
                d_mean + 2 * grad * d_square)


class Clipped(Optimizer):
    """Steps of another optimiser; after each, all parameters are clipped to [−limit, limit].

    This keeps WGAN's critic from growing steeper without end: Arjovsky et al. 2017, algorithm 1,
    which uses ``Clipped(RMSprop(5e-5), 0.01)``.
    """

    def __init__(self, optimizer: Optimizer, limit: float = 0.01) -> None:
        if not hasattr(optimizer, "step") or isinstance(optimizer, type):
            raise TypeError(f"Clipped: expected an optimiser such as RMSprop(), got {optimizer!r}")
        self.optimizer, self.limit = optimizer, number("Clipped", "limit", limit, above=0)

    remembers = ("optimizer",)

    @property
    def learning_rate(self) -> float:
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self.optimizer.learning_rate = rate

    def step(self, theta: Array, grad: Array, scale: float = 1.0) -> None:
        step_in_place(self.optimizer, theta, grad, scale)
        np.clip(theta, -self.limit, self.limit, out=theta)

    def __repr__(self) -> str:
        return f"Clipped({self.optimizer!r}, limit={self.limit:g})"


def constant(progress: float) -> float:
    """Schedule: always 1. A schedule is a function of progress = step / steps in [0, 1)."""
    return 1.0


def linear_decay(progress: float) -> float:
    """Schedule: 1 − progress."""
    return 1.0 - progress


def cosine_decay(progress: float) -> float:
    """Schedule: (1 + cos π·progress) / 2, flat at both ends."""
    return 0.5 * (1.0 + np.cos(np.pi * progress))


SCHEDULES = {"constant": constant, "linear": linear_decay, "cosine": cosine_decay}


def schedule(name: str | Schedule) -> Schedule:
    """The schedule of that name; a function is returned as it is."""
    if callable(name):
        return name
    if not isinstance(name, str) or name not in SCHEDULES:
        raise ValueError(f"unknown schedule {name!r}: expected one of {', '.join(SCHEDULES)}, "
                         f"or a function of progress in [0, 1)")
    return SCHEDULES[name]
