"""The status as a technician reads it. Pure text from a Status; `now_s` is handed in."""

from edge.domain.status import LaneStatus, ScaleStatus, Status

STALE_S = 15.0


def table(status: Status, waiting: dict[str, LaneStatus], now_s: float) -> str:
    """Return the whole table; `waiting` are the lanes read from the outbox itself just now."""
    age_s = now_s - status.written_at_s
    head = f"{status.gateway_id}   {status.software}   running for {span(status.uptime_s)}"
    if age_s > STALE_S:
        head = f"{status.gateway_id}   NOT RUNNING? last seen {span(age_s)} ago: check `systemctl status`"
    lines = [head, f"broker    {'connected' if status.broker_connected else 'NOT CONNECTED'}"]
    lines += [
        _cloud(status, now_s),
        f"clock     {'synced' if status.clock_synced else 'NOT SYNCED: check NTP'}",
    ]
    lines += [f"waiting   {name}: {lane.waiting}" for name, lane in sorted(waiting.items())]
    lines += [f"node      {node}: {state}" for node, state in sorted(status.nodes.items())]
    lines += [f"refused   {count:6d}  {reason}" for reason, count in sorted(status.refused.items())]
    return "\n".join([*lines, "", *_scales(status.scales)])


def _cloud(status: Status, now_s: float) -> str:
    last = status.last_acknowledged_at_s
    heard = "nothing acknowledged yet" if last is None else f"last acknowledged {span(now_s - last)} ago"
    if status.cloud_reachable is None:
        return f"cloud     not tried yet, {heard}"
    if status.cloud_reachable:
        return f"cloud     reachable, {heard}"
    return f"cloud     NOT REACHED, {heard}: {status.cloud_reason}"


def _scales(scales: tuple[ScaleStatus, ...]) -> list[str]:
    rows = [f"{'slot':<14}{'scale':<18}{'state':<12}{'weight':>10}{'age':>10}  what to do"]
    for scale in scales:
        weight = "-" if scale.weight_g is None else f"{scale.weight_g:.1f} g"
        age = "-" if scale.age_s is None else span(scale.age_s)
        slots = ",".join(scale.slots) or "-"
        row = f"{slots:<14}{scale.scale_id:<18}{scale.state:<12}{weight:>10}{age:>10}  {scale.hint or ''}"
        rows.append(row.rstrip())
    return rows


def span(seconds: float) -> str:
    """Return a duration in the two largest units: 3 s, 4 min, 2 h 5 min, 3 d 4 h."""
    whole = max(0, round(seconds))
    days, hours, minutes = whole // 86_400, whole % 86_400 // 3600, whole % 3600 // 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{whole} s"
