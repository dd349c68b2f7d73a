"""What the cloud asks of a gateway, and how it should be set: one long poll (POST /gateway/v1/exchange).

The gateway says what became of earlier commands and how it is set, and waits up to wait_s for something new.
A command is handed out again until the gateway says `received`; the gateway does it once, by its id. A kind
that a gateway does not know is a text it answers with `failed`, so the list may grow.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from contract.base import Hex32, Message, Sentence

EXCHANGE_PATH = "/gateway/v1/exchange"
MAX_EXCHANGE_BYTES = 512 * 1024
MAX_COMMANDS = 16
"""In one answer; the others come with the next."""
MAX_REPORTS = 16
MAX_RESULT_CHARACTERS = 64 * 1024
MAX_WAIT_S = 30.0


class CommandKind(StrEnum):
    """What a gateway of today can be asked for."""

    IDENTIFY = "identify"
    """Blink for `seconds` (1 to 120), so that a person finds it."""
    TARE = "tare"
    """Take what the scale of `slot` (or `scale`) reads now as its zero."""
    RESTART = "restart"
    """Start the gateway's process anew; what was accepted stays."""
    DIAGNOSTICS = "diagnostics"
    """Send status, machine and the newest log lines as the result."""
    LAYOUT = "layout"
    """Fetch the layout anew, and restart where it differs."""
    ROTATE_KEY = "rotate_key"
    """Make a new key, signed in by the old one."""
    CALIBRATE = "calibrate"
    """One `deed` (CalibrateDeed) on the scale of `slot` (or `scale`); begin has `weight_g`."""


class CalibrateDeed(StrEnum):
    """What is done next of a calibration; every answer says the next step, the last one the verdict."""

    BEGIN = "begin"
    """Begin anew with a known weight."""
    STEP = "step"
    """What the step asks for is on the pad: take it. The last step judges, and puts in force what is good."""
    UNDO = "undo"
    """Take the last calibration or tare back."""
    DROP = "drop"
    """Forget the one in progress."""


class CommandState(StrEnum):
    """How far a command has come."""

    WAITING = "waiting"
    SENT = "sent"
    RECEIVED = "received"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


class Command(Message):
    """One thing to do, once."""

    command_id: Hex32
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,31}$")]
    arguments: Annotated[dict[str, JsonValue], Field(max_length=16, default_factory=dict)]
    expires_in_s: Annotated[float, Field(ge=0, le=86_400)] = 300.0
    """A gateway that has not begun by then does not begin."""


class CommandReport(Message):
    """What became of a command."""

    command_id: Hex32
    state: Literal["received", "done", "failed"]
    detail: Sentence | None = None
    result: Annotated[str, StringConstraints(max_length=MAX_RESULT_CHARACTERS)] | None = None


class RemoteSettings(Message):
    """What may be set from afar; None leaves it as the gateway's own configuration has it."""

    reading_interval_s: Annotated[float, Field(ge=1, le=3600)] | None = None
    health_interval_s: Annotated[float, Field(ge=5, le=3600)] | None = None
    log_level: Literal["debug", "info", "warning", "error"] | None = None


class DesiredSettings(Message):
    """How a gateway should be set; the version goes up with each change."""

    version: Annotated[int, Field(ge=0, lt=2**53)]
    settings: RemoteSettings


class ReportedSettings(Message):
    """How a gateway is set: the desired version it has applied (0 = none) and what is in force."""

    version: Annotated[int, Field(ge=0, lt=2**53)]
    settings: RemoteSettings
    problem: Sentence | None = None


class ExchangeRequest(Message):
    """A gateway's side of the poll."""

    v: Literal[1] = 1
    reports: Annotated[tuple[CommandReport, ...], Field(max_length=MAX_REPORTS)] = ()
    reported: ReportedSettings | None = None
    desired_version: Annotated[int, Field(ge=0, lt=2**53)] = 0
    """The newest it has; a newer one is an answer."""
    wait_s: Annotated[float, Field(ge=0, le=MAX_WAIT_S)] = 0.0


class ExchangeAnswer(Message):
    """The cloud's side: nothing, after wait_s, is an answer too."""

    commands: Annotated[tuple[Command, ...], Field(max_length=MAX_COMMANDS)] = ()
    desired: DesiredSettings | None = None
