"""The tables of the pages, made from the code and from the result files of demos/results, and the
lines of source that they show.

    python -m demos.pages              write them into README.md and the pages
    python -m demos.pages --check      write nothing; exit code 1 if a page has another table

In a page a table stands between two comments, which are not seen where the page is read:

    <!-- table: family -->
    ...
    <!-- end -->

What is between them is replaced. Below a measured table stands what made it: the command, the day,
the version of the code. In the same way a page shows a function as it is, without its docstring:

    <!-- source: numgan.losses.entropy.value_function -->
    ...
    <!-- end -->
"""

import argparse
import ast
import functools
import inspect
import pathlib
import pkgutil
import re
import statistics
import textwrap

import numpy as np

import numgan
from numgan._files import replacing
from numgan._registry import Registry
from numgan.presets import FAMILY, besides, names as preset_names

from . import results
from .common import run_main

ROOT = pathlib.Path(__file__).parent.parent
PAGES = ROOT / "demos" / "pages"
PLACE = re.compile(r"(<!-- (table|source): ([\w.-]+) -->\n)(.*?)(<!-- end -->)", re.S)


def pages():
    """The paths of all pages, README.md first."""
    return [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
            *sorted(PAGES.glob("*.md"))]


def rendered(text, name="the page"):
    """The text of a page with every table and every source as it should be; ValueError for one that
    nobody makes."""
    def replaced(place):
        begin, kind, of, _, end = place.groups()
        if kind == "table" and of not in TABLES:
            raise ValueError(f"expected the tables of {name} to be of {', '.join(TABLES)}, "
                             f"got {of}")
        return begin + (TABLES[of]() if kind == "table" else source(of)) + "\n" + end
    for kind in "table", "source":
        if text.count(f"<!-- {kind}:") != sum(place[2] == kind for place in PLACE.finditer(text)):
            raise ValueError(f"expected every {kind} of {name} to stand between "
                             f"<!-- {kind}: NAME --> and <!-- end -->")
    return PLACE.sub(replaced, text)


def source(name):
    """A function or class: where it is, and its lines without the docstring. Its name is that of
    its module, a dot, and its own, as "numgan.optimizers.SGD.step"."""
    try:
        value = pkgutil.resolve_name(name)
        lines, _ = inspect.getsourcelines(value)
        path = pathlib.Path(inspect.getsourcefile(value)).relative_to(ROOT)
    except (ImportError, AttributeError, TypeError, ValueError):
        raise ValueError(f"expected a source to be of a function or class of this repository, "
                         f"got {name}") from None
    lines = textwrap.dedent("".join(lines)).rstrip().split("\n")
    node = ast.parse("\n".join(lines)).body[0]
    if ast.get_docstring(node) is not None:
        del lines[node.body[0].lineno - 1:node.body[0].end_lineno]
    return "\n".join([f"[`{path.as_posix()}`](../../{path.as_posix()}), `{value.__qualname__}`:",
                      "", "```py", *lines, "```"])


# -- the tables ------------------------------------------------------------------------------------


def markdown(header, rows):
    """A table in Markdown. header, and each of rows : list of str"""
    return "\n".join("| " + " | ".join(cells) + " |"
                     for cells in (header, ["---"] * len(header), *rows))


def family():
    """All GANs in words, from `numgan.presets.family`."""
    return markdown(
        ["name", "objective", "what it changes", "beside it", "what it cures", "where to read"],
        [[f"{about.title} (`{name}`)", about.objective.replace("|", "\\|"), about.changes,
          besides(name),
          about.cures, f"[`{about.code}`](../../numgan/{about.code}), {about.paper}"]
         for name, about in FAMILY.items()])


