"""The application works under a role that owns nothing, as docs/cloud.md sets it up."""

import re
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.cloud_under_test import health, pour, reading, running_cloud
from tests.integration.test_cloud_process import Commands

pytestmark = pytest.mark.postgres
DOCS = (Path(__file__).parents[2] / "docs" / "cloud.md").read_text()


@pytest.fixture
def app_url(database_url):
    name = f"barback_app_{uuid4().hex[:8]}"
    with psycopg.connect(database_url, autocommit=True) as owner:
        for statement in re.search(r"```sql\n(.+?)```", DOCS, re.DOTALL)[1].split(";")[:-1]:
            owner.execute(statement.replace("barback_app", name))
        yield re.sub(r"//[^@]+@", f"//{name}@", database_url)
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (name,))
        owner.execute(f"DROP OWNED BY {name} CASCADE")
        owner.execute(f"DROP ROLE {name}")


def test_a_role_that_owns_nothing_can_do_all_that_the_cloud_does(app_url, tmp_path):
    with running_cloud(app_url) as cloud:
        assert cloud.back_bar.send(reading(), health()).stored == 2
        assert cloud.back_bar.send(pour()).stored == 1
        assert len(cloud.back_bar.send(reading("speed-1")).quarantined) == 1
        assert cloud.client.get("/readyz").status_code == 200
        assert cloud.client.get("/api/v1/sites/corner-bar/stock").status_code == 200
        assert cloud.client.post("/api/v1/forecasts/corner-bar/retrain").status_code == 202
        done = Commands(app_url, tmp_path)("work", "--until-idle")
        assert done.returncode == 0, done.stderr
        assert len(cloud.client.get("/api/v1/forecasts/corner-bar").json()) == 24


def test_that_role_cannot_change_the_schema(app_url):
    with psycopg.connect(app_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DROP TABLE reading")
