"""Famous wrong backward passes of hand-written GANs, each a small patch of the right code."""
