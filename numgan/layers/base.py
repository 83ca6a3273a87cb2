"""What every layer is: the protocol, and how its parameters become views of flat vectors.

A layer owns its parameters and never its activations: ``forward`` returns what ``backward`` will
need (the *cache*) instead of remembering it. A discriminator sees a real batch and a fake batch
before either goes backward; a layer that kept only its last input would use the wrong one.
"""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

import numpy as np
from numpy.typing import DTypeLike

from .._checks import came
from .._runtime import in_parts, is_large, rows_of, sum_in_order
from .._types import Array, Batch, Cache, Pieces, Rng, Shape


Kind = TypeVar("Kind", bound="Layer")
NEEDS_TANGENT = ("it cannot be used to second order, as with a penalty (R1, WGANGP), or in an "
                 "unrolled or a consensus step. Write tangent and tangent_backward, and check them "
                 "with numgan.gradcheck.check_tangent")


class Layer:
    """Base of all layers.

    A subclass names its parameters with their shapes, ``super().__init__(W=(3, 4), b=(4,))``, and
    finds them later as ``self.W``, ``self.b`` with their gradients ``self.dW``, ``self.db``. They
    are views of a flat vector that a `Network` (or `setup`) allocates, so write into them
    (``self.W[...] = ``) and never replace them.

    A subclass writes

    ``forward(x, train=False) -> y, cache``
        changes neither the layer nor ``x``.
    ``backward(dy, cache, param_grads=True, input_grad=True) -> dx``
        takes dL/dy; *adds* dL/dparameter to ``self.dW`` ... if `param_grads`, and returns dL/dx if
        `input_grad`, else None. It changes neither ``dy`` nor the cache.
    ``output_shape(input_shape) -> shape``
        shapes without the batch axis; raises through `refuse` if the input does not fit.

    and, where they apply, ``initialize(rng)``, ``commit(cache)`` and ``check_buffers()``. For
    second-order gradients it writes a second pair of methods, one order higher:

    ``tangent(tx, cache, tparams=None) -> ty, tcache``
        the derivative of y along tx, ty = ∂y/∂x · tx; and along the parameters too if `tparams`
        gives their tangents (dict, name -> array): + ∂y/∂W · tW + ...
    ``tangent_backward(dy, dty, cache, tcache, input_grad=True, dtx=None) -> dx, dtx``
        the reverse of forward and tangent together. For a loss of y and ty with the gradients dy
        and dty, it returns the gradients of x and tx, and adds those of the parameters to
        self.dW ... dy may be None, which stands for zeros, and so may dx: a loss of ty alone sends
        nothing to x where the layer is linear. The result is (None, None) unless `input_grad`. A
        dtx that is already known (it is what `backward` makes of dty) can be passed in, and is
        returned.

    dtx is what `backward` makes of dty, because ty is linear in tx. dx has a term that `backward`
    does not have, because ty also depends on x. This term appears where f is curved and, along
    tangents of the parameters, where they multiply x: for y = W x and a tangent tW, dx gains
    tWᵀ dty.

    Attributes
    ----------
    shapes : dict, name -> shape of each parameter
    buffers : dict, name -> shape of each array that is kept but not trained (running statistics)
    couples_samples : bool, True if an output depends on other samples of its batch (BatchNorm)
    sees_condition : bool, True if it takes a condition c beside x (`layers.conditional`)
    children : tuple of Layer, the layers that it is made of (`layers.compose`)
    remembers : names of what a step changes besides parameters and buffers (a random generator)
    bounds_slope : bool, True if it keeps the network from growing steep (SpectralNorm)
    gives_energy : bool, True if its output is low where a logit is high (Reconstruction)
    takes_integers : bool, True if x is made of integers, which have no gradient: dx, dtx are None
    """

    children: tuple[Layer, ...] = ()
    remembers: tuple[str, ...] = ()
    takes_integers = False
    couples_samples = False
    bounds_slope = False
    gives_energy = False
    sees_condition = False  # see `layers.conditional`
    rng: Rng | None = None  # a layer that draws random numbers (Dropout) sets this to its Generator
    begun: int | None = None  # the checksum of its starting values, once it has them

    def __init__(self, *, buffers: Mapping[str, Shape] | None = None, **shapes: Shape) -> None:
        self.shapes, self.buffers = (
            {name: self._shape_of(name, shape) for name, shape in some.items()}
            for some in (shapes, buffers or {}))
        names = [*self.shapes, *self.buffers, *("d" + name for name in self.shapes)]
        taken = [name for name in names if names.count(name) > 1 or hasattr(type(self), name)
                 or name in vars(self)]
        if taken:
            raise ValueError(f"{type(self).__name__}: expected names of parameters and buffers "
                             f"that stand for nothing else, with and without a d before them, got "
                             f"{taken[0]!r}")
        self._fitting: set[Shape] = set()  # input shapes that output_shape has accepted

    def _shape_of(self, name: str, shape: Any) -> Shape:
        if not isinstance(shape, (tuple, list)) or not all(
                isinstance(size, (int, np.integer)) and size >= 0 for size in shape):
            raise ValueError(f"{type(self).__name__}: expected {name} to be the shape of an array, "
                             f"a tuple such as (4,), got {came(shape)}")
        return tuple(shape)

    # -- the protocol ------------------------------------------------------------------------

    def forward(self, x: Array, train: bool = False) -> tuple[Batch, Cache]:
        raise NotImplementedError(f"{self} has no forward")

    def backward(self, dy: Array, cache: Cache, param_grads: bool = True,
                 input_grad: bool = True) -> Batch:
        raise NotImplementedError(f"{self} has no backward")

    def tangent(self, tx: Array, cache: Cache, tparams: Pieces = None) -> tuple[Batch, Cache]:
        raise NotImplementedError(f"{self} has no tangent: {NEEDS_TANGENT}")

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Batch, Batch]:
        raise NotImplementedError(f"{self} has no tangent_backward: {NEEDS_TANGENT}")

    def output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def initialize(self, rng: Rng) -> None:
        """Write the starting values of parameters and buffers; `rng` is a numpy Generator."""

    def commit(self, cache: Cache) -> None:
        """Move what a training pass learned about the data from its cache to the buffers."""

    def check_buffers(self) -> None:
        """Raise a ValueError if the buffers hold values that no training leaves there, such as a
        negative variance. Used for what was read from a file."""

    def check_batch_size(self, n: int) -> None:
        """Raise a ValueError if batches of n samples make no sense for this layer."""

    # -- plumbing ----------------------------------------------------------------------------

    def walk(self) -> Iterator[Layer]:
        """This layer and all layers that it is made of, at any depth."""
        yield self
        for child in self.children:
            yield from child.walk()

    def told_input_shape(self) -> Shape | None:
        """The shape of x without the batch axis, if the layer alone determines it; else None."""
        return None

    @functools.cached_property
    def size(self) -> int:
        """Number of parameters."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    @functools.cached_property
    def buffer_size(self) -> int:
        """Number of buffered values."""
        return sum(math.prod(shape) for shape in self.buffers.values())

    def bind(self, theta: Array, grad: Array, buffer: Array) -> None:
        """Make the parameters views of `theta`, the gradients of `grad`, the buffers of `buffer`.

        The vectors are one-dimensional, of `size`, `size` and `buffer_size` values.
        """
        for name, array in self.views(theta).items():
            setattr(self, name, array)
        for name, array in self.views(grad).items():
            setattr(self, "d" + name, array)
        start = 0
        for name, shape in self.buffers.items():
            stop = start + math.prod(shape)
            setattr(self, name, buffer[start:stop].reshape(shape))
            start = stop

    def views(self, vector: Array) -> Pieces:
        """The pieces of a vector like theta that belong to each parameter: dict, name -> view."""
        found: dict[str, Array] = {}
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            found[name] = vector[start:stop].reshape(shape)
            start = stop
        return found

    def setup(self: Kind, rng: Rng, dtype: DTypeLike = np.float32) -> Kind:
        """Allocate and initialise a layer that stands alone, outside a `Network`; returns it."""
        self.bind(np.zeros(self.size, dtype), np.zeros(self.size, dtype),
                  np.zeros(self.buffer_size, dtype))
        self.begin(rng)
        return self

    def begin(self, rng: Rng) -> None:
        """Write the starting values, and remember that the numbers are such."""
        given = [(layer, name, getattr(layer, name)) for layer in self.walk()
                 for name in (*layer.shapes, *layer.buffers)]
        self.initialize(rng)
        for layer, name, array in given:
            if getattr(layer, name) is not array:
                raise ValueError(f"{layer}: initialize replaced {name}: expected it to write "
                                 f"{name}[...] = ..., into the array that belongs to the network")
        for layer in self.walk():
            layer.begun = layer._checksum()

    def learned(self) -> bool:
        """Whether its own parameters and buffers differ from the starting values."""
        return self.begun is not None and self.begun != self._checksum()

    def _checksum(self) -> int:
        """CRC-32 of its own parameters and buffers."""
        return functools.reduce(lambda found, name: zlib.crc32(getattr(self, name).tobytes(),
                                                               found),
                                (*self.shapes, *self.buffers), 0)

    def check_input(self, x: Array) -> None:
        """Raise a ValueError that says what was expected, unless x fits; forward begins with it."""
        if x.shape[1:] not in self._fitting:
            if x.ndim < 2:
                self.refuse("(N, ...)", x.shape)
            self.output_shape(x.shape[1:])
            self._fitting.add(x.shape[1:])

    def refuse(self, expected: str, shape: Iterable[object]) -> NoReturn:
        """Raise the ValueError for an input that does not fit; `shape` is that of the input."""
        came = str(tuple(shape)).replace("'", "")  # the batch axis may be "N"
        raise ValueError(f"{self}: expected x of shape {expected}, got {came}")

    def arguments(self) -> str:
        """What stands in the brackets after the layer's name, as a string."""
        return ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.arguments()})"

    if not TYPE_CHECKING:  # or mypy would accept any misspelt name as an attribute
        def __getattr__(self, name: str) -> None:  # reached only when the attribute is not there
            if name in ("shapes", "buffers"):  # an AttributeError would hide in Network's `size`
                raise TypeError(f"{type(self).__name__}: expected its __init__ to call "
                                f"super().__init__(), with the shapes of its parameters")
            known = self.__dict__.get("shapes", {}), self.__dict__.get("buffers", {})
            if name in known[0] or name[1:] in known[0] or name in known[1]:
                raise AttributeError(
                    f"{self!r} has no {name} yet: put it into a Network, or call setup(rng)")
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")


