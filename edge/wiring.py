"""Settings -> the objects that hang on this machine's pins and broker. Part of the composition root."""

import logging
import secrets
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from contract.layout import SiteLayout
from edge.anchor_file import AnchorFile
from edge.bench import Bench
from edge.bus.esphome import EsphomeNodes, EsphomeSensor
from edge.clock import BarClock, steady_s
from edge.curve_book import CurveBook
from edge.devices.hx711 import Hx711
from edge.devices.iio import IioCell
from edge.devices.sampler import Cell, LocalNode
from edge.domain.anchoring import Anchoring
from edge.domain.engine import Engine
from edge.domain.handlings import Handlings
from edge.drawing import Drawing
from edge.loops.recording import Recorder
from edge.loops.seeing import Seeing
from edge.loops.timekeeping import Timekeeping
from edge.page_file import PageEntry, PageFile
from edge.place_book import PlaceBook
from edge.ports import Clock, LoadCell, NodeFrame
from edge.settings import LocalCell, Settings
from edge.vision_keys import shipped_models, trusted_keys

log = logging.getLogger(__name__)

RATE_HZ = {10: 10, 80: 20}
"""Samples a second of a node by how fast its chips are; at 80 a read is the median of three conversions."""


def timekeeping(data_dir: Path, clock: BarClock, boot_no: int) -> Timekeeping:
    """Return the keeper of this boot's clocks, who remembers the newest anchor of the boots before."""
    file = AnchorFile(data_dir)
    return Timekeeping(clock, Anchoring(file.read()), file.write, boot_no=boot_no, boot_id=clock.boot_id)


def local_nodes(settings: Settings, clock: Clock, put: Callable[[NodeFrame], None]) -> list[LocalNode]:
    """Return the nodes on our own pins; nothing is opened yet."""
    by_node: dict[str, list[LocalCell]] = defaultdict(list)
    for cell in settings.local_cells:
        by_node[cell.node].append(cell)
    return [
        LocalNode(
            node,
            [Cell(cell.channel, opener(cell)) for cell in cells],
            rate_hz=RATE_HZ[min(cell.rate_sps for cell in cells)],
            clock=clock,
            put=put,
        )
        for node, cells in by_node.items()
    ]


def opener(cell: LocalCell) -> Callable[[], LoadCell]:
    """Return what opens a cell; nothing is opened yet."""
    median_of = 3 if cell.rate_sps == 80 else 1

    def opened() -> LoadCell:
        if cell.kind == "iio":
            assert cell.path is not None
            return IioCell(cell.path, channel=cell.iio_channel, median_of=median_of)
        assert cell.dout is not None
        assert cell.sck is not None
        return Hx711(cell.dout, cell.sck, gain=cell.gain, rate_sps=cell.rate_sps, median_of=median_of)

    return opened


def esphome_nodes(settings: Settings) -> EsphomeNodes | None:
    """Return the ESPHome nodes on the broker; None when there are none."""
    sensors = [EsphomeSensor(**cell.model_dump()) for cell in settings.esphome_cells]
    return EsphomeNodes(sensors, lambda: secrets.token_hex(16)) if sensors else None


def seeing(
    settings: Settings, clock: Clock, layout: SiteLayout, engine: Engine, recorder: Recorder
) -> Seeing | None:
    """Return the cameras' loop; None where there are none. OpenCV is imported only then."""
    if not settings.cameras:
        return None
    try:
        from edge.vision.room import CameraPlace, VisionRoom  # noqa: PLC0415
    except ImportError as error:
        log.warning("no cameras: %s is not installed (requirements/vision.txt); weight goes on", error.name)
        return None
    cameras = [CameraPlace(one.id, one.source, one.rotate) for one in settings.cameras]
    return Seeing(
        VisionRoom(cameras, settings.data_dir, shipped_models(settings), trusted_keys(settings)),
        PlaceBook(settings.data_dir),
        CurveBook(settings.data_dir),
        engine,
        recorder,
        clock,
        layout,
        Handlings(layout, engine.bottles),
        settings.look_every_s,
        settings.send_crops,
    )


def drawing_of(cameras: Seeing | None, layout: SiteLayout, settings: Settings) -> Drawing | None:
    """Return what the page needs to draw places; None without cameras."""
    if cameras is None:
        return None
    return Drawing(layout, cameras, PlaceBook(settings.data_dir))


async def serve_page(settings: Settings, bench: Bench, clock: Clock, drawing: Drawing | None = None) -> None:
    """Serve the technician's page while a port is set for it; its libraries are imported only then."""
    port, address = settings.local_page_port, str(settings.local_page_address)
    if port is None:
        return
    try:
        from edge.local_page.guard import Guard  # noqa: PLC0415
        from edge.local_page.server import LocalPage  # noqa: PLC0415
        from edge.serving import serve  # noqa: PLC0415
    except ImportError as error:
        log.warning("no local page: %s is not installed (requirements/edge.txt)", error.name)
        return
    guard, file = Guard(steady_s), PageFile(settings.data_dir)
    shown = f"[{address}]" if ":" in address else address
    file.write(PageEntry(url=f"http://{shown}:{port}", pin=guard.pin))
    try:
        page = LocalPage(bench, guard, clock, drawing)
        pin = "`python -m edge status` prints its PIN"
        await serve(page, address, port, name="local page", setting="local_page_port", most=64, hint=pin)
    finally:
        file.remove()
