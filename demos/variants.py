"""Every GAN of the well-known table, and more, on the same data in the plane and the same seed.

    python -m demos.variants                                   all of them on the ring
    python -m demos.variants --dataset grid
    python -m demos.variants --only lsgan began --steps 2000   some, and shorter

Each is trained by its recipe in `numgan.presets`. The picture has a panel for each: real and
generated samples over D's landscape. The table counts modes, samples of high quality and the
reverse KL, as `demos.mode_collapse` explains them. What each changes of the plain GAN stands below
the table, and where it comes from; what it minimises, in its docstring in `numgan.losses`,
`numgan.penalties` or `numgan.layers`.
"""

import argparse
import pathlib
import sys

from numgan import data
from numgan.presets import METHODS, VARIANTS

from .mode_collapse import draw_panels, natural, positive, run, table

COLUMNS = 5


def main(arguments=None):
    names = [*METHODS["ring"], *VARIANTS["ring"]]
    parser = argparse.ArgumentParser(
        prog="python -m demos.variants", description=__doc__.split("\n")[0])
    parser.add_argument("--dataset", default="ring", choices=sorted(METHODS))
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", default=names,
                        help="some of " + ", ".join(names))
    parser.add_argument("--seed", type=natural, default=0, help="of all random numbers (default 0)")
    parser.add_argument("--steps", type=positive, metavar="N",
                        help="generator steps of each (default: each has its own)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/variants"),
                        metavar="DIR", help="where to write (default out/variants)")
    options = parser.parse_args(arguments)
    if options.out.exists() and not options.out.is_dir():
        parser.error(f"argument --out: {options.out} is a file, not a folder")
    toy = data.toy(options.dataset)
    known = {**METHODS[options.dataset], **VARIANTS[options.dataset]}
    recipes = [known[name] for name in names if name in options.only]
    runs = []
    for recipe in recipes:
        one = run(recipe, toy, options.seed, options.steps, frames=1)
        runs.append(one)
        print(f"{recipe.title}: {one.score}", flush=True)
        if one.stopped == "interrupted":
            print("Interrupted: what there is gets drawn and saved.", flush=True)
            break
    shown = [one for one in runs if one.frames]
    written = draw_panels(shown, toy, options.seed, options.out, COLUMNS,
                          f"{len(shown)} GANs on the {toy.name}, seed {options.seed}",
                          "variants.png") if shown else []
    print("\n".join(["", *table(runs, toy), "",
                     *(f"{recipe.title}: {recipe.changes}" for recipe in recipes)]))
    if written:
        print("Written: " + ", ".join(str(options.out / name) for name in written))
    return 130 if runs[-1].stopped == "interrupted" else 0


if __name__ == "__main__":
    sys.exit(main())
