"""Reading files that may be anything; writing files so that nobody ever finds half of one."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import pathlib
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from ._types import Array, Path

try:
    import fcntl
except ImportError:  # Windows: there a file that is held open could not be moved to its place
    fcntl = None  # type: ignore[assignment]  # a module, but for this

OURS = ".numgan-"  # with which the names of temporary files begin
ROOM = 20_000_000  # bytes that a folder must have room for: networks and pictures of any demo
PROBE = 100_000  # bytes of them that are really written: what is free is not always ours


def opened(path: Path) -> BinaryIO:
    """The file at `path`, opened to read its bytes.

    ValueError if it is no file: to open a pipe would wait for ever. OSError if it cannot be opened.
    """
    path = pathlib.Path(path)
    if path.exists() and not path.is_file():
        raise ValueError(f"expected {path} to be a file, got a folder or device")
    return open(path, "rb")


def read_json(path: Path, most: int = 10_000_000) -> Any:
    """What the JSON file at `path` holds, of at most so many bytes.

    ValueError if it is damaged, or holds NaN or an infinity, which JSON does not have; OSError if
    it cannot be opened.
    """
    with opened(path) as file:
        content = file.read(most + 1)
    try:
        if len(content) > most:
            raise ValueError(f"more than {most} bytes")
        return json.loads(content, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected {path} to be a JSON file, got a damaged one "
                         f"({error})") from error


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"expected finite numbers, got {text}")
    return value


def read_npy(content: bytes) -> Array:
    """The array in the bytes of a .npy file, of which nothing is believed that is not there: a view
    of them, so it cannot be written to. ValueError, or whatever NumPy raises at wrong bytes."""
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("expected version 1.0 of the .npy format")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    values = np.frombuffer(content, dtype, offset=file.tell())
    return values.reshape(shape, order="F" if fortran_order else "C")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[pathlib.Path]:
    """A path to write to, which becomes `path` when the block ends well and vanishes otherwise.

    The temporary file stands in the same folder (made if missing) and keeps the suffix, from which
    some writers tell the format. A file that was there keeps its mode, and a symbolic link its
    place: what it points to is replaced. What a killed process left in the folder is removed.

    OSError if `path` is a folder or a device, or cannot be written.
    """
    target = pathlib.Path(os.path.realpath(path))
    mode = target.stat().st_mode if target.exists() else None
    if mode is not None and not stat.S_ISREG(mode):
        raise OSError(f"expected {path} to be a file, got a folder or device")
    target.parent.mkdir(parents=True, exist_ok=True)
    # nobody may read now what only few may read then
    with _temporary(target.parent, pathlib.Path(path).suffix,
                    0o666 if mode is None else 0o600) as temporary:
        yield temporary
        if mode is not None:
            temporary.chmod(stat.S_IMODE(mode))
        os.replace(temporary, target)


def writable_folder(path: Path) -> None:
    """Make the folder `path` if it is missing, and write a file there, which is removed again.

    OSError, with what is in the way in words, if that cannot be done: before hours of training, of
    which there would be nothing to see.
    """
    path = pathlib.Path(path)
    try:
        there = next((place for place in (path, *path.parents) if place.exists()), path)
        if there.exists() and not there.is_dir():
            raise OSError(f"{there} is a file, not a folder")
        path.mkdir(parents=True, exist_ok=True)
        with _temporary(path) as probe, open(probe, "wb") as file:
            file.write(bytes(PROBE))
            file.flush()
            os.fsync(file.fileno())  # some disks tell only then that they are full
        total, _, free = shutil.disk_usage(path)
        if free < ROOM and total > 0:  # of some devices nothing is known
            raise OSError(f"expected room for {ROOM / 1e6:g} MB, got {free / 1e6:.1f}")
    except OSError as error:
        raise OSError(f"cannot write into {path}: {error.strerror or error}") from error


@contextlib.contextmanager
def _temporary(folder: pathlib.Path, suffix: str = "", mode: int = 0o666) -> Iterator[pathlib.Path]:
    """The path of a new file, with this mode less the umask, that is removed in the end."""
    _sweep(folder)
    path = folder / f"{OURS}{secrets.token_hex(4)}{suffix}"
    try:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            if fcntl:
                _held(file)
            else:
                file.close()
            yield path
    finally:
        path.unlink(missing_ok=True)


def _held(file: BinaryIO) -> bool:
    """Hold an open file until it is closed, which the end of the process does too; whether it
    could be had. A file system may have no locks: then nobody gets one."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False


def _sweep(folder: pathlib.Path) -> None:
    """Remove the temporary files that no living process holds."""
    for path in folder.glob(OURS + "*") if fcntl else ():
        if re.fullmatch(r"[0-9a-f]{8}(\..*)?", path.name[len(OURS):]):
            with contextlib.suppress(OSError), open(path, "r+b") as file:
                if _held(file):
                    path.unlink()
