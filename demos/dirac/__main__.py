"""The Dirac-GAN: the smallest GAN there is, on which to see which methods converge, and why.

    python -m demos.dirac                         half a minute; open film.html
    python -m demos.dirac --only minimax r1       two methods only

The data are one point, 0. The generator is one point, θ. The discriminator is a line through the
origin, D(x) = ψ x, positive where it says "generated" (Mescheder et al. 2018 define it so; in
`numgan` positive means "real", hence ψ = −W). These are two numbers, so the whole training is a
path in a plane, and all that training does can be seen as a field of arrows (θ̇, ψ̇) = v(θ, ψ). Its
point of rest is (0, 0): the generator is right, and the discriminator has no opinion.

Why the minimax game turns for ever. D's slope ψ pushes θ to the other side, at speed ψ/2; θ on that
side tilts the slope the other way, at speed θ/2. Each player's answer comes a quarter of a turn
late. Near the rest v = J (θ, ψ), and J = [[0, −1/2], [1/2, 0]] is a rotation: its eigenvalues are
±i/2, with no real part, so nothing pulls inwards. Changing the loss to the non-saturating one
leaves J as it is.

Why simultaneous steps spiral outwards. A step of size h goes along the tangent of the circle, and
so ends outside it. In numbers: it multiplies by 1 + hλ, and |1 ± ih/2| = √(1 + h²/4) > 1 for every
h; 1.005 for h = 0.2. Small steps tame an eigenvalue only if its real part is negative.

What alternating steps do. G answers the D that has moved already. Such a step preserves areas, and
its multipliers have modulus 1: θ and ψ stay on a closed orbit and move neither in nor out.

The cures give λ a negative real part, each in its own way:

    R1 (or R2)       makes a steep D pay: ψ̇ = ... − γψ            λ = −γ/2 ± √(γ²/4 − 1/4)
    instance noise   a steep D errs on blurred samples            λ = −σ²/4 ± √(σ⁴/16 − 1/4)
    consensus        both players also descend γ ½‖v‖²            λ = −γ/4 ± i/2
    unrolling        G sees K steps of D ahead: θ̇ = ... − Khθ/2   λ = −Kh/4 ± √(K²h²/16 − 1/4)

What does not help: clipping D's weight (at the rest nothing is clipped, λ = ±i), and WGAN-GP, which
asks for a slope of ±1 where the rest needs 0: across ψ = 0 the field jumps, and pushes away.

The eigenvalues come from the package's own second-order code (`game.Game`), the paths from
`training.train`; both are set beside the formulas.
"""

import itertools
import textwrap

import numpy as np

from ..arguments import Parser, positive, positive_number
from ..common import INTERRUPTED, progress, run_main, usable_folder, write
from .laboratory import FRAMES, pictures, text_of
from .paths import (CIRCLES, CONVERGES, CREEPS, H, LEAVES, PLAIN, SIMULTANEOUS, STEPS, TOO_SHORT,
                    methods, run)

PULLS = 1e-9  # a real part closer to 0 is rounding
QUICK = dict(only=["minimax", "r1"], steps=140, frames=3)

MEANING = {CONVERGES: "the distance from the rest falls by a constant factor a step",
           CREEPS: "it falls, but ever more slowly: no such factor",
           CIRCLES: "it neither falls nor grows",
           LEAVES: "it grows",
           TOO_SHORT: "half a turn takes longer than a quarter of the path"}


