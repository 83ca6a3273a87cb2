"""What numgan can do, a page a demo: python -m demos.NAME."""
