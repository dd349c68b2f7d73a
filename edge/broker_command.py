"""`broker`: who may connect to the shelf's broker, and as whom. Passwords are shown once, when made."""

import argparse
import sys
from pathlib import Path

from contract.layout import SiteLayout
from edge.broker_files import (
    CONFIG_NAME,
    Book,
    BrokerError,
    BrokerFiles,
    Listener,
    User,
    hashed,
    new_password,
)
from edge.settings import load

DEFAULT_FOLDER = Path("/etc/mosquitto/barback")
RELOAD = "Then: systemctl reload mosquitto"


def add_broker(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", configured: argparse.ArgumentParser
) -> None:
    """Add `broker` with `setup`, `add`, `remove` and `list`."""
    words = "write Mosquitto's configuration: a password and topics of its own for each shelf node"
    broker = commands.add_parser("broker", help=words, description=words)
    inner = broker.add_subparsers(required=True, metavar="WHAT")
    setup = _add(inner, configured, "setup", _setup, "begin: the listener, and a password for this gateway")
    setup.add_argument("--port", type=int, default=1883, help="where nodes connect (default 1883)")
    setup.add_argument("--address", default="0.0.0.0", help="address to listen on (default: all)")  # noqa: S104
    setup.add_argument("--certificate", type=Path, help="PEM of the broker's certificate: nodes then use TLS")
    setup.add_argument("--key", type=Path, help="PEM of that certificate's key")
    add = _add(inner, configured, "add", _add_user, "let a node in, or give it a new password")
    add.add_argument("node", help="name of the node in the layout, or of another gateway with --listens")
    add.add_argument("--prefix", help="of an ESPHome node: the prefix of its topics")
    add.add_argument("--listens", action="store_true", help="another gateway that reads this shelf")
    remove = _add(inner, configured, "remove", _remove, "let a node in no longer")
    remove.add_argument("node")
    _add(inner, configured, "list", _list, "show who may connect")


def _add(
    inner: "argparse._SubParsersAction[argparse.ArgumentParser]",
    configured: argparse.ArgumentParser,
    name: str,
    run: object,
    words: str,
) -> argparse.ArgumentParser:
    added = inner.add_parser(name, help=words, description=words, parents=[configured])
    added.add_argument(
        "--dir", type=Path, default=DEFAULT_FOLDER, help=f"directory of the files ({DEFAULT_FOLDER})"
    )
    added.set_defaults(command=run)
    return added


def _setup(options: argparse.Namespace) -> int:
    if (options.certificate is None) != (options.key is None):
        raise BrokerError("--certificate and --key go together")
    settings = load(options.config)
    files, password = BrokerFiles(options.dir.resolve()), new_password()
    listener = Listener(
        address=options.address, port=options.port, certificate=options.certificate, key=options.key
    )
    try:
        users = files.read().users
    except BrokerError:
        users = {}
    users[settings.gateway_id] = User(hash=hashed(password), listens=True)
    files.write(Book(site_id=_layout(settings.layout_file).id, listener=listener, users=users))
    _say(f'broker_port = {listener.gateway_port}\nbroker_user = "{settings.gateway_id}"')
    _say(f'broker_password = "{password}"')
    _say(
        "\nPut these three lines into the gateway's configuration. Let Mosquitto read its own:\n"
        f"ln -s {files.folder / CONFIG_NAME} /etc/mosquitto/conf.d/ && systemctl restart mosquitto"
    )
    return 0


def _add_user(options: argparse.Namespace) -> int:
    files = BrokerFiles(options.dir.resolve())
    book, password = files.read(), new_password()
    known = {s.node for shelf in _layout(load(options.config).layout_file).shelves for s in shelf.scales}
    if options.node not in known and not options.listens:
        raise BrokerError(f"the layout has no node {options.node}; it has {', '.join(sorted(known))}")
    users = {
        **book.users,
        options.node: User(hash=hashed(password), listens=options.listens, prefix=options.prefix),
    }
    files.write(Book(site_id=book.site_id, listener=book.listener, users=users))
    _say(f"user      {options.node}\nclient id {options.node}\npassword  {password}")
    _say(f"It is shown only now; write it into the node. {RELOAD}")
    return 0


def _remove(options: argparse.Namespace) -> int:
    files = BrokerFiles(options.dir.resolve())
    book = files.read()
    if options.node not in book.users:
        raise BrokerError(f"{options.node} is not let in anyway; let in are {', '.join(sorted(book.users))}")
    users = {name: user for name, user in book.users.items() if name != options.node}
    files.write(Book(site_id=book.site_id, listener=book.listener, users=users))
    _say(f"{options.node} goes. Then: systemctl restart mosquitto (a reload would leave it connected)")
    return 0


def _list(options: argparse.Namespace) -> int:
    book = BrokerFiles(options.dir.resolve()).read()
    for name, user in sorted(book.users.items()):
        what = (
            "listens"
            if user.listens
            else f"speaks as {name}{f' and under {user.prefix}/' if user.prefix else ''}"
        )
        _say(f"{name:<24} {what}")
    return 0


def _layout(path: Path) -> SiteLayout:
    try:
        return SiteLayout.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        raise BrokerError(
            f"{path} is no layout: enrol the gateway first, it brings its layout along"
        ) from None


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
