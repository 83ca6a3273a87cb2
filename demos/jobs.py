"""Trainings, one after the other or side by side, each of which can be resumed if interrupted.

    tasks = [Task(name, steps, (arguments, ...)), ...]
    for index, result in run_all(train_one, tasks, options.jobs):  # of tasks[index]
        ...

``train_one(*arguments, report=report)`` runs in this process, or in one of several (joblib's), with
one BLAS thread each; a run's bits do not depend on the number of processes. While it trains it
calls ``report(step)``, which moves the bar.

With a `Saver` it keeps a file of its training, from which the same command with --resume goes on.
"""

import concurrent.futures
import contextlib
import functools
import itertools
import os
import pathlib
import re
import signal
import sys
import tempfile
import threading
import time
import typing
import warnings

import numpy as np

import numgan
from numgan._optional import needed_by
from numgan.training import TrainingDiverged, state
from numgan.training.state import StateError

from .common import INTERRUPTED, progress


INTERRUPTION = ("Interrupted: what there is gets drawn and saved. The same command with --resume "
                "goes on.")


class Task(typing.NamedTuple):
    """One training: what the bar says, how many steps it has, and its arguments."""

    name: str
    steps: int
    arguments: tuple


@contextlib.contextmanager
def ending(result):
    """A block around a training: Ctrl-C or a divergence ends it, and ``result.stopped`` says which;
    the result so far is kept."""
    try:
        yield
    except KeyboardInterrupt:
        result.stopped = "interrupted"
    except TrainingDiverged as error:
        result.stopped = str(error)


def run_all(function, tasks, jobs=None):
    """Yield (index, function(*task.arguments, report=...)) for each task, in their order, while one
    bar shows how far all of them are.

    Ctrl-C is a KeyboardInterrupt in the function, in every process at its next report. The function
    returns what it has, with ``stopped`` "interrupted", and no further task is begun. After the
    results so far have been yielded, the KeyboardInterrupt is raised here.
    jobs : int, or None for as many as there are cores

    ChildProcessError if one of several processes is ended from outside.
    """
    with needed_by("training side by side"):
        import joblib

    jobs = min(jobs or joblib.cpu_count(), len(tasks))
    if jobs <= 1:
        with _bar(tasks) as bar:
            for index, task in enumerate(tasks):
                bar.set_description(task.name)
                before = sum(one.steps for one in tasks[:index])
                result = function(*task.arguments, report=_Report(bar, before))
                bar.clear()  # whoever gets the result may print
                yield index, result
                if getattr(result, "stopped", "") == "interrupted":
                    raise KeyboardInterrupt
        return
    with tempfile.TemporaryDirectory(prefix="numgan-") as folder:
        # the step of each task, and at the end whether to stop
        shared = np.memmap(pathlib.Path(folder, "shared"), np.int64, "w+", shape=len(tasks) + 1)
        processes = joblib.parallel_config(backend="loky", inner_max_num_threads=1,
                                           initializer=_beginning(), initargs=(os.getpid(),))
        with _watched(shared[:-1], tasks) as bar, _stopping(shared[-1:]), processes:
            with _without_ctrl_c():
                results = joblib.Parallel(n_jobs=jobs, return_as="generator", batch_size=1)(
                    joblib.delayed(_in_process)(function, task, shared.filename, len(shared), index)
                    for index, task in enumerate(tasks))
            missing = False
            try:
                for index, result in enumerate(results):
                    if result is None:
                        missing = True
                    else:
                        bar.clear()
                        yield index, result
            except concurrent.futures.BrokenExecutor as error:
                raise ChildProcessError("a process that trained was ended from outside, perhaps "
                                        "because memory ran out; --jobs with fewer needs less"
                                        ) from error
        if missing or shared[-1]:
            raise KeyboardInterrupt


def forget(tasks):
    """All are done: remove the files that the `Saver`s among the tasks' arguments have kept."""
    for task in tasks:
        for one in task.arguments:
            if isinstance(one, Saver):
                one.remove()


