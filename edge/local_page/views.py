"""The page's HTML: text from values, every value escaped. Knows no HTTP and no files."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from contract.records import Quality
from edge.domain.calibrating import Session, Verdict
from edge.domain.status import ScaleStatus, Status
from edge.status_table import STALE_S, span

_WORDS = {
    Quality.OK: ("ok", "ok", "M3 8.5l3.2 3.2L13 4.8"),
    Quality.UNSETTLED: ("stale", "moving", "M2 8c2-5 4 5 6 0s4 5 6 0"),
    Quality.IN_HAND: ("stale", "in the hand", "M8 13V4M4.5 7.5L8 4l3.5 3.5"),
    Quality.SILENT: ("offline", "offline", "M3 3l10 10M8 12.5h.01M4.5 9a5 5 0 0 1 3-1.4"),
}
LIVE_STATES = {Quality.OK, Quality.UNSETTLED, Quality.IN_HAND}
"""What the live trace says better than a word of two seconds ago."""
NONE = "\N{EN DASH}"
"""Where there is no figure; the reason stands beside it."""
_CHECK = ("check", "check", "M8 3v6M8 12.5h.01")


SOUGHT = '<p class="problem" role="status">Here: this is the gateway that somebody is looking for.</p>'


def document(title: str, body: str, *, site: str = "", script: str = "/static/page.js") -> str:
    """Return a whole page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/static/page.css">'
        '<link rel="icon" href="/static/icon.svg">'
        f'<script src="{escape(script)}" defer></script></head><body>'
        f'<header class="top"><a class="site" href="/">{escape(site or "Barback")}</a></header>'
        f"<main>{body}</main></body></html>"
    )


def enter(wait_s: float, *, was_wrong: bool) -> str:
    """Return the page that asks for the PIN."""
    told = "That PIN is wrong; look again, it changes with every start." if was_wrong else ""
    if wait_s > 0:
        told = f"Too many tries. Wait {span(wait_s)}, then enter the PIN again."
    note = f'<p class="problem" role="alert">{escape(told)}</p>' if told else ""
    return document(
        "Enter the PIN",
        '<form class="narrow" method="post" action="/enter"><h1>This gateway asks for its PIN</h1>'
        "<p class=soft>It is printed by <code>python -m edge status</code> on the gateway.</p>"
        f'{note}<label for="pin">PIN</label><input id="pin" name="pin" inputmode="numeric" autofocus '
        'autocomplete="off" maxlength="6" required><button>Enter</button></form>',
    )


def overview(
    status: Status | None,
    site: str,
    carries: Mapping[str, str],
    now_s: float,
    *,
    is_sought: bool = False,
    cameras: str = "",
) -> str:
    """Return all scales with state, weight, age and what to do; `cameras` is their part, as HTML."""
    if status is None:
        return document(
            "Scales", '<p class="soft">The gateway has just started; reload in a few seconds.</p>', site=site
        )
    waiting = sum(lane.waiting for lane in status.lanes.values())
    lines = [
        f"broker {'connected' if status.broker_connected else 'not connected: check that it runs'}",
        "cloud reached" if status.cloud_reachable else f"cloud not reached, {waiting} records wait here",
        "clock right" if status.clock_synced else "clock not set: check NTP",
    ]
    rows = "".join(_row(scale, carries.get(scale.scale_id, scale.scale_id)) for scale in status.scales) or (
        '<li class="soft">This gateway has no scales yet. Give it its layout, then start it again.</li>'
    )
    stale = now_s - status.written_at_s > STALE_S
    return document(
        "Scales",
        f"<h1>{escape(status.gateway_id)}</h1>{SOUGHT if is_sought else ''}"
        f'<p class="soft">{escape(" · ".join(lines))}</p>'
        f'<ul class="scales{" is-stale" if stale else ""}" data-refresh="5">{rows}</ul>{cameras}',
        site=site,
    )


def _row(scale: ScaleStatus, carried: str) -> str:
    weight = NONE if scale.weight_g is None else f"{scale.weight_g:,.0f} g".replace(",", " ")
    if scale.weight_g is None:
        age = "not weighed yet"
    else:
        age = "now" if (scale.age_s or 0) < 10 else f"{span(scale.age_s or 0)} ago"
    aged = scale.age_s is not None and scale.age_s > STALE_S
    hint = f'<p class="hint">{escape(_sentence(scale.hint))}</p>' if scale.hint else ""
    where = ", ".join(scale.slots) or "no slot"
    return (
        f'<li><a href="/scales/{escape(scale.scale_id)}"><span class="name"><b>{escape(where)}</b>'
        f'<span class="soft small">{escape(carried)}</span></span>'
        f'<span class="figure{" aged" if aged else ""}"><b>{weight}</b>'
        f'<span class="soft small">{age}</span></span>{badge(scale.state)}</a>{hint}</li>'
    )


