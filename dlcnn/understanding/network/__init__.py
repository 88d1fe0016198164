"""Looking at a network: its kernels and units, and what they answer to, whatever the decision."""
