"""Recipes: each GAN of the family with everything that belongs to its training on a data set.

    training = presets.preset("r3gan", "grid").start(data.grid(), seed=0)
    for record in training:
        ...
    samples = training.samples(training.latents(1000, seed=1))

A GAN is more than its loss: networks, rates, batch size, averaging and number of steps decide as
much. A preset is one choice of all of them that was tried, and `dataclasses.replace` makes another
of it. `family` says what each is; `recipe` what a preset has, and trains it; `plane` has the
settings for the ring and the grid, `images` those for digits and MNIST.
"""

from . import images, plane
from .family import FAMILY, About
from .recipe import Images, Preset, Training, adam, faded, nearest


def _presets(settings):
    return {name: Preset(about.title, f"{about.changes} ({about.paper})", **settings[name])
            for name, about in FAMILY.items()}


PRESETS = {"ring": _presets(plane.settings(grid=False)),
           "grid": _presets(plane.settings(grid=True)),
           "digits": _presets(images.settings(size=8)),
           "mnist": _presets(images.settings(size=28))}
COMPARED = ("gan", "wgan", "wgan-gp", "dragan", "r1", "r3gan", "sn-gan", "unrolled", "consensus")
METHODS = {dataset: {name: PRESETS[dataset][name] for name in COMPARED}
           for dataset in ("ring", "grid")}  # what demos.mode_collapse sets side by side


def preset(name, dataset):
    """The `Preset` called `name` for "ring", "grid", "digits" or "mnist"."""
    for what, value, known in (("dataset", dataset, PRESETS), ("name", name, FAMILY)):
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"preset: expected {what} to be one of {', '.join(known)}, "
                             f"got {value!r}")
    return PRESETS[dataset][name]


__all__ = ["FAMILY", "METHODS", "PRESETS", "About", "Images", "Preset", "Training", "adam",
           "faded", "nearest", "preset"]
