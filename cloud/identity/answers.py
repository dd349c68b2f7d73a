"""Signs the answers to batches that came by a relay, so that the relay cannot invent one. Knows only HTTP."""

import re
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.problems import CloudProblem
from contract.batch import BATCHES_PATH, SIGNATURE_HEADER
from contract.identity import ANSWER_SIGNATURE_HEADER, ANSWER_TO_HEADER

Sign = Callable[[str, str, int, bytes], Awaitable[str]]
_ANSWER_TO = re.compile(r"[0-9a-f]{32}")


class SignedAnswers:
    """Holds the (small) answer of a batch with Barback-Answer-To until its signature is in the head."""

    def __init__(self, app: ASGIApp, sign: Sign) -> None:
        self._app, self._sign = app, sign

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; answers that are asked for with a signature get one."""
        if scope["type"] != "http" or scope["path"] != BATCHES_PATH:
            await self._app(scope, receive, send)
            return
        asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer_to = asked.get(ANSWER_TO_HEADER.lower(), "")
        if not _ANSWER_TO.fullmatch(answer_to):
            await self._app(scope, receive, send)
            return
        await self._app(
            scope, receive, self._signing(send, answer_to, asked.get(SIGNATURE_HEADER.lower(), ""))
        )

    def _signing(self, send: Send, answer_to: str, batch_signature: str) -> Send:
        head: Message = {}
        parts: list[bytes] = []

        async def signing(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts)
            try:
                signature = await self._sign(answer_to, batch_signature, head["status"], body)
            except CloudProblem:
                pass  # the database is away, and the answer says so: unsigned, it only makes the gateway wait
            else:
                signed = (ANSWER_SIGNATURE_HEADER.lower().encode(), signature.encode())
                head["headers"] = [*head.get("headers", []), signed]
            await send(head)
            await send({"type": "http.response.body", "body": body})

        return signing
