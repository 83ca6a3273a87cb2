"""The pictures of pix2pix."""

import textwrap

import numpy as np
from matplotlib.figure import Figure

from numgan import plotting
from numgan.pairs import Pair

from .. import applying
from ..images import save_film
from .training import METHODS, generator_of

COLUMNS = 8
LEFT, SIDE, RIGHT = 2.04, 1.2375, 0.06  # in inches: room for titles, a picture's side, the rest


def rgb(images):
    return np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images


def sheet(ax, images, columns, title):
    """A row of images with its title on the left."""
    plotting.image_grid(images, ax, columns=columns)
    ax.axis("on")
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_ylabel(title, rotation=0, ha="right", va="center", fontsize=10)


def draw(pairs, near, first, path):
    """A row for what is read, for each method, and for the real pictures. first : method →
    Trained"""
    rows = [("what G reads", pairs.shown(pairs.held.c)), ("nearest map", near),
            *((METHODS[name], first[name].made) for name in METHODS if name in first),
            ("real", pairs.held.x)]
    columns = min(COLUMNS, len(pairs.held))
    width = LEFT + SIDE * columns + RIGHT
    title = textwrap.wrap(f"pix2pix on {pairs.title}: pairs that were held out", int(8 * width))
    top = 0.4 + 0.22 * (len(title) - 1)
    figure = Figure(figsize=(width, 1.28 * len(rows) + 0.1 + top), dpi=100)
    figure.subplots_adjust(LEFT / width, 0.01, 1 - RIGHT / width, 1 - top / figure.get_figheight(),
                           hspace=0.04)
    figure.suptitle("\n".join(title), fontsize=13, fontweight="bold")
    for ax, (name, images) in zip(figure.subplots(len(rows), 1), rows):
        sheet(ax, rgb(np.asarray(images[:columns])), columns, name)
    plotting.save_figure(figure, path, dpi=100)


def film(pairs, one, path):
    """What is read, what is drawn while the training goes on, and the real pictures."""
    count = len(one.frames[0])
    fixed = [rgb(np.asarray(part[:count])) for part in (pairs.shown(pairs.held.c), pairs.held.x)]
    save_film([np.concatenate([fixed[0], rgb(frame), fixed[1]])
               for frame in [*one.frames, one.made[:count]]], path, count, (count, 3.1))


def save(one, pairs, recipe, path):
    """The averaged generator, and what it takes to make it again: see `demos.applying`."""
    settings = {"data": pairs.name, "size": pairs.train.c.shape[1],
                "reads": pairs.train.c.shape[-1], "writes": pairs.train.x.shape[-1],
                "method": one.method, "recipe": recipe}
    generator = untrained(**settings)
    generator.theta[...], generator.buffer[...] = one.theta, one.buffer
    applying.keep(path, generator, **settings)


def untrained(data, size, reads, writes, method, recipe):
    """The generator of these settings."""
    x, c = (np.empty((0, size, size, channels), np.float32) for channels in (writes, reads))
    return generator_of(Pair(x, c), method, 0, recipe)
