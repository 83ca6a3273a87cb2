"""A chain of layers over one flat parameter vector."""

import copy
import io
import zipfile

import numpy as np

from .files import opened, replacing
from .layers import Layer
from .layers.activations import sigmoid


class Network(Layer):
    """Layers applied one after the other; backward is the chain rule, from the last to the first.

        x₀ = x,  x_l = f_l(x_{l−1}; θ_l),  y = x_L
        dx_L = dy,  dx_{l−1} = (∂x_l/∂x_{l−1})ᵀ dx_l,  dθ_l = (∂x_l/∂θ_l)ᵀ dx_l

    All parameters live in one vector `theta`, all gradients in one vector `grad` of the same shape
    and all running statistics in one vector `buffer`; the layers' arrays are views of them. So
    zeroing is ``grad.fill(0)``, an optimiser step is arithmetic on vectors, a checkpoint is two
    arrays.

    Parameters
    ----------
    layers : list of Layer (a Network is a layer too)
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

    def __init__(self, layers, *, rng, dtype=np.float32, input_shape=None):
        super().__init__()
        self.layers = list(layers)
        if not self.layers:
            raise ValueError("Network: expected at least one layer, got an empty list")
        for index, layer in enumerate(self.layers):
            if not isinstance(layer, Layer):
                raise TypeError(f"Network: layer {index} must be a Layer (such as Dense(2, 8)), "
                                f"got {layer!r}")
            if any(layer is other for other in self.layers[:index]):
                raise ValueError(f"Network: layer {index}, {layer}, stands in the list twice; "
                                 f"a layer has one place")
        self.dtype = np.dtype(dtype)
        if self.dtype.kind not in "fc":
            raise TypeError(f"Network: dtype must be a floating type, got {self.dtype}")
        self.input_shape = tuple(input_shape) if input_shape is not None else self._told_shape()
        if self.input_shape is not None:
            self.output_shape(self.input_shape)
        self.bind(*(np.zeros(n, self.dtype) for n in (self.size, self.size, self.buffer_size)))
        self.initialize(np.random.default_rng(rng))

    # -- the chain ---------------------------------------------------------------------------

    def forward(self, x, train=False):
        self.check_input(x)
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, train)
            caches.append(cache)
        return x, caches

    def backward(self, dy, cache, param_grads=True, input_grad=True, trace=None):
        """As of every layer; the gradients on the way, of each layer's input from the last layer's
        to the first's, are appended to the list `trace` if one is given."""
        if not (param_grads or input_grad):
            return None
        # without input_grad nothing below the first layer that has parameters is wanted
        last = 0 if input_grad else self._first_with_parameters()
        for index in range(len(self.layers) - 1, last - 1, -1):
            dy = self.layers[index].backward(dy, cache[index], param_grads,
                                             input_grad or index > last)
            if trace is not None:
                trace.append(dy)
        return dy if input_grad else None

    def tangent(self, tx, cache, tparams=None):
        """ty for a tangent tx of the input and, if given, a tangent of all parameters: `tparams` is
        a vector like theta."""
        tcaches, start = [], 0
        for layer, layer_cache in zip(self.layers, cache):
            stop = start + layer.size
            inner = None if tparams is None else layer.views(tparams[start:stop])
            tx, tcache = layer.tangent(tx, layer_cache, inner)
            tcaches.append(tcache)
            start = stop
        return tx, tcaches

    def tangent_backward(self, dy, dty, cache, tcache, input_grad=True, dtx=None, trace=None):
        """As of every layer; `trace` is that of the backward pass that dty has made already."""
        last = 0 if input_grad else self._first_with_parameters()
        for index in range(len(self.layers) - 1, last - 1, -1):
            known = trace[len(self.layers) - 1 - index] if trace else dtx if index == 0 else None
            dy, dty = self.layers[index].tangent_backward(dy, dty, cache[index], tcache[index],
                                                          input_grad or index > last, known)
        return (dy, dty) if input_grad else (None, None)

    def hvp(self, x, derivatives, tparams=None, tx=None, train=True):
        """Exact Hessian-vector products of a loss L(y): how its gradients change along tangents.

            h_params = ∂/∂ε ∇_θ L(θ + ε tparams, x + ε tx),   h_x the same of ∇_x L,   at ε = 0

        Both are the gradients of one number, the derivative of L along the tangents,
        R = ⟨dy, ty⟩. R depends on ty, with the gradient dy, and on y through dy, with the gradient
        L″(y) ty = tdy: so one tangent pass and one tangent_backward do it (Pearlmutter 1994).

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
        ty, tcache = self.tangent(np.zeros_like(x) if tx is None else tx, cache, tparams)
        dy, tdy = derivatives(y, ty)
        kept = self.grad.copy()
        self.grad.fill(0)
        h_x, _ = self.tangent_backward(tdy, dy, cache, tcache)
        h_params = self.grad.copy()
        self.grad[...] = kept
        return h_params, h_x

    def views(self, vector):
        return vector

    def commit(self, cache):
        for layer, layer_cache in zip(self.layers, cache):
            layer.commit(layer_cache)

    def check_buffers(self):
        for layer in self.layers:
            layer.check_buffers()

    def __call__(self, x):
        """y of shape (N, ...) for x, with running statistics and without noise.

        x is checked for NaN and infinities too, and may be of any real dtype.
        """
        x = np.asarray(x)
        if x.dtype.kind in "fiub" and self.dtype.kind == "f":
            x = x.astype(self.dtype, copy=False)
        self.check_input(x)
        if not np.isfinite(x).all():
            raise ValueError(f"{self}: expected finite x, got NaN or infinity in "
                             f"{(~np.isfinite(x)).sum()} of {x.size} values")
        return self.forward(x)[0]

    def probability(self, x):
        """D(x) in [0, 1], of shape (N, 1), of a discriminator, whose output is a logit."""
        return sigmoid(self(x))

    # -- layer plumbing, for the whole chain ---------------------------------------------------

    @property
    def size(self):
        return sum(layer.size for layer in self.layers)

    @property
    def buffer_size(self):
        return sum(layer.buffer_size for layer in self.layers)

    @property
    def couples_samples(self):
        return any(layer.couples_samples for layer in self.layers)

    def bind(self, theta, grad, buffer):
        self.theta, self.grad, self.buffer = theta, grad, buffer
        self.dtype = theta.dtype
        start = held = 0
        for layer in self.layers:
            stop, kept = start + layer.size, held + layer.buffer_size
            layer.bind(theta[start:stop], grad[start:stop], buffer[held:kept])
            start, held = stop, kept

    def initialize(self, rng):
        for layer in self.layers:
            layer.initialize(rng)

    def output_shape(self, input_shape):
        for layer in self.layers:
            input_shape = layer.output_shape(input_shape)
        return input_shape

    def check_input(self, x):
        if not isinstance(x, np.ndarray) or x.dtype != self.dtype:
            came = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
            raise TypeError(f"{self}: expected x as a {self.dtype} array, got {came}")
        if len(x.shape) == 0 or len(x) == 0:
            raise ValueError(f"{self}: expected x with at least one sample, got shape {x.shape}")
        if self.input_shape is not None and x.shape[1:] != self.input_shape:
            self.refuse(f"(N, {', '.join(map(str, self.input_shape))})", x.shape)
        super().check_input(x)

    def _told_shape(self):
        for layer in self.layers:
            if hasattr(layer, "in_features"):
                return (layer.in_features,)
            if layer.size or type(layer).output_shape is not Layer.output_shape:
                return None

    def _first_with_parameters(self):
        return next((i for i, layer in enumerate(self.layers) if layer.size), len(self.layers))

    # -- copies, files, reading ----------------------------------------------------------------

    def __setstate__(self, state):
        # a copy (copy.deepcopy, pickle) copies every view apart: tie them to the vectors again
        self.__dict__.update(state)
        self.bind(self.theta, self.grad, self.buffer)

    def copy(self):
        """An independent network with the same layers and values."""
        return copy.deepcopy(self)

    def astype(self, dtype):
        """A copy in another dtype: float64 or complex128 for gradient checks."""
        clone = self.copy()
        clone.bind(*(vector.astype(dtype) for vector in (self.theta, self.grad, self.buffer)))
        return clone

    def save(self, path):
        """Write parameters and running statistics to `path` (.npz, no pickle)."""
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, theta=self.theta, buffer=self.buffer,
                     layers=np.array([repr(layer) for layer in self.layers]))

    def load(self, path):
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

    def summary(self, input_shape=None):
        """A table of layer, output shape (N is the batch) and number of parameters, as text."""
        shape = input_shape or self.input_shape
        rows = [("layer", "output shape", "parameters")]
        if shape is not None:
            rows.append(("input", _shape_text(shape), ""))
        for layer in self.layers:
            if shape is not None:
                shape = layer.output_shape(shape)
            rows.append((repr(layer), "?" if shape is None else _shape_text(shape),
                         f"{layer.size:,}"))
        rows.append(("total", "", f"{self.size:,}"))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
        lines.insert(1, "-" * len(lines[0]))
        lines.insert(-1, lines[1])
        return "\n".join(line.rstrip() for line in lines)

    def arguments(self):
        return f"{self.layers[0]} ... {self.layers[-1]}"


def _read_npz(path, wanted):
    """The arrays named in `wanted`, none read that is much larger than the one it stands for;
    layers as a list."""
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
                    found[name] = _read_npy(archive.read(name + ".npy"))
            found["layers"] = found["layers"].tolist()
            return found
        except Exception as error:  # zipfile, zlib and NumPy raise nearly anything at wrong bytes
            raise ValueError(f"{path}: expected a network saved by Network.save, "
                             f"got {type(error).__name__}: {error}") from error


def _read_npy(content):
    """The array in the bytes of a .npy file, of which nothing is believed that is not there."""
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("expected version 1.0 of the .npy format")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    values = np.frombuffer(content, dtype, offset=file.tell())
    return values.reshape(shape, order="F" if fortran_order else "C")


def _shape_text(shape):
    return f"({', '.join(['N', *map(str, shape)])})"
