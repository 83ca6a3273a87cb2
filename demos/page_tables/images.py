"""The tables of digits and of pictures from text."""

from .. import results
from .variants import TOLD, image_cells
from .writing import below, load, markdown, notes, number, percent, reached

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
    return markdown(["", "as asked for", "recall", "coverage", "seconds"], rows) + asked_for(
        {(f"`{run['method']}`", None): run for run in found["runs"]}) + notes(found)


def asked_for(runs):
    """The line that says what was asked of samples that are asked for, and which runs have it."""
    bars = {"right": (TOLD, lambda share: f"{percent(share)} as asked for"),
            "recall": (0.93, lambda share: f"recall {share:.3f}"),
            "coverage": (0.92, lambda share: f"coverage {share:.3f}")}
    return reached(f"at least {percent(TOLD, 0)} as asked for, a recall of {bars['recall'][0]:g} "
                   f"and a coverage of {bars['coverage'][0]:g}",
                   {of: below(run, bars) for of, run in runs.items()})


def conditional_mnist():
    """`demos.conditional_digits --data mnist`, seed by seed."""
    found = [load(path.stem) for path in sorted(
        results.FOLDER.glob("conditional_digits_mnist_*.json"))]
    rows = [[f"seed {one['settings']['seed']}", percent(run["right"]), *variety_cells(run),
             f"{run['seconds']:.0f}"] for one in found for run in one["runs"]]
    rows.append(["(other real images)", "", *variety_cells(found[0]["settings"]["real"]), ""])
    return markdown(["", "as asked for", "recall", "coverage", "seconds"], rows) + asked_for(
        {(f"seed {one['settings']['seed']}", None): run for one in found for run in one["runs"]}
        ) + notes(*found)


def infogan():
    """`demos.infogan`: how often code and digit agree, data by data and seed by seed."""
    found = [load(path.stem) for path in sorted(results.FOLDER.glob("infogan_*.json"))]
    return markdown(
        ["data", "seed", "generated: show the digit of their code", "real: have the code of their "
         "digit", "steps", "minutes"],
        [[one["settings"]["data"], str(one["settings"]["seed"]), percent(run["generated"]),
          percent(run["real"]), f"{run['steps']:,}", number(run["seconds"] / 60, 1)]
         for one in found for run in one["runs"]]) + notes(*found)


def latent_walks():
    """`demos.latent_walks`: half-way on both ways, and what a direction does; by data and seed."""
    found = [load(path.stem) for path in sorted(results.FOLDER.glob("latent_walks_*.json"))]
    rows = []
    for one in found:
        ways = {run["way"]: run for run in one["runs"] if "way" in run}
        traits = {run["trait"]: run for run in one["runs"] if "trait" in run}
        circle, line = ways["great circle"], ways["straight line"]
        rows.append([one["settings"]["data"], str(one["settings"]["seed"]),
                     *(percent(way["recognised half-way"]) for way in (circle, line)),
                     *(number(way["spread half-way"], 3) for way in (circle, line)),
                     *(percent(traits[name]["get more of it"]) for name in ("slant", "ink"))])
    return markdown(
        ["data", "seed", "recognised half-way: circle", "line", "spread half-way: circle", "line",
         "leans more with slant added", "has more ink with ink added"], rows) + notes(*found)


def digits():
    """`demos.digits`: how many samples are recognised, and how varied they are."""
    found = [load(name) for name in ("digits", "digits_mnist")
             if (results.FOLDER / f"{name}.json").exists()]
    return markdown(
        ["", "recognised", "classes", "rarest", "recall", "coverage"],
        [[f"{one['settings']['data']}, {run['images']}", *image_cells(run), *variety_cells(run)]
         for one in found for run in one["runs"]]) + reached(
        "80 % recognised and ten classes, on digits 3 % of the rarest",
        {(f"{one['settings']['data']}, samples", None): below(run, {
            "recognised": (0.8, lambda share: f"{percent(share)} recognised"),
            "classes": (10, lambda n: f"{n} classes"),
            **({"rarest": (0.03, lambda share: f"rarest {percent(share)}")}
               if one["settings"]["data"] == "digits" else {})})
         for one in found for run in one["runs"] if run["images"] == "samples"}) + notes(*found)


def variety_cells(run):
    return [f"{run[name]:.3f}" if name in run else "–" for name in ("recall", "coverage")]


PARTS = "colour", "position", "shape", "size", "variety"  # of a picture of a caption


def text_to_image():
    """`demos.text_to_image`, a file for each seed, and for trainings without a reader: what in a
    picture is as the caption says."""
    found = [load(path.stem) for name in ("text_to_image", "text_to_image_without")
             for path in sorted(results.FOLDER.glob(f"{name}_[0-9].json"))]
    rows = []
    for one in found:
        about = one["settings"]
        words = f", seed {about['seed']}" + ", without a reader" * (not about.get("reading"))
        for run in one["runs"]:
            real = run["captions"] == "real pictures"
            if not (real and rows):  # which are the same kind in each
                cost = ["–"] * 2 if real else [f"{about['steps_done']:,}",
                                               number(about["seconds"] / 60, 1)]
                rows.append([run["captions"] + words * (not real),
                             *(percent(run.get(part)) for part in PARTS), *cost])
    return markdown(["right", *PARTS, "steps", "minutes"], rows) + notes(*found)


def text_to_image_older():
    """`demos.text_to_image.changes`: what is right with one change of the recipe undone; of the
    recipe before there was a reader."""
    found = [load(path.stem) for path in sorted(
        results.FOLDER.glob("text_to_image_older*.json"), key=lambda path: path.stem)]
    return markdown(["undone", "seed", "steps", *PARTS, "minutes"], [
        [run["undone"], str(run["seed"]), f"{run['steps']:,}",
         *(percent(run[part]) for part in PARTS), number(run["seconds"] / 60, 1)]
        for one in found for run in one["runs"]]) + notes(*found)
