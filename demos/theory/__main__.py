"""What the theory of GANs says, seen: on one axis, where everything can be computed.

    python -m demos.theory                   under a minute; open game.html and curves.html
    python -m demos.theory --quick           a look in under a minute: shorter trainings, one seed
    python -m demos.theory --only variants   one part only

game      The data are a mixture of two Gaussians on a line. The generator makes one number from
          one. Its density is exact, by change of variables, so the best discriminator is known,
          D* = p_data / (p_data + p_model), and so are V(D, G) and the Jensen-Shannon divergence,
          by quadrature. D learns alone and reaches D*; then both play. A film.
variants  The same game with k = 1, 5, 20 steps of D for each of G, with the minimax and the
          non-saturating loss, by SGD with momentum (Algorithm 1) and by Adam; three seeds each.
slopes    ln(1 − D), −ln D and their slopes over D's logit, and where a training sits on them at
          step 10 and at its end.
kinds     A classifier and a conditional GAN learn the same two classes. Then each is asked the
          other's question: for a sample, and for the class.
curves    Six short trainings (healthy; G's loss rises while samples get better; collapsed; D has
          won; circling; exploded): curves, samples, and what `numgan.diagnose` says. A film.

Files: a figure for each part, theory_*.png; a film of the game as a GIF and as a page, and one of
the six trainings as a page; results.json. (Goodfellow et al. 2014, sections 3 and 4.)
"""

import textwrap
import typing

from numgan.training import TrainingDiverged

from .. import results
from ..arguments import Parser
from ..common import INTERRUPTED, progress, run_main, usable_folder, write
from . import curves, curves_views, game, game_views, kinds, slopes


class Part(typing.NamedTuple):
    """What a part of the demo does."""

    run: typing.Callable  # (seed, quick, report) -> what it found
    said: typing.Callable  # found -> lines of text: a table, and what follows from it
    pictures: typing.Callable  # (found, folder, film?) -> files, for `common.write`
    figures: typing.Callable  # found -> list of dicts, for the file of results


PARTS = {
    "game": Part(game.play, game.said_of_game, game_views.pictures, game.figures_of_game),
    "variants": Part(game.variants, game.said_of_variants, game_views.variant_pictures,
                     game.figures_of_variants),
    "slopes": Part(slopes.run, slopes.said, slopes.pictures, slopes.figures),
    "kinds": Part(kinds.run, kinds.said, kinds.pictures, kinds.figures),
    "curves": Part(curves.run, curves.said, curves_views.pictures, curves.figures),
}


def main(arguments=None):
    parser = Parser("theory", __doc__, dict(quick=True))  # its parts know what is shorter then
    parser.add_argument("--only", nargs="+", choices=list(PARTS), metavar="PART",
                        default=list(PARTS), help=f"some of the parts: {', '.join(PARTS)}")
    parser.add_argument("--no-film", action="store_true", help="write the figures only")
    parser.share(seed=0, out=True, results=True)
    options = parser.parse_args(arguments)
    usable_folder(parser, options.out)
    path = results.path_of(parser, options)

    found, code = {}, 0
    try:
        for name in [name for name in PARTS if name in options.only]:
            with progress(desc=name, unit=" steps", leave=False) as bar:
                found[name] = PARTS[name].run(options.seed, options.quick, bar.update)
            print("\n".join(["", *wrapped(PARTS[name].said(found[name]))]), flush=True)
    except TrainingDiverged as error:
        code = 1
        print(f"{name}: {error}", flush=True)
    except KeyboardInterrupt:
        code = INTERRUPTED
        print("Interrupted: the parts that were finished get drawn.", flush=True)
    print(flush=True)
    if not code:
        results.keep(path, results.command("theory", arguments),
                     {"seed": options.seed},
                     [{"part": name, **run} for name in found
                      for run in PARTS[name].figures(found[name])], options.quick)
    files = {}
    for name in found:
        files |= PARTS[name].pictures(found[name], options.out, not options.no_film)
    write(options.out, files)
    return code


def wrapped(lines):
    """The lines, broken at 100 characters where they are sentences, not rows of a table."""
    return [part for line in lines for part in (textwrap.wrap(line, 100) or [""] if
                                                line[:1].isalpha() and ". " in line + " "
                                                else [line])]


if __name__ == "__main__":
    run_main(main)
