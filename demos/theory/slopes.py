"""Why ln(1 − D) is flat where G needs it: the generator's two losses over D's logit, and where a
real training sits on them."""

import dataclasses

import numpy as np
from matplotlib.figure import Figure

from numgan import Adam, Minimax, NonSaturating, data, models, penalties, plotting
from numgan.layers.activations import sigmoid
from numgan.training import train

STEPS, EARLY, K, BATCH, WIDTH = 600, 10, 5, 64, 64
SAMPLES = 1000
LOGITS = np.linspace(-6, 6, 601)
WORKED = 0.4, 0.98  # probabilities of the lecture's example, of which −ln is asked
LOSSES = {"ln(1 − D), minimax": (Minimax(), "#000000"),
          "−ln D, non-saturating": (NonSaturating(), "#009E73")}


@dataclasses.dataclass
class Place:
    """Where the generated samples of a training are at a moment."""

    step: int
    logits: np.ndarray  # (N,) of the generated samples

    @property
    def probability(self):
        """The mean of D(G(z))."""
        return float(sigmoid(self.logits).mean())

    @property
    def logit(self):
        """The logit of that probability: there, the slopes of both losses are those that G feels
        on average, for they are −D and −(1 − D)."""
        return float(np.log(self.probability / (1 - self.probability)))

    def slope(self, loss):
        """The mean of ∂L/∂l over the generated samples, from the loss itself."""
        return float(loss.generator(self.logits[:, None])[1].sum())


def run(seed, quick=False, report=lambda: None):
    """Train a GAN on the ring; returns [Place at step EARLY, Place at the end]. G begins in one
    heap, which D soon tells from the data."""
    rng, steps = np.random.default_rng([seed, 3]), STEPS // 10 if quick else STEPS
    G = models.mlp_generator(hidden=(WIDTH, WIDTH), rng=rng, init="dcgan")
    D = models.mlp_discriminator(hidden=(WIDTH, WIDTH), rng=rng)
    z = rng.standard_normal((SAMPLES, 2))
    places = []
    for record in train(G, D, data.sampler(data.ring(std=0.05), rng), loss=NonSaturating(),
                        steps=steps, rng=rng, k=K, batch_size=BATCH, penalty=penalties.R1(0.05),
                        d_optimizer=Adam(5e-3, beta2=0.99), g_optimizer=Adam(1e-3, beta2=0.99),
                        schedule="cosine"):
        report()
        if record.step + 1 in (EARLY, steps):
            places.append(Place(record.step + 1, D(G(z))[:, 0].astype(np.float64)))
    return places


def cost(loss, logits):
    """G's loss for one sample of each of these logits."""
    return np.array([loss.generator(np.array([[logit]]))[0] for logit in logits])


def slope(loss, logits):
    """Its derivative with respect to the logit."""
    return loss.generator(logits[:, None])[1][:, 0] * len(logits)


def worked():
    """The lecture's numbers: {D: −ln D}, from the loss."""
    return {d: float(cost(NonSaturating(), [np.log(d / (1 - d))])[0]) for d in WORKED}


def said(places):
    lines = [f"{'Where a training sits':<28}{'mean D(G(z))':>14}{'slope of ln(1 − D)':>22}"
             f"{'slope of −ln D':>18}"]
    minimax, other = (loss for loss, _ in LOSSES.values())
    for place in places:
        lines.append(f"  {f'step {place.step}':<26}{place.probability:>14.3f}"
                     f"{place.slope(minimax):>22.3f}{place.slope(other):>18.3f}")
    first, last = places[0], places[-1]
    ratio, end = (place.slope(other) / place.slope(minimax) for place in (first, last))
    numbers = ", ".join(f"−ln {d:g} = {value:.3f}" for d, value in worked().items())
    return lines + ["", f"At step {first.step} G's samples are pushed {ratio:.1f} times as hard by "
                    f"−ln D as by ln(1 − D), at step {last.step} {end:.1f} times. {numbers}."]


def figures(places):
    return [{"step": place.step, "d_fake": place.probability,
             "slopes": [place.slope(loss) for loss, _ in LOSSES.values()]} for place in places]


def pictures(places, out, filmed):
    """The file, for `common.write`."""
    return {"theory_slopes.png": lambda: draw(places, out / "theory_slopes.png")}


def title(places):
    minimax, other = (places[0].slope(loss) for loss, _ in LOSSES.values())
    return (f"At step {places[0].step}, D gives G's samples {places[0].probability:.2f}: ln(1 − D) "
            f"pulls with {abs(minimax):.2f}, −ln D with {abs(other):.2f}")


def draw(places, path):
    """Both losses, and their slopes, over the logit; dots for the places."""
    figure = Figure(figsize=(12.8, 6.6))
    figure.text(0.055, 0.935, title(places), fontsize=17, fontweight="bold")
    left, right = figure.subplots(1, 2)
    figure.subplots_adjust(left=0.055, right=0.985, top=0.78, bottom=0.1, wspace=0.13)
    for ax, function, heading in ((left, cost, "what G minimises, in nats"),
                                  (right, slope, "its slope by the logit l: what G feels")):
        ax.axhline(0, color="black", linewidth=0.6)
        ax.axvline(0, color="black", linewidth=0.6, linestyle=":")
        for name, (loss, colour) in LOSSES.items():
            ax.plot(LOGITS, function(loss, LOGITS), color=colour, linewidth=2.6, label=name)
            for place, marker, size, fill in zip(places, "oD", (10, 6.5),
                                                 (plotting.FAKE, "white")):
                ax.plot(place.logit, function(loss, np.array([place.logit]))[0], marker,
                        markersize=size, markerfacecolor=fill, markeredgecolor=plotting.FAKE,
                        markeredgewidth=1.8, zorder=5, linestyle="none",
                        label=f"training, step {place.step}" if loss is list(
                            LOSSES.values())[-1][0] else None)
        ax.set_xlim(LOGITS[0], LOGITS[-1])
        ax.set_xlabel("logit l of a generated sample", fontsize=12.5)
        ax.tick_params(labelsize=11)
        above = ax.secondary_xaxis("top")
        shown = [0.01, 0.1, 0.5, 0.9, 0.99]
        above.set_xticks([np.log(d / (1 - d)) for d in shown], [f"{d:g}" for d in shown])
        above.set_xlabel("D = σ(l)", fontsize=12)
        above.tick_params(labelsize=11)
        ax.set_title(heading, fontsize=14, loc="left", pad=12, fontweight="bold")
    left.set_ylim(-6.2, 6.2)
    right.set_ylim(-1.08, 0.12)
    for (d, value), place in zip(worked().items(), ((0.4, 3.1), (2.0, 1.6))):
        left.annotate(f"−ln {d:g} = {value:.3f}", (np.log(d / (1 - d)), value), xytext=place,
                      fontsize=13, arrowprops=dict(arrowstyle="->", linewidth=1.3))
        left.plot(np.log(d / (1 - d)), value, "k.", markersize=9, zorder=6)
    left.text(-5.8, -0.75, "flat where D is sure:\nG learns little", fontsize=12.5, va="top")
    left.legend(fontsize=12, frameon=False, loc="lower left", borderpad=0)
    right.text(-5.85, -0.13, "slope −D", fontsize=13, color=LOSSES["ln(1 − D), minimax"][1])
    right.text(2.6, -0.30, "slope −(1 − D)", fontsize=13,
               color=LOSSES["−ln D, non-saturating"][1])
    plotting.save_figure(figure, path)
