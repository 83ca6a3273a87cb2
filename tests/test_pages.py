"""README.md and the pages are true: their Python runs, their links, pictures, commands and options
exist, and their tables are those that `python -m demos.pages` makes."""

import contextlib
import importlib
import io
import json
import re
import shlex

import numpy as np
import pytest

from demos import pages, results
from demos.page_tables import games
from demos.page_tables.writing import by_method, made_by
from numgan import data, models
from numgan.gradcheck import GradientError

ROOT = pages.ROOT
TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in pages.pages()}
BLOCKS = [(name, block) for name, text in TEXTS.items()
          for block in re.findall(r"```python\n(.*?)```", text, re.S)]
page = pytest.mark.parametrize("name", TEXTS)


@pytest.mark.parametrize("name, block", [
    pytest.param(name, block, marks=pytest.mark.slow if "mode_statistics" in block else ())
    for name, block in BLOCKS], ids=[f"{name}: {block.split()[-1]:.20}" for name, block in BLOCKS])
def test_python_runs(name, block, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("images.npy", np.arange(256, dtype=np.uint8).repeat(100).reshape(100, 16, 16, 1))
    np.save("names.npy", np.array(["cat", "dog"]).repeat(50))
    if ".load(" in block:
        models.dcgan_generator(16, 1, hidden=256, rng=0).save("generator.npz")
    names = {"__name__": "page"}
    with without_new(data.DATA_SETS):
        exec(compile(block.replace("steps=6000", "steps=2"), name, "exec"), names)
    if "film.gif" in block:
        assert (tmp_path / "sheet.png").exists() and (tmp_path / "film.gif").exists()
    if "images.npy" in block:
        assert names["samples"].shape == (100, 16, 16, 1)
        assert (tmp_path / "generator.npz").exists()
    if name == "README.md":  # the first thing a newcomer trains ends well
        modes, quality = re.search(r"(\d)/8 modes, ([\d.]+) % high",
                                   capsys.readouterr().out).groups()
        assert int(modes) >= 7 and float(quality) > 80


@contextlib.contextmanager
def without_new(registry):
    """What is registered in the block is taken out again."""
    before = set(registry)
    try:
        yield
    finally:
        for name in set(registry) - before:
            del registry[name]


def test_there_is_python_to_run():
    assert [name for name, _ in BLOCKS] == ["README.md", "demos/pages/layers.md",
                                            "demos/pages/metrics.md",
                                            *["demos/pages/training.md"] * 5]


def test_the_failure_message_is_what_the_check_says():
    name, block = next(one for one in BLOCKS if "class PReLU" in one[1])
    with pytest.raises(GradientError) as caught:
        exec(block.replace(".sum(axis=0)", ".mean(axis=0)"), {"__name__": "page"})
    assert f"GradientError: {caught.value}" in TEXTS[name]


@page
def test_links_and_pictures_exist(name):
    for link in re.findall(r"(?:\]\(|src=\")(?!https?:)([^)#\"]+)", TEXTS[name]):
        assert ((ROOT / name).parent / link).exists(), link


@page
def test_below_a_picture_stands_what_one_sees(name):
    """Below one or several; README tells it in its first paragraph."""
    if name == "README.md":
        return
    found = re.findall(r"(?:^!\[[^]]*\]\([^)]*\)\n\n)+(.{10})", TEXTS[name], re.M | re.S)
    assert set(found) <= {"*One sees:"}


@page
def test_files_and_folders_that_are_named_exist(name):
    for path in re.findall(r"`((?:demos|numgan|tests|\.ci)/[\w./]*)`", TEXTS[name]):
        assert (ROOT / path).exists() or path.endswith(".json"), path


def commands(text):
    """[(module, words)] of each python -m demos.NAME or numgan.NAME, and README's own options for
    it, which stand behind the command in the same row of a table."""
    found = []
    for line in text.split("\n"):
        spans = ([line] if line.startswith(("python -m", "pip install")) else
                 re.findall(r"`([^`]+)`", line))
        module = None
        for span in spans:
            match = re.search(r"python -m ((?:demos|numgan)[\w.]*)([^&]*)", span)
            if match:
                module = match[1]
                found.append((module, shlex.split(match[2], comments=True)))
            elif module and span.startswith("--"):
                found.append((module, shlex.split(span)))
    return found


ALL = {(name, module, " ".join(words)) for name, text in TEXTS.items()
       for module, words in commands(text)}


@pytest.mark.parametrize("module", sorted({module for _, module, _ in ALL}))
def test_commands_and_their_options_exist(module):
    try:
        main = importlib.import_module(module + ".__main__").main
    except ModuleNotFoundError:
        main = importlib.import_module(module).main
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    known = set(re.findall(r"--[\w-]+", said.getvalue()))
    for name, _, words in {one for one in ALL if one[1] == module}:
        missing = set(re.findall(r"(?:^| )(--[\w-]+)", words)) - known
        assert not missing, (name, words)


def test_readme_is_a_front_page_that_leads_to_every_page():
    assert TEXTS["README.md"].count("\n") <= 150
    for name in TEXTS:
        assert name == "README.md" or f"]({name})" in TEXTS["README.md"], name
    for word in "demos.mode_collapse", "pytest":  # as .ci/run finds them
        assert len(re.findall(f"^pip install.*{word}", TEXTS["README.md"], re.M)) == 1


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "CHANGELOG.md"])
def test_a_page_long(name):
    assert TEXTS[name].count("\n") <= 100


