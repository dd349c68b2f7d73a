"""cloud.live.change: what a notification says, and how changes add up."""

import pytest

from cloud.live.change import MAX_NAMES, Change, parse_notification


def names(*words: str) -> frozenset[str]:
    return frozenset(words)


def test_a_notification_names_its_site_and_what_changed():
    payload = '{"site": "corner-bar", "slots": ["middle-1"], "movements": ["ab"], "gateways": ["gw-well"]}'
    assert parse_notification(payload) == (
        "corner-bar",
        Change(names("middle-1"), names("ab"), names("gw-well")),
    )


def test_a_notification_may_say_that_anything_changed():
    assert parse_notification('{"site": "corner-bar", "all": true}') == ("corner-bar", Change.everything())


def test_keys_it_does_not_know_are_ignored():
    assert parse_notification('{"site": "a", "slots": [], "colour": "red"}') == ("a", Change())


@pytest.mark.parametrize("payload", ["", "[]", "7", '{"slots": []}', '{"site": "a", "slots": 7}', "not JSON"])
def test_an_unreadable_notification_is_refused(payload):
    with pytest.raises(ValueError, match="cannot be read"):
        parse_notification(payload)


def test_changes_add_up():
    assert Change(slots=names("a")) | Change(slots=names("b"), movements=names("m")) == Change(
        names("a", "b"), names("m")
    )
    assert Change(slots=names("a")) | Change.everything() == Change.everything()


def test_too_many_names_become_everything():
    many = Change(slots=frozenset(f"s{i}" for i in range(MAX_NAMES)))
    assert (many | Change(slots=names("one-more"))).is_all
    assert not (many | Change(slots=names("s0"))).is_all
