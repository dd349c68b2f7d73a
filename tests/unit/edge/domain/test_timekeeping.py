from datetime import UTC, datetime

import pytest

from contract.device import DeviceFrame
from edge.domain.timekeeping import FrameOutOfOrderError, NodeTimeline, wall_at

BOOT, OTHER = "a" * 32, "b" * 32


def frame(seq: int, uptime_ms: int, boot: str = BOOT) -> DeviceFrame:
    return DeviceFrame(boot=boot, seq=seq, uptime_ms=uptime_ms, rate_hz=10, channels={"0": [1] * 10})


def test_a_late_frame_does_not_move_its_samples() -> None:
    timeline = NodeTimeline()
    assert timeline.place(frame(0, 5_000), arrived_s=106.0) == pytest.approx(105.0)
    assert timeline.place(frame(1, 6_000), arrived_s=109.5) == pytest.approx(106.0)


def test_a_faster_frame_corrects_the_offset() -> None:
    timeline = NodeTimeline()
    timeline.place(frame(0, 0), arrived_s=103.0)
    assert timeline.place(frame(1, 1_000), arrived_s=102.0) == pytest.approx(101.0)


def test_an_old_minimum_leaves_the_window() -> None:
    timeline = NodeTimeline()
    timeline.place(frame(0, 0), arrived_s=101.0)
    timeline.place(frame(1, 200_000), arrived_s=301.2)
    assert timeline.place(frame(2, 400_000), arrived_s=501.2) == pytest.approx(500.2)


def test_a_new_boot_of_the_node_starts_afresh() -> None:
    timeline = NodeTimeline()
    timeline.place(frame(7, 900_000), arrived_s=1000.0)
    assert timeline.place(frame(0, 0, OTHER), arrived_s=1010.0) == pytest.approx(1009.0)


@pytest.mark.parametrize("seq", [4, 5])
def test_a_frame_that_came_twice_or_late_is_refused(seq: int) -> None:
    timeline = NodeTimeline()
    timeline.place(frame(5, 5_000), arrived_s=106.0)
    with pytest.raises(FrameOutOfOrderError, match=f"frame {seq} came after frame 5"):
        timeline.place(frame(seq, 4_000), arrived_s=107.0)


def test_boot_time_becomes_wall_time_by_the_present() -> None:
    now = datetime(2026, 11, 20, 21, 0, 0, tzinfo=UTC)
    assert wall_at(90.0, 100.0, now) == datetime(2026, 11, 20, 20, 59, 50, tzinfo=UTC)


def test_a_clock_from_before_the_software_gives_no_wall_time() -> None:
    assert wall_at(90.0, 100.0, datetime(1970, 1, 1, 0, 5, tzinfo=UTC)) is None
