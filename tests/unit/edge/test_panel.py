"""Lamp and button on gpiozero's mock pins, down to the book."""

import asyncio
from datetime import UTC, datetime

import numpy as np
import pytest

from contract.device import DeviceFrame
from contract.records import Quality
from edge.calibration_book import CalibrationBook
from edge.devices import button
from edge.devices.leds import Lamp
from edge.domain.status import ScaleStatus, Status
from edge.live import Live
from edge.panel import Panel, lamp_of
from edge.ports import NodeFrame
from edge.settings import Settings
from tests.unit.edge.domain.test_recalibration import LAYOUT

mock = pytest.importorskip("gpiozero.pins.mock", reason="gpiozero is not installed (requirements/edge.txt)")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def status(state: Quality, *, broker: bool = True) -> Status:
    scale = ScaleStatus(scale_id="cell-0", slots=(), state=state, weight_g=None, age_s=None, hint=None)
    return Status(
        gateway_id="gw",
        software="x",
        written_at_s=0,
        uptime_s=0,
        broker_connected=broker,
        cloud_reachable=False,
        cloud_reason=None,
        last_acknowledged_at_s=None,
        clock_synced=True,
        nodes={},
        lanes={},
        refused={},
        scales=(scale,),
    )


@pytest.mark.parametrize(
    ("shown", "lamp"),
    [
        (status(Quality.OK), Lamp.WELL),
        (status(Quality.IN_HAND), Lamp.WELL),
        (status(Quality.NOT_READY), Lamp.LOOK),
        (status(Quality.OK, broker=False), Lamp.LOOK),
    ],
)
def test_the_lamp_asks_to_look_only_for_what_somebody_here_can_mend(shown, lamp) -> None:
    assert lamp_of(shown) is lamp


def test_a_gateway_with_all_cells_on_its_own_pins_needs_no_broker() -> None:
    assert lamp_of(status(Quality.OK, broker=False), needs_broker=False) is Lamp.WELL


def panel_of(tmp_path, factory, live, **pins) -> Panel:
    settings = Settings(
        gateway_id="gw", layout_file=tmp_path, data_dir=tmp_path, cloud_url="http://cloud.example", **pins
    )
    return Panel(
        settings,
        ["cell-0"],
        live,
        CalibrationBook(tmp_path),
        in_force=lambda _: (0.0, 420.0),
        now=lambda: NOON,
        pin_factory=factory,
    )


def test_a_held_button_tares_the_empty_scale(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(button, "HOLD_S", 0.01)
    factory, live, book = mock.MockFactory(), Live(LAYOUT), CalibrationBook(tmp_path)
    dice = np.random.default_rng(1)

    async def story() -> None:
        task = asyncio.create_task(
            panel_of(tmp_path, factory, live, tare_button_pin=17, status_led_pin=27).run()
        )
        await asyncio.sleep(0)
        factory.pin(17).drive_low()
        while not book.current():
            counts = np.rint(dice.normal(420 * 5, 300, 10)).astype(int).tolist()
            frame = DeviceFrame(boot="a" * 32, seq=0, uptime_ms=0, rate_hz=10, channels={"0": counts})
            live.offer(NodeFrame("node-top", frame, 0.0))
            await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(story(), 30))
    entry = book.current()["cell-0"]
    assert (entry.how, entry.counts_per_g) == ("button", 420.0)
    assert entry.tare_counts == pytest.approx(2100, abs=250)


def test_a_pin_that_cannot_be_had_is_said_and_the_gateway_goes_on(tmp_path, caplog) -> None:
    factory, live = mock.MockFactory(), Live(LAYOUT)

    async def story() -> None:
        first = asyncio.create_task(panel_of(tmp_path, factory, live, status_led_pin=27).run())
        await asyncio.sleep(0)
        second = asyncio.create_task(panel_of(tmp_path, factory, live, status_led_pin=27).run())
        await asyncio.sleep(0)
        assert not second.done()
        for task in (first, second):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(asyncio.wait_for(story(), 30))
    assert "pin GPIO27 cannot be used" in caplog.text
    assert "going on without it" in caplog.text
