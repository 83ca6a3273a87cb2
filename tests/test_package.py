"""The package: who imports whom, what is declared, what works with NumPy alone, what is public."""

import ast
import configparser
import inspect
import pathlib
import subprocess
import sys

import pytest

import numgan

ROOT = pathlib.Path(__file__).resolve().parent.parent
PIP_NAMES = {"sklearn": "scikit-learn", "PIL": "Pillow", "_pytest": "pytest"}
EVERYWHERE = {"numgan", "demos", *sys.stdlib_module_names}

# from the ground up: a room imports from those above it in this list, never from those below
FLOORS = [
    ["_types"],
    ["_version", "_checks", "_optional", "_registry", "_runtime", "_files", "player"],
    ["running", "latent", "pairs", "optimizers"],
    ["layers", "data"],
    ["losses", "penalties", "networks", "costs"],
    ["training", "metrics"],
    ["game", "diagnose", "plotting", "inversion"],
    ["presets", "gradcheck"],
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def imports(folder):
    """(file, module) of every import below a folder of the repository, wherever it stands."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        package = path.relative_to(ROOT).with_suffix("").parts[:-1]
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for_hints = {inside for node in ast.walk(tree) if isinstance(node, ast.If)
                     and ast.unparse(node.test) == "TYPE_CHECKING" for inside in ast.walk(node)}
        for node in ast.walk(tree):
            if node in for_hints:  # only mypy reads it
                continue
            if isinstance(node, ast.Import):
                for name in node.names:
                    yield path, name.name
            elif isinstance(node, ast.ImportFrom):
                base = package[:len(package) - node.level + 1] if node.level else ()
                module = ".".join([*base, *([node.module] if node.module else [])])
                for name in node.names:
                    yield path, f"{module}.{name.name}"


def room_of(module):
    return module.split(".")[1] if module.startswith("numgan.") else None


# -- rooms -----------------------------------------------------------------------------------------


def test_no_arrow_upwards():
    wrong, rooms = [], set()
    for path, module in imports("numgan"):
        here = path.relative_to(ROOT / "numgan").with_suffix("").parts[0]
        there = room_of(module)
        assert not module.startswith("demos"), path
        if here == "__init__" or there in (None, here):
            continue
        rooms |= {here, there}
        if not (FLOOR[there] < FLOOR[here]):
            wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not wrong
    assert {"layers", "networks", "training", "presets"} < rooms


# -- what is declared ------------------------------------------------------------------------------


def declared():
    """{"": what an installation brings, extra: ...} of setup.cfg: sets of names."""
    found = configparser.ConfigParser()
    found.read(ROOT / "setup.cfg", encoding="utf-8")

    def names(text):
        return {line.split(">")[0].strip() for line in text.split("\n") if line.strip()}
    return {"": names(found["options"]["install_requires"]),
            **{extra: names(text) for extra, text in found["options.extras_require"].items()}}


@pytest.mark.parametrize("folder, extras", [("numgan", ()), ("demos", ("peers",)),
                                            ("tests", ("test", "peers", "browser"))])
def test_every_import_is_declared(folder, extras):
    known = set().union(*(declared()[extra] for extra in ("", *extras)))
    own = EVERYWHERE | {path.stem for path in (ROOT / folder).glob("*.py")}
    used = {module.split(".")[0] for _, module in imports(folder)} - own
    assert used and {PIP_NAMES.get(name, name) for name in used} <= known


def test_what_is_declared_is_imported():
    used = {PIP_NAMES.get(name, name) for folder in ("numgan", "demos", "tests")
            for _, module in imports(folder) for name in [module.split(".")[0]]}
    commands = {"flake8", "mypy", "pytest-xdist"}
    assert set().union(*declared().values()) - used == commands


def test_a_wheel_holds_numgan_only():
    setuptools = pytest.importorskip("setuptools")
    found = configparser.ConfigParser()
    found.read(ROOT / "setup.cfg", encoding="utf-8")
    include = found["options.packages.find"]["include"].split()
    packages = setuptools.find_packages(str(ROOT), include=include)
    assert {name.split(".")[0] for name in packages} == {"numgan"}
    assert set(packages) == {".".join(path.parent.relative_to(ROOT).parts)
                             for path in (ROOT / "numgan").rglob("__init__.py")}


def test_a_wheel_says_that_it_has_type_hints():
    found = configparser.ConfigParser()
    found.read(ROOT / "setup.cfg", encoding="utf-8")
    assert "py.typed" in found["options.package_data"]["numgan"].split()
    assert (ROOT / "numgan" / "py.typed").is_file()


# -- with NumPy alone ------------------------------------------------------------------------------

ALONE = """
import sys
for name in "sklearn scipy matplotlib PIL joblib tqdm threadpoolctl".split():
    sys.modules[name] = None
import numpy as np
import numgan
from numgan import data, models
"""


def alone(code, *arguments):
    return subprocess.run([sys.executable, "-c", ALONE + code, *arguments], cwd=ROOT,
                          capture_output=True, text=True)


def test_the_core_works_with_numpy_alone():
    ended = alone("""
from numgan.gradcheck.__main__ import main
rng = np.random.default_rng(0)
G, D = models.mlp_generator(rng=rng), models.mlp_discriminator(rng=rng)
watch = numgan.diagnose.Monitor(every=1, sample=lambda: G(np.ones((20, 2), np.float32)),
                                real=rng.normal(size=(20, 2)))
for record in watch(numgan.train(G, D, data.sampler(data.ring(), rng), steps=3, rng=rng,
                                 loss=numgan.NonSaturating())):
    pass
numgan.metrics.mode_statistics(G(np.ones((9, 2))), data.ring().centers, 0.1)
numgan.metrics.mmd(np.eye(9), np.eye(9)), numgan.metrics.frechet_distance(np.eye(9), np.eye(9))
numgan.metrics.parzen_log_likelihood(np.eye(9), np.eye(9), 1), numgan.metrics.mnist_lenet()
print(record.step, np.linalg.norm(G.theta) > 0)
sys.exit(main(["--only", "Dense"]))
""")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("2 True") and "0 failed" in ended.stdout


MISSED = {code: message for code, message in [
    ("data.digits()", "data.digits needs scikit-learn"),
    ("data.moons().sample(2, np.random.default_rng(0))", "data.moons needs scikit-learn"),
    ("data.circles().sample(2, np.random.default_rng(0))", "data.circles needs scikit-learn"),
    ("data.swiss_roll().sample(2, np.random.default_rng(0))", "data.swiss_roll needs scikit-learn"),
    ("numgan.metrics.digit_classifier(np.zeros((90, 8, 8, 1)), np.arange(90) % 2, "
     "np.random.default_rng(0))", "metrics.digit_classifier needs scikit-learn"),
    ("numgan.metrics.precision_recall(np.eye(9), np.eye(9))",
     "metrics.precision_recall needs scikit-learn"),
    ("numgan.metrics.density_coverage(np.eye(9), np.eye(9))",
     "metrics.density_coverage needs scikit-learn"),
    ("numgan.metrics.ndb(np.eye(9), np.eye(9), 2, rng=0)", "metrics.ndb needs scikit-learn"),
    ("numgan.metrics.wasserstein2(np.eye(9), np.eye(9))", "metrics.wasserstein2 needs scipy"),
    ("numgan.plotting.image_grid(np.zeros((4, 8, 8, 1)), 'a.png')", "plotting needs matplotlib"),
    ("numgan.running.progress()", "a progress bar needs tqdm"),
    ("G = models.mlp_generator(2, 2, (4,), rng=0); D = models.mlp_discriminator(2, (4,), rng=0)"
     "; x = np.ones((4, 2), np.float32)"
     "; numgan.game.Game(G, D, x, x, numgan.NonSaturating()).eigenvalues(2)",
     "Game.eigenvalues(count) needs scipy"),
]}


def test_what_is_missing_is_said_in_a_sentence():
    ended = alone("""
for code in sys.argv[1:]:
    try:
        exec(code)
    except ModuleNotFoundError as error:
        print(error)
""", *MISSED)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == [
        f"{message}, which is not installed: pip install {message.split()[-1]}"
        for message in MISSED.values()]


def test_a_command_says_it_without_a_traceback():
    ended = alone("numgan.running.run_main(data.digits)")
    assert ended.returncode == 1
    assert ended.stderr == ("data.digits needs scikit-learn, which is not installed: "
                            "pip install scikit-learn\n")


# -- what is public --------------------------------------------------------------------------------

MODULES = [name for name in numgan.__all__ if inspect.ismodule(getattr(numgan, name))]


def test_everything_is_found_from_import_numgan():
    assert {"train", "losses", "penalties", "optimizers", "presets", "data", "metrics", "networks",
            "preset", "Pair", *numgan.layers.__all__} <= set(numgan.__all__)
    assert numgan.__all__ == sorted(set(numgan.__all__))
    assert all(hasattr(numgan, name) for name in numgan.__all__)


@pytest.mark.parametrize("name", MODULES)
def test_a_public_module_lists_what_is_public(name):
    module = getattr(numgan, name)
    assert all(hasattr(module, inside) for inside in module.__all__)
    own = {inside for inside, value in vars(module).items() if not inside.startswith("_")
           and getattr(value, "__module__", None) == module.__name__}
    assert own <= set(module.__all__) | {"needed_by"}
    for inside in module.__all__:
        value = getattr(module, inside)
        assert not callable(value) or inspect.getdoc(value), f"{name}.{inside}"
