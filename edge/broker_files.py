"""Mosquitto's configuration for a shelf: a password and topics for each node, its name as client id.

The files are made whole from nodes.json, which holds hashes, never passwords. Format of the hash: Mosquitto's
own `$7$`, PBKDF2 with HMAC-SHA512 (mosquitto_passwd 2.0). Pure text but for the four files.
"""

import grp
import hashlib
import os
import secrets
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from contract.base import Slug
from contract.topics import frame_topic, site_filter, status_topic

BOOK_NAME, CONFIG_NAME, PASSWORD_NAME, ACL_NAME = "nodes.json", "barback.conf", "passwords", "acl"
MOSQUITTO_GROUP = "mosquitto"
MAX_USERS = 256
ITERATIONS = 20_000
"""About 20 ms of a Pi for each connection; a password of 120 random bits needs no more."""
PASSWORD_BYTES, SALT_BYTES, HASH_BYTES = 15, 12, 64
GATEWAY_PORT = 1880
"""Of the listener on the loopback, for this machine's own gateway: its client id is not bound, so that
`selftest` does not take the place of a gateway that runs."""
MAX_MESSAGE_BYTES = 65_536


class User(BaseModel):
    """One user: a node (prefix: of its ESPHome topics, if it speaks those) or a gateway that listens."""

    hash: str
    listens: bool = False
    prefix: Annotated[str, Field(pattern=r"^[^/#+\s][^#+\s]{0,127}$")] | None = None


class Listener(BaseModel):
    """Where nodes connect; with a certificate, over TLS."""

    address: str = "0.0.0.0"  # noqa: S104 - shelf nodes are elsewhere
    port: Annotated[int, Field(ge=1, le=65_535)] = 1883
    gateway_port: Annotated[int, Field(ge=1, le=65_535)] = GATEWAY_PORT
    certificate: Path | None = None
    key: Path | None = None


class Book(BaseModel):
    """Who may connect to one shelf's broker."""

    site_id: Slug
    listener: Listener = Listener()
    users: Annotated[dict[Slug, User], Field(max_length=MAX_USERS)] = {}


class BrokerError(ValueError):
    """The broker's files cannot be used; the message says what to do."""


class BrokerFiles:
    """The four files of one broker in one directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self) -> Book:
        """Return who may connect. Raises BrokerError."""
        path = self.folder / BOOK_NAME
        try:
            return Book.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise BrokerError(f"{path} is not there: begin with `python -m edge broker setup`") from None
        except (OSError, ValidationError) as error:
            raise BrokerError(f"{path} cannot be read ({error}): move it away, and set up anew") from None

    def write(self, book: Book) -> None:
        """Write all four. Mosquitto reads passwords and ACL anew on SIGHUP. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._replace(BOOK_NAME, book.model_dump_json(indent=1), 0o600)
        self._replace(PASSWORD_NAME, passwords(book), 0o640)
        self._replace(ACL_NAME, acl(book), 0o640)
        self._replace(CONFIG_NAME, config(book, self.folder), 0o644)

    def _replace(self, name: str, text: str, mode: int) -> None:
        """Replace a file at once; Mosquitto's group may read it."""
        path = self.folder / name
        fresh = self.folder / f".{name}.new"
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=mode)
        fresh.write_text(text)
        with suppress(KeyError, PermissionError):  # no Mosquitto here, or not root: then its owner sees to it
            os.chown(fresh, -1, grp.getgrnam(MOSQUITTO_GROUP).gr_gid)
        fresh.replace(path)


def new_password() -> str:
    """Return a password nobody has to remember: 20 letters, 120 random bits."""
    return b64encode(secrets.token_bytes(PASSWORD_BYTES), altchars=b"-_").decode()


def hashed(password: str, salt: bytes | None = None) -> str:
    """Return a password as Mosquitto keeps it."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, HASH_BYTES)
    return f"$7${ITERATIONS}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def passwords(book: Book) -> str:
    """Return the password file."""
    return "".join(f"{name}:{user.hash}\n" for name, user in sorted(book.users.items()))


def acl(book: Book) -> str:
    """Return who may say and hear what; what is not named is refused."""
    lines = ["# Written by `python -m edge broker`; changes are overwritten."]
    prefixes = sorted(user.prefix for user in book.users.values() if user.prefix)
    for name, user in sorted(book.users.items()):
        lines += ["", f"user {name}"]
        if user.listens:
            lines += [f"topic read {site_filter(book.site_id)}", *(f"topic read {one}/#" for one in prefixes)]
            continue
        lines += [f"topic write {topic(book.site_id, name)}" for topic in (frame_topic, status_topic)]
        if user.prefix:
            lines.append(f"topic readwrite {user.prefix}/#")
    return "\n".join([*lines, ""])


def config(book: Book, folder: Path) -> str:
    """Return Mosquitto's configuration: one listener for nodes, one on the loopback for the gateway."""
    listener = book.listener
    lines = [
        "# Written by `python -m edge broker`; changes are overwritten.",
        "per_listener_settings false",
        "allow_anonymous false",
        f"password_file {folder / PASSWORD_NAME}",
        f"acl_file {folder / ACL_NAME}",
        "persistence false",
        f"message_size_limit {MAX_MESSAGE_BYTES}",
        "max_queued_messages 1000",
        "max_inflight_messages 20",
        "",
        f"listener {listener.port} {listener.address}",
        "use_username_as_clientid true",
        f"max_connections {2 * MAX_USERS}",
    ]
    if listener.certificate is not None:
        lines += [f"certfile {listener.certificate}", f"keyfile {listener.key}", "tls_version tlsv1.2"]
    return "\n".join([*lines, "", f"listener {listener.gateway_port} 127.0.0.1", ""])
