"""Unknown modes are found by clustering, and a collapse is counted all the same.

    python -m demos.clusters                    a minute; open clusters.png and dendrograms.png
    python -m demos.clusters --dataset grid     25 modes, two minutes
    python -m demos.clusters --quick            half a minute: shorter trainings, fewer points

`metrics.mode_statistics` counts modes whose centres it is told. For most data nobody knows the
centres. But a real sample is there, and clusters can be found: here in a real sample, in a sample
of a GAN that collapsed, and in one of a GAN that was cured (the pair of `demos.mode_collapse`,
trained here). Three ways:

k-means (k-means++ starts) puts k centres so that the squared distances from each point to its
centre have the smallest possible sum. The sum falls with k in any case; at the number of clusters
it stops falling fast: the elbow. The rule here: take the k at which the logarithm of the sum bends
most, and one cluster if it bends nowhere by a factor of two. k-means wants clusters that are round
and of one size.

Agglomerative clustering begins with a cluster for each point, and joins the two nearest until there
is one. The linkage says what "near" means: the distance of their nearest points (single), of their
farthest (complete), or the mean over all pairs (average). The dendrogram shows all joins, at the
height of their distance; a cut across it gives clusters. Single linkage follows any shape, but a
few points between two clusters are a bridge; complete linkage makes clusters of equal diameter;
average linkage is between the two.

DBSCAN calls a point a core point if at least 5 points, itself included, lie within ε of it. Core
points within ε of each other belong to one cluster. So do the other points within ε of them, the
cluster's border. The rest is noise. DBSCAN follows any shape and needs no number of clusters. Of
the three it alone may say that a point belongs nowhere: a generator's bad samples. It wants
clusters of one density.

All rulers come from the real sample: ε is what 95 % of the real points need for their 5 points, and
the dendrograms of the fakes are cut at the height where the joins of the real sample jump most. A
cluster is counted if it has two per cent of the points. Finally real clusters and fakes are put
together: a cluster of the real sample is reached if two per cent of a fair share of the fakes is
within ε of one of its core points. That counts what a generator lost, which the number of its own
clusters does not.
(Arthur & Vassilvitskii 2007; Ester et al. 1996. scikit-learn and SciPy do the clustering.)
"""

import argparse

import numpy as np

from numgan import data
from numgan.training import TrainingDiverged

from .. import results
from ..arguments import Parser, positive
from ..common import exit_code, progress, run_main, usable_folder, write
from ..cures import PAIRS
from .views import draw_clusters, draw_dendrograms, plural
from .ways import LINKAGES, look

POINTS, QUICK_POINTS, QUICK_STEPS = 1000, 500, 6000
MOST = {"ring": 14, "grid": 32}  # the most clusters that are tried


# -- words -----------------------------------------------------------------------------------------


def figures(one):
    """What the table and the results say of one sample: name → number."""
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
    found, problem = [real], ""  # the problem is the last one, if any
    for recipe in PAIRS[options.dataset][0]:
        if problem == "interrupted":
            break
        fake, new = fakes_of(recipe, toy, options.seed, n, steps)
        if new:
            problem = new
            print(f"{recipe.title}: {problem}")
        found.append(look(recipe.title, fake, toy, most, options.seed, real.ruler))
    print(table(found))
    print(conclusion(found))
    if not problem:  # figures of a training that was cut short would look like others
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
