"""Changing the data instead of the weights: images that a network takes for something else."""