@page
def test_tables_are_those_that_the_command_makes(name):
    assert pages.rendered(TEXTS[name], name) == TEXTS[name], "run python -m demos.pages"


def test_every_table_has_its_place_and_every_measured_one_says_what_made_it():
    places = [place[3] for text in TEXTS.values() for place in pages.PLACE.finditer(text)
              if place[2] == "table"]
    assert sorted(places) == sorted(pages.TABLES)
    for name, table in pages.TABLES.items():
        assert (name in ("family", "api", "layers", "bug-museum-code")
                or "*Made by `python -m demos." in table())


def test_every_result_file_is_shown_and_says_what_made_it():
    for path in results.FOLDER.iterdir():
        found = results.read(path)
        said = [found["command"].replace("|", "\\|"), re.sub(
            r" --seed \d+| --only( [^-]\S*)+", "", found["command"]) + " --seed S`, S = ", re.sub(
            r" --only( [^-]\S*)+", "", found["command"]) + "`, some rows apart or again"]
        assert any(command in text for text in TEXTS.values() for command in said), path
        for run in found["runs"]:
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", run["date"]) and run["numgan"]


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """One page and the results, to be changed."""
    folder = tmp_path / "results"
    folder.mkdir()
    for path in results.FOLDER.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    path = tmp_path / "page.md"
    path.write_text(f"Before.\n\n<!-- table: text-to-image -->\n{pages.TABLES['text-to-image']()}\n"
                    "<!-- end -->\n\nAfter.\n", encoding="utf-8")
    monkeypatch.setattr(results, "FOLDER", folder)
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "pages", lambda: [path])
    return path


def test_a_changed_figure_is_noticed_and_written(copy, capsys):
    assert pages.main(["--check"]) == 0
    file = results.FOLDER / "text_to_image_0.json"
    found = results.read(file)
    found["runs"][1]["shape"] = 0.3456
    results.write(file, found["command"], found["settings"], found["runs"])
    before = copy.read_text(encoding="utf-8")
    assert pages.main(["--check"]) == 1 and copy.read_text(encoding="utf-8") == before
    assert "page.md: a table is not" in capsys.readouterr().out
    assert pages.main([]) == 0 and pages.main(["--check"]) == 0
    after = copy.read_text(encoding="utf-8")
    assert "34.6 %" in after and "34.6 %" not in before
    assert after.startswith("Before.\n") and after.endswith("\nAfter.\n")


@pytest.mark.parametrize("text, message", [
    ("<!-- table: nobodys -->\n<!-- end -->\n", "to be of family, .*got nobodys"),
    ("<!-- table: tips -->\n", "every table of page.md to stand between"),
    ("<!-- source: numgan.SGD -->\n", "every source of page.md to stand between"),
    ("<!-- source: numgan.SGD.walk -->\n<!-- end -->\n", "of this repository, got numgan.SGD.walk"),
    ("<!-- source: numpy.mean -->\n<!-- end -->\n", "of this repository, got numpy.mean"),
    ("<!-- source: numgan.data.DATA_SETS -->\n<!-- end -->\n", "of this repository, got numgan.da"),
])
def test_a_place_that_cannot_be_filled_is_an_error(copy, capsys, text, message):
    copy.write_text(text)
    with pytest.raises(SystemExit) as ended:
        pages.main([])
    assert ended.value.code == 2 and re.search(message, capsys.readouterr().err)
    assert copy.read_text() == text


def test_a_source_is_shown_without_its_docstring():
    shown = pages.source("numgan.losses.Minimax.generator")
    assert shown == """[`numgan/losses/gan.py`](../../numgan/losses/gan.py), `Minimax.generator`:

```py
def generator(self, fake_logits: Array,
              real_logits: Array | None = None) -> tuple[float, Array]:
    value, gradient = binary_cross_entropy_with_logits(0, fake_logits)
    return -value, -gradient
```"""
    assert pages.source("numgan.pairs.x_of").endswith("""-> Array:
    return samples.x if isinstance(samples, Pair) else samples
```""")


def test_a_run_of_several_seeds_is_shown_by_mean_and_standard_error():
    runs = [{"recipe": "GAN", "seed": seed, "modes": modes, "high_quality": 0.5, "reverse_kl": kl}
            for seed, modes, kl in ((0, 6, 0.01), (1, 8, None), (2, 10, 0.03))]
    assert games.means(runs) == {"GAN": ["8.0 ± 1.2", "50.0 ± 0.0 %", "0.0200 ± 0.0100"]}


