"""The operator's words for gateways: claims, commands, settings, and a self-signed certificate."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cloud.identity.certificates import DEFAULT_DAYS, fingerprint_of, make_certificate
from cloud.identity.schemas import Claim, ClaimState
from cloud.problems import NotFound
from cloud.services import Services
from contract.commands import CalibrateDeed, CommandKind, RemoteSettings
from contract.identity import claim_link

Run = Callable[[Services, argparse.Namespace], Awaitable[None]]
LOOK_EVERY_S = 1.0


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `claim`, `command`, `result` and `settings`; each sets `run`."""
    claim = _add(commands, "claim", _claim, "make a code that lets a gateway in: once, within 15 minutes")
    claim.add_argument("site")
    claim.add_argument("--gateway", help="only this one; needed where it has a key already, which then ends")
    claim.add_argument("--no-wait", action="store_true", help="do not wait until a gateway has used it")
    command = _add(commands, "command", _command, "ask a gateway for something, and wait for its answer")
    command.add_argument("gateway")
    command.add_argument("kind", choices=[kind.value for kind in CommandKind])
    command.add_argument("--slot", help="of `tare` and `calibrate`: the slot whose scale it is")
    command.add_argument("--deed", choices=tuple(CalibrateDeed), help="of `calibrate`: what is done next")
    command.add_argument(
        "--weight", type=float, metavar="G", help="of `calibrate --deed begin`: known, grams"
    )
    command.add_argument("--seconds", type=float, default=20, help="of `identify`: how long to blink")
    result = _add(commands, "result", _result, "print what a command brought (diagnostics)")
    result.add_argument("command_id")
    settings = _add(commands, "settings", _settings, "say how a gateway should be set")
    settings.add_argument("gateway")
    for name, field in RemoteSettings.model_fields.items():
        kind = str if name == "log_level" else float
        settings.add_argument(f"--{name.replace('_', '-')}", type=kind, default=field.default)


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, run: Run, words: str
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=words, description=words)
    added.set_defaults(run=run)
    return added


async def _claim(services: Services, options: argparse.Namespace) -> None:
    claim = await services.identity.make_claim(options.site, options.gateway)
    assert claim.code is not None
    cloud_url = options.settings.public_url or "https://YOUR.CLOUD"
    whom = options.gateway or f"a gateway of {options.site} that has no key yet"
    _say(f"{claim.code}   lets in {whom}, once, for {claim.left_s / 60:.0f} minutes")
    _say(f"On the gateway: python -m edge enrol --cloud {cloud_url} --token {claim.code}")
    if options.settings.public_url:
        _say(f"As a picture:   {claim_link(cloud_url, claim.code)}")
    if not options.no_wait:
        await _wait_for(services, claim)


async def _wait_for(services: Services, claim: Claim) -> None:
    _say("Waiting ... (Ctrl-C stops waiting, not the claim)")
    while claim.state is ClaimState.WAITING:
        await asyncio.sleep(LOOK_EVERY_S)
        claim = await services.identity.claim(claim.claim_no)
    if claim.state is ClaimState.EXPIRED:
        raise NotFound("No gateway came within 15 minutes. Make another claim when somebody stands there.")
    _say(f"Gateway {claim.enrolled_id} is enrolled.")


async def _command(services: Services, options: argparse.Namespace) -> None:
    arguments = {"slot": options.slot, "seconds": options.seconds}
    arguments |= {"deed": options.deed, "weight_g": options.weight}
    kind = CommandKind(options.kind)
    command_id = await services.commands.ask(options.gateway, kind, arguments)
    speaker = await services.gateways.known(options.gateway)
    assert speaker is not None
    shown = None
    while True:
        lines = (await services.commands.of_site(speaker.site_id, 50)).get(options.gateway, [])
        line = next((each for each in lines if each.command_id == command_id), None)
        if line is not None and line.state is not shown:
            shown = line.state
            _say(f"{line.age_s:6.1f} s  {line.state.value}{f': {line.detail}' if line.detail else ''}")
        if line is None or line.took_s is not None or line.state.value == "expired":
            break
        await asyncio.sleep(0.2)
    if line is not None and line.has_result:
        _say(await services.commands.result(command_id))


async def _result(services: Services, options: argparse.Namespace) -> None:
    _say(await services.commands.result(options.command_id))


async def _settings(services: Services, options: argparse.Namespace) -> None:
    wanted = {name: getattr(options, name) for name in RemoteSettings.model_fields}
    version = await services.commands.want(options.gateway, RemoteSettings.model_validate(wanted))
    _say(
        f"Version {version} of the settings waits for {options.gateway}; what is not named is its own choice."
    )


def main(words: Sequence[str] | None = None) -> int:
    """Make a self-signed certificate: python -m cloud certificate FOLDER NAME ..."""
    parser = argparse.ArgumentParser(
        prog="python -m cloud certificate",
        description="Make a self-signed certificate for a cloud without a public name. Gateways that enrol "
        "with a claim pin it; browsers will warn.",
    )
    parser.add_argument("folder", type=Path, help="where cloud.pem and cloud.key go")
    parser.add_argument("names", nargs="+", help="names and addresses under which the cloud is reached")
    parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help="how long it holds (%(default)s)")
    options = parser.parse_args(words)
    try:
        public = make_certificate(options.folder, options.names, datetime.now(UTC), options.days)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _say(f"{public}\nSHA-256 {fingerprint_of(public)}")
    _say(f"BARBACK_CLOUD_TLS_CERT_FILE={public} BARBACK_CLOUD_TLS_KEY_FILE={public.with_name('cloud.key')}")
    return 0


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