def badge(state: Quality) -> str:
    """Return a state as a word and an icon before it is a colour."""
    kind, word, path = _WORDS.get(state, _CHECK)
    return (
        f'<span class="status status-{kind}"><svg class="icon" viewBox="0 0 16 16" aria-hidden="true">'
        f'<path d="{path}"/></svg>{word}</span>'
    )


def mark(is_ok: bool, word: str) -> str:  # noqa: FBT001 (a word and whether it is a good one)
    """Return any word as a status: ok, or something to check."""
    kind, _, path = _WORDS[Quality.OK] if is_ok else _CHECK
    return (
        f'<span class="status status-{kind}"><svg class="icon" viewBox="0 0 16 16" aria-hidden="true">'
        f'<path d="{path}"/></svg>{escape(word)}</span>'
    )


def scale_page(
    scale: ScaleStatus | None,
    scale_id: str,
    site: str,
    *,
    carried: str,
    made_at: datetime | None,
    redo: Sequence[str],
    session: Session | None,
    verdict: Verdict | str | None,
    told: str = "",
) -> str:
    """Return one scale: its live trace, and the calibration where it stands."""
    where = ", ".join(scale.slots) if scale and scale.slots else scale_id
    state = badge(scale.state) if scale and scale.state not in LIVE_STATES else ""
    note = f'<p class="problem" role="alert">{escape(_sentence(told))}</p>' if told else ""
    if verdict is not None:
        work = _verdict(scale_id, verdict)
    else:
        work = _beginning(scale_id, made_at, redo) if session is None else _step(scale_id, session)
    return document(
        where,
        '<p><a class="back" href="/">All scales</a></p>'
        f'<div class="head"><h1>{escape(where)}</h1>{state}</div>'
        f'<p class="soft">{escape(carried)}</p>'
        f'<section class="live" data-live="/scales/{escape(scale_id)}/live">'
        f'<p class="big" data-weight>{NONE}</p>'
        '<p class="soft" data-words>Waiting for the first sample</p>'
        '<svg class="trace" viewBox="0 0 400 160" preserveAspectRatio="none" role="img" '
        'aria-label="Weight of the last 20 seconds, with the band in which the scale counts as still">'
        '<rect data-band x="0" width="400" y="0" height="0"/><polyline data-line points=""/></svg>'
        '<p class="axis soft small"><span>20 s ago</span><span data-scale></span><span>now</span></p>'
        "</section>"
        f"{note}{work}",
        site=site,
    )


def _beginning(scale_id: str, made_at: datetime | None, redo: Sequence[str]) -> str:
    name = escape(scale_id)
    when = (
        "From the layout; never calibrated here."
        if made_at is None
        else f"Made {made_at:%d %b %Y, %H:%M} UTC."
    )
    again = "".join(f'<p class="hint">Do it again: {escape(reason)}.</p>' for reason in redo)
    undo = (
        ""
        if made_at is None
        else f'<form method="post" action="/scales/{name}/undo"><button class="quiet">Undo it</button></form>'
    )
    return (
        f'<section><h2>Calibration</h2><p class="soft">{when}</p>{again}'
        f'<form class="row" method="post" action="/scales/{name}/begin">'
        '<label for="weight">Known weight, g</label>'
        '<input id="weight" name="weight" inputmode="decimal" value="1000" required>'
        f"<button>Calibrate in three steps</button></form>{undo}</section>"
    )


def _step(scale_id: str, session: Session) -> str:
    name, step = escape(scale_id), session.step
    assert step is not None
    dots = "".join(
        f"<li{' aria-current=step' if number == session.number else ''}>{word}</li>"
        for number, word in enumerate(("Empty", "Weight", "Check"), 1)
    )
    return (
        f'<section><ol class="steps">{dots}</ol><h2>Step {session.number} of 3</h2>'
        f"<p>{escape(step.words)}</p>"
        f'<form method="post" action="/scales/{name}/step" data-waits="Waiting until it stands still">'
        f'<button>Done, take it</button></form><form method="post" action="/scales/{name}/drop">'
        '<button class="quiet">Stop, change nothing</button></form></section>'
    )


def _verdict(scale_id: str, verdict: Verdict | str) -> str:
    name = escape(scale_id)
    again = _quiet(f"/scales/{name}/drop", "Throw it away")
    if isinstance(verdict, str):
        reason = f'<p class="problem">{escape(_sentence(verdict))}</p>'
        return f"<section><h2>It did not work</h2>{reason}{again}</section>"
    figures = "".join(f"<li>{escape(_sentence(line))}</li>" for line in verdict.lines)
    if verdict.is_accepted:
        head, button = (
            "Good enough to use",
            f'<form method="post" action="/scales/{name}/accept"><button>Use it from now on</button></form>',
        )
    else:
        head, button = "Not good enough to use", ""
    reasons = "".join(f'<p class="problem">{escape(_sentence(reason))}</p>' for reason in verdict.reasons)
    return f'<section><h2>{head}</h2>{reasons}<ul class="figures">{figures}</ul>{button}{again}</section>'


def _quiet(action: str, words: str) -> str:
    return f'<form method="post" action="{action}"><button class="quiet">{words}</button></form>'


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."
