from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from api.pages import Cursors, InvalidCursor, Keyset, List, SortValue, keyset_params, keyset_sql
from tests.support.postgres import TestDatabase

CURSORS = Cursors(bytes(range(32)))
TENANT = uuid4()
LIST = List(TENANT, "/v1/disputes", {"status": "open"})
VALUES = st.one_of(
    st.text(max_size=60), st.integers(-(2**63), 2**63 - 1), st.datetimes(timezones=st.just(UTC)), st.dates(), st.uuids()
)


@given(VALUES, st.uuids())
def test_a_cursor_gives_back_its_row(value: SortValue, identity: UUID) -> None:
    assert CURSORS.open(LIST, CURSORS.issue(LIST, Keyset(value, identity))) == Keyset(value, identity)


def test_no_cursor_is_the_first_page() -> None:
    assert CURSORS.open(LIST, None) is None


@given(st.data())
def test_a_changed_cursor_is_refused(data: st.DataObject) -> None:
    cursor = CURSORS.issue(LIST, Keyset("smith", TENANT))
    at = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.sampled_from("ABab01-_=. é"))
    changed = cursor[:at] + letter + cursor[at + 1 :]
    if changed != cursor:
        with pytest.raises(InvalidCursor):
            CURSORS.open(LIST, changed)


@pytest.mark.parametrize(
    "other",
    [
        List(uuid4(), LIST.route, LIST.filters),
        List(TENANT, "/v1/letters", LIST.filters),
        List(TENANT, LIST.route, {"status": "closed"}),
        List(TENANT, LIST.route, {}),
        List(TENANT, LIST.route, {"status": None}),
    ],
)
def test_a_cursor_opens_for_its_own_list_only(other: List) -> None:
    cursor = CURSORS.issue(LIST, Keyset(3, uuid4()))
    with pytest.raises(InvalidCursor) as refused:
        CURSORS.open(other, cursor)
    assert refused.value.status == 400


def test_a_cursor_of_another_secret_is_refused_and_secrets_are_long() -> None:
    cursor = Cursors(bytes(32)).issue(LIST, Keyset(3, uuid4()))
    with pytest.raises(InvalidCursor):
        CURSORS.open(LIST, cursor)
    with pytest.raises(ValueError, match="32 bytes"):
        Cursors(b"short")


@pytest.mark.parametrize("text", ["", "a", "====", "A" * 40, "A" * 2000, "\n"])
def test_what_was_never_issued_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.open(LIST, text)


def test_a_cursor_does_not_show_the_name_it_stands_at() -> None:
    import base64

    cursor = CURSORS.issue(LIST, Keyset("smith", TENANT))
    assert b"smith" not in base64.urlsafe_b64decode(cursor + "==")


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_pages_together_are_the_list_each_row_once(database: TestDatabase, descending: bool, size: int) -> None:
    with psycopg.connect(database.admin_url) as conn:
        conn.execute("CREATE TEMP TABLE things (id uuid PRIMARY KEY, due_on date NOT NULL)")
        rows = [(uuid4(), date(2026, 1, 1 + n % 5)) for n in range(23)]
        conn.cursor().executemany("INSERT INTO things VALUES (%s, %s)", rows)
        seen: list[UUID] = []
        cursor: str | None = None
        while True:
            after = CURSORS.open(LIST, cursor)
            part = keyset_sql("due_on", after is not None, descending=descending)
            query = sql.SQL("SELECT id, due_on FROM things WHERE {} ORDER BY {} LIMIT %(page_rows)s")
            found = conn.execute(query.format(part.where, part.order_by), keyset_params(after, size)).fetchall()
            page = CURSORS.page(LIST, found, size, lambda row: Keyset(row[1], row[0]), lambda row: UUID(str(row[0])))
            assert len(page.items) <= size
            assert page.has_more == (page.next_cursor is not None)
            seen += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
    in_order = [row[0] for row in sorted(rows, key=lambda row: (row[1], row[0]), reverse=descending)]
    assert seen == in_order


def test_a_datetime_keeps_its_instant() -> None:
    at = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
    opened = CURSORS.open(LIST, CURSORS.issue(LIST, Keyset(at, TENANT)))
    assert opened == Keyset(at, TENANT)
