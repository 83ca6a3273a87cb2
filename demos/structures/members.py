"""Who is connected to whom in a GAN, found from its parts and drawn small."""

import dataclasses
import math

import numpy as np

from numgan import data, plotting
from numgan.game import Consensus, Unrolled
from numgan.layers import Maxout, Pack, Projection, SpectralNorm
from numgan.layers.conditional import Join
from numgan.layers.minibatch import ComparingLayer
from numgan.losses import Hinge, RelativisticAverage
from numgan.losses.auxiliary import ConditionPrediction
from numgan.networks import Conditional
from numgan.optimizers import Clipped
from numgan.presets import preset

SIZE = 3.8, 1.2  # of a drawing, in inches; a unit of its axes is a third of an inch
WIDTH, HEIGHT = 11.4, 3.6
WIDE = 0.62  # half the width of the generated sample's ellipse
REAL, FAKE = plotting.REAL, plotting.FAKE
LABEL, CHANGED, INK, PALE = "#007A5A", "#8A2BA0", "#222222", "#F2F2F2"


# -- found -----------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Structure:
    """Who is connected to whom, as `of` finds it in the parts of a training."""

    condition: str = ""  # that G is told: a "label", a "code", or ""
    judged_with: str = ""  # how D sees c: "input" (beside x), "features" (compared at its end), ""
    head: str = ""  # that guesses c from x: "Q" of a code, "P" of a label, or ""
    autoencoder: bool = False  # D is one
    codes: bool = False  # and its loss sees their codes
    says: str = "real?"  # what D's output means: or "score", "difference", "to the mean", "error"
    labelled: bool = False  # real samples must come with their c
    at_once: int = 1  # how many samples D sees at a time
    compares: bool = False  # D compares the samples of a batch
    slope_at: str = ""  # where D's slope is held: "x", "G(z)", "both", "between", "around x", or ""
    slope: int = 0  # and at which value
    notes: tuple = ()  # what else was changed: texts

    def words(self):
        """The drawing in words."""
        given, made = ("z and c", "G(z, c)") if self.condition else ("z", "G(z)")
        beside = " with c" if self.judged_with else ""
        said = [f"{given} → G → {made}",
                f"x or {made}{beside} → D{', an autoencoder' * self.autoencoder} → "
                + {"difference": f"the score of x minus that of {made}", "error": "its error",
                   "to the mean": "each score minus the mean of the other kind's",
                   "score": "a score"}.get(self.says, self.says)]
        if self.judged_with == "features":
            said.append("c meets D's last features")
        if self.head:
            said.append(f"D → {self.head} → a guess of c")
        if self.codes:
            said.append("the codes of a batch are pulled apart")
        if self.slope_at:
            where = {"between": "between x and G(z)", "both": "at x and at G(z)"}.get(
                self.slope_at, self.slope_at if " " in self.slope_at else f"at {self.slope_at}")
            said.append(f"D's slope {where} is drawn to {self.slope}")
        if self.labelled:
            said.append("x comes with its c")
        return "; ".join([*said, *self.notes])


def of_member(name):
    """The `Structure` of a member of the family, on the ring."""
    training = preset(name, "ring").start(data.ring(), seed=0).training
    return of(training.players, training.rule)


