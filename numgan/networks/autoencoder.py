"""An autoencoder as discriminator: real is what it can reconstruct."""

# mypy: disable-error-code="override"
# a Network takes what a Chain takes, except for a condition: it has none to give

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import DTypeLike

from .._checks import flag, random_generator
from .._types import Array, Batch, Cache, Pieces, Seed, Shape, Trace
from ..layers import Layer
from ..layers.base import plus
from ..layers.compose import _inner
from ..pairs import Samples
from .network import Network


class Reconstruction(Network):
    """The reconstruction error of an autoencoder, which is the *energy* of a sample.

        code = encode(x),   r = decode(code) − x
        E(x) = mean r²   or   mean |r|,    over the values of a sample

    Shapes: x (N, ...), y (N, 1); with `embedding` y is (N, 1 + codes): the energy, then the code,
    for a loss that looks at both (`losses.EnergyBased`).

    Backward: with D values per sample, dr = dE · 2 r / D (or dE · sign(r) / D). x is reached twice,
    through the autoencoder and as the thing to compare with: dx = encodeᵀ(decodeᵀ dr) − dr.
    Tangent: tE = mean 2 r tr with tr = t(decode) − tx. For squares, the factor r moves too, so the
    reverse has dr = 2 (r dE + tr dtE) / D beside dtr = 2 r dtE / D. Absolute values have no such
    curvature.

    Cache: those of encoder and decoder, r. `trace` as for `Network`: decoder, then encoder.
    Reference: Zhao et al. 2017 (EBGAN; squares), Berthelot et al. 2017 (BEGAN; absolute values).

    Parameters
    ----------
    encoder, decoder : lists of layers; decode must end in the shape of x
    squares : bool, r² rather than |r|
    embedding : bool
    others : as for `Network`
    """

    gives_energy = True

    def __init__(self, encoder: Iterable[Layer], decoder: Iterable[Layer], *, rng: Seed,
                 squares: bool = True, embedding: bool = False, dtype: DTypeLike = np.float32,
                 input_shape: Shape | None = None) -> None:
        self.squares = flag("Reconstruction", "squares", squares)
        self.embedding = flag("Reconstruction", "embedding", embedding)
        rng = random_generator("Reconstruction", rng)
        super().__init__([Network(encoder, rng=rng, dtype=dtype, input_shape=input_shape),
                          Network(decoder, rng=rng, dtype=dtype)], rng=rng, dtype=dtype,
                         input_shape=input_shape)

    def forward(self, x: Array, train: bool = False) -> tuple[Batch, Cache]:
        self.check_input(x)
        code, encoding = self.layers[0].forward(x, train)
        copy, decoding = self.layers[1].forward(code, train)
        r = copy - x
        y = self._sum(r * self._slope(r)) * (0.5 if self.squares else 1)
        return self._with_code(y, code), (encoding, decoding, r)

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 trace: Trace | None = None) -> Batch:
        encoding, decoding, r = cache
        encoder, decoder = self.children
        of_decoder, of_encoder = _inner(trace), _inner(trace)
        dr = self._spread(dy, r) * self._slope(r)
        dcode = decoder.backward(dr, decoding, param_grads, trace=of_decoder)
        dx = encoder.backward(plus(dcode, self._code_part(dy)), encoding, param_grads, input_grad,
                              trace=of_encoder)
        if trace is not None:
            trace += [(dcode, of_decoder), (dx, of_encoder)]
        return dx - dr if input_grad else None

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Batch, Cache]:
        encoding, decoding, r = cache
        encoder, decoder = self.children
        parts = self._apart(tparams) or [None, None]
        tcode, encoding_t = encoder.tangent(tx, encoding, parts[0])
        tcopy, decoding_t = decoder.tangent(tcode, decoding, parts[1])
        tr = tcopy - tx
        ty = self._sum(self._slope(r) * tr)
        return self._with_code(ty, tcode), (encoding_t, decoding_t, tr)

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Samples | None = None,
                         trace: Trace | None = None) -> tuple[Batch, Batch]:
        encoding, decoding, r = cache
        encoding_t, decoding_t, tr = tcache
        encoder, decoder = self.children
        dtr = self._spread(dty, r) * self._slope(r)
        dr = None if dy is None else self._spread(dy, r) * self._slope(r)
        if self.squares:
            dr = plus(dr, self._spread(dty, r) * 2 * tr)
        (known_code, of_decoder), (known_x, of_encoder) = trace or [(None, None)] * 2
        dcode, dtcode = decoder.tangent_backward(dr, dtr, decoding, decoding_t, True, known_code,
                                                 of_decoder)
        dcode = plus(dcode, None if dy is None else self._code_part(dy))
        dtcode = plus(dtcode, self._code_part(dty))
        dx, found = encoder.tangent_backward(dcode, dtcode, encoding, encoding_t, input_grad,
                                             known_x, of_encoder)
        if not input_grad:
            return None, None
        dx = plus(dx, None if dr is None else -dr)
        return dx, found - dtr if dtx is None else dtx

    def output_shape(self, input_shape: Shape) -> Shape:
        code = self.layers[0].output_shape(input_shape)
        copy = self.layers[1].output_shape(code)
        if copy != tuple(input_shape):
            raise ValueError(f"{self}: expected a decoder that ends in the shape of x, "
                             f"{tuple(input_shape)}, got {copy}")
        return (1 + code[0],) if self.embedding else (1,)

    def preceded(self, layer: Layer, rng: Seed) -> Network:
        return Network([layer, self], rng=rng, dtype=self.dtype, input_shape=self.input_shape)

    def _slope(self, r: Array) -> Array:
        """The derivative of the cost by r: 2 r, or the sign."""
        return 2 * r if self.squares else np.sign(r.real).astype(r.real.dtype)

    def _sum(self, costs: Array) -> Array:
        return costs.reshape(len(costs), -1).sum(axis=1, keepdims=True) / costs[0].size

    def _spread(self, dy: Array, r: Array) -> Array:
        """dE / D for every value of a sample."""
        return dy[:, :1].reshape(-1, *[1] * (r.ndim - 1)) / r[0].size

    def _with_code(self, y: Array, code: Array) -> Array:
        return np.concatenate([y, code], axis=1) if self.embedding else y

    def _code_part(self, dy: Array) -> Array | None:
        return dy[:, 1:] if self.embedding else None
