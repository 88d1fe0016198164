"""Which networks take seconds each, so that `make test` leaves them to `make test-all`."""

__all__ = ["DEEP"]

# The deepest of a family differ from the others in their numbers only.
DEEP = {"resnet101", "resnet152", *(f"efficientnet_b{size}" for size in range(1, 8))}
