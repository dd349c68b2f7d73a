"""What a shelf can send that is no weight: on pads and on a tray it gets a state, and never a false pour."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.device import DeviceFrame
from contract.layout import SiteLayout
from contract.records import Movement, MovementKind
from edge.domain.engine import Engine
from edge.domain.profiles import ScaleProfile
from edge.domain.refusals import Refusals
from edge.domain.tray import BottleWeight
from edge.domain.weighing import ScaleWeigher

WEIGHTS_G = (1000.0, 900.0, 780.0)
LIFTED_S, BACK_S, ENDS_S = 40, 46, 110
POURED_G = 40.0
COUNTS_PER_G = 70


@dataclass(frozen=True)
class Said:
    """What a node sends at one second; no channels: nothing comes."""

    boot: str
    seq: int
    uptime_ms: int
    channels: dict[str, list[int | None]]


Fault = Callable[[list[Said], int, int, np.random.Generator], list[Said]]


def shelf(kind: str) -> SiteLayout:
    products = [
        {"id": f"p-{n}", "name": "P", "category": "spirit", "volume_ml": 700, "tare_weight_g": 450 + 50 * n,
         "density_g_per_ml": 1.0} for n in range(3)
    ]  # fmt: skip
    cells = 1 if kind == "tray" else 3
    scales = [
        {"id": f"c-{n}", "node": "node", "channel": str(n), "tare_counts": 0, "counts_per_g": COUNTS_PER_G}
        for n in range(cells)
    ]
    slots = [{"id": f"s-{n}", "scale": f"c-{n % cells}", "product": f"p-{n}"} for n in range(3)]
    return SiteLayout.model_validate(
        {"id": "bar", "name": "Bar", "timezone": "UTC", "gateways": [{"id": "gw", "name": "G"}],
         "products": products,
         "shelves": [{"id": "shelf", "name": "S", "gateway": "gw", "scales": scales, "slots": slots}]}
    )  # fmt: skip


def evening(kind: str, *, with_pour: bool, seed: int = 1) -> list[Said]:
    """Return what comes of three standing bottles, of which the first is poured from once."""
    dice, said = np.random.default_rng(seed), []
    for second in range(ENDS_S):
        first_g = WEIGHTS_G[0]
        if with_pour:
            first_g -= WEIGHTS_G[0] if LIFTED_S <= second < BACK_S else POURED_G * (second >= BACK_S)
        loads_g = [first_g, *WEIGHTS_G[1:]]
        rows = [sum(loads_g)] if kind == "tray" else loads_g
        counts = [np.rint((g + dice.normal(0, 0.6, 10)) * COUNTS_PER_G).astype(int).tolist() for g in rows]
        channels = {str(n): row for n, row in enumerate(counts)}
        said.append(Said("a" * 32, second, second * 1000, channels))
    return said


def hear(kind: str, said: list[Said]) -> tuple[Engine, dict[str, Movement], set[str], set[str]]:
    """Play it; returns the engine, the newest revisions, states and hints of the first scale."""
    bottles = {f"s-{n}": BottleWeight(weight_g, 0.7) for n, weight_g in enumerate(WEIGHTS_G)}
    engine = Engine(
        shelf(kind), namespace="n", started_s=0.0, reading_interval_s=5.0, refusals=Refusals(),
        bottles=bottles,
    )  # fmt: skip
    newest, states, hints = {}, set(), set()
    for at_s, one in enumerate(said, 1):
        seen = engine.tick(float(at_s))
        if one.channels:
            frame = DeviceFrame(
                boot=one.boot, seq=one.seq, uptime_ms=one.uptime_ms, rate_hz=10, channels=one.channels
            )
            seen += engine.take("node", frame, float(at_s))
        for body in (found.body for found in seen):
            if isinstance(body, Movement):
                newest[body.movement_id] = body
        health = engine.health()[0]
        states.add(health.state)
        hints |= {health.hint} - {None}
    return engine, newest, states, hints


def of_cell(change: Callable[[int, list, np.random.Generator], list]) -> Fault:
    def fault(said: list[Said], start: int, length: int, dice: np.random.Generator) -> list[Said]:
        return [
            replace(one, channels={**one.channels, "0": change(n, one.channels["0"], dice)})
            if start <= n < start + length
            else one
            for n, one in enumerate(said)
        ]

    return fault


def reversed_frames(said: list[Said], start: int, length: int, _: np.random.Generator) -> list[Said]:
    return said[:start] + said[start : start + length][::-1] + said[start + length :]


def doubled(said: list[Said], start: int, length: int, _: np.random.Generator) -> list[Said]:
    twice = [one for one in said[start : start + length] for _ in range(2)]
    return said[:start] + twice + said[start + length :]


def silent(said: list[Said], start: int, length: int, _: np.random.Generator) -> list[Said]:
    return [replace(one, channels={}) if start <= n < start + length else one for n, one in enumerate(said)]


def some_lost(said: list[Said], start: int, length: int, dice: np.random.Generator) -> list[Said]:
    lost = dice.random(len(said)) < 0.4
    return [
        replace(one, channels={}) if lost[n] and start <= n < start + length else one
        for n, one in enumerate(said)
    ]


def clock_back(said: list[Said], start: int, length: int, _: np.random.Generator) -> list[Said]:
    back_ms = length * 1000
    return [
        replace(one, uptime_ms=max(0, one.uptime_ms - back_ms)) if n >= start else one
        for n, one in enumerate(said)
    ]


def rebooted(said: list[Said], start: int, length: int, _: np.random.Generator) -> list[Said]:
    gone = [replace(one, channels={}) for one in said[start : start + min(length, 6)]]
    rest = said[start + len(gone) :]
    again = [replace(one, boot="b" * 32, seq=n, uptime_ms=n * 1000) for n, one in enumerate(rest)]
    return said[:start] + gone + again


FAULTS: dict[str, Fault] = {
    "no values": of_cell(lambda _, row, __: [None] * len(row)),
    "many missing": of_cell(lambda _, row, __: [v if i % 3 else None for i, v in enumerate(row)]),
    "stuck": of_cell(lambda _, row, __: [33_333] * len(row)),
    "full scale": of_cell(lambda _, row, __: [2**23 - 1] * len(row)),
    "lone wild values": of_cell(lambda n, row, _: [v if (n + i) % 9 else 2**20 for i, v in enumerate(row)]),
    "unplugged, floating": of_cell(lambda _, row, dice: dice.integers(-(2**22), 2**22, len(row)).tolist()),
    "frames reversed": reversed_frames,
    "frames twice": doubled,
    "node silent": silent,
    "frames lost": some_lost,
    "clock went back": clock_back,
    "node rebooted": rebooted,
}  # fmt: skip
SHOWN = {
    "no values": ("not_ready", "check the plug of slot s-0"),
    "stuck": ("stuck", "check the plug of slot s-0"),
    "full scale": ("saturated", "check the wiring of slot s-0"),
    "lone wild values": ("spiking", "check the shielding of slot s-0"),
    "unplugged, floating": ("spiking", "check the plug of slot s-0"),
    "frames reversed": ("ok", "out of order"),
    "frames twice": ("ok", "come twice"),
    "node silent": ("silent", "check its power and its network"),
    "frames lost": ("ok", "check its network"),
    "clock went back": ("silent", "check its power and its network"),
    "node rebooted": ("ok", "check its power supply"),
}

kinds = pytest.mark.parametrize("kind", ["pads", "tray"])
at_any_time = given(
    name=st.sampled_from(sorted(FAULTS)),
    start=st.integers(25, ENDS_S - 30),
    length=st.integers(1, 45),
    seed=st.integers(0, 2**31),
)
quickly = settings(
    max_examples=40, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


@kinds
@pytest.mark.parametrize("name", SHOWN)
def test_what_is_no_weight_has_a_state_and_a_hint_and_is_no_movement(kind, name) -> None:
    said = FAULTS[name](evening(kind, with_pour=False), 40, 60, np.random.default_rng(2))
    _, newest, states, hints = hear(kind, said)
    state, words = SHOWN[name]
    assert newest == {}
    assert state in states
    assert any(words in one for one in hints)


@kinds
@quickly
@at_any_time
def test_nothing_that_comes_over_a_standing_shelf_is_a_pour(kind, name, start, length, seed) -> None:
    said = FAULTS[name](evening(kind, with_pour=False, seed=seed), start, length, np.random.default_rng(seed))
    _, newest, _, _ = hear(kind, said)
    assert [one.movement for one in newest.values() if one.movement is MovementKind.POUR] == []


@kinds
@quickly
@at_any_time
def test_a_pour_amid_bad_input_is_told_right_or_not_at_all(kind, name, start, length, seed) -> None:
    said = FAULTS[name](evening(kind, with_pour=True, seed=seed), start, length, np.random.default_rng(seed))
    _, newest, _, _ = hear(kind, said)
    pours = [one for one in newest.values() if one.movement is MovementKind.POUR]
    assert len(pours) <= 1
    for pour in pours:
        assert max(pour.posterior, key=lambda share: share.probability).slot_id == "s-0"
        assert pour.volume_ml == pytest.approx(POURED_G, abs=4)


@kinds
@pytest.mark.parametrize("name", sorted(set(FAULTS) - {"clock went back"}))
def test_when_it_is_over_the_next_pour_is_found(kind, name) -> None:
    said = FAULTS[name](evening(kind, with_pour=True), 22, 12, np.random.default_rng(2))
    _, newest, _, _ = hear(kind, said)
    (pour,) = [one for one in newest.values() if one.movement is MovementKind.POUR]
    assert pour.volume_ml == pytest.approx(POURED_G, abs=4)


@quickly
@given(share=st.floats(0.01, 0.9), seed=st.integers(0, 2**31))
def test_a_trace_with_values_that_are_no_numbers_has_no_pour(share, seed) -> None:
    dice = np.random.default_rng(seed)
    weigher = ScaleWeigher(ScaleProfile("c", ("s",), tare_weight_g=500, counts_per_g=1.0, tare_counts=0.0))
    handled = []
    for second in range(40):
        weight_g = 900 + dice.normal(0, 0.6, 10)
        weight_g[dice.random(10) < share] = dice.choice([np.nan, np.inf, -np.inf])
        handled += weigher.take_grams(float(second), 10.0, weight_g)
    assert [one for one in handled if one.kind is not None] == []
