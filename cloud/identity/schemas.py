"""What the identity feature hands out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contract.identity import ClaimCode


class ClaimState(StrEnum):
    """Where a claim stands."""

    WAITING = "waiting"
    ENROLLED = "enrolled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as its maker sees it; `code` is None once it is over. Times are real, not the bar's."""

    claim_no: int
    site_id: str
    gateway_id: str | None
    """The only gateway it lets in; None for any of the site that has no key yet."""
    code: ClaimCode | None
    state: ClaimState
    expires_at: datetime
    left_s: float
    """Seconds until it expires; 0 once it is over."""
    enrolled_id: str | None
    """Which gateway it let in."""


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim as an enrolment finds it, locked."""

    claim_no: int
    secret: str | None
    site_no: int
    site_id: str
    gateway_no: int | None
    gateway_id: str | None
    is_expired: bool
    used_by: int | None
    used_key: bytes | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A gateway that a claim may let in."""

    gateway_no: int
    gateway_id: str
    has_key: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a key already."""

    gateway_no: int
    gateway_id: str
    is_over: bool
    """Revoked, or replaced and past its end."""
