"""Where a block stands in the file: one integer for lane and number, so a table in order is a lane in order.

States have the upper half: what is written most is then always written at the end of the table.
"""

from contract.records import Lane

SEQ_BITS = 53
_LANE_NO = {Lane.MOVEMENTS: 0, Lane.STATES: 1}

INSERT_BLOCK = "INSERT OR REPLACE INTO block (place, epoch, count, crc32, body) VALUES (?, ?, ?, ?, ?)"


def place_of(lane: Lane, seq: int) -> int:
    """Return the place of a number of a lane."""
    return _LANE_NO[lane] << SEQ_BITS | seq


def seq_of(place: int) -> int:
    """Return the number that stands at a place."""
    return place & ((1 << SEQ_BITS) - 1)


def lane_of(place: int) -> Lane | None:
    """Return the lane of a place; None for a place that nothing has (a flipped bit)."""
    return next((lane for lane, number in _LANE_NO.items() if number == place >> SEQ_BITS), None)


def end_of(lane: Lane) -> int:
    """Return the place after the last of a lane."""
    return place_of(lane, 0) + (1 << SEQ_BITS)
