"""What is in a picture of the captions' world, and whether it is what was asked for."""

import functools
import itertools
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from numgan.data.captions.drawing import (BACKGROUND, COLOUR_VALUES, FINE, KINDS, MIN_SIZE,
                                          stamps_of)
from numgan.data.captions.scenes import COLOURS, OPPOSITE, Scene, Thing, check_scene

BLUR = 0.5          # standard deviation in pixels of the blur against noise, before all else
PRESENT = 0.45      # of the way from the background to a colour: the least that counts as painted
TOLERANCE = 0.6     # greatest distance of a pixel from its palette colour's shades, RGB in [-1, 1]
RESEMBLANCE = 0.93  # cosine between a thing and a drawn one, below which it has no shape


@dataclass(frozen=True)
class Found:
    """A thing found in a picture; x and y of its centre of mass and area are in pixels.

    x grows to the right and y downwards from the top left corner of the picture. shape and size
    are None where it resembles nothing that is drawn here.
    """

    colour: str
    x: float
    y: float
    area: float
    shape: str | None
    size: str | None
    fit: dict = field(repr=False, compare=False)  # (size, shape): cosine with such a thing


@dataclass(frozen=True)
class Reading:
    """What `read_scene` found, the largest first, and why anything was left out or unclear."""

    things: tuple
    reasons: tuple

    @property
    def scene(self):
        """The `Scene`, the upper or left thing first; None unless there are one or two things, and
        each has a clear shape."""
        if len(self.things) not in (1, 2) or any(thing.shape is None for thing in self.things):
            return None
        named = [Thing(thing.size, thing.colour, thing.shape) for thing in self.things]
        if len(named) == 1:
            return Scene(*named)
        scene = Scene(named[0], _relation(*self.things), named[1])
        return scene if scene.relation in ("left of", "above") else scene.mirrored()


def read_scene(image):
    """The things in a picture, rendered or generated: a `Reading`.

    A thing is a connected set of pixels that are more than PRESENT of the way from the background
    to the same palette colour, with at least half the area of the smallest thing that is drawn. Its
    shape and size are those of the drawn thing, at the same centre, that it resembles most.

    Parameters
    ----------
    image : (size, size, 3) floats in about [-1, 1], size >= 16
    """
    image = as_image("read_scene", image)
    size = len(image)
    image = ndimage.gaussian_filter(image, (BLUR, BLUR, 0), mode="nearest")
    paint = COLOUR_VALUES - BACKGROUND
    # How far each pixel is along the line from the background to each colour, and how far off it.
    amounts = (image - BACKGROUND) @ (paint / (paint**2).sum(axis=1, keepdims=True)).T
    shades = BACKGROUND + np.clip(amounts, 0, 1)[..., None] * paint
    off = np.linalg.norm(image[:, :, None] - shades, axis=-1)
    nearest = off.argmin(axis=-1)
    inside = np.take_along_axis(amounts, nearest[..., None], -1)[..., 0] > PRESENT
    known = inside & (off.min(axis=-1) < TOLERANCE)
    smallest = stamps_of(size)[1].sum(axis=(-1, -2)).min() / 2

    things, reasons, specks = [], [], 0
    for c, colour in enumerate(COLOURS):
        labels, count = ndimage.label(known & (nearest == c))
        for i in range(1, count + 1):
            own = labels == i
            coverage = np.where(ndimage.binary_dilation(own, np.ones((3, 3))), amounts[..., c], 0)
            if coverage.sum() < smallest:
                specks += 1
                continue
            found = _identify(colour, coverage)
            if found.shape is None:
                reasons.append(f"the {colour} thing has no shape that is drawn here")
            things.append(found)
    if specks:
        reasons.append(f"left out {specks} specks of less than {smallest:.1f} pixels")
    unknown = (inside & ~known).sum()
    if unknown >= smallest:
        reasons.append(f"left out {unknown} pixels of no palette colour")
    if not things:
        reasons.append("found no thing")
    elif len(things) > 2:
        reasons.append(f"found {len(things)} things, not one or two")
    return Reading(tuple(sorted(things, key=lambda thing: -thing.area)), tuple(reasons))


