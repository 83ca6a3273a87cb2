"""The Dirac-GAN, the smallest GAN there is: see `__main__`, which explains it and draws it."""
