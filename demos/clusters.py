"""Modes that nobody knows are found by clustering, and a collapse is counted all the same.

    python -m demos.clusters                    a minute; open clusters.png and dendrograms.png
    python -m demos.clusters --dataset grid     25 modes, two minutes
    python -m demos.clusters --quick            half a minute: shorter trainings, fewer points

`metrics.mode_statistics` counts modes whose centres it is told. Of most data nobody can tell them.
But a real sample is there, and what lies in clusters can be found: here in a real sample, in a
sample of a GAN that collapsed, and in one of a GAN that was cured (the pair of
`demos.mode_collapse`, trained here). Three ways:

k-means (k-means++ starts) puts k centres so that the squared distances from each point to its
centre sum to as little as possible. The sum falls with k in any case; at the number of clusters it
stops falling fast: the elbow. As a rule: the k at which the logarithm of the sum bends most, and
one cluster if it bends nowhere by a factor of two. It wants clusters that are round and of one
size.

Agglomerative clustering begins with a cluster for each point, and joins the two nearest until there
is one. "Near" is the linkage: the distance of their nearest points (single), of their farthest
(complete), or the mean of all pairs (average). The dendrogram shows all joins, at the height of
their distance; a cut across it gives clusters. Single linkage follows any shape, but a few points
between two clusters are a bridge; complete linkage makes clusters of equal diameter; average is
between.

DBSCAN calls a point a core point if at least 5 points, itself included, lie within ε of it; core
points within ε of each other are of one cluster, with the other points within ε of them, its
border. The rest is noise. It follows any shape, needs no number of clusters, and is the only one
here that may say of a point that it belongs nowhere: a generator's bad samples. It wants clusters
of one density.

All rulers are of the real sample: ε is what 95 % of the real points need for their 5 points, and
the dendrograms of the fakes are cut at the height where the real one's joins jump most. A cluster
is counted if it has two per cent of the points. At last real clusters and fakes are put together: a
cluster of the real sample is reached if two per cent of a fair share of the fakes is within ε of
one of its core points. That counts what a generator lost, which the number of its own clusters does
not.
(Arthur & Vassilvitskii 2007; Ester et al. 1996. scikit-learn and SciPy do the clustering.)
"""

import argparse
import dataclasses

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from numgan import data, metrics, plotting
from numgan.training import TrainingDiverged

from . import results
from .arguments import Parser, positive
from .common import exit_code, progress, run_main, usable_folder, write
from .cures import PAIRS

POINTS, QUICK_POINTS, QUICK_STEPS = 1000, 500, 6000
MIN_POINTS, WITHIN = 5, 0.95  # DBSCAN's, and the share of real points that are to be core points
LINKAGES = "single", "complete", "average"
COUNTED = 0.02  # of the points: a cluster that counts
BEND = 2.0  # the least by which the sum of squares bends at an elbow
MOST = {"ring": 14, "grid": 32}  # clusters that are tried
JUMPS = 40  # joins among which the largest jump is looked for
LEAVES = 80  # of a dendrogram that is drawn
LENS = 6  # half the width of a magnified picture, in ε
COLORS = [f"C{i}" for i in (0, 1, 2, 4, 6, 8, 9, 5)]  # not grey, red: noise
NOISE, LIGHT, DARK = "#d62728", "0.82", "0.3"


@dataclasses.dataclass
class Ruler:
    """What is measured of the real sample, and used for the others."""

    radius: float  # ε
    heights: dict  # linkage → where its dendrogram is cut
    real: np.ndarray  # core points
    labels: np.ndarray  # their clusters


@dataclasses.dataclass
class Found:
    """What the three ways find in one sample."""

    title: str
    points: np.ndarray  # (N, 2)
    sums: np.ndarray  # of squares, for 1, 2, ... centres
    elbow: int
    centers: np.ndarray  # (elbow, 2)
    joins: dict  # linkage → SciPy's table of joins
    counts: dict  # linkage → clusters that count
    labels: np.ndarray  # DBSCAN's, (N,); −1 is noise
    core: np.ndarray  # (N,) bool
    reached: int = 0  # of the real sample's clusters
    modes: int = 0  # of those that are known
    ruler: Ruler = None

    @property
    def clusters(self):
        return counted(self.labels)

    @property
    def noise(self):
        return float(np.mean(self.labels < 0))


