"""Hostile submissions against the grader: what each tries, and that it gains nothing.

`attack` says what an attack is; the modules of `catalogue` hold them by aim; `world` is what they
aim at (canaries, made for each test); `outside` shows that a weapon works where nothing is in its
way; `arena` grades an attack and asserts, in one place, all that must hold afterwards.
"""

import pytest

pytest.register_assert_rewrite("tests.grading.attacks.arena")  # so that a failure tells values
