"""What is drawn is kept once, whole or not at all, and a bad cache never costs an answer."""

import fcntl
import gc
import os
import resource
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

from dlcnn.data import Split, cache


def _splits(seed=0, count=6):
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, 3, 2, 1), dtype=np.uint8)
    return Split(images, np.arange(count)), Split(images[::2], np.arange(count)[::2])


def _expect_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.labels, other.labels)


def _never():
    raise AssertionError("drawn although it was kept")


def test_path_of_tells_data_sets_apart(own_cache):
    """By name, version and every option, in the user's cache."""
    paths = {
        cache.path_of("signs", 1, {"seed": 1}),
        cache.path_of("happy", 1, {"seed": 1}),
        cache.path_of("signs", 2, {"seed": 1}),
        cache.path_of("signs", 1, {"seed": 2}),
        cache.path_of("signs", 1, {"seed": 1, "colour": True}),
        cache.path_of("signs", 1, {"seed": 1, "colour": False}),
    }
    assert len(paths) == 6
    assert all(path.is_relative_to(own_cache.parent) for path in paths)
    assert cache.path_of("a", 1, {"b": 1, "c": 2}) == cache.path_of("a", 1, {"c": 2, "b": 1})


def test_fetch_draws_once(tmp_path):
    """The second time the same images come from the file."""
    path = tmp_path / "new" / "folder" / "some.npz"
    _expect_equal(cache.fetch(path, _splits), _splits())
    _expect_equal(cache.fetch(path, _never), _splits())


