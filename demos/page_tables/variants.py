"""The tables of the family, as `demos.variants` measured it."""

import statistics
import textwrap

from numgan.presets import FAMILY, besides, preset

from .. import results
from .writing import (below, load, markdown, notes, number, over, percent, reached, seeds_of,
                      thousandths)

MODES, QUALITY = {"ring": 8, "grid": 25}, 0.9
LECTURE = ("gan", "lsgan", "wgan", "wgan-gp", "dragan", "cgan", "infogan", "acgan", "ebgan",
           "began")  # of which more is asked
TOLD = 0.95  # the least share that is as asked, for those that are told the label


def family_runs(name):
    """(files, {member: its runs}) of `demos.variants`, of all seeds: variants_DATASET_SEED.json,
    or with one more number where a seed was run in parts. Members that were trained again stand in
    variants_DATASET_SEED_again.json, and count instead of the older ones. The reference is that of
    the first file, whose judge scored most rows of the seed. What stopped early does not count; see
    `left_out`."""
    found = [load(path.stem) for path in sorted(results.FOLDER.glob(f"{name}_[0-9]*.json"),
                                                key=lambda path: path.stem)]
    by_name = {}
    for one in found:
        for run in one["runs"]:
            if run.get("stopped"):
                continue
            seeds, seed = by_name.setdefault(run["name"], {}), one["settings"]["seed"]
            if run["name"] != "reference" or seed not in seeds:
                seeds[seed] = {"times": one["settings"].get("times", 1.0), "seed": seed, **run}
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
                     *image_cells(*runs[2]), over(runs[2], "variety", hundredths),
                     " / ".join(minutes(mine) for mine in runs) if name in FAMILY else "",
                     besides(name, *datasets) if name in FAMILY else ""])
    return markdown(["", "ring: modes", "high quality", "reverse KL", "grid: modes",
                     "high quality", "reverse KL", "digits: recognised", "classes", "rarest",
                     "variety", "minutes: ring / grid / digits", "beside its change"], rows) + even(
        "they have no reverse KL, and their rarest is not to be compared with that of others"
        ) + asked_in_plane("ring", by_name[0]) + asked_in_plane(
        "grid", by_name[1]) + asked_of_images(
        "digits", by_name[2], (0.8, 0.75), (0.03, 0.02)) + left_out(
        *(one for each in files for one in each)) + notes(*(one for each in files for one in each))


def minutes(runs):
    """The mean over the seeds."""
    found = [run["seconds"] / 60 for run in runs if "seconds" in run]
    mean = statistics.fmean(found) if found else None
    return number(mean, 0 if found and mean >= 9.5 else 1)


def hundredths(value):
    return number(value, 2)


def asked_in_plane(dataset, by_name):
    """The line that says which rows have all modes, and which seeds of which rows do not."""
    return reached(
        f"on the {dataset} all {MODES[dataset]} modes, and at least {percent(QUALITY, 0)} of high "
        f"quality", {(FAMILY[name].title, run["seed"]): below(run, bars_in_plane(dataset))
                     for name in FAMILY for run in by_name.get(name, [])})


def bars_in_plane(dataset):
    return {"modes": (MODES[dataset], lambda n: f"{n} mode" + "s" * (n != 1)),
            "high_quality": (QUALITY, percent)}


def asked_of_images(dataset, by_name, recognised, rarest=None, told=None):
    """The same for images. recognised, rarest : the least for the ten of the lecture, and for the
    others; told : for those that are told the label, the least share that is as asked"""
    missed = {}
    for name in FAMILY:
        which = 0 if name in LECTURE else 1
        bars = {"recognised": (recognised[which], lambda share: f"{percent(share)} recognised"),
                "classes": (10, lambda n: f"{n} classes")}
        if rarest:
            bars["rarest"] = rarest[which], lambda share: f"rarest {percent(share)}"
        if told and preset(name, dataset).condition == "label":
            bars["as_asked"] = told, lambda share: f"{percent(share)} as asked"
        missed |= {(FAMILY[name].title, run["seed"]): below(run, bars)
                   for run in by_name.get(name, [])}
    first, second = (percent(share, 0) for share in recognised)
    more = "" if not rarest else ", and at least {} and {} of the rarest".format(
        *(percent(share, 0) for share in rarest))
    more += f", and {percent(told, 0)} as asked of those that are told the label" if told else ""
    name = {"mnist": "MNIST"}.get(dataset, dataset)
    return reached(f"on {name} ten classes, at least {first} recognised of the ten of the lecture "
                   f"and {second} of the others{more}", missed)


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
    """The line below a table that says which trainings are left out, if any."""
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
            FAMILY[name].title, *image_cells(*runs), over(runs, "variety", hundredths),
            over(runs, "as_asked", percent),
            " to ".join(dict.fromkeys(percent(run["times"], 0) for run in runs)),
            "–" if "seconds" not in runs[0] else f"{max(run['seconds'] for run in runs) / 60:.0f}",
            str(len(runs)), "; ".join(preset(name, "mnist").besides.values())]))
    rows.sort(key=lambda row: -row[0])
    return markdown(["", "recognised", "classes", "rarest", "variety", "as asked", "of its steps",
                     "minutes", "seeds", "beside its change"],
                    [cells for _, cells in rows]) + even(
        "their rarest is not to be compared with that of others") + asked_of_images(
        "mnist", by_name, (0.8, 0.7), told=TOLD) + left_out(*files) + notes(*files)


def starts():
    """`demos.starts` on MNIST: G's spread and the common share of D's gradient, first and last."""
    from ..starts import titled
    found = sorted([load("starts_mnist"), *seeds_of("starts_mnist")],
                   key=lambda one: one["settings"]["seed"])
    rows = [[str(one["settings"]["seed"]),
             titled(run["start"], *(run[name] for name in ("r1", "gp", "scale", "rate")
                                    if name in run)),
             *(" → ".join(text(value) for value in (run[name][0], run[name][-1]))
               for name, text in (("spread", thousandths), ("slope", thousandths),
                                  ("common", lambda share: percent(share, 0))))]
            for one in found for run in one["runs"] if "steps" in run]
    rows.append(["", "(the data)", thousandths(found[0]["runs"][-1]["spread"]), "", ""])
    return markdown(["seed", "first weights", "spread over z, step 0 → 300", "D's slope",
                     "common share of its gradient"], rows) + notes(*found)
