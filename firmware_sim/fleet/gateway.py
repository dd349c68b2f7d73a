"""One gateway of a fleet: it keeps its records until the cloud has acknowledged them, as a real one does."""

import asyncio
import base64
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from contract.batch import BATCHES_PATH, GATEWAY_HEADER, SIGNATURE_HEADER, signing_input
from firmware_sim.fleet.bars import Member
from firmware_sim.fleet.wire import Line
from firmware_sim.seeds import hex32

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0


@dataclass
class Tally:
    """What a fleet has met with; latencies are those of acknowledged requests, s."""

    acknowledged: int = 0
    records: int = 0
    asked_to_wait: int = 0
    broken: dict[str, int] = field(default_factory=dict)
    """Connections that broke, were refused or stayed silent, by how; the batch was sent again."""
    refused: dict[str, int] = field(default_factory=dict)
    latencies_s: list[float] = field(default_factory=list)


class FleetGateway:
    """Sends batches of its lane `states`, in order, each until it is acknowledged."""

    def __init__(
        self,
        member: Member,
        url: str,
        tally: Tally,
        *,
        dice: random.Random,
        run: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout_s: float = 60.0,
    ) -> None:
        self.member = member
        self.epoch = hex32(1, "fleet epoch", member.gateway_id, run)
        self.next_seq = 0
        self._tally = tally
        self._dice = dice
        self._now = now
        self._line = Line(url, timeout_s)

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    async def send(self, count: int, *, tries: int = 1_000_000) -> bool:
        """Send the next records until they are acknowledged; False when tries are spent or it is refused."""
        body = self.body(count)
        wait_s = FIRST_WAIT_S
        for _ in range(tries):
            begun_s = time.perf_counter()
            try:
                reply = await self._line.post(BATCHES_PATH, self.headers(body), body)
            except (OSError, TimeoutError) as error:
                how = f"{type(error).__name__} {error}".strip()
                self._tally.broken[how] = self._tally.broken.get(how, 0) + 1
                await asyncio.sleep(wait_s * self._dice.uniform(0.5, 1.5))
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
                continue
            if reply.status == 200:
                self._tally.latencies_s.append(time.perf_counter() - begun_s)
                return self._acknowledged(reply.body)
            if reply.status == 409:
                self.next_seq = int(json.loads(reply.body)["expected_seq"])
                body = self.body(count)
                continue
            if reply.status not in (429, 503):
                name = f"{reply.status} {reply.body[:120]!r}"
                self._tally.refused[name] = self._tally.refused.get(name, 0) + 1
                return False
            self._tally.asked_to_wait += 1
            await asyncio.sleep(max(reply.retry_after_s, 0.1) * self._dice.uniform(1.0, 1.5))
        return False

    def body(self, count: int) -> bytes:
        """Return the next batch: readings of both scales in turn, 100 ms apart, up to now."""
        at_us = int(self._now().timestamp() * 1e6) - count * 100_000
        second = datetime.fromtimestamp(at_us // 10**6, UTC)
        stamp = second.strftime("%Y-%m-%dT%H:%M:%S")
        boot = hex32(1, "fleet boot", self.member.gateway_id)
        names = self.member.scales
        records = ",".join(
            f'{{"boot_no":1,"boot_id":"{boot}","boottime_ns":{(self.next_seq + place) * 100_000_000},'
            f'"wall_at":"{stamp}.{place % 1000:03}Z","synced":true,"body":{{"kind":"reading",'
            f'"scale_id":"{names[place % 2]}","slots":["{names[place % 2]}"],'
            f'"weight_g":{400 + (self.next_seq + place) % 7000 / 10},"sigma_g":0.61,"quality":"ok",'
            f'"temperature_c":21.5}}}}'
            for place in range(count)
        )
        return (
            f'{{"v":1,"gateway_id":"{self.member.gateway_id}","epoch":"{self.epoch}","lane":"states",'
            f'"first_seq":{self.next_seq},"records":[{records}]}}'
        ).encode()

    def headers(self, body: bytes) -> dict[str, str]:
        """Return the headers that go with a body."""
        signature = base64.b64encode(self.member.key.sign(signing_input(body))).decode()
        return {
            "Content-Type": "application/json",
            GATEWAY_HEADER: self.member.gateway_id,
            SIGNATURE_HEADER: f"ed25519 {signature}",
        }

    def _acknowledged(self, body: bytes) -> bool:
        answer = json.loads(body)
        self._tally.acknowledged += 1
        self._tally.records += answer["mark"] + 1 - self.next_seq
        self.next_seq = answer["mark"] + 1
        return True
