"""Pictures with captions, made here: a miniature world for text-to-image GANs.

A scene is one or two things on a dark canvas. A small grammar says in words what is on it

    a SIZE COLOUR SHAPE  [ RELATION  a SIZE COLOUR SHAPE ]

and the renderer draws it, at random places that make the words true. Since the world is known, a
generated picture can be judged: `read_scene` finds the things in it, `judge` compares them with a
caption. Compare "Generative Adversarial Text to Image Synthesis" (Reed et al. 2016).

>>> caption(parse_caption("a large red circle above a small blue square").mirrored())
'a small blue square below a large red circle'
"""

import functools
import itertools
import math
from dataclasses import dataclass, field

import numpy as np

from .sampling import _check_batch_size, _check_rng
from .toys import _check_integer, _check_number

BACKGROUND = -0.85  # in all three channels
COLOURS = {
    "red": (0.95, -0.75, -0.7),
    "green": (-0.65, 0.65, -0.6),
    "blue": (-0.65, -0.25, 1.0),
    "yellow": (1.0, 0.75, -0.8),
    "purple": (0.6, -0.7, 0.75),
    "white": (0.95, 0.95, 0.95),
}
SIZES = {"large": 1.0, "small": 0.6}  # the factor of the extents below
SHAPES = {"circle": (9, 9), "square": (8, 8), "triangle": (8.5, 9.5)}  # height, width; 1/24 canvas
OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
RELATIONS = tuple(OPPOSITE)

MIN_SIZE = 16  # of a canvas, in pixels: shapes cannot be told apart on a smaller one
FINE = 4       # places for a thing per pixel, and samples along each side of a pixel
GAP = 2        # pixels between two things, at least
MARGIN = 0.5   # pixels between a thing and the edge, at least
SLOPE = 0.5    # "left of" allows this much up or down per step to the right


# -- scenes ---------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Thing:
    """One object: Thing("large", "red", "circle")."""

    size: str
    colour: str
    shape: str

    def __post_init__(self):
        _check_name("Thing", "size", self.size, SIZES)
        _check_name("Thing", "colour", self.colour, COLOURS)
        _check_name("Thing", "shape", self.shape, SHAPES)


@dataclass(frozen=True)
class Scene:
    """What a caption says: one thing, or the first in a relation to the second."""

    first: Thing
    relation: str | None = None
    second: Thing | None = None

    def __post_init__(self):
        if not isinstance(self.first, Thing):
            raise TypeError(f"Scene: expected first to be a Thing, got {self.first!r}")
        if (self.relation is None) != (self.second is None):
            raise ValueError(f"Scene: expected both relation and second or neither, "
                             f"got {self.relation!r} and {self.second!r}")
        if self.second is not None:
            _check_name("Scene", "relation", self.relation, RELATIONS)
            if not isinstance(self.second, Thing):
                raise TypeError(f"Scene: expected second to be a Thing, got {self.second!r}")

    @property
    def things(self):
        """(first,) or (first, second)."""
        return (self.first,) if self.second is None else (self.first, self.second)

    def mirrored(self):
        """The scene that says the same with the things in the other order."""
        if self.second is None:
            return self
        return Scene(self.second, OPPOSITE[self.relation], self.first)

    def true_of(self, other):
        """Whether this scene's caption holds for pictures of `other`.

        "A left of B" holds for "B right of A"; "A" alone holds for every scene with an A in it.
        """
        if self.second is None:
            return self.first in other.things
        return other in (self, self.mirrored())


@functools.cache
def all_scenes():
    """Every scene there is, a tuple: those with one thing, then those with two."""
    things = [Thing(*names) for names in itertools.product(SIZES, COLOURS, SHAPES)]
    pairs = itertools.product(things, RELATIONS, things)
    return (*map(Scene, things), *itertools.starmap(Scene, pairs))


# -- words ----------------------------------------------------------------------------------------

VOCABULARY = ("", "a", *SIZES, *COLOURS, *SHAPES, "left", "right", "of", "above", "below")
LENGTH = 10  # words of the longest caption


def caption(scene):
    """The scene in words: "a large red circle left of a small blue square"."""
    _check_scene("caption", scene)
    words = [f"a {thing.size} {thing.colour} {thing.shape}" for thing in scene.things]
    return f" {scene.relation} ".join(words)


