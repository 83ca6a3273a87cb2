"""The time of a training step, beside PyTorch's and JAX's: `python -m demos.speed`."""
