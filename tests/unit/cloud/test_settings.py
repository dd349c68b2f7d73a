"""Settings: what is refused, and how it is said."""

import pytest

from cloud.settings import SettingsError, read_settings

URL = "postgresql://barback:secret@localhost:5432/barback"


@pytest.fixture
def setting(monkeypatch):
    monkeypatch.setenv("BARBACK_CLOUD_DATABASE_URL", URL)
    return monkeypatch.setenv


def test_the_database_is_all_that_is_needed(setting):
    settings = read_settings()
    assert settings.database_url.get_secret_value() == URL
    assert (settings.host, settings.port, settings.access_log) == ("127.0.0.1", 8080, False)


def test_a_password_is_not_shown(setting):
    assert "secret" not in repr(read_settings())


def test_a_misspelt_name_is_refused_with_the_right_one(setting):
    setting("BARBACK_CLOUD_PROT", "80")
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert str(refused.value) == "BARBACK_CLOUD_PROT is not a setting; did you mean BARBACK_CLOUD_PORT?"


def test_every_fault_is_named(setting):
    setting("BARBACK_CLOUD_PORT", "70000")
    setting("BARBACK_CLOUD_GATEWAY_CACHE_S", "61")
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert str(refused.value).splitlines() == [
        "BARBACK_CLOUD_PORT: Input should be less than or equal to 65535",
        "BARBACK_CLOUD_GATEWAY_CACHE_S: Input should be less than or equal to 60",
    ]


def test_another_database_is_refused_without_showing_the_password(setting):
    setting("BARBACK_CLOUD_DATABASE_URL", "mysql://barback:secret@localhost/barback")
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert "must be postgresql://user:password@host:port/database" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_bar_time_is_read(setting):
    setting("BARBACK_BARTIME", "2026-11-20T20:30:00+00:00@1763650000.0x8")
    assert read_settings().bartime.speed == 8.0


def test_a_bar_time_of_another_form_is_refused(setting):
    setting("BARBACK_BARTIME", "friday")
    with pytest.raises(SettingsError, match=r"BARBACK_BARTIME.* is not of the form"):
        read_settings()
