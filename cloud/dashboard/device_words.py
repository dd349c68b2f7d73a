"""Sentences of the technician's pages. Pure."""

from datetime import datetime, timedelta

from cloud.commands.schemas import CommandLine
from cloud.gateways.schemas import GatewayState
from contract.commands import CommandState

BEHIND_AFTER = timedelta(minutes=2)
"""Records wait for their batch; older ones wait for the line."""
_ASKED = {
    "identify": "Find it",
    "tare": "Zero",
    "restart": "Restart",
    "diagnostics": "Diagnostics",
    "layout": "Layout",
    "rotate_key": "New key",
    "calibrate": "Calibrate",
}
_DEEDS = {"begin": "begin", "step": "step taken", "undo": "taken back", "drop": "let go"}
_STATES = {
    CommandState.WAITING: "waiting for the gateway",
    CommandState.SENT: "sent",
    CommandState.RECEIVED: "received, at work",
    CommandState.DONE: "done",
    CommandState.FAILED: "failed",
    CommandState.EXPIRED: "expired: the gateway did not ask for it in time",
}


def command_words(line: CommandLine) -> str:
    """What was asked, and of what."""
    place = line.arguments.get("slot") or line.arguments.get("scale")
    deed = _DEEDS.get(str(line.arguments.get("deed")), "")
    said = f"{_ASKED.get(line.kind, line.kind)}{f' {place}' if place else ''}"
    return f"{said}, {deed}" if deed else said


def detail_words(line: CommandLine) -> str:
    """How far it has come, and how long that took or has taken."""
    said = _STATES[line.state]
    if line.took_s is not None:
        said = f"{said} in {line.took_s:.1f} s, {ago(line.age_s)}"
    else:
        said = f"{said}, {ago(line.age_s)}"
    if not line.detail:
        return f"{said}."
    return f"{said}. {line.detail[0].upper()}{line.detail[1:]}{'' if line.detail[-1] in '.?!' else '.'}"


def waiting_words(state: GatewayState, now: datetime) -> str:
    """How much a gateway still has to send, and how old the oldest of it is."""
    if state.outbox_waiting is None:
        return "not said yet"
    said = f"{state.outbox_waiting:,} records"
    if not state.outbox_waiting or state.states_to is None or now - state.states_to < BEHIND_AFTER:
        return said
    return f"{said}, the oldest {ago((now - state.states_to).total_seconds()).removesuffix(' ago')} old"


def ago(age_s: float) -> str:
    """An age in the largest unit that fits."""
    for size_s, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if age_s >= size_s:
            return f"{age_s // size_s:.0f} {unit} ago"
    return f"{age_s:.0f} s ago"


def quality_words(state: GatewayState) -> tuple[str, ...]:
    """What of a gateway's records should not be believed without a look, worst first."""
    said = []
    if state.keys == 0:
        said.append("Not enrolled: nothing it sends is taken. Make a code for it.")
    if state.given_up:
        said.append(f"{state.given_up:,} records lost and declared")
    if state.quarantined:
        said.append(f"{state.quarantined:,} records set aside, because they cannot be read")
    if state.flagged:
        said.append(f"{state.flagged:,} records with a time or name that is not believed")
    said += [f"{count:,} refused: {reason}" for reason, count in state.refused.items() if count]
    if state.clock_synced is False:
        said.append("Its clock is not set; let it reach a time server")
    said += [
        f"{scale} {word.replace('_', ' ')}. {hint or ''}".strip()
        for scale, word, hint in state.scales_in_trouble
    ]
    if state.keys > 1:
        said.append("A new key has come; the old one ends within a day")
    return tuple(said)
