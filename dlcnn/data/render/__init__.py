"""Data sets that are drawn: one module each, found by its file name, public ones only.

A module here has VERSION (another number once its images change), DESCRIPTION, CLASS_NAMES, SIZES
(how many images to train with and to test with), SEED, and `render(seed=SEED)`, which gives the
splits (train, test). NumPy draws them; nothing is downloaded and no fonts are needed.
"""
