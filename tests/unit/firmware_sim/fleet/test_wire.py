"""A line to a server that answers, closes between two requests, or closes in the middle of an answer."""

import asyncio

import pytest

from firmware_sim.fleet.wire import Line

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
BUSY = b"HTTP/1.1 429 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"


class Server:
    """Answers each request of a connection with the next of its words; then it closes the connection."""

    def __init__(self, *connections):
        self.connections = list(connections)
        self.requests = []

    async def talk(self, reader, writer):
        for answer in self.connections.pop(0):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            self.requests.append(await reader.readexactly(length))
            writer.write(answer)
            await writer.drain()
        writer.close()


def posted(server, bodies, pause_s=0.0):
    async def run():
        async with await asyncio.start_server(server.talk, "127.0.0.1", 0) as listening:
            line = Line(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", 10)
            try:
                replies = []
                for body in bodies:
                    replies.append(await line.post("/", {"X": "1"}, body))
                    await asyncio.sleep(pause_s)
                return replies, line.opened
            finally:
                line.close()

    return asyncio.run(run())


def test_requests_share_a_connection():
    server = Server([OK, BUSY])
    (first, second), opened = posted(server, [b"a", b"bc"])
    assert (first.status, first.body, second.status, second.retry_after_s) == (200, b"ok", 429, 7.0)
    assert (server.requests, opened) == ([b"a", b"bc"], 1)


@pytest.mark.parametrize("pause_s", [0.0, 0.05])
def test_a_connection_that_was_closed_in_between_is_opened_anew(pause_s):
    replies, opened = posted(Server([OK], [OK]), [b"a", b"b"], pause_s)
    assert ([reply.status for reply in replies], opened) == ([200, 200], 2)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200", OK[:-1], b"nonsense\r\n\r\n"])
def test_a_first_answer_that_is_none_breaks(answer):
    with pytest.raises(OSError, match="answer"):
        posted(Server([answer]), [b"a"])
