"""What every message shares: unknown keys are ignored, values are frozen, NaN and infinity are refused."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


class Message(BaseModel):
    """Base of all messages on the wire."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("this instant is outside the years that can be told") from None


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
"""The name of a site, shelf, slot, scale, node, gateway or product: 1..63 of a-z, 0-9 and inner hyphens."""

Utc = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An instant; any offset is accepted and turned into UTC, a naive time is refused."""

Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""A random 128-bit name (a boot, an epoch, a movement) in lower-case hexadecimal."""

Grams = Annotated[float, Field(ge=-100_000, le=1_000_000)]
SigmaGrams = Annotated[float, Field(ge=0, le=1_000_000)]
Millilitres = Annotated[float, Field(ge=-100_000, le=1_000_000)]
SigmaMillilitres = Annotated[float, Field(ge=0, le=1_000_000)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=200)]