def parse_caption(text):
    """The scene that a caption describes, the inverse of `caption`; capitals do not matter.

    Raises
    ------
    ValueError : names the first word that is not known, or that stands where the grammar wants
        another, and what was expected there
    """
    if not isinstance(text, str):
        raise TypeError(f"parse_caption: expected text to be a str, got {text!r}")
    words = text.lower().split()
    for place, word in enumerate(words, 1):
        if word not in VOCABULARY:
            raise ValueError(f"parse_caption: expected words among {', '.join(VOCABULARY[1:])}; "
                             f"got {word!r}, word {place} of {text!r}")
    place = 0

    def take(what, options):
        nonlocal place
        word = words[place] if place < len(words) else None
        if word not in options:
            got = "the end" if word is None else repr(word)
            raise ValueError(f"parse_caption: expected {what} ({', '.join(options)}) as word "
                             f"{place + 1} of {text!r}, got {got}")
        place += 1
        return word

    def thing():
        take("an article", ("a",))
        return Thing(take("a size", SIZES), take("a colour", COLOURS), take("a shape", SHAPES))

    first = thing()
    if place == len(words):
        return Scene(first)
    relation = take("a relation or the end", ("left", "right", "above", "below"))
    if relation in ("left", "right"):
        relation += " " + take("the rest of a relation", ("of",))
    scene = Scene(first, relation, thing())
    if place < len(words):
        raise ValueError(f"parse_caption: expected {text!r} to end after word {place}, "
                         f"got {words[place]!r}")
    return scene


def tokens(captions):
    """Captions as numbers: (N, LENGTH) int, each word's place in VOCABULARY, 0 after the last.

    Any words of the vocabulary will do, up to LENGTH of them, grammatical or not.
    """
    if isinstance(captions, str):
        raise TypeError(f"tokens: expected a list of captions, got one str, {captions!r}")
    result = np.zeros((len(captions), LENGTH), int)
    for row, text in zip(result, captions):
        if not isinstance(text, str):
            raise TypeError(f"tokens: expected every caption to be a str, got {text!r}")
        words = text.lower().split()
        if len(words) > LENGTH:
            raise ValueError(f"tokens: expected at most {LENGTH} words, got {text!r}")
        for i, word in enumerate(words):
            if word not in VOCABULARY:
                raise ValueError(f"tokens: expected words among {', '.join(VOCABULARY[1:])}; "
                                 f"got {word!r}, word {i + 1} of {text!r}")
            row[i] = VOCABULARY.index(word)
    return result


def texts(rows):
    """The captions of (N, LENGTH) tokens, a list of N str: the inverse of `tokens`."""
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.dtype.kind not in "iu":
        raise ValueError(f"texts: expected (N, L) integers, got {rows.dtype} of shape {rows.shape}")
    if rows.size and not 0 <= rows.min() <= rows.max() < len(VOCABULARY):
        raise ValueError(f"texts: expected tokens 0 ... {len(VOCABULARY) - 1}, "
                         f"got {rows.min()} ... {rows.max()}")
    return [" ".join(VOCABULARY[token] for token in row if token) for row in rows]


# -- scenes as numbers ----------------------------------------------------------------------------
# A thing is a number, a kind is its size and shape, a scene is the row (first, relation, second)
# with -1 for what is absent.

_COLOUR_VALUES = np.array(list(COLOURS.values()))
_KINDS = tuple(itertools.product(SIZES, SHAPES))
_THINGS = len(SIZES) * len(COLOURS) * len(SHAPES)


@functools.cache
def _numbers():
    """A dictionary from every scene to its place in all_scenes(), and the rows of all (N, 3)."""
    pairs = itertools.product(range(_THINGS), range(len(RELATIONS)), range(_THINGS))
    rows = np.array([(thing, -1, -1) for thing in range(_THINGS)] + list(pairs))
    rows.flags.writeable = False
    return {scene: i for i, scene in enumerate(all_scenes())}, rows


