"""What the runs have found, in figures and words: the cells of the table and the sentence."""

import numpy as np

from .games import GAMES


def figures(one):
    """What a run has found at its first and its last moment, for the file of results."""
    first, last = one.moments[0], one.moments[-1]
    x = one.names.index("x")
    return {"game": GAMES[one.game].title, "seed": one.seed, "steps": last.step,
            "logit": [float(moment.norms[0]) for moment in (first, last)],
            "x": [float(moment.norms[x]) for moment in (first, last)],
            "z": [float(moment.norms[-1]) for moment in (first, last)],
            **{name: [float(getattr(moment, name)) for moment in (first, last)]
               for name in ("dead", "same", "different", "weights_same", "weights_different")},
            # all through the training, where both are to be had: G may stay in one mode
            "over_same": average(one, "weights_same"),
            "over_different": average(one, "weights_different"),
            "modes": last.modes, "high_quality": last.quality, "stopped": one.stopped[:60]}


def average(one, name):
    values = [getattr(moment, name) for moment in one.moments[1:]
              if np.isfinite(moment.weights_same + moment.weights_different)]
    return float(np.mean(values)) if values else float("nan")


def mean(runs, name, which=None):
    values = [run[name] if which is None else run[name][which] for run in runs]
    values = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(values)) if values else float("nan")


def rows(runs):
    """Cells of the table, a row for each game: means over the seeds, "first → last moment"."""
    found = []
    for title in dict.fromkeys(run["game"] for run in runs):
        mine = [run for run in runs if run["game"] == title]

        def span(name, text):
            return " → ".join(text(mean(mine, name, which)) for which in (0, -1))

        found.append([title, *(span(name, short) for name in ("logit", "x", "z")),
                      span("dead", lambda share: f"{100 * share:.0f} %"),
                      *(short(mean(mine, name)) for name in ("over_same", "over_different")),
                      f"{mean(mine, 'modes'):.1f}", f"{100 * mean(mine, 'high_quality'):.0f} %"])
    return found


HEADER = ["game", "at the logit", "at x", "at z", "dead units of G",
          "while near two modes: steps of one mode agree", "steps of two modes", "modes at the end",
          "in a mode"]


def short(value):
    return "–" if not np.isfinite(value) else f"{value:.2g}".replace("-", "−")


def two_digits(value):
    """As "0.80", "−0.01" or "–"."""
    return "–" if not np.isfinite(value) else f"{value:.2f}".replace("-", "−")


def rounded(ratio):
    """To one digit, as "6" or "6,000,000"."""
    return f"{float(f'{ratio:.1g}'):,.0f}"


def sentence(runs):
    """What follows from the figures, as text."""
    of = {game.title: [run for run in runs if run["game"] == game.title] for game in GAMES}
    slow, fast = (of[title] for title in ("D has won, saturating", "D has won, non-saturating"))
    text = []
    if slow and fast:
        pulls = mean(fast, "x", 0), mean(slow, "x", 0)
        text.append(f"Against a D that has won, the pull on a fake is {short(pulls[0])} with the "
                    f"non-saturating loss and {short(pulls[1])} with the saturating one, "
                    f"{rounded(pulls[0] / max(pulls[1], 1e-300))} times less.")
    agreed = []
    for name, mine in of.items():
        if name in ("non-saturating", "D has won, non-saturating", "D had won, held by R1") and (
                np.isfinite(mean(mine, "over_same") + mean(mine, "over_different"))):
            agreed.append(f"{name}, {short(mean(mine, 'over_same'))} within a mode and "
                          f"{short(mean(mine, 'over_different'))} between two "
                          f"({mean(mine, 'modes'):.1f} modes at the end)")
    if agreed:
        text.append("While fakes are near more than one mode, the steps that two of them ask of "
                    f"G's weights have a cosine of: {'; '.join(agreed)}.")
    return " ".join(text)
