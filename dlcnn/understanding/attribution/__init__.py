"""Looking at a decision: one file per way to say which pixels a class's score comes from."""
