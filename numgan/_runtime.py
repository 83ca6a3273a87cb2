"""Threads and memory while networks compute: which cores work, and on what.

A matrix library divides every product among threads of its own, which wait for each other in each
of them, spinning. Where another process wants a core, such a wait may last a scheduler's turn, and
a step took up to a hundred times as long. So here a product has one BLAS thread, and what is large
is cut into parts (of a batch, of a vector) that Python threads take one after the other from a
common heap: NumPy lets them run at once, and a thread that loses its core holds up one part, not
all.

What a part is does not depend on the number of threads, and sums over parts are taken in the order
of the parts: the same seed gives the same bits on one thread and on many. (A matrix library's own
threads do not promise that, and with OpenBLAS's kernels for Haswell they do not keep it.)

The number of threads is the number of cores that this process may use, by its affinity mask and the
quota of its control group, and no more than the matrix library was told to use
(OPENBLAS_NUM_THREADS, joblib's workers, ``threadpoolctl.threadpool_limits``). NUMGAN_THREADS in the
environment, or the argument of `sharing_cores`, has the last word.

Importing this changes nothing. The matrix library is limited while `sharing_cores` lasts, and gets
back what it had when the last Python thread leaves it; what malloc is told (`keep_freed_memory`) is
told when the first one enters, and stays.
"""

from __future__ import annotations

import collections
import ctypes
import functools
import math
import os
import pathlib
import platform
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from ._types import Array

Part = TypeVar("Part")
Kind = TypeVar("Kind")

# -- how many threads ------------------------------------------------------------------------------


@functools.cache
def cores() -> int:
    """How many cores this process may use: its affinity mask, and its control group's quota."""
    allowed = (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity")
               else os.cpu_count() or 1)
    return max(1, math.ceil(min(allowed, quota())))


def quota(root: str = "/sys/fs/cgroup", own: str = "/proc/self/cgroup") -> float:
    """Cores by the quota of this process's control group, version 2 or 1; infinity without one."""
    try:
        groups = [line.split(":", 2)[2] for line in pathlib.Path(own).read_text().splitlines()]
    except (OSError, IndexError):
        groups = []
    found = math.inf
    for group in {"/", *groups}:
        folder = pathlib.Path(root, group.lstrip("/"))
        version1 = pathlib.Path(root, "cpu", group.lstrip("/"))
        for files in ([folder / "cpu.max"],
                      [version1 / "cpu.cfs_quota_us", version1 / "cpu.cfs_period_us"]):
            try:
                share, period = map(int, " ".join(file.read_text() for file in files).split())
            except (OSError, ValueError):  # no such file; or it says "max"
                continue
            if share > 0 < period:  # -1: no quota
                found = min(found, share / period)
    return found


def threads_wanted(threads: int | None = None) -> int | None:
    """`threads`, or else what NUMGAN_THREADS says, or else None."""
    if threads is not None:
        if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or threads < 1:
            raise ValueError(f"threads must be an integer >= 1, got {threads!r}")
        return int(threads)
    said = os.environ.get("NUMGAN_THREADS")
    if not said:
        return None
    if not (said.isdecimal() and int(said) > 0):
        raise ValueError(f"NUMGAN_THREADS: expected a number of threads, 1 or more, got {said!r}")
    return int(said)


# -- one BLAS thread -------------------------------------------------------------------------------


class _Here(threading.local):
    """What this Python thread is in the middle of."""

    depth = 0  # of the `sharing_cores` that it has entered
    threads = 1  # what the innermost says
    in_part = False  # it computes a part, which is not divided again


class _Blas:
    """The thread counts of the matrix libraries: 1 as long as anybody holds them, and what the
    first holder found when the last one lets go."""

    def __init__(self) -> None:
        self.lock, self.holders = threading.Lock(), 0
        self.found: list[int] = []

    def hold(self) -> int | None:
        """Returns how many threads they had, or None if there is none that says it."""
        with self.lock:
            if not self.holders:
                keep_freed_memory()
                self.found = [library.get_num_threads() for library in _libraries()]
            self.holders += 1
            self._set([1] * len(self.found))
            return min(filter(None, self.found), default=None)

    def release(self) -> None:
        with self.lock:
            self.holders -= 1
            if not self.holders:
                self._set(self.found)
            else:  # with OpenMP each Python thread has a count of its own
                self._set([found if _is_own(library) else 1
                           for library, found in zip(_libraries(), self.found)])

    @staticmethod
    def _set(counts: Iterable[int]) -> None:
        for library, count in zip(_libraries(), counts):
            _set_threads(library, count)


