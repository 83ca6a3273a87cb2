"""Who is connected to whom in each GAN, and what a network is made of, as drawings: see `__main__`.
"""
