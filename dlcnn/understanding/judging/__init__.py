"""Judging explanations: whether maps show what the network looks at, in numbers."""
