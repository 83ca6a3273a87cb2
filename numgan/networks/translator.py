"""A generator that reads data and passes them on, to be judged beside what it makes of them."""

# mypy: disable-error-code="override"
# a Network takes what a Chain takes, except for a condition: it has none to give

from __future__ import annotations

from .._types import Array, Batch, Cache, Pieces, Trace
from ..layers.base import plus
from ..pairs import Pair, c_of, x_of
from .network import Network


class Translator(Network):
    """A network that translates x, and returns the translation in a pair with x: (f(x), x).

    As the generator of `train` it reads a label map, a picture with a hole or a program, where
    others read z. The discriminator is a `Conditional`, which sees the translation beside the
    original.

        y = (f(x), x)

    Shapes: x (N, ...) → a `Pair` of f(x) (N, ...) and c = x. Arguments are as for `Network`;
    `output_shape` is that of f(x).
    Backward: x goes two ways, so dx = (∂f/∂x)ᵀ dy + dc. Tangents likewise.
    Reference: Isola et al. 2017, figure 2.
    """

    def forward(self, x: Array, train: bool = False) -> tuple[Pair, Cache]:
        y, cache = super().forward(x, train)
        return Pair(y, x), cache

    def backward(self, dy: Batch, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 trace: Trace | None = None) -> Batch:
        dx = super().backward(x_of(dy), cache, param_grads, input_grad, trace)
        return plus(dx, c_of(dy)) if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Pair, Cache]:
        ty, tcache = super().tangent(tx, cache, tparams)
        return Pair(ty, tx), tcache

    def tangent_backward(self, dy: Batch | None, dty: Batch, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Batch | None = None,
                         trace: Trace | None = None) -> tuple[Batch, Batch]:
        dx, found = super().tangent_backward(None if dy is None else x_of(dy), x_of(dty), cache,
                                             tcache, input_grad, None, trace)
        if not input_grad:
            return None, None
        dx = plus(dx, None if dy is None else c_of(dy))
        return dx, plus(found, c_of(dty)) if dtx is None else dtx
