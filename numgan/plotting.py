"""Pictures and films of a GAN in the plane, and sheets of generated images.

matplotlib is imported inside the functions, so that numgan imports fast, and its global state
(pyplot) is never used. A function that draws takes a matplotlib Axes `ax` and returns the artist it
made. Given that artist again (`artist=`), it moves the artist instead of adding another; this makes
films fast.
"""

from __future__ import annotations

import contextlib
import math
import pathlib
import statistics
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from . import player, running
from ._checks import number, of_bytes, pixels
from ._files import replacing
from ._optional import needed_by
from ._types import Array, Path
from .data import Toy2D
from .data.toys import Box
from .layers import Pack
from .layers.activations import sigmoid
from .losses import Loss
from .pairs import Samples, samples as as_samples, x_of
from .training import Record, real_logits_for

if TYPE_CHECKING:
    from .networks import Network

__all__ = ["TrainingView", "curves", "descent_directions", "discriminator_map", "gradient_arrows",
           "image_grid", "latent_grid", "legend", "plane", "points", "save_figure", "save_film",
           "square", "warped_grid"]

# Blue and orange of Okabe & Ito's palette: distinct with every kind of colour blindness.
REAL = "#0072B2"
FAKE = "#D55E00"
ARROW = "#222222"
SAYS_REAL, SAYS_FAKE = "#7FB8DA", "#F3B27F"  # paler, for areas


# -- a GAN in the plane ----------------------------------------------------------------------------


def square(extent: Box) -> Box:
    """The smallest square around the box (left, right, bottom, top), as a box of the same form."""
    left, right, bottom, top = extent
    half = max(right - left, top - bottom) / 2
    x, y = (left + right) / 2, (bottom + top) / 2
    return x - half, x + half, y - half, y + half


def plane(ax: Any, extent: Box) -> None:
    """Prepare `ax` to show the box `extent` = (left, right, bottom, top), undistorted."""
    ax.set(xlim=extent[:2], ylim=extent[2:], xticks=[], yticks=[], aspect="equal")


def points(ax: Any, samples: Array, artist: Any = None, **style: Any) -> Any:
    """A cloud of dots. samples (N, 2), in the units of the data; style: as in `ax.plot`."""
    if artist is None:
        artist, = ax.plot([], [], linestyle="none", **{"marker": "o", "markersize": 2, **style})
    artist.set_data(samples[:, 0], samples[:, 1])
    return artist


def discriminator_map(ax: Any, discriminator: Network, extent: Box, resolution: int = 64,
                      artist: Any = None, reference: ArrayLike | None = None,
                      low_is_real: bool = False, among: ArrayLike | None = None) -> Any:
    """D(x) over the box `extent`, as a heat map: white where D is undecided (1/2), blue where it
    says real, orange where it says generated.

    resolution : int, D is computed on resolution × resolution points, the centres of the pixels
    reference : (N, 2) samples, for a critic whose logits mean something only by comparison. They
        are then shown as differences from their mean over these samples, in standard deviations
    low_is_real : bool, for an energy
    among : (M, 2) samples, for a D that compares the samples of a batch. Each point is shown to it
        together with these, so that only the point changes in the batch. Without them such a D gets
        the points in batches, and its map is noise
    """
    left, right, bottom, top = extent
    centers = (np.arange(resolution) + 0.5) / resolution
    x, y = np.meshgrid(left + (right - left) * centers, bottom + (top - bottom) * centers)
    logits = _logits_one_by_one(discriminator, np.stack([x.ravel(), y.ravel()], axis=1), among)
    logits = logits.reshape(x.shape)
    if reference is not None:
        mean = _logits_one_by_one(discriminator, np.asarray(reference), among).mean()
        logits = (logits - mean) / max(logits.std(), 1e-12)
    d = sigmoid(-logits if low_is_real else logits)
    if artist is None:
        with needed_by("plotting"):
            from matplotlib.colors import LinearSegmentedColormap
        # 21 shades, not 256: their edges are level lines of D, and the film file is smaller
        colours = LinearSegmentedColormap.from_list("D", [SAYS_FAKE, "#FFFFFF", SAYS_REAL], 21)
        artist = ax.imshow(d, cmap=colours, vmin=0, vmax=1, extent=extent, origin="lower",
                           interpolation="nearest", zorder=0)
    artist.set_data(d)
    return artist


