"""The colours of every figure: told apart by colour-blind readers too."""

__all__ = ["COLOURS", "DIVERGING", "GREY", "SEQUENTIAL"]

# Okabe & Ito 2008, without black and yellow.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
GREY = "#9A9A9A"
SEQUENTIAL = "cividis"  # a colour map from little to much
DIVERGING = "RdBu_r"  # a colour map from less than nothing to more
