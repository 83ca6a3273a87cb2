"""Three ways to find clusters, and what all of them find in one sample."""

import dataclasses

import numpy as np

from numgan import metrics

MIN_POINTS, WITHIN = 5, 0.95  # DBSCAN's, and the share of real points that are to be core points
LINKAGES = "single", "complete", "average"
COUNTED = 0.02  # of the points: a cluster that counts
BEND = 2.0  # the least by which the sum of squares bends at an elbow
JUMPS = 40  # joins among which the largest jump is looked for


@dataclasses.dataclass
class Ruler:
    """What is measured on the real sample, and used for the others."""

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


def k_means(x, most, seed):
    """Sums of squares for 1 ... `most` centres, the elbow, and its centres."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    # one thread: with more, on a busy machine, each of many short rounds waits for the slowest
    with threadpool_limits(limits=1):
        fits = [KMeans(k, init="k-means++", n_init=10, random_state=seed).fit(x)
                for k in range(1, most + 1)]
    sums = np.array([fit.inertia_ for fit in fits])
    k = elbow(sums)
    return sums, k, fits[k - 1].cluster_centers_


def elbow(sums):
    """Where the logarithm of the sums for 1, 2, ... centres bends most; 1 if it bends too little.
    """
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
    """How many of the real sample's clusters have enough fakes near one of their core points."""
    from sklearn.neighbors import NearestNeighbors

    distances, nearest = NearestNeighbors(n_neighbors=1).fit(ruler.real).kneighbors(x)
    near = distances[:, 0] <= ruler.radius
    clusters = np.unique(ruler.labels)
    counts = np.bincount(ruler.labels[nearest[near, 0]], minlength=clusters.max() + 1)[clusters]
    return int(np.count_nonzero(counts >= COUNTED * len(x) / len(clusters)))


def look(title, x, toy, most, seed, ruler=None):
    """All of it, for one sample; without a ruler, it is the real sample and gets its own ruler."""
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
