"""The seventeen tips of ganhacks: see `__main__`, which measures them."""
