"""Pictures from label maps: `python -m demos.pix2pix`."""
