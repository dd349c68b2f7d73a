"""The HTTP connections to the cloud: kept alive, never trusted to be. Owns sockets' options and timeouts.

A half-open link (the other end is gone and nobody said so) takes our bytes and never answers: the kernel
gives up on unacknowledged bytes after USER_TIMEOUT_MS, on a silent connection after three keep-alive
probes, and httpx on an answer after READ_S. Whichever comes first, the connection is closed and the next
request opens a new one.
"""

import socket
import ssl
from urllib.request import getproxies

import httpx

CONNECT_S = 10.0
READ_S = 20.0
"""From the last byte sent to the first of the answer, and between bytes of it."""
WRITE_S = 20.0
"""For one piece of the body: at 64 kbit/s that is 160 kB."""
POOL_S = 5.0
USER_TIMEOUT_MS = 15_000
KEEPALIVE_EXPIRY_S = 60.0
"""Under the cloud's own 75 s, so that it is us who close."""
MAX_CONNECTIONS = 6
LIMITS = httpx.Limits(
    max_connections=MAX_CONNECTIONS,
    max_keepalive_connections=MAX_CONNECTIONS,
    keepalive_expiry=KEEPALIVE_EXPIRY_S,
)

Option = tuple[int, int, int]


def socket_options() -> list[Option]:
    """Return what this platform knows of keeping watch over a connection."""
    wanted = (
        (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
        (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 10),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 5),
        (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
        (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", USER_TIMEOUT_MS),
        (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    )
    return [
        (level, int(getattr(socket, name)), value) for level, name, value in wanted if hasattr(socket, name)
    ]


def http_transport(verify: ssl.SSLContext | bool = True) -> httpx.AsyncHTTPTransport:  # noqa: FBT001, FBT002
    """Return connections that are watched; verify is httpx's own word for whom to trust."""
    return httpx.AsyncHTTPTransport(verify=verify, limits=LIMITS, socket_options=socket_options())


def http_client(
    cloud_url: str,
    verify: ssl.SSLContext | bool,  # noqa: FBT001 - httpx's own word
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Return a client of one cloud; redirects are never followed (a captive portal's, mostly).

    Behind a proxy of the environment (HTTPS_PROXY) the sockets are the proxy's, and get no options.
    """
    if transport is None and not {"http", "https", "all"} & getproxies().keys():
        transport = http_transport(verify)
    return httpx.AsyncClient(
        base_url=cloud_url,
        timeout=httpx.Timeout(connect=CONNECT_S, read=READ_S, write=WRITE_S, pool=POOL_S),
        follow_redirects=False,
        limits=LIMITS,
        transport=transport,
        verify=verify,
        trust_env=True,
    )
