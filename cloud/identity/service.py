"""Rules of identity: which claim lets which gateway in, who gets a token, how a key is replaced.

A claim is used once, within 15 minutes, for a gateway of its site; the same gateway with the same key may ask
again, because its answer may have been lost. All that ends, ends by the database's clock.
"""

import os
import secrets
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.clock import Clock
from cloud.db.pool import Database
from cloud.gateways.schemas import Speaker
from cloud.gateways.service import GatewaysService
from cloud.identity.judging import (
    MAKE_ANOTHER,
    checked,
    may_enrol,
    named,
    read_enrolment,
    read_key,
    refuse_certificate,
    refuse_holders,
)
from cloud.identity.repo import IdentityRepo
from cloud.identity.schemas import Claim
from cloud.identity.tokens import (
    NONCE_LIVES_S,
    TOKEN_LIVES_S,
    ForgedError,
    StaleError,
    key_id,
    make_nonce,
    make_token,
    read_nonce,
    read_token,
)
from cloud.problems import Busy, NotFound, Unauthorized
from cloud.sites.service import SitesService
from contract.identity import (
    ALPHABET,
    HANDLE_LENGTH,
    SECRET_LENGTH,
    ClaimCode,
    EnrolmentAnswer,
    KeyAnswer,
    NonceAnswer,
    TokenAnswer,
    TokenRequest,
    answer_input,
    nonce_input,
    rotation_input,
)

CLAIM_LIVES_S = 15 * 60
MAX_CLAIMS_WAITING = 50
"""Of one site; more than a technician carries, and a bound for a page that is pressed by a robot."""
KEY_WINDOW_S = 24 * 3600
"""How long a replaced key still counts: for batches that a neighbour carries, and an answer that was lost."""


