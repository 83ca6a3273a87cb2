"""The networks of pix2pix: a U-Net of `Skip`s, a discriminator of patches that sees what was read
and what was drawn, and a reader of pictures."""

from numgan import (BatchNorm, Concatenate, Conditional, Conv2D, ConvTranspose2D, Dropout, Join,
                    LeakyReLU, MinibatchStd, Network, Patches, Reshape, Skip, Softmax, Tanh,
                    Translator, Upsample2D)
from numgan.layers import Chain

SLOPE = 0.2


def generator(size, reads, writes, width, *, skips=True, dropout=0.5, rng):
    """Pictures (N, size, size, reads) → (N, size, size, writes): down to 1x1 and up again.

    With skips, what a level reads is put beside what the levels below made of it. Without them, all
    has to pass through the middle, where a single vector can say what holds for the whole picture.
    The noise is dropout in the two deepest levels, which also drops when the network is used.
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
    """(picture, what it was made from) → logits of patches of 3x3 and of 20x20 pixels, as many of
    each.

    The first layer is shared. The fine head says of each pixel whether what is there can have that
    colour; for the coarse head a half-lit window, of two by two pixels, hardly counts. The coarse
    head judges bricks; its logits count sixteen times, so that both weigh the same. It also sees
    how much the batch varies. Without that, G comes to draw dusk in all pictures, which is as good
    an answer to every map as day.
    """
    fine = [Conv2D(width, 2 * width, 1, init="he"), LeakyReLU(SLOPE), Conv2D(2 * width, 1, 1)]
    coarse = [Conv2D(width, 2 * width, 4, 2, 1, init="he"), LeakyReLU(SLOPE),
              Conv2D(2 * width, 2 * width, 4, 2, 1, init="he"), LeakyReLU(SLOPE), MinibatchStd(),
              Conv2D(2 * width + 1, 2 * width, 3, 1, 1, init="he"), LeakyReLU(SLOPE),
              Conv2D(2 * width, 1, 1), Upsample2D(4)]
    return Conditional([Join(reads),
                        Conv2D(reads + writes, width, 3, 1, 1, init="he"), LeakyReLU(SLOPE),
                        Concatenate(fine, coarse), Reshape(size, 2 * size, 1), Patches()],
                       (size, size, writes), (size, size, reads), rng=rng)


def reader(size, reads, writes, width=48, *, rng):
    """Pictures (N, size, size, writes) → for each pixel the probability of each of `reads` classes.

    It sees the colour of that one pixel and a vector of the whole picture (day or dusk), and not
    what is around the pixel. Otherwise it would say "window" of any colour in a window's place.
    """
    pixel = [Conv2D(writes, 32, 1, init="he"), LeakyReLU(SLOPE)]
    whole = [Conv2D(writes, 16, 4, 4, init="he"), LeakyReLU(SLOPE),
             Conv2D(16, 8, size // 4, init="he"), Upsample2D(size)]
    return Network([Concatenate(pixel, whole), Conv2D(40, width, 1, init="he"), LeakyReLU(SLOPE),
                    Conv2D(width, reads, 1), Softmax()], input_shape=(size, size, writes), rng=rng)