def judge(image, scene):
    """Whether a picture shows what the caption of a scene says.

    Colour is right if the things found have the colours of the scene and there are no others.
    Position is right, for one thing, if exactly one is found; for two, if the relation holds
    between the centres of the two things that fit the scene best, by colour first, then by shape
    and size. Shape and size are right if those things have the ones of the scene.

    For pictures rendered from a scene every answer is right. With a blur of 0.5 pixels and noise of
    standard deviation 0.1, at 24x24, the shape is wrong in about one picture of a thousand.

    Parameters
    ----------
    image : (size, size, 3) floats, see `read_scene`
    scene : `Scene`

    Returns
    -------
    colour_right, position_right, shape_right, size_right : bool
    """
    check_scene("judge", scene)
    found, wanted = read_scene(image).things, scene.things
    colour_right = sorted(f.colour for f in found) == sorted(w.colour for w in wanted)
    if len(found) < len(wanted):
        return colour_right, False, False, False
    best = max(itertools.permutations(found, len(wanted)), key=lambda order: (
        sum(f.colour == w.colour for f, w in zip(order, wanted)),
        sum(f.fit[w.size, w.shape] for f, w in zip(order, wanted))))
    if scene.second is None:
        position_right = len(found) == 1
    elif scene.first == scene.second:
        position_right = _relation(*best) in (scene.relation, OPPOSITE[scene.relation])
    else:
        position_right = _relation(*best) == scene.relation
    return (colour_right, position_right,
            all(f.shape == w.shape for f, w in zip(best, wanted)),
            all(f.size == w.size for f, w in zip(best, wanted)))


def _relation(first, second):
    """The relation between two centres: the axis along which they are further apart decides."""
    x, y = second.x - first.x, second.y - first.y
    if abs(x) > abs(y):
        return "left of" if x > 0 else "right of"
    return "above" if y > 0 else "below"


def _identify(colour, coverage):
    """The `Found` whose share of each pixel is `coverage` (size, size), zero far from it."""
    size, area = len(coverage), coverage.sum()
    y, x = (coverage.sum(axis=1 - axis) @ (np.arange(size) + 0.5) / area for axis in range(2))
    stamps, middles = _blurred_stamps(size)
    reach = stamps.shape[-1]
    padded = np.pad(coverage, reach)
    norm = np.sqrt((coverage**2).sum())
    fit = {}
    for kind, name in enumerate(KINDS):
        corner = np.round((np.array([y, x]) - middles[kind]) * FINE).astype(int)
        (top, left), (down, right) = np.divmod(corner, FINE) + np.array([[reach], [0]])
        patch = padded[top:top + reach, left:left + reach]
        cosines = (stamps[:, kind, down, right] * patch).sum(axis=(1, 2)) / norm
        fit[name] = float(cosines.max())
    likeliest = max(fit, key=fit.get)
    name = likeliest if fit[likeliest] >= RESEMBLANCE else (None, None)
    return Found(colour, float(x), float(y), float(area), name[1], name[0], fit)


@functools.cache
def _blurred_stamps(size):
    """Stamps as `drawing.stamps_of` makes them, with a margin, each blurred a little and twice as
    much, and where their centres are.

    Returns
    -------
    stamps : (blurs, kinds, FINE, FINE, R, R) float, each of Euclidean norm 1
    middles : (kinds, 2) float, the centre of mass in pixels from the corner of the stamp, of a
        thing that lies 0 units down and right
    """
    _, sharp = stamps_of(size)
    sharp = np.pad(sharp, ((0, 0),) * 3 + ((2, 2),) * 2).astype(float)
    stamps = np.stack([ndimage.gaussian_filter(sharp, (0, 0, 0, blur, blur), mode="constant")
                       for blur in (BLUR, 2 * BLUR)])
    stamps /= np.sqrt((stamps**2).sum(axis=(-1, -2), keepdims=True))
    ticks = np.arange(sharp.shape[-1]) + 0.5
    first = sharp[:, 0, 0]
    middles = np.stack([first.sum(axis=2) @ ticks, first.sum(axis=1) @ ticks], axis=1)
    return stamps, middles / first.sum(axis=(1, 2))[:, None]


def as_image(where, image):
    image = np.asarray(image)
    if image.ndim != 3 or image.shape != (len(image), len(image), 3) or len(image) < MIN_SIZE:
        raise ValueError(f"{where}: expected image of shape (size, size, 3) with size >= "
                         f"{MIN_SIZE}, got {image.shape}")
    if image.dtype.kind != "f":
        raise TypeError(f"{where}: expected image of floats in [-1, 1], got {image.dtype}")
    if not np.isfinite(image).all():
        raise ValueError(f"{where}: expected finite pixels, got "
                         f"{np.count_nonzero(~np.isfinite(image))} that are not")
    return image.astype(np.float64)
