"""A page to play with GANs on: `python -m demos.playground`."""
