"""The IDX format of MNIST's files, read without trusting them.

A file is: two zero bytes, a type code, the number of dimensions, each dimension as a big-endian
uint32, then the big-endian values. Source: the page of the MNIST database.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import struct
import zlib
from typing import Any

import numpy as np

from .._checks import positive_int
from .._files import opened
from .._types import Array, Path, Shape

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_DIMS = 32    # what every supported NumPy can hold
_CHUNK = 1 << 20
_MOST_DEFLATED = 1032  # how many bytes deflate can shrink into one: 258 in each two bits


def read_idx(path: Path, max_bytes: int = 1 << 30) -> Array:
    """The array in an IDX file, gzipped or not (its first bytes tell), in native byte order.

    A damaged or hostile file gives an error, never a large allocation: the size that the header
    promises is first compared with `max_bytes` and with the file's length. The values are read
    directly into the array, so that reading takes little more memory than the array itself.

    Parameters
    ----------
    path : str or os.PathLike
    max_bytes : int, the largest array to accept, in bytes

    Raises
    ------
    ValueError : the file is not a regular one, or not one complete IDX file; names the file
    OSError : the file cannot be opened or read (FileNotFoundError if it is missing)
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"read_idx: expected path to be a str or os.PathLike, got {path!r}")
    positive_int("read_idx", "max_bytes", max_bytes, 0)
    with opened(path) as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
        most = raw.seek(0, io.SEEK_END) * (_MOST_DEFLATED if compressed else 1)
        raw.seek(0)
        file = gzip.GzipFile(fileobj=raw) if compressed else raw
        try:
            return _read(file, path, max_bytes, most)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"read_idx: expected {path} to be a complete gzip file, "
                             f"got a damaged one ({error})") from error


def header(shape: Shape, code: int = 0x08) -> bytes:
    """The bytes that precede the values of an array of this shape."""
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, code, len(shape), *shape)


def _read(file: Any, path: Path, max_bytes: int, most: int) -> Array:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES:
        codes = ", ".join(f"{code:02x}" for code in TYPES)
        raise ValueError(f"read_idx: expected {path} to begin with 00 00, a type code ({codes}) "
                         f"and the number of dimensions, got {magic.hex(' ') or 'an empty file'}")
    dtype, ndim = np.dtype(TYPES[magic[2]]), magic[3]
    if not 1 <= ndim <= _MAX_DIMS:
        raise ValueError(f"read_idx: expected {path} to have 1 to {_MAX_DIMS} dimensions, "
                         f"got {ndim}")
    lengths = file.read(4 * ndim)
    if len(lengths) < 4 * ndim:
        raise ValueError(f"read_idx: expected {path} to name {ndim} dimensions in its header, "
                         f"but it ends after {4 + len(lengths)} bytes")
    shape = struct.unpack(f">{ndim}I", lengths)
    # A zero among the dimensions must not hide the others: NumPy refuses (0, 2**32 - 1, ...) too.
    if math.prod(max(length, 1) for length in shape) * dtype.itemsize > max_bytes:
        raise ValueError(f"read_idx: expected {path} to hold at most {max_bytes} bytes "
                         f"(max_bytes), its header promises {dtype.itemsize} bytes times {shape}")
    promised = math.prod(shape) * dtype.itemsize

    if promised > most:
        raise ValueError(f"read_idx: expected {path} to hold {promised} bytes of values for its "
                         f"shape {shape}, got at most {most}")
    content, got = np.empty(promised, np.uint8), 0
    while got < promised:
        # in chunks, since a gzip file makes a copy of what is read
        count = file.readinto(content.data[got:got + _CHUNK])
        if not count:
            break
        got += count
    if got < promised or file.read(1):
        raise ValueError(f"read_idx: expected {path} to hold {promised} bytes of values for its "
                         f"shape {shape}, got {'more' if got == promised else got}")
    array = content.view(dtype).reshape(shape)
    return array if dtype.isnative else array.byteswap(inplace=True).view(dtype.newbyteorder("="))
