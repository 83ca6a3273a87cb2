"""Art of no known style: a creative adversarial network (CAN), judged.

    python -m demos.art

A plain GAN learns small paintings in five styles. Then it goes on in three ways, for a tenth of
the steps: as it is, with its D; with a new D; and as CAN, with such a new D and one more term.

D has a second head, which learns to tell the styles of real paintings apart. CAN's G is rewarded
for pictures whose style that head cannot tell, while D still demands that they look like paintings
(Elgammal et al. 2017). A G that is rewarded for this before it can paint finds that noise has no
style. The new D sees patches of 12x12 pixels: for a D that sees the whole picture, one of no style
is no painting. So the second way shows what the new D does alone, and CAN what the term adds.

The paper asked people whether the results were art. Here the paintings are made by a program, so
two networks that D never meets can say more. One tells styles apart; the entropy of its answer says
how ambiguous a picture's style is. The other tells paintings from spoilt ones. It has seen hybrids
of two styles with a sharp edge, which are paintings of no style; so to it a new style is no fault
in itself.

A picture of ambiguous style is easy to make: fog is one. So the table also has what a skeptic would
try first: two paintings shining through each other, and one pasted into another. All three ways are
judged with truncated latents too, which have more fidelity and less variety.

sheet_0.png (0 is the seed) has real paintings, the GAN's and CAN's. The bar under each shows the
styles that the judge sees, as shares. originals_0.png has CAN's most ambiguous paintings above the
nearest real ones; first_0.gif, gan_0.gif, patches_0.gif and can_0.gif are films of the trainings.
"""

import numpy as np

from numgan import metrics

from .. import fitting, results
from ..arguments import Parser, positive, positive_number
from ..common import INTERRUPTED, exit_code, run_main, usable_folder, write
from ..fitting import Budget
from ..images import save_film
from ..jobs import Saver
from . import views
from .judges import examined, mixed, trained
from .networks import RECIPE, drawn, latents, training, truncated
from .paintings import STYLES, hybrids, styled

WEIGHT = 0.1  # of the style ambiguity
SIZES = dict(known=10_000, judged=2000, judge_paintings=6000, judge_steps=1500, early=300,
             frames=40)
QUICK = dict(steps=4, known=200, judged=100, judge_paintings=100, judge_steps=4, early=2, frames=2)
SHOWN, COLUMNS, ORIGINALS = 64, 8, 10
APART = 0.25  # two pictures less than this apart, by `nearest`, are nearly the same
LEAST = 0.02  # from this share of the samples on, a style counts as drawn
METHODS = "GAN", "GAN, D of patches", "CAN"
THRESHOLDS = 1.0, 0.7, 0.4  # of truncated z, whose pictures are judged too
FIGURES = {"paintings": "paintings", "styles": "styles", "entropy": "entropy", "even": "spread",
           "precision": "precision", "recall": "recall", "distance": "nearest real"}


def main(arguments=None):
    parser, options = parse(arguments)
    usable_folder(parser, options.out)
    file, runs, savers = results.path_of(parser, options), [], []
    try:
        for seed in options.seeds:
            problem, found, pictures = one_seed(options, seed, savers)
            if problem:
                return exit_code(problem)
            runs += found
            write(options.out, pictures)
    except KeyboardInterrupt:
        print("Interrupted while judging; the same command with --resume goes on.", flush=True)
        return INTERRUPTED
    results.keep(file, results.command("art", arguments),
                 {"seeds": options.seeds, "steps": options.steps, "weight": options.weight,
                  "samples": options.judged}, runs, options.quick)
    for saver in savers:
        saver.remove()
    return 0


