from typing import Any

import psycopg
import pytest

from infrastructure.projecting import applying
from infrastructure.projecting.applying import Conflict, Member, Paused, apply, blames_event, describe, plan, set_aside
from infrastructure.projecting.log import read
from infrastructure.projecting.positions import Place, connect, gate_shut, place_of, position_of
from infrastructure.projecting.tables import ensure
from projections.folding import Sweep
from tests.support.ledger import ACCOUNTS, BOTH, ENTRIES, TENANT, Account, Ledger, account, decode, history, table_rows
from tests.support.postgres import TestDatabase


@pytest.fixture
def members(projector: psycopg.Connection[Any]) -> list[Member]:
    ensure(projector, BOTH)
    return [Member(projection, place_of(projector, projection.name)) for projection in BOTH]


def test_rows_and_positions_move_together_or_not_at_all(
    ledger: Ledger, projector: psycopg.Connection[Any], members: list[Member]
) -> None:
    ledger.append(ledger.opened(1), ledger.deposited(1, 5))
    batch = read(projector, 0, 10)
    members[1].place = Place(0, 99, frozenset())
    with pytest.raises(Conflict):
        apply(projector, members, batch, decode)
    assert table_rows(projector, ACCOUNTS) == []
    assert position_of(projector, "accounts") == 0
    members[1].place = Place(0, 0, frozenset())
    apply(projector, members, batch, decode)
    assert len(table_rows(projector, ACCOUNTS)) == 1
    assert [m.place.position for m in members] == [batch.last, batch.last] == [position_of(projector, "owners")] * 2


def test_a_batch_of_many_writes_becomes_several_transactions(
    ledger: Ledger, projector: psycopg.Connection[Any], members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    for events in history(ledger, 10, 60):
        ledger.append(*events)
    monkeypatch.setattr(applying, "MAX_ROWS", 20)
    apply(projector, members, read(projector, 0, 100), decode)
    transactions = projector.execute("SELECT count(DISTINCT xmin::text) FROM rm.entries").fetchone()
    assert len(table_rows(projector, ENTRIES)) == 60
    assert transactions is not None
    assert transactions[0] >= 3


def test_a_batch_is_not_applied_twice(
    ledger: Ledger, projector: psycopg.Connection[Any], members: list[Member]
) -> None:
    ledger.append_each([ledger.opened(1), ledger.deposited(1, 5), ledger.deposited(1, 6)])
    whole = read(projector, 0, 10)
    apply(projector, members, whole.halves()[0], decode)
    apply(projector, members, whole, decode)
    (row,) = table_rows(projector, ACCOUNTS)
    assert dict(zip(ACCOUNTS.types, row, strict=True))["balance_cents"] == 11


def test_maintenance_pauses_the_projection_it_works_on(
    ledger: Ledger, projector: psycopg.Connection[Any], members: list[Member], database: TestDatabase
) -> None:
    ledger.append(ledger.opened(1))
    batch = read(projector, 0, 10)
    with connect(database.projector_url, "other") as other, gate_shut(other, "owners"):
        with pytest.raises(Paused) as paused:
            apply(projector, members, batch, decode)
        assert paused.value.names == {"owners"}
        apply(projector, members[:1], batch, decode)
    apply(projector, members[1:], batch, decode)
    assert members[0].place == members[1].place


def test_events_of_a_parked_stream_wait_and_unwanted_ones_are_never_decoded(
    ledger: Ledger, projector: psycopg.Connection[Any]
) -> None:
    ledger.append_each([ledger.opened(1), ledger.opened(2), ledger.event(Account.Audited, 1)])
    batch = read(projector, 0, 10)
    planned = plan(BOTH[1], frozenset({(TENANT, account(1))}), batch, decode)
    assert [row.originator_id for row in planned.held] == [account(1)]
    (step,) = planned.steps
    assert not isinstance(step, Sweep)
    assert planned.size == 2


def test_a_parked_event_is_passed_and_its_stream_remembered(
    ledger: Ledger, projector: psycopg.Connection[Any], members: list[Member]
) -> None:
    ledger.append(ledger.opened(1))
    batch = read(projector, 0, 1)
    member = members[0]
    member.attempts = 3
    set_aside(projector, member, batch, KeyError("a person's words"))
    assert member.place == place_of(projector, "accounts")
    assert member.place.parked == {(TENANT, account(1))}
    row = projector.execute("SELECT error, attempts, notification_id FROM es.parked").fetchone()
    assert row == ("KeyError at ?:0", 3, batch.last)


def test_a_failure_is_told_by_kind_and_place_only() -> None:
    def fail() -> None:
        raise ValueError("123-45-6789")

    with pytest.raises(ValueError, match="123") as caught:
        fail()
    told = describe(caught.value)
    assert told.startswith("ValueError at ")
    assert "test_applying:" in told
    assert "123" not in told


@pytest.mark.parametrize(
    ("error", "blamed"),
    [
        (KeyError("x"), True),
        (psycopg.errors.NumericValueOutOfRange(), True),
        (psycopg.errors.NotNullViolation(), True),
        (psycopg.errors.ProgramLimitExceeded(), True),
        (psycopg.ProgrammingError("cannot adapt"), True),
        (psycopg.errors.UndefinedTable(), False),
        (psycopg.errors.LockNotAvailable(), False),
        (psycopg.errors.AdminShutdown(), False),
        (TimeoutError(), False),
    ],
)
def test_only_what_cannot_pass_is_blamed_on_the_event(error: Exception, blamed: bool) -> None:
    assert blames_event(error, (OSError, psycopg.OperationalError)) is blamed
