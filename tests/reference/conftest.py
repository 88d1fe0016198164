"""How Hypothesis runs here: a busy machine is no failed property, and all draw the same cases."""

from hypothesis import settings

settings.register_profile("reference", deadline=None, derandomize=True)
settings.load_profile("reference")
