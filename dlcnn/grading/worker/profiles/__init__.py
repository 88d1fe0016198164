"""Untrusted side: what a zygote loads before it forks, one module per profile of a course."""