# -- the three ways --------------------------------------------------------------------------------


def k_means(x, most, seed):
    """Sums of squares for 1 ... `most` centres, the elbow, and its centres."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    # one thread: with others on a busy machine each of many short rounds waits for the slowest
    with threadpool_limits(limits=1):
        fits = [KMeans(k, init="k-means++", n_init=10, random_state=seed).fit(x)
                for k in range(1, most + 1)]
    sums = np.array([fit.inertia_ for fit in fits])
    k = elbow(sums)
    return sums, k, fits[k - 1].cluster_centers_


def elbow(sums):
    """Where the logarithm of the sums for 1, 2, ... centres bends most; 1 if nowhere enough."""
    logs = np.log(np.maximum(sums, 1e-300))
    bends = logs[:-2] - 2 * logs[1:-1] + logs[2:]  # at 2, 3, ...
    return int(bends.argmax()) + 2 if bends.max() >= np.log(BEND) else 1


def agglomerative(x, linkage, height=None):
    """SciPy's table of joins, the height of the cut, and the clusters that count below it."""
    from scipy.cluster import hierarchy

    joins = hierarchy.linkage(x, linkage)
    if height is None:
        height = jump(joins[:, 2])
    return joins, height, counted(hierarchy.fcluster(joins, height, "distance"))


def jump(heights):
    """The middle (geometric) of the largest jump, by a factor, among the last joins."""
    last = heights[-JUMPS:]
    where = np.argmax(last[1:] / np.maximum(last[:-1], 1e-300))
    return float(np.sqrt(last[where] * last[where + 1]))


def density(x, radius):
    """DBSCAN's labels, and which points are core points."""
    from sklearn.cluster import DBSCAN

    fit = DBSCAN(eps=radius, min_samples=MIN_POINTS).fit(x)
    core = np.zeros(len(x), bool)
    core[fit.core_sample_indices_] = True
    return fit.labels_, core


def radius_of(x):
    """ε: within it WITHIN of the points have MIN_POINTS, themselves included."""
    from sklearn.neighbors import NearestNeighbors

    distances, _ = NearestNeighbors(n_neighbors=MIN_POINTS).fit(x).kneighbors(x)
    return float(np.quantile(distances[:, -1], WITHIN))


def counted(labels):
    """How many labels (−1 is none) have a share of COUNTED or more."""
    counts = np.bincount(labels[labels >= 0])
    return int(np.count_nonzero(counts >= COUNTED * len(labels)))


def reached(x, ruler):
    """How many of the real sample's clusters have fakes at a core point of theirs."""
    from sklearn.neighbors import NearestNeighbors

    distances, nearest = NearestNeighbors(n_neighbors=1).fit(ruler.real).kneighbors(x)
    near = distances[:, 0] <= ruler.radius
    clusters = np.unique(ruler.labels)
    counts = np.bincount(ruler.labels[nearest[near, 0]], minlength=clusters.max() + 1)[clusters]
    return int(np.count_nonzero(counts >= COUNTED * len(x) / len(clusters)))


def look(title, x, toy, most, seed, ruler=None):
    """All of it, for one sample; without a ruler it is the real one, which gets its own."""
    sums, k, centers = k_means(x, most, seed)
    heights = ruler.heights if ruler else dict.fromkeys(LINKAGES)
    joins, counts, cuts = {}, {}, {}
    for linkage in LINKAGES:
        joins[linkage], cuts[linkage], counts[linkage] = agglomerative(x, linkage, heights[linkage])
    radius = ruler.radius if ruler else radius_of(x)
    labels, core = density(x, radius)
    if ruler is None:
        sizes = np.bincount(labels[labels >= 0])
        of_clusters = core & np.isin(labels, np.flatnonzero(sizes >= COUNTED * len(x)))
        ruler = Ruler(radius, cuts, x[of_clusters], labels[of_clusters])
    return Found(title, x, sums, k, centers, joins, counts, labels, core, reached(x, ruler),
                 metrics.mode_statistics(x, toy.centers, toy.std).modes, ruler)


# -- pictures --------------------------------------------------------------------------------------


