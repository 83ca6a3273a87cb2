"""Reads what an object remembers from step to step as plain values and arrays, and writes it back.

A training is more than its networks: optimisers have averages, samplers have a place in the data,
noise layers have a random generator. Each class names in `remembers` the attributes that a step may
change. All else follows from that: `state_of` reads them, and `restore` writes them back, to the
bit. `save` and `load` use a file without pickle, so reading it runs no code.

An attribute may hold None, numbers, strings, arrays, random generators, and lists, tuples and dicts
of all these. It may also hold functions that close over nothing, objects that remember something
themselves, methods of such objects, and tuples of them. What such a function takes from its module,
such as a random generator, is not seen: it belongs in an object that remembers it.
"""

from __future__ import annotations

import io
import json
import types
import zipfile
from typing import Any, BinaryIO

import numpy as np

from .._files import opened, read_npy, replacing
from .._types import Array, Path

FORMAT = "numgan state 1"


class StateError(ValueError):
    """A file is damaged, or holds the state of something else."""


def remembered(owner: Any) -> tuple[str, ...] | None:
    """The names of the attributes that `owner` remembers, or None if it does not say."""
    return getattr(owner, "remembers", None)


def state_of(value: Any) -> Any:
    """`value` as a tree of None, bool, int, float, str, arrays, lists and dicts."""
    if isinstance(value, np.random.Generator):
        return {"random generator": _plain(value.bit_generator.state)}
    if isinstance(value, types.FunctionType) and value.__closure__ is None:
        return {"function": value.__qualname__}
    if isinstance(value, types.MethodType):
        return {"method": value.__name__, "of": state_of(value.__self__)}
    if remembered(value) is not None:
        return {"object": type(value).__name__,
                **{name: state_of(getattr(value, name)) for name in value.remembers}}
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError(f"expected arrays of numbers or text, got one of shape {value.shape} "
                            f"and dtype {value.dtype}")
        return value.copy()
    if _is_group(value):
        return {"objects": [state_of(v) for v in value]}
    if isinstance(value, (list, tuple)):
        return {"tuple" if isinstance(value, tuple) else "list": [state_of(v) for v in value]}
    if isinstance(value, dict):
        return {"dict": [[state_of(k), state_of(v)] for k, v in value.items()]}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"expected something whose state is known (see numgan.training.state), got "
                    f"{value!r}, which does not say what it `remembers`")


def restore(owner: Any, state: Any) -> None:
    """Write back into `owner` what `state_of` read from it, or from an object made like it.

    Arrays of the same shape are filled in place, so that views of them stay views.
    StateError, before anything is changed, if the state is that of something else.
    """
    _check(owner, state, type(owner).__name__)
    _fill(owner, state)


def _is_group(value: Any) -> bool:
    return (isinstance(value, tuple) and bool(value)
            and all(remembered(v) is not None for v in value))


def _check(value: Any, state: Any, where: str) -> None:
    if _is_group(value):
        if not isinstance(state, dict) or len(state.get("objects", ())) != len(value):
            raise StateError(f"{where}: expected the states of {len(value)} objects")
        for index, (part, inside) in enumerate(zip(value, state["objects"])):
            _check(part, inside, f"{where}[{index}]")
    elif isinstance(value, types.FunctionType):
        if state != {"function": value.__qualname__}:
            raise StateError(f"{where}: expected {value.__qualname__}, got {state}")
    elif isinstance(value, types.MethodType):
        if not isinstance(state, dict) or state.get("method") != value.__name__:
            raise StateError(f"{where}: expected the method {value.__name__}, got {state}")
        _check(value.__self__, state["of"], where)
    elif isinstance(value, np.random.Generator):
        if not isinstance(state, dict) or "random generator" not in state:
            raise StateError(f"{where}: expected the state of a random generator")
        try:
            type(value.bit_generator)(0).state = _back(state["random generator"])
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            raise StateError(f"{where}: expected the state of a "
                             f"{type(value.bit_generator).__name__}, got {type(error).__name__}: "
                             f"{error}") from error
    elif remembered(value) is not None:
        name = type(value).__name__
        if not isinstance(state, dict) or state.get("object") != name:
            came = state.get("object", "another value") if isinstance(state, dict) else state
            raise StateError(f"{where}: expected the state of a {name}, got {came}")
        if set(state) - {"object"} != set(value.remembers):
            raise StateError(f"{where}: expected {', '.join(value.remembers)}, got "
                             f"{', '.join(sorted(set(state) - {'object'}))}")
        for part in value.remembers:
            _check(getattr(value, part), state[part], f"{where}.{part}")
    else:
        check_plain(state, where)


def check_plain(state: Any, where: str) -> None:
    """StateError unless `value_of` can make the value again."""
    if isinstance(state, dict):
        kind = next(iter(state), None)
        if len(state) != 1 or kind not in ("list", "tuple", "dict"):
            came = state.get("object", kind)
            raise StateError(f"{where}: expected a value, got the state of a {came}")
        inside = state[kind]
        pairs_at = [part for pair in inside for part in pair] if kind == "dict" else inside
        for part in pairs_at:
            check_plain(part, where)