def results_of(function, tasks, jobs):
    """(results, exit code) of `run_all`; a line is printed for each result that ended early, and
    for Ctrl-C. The code is 1 if one diverged. When all are done their files are removed."""
    done = []
    try:
        for index, one in run_all(function, tasks, jobs):
            done.append(one)
            if one.stopped:
                print(f"{tasks[index].name}: {one.stopped}", flush=True)
    except KeyboardInterrupt:
        print(INTERRUPTION, flush=True)
        return done, INTERRUPTED
    forget(tasks)
    return done, int(any(map(diverged, done)))


def diverged(one):
    """Whether the training ended early by itself: its result says nothing about its method."""
    return one.stopped not in ("", "interrupted")


def left_out(done, titles):
    """Lines that name those of the results that `diverged`. titles : method → what it is called"""
    return [f"Left out, for it diverged after {one.steps} steps: {titles[one.method]}, seed "
            f"{one.seed}." for one in done if diverged(one)]


@contextlib.contextmanager
def _without_ctrl_c():
    """Processes begun in the block never get a Ctrl-C, which a terminal sends to all processes that
    run in it: the mask of signals is inherited. This process gets it when the block is over."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows: until `_beginning` they do get it
        yield
        return
    from joblib.externals.loky.backend import resource_tracker as loky_tracker
    from multiprocessing import resource_tracker

    for tracker in resource_tracker, loky_tracker:  # to begin them later would clear the mask
        tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@functools.cache
def _beginning():
    """What a process for trainings runs first of all, so that it ends when its parent does, however
    the parent ends. A nested function is sent as code, and so runs before the process imports NumPy
    and numgan, which takes a while."""
    def begin(parent):
        import os
        import signal
        import threading
        import time

        signal.signal(signal.SIGINT, signal.SIG_IGN)

        def watch():
            while os.getppid() == parent:
                time.sleep(0.5)
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()

    return begin


def _in_process(function, task, path, count, index):
    """The function's result, or None if it has to stop before there is one."""
    shared = np.memmap(path, np.int64, "r+", shape=count)

    def report(step, note=""):
        shared[index] = step
        if shared[-1]:
            raise KeyboardInterrupt

    try:
        return None if shared[-1] else function(*task.arguments, report=report)
    except KeyboardInterrupt:
        return None