def api():
    """The public names of numgan and of its modules, each with the first sentence of its text."""
    modules = [(name, value) for name in numgan.__all__
               if inspect.ismodule(value := getattr(numgan, name))]
    names = [name for name in numgan.__all__ if name not in (*dict(modules), "__version__")]
    return "\n\n".join(f"**`{title}`**: {first_sentence(module)}\n\n" + markdown(
        ["name", "what it is"], [[f"`{name}`", said_of(getattr(module, name))] for name in inside])
        for title, module, inside in [("numgan", numgan, names)] + [
            (f"numgan.{name}", module, module.__all__) for name, module in modules])


def layers():
    """The layers by the file where they stand, a row a file."""
    made, files = {name: getattr(numgan.layers, name) for name in numgan.layers.__all__}, {}
    for name, cls in made.items():
        files.setdefault(inspect.getmodule(cls), []).append(f"`{name}`")
    return markdown(["file", "what stands there", "layers"], [
        [f"[`{file.__name__.rpartition('.')[2]}.py`](../../{file.__name__.replace('.', '/')}.py)",
         first_sentence(file).replace("|", "\\|"), ", ".join(names)]
        for file, names in sorted(files.items(), key=lambda entry: entry[0].__name__)])


def said_of(value):
    """What a public thing is, in a line: of a value without a text of its own, its kind."""
    if isinstance(value, Registry):
        return f"registry: {value.kind}, by name"
    if not (callable(value) or inspect.ismodule(value)):
        return f"`{value!r}`"
    return first_sentence(value).replace("|", "\\|")


def first_sentence(value):
    """The first sentence of a docstring's first paragraph, as one line."""
    paragraph = " ".join(inspect.getdoc(value).partition("\n\n")[0].split())
    sentence = re.split(r"(?<!Base)\. (?=[A-Z])|:$", paragraph)[0]
    return sentence if sentence.endswith((".", "?")) else sentence + "."


def family_runs(*names):
    """(files, {member: its runs}) of `demos.variants`: those of seeds of their own, called
    variants_DATASET_SEED.json, or else the files of these names."""
    found = [load(path.stem) for path in sorted(results.FOLDER.glob(f"{names[0]}_[0-9]*.json"))]
    found = found or [load(name) for name in names]
    by_name = {}
    for one in found:
        for run in one["runs"]:
            by_name.setdefault(run["name"], []).append(
                {"times": one["settings"].get("times", 1.0), **run})
    return found, by_name


def family_measured():
    """`demos.variants` on the ring, the grid and the digits, side by side."""
    datasets = "ring", "grid", "digits"
    files, by_name = zip(*(family_runs(f"variants_{dataset}") for dataset in datasets))
    rows = []
    for name in [*FAMILY, "reference"]:
        runs = [one.get(name, []) for one in by_name]
        title = FAMILY[name].title if name in FAMILY else "(a perfect sampler, real images)"
        rows.append([title, *(cell for mine in runs[:2] for cell in plane_cells(*mine)),
                     *image_cells(*runs[2]),
                     "; ".join(f"{words} ({dataset})" for dataset, mine in zip(datasets, runs)
                               for words in dict.fromkeys(run.get("besides") for run in mine)
                               if words)])
    return markdown(["", "ring: modes", "high quality", "reverse KL", "grid: modes",
                     "high quality", "reverse KL", "digits: recognised", "classes", "rarest",
                     "beside its change"], rows) + notes(*(one for each in files for one in each))


def plane_cells(*runs):
    return [over(runs, "modes", str), over(runs, "high_quality", percent),
            over(runs, "reverse_kl", lambda value: number(value, 4))]


def image_cells(*runs):
    return [over(runs, "recognised", percent), over(runs, "classes", str),
            over(runs, "rarest", percent)]


def over(runs, name, text):
    """What the runs have under this name: of one its value; of several the mean and the ends, or of
    whole numbers the ends alone."""
    values = [run[name] for run in runs if run.get(name) is not None]
    if not values:
        return "–"
    ends = " to ".join(dict.fromkeys(text(value) for value in (min(values), max(values))))
    if len(values) == 1 or isinstance(values[0], int):
        return ends
    return f"{text(statistics.fmean(values))} ({ends})"


