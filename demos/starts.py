"""How a GAN on images starts: why a discriminator that sees each sample alone pulls G to one image.

    python -m demos.starts --data mnist        five starts, 300 steps each, about two minutes
    python -m demos.starts                     the same on scikit-learn's 8x8 digits
    python -m demos.starts --data mnist --only small he --rate 0.0002 0.005     other rates
    python -m demos.starts --data mnist --only gp-half gp gp-double     a penalty that wants a slope

All that D tells G is its gradient with respect to x, at each sample. Where D is nearly linear, that
is the same vector at all samples, so all samples are moved alike, and what told them apart is lost
in the move. A D whose weights start at 0.02 is linear: two thousand small numbers add up to a slope
of a thousandth, and what grows from so little grows in one direction. BatchNorm in D hides this,
for it takes the mean over the batch out of the gradient. Without BatchNorm the cure is two things
together. One is the size of the initial weights: He's in D, and in G's last layer the size that
makes the first images as wide as the data (`presets.images`). The other is R1, which bounds D's
slope. Of the five usual rows, those without BatchNorm have R1, except one, which shows what He's
weights do alone.

More rows can be asked for, and both rates can be changed. WGAN-GP's penalty, which wants a slope of
1 where R1 wants one of 0, depends on the scale of the data: where images and samples are half as
large, a slope of 1 is half of what it was. So there are rows with this penalty in which images and
samples are multiplied by ½, 1 and 2.

Three things are measured on the way: the standard deviation of G's samples over z, in units of the
images as they are; the norm of D's gradient with respect to x, as D sees it; and the share of this
norm's square that all samples have in common, ‖mean g‖² / mean ‖g‖². A picture has the three
curves, and samples at the end.
"""

import dataclasses

import numpy as np
from matplotlib.figure import Figure

from numgan import Adam, Network, NonSaturating, data, models, penalties, plotting
from numgan.layers.base import PiecewiseLinear
from numgan.presets.images import HIDDEN, LATENT, WIDTH, as_wide_as_data
from numgan.training import train

from . import results
from .arguments import Parser, positive, positive_number
from .common import INTERRUPTED, progress, run_main, usable_folder, write
from .images import data_name, data_option, load_data

RATE, BATCH, SAMPLES, SHOWN = 1e-3, 64, 128, 20
R1_WEIGHT, GP_WEIGHT = 1.0, 10.0
QUICK = dict(steps=10)
MEASURED, KNOBS = ("spread", "slope", "common"), ("r1", "gp", "scale", "rate")
FIRST = 0.7  # where step 0 stands on the axis, which is logarithmic


@dataclasses.dataclass
class Start:
    """A training's first steps. name : of its initial weights, as in result files; r1, gp : γ and
    λ, or None without the penalty; scale : what images and samples are multiplied by; rate : of
    both players; spread, slope, common : as above, at each of `steps`"""

    name: str
    normalization: str | None
    d_init: str
    last_init: object
    r1: float | None = None
    gp: float | None = None
    scale: float = 1.0
    rate: float = RATE
    steps: list = dataclasses.field(default_factory=list)
    spread: list = dataclasses.field(default_factory=list)
    slope: list = dataclasses.field(default_factory=list)
    common: list = dataclasses.field(default_factory=list)
    images: np.ndarray | None = None

    @property
    def title(self):
        return titled(self.name, self.r1, self.gp, self.scale, self.rate)

    @property
    def penalty(self):
        return (penalties.R1(self.r1) if self.r1 is not None else
                penalties.WGANGP(self.gp) if self.gp is not None else None)


def titled(name, r1=None, gp=None, scale=1.0, rate=RATE):
    """What a start is called: its weights, and what else it has that others do not have."""
    return ", ".join([name, *["R1"] * (r1 is not None), *["WGAN-GP"] * (gp is not None),
                      *[f"images times {scale:g}"] * (scale != 1),
                      *[f"rate {rate:g}"] * (rate != RATE)])


def starts():
    """{name of --only: Start}; the first five are those of the picture."""
    he = Start("He, G as wide as the data", None, "he", as_wide_as_data)
    gp = dataclasses.replace(he, gp=GP_WEIGHT)
    return {
        "batchnorm": Start("0.02, BatchNorm in D", "batch", "dcgan", "dcgan"),
        "small": Start("0.02", None, "dcgan", "dcgan", R1_WEIGHT),
        "small-wide": Start("0.02, G as wide as the data", None, "dcgan", as_wide_as_data,
                            R1_WEIGHT),
        "he-alone": dataclasses.replace(he, name="He, G as wide as the data, no R1"),
        "he": dataclasses.replace(he, r1=R1_WEIGHT),
        "gp": gp, "gp-half": dataclasses.replace(gp, scale=0.5),
        "gp-double": dataclasses.replace(gp, scale=2.0)}


