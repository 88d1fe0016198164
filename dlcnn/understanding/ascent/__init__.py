"""Images made from nothing, or from others, by climbing up what a network answers."""
