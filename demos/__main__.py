"""``python -m demos``: what there is to run, with a line and a time each."""

import argparse

from .common import run_main

# the times are those of one core that does nothing else, with no further arguments
DEMOS = {
    "mode_collapse": ("40 seconds", "mode collapse on 2D data, and what noise does about it"),
    "clusters": ("a minute", "modes found by clustering, and a collapse counted"),
    "playground": ("as you like", "a page to play on: draw data, turn knobs while a GAN learns"),
    "one_step": ("a second", "one training step in numbers: every value, every gradient"),
    "structures": ("a few seconds", "who is connected to whom in each GAN; a DCGAN's layers"),
    "bug_museum": ("6 minutes", "thirty wrong backward passes: who sees them, what they do"),
    "xray": ("a minute", "the gradient on its way through D into G, layer by layer"),
    "dirac": ("half a minute", "the smallest GAN there is: which methods converge, and why"),
    "theory": ("a minute", "the game on a line beside its theory; what curves say"),
    "ring_stability": ("a minute", "the eigenvalues of a small GAN's game while it trains"),
    "digits": ("a minute", "a DCGAN draws digits, 8x8 or MNIST's"),
    "starts": ("2 minutes", "first weights, R1, and why G may stay with one image"),
    "conditional_digits": ("3 minutes", "digits on request: six ways to use a label"),
    "infogan": ("2 minutes", "a code that finds the digits without labels"),
    "latent_walks": ("5 minutes", "walks, morphs and arithmetic between latents"),
    "variants": ("40 minutes", "the whole family on the same data: a picture, a table, a page"),
    "truncation": ("12 minutes", "latents near zero: fidelity for diversity, or neither"),
    "balance": ("25 minutes", "must both players be equally good? whose job is easier?"),
    "tables": ("hours", "published tables, published and measured side by side"),
    "tips": ("half an hour", "the seventeen tips of ganhacks, each with and without"),
    "text_to_image": ("20 minutes", "a picture of what you say; later calls only draw"),
    "text_to_image.changes": ("75 minutes", "what each change of its recipe gave"),
    "face_aging": ("10 minutes", "a person on a photo at six other ages, and a judge"),
    "pix2pix": ("25 minutes", "pictures of houses from label maps; your own pairs too"),
    "inpainting": ("50 minutes", "holes in digits and houses filled, in two ways, and judged"),
    "art": ("an hour", "paintings of no known style, with two judges"),
    "style": ("20 minutes", "a style-based generator: coarse from A, fine from B"),
    "code_repair": ("35 minutes", "C programs repaired without a single pair; your file too"),
    "pages": ("a second", "makes the tables of demos/pages again, from the result files"),
    "speed": ("3 minutes", "the time of a training step, beside PyTorch's and JAX's"),
}


def main(arguments=None):
    argparse.ArgumentParser(prog="python -m demos", description="List the demos.").parse_args(
        arguments)
    print("python -m demos.NAME [--help], where NAME is\n")
    for name, (time, line) in DEMOS.items():
        print(f"  {name:<22}{time:<15}{line}")
    print("\npython -m numgan.gradcheck checks every gradient, in a minute.")


if __name__ == "__main__":
    run_main(main)
