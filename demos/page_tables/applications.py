"""The tables of the applications."""

import functools

from .. import results
from .writing import (by_method, load, markdown, methods_of, notes, number, over, percent, seeds_of,
                      spread)


def pix2pix(name="pix2pix"):
    """`demos.pix2pix` on houses: what is read back from the pictures, and what they look like."""
    measures = {"pixels": "pixels read back", "iou": "IoU", "texture": "texture",
                "saturation": "saturation", "varies": "varies", "dusk": "at dusk", "l1": "L1"}
    return by_method(load(name), measures, 3)


def pix2pix_64():
    """The same at 64x64."""
    return pix2pix("pix2pix_64")


def pix2pix_digits():
    """`demos.pix2pix` between MNIST's digits and their edges."""
    found = [load(path.stem) for path in sorted(results.FOLDER.glob("pix2pix_*digits*.json"))]
    return markdown(
        ["", "", "read as the right digit", "IoU of the edges", "L1"],
        [[one["settings"]["data"].replace("-", " "), run["method"], percent(run.get("recognised")),
          number(run.get("iou"), 3), number(run["l1"], 3)]
         for one in found for run in methods_of(one)]) + notes(*found)


def art():
    """`demos.art`, a file for each seed: paintings, ambiguity of style, precision, recall."""
    found = [load(path.stem) for path in sorted(results.FOLDER.glob("art_[0-9]*.json"))]
    measures = {"paintings": "still paintings", "entropy": "H(style \\| x), nats",
                "ambiguous paintings": "ambiguous paintings", "even": "H(style), nats",
                "precision": "precision", "recall": "recall", "distance": "to the nearest real one"}
    return by_method(found, measures, 3)


def inpainting():
    """`demos.inpainting`: for each hole in MNIST, houses and photos, PSNR and the judges' verdict.
    """
    tables = []
    for name, measures in (("mnist", {"sure": "sure, right", "psnr": "dB"}),
                           ("houses", {"texture": "texture", "psnr": "dB"}),
                           ("photos", {"texture": "texture", "psnr": "dB"})):
        found = load(f"inpainting_{name}")
        runs = methods_of(found)
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
    """`demos.code_repair`: shares of bad programs that are good after a line was changed. For what
    was trained, the row says for how many steps; the run with its cost has that number."""
    found = seeds_of("code_repair")
    for one in found:
        steps = {run["cost"]: run["steps"] for run in one["runs"] if "cost" in run}
        for run in methods_of(one):
            trained = [name for name in steps if run["method"].startswith(name)]
            if trained:
                run["method"] += f"; {steps[max(trained, key=len)]:,} steps"
    return by_method(found, {
        "repaired": "repaired", "685": "CWE-685", "415": "CWE-415", "416": "CWE-416",
        "401": "CWE-401", "stays good": "stays good", "lines": "lines changed",
        "emptied": "685 emptied"})


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
    """`demos.style`: from whom a mixture has each number, by the layer where the other's begin."""
    found = seeds_of("style")
    rows = {}
    for run in (run for one in found for run in one["runs"] if "of B" in run):
        rows.setdefault(run["row"], []).append(run["of B"])
    numbers = next(iter(rows.values()))[0]
    return markdown(["the share of B", *rows], [
        [name, *(over(runs, name, lambda share: percent(share, 0)) for runs in rows.values())]
        for name in numbers]) + notes(*found)
