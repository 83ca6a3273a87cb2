"""Names for the hints of the whole package; shapes and meaning stand in the docstrings."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]  # float32 in training, float64 or complex in checks; or integers
Shape: TypeAlias = tuple[int, ...]
Rng: TypeAlias = np.random.Generator
Seed: TypeAlias = int | Rng
Path: TypeAlias = str | os.PathLike[str]
Derivatives: TypeAlias = tuple[Array, ...]  # f, f′, f″
Initializer: TypeAlias = Callable[[Rng, Shape, int, int], Array]
Schedule: TypeAlias = Callable[[float], float]

# What a pass keeps for the way back is each layer's own affair, and no other looks inside.
Cache: TypeAlias = Any
# A vector like theta, cut: a dict of arrays for a layer, a list of its children's for a composite.
Pieces: TypeAlias = Any
# What goes through a network: an array, or a Pair where it is one of pairs; of gradients also
# (dx, dc) of a layer that sees a condition, and None where none was asked for. The callers know.
Batch: TypeAlias = Any
# Of each layer from the last to the first: the gradient of its input, and the trace inside it.
Trace: TypeAlias = list[tuple[Any, Any]]