class IdentityService:
    """Claims, tokens and keys of gateways."""

    def __init__(
        self,
        database: Database,
        repo: IdentityRepo,
        *,
        gateways: GatewaysService,
        sites: SitesService,
        clock: Clock,
        certificate: str | None = None,
    ) -> None:
        """`certificate`: SHA-256 of the certificate that this cloud itself shows, hexadecimal."""
        self._database, self._repo, self._clock = database, repo, clock
        self._gateways, self._sites, self._certificate = gateways, sites, certificate
        self._secrets: dict[str, bytes] = {}

    async def make_claim(self, site_id: str, gateway_id: str | None = None) -> Claim:
        """Make a claim of a site: for one gateway (which then loses its old key), or for any without a key.

        Raises NotFound, or Busy when too many are waiting.
        """
        await self._sites.site(site_id)
        if await self._repo.claims_waiting(site_id) >= MAX_CLAIMS_WAITING:
            raise Busy(
                f"{MAX_CLAIMS_WAITING} claims of {site_id} are waiting; use one of them", retry_after_s=60
            )
        for _ in range(5):
            claim_no = await self._repo.put_claim(site_id, gateway_id, _new_code(), CLAIM_LIVES_S)
            if claim_no is not None:
                return await self.claim(claim_no)
        raise NotFound(f"site {site_id!r} has no gateway {gateway_id!r}; import a layout that names it first")

    async def claim(self, claim_no: int) -> Claim:
        """Return a claim for its maker. Raises NotFound."""
        claim = await self._repo.claim(claim_no)
        if claim is None:
            raise NotFound(f"there is no claim {claim_no}; {MAKE_ANOTHER}")
        return claim

    async def enrol(self, handle: str, mac: str, body: bytes) -> tuple[EnrolmentAnswer, str]:
        """Let a gateway in; return the answer and the secret that signs it.

        Raises Unauthorized (no such claim, or the code does not fit), Forbidden with the reason, Malformed.
        """
        async with self._database.transaction() as connection:
            claim = await self._repo.lock_claim(connection, handle)
            secret = checked(claim, mac, body)
            assert claim is not None
            request, public_key = read_enrolment(handle, body)
            refuse_certificate(request.seen_certificate, self._certificate)
            gateway_id = named(claim, request)
            candidate = await self._repo.candidate(connection, claim.site_no, gateway_id)
            holders = await self._repo.holders(connection, public_key)
            if may_enrol(claim, gateway_id, candidate, public_key, holders):
                assert candidate is not None
                await self._repo.enrol(connection, claim.claim_no, candidate, public_key)
        self._gateways.forget(gateway_id)
        answer = EnrolmentAnswer(
            site_id=claim.site_id,
            gateway_id=gateway_id,
            cloud_key=b64encode((await self._answer_key()).public_key().public_bytes_raw()).decode(),
            certificate=self._certificate,
            layout=await self._sites.layout_for(gateway_id),
        )
        return answer, secret

    async def nonce(self) -> NonceAnswer:
        """Return something to sign."""
        nonce = make_nonce(await self._secret("tokens"), self._clock.real_s(), os.urandom(16))
        return NonceAnswer(nonce=nonce, expires_in_s=NONCE_LIVES_S)

    async def token(self, request: TokenRequest) -> TokenAnswer:
        """Give a gateway that signed a nonce a token. Raises Unauthorized."""
        secret, now_s = await self._secret("tokens"), self._clock.real_s()
        said = nonce_input(request.gateway_id, request.nonce)
        try:
            random = read_nonce(secret, now_s, request.nonce)
        except ValueError as error:
            raise Unauthorized(str(error)) from None
        _, public_key = await self._gateways.signer(request.gateway_id, b64decode(request.signature), said)
        if not await self._repo.use_nonce(random, NONCE_LIVES_S + 2 * 60):
            raise Unauthorized("this nonce was signed before; get a new one and sign that")
        token = make_token(secret, now_s, request.gateway_id, public_key)
        return TokenAnswer(token=token, expires_in_s=TOKEN_LIVES_S)

    async def bearer(self, token: str) -> Speaker:
        """Return the gateway whose token this is. Raises Unauthorized, also when its key was revoked."""
        try:
            told = read_token(await self._secret("tokens"), self._clock.real_s(), token)
        except (ForgedError, StaleError) as error:
            raise Unauthorized(str(error)) from None
        except ValueError:
            raise Unauthorized("this is no token; sign a nonce for one") from None
        for speaker in (
            await self._gateways.known(told.gateway_id),
            await self._gateways.speaker_anew(told.gateway_id),
        ):
            if speaker is not None and told.key_id in {key_id(key) for key in speaker.public_keys}:
                return speaker
        raise Unauthorized(
            f"the key of {told.gateway_id} that got this token counts no longer; enrol the gateway anew"
        )

    async def rotate(self, gateway_id: str, signature: bytes, body: bytes) -> KeyAnswer:
        """Let a key be replaced by one that it signed. Raises Unauthorized, Forbidden or Malformed."""
        speaker, _ = await self._gateways.signer(gateway_id, signature, rotation_input(body))
        request, public_key = read_key(speaker.gateway_id, body)
        async with self._database.transaction() as connection:
            refuse_holders(await self._repo.holders(connection, public_key), gateway_id)
            left_s = await self._repo.rotate(
                connection, speaker.gateway_no, gateway_id, public_key, KEY_WINDOW_S
            )
        self._gateways.forget(gateway_id)
        return KeyAnswer(public_key=request.public_key, old_key_ends_in_s=max(0.0, left_s))

    async def sign_answer(self, answer_to: str, batch_signature: str, status: int, body: bytes) -> str:
        """Sign an answer that goes back by a relay, base64."""
        said = answer_input(answer_to, batch_signature, status, body)
        return b64encode((await self._answer_key()).sign(said)).decode()

    async def _answer_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(await self._secret("answers"))

    async def _secret(self, name: str) -> bytes:
        """32 bytes that every process of this cloud has."""
        if name not in self._secrets:
            self._secrets[name] = await self._repo.secret(name, os.urandom(32))
        return self._secrets[name]


def _new_code() -> ClaimCode:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(HANDLE_LENGTH + SECRET_LENGTH))
    return ClaimCode(letters[:HANDLE_LENGTH], letters[HANDLE_LENGTH:])
