"""Rules of gateways: who may speak, whose signature it is, how they are, and what they got wrong."""

import logging
from datetime import datetime

from cloud.clock import Clock
from cloud.db.pool import Connection
from cloud.gateways.directory import Directory
from cloud.gateways.keys import signed_by
from cloud.gateways.repo import GatewaysRepo
from cloud.gateways.schemas import GatewayState, HealthNote, QuarantinedRecord, Speaker, Stranger, Tally
from cloud.problems import Malformed, NotFound, Unauthorized, Unavailable
from contract.batch import signing_input

MAX_LISTED = 500
log = logging.getLogger(__name__)


class GatewaysService:
    """Keys, state and health of gateways."""

    def __init__(
        self, repo: GatewaysRepo, clock: Clock, *, cache_s: float = 15.0, cache_size: int = 1024
    ) -> None:
        self._repo = repo
        self._clock = clock
        self._directory = Directory(repo.speaker, clock, max_age_s=cache_s, size=cache_size)

    async def gateways(self, site_id: str) -> list[GatewayState]:
        """Every gateway of a site, by name."""
        return await self._repo.states(site_id)

    async def strangers(self) -> list[Stranger]:
        """Names that sent batches and are not registered, the newest first."""
        return await self._repo.strangers()

    async def quarantined(self, gateway_id: str, limit: int = 100) -> list[QuarantinedRecord]:
        """The newest records in quarantine of one gateway, at most MAX_LISTED."""
        return await self._repo.quarantined(gateway_id, min(limit, MAX_LISTED))

    async def register(self, site_id: str, gateway_id: str, public_key: bytes) -> None:
        """Let a gateway of a site speak with this key (raw Ed25519, 32 bytes), beside the keys it has.

        Raises Malformed for another length, NotFound when the site's layout has no such gateway.
        """
        if len(public_key) != 32:
            raise Malformed(
                f"a public key has 32 bytes, this one has {len(public_key)}; "
                "copy the whole line that `python -m edge identity` prints"
            )
        if not await self._repo.put_key(site_id, gateway_id, public_key, self._clock.now()):
            raise NotFound(
                f"site {site_id!r} has no gateway {gateway_id!r}; import a layout that names it first"
            )
        self._directory.forget(gateway_id)

    async def revoke(self, gateway_id: str) -> int:
        """Revoke every key of a gateway and return how many; every process is told."""
        revoked = await self._repo.revoke_keys(gateway_id, self._clock.now())
        self._directory.forget(gateway_id)
        return revoked

    def forget(self, gateway_id: str) -> None:
        """What is remembered of a gateway is old: ask the database the next time."""
        self._directory.forget(gateway_id)

    def forget_site(self, site_no: int) -> None:
        """The layout of a site changed: ask anew what its gateways may speak of."""
        self._directory.forget_site(site_no)

    def forget_all(self) -> None:
        """Anything may have changed unheard."""
        self._directory.forget_all()

    async def speaker(self, gateway_id: str, signature: bytes, body: bytes) -> Speaker:
        """Return the gateway that signed a batch's body. Raises Unauthorized."""
        speaker, _ = await self.signer(gateway_id, signature, signing_input(body))
        return speaker

    async def signer(self, gateway_id: str, signature: bytes, said: bytes) -> tuple[Speaker, bytes]:
        """Return the gateway that signed what was said, and the key it used. Raises Unauthorized."""
        for find in (self._directory.find, self._directory.find_again):
            speaker = await find(gateway_id)
            if speaker is not None and (key := signed_by(speaker.public_keys, signature, said)):
                return speaker, key
        if speaker is None:
            await self._count_stranger(gateway_id)
            raise Unauthorized(f"no site has a gateway {gateway_id!r}; import a layout that names it")
        reason, sentence = _why_not(speaker, signature, said)
        await self.count_refusal(gateway_id, reason)
        raise Unauthorized(sentence)

    async def known(self, gateway_id: str) -> Speaker | None:
        """Return what is remembered of a gateway, at most cache_s old."""
        return await self._directory.find(gateway_id)

    async def speaker_anew(self, gateway_id: str) -> Speaker | None:
        """Return what a gateway may speak of now, if what is remembered is not of this moment."""
        return await self._directory.find_again(gateway_id)

    async def saw(self, connection: Connection, gateway_no: int, now: datetime, tally: Tally) -> None:
        """Note, in the caller's transaction, that a gateway spoke."""
        await self._repo.saw(connection, gateway_no, now, tally)

    async def note_waiting(
        self, connection: Connection, gateway_no: int, now: datetime, waiting: int
    ) -> None:
        """Keep, in the caller's transaction, how much a gateway still has to send."""
        await self._repo.note_waiting(connection, gateway_no, now, waiting)

    async def note_health(self, connection: Connection, gateway_no: int, note: HealthNote) -> None:
        """Keep, in the caller's transaction, the newest health of a gateway."""
        await self._repo.note_health(connection, gateway_no, note)

    async def count_refusal(self, gateway_id: str, reason: str) -> None:
        """Count a refused batch; a count that cannot be written is given up, the refusal matters more."""
        try:
            await self._repo.count_refusal(gateway_id, reason, self._clock.now())
        except Unavailable:
            log.warning("A refusal of %s could not be counted: %s", gateway_id, reason)

    async def _count_stranger(self, gateway_id: str) -> None:
        try:
            await self._repo.count_stranger(gateway_id, self._clock.now())
        except Unavailable:
            log.warning("A batch of the unknown gateway %s could not be counted", gateway_id)


def _why_not(speaker: Speaker, signature: bytes, said: bytes) -> tuple[str, str]:
    """Return why a signature is not taken: the reason that is counted, and what to do."""
    name = speaker.gateway_id
    if signed_by(speaker.ended_keys, signature, said):
        return "key is revoked", (
            f"the key of {name!r} that signed this was revoked or replaced; enrol the gateway anew with a "
            "claim that is made for it"
        )
    if not speaker.public_keys:
        return "not enrolled", f"gateway {name!r} has no key here; make a claim for it, and enrol it"
    return "signature does not fit", (
        f"the signature does not fit this body and any key of {name!r}; enrol the gateway anew, if its key "
        "was replaced"
    )
