"""Mode collapse and its cure: on the ring and on the grid, two recipes that differ in one thing."""

import dataclasses

from numgan import Adam, penalties
from numgan.presets import Preset, adam

DIFFERENCE = "One difference: noise on what D sees, as wide as the data at first, fading to none."
COLLAPSE = ("D is soon sure, and its slope, the only thing G learns from, leads each generated "
            "point to a mode nearby and never to the ones that are missing.")
CURE = ("Real and generated samples overlap, and D slopes everywhere from \"too many\" to \"too "
        "few\".")
GRID_DIFFERENCE = ("One difference: R1, a penalty on D's slope at the data, whose weight falls to "
                   "a hundredth.")
GRID_CURE = "D is no steep hill at any mode, and leads from the modes that G has to the others."
ELSEWHERE = "The settings were chosen for the ring and are the same here."

# G starts small, N(0, 0.02²) as in DCGAN and PacGAN: all its samples begin in one heap. The noise
# layer is there in both, so that both begin with the same weights; in the plain GAN it does nothing
PLAIN = Preset(
    "plain GAN", "D learns twenty times faster than G", g_optimizer=lambda: Adam(2e-4),
    d_optimizer=lambda: Adam(4e-3), batch_size=128, steps=12_000, schedule="linear", average=0.99,
    g_hidden=(128, 128), d_hidden=(128, 128), g_init="dcgan", noise=0.0)
RECIPES = [PLAIN, dataclasses.replace(PLAIN, title="GAN with instance noise", noise=1.0,
                                      changes="noise on what D sees, which fades")]

# chosen on seeds 0, 6, 7 and 100 to 104; the table in pages/trust.md uses others
GRID_PLAIN = Preset(
    "plain GAN", "D learns ten times faster than G", g_optimizer=adam(7e-4, 0.5),
    d_optimizer=adam(7e-3, 0.5), batch_size=64, steps=25_000, g_init="dcgan")
GRID_RECIPES = [GRID_PLAIN, dataclasses.replace(
    GRID_PLAIN, title="GAN with R1", changes="a penalty on D's slope at the data, which fades",
    penalty=lambda: penalties.R1(1.0), final_weight=0.01)]

# the name of registered data → two recipes that differ in one thing, what it is, why it cures;
# other data use those of the ring
PAIRS = {"ring": (RECIPES, DIFFERENCE, CURE), "grid": (GRID_RECIPES, GRID_DIFFERENCE, GRID_CURE)}
