"""Every quantity that can be ordered at one chance, from every stock there can be before it.

Owns how a chance to order is laid out. Must not know evenings, days, nor what comes before and after.

The stocks a product can have after a delivery lie a whole number of steps (cases) above those it can have
before it. A family is one such row of stocks of one product, from the lowest there is up to the need. Within
a family a tier of prices is one row of stops: from each stock, the quantities of the tier are a stretch of
it. So there are as many arcs as stocks, not as many as pairs of them. A quantity with a price of its own (a
mixture of packs, or what just reaches a price break beyond the need) is an arc of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cloud.ordering.menu import MAX_STEPS, NO_TIER, Choice, Tier
from cloud.ordering.stages import Floats, Ints, runs

Flags = NDArray[np.bool_]

PARTS = 10_000_000
"""Stocks are counted in 1e-7 units: of whole numbers it is sure which are the same."""
_STOCK_BITS = 50
MOST_PARTS = 2**_STOCK_BITS - 1
"""1.1e8 units; more than that counts as so many."""


@dataclass(frozen=True, slots=True)
class Families:
    """Places: all stocks of all families, row after row, with their `chance`, how many steps they `rise`
    above their family's lowest, and `parts`. Of each stock before the delivery its `place`, and the `end` of
    its row.
    """

    chance: Ints
    rise: Ints
    parts: Ints
    place: Ints
    end: Ints


@dataclass(frozen=True, slots=True)
class Ways:
    """Ways on from the n-th stocks: to a place, to a stock beyond them or, counted after both, into an entry.

    `money` and `cases` of a way into an entry are those of its stop less these.
    """

    stock: Ints
    to: Ints
    money: Floats
    cases: Ints


@dataclass(frozen=True, slots=True)
class Entries:
    """Of each entry the n-th `stock` it leads from, and the stretch of stops of a tier that is open to it."""

    stock: Ints
    first: Ints
    run: Ints


@dataclass(frozen=True, slots=True)
class Stops:
    """The places of each tier, with the money and the cases from the family's lowest stock up to there."""

    place: Ints
    money: Floats
    cases: Ints


_Columns = TypeVar("_Columns", Ways, Entries, Stops)
_Each = TypeVar("_Each")


@dataclass(frozen=True, slots=True)
class Quantities:
    """All ways through one chance to order.

    `is_reached` tells which places can be; `beyond_parts` and `beyond_chance` are stocks that are no place.
    """

    families: Families
    is_reached: Flags
    beyond_parts: Ints
    beyond_chance: Ints
    ways: Ways
    entries: Entries
    stops: Stops


def quantities(parts: Ints, chance: Ints, choices: Sequence[Choice]) -> Quantities:
    """From the stocks `parts`, each of them at its `chance` to order, by `choices[chance]`."""
    families = _families(parts, chance, choices)
    is_reached = np.zeros(len(families.parts), dtype=np.bool_)
    is_reached[families.place] = True
    single, beyond_parts, beyond_chance = _singles(parts, chance, families, choices)
    is_reached[single.to[single.to < len(is_reached)]] = True
    staying = Ways(np.arange(len(parts)), families.place, np.zeros(len(parts)), np.zeros_like(parts))
    entering, entries, stops = _tiers(chance, families, choices)
    is_reached[stops.place[_inside(entries, len(stops.place))]] = True
    entering = replace(entering, to=entering.to + len(is_reached) + len(beyond_parts))
    ways = _by_stock([staying, single, entering])
    return Quantities(families, is_reached, beyond_parts, beyond_chance, ways, entries, stops)


def distinct(group: Ints, parts: Ints) -> tuple[Ints, Ints, Ints]:
    """The different stocks of each group, rising: groups, parts, and which of them each given one is."""
    # One whole number for both is sorted several times as fast as two keys.
    key = np.minimum(parts, MOST_PARTS) + (group << _STOCK_BITS)
    is_rising = bool((key[1:] >= key[:-1]).all())
    order = slice(None) if is_rising else np.argsort(key)
    keys = key[order]
    is_new = np.ones(len(keys), dtype=bool)
    is_new[1:] = keys[1:] != keys[:-1]
    which = np.empty(len(keys), dtype=np.int64)
    which[order] = np.cumsum(is_new) - 1
    found = keys[is_new]
    return found >> _STOCK_BITS, found & MOST_PARTS, which