def family_mnist():
    """`demos.variants` on MNIST, the best first: over seeds, or at full length and shorter."""
    files, by_name = family_runs("variants_mnist", "variants_mnist_short")
    rows = []
    for name in [name for name in FAMILY if name in by_name]:
        runs = by_name[name]
        rows.append((statistics.fmean(run["recognised"] for run in runs), [
            FAMILY[name].title, *image_cells(*runs), over(runs, "as_asked", percent),
            " to ".join(dict.fromkeys(percent(run["times"], 0) for run in runs)),
            "–" if "seconds" not in runs[0] else f"{max(run['seconds'] for run in runs) / 60:.0f}",
            str(len(runs)), "; ".join(dict.fromkeys(run.get("besides") or "" for run in runs))]))
    rows.sort(key=lambda row: -row[0])
    return markdown(["", "recognised", "classes", "rarest", "as asked", "of its steps", "minutes",
                     "seeds", "beside its change"],
                    [cells for _, cells in rows]) + notes(*files)


def starts():
    """`demos.starts` on MNIST: G's spread and the common share of D's gradient, first and last."""
    found = load("starts_mnist")
    rows = [[run["start"], *(" → ".join(text(value) for value in (run[name][0], run[name][-1]))
                             for name, text in (("spread", thousandths), ("slope", thousandths),
                                                ("common", lambda share: percent(share, 0))))]
            for run in found["runs"] if "steps" in run]
    rows.append(["(the data)", thousandths(found["runs"][-1]["spread"]), "", ""])
    return markdown(["first weights", "spread over z, step 0 → 300", "D's slope",
                     "common share of its gradient"], rows) + notes(found)


def thousandths(value):
    return f"{value:.4f}" if value < 0.01 else f"{value:.3f}"


MODES = {"ring": 8, "grid": 25}
PUBLISHED = {"grid": [["(PacGAN4, published)", "24.8 ± 0.2", "93.6 ± 0.6 %", "0.04 ± 0.01"]]}


def mode_collapse():
    """`demos.mode_collapse` over seeds: mean ± standard error."""
    found = [load(f"mode_collapse_{name}")
             for name in ("ring", "ring_r3gan", "grid", "grid_r3gan")]
    rows = []
    for data, modes in MODES.items():
        for one in found:
            if one["settings"]["dataset"] == data:
                rows += [[data, recipe, *cells] for recipe, cells in means(one["runs"]).items()]
        rows += [[data, *cells] for cells in PUBLISHED.get(data, [])]
        rows.append([data, "(a perfect sampler)", str(modes), percent(1 - np.exp(-4.5)),
                     f"{(modes - 1) / (2 * found[0]['settings']['samples']):.4f}"])
    return markdown(["data", "method", "modes", "high quality", "reverse KL"], rows) + notes(*found)


def means(runs):
    """{recipe: cells with mean ± standard error over its seeds}."""
    found = {}
    for recipe in dict.fromkeys(run["recipe"] for run in runs):
        mine = [run for run in runs if run["recipe"] == recipe]
        cells = []
        for name, factor, digits, unit in (("modes", 1, 1, ""), ("high_quality", 100, 1, " %"),
                                           ("reverse_kl", 1, None, "")):
            if "mean" in mine[0]:  # transcribed: the seeds' own figures are not known
                mean, error = mine[0]["mean"][name], mine[0]["error"][name]
            else:
                values = [run[name] for run in mine if run[name] is not None]
                mean = statistics.fmean(values) if values else np.nan
                error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else np.nan
            places = (2 if mean > 0.1 else 4) if digits is None else digits
            cells.append(f"{factor * mean:.{places}f} ± {factor * error:.{places}f}{unit}")
        found[recipe] = cells
    return found


