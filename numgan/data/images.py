"""Digits as images: (N, H, W, 1), channels last, scaled to [-1, 1] like a tanh generator's output.

scikit-learn is imported inside the functions, so that `import numgan` stays quick.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import pathlib
import socket
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .._optional import needed_by
from .._types import Array, Path, Rng
from .idx import header, read_idx
from .sets import register_images, split

# Base names, and the SHA-256 of the decompressed files of the MNIST database.
_FILES = {
    "train": {
        "images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
    "test": {
        "images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
}
_PREFIX = {"train": "train", "test": "t10k"}


def digits(dtype: DTypeLike = np.float32) -> tuple[Array, Array]:
    """The digits that come with scikit-learn: images (1797, 8, 8, 1) in [-1, 1] and labels
    (1797,) int."""
    dtype = _float_dtype("digits", dtype)
    with needed_by("data.digits"):
        from sklearn.datasets import load_digits

    x, labels = load_digits(return_X_y=True)
    return (x / 8 - 1).astype(dtype).reshape(-1, 8, 8, 1), labels.astype(int)  # grey is 0 ... 16


def mnist(folder: Path | None = None, split: str = "train", dtype: DTypeLike = np.float32,
          verify: bool = True) -> tuple[Array, Array]:
    """MNIST: images (60000 or 10000, 28, 28, 1) in [-1, 1] and labels (60000 or 10000,) int.

    The files are looked for in `folder`, or else in the folder that the environment variable
    NUMGAN_DATA names, or in its subfolder mnist. They have their usual names, gzipped or not:
    train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte,
    t10k-labels-idx1-ubyte (or with a dot, train-images.idx3-ubyte). Without either folder,
    scikit-learn fetches MNIST from OpenML once and keeps it in its own cache.

    Parameters
    ----------
    folder : str or os.PathLike, optional
    split : "train" or "test"
    dtype : floating point type of the images
    verify : bool
        Files must be the MNIST database's to the byte (SHA-256). False accepts look-alikes of the
        same format, such as Fashion-MNIST, with any number and size of images.

    Raises
    ------
    FileNotFoundError : the data can be found in neither way; says what to do
    ValueError : a file is damaged, or is not MNIST's
    """
    if split not in ("train", "test"):
        raise ValueError(f"mnist: expected split to be 'train' or 'test', got {split!r}")
    if folder is not None and not isinstance(folder, (str, os.PathLike)):
        raise TypeError(f"mnist: expected folder to be a str or os.PathLike, got {folder!r}")
    dtype = _float_dtype("mnist", dtype)
    folder = folder or os.environ.get("NUMGAN_DATA")
    if folder:
        images, labels = _from_folder(pathlib.Path(folder), split, verify)
    else:
        images, labels = _from_openml(split)
    x = images.astype(dtype)[..., None]
    x /= dtype.type(127.5)
    x -= dtype.type(1)
    return x, labels.astype(int)


@register_images("digits", size=8, classes=10, title="scikit-learn's digits")
def _digits(rng: Rng) -> list[tuple[Array, Array]]:
    return split(*digits(), rng)


@register_images("mnist", size=28, classes=10, title="MNIST",
                 others=("other", "other images in MNIST's format"))
def _mnist(rng: Rng, folder: Path | None, verify: bool) -> list[tuple[Array, Array]]:
    return [mnist(folder, split, verify=verify) for split in ("train", "test")]


def _from_folder(folder: pathlib.Path, split: str, verify: bool) -> tuple[Array, Array]:
    paths = {kind: _find(folder, split, kind) for kind in ("images", "labels")}
    images, labels = (read_idx(paths[kind]) for kind in ("images", "labels"))
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(f"mnist: expected {paths['images']} to hold bytes of shape (N, H, W), "
                         f"got {images.dtype} of shape {images.shape}")
    if labels.shape != images.shape[:1] or labels.dtype != np.uint8:
        raise ValueError(f"mnist: expected {paths['labels']} to hold {len(images)} bytes, one "
                         f"label an image, got {labels.dtype} of shape {labels.shape}")
    if verify:
        for kind, array in (("images", images), ("labels", labels)):
            checksum = hashlib.sha256(header(array.shape))
            checksum.update(array.data)
            if checksum.hexdigest() != _FILES[split][kind]:
                raise ValueError(
                    f"mnist: expected {paths[kind]} to be MNIST's {split} {kind}, SHA-256 "
                    f"{_FILES[split][kind]} when decompressed, got {checksum.hexdigest()}; "
                    f"verify=False (of a command: --no-verify) accepts other data of this format")
    return images, labels


def _find(folder: pathlib.Path, split: str, kind: str) -> pathlib.Path:
    number = {"images": 3, "labels": 1}[kind]
    names = [f"{_PREFIX[split]}-{kind}{dot}idx{number}-ubyte{end}"
             for dot in "-." for end in ("", ".gz")]
    for place in (folder, folder / "mnist"):
        for name in names:
            if (place / name).is_file():
                return place / name
    raise FileNotFoundError(f"mnist: expected one of {', '.join(names)} in {folder} "
                            f"or its subfolder mnist, found none")


def _from_openml(split: str) -> tuple[Array, Array]:
    from sklearn.datasets import fetch_openml

    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(60)  # or a network that drops packets makes us wait for minutes
    try:
        # liac-arff, because the other parser needs pandas.
        x, labels = fetch_openml("mnist_784", version=1, as_frame=False, parser="liac-arff",
                                 return_X_y=True, n_retries=1, delay=0.1)
    except (OSError, ValueError, ImportError, http.client.HTTPException) as error:
        raise FileNotFoundError(
            "mnist: found no MNIST. Either put its four files (train-images-idx3-ubyte.gz, "
            "train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) "
            "into a folder and name it in the argument folder or the environment variable "
            "NUMGAN_DATA; or connect to the internet, for scikit-learn to fetch it from OpenML "
            f"once (that failed: {type(error).__name__}: {error})") from error
    finally:
        socket.setdefaulttimeout(timeout)
    if np.shape(x) != (70000, 784) or np.shape(labels) != (70000,):
        raise ValueError(f"mnist: expected OpenML's mnist_784 to hold 70000 images of 784 pixels "
                         f"with labels, got shapes {np.shape(x)} and {np.shape(labels)}")
    part = slice(0, 60000) if split == "train" else slice(60000, None)
    return (np.asarray(x[part]).astype(np.uint8).reshape(-1, 28, 28),
            np.asarray(labels[part]).astype(np.uint8))


def _float_dtype(where: str, dtype: DTypeLike) -> np.dtype[Any]:
    try:
        result = np.dtype(dtype)
    except TypeError:
        result = None
    if result is None or result.kind != "f":
        raise TypeError(f"{where}: expected dtype to be a floating point type, got {dtype!r}")
    return result
