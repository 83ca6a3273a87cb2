"""Ctrl-C, progress bars and what is written, as a shell sees them: in processes of their own."""

import fcntl
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time

import pytest

from demos import common

ROOT = pathlib.Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1",
               "OPENBLAS_NUM_THREADS": "1"}


def command(code, *arguments, stderr=subprocess.PIPE):
    """A process that runs Python code (from a string) or a module (by its name)."""
    how = ["-m", code] if re.fullmatch(r"[\w.]+", code) else ["-c", code]
    return subprocess.Popen([sys.executable, *how, *map(str, arguments)], text=True,
                            stdout=subprocess.PIPE, stderr=stderr, env=ENVIRONMENT, cwd=ROOT)


def interrupt(process, after=None, delay=0.0):
    """Ctrl-C `delay` seconds after the line of standard output that holds `after`.
    Returns (exit code, standard output, standard error)."""
    lines = []
    for line in process.stdout if after else ():
        lines.append(line)
        if after in line:
            break
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    late = threading.Timer(60, process.kill)
    late.start()
    # not `communicate`, which would lose the lines that are read already and not yet given out
    out, error = "".join(lines) + process.stdout.read(), process.stderr.read()
    code = process.wait()
    late.cancel()
    return code, out, error


# Not one long sleep: a signal that comes between Python's last look for one and the call of the
# system would wait until its end.
SLEEP = "for _ in range(300): time.sleep(0.1)"
MAIN = f"""
import time
from demos.common import run_main
def main():
    try:
        print("training")
        {SLEEP}
    except KeyboardInterrupt:
        print("what there is")
{{after}}
run_main(main)
"""


@pytest.mark.parametrize("after", ["", "    return 0", f"    {SLEEP}"])
def test_the_exit_code_is_130_whatever_main_returns(after):
    process = command(MAIN.format(after=after))
    if "sleep" in after:  # pressed twice
        assert process.stdout.readline() == "training\n"
        process.send_signal(signal.SIGINT)
        code, out, error = interrupt(process, "what there is")
        assert error == "Interrupted.\n"
    else:
        code, out, error = interrupt(process, "training")
        assert error == ""
    assert code == 130 and "what there is" in out


@pytest.mark.parametrize("returned, code", [("None", 0), ("0", 0), ("1", 1)])
def test_without_ctrl_c_the_exit_code_is_what_main_returns(returned, code):
    process = command(f"from numgan.running import run_main; run_main(lambda: {returned})")
    assert process.wait(timeout=60) == code


@pytest.mark.slow
def test_memory_that_cannot_be_had_is_a_sentence():
    process = command("demos.ring_stability", "--width", 100_000_000)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 1 and error.startswith("Not enough memory. ")
    assert "Unable to allocate" in error and error.count("\n") == 1


def test_ctrl_c_in_a_callback_that_cannot_raise_comes_again():
    code, out, error = interrupt(command(f"""
import time, weakref
from numgan.running import run_main
class Thing: pass
def main():
    thing = Thing()
    reference = weakref.ref(thing, lambda _: (print("in a callback"), time.sleep(1)))
    del thing
    print("went on")
    {SLEEP}
run_main(main)
"""), "in a callback")
    assert (code, error) == (130, "Interrupted.\n")


@pytest.mark.parametrize("module, importing", [
    ("demos.digits", "numpy"), ("demos.digits", "matplotlib"), ("numgan.gradcheck", "numpy")])
def test_while_it_is_still_importing(module, importing):
    process = subprocess.Popen([sys.executable, "-X", "importtime", "-m", module], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
                               cwd=ROOT)
    next(line for line in process.stderr if importing in line)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130 and out == "" and "Traceback" not in error


@pytest.mark.parametrize("how", [["-m", "other.module"], ["-c", "import other", "-m", "numgan.x"]])
def test_importing_numgan_leaves_ctrl_c_alone(how, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "__init__.py").write_text(
        "import signal, numgan, demos\n"
        "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)")
    (tmp_path / "other" / "module.py").touch()
    assert subprocess.run([sys.executable, *how], env=ENVIRONMENT, cwd=tmp_path, text=True,
                          capture_output=True).stdout == "True\n"