def of(players, rule):
    """The `Structure` of a GAN: players, a `training.Players`; rule, its update rule."""
    G, D, loss = players.generator, players.discriminator, players.loss
    layers = list(D.walk())

    def there(kind):
        return [layer for layer in layers if isinstance(layer, kind)]
    guesses = isinstance(loss, ConditionPrediction)
    told = loss.condition or "label" if isinstance(G, Conditional) else ""
    energy = [layer for layer in layers if layer.gives_energy]
    pack = math.prod(layer.m for layer in there(Pack))
    where, slope = slope_held(players.penalty)
    return Structure(
        condition=told,
        judged_with="features" if there(Projection) else "input" if there(Join) else "",
        head="" if not guesses else "Q" if told == "code" else "P",
        autoencoder=bool(energy),
        codes=bool(energy) and bool(getattr(loss, "pulling_away", 0)),
        says="error" if energy else "to the mean" if isinstance(loss, RelativisticAverage)
        else "difference" if loss.generator_sees_real
        else "real?" if loss.absolute and not isinstance(loss, Hinge) else "score",
        labelled=told == "label",
        at_once=pack, compares=bool(there(ComparingLayer)), slope_at=where, slope=slope,
        notes=tuple(
            text for text, true in (
                (f"D sees {pack} samples at a time", pack > 1),
                ("D compares the samples of a batch", there(ComparingLayer)),
                ("weights clipped", isinstance(players.d_optimizer, Clipped)),
                ("W / σ(W) in D", there(SpectralNorm)),
                ("maxout units in D", there(Maxout)),
                ("held in balance by k", hasattr(loss, "k")),
                (f"G sees {getattr(rule, 'steps', 0)} steps of D ahead",
                 isinstance(rule, Unrolled)),
                ("both: + ½ γ ‖v‖²", isinstance(rule, Consensus))) if true))


def slope_held(penalty):
    """(where, at which value) a penalty holds D's slope, found by asking it: it is given real
    samples near −5, generated ones near 5, and the norms 0 and 1."""
    if penalty is None:
        return "", 0
    rng = np.random.default_rng(0)
    real, fake = rng.normal(-5, 0.1, (100, 2)), rng.normal(5, 0.1, (100, 2))
    points = penalty.points(real, fake, np.random.default_rng(0))
    at_x, at_fake = ((points[:, None] == some).all(-1).any() for some in (real, fake))
    where = ("both" if at_x and at_fake else "x" if at_x else "G(z)" if at_fake
             else "around x" if points.max() < -4 else "between")
    costs, _ = penalty.of_norms(np.array([0.0, 1.0]))
    return where, int(costs[1] == 0)


# -- drawn -----------------------------------------------------------------------------------------