def clusters():
    """`demos.clusters` on the ring: what each way finds, for each seed."""
    found = [load(f"clusters_ring_{seed}") for seed in (1, 2, 3)]
    runs = list(zip(*(one["runs"] for one in found)))  # of each sample, over the seeds
    names = [name for name, value in runs[0][0].items() if type(value) in (int, float)
             and name != "radius"]
    rows = [[name, *(", ".join(percent(run[name]) if name == "DBSCAN's noise" else str(run[name])
                               for run in mine) for mine in runs)] for name in names]
    return markdown(["clusters in", *(mine[0]["sample"] for mine in runs)], rows) + notes(*found)


def structures():
    """Who is connected to whom in each GAN, as `demos.structures` draws it."""
    from .structures.members import of_member
    rows = [[f"**{FAMILY[name].title}**<br>{FAMILY[name].changes}",
             f'<img src="../pictures/structures/{name}.png" width="370" '
             f'alt="{of_member(name).words()}">'] for name in preset_names("ring")]
    return markdown(["what it changes", "who is connected to whom"], rows) + (
        "\n\n*Made by `python -m demos.structures`, from the parts of each training.*")


TRUNCATED = ("ring", "ring_cgan", "mnist")


def truncation():
    """`demos.truncation`: precision and recall at each threshold, mean ± spread of the seeds."""
    found = [load(f"truncation_{name}") for name in TRUNCATED]
    names = list(dict.fromkeys(run["row"] for run in found[0]["runs"]))
    rows = []
    for name in names:
        cells = [name]
        for one in found:
            mine = [run for run in one["runs"] if run["row"] == name]
            cells += [spread([run[measure] for run in mine]) for measure in ("precision", "recall")]
        rows.append(cells)
    header = [""]
    for one in found:
        title = f"{one['settings'].get('method', 'gan').upper()}, {one['runs'][0]['dataset']}"
        header += [f"{title}: precision", "recall"]
    return markdown(header, rows) + notes(*found)


def pix2pix():
    """`demos.pix2pix` on houses: what is read back from the pictures, and what they look like."""
    measures = {"pixels": "pixels read back", "iou": "IoU", "texture": "texture",
                "saturation": "saturation", "varies": "varies", "dusk": "at dusk", "l1": "L1"}
    return by_method(load("pix2pix"), measures, 3)


def art():
    """`demos.art`, a file a seed: paintings, ambiguity of style, precision, recall."""
    found = [load(path.stem) for path in sorted(results.FOLDER.glob("art_[0-9]*.json"))]
    measures = {"paintings": "still paintings", "entropy": "H(style \\| x), nats",
                "even": "H(style), nats", "precision": "precision", "recall": "recall",
                "distance": "to the nearest real one"}
    return by_method(found, measures, 3)


def inpainting():
    """`demos.inpainting`: each hole of MNIST and of houses, PSNR and what the judges say."""
    tables = []
    for name, measures in (("mnist", {"sure": "sure, right", "psnr": "dB"}),
                           ("houses", {"texture": "texture", "psnr": "dB"})):
        found = load(f"inpainting_{name}")
        runs = [run for run in found["runs"] if "method" in run]
        holes = list(dict.fromkeys(run["hole"] for run in runs))
        rows = [[of, *(" / ".join(
            spread([run[measure] for run in runs if (run["method"], run["hole"]) == (of, hole)],
                   1 if measure == "psnr" else 2)
            for measure in measures if (of, measure) != ("the truth", "psnr")) for hole in holes)]
            for of in dict.fromkeys(run["method"] for run in runs)]
        tables.append(markdown([f"{name}: {' / '.join(measures.values())}", *holes], rows)
                      + notes(found))
    return "\n\n".join(tables)


def code_repair():
    """`demos.code_repair`: shares of bad programs that are good after a line was changed."""
    return by_method(load("code_repair"), {
        "repaired": "repaired", "685": "CWE-685", "415": "CWE-415", "416": "CWE-416",
        "401": "CWE-401", "stays good": "stays good", "lines": "lines changed",
        "emptied": "685 emptied"})


