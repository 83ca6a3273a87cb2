"""Files: written whole or not at all, where a link leads, with the mode they had; no remains."""

import errno
import importlib.util
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from demos import (common, conditional_digits, infogan, labelled, latent_walks, ring_stability,
                   variants_page)
from demos.arguments import QUICK
from demos.speed import turns
from demos.text_to_image import __main__ as text_to_image
from numgan import metrics, plotting
from numgan._files import replacing, writable_folder
from numgan.data.captions import CaptionData

try:
    import resource
except ImportError:
    resource = None


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
from numgan._files import replacing
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


# -- folders to write into -------------------------------------------------------------------------


def test_a_writable_folder_is_made_and_left_empty(tmp_path):
    for _ in range(2):
        writable_folder(tmp_path / "new" / "deep")
        assert names(tmp_path) == ["new"] and names(tmp_path / "new" / "deep") == []


def unwritable(tmp_path):
    """(folder, what is said of it) of each kind that there is on this computer."""
    (tmp_path / "taken").write_text("")
    yield tmp_path / "taken", "taken is a file, not a folder"
    yield tmp_path / "taken" / "below" / "deep", "taken is a file, not a folder"
    yield tmp_path / ("x" * 1000), "name too long"
    if pathlib.Path("/proc/self").exists():  # where not even root can make a folder or a file
        yield pathlib.Path("/proc"), "cannot write into /proc: "
        yield pathlib.Path("/proc/below"), "cannot write into /proc/below: "
    if os.name == "posix" and os.getuid() != 0:
        (tmp_path / "locked").mkdir(mode=0o500)
        yield tmp_path / "locked", "Permission denied"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    for folder, message in unwritable(tmp_path):
        with pytest.raises(OSError) as error:
            writable_folder(folder)
        assert message in str(error.value) and str(folder) in str(error.value)


def test_a_full_disk_is_refused(tmp_path, monkeypatch):
    def full(handle):  # some disks tell only then
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="cannot write into .*: No space left on device"):
        writable_folder(tmp_path / "new")
    assert names(tmp_path / "new") == []


@pytest.mark.parametrize("total, free, refused", [
    (10 ** 12, 5_400_000, True), (10 ** 12, 10 ** 11, False), (0, 0, False)])
def test_a_disk_with_little_room_is_refused(tmp_path, monkeypatch, total, free, refused):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: (total, total - free, free))
    if refused:
        with pytest.raises(OSError, match="into .*: expected room for 20 MB, got 5.4"):
            writable_folder(tmp_path)
    else:  # nothing is known of some devices
        writable_folder(tmp_path)
    assert names(tmp_path) == []


