"""The parallel repair: one edit of a program, chosen by convolutions over its lines; and D."""

import numpy as np

from numgan import Conv2D, GumbelSoftmax, LeakyReLU, Network, Patches, Residual, Reshape
from numgan.layers import Chain, Concatenate, Layer
from numgan.layers.base import plus

from .language import ROWS, SLOTS, WORDS

SLOPE = 0.2
SHAPE = (ROWS, SLOTS, len(WORDS))  # of a program as one-hot words
LINE = SLOTS * len(WORDS)


def one_hot(grids):
    """(N, ROWS, SLOTS) codes → (N, *SHAPE), float32."""
    return np.eye(len(WORDS), dtype=np.float32)[grids]


def codes(programs):
    """The way back, from (N, *SHAPE)."""
    return programs.argmax(axis=-1).astype(np.uint8)


def common_lines(grids, count):
    """The most frequent rows of many programs, (count, SLOTS); the blank one is among them."""
    rows, times = np.unique(grids.reshape(-1, SLOTS), axis=0, return_counts=True)
    return rows[np.argsort(-times, kind="stable")[:count]]


class Edit(Layer):
    """Programs with edits, each made to the extent of its weight; with one-hot weights just one.

        y_l = x_l + Σ_{s,k} p_lsk (x_l with word k in place s − x_l) + Σ_m q_lm (P_m − x_l)

    An edit replaces a word of a line, or the whole line, by another. P_m are given lines.

    Shapes: x (N, L, 1, F + F + M), for each line its F = slots · words numbers, p, and q; P
    (M, slots, words), one-hot; y (N, L, 1, F).
    Backward: with s_ls = Σ_k p_lsk + Σ_m q_lm it is y = x + p + q P − s x, and

        dx = (1 − s) dy,   ds_ls = −Σ_k dy_lsk x_lsk,   dp = dy + ds,   dq = dy Pᵀ + Σ_s ds

    so the gradient with respect to an edit's weight is dy times what the edit would change.
    Tangent: ty = tx + tp + tq P − s tx − ts x. Its reverse gives dtx as backward does; the products
    in ty give dx = −ts dty, ds = −Σ_k dty tx.
    Cache, tcache: x, tx.
    """

    def __init__(self, lines):
        lines = np.asarray(lines)
        self.count, self.slots, self.words = lines.shape
        self.lines = lines.reshape(self.count, -1)
        super().__init__()

    def forward(self, x, train=False):
        self.check_input(x)
        y, p, q, s = self.parts(x)
        return self.line(y + p - s * y) + q @ self.lines.astype(x.dtype), x

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        if not input_grad:
            return None
        x, _, _, s = self.parts(cache)
        dy = dy.reshape(x.shape)
        return self.joined((1 - s) * dy, dy, self.line(dy), -(dy * x).sum(axis=-1, keepdims=True))

    def tangent(self, tx, cache, tparams=None):
        x, _, _, s = self.parts(cache)
        ty, tp, tq, ts = self.parts(tx)
        return self.line(ty + tp - s * ty - ts * x) + tq @ self.lines.astype(tx.dtype), tx

    def tangent_backward(self, dy, dty, cache, tcache, input_grad=True, dtx=None):
        if not input_grad:
            return None, None
        tx, _, _, ts = self.parts(tcache)
        d = dty.reshape(tx.shape)
        dx = self.joined(-ts * d, 0 * d, 0 * dty, -(d * tx).sum(axis=-1, keepdims=True))
        if dy is not None:
            dx = plus(dx, self.backward(dy, cache))
        return dx, self.backward(dty, cache) if dtx is None else dtx

    def parts(self, x):
        """(N, L, slots, words) of the program and of p, q (N, L, 1, M) and s (N, L, slots, 1)."""
        F, shape = self.slots * self.words, (*x.shape[:2], self.slots, self.words)
        p, q = x[..., F:2 * F].reshape(shape), x[..., 2 * F:]
        s = p.sum(axis=-1, keepdims=True) + q.sum(axis=-1, keepdims=True)
        return x[..., :F].reshape(shape), p, q, s

    def joined(self, dx, dp, line, ds):
        """The gradient with respect to x. dx, dp : those of program and p; line : dy as lines; ds :
        that of s"""
        return np.concatenate([self.line(dx), self.line(dp + ds),
                               line @ self.lines.T.astype(dx.dtype) + ds.sum(axis=2)[:, :, None]],
                              axis=-1)

    def line(self, x):
        return x.reshape(*x.shape[:2], 1, -1)

    def output_shape(self, input_shape):
        F = self.slots * self.words
        if len(input_shape) != 3 or input_shape[1:] != (1, 2 * F + self.count):
            self.refuse(f"(N, L, 1, {2 * F + self.count})", ("N", *input_shape))
        return (input_shape[0], 1, F)

    def arguments(self):
        return f"{self.count} lines of {self.slots} words"


