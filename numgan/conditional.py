"""Conditional GANs: a GAN on pairs.

The real thing is a pair (x, c) of a sample and what it shows, the generated one (G(z, c), c), and
the discriminator judges pairs: is this a seven, and is it one that was asked for? So nothing
changes in losses, penalties and training; a pair is a vector (N, values of x + numbers of c), x
first. c is one-hot for classes, and may be numbers of any kind.

    min_G max_D  E ln D(x, c) + E ln(1 − D(G(z, c), c))

Mirza & Osindero 2014, eq. 2.
"""

import math

import numpy as np

from .layers.base import plus, positive_int
from .network import Network


class Conditional(Network):
    """A network of pairs: some of its layers see c (`layers.conditional`: Join, Modulate,
    Projection), the others x only.

        e = encoder(c),    x_l = f_l(x_{l−1}) or f_l(x_{l−1}, e),    y = x_L, or the pair (x_L, c)

    Shapes: the input is (N, values of `shape` + condition); the output that of the last layer, or,
    with `keep`, (N, its values + condition).

    Backward: along the chain as ever; every layer that sees e adds to its gradient de, which then
    goes back through the encoder to c. With `keep`, c is reached as itself too. The tangent and its
    reverse likewise. Cache: the layers' caches, encoder first, and the shape of x_L.

    Parameters
    ----------
    layers : list of Layer
    shape : int or tuple, of x without the batch axis
    condition : int, the last so many numbers of the input
    encoder : list of Layer through which c goes first: [Dense(10, 4, bias=False)] is a label
        embedding, a row of W for each label
    keep : bool, whether c comes out again beside the result: a generator of pairs does that, and a
        discriminator whose loss compares what it says with c (`losses.AuxiliaryClassifier`)
    rng, dtype : as of `Network`

    >>> from numgan.layers import Dense, Join, ReLU
    >>> G = Conditional([Join(10), Dense(12, 32), ReLU(), Dense(32, 2)], 2, 10, keep=True, rng=0)
    >>> z = np.zeros((5, 2), np.float32)
    >>> G(pairs(z, one_hot([0, 1, 2, 3, 4], 10))).shape
    (5, 12)
    """

    def __init__(self, layers, shape, condition, *, encoder=(), keep=False, rng, dtype=np.float32):
        self.shape = tuple(positive_int("Conditional", "shape", n) for n in np.atleast_1d(shape))
        self.condition = positive_int("Conditional", "condition", condition)
        self.keep, self.encoding = bool(keep), len(encoder)
        self.values = math.prod(self.shape)
        super().__init__([*encoder, *layers], rng=rng, dtype=dtype,
                         input_shape=(self.values + condition,))

    # -- the chain ---------------------------------------------------------------------------

    def forward(self, x, train=False):
        self.check_input(x)
        caches, e, given = [], x[:, self.values:], x
        for layer in self.layers[:self.encoding]:
            e, cache = layer.forward(e, train)
            caches.append(cache)
        x = x[:, :self.values].reshape(-1, *self.shape)
        for layer in self.layers[self.encoding:]:
            x, cache = layer.forward(x, train, **({"c": e} if layer.sees_condition else {}))
            caches.append(cache)
        return self._with_condition(x, given), (caches, x.shape)

    def backward(self, dy, cache, param_grads=True, input_grad=True, trace=None):
        caches, shape = cache
        dx, d_kept = self._parts(dy, shape)
        de, last = None, self._last(input_grad)
        for index in range(len(self.layers) - 1, last - 1, -1):
            layer = self.layers[index]
            if layer.sees_condition:
                dx, found = layer.backward(dx, caches[index], param_grads)
                de = plus(de, found)
            else:
                dx = layer.backward(dx, caches[index], param_grads,
                                    input_grad or index > last)
        if de is not None and (input_grad or param_grads):
            for index in range(self.encoding - 1, -1, -1):
                de = self.layers[index].backward(de, caches[index], param_grads)
        return self._joined(dx, plus(de, d_kept)) if input_grad else None

    def tangent(self, tx, cache, tparams=None):
        tcaches, te, given, start = [], tx[:, self.values:], tx, 0
        tx = tx[:, :self.values].reshape(-1, *self.shape)
        for index, (layer, layer_cache) in enumerate(zip(self.layers, cache[0])):
            stop = start + layer.size
            inner = None if tparams is None else layer.views(tparams[start:stop])
            start = stop
            if index < self.encoding:
                te, tcache = layer.tangent(te, layer_cache, inner)
            elif layer.sees_condition:
                tx, tcache = layer.tangent(tx, layer_cache, inner, tc=te)
            else:
                tx, tcache = layer.tangent(tx, layer_cache, inner)
            tcaches.append(tcache)
        return self._with_condition(tx, given), tcaches

    def tangent_backward(self, dy, dty, cache, tcache, input_grad=True, dtx=None, trace=None):
        caches, shape = cache
        (dx, d_kept), (found, dt_kept) = (
            (None, None) if d is None else self._parts(d, shape) for d in (dy, dty))
        de = dte = None
        last = self._last(input_grad)
        for index in range(len(self.layers) - 1, last - 1, -1):
            layer, here = self.layers[index], (caches[index], tcache[index])
            if layer.sees_condition:
                (dx, d), (found, dt) = layer.tangent_backward(dx, found, *here)
                de, dte = plus(de, d), plus(dte, dt)
            else:
                dx, found = layer.tangent_backward(dx, found, *here,
                                                   input_grad or index > last)
        if dte is not None:
            for index in range(self.encoding - 1, -1, -1):
                de, dte = self.layers[index].tangent_backward(de, dte, caches[index],
                                                              tcache[index])
        if not input_grad:
            return None, None
        dx = self._joined(dx, plus(de, d_kept), like=found)
        return dx, self._joined(found, plus(dte, dt_kept)) if dtx is None else dtx

    def commit(self, cache):
        super().commit(cache[0])

    def output_shape(self, input_shape):
        if tuple(input_shape) != (self.values + self.condition,):
            self.refuse(f"(N, {self.values} + {self.condition} of the condition)",
                        ("N", *input_shape))
        encoded, shape = (self.condition,), self.shape
        for layer in self.layers[:self.encoding]:
            encoded = layer.output_shape(encoded)
        for layer in self.layers[self.encoding:]:
            if layer.sees_condition and (layer.condition,) != encoded:
                raise ValueError(f"{self}: expected layers that see a condition of "
                                 f"{', '.join(map(str, encoded))} numbers, got {layer}")
            shape = layer.output_shape(shape)
        return (math.prod(shape) + self.condition,) if self.keep else shape

    # -- parts of a pair ------------------------------------------------------------------------

    def _with_condition(self, x, given):
        if not self.keep:
            return x
        return np.concatenate([x.reshape(len(x), -1), given[:, self.values:]], axis=1)

    def _parts(self, dy, shape):
        if not self.keep:
            return dy, None
        return dy[:, :-self.condition].reshape(shape), dy[:, -self.condition:]

    def _joined(self, dx, dc, like=None):
        """The gradient of the pair; a part that nothing depends on is zero."""
        if dx is None and dc is None:
            return None
        shape, dtype = (dx if dx is not None else like).shape, (dx if dx is not None else dc).dtype
        pair = np.zeros((shape[0], self.values + self.condition), dtype)
        if dx is not None:
            pair[:, :self.values] = dx.reshape(len(dx), -1)
        if dc is not None:
            pair[:, self.values:] = dc
        return pair

    def _last(self, input_grad):
        """The first layer of the chain of x that the way back must reach."""
        if input_grad:
            return self.encoding
        encoder_learns = any(layer.size for layer in self.layers[:self.encoding])
        return next((index for index in range(self.encoding, len(self.layers))
                     if self.layers[index].size
                     or encoder_learns and self.layers[index].sees_condition), len(self.layers))


