"""Pictures from a user's files: which are there, and their pixels, upright and without alpha."""

import struct

import numpy as np

from numgan._files import opened
from numgan._optional import needed_by

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
TRANSPARENT = "what is transparent becomes white"  # for --help


def is_folder(folder):
    if not folder.is_dir():
        raise ValueError(f"expected {folder} to be a folder of pictures")


def list_of(folder):
    """The paths of the pictures in a folder, but for hidden ones: beside a.jpg macOS may leave
    ._a.jpg, which is none."""
    return sorted((path for path in folder.iterdir()
                   if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")),
                  key=lambda path: (path.stem, path.name))


def by_stem(folder):
    """name without suffix → path, of the pictures in a folder; ValueError if two have one name."""
    found = {}
    for path in list_of(folder):
        other = found.setdefault(path.stem, path)
        if other != path:
            raise ValueError(f"expected one picture of each name in {folder}, got {other.name} and "
                             f"{path.name}")
    return found


def picture(path, size):
    """(size, size, 3) float32 in [-1, 1], of the square in the middle."""
    return square(image_of(path), size)


def halves(path, size):
    """Two such pictures: of the left half of a file, and of its right half."""
    image = image_of(path)
    width, height = image.size
    if width < 1.5 * height:
        raise ValueError(f"expected {path} to have two pictures side by side, got one of "
                         f"{width}x{height}; or folders input/ and target/ beside it")
    return tuple(square(image.crop((left, 0, left + width // 2, height)), size)
                 for left in (0, width - width // 2))


def square(image, size):
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    image = image.crop((left, top, left + side, top + side)).resize((size, size))
    return np.asarray(image, np.float32) / 127.5 - 1


def image_of(path):
    """The picture in a file, in mode RGB, turned as its EXIF data say; ValueError if there is none.
    """
    with needed_by("pictures from a folder"):
        from PIL import Image, ImageOps
    try:
        with opened(path) as file, Image.open(file) as image:
            return rgb_of(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError, struct.error,
            Image.DecompressionBombError) as error:
        unknown = isinstance(error, Image.UnidentifiedImageError)  # whose message has no path
        raise ValueError(f"expected {path} to be a picture, got: "
                         f"{'a file of no known format' if unknown else error}") from error


def rgb_of(image):
    """An image of any mode in mode RGB: over white, and 16 bits as 8, which `convert` would cut
    off at 255."""
    from PIL import Image
    if image.mode == "F":
        raise ValueError("pixels that are no integers")
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() >= 2 ** 16:
            raise ValueError(f"values from {values.min()} to {values.max()}, which are not of 8 or "
                             f"16 bits")
        image = Image.fromarray(np.round(values / 257).astype(np.uint8))
    if image.mode[-1] in "Aa" or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")
