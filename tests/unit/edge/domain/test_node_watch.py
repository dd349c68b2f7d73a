from contract.device import DeviceFrame
from edge.domain.node_watch import NodeWatch


def heard(*frames: tuple[str, int]) -> NodeWatch:
    watch = NodeWatch("node-top")
    for at_s, (boot, seq) in enumerate(frames):
        watch.take(
            DeviceFrame(boot=boot * 32, seq=seq, uptime_ms=at_s, rate_hz=10, channels={"0": [1]}), at_s
        )
    return watch


def test_frames_in_order_need_no_advice() -> None:
    assert heard(("a", 0), ("a", 1), ("a", 2)).advice(3) is None


def test_a_node_that_restarted_wants_its_power_looked_at() -> None:
    advice = heard(("a", 0), ("b", 0), ("c", 0)).advice(3)
    assert advice == "node node-top restarted 2 times in the last ten minutes: check its power supply"


def test_frames_that_come_twice_may_be_another_node_of_the_same_name() -> None:
    twice = [("a", n // 2) for n in range(8)]
    assert heard(*twice).advice(9) == (
        "frames of node node-top come twice or out of order: is a second node using its name?"
    )


def test_frames_that_are_lost_are_counted() -> None:
    advice = heard(("a", 0), ("a", 5), ("a", 6)).advice(3)
    assert advice == "4 frames of node node-top were lost in ten minutes: check its network"


def test_one_lost_frame_is_everyday_life_and_what_is_old_is_forgotten() -> None:
    assert heard(("a", 0), ("a", 2)).advice(3) is None
    assert heard(("a", 0), ("a", 9)).advice(700) is None