USUAL, COMPARED = list(starts())[:5], ("small", "he-alone", "he")


class Times(PiecewiseLinear):
    """x → factor · x, for a G whose images have another scale. Cache: none."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x, train=False):
        return x * x.dtype.type(self.factor), None

    def backward(self, dy, cache, param_grads=True, input_grad=True):
        return dy * dy.dtype.type(self.factor) if input_grad else None

    def tangent(self, tx, cache, tparams=None):
        return self.forward(tx)

    def output_shape(self, input_shape):
        return input_shape


def main(arguments=None):
    parser = Parser("starts", __doc__, QUICK)
    data_option(parser)
    parser.add_argument("--steps", type=positive, default=300, metavar="N",
                        help="of each training (default 300)")
    parser.add_argument("--only", nargs="+", choices=list(starts()), default=USUAL, metavar="NAME",
                        help=f"of {', '.join(starts())} (default: the first five)")
    parser.add_argument("--rate", nargs="+", type=positive_number, default=[RATE], metavar="R",
                        help=f"Adam's, of both players; with several, each start has each (default "
                             f"{RATE:g})")
    parser.share(seed=0, results=True,
                 out=lambda options: f"starts_{data_name(options.data, options.no_verify)}")
    options = parser.parse_args(arguments)
    try:
        (images, _), _ = load_data(options, np.random.default_rng(options.seed))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)
    known = starts()
    found = [dataclasses.replace(known[name], rate=rate, **{
        each: [] for each in ("steps", *MEASURED)}) for rate in dict.fromkeys(options.rate)
        for name in dict.fromkeys(options.only)]
    try:
        with progress(total=len(found) * options.steps, unit=" steps", leave=False) as bar:
            for one in found:
                follow(one, images, options.steps, options.seed, bar.update)
    except KeyboardInterrupt:
        print("Interrupted.", flush=True)
        return INTERRUPTED
    wide = spread_of(images)
    print("\n".join(said(found, wide)), flush=True)
    results.keep(path, results.command("starts", arguments),
                 {"data": options.data, "seed": options.seed, "steps": options.steps},
                 [*figures(found), {"start": "the data", "spread": wide}], options.quick)
    write(options.out, {"starts.png": lambda: draw(found, wide, images[:SHOWN],
                                                   options.out / "starts.png")})
    return 0


def follow(one, images, steps, seed, report=lambda: None):
    """Train, and measure."""
    rng = np.random.default_rng([seed, 1])
    size, _, channels = images.shape[1:]
    generator = models.dcgan_generator(size, channels, LATENT, WIDTH, HIDDEN, rng=rng,
                                       last_init=one.last_init)
    discriminator = models.dcgan_discriminator(size, channels, WIDTH, hidden=HIDDEN, rng=rng,
                                               normalization=one.normalization, init=one.d_init)
    if one.scale != 1:
        theta = generator.theta.copy()
        generator = Network([*generator.layers, Times(one.scale)], rng=0,
                            input_shape=generator.input_shape)
        generator.theta[...] = theta  # the weights that the others start with
        images = images * images.dtype.type(one.scale)
    z = rng.standard_normal((SAMPLES, LATENT)).astype(np.float32)
    wanted = {0, *np.geomspace(1, steps, 30).astype(int)}
    measure(one, 0, generator, discriminator, z)
    for record in train(generator, discriminator, data.sampler(images, rng), loss=NonSaturating(),
                        steps=steps, rng=rng, batch_size=BATCH, d_optimizer=Adam(one.rate),
                        g_optimizer=Adam(one.rate), penalty=one.penalty):
        if record.step + 1 in wanted:
            measure(one, record.step + 1, generator, discriminator, z)
        report()
    one.images = generator.forward(z, True)[0][:SHOWN] / one.scale


def measure(one, step, generator, discriminator, z):
    x, _ = generator.forward(z, True)
    logits, cache = discriminator.forward(x, True)
    g = discriminator.backward(np.ones_like(logits), cache, param_grads=False).reshape(len(x), -1)
    g = g.astype(np.float64)
    one.steps.append(step)
    one.spread.append(spread_of(x) / one.scale)
    one.slope.append(float(np.linalg.norm(g, axis=1).mean()))
    one.common.append(shared(g))


def spread_of(images):
    """The standard deviation of a pixel over the samples, averaged over the pixels."""
    return float(images.std(axis=0).mean())


def shared(g):
    """The share that gradients (N, D) have in common: 1 if they are one vector, about 1 / N if they
    have nothing to do with each other."""
    return float((g.mean(axis=0) ** 2).sum() / max((g * g).sum(axis=1).mean(), 1e-300))


def said(found, wide):
    width = max(34, *(len(one.title) + 2 for one in found))
    lines = [f"{'first weights':<{width}}{'G’s spread: first':>18}{'least':>8}{'last':>8}"
             f"{'D’s slope: first':>18}{'last':>8}{'common %: first':>18}{'most':>8}{'last':>8}"]
    for one in found:
        lines.append(f"{one.title:<{width}}{one.spread[0]:>18.3f}{min(one.spread):>8.3f}"
                     f"{one.spread[-1]:>8.3f}{one.slope[0]:>18.4f}{one.slope[-1]:>8.3f}"
                     f"{100 * one.common[0]:>18.0f}{100 * max(one.common):>8.0f}"
                     f"{100 * one.common[-1]:>8.0f}")
    lines.append(f"{'(the data)':<{width}}{wide:>18.3f}")
    named, known = {one.title: one for one in found}, starts()
    if not all(known[name].title in named for name in COMPARED):
        return lines
    small, alone, he = (named[known[name].title] for name in COMPARED)
    return [*lines, "", f"After {small.steps[-1]} steps G's samples have a spread over z of "
            f"{small.spread[-1]:.3f} from weights of 0.02 with R1,",
            f"of {alone.spread[-1]:.3f} from He's without R1, of {he.spread[-1]:.3f} from He's "
            f"with R1 (data: {wide:.3f});",
            f"of D's gradient {100 * small.common[-1]:.0f} %, {100 * alone.common[-1]:.0f} % and "
            f"{100 * he.common[-1]:.0f} % are the same at all samples."]


def figures(found):
    return [{"start": one.name, **{name: getattr(one, name) for name in KNOBS}, "steps": one.steps,
             **{name: [float(f"{value:.4g}") for value in getattr(one, name)]
                for name in MEASURED}} for one in found]


def headline(found, wide):
    """The picture's title: what the figures of the usual starts show, if they do."""
    if [one.title for one in found] == [starts()[name].title for name in USUAL]:
        _, *others, he = found
        if he.spread[-1] > wide / 2 and all(
                one.spread[-1] < wide / 2 and one.common[-1] > 0.5 for one in others):
            return ("A D without BatchNorm moves all samples alike; He's weights and R1 together "
                    "hold against it")
    return "How a GAN of images starts"