def _rows(where, scenes):
    """The (N, 3) rows of N scenes."""
    scenes = list(scenes)
    for scene in scenes:
        _check_scene(where, scene)
    places, rows = _numbers()
    return rows[np.array([places[scene] for scene in scenes], int)]


def _place_of(rows):
    """The places of the (N, 3) rows of scenes in all_scenes(), (N,)."""
    first, relation, second = rows.T
    pair = _THINGS + (first * len(RELATIONS) + relation) * _THINGS + second
    return np.where(second < 0, first, pair)


def _mirrored(rows):
    """The rows of the scenes that say the same in the other order."""
    first, relation, second = rows.T
    # RELATIONS holds each relation next to its opposite.
    return np.where(second[:, None] < 0, rows, np.stack([second, relation ^ 1, first], axis=1))


def _true_of(captions, scenes):
    """`Scene.true_of` for (N, 3) rows, (N,) bool."""
    alone = captions[:, 2] < 0
    inside = (captions[:, 0] == scenes[:, 0]) | (captions[:, 0] == scenes[:, 2])
    same = (captions == scenes).all(axis=1) | (_mirrored(captions) == scenes).all(axis=1)
    return np.where(alone, inside, same)


def _with_one_change(rows, rng):
    """The (N, 3) rows of scenes with one word (or the relation) of each replaced by another."""
    rows = rows.copy()
    n = np.arange(len(rows))
    # Words 0 to 2 are of the first thing, 3 is the relation, 4 to 6 are of the second.
    word = rng.integers(0, np.where(rows[:, 2] < 0, 3, 7))
    part = np.array([0, 0, 0, 1, 2, 2, 2])[word]
    # The step from a word to the next, in things as numbers, and how many words there are.
    shapes, colours = len(SHAPES), len(COLOURS)
    step = np.array([colours * shapes, shapes, 1, 1, colours * shapes, shapes, 1])[word]
    words = len(SIZES), colours, shapes
    count = np.array([*words, len(RELATIONS), *words])[word]
    old = rows[n, part]
    digit = old // step % count
    new = (digit + rng.integers(1, count)) % count
    rows[n, part] = old + (new - digit) * step
    return rows


def _split(things):
    """The kinds and the colours of numbered things."""
    size, rest = np.divmod(things, len(COLOURS) * len(SHAPES))
    colour, shape = np.divmod(rest, len(SHAPES))
    return size * len(SHAPES) + shape, colour


# -- drawing --------------------------------------------------------------------------------------

def render(scene, rng, size=24):
    """A picture of the scene: (size, size, 3) float32 in [-1, 1], rows from top to bottom.

    The things lie at random places, in steps of a quarter pixel, where the caption is true:
    MARGIN pixels from the edge, GAP pixels apart, and no more than SLOPE off the direction that
    the relation names.
    """
    return render_scenes([scene], rng, size)[0]


def render_scenes(scenes, rng, size=24):
    """A picture of each of N scenes, (N, size, size, 3) float32; see `render`."""
    _check_rng("render", rng)
    _check_integer("render", "size", size, at_least=MIN_SIZE)
    return _draw(_rows("render", scenes), rng, int(size))


def _draw(rows, rng, size):
    """Pictures (N, size, size, 3) of the (N, 3) rows of scenes."""
    extents, stamps = _stamps(size)
    reach = stamps.shape[-1]
    # A margin below and to the right, since a stamp is larger than most things on it.
    canvas = np.full((len(rows), size + reach, size + reach, 3), BACKGROUND, np.float32)
    kinds, colours = _split(rows[:, [0, 2]])
    margin = round(MARGIN * FINE)
    corners = margin + _corners(extents[kinds], rows[:, 1], size * FINE - 2 * margin, rng)
    paint = (_COLOUR_VALUES - BACKGROUND).astype(np.float32)
    for i in range(2):
        who = np.flatnonzero(rows[:, 2 * i] >= 0)
        (y, x), (down, right) = (part[who, i].T for part in np.divmod(corners, FINE))
        box = np.arange(reach)
        pixels = (who[:, None, None], (y[:, None] + box)[:, :, None], (x[:, None] + box)[:, None])
        coverage = stamps[kinds[who, i], down, right]
        canvas[pixels] += coverage[..., None] * paint[colours[who, i], None, None]
    return canvas[:, :size, :size].copy()