WAITS = f"""
import pkgutil, sys, time
from numgan.running import run_main

def wait(place, count):
    "Before its call number `count`, the function there says so, and waits to be interrupted."
    owner, name = place.rsplit(".", 1)
    owner = pkgutil.resolve_name(owner)
    real, calls = getattr(owner, name), []
    def waiting(*arguments, **options):
        calls.append(1)
        if len(calls) == int(count):
            print("<here>", flush=True)
            {SLEEP}
        return real(*arguments, **options)
    setattr(owner, name, waiting)

pkgutil.resolve_name("demos.mode_collapse").FRAMES = 3
demo, *arguments = sys.argv[1:]
while arguments[0] == "wait":
    wait(*arguments[1:3])
    del arguments[:3]
run_main(lambda: pkgutil.resolve_name(demo).main(arguments))
"""
FILM = ["film.gif", "film.html", "final.png"]
NETWORKS = ["average.npz", "discriminator.npz", "generator.npz"]
COLLAPSE = "demos.mode_collapse", "--steps", "30", "--jobs", "1"
DIGITS = "demos.digits", "--steps", "4"
TABLE = "(a perfect sampler)"
START, COUNT = "numgan.presets:Preset.start", "numgan.metrics.mode_statistics"
FILMING = "numgan.plotting.save_film"


@pytest.mark.slow
@pytest.mark.parametrize("demo, place, count, files, said", [
    (COLLAPSE, START, 1, [], ["Interrupted: what there is"]),  # two are only tried
    (COLLAPSE, START, 3, [], ["Interrupted: what there is"]),
    (COLLAPSE, START, 4, FILM, [TABLE, "With it, no cure: not trained.", "Written: "]),
    (COLLAPSE, FILMING, 1, ["final.png"], [TABLE, "final.png\nNot written: "]),
    (DIGITS, "numgan.plotting.image_grid", 1, NETWORKS + ["curves.png", "film.gif", "final.png"],
     ["1 steps in", "then interrupted", "Written: "]),
    (DIGITS, "numgan.networks.network:Network.save", 2, ["generator.npz"], ["Not written: "]),
    (DIGITS, "numgan.metrics.digit_classifier", 1,
     NETWORKS + ["curves.png", "film.gif", "final.png"], ["Written: "]),
], ids=lambda value: value if isinstance(value, str) else "")
def test_ctrl_c_leaves_what_there_is(demo, place, count, files, said, tmp_path):
    demo, *arguments = demo
    process = command(WAITS, demo, "wait", place, count, *arguments, "--out", tmp_path)
    code, out, error = interrupt(process, "<here>")
    assert code == 130 and error in ("", "Interrupted.\n")
    assert [words for words in said if words not in out] == []
    assert kept(tmp_path) == sorted(files)


