"""How Hypothesis runs here: a busy machine is not a failed property."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
