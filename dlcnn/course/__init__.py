"""Floor 5, courses: what an assignment is, where it lies, its templates, and reading submissions.

A course is data here. Nothing on this floor runs a submission or knows what a mark is.
"""
