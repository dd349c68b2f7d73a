from pathlib import Path

import pytest

from edge.devices.errors import DeviceClosedError, DeviceMissingError, NotReadyError
from edge.devices.iio import IioCell


@pytest.fixture
def device(tmp_path: Path) -> Path:
    folder = tmp_path / "iio:device0"
    folder.mkdir()
    (folder / "name").write_text("hx711\n")
    (folder / "in_voltage0_raw").write_text("8512064\n")
    (folder / "in_voltage1_raw").write_text("8388608\n")
    return folder


def test_the_kernels_offset_binary_becomes_counts(device) -> None:
    assert IioCell(device).read() == 123_456


def test_the_other_input_has_its_own_file(device) -> None:
    assert IioCell(device, channel=1).read() == 0


@pytest.mark.parametrize(("raw", "counts"), [("0", -(2**23)), ("16777215", 2**23 - 1)])
def test_full_scale_is_passed_on(device, raw, counts) -> None:
    (device / "in_voltage0_raw").write_text(raw)
    assert IioCell(device, median_of=3).read() == counts


@pytest.mark.parametrize("raw", ["", "16777216", "-1", "wild"])
def test_what_is_no_24_bit_number_is_not_believed(device, raw) -> None:
    (device / "in_voltage0_raw").write_text(raw)
    assert IioCell(device).read() is None


def test_a_folder_that_is_no_hx711_is_refused_with_what_to_do(device) -> None:
    (device / "name").write_text("ads1115\n")
    with pytest.raises(DeviceMissingError, match=r"its name is ads1115.*overlay"):
        IioCell(device)
    with pytest.raises(FileNotFoundError, match="its name is missing"):
        IioCell(device / "nowhere")


def test_a_chip_that_does_not_answer_the_kernel_is_not_ready(device, monkeypatch) -> None:
    cell = IioCell(device)

    def refuse(self) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(NotReadyError, match="check the chip's plug"):
        cell.read()


def test_a_device_that_goes_away_says_so(device) -> None:
    cell = IioCell(device)
    (device / "in_voltage0_raw").unlink()
    with pytest.raises(DeviceMissingError, match="went away"):
        cell.read()


def test_closing_twice_is_safe(device) -> None:
    cell = IioCell(device)
    cell.close()
    cell.close()
    with pytest.raises(DeviceClosedError):
        cell.read()
