"""A chain of layers over one flat parameter vector."""

# mypy: disable-error-code="override"
# a Network takes what a Chain takes, except for a condition: it has none to give

from __future__ import annotations

import copy
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from .._checks import positive_int, random_generator
from .._files import opened, read_npy, replacing
from .._runtime import at_once, sharing_cores
from .._types import Array, Batch, Cache, Path, Pieces, Seed, Shape, Trace
from ..layers import Layer
from ..layers.activations import sigmoid
from ..layers.compose import Branches, Chain
from ..pairs import still, x_of

Row: TypeAlias = tuple[str, str, str]  # of a summary
Result = TypeVar("Result")
# Bytes of a batch whose pass is work for one core. The layers of smaller batches are so short that
# threads would wait for each other; those of larger ones are shared just as well, with less memory.
ONE_CORE = range(1 << 17, 1 << 18)


class Network(Chain):
    """A chain of layers that owns their numbers.

    All parameters live in one vector `theta`, all gradients in one vector `grad` of the same shape
    and all running statistics in one vector `buffer`; the layers' arrays are views of them. So
    zeroing is ``grad.fill(0)``, an optimiser step is arithmetic on vectors, and a checkpoint is two
    arrays.

    Parameters
    ----------
    layers : list of Layer (a Network is a layer too), new ones: they get starting values. For
        trained ones see `of_trained`
    rng : numpy.random.Generator, or an integer seed; draws the starting values
    dtype : float32 for training; float64 for checks
    input_shape : tuple without the batch axis; needed only where the first layer does not tell it
        (a convolution leaves the image size open)

    Cache: the list of the layers' caches.

    >>> from numgan import Dense, LeakyReLU, Network
    >>> net = Network([Dense(2, 16), LeakyReLU(), Dense(16, 1)], rng=0)
    >>> y, cache = net.forward(np.ones((5, 2), np.float32), train=True)
    >>> net.grad.fill(0)
    >>> dx = net.backward(np.ones_like(y), cache)
    >>> y.shape, dx.shape, net.theta.shape
    ((5, 1), (5, 2), (65,))
    """

    condition_shape: Shape | None = None  # of c, in a `networks.Conditional`

    def __init__(self, layers: Iterable[Layer], *, rng: Seed, dtype: DTypeLike = np.float32,
                 input_shape: Shape | None = None) -> None:
        super().__init__(*list_of_layers("Network", layers))
        self._refuse_conditions()
        self._own(rng, dtype, input_shape)

    def _own(self, rng: Seed, dtype: DTypeLike, input_shape: Shape | None) -> None:
        """Allocate the vectors and write the starting values."""
        self.dtype, rng = _floating(dtype), random_generator(type(self).__name__, rng)
        self._set_input_shape(input_shape)
        taken = next((layer for layer in self.walk() if layer.learned()), None)
        if taken is not None:
            raise ValueError(f"{type(self).__name__}: {taken} has learned already, and starting "
                             f"values would be written over that: expected new layers. A network "
                             f"of copies of trained ones is Network.of_trained(layers)")
        self._allocate()
        self.begin(rng)

    def _allocate(self) -> None:
        self.bind(*(np.zeros(n, self.dtype) for n in (self.size, self.size, self.buffer_size)))
        self.remembering = tuple(layer for layer in self.walk()
                                 if layer.remembers and not layer.children)

    @staticmethod
    def of_trained(layers: Iterable[Layer], *, input_shape: Shape | None = None) -> Network:
        """A network of copies of layers, which keep their numbers: layers of a trained network,
        whole networks, and layers without parameters. The originals stay as they are.

        >>> from numgan import Dense, LeakyReLU
        >>> D = Network([Dense(2, 16), LeakyReLU(), Dense(16, 1)], rng=0)
        >>> features = Network.of_trained(D.layers[:-1])
        >>> features(np.ones((5, 2))).shape
        (5, 16)
        """
        made = Network.__new__(Network)
        Chain.__init__(made, *(copy.deepcopy(layer) for layer in list_of_layers(
            "Network.of_trained", layers)))
        made._refuse_conditions()
        kept = [(layer, name, _numbers_of(layer, name)) for layer in made.walk()
                for name in (*layer.shapes, *layer.buffers)]
        made.dtype = np.result_type(*(array for *_, array in kept)) if kept else np.dtype(
            np.float32)
        made._set_input_shape(input_shape)
        made._allocate()
        for layer, name, array in kept:
            getattr(layer, name)[...] = array
        return made

    def _refuse_conditions(self) -> None:
        if self.sees_condition:
            layer = next(layer for layer in self.children if layer.sees_condition)
            raise ValueError(f"Network: {layer} sees a condition beside x, and a Network has none "
                             f"to give: expected a networks.Conditional")

    def _set_input_shape(self, input_shape: Shape | None) -> None:
        self.input_shape = (_shape(input_shape) if input_shape is not None
                            else self.told_input_shape())
        if self.input_shape is not None:
            self.output_shape(self.input_shape)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of the chain, a tuple."""
        return self.children

    def forward(self, x: Batch, train: bool = False) -> tuple[Batch, Cache]:
        self.check_input(x)
        return super().forward(x, train)

    def backward(self, dy: Batch, cache: Cache, param_grads: bool = True, input_grad: bool = True,
                 trace: Trace | None = None) -> Batch:
        if not (param_grads or input_grad):
            return None
        return super().backward(dy, cache, param_grads, input_grad, trace=trace)

    def tangent(self, tx: Batch, cache: Cache, tparams: Pieces = None) -> tuple[Batch, Cache]:
        """ty for a tangent tx of the input and, if given, a tangent of all parameters: `tparams` is
        a vector like theta."""
        return super().tangent(tx, cache, self._apart(tparams))

    def tangent_backward(self, dy: Batch | None, dty: Batch, cache: Cache, tcache: Cache,
                         input_grad: bool = True, dtx: Batch | None = None,
                         trace: Trace | None = None) -> tuple[Batch, Batch]:
        return super().tangent_backward(dy, dty, cache, tcache, input_grad, dtx, trace=trace)

    def hvp(self, x: Batch, derivatives: Callable[[Batch, Batch], tuple[Batch, Batch]],
            tparams: Array | None = None, tx: Batch | None = None,
            train: bool = True) -> tuple[Array, Batch]:
        """Exact Hessian-vector products of a loss L(y): how its gradients change along tangents.

            h_params = ∂/∂ε ∇_θ L(θ + ε tparams, x + ε tx),   h_x the same of ∇_x L,   at ε = 0

        Both are the gradients of one number, the derivative of L along the tangents,
        R = ⟨dy, ty⟩. R depends on ty, with the gradient dy, and on y through dy, with the gradient
        L″(y) ty = tdy. So one tangent pass and one tangent_backward are enough (Pearlmutter 1994).

        Parameters
        ----------
        x : (N, ...)
        derivatives : function (y, ty) -> (dy, tdy): the gradient of L by y, and its derivative
            along ty; for a loss on logits see `losses.Loss`
        tparams : vector like theta, tx : like x; the direction, zeros where None
        train : bool, passed to forward

        Returns h_params (like theta) and h_x (like x). `grad` keeps its values.
        """
        y, cache = self.forward(x, train)
        ty, tcache = self.tangent(still(x) if tx is None else tx, cache, tparams)
        dy, tdy = derivatives(y, ty)
        kept = self.grad.copy()
        self.grad.fill(0)
        h_x, _ = self.tangent_backward(tdy, dy, cache, tcache)
        h_params = self.grad.copy()
        self.grad[...] = kept
        return h_params, h_x

    # -- several batches -----------------------------------------------------------------------

    def on_one_core(self, x: Batch) -> bool:
        """Whether passes of batches like this one should rather run at once, each on a core. Layers
        that draw random numbers need their passes one after the other."""
        return x_of(x).nbytes in ONE_CORE and not self.remembering

    def forward_each(self, xs: Sequence[Batch], together: bool) -> list[tuple[Batch, Cache]]:
        """[forward(x, train=True) for x in xs]; together : bool, at once."""
        return (at_once if together else _one_by_one)(lambda x: self.forward(x, train=True), xs)

    def add_each(self, passes: Sequence[Callable[[Network], Result]],
                 together: bool) -> list[Result]:
        """[add(self) for add in passes], of functions that add to the `grad` of the network which
        they are given; together : bool, at once, and then summed in their order."""
        if not together or len(passes) == 1:
            return [add(self) for add in passes]
        networks = [self, *self._twins(len(passes) - 1)]
        found = at_once(lambda some: some[0](some[1]), list(zip(passes, networks)))
        for twin in networks[1:]:
            self.grad += twin.grad
        return found

    def _twins(self, count: int) -> list[Network]:
        """Networks that share the parameters but have gradients of their own, which are zeros."""
        twins = vars(self).setdefault("twins", [])
        if twins and twins[0].theta is not self.theta:
            twins.clear()
        while len(twins) < count:
            twin = self.copy()
            twin.bind(self.theta, np.zeros_like(self.grad), self.buffer)
            twins.append(twin)
        for twin in twins:
            twin.grad.fill(0)
        return twins[:count]

    def __call__(self, x: Batch) -> Batch:
        """y of shape (N, ...) for x, with running statistics and without noise.

        x is checked for NaN and infinities too, and may be of any real dtype.
        """
        x = self._cast("x", x, self.takes_integers)
        self.check_input(x)
        self.check_owner()
        with sharing_cores():
            return self.forward(x)[0]

    def check_owner(self) -> None:
        """ValueError if a layer now belongs to another network, and not to this one's vectors."""
        for layer in self.walk():
            for name in layer.shapes:
                if not np.may_share_memory(getattr(layer, name), self.theta):
                    raise ValueError(f"{type(self).__name__}: {layer} was put into another network "
                                     f"after this one was made: expected each layer in one "
                                     f"network (Network.of_trained(layers) takes copies)")

    def check_views(self) -> None:
        """ValueError if a layer has replaced one of its arrays instead of writing into it."""
        for layer in self.walk():
            for names, vector in ((layer.shapes, self.theta), (layer.buffers, self.buffer),
                                  (["d" + name for name in layer.shapes], self.grad)):
                for name in names:
                    array = getattr(layer, name)
                    if not isinstance(array, np.ndarray) or array.size and not (
                            np.may_share_memory(array, vector)):
                        how = f"{name} += ..." if vector is self.grad else f"{name}[...] = ..."
                        raise ValueError(f"{layer} replaced its {name}, and the network does not "
                                         f"see the new one: expected self.{how}, which writes into "
                                         f"the array that belongs to the network")

    def probability(self, x: Batch) -> Array:
        """D(x) in [0, 1], of shape (N, 1), for a discriminator, whose output is a logit."""
        return sigmoid(x_of(self(x))[:, :1])

    def preceded(self, layer: Layer, rng: Seed) -> Network:
        """An untrained network of the same layers after another layer that acts on x, such as
        GaussianNoise. `rng` draws all starting values; do not use this network any more."""
        return Network([layer, *self.layers], rng=rng, dtype=self.dtype,
                       input_shape=self.input_shape)

    # -- layer plumbing, for the whole chain ---------------------------------------------------

    def bind(self, theta: Array, grad: Array, buffer: Array) -> None:
        self.theta, self.grad, self.buffer = theta, grad, buffer
        self.dtype = theta.dtype
        super().bind(theta, grad, buffer)

    def check_input(self, x: Batch) -> None:
        self._check_dtype("x", x, self.takes_integers)
        if len(x.shape) == 0 or len(x) == 0:
            raise ValueError(f"{self}: expected x with at least one sample, got shape {x.shape}")
        if self.input_shape is not None and x.shape[1:] != self.input_shape:
            self.refuse(f"(N, {', '.join(map(str, self.input_shape))})", x.shape)
        super().check_input(x)

    def _check_dtype(self, name: str, array: Any, integers: bool) -> None:
        if not isinstance(array, np.ndarray) or (array.dtype.kind not in "iu" if integers
                                                 else array.dtype != self.dtype):
            came = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
            raise TypeError(f"{self}: expected {name} as "
                            f"{'an integer' if integers else f'a {self.dtype}'} array, got {came}")

    def _cast(self, name: str, array: Any, integers: bool) -> Array:
        """`array` in the dtype that is wanted, if it is real and finite."""
        array = np.asarray(array)
        if not integers and array.dtype.kind in "fiub" and self.dtype.kind == "f":
            array = array.astype(self.dtype, copy=False)
        if array.dtype.kind in "fc" and not np.isfinite(array).all():
            raise ValueError(f"{self}: expected finite {name}, got NaN or infinity in "
                             f"{(~np.isfinite(array)).sum()} of {array.size} values")
        return array

    def _apart(self, tparams: Pieces) -> Pieces:
        """A vector like theta, in the form that the layers take: a list, one entry per layer."""
        return self.views(tparams) if isinstance(tparams, np.ndarray) else tparams

    remembers = ("theta", "buffer", "remembering")

    def description(self) -> str:
        """The layers and the dtype, as text. A saved training goes on only with the same; `load`
        asks for the same layers, and casts numbers of another floating dtype."""
        return f"{', '.join(map(repr, self.layers))} of {self.dtype}"

    # -- copies, files, reading ----------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "twins"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # a copy (copy.deepcopy, pickle) copies each view by itself: tie them to the vectors again
        self.__dict__.update(state)
        self.bind(self.theta, self.grad, self.buffer)

    def copy(self) -> Network:
        """An independent network with the same layers and values."""
        return copy.deepcopy(self)

    def astype(self, dtype: DTypeLike) -> Network:
        """A copy in another dtype: float64 or complex128 for gradient checks."""
        dtype, clone = _floating(dtype), self.copy()
        clone.bind(*(vector.astype(dtype) for vector in (self.theta, self.grad, self.buffer)))
        return clone

    def save(self, path: Path) -> None:
        """Write parameters and running statistics to `path` (.npz, no pickle)."""
        self.check_owner()
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, theta=self.theta, buffer=self.buffer,
                     layers=np.array([repr(layer) for layer in self.layers]))

    def load(self, path: Path) -> Network:
        """Read what `save` wrote into this network, which must have the same layers; returns it.

        ValueError if the file is damaged or of another network, OSError if it cannot be opened; the
        network is then unchanged.
        """
        layers = [repr(layer) for layer in self.layers]
        found = _read_npz(path, {"theta": self.theta, "buffer": self.buffer,
                                 "layers": np.array(layers)})
        if found["layers"] != layers:
            raise ValueError(f"{path}: expected the layers {layers}, got {found['layers']}")
        loaded = self.copy()
        for name in "theta", "buffer":
            here, there = getattr(loaded, name), found[name]
            if there.shape != here.shape or there.dtype.kind != here.dtype.kind:
                raise ValueError(f"{path}: expected {name} of shape {here.shape} and kind "
                                 f"{here.dtype}, got {there.shape} and {there.dtype}")
            with np.errstate(over="ignore"):  # 1e300 is infinity in float32
                here[...] = there
            if not np.isfinite(here).all():
                raise ValueError(f"{path}: expected finite values of {here.dtype}, got NaN, "
                                 f"infinity or a larger number in {name}")
        try:
            loaded.check_buffers()
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        self.theta[...] = loaded.theta
        self.buffer[...] = loaded.buffer
        return self

    def summary(self, input_shape: Shape | None = None) -> str:
        """A table of layer, output shape (N is the batch) and number of parameters, as text; what a
        layer is made of stands below it, indented."""
        shape = input_shape or self.input_shape
        rows = [("layer", "output shape", "parameters")]
        if shape is not None:
            rows.append(("input", _shape_text(shape), ""))
        rows += self._summary_rows(shape)
        rows.append(("total", "", f"{self.size:,}"))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
        lines.insert(1, "-" * len(lines[0]))
        lines.insert(-1, lines[1])
        return "\n".join(line.rstrip() for line in lines)

    def _summary_rows(self, shape: Shape | None) -> list[Row]:
        return _chain_rows(self.children, shape, "")

    def arguments(self) -> str:
        return f"{self.layers[0]} ... {self.layers[-1]}"