def reading(width, depth, whole):
    """Layers (N, ROWS, 1, LINE) → (N, ROWS, 1, width). They read what is in a line, and then
    `depth` times what is in the others, by a convolution that reaches from the first to the last.
    """
    layers = [Conv2D(LINE, 2 * width, 1, init="he"), LeakyReLU(SLOPE),
              Conv2D(2 * width, width, 1, init="he"), LeakyReLU(SLOPE)]
    for _ in range(depth):
        layers += [Residual(Conv2D(width, whole, 1, init="he"), LeakyReLU(SLOPE),
                            Conv2D(whole, width, (2 * ROWS - 1, 1), 1, (ROWS - 1, 0), init="he"),
                            LeakyReLU(SLOPE), Conv2D(width, width, 1, init="he")),
                   LeakyReLU(SLOPE)]
    return layers


def generator(lines, width, *, depth=1, whole=24, heat=1.0, rng):
    """Programs (N, *SHAPE) → programs with at most one line edited.

    A softmax over all edits of all lines chooses; an edit replaces a word, or a line by one of
    `lines` (M, SLOTS). In training an edit is drawn at random; else the most probable one is made.
    """
    edits = LINE + len(lines)
    choice = Chain(Chain(*reading(width, depth, whole), Conv2D(width, edits, 1, init="dcgan"),
                         Reshape(ROWS * edits)),
                   GumbelSoftmax(heat, hard=True), Reshape(ROWS, 1, edits))
    return Network([Reshape(ROWS, 1, LINE), Concatenate(None, choice),
                    Edit(one_hot(lines)), Reshape(*SHAPE)], input_shape=SHAPE, rng=rng)


def choosing(generator):
    """The parts of a generator that choose: a `Chain` (N, ROWS, 1, LINE) → logits of all edits, and
    the `GumbelSoftmax` behind it."""
    return generator.children[1].children[-1].children[:2]


def lines_of(generator):
    """The lines (M, SLOTS) that can replace a line."""
    return codes(generator.children[2].lines.reshape(-1, SLOTS, len(WORDS)))


def likely_edits(generator, grids, count):
    """Each program with each of the `count` edits that G finds most probable in it, made by itself:
    (N, count, ROWS, SLOTS)."""
    logits = choosing(generator)[0].forward(one_hot(grids).reshape(len(grids), ROWS, 1, LINE))[0]
    best = np.argsort(-logits, axis=1, kind="stable")[:, :count]
    return done(grids, best, lines_of(generator))


def done(grids, edits, lines):
    """Programs (N, ROWS, SLOTS) with edits (N, K), each made by itself: (N, K, ROWS, SLOTS).

    An edit is given as its place among the logits: row · (LINE + M) + which. Here `which` is a word
    in a place of the row, slot · words + word; or, after all of these, one of the M lines.
    """
    found = np.repeat(grids[:, None], edits.shape[1], axis=1)
    rows, which = np.divmod(edits, LINE + len(lines))
    n, k = np.nonzero(which < LINE)
    slots, words = np.divmod(which[n, k], len(WORDS))
    found[n, k, rows[n, k], slots] = words
    n, k = np.nonzero(which >= LINE)
    found[n, k, rows[n, k]] = lines[which[n, k] - LINE]
    return found


def values(discriminator, grids, made, keep):
    """(N, K): the mean logit of each of `made` (N, K, ROWS, SLOTS), minus `keep` for those that
    differ from the program in `grids` that they were made from."""
    logits = discriminator(one_hot(made.reshape(-1, *grids.shape[1:])))
    changed = (made != grids[:, None]).any(axis=(2, 3))
    return logits.reshape(*made.shape[:2], -1).mean(axis=2) - np.float32(keep) * changed


def some_edits(grids, count, lines, rng):
    """For each program `count` random edits, half words and half lines, and one that changes
    nothing: (N, count + 1)."""
    shape, each = (len(grids), count), LINE + len(lines)
    which = np.where(np.arange(count) % 2, rng.integers(LINE, size=shape),
                     LINE + rng.integers(len(lines), size=shape))
    rows, slots = rng.integers(ROWS, size=len(grids)), rng.integers(SLOTS, size=len(grids))
    same = slots * len(WORDS) + grids[np.arange(len(grids)), rows, slots]
    return np.concatenate([rng.integers(ROWS, size=shape) * each + which,
                           (rows * each + same)[:, None]], axis=1)


def discriminator(width, *, depth=1, whole=24, rng):
    """Programs → a logit for every line, which depends on all other lines too."""
    return Network([Reshape(ROWS, 1, LINE), *reading(width, depth, whole), Conv2D(width, 1, 1),
                    Patches()], input_shape=SHAPE, rng=rng)
