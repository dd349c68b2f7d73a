"""The real driver against a chip that speaks the datasheet's protocol."""

import pytest

from edge.devices.errors import BadGainError, DeviceClosedError, DeviceError, NoPinsError, NotReadyError
from edge.devices.hx711 import Hx711
from tests.unit.edge.devices.chip import DOUT, SCK, Chip


def driver_of(chip: Chip, **options) -> Hx711:
    return Hx711(
        DOUT, SCK, pin_factory=chip.factory, now_ns=chip.clock.now_ns, sleep=chip.clock.sleep, **options
    )


@pytest.mark.parametrize(
    "counts", [0, 1, -1, 123_456, -654_321, 2**23 - 1, -(2**23)], ids=lambda value: f"{value} counts"
)
def test_every_value_arrives_bit_by_bit(counts) -> None:
    assert driver_of(Chip([counts])).read() == counts


def test_conversions_arrive_in_order_and_are_counted() -> None:
    driver = driver_of(Chip([10, 20, 30]))
    assert [driver.read() for _ in range(3)] == [10, 20, 30]
    assert driver.counters.conversions == 3


@pytest.mark.parametrize(("gain", "counts"), [(128, 1280), (64, 640), (32, 320)])
def test_the_number_of_pulses_chooses_the_gain(gain, counts) -> None:
    inputs = [{128: 1280, 64: 640, 32: 320}] * 3
    driver = driver_of(Chip(inputs), gain=gain)
    assert [driver.read(), driver.read()][1] == counts


def test_the_first_conversion_after_power_up_has_the_wrong_gain_and_is_discarded() -> None:
    driver = driver_of(Chip([{128: 1280, 64: 640}] * 2), gain=64)
    assert [driver.read(), driver.read()] == [None, 640]
    assert driver.counters.after_reset == 1


def test_a_pulse_over_60_us_powers_the_chip_down_and_the_read_is_discarded() -> None:
    chip = Chip([1000, 2000])
    chip.stall_pulse = 10
    driver = driver_of(chip)
    assert driver.read() is None
    assert driver.counters.power_downs == 1
    assert driver.read() == 2000


def test_after_a_power_down_the_gain_is_chosen_anew() -> None:
    chip = Chip([{128: 1280, 64: 640}] * 4)
    driver = driver_of(chip, gain=64)
    assert [driver.read(), driver.read()] == [None, 640]
    chip.stall_pulse = 3
    assert [driver.read(), driver.read()] == [None, None]
    assert (driver.counters.power_downs, driver.counters.after_reset) == (1, 2)


def test_a_read_that_ends_with_dout_low_is_discarded() -> None:
    """The chip saw one pulse fewer than were sent: it still shows its last bit, a 0."""
    chip = Chip([1000])
    driver = driver_of(chip)
    rise, lost = chip._rise, iter([True])

    def forget_one() -> None:
        if chip.pulses == 12 and next(lost, False):
            return
        rise()

    chip._rise = forget_one
    assert driver.read() is None
    assert driver.counters.out_of_step == 1


def test_a_median_of_three_passes_over_a_wild_value_and_full_scale() -> None:
    driver = driver_of(
        Chip([1000, 2**19 - 1, 1010, 2**23 - 1, 1004, 1002], rate_sps=80), rate_sps=80, median_of=3
    )
    assert [driver.read(), driver.read()] == [1010, 1002]


def test_three_times_full_scale_is_an_overload_and_said() -> None:
    assert driver_of(Chip([2**23 - 1] * 3), median_of=3).read() == 2**23 - 1


def test_a_chip_that_gives_nothing_is_named_with_what_to_do() -> None:
    driver = driver_of(Chip([]))
    with pytest.raises(NotReadyError, match=r"GPIO5 .DOUT. and GPIO6 .PD_SCK. gave nothing for 0.6 s: check"):
        driver.read()
    assert issubclass(NotReadyError, DeviceError)
    assert issubclass(NotReadyError, TimeoutError)


def test_closing_twice_is_safe_and_gives_the_pins_back() -> None:
    chip = Chip([5])
    driver = driver_of(chip)
    driver.close()
    driver.close()
    with pytest.raises(DeviceClosedError, match="was closed"):
        driver.read()
    driver_of(chip).close()


def test_a_pin_that_is_taken_is_named_and_the_other_is_given_back() -> None:
    chip = Chip([5])
    first = driver_of(chip)
    with pytest.raises(NoPinsError, match="pin GPIO6 cannot be used"):
        driver_of(chip)
    first.close()
    driver_of(chip).close()


def test_a_gain_that_the_chip_does_not_have_is_refused() -> None:
    with pytest.raises(BadGainError, match="128, 64 and 32"):
        driver_of(Chip([]), gain=100)