@functools.cache
def _stamps(size):
    """The things on a canvas of this size.

    Returns
    -------
    extents : (kinds, 2) int, height and width in units of a pixel / FINE
    stamps : (kinds, FINE, FINE, R, R) float32 in [0, 1], how much of each pixel a thing of this
        kind covers whose top left corner lies so many units down and right in the first pixel
    """
    extents = np.array([np.round(np.multiply(SHAPES[shape], SIZES[length] * size * FINE / 24))
                        for length, shape in _KINDS]).astype(int)
    reach = math.ceil(extents.max() / FINE) + 1
    stamps = np.zeros((len(_KINDS), FINE, FINE, reach, reach), np.float32)
    for kind, down, right in np.ndindex(stamps.shape[:3]):
        height, width = extents[kind]
        fine = np.zeros((reach * FINE, reach * FINE))
        fine[down:down + height, right:right + width] = _mask(_KINDS[kind][1], height, width)
        stamps[kind, down, right] = fine.reshape(reach, FINE, reach, FINE).mean(axis=(1, 3))
    return extents, stamps


def _mask(shape, height, width):
    y = ((np.arange(height) + 0.5) / height)[:, None]
    x = ((np.arange(width) + 0.5) / width)[None]
    if shape == "circle":
        return (x - 0.5)**2 + (y - 0.5)**2 <= 0.25
    if shape == "triangle":
        return abs(x - 0.5) <= y / 2
    return np.ones((height, width), bool)


def _corners(extents, relations, length, rng):
    """Random top left corners (N, 2 things, 2 axes) of things with these extents (N, 2, 2).

    Everything in units of a pixel / FINE, vertical axis first; the room for them is a square of
    side `length`.
    The second corner means nothing where the relation is -1.
    """
    n = np.arange(len(extents))
    alone = rng.integers(0, length - extents[:, 0] + 1)

    # Along the axis of the relation: two sorted gaps, before the leading thing and between them.
    axis = np.where(relations < RELATIONS.index("above"), 1, 0)
    swap = np.isin(relations, [RELATIONS.index("right of"), RELATIONS.index("below")])
    lead, trail = swap.astype(int), 1 - swap
    along = extents[n[:, None], [[0, 1]], axis[:, None]]
    across = extents[n[:, None], [[0, 1]], 1 - axis[:, None]]
    slack = length - along.sum(axis=1) - GAP * FINE
    before, after = np.sort(rng.integers(0, slack[:, None] + 1, size=(len(n), 2)), axis=1).T
    after += along[n, lead] + GAP * FINE

    # Across it: the leading thing anywhere, the trailing one within SLOPE.
    low = rng.integers(0, length - across[n, lead] + 1)
    distance = after + along[n, trail] / 2 - before - along[n, lead] / 2
    middle = low + across[n, lead] / 2 - across[n, trail] / 2
    bottom = np.maximum(0, np.ceil(middle - SLOPE * distance)).astype(int)
    top = np.minimum(length - across[n, trail], np.floor(middle + SLOPE * distance)).astype(int)
    high = rng.integers(bottom, top + 1)

    corners = np.empty((len(n), 2, 2), int)
    corners[n, lead, axis], corners[n, lead, 1 - axis] = before, low
    corners[n, trail, axis], corners[n, trail, 1 - axis] = after, high
    corners[relations < 0, 0] = alone[relations < 0]
    return corners


# -- batches --------------------------------------------------------------------------------------

