from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.kernel import Event
from projections.kernel import (
    Amend,
    BadProjection,
    Change,
    Plus,
    Projection,
    Put,
    Recorded,
    Table,
    events_of,
    on,
    topic_stem,
)
from tests.support.ledger import ACCOUNTS, ENTRIES, NOON, OWNERS, TENANT, Account, AccountsProjection, OwnersProjection

A, B, OWNER = uuid4(), uuid4(), uuid4()


def recorded(event: Event, position: int = 7, tenant_id: UUID = TENANT) -> Recorded[Event]:
    return Recorded(position, datetime(2026, 3, 2, tzinfo=UTC), tenant_id, event, {})


def deposited(version: int, cents: int) -> Account.Deposited:
    return Account.Deposited(originator_id=A, originator_version=version, timestamp=NOON, owner_id=OWNER, cents=cents)


@pytest.mark.parametrize(
    ("fault", "facts"),
    [
        ("needs a DEFAULT", {"columns": {"n": "int NOT NULL"}}),
        ("named twice", {"columns": {"position": "bigint"}}),
        ("named twice", {"columns": {"id": "uuid"}}),
        ("snake_case", {"columns": {"Name": "text"}}),
        ("snake_case", {"name": "a__b"}),
        ("SQL type", {"columns": {"n": "42"}}),
        ("key", {"key": {}}),
        ("key", {"key": {"id": "uuid", "n": "int"}, "aggregate": Account}),
    ],
)
def test_a_table_that_cannot_work_is_refused(fault: str, facts: dict[str, Any]) -> None:
    with pytest.raises(BadProjection, match=fault):
        Table(**{"name": "things", "key": {"id": "uuid"}, "columns": {}, **facts})


def test_a_table_knows_its_key_types_and_stamps() -> None:
    assert ENTRIES.primary_key == ("tenant_id", "account_id", "n")
    assert list(ENTRIES.stamps) == ["position"]
    assert list(ACCOUNTS.stamps) == ["version", "position", "updated_at"]
    assert ACCOUNTS.types["tags"] == "text[]"
    assert ACCOUNTS.types["rate"] == "numeric(9,4)"
    assert ACCOUNTS.types["balance_cents"] == "bigint"
    assert ACCOUNTS.counters == ("balance_cents", "received_cents")


def test_changes_that_name_no_row_or_no_column_are_refused() -> None:
    with pytest.raises(BadProjection, match="no column colour"):
        ACCOUNTS.put(A, colour="red")
    with pytest.raises(BadProjection, match="no column version"):
        ACCOUNTS.amend(A, version=3)
    with pytest.raises(BadProjection, match="named by account_id, n"):
        ENTRIES.put(A, cents=3)
    with pytest.raises(BadProjection, match="named by"):
        ACCOUNTS.remove(None)
    with pytest.raises(BadProjection, match="DEFAULT 0"):
        ENTRIES.put(A, 1, cents=Plus(1))
    with pytest.raises(BadProjection, match="at least one"):
        ACCOUNTS.remove_where()
    with pytest.raises(BadProjection, match="at least one"):
        ACCOUNTS.amend_where({"tenant_id": TENANT}, status="open")


def test_every_event_of_the_stream_stamps_its_row_even_without_a_handler() -> None:
    audited = Account.Audited(originator_id=A, originator_version=4, timestamp=NOON)
    stamps = {"version": 4, "position": 9, "updated_at": NOON}
    assert list(AccountsProjection().rows([recorded(audited, 9)])) == [(TENANT, Amend(ACCOUNTS, (A,), stamps))]
    assert list(OwnersProjection().rows([recorded(audited, 9)])) == []


def test_an_event_of_another_stream_moves_a_rows_position_but_not_its_version() -> None:
    sent = Account.Sent(originator_id=A, originator_version=3, timestamp=NOON, to=B, cents=5)
    changes = [change for _, change in AccountsProjection().rows([recorded(sent, 8)])]
    assert changes == [
        Amend(ACCOUNTS, (A,), {"balance_cents": Plus(-5), "position": 8}),
        Amend(ACCOUNTS, (B,), {"balance_cents": Plus(5), "received_cents": Plus(5), "position": 8}),
        Amend(ACCOUNTS, (A,), {"version": 3, "position": 8, "updated_at": NOON}),
    ]


def test_changes_carry_the_tenant_of_their_event() -> None:
    tenants = [uuid4(), uuid4()]
    events = [recorded(deposited(n, 1), n, tenant) for n, tenant in enumerate(tenants, 1)]
    assert {tenant for tenant, _ in OwnersProjection().rows(events)} == set(tenants)
    assert next(OwnersProjection().rows(events))[1] == Put(OWNERS, (OWNER,), {"deposits": Plus(1), "position": 1})


def test_a_projection_wants_its_handled_events_and_those_of_its_aggregates_in_any_version() -> None:
    accounts, owners = AccountsProjection(), OwnersProjection()
    assert accounts.wants("account.audited.v1")
    assert accounts.wants("account.deposited.v7")
    assert not accounts.wants("letter.drafted.v1")
    assert not owners.wants("account.audited.v1")
    assert topic_stem("account.opened.v12") == "account.opened"
    assert Account.Audited in set(events_of(Account))
    assert Event not in set(events_of(Account))


def test_the_shape_follows_version_and_definition() -> None:
    def shape(version: int, **columns: str) -> str:
        table = Table("things", key={"id": "uuid"}, columns=columns)
        kind = type("Things", (Projection,), {"name": "things", "version": version, "tables": (table,)})
        return str(kind().shape)

    assert shape(1, a="text") == shape(1, a="text")
    assert len({shape(1, a="text"), shape(2, a="text"), shape(1, a="int"), shape(1, b="text")}) == 4


def test_one_handler_may_answer_several_events() -> None:
    table = Table("moves", key={"id": "uuid"}, columns={"moves": "int NOT NULL DEFAULT 0"})

    class Moves(Projection):
        name = "moves"
        tables = (table,)

        @on(Account.Deposited, Account.Sent)
        def moved(self, r: Recorded[Account.Deposited | Account.Sent]) -> Iterator[Change]:
            yield table.put(r.event.originator_id, moves=Plus(1))

    sent = Account.Sent(originator_id=A, originator_version=2, timestamp=NOON, to=B, cents=5)
    changes: Iterable[tuple[UUID, Change]] = Moves().rows([recorded(deposited(1, 5)), recorded(sent)])
    assert len(list(changes)) == 2


def test_a_projection_without_a_table_is_refused() -> None:
    with pytest.raises(BadProjection, match="at least one table"):
        type("Nothing", (Projection,), {"name": "nothing"})
