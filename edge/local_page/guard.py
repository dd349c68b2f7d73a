"""Who may look: a PIN that a person reads from `python -m edge status`, and then a cookie. Pure; no HTTP.

Ten tries a minute from everybody together, five of them from one address: a PIN of six digits then stands
for a month against a machine on the LAN, and it is a new one with every start of the gateway.
"""

import hmac
import secrets
from collections import deque
from collections.abc import Callable

PIN_DIGITS = 6
TRIES_OF_ONE, TRIES_OF_ALL, PER_S = 5, 10, 60.0
MAX_SESSIONS = 16
SESSION_S = 12 * 3600.0


class Guard:
    """Keeps the PIN, the tries and the sessions. `now_s` is monotonic, real seconds."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        self._now_s = now_s
        self._tries: deque[tuple[float, str]] = deque(maxlen=TRIES_OF_ALL)
        self._sessions: deque[tuple[float, str]] = deque(maxlen=MAX_SESSIONS)

    def enter(self, pin: str, address: str) -> str | None:
        """Return a new session for the right PIN; None for a wrong one or too many tries."""
        if self.wait_s(address) > 0:
            return None
        if not hmac.compare_digest(pin.strip().encode(), self.pin.encode()):
            self._tries.append((self._now_s(), address))
            return None
        session = secrets.token_urlsafe(24)
        self._sessions.append((self._now_s(), session))
        return session

    def wait_s(self, address: str) -> float:
        """Return how long this address has to wait before its next try; 0 when it may try now."""
        now_s = self._now_s()
        recent = [(at_s, who) for at_s, who in self._tries if at_s > now_s - PER_S]
        own = [at_s for at_s, who in recent if who == address]
        if len(own) >= TRIES_OF_ONE:
            return own[-TRIES_OF_ONE] + PER_S - now_s
        return recent[0][0] + PER_S - now_s if len(recent) >= TRIES_OF_ALL else 0.0

    def knows(self, session: str) -> bool:
        """Whether a session is one of ours and not older than a shift."""
        since_s = self._now_s() - SESSION_S
        known = [
            hmac.compare_digest(session.encode(), token.encode())
            for at_s, token in self._sessions
            if at_s > since_s
        ]
        return any(known)