@pytest.mark.skipif(resource is None, reason="no limits here")
def test_a_disk_with_room_for_names_alone_is_refused_by_a_demo(tmp_path):
    """A limit of the size of files does what a full disk does."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    ended = subprocess.run([sys.executable, "-m", "demos.dirac", "--out", str(tmp_path)],
                           preexec_fn=limit, capture_output=True, text=True, timeout=60,
                           cwd=pathlib.Path(__file__).parent.parent)
    assert ended.returncode == 2 and names(tmp_path) == []
    assert ended.stderr.splitlines()[-1].endswith(
        f"error: cannot write into {tmp_path}: File too large")


DEMOS = ["art", "balance", "bug_museum", "clusters", "code_repair", "conditional_digits", "digits",
         "dirac", "face_aging", "infogan", "inpainting", "latent_walks", "mode_collapse", "pix2pix",
         "ring_stability", "speed", "starts", "structures", "style", "tables", "text_to_image",
         "text_to_image.changes", "theory", "tips", "truncation", "variants", "xray"]

# arguments without which there is no run, or none without MNIST, which the tests do not need, or
# many pictures are made first
NEEDED = {"tables": ["parzen"], "inpainting": ["--data", "houses", "--quick"],
          "pix2pix": ["--quick"], "truncation": ["--quick"]}


def demo_of(name):
    """The module whose `main` is ``python -m demos.NAME``: of a package its `__main__`."""
    name = f"demos.{name}"
    package = importlib.util.find_spec(name).submodule_search_locations
    return importlib.import_module(f"{name}.__main__" if package else name)


def test_these_are_the_demos_that_write():
    folder = pathlib.Path(common.__file__).parent
    found = {".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__main__")
             for path in [*folder.glob("*.py"), *folder.glob("*/*.py")]
             for text in [path.read_text(encoding="utf-8")]
             if "def main(" in text
             and re.search(r'\bout=(True|folder|lambda)|= parser_of\(|"--out"', text)}
    assert found == set(DEMOS)


@pytest.mark.parametrize("name", DEMOS)
def test_every_demo_refuses_an_unwritable_folder_before_it_trains(tmp_path, capsys, name):
    demo = demo_of(name)
    for folder, message in unwritable(tmp_path):
        with pytest.raises(SystemExit) as ended:
            demo.main([*NEEDED.get(name, []), "--out", str(folder)])
        out, error = capsys.readouterr()
        assert ended.value.code == 2 and out in ("", f"{QUICK}\n")
        assert f"error: cannot write into {folder}" in error and message in error


def test_walks_refuse_if_their_generator_could_not_be_written(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").write_text("")
    with pytest.raises(SystemExit):
        importlib.import_module("demos.latent_walks").main(["--out", str(tmp_path / "walks")])
    assert "cannot write into out/conditional_digits: out is a file" in capsys.readouterr().err


# -- a disk that fills while a demo runs -----------------------------------------------------------

SHORT = {  # demo → arguments, what must be written all the same, what is missed
    "art": (["--quick", "--steps", "2"],
            ["can_0.npz", "first_0.npz", "gan_0.npz", "patches_0.npz", "results.json"],
            ["can_0.gif", "first_0.gif", "gan_0.gif", "originals_0.png", "sheet_0.png"]),
    "balance": (["--quick"], ["results.json", "table.txt"], ["balance_grid.png",
                                                             "duels_grid.png"]),
    "inpainting": (["--quick", "--data", "houses"],
                   ["encoder_gan.npz", "encoder_l2.npz", "generator.npz", "results.json"],
                   ["inpainting.png", "completions.png", "inversion.gif", "samples.png"]),
    "pix2pix": (["--quick", "--only", "gan"], ["generator_gan.npz", "results.json"],
                ["pix2pix.png", "film.gif"]),
    "code_repair": (["--quick", "--only", "gan"],
                    ["discriminator.npz", "generator.npz", "results.json"], ["code_repair.png"]),
    "bug_museum": (["--quick", "--only", "sign"], ["results.json"], ["bug_museum.png"]),
    "starts": (["--quick"], ["results.json"], ["starts.png"]),
    "structures": ([], [], ["gan.png", "sheet.png"]),
    "tables": (["unrolled-ring", "--quick"], ["results.json", "table.txt"],
               ["table_unrolled-ring.png"]),
    "truncation": (["--quick"], ["generator_grid.npz", "generator_ring.npz", "results.json"],
                   ["truncation_grid.png", "truncation_ring.png"]),
    "face_aging": (["--quick"], ["generator_0.npz", "results.json"],
                   ["made.png", "faces.png", "film.gif"]),
    "style": (["--quick"], ["generator_0.npz", "results.json"],
              ["mixing.png", "psi.png", "walks.png", "noise.png", "film.gif"]),
    "xray": (["--quick"], ["results.json"], ["xray.png", "xray.gif", "xray.html"]),
    "digits": (["--steps", "2", "--width", "2", "--latent", "3"],
               ["average.npz", "discriminator.npz", "generator.npz", "results.json"],
               ["step000001.png", "final.png", "curves.png", "film.gif"]),
    "conditional_digits": (["--steps", "2"], ["average.npz", "discriminator.npz", "results.json"],
                           ["grid.png", "film.gif"]),
    "infogan": (["--steps", "2"], ["average.npz", "discriminator.npz", "results.json"],
                ["codes.png", "film.gif"]),
    "latent_walks": (["--steps", "2"], [], ["walks.png", "morphs.png", "arithmetic.png",
                                            "film.gif"]),
    "text_to_image": (["--steps", "2", "--size", "16"],
                      ["generator.npz", "results.json", "settings.json"],
                      ["held_out.png", "film.gif", "grid.png"]),
    "clusters": (["--steps", "2", "--points", "100"], ["results.json"],
                 ["clusters.png", "dendrograms.png"]),
    "mode_collapse": (["--steps", "2"], ["results.json"], ["final.png", "film.gif", "film.html"]),
    "dirac": (["--steps", "5", "--only", "minimax"], [], ["dirac.png", "film.gif", "film.html"]),
    "ring_stability": (["--steps", "2", "--width", "4"], [],
                       ["ring_stability.png", "ring_stability_samples.png"]),
    "theory": (["--quick", "--only", "slopes"], ["results.json"], ["theory_slopes.png"]),
    "speed": (["--quick"], ["results.json"], ["speed.png"]),
    "tips": (["--steps", "2", "--only", "1", "--seeds", "0", "1"],
             ["results.json", "table.txt"], ["tips.png"]),
    "variants": (["--steps", "2", "--only", "lsgan"], ["results.json"],
                 ["variants.png", "index.html"]),
}


class Judge:
    """Stands for the classifier, whose training takes seconds."""

    classes = np.arange(10)

    def predict_proba(self, images):
        return np.eye(10)[np.arange(len(images)) % 10] * 0.95

    def accuracy(self, images, labels):
        return 1.0


@pytest.fixture
def short(monkeypatch, tmp_path):
    monkeypatch.setattr(metrics, "digit_classifier", lambda *given: Judge())
    for demo in labelled, infogan:
        monkeypatch.setitem(demo.RECIPES, "digits", dict(size=8, steps=2, width=2, hidden=4,
                                                         latent=3, rate=1e-3, weight=1.0))
    for demo in conditional_digits, infogan:
        monkeypatch.setattr(demo, "JUDGED", 50)
    for demo in demo_of("digits"), conditional_digits:
        monkeypatch.setattr(demo, "LENET_STEPS", 2)
        monkeypatch.setattr(demo, "RESAMPLES", 2)
    for name, value in ("STOPS", 2), ("WALKS", 20), ("MEASURED", 50):
        monkeypatch.setattr(latent_walks, name, value)
    monkeypatch.setattr(text_to_image, "RECIPE", {**text_to_image.RECIPE, "width": 4, "d_width": 2,
                                                  "hidden": 4, "features": 3, "batch_size": 4})
    monkeypatch.setattr(text_to_image, "CaptionData",
                        lambda size: CaptionData(size, triples=0, share=0.003))
    monkeypatch.setattr(text_to_image, "SHOWN", 6)
    monkeypatch.setattr(turns, "contestants", lambda *given: ["numgan"])
    monkeypatch.setattr(ring_stability, "MOMENTS", 1)
    monkeypatch.setattr(ring_stability, "JACOBIAN_BATCH", 32)
    monkeypatch.setattr(common, "_failed", [])
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in DEMOS if name != "text_to_image.changes"])
def test_a_disk_that_fills_costs_pictures_and_nothing_else(short, tmp_path, monkeypatch, capsys,
                                                           name):
    """No picture fits, whose demo goes on to its end, with networks, figures and tables. (The one
    that is left out draws none.)"""
    arguments, kept, missed = SHORT[name]

    def full(*given, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    for module, function in ((plotting, "save_figure"), (plotting, "save_film"),
                             (variants_page, "write"), (Figure, "savefig")):
        monkeypatch.setattr(module, function, full)
    demo, out = demo_of(name), tmp_path / "there"
    assert demo.main([*arguments, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    lines = [line for line in said.splitlines() if line.startswith("Not written: ")]
    assert all(line.endswith(" (No space left on device)") for line in lines)
    for file in missed:
        assert any(str(out / file) in line for line in lines), file
    assert names(out) == kept and common._failed
    for line in said.splitlines():
        assert not line.startswith("Written: ") or not any(file in line for file in missed)
