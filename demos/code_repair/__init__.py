"""Repair of short C programs by a network that never saw a repair (Harer et al. 2018)."""