def draw(found, wide, real, path):
    rows = len(found) // 2 + 1  # of two sheets, the data last
    figure = Figure(figsize=(12.8, 4.2 + 1.4 * rows), layout="constrained")
    figure.suptitle(headline(found, wide), fontsize=14, fontweight="bold")
    above, below = figure.subfigures(2, 1, height_ratios=(3, rows))
    axes = above.subplots(1, 3)
    for ax, name, title in zip(axes, MEASURED, (
            "spread of G's samples over z", "slope of D: the norm of ∇ₓ D(x)",
            "share of it that is common to all samples")):
        for index, one in enumerate(found):
            ax.plot(np.maximum(one.steps, FIRST), getattr(one, name), color=f"C{index}",
                    linewidth=2.2, label=one.title)
        ax.set_xscale("log")
        ticks = [10 ** n for n in range(8) if 10 ** n <= found[0].steps[-1]]
        ax.set_xticks([FIRST, *ticks], [0, *ticks])
        ax.minorticks_off()
        ax.set_xlabel("step")
        ax.set_title(title, fontsize=11)
        ax.grid(alpha=0.3)
    axes[0].axhline(wide, color="black", linestyle=":", linewidth=1.2, label="the data")
    axes[1].set_yscale("log")
    axes[0].set_ylim(bottom=0)
    axes[2].set_ylim(0, 1.03)
    above.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3,
                 fontsize=10, frameon=False)
    *panels, last = below.subplots(rows, 2).flat
    for ax in panels[len(found):]:
        ax.set_visible(False)
    for ax, (index, one) in zip(panels, enumerate(found)):
        plotting.image_grid(one.images, ax, columns=SHOWN // 2)
        ax.set_title(f"{one.title}, after {one.steps[-1]} steps", fontsize=10, color=f"C{index}")
    plotting.image_grid(real, last, columns=SHOWN // 2)
    last.set_title("the data", fontsize=10)
    plotting.save_figure(figure, path)


if __name__ == "__main__":
    run_main(main)
