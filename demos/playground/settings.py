"""The knobs: the values they may take, those that a method has, and the data they ask for."""

import math

import numpy as np

from numgan import losses, optimizers, penalties, presets, training
from numgan.data import DATA_SETS
from numgan.data.toys import Curve

OWN = "own"  # what the method brings
DRAWN = "drawn"
POINTS = 3000  # the most that may be drawn
OPTIMIZERS = {"adam": lambda: optimizers.Adam(1e-3, 0.0, 0.99),
              "adam-0.5": lambda: optimizers.Adam(1e-3, 0.5, 0.999),
              "adam-0.9": lambda: optimizers.Adam(1e-3, 0.9, 0.999),
              "rmsprop": lambda: optimizers.RMSprop(1e-3),
              "sgd": lambda: optimizers.SGD(1e-3), "momentum": lambda: optimizers.SGD(1e-3, 0.9)}
NEED_MORE = {"auxiliary-classifier", "mutual-information", "energy-based", "boundary-equilibrium"}


def data_names():
    return [name for name, data in DATA_SETS.items() if data.kind == "toy"] + [DRAWN]


def choices():
    """Knob → the values it may take, for knobs that choose."""
    return {"data": data_names(), "method": presets.names("ring"),
            "loss": [OWN, *(name for name in losses.LOSSES if name not in NEED_MORE)],
            "penalty": [OWN, "none", *penalties.PENALTIES], "optimizer": [OWN, *OPTIMIZERS],
            "updates": [OWN, *training.RULES]}


NUMBERS = {  # knob → kind, least, most
    "seed": (int, 0, 2 ** 31), "d_rate": (float, 1e-6, 10.0), "g_rate": (float, 1e-6, 10.0),
    "k": (int, 1, 20), "batch": (int, 2, 1024), "weight": (float, 0.0, 100.0),
    "noise": (float, 0.0, 3.0), "smoothing": (float, 0.0, 0.49), "g_width": (int, 1, 256),
    "g_depth": (int, 1, 6), "d_width": (int, 1, 256), "d_depth": (int, 1, 6)}
AGAIN = {"data", "points", "method", "seed", "g_width", "g_depth", "d_width", "d_depth"}


def defaults(data="ring", method="gan"):
    """All settings of a method on a data set, as they are before any knob is turned."""
    recipe = recipe_of(data, method)
    penalty = recipe.penalty() if recipe.penalty else None
    weight = getattr(penalty, "weight", 0.1)
    return {"data": data, "points": [], "method": method, "seed": 0,
            "d_rate": recipe.d_optimizer().learning_rate,
            "g_rate": recipe.g_optimizer().learning_rate, "k": recipe.k,
            "batch": 64, "loss": OWN, "penalty": OWN,
            # where the method lets it fall during training, a value in between
            "weight": weight if recipe.final_weight is None else 0.1,
            "noise": 0.0, "smoothing": 0.0, "optimizer": OWN, "updates": OWN,
            "g_width": 64, "g_depth": 3, "d_width": 64, "d_depth": 3}


def recipe_of(data, method):
    try:
        return presets.preset(method, "moons" if data == DRAWN else data)
    except ValueError as error:
        if data == DRAWN:
            raise ValueError(f"{method} needs data with known modes: expected ring or grid, got "
                             f"points of one's own") from error
        raise


def checked(given):
    """The settings that are given, with the method's own for the rest. If one is wrong, a
    ValueError says what was expected."""
    if not isinstance(given, dict):
        raise ValueError(f"expected settings as an object, got {type(given).__name__}")
    known = choices()
    for name, value in given.items():
        if name in known:
            if not isinstance(value, str) or value not in known[name]:
                raise ValueError(f"{name}: expected one of {', '.join(known[name])}, got "
                                 f"{value!r:.80}")
        elif name in NUMBERS:
            check_number(name, value)
        elif name == "points":
            check_points(value)
        else:
            raise ValueError(f"expected settings such as {', '.join(NUMBERS)}, got {name!r:.80}")
    settings = {**defaults(given.get("data", "ring"), given.get("method", "gan")), **given}
    if settings["data"] == DRAWN and len(settings["points"]) < 2:
        raise ValueError("data: expected at least two points, drawn or pasted")
    for name, (kind, *_) in NUMBERS.items():
        settings[name] = kind(settings[name])
    return settings


def check_number(name, value):
    kind, least, most = NUMBERS[name]
    fits = (isinstance(value, (int, float)) and not isinstance(value, bool)
            and math.isfinite(value) and (kind is float or value == int(value)))
    if not fits or not least <= value <= most:
        raise ValueError(f"{name}: expected {'a whole' if kind is int else 'a'} number from "
                         f"{least:g} to {most:g}, got {value!r:.80}")


def check_points(value):
    fits = isinstance(value, list) and len(value) <= POINTS and all(
        isinstance(point, list) and len(point) == 2 and all(
            isinstance(x, (int, float)) and not isinstance(x, bool) and abs(x) <= 10
            for x in point) for point in value)
    if not fits:
        raise ValueError(f"points: expected at most {POINTS} pairs of numbers from -10 to 10")


class Points:
    """Samples at random from the points that were drawn."""

    def __init__(self, points):
        self.points = np.array(points, np.float64)

    def __call__(self, n, rng):
        return self.points[rng.integers(len(self.points), size=n)]


def toy_of(settings):
    if settings["data"] != DRAWN:
        return DATA_SETS[settings["data"]].load()
    points = np.array(settings["points"], np.float64)
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    return Curve(DRAWN, Points(points), 0.02, (left, right, bottom, top))
