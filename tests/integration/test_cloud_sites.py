"""Layouts in and out of the database."""

import pytest

from cloud.problems import Malformed, NotFound
from tests.cloud_under_test import reading

pytestmark = pytest.mark.postgres


def import_layout(cloud, layout):
    return cloud.call(cloud.services.sites.import_layout, layout)


def test_a_layout_comes_out_as_it_went_in(cloud):
    assert cloud.call(cloud.services.sites.layout, "corner-bar") == cloud.layout


def test_a_second_import_changes_nothing(cloud):
    assert import_layout(cloud, cloud.layout) == []


def test_an_import_says_what_changed(cloud):
    products = (
        cloud.layout.products[0].model_copy(update={"tare_weight_g": 510.0}),
        *cloud.layout.products[1:],
    )
    shelves = (
        cloud.layout.shelves[0].model_copy(update={"slots": cloud.layout.shelves[0].slots[:-1]}),
        *cloud.layout.shelves[1:],
    )
    changed = cloud.layout.model_copy(update={"name": "The Bar", "products": products, "shelves": shelves})
    assert import_layout(cloud, changed) == [
        "site corner-bar: name The Corner Bar -> The Bar",
        "changed: product campari: tare_weight_g 505.0 -> 510.0",
        "retired: slot top-8",
    ]
    assert cloud.call(cloud.services.sites.layout, "corner-bar") == changed


def test_a_retired_slot_comes_back_with_its_state(cloud):
    cloud.back_bar.send(reading("top-8", 700.0))
    shelves = (
        cloud.layout.shelves[0].model_copy(update={"slots": cloud.layout.shelves[0].slots[:-1]}),
        *cloud.layout.shelves[1:],
    )
    import_layout(cloud, cloud.layout.model_copy(update={"shelves": shelves}))
    assert cloud.call(cloud.services.stock.slots, "corner-bar", ["top-8"]) == []
    import_layout(cloud, cloud.layout)
    assert cloud.call(cloud.services.stock.slots, "corner-bar", ["top-8"])[0].weight_g == 700.0


def test_a_gateway_of_another_site_is_refused_and_nothing_is_kept(cloud):
    other = cloud.layout.model_copy(update={"id": "other-bar"})
    with pytest.raises(Malformed, match="gateway 'gw-back-bar' belongs to another site"):
        import_layout(cloud, other)
    with pytest.raises(NotFound):
        cloud.call(cloud.services.sites.site, "other-bar")


def test_a_gateway_gets_its_own_part(cloud):
    part = cloud.call(cloud.services.sites.layout_for, "gw-well")
    assert part == cloud.layout.for_gateway("gw-well")
    with pytest.raises(NotFound, match="no site has a gateway 'gw-attic'"):
        cloud.call(cloud.services.sites.layout_for, "gw-attic")


def test_a_key_needs_its_gateway_and_32_bytes(cloud):
    register = cloud.services.gateways.register
    with pytest.raises(NotFound, match="has no gateway 'gw-attic'"):
        cloud.call(register, "corner-bar", "gw-attic", bytes(32))
    with pytest.raises(Malformed, match="a public key has 32 bytes, this one has 31"):
        cloud.call(register, "corner-bar", "gw-well", bytes(31))


def test_a_gateway_may_have_two_keys_while_one_replaces_the_other(cloud):
    old, new = cloud.back_bar, cloud.gateway("gw-back-bar")
    assert old.send(reading()).stored == 1
    assert new.send(reading()).stored == 1
