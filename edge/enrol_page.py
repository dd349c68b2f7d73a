"""A gateway without a layout waits for its claim on its own page. Part of the composition root."""

import asyncio
import logging
from contextlib import suppress

from contract.identity import parse_claim
from edge.clock import process_clock
from edge.settings import Settings
from edge.uplink.enrolling import Candidate, EnrolmentError, enrol, keep
from edge.uplink.signing import KeyOnDisk, key_path
from edge.uplink.tls import trust

log = logging.getLogger(__name__)

SHOWN_FOR_S = 1.5
"""Real seconds for the last answer to reach the browser, before the usual page takes the port."""


async def until_enrolled(settings: Settings) -> None:
    """Serve the page until a claim has let this gateway in. Raises KeyFileError or TrustError at start."""
    try:
        from edge.local_page.enrolment import EnrolmentPage  # noqa: PLC0415
        from edge.serving import serve  # noqa: PLC0415
    except ImportError as error:
        log.warning("no local page: %s is not installed (requirements/edge.txt)", error.name)
        return
    assert settings.local_page_port is not None
    enrolling = Enrolling(settings)
    page = EnrolmentPage(settings.gateway_id, settings.cloud_url, enrolling.exchange)
    log.info("not enrolled yet: make a code at the cloud, and enter it on this gateway's page")
    serving = asyncio.create_task(
        serve(
            page,
            str(settings.local_page_address),
            settings.local_page_port,
            name="local page",
            setting="local_page_port",
            most=64,
        )
    )
    waiting = asyncio.create_task(enrolling.done.wait())
    await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(SHOWN_FOR_S)
    for task in (serving, waiting):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Enrolling:
    """Exchanges what a person types for a place at the cloud of the configuration."""

    def __init__(self, settings: Settings) -> None:
        clock = process_clock(trust_host=settings.trust_host_clock)
        self._settings, self.done = settings, asyncio.Event()
        self._key = KeyOnDisk(key_path(settings.data_dir))
        self._context = trust(
            settings.data_dir / "no-pin-yet", settings.cloud_ca_file, believes_clock=clock.is_synced()
        )

    async def exchange(self, text: str) -> str | None:
        """Try a code or a link; None when the gateway is let in, else why it is not."""
        settings = self._settings
        try:
            code, linked = parse_claim(text)
            if linked not in {None, settings.cloud_url}:
                return f"this code is of {linked}; this gateway is configured for {settings.cloud_url}"
            who = Candidate(settings.gateway_id, None)
            answer, pem = await enrol(settings.cloud_url, code, self._key, who, self._context)
            keep(settings.data_dir, settings.layout_file, settings.cloud_url, answer, pem)
        except (ValueError, OSError, EnrolmentError) as error:
            return str(error)
        self.done.set()
        return None
