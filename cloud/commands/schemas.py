"""What the commands feature hands out."""

from dataclasses import dataclass
from typing import Any

from contract.commands import CommandState, RemoteSettings


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command and how far it has come; ages in real seconds."""

    command_id: str
    gateway_id: str
    kind: str
    arguments: dict[str, Any]
    state: CommandState
    age_s: float
    took_s: float | None
    """From the click to the end; None while it has none."""
    detail: str | None
    has_result: bool


@dataclass(frozen=True, slots=True)
class SettingsState:
    """How a gateway should be set and how it says it is; version 0 = nothing was ever asked."""

    version: int
    desired: RemoteSettings
    reported_version: int | None
    reported: RemoteSettings | None
    problem: str | None
    reported_age_s: float | None