def _numbers_of(layer: Layer, name: str) -> Array:
    try:
        return getattr(layer, name)
    except AttributeError:
        raise ValueError(f"Network.of_trained: expected layers of a network, which have numbers, "
                         f"or such as need none, got a new {layer}") from None


def _one_by_one(function: Callable[[Any], Any], things: Sequence[Any]) -> list[Any]:
    return [function(thing) for thing in things]


def _read_npz(path: Path, wanted: dict[str, Array]) -> dict[str, Any]:
    """The arrays named in `wanted`; none is read that is much larger than the one it stands for.
    The layers are a list."""
    most = {name: 4 * array.nbytes + 100_000 for name, array in wanted.items()}
    with opened(path) as file:
        try:
            length = file.seek(0, io.SEEK_END)
            if length > sum(most.values()):
                raise ValueError(f"at most {sum(most.values())} bytes expected, got a file of "
                                 f"{length} bytes")
            found = {}
            with zipfile.ZipFile(file) as archive:
                for name, array in wanted.items():
                    size = archive.getinfo(name + ".npy").file_size
                    if size > most[name]:
                        raise ValueError(f"{name} of about {array.nbytes} bytes expected, "
                                         f"got {size} bytes")
                    found[name] = read_npy(archive.read(name + ".npy"))
            found["layers"] = found["layers"].tolist()
            return found
        except Exception as error:  # zipfile, zlib and NumPy raise nearly anything on wrong bytes
            raise ValueError(f"{path}: expected a network saved by Network.save, "
                             f"got {type(error).__name__}: {error}") from error


