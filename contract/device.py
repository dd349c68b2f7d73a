"""What a shelf node says: frames of raw counts and its own status."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from contract.base import Hex32, Message

COUNTS_MIN = -(2**23)
COUNTS_MAX = 2**23 - 1
"""Full scale of a 24-bit converter (HX711 datasheet): a sample at either end is saturated."""

MAX_CHANNELS = 32
MAX_SAMPLES = 400
MAX_FRAME_BYTES = 64 * 1024

ChannelName = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}$")]
Counts = Annotated[int, Field(ge=COUNTS_MIN, le=COUNTS_MAX)]


class DeviceFrame(Message):
    """A run of equally spaced raw samples of every load cell of one node.

    Sample i of each channel was taken at uptime_ms + i * 1000 / rate_hz on the node's own clock, which
    starts at 0 with each boot. A sample that the converter did not deliver is null.
    """

    v: Literal[1] = 1
    boot: Hex32
    seq: Annotated[int, Field(ge=0, lt=2**53)]
    """Counts frames of this boot from 0, so that a missing or doubled frame shows."""
    uptime_ms: Annotated[int, Field(ge=0, lt=2**53)]
    rate_hz: Annotated[float, Field(gt=0, le=1000)]
    channels: Annotated[
        dict[ChannelName, Annotated[list[Counts | None], Field(min_length=1, max_length=MAX_SAMPLES)]],
        Field(min_length=1, max_length=MAX_CHANNELS),
    ]
    temperature_c: Annotated[float, Field(ge=-60, le=120)] | None = None

    @model_validator(mode="after")
    def _same_length(self) -> "DeviceFrame":
        lengths = {name: len(samples) for name, samples in self.channels.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"all channels of a frame must have the same number of samples, got {lengths}")
        return self


class NodeStatus(Message):
    """Whether a node is on the bus, and what it is; published offline by the broker when it vanishes."""

    v: Literal[1] = 1
    state: Literal["online", "offline"]
    boot: Hex32 | None = None
    firmware: Annotated[str, StringConstraints(max_length=64)] = ""
