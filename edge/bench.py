"""The technician's bench: calibrations in progress, undo, and the live view of a scale. Knows no HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from contract.layout import Scale, SiteLayout
from edge.calibrate_command import calibration_of, redo
from edge.calibration_book import CalibrationBook
from edge.domain.calibrating import Session, StepRefusedError, Verdict
from edge.domain.calibration import UncalibratableError
from edge.domain.status import ScaleStatus, Status
from edge.domain.steadiness import Steadiness
from edge.live import Live

LEFT_ALONE = timedelta(minutes=10)
DRAWN = 120
"""Points of the trace that a phone gets."""
QUIET_S = 10.0
"""Real seconds without a sample after which the page is told so."""


def _carries(layout: SiteLayout) -> dict[str, str]:
    """Return what each scale carries, in the bar's words: products by their names, or the scale's own."""
    names = {product.id: product.name for product in layout.products}
    carried: dict[str, list[str]] = {}
    for slot in (slot for shelf in layout.shelves for slot in shelf.slots):
        if slot.scale is not None and slot.product is not None:
            carried.setdefault(slot.scale, []).append(names[slot.product])
    return {scale_id: ", ".join(products) for scale_id, products in carried.items()}


class Bench:
    """The calibrations of one gateway's page; one in progress per scale, the newest wins."""

    def __init__(
        self,
        layout: SiteLayout,
        live: Live,
        book: CalibrationBook,
        in_force: Callable[[str], tuple[float, float]],
        now: Callable[[], datetime],
    ) -> None:
        self.scales: dict[str, Scale] = {s.id: s for shelf in layout.shelves for s in shelf.scales}
        self.site_name, self.carries = layout.name, _carries(layout)
        self.status: Status | None = None
        self.is_sought = False
        """Whether somebody looks for this gateway: its page says so."""
        self._live, self._book, self._in_force, self._now = live, book, in_force, now
        self._sessions: dict[str, Session] = {}
        self._touched: dict[str, datetime] = {}

    def show(self, status: Status) -> None:
        """Take the gateway's newest picture."""
        self.status = status

    @property
    def in_work(self) -> frozenset[str]:
        """Scales on which weights come and go; one that was left alone for ten minutes is let go."""
        since = self._now() - LEFT_ALONE
        for scale_id in [name for name in self._sessions if self._touched[name] < since]:
            self.drop(scale_id)
        return frozenset(self._sessions)

    def session(self, scale_id: str) -> Session | None:
        """Return the calibration in progress."""
        return self._sessions.get(scale_id)

    def begin(self, scale_id: str, loads_g: list[float]) -> None:
        """Begin anew. Raises ValueError for weights that calibrate nothing."""
        self._touched[scale_id] = self._now()
        self._sessions[scale_id] = Session(
            loads_g,
            capacity_g=self.scales[scale_id].capacity_g,
            previous_counts_per_g=self._in_force(scale_id)[1],
        )

    async def step(self, scale_id: str) -> str | None:
        """Take the step once the scale stands still; return what went wrong, in words."""
        session, self._touched[scale_id] = self._sessions[scale_id], self._now()
        hold = await self._live.hold(scale_id, within_s=30.0)
        if isinstance(hold, str):
            return hold
        if session.step is None:
            return None
        try:
            session.take(hold)
        except StepRefusedError as error:
            return str(error)
        return None

    def verdict(self, scale_id: str) -> Verdict | str:
        """Judge a finished calibration; a string says why there is nothing to judge."""
        try:
            return self._sessions[scale_id].verdict()
        except UncalibratableError as error:
            return str(error)

    async def accept(self, scale_id: str) -> None:
        """Put a finished and accepted calibration in force. Raises KeyError, ValueError or OSError."""
        session = self._sessions[scale_id]
        verdict = session.verdict()
        if not verdict.is_accepted:
            raise ValueError("; ".join(verdict.reasons))
        entry = calibration_of(verdict, list(session.loads_g[1:-1]), self._now(), self._shown(scale_id))
        await asyncio.to_thread(self._book.add, scale_id, entry)
        del self._sessions[scale_id]

    def drop(self, scale_id: str) -> None:
        """Forget a calibration in progress."""
        self._sessions.pop(scale_id, None)

    async def undo(self, scale_id: str) -> bool:
        """Take the last calibration back; False when there is none. Raises BookError or OSError."""
        return await asyncio.to_thread(self._book.undo, scale_id, self._now()) is not None

    def made_at(self, scale_id: str) -> datetime | None:
        """When the calibration in force was made here; None for the layout's. Raises BookError."""
        line = self._book.current().get(scale_id)
        return None if line is None else line.made_at

    def redo(self, scale_id: str) -> tuple[str, ...]:
        """Why this scale should be calibrated or tared again. Raises BookError."""
        return redo(self._book.spanned(scale_id), self._now(), self._shown(scale_id))

    def _shown(self, scale_id: str) -> ScaleStatus | None:
        shown = self.status.scales if self.status else ()
        return next((one for one in shown if one.scale_id == scale_id), None)

    async def watch(self, scale_id: str) -> AsyncIterator[dict[str, object]]:
        """Yield the trace in grams, the settling band and whether the scale stands still, for ever."""
        steadiness = Steadiness()
        with self._live.listening(scale_id) as runs:
            while True:
                try:
                    run = await asyncio.wait_for(runs.get(), QUIET_S)
                except TimeoutError:
                    yield {"problem": "nothing comes from it: check the power of its shelf node"}
                    continue
                steadiness.take(run.rate_hz, run.counts)
                yield self._picture(scale_id, steadiness)

    def _picture(self, scale_id: str, steadiness: Steadiness) -> dict[str, object]:
        tare_counts, counts_per_g = self._in_force(scale_id)

        def grams(counts: float) -> float:
            return round((counts - tare_counts) / counts_per_g, 1)

        trace, band, hold = steadiness.trace, steadiness.band, steadiness.hold
        thin = max(1, -(-len(trace) // DRAWN))
        return {
            "trace": [(round(-age, 2), None if c is None else grams(c)) for age, c in trace[::-thin][::-1]],
            "band": None if band is None else sorted((grams(band.low), grams(band.high))),
            "hold": None if hold is None else grams(hold.counts),
            "sigma": None if hold is None else round(hold.sigma_counts / abs(counts_per_g), 2),
            "problem": steadiness.problem,
        }
