"""What a bug does, judged from its trainings beside those of the right code on the same seeds."""

import dataclasses
import statistics

OFF = {"d_real": 0.1, "d_fake": 0.1, "d_loss": 0.3, "g_loss": 0.3}  # losses in nats
NAMES = {"d_real": "D(x)", "d_fake": "D(G(z))", "d_loss": "D's loss", "g_loss": "G's loss"}
LOWER = 0.1  # of high quality: a drop of this much is harm
NOTHING = "no gradient is wrong"
HIDDEN, SHOWN, HARMLESS = "harm that no curve shows", "harm that a curve shows", "no harm here"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The verdict on one exhibit over all seeds.

    curves : names of the curves that are off, on most seeds
    harm : bool, whether on most seeds modes are missing or samples are worse
    """

    curves: tuple
    harm: bool

    @property
    def kind(self):
        return HARMLESS if not self.harm else SHOWN if self.curves else HIDDEN


def verdict(pairs):
    """pairs : (figures with the bug, figures of the right code) of each seed; see `figures`"""
    def most(holds):
        return 2 * sum(holds) > len(pairs)

    curves = tuple(name for name, limit in OFF.items()
                   if most([bool(wrong["stopped"]) or abs(wrong[name] - right[name]) > limit
                            for wrong, right in pairs]))
    harm = most([wrong["modes"] < right["modes"]
                 or wrong["high_quality"] < right["high_quality"] - LOWER
                 for wrong, right in pairs])
    return Verdict(curves, harm)


def judged(runs):
    """{exhibit: (Verdict, runs with the bug, right runs of the same seeds)} of all `figures`."""
    right = {(run["setting"], run["seed"]): run for run in runs if not run["exhibit"]}
    found = {}
    for name in dict.fromkeys(run["exhibit"] for run in runs if run["exhibit"]):
        wrong = [run for run in runs if run["exhibit"] == name
                 and (run["setting"], run["seed"]) in right]
        beside = [right[run["setting"], run["seed"]] for run in wrong]
        if wrong:
            found[name] = verdict(list(zip(wrong, beside))), wrong, beside
    return found


def figures(result, message):
    """What a training measured, for the file of results; curves are means over the last tenth.
    message : what the gradient check says of the exhibit, or the test that sees it"""
    return {"exhibit": result.exhibit, "setting": result.setting, "seed": result.seed,
            "steps": result.steps, "modes": result.modes,
            "high_quality": round(result.high_quality, 4),
            **{name: round(result.last(name), 4) if result.curves else None for name in OFF},
            "stopped": result.stopped[:60], "seconds": round(result.seconds, 1),
            "seen": message}


def sentence(found):
    """What follows from `judged`, as text."""
    of = {kind: [name for name, one in found.items() if one[0].kind == kind]
          for kind in (HIDDEN, SHOWN, HARMLESS)}
    harmful = len(of[HIDDEN]) + len(of[SHOWN])
    which = f": {', '.join(of[HIDDEN])}" if of[HIDDEN] else ""
    seen = sum(not (wrong[0]["seen"] or NOTHING).startswith(NOTHING)
               for _, wrong, _ in found.values())
    return (f"The gradient check sees {seen} of {len(found)} bugs. {harmful} cost modes or quality "
            f"on most seeds, and {len(of[HIDDEN])} of these move no curve{which}. "
            f"{len(of[HARMLESS])} do no harm here.")


def mean(runs, name):
    values = [run[name] for run in runs if run[name] is not None]
    return statistics.fmean(values) if values else float("nan")


COLUMNS = [("modes", "modes", 1, 1), ("in a mode, %", "high_quality", 100, 0),
           ("D(x)", "d_real", 1, 2), ("D(G(z))", "d_fake", 1, 2), ("D's loss", "d_loss", 1, 2),
           ("G's loss", "g_loss", 1, 2)]  # title, name, factor, digits


def beside(right, wrong, title, name, factor, digits):
    """Means over the seeds, "right → wrong"."""
    values = [factor * mean(runs, name) for runs in (right, wrong)]
    return " → ".join(f"{value:,.{digits if abs(value) < 100 else 0}f}".replace("-", "−")
                      for value in values)


def in_short(seen):
    """What the gradient check says, without numbers; "–" where no gradient is wrong."""
    if not seen or seen.startswith(NOTHING):
        return "–"
    lines = seen.split("\n")
    short = lines[0].split(": ", 1)[1].rstrip(".")
    factor = [line.strip() for line in lines
              if "every coordinate" in line and " 1 times" not in line]
    return "; ".join([short, *factor])