def tables(runs, steps, h):
    """Three tables as lines of text: eigenvalues, factors of a step, and paths."""
    lines = [f"Eigenvalues at the rest     {'computed':<22}{'formula':<22}difference"]
    for one in runs:
        lines.append(f"  {one.method.title:<26}{text_of(one.eigenvalues):<22}"
                     f"{text_of(one.method.eigenvalues):<22}{one.difference:.0e}"
                     + ("" if one.method.smooth else "  beside ψ = 0; at it the field jumps"))

    lines += ["", f"Factor of a step near the rest, h = {h:g}: measured in training (from J)",
              " " * 28 + "".join(f"{schedule:<26}" for schedule in PLAIN).rstrip()]
    for one in runs:
        cells = [f"{one.factors[key][0]:.5f} ({one.factors[key][1]:.5f})" if key in one.factors
                 else "–" for key in PLAIN]
        lines.append(f"  {one.method.title:<26}{''.join(f'{cell:<26}' for cell in cells)}".rstrip())

    lines += ["", f"After {steps} steps from (1, 1): distance from the rest, and verdict",
              " " * 28 + "".join(f"{schedule:<26}" for schedule in PLAIN)
              + "published     as published"]
    for one in runs:
        found = one.verdicts()
        cells = [f"{np.hypot(*one.paths[key][-1]):.2g}  {found[key]}" if key in found else "–"
                 for key in PLAIN]
        lines.append(f"  {one.method.title:<26}{''.join(f'{cell:<26}' for cell in cells)}"
                     f"{one.method.published:<14}{one.agreement()}")
    return lines


def conclusion(runs, h):
    """What these runs have shown, as lines of text."""
    verdicts = {one.method.title: list(one.verdicts().values()) for one in runs}
    met = set(itertools.chain(*verdicts.values()))
    texts = []
    for pulls, what in ((False, "No eigenvalue with a real part below 0, so nothing that pulls "
                         "inwards near the rest"),
                        (True, "Real parts below 0, so small steps near the rest go inwards")):
        titles = [one.method.title for one in runs if one.method.smooth
                  and (one.eigenvalues.real.max() < -PULLS) == pulls]
        found = [verdict for title in titles for verdict in verdicts[title]]
        if titles:
            texts.append(f"{what}: {'; '.join(titles)}. Of {len(found)} paths "
                         f"{found.count(CONVERGES)} converge.")
    away = [f"{one.method.title} ({one.factors[SIMULTANEOUS][0]:.5f})" for one in runs
            if one.factors.get(SIMULTANEOUS, [0])[0] > 1]
    if away:
        texts.append(f"A simultaneous step near the rest multiplies by 1 + hλ; at h = {h:g} it "
                     f"leads outwards with {'; '.join(away)}.")
    return ["", *(f"{verdict:<19}{MEANING[verdict]}" for verdict in MEANING if verdict in met), "",
            *(line for text in texts for line in textwrap.wrap(text, 100))]


def main(arguments=None):
    names = [method.name for method in methods()]
    parser = Parser("dirac", __doc__, QUICK, dict(frames=FRAMES))
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", default=names,
                        help=f"some of the methods: {', '.join(names)}")
    parser.add_argument("--steps", type=positive, default=STEPS, metavar="N",
                        help=f"steps of each path (default {STEPS})")
    parser.add_argument("--h", type=positive_number, default=H,
                        help=f"step size, the learning rate of SGD (default {H})")
    parser.add_argument("--no-film", action="store_true", help="write the figure only")
    parser.share(out=True)
    options = parser.parse_args(arguments)
    usable_folder(parser, options.out)

    chosen = [method for method in methods(options.h) if method.name in options.only]
    runs, interrupted = [], False
    total = options.steps * sum(len(method.schedules) for method in chosen)
    try:
        with progress(total=total, unit=" steps", leave=False) as bar:
            for number, method in enumerate(chosen, 1):
                found, interrupted = run(number, method, options.h, options.steps, bar)
                runs.append(found)
                if interrupted:
                    break
    except KeyboardInterrupt:  # between two paths
        interrupted = True
    code = INTERRUPTED if interrupted else 0
    if interrupted:
        print("Interrupted: what there is gets drawn and saved.", flush=True)
    if runs:
        print("\n".join([*tables(runs, options.steps, options.h), *conclusion(runs, options.h)]),
              flush=True)
        write(options.out, pictures(runs, options.steps, options.h, options.out,
                                    0 if options.no_film else options.frames))
    return code


if __name__ == "__main__":
    run_main(main)
