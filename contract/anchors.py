"""What ties a boot's clock to UTC: anchors that travel in the outbox, and the moment a batch was sent.

A gateway without a battery clock does not know the time when it starts, but its boot clock
(CLOCK_BOOTTIME, ns) never jumps. Whoever learns the time later says so once, and every row of that boot
gets its time from it (contract.timeline has the arithmetic).

Anchors travel in the lane `movements`: they are never thinned, and they arrive ahead of a backlog of states.
"""

from typing import Annotated, Literal

from pydantic import Field

from contract.base import Hex32, Message, Utc

MAX_ERROR_S = 86_400.0
MAX_STEP_S = 1e10

BootNo = Annotated[int, Field(ge=0, lt=2**31)]
BoottimeNs = Annotated[int, Field(ge=0, lt=2**63)]
ErrorSeconds = Annotated[float, Field(ge=0, le=MAX_ERROR_S)]


class Anchor(Message):
    """At the boot time of its record it was utc_at, give or take error_s.

    `kernel`: the kernel called its clock synchronised. `cloud`: the gateway asked the cloud, and error_s is
    half the time for which it waited. step_s tells how far the wall clock jumped (positive: forwards) where
    a jump was the reason to say so.
    """

    kind: Literal["anchor"] = "anchor"
    utc_at: Utc
    error_s: ErrorSeconds
    source: Literal["kernel", "cloud"]
    why: Literal["first", "periodic", "step"]
    step_s: Annotated[float, Field(ge=-MAX_STEP_S, le=MAX_STEP_S)] | None = None


class Sent(Message):
    """The sender's clocks at the moment a message was signed; the receiver's clock makes it an anchor.

    At boottime_ns it was received_at - round_trip_s / 2, give or take round_trip_s / 2. round_trip_s is that
    of the exchange before on the same way, so it is a guess: a real anchor of the same boot is better. Not
    known (None) before the first answer; then it was received_at at the latest. A message that came by a
    relay, or whose records were there already, says nothing about the time.
    """

    boot_no: BootNo
    boot_id: Hex32
    boottime_ns: BoottimeNs
    wall_at: Utc | None = None
    """What the sender's wall clock says, so that a wrong one can be shown to somebody."""
    synced: bool = False
    round_trip_s: Annotated[float, Field(ge=0, le=3600)] | None = None
