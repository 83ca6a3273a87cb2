"""What the demos of images share: which data, read from where, and the film of a sheet."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from numgan import data, metrics, plotting


def data_option(parser, classes=None):
    """Add the options of `load_data`; `classes`: only data with this many."""
    known = [name for name in data.names("images")
             if classes in (None, data.DATA_SETS[name].classes)]
    parser.add_argument("--data", choices=known, default="digits",
                        help="; ".join(f"{name}: {data.DATA_SETS[name].title}" for name in known))
    mnist_options(parser)


def mnist_options(parser):
    """Add the options for data that are read from files."""
    parser.add_argument("--folder", metavar="DIR", help="where MNIST's four files are (default: "
                        "the environment variable NUMGAN_DATA; without it, they are downloaded)")
    parser.add_argument("--no-verify", action="store_true", help="with --data mnist and --folder: "
                        "take other images in the format of MNIST's files, such as Fashion-MNIST")


def load_data(options, rng):
    """((images, labels) to train on, the same held out)."""
    return data.DATA_SETS[options.data].load(rng, options.folder, not options.no_verify)


def data_name(name, no_verify):
    """The name of the data in the names of folders: data that are not MNIST are not called so."""
    one = data.DATA_SETS[name]
    return one.called(not no_verify)[0] if one.kind == "images" else name


NEIGHBOURS = 5


class Variety(NamedTuple):
    """The share of the real images that have samples near them: see `metrics.neighbours`."""

    recall: float
    coverage: float

    def __str__(self):
        return f"recall {self.recall:.3f}, coverage {self.coverage:.3f}"


def variety(options, real, samples):
    """The `Variety` of samples (N, H, W, C) beside as many real images.

    Neighbours are found among the features of a network that knows MNIST but neither player, or,
    for other images, among the pixels. A second set of real images scores below 1 as well.
    """
    sees = ((lambda images: images) if data_name(options.data, options.no_verify) != "mnist"
            else metrics.mnist_lenet().features)
    n = min(len(real), len(samples))
    real, samples = sees(real[:n]), sees(samples[:n])
    return Variety(metrics.precision_recall(real, samples, NEIGHBOURS).recall,
                   metrics.density_coverage(real, samples, NEIGHBOURS).coverage)


def drawable(images):
    """The images; where a G that has diverged made no numbers, they are grey, black or white."""
    return np.nan_to_num(images, nan=0.0, posinf=1.0, neginf=-1.0)


def save_film(sheets, path, columns=None, size=(5, 5), titles=None):
    """A GIF with a frame for each of `sheets`, of images (N, H, W, C); size : inches; titles : text
    above each, if any."""
    figure = Figure(figsize=size)
    ax = figure.add_axes((0, 0, 1, 1 if titles is None else 0.92))
    title = figure.text(0.5, 0.985, "", ha="center", va="top", fontsize=13)

    def draw(index):
        ax.clear()
        plotting.image_grid(drawable(sheets[index]), ax, columns=columns)
        if titles is not None:
            title.set_text(titles[index])

    plotting.save_film(figure, draw, len(sheets), path, dpi=80)
