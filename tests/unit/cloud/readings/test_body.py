"""Reading bodies that stream."""

import asyncio
import gzip
import zlib

import pytest

from cloud.problems import Malformed, TooLarge, WrongMediaType
from cloud.readings.body import read_body


def read(parts, encoding="", max_bytes=1000):
    async def stream():
        for part in parts:
            yield part

    return asyncio.run(read_body(stream(), encoding, max_bytes))


def one_by_one(data):
    return [data[place : place + 1] for place in range(len(data))]


def test_parts_become_one_body():
    assert read([b"ab", b"", b"c"]) == b"abc"


def test_gzip_may_arrive_byte_by_byte():
    assert read(one_by_one(gzip.compress(b"hello" * 10)), "gzip") == b"hello" * 10


def test_exactly_the_limit_is_read():
    assert len(read([b"x" * 1000])) == 1000
    assert len(read([gzip.compress(b"x" * 1000)], "gzip")) == 1000


@pytest.mark.parametrize("size", [1001, 5_000_000])
def test_one_more_is_too_large(size):
    with pytest.raises(TooLarge):
        read([b"x" * size])
    with pytest.raises(TooLarge):
        read([gzip.compress(b"x" * size)], "gzip")
    with pytest.raises(TooLarge):
        read(one_by_one(gzip.compress(b"x" * size)), "gzip")


def test_an_endless_body_is_not_read_to_its_end():
    def endless():
        while True:
            yield b"x" * 100

    with pytest.raises(TooLarge):
        read(endless())


def test_an_endless_gzip_stream_of_nothing_is_not_read_to_its_end():
    def endless():
        squeeze = zlib.compressobj(wbits=31)
        while True:
            yield squeeze.compress(b"") + squeeze.flush(zlib.Z_FULL_FLUSH)

    with pytest.raises(TooLarge):
        read(endless(), "gzip")


@pytest.mark.parametrize(
    "body",
    [b"plain", gzip.compress(b"a")[:-1], gzip.compress(b"a") + b"b", b""],
    ids=["no gzip", "cut short", "with more behind", "nothing"],
)
def test_a_broken_stream_is_malformed(body):
    with pytest.raises(Malformed):
        read([body], "gzip")


def test_other_encodings_are_not_known():
    with pytest.raises(WrongMediaType, match="the encoding 'br' is not known here"):
        read([b""], "br")