class PiecewiseLinear(Layer):
    """Base of layers without parameters that are linear in x within each piece.

    The tangent takes the same way as x: ty = J tx, with J constant on the piece. So dtx = Jᵀ dty is
    `backward` once more, and dx gets nothing from dty.
    """

    def tangent_backward(self, dy: Array | None, dty: Array, cache: Cache, tcache: Cache,
                         input_grad: bool = True,
                         dtx: Array | None = None) -> tuple[Batch, Batch]:
        if not input_grad:
            return None, None
        dx = None if dy is None else self.backward(dy, cache)
        return dx, self.backward(dty, cache) if dtx is None else dtx


def y_and_cache(layer: Layer, found: Any) -> tuple[Batch, Cache]:
    """What a forward pass returned, or a TypeError if it is not two things. (An array of two
    samples would unpack into two as well.)"""
    if not isinstance(found, tuple) or len(found) != 2:
        got = f"a tuple of {len(found)}" if isinstance(found, tuple) else came(found)
        raise TypeError(f"{layer}: expected forward to return two things, y and the cache (None if "
                        f"backward needs nothing), got {got}")
    return found


def sum_of(rows: Array) -> Array:
    """Σ over the rows of (M, features), as a product: faster than a sum along the first axis."""
    return _in_order(lambda some: _ones(len(some), some.dtype) @ some, rows)


def sum_of_products(a: Array, b: Array) -> Array:
    """Σ over the rows of a · b, without storing the products."""
    return _in_order(functools.partial(np.einsum, "ij,ij->j"), a, b)


def _in_order(total: Callable[..., Array], *arrays: Array) -> Array:
    """total(*arrays); for large arrays, part by part."""
    if not is_large(arrays[0]):
        return total(*arrays)
    return sum_in_order(in_parts(lambda some: total(*(array[some] for array in arrays)),
                                 rows_of(arrays[0])))


@functools.lru_cache(64)
def _ones(count: int, dtype: np.dtype[Any]) -> Array:
    return np.ones(count, dtype)


@overload
def plus(a: Array | None, b: Array) -> Array: ...


@overload
def plus(a: Array, b: None) -> Array: ...


@overload
def plus(a: Array | None, b: Array | None) -> Array | None: ...


def plus(a: Array | None, b: Array | None) -> Array | None:
    """a + b; either may be None, which stands for zeros."""
    return b if a is None else a if b is None else a + b
