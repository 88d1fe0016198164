"""Tests of moving pictures, read back by Pillow."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from dlcnn.errors import DlcnnError
from dlcnn.figures import save_gif


def _frames(channels: int) -> np.ndarray:
    """Three frames of two images of 90 x 100, a bright stripe moving down."""
    frames = np.zeros((3, 2, 90, 100, channels))
    for place, frame in enumerate(frames):
        frame[0, 20 * place : 20 * place + 30] = 0.8
        frame[1, ..., 0] = place / 2
    return frames


def _read(path) -> tuple[np.ndarray, list[int]]:
    with Image.open(path) as picture:
        frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(picture)]
        times = [frame.info["duration"] for frame in ImageSequence.Iterator(picture)]
        return np.stack([np.asarray(frame) for frame in frames]), times


@pytest.mark.parametrize("channels", [1, 3])
def test_save_gif_is_read_back_as_the_frames(tmp_path, channels):
    """frames, their number, size and pixels come back, images side by side, enlarged twice"""
    frames = _frames(channels)

    save_gif(frames, tmp_path / "way.gif", columns=2, milliseconds=50)
    read, times = _read(tmp_path / "way.gif")

    assert read.shape == (3, 180, 402, 3)
    assert times == [50, 50, 500]
    for frame, found in zip(frames, read, strict=True):
        left, right = found[::2, :200:2], found[::2, 202::2]
        np.testing.assert_allclose(left / 255, np.broadcast_to(frame[0], left.shape), atol=0.02)
        np.testing.assert_allclose(right / 255, np.broadcast_to(frame[1], right.shape), atol=0.02)
    assert np.abs(read[0] / 255 - read[1] / 255).max() > 0.5  # frames do differ
    assert (read[:, :, 200:202] == 255).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_save_gif_takes_bytes_as_it_takes_shares(tmp_path, channels):
    """uint8 frames give the file that their 255th parts give, and others another"""
    frames = np.rint(_frames(channels) * 255).astype(np.uint8)

    save_gif(frames, tmp_path / "bytes.gif")
    save_gif(frames / 255, tmp_path / "shares.gif")
    save_gif(frames // 2, tmp_path / "darker.gif")

    written = (tmp_path / "bytes.gif").read_bytes()
    assert written == (tmp_path / "shares.gif").read_bytes()
    assert written != (tmp_path / "darker.gif").read_bytes()


def test_save_gif_writes_the_same_bytes_again(tmp_path):
    """the same frames give the same bytes, and no file is left beside the GIF"""
    for name in ("first.gif", "second.gif"):
        save_gif(_frames(3), str(tmp_path / name))

    assert (tmp_path / "first.gif").read_bytes() == (tmp_path / "second.gif").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


def test_save_gif_refuses_other_files_and_shapes(tmp_path):
    """another suffix, a time that no GIF tells and arrays that are no frames are refused"""
    with pytest.raises(DlcnnError, match=r"Received '.*way\.png'"):
        save_gif(_frames(3), tmp_path / "way.png")
    with pytest.raises(DlcnnError, match="milliseconds=5"):
        save_gif(_frames(3), tmp_path / "way.gif", milliseconds=5)
    with pytest.raises(ValueError, match=r"frames\.shape="):
        save_gif(_frames(2), tmp_path / "way.gif")
    assert not list(tmp_path.iterdir())