class Drawing:
    """A structure, drawn into an Axes of WIDTH by HEIGHT units without frame."""

    def __init__(self, ax, structure):
        self.ax, s = ax, structure
        ax.set(xlim=(0, WIDTH), ylim=(0, HEIGHT), aspect="equal")
        ax.set_axis_off()
        z, c, fake, x = (0.5, 2.75), (0.5, 1.35), (4.3, 2.6), (4.3, 0.95)
        g, d = (1.5, 3.0, 2.6), (5.7, 7.2, 1.8)  # left, right, middle
        self.node(z, "$z$", FAKE)
        self.arrow((z[0], z[1]), (g[0], g[2] + 0.15), shrink=0.42)
        self.trapezoid(*g, 0.5, 0.95, "G", FAKE)
        self.arrow((g[1], g[2]), (fake[0] - WIDE - (0.2 if s.slope_at in ("both", "G(z)")
                                                    else 0.04), fake[1]))
        self.samples(s, fake, "$G(z)$", FAKE, WIDE)
        self.samples(s, x, "$x$", REAL)
        for place, shrink in (fake, WIDE + 0.1), (x, 0.5):
            aim = d[2] + 0.3 * np.sign(place[1] - d[2])
            self.arrow(place, (d[0], aim), shrink=shrink)
        if s.condition:
            self.condition(s, c, g, d)
        self.judge(s, d)
        self.output(s, d)
        if s.slope_at:
            self.slope(s, fake, x)
        if s.labelled:
            ax.text(x[0] - 0.5, x[1] - 0.05, "x comes\nwith its c", color=CHANGED, fontsize=9.5,
                    ha="right", va="center", linespacing=1.05)
        if s.notes:
            ax.text((d[0] + d[1]) / 2, 0.25, ", ".join(s.notes), color=CHANGED, fontsize=10,
                    ha="center", va="center")

    def samples(self, s, place, text, colour, wide=None):
        """A circle, with others behind it where D sees several at once."""
        behind = s.at_once - 1 if s.at_once > 1 else 2 * s.compares
        for i in range(behind, 0, -1):
            self.node((place[0] + 0.22 * i, place[1] + 0.2 * i), "", colour, fill="white",
                      wide=wide)
        self.node(place, text, colour, wide=wide)

    def condition(self, s, c, g, d):
        """c, with arrows to G, and to D if D is told c."""
        self.node(c, "$c$", LABEL)
        self.arrow(c, (g[0], g[2] - 0.3), LABEL, shrink=0.42)
        if s.judged_with:
            x = d[0] + 0.75 if s.judged_with == "input" else d[1] + 0.65
            top = d[2] - (0.92 if s.judged_with == "input" else 0.2)
            self.ax.plot([c[0], c[0], x], [c[1] - 0.35, 0.2, 0.2], color=LABEL, linewidth=1.4)
            self.arrow((x, 0.2), (x, top), LABEL)

    def judge(self, s, d):
        """D, a network or an autoencoder."""
        left, right, middle = d
        if not s.autoencoder:
            self.trapezoid(left, right, middle, 1.15, 0.6, "D", INK)
            return
        waist = (left + right) / 2
        self.trapezoid(left, waist - 0.06, middle, 1.0, 0.4, "", INK)
        self.trapezoid(waist + 0.06, right, middle, 0.4, 1.0, "", INK)
        self.ax.text(waist, middle + 0.75, "D", fontsize=12, ha="center", va="bottom",
                     fontweight="bold")
        if s.codes:
            self.arrow((waist, middle - 0.3), (waist, middle - 1.1), CHANGED)
            self.ax.text(waist, middle - 1.15, "codes apart", color=CHANGED, fontsize=10,
                         ha="center", va="top")

    def output(self, s, d):
        """What D says, and what it guesses."""
        start, y = d[1], d[2] + 0.35 * bool(s.head)
        if s.judged_with == "features":
            self.arrow((start, y), (start + 0.42, y))
            start += 0.65
            self.node((start, y), "·", INK, radius=0.22)
            start += 0.22
        end = 8.1 if start < 7.5 else start + 0.55
        self.arrow((start, y), (end, y))
        colour = INK if s.says == "real?" else CHANGED
        text = {"difference": "score of $x$\n− score of $G(z)$",
                "to the mean": "score − mean\nof other kind",
                "error": "error:\ncopy − input"}.get(s.says, s.says)
        self.ax.text(end + 0.08, y, text, color=colour, fontsize=11 if "\n" not in text else 9.5,
                     va="center", linespacing=1.1)
        if s.head:
            low = d[2] - 0.35
            self.arrow((d[1], low), (7.75, low), LABEL)
            self.trapezoid(7.75, 8.45, low, 0.32, 0.32, s.head, LABEL, 10)
            self.arrow((8.45, low), (9.0, low), LABEL)
            self.ax.text(9.08, low, "$c$?", color=LABEL, fontsize=11, va="center")

    def slope(self, s, fake, x):
        """Where the penalty looks, in the colour of changes."""
        text = f"slope {s.slope}"
        if s.slope_at == "between":
            middle = (fake[0], (fake[1] + x[1]) / 2)
            self.ax.plot([fake[0], x[0]], [fake[1] - 0.38, x[1] + 0.38], color=CHANGED,
                         linewidth=1.4, linestyle=(0, (2, 1.5)))
            self.ax.plot(*middle, "o", color=CHANGED, markersize=5)
            self.ax.text(middle[0] - 0.3, middle[1] - 0.45, text, color=CHANGED, fontsize=10.5,
                         ha="right", va="center")
            return
        for place in {"x": [x], "around x": [x], "G(z)": [fake], "both": [x, fake]}[s.slope_at]:
            style = (0, (1, 1.2)) if s.slope_at == "around x" else "-"
            self.ring(place, 0.52, style, WIDE + 0.16 if place is fake else None)
        beside = (fake[0] - 0.4, fake[1] - 0.75) if s.slope_at == "G(z)" else x
        self.ax.text(beside[0] - 0.7, beside[1], text, color=CHANGED, fontsize=10.5, ha="right",
                     va="center")

    # -- strokes -------------------------------------------------------------------------------

    def node(self, place, text, colour, radius=0.36, fill=None, wide=None):
        """A circle; an ellipse if half its width, `wide`, is given."""
        from matplotlib.patches import Ellipse
        self.ax.add_patch(Ellipse(place, 2 * (wide or radius), 2 * radius, edgecolor=colour,
                                  facecolor=fill or pale(colour), linewidth=1.3, zorder=3))
        self.ax.text(*place, text, ha="center", va="center_baseline" if text != "·" else "center",
                     fontsize=11 if wide is None else 10, zorder=4)

    def ring(self, place, radius, style, wide=None):
        from matplotlib.patches import Ellipse
        self.ax.add_patch(Ellipse(place, 2 * (wide or radius), 2 * radius, fill=False,
                                  edgecolor=CHANGED, linewidth=1.6, linestyle=style, zorder=3))

    def trapezoid(self, left, right, middle, from_, to, text, colour, size=12):
        """from_, to : half the height on the left, on the right."""
        from matplotlib.patches import Polygon
        self.ax.add_patch(Polygon(
            [(left, middle - from_), (left, middle + from_), (right, middle + to),
             (right, middle - to)], facecolor=pale(colour), edgecolor=colour, linewidth=1.4,
            joinstyle="round", zorder=3))
        self.ax.text((left + right) / 2, middle, text, ha="center", va="center", fontsize=size,
                     fontweight="bold", zorder=4)

    def arrow(self, start, end, colour=INK, shrink=0.0):
        """shrink : how far from `start` it begins."""
        start, end = np.array(start), np.array(end)
        start = start + shrink * (end - start) / np.linalg.norm(end - start)
        self.ax.annotate("", end, start, arrowprops=dict(
            arrowstyle="-|>,head_width=0.22,head_length=0.4", color=colour, linewidth=1.4,
            shrinkA=0, shrinkB=0), zorder=2)


