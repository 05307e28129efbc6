from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infrastructure.projecting.tables import ensure
from infrastructure.projecting.writing import write
from projections.folding import fold
from projections.kernel import Change, Plus
from tests.support.ledger import ACCOUNTS, BOTH, ENTRIES, TENANT, AccountStatus, table_rows


def make(conn: psycopg.Connection[Any], *changes: Change) -> list[dict[str, Any]]:
    with conn.transaction():
        write(conn, fold((TENANT, change) for change in changes))
    return [dict(zip(ACCOUNTS.types, row, strict=True)) for row in table_rows(conn, ACCOUNTS)]


@pytest.fixture
def conn(projector: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    ensure(projector, BOTH)
    return projector


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tags=st.none() | st.lists(st.none() | texts, max_size=4),
    terms=st.none() | st.dictionaries(texts, texts | st.integers(-9, 9) | st.lists(st.booleans()), max_size=3),
    words=st.none() | texts,
    seal=st.none() | st.binary(max_size=8),
    opened_on=st.none() | st.dates(),
    cents=st.integers(-(2**63), 2**63 - 1),
)
def test_every_kind_of_value_comes_back_as_it_was(conn: psycopg.Connection[Any], **values: Any) -> None:
    values["balance_cents"] = values.pop("cents")
    row_id = uuid4()
    rows = make(conn, ACCOUNTS.put(row_id, status=AccountStatus.OPEN, **values))
    (row,) = [row for row in rows if row["account_id"] == row_id]
    assert {name: row[name] for name in values} == values
    assert row["status"] == "open"


def test_rows_with_different_columns_go_in_one_batch(conn: psycopg.Connection[Any]) -> None:
    one, two = uuid4(), uuid4()
    rows = make(conn, ACCOUNTS.put(one, status="open"), ACCOUNTS.put(two, balance_cents=7, tags=["x"]))
    assert {r["account_id"]: (r["status"], r["balance_cents"], r["tags"]) for r in rows} == {
        one: ("open", 0, None),
        two: (None, 7, ["x"]),
    }


def test_a_row_is_amended_only_while_it_exists(conn: psycopg.Connection[Any]) -> None:
    row = uuid4()
    assert make(conn, ACCOUNTS.amend(row, status="open")) == []
    make(conn, ACCOUNTS.put(row, status="open", balance_cents=1))
    (found,) = make(conn, ACCOUNTS.amend(row, balance_cents=Plus(2)))
    assert (found["status"], found["balance_cents"]) == ("open", 3)
    assert make(conn, ACCOUNTS.remove(row), ACCOUNTS.amend(row, status="closed")) == []


def test_a_row_that_left_comes_back_with_nothing_of_the_old_one(conn: psycopg.Connection[Any]) -> None:
    row = uuid4()
    make(conn, ACCOUNTS.put(row, status="open", balance_cents=5))
    (found,) = make(conn, ACCOUNTS.remove(row), ACCOUNTS.put(row, owner_name="B", balance_cents=Plus(1)))
    assert (found["status"], found["owner_name"], found["balance_cents"]) == (None, "B", 1)


def test_rows_are_chosen_by_column_and_by_none(conn: psycopg.Connection[Any]) -> None:
    owner, one, two = uuid4(), uuid4(), uuid4()
    make(conn, ACCOUNTS.put(one, owner_id=owner), ACCOUNTS.put(two, words=None))
    rows = make(conn, ACCOUNTS.amend_where({"owner_id": None}, words="nobody's", balance_cents=Plus(4)))
    assert {r["account_id"]: (r["words"], r["balance_cents"]) for r in rows} == {one: (None, 0), two: ("nobody's", 4)}
    rows = make(conn, ACCOUNTS.remove_where(owner_id=owner))
    assert [row["account_id"] for row in rows] == [two]


def test_another_tenants_rows_are_never_chosen(conn: psycopg.Connection[Any]) -> None:
    owner = uuid4()
    with conn.transaction():
        write(conn, fold([(uuid4(), ENTRIES.put(uuid4(), 1, owner_id=owner))]))
        write(conn, fold([(TENANT, ENTRIES.remove_where(owner_id=owner))]))
    assert len(table_rows(conn, ENTRIES)) == 1
