"""What the theory of GANs says, seen in small experiments: see `__main__`."""