def _fill(owner: Any, state: Any) -> None:
    for name in owner.remembers:
        here, there = getattr(owner, name), state[name]
        if isinstance(here, np.random.Generator):
            here.bit_generator.state = _back(there["random generator"])
        elif isinstance(here, types.FunctionType):
            pass
        elif isinstance(here, types.MethodType):
            _fill(here.__self__, there["of"])
        elif _is_group(here):
            for part, inside in zip(here, there["objects"]):
                _fill(part, inside)
        elif remembered(here) is not None:
            _fill(here, there)
        elif (isinstance(here, np.ndarray) and isinstance(there, np.ndarray)
              and here.shape == there.shape and here.dtype == there.dtype
              and here.flags.writeable):
            here[...] = there
        else:
            setattr(owner, name, value_of(there))


def value_of(state: Any) -> Any:
    """The value that a state stands for. Not for objects: those are filled in place."""
    if not isinstance(state, dict):
        return state.copy() if isinstance(state, np.ndarray) else state
    (kind, inside), = state.items()
    if kind in ("list", "tuple"):
        values = [value_of(v) for v in inside]
        return tuple(values) if kind == "tuple" else values
    if kind == "dict":
        return {value_of(k): value_of(v) for k, v in inside}
    raise StateError(f"expected a value, got the state of a {state.get('object', kind)}")


def _plain(state: Any) -> Any:
    """A bit generator's state, with numbers and arrays in a form that JSON can hold."""
    if isinstance(state, dict):
        return {name: _plain(value) for name, value in state.items()}
    if isinstance(state, np.ndarray):
        return {"array of integers": state.tolist(), "dtype": str(state.dtype)}
    return state.item() if isinstance(state, np.generic) else state


def _back(state: Any) -> Any:
    if isinstance(state, dict) and "array of integers" in state:
        if np.dtype(state["dtype"]).kind not in "iu":
            raise ValueError(f"expected a dtype of integers, got {state['dtype']}")
        return np.array(state["array of integers"], state["dtype"])
    if isinstance(state, dict):
        return {name: _back(value) for name, value in state.items()}
    return state


# -- files -----------------------------------------------------------------------------------------


def save(path: Path, tree: Any) -> None:
    """Write a tree to `path`, completely or not at all: what `state_of` makes, in dicts with names
    of your own."""
    arrays: list[Array] = []
    header = json.dumps({"format": FORMAT, "tree": _without_arrays(tree, arrays)}).encode()
    with replacing(path) as temporary, open(temporary, "wb") as file:
        named = {"header": np.frombuffer(header, np.uint8),
                 **{f"array{index}": array for index, array in enumerate(arrays)}}
        np.savez(file, **named)  # type: ignore[arg-type]  # no array is called allow_pickle


def load(path: Path) -> Any:
    """The tree that `save` wrote. StateError if the file is damaged, OSError if there is none.

    It takes no more memory than the length of the file. `save` packs nothing, so parts that are
    packed, or that claim to be longer than the file, are refused unread.
    """
    with opened(path) as file:
        try:
            arrays = _arrays(file)
            header = json.loads(arrays.pop("header").tobytes().decode())
            if header.get("format") != FORMAT:
                raise ValueError(f"its format is {header.get('format')!r}, not {FORMAT!r}")

            return _with_arrays(header["tree"], arrays)
        except Exception as error:  # zipfile, zlib and NumPy raise nearly anything on wrong bytes
            raise StateError(f"{path}: expected a training saved by numgan, got "
                             f"{type(error).__name__}: {error}") from error


# these recursive functions are not defined inside others: an inner one would keep alive what it has
# seen until Python looks for reference cycles


def _without_arrays(value: Any, arrays: list[Array]) -> Any:
    """The tree with {"array": index} in place of each array, which is put at this index of
    `arrays`."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, dict):
        return {name: _without_arrays(inside, arrays) for name, inside in value.items()}
    if isinstance(value, list):
        return [_without_arrays(inside, arrays) for inside in value]
    return value


def _with_arrays(value: Any, arrays: dict[str, Array]) -> Any:
    """The reverse of `_without_arrays`; each array is used once."""
    if isinstance(value, dict):
        if set(value) == {"array"}:
            return arrays.pop(f"array{value['array']}")
        return {name: _with_arrays(inside, arrays) for name, inside in value.items()}
    return [_with_arrays(inside, arrays) for inside in value] if isinstance(value, list) else value


def _arrays(file: BinaryIO) -> dict[str, Array]:
    """The arrays, by name and read-only, of an open .npz file that is not packed."""
    length = file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        for part in parts:
            if part.compress_type != zipfile.ZIP_STORED or part.compress_size != part.file_size:
                raise ValueError(f"{part.filename} is packed, {part.file_size:,} bytes in "
                                 f"{part.compress_size:,}; expected it as it is")
        total = sum(part.file_size for part in parts)
        if total > length:
            raise ValueError(f"parts of {total:,} bytes in a file of {length:,}")
        return {part.filename.removesuffix(".npy"): read_npy(archive.read(part))
                for part in parts}
