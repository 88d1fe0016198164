"""The table of system calls, beside the kernel's own headers where they are installed."""

import re
from pathlib import Path

import pytest

from dlcnn.grading.sandbox import system_calls

HEADERS = {
    "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
    "aarch64": "/usr/include/asm-generic/unistd.h",
}
DEFINITION = re.compile(r"#define __NR(?:3264)?_(\w+)\s+(\d+)")


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_are_the_kernels(machine):
    """Each number is the one in the kernel's header, and no call that it has is left out"""
    header = Path(HEADERS[machine])
    if not header.exists():
        pytest.skip(f"no {header} here")
    defined = {name: int(number) for name, number in DEFINITION.findall(header.read_text())}
    numbers = system_calls.numbers(machine)
    known = {name: number for name, number in numbers.items() if name in defined}
    assert len(known) > 100
    assert known == {name: defined[name] for name in known}
    everything = {name for names in system_calls.SECTIONS.values() for name in names}
    assert not (everything - numbers.keys()) & defined.keys()
    newer = {name for name in numbers.keys() - known.keys() if numbers[name] < 424}
    assert not newer  # what the header does not have yet is at the end of the table


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_are_those_of_one_call_each(machine):
    """No number is given twice, none is above the newest"""
    numbers = system_calls.numbers(machine)
    assert len(set(numbers.values())) == len(numbers)
    assert max(numbers.values()) <= system_calls.NEWEST


def test_numbers_of_an_unknown_machine_are_none():
    """What is not in the table is not guessed"""
    assert system_calls.numbers("riscv64") == {}


def test_sections_name_each_call_once():
    """A call has one reason"""
    names = [name for section in system_calls.SECTIONS.values() for name in section]
    assert len(set(names)) == len(names) > 100
