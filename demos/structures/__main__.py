"""Who is connected to whom in each GAN of the family, and what a DCGAN is made of, drawn.

    python -m demos.structures                            a few seconds; open sheet.png, dcgan.png
    python -m demos.structures --only cgan infogan        some members
    python -m demos.structures --size 64 --channels 3 --latent 100 --width 128 --hidden 0
                                                          the sizes of the published generator

Nothing is drawn from a list. Each member's training is made, as `demos.variants` makes it, and its
parts are inspected: whether a condition goes into G, into D, or is guessed; whether D is an
autoencoder; where the penalty holds D's slope, and at which value. A DCGAN is drawn with the layers
and shapes of its own `summary()` (Radford et al. 2016, figure 1).

Files: sheet.png, a panel for each of some members; one small picture for each member, by its name;
dcgan.png. The description inside each PNG says in words what it shows.
"""

from numgan import models
from numgan.presets import FAMILY, names

from ..arguments import Parser, natural, positive
from ..common import run_main, usable_folder, write
from . import members, networks

# of the sheet: one for each way to connect
SHOWN = ("gan", "lsgan", "wgan", "wgan-gp", "dragan", "cgan", "infogan", "acgan", "ebgan", "began",
         "r3gan", "pacgan")


def main(arguments=None):
    parser = Parser("structures", __doc__, quick={})
    parser.add_argument("--only", nargs="+", choices=names("ring"), metavar="NAME",
                        help=f"some members: {', '.join(names('ring'))}")
    for name, type, default, text in (
            ("size", positive, 28, "pixels on each side of the DCGAN's images"),
            ("channels", positive, 1, "of these"),
            ("latent", positive, 64, "numbers that an image is made of"),
            ("width", positive, 32, "channels beside the image"),
            ("hidden", natural, 256, "size of the dense layer at the narrow end; 0: none")):
        parser.add_argument(f"--{name}", type=type, default=default, metavar="N",
                            help=f"{text} (default {default})")
    parser.share(out=True)
    options = parser.parse_args(arguments)
    try:
        G, D = dcgan(options.size, options.channels, options.latent, options.width, options.hidden)
    except ValueError as error:
        parser.error(str(error))
    usable_folder(parser, options.out)

    found = {name: members.of_member(name) for name in options.only or names("ring")}
    for name, structure in found.items():
        print(f"{FAMILY[name].title:<26}{structure.words()}")
    print(f"\nGenerator\n{G.summary((options.latent,))}\n\nDiscriminator\n{D.summary()}\n")
    print(f"{len(found)} members, {len(set(found.values()))} structures. Those that share one "
          f"differ in what they minimise, or in a layer.\n")
    sheet = {FAMILY[name].title: found[name] for name in options.only or SHOWN}
    out = options.out
    write(out, {
        "sheet.png": lambda: members.draw_sheet(sheet, out / "sheet.png"),
        "dcgan.png": lambda: networks.draw(G, D, options.latent, out / "dcgan.png"),
        **{f"{name}.png": lambda name=name: members.draw_member(found[name], out / f"{name}.png")
           for name in found}})
    return 0


def dcgan(size=28, channels=1, latent=64, width=32, hidden=256):
    """(G, D) as in `demos.digits`."""
    return (models.dcgan_generator(size, channels, latent, width, hidden or None, rng=0),
            models.dcgan_discriminator(size, channels, width, hidden=hidden or None, rng=0))


if __name__ == "__main__":
    run_main(main)
