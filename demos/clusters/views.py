"""The pictures of the clusters: samples, a magnified cluster, elbows, dendrograms."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from numgan import plotting

from .ways import COUNTED, LINKAGES

LEAVES = 80  # of a dendrogram that is drawn
LENS = 6  # half the width of a magnified picture, in ε
COLORS = [f"C{i}" for i in (0, 1, 2, 4, 6, 8, 9, 5)]  # not grey, red: noise
NOISE, LIGHT, DARK = "#d62728", "0.82", "0.3"


def draw_clusters(found, toy, path):
    """The samples as DBSCAN sees them, with k-means' centres; one cluster of each, magnified; the
    elbow."""
    figure = Figure(figsize=(4.4 * len(found), 9.6), dpi=100, layout="constrained")
    figure.suptitle("Clusters found without knowing the modes", fontsize=15, fontweight="bold")
    planes, lenses, elbows = figure.subplots(3, len(found), height_ratios=(1.55, 1, 0.9),
                                             squeeze=False)
    for ax, one in zip(planes, found):
        plotting.plane(ax, plotting.square(toy.extent))
        ax.set_title(f"{one.title}\nDBSCAN: {plural(one.clusters, 'cluster')}, "
                     f"{100 * one.noise:.0f} % noise", fontsize=12)
        draw_points(ax, one, 1, cross=2)
    for ax, one in zip(lenses, found):
        draw_lens(ax, one)
    handles, names = planes[0].get_legend_handles_labels()
    legend = figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize=11)
    for handle in legend.legend_handles[:2]:  # of all colours
        handle.set(facecolor="0.35" if handle is legend.legend_handles[0] else "white",
                   edgecolor="0.35")
    top = max(one.sums.max() for one in found)
    low = min(one.sums[one.sums > 0].min() for one in found)
    for ax, one in zip(elbows, found):
        k = np.arange(1, len(one.sums) + 1)
        at = one.elbow, one.sums[one.elbow - 1]
        ax.semilogy(k, one.sums, "o-", color="0.35", markersize=4)
        ax.semilogy(*at, "o", color=NOISE, markersize=9)
        ax.annotate(f"elbow at {one.elbow}" if one.elbow > 1 else "no elbow", at, color=NOISE,
                    xytext=(8, 8), textcoords="offset points", fontsize=12)
        ax.set(xlabel="centres of k-means", ylim=(low / 2, top * 8))
        ax.grid(alpha=0.3)
    elbows[0].set_ylabel("sum of squared distances")
    plotting.save_figure(figure, path, dpi=100)


def draw_points(ax, one, size, cross):
    """DBSCAN's three kinds of points, a colour for each cluster, and the centres of k-means."""
    noise = one.labels < 0
    shades = np.array(COLORS)[one.labels % len(COLORS)]
    border = ~one.core & ~noise
    ax.scatter(*one.points[one.core].T, s=20 * size, linewidths=0, c=list(shades[one.core]),
               zorder=3, label="core point")
    ax.scatter(*one.points[border].T, s=20 * size, linewidths=1.2, facecolors="white",
               edgecolors=list(shades[border]), zorder=3, label="border")
    ax.scatter(*one.points[noise].T, marker="x", s=20 * size, linewidths=1, c=NOISE, zorder=3,
               label="noise")
    ax.scatter(*one.centers.T, marker="+", s=420, linewidths=1, c="black", zorder=cross,
               label="centre of k-means")


def draw_lens(ax, one):
    """The largest cluster, magnified; around one of its core points a circle of ε."""
    radius = one.ruler.radius
    width, height = LENS * radius, LENS * radius / 1.7
    ax.set(xticks=[], yticks=[], aspect="equal")
    if not one.core.any():
        ax.set_axis_off()
        return
    largest = np.bincount(one.labels[one.core]).argmax()
    core = one.points[one.core & (one.labels == largest)]
    middle = np.median(core, axis=0)
    draw_points(ax, one, 1.4, cross=4)
    inside = core[(np.abs(core - middle) < [width - 1.2 * radius, height - 1.2 * radius]).all(1)]
    far = np.argsort(np.linalg.norm(inside - middle, axis=1))
    edge = inside[far[int(0.95 * len(far))]]
    ax.add_patch(Circle(edge, radius, fill=False, color="black", linewidth=1.3, zorder=4))
    ax.plot(*np.transpose([edge, edge - [radius, 0]]), color="black", linewidth=1.3, zorder=4)
    ax.annotate("ε", edge - [1.15 * radius, 0], ha="right", va="center", fontsize=15,
                bbox=dict(facecolor="white", edgecolor="none", alpha=0.8, pad=0.5))
    ax.set(xlim=middle[0] + [-width, width], ylim=middle[1] + [-height, height])
    ax.set_title("its largest cluster, magnified", fontsize=11)


def draw_dendrograms(found, path):
    """A row for each linkage, a column for each sample; the cut, and what is joined below it."""
    from scipy.cluster import hierarchy

    figure = Figure(figsize=(4.6 * len(found), 8.6), dpi=100, layout="constrained")
    figure.suptitle(f"The last {LEAVES - 1} joins. Cut, dashed, where the data's joins jump most; "
                    f"in colour what has {100 * COUNTED:g} % of the points or more",
                    fontsize=14, fontweight="bold")
    axes = figure.subplots(len(LINKAGES), len(found), sharey="row", squeeze=False)
    for row, linkage in zip(axes, LINKAGES):
        bottom = min(one.joins[linkage][-LEAVES, 2] for one in found)
        top = max(one.joins[linkage][-1, 2] for one in found)
        for ax, one in zip(row, found):
            joins, cut = one.joins[linkage], one.ruler.heights[linkage]
            hierarchy.dendrogram(joins, p=LEAVES, truncate_mode="lastp", ax=ax, no_labels=True,
                                 link_color_func=colors_of(joins, cut).__getitem__)
            ax.axhline(cut, color=NOISE, linestyle="--", linewidth=1.2)
            ax.set_title(f"{one.title}: {plural(one.counts[linkage], 'cluster')}", fontsize=12)
            ax.spines[["top", "right", "bottom"]].set_visible(False)
        row[0].set_yscale("log")
        row[0].set_ylim(max(bottom, 1e-6 * top) * 0.7, top * 1.5)
        row[0].set_ylabel(f"{linkage} linkage: distance", fontsize=11)
    plotting.save_figure(figure, path, dpi=100)


def colors_of(joins, cut):
    """The colour of each node, as SciPy numbers points and joins: dark above the cut, below it the
    colour of its cluster, and light where the cluster is too small to count."""
    from scipy.cluster import hierarchy

    n = len(joins) + 1
    labels = hierarchy.fcluster(joins, cut, "distance")
    large = np.flatnonzero(np.bincount(labels) >= COUNTED * n)
    shade = {label: COLORS[i % len(COLORS)] for i, label in enumerate(large)}
    leaf, colors = list(range(n)), [LIGHT] * n  # a point of each node
    for left, _, height, _ in joins:
        leaf.append(leaf[int(left)])
        colors.append(DARK if height > cut else shade.get(labels[leaf[-1]], LIGHT))
    return colors


def plural(n, word):
    return f"{n} {word}" + "s" * (n != 1)
