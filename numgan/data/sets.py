"""The data sets by name: what commands and presets must know about each before they load it.

    @register_toy("cross")
    def cross(std=0.05): return gaussians([[0, 1], [0, -1], [1, 0], [-1, 0]], std)

    @register_images("stripes", size=8, classes=4)
    def stripes(rng): ...; return split(images, labels, rng)
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, overload

import numpy as np

from .._checks import came, choice, positive_int
from .._registry import Registry
from .._types import Array, Path, Rng, Shape

if TYPE_CHECKING:
    from .toys import Toy2D


Labelled: TypeAlias = tuple[Array, Array]  # images, labels
Make = TypeVar("Make", bound="Callable[..., Toy2D]")
Read = TypeVar("Read", bound=Callable[..., Sequence[Labelled]])


@dataclasses.dataclass(frozen=True)
class ToySet:
    """A toy that can be had by its name: ``load(**options)`` makes the `Toy2D`."""

    name: str
    load: Callable[..., Toy2D]
    kind = "toy"
    shape = (2,)

    @functools.cached_property
    def classes(self) -> int:
        """int, how many modes it has; 0 if there are none to count or to use as labels."""
        centers = self.load().centers
        return 0 if centers is None else len(centers)

    @property
    def title(self) -> str:
        return f"the {self.name} of {self.classes} Gaussians" if self.classes else self.name


@dataclasses.dataclass(frozen=True)
class ImageSet:
    """Labelled images that can be had by their name; see `register_images`."""

    name: str
    read: Callable[..., Sequence[Labelled]]
    shape: tuple[int, int, int]  # H, W, C
    classes: int  # labels are 0 ... classes − 1
    title: str
    others: tuple[str, str] | None = None
    kind = "images"

    @property
    def size(self) -> int:
        return self.shape[0]

    def load(self, rng: Rng, folder: Path | None = None, verify: bool = True) -> Sequence[Labelled]:
        """((images, labels) to train on, the same held out): (N, H, W, C) in [−1, 1], (N,) int.

        rng : numpy.random.Generator, which may choose what is held out
        folder, verify : for those that are read from files, as in `mnist`
        ValueError for images that do not match their registration
        """
        files: dict[str, Any] = dict(folder=folder, verify=verify) if self.others else {}
        parts = self.read(rng, **files)
        for images, labels in parts:
            images, labels = np.asarray(images), np.asarray(labels)
            if images.shape[1:] != self.shape or len(images) < 100 or (
                    set(labels) != set(range(self.classes))):
                raise ValueError(
                    f"{self.name}: expected 100 images of {_sides(self.shape)} or more, with all "
                    f"labels from 0 to {self.classes - 1}, got {len(images)} of "
                    f"{_sides(images.shape[1:])} with the labels "
                    f"{', '.join(map(str, np.unique(labels)[:20]))}")
        return parts

    def called(self, verify: bool = True) -> tuple[str, str]:
        """(name, title) for folders and captions; unverified files get the name of `others`."""
        return (self.name, self.title) if verify or not self.others else self.others


DATA_SETS: Registry[ToySet | ImageSet] = Registry(
    "data set", "a ToySet or an ImageSet (see register_toy and register_images)",
    lambda value: isinstance(value, (ToySet, ImageSet)))


@overload
def register_toy(name: str) -> Callable[[Make], Make]: ...


@overload
def register_toy(name: str, make: Make) -> Make: ...


def register_toy(name: str, make: Callable[..., Toy2D] | None = None) -> Any:
    """Add the `Toy2D` that ``make(**options)`` makes; without `make`, returns a decorator."""
    if make is None:
        return functools.partial(register_toy, name)
    if not callable(make):
        raise TypeError(f"register_toy: expected a function that makes a Toy2D, got {make!r}")

    @functools.wraps(make)
    def made(**options: Any) -> Toy2D:
        toy = make(**options)
        if not hasattr(toy, "centers"):
            raise TypeError(f"{name}: expected a numgan.data.Toy2D, got {came(toy)} (an array of "
                            f"points is data for numgan.data.sampler)")
        return toy
    DATA_SETS.register(name, ToySet(name, made))
    return make


@overload
def register_images(name: str, *, size: int, classes: int, channels: int = 1,
                    title: str | None = None,
                    others: tuple[str, str] | None = None) -> Callable[[Read], Read]: ...


@overload
def register_images(name: str, read: Read, *, size: int, classes: int, channels: int = 1,
                    title: str | None = None, others: tuple[str, str] | None = None) -> Read: ...


def register_images(name: str, read: Callable[..., Sequence[Labelled]] | None = None, *, size: int,
                    classes: int, channels: int = 1, title: str | None = None,
                    others: tuple[str, str] | None = None) -> Any:
    """Add labelled images; without `read`, returns a decorator.

    read : function ``rng -> (images, labels), (images, labels)``, to train on and held out; see
        `split`. (N, size, size, channels) in [−1, 1], (N,) int, at least 100 of each
    classes : int, labels are 0 ... classes − 1
    title : for pictures; the name if None
    others : (name, title) for whatever else the same files may hold, for data that are read from
        files: ``read(rng, folder, verify)``, see `mnist`
    """
    if read is None:
        return functools.partial(register_images, name, size=size, classes=classes,
                                 channels=channels, title=title, others=others)
    if not callable(read):
        raise TypeError(f"register_images: expected a function that reads them, got {read!r}")
    for what, value in ("size", size), ("classes", classes), ("channels", channels):
        positive_int("register_images", what, value)
    DATA_SETS.register(name, ImageSet(name, read, (size, size, channels), classes, title or name,
                                      others))
    return read


def split(images: Array, labels: Array, rng: Rng) -> list[Labelled]:
    """((images, labels), (images, labels)): random four fifths to train on, one fifth held out."""
    order = rng.permutation(len(images))
    return [(images[part], labels[part]) for part in np.split(order, [len(order) * 4 // 5])]


def names(kind: str | None = None, labelled: bool = False) -> list[str]:
    """The names of the data sets of a kind, "toy" or "images"; `labelled`: only those with labels
    or modes."""
    return [name for name, one in DATA_SETS.items()
            if kind in (None, one.kind) and (one.classes or not labelled)]


def toy(name: str, **options: Any) -> Toy2D:
    """The toy called `name`, made with the `options` of its function.

    >>> toy("ring", modes=6).centers.shape
    (6, 2)
    """
    chosen: Any = DATA_SETS[choice("toy", "name", name, names("toy"))]  # a ToySet
    return chosen.load(**options)


def _sides(shape: Shape) -> str:
    return "x".join(map(str, shape[:2] if shape[2:] in ((), (1,)) else shape))
