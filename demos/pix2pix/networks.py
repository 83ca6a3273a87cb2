"""The networks of pix2pix: a U-Net of `Skip`s, and a discriminator of patches that sees both."""

from numgan import (BatchNorm, Conditional, Conv2D, ConvTranspose2D, Dropout, Join, LeakyReLU,
                    MinibatchStd, Patches, Skip, Tanh, Translator)
from numgan.layers import Chain

SLOPE = 0.2


def generator(size, reads, writes, width, *, skips=True, dropout=0.5, rng):
    """Pictures (N, size, size, reads) → (N, size, size, writes): down to 1x1 and up again.

    With skips what a level reads stands beside what the levels below it made of it; without, all
    has to pass through the middle, where a single vector can say what holds for the whole picture.
    Dropout, which also drops when the network is used, is the noise, in the two deepest levels.
    """
    levels = size.bit_length() - 1  # halvings
    widths = [width * min(2 ** level, 4) for level in range(levels + 1)]
    inner = None
    for level in reversed(range(levels)):
        below = [] if inner is None else [inner]
        deep = widths[level + 1] * (1 if inner is None or not skips else 2)
        layers = [Conv2D(widths[level], widths[level + 1], 4, 2, 1, init="he"),
                  *([BatchNorm(widths[level + 1])] if below else []), LeakyReLU(SLOPE), *below,
                  ConvTranspose2D(deep, widths[level], 4, 2, 1, init="he"),
                  BatchNorm(widths[level]), LeakyReLU(SLOPE),
                  *([Dropout(dropout, always=True)] if dropout and level >= levels - 2 else [])]
        inner = Skip(*layers) if skips else Chain(*layers)
    top = width * (2 if skips else 1)
    return Translator([Conv2D(reads, width, 3, 1, 1, init="he"), LeakyReLU(SLOPE), inner,
                       Conv2D(top, top, 3, 1, 1, init="he"), LeakyReLU(SLOPE),
                       Conv2D(top, writes, 3, 1, 1), Tanh()],
                      input_shape=(size, size, reads), rng=rng)


def discriminator(size, reads, writes, width, *, rng):
    """(picture, what it was made from) → a logit for every patch of 20x20 pixels.

    It also sees how much the batch varies: without that all pictures come to be of dusk, which is
    as good an answer to every map as day.
    """
    return Conditional([Join(reads),
                        Conv2D(reads + writes, width, 3, 1, 1, init="he"), LeakyReLU(SLOPE),
                        Conv2D(width, 2 * width, 4, 2, 1, init="he"), LeakyReLU(SLOPE),
                        Conv2D(2 * width, 2 * width, 4, 2, 1, init="he"), LeakyReLU(SLOPE),
                        MinibatchStd(),
                        Conv2D(2 * width + 1, 2 * width, 3, 1, 1, init="he"), LeakyReLU(SLOPE),
                        Conv2D(2 * width, 1, 1), Patches()],
                       (size, size, writes), (size, size, reads), rng=rng)
