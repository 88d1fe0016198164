"""Many submissions: finding them, grading them side by side, resuming what was interrupted."""