def by_method(found, measures, digits=2):
    """A row for each "method" of the runs, mean ± spread over its seeds of each of `measures`.
    found : a file of results, or several"""
    found = found if isinstance(found, list) else [found]
    runs = [run for one in found for run in one["runs"] if "method" in run]
    rows = [[name, *(spread([run[measure] for run in runs if run["method"] == name], digits)
                     for measure in measures)]
            for name in dict.fromkeys(run["method"] for run in runs)]
    return markdown(["", *measures.values()], rows) + notes(*found)


def seeds_of(name):
    """The results NAME_SEED.json, a file a seed."""
    return [load(path.stem) for path in sorted(results.FOLDER.glob(f"{name}_*.json"))]


def face_aging():
    """`demos.face_aging`: each way from a photo to another age, over the seeds."""
    found = seeds_of("face_aging")
    runs = [run for one in found for run in one["runs"]]
    rows = [[method, *(over([run for run in runs if run["method"] == method], name, text)
                       for name, text in (("recognised", percent), ("age right", percent),
                                          ("L1", lambda value: number(value, 4))))]
            for method in dict.fromkeys(run["method"] for run in runs)]
    return markdown(["", "recognised among 200", "age right", "L1 to the true face"],
                    rows) + notes(*found)


STYLE_MEASURES = {"precision": 2, "recall": 2, "spread": 2, "error": 3, "path": 2}


def style():
    """`demos.style`: what is measured of samples, mixtures and walks, over the seeds."""
    found = seeds_of("style")
    rows = {}
    for run in (run for one in found for run in one["runs"]):
        rows.setdefault(run["row"], []).append(run)
    return markdown(["", *STYLE_MEASURES], [
        [name, *(over(runs, measure, functools.partial(number, digits=digits))
                 for measure, digits in STYLE_MEASURES.items())]
        for name, runs in rows.items()]) + notes(*found)


def style_origins():
    """`demos.style`: of whom a mixture has each number, by the layer where the other's begin."""
    found = seeds_of("style")
    rows = {}
    for run in (run for one in found for run in one["runs"] if "of B" in run):
        rows.setdefault(run["row"], []).append(run["of B"])
    numbers = next(iter(rows.values()))[0]
    return markdown(["the share of B", *rows], [
        [name, *(over(runs, name, lambda share: percent(share, 0)) for runs in rows.values())]
        for name in numbers]) + notes(*found)


def spread(values, digits=2):
    """Mean, with the standard deviation if there are several."""
    return f"{statistics.fmean(values):.{digits}f}" + (
        f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else "")


def balance():
    """`demos.balance` on the ring: the maps of widths, rates and steps; the harmonic mean F."""
    from .balance.games import LABELS, f_score, key_of, maps_of
    found = load("balance_ring")
    runs, seeds = {run["key"]: run for run in found["runs"]}, sorted({
        run["seed"] for run in found["runs"]})
    tables = []
    for one in maps_of("ring"):
        header = [f"{LABELS[one.row]} ↓, {LABELS[one.column]} →", *(f"{x:g}" for x in one.columns)]
        tables.append(markdown(header, [
            [f"{y:g}", *(spread([f_score(runs[key_of(pair, seed)]) for seed in seeds])
                         for pair in row)] for y, row in zip(one.rows, one.pairs())]))
    return "\n\n".join(tables) + notes(found)


def published():
    """`demos.tables`: of each published table that was trained again, both figures."""
    from .tables.entries import TABLES as ENTRIES
    from .tables.views import conclusion, lines_of
    parts = []
    for name in ENTRIES:
        if (results.FOLDER / f"table_{name}.json").exists():
            found, entry = load(f"table_{name}"), ENTRIES[name]()
            runs = {run["key"]: run for run in found["runs"]}
            parts.append(f"**{entry.title}**\n\n" + markdown(*lines_of(entry, runs)) + "\n\n"
                         + "\n".join(f"- {line}" for line in entry.differs) + "\n\n"
                         + "\n".join(conclusion(entry, runs)) + notes(found))
    return "\n\n".join(parts)


