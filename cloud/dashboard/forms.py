"""Reads what a page's form sends: fields of a URL-encoded body, bounded, and only from our own pages."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from fastapi import Request

from cloud.problems import Forbidden, Malformed, TooLarge

MAX_FIELDS = 6_000

Fields = Mapping[str, list[str]]


def must_be_ours(request: Request) -> None:
    """Let only our own pages change something: browsers name the origin of every POST. Raises Forbidden."""
    origin = request.headers.get("origin")
    is_ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not is_ours or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("this form comes from another site; use the page of this one")


async def form_fields(request: Request, max_bytes: int) -> Fields:
    """The fields of the request's body, each with all its values. Raises Forbidden, TooLarge, Malformed."""
    must_be_ours(request)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > max_bytes:
            raise TooLarge(f"a form is at most {max_bytes // 1024} KiB")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Malformed("the form cannot be read; load the page again") from None


def last(fields: Fields, name: str) -> str:
    """The last value of a field, "" where it is not there."""
    return fields.get(name, [""])[-1]


def whole_numbers(fields: Fields, prefix: str) -> dict[str, int]:
    """The fields that begin with `prefix` as whole numbers of 0 or more. Raises Malformed."""
    numbers = {}
    for name, values in fields.items():
        if not name.startswith(prefix):
            continue
        text = values[-1].strip() or "0"
        if not text.isdecimal() or len(text) > 6:
            raise Malformed(f"{text[:20]!r} is no number of cases; give a whole number from 0")
        numbers[name.removeprefix(prefix)] = int(text)
    return numbers
