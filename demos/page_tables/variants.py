"""The tables of the family, as `demos.variants` measured it."""

import statistics
import textwrap

from numgan.presets import FAMILY, besides, preset

from .. import results
from .writing import load, markdown, notes, number, over, percent, seeds_of, thousandths


def family_runs(name):
    """(files, {member: its runs}) of `demos.variants`, of all seeds: variants_DATASET_SEED.json,
    or with a number more where a seed was run in parts. Members that were trained again stand in
    variants_DATASET_SEED_again.json, and count in the place of the older ones; the reference is
    that of the first file, by whose judge most rows of the seed are. What stopped early does not
    count; see `left_out`."""
    found = [load(path.stem) for path in sorted(results.FOLDER.glob(f"{name}_[0-9]*.json"),
                                                key=lambda path: path.stem)]
    by_name = {}
    for one in found:
        for run in one["runs"]:
            if run.get("stopped"):
                continue
            seeds, seed = by_name.setdefault(run["name"], {}), one["settings"]["seed"]
            if run["name"] != "reference" or seed not in seeds:
                seeds[seed] = {"times": one["settings"].get("times", 1.0), **run}
    return found, {name: list(of.values()) for name, of in by_name.items()}


def family_measured():
    """`demos.variants` on the ring, the grid and the digits, side by side."""
    datasets = "ring", "grid", "digits"
    files, by_name = zip(*(family_runs(f"variants_{dataset}") for dataset in datasets))
    rows = []
    for name in [*FAMILY, "reference"]:
        runs = [one.get(name, []) for one in by_name]
        title = FAMILY[name].title if name in FAMILY else "(a perfect sampler, real images)"
        rows.append([title, *(cell for mine in runs[:2] for cell in plane_cells(name, *mine)),
                     *image_cells(*runs[2]),
                     besides(name, *datasets) if name in FAMILY else ""])
    return markdown(["", "ring: modes", "high quality", "reverse KL", "grid: modes",
                     "high quality", "reverse KL", "digits: recognised", "classes", "rarest",
                     "beside its change"], rows) + even(
        "they have no reverse KL, and their rarest is not to be compared with that of others"
        ) + left_out(*(one for each in files for one in each)) + notes(
        *(one for each in files for one in each))


def in_turn(name):
    """Whether the classes of this member's samples are taken in turn when they are judged."""
    return name in FAMILY and preset(name, "ring").condition is not None


def even(consequence):
    """The line below a table that says whose shares are even by construction."""
    *most, last = (FAMILY[name].title for name in FAMILY if in_turn(name))
    return "\n\n" + textwrap.fill(
        f"Of {', '.join(most)} and {last} the labels, or codes, are taken in turn when samples are "
        f"judged. Their shares are even by construction: {consequence}.", 100)


def left_out(*files):
    """The line below a table that says which trainings it is without, if any."""
    found = [f"{FAMILY[run['name']].title} ({one['settings']['dataset']}, seed "
             f"{one['settings']['seed']})" for one in files for run in one["runs"]
             if run.get("stopped")]
    return f"\n\nStopped early, and left out: {', '.join(found)}." if found else ""


def plane_cells(name, *runs):
    return [over(runs, "modes", str), over(runs, "high_quality", percent),
            "–" if in_turn(name) else over(runs, "reverse_kl", lambda value: number(value, 4))]


def image_cells(*runs):
    return [over(runs, "recognised", percent), over(runs, "classes", str),
            over(runs, "rarest", percent)]


def family_mnist():
    """`demos.variants` on MNIST, the best first."""
    files, by_name = family_runs("variants_mnist")
    rows = []
    for name in [name for name in FAMILY if name in by_name]:
        runs = by_name[name]
        rows.append((statistics.fmean(run["recognised"] for run in runs), [
            FAMILY[name].title, *image_cells(*runs), over(runs, "as_asked", percent),
            " to ".join(dict.fromkeys(percent(run["times"], 0) for run in runs)),
            "–" if "seconds" not in runs[0] else f"{max(run['seconds'] for run in runs) / 60:.0f}",
            str(len(runs)), "; ".join(preset(name, "mnist").besides.values())]))
    rows.sort(key=lambda row: -row[0])
    return markdown(["", "recognised", "classes", "rarest", "as asked", "of its steps", "minutes",
                     "seeds", "beside its change"],
                    [cells for _, cells in rows]) + even(
        "their rarest is not to be compared with that of others") + left_out(*files) + notes(*files)


def starts():
    """`demos.starts` on MNIST: G's spread and the common share of D's gradient, first and last."""
    found = [load("starts_mnist"), *seeds_of("starts_mnist")]
    rows = [[str(one["settings"]["seed"]), run["start"] + (", R1" if run["r1"] else ""),
             *(" → ".join(text(value) for value in (run[name][0], run[name][-1]))
               for name, text in (("spread", thousandths), ("slope", thousandths),
                                  ("common", lambda share: percent(share, 0))))]
            for one in found for run in one["runs"] if "steps" in run]
    rows.append(["", "(the data)", thousandths(found[0]["runs"][-1]["spread"]), "", ""])
    return markdown(["seed", "first weights", "spread over z, step 0 → 300", "D's slope",
                     "common share of its gradient"], rows) + notes(*found)