def _families(parts: Ints, chance: Ints, choices: Sequence[Choice]) -> Families:
    """The rows, each up to the first stock that is no less than the need, or to the highest there is already;
    a stock far beyond the need has a row to itself.
    """
    step = _of_each(choices, lambda c: c.pack_units * c.step_cases * PARTS)
    need = _of_each(choices, lambda c: int(np.ceil(c.need_units * PARTS)))[chance]
    level, rest = np.divmod(parts, step[chance])
    is_far = parts > need + MAX_STEPS * step[chance]
    key = np.where(is_far, -1 - np.arange(len(parts)), chance * int(step.max()) + rest)
    order = np.argsort(key)
    first = np.flatnonzero(np.diff(key[order], prepend=key[order[0]] - 1))
    family = np.empty(len(order), dtype=np.int64)
    family[order] = np.repeat(np.arange(len(first)), np.diff(first, append=len(order)))
    lowest = np.minimum.reduceat(level[order], first)
    enough = np.maximum(level, np.where(is_far, 0, -((rest - need) // step[chance])))
    length = np.maximum.reduceat(enough[order], first) - lowest + 1
    begin = np.cumsum(length) - length
    whose, rest = chance[order[first]], rest[order[first]]
    rise = runs(np.zeros(len(first), dtype=np.int64), length)
    stock = np.repeat(rest + lowest * step[whose], length) + rise * np.repeat(step[whose], length)
    place = (begin - lowest)[family] + level
    return Families(np.repeat(whose, length), rise, stock, place, (begin + length)[family])


def _singles(
    parts: Ints, chance: Ints, families: Families, choices: Sequence[Choice]
) -> tuple[Ways, Ints, Ints]:
    """Quantities with a price of their own, and the stocks beyond all places that they lead to."""
    count = _of_each(choices, lambda c: len(c.cases))
    stock = np.repeat(np.arange(len(parts)), count[chance])
    which = runs((np.cumsum(count) - count)[chance], count[chance])
    mine = chance[stock]
    cases = np.concatenate([c.cases for c in choices])[which]
    steps, over = np.divmod(cases, _of_each(choices, lambda c: c.step_cases)[mine])
    place = families.place[stock] + steps
    is_place = (over == 0) & (place < families.end[stock])
    is_tiered = _of_each(choices, lambda c: len(c.tiers)) > 0
    is_break = np.concatenate([c.is_break for c in choices])[which]
    kept = np.flatnonzero(np.where(is_place, ~is_tiered[mine], is_break))
    stock, which, mine, cases, is_place = stock[kept], which[kept], mine[kept], cases[kept], is_place[kept]
    out = np.flatnonzero(~is_place)
    pack = _of_each(choices, lambda c: c.pack_units * PARTS)[mine[out]]
    after = np.asarray(parts[stock[out]] + cases[out] * pack, dtype=np.int64)
    beyond_chance, beyond_parts, number = distinct(mine[out], after)
    to = place[kept]
    to[out] = len(families.parts) + number
    money = np.concatenate([c.prices for c in choices])[which]
    return Ways(stock, to, money, cases), beyond_parts, beyond_chance


def _tiers(chance: Ints, families: Families, choices: Sequence[Choice]) -> tuple[Ways, Entries, Stops]:
    """The ways into all tiers, their entries counted from 0, and the stops in them."""
    nothing, free = np.zeros(0, dtype=np.int64), np.zeros(0)
    ways, entries = [Ways(nothing, nothing, free, nothing)], [Entries(nothing, nothing, nothing)]
    stops = [Stops(nothing, free, nothing)]
    entered = passed = 0
    for number in range(max(len(c.tiers) for c in choices)):
        tiers = [c.tiers[number] if number < len(c.tiers) else NO_TIER for c in choices]
        way, entry, stop = _tier(chance, families, tiers, _of_each(choices, lambda c: c.step_cases))
        ways.append(replace(way, to=way.to + entered))
        entries.append(replace(entry, first=entry.first + passed))
        stops.append(stop)
        entered, passed = entered + len(entry.stock), passed + len(stop.place)
    return _joined(Ways, ways), _joined(Entries, entries), _joined(Stops, stops)


def _tier(chance: Ints, families: Families, tiers: Sequence[Tier], step: Ints) -> tuple[Ways, Entries, Stops]:
    """One tier of every chance: stops at all places, and from each stock the stretch of them it allows."""
    least, most = _of_each(tiers, lambda t: t.least_cases), _of_each(tiers, lambda t: t.last_cases)
    price: Floats = np.array([tier.case_price for tier in tiers]) * step
    is_sold = least <= most
    place = np.flatnonzero(is_sold[families.chance])
    whose, rise = families.chance[place], families.rise[place]
    stops = Stops(place, price[whose] * rise, step[whose] * rise)
    begin = families.place + -(-least // step)[chance]
    end = np.minimum(families.place + (most // step)[chance] + 1, families.end)
    stock = np.flatnonzero(is_sold[chance] & (begin < end))
    number = np.cumsum(is_sold[families.chance]) - 1
    entries = Entries(stock, number[begin[stock]], (end - begin)[stock])
    mine, rise = chance[stock], families.rise[families.place[stock]]
    return Ways(stock, np.arange(len(stock)), -price[mine] * rise, -step[mine] * rise), entries, stops


def _inside(entries: Entries, count: int) -> Flags:
    """Which of the stops can be bought up to."""
    begins = np.bincount(entries.first, minlength=count + 1)
    ends = np.bincount(entries.first + entries.run, minlength=count + 1)
    return np.asarray(np.cumsum(begins - ends)[:count] > 0)


def _by_stock(ways: Sequence[Ways]) -> Ways:
    """All ways, those of each stock next to each other."""
    every = _joined(Ways, ways)
    order = np.argsort(every.stock, kind="stable")
    return Ways(*(column[order] for column in _columns(every)))


def _joined(kind: type[_Columns], parts: Sequence[_Columns]) -> _Columns:
    """One after another."""
    return kind(*(np.concatenate(rows) for rows in zip(*map(_columns, parts), strict=True)))


def _columns(of: Ways | Entries | Stops) -> list[NDArray[Any]]:
    return [getattr(of, each.name) for each in fields(of)]


def _of_each(every: Sequence[_Each], number: Callable[[_Each], int]) -> Ints:
    return np.array([number(each) for each in every], dtype=np.int64)
