"""Recipes: each GAN of the family, with all that belongs to its training on a data set.

    training = presets.preset("r3gan", "grid").start(data.grid(), seed=0)
    for record in training:
        ...
    samples = training.samples(training.latents(1000, seed=1))

A GAN is more than its loss: networks, rates, batch size, averaging and number of steps matter as
much. A preset is one choice of all of them that was tried; `dataclasses.replace` makes another from
it. `members` has the family: what each member is and what it changes. `plane` and `images` have
what members share in the plane and on images. `recipe` says what a preset has, and trains it.
`family` says how a member is added.
"""

from __future__ import annotations

from typing import Any

from .._checks import choice
from ..data import DATA_SETS
from . import images, members, plane  # noqa: F401  members: they register themselves
from .family import FAMILY, SAID, Member
from .recipe import Images, Preset, Training, adam, beside, faded, nearest

COMPARED = ("gan", "wgan", "wgan-gp", "dragan", "r1", "r3gan", "sn-gan", "unrolled",
            "consensus")  # what demos.mode_collapse sets side by side


def preset(name: str, dataset: str) -> Preset:
    """The `Preset` called `name` in `FAMILY`, for the data set called `dataset` in
    `data.DATA_SETS`. It has the settings that were tried for these data, or the usual ones for data
    of their kind and size."""
    choice("preset", "dataset", dataset, DATA_SETS)
    choice("preset", "name", name, FAMILY)
    data, member = DATA_SETS[dataset], FAMILY[name]
    common: Any
    common, changed = ((plane.common, member.plane) if data.kind == "toy" else
                       (images.common, member.images))
    if changed is None:
        raise ValueError(f"preset: {name} has no settings for data such as {dataset}")
    changed = changed(data) if callable(changed) else changed
    plain = common(data)
    settings = {**plain, **changed}
    more = dict(settings.get("besides", {}))
    for field, words in SAID.items():
        value, usual = (one.get(field, getattr(Preset, field)) for one in (settings, plain))
        if value != usual and field not in member.own:
            more[field] = words(value)
    changes = f"{member.changes} ({member.paper})" if member.paper else member.changes
    return Preset(member.title, beside(changes, more), **{**settings, "besides": more})


def besides(name: str, *datasets: str) -> str:
    """What the presets called `name` change in the plain GAN besides what defines the member, and
    for which of the data sets, such as "k = 2 (digits, mnist)"; "" if nothing. Without `datasets`,
    all data sets that have labels are considered."""
    choice("besides", "name", name, FAMILY)
    found: dict[str, list[str]] = {}  # words: data sets
    for dataset in datasets or [one for one in DATA_SETS if DATA_SETS[one].classes]:
        if name in names(dataset):
            for words in preset(name, dataset).besides.values():
                found.setdefault(words, []).append(dataset)
    return "; ".join(f"{words} ({', '.join(sets)})" for words, sets in found.items())


def names(dataset: str) -> list[str]:
    """The names of the members that have settings for the data set of this name."""
    choice("names", "dataset", dataset, DATA_SETS)
    kind = {"toy": "plane", "images": "images"}[DATA_SETS[dataset].kind]
    return [name for name, member in FAMILY.items() if getattr(member, kind) is not None]


__all__ = ["COMPARED", "FAMILY", "Images", "Member", "Preset", "Training", "adam", "besides",
           "faded", "names", "nearest", "preset"]