METHODS = {"cgan": "beside z, and as channels beside the image",
           "mlp": "the same without convolutions",
           "embedding": "four learned numbers for each label",
           "conditional-norm": "a gain and a shift of its own in G's BatchNorms",
           "projection": "D compares the label with its features",
           "acgan": "D guesses the label"}


def conditional():
    """`demos.conditional_digits --method all`."""
    found = load("conditional_digits")
    rows = [[f"`{run['method']}`: {METHODS[run['method']]}", percent(run["right"]),
             *variety_cells(run),
             f"{run['seconds']:.0f}" + (f", {run['note']}" if run.get("note") else "")]
            for run in found["runs"]]
    if "real" in found["settings"]:
        rows.append(["(other real images)", "", *variety_cells(found["settings"]["real"]), ""])
    return markdown(["", "as asked for", "recall", "coverage", "seconds"], rows) + notes(found)


def digits():
    """`demos.digits`: how many samples are recognised, and how varied they are."""
    found = [load(name) for name in ("digits", "digits_mnist")
             if (results.FOLDER / f"{name}.json").exists()]
    return markdown(
        ["", "recognised", "classes", "rarest", "recall", "coverage"],
        [[f"{one['settings']['data']}, {run['images']}", *image_cells(run), *variety_cells(run)]
         for one in found for run in one["runs"]]) + notes(*found)


def variety_cells(run):
    return [f"{run[name]:.3f}" if name in run else "–" for name in ("recall", "coverage")]


def text_to_image():
    """`demos.text_to_image`, of one seed or several: what of a picture is as the caption says."""
    found = [load(name) for name in ("text_to_image", "text_to_image_1")
             if (results.FOLDER / f"{name}.json").exists()]
    parts, rows = ("colour", "position", "shape", "size", "variety"), []
    for one in found:
        for run in one["runs"]:
            real = run["captions"] == "real pictures"
            if not (real and rows):  # which are the same kind in each
                seed = f", seed {one['settings']['seed']}" * (len(found) > 1 and not real)
                rows.append([run["captions"] + seed, *(percent(run.get(part)) for part in parts)])
    return markdown(["right", *parts], rows) + notes(*found)


def theory_variants():
    """`demos.theory`: the divergence at the end of the game on a line."""
    found = load("theory")
    rows = {}
    for run in found["runs"]:
        if run["part"] == "variants":
            mean, half = statistics.fmean(run["jsd"]), (max(run["jsd"]) - min(run["jsd"])) / 2
            rows.setdefault(f"{run['optimizer']}, {run['loss']}", {})[
                f"k = {run['k']}"] = f"{mean:.4f} ± {half:.4f}"
    return markdown(["JSD, in nats", *next(iter(rows.values()))],
                    [[name, *cells.values()] for name, cells in rows.items()]) + notes(found)


def theory_curves():
    """`demos.theory`: six trainings, and what `numgan.diagnose` says of them."""
    found = load("theory")
    return markdown(
        ["", "how one knows it", "G's loss, first → last tenth", "good samples", "numgan.diagnose"],
        [[run["label"], run["sign"],
          " → ".join(f"{loss:.3g}" for loss in run["g_loss"]).replace("-", "−"),
          " → ".join(percent(share, 0) for share in run["quality"]),
          ", ".join(run["findings"]) or "nothing"]
         for run in found["runs"] if run["part"] == "curves"]) + notes(found)


def tips():
    """`demos.tips`, a row for each tip."""
    from .tips.statistics import FACTORS, kept, marks_of, mean_of, rows_of  # with SciPy
    from .tips.switches import TIPS, Switches
    seeds, runs = kept(results.FOLDER / "tips.json")
    rows = rows_of(TIPS, runs, seeds, Switches())
    marks, lines = marks_of(rows), []
    for row in rows:
        cells = [f"{row.tip.number} {row.tip.name}"]
        for name, factor in FACTORS.items():
            mean, half = (factor * value for value in row.interval(name))
            text = f"{mean:+.1f} ± {half:.1f}".replace("-", "−")
            mark = marks[row.tip.name, name]
            text += " ‡" * (mark == "‡")
            cells += [" → ".join(f"{factor * side[name].mean():.1f}"
                                 for side in (row.without, row.having)),
                      f"**{text}**" if mark else text]
        kl = [mean_of(side["reverse_kl"]) for side in (row.without, row.having)]
        cells += [" → ".join(number(None if np.isnan(one) else one, 2) for one in kl), row.verdict]
        lines.append(cells)
    return markdown(["tip", "modes", "difference", "high quality %", "difference", "reverse KL",
                     "the tip"], lines) + notes(load("tips"))


