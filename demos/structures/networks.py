"""What a network is made of, drawn from the network itself: its `summary()` as a figure."""

import dataclasses
import math

from numgan import plotting

from .members import save

TALLEST, WIDEST = 2.0, 1.25  # inches of the largest image and of the most channels
GAP = 1.55  # inches between two volumes, for what stands on the arrow
SLANT = 0.45, 0.3  # of an image's side: how far it slants to the right and up


@dataclasses.dataclass(frozen=True)
class Stage:
    """A layer with weights, those after it up to the next with weights, and what comes out."""

    layers: tuple  # names
    shape: tuple  # of a sample, after them
    size: int  # parameters


def stages(network, input_shape=None):
    """The `Stage`s of a chain, the first without layers: its input.

    A stage begins at a layer with weights W; a Flatten just before it belongs to the stage.
    """
    shape = tuple(input_shape or network.input_shape)
    groups = [[]]
    for layer in network.layers:
        if any("W" in inner.shapes for inner in layer.walk()):
            flat = groups[-1] and type(groups[-1][-1]).__name__ == "Flatten"
            groups.append([groups[-1].pop()] if flat else [])
        groups[-1].append(layer)
    found = [Stage((), shape, 0)]
    for group in groups:
        for layer in group:
            shape = layer.output_shape(shape)
        if group:
            found.append(Stage(tuple(name_of(layer) for layer in group), shape,
                               sum(layer.size for layer in group)))
    return found


def name_of(layer):
    """A layer in a few letters."""
    name = type(layer).__name__
    if not hasattr(layer, "kernel"):
        return name
    return f"{name}\n{'×'.join(map(str, layer.kernel))}, stride {layer.stride[0]}"


def text_of(shape):
    return " × ".join(map(str, shape))


class Row:
    """One network, its volumes from left to right, drawn into an Axes whose units are inches."""

    def __init__(self, ax, found, scale, names, colour, left, middle):
        """found : list of Stage; scale : the largest side, the most channels, the longest vector;
        names : of the input and of the output"""
        self.ax, self.colour = ax, colour
        most, deepest, longest = scale
        at = left
        for number, stage in enumerate(found):
            if stage.layers:
                ax.annotate("", (at + GAP, middle), (at + 0.08, middle), arrowprops=dict(
                    arrowstyle="-|>", color="black", linewidth=1.6, shrinkA=0, shrinkB=4))
                ax.text(at + GAP / 2, middle + 0.1, "\n".join(stage.layers), fontsize=10.5,
                        ha="center", va="bottom", linespacing=1.25)
                ax.text(at + GAP / 2, middle - 0.1, f"{stage.size:,}\nparameters", fontsize=10,
                        ha="center", va="top", color="0.35", linespacing=1.2)
                at += GAP
            if len(stage.shape) == 3:
                side = TALLEST * stage.shape[0] / most
                deep = WIDEST * math.sqrt(stage.shape[-1] / deepest)
                width, low = self.volume(at, middle, side, deep)
            else:
                tall = max(0.3, 1.7 * math.sqrt(stage.shape[0] / longest))
                width, low = self.volume(at, middle, tall, 0.0, 0.16)
            ends = {0: names[0], len(found) - 1: names[1]}.get(number)
            ax.text(at + width / 2, low - 0.12, text_of(stage.shape), fontsize=11.5, ha="center",
                    va="top", fontweight="bold")
            if ends:
                ax.text(at + width / 2, low - 0.36, ends, fontsize=11.5, ha="center", va="top",
                        color=colour)
            at += width
        self.right = at

    def volume(self, left, middle, side, deep, width=None):
        """A box of side × side pixels and as many channels as it is deep; or a bar, of `width`.
        Returns its width and its lowest point."""
        from matplotlib.colors import to_rgb
        from matplotlib.patches import Polygon
        shades = [tuple(share + (1 - share) * channel for channel in to_rgb(self.colour))
                  for share in (0.8, 0.65, 0.5)]
        low, high = middle - side / 2, middle + side / 2
        if width is not None:
            faces = [[(left, low), (left, high), (left + width, high), (left + width, low)]]
        else:  # the image stands at a slant, its channels behind each other from left to right
            dx, dy = (side * part for part in SLANT)
            low, high, right = low - dy / 2, high - dy / 2, left + deep
            faces = [[(left, low), (left, high), (right, high), (right, low)],
                     [(left, high), (left + dx, high + dy), (right + dx, high + dy),
                      (right, high)],
                     [(right, low), (right, high), (right + dx, high + dy), (right + dx, low + dy)]]
            width = deep + dx
        for face, shade in zip(faces, shades):
            self.ax.add_patch(Polygon(face, facecolor=shade, edgecolor=self.colour, linewidth=1.1,
                                      joinstyle="round", zorder=3))
        return width, low


def draw(generator, discriminator, latent, path):
    """Both networks of a GAN on images, one below the other."""
    from matplotlib.figure import Figure
    rows = [(generator, stages(generator, (latent,)), ("z ~ N(0, 1)", "an image"), "Generator",
             plotting.FAKE),
            (discriminator, stages(discriminator), ("an image", "a logit"), "Discriminator",
             plotting.REAL)]
    shapes = [stage.shape for _, found, *_ in rows for stage in found]
    images = [shape for shape in shapes if len(shape) == 3]
    scale = (max(shape[0] for shape in images), max(shape[-1] for shape in images),
             max(shape[0] for shape in shapes if len(shape) == 1))
    tall = TALLEST * (1 + SLANT[1]) + 1.3
    up, right = 2 * tall, 0.0
    figure = Figure()
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    for number, (network, found, names, title, colour) in enumerate(rows):
        top = up - number * tall
        ax.text(0.3, top - 0.3, f"{title}: {network.size:,} parameters", fontsize=16, va="center",
                fontweight="bold")
        row = Row(ax, found, scale, names, colour, 0.75, top - 0.75 - (tall - 1.3) / 2)
        right = max(right, row.right + 0.5)
    figure.set_size_inches(right, up)
    ax.set(xlim=(0, right), ylim=(0, up))
    save(figure, path, words(generator, discriminator, latent), 100)


def words(generator, discriminator, latent):
    """The drawing in words."""
    return "; ".join(
        f"{name}: " + " → ".join(text_of(stage.shape) for stage in stages(network, shape))
        + f", {network.size:,} parameters"
        for name, network, shape in (("G", generator, (latent,)), ("D", discriminator, None)))
