"""Filling holes in pictures: `python -m demos.inpainting`."""
