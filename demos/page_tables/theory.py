"""The tables of the theory, the bug museum and the x-ray."""

import statistics

from .writing import load, markdown, notes, percent


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


def bug_museum():
    """`demos.bug_museum`: a row for each exhibit, harm that no curve shows first."""
    from ..bug_museum import verdict as museum
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
    from ..bug_museum.exhibits import EXHIBITS
    seen = {run["exhibit"]: run["seen"] for run in load("bug_museum")["runs"]}
    return "\n\n".join("\n".join([
        f"### {name}", "", f"**{one.title[0].upper()}{one.title[1:]}.** {one.easy}", "",
        f"Where it is met: {one.found}", "", "```diff", *one.difference, "```", "",
        *(["```", seen[name], "```"] if one.check else
          [f"No gradient is wrong; `tests/{one.test}` fails."])]) for name, one in EXHIBITS.items())


def xray():
    """`demos.xray`: how much of the gradient arrives where, and who moves together."""
    from ..xray import words
    found = load("xray")
    return (markdown(words.HEADER, words.rows(found["runs"]))
            + f"\n\n{words.sentence(found['runs'])}" + notes(found))
