"""Using what a demo has trained: a network from a file that says how it was built, pictures of the
user's, and a PNG of what the network makes of each.

    keep(path, network, size=32, width=12)    its parameters, and the settings that build it
    network, settings = kept(path, make)      make(size=32, width=12) gives one that is not trained
    named = pictures(paths, read)             name → read(path), for files and folders of files
    write_each(parser, folder, {name: image}, sheet)         NAME.png of each, and sheet.png
"""

import itertools
import pathlib

import numpy as np

from numgan._files import replacing
from numgan._optional import needed_by
from numgan.training import state

from .common import attempt, usable_folder, write
from .faces import draw_sheet
from .pix2pix.files import TRANSPARENT, list_of

LARGEST = 4096  # the largest number in a network's settings: no damaged file makes gigabytes
SHOWN = 24  # rows of a sheet at most
SHEET = "sheet"


def apply_option(parser, what):
    """Add --apply. what : str, what is done with the pictures, and what they must be"""
    parser.add_argument("--apply", type=pathlib.Path, nargs="+", metavar="FILE",
                        help=f"train nothing: {what}. Pictures, or folders of them; of each the "
                             f"square in the middle is taken, and {TRANSPARENT}. Into DIR/applied/")


def keep(path, network, **settings):
    """Write a network to a file, whole or not at all. settings : numbers, str, and dicts of them"""
    state.save(path, {"settings": settings, "network": network.description(),
                      "theta": network.theta, "buffer": network.buffer})


def kept(path, make, demo):
    """(network, settings) as `keep` wrote them; ValueError, with the path, if the file holds
    something else or is not there. make : function **settings → an untrained network; demo : str,
    the demo that should have written the file"""
    try:
        tree = state.load(path)
        settings = tree["settings"]
        small(settings)
        network = make(**settings)
        if tree["network"] != network.description():
            raise ValueError("other layers")
        for name in "theta", "buffer":
            here, there = getattr(network, name), tree[name]
            if here.shape != there.shape or not np.isfinite(there).all():
                raise ValueError(f"{name} of shape {there.shape}, not {here.shape}, or not finite")
            here[...] = there
    except FileNotFoundError:
        raise ValueError(missing(path, demo)) from None
    except (ValueError, KeyError, TypeError, AttributeError, MemoryError) as error:
        raise ValueError(f"expected {path} to be a network that python -m demos.{demo} wrote, got "
                         f"{type(error).__name__}: {error}") from error
    return network, settings


def missing(path, demo):
    """The message where there is no network."""
    return f"expected {path}, which python -m demos.{demo} writes when it trains; there is none"


def small(settings):
    """ValueError if a number is larger than LARGEST."""
    for value in settings.values():
        if isinstance(value, dict):
            small(value)
        elif isinstance(value, (int, float)) and not 0 <= value <= LARGEST:
            raise ValueError(f"expected numbers of 0 to {LARGEST}, got {value}")


def pictures(paths, read):
    """name → read(path), for files and for the pictures in folders, in this order; names that occur
    twice, if only in other letters (A.png and a.png are one file on some disks), get numbers, and
    so does that of the sheet. ValueError for a folder without pictures, and what `read` raises"""
    found, taken = {}, {SHEET}
    for path in paths:
        inside = list_of(path) if path.is_dir() else [path]
        if not inside:
            raise ValueError(f"expected pictures in {path}, got a folder without any")
        for one in inside:
            name = next(name for name in itertools.chain(
                [one.stem], (f"{one.stem}_{n}" for n in itertools.count(2)))
                if name.casefold() not in taken)
            taken.add(name.casefold())
            found[name] = read(one)
    return found


def write_each(parser, folder, images, sheet):
    """Write NAME.png of each of `images`, (H, W, 1 or 3) in [-1, 1], into `folder`, and sheet.png.
    sheet : function of its path"""
    usable_folder(parser, folder)
    written = 0
    for name, image in images.items():
        with attempt(folder / f"{name}.png"):
            png(image, folder / f"{name}.png")
            written += 1
    print(f"Written: {written} picture{'s' * (written != 1)} into {folder}", flush=True)
    write(folder, {f"{SHEET}.png": lambda: sheet(folder / f"{SHEET}.png")})


def side_by_side(columns):
    """The function that draws a row for each of the first SHOWN pictures. columns : title →
    (N, H, W, 1 or 3)"""
    rows = np.stack([np.repeat(column[:SHOWN], 3 // column.shape[-1], axis=-1)
                     for column in columns.values()], axis=1)
    return lambda path: draw_sheet(rows, path, tuple(columns), side=1.5)


def png(image, path):
    """Write (H, W, 1 or 3) in [-1, 1] to a file, pixel for pixel."""
    with needed_by("writing pictures"):
        from PIL import Image
    pixels = np.round((np.clip(image, -1, 1) + 1) * 127.5).astype(np.uint8)
    with replacing(path) as temporary:
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(temporary)
