"""Carries a neighbour's batch to the cloud unchanged, and the cloud's answer back. Reads neither."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from contract.batch import BATCHES_PATH, GATEWAY_HEADER, SIGNATURE_HEADER
from contract.identity import ANSWER_SIGNATURE_HEADER, ANSWER_TO_HEADER

log = logging.getLogger(__name__)

THERE = ("content-type", "content-encoding", GATEWAY_HEADER, SIGNATURE_HEADER, ANSWER_TO_HEADER)
BACK = ("content-type", "retry-after", ANSWER_SIGNATURE_HEADER)
"""The only headers that are carried."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The cloud's answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes


class Forwarder:
    """The way to the cloud for others."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def __call__(self, headers: Mapping[str, str], body: bytes) -> Carried | None:
        """Carry one batch; None when the cloud cannot be reached from here either."""
        there = {name: headers[name] for name in THERE if name in headers}
        try:
            response = await self._http.post(BATCHES_PATH, content=body, headers=there)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.debug("a neighbour's batch got no further: %s", error)
            return None
        back = {name: response.headers[name] for name in BACK if name in response.headers}
        return Carried(response.status_code, back, response.content)
