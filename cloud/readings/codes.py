"""The numbers under which the database keeps the wire's words; migrations 0003 and 0021 say the same."""

from contract.records import Lane, MovementKind, Quality, Stage

LANE_CODES = {Lane.MOVEMENTS: 0, Lane.STATES: 1}

QUALITY_CODES = {
    Quality.OK: 0,
    Quality.UNSETTLED: 1,
    Quality.IN_HAND: 2,
    Quality.SATURATED: 3,
    Quality.STUCK: 4,
    Quality.SILENT: 5,
    Quality.NOT_READY: 6,
}

MOVEMENT_KIND_CODES = {
    MovementKind.POUR: 0,
    MovementKind.REMOVAL: 1,
    MovementKind.RETURN: 2,
    MovementKind.RESTOCK: 3,
    MovementKind.SWAP: 4,
    MovementKind.SPILLAGE: 5,
    MovementKind.EMPTY: 6,
}

STAGE_CODES = {Stage.PROVISIONAL: 0, Stage.FINAL: 1, Stage.CORRECTED: 2}

TIME_SYNCED = 0
TIME_CORRECTED = 1
TIME_BOUNDED = 2
TIME_UNKNOWN = 3
"""How a time is known (contract.timeline): 0 the gateway's clock was synchronised; 1 from an anchor of the
same boot; 2 bounded by the boots before and after, or the gateway's own belief until an anchor is known;
3 not at all, so the time of arrival stands for it."""