def pale(colour):
    """A paler shade of a colour."""
    from matplotlib.colors import to_rgb
    return tuple(0.82 + 0.18 * channel for channel in to_rgb(colour))


def draw_member(structure, path):
    """A small picture, to stand in a row of a table. Its file says in words what it shows."""
    from matplotlib.figure import Figure
    figure = Figure(figsize=SIZE)
    Drawing(figure.add_axes((0, 0, 1, 1)), structure)
    save(figure, path, structure.words(), 220)


def draw_sheet(found, path, columns=3):
    """A panel for each of a dict, title → `Structure`."""
    from matplotlib.figure import Figure
    rows = -(-len(found) // columns)
    wide, tall, head = SIZE[0] + 0.3, SIZE[1] + 0.55, 1.05
    across, up = columns * wide, rows * tall + head
    figure = Figure(figsize=(across, up))
    figure.text(0.15 / across, 1 - 0.2 / up, "Who is connected to whom", fontsize=18,
                fontweight="bold", va="top")
    figure.text(0.15 / across, 1 - 0.62 / up, "$z$: noise,  $c$: condition,  $x$: real,  "
                "$G(z)$: generated.  Green and purple: what the plain GAN does not have",
                fontsize=12, va="top")
    for number, (title, structure) in enumerate(found.items()):
        left = number % columns * wide + 0.15
        top = up - head - number // columns * tall
        figure.text(left / across, top / up, title, fontsize=13, fontweight="bold", va="top")
        Drawing(figure.add_axes((left / across, (top - 0.3 - SIZE[1]) / up, SIZE[0] / across,
                                 SIZE[1] / up)), structure)
    save(figure, path, "; ".join(f"{title}: {one.words()}" for title, one in found.items()), 150)


def save(figure, path, description, dpi):
    """A PNG that contains its description, which shows whether it is up to date."""
    from numgan._files import replacing
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=dpi, metadata={"Description": description})
