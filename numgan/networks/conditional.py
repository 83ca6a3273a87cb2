"""Conditional GANs: a GAN on pairs (x, c) of a sample and what it shows; see `pairs`.

A real sample is a pair (x, c), a generated one is (G(z, c), c), and the discriminator judges pairs:
is this a seven, and is it one that was asked for? So nothing changes in losses, penalties and
training.

    min_G max_D  E ln D(x, c) + E ln(1 − D(G(z, c), c))

Mirza & Osindero 2014, eq. 2.
"""

# mypy: disable-error-code="override"
# a Network takes what a Chain takes, except for a condition: it has none to give

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import DTypeLike

from .._checks import flag, positive_int
from .._runtime import sharing_cores
from .._types import Array, Batch, Cache, Pieces, Seed, Shape, Trace
from ..layers import Layer
from ..layers.base import plus
from ..layers.compose import Chain, Composite
from ..layers.conditional import ConditionalLayer
from ..layers.styles import OwnStyle
from ..pairs import Pair, samples
from .network import Network, Row, _chain_rows, _shape_text, list_of_layers


class Conditional(Network):
    """A network of pairs: a chain for x, in which some layers see c (`layers.conditional`: Join,
    Modulate, Projection), and a chain through which c goes first.

        e = encoder(c),    x_l = f_l(x_{l−1}) or f_l(x_{l−1}, e),    y = x_L, or the pair (x_L, c)

    Shapes: the input is a `Pair` of x (N, *shape) and c (N, *condition); the output is that of the
    last layer or, with `keep`, a pair of it and c.

    Backward: along the chain as always. Every layer that sees e adds to its gradient de, which then
    goes back through the encoder to c. With `keep`, c is also reached directly, as part of the
    output. The tangent and its reverse go the same ways. Cache: c, the encoder's and the chain's.

    Parameters
    ----------
    layers : list of Layer
    shape : int or tuple, of x without the batch axis
    condition : int or tuple, of c without the batch axis
    encoder : list of Layer through which c goes first: [Dense(10, 4, bias=False)] is a label
        embedding, a row of W for each label. c is made of integers if the encoder's first layer
        takes them
    keep : bool, whether c comes out again beside the result: a generator of pairs does that, and so
        does a discriminator whose loss compares what it says with c (`losses.AuxiliaryClassifier`)
    rng, dtype : as for `Network`

    Attributes: condition_shape, of c; the chains `encoder` (or None) and `chain`.

    >>> from numgan.layers import Dense, Join, ReLU
    >>> from numgan.pairs import one_hot
    >>> G = Conditional([Join(10), Dense(12, 32), ReLU(), Dense(32, 2)], 2, 10, keep=True, rng=0)
    >>> z, c = np.zeros((5, 2), np.float32), one_hot([0, 1, 2, 3, 4], 10)
    >>> x, same = G((z, c))
    >>> x.shape, same is c
    ((5, 2), True)
    """

    input_shape: Shape
    condition_shape: Shape

    def __init__(self, layers: Iterable[Layer], shape: int | Shape, condition: int | Shape, *,
                 encoder: Iterable[Layer] = (), keep: bool = False, rng: Seed,
                 dtype: DTypeLike = np.float32) -> None:
        shape, self.condition_shape = (
            tuple(positive_int("Conditional", name, n) for n in np.atleast_1d(value))
            for name, value in (("shape", shape), ("condition", condition)))
        encoder, layers = (list_of_layers("Conditional", some) for some in (encoder, layers))
        self.keep = flag("Conditional", "keep", keep)
        self.encoder, self.chain = Chain(*encoder) if encoder else None, Chain(*layers)
        Composite.__init__(self, [self.chain] if self.encoder is None
                           else [self.encoder, self.chain])
        self.sees_condition = False  # it brings its own
        self.takes_integers = self.chain.takes_integers
        self._own(rng, dtype, shape)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, the encoder's first: a tuple."""
        return (*(self.encoder.children if self.encoder else ()), *self.chain.children)

    # -- the chain ---------------------------------------------------------------------------

    def forward(self, x: Batch, train: bool = False) -> tuple[Batch, Cache]:
        self.check_input(x)
        (x, c), encoding = x, None
        e = c
        if self.encoder is not None:
            e, encoding = self.encoder.forward(c, train)
        given = {"c": e} if self.chain.sees_condition else {}
        y, cache = self.chain.forward(x, train, **given)
        return Pair(y, c) if self.keep else y, (c, encoding, cache)

    def backward(self, dy: Batch, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 trace: Trace | None = None) -> Batch:
        _, encoding, chain_cache = cache
        dy, d_kept = dy if isinstance(dy, Pair) else (dy, None)
        through = input_grad or param_grads and self._encoder_learns()
        found = self.chain.backward(dy, chain_cache, param_grads, input_grad, through, trace)
        dx, dc = found if self.chain.sees_condition else (found, None)
        if dc is not None and self.encoder is not None:
            dc = self.encoder.backward(dc, encoding, param_grads, input_grad)
        return Pair(dx, plus(dc, d_kept)) if input_grad else None

    def tangent(self, tx: Batch, cache: Cache, tparams: Pieces = None) -> tuple[Batch, Cache]:
        c, encoding, chain_cache = cache
        tx, tc = tx
        te, encoding_t = self._still(c) if tc is None else tc, None
        parts = self._apart(tparams) or [None, None]
        if self.encoder is not None:
            te, encoding_t = self.encoder.tangent(te, encoding, parts[0])
        given = {"tc": te} if self.chain.sees_condition else {}
        ty, tcache = self.chain.tangent(tx, chain_cache, parts[-1], **given)
        return Pair(ty, tc) if self.keep else ty, (encoding_t, tcache)

    def tangent_backward(self, dy: Batch | None, dty: Batch, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Batch | None = None,
                         trace: Trace | None = None) -> tuple[Batch, Batch]:
        (_, encoding, chain_cache), (encoding_t, chain_tcache) = cache, tcache
        (dy, d_kept), (dty, dt_kept) = (d if isinstance(d, Pair) else (d, None)
                                        for d in (dy, dty))
        found, found_t = self.chain.tangent_backward(
            dy, dty, chain_cache, chain_tcache, input_grad, None,
            input_grad or self._encoder_learns(), trace)
        (dx, dc), (made, dtc) = ((found, found_t) if self.chain.sees_condition
                                 else ((found, None), (found_t, None)))
        if dtc is not None and self.encoder is not None:
            dc, dtc = self.encoder.tangent_backward(dc, dtc, encoding, encoding_t, input_grad)
        if not input_grad:
            return None, None
        return (Pair(dx, plus(dc, d_kept)) if dx is not None else None,
                Pair(made, plus(dtc, dt_kept)) if dtx is None else dtx)

    def commit(self, cache: Cache) -> None:
        _, encoding, chain_cache = cache
        if self.encoder is not None:
            self.encoder.commit(encoding)
        self.chain.commit(chain_cache)

    # -- shapes and checks ----------------------------------------------------------------------

    def __call__(self, x: Batch) -> Batch:
        """The output for a pair (x, c), with running statistics and without noise.

        x and c are checked for NaN and infinities too, and may be of any real dtype.
        """
        pair = samples(x)
        if isinstance(pair, Pair) and pair.c is not None:
            pair = Pair(self._cast("x", pair.x, self.takes_integers),
                        self._cast("c", pair.c, self._integer_condition()))
        self.check_input(pair)
        self.check_owner()
        with sharing_cores():
            return self.forward(pair)[0]

    def check_input(self, x: Batch) -> None:
        if not isinstance(x, Pair) or x.c is None:
            raise TypeError(f"{self}: expected a Pair of x (N, {_numbers(self.input_shape)}) and "
                            f"its condition c (N, {_numbers(self.condition_shape)}), got "
                            f"{f'an array of shape {x.shape}' if hasattr(x, 'shape') else repr(x)}")
        super().check_input(x.x)
        self._check_dtype("c", x.c, self._integer_condition())
        if x.c.shape[1:] != self.condition_shape:
            raise ValueError(f"{self}: expected c of shape (N, {_numbers(self.condition_shape)}), "
                             f"got {x.c.shape}")

    def output_shape(self, input_shape: Shape) -> Shape:
        encoded = self.condition_shape
        if self.encoder is not None:
            encoded = self.encoder.output_shape(encoded)
        self._check_seen(self.chain, encoded)
        return self.chain.output_shape(input_shape)

    def _check_seen(self, layer: Layer, condition: Shape) -> None:
        """ValueError if the layer, or one that it is made of, sees another condition."""
        if isinstance(layer, (ConditionalLayer, OwnStyle)) and not layer.accepts(condition):
            raise ValueError(f"{self}: expected layers that see a condition of "
                             f"{_numbers(condition)} numbers, got {layer}")
        if isinstance(layer, OwnStyle):
            condition = layer.handed_on(condition)
        for child in layer.children:
            self._check_seen(child, condition)

    def preceded(self, layer: Layer, rng: Seed) -> Network:
        return Conditional([layer, *self.chain.children], self.input_shape, self.condition_shape,
                           encoder=self.encoder.children if self.encoder else (), keep=self.keep,
                           rng=rng, dtype=self.dtype)

    def _integer_condition(self) -> bool:
        return self.encoder is not None and self.encoder.takes_integers

    def _encoder_learns(self) -> bool:
        return self.encoder is not None and self.encoder.size > 0

    def _still(self, c: Array) -> Batch:
        return None if self._integer_condition() else np.zeros_like(c)

    def _summary_rows(self, shape: Shape | None) -> list[Row]:
        rows = []
        if self.encoder is not None:
            rows.append(("condition", _shape_text(self.condition_shape), ""))
            rows += _chain_rows(self.encoder.children, self.condition_shape, "  ")
        return rows + _chain_rows(self.chain.children, shape, "")

    def arguments(self) -> str:
        return f"{self.layers[0]} ... {self.layers[-1]}"


def _numbers(shape: Shape) -> str:
    return ", ".join(map(str, shape))