PEERS = {"numgan": "numgan", "PyTorch": "PyTorch, eager", "JAX": "JAX, jit"}


def speed():
    """`demos.speed`: a step of both players."""
    return times("speed", lambda runs: span(runs.get("D and G")))


def speed_busy():
    """The same beside a process that loads a core."""
    return times("speed", lambda runs: span(runs.get("D and G")), busy=1)


def speed_penalty():
    """`demos.speed --only penalty`: D's step, plain → with the penalty."""
    return times("speed_penalty", lambda runs: " → ".join(span(runs.get(step))
                                                          for step in ("plain", "penalised")))


def times(name, cell, busy=0):
    """A row a workload, a column for each of PEERS, in the faster of its ways; beside `busy`
    processes that load a core each."""
    found = load(name)
    found["runs"] = [run for run in found["runs"] if run.get("busy", 0) == busy]
    rows = []
    for workload in dict.fromkeys(run["workload"] for run in found["runs"]):
        cells = [workload.replace(": one D step + one G step", "").replace(": one D step", "")]
        for peer in PEERS:
            ways = {}  # contestant: {step: run}
            for run in found["runs"]:
                if run["workload"] == workload and run["contestant"].split()[0] == peer:
                    ways.setdefault(run["contestant"], {})[run["step"]] = run
            cells.append(cell(min(ways.values(), key=total)) if ways else "–")
        rows.append(cells)
    return markdown(["milliseconds", *PEERS.values()], rows) + notes(found)


def total(steps):
    """Of {step: run}, the time of all steps together."""
    return sum(run.get("median", run.get("lowest")) for run in steps.values())


def span(run):
    """"0.39 to 0.40", or the median alone."""
    if run is None:
        return "–"
    ends = [run[end] for end in ("lowest", "highest") if end in run] or [run["median"]]
    texts = dict.fromkeys(significant(value) for value in ends)
    return " to ".join(texts)


def significant(milliseconds):
    return f"{milliseconds:.2f}" if milliseconds < 5 else f"{float(f'{milliseconds:.3g}'):g}"


def bug_museum():
    """`demos.bug_museum`: a row an exhibit, the harm that no curve shows first."""
    from .bug_museum import verdict as museum
    found = load("bug_museum")
    judged, rows = museum.judged(found["runs"]), []
    for kind in museum.HIDDEN, museum.SHOWN, museum.HARMLESS:
        for name, (verdict, wrong, right) in judged.items():
            if verdict.kind == kind:
                rows.append([f"[`{name}`](#{name})", museum.in_short(wrong[0]["seen"]),
                             *(museum.beside(right, wrong, *column) for column in museum.COLUMNS),
                             ", ".join(museum.NAMES[one] for one in verdict.curves) or "none",
                             f"**{kind}**" if kind == museum.HIDDEN else kind])
    return markdown(["bug", "the gradient check", *(title for title, *_ in museum.COLUMNS),
                     "curves that are off", ""], rows) + (
        f"\n\n{museum.sentence(judged)}") + notes(found)


def bug_museum_code():
    """The exhibits of `demos.bug_museum`: what is changed, its story, and what the check says."""
    from .bug_museum.exhibits import EXHIBITS
    seen = {run["exhibit"]: run["seen"] for run in load("bug_museum")["runs"]}
    return "\n\n".join("\n".join([
        f"### {name}", "", f"**{one.title[0].upper()}{one.title[1:]}.** {one.easy}", "",
        f"Where it is met: {one.found}", "", "```diff", *one.difference, "```", "",
        *(["```", seen[name], "```"] if one.check else
          [f"No gradient is wrong; `tests/{one.test}` fails."])]) for name, one in EXHIBITS.items())