@functools.cache
def _libraries() -> list[Any]:
    try:
        import threadpoolctl
    except ModuleNotFoundError:  # then the libraries divide their products as they like
        return []
    return threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers


def _set_threads(library: Any, count: int) -> None:
    library.set_num_threads(count)
    # newer versions of threadpoolctl let one Python thread alone set the count, until that one is
    # done; here whoever holds the lock sets it
    if hasattr(library, "clear_controlling_thread"):
        library.clear_controlling_thread(force=True)


def _is_own(library: Any) -> bool:
    """Whether each Python thread has a count of its own, as with OpenMP."""
    return getattr(library, "threading_layer", None) == "openmp"


_here, _blas = _Here(), _Blas()


class sharing_cores:
    """``with sharing_cores(threads):`` a product has one BLAS thread, `in_parts` has `threads`.

    threads : int, or None: as the `with` around it, or else as the module says
    May be nested, and entered in several Python threads at once. It costs a few microseconds.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads

    def __enter__(self) -> int:
        self.before = _here.threads
        if not _here.depth:
            wanted = threads_wanted(self.threads)  # may refuse, so before anything is changed
            found = _blas.hold()
            _here.threads = wanted or min(cores(), found or cores())
        elif self.threads is not None:
            _here.threads = threads_wanted(self.threads) or 1
        _here.depth += 1
        return _here.threads

    def __exit__(self, *error: object) -> None:
        _here.depth -= 1
        _here.threads = self.before
        if not _here.depth:
            _blas.release()


# -- parts -----------------------------------------------------------------------------------------

PART_BYTES = 1 << 21  # of one array; in shorter parts threads wait too often for the interpreter
PRODUCT = 1 << 22  # multiplications, for which a core takes about 0.1 ms


def divide(count: int, bytes_each: int, part_bytes: int | None = None,
           most: int | None = None) -> list[slice]:
    """Slices of range(count), each of as many things as have about `part_bytes` (PART_BYTES)
    together: one, or an even number of slices, but at most `most`."""
    number = -(-count * bytes_each // (part_bytes or PART_BYTES))
    if number > 1:
        number = min(number + number % 2, most or count, count)
    bounds = [count * i // number for i in range(number)] + [count]
    return [slice(*ends) for ends in zip(bounds, bounds[1:])]


def is_large(array: Array) -> bool:
    """Whether `rows_of` gives it more than one part."""
    return array.nbytes > PART_BYTES


def rows_of(array: Array) -> list[slice]:
    """`divide` along an array's first axis."""
    return divide(len(array), array.nbytes // len(array))


def in_parts(function: Callable[[Part], Kind], parts: Sequence[Part]) -> list[Kind]:
    """[function(part) for part in parts], by this Python thread and those of the pool together.

    The function may write into arrays, each part into a place of its own. If it fails for a part,
    the parts not begun are left out, and the error is raised when no thread computes any more.
    """
    if len(parts) < 2 or _here.in_part:  # a pool never inside a pool
        return [function(part) for part in parts]
    with sharing_cores() as threads:
        if threads == 1:
            return [function(part) for part in parts]
        return _shared(function, parts, min(threads, len(parts)) - 1)


def at_once(function: Callable[[Part], Kind], things: Sequence[Part]) -> list[Kind]:
    """[function(thing) for thing in things], for long work on few things: one on each thread, which
    keeps its data in the cache of its core. With more threads than things one after the other, so
    that all may share the work on each. The bits are the same.
    """
    with sharing_cores() as threads:
        if threads > len(things):
            return [function(thing) for thing in things]
        return in_parts(function, things)


def in_rows(function: Callable[..., object], *arrays: Array) -> Array:
    """What function(out, *arrays) writes into `out`, an array like the first: of a function that
    does the same to each sample by itself, for a part of the samples at a time."""
    out = np.empty(arrays[0].shape, arrays[0].dtype)
    if is_large(out):
        in_parts(lambda rows: function(out[rows], *(array[rows] for array in arrays)),
                 rows_of(out))
    else:
        function(out, *arrays)
    return out


def product(a: Array, b: Array) -> Array:
    """a @ b of two matrices; a large one in parts, of the longer side of the result."""
    if len(a) * b.size < 8 * PRODUCT:
        return a @ b
    (rows, inner), columns = a.shape, b.shape[1]
    y = np.empty((rows, columns), a.dtype)
    if rows >= columns:
        in_parts(lambda part: np.matmul(a[part], b, out=y[part]),
                 divide(rows, inner * columns, PRODUCT))
    else:
        in_parts(lambda part: np.matmul(a, b[:, part], out=y[:, part]),
                 divide(columns, inner * rows, PRODUCT))
    return y


def sum_in_order(arrays: Iterable[Array]) -> Array:
    """The sum of arrays, taken in their order, into the first; they may be made one by one."""
    arrays = iter(arrays)
    total = next(arrays)
    for array in arrays:
        total += array
    return total


def _shared(function: Callable[[Part], Kind], parts: Sequence[Part], helpers: int) -> list[Kind]:
    todo, errors = collections.deque(enumerate(parts)), []
    results: list[Any] = [None] * len(parts)
    handling = np.geterr()  # of floating-point errors: a thread of the pool has another

    def work() -> None:
        _here.in_part = True
        try:
            with np.errstate(**handling):
                for index, part in iter(functools.partial(_take, todo), None):
                    results[index] = function(part)
        except BaseException as error:
            errors.append(error)
            todo.clear()
        finally:
            _here.in_part = False

    asked = [_pool.ask(work) for _ in range(_pool.grow(helpers))]
    try:
        work()
    finally:
        for begun, done in asked:
            if not begun.acquire(blocking=False):  # else it comes too late: nothing is left to do
                errors += _wait(done)
    if errors:
        raise errors[0]
    return results


def _wait(done: threading.Lock) -> list[BaseException]:
    """Whatever happens, until no thread writes any more. Returns a list of the interrupts."""
    interrupts: list[BaseException] = []
    while True:
        try:
            with done:  # which lets go of it if the interrupt comes just after it was taken
                return interrupts
        except KeyboardInterrupt as interrupt:
            interrupts.append(interrupt)


def _take(todo: collections.deque[tuple[int, Part]]) -> tuple[int, Part] | None:
    try:
        return todo.popleft()
    except IndexError:
        return None


class _Pool:
    """Python threads that wait for work, as many as were ever asked for at once."""

    def __init__(self) -> None:
        self.lock, self.size = threading.Lock(), 0
        self.asked: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def grow(self, size: int) -> int:
        with self.lock:
            for _ in range(self.size, size):
                threading.Thread(target=self._serve, name="numgan", daemon=True).start()
            self.size = max(self.size, size)
        return size

    def ask(self, work: Callable[[], None]) -> tuple[threading.Lock, threading.Lock]:
        """Ask one thread to work. Returns two locks: who takes `begun` first decides whether it
        still begins; `done` is free when it has done."""
        begun, done = threading.Lock(), threading.Lock()
        done.acquire()
        self.asked.put((work, begun, done))
        return begun, done

    def _serve(self) -> None:
        for library in filter(_is_own, _libraries()):
            _set_threads(library, 1)
        while True:
            work, begun, done = self.asked.get()
            if begun.acquire(blocking=False):
                work()
                done.release()
            del work  # and with it the arrays that it holds


_pool = _Pool()


def _after_fork() -> None:
    """In a child process: of all threads only the one that forked has come along."""
    global _blas, _pool
    held, _blas, _pool = _blas, _Blas(), _Pool()
    _blas.found, _blas.holders = held.found, min(_here.depth, 1)
    if held.holders and not _blas.holders:  # it was another thread that held them
        _blas._set(held.found)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


# -- memory ----------------------------------------------------------------------------------------

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of malloc.h


@functools.cache
def keep_freed_memory() -> bool:
    """Keep freed memory in the process, because a training step asks for the same arrays again.

    By default glibc returns large freed arrays to the kernel, and every page of the next array
    costs a fault and is cleared: a convolutional step took up to twice as long. Allocations up to
    32 MB now come from the heap, and the heap keeps up to 1 GB that is free. Only glibc is told,
    and only if nobody set the MALLOC_ environment variables that say the same.

    Returns True if glibc was told.
    """
    if platform.libc_ver()[0] != "glibc" or any(
            name in os.environ for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")):
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(MMAP_THRESHOLD, 32 << 20) and mallopt(TRIM_THRESHOLD, 1 << 30))
