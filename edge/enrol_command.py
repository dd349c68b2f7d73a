"""`enrol` and `rotate-key`: how a gateway becomes known to its cloud, and stays so under a new key.

`enrol` needs no configuration: what it does not find, it writes, so that `run` has all it needs.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

import httpx

from contract.identity import ClaimCode, parse_claim
from contract.layout import SiteLayout
from edge.clock import process_clock, steady_s
from edge.settings import PREFIX, Settings, SettingsError, load
from edge.uplink.enrolling import Candidate, EnrolmentError, enrol, keep
from edge.uplink.session import Session
from edge.uplink.signing import KeyOnDisk, key_path
from edge.uplink.tls import trust

DEFAULT_CONFIG = Path("/etc/barback/gateway.toml")
DEFAULT_DATA_DIR = Path("/var/lib/barback")


def add_enrol(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `enrol`."""
    words = "let the cloud know this gateway, with the code of a claim; then it can run"
    sub = commands.add_parser("enrol", help=words, description=words)
    sub.add_argument(
        "--token", required=True, metavar="CODE", help="the claim: 16 letters and digits, or its link"
    )
    sub.add_argument(
        "--cloud", metavar="URL", help="the cloud's address; not needed with a link or a configuration"
    )
    sub.add_argument(
        "--gateway", metavar="NAME", help="name in the layout; not needed if the claim is made for it"
    )
    sub.add_argument(
        "--config",
        type=Path,
        help=f"TOML file of settings, written if it is not there (default {DEFAULT_CONFIG})",
    )
    sub.add_argument(
        "--data-dir", type=Path, help=f"for a configuration that is written ({DEFAULT_DATA_DIR})"
    )
    sub.set_defaults(command=_enrol)


def add_rotate(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", configured: argparse.ArgumentParser
) -> None:
    """Add `rotate-key`."""
    words = "put a new key in the place of this gateway's, signed in by the old one"
    sub = commands.add_parser("rotate-key", help=words, description=words, parents=[configured])
    sub.set_defaults(command=_rotate)


def _enrol(options: argparse.Namespace) -> int:
    code, linked = parse_claim(options.token)
    settings, config = _settings(options.config)
    if settings is None:
        return _first(options, code, linked, config)
    cloud_url = options.cloud or linked or settings.cloud_url
    if options.gateway not in {None, settings.gateway_id}:
        raise EnrolmentError(f"this gateway is configured as {settings.gateway_id}, not {options.gateway}")
    who = Candidate(settings.gateway_id, _site_of(settings.layout_file))
    told = _exchange(cloud_url, code, settings.data_dir, settings.layout_file, who, settings.cloud_ca_file)
    if cloud_url != settings.cloud_url:
        _say(f"Set cloud_url to {cloud_url} in the configuration: it says {settings.cloud_url}.")
    _say(f"Enrolled as {told}. Start it, or let it run on: python -m edge run")
    return 0


def _first(options: argparse.Namespace, code: ClaimCode, linked: str | None, config: Path) -> int:
    """Enrol a machine that has no configuration yet, and write one."""
    cloud_url = (options.cloud or linked or "").rstrip("/")
    if not cloud_url:
        raise EnrolmentError("say where the cloud is: --cloud https://barback.example")
    data_dir = (options.data_dir or DEFAULT_DATA_DIR).resolve()
    layout_file = data_dir / "layout.json"
    who = Candidate(options.gateway, None)
    gateway_id = _exchange(cloud_url, code, data_dir, layout_file, who, None)
    config.parent.mkdir(parents=True, exist_ok=True)
    values = {
        "gateway_id": gateway_id,
        "cloud_url": cloud_url,
        "data_dir": data_dir,
        "layout_file": layout_file,
    }
    lines = [f"{name} = {json.dumps(str(value))}" for name, value in values.items()]
    config.write_text("\n".join(["# docs/gateway.md describes every setting.", *lines, ""]))
    _say(f"Enrolled as {gateway_id}. Wrote {config}. Next: python -m edge run --config {config}")
    return 0


def _exchange(  # noqa: PLR0917 - the command line's own values
    cloud_url: str, code: ClaimCode, data_dir: Path, layout_file: Path, who: Candidate, ca_file: Path | None
) -> str:
    key = KeyOnDisk(key_path(data_dir))
    context = trust(data_dir / "no-pin-yet", ca_file, believes_clock=process_clock().is_synced())
    answer, pem = asyncio.run(enrol(cloud_url, code, key, who, context))
    keep(data_dir, layout_file, cloud_url, answer, pem)
    if pem is not None:
        _say(f"No authority vouches for {cloud_url}; its certificate knew the claim and is pinned.")
    elif not cloud_url.startswith("https://"):
        _say(f"{cloud_url} has no TLS: batches are signed, but who listens can read them.")
    return answer.gateway_id


def _rotate(options: argparse.Namespace) -> int:
    settings = load(options.config)
    problem = asyncio.run(_rotated(settings))
    if problem is not None:
        raise EnrolmentError(f"the key stays as it is: {problem}")
    _say(
        "A new key signs from now on; the old one counts for a day more. A running gateway follows by itself."
    )
    return 0


async def _rotated(settings: Settings) -> str | None:
    clock = process_clock(trust_host=settings.trust_host_clock)
    context = trust(settings.data_dir, settings.cloud_ca_file, believes_clock=clock.is_synced())
    key = KeyOnDisk(key_path(settings.data_dir))
    async with httpx.AsyncClient(base_url=settings.cloud_url, verify=context) as http:
        return await Session(http, settings.gateway_id, key, steady_s).rotate_key()


def _settings(config: Path | None) -> tuple[Settings | None, Path]:
    """Return the settings where there are any, and where a configuration is or should be."""
    path = config or DEFAULT_CONFIG
    is_set = any(name.upper().startswith(PREFIX) for name in os.environ)
    if path.exists() or is_set:
        return load(path if path.exists() else None), path
    if config is None and not os.access(_existing(path.parent), os.W_OK):
        raise SettingsError(f"{path} cannot be written by this user: use sudo, or say where with --config")
    return None, path


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _site_of(layout_file: Path) -> str | None:
    """The site of a layout that is here already; None without one."""
    try:
        return SiteLayout.model_validate_json(layout_file.read_bytes()).id
    except (OSError, ValueError):
        return None


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
