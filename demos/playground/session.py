"""What a page may ask for: one thread trains one run, or two in turn.

Between two steps the thread does what it was asked, and it makes ten pictures a second. It rests
when nobody looks.
"""

import collections
import concurrent.futures
import json
import threading
import time
import traceback

from . import slow
from .run import FOREVER, Run
from .settings import AGAIN, checked

PICTURES = 10  # a second
WATCHED = 3.0  # seconds after the last look for which somebody still counts as looking


class Session:
    """What pages look at: one or two runs, and the thread that trains them.

    settings : dict, those to begin with
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
        """(version, the newest picture as JSON) if one newer than `since` comes within `patience`
        seconds, else None. Whoever looks keeps the training awake."""
        with self.changed:
            self.seen = time.monotonic()
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.version > since or self.closed, patience)
            return (self.version, self.picture) if self.version > since else None

    def do(self, command, patience=30.0):
        """The answer to a command, a dict. The command is done between two steps, and pictures
        after "version" show its effect. ValueError if it is not a command, or is refused."""
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
        except Exception as error:  # a bug of ours: the thread must go on, and say so
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
        """A second run beside the first: from the same seed, with some knobs set differently."""
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
        for other in self.runs:  # two runs stay at the same step
            if other is not watched:
                other.note(other.run.step())
        return told

    def do_xray(self, given):
        """The path of a shown point from z to what D says of it, and of the gradient back."""
        watched, = self._run({"run": given.get("run", "a")})
        return watched.x_ray(given.get("index"), self.show)
