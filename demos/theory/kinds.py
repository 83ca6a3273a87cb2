"""What a discriminative and a generative model know about the same two classes, and what comes when
one is asked the other's question."""

import dataclasses

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from numgan import Adam, NonSaturating, data, models, pairs, penalties, plotting
from numgan.layers.activations import sigmoid
from numgan.losses import binary_cross_entropy_with_logits
from numgan.training import train

NOISE, COUNT = 0.2, 4000  # of the moons, and points to learn from; as many to be judged by
STEPS, GAN_STEPS, BATCH, WIDTH = 400, 1500, 128, 64
ASKED, CLIMB, STRIDE = 40, 400, 0.02  # points that climb the classifier, steps of each, their size
FAR = 0.4  # from the nearest data of the class: no sample of it; the moons are 2.3 long
EXTENT = (-2.2, 2.2, -1.15, 1.15)
COLOURS = "#AA4499", "#117733"  # of the two classes
NAMES = "upper moon", "lower moon"
BANDWIDTH = 0.1  # of the kernel density of G's samples


def moons(rng, count):
    """(x (N, 2) float32, labels (N,)): scikit-learn's moons, one a class."""
    from sklearn.datasets import make_moons  # here: it imports slowly
    x, labels = make_moons(count, noise=NOISE, random_state=int(rng.integers(2 ** 31)))
    return ((x - [0.5, 0.25]) / 1.5).astype(np.float32), labels


@dataclasses.dataclass
class Kinds:
    """Both models, and the answers to both questions."""

    x: np.ndarray  # (N, 2) data, to look at
    labels: np.ndarray
    classifier: object  # Network, x -> logit of class 1
    samples: list  # of each class (N, 2), from the generator
    climbs: np.ndarray  # (steps + 1, ASKED, 2) of points that climb p(class 1 | x)
    away: int  # how many of them end further than FAR from all data of class 1
    sampled_away: float  # the share of the generator's samples that is so far away
    right: tuple  # shares of new points that the classifier, and the generator, get right

    @property
    def climbed(self):
        """p(class 1 | x) where the climbs end, the mean."""
        return float(self.classifier.probability(self.climbs[-1]).mean())


