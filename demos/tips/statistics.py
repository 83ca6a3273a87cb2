"""The file of results of the tips, and what can be said of it: differences, intervals, verdicts."""

import dataclasses
import math

import numpy as np
from scipy.special import stdtr, stdtrit  # Student's t

from .. import results
from .switches import Switches

SAMPLES = 2500
MEASURES = ("modes", "high_quality", "reverse_kl")
JUDGED = MEASURES[:2]
FACTORS = {"modes": 1, "high_quality": 100}  # quality is shown in percent


# -- the file of results ---------------------------------------------------------------------------


def keep(path, command, seeds, runs, quick=False):
    """Write {(Switches, seed): what `measure` found}; a run names the switches that differ from the
    baseline in the settings."""
    plain = dataclasses.asdict(Switches())
    results.write(path, command, {"dataset": "grid", "seeds": seeds, "samples": SAMPLES,
                                  "baseline": plain} | results.marked(quick), [
        {"switches": {name: value for name, value in dataclasses.asdict(switches).items()
                      if value != plain[name]}, "seed": seed, **found}
        for (switches, seed), found in runs.items()])


def kept(path, quick=False):
    """What `keep` wrote: (seeds, runs). ValueError if the file holds something else, or the runs of
    --quick where they are not wanted, or others where they are."""
    found, runs = results.read(path), {}
    if found["settings"].get("quick", False) != quick:
        raise ValueError("those of a run without --quick" if quick else "those of a quick run")
    try:
        plain = found["settings"]["baseline"]
        for one in found["runs"]:
            switches = {name: tuple(value) if isinstance(value, list) else value
                        for name, value in (plain | one.pop("switches")).items()}
            key = Switches(**switches), one.pop("seed")
            if not isinstance(one["stopped"], str) or not all(
                    type(one[name]) in (int, float) or name == "reverse_kl" and one[name] is None
                    for name in MEASURES):
                raise ValueError(f"{one!r:.100}")
            runs[key] = one
        return found["settings"]["seeds"], runs
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


# -- statistics ------------------------------------------------------------------------------------


class Row:
    """One tip over its seeds: `without` and `having` map a measure to the values (n,) of seeds."""

    def __init__(self, tip, pairs):
        self.tip, self.n = tip, len(pairs)
        self.without, self.having = (
            {name: np.array([np.nan if one[name] is None else one[name] for one in side], float)
             for name in MEASURES} for side in zip(*pairs))

    def differences(self, name):
        return self.having[name] - self.without[name]

    def interval(self, name):
        """(mean difference, half the 95 % interval, or NaN for a single seed)."""
        d = self.differences(name)
        if self.n < 2:
            return d.mean(), np.nan
        return d.mean(), stdtrit(self.n - 1, 0.975) * d.std(ddof=1) / math.sqrt(self.n)

    def shows(self, name):
        """Does the interval leave 0 out?"""
        mean, half = self.interval(name)
        return abs(mean) > half

    def p(self, name):
        """Of the paired t test, two-sided; 1 for a single seed, which shows nothing."""
        d = self.differences(name)
        if self.n < 2 or not d.any():
            return 1.0
        with np.errstate(divide="ignore"):  # all seeds agree: p = 0
            t = d.mean() / (d.std(ddof=1) / math.sqrt(self.n))
        return 2 * stdtr(self.n - 1, -abs(t))

    @property
    def verdict(self):
        if self.n < 2:
            return "–"
        found = {np.sign(self.interval(name)[0]) for name in JUDGED if self.shows(name)}
        return {frozenset(): "no effect", frozenset([1]): "helped",
                frozenset([-1]): "hurt"}.get(frozenset(found), "mixed")


def holm(p, level=0.05):
    """Which of these p values remain after Holm's correction for their number; (n,) of bool."""
    p = np.asarray(p)
    order = np.argsort(p)
    remains = np.empty(len(p), bool)
    remains[order] = np.logical_and.accumulate(p[order] <= level / np.arange(len(p), 0, -1))
    return remains


def marks_of(rows):
    """{(the tip's name, measure): "" if the interval holds 0, "*" if not, "‡" if it remains after
    Holm's correction for all of these rows}."""
    names = [(row, name) for row in rows for name in JUDGED]
    remains = holm([row.p(name) for row, name in names])
    return {(row.tip.name, name): "‡" if remain else "*" if row.shows(name) else ""
            for (row, name), remain in zip(names, remains)}


def rows_of(tips, runs, seeds, baseline):
    """A `Row` for each tip of which there are pairs of runs, over the seeds that both have."""
    found = []
    for tip in tips:
        pairs = [[runs[switches, seed] for switches in tip.settings(baseline)]
                 for seed in seeds
                 if all((switches, seed) in runs for switches in tip.settings(baseline))]
        if pairs:
            found.append(Row(tip, pairs))
    return found


def mean_of(values):
    """The mean of those that are numbers (there is no reverse KL without good samples)."""
    known = values[~np.isnan(values)]
    return known.mean() if known.size else np.nan
