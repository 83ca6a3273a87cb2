"""Files: written whole or not at all, where a link leads, with the mode they had; no remains."""

import os
import pathlib
import signal
import stat
import subprocess
import sys

import pytest

from numgan.files import replacing


def save(path, text="new"):
    with replacing(path) as temporary:
        temporary.write_text(text)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# -- whole or not at all ---------------------------------------------------------------------------


def test_a_file_appears_at_the_end_and_a_failure_changes_nothing(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    with replacing(path) as temporary:
        assert temporary.suffix == ".txt" and temporary.parent == path.parent
        temporary.write_text("one")
        assert not path.exists()
    assert path.read_text() == "one"
    with pytest.raises(ZeroDivisionError):
        with replacing(path) as temporary:
            temporary.write_text("half")
            1 / 0
    assert path.read_text() == "one" and names(path.parent) == ["file.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_what_is_no_file_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for path in tmp_path / "folder", tmp_path / "pipe":
        with pytest.raises(OSError, match="to be a file, got a folder or device"):
            save(path)
    assert names(tmp_path) == ["folder", "pipe"] and (tmp_path / "pipe").is_fifo()


# -- links and modes -------------------------------------------------------------------------------


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "abc").write_text("old")
    for name, target in ("a.txt", "store/abc"), ("b.txt", "a.txt"), ("c.txt", "store/new"):
        (tmp_path / name).symlink_to(target)
    for name, place in ("b.txt", "abc"), ("c.txt", "new"):  # a link to a link; one to nothing yet
        with replacing(tmp_path / name) as temporary:
            assert temporary.suffix == ".txt"  # a writer tells the format by the name it was given
            temporary.write_text(name)
        assert (tmp_path / name).is_symlink() and (tmp_path / "a.txt").is_symlink()
        assert (tmp_path / "store" / place).read_text() == name
    assert names(tmp_path / "store") == ["abc", "new"]


@pytest.mark.skipif(os.name != "posix", reason="no modes here")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o444])
def test_a_files_mode_is_kept_and_nobody_else_reads_it_meanwhile(tmp_path, mode):
    path = tmp_path / "file.txt"
    path.write_text("old")
    path.chmod(mode)
    with replacing(path) as temporary:
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
        temporary.write_text("new")
    assert stat.S_IMODE(path.stat().st_mode) == mode and path.read_text() == "new"


@pytest.mark.skipif(os.name != "posix", reason="no modes here")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_files_mode_is_the_umasks(tmp_path, mask):
    before = os.umask(mask)
    try:
        save(tmp_path / "file.txt")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.txt").stat().st_mode) == 0o666 & ~mask


# -- what a killed process leaves ------------------------------------------------------------------

WRITES = """
import sys, time
from numgan.files import replacing
with replacing(sys.argv[1]) as temporary:
    temporary.write_text("half")
    print(temporary, flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="no locks here")
def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    kept = [".film-0123abcd.gif", ".numgan-notes.txt", ".numgan-0123abcde.gif", "numgan-0123abcd"]
    for name in kept:
        (tmp_path / name).write_text("mine")
    os.mkfifo(tmp_path / ".numgan-01234567")  # a pipe of this name is not ours either
    running, killed = (subprocess.Popen([sys.executable, "-c", WRITES, str(tmp_path / name)],
                                        stdout=subprocess.PIPE, text=True)
                       for name in ("film.gif", "page.html"))
    try:
        alive, left = (pathlib.Path(one.stdout.readline().strip()) for one in (running, killed))
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert alive.exists() and left.exists() and left != alive
        with replacing(tmp_path / "a.txt") as one, replacing(tmp_path / "b.txt") as other:
            for temporary in one, other:  # of this very process
                temporary.write_text("new")
            assert alive.exists() and one.exists() and not left.exists()
    finally:
        for one in running, killed:
            one.kill()
            one.wait()
            one.stdout.close()
    save(tmp_path / "a.txt")
    assert names(tmp_path) == sorted([*kept, ".numgan-01234567", "a.txt", "b.txt"])
