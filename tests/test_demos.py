"""What all demos have in common: their command lines, --quick, and who imports whom."""

import ast
import importlib
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from demos import arguments, pages, results
from demos.__main__ import DEMOS
from demos.images import mnist_options

FOLDER = pathlib.Path(arguments.__file__).parent
QUICK = dict(steps=3, judged=10)


def parser():
    made = arguments.Parser("name", "What it is.\n\nMore.", QUICK, dict(judged=2000))
    made.share(seed=2, seeds=(), out=True, resume=True, jobs=True, results=True)
    made.add_argument("--steps", type=arguments.positive, default=1000)
    made.add_argument("--data", default="digits")
    mnist_options(made)
    return made


def test_quick_sets_what_the_command_line_does_not(capsys):
    options = parser().parse_args([])
    assert (options.steps, options.judged, options.seed, options.quick) == (1000, 2000, 2, False)
    assert options.out == pathlib.Path("out/name") and capsys.readouterr().out == ""
    options = parser().parse_args(["--quick"])
    assert (options.steps, options.judged, options.seed, options.quick) == (3, 10, 2, True)
    assert options.out == pathlib.Path("out/quick/name")
    assert capsys.readouterr().out == arguments.QUICK + "\n"
    options = parser().parse_args(["--steps", "1000", "--quick", "--seed", "5", "--out", "here"])
    assert (options.steps, options.judged, options.seed) == (1000, 10, 5)
    assert options.out == pathlib.Path("here")


def test_a_seed_that_is_said_twice_is_one():
    assert parser().parse_args(["--seeds", "3", "1", "3"]).seeds == [3, 1]


def test_files_are_for_data_that_are_read_from_files():
    options = parser().parse_args(["--data", "mnist", "--folder", "here", "--no-verify"])
    assert options.folder == "here" and options.no_verify


def test_a_number_of_threads_that_is_none_is_one_error(monkeypatch, capsys):
    for said in "0", "abc":
        monkeypatch.setenv("NUMGAN_THREADS", said)
        with pytest.raises(SystemExit) as ended:
            parser().parse_args([])
        assert ended.value.code == 2
        assert f"NUMGAN_THREADS: expected a number of threads, 1 or more, got '{said}'" in (
            capsys.readouterr().err.splitlines()[-1])


def test_what_quick_sets_is_an_option():
    made = arguments.Parser("name", "What it is.", dict(stepz=3))
    with pytest.raises(AssertionError, match="stepz"):
        made.parse_args(["--quick"])


@pytest.mark.parametrize("given, message", [
    (["--jobs", "1001"], "--jobs: expected an integer of at least 1 and at most 1,000, got 1001"),
    (["--seed", "-1"], "--seed: expected an integer of at least 0, got -1"),
    (["--seed", "1", "--seeds", "2"], "not allowed with"),
    (["--folder", "here"], "--folder: expected only with data that are read from files, such as "
                           "mnist, got digits"),
    (["--no-verify"], "--no-verify: expected only with data that are read from files"),
    (["--quick", "--steps", "none"], "--steps: expected an integer of at least 1, got none")])
def test_a_bad_option_is_one_error(given, message, capsys):
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(given)
    said = capsys.readouterr()
    assert ended.value.code == 2 and message in said.err.splitlines()[-1] and not said.out


@pytest.mark.parametrize("name", sorted(set(DEMOS) - {"pages"}))
def test_every_demo_says_in_its_help_what_quick_is(name, capsys):
    package = importlib.util.find_spec(f"demos.{name}").submodule_search_locations
    module = importlib.import_module(f"demos.{name}.__main__" if package else f"demos.{name}")
    with pytest.raises(SystemExit):
        module.main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "--quick" in text and f"python -m demos.{name}" in text
    assert "under a minute" in text or "this takes a second" in text


def test_pages_refuse_the_results_of_a_quick_run(tmp_path, monkeypatch, capsys):
    folder = shutil.copytree(results.FOLDER, tmp_path / "results")
    monkeypatch.setattr(results, "FOLDER", folder)
    assert pages.main(["--check"]) == 0
    for name in "speed", "tips":
        file = folder / f"{name}.json"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('"settings": {', '"settings": {"quick": true, ', 1),
                        encoding="utf-8")
        with pytest.raises(SystemExit) as ended:
            pages.main(["--check"])
        assert ended.value.code == 2 and "quick" in capsys.readouterr().err
        file.write_text(text, encoding="utf-8")


def mains():
    """The modules of demos that have a `main` of their own, by name."""
    return {path.relative_to(FOLDER.parent).with_suffix("").as_posix().replace("/", "."): tree
            for path in FOLDER.rglob("*.py")
            for tree in [ast.parse(path.read_text(encoding="utf-8"))]
            if any(isinstance(node, ast.FunctionDef) and node.name == "main"
                   for node in tree.body)}


def imported(tree, name):
    """The modules that a module imports from its own package, with the names as if they were
    modules too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = name.split(".")[:-node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def test_no_demo_imports_anothers_main_module():
    """What two demos share has a module of its own. (The pages render what demos say.)"""
    found = mains()
    assert {"demos.digits", "demos.tips.__main__", "demos.variants"} < set(found)
    modules = {path.relative_to(FOLDER.parent).with_suffix("").as_posix().replace("/", "."):
               ast.parse(path.read_text(encoding="utf-8")) for path in FOLDER.rglob("*.py")}
    wrong = [(name, module) for name, tree in modules.items() for module in imported(tree, name)
             if module in found and module != name and not name.startswith("demos.page_tables.")]
    assert not wrong


@pytest.mark.parametrize("name, package", [("digits", "matplotlib"), ("tips", "scipy"),
                                           ("variants", "joblib")])
def test_a_package_that_is_missing_is_one_sentence(name, package, tmp_path):
    (tmp_path / f"{package}.py").write_text(
        f"raise ModuleNotFoundError(\"No module named '{package}'\", name='{package}')")
    ended = subprocess.run([sys.executable, "-m", f"demos.{name}", "--quick"], text=True,
                           capture_output=True, cwd=FOLDER.parent,
                           env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1 and f"pip install {package}" in ended.stderr
