from edge.domain.assembling import Assembler

BOOT = "a" * 32


def fed(values: list[tuple[float, int]], rate_hz: int = 4) -> Assembler:
    assembler = Assembler(["0"], rate_hz=rate_hz, boot=BOOT)
    for at_s, counts in values:
        assembler.note("0", at_s, counts)
    return assembler


def test_a_second_of_conversions_becomes_a_frame() -> None:
    frame = fed([(10.0, 1), (10.25, 2), (10.5, 3), (10.75, 4)]).frame(11.2)
    assert frame is not None
    assert (frame.boot, frame.seq, frame.uptime_ms, frame.rate_hz) == (BOOT, 0, 0, 4)
    assert frame.channels == {"0": [1, 2, 3, 4]}


def test_a_frame_waits_for_late_values() -> None:
    assembler = fed([(10.0, 1)])
    assert assembler.frame(11.05) is None
    assert assembler.frame(11.1) is not None


def test_frames_follow_on_and_are_numbered() -> None:
    assembler = fed([(10 + i / 4, i) for i in range(12)])
    frames = [assembler.frame(now_s) for now_s in (11.2, 12.2)]
    assert [(frame.seq, frame.uptime_ms) for frame in frames if frame] == [(0, 0), (1, 1000)]
    assert [frame.channels["0"] for frame in frames if frame] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_slow_oscillator_repeats_a_value_instead_of_leaving_a_hole() -> None:
    frame = fed([(10.0, 1), (10.27, 2), (10.54, 3), (10.9, 4)]).frame(11.2)
    assert frame is not None
    assert frame.channels == {"0": [1, 2, 3, 3]}


def test_where_nothing_came_the_sample_is_null() -> None:
    frame = fed([(10.0, 1)]).frame(11.2)
    assert frame is not None
    assert frame.channels == {"0": [1, 1, 1, None]}


def test_two_channels_of_one_node_share_a_frame() -> None:
    assembler = Assembler(["0", "1"], rate_hz=2, boot=BOOT)
    for at_s in (10.0, 10.5):
        assembler.note("0", at_s, 7)
    assembler.note("1", 10.5, 9)
    frame = assembler.frame(11.2)
    assert frame is not None
    assert frame.channels == {"0": [7, 7], "1": [None, 9]}


def test_a_silent_network_node_gives_no_frame_and_a_silent_chip_one_of_nulls() -> None:
    assembler = fed([])
    assert assembler.frame(20.0) is None
    assert assembler.frame(20.0, even_if_silent=True) is None
    frame = assembler.frame(21.2, even_if_silent=True)
    assert frame is not None
    assert frame.channels == {"0": [None] * 4}


def test_after_a_long_silence_frames_start_anew() -> None:
    assembler = fed([(10.0, 1)])
    assert assembler.frame(11.2) is not None
    for i in range(5):
        assembler.note("0", 100 + i / 4, 50 + i)
    frame = assembler.frame(101.2)
    assert frame is not None
    assert (frame.uptime_ms, frame.channels) == (90_000, {"0": [50, 51, 52, 53]})


def test_a_time_that_goes_back_is_passed_over() -> None:
    frame = fed([(10.0, 1), (9.0, 99), (10.25, 2)]).frame(11.2)
    assert frame is not None
    assert 99 not in frame.channels["0"]
