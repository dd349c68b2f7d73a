"""desired.json in the data directory: how the cloud wants this gateway set, over the configuration."""

import logging
import os
from collections.abc import Callable

from pydantic import ValidationError

from contract.commands import DesiredSettings, RemoteSettings, ReportedSettings
from edge.settings import Settings

log = logging.getLogger(__name__)

DESIRED_NAME = "desired.json"


class RemoteDesk:
    """Implements edge.ports.RemoteDesk: what is not set from afar stays as the configuration has it."""

    def __init__(
        self,
        settings: Settings,
        set_reading_interval: Callable[[float], None],
        set_health_interval: Callable[[float], None],
    ) -> None:
        self._settings, self._path = settings, settings.data_dir / DESIRED_NAME
        self._set_reading_interval, self._set_health_interval = set_reading_interval, set_health_interval
        self._problem: str | None = None
        self._desired = self._read()
        self._put_in_force()

    @property
    def version(self) -> int:
        """Version of the newest desired settings; 0 = none."""
        return self._desired.version

    def apply(self, desired: DesiredSettings) -> None:
        """Put desired settings in force, and keep them for the next start."""
        self._desired, self._problem = desired, None
        self._put_in_force()
        try:
            self._write()
        except OSError as error:
            self._problem = f"in force, but not kept for the next start: {error.strerror}"

    def report(self) -> ReportedSettings:
        """Return what is in force."""
        return ReportedSettings(version=self.version, settings=self._in_force(), problem=self._problem)

    def _in_force(self) -> RemoteSettings:
        own = {name: getattr(self._settings, name) for name in RemoteSettings.model_fields}
        return RemoteSettings.model_validate(own | self._desired.settings.model_dump(exclude_none=True))

    def _put_in_force(self) -> None:
        settings = self._in_force()
        assert settings.reading_interval_s is not None
        assert settings.health_interval_s is not None
        self._set_reading_interval(settings.reading_interval_s)
        self._set_health_interval(settings.health_interval_s)
        logging.getLogger().setLevel((settings.log_level or "info").upper())

    def _read(self) -> DesiredSettings:
        try:
            return DesiredSettings.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            log.warning("%s cannot be read (%s): asking the cloud for it anew", self._path, error)
        return DesiredSettings(version=0, settings=RemoteSettings())

    def _write(self) -> None:
        fresh = self._path.with_suffix(".tmp")
        with fresh.open("w") as file:
            file.write(self._desired.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