def xray():
    """`demos.xray`: how much of the gradient arrives where, and who moves together."""
    from . import xray as demo
    found = load("xray")
    return (markdown(demo.HEADER, demo.rows(found["runs"]))
            + f"\n\n{demo.sentence(found['runs'])}" + notes(found))


def percent(share, digits=1):
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def number(value, digits):
    return "–" if value is None else f"{value:.{digits}f}"


def load(name):
    """The results of this name; ValueError if they are those of --quick."""
    path = results.FOLDER / f"{name}.json"
    found = results.read(path)
    if found["settings"].get("quick"):
        raise ValueError(f"expected {path} to be of a whole run, got one of --quick: "
                         f"{found['command']}")
    return found


def notes(*found):
    """What made these results, below their table."""
    lines = []
    for source in dict.fromkeys(one["source"] for one in found):
        mine = [one for one in found if one["source"] == source]
        runs = [run for one in mine for run in one["runs"]]
        made = ", ".join(f"`{one['command']}`" for one in mine)
        lines.append(f"*Made by {made}; {dates(runs)}, numgan {distinct(runs, 'numgan')}"
                     + "".join(f", {word} {distinct(runs, name)}" for word, name in (
                         ("commit", "commit"), ("NumPy", "numpy"), ("kernels for", "kernels"),
                         ("PyTorch", "torch"), ("JAX", "jax")) if distinct(runs, name))
                     + "".join(f"; {name}: {value}" for name in ("range", "machine")
                               for value in dict.fromkeys(one["settings"].get(name) for one in mine)
                               if value) + ".*")
        if source != results.WRITTEN:
            lines.append(f"*These figures were {source}. The next run replaces them.*")
    return "\n\n" + "\n".join(lines)


def distinct(runs, name):
    return ", ".join(dict.fromkeys(str(run[name]) for run in runs if run.get(name)))


def dates(runs):
    """The first and the last day."""
    days = sorted({run["date"] for run in runs if "date" in run})
    return " to ".join(dict.fromkeys([days[0], days[-1]])) if days else "no date"


TABLES = {"family": family, "starts": starts, "family-measured": family_measured,
          "family-mnist": family_mnist, "mode-collapse": mode_collapse, "conditional": conditional,
          "digits": digits,
          "text-to-image": text_to_image, "theory-curves": theory_curves,
          "theory-variants": theory_variants, "tips": tips, "bug-museum": bug_museum,
          "bug-museum-code": bug_museum_code, "xray": xray, "speed": speed,
          "speed-busy": speed_busy, "speed-penalty": speed_penalty, "clusters": clusters,
          "truncation": truncation, "pix2pix": pix2pix, "balance": balance,
          "published": published, "structures": structures, "api": api, "layers": layers,
          "face-aging": face_aging, "style": style, "style-origins": style_origins,
          "inpainting": inpainting, "code-repair": code_repair, "art": art}


# -- the command -----------------------------------------------------------------------------------


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m demos.pages",
                                     description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true",
                        help="write nothing, and end with code 1 if a page has another table")
    options = parser.parse_args(arguments)
    try:
        stale = {path: text for path in pages()
                 for old in [path.read_text(encoding="utf-8")]
                 for text in [rendered(old, path.name)] if text != old}
    except (ValueError, KeyError) as error:
        parser.error(str(error))
    for path, text in stale.items():
        if options.check:
            print(f"{path.relative_to(ROOT)}: a table is not what python -m demos.pages makes")
        else:
            with replacing(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
            print(f"Written: {path.relative_to(ROOT)}")
    if not stale:
        print("Every table is up to date.")
    return int(options.check and bool(stale))


if __name__ == "__main__":
    run_main(main)