def draw_clusters(found, toy, path):
    """The samples by DBSCAN, with k-means' centres; one cluster of each, magnified; the elbow."""
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
    """Of each node, as SciPy numbers points and joins: dark above the cut, below it the colour of
    its cluster, and light where that is too small to count."""
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


# -- words -----------------------------------------------------------------------------------------


def figures(one):
    """What the table and the results have of one sample: name → number."""
    return {"k-means, elbow": one.elbow,
            **{f"{linkage} linkage": one.counts[linkage] for linkage in LINKAGES},
            "DBSCAN": one.clusters, "DBSCAN's noise": one.noise,
            "real clusters reached": one.reached, "known modes": one.modes}


def table(found):
    columns = [figures(one) for one in found]
    lines = [["clusters in", *(one.title for one in found)]]
    for name in columns[0]:
        lines.append([name, *(f"{100 * column[name]:.1f} %" if name == "DBSCAN's noise"
                              else str(column[name]) for column in columns)])
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in lines)


def conclusion(found):
    """A sentence that follows from the figures."""
    real, *fakes = found
    clusters = real.clusters
    words = [f"DBSCAN finds {plural(clusters, 'cluster')} in the data; "
             + "; ".join(f"the {one.title} reaches {one.reached} of them" for one in fakes) + "."]
    for one in fakes:
        lost = clusters - one.reached
        words.append(f"{one.title}: " + (f"a collapse, {lost} of {clusters} are missing"
                                         if lost else "no cluster is missing") + ".")
    same = [name for name, value in figures(real).items()
            if name not in ("DBSCAN's noise", "known modes", "real clusters reached")
            and all(figures(one)[name] == one.modes for one in found)]
    words.append(f"The number of the modes, had they been known, is found in all {len(found)} "
                 f"samples by: {', '.join(same) or 'none of the five'}.")
    return "\n".join(words)


# -- the command -----------------------------------------------------------------------------------


def fakes_of(recipe, toy, seed, n, steps):
    """(samples (n, 2), what went wrong: "" for nothing) of a GAN, trained here."""
    training, problem = recipe.start(toy, seed, steps), ""
    try:
        for _ in progress(training, total=training.steps, desc=recipe.title):
            pass
    except KeyboardInterrupt:
        problem = "interrupted"
    except TrainingDiverged as error:
        problem = str(error)
    return training.samples(training.latents(n, [seed, 1])).astype(np.float64), problem


def main(arguments=None):
    parser = Parser("clusters", __doc__, dict(steps=QUICK_STEPS, points=QUICK_POINTS),
                    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", choices=tuple(MOST), default="ring")
    parser.add_argument("--steps", type=positive, help="of each training (default: of its recipe)")
    parser.add_argument("--points", type=positive, default=POINTS,
                        help=f"of each sample (default {POINTS})")
    parser.share(seed=0, out=True, results=True)
    options = parser.parse_args(arguments)
    most = MOST[options.dataset]
    n, steps = options.points, options.steps
    if not 100 <= n <= 5000:
        parser.error(f"--points: expected 100 ... 5,000, got {n}")
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)

    toy = data.toy(options.dataset)
    real = look("data", toy.sample(n, np.random.default_rng(options.seed)), toy, most, options.seed)
    found, problem = [real], ""
    for recipe in PAIRS[options.dataset][0]:
        if problem == "interrupted":
            break
        fake, problem = fakes_of(recipe, toy, options.seed, n, steps)
        if problem:
            print(f"{recipe.title}: {problem}")
        found.append(look(recipe.title, fake, toy, most, options.seed, real.ruler))
    print(table(found))
    print(conclusion(found))
    results.keep(path, results.command("clusters", arguments),
                 dict(dataset=options.dataset, seed=options.seed, points=n, steps=steps),
                 [dict(sample=one.title, radius=one.ruler.radius, **figures(one))
                  for one in found], options.quick)
    clusters, dendrograms = (options.out / f"{name}.png" for name in ("clusters", "dendrograms"))
    write(options.out, {clusters.name: lambda: draw_clusters(found, toy, clusters),
                        dendrograms.name: lambda: draw_dendrograms(found, dendrograms)})
    return exit_code(problem)


if __name__ == "__main__":
    run_main(main)
