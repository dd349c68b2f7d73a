"""What an operator sets: environment variables BARBACK_CLOUD_*, read once at the start."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated

from pydantic import Field, PostgresDsn, SecretStr, TypeAdapter, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contract.bartime import BARTIME_VARIABLE, BarTime

PREFIX = "BARBACK_CLOUD_"


class SettingsError(ValueError):
    """The configuration cannot be used; each line names a variable, its value's fault and what is allowed."""


class Settings(BaseSettings):
    """The cloud's settings; docs/cloud.md describes each."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: SecretStr
    """postgresql://user:password@host:port/database"""
    host: str = "127.0.0.1"
    """Address to listen on. There is no login yet: listen to others only behind something that has one."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    """0 takes any free port."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that answer on this port; each has its own pool and limits."""
    pool_min_size: Annotated[int, Field(ge=0, le=100)] = 2
    pool_max_size: Annotated[int, Field(ge=2, le=200)] = 10
    """Connections of one process; PostgreSQL's max_connections must hold those of all processes."""
    pool_wait_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    """How long a request waits for a free connection."""
    connect_timeout_s: Annotated[float, Field(ge=2, le=60)] = 3.0
    statement_timeout_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    max_ingests: Annotated[int, Field(ge=1, le=1_000)] = 32
    """Batches in flight in one process. Each may hold 8 MiB of memory."""
    max_waiting: Annotated[int, Field(ge=0, le=20_000)] = 1_000
    """Batches that wait for a place, unread; the next one gets 429."""
    ingest_wait_s: Annotated[float, Field(ge=0, le=60)] = 5.0
    """How long a batch waits for a place, then 429."""
    max_writers: Annotated[int, Field(ge=1, le=100)] = 4
    """Batches that use the database at once; keep it under pool_max_size, so that pages find a connection."""
    gateway_cache_s: Annotated[float, Field(ge=0, le=60)] = 60.0
    """How long a revoked key may still be taken by this process."""
    gateway_cache_size: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    quarantine_rows: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """Bad records kept per gateway."""
    compress_after_days: Annotated[int, Field(ge=30, le=3_650)] = 35
    """With TimescaleDB: age at which readings are compressed; a corrected time is slow after that."""
    readings_kept_days: Annotated[int, Field(ge=60, le=36_500)] = 800
    """Older readings are dropped; movements are kept for ever."""
    health_kept_days: Annotated[int, Field(ge=1, le=36_500)] = 100
    """Older words of gateways about themselves are dropped."""
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"
    access_log: bool = False
    bartime_text: Annotated[str, Field(validation_alias=BARTIME_VARIABLE)] = ""

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr) -> SecretStr:
        try:
            TypeAdapter(PostgresDsn).validate_python(value.get_secret_value())
        except ValidationError:
            raise ValueError("must be postgresql://user:password@host:port/database") from None
        return value

    @field_validator("bartime_text")
    @classmethod
    def _is_bartime(cls, value: str) -> str:
        BarTime.parse(value)
        return value

    @property
    def bartime(self) -> BarTime:
        """Bar time of this process."""
        return BarTime.parse(self.bartime_text)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Raises SettingsError with one line for each fault."""
    names = os.environ if environment is None else environment
    faults = _unknown_names(names)
    try:
        settings = Settings()  # type: ignore[call-arg]  # the environment gives what is required
    except ValidationError as error:
        faults += [_fault(each["loc"], each["msg"]) for each in error.errors()]
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def _unknown_names(names: Mapping[str, str]) -> list[str]:
    known = [PREFIX + name.upper() for name in Settings.model_fields if name != "bartime_text"]
    unknown = sorted(name for name in names if name.upper().startswith(PREFIX) and name.upper() not in known)
    return [f"{name} is not a setting{_hint(name, known)}" for name in unknown]


def _hint(name: str, known: list[str]) -> str:
    close = get_close_matches(name.upper(), known, n=1)
    return f"; did you mean {close[0]}?" if close else "; see docs/cloud.md"


def _fault(place: tuple[int | str, ...], message: str) -> str:
    name = str(place[0])
    variable = name if name == BARTIME_VARIABLE else PREFIX + name.upper()
    return f"{variable}: {message}"
