"""Modes found by clustering: `python -m demos.clusters`."""
