import time

import pytest

from edge.camera.pattern import PatternSource, read_time_block
from edge.camera.protocol import PixelFormat


def test_the_chart_carries_its_own_time() -> None:
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    frame = PatternSource(320, 240, 100.0).capture()
    assert read_time_block(frame) == frame.boottime_ns >= before
    assert (frame.width, frame.height, frame.pixel_format) == (320, 240, PixelFormat.RGB24)
    assert len(frame.payload) == 320 * 240 * 3


def test_frames_are_numbered_and_differ() -> None:
    source = PatternSource(320, 240, 100.0)
    first, second = source.capture(), source.capture()
    assert (first.seq, second.seq) == (0, 1)
    assert first.payload != second.payload


def test_a_picture_too_small_for_the_time_block_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 64 x 16 pixels, got 32 x 16"):
        PatternSource(32, 16, 5.0)