def list_of_layers(owner: str, layers: Iterable[Layer]) -> list[Layer]:
    """Whatever can be iterated over, as a list, or a TypeError."""
    try:
        return list(layers)
    except TypeError:
        raise TypeError(f"{owner}: layers must be a list of layers, got {layers!r}") from None


def _floating(dtype: DTypeLike) -> np.dtype[Any]:
    """The dtype of a network's vectors, or a TypeError."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"Network: dtype must be a floating type such as numpy.float32, got "
                        f"{dtype!r}") from None
    if found.kind not in "fc":
        raise TypeError(f"Network: dtype must be a floating type, got {found}")
    if found == np.float16:
        raise TypeError("Network: float16 cannot hold what a training computes: Adam's eps of 1e-8 "
                        "and the squares of gradients below 2e-4 are 0 in it, numbers above 65,504 "
                        "infinite; and without a matrix library that knows it, it is slow. "
                        "Expected float32, or float64 for checks")
    return found


def _shape(value: Any) -> Shape:
    """A shape without the batch axis, as a tuple of int."""
    if not isinstance(value, (tuple, list)):
        raise ValueError(f"Network: input_shape must be a tuple such as (2,), got {value!r}")
    return tuple(positive_int("Network", "every size of input_shape", size) for size in value)


def _chain_rows(layers: Iterable[Any], shape: Shape | None, indent: str) -> list[Row]:
    """Rows of a summary for layers one after the other, the first with an input of this shape."""
    rows = []
    for layer in layers:
        after = None if shape is None else layer.output_shape(shape)
        name = type(layer).__name__ if layer.children else repr(layer)
        rows.append((indent + name, "?" if after is None else _shape_text(after),
                     f"{layer.size:,}"))
        inner = indent + "  "
        if isinstance(layer, Branches):
            for branch in layer.branches:
                parts = branch.children if isinstance(branch, Chain) else [branch]
                if branch is None:
                    rows.append((inner + "| its input", "" if shape is None else
                                 _shape_text(shape), ""))
                else:
                    below = _chain_rows(parts, shape, inner + "  ")
                    below[0] = (inner + "| " + below[0][0].lstrip(), *below[0][1:])
                    rows += below
        elif isinstance(layer, Chain):
            rows += _chain_rows(layer.children, shape, inner)
        shape = after
    return rows


def _shape_text(shape: Shape) -> str:
    return f"({', '.join(['N', *map(str, shape)])})"
