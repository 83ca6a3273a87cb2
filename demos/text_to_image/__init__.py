"""A picture of what you say: see `__main__`, which trains and draws."""