def run(seed, quick=False, report=lambda: None):
    """Train both, and ask."""
    rng = np.random.default_rng([seed, 4])
    (x, labels), (new, truth) = moons(rng, COUNT), moons(rng, COUNT)
    classifier = trained_classifier(x, labels, STEPS // 10 if quick else STEPS, rng, report)
    generator = trained_generator(x, labels, GAN_STEPS // 20 if quick else GAN_STEPS, rng, report)
    samples = [generator(pairs.Pair(rng.standard_normal((COUNT // 2, 2)),
                                    pairs.one_hot(np.full(COUNT // 2, label), 2))).x
               for label in (0, 1)]
    densities = [density_of(one) for one in samples]
    climbs = climb(classifier, rng.uniform(-1, 1, (ASKED, 2)) * [1.3, 0.8])
    of_class = x[labels == 1]
    right = ((classifier(new)[:, 0] > 0) == truth).mean(), (log_odds(densities, new) > 0) == truth
    return Kinds(x, labels, classifier, samples, climbs,
                 int((distances(climbs[-1], of_class) > FAR).sum()),
                 float((distances(samples[1], of_class) > FAR).mean()),
                 (float(right[0]), float(right[1].mean())))


def trained_classifier(x, labels, steps, rng, report):
    """A discriminator's network that learns p(class 1 | x) by cross-entropy."""
    network = models.mlp_discriminator(hidden=(WIDTH, WIDTH), rng=rng)
    batch, optimizer = data.sampler(pairs.Pair(x, labels[:, None]), rng), Adam(5e-3)
    for step in range(steps):
        some, target = batch(BATCH)
        logits, cache = network.forward(some, train=True)
        _, d_logits = binary_cross_entropy_with_logits(target.astype(logits.dtype), logits)
        network.grad.fill(0)
        network.backward(d_logits, cache, input_grad=False)
        optimizer.step(network.theta, network.grad, 1 - step / steps)
        report()
    return network


def trained_generator(x, labels, steps, rng, report):
    """A conditional GAN that learns p(x | class): G makes x of z and the class."""
    G, D = models.conditional_mlp(2, 2, 2, (WIDTH, WIDTH), (WIDTH, WIDTH), rng=rng)
    real = pairs.Pair(x, pairs.one_hot(labels, 2))
    for _ in train(G, D, data.sampler(real, rng), loss=NonSaturating(), steps=steps, rng=rng,
                   batch_size=BATCH, latent=pairs.latents(2, 2), penalty=penalties.R1(0.05),
                   d_optimizer=Adam(5e-3, beta2=0.99), g_optimizer=Adam(2e-3, beta2=0.99),
                   schedule="cosine"):
        report()
    return G


def density_of(samples):
    """A Gaussian kernel density of samples: for a G of two numbers there is no simple formula."""
    from sklearn.neighbors import KernelDensity
    return KernelDensity(bandwidth=BANDWIDTH, rtol=1e-3).fit(samples[:1000])


def log_odds(densities, x):
    """ln p(x | 1) − ln p(x | 0): Bayes' rule for classes that are equally frequent."""
    return densities[1].score_samples(x) - densities[0].score_samples(x)


def climb(classifier, x):
    """Points that go uphill on the logit of class 1: what a classifier has to say about samples."""
    path = [x.astype(np.float32)]
    for _ in range(CLIMB):
        logits, cache = classifier.forward(path[-1])
        slope = classifier.backward(np.ones_like(logits), cache, param_grads=False)
        norm = np.linalg.norm(slope, axis=1, keepdims=True)
        path.append(path[-1] + np.float32(STRIDE) * slope / np.maximum(norm, 1e-12))
    return np.array(path)


def distances(points, data):
    """From each point to the nearest of the data: (N,)."""
    from sklearn.neighbors import KDTree
    return KDTree(data).query(points)[0][:, 0]


# -- in words, and as a figure ---------------------------------------------------------------------


def said(found):
    lines = [f"{'Two classes':<34}{'classifier':>12}{'generator':>12}",
             f"  {'new points sorted rightly':<32}"
             + "".join(f"{f'{100 * share:.1f} %':>12}" for share in found.right),
             f"  {'asked for a sample: no such data':<32}"
             f"{f'{100 * found.away / ASKED:.1f} %':>12}{f'{100 * found.sampled_away:.1f} %':>12}"]
    classifies = abs(found.right[0] - found.right[1]) < 0.02
    samples = found.sampled_away < 0.1 < found.away / ASKED
    return lines + ["", (
        "The generator, which learned p(x | class), "
        + ("sorts as well as the classifier, within 2 %" if classifies else
           "does not sort as well as the classifier" if found.right[1] < found.right[0] else
           "sorts better than the classifier")
        + f". The classifier, which learned p(class | x), is sure ({found.climbed:.3f} in the "
        f"mean) of points of which {found.away} of {ASKED} are further than {FAR} from any data "
        f"of that class: " + ("it knows no samples." if samples else
                              "in this it does not differ from the generator."))]


def figures(found):
    return [{"right": list(found.right), "climbs_away": found.away, "climbs": ASKED,
             "samples_away": found.sampled_away, "climbed": found.climbed}]


def pictures(found, out, filmed):
    """The file, for `common.write`."""
    return {"theory_kinds.png": lambda: draw(found, out / "theory_kinds.png")}


def title(found):
    return (f"Both can sort ({100 * found.right[0]:.1f} % and {100 * found.right[1]:.1f} % right); "
            f"only one can make a sample" if min(found.right) > 0.9 and found.sampled_away < 0.1
            < found.away / ASKED else "Two models of the same two classes")


def draw(found, path):
    """Four panels: what each has learned, and its answer to the other's question."""
    figure = Figure(figsize=(12.8, 8))
    figure.text(0.03, 0.95, title(found), fontsize=17, fontweight="bold")
    axes = figure.subplots(2, 2)
    figure.subplots_adjust(left=0.03, right=0.985, top=0.865, bottom=0.015, hspace=0.2, wspace=0.04)
    grid = np.stack(np.meshgrid(np.linspace(*EXTENT[:2], 201), np.linspace(*EXTENT[2:], 105)), -1)
    points, shape = grid.reshape(-1, 2), grid.shape[:2]
    densities = [density_of(one) for one in found.samples]
    logs = [one.score_samples(points) for one in densities]
    p_class = sigmoid(found.classifier(points)[:, 0]), sigmoid(logs[1] - logs[0])
    white = LinearSegmentedColormap.from_list("p", [_pale(COLOURS[0]), "#FFFFFF",
                                                    _pale(COLOURS[1])], 21)
    ends = found.climbs[-1]
    out = sum(not (EXTENT[0] < x < EXTENT[1] and EXTENT[2] < y < EXTENT[3]) for x, y in ends)
    headings = (("Discriminative: p(class | x)",
                 "dots: data; line: where both are as likely"),
                ("Generative: p(x | class)", "dots: samples of G; lines: their density"),
                (f"\"Make me a {NAMES[1]}!\"", f"uphill from ○: {found.away} of {ASKED} end far "
                 f"from such data, {out} out of the picture"),
                ("\"Which moon is it?\"", f"Bayes' rule on the densities: "
                 f"{100 * found.right[1]:.1f} % right, the other {100 * found.right[0]:.1f} %"))
    for place, (ax, (heading, text)) in enumerate(zip(axes.flat, headings)):
        plotting.plane(ax, EXTENT)
        ax.set_title(heading + "\n", fontsize=14, fontweight="bold", loc="left")
        ax.text(0, 1.02, text, transform=ax.transAxes, fontsize=12, va="bottom")
        if place != 1:
            probability = p_class[place == 3].reshape(shape)
            ax.imshow(probability, cmap=white, vmin=0, vmax=1, extent=EXTENT, origin="lower",
                      zorder=0)
            ax.contour(*np.moveaxis(grid, -1, 0), probability, [0.5], colors="black",
                       linewidths=2, zorder=4)
        for label, colour in enumerate(COLOURS):
            if place == 1:
                density = np.exp(logs[label]).reshape(shape)
                ax.contour(*np.moveaxis(grid, -1, 0), density, density.max() * np.array(
                    [0.1, 0.35, 0.7]), colors=colour, linewidths=1.3, zorder=4)
            shown = (found.samples[label] if place == 1 else found.x[found.labels == label])[:350]
            plotting.points(ax, shown, color=colour, markersize=3, zorder=3,
                            alpha=0.25 if place == 2 else 0.6)
    ax = axes[1, 0]
    for one in np.moveaxis(found.climbs, 1, 0):
        ax.plot(*one.T, color="black", linewidth=0.8, zorder=4)
    ax.plot(*found.climbs[0].T, "o", color="white", markeredgecolor="black", markersize=4, zorder=5)
    for ax in axes.flat[[0, 1, 3]]:
        for label, (x, y) in enumerate(((-2.0, 0.75), (1.1, -0.98))):
            ax.text(x, y, NAMES[label], color=COLOURS[label], fontsize=13, fontweight="bold",
                    zorder=6)
    plotting.save_figure(figure, path)


def _pale(colour):
    """A colour on its way to white."""
    from matplotlib.colors import to_rgb
    return tuple(0.65 + 0.35 * channel for channel in to_rgb(colour))
