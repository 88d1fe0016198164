"""The tiers as an ordinary user gets them: without root, by a set of users of its own."""

import json

import pytest

SCRIPT = """
    import json, os
    from dlcnn.grading.worker.pool import Limits, Program, Zygote

    SOURCE = '''
    import os

    def answer():
        import numpy.random
        seen = {}
        for path in REPOSITORY, os.path.expanduser("~"), "/proc", "/tmp", "/":
            try:
                seen[path] = os.listdir(path)
            except OSError as error:
                seen[path] = type(error).__name__
        return os.getuid(), seen, float(numpy.random.rand())

    def write():
        with open("notes", "w") as file:
            return file.write("kept")
    '''.replace("REPOSITORY", repr(os.environ["PYTHONPATH"]))
    results = []
    for tier in "full", "partial":
        with Zygote(tier=tier) as zygote:
            with zygote.session(Program((("cell 1", 1, SOURCE),)), Limits(5, 512)) as session:
                worker = session.worker()
                value = worker.call("answer").value
                failure = worker.call("write").failure
                wrote = failure.type if failure else "written"
                results.append((zygote.isolation.tier, zygote.isolation.reason, value, wrote))
    print(json.dumps([os.getuid(), results]))
"""


def test_both_tiers_work_as_an_ordinary_user(as_ordinary_user):
    """Nothing of the user's is seen, NumPy works, and only full isolation has a folder to write"""
    user, results = json.loads(as_ordinary_user(SCRIPT))
    assert user != 0
    for expected, (tier, reason, value, wrote) in zip(("full", "partial"), results, strict=True):
        if tier != expected:
            pytest.skip(f"no {expected} isolation for ordinary users here: {reason}")
        inside, seen, number = value
        assert inside == user
        assert set(seen.values()) <= {"PermissionError", "FileNotFoundError"}
        assert 0 <= number < 1
        assert wrote == ("written" if tier == "full" else "PermissionError")
