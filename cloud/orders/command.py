"""The admin commands of suppliers and orders: their words, what they run, and how it is printed."""

import argparse
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from cloud.problems import Malformed
from cloud.services import Services
from cloud.suppliers.price_list import MAX_BYTES

Run = Callable[[Services, argparse.Namespace], Awaitable[None]]


def add_order_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add them beside the other admin commands."""
    read = _command(
        commands, "import-prices", _import_prices, "say what a CSV of prices or terms would change"
    )
    read.add_argument("file", type=Path, help="UTF-8 CSV, as docs/ordering.md shows it")
    read.add_argument("--apply", action="store_true", help="change it; without, nothing is changed")
    _command(commands, "plan-orders", _plan, "plan a site's orders now and print what is due")
    again = _command(
        commands, "repeat-plan", _repeat, "make a kept plan again from what was kept, and compare"
    )
    again.add_argument("plan", type=int, nargs="?", help="its number; without, the newest")


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Run,
    words: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=words, description=words)
    command.add_argument("site")
    command.set_defaults(run=run)
    return command


async def _import_prices(services: Services, options: argparse.Namespace) -> None:
    if options.file.stat().st_size > MAX_BYTES:
        raise Malformed(f"{options.file} is over {MAX_BYTES // 1024 // 1024} MiB; split it by supplier")
    try:
        text = options.file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed(f"{options.file} is not UTF-8; save it as CSV UTF-8") from None
    preview = await services.suppliers.import_list(options.site, text, apply=options.apply)
    _say(*preview.changes)
    if preview.unchanged:
        _say(f"{preview.unchanged} lines are already so.")
    if preview.faults:
        _say("Left out:", *(f"  {fault}" for fault in preview.faults))
    if preview.unmatched:
        _say("Kept, but not ordered:", *(f"  {sentence}" for sentence in preview.unmatched))
    if preview.is_done:
        _say("Done.")
    elif preview.changes:
        _say("Nothing is changed yet; repeat it with --apply.")


async def _plan(services: Services, options: argparse.Namespace) -> None:
    kept = await services.orders.make(options.site)
    said = kept.suggestion
    _say(f"Plan {kept.plan_no}: cost {said.cost:,.2f} over {said.days} days, by par {said.par_cost:,.2f}")
    for order in said.orders:
        due = f"by {order.cut_off:%H:%M} today" if order.is_due else f"on {order.order_on:%a %d %b}"
        _say(f"{order.supplier}, order {due}, comes {order.arrives_on:%a %d %b}: {order.money:,.2f}")
        for line in order.lines if order.is_due else ():
            _say(f"  {line.cases} x {line.pack_units} {line.product}: {line.money:,.2f}")
            _say(*(f"      {sentence}" for sentence in line.sentences))
    _say(*said.notes)


async def _repeat(services: Services, options: argparse.Namespace) -> None:
    number = options.plan
    if number is None:
        kept = await services.orders.latest(options.site)
        if kept is None:
            raise Malformed(f"there is no plan for {options.site!r} yet")
        number = kept.plan_no
    again = await services.orders.repeat(options.site, number)
    if not again.is_same:
        raise Malformed(
            f"plan {number} was {again.kept} and is now {again.again}: other code made it (see its software)"
        )
    _say(f"Plan {number} made again from what was kept: {again.lines} lines, the same to the last bit.")


def _say(*words: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in words))