def one_hot(labels, classes, dtype=np.float32):
    """(N,) integers in 0 ... classes − 1 → (N, classes), 1 at the label and 0 elsewhere.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    labels = np.asarray(labels)
    positive_int("one_hot", "classes", classes)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or len(labels) == 0 or not (
            0 <= labels.min() and labels.max() < classes):
        raise ValueError(f"one_hot: expected integers (N,) in 0 ... {classes - 1}, got "
                         f"{labels.dtype} of shape {labels.shape}")
    return np.eye(classes, dtype=dtype)[labels]


def pairs(samples, conditions):
    """Samples (N, ...) and conditions (N, K) as vectors (N, values + K) of the samples' dtype."""
    if len(samples) != len(conditions) or conditions.ndim != 2:
        raise ValueError(f"pairs: expected as many conditions (N, K) as samples, got "
                         f"{conditions.shape} for {samples.shape}")
    return np.concatenate([samples.reshape(len(samples), -1),
                           conditions.astype(samples.dtype, copy=False)], axis=1)


def latents(latent, classes, continuous=0):
    """The function ``(n, rng) -> (n, latent + classes + continuous)`` that `train` draws from:
    z ~ N(0, 1), beside it the one-hot label of a class drawn evenly, and numbers drawn evenly from
    [−1, 1] (infoGAN's continuous codes)."""
    positive_int("latents", "latent", latent, 0)
    positive_int("latents", "classes", classes)
    positive_int("latents", "continuous", continuous, 0)

    def draw(n, rng):
        z = rng.standard_normal((n, latent), np.float32)
        codes = one_hot(rng.integers(classes, size=n), classes)
        if continuous:
            codes = np.concatenate([codes, rng.uniform(-1, 1, (n, continuous))], axis=1)
        return pairs(z, codes)
    return draw
