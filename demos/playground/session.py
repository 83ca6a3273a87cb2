"""A training to play with, and the one thread that trains it.

`Run` is a GAN in the plane whose settings may change between two steps. What was done to it is
kept, so that the same can be done again, to the bit:

    run = Run({"data": "ring", "method": "gan", "seed": 0})
    run.replay([["run", 500], ["set", {"d_rate": 0.01}], ["run", 500]])

`Session` is what a page may ask of it: one thread trains one run, or two in turn, between two
steps does what it was asked, and makes ten pictures a second. It rests when nobody looks.
"""

import collections
import concurrent.futures
import copy
import dataclasses
import hashlib
import json
import math
import threading
import time
import traceback
import warnings

import numpy as np

from numgan import losses, optimizers, penalties, presets, training
from numgan.data import DATA_SETS
from numgan.data.toys import Curve
from numgan.layers import GaussianNoise
from numgan.presets.recipe import spread_of
from numgan.training import Record, discriminator_gradients, generator_gradients

from . import slow

FOREVER = 10 ** 9  # steps: the rates do not fall
OWN = "own"  # what the method brings
DRAWN = "drawn"
POINTS = 3000  # that may be drawn
PICTURES = 10  # a second
WATCHED = 3.0  # seconds after the last look in which somebody is taken to look
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
    """All settings of a method on a data set, as they are before anything is turned."""
    recipe = recipe_of(data, method)
    penalty = recipe.penalty() if recipe.penalty else None
    weight = getattr(penalty, "weight", 0.1)
    return {"data": data, "points": [], "method": method, "seed": 0,
            "d_rate": recipe.d_optimizer().learning_rate,
            "g_rate": recipe.g_optimizer().learning_rate, "k": recipe.k,
            "batch": 64, "loss": OWN, "penalty": OWN,
            # where it falls while training goes on, one in between
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
    """The settings that are given, with the method's own for the rest; a ValueError that says
    what was expected."""
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
    """Random ones of the points that were drawn."""

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


# -- one step of one player ------------------------------------------------------------------------


class OnlyD(training.UpdateRule):
    """A step of D; G's gradient is looked at, and G stays."""

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p, real = players, real_batch()
        d = training.discriminator_step(p.generator, p.discriminator, real, latent_batch(),
                                        loss=p.loss, optimizer=p.d_optimizer, scale=scale,
                                        penalty=p.penalty, rng=p.rng)
        return d, generator_gradients(p.generator, p.discriminator, latent_batch(), p.loss, real)


class OnlyG(training.UpdateRule):
    """A step of G; D's gradient is looked at, and D stays."""

    def step(self, players, real_batch, latent_batch, scale=1.0):
        p, real = players, real_batch()
        fake, _ = p.generator.forward(latent_batch(), train=True)
        d = discriminator_gradients(p.discriminator, real, fake, p.loss, p.penalty, p.rng)
        return d, training.generator_step(p.generator, p.discriminator, latent_batch(),
                                          loss=p.loss, optimizer=p.g_optimizer, scale=scale,
                                          real=real)


ALONE = {"d": OnlyD, "g": OnlyG}


# -- a run -----------------------------------------------------------------------------------------


class Run:
    """A training whose knobs may be turned between two steps.

    Attributes: settings, a dict of all knobs; history, what was done, for `replay`; done, the
    number of steps; toy; made, a presets.Training, which knows how to sample; training, a
    numgan.training.Training, another after each turn of a knob, of the same networks.
    """

    def __init__(self, given):
        self.settings = s = checked(given)
        self.first, self.history, self.done = dict(s), [], 0
        self.recipe = recipe_of(s["data"], s["method"])
        self.toy = toy_of(s)
        own_d = self.recipe.d_network is not None or self.recipe.both_networks is not None
        self.fixed = ({"d_width", "d_depth"} if own_d else set()) | (
            {"g_width", "g_depth"} if self.recipe.both_networks else set())
        recipe = dataclasses.replace(
            self.recipe, steps=FOREVER, schedule="constant", final_weight=None, noise=0.0,
            penalty=lambda: self._penalty(s), loss=self._loss(s), batch_size=s["batch"], k=1,
            updates="alternating",
            g_hidden=(s["g_width"],) * s["g_depth"], d_hidden=(s["d_width"],) * s["d_depth"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they come again below
            self.made = recipe.start(self.toy, s["seed"])
        self.generator, self.discriminator = self.made.generator, self.made.discriminator
        self.spread = spread_of(self.toy)[0]
        self._arrange(s, {"optimizer", "loss"})

    # -- knobs

    def change(self, **turned):
        """Turn knobs between two steps; nothing has changed if one of them is refused."""
        settings = checked({**self.settings, **turned})
        if restart := AGAIN & set(turned):
            raise ValueError(f"{', '.join(sorted(restart))}: these start a training anew")
        changed = {name: settings[name] for name in turned
                   if settings[name] != self.settings[name]}
        if changed:
            self._arrange(settings, set(changed))
            self.settings = settings
            self.history.append(["set", changed])

    def _loss(self, s):
        loss = copy.deepcopy(self.recipe.loss) if s["loss"] == OWN else losses.LOSSES[s["loss"]]()
        if s["smoothing"] and hasattr(loss, "smoothing"):
            loss = type(loss)(smoothing=s["smoothing"])
        return loss

    def _penalty(self, s):
        if s["penalty"] == OWN:
            penalty = self.recipe.penalty() if self.recipe.penalty else None
        else:
            penalty = None if s["penalty"] == "none" else penalties.PENALTIES[s["penalty"]]()
        if penalty is not None:
            penalty.weight = s["weight"]
        return penalty

    def _rule(self, s):
        if s["updates"] == "alternating":
            return training.Alternating(s["k"])
        if s["updates"] != OWN:
            return training.RULES[s["updates"]]()
        own = self.recipe.updates
        if own == "alternating":
            return training.Alternating(s["k"])
        return copy.deepcopy(own() if callable(own) else own)

    def _optimizers(self, s):
        for player in "d", "g":
            make = (getattr(self.recipe, f"{player}_optimizer") if s["optimizer"] == OWN
                    else OPTIMIZERS[s["optimizer"]])
            made = make()
            if s["optimizer"] != OWN and isinstance(self.recipe.d_optimizer(),
                                                    optimizers.Clipped) and player == "d":
                made = optimizers.Clipped(made, self.recipe.d_optimizer().limit)
            yield made

    def _arrange(self, s, changed):
        """The parts as the settings `s` say; what is as before keeps its state."""
        loss = self._loss(s) if {"loss", "smoothing"} & changed else self.loss
        d, g = (self._optimizers(s) if "optimizer" in changed
                else (self.d_optimizer, self.g_optimizer))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            made = self._train(s, loss, self._penalty(s), self._rule(s), d, g)  # may be refused
        self.warning = "; ".join(str(warning.message) for warning in said)
        d.learning_rate, g.learning_rate = s["d_rate"], s["g_rate"]
        self.loss, self.d_optimizer, self.g_optimizer = loss, d, g
        self.made.loss = loss
        self.blur.std = s["noise"] * self.spread
        self.training = made

    def _train(self, s, loss, penalty, rule, d, g):
        old = self.made.training
        return training.train(
            self.generator, self.discriminator, old.data, loss=loss, steps=FOREVER, rng=old.rng,
            batch_size=s["batch"], d_optimizer=d, g_optimizer=g, updates=rule,
            average=old.average, latent=old.latent, penalty=penalty, threads=1)

    @property
    def blur(self):
        return next(layer for layer in self.discriminator.walk()
                    if isinstance(layer, GaussianNoise))

    @property
    def idle(self):
        """The knobs that do nothing as things stand."""
        t = self.training
        return sorted(self.fixed | ({"smoothing"} if not hasattr(self.loss, "smoothing") else set())
                      | ({"weight"} if t.penalty is None else set())
                      | ({"k"} if not isinstance(t.rule, training.Alternating) else set()))

    # -- steps

    def step(self, kind="run", rule=None):
        """One step: "run", of both players as the settings say; "d" or "g", of one of them.

        rule : one that does the same as the own, and watches"""
        if kind != "run":
            rule = ALONE[kind]()
        training = self.training if rule is None else self._train(
            self.settings, self.loss, self.training.penalty, rule, self.d_optimizer,
            self.g_optimizer)
        record = next(training)
        record = Record(self.done, *record[1:])
        self.done += 1
        if self.history and self.history[-1][0] == kind:
            self.history[-1][1] += 1
        else:
            self.history.append([kind, 1])
        return record

    def replay(self, history):
        """Do again what was done to another run of the same settings."""
        for kind, what in history:
            if kind == "set":
                self.change(**what)
            else:
                for _ in range(what):
                    self.step(kind)
        return self

    def digest(self):
        """A fingerprint of all weights: the same for runs that are the same to the bit."""
        theta = self.generator.theta.tobytes() + self.discriminator.theta.tobytes()
        return hashlib.sha256(theta).hexdigest()[:16]

    def snippet(self):
        """Python that repeats the run, to the bit."""
        first = {name: value for name, value in self.first.items()
                 if value != defaults(self.first["data"], self.first["method"]).get(name)
                 or name in ("data", "method", "seed")}
        lines = ",\n    ".join(repr(event) for event in self.history)
        return (f"# in a clone of numgan\nfrom demos.playground.session import Run\n\n"
                f"run = Run({first!r})\n"
                f"run.replay([\n    {lines}])\n"
                f"assert run.digest() == {self.digest()!r}  # the same weights, to the bit\n"
                f"samples = run.made.samples(run.made.latents(1000, seed=1))\n")


# -- the session -----------------------------------------------------------------------------------


class Session:
    """What pages look at: one or two runs, and the thread that trains them.

    settings : dict, those to begin with
    view : function of a `Watched` → dict, one picture; made in the training's thread
    """

    def __init__(self, settings=None):
        from . import views
        self.views = views
        self.runs = [views.Watched(Run(settings or {}))]
        self.playing, self.speed, self.show = False, FOREVER, "trained"
        self.seen, self.version, self.picture = 0.0, 0, b""
        self.changed = threading.Condition()
        self.requests = collections.deque()
        self.closed = False
        self.thread = threading.Thread(target=self._loop, name="training", daemon=True)
        self.thread.start()

    # -- what is called by other threads

    def look(self, since, patience=1.0):
        """(version, the newest picture as JSON) if there is a newer one than `since`, soon; or
        None. Whoever looks keeps the training awake."""
        with self.changed:
            self.seen = time.monotonic()
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.version > since or self.closed, patience)
            return (self.version, self.picture) if self.version > since else None

    def do(self, command, patience=30.0):
        """What a command answers, a dict; it is done between two steps, and pictures after
        "version" show it. ValueError if it is none, or is refused."""
        answer = concurrent.futures.Future()
        with self.changed:
            if self.closed or len(self.requests) > 200:
                raise ValueError("the playground is closed, or too busy")
            self.requests.append((command, answer))
            self.changed.notify_all()
        return answer.result(patience)

    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        self.thread.join(10)

    # -- the training's thread

    def _watched(self):
        return time.monotonic() - self.seen < WATCHED

    def _loop(self):
        next_step = next_picture = 0.0
        stale = True
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.requests or self.closed or self._watched() and (
                    self.playing or stale))
                if self.closed:
                    for _, answer in self.requests:
                        answer.cancel()
                    return
                requests, watched = list(self.requests), self._watched()
                self.requests.clear()
            for command, answer in requests:
                self._answer(command, answer)
                stale, next_picture = True, 0.0
            now = time.monotonic()
            if self.playing and watched and now >= next_step:
                next_step = max(next_step + 1 / self.speed, now - 0.1)
                self._steps()
            elif self.playing and watched and now < next_picture:
                with self.changed:  # slowed down
                    self.changed.wait_for(lambda: self.requests or self.closed,
                                          max(0.0, min(next_step, next_picture) - now))
            if watched and (self.playing or stale) and time.monotonic() >= next_picture:
                next_picture = time.monotonic() + 1 / PICTURES
                self._publish()
                stale = False

    def _answer(self, command, answer):
        if not answer.set_running_or_notify_cancel():
            return
        try:
            answer.set_result({**self._obey(command), "version": self.version})
        except (ValueError, TypeError) as error:
            answer.set_exception(ValueError(str(error)))
        except Exception as error:  # a fault of ours: the thread must live, and say so
            traceback.print_exc()
            answer.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))

    def _steps(self, kind="run"):
        for watched in self.runs:
            if watched.stopped:
                continue
            try:
                watched.note(watched.run.step(kind))
            except (ArithmeticError, ValueError, FloatingPointError) as error:
                watched.stopped = str(error)
        if all(watched.stopped for watched in self.runs):
            self.playing = False

    def _publish(self):
        picture = {"runs": [watched.picture(self.show) for watched in self.runs],
                   "playing": self.playing, "speed": min(self.speed, 10 ** 6), "show": self.show}
        body = json.dumps(picture, allow_nan=False, separators=(",", ":")).encode()
        with self.changed:
            self.version, self.picture = self.version + 1, body
            self.changed.notify_all()

    def _obey(self, command):
        if not isinstance(command, dict) or not isinstance(command.get("do"), str):
            raise ValueError('expected an object such as {"do": "play"}')
        method = getattr(self, f"do_{command['do']}", None)
        if method is None:
            raise ValueError(f"do: expected one of {', '.join(self.commands())}, got "
                             f"{command['do']!r:.80}")
        return method({name: value for name, value in command.items() if name != "do"}) or {}

    @classmethod
    def commands(cls):
        return sorted(name[3:] for name in dir(cls) if name.startswith("do_"))

    def _run(self, given):
        """The runs a command is for: "a", "b", or both."""
        which = given.get("run", "both")
        if which not in ("a", "b", "both") or which == "b" and len(self.runs) < 2:
            raise ValueError(f"run: expected a{', b' * (len(self.runs) > 1)} or both, got "
                             f"{which!r:.80}")
        return self.runs if which == "both" else [self.runs["ab".index(which)]]

    def do_play(self, given):
        self.playing = not all(watched.stopped for watched in self.runs)

    def do_pause(self, given):
        self.playing = False

    def do_step(self, given):
        """One step, or several, of both players or of one."""
        kind, count = given.get("of", "run"), given.get("count", 1)
        if kind not in ("run", "d", "g"):
            raise ValueError(f"of: expected run, d or g, got {kind!r:.80}")
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 1000:
            raise ValueError(f"count: expected a whole number from 1 to 1000, got {count!r:.80}")
        self.playing = False
        for _ in range(count):
            self._steps(kind)

    def do_speed(self, given):
        speed = given.get("speed")
        if isinstance(speed, bool) or not isinstance(speed, (int, float)) or not (
                0.1 <= speed <= FOREVER):
            raise ValueError(f"speed: expected steps a second, at least 0.1, got {speed!r:.80}")
        self.speed = speed

    def do_show(self, given):
        show = given.get("show")
        if show not in ("trained", "average"):
            raise ValueError(f"show: expected trained or average, got {show!r:.80}")
        self.show = show

    def do_set(self, given):
        """Turn knobs; those that need new networks start the training again."""
        settings = given.get("settings")
        if not isinstance(settings, dict):
            raise ValueError("settings: expected an object of knobs")
        checked({**settings, "points": settings.get("points", [[0, 0], [1, 1]])})
        for watched in self._run(given):
            if AGAIN & set(settings):
                now = dict(watched.run.settings)
                if {"method", "data"} & set(settings):  # with its own rates and weights
                    keep = "data", "points", "seed", "g_width", "g_depth", "d_width", "d_depth"
                    now = {name: now[name] for name in ("method", *keep)}
                watched.begin(Run({**now, **settings}))
            else:
                watched.run.change(**settings)
                watched.stopped = ""

    def do_start(self, given):
        """From the beginning, with these settings, or the same as before."""
        settings = given.get("settings")
        for watched in self._run(given):
            watched.begin(Run(dict(watched.run.settings) if settings is None else settings))

    def do_two(self, given):
        """A second run beside the first: from the same seed, with some knobs apart."""
        apart = given.get("settings", {})
        if not isinstance(apart, dict):
            raise ValueError("settings: expected an object of knobs")
        second = self.views.Watched(Run({**self.runs[0].run.settings, **apart}))
        first = self.views.Watched(Run(dict(self.runs[0].run.settings)))
        self.runs = [first, second]

    def do_one(self, given):
        self.runs = self.runs[:1]

    def do_settings(self, given):
        """The settings of the runs, and whether a step was taken."""
        return {"runs": [watched.run.settings for watched in self.runs],
                "begun": any(watched.run.done for watched in self.runs)}

    def do_snippet(self, given):
        return {"snippet": self._run({"run": given.get("run", "a")})[0].run.snippet()}

    def do_slow(self, given):
        """One step, told phase by phase; its phases."""
        self.playing = False
        watched, = self._run({"run": given.get("run", "a")})
        record, told = slow.tell(watched.run)
        watched.note(record)
        for other in self.runs:  # two stay abreast
            if other is not watched:
                other.note(other.run.step())
        return told

    def do_xray(self, given):
        """The path of a shown point from z to what D says of it, and of the gradient back."""
        watched, = self._run({"run": given.get("run", "a")})
        return watched.x_ray(given.get("index"), self.show)
