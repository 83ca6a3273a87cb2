"""The context encoder, and its discriminator with one trunk and two heads."""

from numgan import (Concatenate, Conditional, Conv2D, Dense, Flatten, Join, LeakyReLU, Patches,
                    Reshape, Upsample2D)

from ..pix2pix import networks

SLOPE = 0.2


def encoder(size, channels, width, *, rng):
    """A picture with a hole, and the mask of the hole → the picture: the U-Net of pix2pix."""
    return networks.generator(size, channels + 1, channels, width, dropout=0, rng=rng)


def discriminator(size, channels, width, *, rng):
    """(picture, what it was made from) → logits of patches and of the whole, as many of each.

    The trunk is shared. One head says of each patch whether its texture is real. The other has a
    dense layer and says of the whole picture whether its parts belong together. Its logit is
    repeated as often as there are patches, so that both weigh the same (Demir & Unal 2018).
    """
    side = size // 4
    patches = [Conv2D(2 * width, 2 * width, 3, 1, 1, init="he"), LeakyReLU(SLOPE),
               Conv2D(2 * width, 1, 1)]
    whole = [Conv2D(2 * width, 2 * width, 4, 2, 1, init="he"), LeakyReLU(SLOPE), Flatten(),
             Dense((side // 2) ** 2 * 2 * width, 32, init="he"), LeakyReLU(SLOPE), Dense(32, 1),
             Reshape(1, 1, 1), Upsample2D(side)]
    return Conditional([Join(channels + 1),
                        Conv2D(2 * channels + 1, width, 4, 2, 1, init="he"), LeakyReLU(SLOPE),
                        Conv2D(width, 2 * width, 4, 2, 1, init="he"), LeakyReLU(SLOPE),
                        Concatenate(patches, whole), Reshape(side, 2 * side, 1), Patches()],
                       (size, size, channels), (size, size, channels + 1), rng=rng)
