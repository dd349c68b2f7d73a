"""The cloud's commands. Faults are sentences on stderr, and the exit status is 1.

serve, work, migrate and admin need settings and a database; forecast and order work on a file alone. The web
server and the solvers are imported by the commands that use them, so that the others start fast.
"""

import argparse
import asyncio
import base64
import binascii
import logging
import sys
import tomllib
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path

import psycopg
from pydantic import ValidationError

from cloud.assembly import build_services, open_database
from cloud.clock import Clock
from cloud.db.migrate import MigrationError, Phase, migrate
from cloud.db.policies import Policies, apply_policies
from cloud.demand_commands import DEMAND_COMMANDS
from cloud.identity.command import add_commands
from cloud.orders.command import add_order_commands
from cloud.problems import CloudProblem, Malformed
from cloud.services import Services
from cloud.settings import Settings, SettingsError, read_settings
from contract.layout import SiteLayout

FILE_COMMANDS = {
    "forecast": ("cloud.forecasting.command", "try forecasting methods on a file of your own sales"),
    "certificate": ("cloud.identity.command", "make a self-signed certificate for a cloud without a name"),
    "order": ("cloud.ordering.command", "plan the orders of a file, with reasons"),
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    words = sys.argv[1:] if words is None else list(words)
    if words and words[0] in FILE_COMMANDS:
        run_on_file: Callable[[Sequence[str]], int] = import_module(FILE_COMMANDS[words[0]][0]).main
        return run_on_file(words[1:])
    options = _parser().parse_args(words)
    try:
        settings = read_settings()
        logging.basicConfig(
            level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
        )
        command: Callable[[Settings, argparse.Namespace], None] = options.command
        command(settings, options)
    except (SettingsError, MigrationError, CloudProblem, OSError) as error:
        _complain(str(error))
        return 1
    except psycopg.OperationalError as error:
        _complain(
            f"The database cannot be reached: {str(error).strip()}\nIs BARBACK_CLOUD_DATABASE_URL right?"
        )
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cloud", description="Barback's cloud.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="answer gateways and people")
    serve.set_defaults(command=_serve)
    _add_work(commands.add_parser("work", help="do the jobs that wait: forecasts, orders, housekeeping"))
    migrations = commands.add_parser("migrate", help="bring the database to the newest schema")
    migrations.add_argument(
        "--phase", choices=("pre", "post"), help="only before, or only after, a deployment"
    )
    migrations.set_defaults(command=_migrate)
    house = commands.add_parser("housekeep", help="take away what is older than wanted, now")
    house.set_defaults(run=_housekeep, command=_with_services)
    for name, (_, help_words) in FILE_COMMANDS.items():
        commands.add_parser(name, help=help_words)
    _add_admin(commands.add_parser("admin", help="sites, gateways and their keys, sales, events, jobs"))
    return parser


def _add_work(work: argparse.ArgumentParser) -> None:
    work.add_argument("--queue", action="append", help="only jobs of this queue; may be given several times")
    work.add_argument("--concurrency", type=int, default=1, help="jobs at a time in this process (1)")
    work.add_argument("--until-idle", action="store_true", help="end when nothing is left that may begin now")
    work.set_defaults(command=_work)


def _add_admin(admin: argparse.ArgumentParser) -> None:
    commands = admin.add_subparsers(required=True, metavar="WHAT")
    for name, run, arguments, words in (
        ("import-site", _import_site, ("file",), "bring a site to its layout (TOML, docs/layout.md)"),
        ("register-gateway", _register, ("site", "gateway", "public_key"), "let a gateway speak with a key"),
        ("revoke-gateway", _revoke, ("gateway",), "take back every key of a gateway"),
        ("layout", _layout, ("gateway",), "print a gateway's part of its site's layout, JSON"),
        ("gateways", _gateways, ("site",), "print how a site's gateways are"),
        ("quarantine", _quarantine, ("gateway",), "print the newest records that could not be stored"),
    ):
        command = commands.add_parser(name, help=words, description=words)
        for argument in arguments:
            command.add_argument(argument)
        command.set_defaults(run=run)
    for name, act, describe, words in DEMAND_COMMANDS:
        command = commands.add_parser(name, help=words, description=words)
        describe(command)
        command.set_defaults(run=act)
    add_commands(commands)
    add_order_commands(commands)
    for command in commands.choices.values():
        command.set_defaults(command=_with_services)


def _with_services(settings: Settings, options: argparse.Namespace) -> None:
    """Run a command that works through the services."""
    run: Callable[[Services, argparse.Namespace], Awaitable[None]] = options.run
    options.settings = settings

    async def connected() -> None:
        database = open_database(settings)
        await database.open()
        try:
            await run(build_services(settings, database, Clock(settings.bartime)), options)
        finally:
            await database.close()

    asyncio.run(connected())


def _serve(settings: Settings, _options: argparse.Namespace) -> None:
    from cloud.serving import serve  # noqa: PLC0415

    serve(settings)


def _work(settings: Settings, options: argparse.Namespace) -> None:
    from cloud.jobs.command import work  # noqa: PLC0415

    asyncio.run(work(settings, options.queue, options.concurrency, until_idle=options.until_idle))


def _migrate(settings: Settings, options: argparse.Namespace) -> None:
    phases: tuple[Phase, ...] = (options.phase,) if options.phase else ("pre", "post")
    url = settings.database_url.get_secret_value()
    migrate(url, phases=phases, say=_say)
    days = (settings.compress_after_days, settings.readings_kept_days, settings.health_kept_days)
    apply_policies(url, Policies(*days), say=_say)


async def _housekeep(services: Services, _options: argparse.Namespace) -> None:
    dropped = await services.housekeeping.keep_house()
    lines = [f"{name.removeprefix('drop_').replace('_', ' ')}: {count:,}" for name, count in dropped.items()]
    _say("\n".join(lines) or "There was nothing to take away.")


async def _import_site(services: Services, options: argparse.Namespace) -> None:
    layout = _read_layout(Path(options.file))
    changes = await services.sites.import_layout(layout)
    _say("\n".join(changes) or f"Site {layout.id} is already as the file says.")


async def _register(services: Services, options: argparse.Namespace) -> None:
    try:
        public_key = base64.b64decode(options.public_key, validate=True)
    except binascii.Error:
        raise Malformed("the public key is not base64; copy the line of `python -m edge identity`") from None
    await services.gateways.register(options.site, options.gateway, public_key)
    _say(f"Gateway {options.gateway} of {options.site} may speak with this key.")


async def _revoke(services: Services, options: argparse.Namespace) -> None:
    count = await services.gateways.revoke(options.gateway)
    _say(f"{count} keys of {options.gateway} are revoked; running processes forget them at once.")


async def _layout(services: Services, options: argparse.Namespace) -> None:
    _say((await services.sites.layout_for(options.gateway)).model_dump_json())


async def _gateways(services: Services, options: argparse.Namespace) -> None:
    await services.sites.site(options.site)
    for state in await services.gateways.gateways(options.site):
        seen = f"seen {state.seen_at:%Y-%m-%d %H:%M:%S} UTC" if state.seen_at else "never seen"
        _say(f"{state.gateway_id}: {seen}, {state.outbox_waiting} waiting, {state.quarantined} in quarantine")
        for reason, count in state.refused.items():
            _say(f"  refused {count}: {reason}")


async def _quarantine(services: Services, options: argparse.Namespace) -> None:
    for bad in await services.gateways.quarantined(options.gateway):
        _say(f"{bad.received_at:%Y-%m-%d %H:%M:%S} {bad.lane} {bad.seq}: {bad.reason}\n  {bad.record}")


def _read_layout(file: Path) -> SiteLayout:
    try:
        return SiteLayout.model_validate(tomllib.loads(file.read_text()))
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"{file} is not TOML: {error}") from None
    except ValidationError as error:
        faults = "\n".join(
            f"  {'.'.join(str(part) for part in each['loc']) or 'layout'}: {each['msg']}"
            for each in error.errors(include_url=False)
        )
        raise Malformed(f"{file} is not a layout:\n{faults}") from None


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")


def _complain(words: str) -> None:
    sys.stderr.write(words + "\n")


if __name__ == "__main__":
    sys.exit(main())
