"""The pictures of inpainting."""

import numpy as np
from matplotlib.figure import Figure

from numgan import plotting

from ..images import save_film
from ..pix2pix.views import rgb, sheet
from .holes import HOLES, filled, mask_of

EACH = 3  # pictures for each hole
BLANK = np.array([0.75, 0.3, 0.3])  # the colour of a hole


def gap(images, mask):
    """Pictures with the hole in a colour of its own."""
    return rgb(images) * (1 - mask) + BLANK * mask


def draw(pairs, made, path):
    """A row for each method, EACH pictures of each hole. made : name → {hole: pictures}"""
    masks = {hole: mask_of(hole) for hole in HOLES}
    chosen = {hole: np.arange(EACH * index, EACH * (index + 1)) % len(pairs.held)
              for index, hole in enumerate(HOLES)}
    rows = {"with a hole": [gap(pairs.held[chosen[hole]], masks[hole]) for hole in HOLES]}
    for name, of in made.items():
        rows[name] = [filled(pairs.held[chosen[hole]], masks[hole], of[hole][chosen[hole]])
                      for hole in HOLES]
    rows["the truth"] = [pairs.held[chosen[hole]] for hole in HOLES]
    columns = EACH * len(HOLES)
    figure = Figure(figsize=(13, 0.92 * len(rows) + 0.5), dpi=100)
    figure.subplots_adjust(0.15, 0.01, 0.995, 1 - 0.4 / figure.get_figheight(), hspace=0.04)
    figure.suptitle(f"{pairs.title}, held out: " + ", ".join(HOLES), fontsize=13,
                    fontweight="bold")
    for ax, (name, parts) in zip(figure.subplots(len(rows), 1), rows.items()):
        sheet(ax, np.concatenate([rgb(part) for part in parts]), columns, name)
    plotting.save_figure(figure, path, dpi=100)


def draw_completions(pairs, completions, path, hole, rows=6):
    """For each picture with a hole several completions, each from another start."""
    held, mask = pairs.held[:rows], mask_of(hole)
    images = beside(held, filled(held[:, None], mask, completions[:rows]), mask)
    columns = images.shape[1]
    figure = Figure(figsize=(1.3 * columns, 1.35 * len(images) + 0.6), dpi=100,
                    layout="constrained")
    ax = figure.subplots()
    plotting.image_grid(images.reshape(-1, *images.shape[2:]), ax, columns=columns)
    ax.set_title(f"{hole}: the hole, {columns - 2} completions, each from its own z, the truth",
                 fontsize=11)
    plotting.save_figure(figure, path, dpi=100)


def draw_samples(generator, seed, path, count=64):
    """What the GAN draws from noise."""
    rng = np.random.default_rng([seed, 7])
    plotting.image_grid(generator(rng.standard_normal((count, *generator.input_shape), np.float32)),
                        path)


def beside(held, made, mask):
    """(pictures, 1 + starts + 1, ...): the picture with its hole, what each start made, the truth.
    """
    return np.concatenate([gap(held, mask)[:, None], rgb(made), rgb(held)[:, None]], axis=1)


def film(pairs, one, path, hole):
    """How the latents of a few pictures descend, each from several starts, until what G draws fits
    around the hole. What it draws is shown whole."""
    sheets = [beside(pairs.held[:frame.shape[0]], frame, mask_of(hole)) for frame in one.film]
    rows, columns = sheets[0].shape[:2]
    save_film([part.reshape(-1, *part.shape[2:]) for part in sheets], path, columns,
              (columns, 1.05 * rows + 0.35),
              [f"step {step}: the hole, what G draws from {columns - 2} starts, the truth"
               for step in one.at])