def _logits_one_by_one(discriminator: Network, samples: Array, among: ArrayLike | None = None,
                       batch: int = 64) -> Array:
    """The first output for each sample, (N,). A D that sees packs gets the same sample m times. A D
    that compares the samples of a batch gets each together with those of `among`, or in random
    batches."""
    pack = math.prod(layer.m for layer in discriminator.walk() if isinstance(layer, Pack))
    if pack > 1 or not discriminator.couples_samples:
        return discriminator(samples.repeat(pack, axis=0))[:, 0]
    if among is not None:
        beside = np.concatenate([samples[:1], np.asarray(among)])
        logits = np.empty(len(samples))
        for index, beside[0] in enumerate(samples):
            logits[index] = discriminator(beside)[0, 0]
        return logits
    order = np.random.default_rng(0).permutation(len(samples))
    logits = np.empty(len(samples))
    for part in np.array_split(order, -(-len(order) // batch)):
        logits[part] = discriminator(samples[part])[:, 0]
    return logits


def descent_directions(discriminator: Network, loss: Loss, samples: Samples,
                       real: Samples | None = None) -> Array:
    """−∂L/∂x: where the generator's loss pulls each generated sample. (N, 2), like `samples`.
    `real` (N, 2) is for a loss that compares the generated samples with real ones.

    The gradient enters at the logits and leaves the discriminator at its input; the generator's
    backward would come next. L is the sum over the samples, not their mean, so that an arrow is as
    long in a large batch as in a small one.
    """
    samples = as_samples(samples).astype(discriminator.dtype)
    logits, cache = discriminator.forward(samples)
    real = None if real is None else as_samples(real).astype(discriminator.dtype)
    _, d_logits = loss.generator(logits, real_logits_for(loss, discriminator, real)[0])
    return -len(samples) * x_of(discriminator.backward(d_logits, cache, param_grads=False))


def gradient_arrows(ax: Any, samples: Array, directions: Array, longest: float,
                    artist: Any = None) -> Any:
    """An arrow at each sample; samples, directions (N, 2).

    Gradients differ by factors of thousands, so the lengths are compressed:
    longest · g / (1 + g) for a gradient of norm g, with `longest` in the units of the data.
    """
    g = np.linalg.norm(directions, axis=1, keepdims=True)
    arrows = longest * directions / (1 + g)
    if artist is None:
        artist = ax.quiver(*samples.T, *arrows.T, color=ARROW, angles="xy", scale_units="xy",
                           scale=1, width=0.004, headwidth=5, headlength=5, zorder=4)
    artist.set_offsets(samples)
    artist.set_UVC(*arrows.T)
    return artist


def latent_grid(lines: int = 15, dots: int = 150) -> Array:
    """Lines of the latent plane, (2·lines, dots, 2): vertical, then horizontal.

    They stand at equal steps of probability of the standard normal, from 0.5 % to 99.5 %. So every
    cell holds equally many latents, and every cell of the warped grid equally many generated
    samples.
    """
    def quantile(u: Array) -> Array:
        return np.array([statistics.NormalDist().inv_cdf(p) for p in u])
    across, along = np.meshgrid(quantile(np.linspace(0.005, 0.995, lines)),
                                quantile(np.linspace(0.005, 0.995, dots)), indexing="ij")
    return np.concatenate([np.stack([across, along], -1), np.stack([along, across], -1)])


def warped_grid(ax: Any, generator: Network, lines: int = 15, dots: int = 150,
                artist: Any = None) -> Any:
    """What the generator makes of a square grid of latents: z (two-dimensional) → G(z).

    Where lines crowd, samples crowd. A continuous G cannot avoid a bridge between two clusters.
    """
    z = latent_grid(lines, dots)
    x = generator(z.reshape(-1, 2)).reshape(z.shape)
    if artist is None:
        with needed_by("plotting"):
            from matplotlib.collections import LineCollection
        artist = LineCollection([], colors=FAKE, linewidths=0.5, zorder=3)
        ax.add_collection(artist, autolim=False)
    artist.set_segments(x)
    return artist


def curves(ax: Any, x: ArrayLike, series: dict[str, Any],
           style: dict[str, dict[str, Any]] | None = None, artist: Any = None) -> dict[str, Any]:
    """Lines over a common axis. x (T,); series: dict, name for the legend → T values.

    style: dict, name → dict of options for `ax.plot`, for lines that need them.
    Returns a dict, name → line.
    """
    if artist is None:
        style = style or {}
        artist = {name: ax.plot([], [], label=name, **{"linewidth": 1.3, **style.get(name, {})})[0]
                  for name in series}
    for name, values in series.items():
        artist[name].set_data(x, values)
    return artist


class TrainingView:
    """What one training run looks like, drawn into a Figure or SubFigure of about 6.5 x 6.5 inches.

    Above: the plane of the data with D(x), real and generated samples, and arrows that show where
    the generated ones are pulled; beside it the generator as a warped grid. Below, over the steps:
    modes, the two probabilities and the two losses. `show` moves it all to another moment.

    Parameters
    ----------
    figure : Figure or SubFigure
    toy : numgan.data.Toy2D
    loss : the loss whose gradient the arrows show
    steps : int, length of the time axes
    title : text above it all
    real : (N, 2) samples to show, at least ARROWS
    latents : (N, 2) latents of the generated samples to show; the first ARROWS get an arrow each
    """

    ARROWS = 60

    def __init__(self, figure: Any, toy: Toy2D, loss: Loss, steps: int, title: str, real: Array,
                 latents: Array) -> None:
        self.loss, self.latents, self.real = loss, latents, real
        self.extent = square(toy.extent)
        figure.suptitle(title, fontsize=13, fontweight="bold", y=0.988)
        figure.legend(handles=legend(), loc="upper center", bbox_to_anchor=(0.53, 0.955), ncols=3,
                      fontsize=9, frameon=False, handlelength=1.2, columnspacing=1.2)
        layout = figure.add_gridspec(4, 2, height_ratios=(9, 2, 2.3, 2.3), left=0.085, right=0.97,
                                     top=0.86, bottom=0.07, hspace=0.12, wspace=0.04)
        self.plane, self.grid = (figure.add_subplot(layout[0, i]) for i in range(2))
        self.below = [figure.add_subplot(layout[i, :]) for i in (1, 2, 3)]
        for ax, name in ((self.plane, "what D says of the plane"),
                         (self.grid, "what G makes of a grid of latents z")):
            plane(ax, self.extent)
            ax.set_title(name, fontsize=9.5)
            points(ax, real, color=REAL, marker="x", markersize=4, markeredgewidth=0.8, zorder=2)
        modes = None if toy.centers is None else len(toy.centers)
        ticks: list[list[float]] = [[0, (modes or 2) // 2, modes or 2], [0, 0.5, 1], [0, 2, 4]]
        names, rooms = ("modes", "D", "loss"), (1.15, 1.6, 1.6)  # room above for a legend
        for ax, label, marks, room in zip(self.below, names, ticks, rooms):
            ax.set(xlim=(0, steps), ylim=(0, marks[-1] * room), yticks=marks)
            ax.set_ylabel(label, fontsize=9)
            ax.tick_params(labelsize=8, length=2)
            ax.grid(alpha=0.3)
        for ax in self.below[:-1]:
            ax.tick_params(labelbottom=False)
        self.below[-1].set_xlabel("generator steps", fontsize=9, labelpad=1)
        self.below[0].set_visible(modes is not None)
        self.modes = modes
        self.step_text = self.plane.text(0.02, 0.98, "", transform=self.plane.transAxes, va="top",
                                         fontsize=10, zorder=5, bbox=dict(
                                             facecolor="white", edgecolor="none", alpha=0.8,
                                             pad=1.5))
        self.artists = dict.fromkeys(("map", "fake", "arrows", "warp", "modes", "d", "losses"))

    def show(self, generator: Network, discriminator: Network, records: Sequence[Record],
             mode_steps: Sequence[int], modes: Sequence[int]) -> None:
        """Draw the two networks as they are, and the history up to now.

        records : list of numgan.training.Record
        mode_steps, modes : (T,) steps at which the modes were counted, and how many there were
        """
        old = self.artists
        fake = generator(self.latents)
        few = fake[:self.ARROWS]
        side = self.extent[1] - self.extent[0]
        steps = [record.step for record in records]
        self.artists = {
            "map": discriminator_map(
                self.plane, discriminator, self.extent, artist=old["map"],
                reference=None if self.loss.absolute else np.concatenate([self.real, fake]),
                low_is_real=self.loss.low_is_real),
            "fake": points(self.plane, fake, old["fake"], color=FAKE, markersize=2.6,
                           zorder=3),
            "arrows": gradient_arrows(self.plane, few,
                                      descent_directions(discriminator, self.loss, few,
                                                         self.real[:len(few)]),
                                      0.12 * side, old["arrows"]),
            "warp": warped_grid(self.grid, generator, artist=old["warp"]),
            "modes": curves(self.below[0], mode_steps, {"modes": modes},
                            {"modes": dict(color="black")}, old["modes"]),
            "d": curves(self.below[1], steps, {"D(x), real": [r.d_real for r in records],
                                               "D(G(z)), generated": [r.d_fake for r in records]},
                        {"D(x), real": dict(color=REAL),
                         "D(G(z)), generated": dict(color=FAKE)}, old["d"]),
            "losses": curves(self.below[2], steps, {"loss of D": [r.d_loss for r in records],
                                                    "loss of G": [r.g_loss for r in records]},
                             {"loss of D": dict(color=REAL), "loss of G": dict(color=FAKE)},
                             old["losses"]),
        }
        now = f"step {steps[-1] + 1:,}" if steps else "before training"
        count = f"   {modes[-1]} of {self.modes} modes" if len(modes) else ""
        self.step_text.set_text(now + count)
        if old["map"] is None:
            for ax in self.below[1:]:
                ax.legend(fontsize=8, loc="upper right", ncols=2, frameon=False, borderpad=0.1)


def legend() -> list[Any]:
    """Handles that say what the marks and colours of the plane mean."""
    with needed_by("plotting"):
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch
    return [Line2D([], [], color=REAL, marker="x", linestyle="none", label="real samples x"),
            Line2D([], [], color=FAKE, marker="o", markersize=4, linestyle="none",
                   label="generated samples G(z)"),
            Line2D([], [], color=ARROW, marker=r"$\rightarrow$", markersize=13, linestyle="none",
                   label="−∂L/∂x: G's loss pulls here"),
            Patch(color=SAYS_REAL, label="D says real (1)"),
            Patch(color=SAYS_FAKE, label="D says generated (0)"),
            Line2D([], [], color=FAKE, linewidth=1, label="lines of z, through G")]


# -- images ----------------------------------------------------------------------------------------


def image_grid(images: ArrayLike, target: Any, columns: int | None = None,
               labels: Sequence[object] | None = None, title: str | None = None) -> Any:
    """A sheet of images, filled row by row.

    Parameters
    ----------
    images : (N, H, W, 1) or (N, H, W, 3), floats in [−1, 1]. Values a little outside are clipped;
        beyond ±1.5 they are refused
    target : path of a PNG to write, one screen pixel or more per image pixel; or an Axes
    columns : int; the smallest square that holds all images if None
    labels : N strings or numbers, one above each image; optional
    title : text above the sheet; optional

    Returns the Figure, or the artist if the target is an Axes.
    """
    images = np.asarray(images)
    if images.ndim != 4 or len(images) == 0 or images.shape[-1] not in (1, 3):
        raise ValueError(f"image_grid: expected images of shape (N, H, W, 1) or (N, H, W, 3) with "
                         f"N >= 1, got {images.shape}")
    if images.dtype.kind != "f":
        raise ValueError(f"image_grid: expected images as floats in [-1, 1], got "
                         f"{images.dtype}"
                         + (of_bytes(images.min(), images.max()) if images.dtype.kind in "iu"
                            else ""))
    pixels("image_grid", "the array", images)
    n, height, width, channels = images.shape
    columns = int(np.ceil(np.sqrt(n))) if columns is None else columns
    if not 1 <= columns:
        raise ValueError(f"image_grid: expected columns >= 1, got {columns}")
    if labels is not None and len(labels) != n:
        raise ValueError(f"image_grid: expected {n} labels, one an image, got {len(labels)}")
    rows = -(-n // columns)
    to_file = isinstance(target, (str, pathlib.Path))
    # a large image is drawn at two screen pixels each: its label needs less of its height
    band = min(0.4 * height, 10 + height / 16) if to_file else 0.4 * height
    gap, above = max(1, height // 14), 0 if labels is None else max(4, round(band))
    tall, wide = height + gap + above, width + gap

    sheet = np.ones((rows * tall + gap, columns * wide + gap, 3))
    for i, image in enumerate((np.clip(images, -1, 1) + 1) / 2):
        top, left = i // columns * tall + gap + above, i % columns * wide + gap
        sheet[top:top + height, left:left + width] = image  # one channel spreads over three

    font = 8.0  # points, of a label
    if to_file:
        with needed_by("plotting"):
            from matplotlib.figure import Figure
        scale = max(2, 600 // sheet.shape[1]) / 100  # inches per pixel, at 100 dots an inch
        head = 0.35 if title else 0
        size = sheet.shape[1] * scale, sheet.shape[0] * scale + head
        if height > 64:
            font = max(font, 0.55 * above * scale * 72)
        figure = Figure(figsize=size, dpi=100)
        ax = figure.add_axes((0, 0, 1, 1 - head / size[1]))
    else:
        figure, ax = None, target
    artist = ax.imshow(sheet, interpolation="nearest")
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontsize=min(max(10, font), 18))
    for i, label in enumerate(labels if labels is not None else []):
        ax.text(i % columns * wide + gap + width / 2, i // columns * tall + gap + above - 1,
                str(label), ha="center", va="bottom", fontsize=font)
    if figure is None:
        return artist
    save_figure(figure, target)
    return figure


# -- files -----------------------------------------------------------------------------------------


def save_figure(figure: Any, path: Path, dpi: int = 100) -> None:
    """Write a matplotlib Figure, whole or not at all; the suffix of `path` sets the format."""
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=dpi)


def save_film(figure: Any, draw_frame: Callable[[Any], object], frames: int,
              gif_path: Path | None = None, html_path: Path | None = None, *, fps: float = 8,
              dpi: int = 72, hold: float = 2.0, progress: bool = True, title: str = "",
              text: str = "") -> None:
    """A film as an animated GIF, as a self-contained HTML page with a player, or both.

    Parameters
    ----------
    figure : matplotlib Figure
    draw_frame : function (index) that changes the figure's artists to those of frame `index`
    frames : int, how many
    gif_path, html_path : where to write; None for not at all. Both appear together at the end. A
        GIF's name ends in .gif
    fps : frames per second, > 0
    dpi : dots per inch of the figure's size
    hold : for how many seconds the last frame stands still
    progress : whether to show a progress bar, if standard error is a terminal
    title, text : str, for the page: its title, and a paragraph that says what one sees; a page
        needs both
    """
    with needed_by("plotting"):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from PIL import Image
    if frames < 1:
        raise ValueError(f"save_film: expected at least one frame, got {frames}")
    number("save_film", "fps", fps, above=0)
    number("save_film", "hold", hold, least=0)
    if gif_path is None and html_path is None:
        raise ValueError("save_film: expected gif_path, html_path or both, got neither")
    if gif_path is not None and pathlib.Path(gif_path).suffix.lower() != ".gif":
        raise ValueError(f"save_film: expected gif_path to end in .gif, got {gif_path}")
    if html_path is not None and not (title and text):
        raise ValueError(f"save_film: a page needs a title and a text that says what one sees, got "
                         f"title={title!r}, text={text!r}")
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    images = []
    for index in (running.progress(range(frames), desc="film", unit=" frames") if progress
                  else range(frames)):
        draw_frame(index)
        canvas.draw()
        images.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]))

    with contextlib.ExitStack() as stack:
        if gif_path is not None:
            # one palette for the whole film, without dithering: small, and static parts stay still
            some = images[::-max(1, frames // 8)]  # a colour may occur only in the middle
            palette = Image.fromarray(np.concatenate([*map(np.asarray, some)])).quantize(
                256, Image.Quantize.FASTOCTREE)  # it keeps colours that are rare
            pictures = [image.quantize(palette=palette, dither=Image.Dither.NONE)
                        for image in images]
            duration = [round(1000 / fps)] * frames
            duration[-1] += round(1000 * hold)
            pictures[0].save(stack.enter_context(replacing(gif_path)), save_all=True,
                             append_images=pictures[1:], duration=duration, loop=0)
        if html_path is not None:
            stack.enter_context(replacing(html_path)).write_text(
                player.page(images, title, text, fps, hold), encoding="utf-8")
