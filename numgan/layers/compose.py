"""Layers made of layers: one after the other (`Chain`), around others (`Residual`, `Skip`), side by
side (`Concatenate`). Each is a layer like any other, so it may hold others of its kind: a U-Net is
`Skip`s inside `Skip`s.

Their backward is the chain rule and nothing else: where a value goes two ways, its gradient is the
sum of what comes back on both. A child may see a condition (`layers.conditional`); then its parent
sees it too, and passes it on.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from .._checks import number
from .._types import Array, Batch, Cache, Pieces, Rng, Shape, Trace
from .base import Layer, plus, y_and_cache


Branch: TypeAlias = Layer | list[Layer] | tuple[Layer, ...] | None


class Composite(Layer):
    """Base: a layer whose parameters are those of its `children`, one after the other in theta."""

    children: tuple[Any, ...]  # Layers; those that see a condition take and return more

    def __init__(self, children: Iterable[Layer]) -> None:
        super().__init__()
        self.children = tuple(children)
        name = type(self).__name__
        if not self.children:
            raise ValueError(f"{name}: expected at least one layer, got none")
        for index, layer in enumerate(self.children):
            if not isinstance(layer, Layer):
                raise TypeError(f"{name}: layer {index} must be a Layer (such as Dense(2, 8)), "
                                f"got {layer!r}")
            if any(layer is other for other in self.children[:index]):
                raise ValueError(f"{name}: layer {index}, {layer}, stands in the list twice; "
                                 f"a layer has one place")
        self.sees_condition = any(layer.sees_condition for layer in self.children)
        self.couples_samples = any(layer.couples_samples for layer in self.children)

    @functools.cached_property
    def size(self) -> int:
        return sum(layer.size for layer in self.children)

    @functools.cached_property
    def buffer_size(self) -> int:
        return sum(layer.buffer_size for layer in self.children)

    def bind(self, theta: Array, grad: Array, buffer: Array) -> None:
        start = held = 0
        for layer in self.children:
            stop, kept = start + layer.size, held + layer.buffer_size
            layer.bind(theta[start:stop], grad[start:stop], buffer[held:kept])
            start, held = stop, kept

    def views(self, vector: Array) -> Pieces:
        """The pieces of a vector like theta that belong to each child: a list."""
        found, start = [], 0
        for layer in self.children:
            found.append(layer.views(vector[start:start + layer.size]))
            start += layer.size
        return found

    def initialize(self, rng: Rng) -> None:
        for layer in self.children:
            layer.initialize(rng)

    def commit(self, cache: Cache) -> None:
        for layer, layer_cache in zip(self.children, cache):
            layer.commit(layer_cache)

    def check_buffers(self) -> None:
        for layer in self.children:
            layer.check_buffers()

    def arguments(self) -> str:
        return ", ".join(map(repr, self.children))


class Chain(Composite):
    """Layers applied one after the other; backward is the chain rule, from the last to the first.

        x₀ = x,  x_l = f_l(x_{l−1}; θ_l),  y = x_L
        dx_L = dy,  dx_{l−1} = (∂x_l/∂x_{l−1})ᵀ dx_l,  dθ_l = (∂x_l/∂θ_l)ᵀ dx_l

    A condition c is given to every layer that sees one; dc is the sum of what they send back.
    Tangents take the same way forward, and their reverse takes the same way back.

    Cache: the list of the layers' caches.
    """

    def __init__(self, *layers: Layer) -> None:
        super().__init__(layers)
        self.takes_integers = self.children[0].takes_integers

    def forward(self, x: Array, train: bool = False, c: Array | None = None) -> tuple[Array, Cache]:
        caches = []
        for layer in self.children:
            x, cache = y_and_cache(layer, layer.forward(x, train, c=c) if layer.sees_condition
                                   else layer.forward(x, train))
            caches.append(cache)
        return x, caches

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 condition_grad: bool = True, trace: Trace | None = None) -> Batch:
        """As for every layer. If a list `trace` is given, the gradients of the layers' inputs are
        appended to it, from the last layer's to the first's, for `tangent_backward`."""
        dc, last = None, self._last(param_grads, input_grad, condition_grad)
        if not self.sees_condition and trace is None:
            for index in range(len(self.children) - 1, last - 1, -1):
                dy = self.children[index].backward(dy, cache[index], param_grads,
                                                   input_grad or index > last)
            return dy if input_grad else None
        for index in range(len(self.children) - 1, last - 1, -1):
            layer, inner = self.children[index], _inner(trace)
            dy, found = _backward(layer, dy, cache[index], param_grads,
                                  input_grad or index > last, condition_grad, inner)
            dc = plus(dc, found)
            if trace is not None:
                trace.append((dy, inner))
        dx = dy if input_grad else None
        return (dx, dc) if self.sees_condition else dx

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None,
                tc: Array | None = None) -> tuple[Array, Cache]:
        tcaches = []
        for index, layer in enumerate(self.children):
            tx, tcache = layer.tangent(tx, cache[index], _at(tparams, index),
                                       **_given(layer, tc=tc))
            tcaches.append(tcache)
        return tx, tcaches

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Array | None = None,
                         condition_grad: bool = True,
                         trace: Trace | None = None) -> tuple[Batch, Batch]:
        """As for every layer; `trace` comes from the backward pass that was already made of dty."""
        dc = dtc = None
        last = self._last(True, input_grad, condition_grad)
        for index in range(len(self.children) - 1, last - 1, -1):
            known, inner = _known(trace, len(self.children) - 1 - index)
            (dy, dty), (found, found_t) = _tangent_backward(
                self.children[index], dy, dty, cache[index], tcache[index],
                input_grad or index > last, dtx if index == 0 and known is None else known,
                condition_grad, inner)
            dc, dtc = plus(dc, found), plus(dtc, found_t)
        dx, dtx = (dy, dty) if input_grad else (None, None)
        return ((dx, dc), (dtx, dtc)) if self.sees_condition else (dx, dtx)

    def output_shape(self, input_shape: Shape) -> Shape:
        for layer in self.children:
            input_shape = layer.output_shape(input_shape)
        return input_shape

    def told_input_shape(self) -> Shape | None:
        for layer in self.children:
            told = layer.told_input_shape()
            if told is not None:
                return told
            if layer.size or type(layer).output_shape is not Layer.output_shape:
                return None
        return None

    def _last(self, param_grads: bool, input_grad: bool, condition_grad: bool) -> int:
        """The index of the first layer that the backward pass must reach for what is wanted."""
        if input_grad:
            return 0
        return next((index for index, layer in enumerate(self.children)
                     if param_grads and layer.size or condition_grad and layer.sees_condition),
                    len(self.children))


class Branches(Composite):
    """Base: x goes through several branches at once, and `join` makes one y of what they give.

    Backward: `parts` cuts dy into a gradient for each branch, and as x entered all of them,
    dx = Σ_k (∂y_k/∂x)ᵀ dy_k. Joining is linear, so tangents are joined and cut in the same way.

    branches : list of Layer, or None for x itself
    Cache: the branches' caches and the shapes of what they gave.
    """

    def __init__(self, branches: Iterable[Layer | None]) -> None:
        self.branches: list[Any] = list(branches)  # Layers; None for x itself
        super().__init__(branch for branch in self.branches if branch is not None)

    def join(self, ys: Sequence[Array]) -> Array:
        raise NotImplementedError(f"{self} has no join")

    def parts(self, dy: Array, shapes: Sequence[Shape]) -> Sequence[Array]:
        raise NotImplementedError(f"{self} has no parts")

    def joined_shape(self, shapes: Sequence[Shape]) -> Shape:
        raise NotImplementedError(f"{self} has no joined_shape")

    def forward(self, x: Array, train: bool = False, c: Array | None = None) -> tuple[Array, Cache]:
        self.check_input(x)
        ys, caches = zip(*[(x, None) if branch is None else
                           y_and_cache(branch, branch.forward(x, train, **_given(branch, c=c)))
                           for branch in self.branches])
        return self.join(ys), (caches, [y.shape for y in ys])

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 condition_grad: bool = True, trace: Trace | None = None) -> Batch:
        caches, shapes = cache
        dx = dc = None
        for index, part in enumerate(self.parts(dy, shapes)):
            branch, inner = self.branches[index], _inner(trace)
            found = found_c = None
            if branch is not None:
                found, found_c = _backward(branch, part, caches[index], param_grads, input_grad,
                                           condition_grad, inner)
            elif input_grad:
                found = part
            dx, dc = plus(dx, found), plus(dc, found_c)
            if trace is not None:
                trace.append((found, inner))
        return (dx, dc) if self.sees_condition else dx

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None,
                tc: Array | None = None) -> tuple[Array, Cache]:
        caches, _ = cache
        tys, tcaches, child = [], [], 0
        for branch, branch_cache in zip(self.branches, caches):
            ty, tcache = tx, None
            if branch is not None:
                ty, tcache = branch.tangent(tx, branch_cache, _at(tparams, child),
                                            **_given(branch, tc=tc))
                child += 1
            tys.append(ty)
            tcaches.append(tcache)
        return self.join(tys), tcaches

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Array | None = None,
                         condition_grad: bool = True,
                         trace: Trace | None = None) -> tuple[Batch, Batch]:
        caches, shapes = cache
        dys = [None] * len(shapes) if dy is None else self.parts(dy, shapes)
        dx = dc = dtc = total = None
        for index, (part, tpart) in enumerate(zip(dys, self.parts(dty, shapes))):
            branch = self.branches[index]
            known, inner = _known(trace, index)
            if branch is None:
                found, found_t = (part, tpart) if input_grad else (None, None)
            else:
                (found, found_t), (d, dt) = _tangent_backward(
                    branch, part, tpart, caches[index], tcache[index], input_grad, known,
                    condition_grad, inner)
                dc, dtc = plus(dc, d), plus(dtc, dt)
            dx, total = plus(dx, found), plus(total, found_t)
        dtx = total if dtx is None or not input_grad else dtx
        return ((dx, dc), (dtx, dtc)) if self.sees_condition else (dx, dtx)

    def commit(self, cache: Cache) -> None:
        for branch, branch_cache in zip(self.branches, cache[0]):
            if branch is not None:
                branch.commit(branch_cache)

    def output_shape(self, input_shape: Shape) -> Shape:
        return self.joined_shape([tuple(input_shape) if branch is None else
                                  branch.output_shape(input_shape) for branch in self.branches])

    def told_input_shape(self) -> Shape | None:
        told = (branch.told_input_shape() for branch in self.children)
        return next((shape for shape in told if shape is not None), None)


class Concatenate(Branches):
    """Branches side by side: their features (the last axis) are put next to each other.

        y = [f_1(x), f_2(x), ...]

    Each argument is a Layer, a list of layers, or None for x itself. All must give the same shape,
    except for the last axis. Backward: each branch gets its part of dy.
    """

    def __init__(self, *branches: Branch) -> None:
        super().__init__([_branch(branch) for branch in branches])

    def join(self, ys: Sequence[Array]) -> Array:
        return np.concatenate(ys, axis=-1)

    def parts(self, dy: Array, shapes: Sequence[Shape]) -> Sequence[Array]:
        return np.split(dy, np.cumsum([shape[-1] for shape in shapes[:-1]]), axis=-1)

    def joined_shape(self, shapes: Sequence[Shape]) -> Shape:
        if any(shape[:-1] != shapes[0][:-1] for shape in shapes):
            raise ValueError(f"{self}: expected branches that give one shape but for the last "
                             f"axis, got {', '.join(map(str, shapes))}")
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))

    def arguments(self) -> str:
        return ", ".join(map(repr, self.branches))


class Skip(Concatenate):
    """A shortcut past some layers: the features of x stand beside those that the layers make of it.

        y = [x, f(x)]

    Layers that halve an image and double it again, with other `Skip`s inside, make a U-Net: fine
    detail passes over the top, coarse structure goes through the middle.
    Shapes: x (N, ..., C), f(x) (N, ..., K) → y (N, ..., C + K).
    Backward: dx = dy_x + (∂f/∂x)ᵀ dy_f.
    Reference: Ronneberger et al. 2015, figure 1; Isola et al. 2017, section 3.2.1.
    """

    def __init__(self, *layers: Layer) -> None:
        super().__init__(None, Chain(*layers))

    def arguments(self) -> str:
        return self.branches[1].arguments()


class Residual(Branches):
    """What the layers make of x is added to x.

        y = s(x) + scale · f(x)

    The gradient has a way around the layers that leaves it unchanged, so a network can be deep. s
    is x itself, or the layer `shortcut` (a 1x1 convolution, say) where the shapes differ.
    Backward: dx = (∂s/∂x)ᵀ dy + scale · (∂f/∂x)ᵀ dy.
    Reference: He et al. 2016, eq. 1 and 2.
    """

    def __init__(self, *layers: Layer, shortcut: Branch = None, scale: float = 1.0) -> None:
        self.scale = number("Residual", "scale", scale)
        super().__init__([_branch(shortcut), Chain(*layers)])

    def join(self, ys: Sequence[Array]) -> Array:
        straight, made = ys
        return straight + (made if self.scale == 1 else made.dtype.type(self.scale) * made)

    def parts(self, dy: Array, shapes: Sequence[Shape]) -> Sequence[Array]:
        return [dy, dy if self.scale == 1 else dy.dtype.type(self.scale) * dy]

    def joined_shape(self, shapes: Sequence[Shape]) -> Shape:
        if shapes[0] != shapes[1]:
            raise ValueError(f"{self}: expected layers that keep the shape, or a shortcut that "
                             f"gives the same, got {shapes[0]} and {shapes[1]}")
        return shapes[0]

    def arguments(self) -> str:
        shortcut, layers = self.branches
        return (layers.arguments() + (f", shortcut={shortcut}" if shortcut is not None else "")
                + (f", scale={self.scale:g}" if self.scale != 1 else ""))


# -- one call for children with a condition and without --------------------------------------------


def _branch(layers: Branch) -> Layer | None:
    return Chain(*layers) if isinstance(layers, (list, tuple)) else layers


def _given(layer: Layer, **condition: Array | None) -> dict[str, Array | None]:
    return condition if layer.sees_condition else {}


def _at(tparams: Pieces, index: int) -> Pieces:
    return None if tparams is None else tparams[index]


def _inner(trace: Trace | None) -> Trace | None:
    return None if trace is None else []


def _known(trace: Trace | None, index: int) -> tuple[Batch, Trace | None]:
    """(dtx, inner trace) that an earlier backward pass has left for a child."""
    return trace[index] if trace else (None, None)


def _backward(layer: Any, dy: Array, cache: Cache, param_grads: bool, input_grad: bool,
              condition_grad: bool, trace: Trace | None) -> tuple[Batch, Batch]:
    """(dx, dc) of a child."""
    traced = {"trace": trace} if trace is not None and isinstance(layer, Composite) else {}
    if layer.sees_condition:
        return layer.backward(dy, cache, param_grads, input_grad, condition_grad, **traced)
    return layer.backward(dy, cache, param_grads, input_grad, **traced), None


def _tangent_backward(layer: Any, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                      input_grad: bool, dtx: Array | None, condition_grad: bool,
                      trace: Trace | None) -> tuple[tuple[Batch, Batch], tuple[Batch, Batch]]:
    """((dx, dtx), (dc, dtc)) of a child."""
    traced = {"trace": trace} if trace and isinstance(layer, Composite) else {}
    if layer.sees_condition:
        (dx, dc), (dtx, dtc) = layer.tangent_backward(dy, dty, cache, tcache, input_grad, dtx,
                                                      condition_grad, **traced)
        return (dx, dtx), (dc, dtc)
    return layer.tangent_backward(dy, dty, cache, tcache, input_grad, dtx, **traced), (None, None)
