"""`calibrate` and `tare` for a person at a terminal, beside a running gateway. Owns the conversation."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime

from contract.layout import Scale
from edge.calibration_book import Calibration, CalibrationBook
from edge.domain.calibrating import Session, Step, StepRefusedError, Verdict
from edge.domain.calibration import reasons_to_redo, tare_shift, zero_seen_g
from edge.domain.status import ScaleStatus
from edge.domain.steadiness import Hold, Steadiness
from edge.settings import Settings, SettingsError, read_layout
from edge.status_file import StatusFile
from edge.tap import at_work, live_runs

PATIENCE_RUNS = 60
"""A minute of frames: a pad that is not still by then will not be."""


class Calibrating:
    """One scale, the book, and somebody who reads and presses Enter."""

    def __init__(
        self,
        settings: Settings,
        scale_id: str,
        now: Callable[[], datetime],
        say: Callable[[str], None],
        wait: Callable[[str], None],
    ) -> None:
        """Raises SettingsError when the layout has no such scale."""
        layout, _ = read_layout(settings)
        scales = {scale.id: scale for shelf in layout.shelves for scale in shelf.scales}
        if scale_id not in scales:
            raise SettingsError(f"this gateway has no scale {scale_id}; it has {', '.join(sorted(scales))}")
        self._scale: Scale = scales[scale_id]
        self._data_dir, self._book = settings.data_dir, CalibrationBook(settings.data_dir)
        self._now, self._say, self._wait = now, say, wait

    def calibrate(self, loads_g: list[float], check_g: float | None, *, is_new_cell: bool) -> int:
        """Walk through the steps and judge; 0 when the calibration is in force, 1 when it is refused."""
        session = Session(
            loads_g,
            capacity_g=self._scale.capacity_g,
            check_g=check_g,
            previous_counts_per_g=None if is_new_cell else self._in_force()[1],
        )
        with at_work(self._data_dir, self._scale.id):
            while (step := session.step) is not None:
                self._walk(session, step)
        verdict = session.verdict()
        for line in verdict.lines:
            self._say(f"  {line}")
        if not verdict.is_accepted:
            self._say("Not accepted; the old calibration stays in force:")
            for reason in verdict.reasons:
                self._say(f"  {reason}")
            return 1
        self._book.add(self._scale.id, calibration_of(verdict, loads_g, self._now(), self._status()))
        self._say(f"Accepted; in force within a second. `python -m edge calibrate {self._scale.id} --undo`")
        return 0

    def tare(self) -> int:
        """Take what the scale reads as its zero; 1 when something is on it."""
        hold = self._hold()
        tare_counts, counts_per_g = self._in_force()
        shift_g, wrong = tare_shift(hold.counts, tare_counts, counts_per_g)
        if wrong is not None:
            self._say(f"Not tared: {wrong}")
            return 1
        self._book.add(self._scale.id, tared(hold, counts_per_g, self._now(), "tare"))
        self._say(f"Tared: the zero moved by {shift_g:+.1f} g.")
        return 0

    def undo(self) -> int:
        """Take the last calibration or tare back; 1 when there is none."""
        undone = self._book.undo(self._scale.id, self._now())
        if undone is None:
            self._say(f"{self._scale.id}: nothing to undo; the layout's calibration is in force")
            return 1
        last, before = undone
        again = "the layout's calibration" if before is None else f"that of {before.made_at:%d %b %Y %H:%M}"
        self._say(f"Undone: {last.how} of {last.made_at:%d %b %Y %H:%M}; {again} is in force.")
        return 0

    def show(self) -> int:
        """Say what is in force, its history, and when to redo it."""
        history = self._book.history(self._scale.id)
        for entry in history or ():
            self._say(_line(entry))
        if not history:
            self._say(f"{self._scale.id}: the layout's calibration, never calibrated here")
            return 0
        for reason in redo(self._book.spanned(self._scale.id), self._now(), self._status()):
            self._say(f"redo it: {reason}")
        return 0

    def _status(self) -> ScaleStatus | None:
        """What the running gateway last said of this scale."""
        status = StatusFile(self._data_dir).read()
        return (
            next((one for one in status.scales if one.scale_id == self._scale.id), None) if status else None
        )

    def _walk(self, session: Session, step: Step) -> None:
        self._wait(f"Step {session.number} of 3. {step.words} Then press Enter. ")
        try:
            session.take(self._hold())
        except StepRefusedError as error:
            self._say(f"  {error}")

    def _hold(self) -> Hold:
        """Wait until the scale stands still. Raises TapError or ValueError."""
        steadiness = Steadiness()
        with closing(live_runs(self._data_dir, self._scale.id)) as runs:
            for _, run in zip(range(PATIENCE_RUNS), runs, strict=False):
                steadiness.take(run.rate_hz, run.counts)
                if steadiness.problem is not None:
                    raise ValueError(f"{self._scale.id}: {steadiness.problem}")
                if (hold := steadiness.hold) is not None:
                    self._say(f"  still at {hold.counts:.0f} counts (noise {hold.noise_counts:.0f})")
                    return hold
        raise ValueError(f"{self._scale.id} did not stand still: look for what touches or shakes it")

    def _in_force(self) -> tuple[float, float]:
        line = self._book.current().get(self._scale.id)
        return (
            (self._scale.tare_counts, self._scale.counts_per_g)
            if line is None
            else (line.tare_counts, line.counts_per_g)
        )


def redo(made: Calibration | None, now: datetime, shown: ScaleStatus | None) -> tuple[str, ...]:
    """Return why a scale should be calibrated or tared again; nothing for one never calibrated here."""
    if made is None:
        return ()
    then_c, now_c = made.temperature_c, None if shown is None else shown.temperature_c
    return reasons_to_redo(
        (now - made.made_at).total_seconds() / 86_400,
        zero_seen_g(None if shown is None else shown.weight_g),
        None if then_c is None or now_c is None else now_c - then_c,
    )


def calibration_of(
    verdict: Verdict, loads_g: list[float], at: datetime, shown: ScaleStatus | None = None
) -> Calibration:
    """Return the entry of an accepted calibration; `shown` is what the gateway last said of the scale."""
    fit = verdict.fit
    return Calibration(
        made_at=at,
        how="calibrate",
        tare_counts=fit.tare_counts,
        counts_per_g=fit.counts_per_g,
        loads_g=tuple(loads_g),
        sigma_tare_g=fit.sigma_tare_g,
        sigma_span=fit.sigma_span,
        linearity_error_g=fit.linearity_error_g,
        repeatability_g=fit.repeatability_g,
        check_error_g=verdict.check_error_g,
        temperature_c=None if shown is None else shown.temperature_c,
    )


def tared(hold: Hold, counts_per_g: float, at: datetime, how: str) -> Calibration:
    """Return the entry of a new zero under the old span; `how` is tare or button."""
    return Calibration.model_validate(
        {
            "made_at": at,
            "how": how,
            "tare_counts": hold.counts,
            "counts_per_g": counts_per_g,
            "sigma_tare_g": hold.sigma_counts / abs(counts_per_g),
        }
    )


def _line(entry: Calibration) -> str:
    made = f"{entry.made_at:%d %b %Y %H:%M}  {entry.how:<9}  span {entry.counts_per_g:9.3f}"
    undone = f"  undone {entry.undone_at:%d %b %Y %H:%M}" if entry.undone_at else ""
    stated = "" if entry.sigma_span is None else f"  known to {entry.sigma_span:.2%}"
    return f"{made}  tare {entry.tare_counts:10.0f}{stated}{undone}"