@contextlib.contextmanager
def _stopping(flag):
    """Ctrl-C asks the processes to stop; pressed again it ends this one."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def press(number, frame):
        if flag[0]:
            before(number, frame)
        flag[0] = 1

    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _watched(steps, tasks):
    """A bar that is moved from a thread of its own."""
    with _bar(tasks) as bar:
        bar.set_description(f"{len(tasks)} trainings")
        over = threading.Event()

        def watch():
            while not over.wait(0.5):
                bar.update(int(steps.sum()) - bar.n)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield bar
        finally:
            over.set()
            thread.join()


def _bar(tasks):
    return progress(total=sum(task.steps for task in tasks), unit=" steps", unit_scale=True,
                    smoothing=0.05, leave=False)


class _Report:
    """Moves the bar for one training, which begins when `before` steps are done."""

    def __init__(self, bar, before):
        self.bar, self.before = bar, before

    def __call__(self, step, note=""):
        if note:
            self.bar.set_postfix_str(note, refresh=False)
        self.bar.update(self.before + step - self.bar.n)


class Saver:
    """Keeps the file of one training up to date, and resumes from it.

        saver = Saver(folder, name, resume)
        kept = saver.begin(training)            # what `more` gave, or {}
        for record in training:
            ...
            saver.now_and_then(lambda: dict(...))
        saver.save(dict(...))

    A training by `numgan.fit`, which has no state to go on from, keeps its network when it is done:

        kept = saver.kept(network, "200 steps")  # what `more` gave, or None
        if kept is None:
            for cost in fit(network, ...):
                ...
            saver.keep(network, "200 steps", ...)

    A file that was there before, and from which this training does not go on, is not written over:
    it gets another name.

    folder : path, or None to keep nothing
    every : seconds between two files
    """

    def __init__(self, folder, name, resume=False, every=10.0):
        self.path = None if folder is None else pathlib.Path(folder, f"{_slug(name)}.npz")
        self.resume, self.every = resume, every
        self.training, self.last, self.full = None, time.monotonic(), False
        self.before = self._identity()  # of a file that is not this training's

    def begin(self, training):
        """Resume from the file, if there is one and that is wanted; returns what `save` was given.

        A file that is damaged, belongs to another training or cannot be read is reported and not
        used; nor is one of another version, whose demos may have kept other things in it."""
        self.training = training
        if not self._resumes():
            return {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", UserWarning)  # the file is of another version
                kept = training.resume(self.path)
        except (ValueError, OSError, UserWarning) as error:
            self._refuse(error)
            return {}
        inner = getattr(training, "training", training)  # of a preset's
        self._say(f"goes on at step {inner.done:,} of {inner.steps:,}")
        self._own()
        return kept

    def _resumes(self):
        """Whether to resume: if that is asked for, and there is a file."""
        if self.path is None or not self.resume:
            return False
        if not self.path.exists():
            self._say("nothing was kept: begins at step 0")
            return False
        return True

    def _say(self, words):
        print(f"{self.path}: {words}", file=sys.stderr, flush=True)

    def _refuse(self, error):
        print(f"{error}\nThis training begins again; the file stays.", flush=True)

    def _identity(self):
        """Which file there is at the path, or None. Processes of --jobs know by it whose it is."""
        try:
            found = os.stat(self.path)
        except (OSError, TypeError):  # there is none, or no path
            return None
        return found.st_ino, found.st_mtime_ns

    def _own(self):
        """Make the file that is there this training's."""
        with contextlib.suppress(OSError):
            self.path.touch()

    def _write(self, writer):
        """writer(path) writes the file. One that was there before this training is set aside once
        the new one is whole."""
        if self.before is None or self._identity() != self.before:
            writer(self.path)
            return
        new = self.path.with_suffix(".new.npz")
        writer(new)
        names = (self.path.with_suffix(f".old{n}.npz") for n in itertools.count(1))
        aside = next(path for path in names if not path.exists())
        self.path.rename(aside)
        new.rename(self.path)
        print(f"{self.path} was there before this training. It is now {aside.name}; with its old "
              f"name back, --resume goes on from it.", flush=True)

    def now_and_then(self, more):
        if self.path is not None and time.monotonic() - self.last >= self.every:
            self.save(more())

    @property
    def goes_on(self):
        """Whether there is a file to resume from."""
        return self.path is not None and self.path.exists()

    def save(self, more):
        """Write the file; after a step that failed the previous file stays. A full disk is
        reported once, and does not stop the training: this file only serves to resume it."""
        if self.path is not None:
            with self._unless_full(), contextlib.suppress(StateError):
                self._write(lambda path: self.training.save(path, **more))
            self.last = time.monotonic()

    @contextlib.contextmanager
    def _unless_full(self):
        try:
            yield
        except OSError as error:
            if not self.full:
                print(f"Not written: {self.path} ({error.strerror or error})", flush=True)
            self.full = True

    def keep(self, network, made, **more):
        """Write a network that is done. made : str, how it was made, apart from its architecture;
        more : what else to keep, numbers and lists of them"""
        if self.path is not None:
            tree = {**_made(network, made), "theta": network.theta, "buffer": network.buffer,
                    "more": more}
            with self._unless_full():
                self._write(lambda path: state.save(path, tree))

    def kept(self, network, made):
        """If the file has this network, made in the same way, and resuming is wanted: fill in the
        network and return what `keep` was given as `more`; else None. A file that is damaged or of
        another network is reported and not used."""
        if not self._resumes():
            return None
        try:
            tree, wanted = state.load(self.path), _made(network, made)
            for name, text in wanted.items():
                if tree.get(name) != text:
                    raise StateError(f"{self.path}: expected {text}, got {tree.get(name)}")
        except (ValueError, OSError) as error:
            self._refuse(error)
            return None
        network.theta[...], network.buffer[...] = tree["theta"], tree["buffer"]
        self._own()
        return tree.get("more", {})

    def remove(self):
        """The training is over: its file is not needed any more. One that is not its own stays."""
        if self.path is not None:
            if self.before is None or self._identity() != self.before:
                self.path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # others' files are in the folder
                self.path.parent.rmdir()


def _made(network, made):
    return {"made by": f"{made}, numgan {numgan.__version__}", "network": network.description()}


def _slug(name):
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