def kept(folder):
    """Networks, pictures and films there, but those of a training on its way."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("step")
                  and path.suffix in (".npz", ".png", ".gif", ".html"))


def test_ctrl_c_twice(tmp_path):
    process = command(WAITS, COLLAPSE[0], "wait", COUNT, 9, "wait", FILMING, 1, *COLLAPSE[1:],
                      "--out", tmp_path)
    next(line for line in process.stdout if "<here>" in line)
    process.send_signal(signal.SIGINT)
    code, out, error = interrupt(process, "<here>")
    assert (code, error) == (130, "Interrupted.\n")
    assert TABLE in out and "With it, no cure: not trained" in out
    assert kept(tmp_path) == ["final.png"]


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_ctrl_c_in_the_gradient_checks(delay):
    code, out, error = interrupt(command("numgan.gradcheck"), "LeakyReLU", delay)
    assert (code, error) == (130, "")
    cases = int(re.search(r"^Interrupted: (\d+) of \d{3} cases were checked\.$", out, re.M)[1])
    begun = re.findall(r"^\S.*$", out.split("\nInterrupted")[0], re.M)[1:]  # the first is a title
    assert cases in (len(begun) - 1, len(begun))  # pressed within a case, or between two
    assert f"{cases} cases passed, 0 failed; " in out and "\nworst " in out


# -- bars ------------------------------------------------------------------------------------------

BAR = "from numgan.running import progress\nfor _ in progress(range(3), desc='bar'): pass"


def test_no_bar_where_standard_error_is_no_terminal():
    assert command(BAR).communicate(timeout=60)[1] == ""


def test_a_bar_on_a_terminal():
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))  # rows, columns
    process = command(BAR, stderr=theirs)
    os.close(theirs)
    seen = []

    def read():
        try:
            while text := os.read(ours, 4096):
                seen.append(text)
        except OSError:  # its other end is closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    process.communicate(timeout=60)
    reader.join()
    os.close(ours)
    assert b"bar: 100%" in b"".join(seen)


def test_all_bars_are_of_this_kind():
    others = [path for folder in ("demos", "numgan") for path in (ROOT / folder).rglob("*.py")
              if path.name != "running.py" and "tqdm(" in path.read_text(encoding="utf-8")]
    assert not others


# -- files -----------------------------------------------------------------------------------------


def press():
    raise KeyboardInterrupt


def test_write_says_what_there_is_and_what_is_not(capsys):
    done, out = [], pathlib.Path("out")
    files = {"a.png": lambda: done.append("a"), "b.gif, b.html": press,
             "c.png": lambda: done.append("c")}
    with pytest.raises(KeyboardInterrupt):
        common.write(out, files)
    assert done == ["a"] and capsys.readouterr().out == (
        f"Written: {out / 'a.png'}\n"
        f"Not written: {out / 'b.gif'}, {out / 'b.html'}, {out / 'c.png'}\n")
    common.write(out, {"a.png": lambda: None})
    assert capsys.readouterr().out == f"Written: {out / 'a.png'}\n"


FULL = """
import errno, pathlib
from demos import common
def full():
    raise OSError(errno.ENOSPC, "No space left on device")
def main():
    for _ in range(2):
        with common.attempt(pathlib.Path("step1.png")):
            full()
    common.write(pathlib.Path("out"), {"g.npz": lambda: None, "a.gif, a.html": full,
                                       "b.png": lambda: None})
common.run_main(main)
"""


def test_a_full_disk_costs_what_does_not_fit_and_the_code_tells():
    process = command(FULL)
    out, error = process.communicate(timeout=60)
    place = pathlib.Path("out")
    assert process.returncode == 1 and error == ""
    assert out.splitlines() == [
        *2 * ["Not written: step1.png (No space left on device)"],
        f"Not written: {place / 'a.gif'}, {place / 'a.html'} (No space left on device)",
        f"Written: {place / 'g.npz'}, {place / 'b.png'}"]


def test_a_file_that_cannot_be_read_is_a_sentence():
    process = command("from numgan.running import run_main\nrun_main(lambda: open('nowhere'))")
    out, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error == "FileNotFoundError: [Errno 2] No such file or directory: 'nowhere'\n"


# -- the list --------------------------------------------------------------------------------------


def test_every_demo_is_listed_with_a_line_and_a_time():
    run = subprocess.run([sys.executable, "-m", "demos"], env=ENVIRONMENT, cwd=ROOT, text=True,
                         capture_output=True)
    time = r"(?:(?:an?|half an?|\d+) (?:seconds?|minutes?|hour)|a few seconds|hours|as you like)"
    listed = re.findall(rf"^  ([\w.]+) +{time}  +\w.*$", run.stdout, re.M)
    modules = {".".join(path.relative_to(ROOT / "demos").with_suffix("").parts).removesuffix(
                   ".__main__")
               for path in (ROOT / "demos").rglob("*.py")
               if "\n    run_main(main)\n" in path.read_text(encoding="utf-8")}
    assert run.returncode == 0 and sorted([*listed, "__main__"]) == sorted(modules)
    assert max(map(len, run.stdout.splitlines())) <= 100