class CaptionData:
    """Captions with pictures for ever, some captions held out.

    Held out are, of the captions with two things,
    - those with one of a few triples (colour, shape, relation): if ("red", "circle", "above") is
      among them, then no training picture has a red circle above anything;
    - a share of the others.
    With a caption goes its mirror image, which says the same. Captions with one thing all belong
    to training, so every word and every pair of colour and shape is known from there.

    Parameters
    ----------
    size : int >= 16, height and width of the pictures in pixels
    seed : int, chooses what is held out
    triples : int, 0 ... 18, how many triples to hold out, each of another colour and shape
    share : float in [0, 0.5], of the captions without these triples, to hold out
    single : float in [0, 1], how often a training picture shows one thing

    Attributes
    ----------
    train, held_out : tuples of `Scene`
    triples : tuple of (colour, shape, relation)
    """

    def __init__(self, size=24, seed=0, triples=4, share=0.1, single=0.25):
        where = "CaptionData"
        _check_integer(where, "size", size, at_least=MIN_SIZE)
        _check_integer(where, "seed", seed, at_least=0)
        _check_integer(where, "triples", triples, at_least=0)
        _check_number(where, "share", share, at_least=0)
        _check_number(where, "single", single, at_least=0)
        pairs = list(itertools.product(COLOURS, SHAPES))
        if triples > len(pairs):
            raise ValueError(f"{where}: expected triples <= {len(pairs)}, one for each colour and "
                             f"shape, got {triples}")
        for name, value, limit in (("share", share, 0.5), ("single", single, 1)):
            if value > limit:
                raise ValueError(f"{where}: expected {name} <= {limit}, got {value}")
        self.size, self.single = int(size), float(single)

        rng = np.random.default_rng(seed)
        chosen = rng.permutation(len(pairs))[:triples]
        self.triples = tuple((*pairs[pair], RELATIONS[i % len(RELATIONS)])
                             for i, pair in enumerate(chosen))
        scenes, (_, self._rows) = all_scenes(), _numbers()
        out = np.array([any(triple in self.triples for triple in _triples(s)) for s in scenes])
        places = np.arange(len(scenes))
        partner = _place_of(_mirrored(self._rows))
        rest = np.flatnonzero(~out & (self._rows[:, 2] >= 0) & (places <= partner))
        picked = rng.permutation(rest)[:round(share * len(rest))]
        out[picked] = out[partner[picked]] = True
        self._in_training = ~out
        self._pools = {"single": places[:_THINGS], "pairs": places[_THINGS:][~out[_THINGS:]],
                       "held out": places[out]}
        self._tokens = tokens([caption(scene) for scene in scenes])
        self.train = tuple(scenes[i] for i in places[~out])
        self.held_out = tuple(scenes[i] for i in places[out])

    def __repr__(self):
        return (f"<CaptionData {self.size}x{self.size}: {len(self.train)} captions to train on, "
                f"{len(self.held_out)} held out>")

    def batch(self, n, rng, held_out=False):
        """`n` random captions, of those to train on or of those held out, each with a picture.

        Returns
        -------
        images : (n, size, size, 3) float32 in [-1, 1]
        tokens : (n, LENGTH) int
        scenes : list of n `Scene`
        """
        _check_batch_size("CaptionData.batch", n)
        _check_rng("CaptionData.batch", rng)
        if held_out and not self.held_out:
            raise ValueError("CaptionData.batch: expected captions to be held out, got none: "
                             "triples and share are 0")
        places = rng.choice(self._pools["held out"], n) if held_out else self._choose(n, rng)
        return _draw(self._rows[places], rng, self.size), *self._captions(places)

    def mismatched(self, scenes, rng, near=False):
        """A wrong training caption for a picture of each scene, for a matching-aware discriminator.

        Wrong means that `Scene.true_of` is false of it, whatever its words. With near=True it
        differs from the right caption in one word (or relation), where training has one that does.

        Returns
        -------
        tokens : (n, LENGTH) int
        scenes : list of n `Scene`
        """
        _check_rng("CaptionData.mismatched", rng)
        right = _rows("CaptionData.mismatched", scenes)
        wrong, todo = np.empty(len(right), int), np.arange(len(right))
        tries = 0
        while len(todo):
            if near and tries < 50:
                wrong[todo] = _place_of(_with_one_change(right[todo], rng))
            else:
                wrong[todo] = self._choose(len(todo), rng)
            tries += 1
            todo = todo[~self._in_training[wrong[todo]]
                        | _true_of(self._rows[wrong[todo]], right[todo])]
        return self._captions(wrong)

    def _choose(self, n, rng):
        single, pairs = (rng.choice(self._pools[name], n) for name in ("single", "pairs"))
        return np.where(rng.random(n) < self.single, single, pairs)

    def _captions(self, places):
        scenes = all_scenes()
        return self._tokens[places], [scenes[place] for place in places]


