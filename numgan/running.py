"""How a command of this package runs: a progress bar where somebody looks, and an end at Ctrl-C.

While `python -m numgan.NAME` or `python -m demos.NAME` is still importing, there is nothing to keep
and Ctrl-C ends it at once. Importing this module sees to that, so `numgan` imports it first.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from ._optional import needed_by

INTERRUPTED = 130  # the exit code that shells give for Ctrl-C: 128 + SIGINT


def progress(iterable: Iterable[Any] | None = None, **options: Any) -> Any:
    """tqdm's bar with its options, on standard error; none where that is no terminal."""
    with needed_by("a progress bar"):
        from tqdm import tqdm
    return tqdm(iterable, disable=None, **options)


def run_main(main: Callable[[], object]) -> NoReturn:
    """Call `main` and end the process with the exit code that it returns (None for 0).

    After Ctrl-C the code is INTERRUPTED, whatever `main` returns. It raises KeyboardInterrupt
    wherever `main` is, and again if pressed again; where `main` has something to save or to show,
    it catches that. What it does not catch ends here, without a traceback, and so does what no
    argument shows to be too much: memory that cannot be had, a file that cannot be written or
    read, a package that is not installed, end with the code 1.
    """
    pressed = False

    def press(number: int, frame: types.FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as of a job in the background
        signal.signal(signal.SIGINT, press)
        sys.unraisablehook = _press_again
    try:
        code: Any = main()
    except KeyboardInterrupt:
        code = INTERRUPTED
        print("Interrupted.", file=sys.stderr)
    except MemoryError as error:
        code = 1
        print(f"Not enough memory. Smaller numbers on the command line need less. {error}",
              file=sys.stderr)
    except ModuleNotFoundError as error:
        code = 1
        print(error, file=sys.stderr)
    except OSError as error:
        code = 1
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the rest is the interpreter's end
    sys.exit(INTERRUPTED if pressed else code)


def _press_again(unraisable: Any) -> None:
    """Ctrl-C in a callback from which nothing can be raised, such as that of a weak reference,
    would be lost: it comes again, a moment later."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(unraisable)


def _end_at_once(number: int, frame: types.FrameType | None) -> None:
    os._exit(INTERRUPTED)


if (sys.argv[:1] == ["-m"]  # so it is while the packages around the module to run are imported
        and sys.orig_argv[sys.orig_argv.index("-m") + 1].startswith(("numgan.", "demos"))
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler):
    signal.signal(signal.SIGINT, _end_at_once)