def test_a_run_that_stopped_early_is_in_no_mean():
    runs = [{"method": "GAN", "seed": 1, "recall": 0.5},
            {"method": "L1", "seed": 1, "recall": 0.25},
            {"method": "GAN", "seed": 2, "recall": 0.1, "stopped": "the loss is nan"},
            {"method": "CAN", "seed": 1, "stopped": "the loss is nan"}]
    shown = by_method({"command": "python -m demos.art", "runs": runs, "settings": {}},
                      {"recall": "recall"})
    assert shown.startswith("|  | recall |\n| --- | --- |\n| GAN | 0.50 |\n| L1 | 0.25 |\n\n")


def test_published_rows_have_trainings_of_one_length():
    def run(steps, seed, row="GAN", taken=None):
        return {"key": f"grid, {row}, {steps} steps, seed {seed}", "data": "grid", "row": row,
                "seed": seed, "steps": taken or steps}
    real = {"key": "grid, (real samples), seed 0", "data": "grid", "row": "(real samples)"}
    long = [run(400, 0), run(400, 1, taken=7), run(30, 0, "5 steps"), real]  # one diverged
    assert games.longest([run(20, 2), *long, run(100, 1)]) == long


def test_of_two_ways_the_faster_is_shown(copy):
    run = {"workload": "MLP: one D step + one G step", "step": "D and G", "date": "2026-01-01"}
    results.write(results.FOLDER / "speed.json", "python -m demos.speed", {}, [
        {**run, "contestant": "numgan", "median": 0.4},
        {**run, "contestant": "PyTorch", "median": 30.04},
        {**run, "contestant": "PyTorch channels_last", "median": 8, "lowest": 7.5, "highest": 9}])
    assert "| MLP | 0.40 | 7.5 to 9 | – |" in pages.TABLES["speed"]()


# -- result files ----------------------------------------------------------------------------------


def test_results_are_written_and_read(tmp_path):
    path = tmp_path / "results.json"
    runs = [{"modes": np.int64(3), "kl": np.float32("nan"), "name": "é"}, {"modes": 4, "kl": 0.5}]
    results.write(path, "python -m demos.x", {"seeds": (0, 1)}, runs)
    assert results.read(path) == {
        "command": "python -m demos.x", "settings": {"seeds": [0, 1]},
        "runs": [{"modes": 3, "kl": None, "name": "é"}, {"modes": 4, "kl": 0.5}]}
    lines = path.read_text(encoding="utf-8").split("\n")
    assert [json.loads(line.rstrip(","))["modes"] for line in lines if "modes" in line] == [3, 4]


@pytest.mark.parametrize("text", ["[]", "{}", '{"command": 1}', "{", '{"command": "",'
                                  ' "settings": {}, "runs": [3]}'])
def test_a_file_of_something_else_is_refused_with_its_name(tmp_path, text):
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(ValueError, match="odd.json"):
        results.read(tmp_path / "odd.json")


def test_the_command_is_without_what_is_another_elsewhere():
    given = ["--seeds", "0", "1", "--out", "/here", "--folder=/there", "--resume", "--results",
             "x.json", "a b"]
    assert results.command("x", given) == 'python -m demos.x --seeds 0 1 "a b"'


@pytest.mark.parametrize("demo, short", [
    ("mode_collapse", "--steps 1"), ("variants", "--steps 1 --only gan"),
    ("conditional_digits", "--steps 1"),
    ("speed.__main__", "--rounds 1 --seconds 0.001 --only g")])
def test_results_that_could_not_be_written_are_refused_before_training(tmp_path, capsys, demo,
                                                                       short, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    main = importlib.import_module(f"demos.{demo}").main
    out = short.split()
    for path, message in (tmp_path, "to be a file"), (tmp_path / "file" / "x.json", "not a folder"):
        with pytest.raises(SystemExit) as ended:
            main([*out, "--results", str(path)])
        assert ended.value.code == 2 and message in capsys.readouterr().err


def test_the_stamp_names_day_and_versions():
    stamp = results.stamp()
    assert list(stamp) == ["date", "numgan", "commit", "numpy", "kernels"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", stamp["date"]) and stamp["numpy"] == np.__version__
    assert re.fullmatch(r"([0-9a-f]{7,}\+?)?", stamp["commit"])


def test_many_commands_that_made_a_table_are_said_together():
    grid = "python -m demos.variants --dataset grid --seed"
    assert made_by([f"{grid} 1", f"{grid} 2"]) == f"`{grid} 1`, `{grid} 2`"
    assert made_by([f"{grid} 1", f"{grid} 1 --only gan r3gan", f"{grid} 2 --only gan",
                    "python -m demos.digits --only a"]) == (
        f"`{grid} S`, S = 1, 2, some rows apart or again (`--only`); `python -m demos.digits`, "
        f"some rows apart or again (`--only`)")