def _triples(scene):
    """The (colour, shape, relation) of each thing that has a relation."""
    if scene.second is None:
        return ()
    return tuple((each.first.colour, each.first.shape, each.relation)
                 for each in (scene, scene.mirrored()))


# -- reading pictures -----------------------------------------------------------------------------

BLUR = 0.5          # standard deviation in pixels of the blur against noise, before all else
PRESENT = 0.45      # of the way from the background to a colour: the least that counts as painted
TOLERANCE = 0.6     # of a pixel from its palette colour's shades, in RGB units of [-1, 1]
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
        """The `Scene`, the upper or left thing first; None unless one or two clear things are all
        there is."""
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
    from scipy import ndimage

    image = _as_image("read_scene", image)
    size = len(image)
    image = ndimage.gaussian_filter(image, (BLUR, BLUR, 0), mode="nearest")
    paint = _COLOUR_VALUES - BACKGROUND
    # How far each pixel is on the line from the background to each colour, and how far off it.
    amounts = (image - BACKGROUND) @ (paint / (paint**2).sum(axis=1, keepdims=True)).T
    shades = BACKGROUND + np.clip(amounts, 0, 1)[..., None] * paint
    off = np.linalg.norm(image[:, :, None] - shades, axis=-1)
    nearest = off.argmin(axis=-1)
    inside = np.take_along_axis(amounts, nearest[..., None], -1)[..., 0] > PRESENT
    known = inside & (off.min(axis=-1) < TOLERANCE)
    smallest = _stamps(size)[1].sum(axis=(-1, -2)).min() / 2

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
    Position is right if, of one thing, exactly one is found; of two, if the relation holds between
    the two centres that fit the scene best, by colour first, then by shape and size. Shape and size
    are right if those things have them.

    Of drawn pictures every answer is right; with a blur of 0.5 pixels and noise of standard
    deviation 0.1, at 24x24, the shape is wrong in about one picture of a thousand.

    Parameters
    ----------
    image : (size, size, 3) floats, see `read_scene`
    scene : `Scene`

    Returns
    -------
    colour_right, position_right, shape_right, size_right : bool
    """
    _check_scene("judge", scene)
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
    """The `Found` whose share of each pixel is `coverage` (size, size), nought far from it."""
    size, area = len(coverage), coverage.sum()
    y, x = (coverage.sum(axis=1 - axis) @ (np.arange(size) + 0.5) / area for axis in range(2))
    stamps, middles = _blurred_stamps(size)
    reach = stamps.shape[-1]
    padded = np.pad(coverage, reach)
    norm = np.sqrt((coverage**2).sum())
    fit = {}
    for kind, name in enumerate(_KINDS):
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
    """Stamps as in `_stamps`, blurred little and more, with a margin, and where their centres are.

    Returns
    -------
    stamps : (blurs, kinds, FINE, FINE, R, R) float, each of Euclidean norm 1
    middles : (kinds, 2) float, the centre of mass in pixels from the corner of the stamp, of a
        thing that lies 0 units down and right
    """
    from scipy import ndimage

    _, sharp = _stamps(size)
    sharp = np.pad(sharp, ((0, 0),) * 3 + ((2, 2),) * 2).astype(float)
    stamps = np.stack([ndimage.gaussian_filter(sharp, (0, 0, 0, blur, blur), mode="constant")
                       for blur in (BLUR, 2 * BLUR)])
    stamps /= np.sqrt((stamps**2).sum(axis=(-1, -2), keepdims=True))
    ticks = np.arange(sharp.shape[-1]) + 0.5
    first = sharp[:, 0, 0]
    middles = np.stack([first.sum(axis=2) @ ticks, first.sum(axis=1) @ ticks], axis=1)
    return stamps, middles / first.sum(axis=(1, 2))[:, None]


# -- validation -----------------------------------------------------------------------------------

def _check_name(where, name, value, options):
    if value not in tuple(options):
        raise ValueError(f"{where}: expected {name} to be one of {', '.join(options)}, "
                         f"got {value!r}")


def _check_scene(where, scene):
    if not isinstance(scene, Scene):
        raise TypeError(f"{where}: expected a Scene, got {scene!r}")


def _as_image(where, image):
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
