"""cloud.dashboard.live_site: which fragments a change brings anew."""

import pytest

from cloud.dashboard.fragments import Fragments, template_environment
from cloud.dashboard.live_site import LiveSite
from cloud.live.change import Change
from cloud.live.site import Lane
from tests.unit.cloud.dashboard.bars import corner_bar

pytestmark = pytest.mark.anyio


async def drawn(lane: Lane, change: Change) -> set[str]:
    bar = corner_bar()
    site = LiveSite(bar.services(), bar.clock.now, Fragments(template_environment()))
    return set(await site.paint(lane, "corner-bar", change))


async def test_a_pour_brings_its_bottle_and_the_log_at_once_and_the_sums_later():
    pour = Change(slots=frozenset({"middle-1"}), movements=frozenset({"ab"}))
    assert await drawn(Lane.QUICK, pour) == {"slot-middle-1", "pours"}
    assert await drawn(Lane.SLOW, pour) == {"attention", "night", "product-campari"}


async def test_a_reading_leaves_the_log_and_the_day_alone():
    reading = Change(slots=frozenset({"middle-1"}))
    assert await drawn(Lane.QUICK, reading) == {"slot-middle-1"}
    assert await drawn(Lane.SLOW, reading) == {"attention", "product-campari"}


async def test_a_gateway_that_is_heard_renews_the_heads_of_its_shelves():
    heard = Change(gateways=frozenset({"gw-back-bar"}))
    assert await drawn(Lane.QUICK, heard) == set()
    assert await drawn(Lane.SLOW, heard) == {"attention", "shelf-top-shelf", "shelf-middle-shelf"}


async def test_everything_is_everything():
    assert len(await drawn(Lane.QUICK, Change.everything())) == 24 + 1
    assert len(await drawn(Lane.SLOW, Change.everything())) == 24 + 3 + 2
