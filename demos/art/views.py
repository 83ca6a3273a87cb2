"""Pictures of `demos.art`: sheets with a bar of styles under each painting."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from numgan import plotting

from .paintings import SIZE, STYLES

COLOURS = np.array([to_rgb(name) for name in ("#E69F00", "#56B4E9", "#009E73", "#CC79A7",
                                              "#444444")])  # of the styles, in the bars
SCALE, BAR, GAP = 3, 14, 2  # in pixels: a painting's pixel, a bar's height, a gap


def tile(image, p):
    """(H, W, 3) in [0, 1]: a painting (32, 32, 3) in [-1, 1], and below it a bar divided by the
    probabilities p (5,) of the styles."""
    side = SCALE * SIZE
    big = np.kron((np.clip(image, -1, 1) + 1) / 2, np.ones((SCALE, SCALE, 1)))
    ends = np.cumsum(p) / np.sum(p) * side
    which = np.minimum(np.searchsorted(ends, np.arange(side) + 0.5), len(STYLES) - 1)
    bar = np.broadcast_to(COLOURS[which], (BAR, side, 3))
    made = np.ones((side + GAP + BAR + 2 * GAP, side + 2 * GAP, 3))
    made[:side, GAP:-GAP] = big
    made[side + GAP:side + GAP + BAR, GAP:-GAP] = bar
    return made


def sheet(images, p, columns):
    """Tiles, row by row, as one picture."""
    tiles = [tile(image, one) for image, one in zip(images, p)]
    return np.concatenate([np.concatenate(tiles[i:i + columns], axis=1)
                           for i in range(0, len(tiles), columns)])


def draw_sheets(blocks, judges, path, columns=8):
    """blocks : {title: images (N, 32, 32, 3)}, N a multiple of columns, as many of each"""
    figure = Figure(figsize=(4.6 * len(blocks), 6), layout="constrained")
    figure.get_layout_engine().set(wspace=0.08)
    for ax, (title, images) in zip(np.atleast_1d(figure.subplots(1, len(blocks))), blocks.items()):
        ax.imshow(sheet(images, judges.style.probabilities(images), columns),
                  interpolation="nearest")
        ax.set_title(title, fontsize=11)
        ax.axis("off")
    figure.legend(handles=[Patch(color=colour, label=style)
                           for colour, style in zip(COLOURS, STYLES)],
                  loc="outside lower center", ncols=len(STYLES), frameon=False, fontsize=9)
    plotting.save_figure(figure, path, dpi=110)


def draw_originals(images, nearest, judges, path):
    """The most ambiguous paintings above, and below each the nearest real one."""
    figure = Figure(figsize=(1.25 * len(images), 3.3), layout="constrained")
    for ax, some, title in zip(figure.subplots(2, 1), (images, nearest),
                               ("made, of the least certain style",
                                "the nearest of all real ones that it was trained on")):
        ax.imshow(sheet(some, judges.style.probabilities(some), len(images)),
                  interpolation="nearest")
        ax.set_title(title, fontsize=10)
        ax.axis("off")
    plotting.save_figure(figure, path, dpi=110)
