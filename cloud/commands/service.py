"""Rules of commands: what may be asked, how long it waits, how a gateway that waits hears of it at once.

Handed out again until the gateway says it has it; done once, because the gateway knows the id. A waiting
gateway costs no connection of the pool.
"""

import asyncio
import math
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from cloud.commands.repo import CommandsRepo
from cloud.commands.schemas import CommandLine, SettingsState
from cloud.commands.wakeups import TooManyWaitingError, Wakeups
from cloud.gateways.schemas import Speaker
from cloud.gateways.service import GatewaysService
from cloud.problems import Busy, Malformed, NotFound, Unavailable
from contract.commands import (
    MAX_COMMANDS,
    CalibrateDeed,
    CommandKind,
    ExchangeAnswer,
    ExchangeRequest,
    RemoteSettings,
)

LIVES_S = 300.0
"""A click that reaches a gateway later than this would surprise whoever stands there."""
MAX_WAITING = 20
"""Commands of one gateway that it has not received yet."""
MIN_WEIGHT_G, MAX_WEIGHT_G = 1.0, 100_000.0
KEPT = 200
"""Of one gateway."""
RETRY_WHEN_FULL_S = 10


class CommandsService:
    """Commands of gateways and their settings."""

    def __init__(self, repo: CommandsRepo, gateways: GatewaysService) -> None:
        self._repo, self._gateways = repo, gateways
        self.wakeups = Wakeups()

    async def ask(
        self,
        gateway_id: str,
        kind: CommandKind,
        arguments: dict[str, Any] | None = None,
        *,
        command_id: str | None = None,
        lives_s: float = LIVES_S,
    ) -> str:
        """Ask a gateway for something and return the command's id; the same id twice asks once.

        Raises NotFound, Malformed, or Busy when too much waits for the gateway already.
        """
        speaker = await self._gateways.known(gateway_id)
        if speaker is None:
            raise NotFound(f"no site has a gateway {gateway_id!r}")
        checked = _checked(speaker, kind, arguments or {})
        if await self._repo.waiting(gateway_id) >= MAX_WAITING:
            raise Busy(f"{MAX_WAITING} commands wait for {gateway_id} already; is it on?", retry_after_s=30)
        number = UUID(hex=command_id) if command_id else uuid4()
        await self._repo.put(gateway_id, number, kind.value, checked, lives_s=lives_s, keep=KEPT)
        return number.hex

    async def exchange(self, speaker: Speaker, request: ExchangeRequest) -> ExchangeAnswer:
        """Take a gateway's reports; answer with what is new for it, at the latest after wait_s.

        Raises Unavailable when too many wait in this process.
        """
        if request.reports or request.reported is not None:
            await self._repo.take(speaker.gateway_no, request.reports, request.reported)
        try:
            with self.wakeups.waiting(speaker.gateway_id) as woken:
                answer = await self._news(speaker, request)
                if answer is None and request.wait_s > 0:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(woken.wait(), request.wait_s)
                        answer = await self._news(speaker, request)
        except TooManyWaitingError as error:
            raise Unavailable(f"{error}; try again later", retry_after_s=RETRY_WHEN_FULL_S) from None
        return answer or ExchangeAnswer()

    async def want(self, gateway_id: str, settings: RemoteSettings) -> int:
        """Say how a gateway should be set, and return the version. Raises NotFound."""
        version = await self._repo.want(gateway_id, settings)
        if version is None:
            raise NotFound(f"no site has a gateway {gateway_id!r}")
        return version

    async def of_site(self, site_id: str, limit: int = 5) -> dict[str, list[CommandLine]]:
        """The newest commands by gateway, the newest first."""
        lines: dict[str, list[CommandLine]] = {}
        for line in await self._repo.of_site(site_id, limit):
            lines.setdefault(line.gateway_id, []).append(line)
        return lines

    async def settings(self, site_id: str) -> dict[str, SettingsState]:
        """How the gateways of a site should be and are set."""
        return await self._repo.settings(site_id)

    async def result(self, command_id: str) -> str:
        """What a command brought. Raises NotFound."""
        try:
            result = await self._repo.result(UUID(hex=command_id))
        except ValueError:
            result = None
        if result is None:
            raise NotFound("this command has brought nothing; it may have been forgotten since")
        return result

    async def _news(self, speaker: Speaker, request: ExchangeRequest) -> ExchangeAnswer | None:
        commands, desired = await self._repo.news(speaker.gateway_no, request.desired_version, MAX_COMMANDS)
        if not commands and desired is None:
            return None
        return ExchangeAnswer(commands=tuple(commands), desired=desired)


def _checked(speaker: Speaker, kind: CommandKind, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what the kind needs and nothing else. Raises Malformed."""
    if kind is CommandKind.TARE:
        return _scale_of(speaker, arguments)
    if kind is CommandKind.CALIBRATE:
        return {**_scale_of(speaker, arguments), **_deed(arguments)}
    if kind is CommandKind.IDENTIFY:
        seconds = arguments.get("seconds", 20)
        if not isinstance(seconds, int | float) or not 1 <= seconds <= 120:
            raise Malformed("seconds: choose 1 to 120")
        return {"seconds": seconds}
    return {}


def _scale_of(speaker: Speaker, arguments: dict[str, Any]) -> dict[str, Any]:
    slot, scale = arguments.get("slot"), arguments.get("scale")
    if slot in speaker.slots:
        return {"slot": slot}
    if scale in speaker.scales:
        return {"scale": scale}
    raise Malformed(f"{speaker.gateway_id} has no such slot or scale; choose one of its own")


def _deed(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what a deed of a calibration needs. The gateway knows its scales, and judges the weight."""
    try:
        deed = CalibrateDeed(str(arguments.get("deed")))
    except ValueError:
        raise Malformed(f"deed: choose {', '.join(CalibrateDeed)}") from None
    if deed is not CalibrateDeed.BEGIN:
        return {"deed": deed.value}
    try:
        weight_g = float(str(arguments.get("weight_g")).replace(",", "."))
    except ValueError:
        weight_g = math.nan
    if not MIN_WEIGHT_G <= weight_g <= MAX_WEIGHT_G:
        raise Malformed("weight: the known weight in grams, such as 500")
    return {"deed": deed.value, "weight_g": weight_g}
