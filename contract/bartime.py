"""Bar time: the one clock of a simulated night, the same in every process.

In the field bar time is real time. In a demo or a test it starts at a chosen evening and may run faster;
all processes are given the same BARBACK_BARTIME and so agree without talking. What people and sensors do
happens in bar time; what disks and networks do (timeouts, backoff, commits) stays in real time.
Pure arithmetic: reading the real clock is left to each part's own clock door.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

BARTIME_VARIABLE = "BARBACK_BARTIME"


@dataclass(frozen=True, slots=True)
class BarTime:
    """bar = bar_start + (real - real_start) * speed; real_start is a Unix time in seconds."""

    bar_start: datetime
    real_start_s: float
    speed: float = 1.0

    def __post_init__(self) -> None:
        if self.bar_start.tzinfo is None:
            raise ValueError("bar_start needs a time zone")
        if not 0 < self.speed <= 1000:
            raise ValueError(f"the speed of bar time must be over 0 and at most 1000, got {self.speed}")

    @classmethod
    def real(cls) -> "BarTime":
        """Bar time that is real time."""
        return cls(datetime.fromtimestamp(0, UTC), 0.0)

    @classmethod
    def parse(cls, text: str) -> "BarTime":
        """Read 'ISO time@unix seconds xSPEED', e.g. '2026-11-20T20:30:00+00:00@1763650000.0x8'.

        An empty text is real time. Raises ValueError with the expected form.
        """
        if not text:
            return cls.real()
        try:
            start, rest = text.split("@")
            real_start, speed = rest.split("x")
            return cls(datetime.fromisoformat(start), float(real_start), float(speed))
        except ValueError as error:
            form = "2026-11-20T20:30:00+00:00@1763650000.0x8"
            raise ValueError(f"{BARTIME_VARIABLE}={text!r} is not of the form {form} ({error})") from None

    def __str__(self) -> str:
        return f"{self.bar_start.isoformat()}@{self.real_start_s!r}x{self.speed!r}"

    def at(self, real_s: float) -> datetime:
        """Bar time, UTC, at a real Unix time in seconds."""
        return (self.bar_start + timedelta(seconds=(real_s - self.real_start_s) * self.speed)).astimezone(UTC)

    def real_at(self, bar: datetime) -> float:
        """Real Unix time in seconds at which bar time reads `bar`."""
        return self.real_start_s + (bar - self.bar_start).total_seconds() / self.speed
