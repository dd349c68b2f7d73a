import pytest

from edge.selftest import try_cell
from edge.settings import LocalCell

CELL = LocalCell(node="node-top", channel="0", kind="hx711", dout=5, sck=6)


class Chip:
    """A converter that gives these values; an error is raised."""

    def __init__(self, *values: int | OSError | None) -> None:
        self._values, self.is_closed = list(values), False

    def read(self) -> int | None:
        value = self._values.pop(0) if len(self._values) > 1 else self._values[0]
        if isinstance(value, OSError):
            raise value
        return value

    def close(self) -> None:
        self.is_closed = True


def test_a_cell_that_answers_is_well_and_its_pins_are_given_back() -> None:
    chip = Chip(None, 83_450)
    check = try_cell(CELL, lambda: chip)
    assert (check.name, check.problem, check.detail) == (
        "cell node-top/0", None, "pins 5 and 6: 83450 counts"
    )  # fmt: skip
    assert chip.is_closed


@pytest.mark.parametrize(
    ("chip", "words"),
    [
        (Chip(None), "gives no values: check its plug and its power"),
        (Chip(OSError("no conversion in 0.5 s")), "cannot be read (no conversion in 0.5 s): check its plug"),
    ],
)
def test_a_cell_that_says_nothing_fails_with_what_to_do(chip: Chip, words: str) -> None:
    problem = try_cell(CELL, lambda: chip).problem
    assert words in problem
    assert chip.is_closed


def test_pins_that_another_process_holds_are_said() -> None:
    def busy() -> Chip:
        raise OSError("GPIO busy")

    assert "cannot be opened (GPIO busy): is the gateway running" in try_cell(CELL, busy).problem
