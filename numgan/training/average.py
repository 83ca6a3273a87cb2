"""The generator that is sampled: a moving average of the one that is trained."""

from __future__ import annotations

from .._checks import fraction
from ..networks import Network


class WeightAverage:
    """A second generator whose weights are a moving average of the first's.

        θ̄ ← d θ̄ + (1 − d) θ,   d = min(decay, (1 + t)/(10 + t)) at the t-th update

    The average damps the circling of the two players: it samples better than any single step.
    Running statistics are copied, not averaged. `network` is the averaged generator.
    Reference: Yazıcı et al. 2019; the warm-up is that of TensorFlow's moving average.
    """

    remembers = ("network", "updates")

    def __init__(self, generator: Network, decay: float = 0.999) -> None:
        if not isinstance(generator, Network):
            raise TypeError(f"WeightAverage: generator must be a Network, got {generator!r}")
        self.decay = fraction("WeightAverage", "decay", decay)
        self.source = generator
        self.network = generator.copy()
        self.updates = 0

    def update(self) -> None:
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        theta = self.network.theta
        theta *= decay
        theta += (1 - decay) * self.source.theta
        self.network.buffer[...] = self.source.buffer
        for own, other in zip(self.network.remembering, self.source.remembering):
            for name in other.remembers:  # numbers, as a falling temperature; no random generators
                if isinstance(getattr(other, name), (int, float)):
                    setattr(own, name, getattr(other, name))

    def __repr__(self) -> str:
        return f"WeightAverage({self.decay:g})"
