"""What a member of the family is, and how its settings differ from data set to data set.

The page of `demos.variants` and the table of demos/pages/family.md are made from the members'
words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeAlias

from .._registry import Registry
from ..data.sets import ImageSet, ToySet


Changes: TypeAlias = dict[str, Any] | Callable[[Any], dict[str, Any]] | None


@dataclasses.dataclass(frozen=True)
class Member:
    """One GAN of the family: in words, and as what it changes in the plain GAN's settings.

        FAMILY.register("mine", Member("mine", "D: ...; G: ...", plane=dict(loss=Mine()),
                                       images=dict(loss=Mine())))

    plane, images : dict of fields of a `Preset`, in addition to those of `plane.common` and
        `images.common`; or a function of the data set, a `ToySet` or an `ImageSet`, that returns
        such a dict; None: not for such data
    own : the fields of a `Preset` that define the member. Rates, steps and how fast something
        fades belong to every training (`TUNED`). D's steps, the batch size and a penalty's last
        weight are stated where they differ from the plain GAN's (`SAID`). The preset declares in
        `besides` whatever else differs. The tables show both
    """

    title: str
    objective: str
    changes: str = ""  # what it changes in the plain GAN
    cures: str = ""
    code: str = ""  # where to read, below numgan/
    paper: str = ""
    plane: Changes = dataclasses.field(default_factory=dict)
    images: Changes = dataclasses.field(default_factory=dict)
    own: tuple[str, ...] = ("loss",)

    def __post_init__(self) -> None:
        for name in "plane", "images":
            value = getattr(self, name)
            if not (value is None or callable(value) or isinstance(value, dict)):
                raise TypeError(f"Member: expected {name} to be a dict of a Preset's fields, a "
                                f"function that returns one, or None, got {value!r}")

    @property
    def words(self) -> tuple[str, ...]:
        return (self.title, self.objective, self.changes, self.cures, self.code, self.paper)


TUNED = ("title", "changes", "besides", "steps", "d_optimizer", "g_optimizer",
         "fade")  # fields that every training sets for itself
SAID: dict[str, Callable[[Any], str]] = {  # field: its value in words
    "k": lambda k: f"k = {k}", "batch_size": lambda n: f"batches of {n}",
    "final_weight": lambda weight: f"a penalty that falls to {weight:g}"}
FAMILY: Registry[Member] = Registry(
    "member of the family", "a Member", lambda value: isinstance(value, Member))
SMALL = 16  # pixels: images up to this size are small, and take the settings of the 8x8 digits


def by_name(data: ToySet | ImageSet, usual: Any, **others: Any) -> Any:
    """The setting that is given for the data set's name, or else the usual one."""
    return others.get(data.name, usual)


def by_size(images: ImageSet, small: Any, large: Any) -> Any:
    """The setting for small images, or the one for large images, which take more time per step."""
    return small if images.size <= SMALL else large


def labels_of(data: ToySet | ImageSet) -> int:
    """How many labels the data have; a ValueError if none."""
    if not data.classes:
        raise ValueError(f"a conditional GAN needs labels: expected images with labels, or data "
                         f"with modes such as ring or grid, got {data.name}")
    return data.classes
