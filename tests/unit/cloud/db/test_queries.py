"""Loading named queries."""

import pytest

from cloud.db.queries import load_queries


def test_queries_are_found_by_their_names(tmp_path):
    (tmp_path / "queries.sql").write_text(
        "-- name: one\n-- The first.\nSELECT 1;\n\n-- name: two\n-- More.\nSELECT 2;\n"
    )
    assert load_queries(tmp_path) == {
        "one": b"-- The first.\nSELECT 1;",
        "two": b"-- More.\nSELECT 2;",
    }


@pytest.mark.parametrize(
    "text",
    [
        "-- name: one\nSELECT 1;\n",
        "-- name: one\n-- A.\nSELECT 1;\n-- name: one\n-- B.\nSELECT 2;\n",
    ],
)
def test_a_name_without_purpose_or_twice_is_refused(tmp_path, text):
    (tmp_path / "queries.sql").write_text(text)
    with pytest.raises(ValueError, match="stands twice or lacks its purpose line"):
        load_queries(tmp_path)
