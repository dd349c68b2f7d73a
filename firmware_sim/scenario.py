"""Scenarios: the kind of a night as TOML, validated; faults bound to a layout.

Reads the files of scenarios/ or any path; knows nothing of how a night is played.
"""

import random
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from contract.base import Slug
from contract.layout import SiteLayout
from firmware_sim.bottles import scales_of
from firmware_sim.errors import SimulatorError
from firmware_sim.physics.profile import CellProfile, Converter
from firmware_sim.seeds import stream

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Chance = Annotated[float, Field(ge=0, le=1)]
PerHour = Annotated[float, Field(ge=0, le=3600)]
Seconds = Annotated[float, Field(ge=0, le=60)]
Minute = Annotated[float, Field(ge=0, le=2880)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FaultKind(StrEnum):
    """What can go wrong: with a cell (its scale) or with a shelf node."""

    CELL_STUCK = "cell_stuck"
    CELL_SATURATED = "cell_saturated"
    CELL_NOT_READY = "cell_not_ready"
    NODE_REBOOT = "node_reboot"
    NETWORK_OUT = "network_out"


ANY = "any"
CELL_FAULTS = (FaultKind.CELL_STUCK, FaultKind.CELL_SATURATED, FaultKind.CELL_NOT_READY)


class Fault(_Part):
    """A fault. Without a name or with "any" the seed chooses; network_out without a name takes all nodes."""

    kind: FaultKind
    at_minute: Minute
    minutes: Annotated[float, Field(gt=0, le=2880)] | None = None
    """How long; without it until the end of the night."""
    scale: Slug | None = None
    node: Slug | None = None

    @model_validator(mode="after")
    def _names_its_own(self) -> "Fault":
        if self.kind in CELL_FAULTS and self.node is not None:
            raise ValueError(f"{self.kind} happens to a scale: write scale = ..., not node = ...")
        if self.kind not in CELL_FAULTS and self.scale is not None:
            raise ValueError(f"{self.kind} happens to a node: write node = ..., not scale = ...")
        return self


class People(_Part):
    """Habits of guests and staff."""

    pair_chance: Chance = 0.3
    """A drink of two pours, both bottles in the hands at once."""
    lift_apart_s: tuple[Seconds, Seconds] = (0.3, 0.9)
    """The second of two bottles is lifted so much later than the first."""
    wrong_slot_chance: Chance = 0.02
    """Of two bottles in the hands: each goes back to the other's place."""
    wrong_bottle_chance: Chance = 0.0
    """A full bottle that replaces an empty one is of another product."""
    late_restock_chance: Chance = 0.3
    """The empty bottle goes first, the full one comes minutes later."""
    rest_s: Seconds = 1.0
    """A bottle stands at least so long between one hand that lets go and the next that closes round it."""
    bumps_per_hour: PerHour = 4.0
    leans_per_hour: PerHour = 1.0
    borrows_per_hour: PerHour = 0.5
    """A bottle leaves for another station and comes back unopened."""


class Scenario(_Part):
    """The kind of a night."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    weekday: Weekday
    starts_at: time
    """Local time of the site."""
    minutes: Annotated[float, Field(gt=0, le=2880)]
    staff: Annotated[int, Field(ge=1, le=20)]
    pours_per_hour: Annotated[tuple[tuple[Minute, PerHour], ...], Field(min_length=1, max_length=200)]
    """Pairs (minute of the night, pours per hour), linear in between."""
    fill: tuple[Chance, Chance] = (0.2, 0.95)
    """How full the bottles stand at the start, as shares of their volume."""
    popularity: Annotated[dict[Slug, Annotated[float, Field(gt=0, le=1e6)]], Field(default_factory=dict)]
    people: People = People()
    cell: CellProfile = CellProfile()
    converter: Converter = Converter()
    faults: Annotated[tuple[Fault, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def _is_in_order(self) -> "Scenario":
        minutes = [minute for minute, _ in self.pours_per_hour]
        if minutes != sorted(set(minutes)):
            raise ValueError("pours_per_hour must be in order of minutes, each minute once")
        if self.fill[0] > self.fill[1]:
            raise ValueError(f"fill goes from low to high, got {self.fill[0]} to {self.fill[1]}")
        return self


@dataclass(frozen=True, slots=True)
class BoundFault:
    """A fault with the scales and nodes it strikes, in seconds of the night."""

    kind: FaultKind
    start_s: float
    end_s: float
    scales: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()


def scenario_names() -> list[str]:
    """Names of the scenarios that come with the simulator."""
    folder = files("firmware_sim") / "scenarios"
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_scenario(name: str) -> Scenario:
    """Load a scenario by its name or the path of a TOML file; raises SimulatorError in words."""
    try:
        text = _read(name)
        return Scenario.model_validate(tomllib.loads(text))
    except OSError as error:
        raise SimulatorError(f"cannot read the scenario {name}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SimulatorError(f"the scenario {name} is not valid TOML: {error}") from None
    except ValidationError as error:
        found = [f"{'.'.join(map(str, e['loc'])) or 'whole file'}: {e['msg']}" for e in error.errors()[:5]]
        raise SimulatorError(f"the scenario {name} is not valid: {'; '.join(found)}") from None


def _read(name: str) -> str:
    if name in scenario_names():
        return (files("firmware_sim") / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
    if not name.endswith(".toml"):
        known = ", ".join(scenario_names())
        raise SimulatorError(
            f"there is no scenario {name!r}; there are {known}, or give the path of a .toml file"
        )
    return Path(name).read_text(encoding="utf-8")


def bind_faults(scenario: Scenario, layout: SiteLayout, seed: int) -> list[BoundFault]:
    """Choose the scale or node of each fault; raises SimulatorError for a name the layout lacks."""
    scales = [scale.id for scale in scales_of(layout)]
    nodes = sorted({scale.node for scale in scales_of(layout)})
    if scenario.faults and not scales:
        raise SimulatorError(f"the layout {layout.id} has no scales, so nothing of it can fail")
    return [
        _bind(fault, scenario.minutes, scales, nodes, stream(seed, "fault", str(number)))
        for number, fault in enumerate(scenario.faults)
    ]


def _bind(
    fault: Fault, night_minutes: float, scales: list[str], nodes: list[str], dice: random.Random
) -> BoundFault:
    start_s = fault.at_minute * 60
    end_s = start_s + fault.minutes * 60 if fault.minutes else max(night_minutes * 60, start_s)
    if fault.kind in CELL_FAULTS:
        return BoundFault(fault.kind, start_s, end_s, scales=(_choose("scale", fault.scale, scales, dice),))
    if fault.node is None and fault.kind is FaultKind.NETWORK_OUT:
        return BoundFault(fault.kind, start_s, end_s, nodes=tuple(nodes))
    return BoundFault(fault.kind, start_s, end_s, nodes=(_choose("node", fault.node, nodes, dice),))


def _choose(what: str, name: str | None, known: list[str], dice: random.Random) -> str:
    if name is None or name == ANY:
        return dice.choice(known)
    if name not in known:
        raise SimulatorError(
            f"a fault names the {what} {name}, which the layout lacks; it has {', '.join(known)}"
        )
    return name


def latest_start(scenario: Scenario, timezone: str, now: datetime) -> datetime:
    """Return the latest instant up to `now` at which this night begins by its weekday and local time."""
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    back = (local.weekday() - WEEKDAYS.index(scenario.weekday)) % 7
    start = _local(local.date() - timedelta(days=back), scenario.starts_at, zone)
    if start > now:
        start = _local(start.astimezone(zone).date() - timedelta(days=7), scenario.starts_at, zone)
    return start


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone)
