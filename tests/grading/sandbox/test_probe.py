"""Which tier is found, on this machine and on poorer ones, and that a hollow one is not believed.

Poorer machines are made by a real filter that the kernel holds a fresh Python to.
"""

import json
import os
import subprocess
import sys

import pytest

from dlcnn.errors import DlcnnError
from dlcnn.grading.worker.pool import Zygote
from tests.grading.sandbox.conftest import REPOSITORY

POORER = """
import errno, json
from dlcnn.grading.sandbox import kernel, seccomp
lacking = seccomp.Filter()
for name in {names}:
    lacking.refuse(name, error=errno.{error})
kernel.give_up_privileges()
lacking.finish().put_on()
from dlcnn.grading.worker.pool import Program, Zygote
with Zygote() as zygote:
    with zygote.session(Program((("cell 1", 1, "def answer(): return 1"),))) as session:
        print(json.dumps([zygote.isolation.tier, zygote.isolation.reason,
                          session.worker().call("answer").value]))
"""


def on_a_machine_without(*names: str, error: str = "EPERM") -> tuple[str, str, int]:
    """Tier, reason and an honest student's answer where these calls fail."""
    result = subprocess.run(
        [sys.executable, "-c", POORER.format(names=names, error=error)],
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    tier, reason, value = json.loads(result.stdout)
    return tier, reason, value


def test_full_needs_no_reason(full):
    """There is nothing to explain when nothing is missing"""
    assert full.isolation.reason is None


def test_asking_for_less_is_told():
    """A tier that was lowered on purpose says that it was"""
    for tier in ("partial", "process"):
        with Zygote(tier=tier) as lowered:
            assert lowered.isolation.tier in (tier, "process")
            assert "no more" in lowered.isolation.reason
            assert lowered.second.isolation == lowered.isolation


def test_requiring_more_than_was_asked_for_is_refused():
    """The refusal says what is required, what there is and what to do"""
    with pytest.raises(DlcnnError, match=r"at least partial.*isolation='process'.*--require-iso"):
        Zygote(require="partial", tier="process")


@pytest.mark.usefixtures("full")
def test_without_namespaces_it_is_partial():
    """As in a container's default: the reason is the kernel's own, with how to get more"""
    tier, reason, value = on_a_machine_without("unshare")
    assert (tier, value) == ("partial", 1)
    assert "full isolation failed its trial (PermissionError: [Errno 1] unshare" in reason
    assert "apparmor_restrict_unprivileged_userns=0" in reason


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("name", ["mount", "pivot_root", "mount_setattr", "umount2"])
def test_without_mounts_it_is_partial(name):
    """Whichever step is refused, the tier is not believed"""
    tier, reason, value = on_a_machine_without(name)
    assert (tier, value) == ("partial", 1)
    assert "full isolation failed its trial" in reason


@pytest.mark.usefixtures("full")
@pytest.mark.skipif(os.geteuid() != 0, reason="the set of users makes capset harmless to refuse")
def test_without_dropping_powers_it_is_process():
    """A worker that could keep root's powers is not isolated at all"""
    tier, reason, value = on_a_machine_without("setresuid", "capset")
    assert (tier, value) == ("process", 1)
    assert "partial isolation failed its trial" in reason
    assert "read your files" in reason


@pytest.mark.usefixtures("full")
def test_without_landlock_it_is_process():
    """An old kernel: the reason names what it lacks"""
    tier, reason, value = on_a_machine_without("landlock_create_ruleset", error="ENOSYS")
    assert (tier, value) == ("process", 1)
    assert "no Landlock" in reason


@pytest.mark.usefixtures("full")
def test_landlock_that_does_not_hold_is_not_believed():
    """Rules that cannot be put on are not skipped"""
    tier, reason, _ = on_a_machine_without("landlock_restrict_self")
    assert tier == "process"
    assert "landlock_restrict_self" in reason


HOLLOW = """
from dlcnn.grading.sandbox import kernel, layers, probe, seccomp

class Hollow(layers.Partial):
    def _confine(self):
        {confine}

print(probe._trial(Hollow(), lambda: {honest}).decode())
"""


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    ("confine", "honest", "said"),
    [
        ("super()._confine()", "None", "passed"),
        (
            "kernel.give_up_privileges(); self._nest_filter.put_on()",
            "None",
            "RuntimeError: student code could read a file of the grader",
        ),
        (
            "self._nest_filter = seccomp.Filter().finish(); super()._confine()",
            "None",
            "RuntimeError: student code could reach the network",
        ),
        ("super()._confine()", "1 / 0", "ZeroDivisionError: division by zero"),
        ("super()._confine()", "__import__('os')._exit(3)", ""),
        ("raise OSError('refused')", "None", "OSError: refused"),
    ],
)
def test_trial_believes_only_what_it_saw(confine, honest, said):
    """A canary that can do what it must not, or cannot do what it must, fails the tier"""
    result = subprocess.run(
        [sys.executable, "-c", HOLLOW.format(confine=confine, honest=honest)],
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert result.stdout.strip() == said
