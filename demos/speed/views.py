"""The picture of the times."""

import numpy as np
from matplotlib.figure import Figure

from numgan import plotting


def by_workload(runs):
    """{(workload, busy): its runs}"""
    found = {}
    for run in runs:
        found.setdefault((run["workload"], run.get("busy", 0)), []).append(run)
    return found


def draw(runs, path):
    """A bar for each contestant and step: the median, and the range of the turns' medians."""
    groups = by_workload(runs)
    figure = Figure(figsize=(10, 0.6 + sum(0.55 + 0.24 * len(mine) for mine in groups.values())),
                    layout="constrained")
    figure.suptitle("A training step in milliseconds: median, and range over the turns",
                    fontweight="bold")
    axes = figure.subplots(len(groups), 1, squeeze=False, height_ratios=[
        0.55 + 0.24 * len(mine) for mine in groups.values()])[:, 0]
    for ax, ((workload, busy), mine) in zip(axes, groups.items()):
        median = np.array([run["median"] for run in mine])
        ends = np.array([[run["lowest"], run["highest"]] for run in mine]).T
        bars = ax.barh(range(len(mine)), median, 0.7, xerr=np.abs(ends - median), ecolor="black",
                       color=[plotting.REAL if run["contestant"] == "numgan" else "#BBBBBB"
                              for run in mine])
        ax.bar_label(bars, [f"{value:.2f}" for value in median], padding=4, fontsize=9)
        ax.margins(x=0.1)
        ax.set_yticks(range(len(mine)), [
            run["contestant"] + ("" if run["step"] == "D and G" else f", {run['step']}")
            for run in mine], fontsize=9)
        ax.invert_yaxis()
        ax.set_title(workload + (f", beside {busy} that load a core" if busy else ""),
                     fontsize=10, loc="left")
    plotting.save_figure(figure, path)
