"""Scenes: settings, and three sentences on what to watch. And what may help where `diagnose` finds
something, as knobs to turn."""

RING = {"data": "ring", "method": "gan", "seed": 0}
WON = {**RING, "d_rate": 0.01, "g_rate": 1e-4, "k": 3}
COLLAPSE = {**RING, "d_rate": 5e-3, "g_rate": 5e-4}

SCENES = [
    {"name": "hello", "title": "A GAN at work", "settings": RING, "text": (
        "The generator (orange) starts as a heap and is drawn towards the eight modes (blue rings) "
        "by the discriminator's slope. Watch D(x) and D(G(z)) come together near one half: D can "
        "no longer tell. Turn on the arrows to see what each sample is told.")},
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