def one_seed(options, seed, savers):
    """All trainings, judges and figures of one seed: (why it ended early or "", runs for the
    results, pictures for `common.write`). savers : a list, to which the trainings' savers are
    added. Their files stay, so that no training is repeated if a later one, or the judging, is
    interrupted"""
    world_rng, judge_rng, z_rng, test_rng = np.random.default_rng((seed, 14)).spawn(4)
    images, styles = styled(options.known, world_rng)
    z = latents(options.judged, z_rng)
    generators, start = {}, ()
    gan, patchy, can = METHODS
    for name, stem, title, steps, weight in (
            ("first", "first", "GAN", options.steps, 0.0),
            (gan, "gan", "GAN, goes on", more(options.steps), 0.0),
            (patchy, "patches", patchy, more(options.steps), 0.0),
            (can, "can", can, more(options.steps), options.weight)):
        budget, patches = Budget(steps, np.inf), name in (patchy, can)
        run = training({**RECIPE, "steps": steps}, weight, images, styles, budget, seed,
                       start[:1] if patches else start, patches=patches)
        savers.append(Saver(options.out / "state", f"{title} {seed}", options.resume))
        fitted = fitting.fit(
            run, budget, savers[-1], options.frames,
            lambda run=run: drawn(run.average.network, z[:SHOWN]), f"{title}, seed {seed}",
            keep=True)
        generators[name], stem = run.average.network, f"{stem}_{seed}"
        write(options.out, {
            f"{stem}.npz": lambda: generators[name].save(options.out / f"{stem}.npz"),
            f"{stem}.gif": lambda: save_film(fitted.frames, options.out / f"{stem}.gif",
                                             COLUMNS)})
        if fitted.problem:
            return fitted.problem, [], {}
        start = start or (run.generator, run.discriminator)

    unfinished = early(options, images, styles, seed)
    judges = trained(options.judge_paintings, options.judge_steps,
                     unfinished[:len(unfinished) // 2], judge_rng)
    exam = examined(judges, options.judged, unfinished[len(unfinished) // 2:], test_rng)
    print(f"The judge of styles is right on {100 * exam['style']:.1f} % of fresh paintings. The "
          f"judge of paintings lets pass, in %:\n  "
          + ", ".join(f"{name} {100 * share:.1f}" for name, share in exam.items()
                      if name != "style"))

    held_out, _ = styled(options.judged, test_rng)
    reference, _ = styled(options.judged, test_rng)
    made = {name: drawn(generators[name], z) for name in METHODS}
    for threshold in THRESHOLDS:
        middle = truncated(z, threshold, np.random.default_rng((seed, 16)))
        made |= {within(name, threshold): drawn(generators[name], middle) for name in METHODS}
    shown = {"real paintings": held_out, **made,
             "two at once": mixed(held_out, test_rng).astype(np.float32),
             "one pasted into another": hybrids(options.judged, test_rng)}
    rows = {name: measured(some, reference, images, judges) for name, some in shown.items()}
    print("\n".join(table(rows)))
    print(conclusion(rows), flush=True)

    originals = most_ambiguous(made["CAN"], judges)
    return "", [{"judge": "exam", "seed": seed, **exam},
                *({"method": name, "seed": seed, **row} for name, row in rows.items())], {
        f"sheet_{seed}.png": lambda: views.draw_sheets(
            {"paintings in five styles": reference[:SHOWN], "GAN": made["GAN"][:SHOWN],
             f"CAN, weight {options.weight:g}": made["CAN"][:SHOWN]}, judges,
            options.out / f"sheet_{seed}.png", COLUMNS),
        f"originals_{seed}.png": lambda: views.draw_originals(
            originals, images[nearest(originals, images)[1]], judges,
            options.out / f"originals_{seed}.png")}


def within(name, threshold):
    """The name of a way where z is truncated."""
    return f"{name}, t = {threshold:g}"


def more(steps):
    """The steps of the second part, for this many in the first."""
    return -(-steps // 10)


def early(options, images, styles, seed):
    """What a plain GAN of another seed draws after a third, two thirds and all of its first
    `early` steps: (N, 32, 32, 3)."""
    run = training({**RECIPE, "steps": options.early}, 0.0, images, styles, lambda progress: 1.0,
                   seed + 1000)
    rng, found = np.random.default_rng((seed, 15)), []
    for record in run:
        if (record.step + 1) % max(1, options.early // 3) == 0:
            found.append(drawn(run.generator, latents(options.judged, rng)))
    return rng.permutation(np.concatenate(found))


# -- figures ---------------------------------------------------------------------------------------


def measured(images, reference, known, judges):
    """A dict of figures of pictures (N, 32, 32, 3); reference : fresh paintings, for precision and
    recall; known : those of the training."""
    painted, (entropy, style) = judges.painted(images), judges.ambiguity(images)
    shares = np.bincount(style, minlength=len(STYLES)) / len(style)
    near = metrics.precision_recall(judges.style.features(reference),
                                    judges.style.features(images))
    distance, _ = nearest(images[:500], known)
    return {"paintings": painted.mean(), "styles": int((shares >= LEAST).sum()),
            "entropy": entropy.mean(), "even": -(shares * np.log(np.maximum(shares, 1e-12))).sum(),
            "precision": near.precision, "recall": near.recall, "distance": distance.mean(),
            "ambiguous paintings": (painted & (entropy >= 0.3)).mean()}


def nearest(images, known):
    """(distance (N,), index (N,)): the known picture nearest to each; the distance is the root mean
    square over its numbers."""
    flat = known.reshape(len(known), -1)
    squares, best = (flat * flat).sum(axis=1), []
    for image in images.reshape(len(images), -1):
        squared = squares - 2 * (flat @ image) + image @ image
        best.append((squared.min(), squared.argmin()))
    squared, index = np.array(best).T
    return np.sqrt(np.maximum(squared, 0) / flat.shape[1]), index.astype(int)


def most_ambiguous(images, judges):
    """The ORIGINALS pictures of the highest entropy, first those that are still paintings. Of
    pictures that are nearly the same only the first is taken, as long as there are others."""
    entropy, _ = judges.ambiguity(images)
    order, chosen = np.argsort(-(entropy + 10 * judges.painted(images))), []
    for index in order:
        if len(chosen) < ORIGINALS and (
                not chosen or nearest(images[index:index + 1], images[chosen])[0][0] > APART):
            chosen.append(index)
    rest = [index for index in order if index not in chosen]
    return images[(chosen + rest)[:ORIGINALS]]


def table(rows):
    """Lines of text."""
    lines = [" " * 27 + "".join(f"{title:>13}" for title in FIGURES.values())]
    for name, row in rows.items():
        cells = [f"{100 * row['paintings']:.1f} %", f"{row['styles']} of {len(STYLES)}",
                 f"{row['entropy']:.3f}", f"{row['even']:.2f}", f"{row['precision']:.2f}",
                 f"{row['recall']:.2f}", f"{row['distance']:.3f}"]
        lines.append(f"{name:<27}" + "".join(f"{cell:>13}" for cell in cells))
    return lines


def conclusion(rows):
    """What was counted, in a sentence or two."""
    gan, patchy, can = (rows[name] for name in METHODS)
    times, share = (can[name] / max(gan[name], 1e-9) for name in ("entropy", "paintings"))
    reached = times >= 2 and share >= 0.9
    cut = "; ".join(
        f"t = {threshold:g}: {100 * one['paintings']:.0f} % in {one['styles']} styles, and "
        f"{100 * other['paintings']:.0f} %, {other['entropy'] / max(one['entropy'], 1e-9):.1f} "
        f"times" for threshold in THRESHOLDS
        for one, other in [[rows[within(name, threshold)] for name in ("GAN", "CAN")]])
    pasted = rows["one pasted into another"]
    return (f"CAN's styles are {times:.1f} times as ambiguous as the GAN's, and {100 * share:.0f} "
            f"% as many of its pictures are still paintings: "
            + ("new styles, at little cost." if reached else
               "not what was hoped for (at least twice, at least 90 %).")
            + f" Of this the new D alone, without the term, brings "
            f"{patchy['entropy'] / max(gan['entropy'], 1e-9):.1f} times and leaves "
            f"{100 * patchy['paintings'] / max(gan['paintings'], 1e-9):.0f} %. To paste one "
            f"painting into another has {pasted['entropy']:.2f} nats and "
            f"{100 * pasted['paintings']:.0f} % paintings, without any network. Paintings of the "
            f"GAN and of CAN, and how much more ambiguous CAN's are, where z is truncated: {cut}.")


def parse(arguments):
    """(parser, options)"""
    parser = Parser("art", __doc__, QUICK, SIZES,
                    epilog="Ctrl-C stops the training and saves what there is.")
    parser.add_argument("--steps", type=positive, default=RECIPE["steps"], metavar="N",
                        help=f"training steps of the first part (default {RECIPE['steps']:,}); the "
                             "second has a tenth of them, for each of three")
    parser.add_argument("--weight", type=positive_number, default=WEIGHT, metavar="N",
                        help=f"of the style ambiguity in CAN (default {WEIGHT:g})")
    parser.share(seeds=[0], out=True, resume=True, results=True)
    return parser, parser.parse_args(arguments)


if __name__ == "__main__":
    run_main(main)
