"""Scenes: settings, and three sentences on what to watch. Also what may help where `diagnose` finds
something, as knobs to turn."""

RING = {"data": "ring", "method": "gan", "seed": 0}
FAST_D = {**RING, "d_rate": 5e-3, "g_rate": 2.5e-4}  # twenty times G's rate: four modes of eight
HEAVY = {**RING, "d_rate": 2e-3, "g_rate": 2e-3, "optimizer": "adam-0.9"}
# G starts within the ring and touches none of its modes; D then parts the two for good
WON = {**RING, "seed": 7, "g_width": 16, "g_depth": 4, "d_rate": 5e-3, "g_rate": 1e-4, "k": 5}


SCENES = [
    {"name": "hello", "title": "A GAN at work", "settings": RING, "text": (
        "The generator (orange) starts as a heap and is drawn towards the eight modes (blue rings) "
        "by the discriminator's slope. Watch D(x) and D(G(z)) come near one half: D can hardly "
        "tell. Click a point for its x-ray, or turn on the arrows to see what each is told.")},
    {"name": "collapse", "title": "Collapse", "settings": FAST_D, "views": {"grid": True}, "text": (
        "D learns twenty times as fast as G, and G settles on some of the modes. Watch the grid of "
        "z: large parts of it are folded onto the same few places. Modes that are missed stay "
        "missed, though every sample that is made looks better and better.")},
    {"name": "circling", "title": "Circling", "settings": HEAVY, "text": (
        "Both optimisers carry momentum 0.9, and so overshoot. G runs to where D says real, D "
        "answers, and G runs on: watch the curves swing. The line below finds the period after "
        "some hundred steps, and offers what stops it.")},
    {"name": "won", "title": "D has won", "settings": {**WON, "loss": "minimax"},
     "views": {"arrows": True}, "text": (
         "D takes five fast steps for each slow one of G, which descends ln(1 − D). Watch D's loss "
         "fall to nearly zero, D(x) go to 1 and D(G(z)) to 0: the arrows shrink to dots, and G "
         "stands still far from the modes. After some 700 steps the line below says so, and has "
         "remedies.")},
    {"name": "flat", "title": "The flat slope of ln(1 − D)",
     "settings": {**WON, "loss": "minimax"},
     "two": {"loss": "non-saturating"}, "views": {"arrows": True}, "text": (
         "A and B have the same strong D and the same seed, but A's G descends ln(1 − D), which is "
         "flat where D is sure. Watch the arrows: A's vanish just where the samples are worst. "
         "B climbs ln D instead, which is steep there.")},
    {"name": "noise", "title": "Instance noise", "settings": FAST_D, "two": {"noise": 0.1},
     "text": (
         "A is the collapse; in B, D sees data and samples through noise. Watch D's landscape: B's "
         "cliffs are slopes. Too much noise blurs the modes into one: turn it down while it "
         "runs.")},
    {"name": "r1", "title": "R1", "settings": FAST_D, "two": {"penalty": "r1", "weight": 0.1},
     "text": (
         "A is the collapse; B's D pays for its slope at the data. Watch the missing modes: a flat "
         "D lets samples come back to them. The price is a slower approach to each mode.")},
    {"name": "r3gan", "title": "R3GAN", "settings": FAST_D, "two": {
        "method": "r3gan", "loss": "own", "penalty": "own", "weight": 0.1}, "text": (
        "A is the collapse; B judges real and generated samples in pairs, and its D is held flat "
        "at both. Watch its losses: they settle near ln 2, where neither of two looks more real. "
        "Compare how much of the ring each covers.")},
    {"name": "pacgan", "title": "PacGAN", "settings": FAST_D, "two": {"method": "pacgan"},
     "text": (
         "A is the collapse; B's D sees two samples at a time, and two that are alike give G away. "
         "Watch recall and the modes: it helps, and it does not settle. The other cures hold D's "
         "slope instead.")},
    {"name": "tip-helps", "title": "A tip that helps", "settings": HEAVY,
     "two": {"optimizer": "adam"}, "text": (
         "A's Adam has the usual momentum of 0.9, B's has none. Watch A swing and B walk. The "
         "opponent moves: an old gradient points to where it was.")},
    {"name": "tip-hurts", "title": "A tip that hurts", "settings": RING,
     "two": {"noise": 0.5}, "text": (
         "Noise on what D sees is a good tip, if it fades: in B it stays. Watch quality: D cannot "
         "see what the noise hides, so B's samples stop far from the modes. Turn B's noise to zero "
         "and see them go on.")},
]


def slower(knob, factor):
    return lambda settings: {knob: float(f"{max(1e-6, settings[knob] * factor):.3g}")}


NOISE = ("noise on what D sees", {"noise": 0.5})
R1 = ("an R1 penalty", {"penalty": "r1", "weight": 0.1})
SLOW_D = ("a slower D", slower("d_rate", 0.3))
BOTH = ("lower rates for both", lambda settings: {
    **slower("d_rate", 0.3)(settings), **slower("g_rate", 0.3)(settings)})
REMEDIES = {
    "D has won": [("the non-saturating loss", {"loss": "non-saturating"}), NOISE, R1, SLOW_D,
                  ("label smoothing", {"smoothing": 0.1})],
    "D is misled": [("five steps of D", {"k": 5}), ("a faster D", slower("d_rate", 3.0)),
                    ("a slower G", slower("g_rate", 0.3))],
    "G collapsed": [NOISE, ("judging in pairs, held flat", {
        "loss": "relativistic", "penalty": "r1r2", "weight": 0.1}), SLOW_D],
    "oscillation": [R1, BOTH, ("Adam without momentum", {"optimizer": "adam"})],
    "explosion": [BOTH, R1, ("Adam", {"optimizer": "adam"})],
}