def _cut(content):
    return content[: len(content) // 2]


def _flip_a_pixel(content):
    place = content.index(_splits()[0].images.tobytes())
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize(
    "damage", [_cut, _flip_a_pixel, lambda _: b"", lambda _: b"text", lambda whole: whole * 2]
)
def test_fetch_draws_a_damaged_file_anew(tmp_path, damage):
    """Cut, empty, foreign, or wrong in a single bit: it is replaced by a whole one."""
    path = tmp_path / "some.npz"
    cache.fetch(path, _splits)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    _expect_equal(cache.fetch(path, _splits), _splits())
    _expect_equal(cache.fetch(path, _never), _splits())


def test_fetch_survives_damage_anywhere(tmp_path):
    """Whatever byte is wrong, the images are right."""
    path = tmp_path / "some.npz"
    cache.fetch(path, _splits)
    whole = path.read_bytes()
    for place in np.random.default_rng(0).permutation(len(whole))[:120]:
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        _expect_equal(cache.fetch(path, _splits), _splits())


def test_fetch_draws_anew_for_a_file_of_other_arrays(tmp_path):
    """Arrays that are no splits, or pickled objects, are not taken for data."""
    path = tmp_path / "some.npz"
    for arrays in ({"train_images": np.zeros(3)}, {"train_images": np.array([{}], dtype=object)}):
        np.savez(path, **arrays)
        _expect_equal(cache.fetch(path, _splits), _splits())
        assert cache.fetch(path, _never)


def test_fetch_takes_no_other_splits_for_what_it_draws(tmp_path):
    """Arrays that nobody drew here, or that were kept under another name, cost no answer."""
    path = tmp_path / "some.npz"
    wrong = Split(np.zeros((3, 4, 5, 1), np.uint8), np.array([0, 1, 99]))
    np.savez(
        path,
        train_images=wrong.images,
        train_labels=wrong.labels,
        test_images=wrong.images,
        test_labels=wrong.labels,
    )
    _expect_equal(cache.fetch(path, _splits), _splits())
    cache.fetch(tmp_path / "other.npz", lambda: (wrong, wrong))
    path.write_bytes((tmp_path / "other.npz").read_bytes())
    _expect_equal(cache.fetch(path, _splits), _splits())
    _expect_equal(cache.fetch(path, _never), _splits())


@pytest.mark.parametrize("size", [0, 10, 300])
def test_fetch_closes_a_damaged_file(tmp_path, size):
    """No handle is left to the garbage collector."""
    path = tmp_path / "some.npz"
    cache.fetch(path, _splits)
    path.write_bytes(path.read_bytes()[:size])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cache.fetch(path, _splits)
        gc.collect()
    assert caught == []


def test_fetch_waits_for_no_pipe(tmp_path):
    """What lies there and is no file is replaced."""
    path = tmp_path / "some.npz"
    os.mkfifo(path)
    _expect_equal(cache.fetch(path, _splits), _splits())
    assert path.is_file()


def _make_unusable(folder, kind):
    if kind == "a file in the way":
        folder.write_text("", encoding="utf-8")
    elif kind == "a folder in the way":
        (folder / "some.npz" / "taken").mkdir(parents=True)


@pytest.mark.parametrize("kind", ["a file in the way", "a folder in the way"])
def test_fetch_works_without_a_cache(tmp_path, kind):
    """What cannot be kept is given all the same, with one sentence of warning."""
    _make_unusable(tmp_path / "cache", kind)
    with pytest.warns(UserWarning, match="what was drawn is kept there") as caught:
        _expect_equal(cache.fetch(tmp_path / "cache" / "some.npz", _splits), _splits())
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for the super-user")
def test_fetch_works_with_a_read_only_cache(tmp_path):
    """As without one."""
    tmp_path.chmod(0o500)
    with pytest.warns(UserWarning, match="Permission denied"):
        _expect_equal(cache.fetch(tmp_path / "some.npz", _splits), _splits())
    tmp_path.chmod(0o700)


def test_fetch_works_on_a_full_disk(tmp_path):
    """The images are given, the half file is gone, and the old one was not touched."""
    path = tmp_path / "some.npz"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.warns(UserWarning, match="Received File too large"):
            found = cache.fetch(path, lambda: _splits(count=2000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    _expect_equal(found, _splits(count=2000))
    assert [file.suffix for file in tmp_path.iterdir()] == [".lock"]


def test_fetch_waits_only_so_long(tmp_path, monkeypatch):
    """Another process that hangs while it draws stops nobody for ever."""
    monkeypatch.setattr(cache, "_PATIENCE", 0.2)
    with (tmp_path / "some.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _expect_equal(cache.fetch(tmp_path / "some.npz", _splits), _splits())
    _expect_equal(cache.fetch(tmp_path / "some.npz", _never), _splits())


def test_fetch_keeps_quiet_when_all_is_well(tmp_path):
    """No warning, and nothing but the file and its lock beside it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.fetch(tmp_path / "some.npz", _splits)
    assert {file.name for file in tmp_path.iterdir()} == {"some.npz", "some.lock"}


_LOAD = """
import os, sys
from dlcnn.data import load, render
render.__path__.append(sys.argv[1])
sys.stdin.readline()
print(load("dots").digest())
"""


def _start(dots, **more):
    return subprocess.Popen(
        [sys.executable, "-c", _LOAD, str(dots.folder)],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path), **more},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _let_go(process):
    process.stdin.write("go\n")
    process.stdin.flush()


def test_processes_that_start_at_once_draw_once(dots):
    """Four of them get the same whole data set, and one of them drew it."""
    processes = [_start(dots, DOTS_SECONDS="0.5") for _ in range(4)]
    for process in processes:
        _let_go(process)
    digests = [process.communicate(timeout=60)[0] for process in processes]
    assert all(process.returncode == 0 for process in processes)
    assert len(set(digests)) == 1
    assert dots.calls == ["7 False"]


def test_process_killed_while_it_draws_blocks_nobody(dots):
    """Its lock ends with it, and the next one draws."""
    process = _start(dots, DOTS_SECONDS="60")
    _let_go(process)
    while not dots.calls:
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.communicate()
    other = _start(dots)
    assert other.communicate("go\n", timeout=60)[0].strip()
    assert dots.calls == ["7 False"] * 2
