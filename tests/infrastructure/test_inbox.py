from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from domain.kernel import NotFound
from infrastructure.inbox import Inbox
from infrastructure.postgres import Connection, tenant_transaction
from infrastructure.sealing import SecretSeal
from tests.support.postgres import TestDatabase

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TENANT = uuid4()
RAW = b'{"id": "evt_1", "to": "Ann Example"}'


@pytest.fixture
def inbox(pool: ConnectionPool[Connection]) -> Inbox:
    return Inbox(pool, SecretSeal(bytes(range(32))))


def test_a_webhook_is_new_once(inbox: Inbox) -> None:
    assert inbox.receive(TENANT, "lob", "evt_1", RAW, NOW)
    assert not inbox.receive(TENANT, "lob", "evt_1", b"other bytes", NOW)
    assert inbox.body(TENANT, "lob", "evt_1") == RAW


def test_of_many_deliveries_at_once_one_is_the_first(inbox: Inbox) -> None:
    with ThreadPoolExecutor(16) as threads:
        first = list(threads.map(lambda _: inbox.receive(TENANT, "lob", "evt_1", RAW, NOW), range(32)))
    assert sum(first) == 1


def test_the_same_id_of_another_provider_or_tenant_is_another_webhook(inbox: Inbox) -> None:
    stranger = uuid4()
    assert inbox.receive(TENANT, "lob", "evt_1", RAW, NOW)
    assert inbox.receive(TENANT, "sendgrid", "evt_1", RAW, NOW)
    assert inbox.receive(stranger, "lob", "evt_1", b"theirs", NOW)
    assert inbox.body(stranger, "lob", "evt_1") == b"theirs"
    with pytest.raises(NotFound):
        inbox.body(uuid4(), "lob", "evt_1")


def test_a_webhook_waits_until_it_is_finished(inbox: Inbox) -> None:
    inbox.receive(TENANT, "lob", "evt_1", RAW, NOW)
    inbox.receive(TENANT, "lob", "evt_2", RAW, NOW + timedelta(seconds=1))
    assert inbox.is_waiting(TENANT, "lob", "evt_1")
    assert [w.event_id for w in inbox.waiting(TENANT, NOW + timedelta(minutes=1))] == ["evt_1", "evt_2"]
    assert inbox.finish(TENANT, "lob", "evt_1", NOW)
    assert inbox.finish(TENANT, "lob", "evt_2", NOW, "ignored")
    assert not inbox.finish(TENANT, "lob", "evt_2", NOW)
    assert not inbox.is_waiting(TENANT, "lob", "evt_1")
    assert not inbox.is_waiting(TENANT, "lob", "evt_9")
    assert inbox.waiting(TENANT, NOW + timedelta(minutes=1)) == []
    assert not inbox.receive(TENANT, "lob", "evt_1", RAW, NOW)


def test_of_a_webhook_that_was_worked_off_only_its_id_is_kept(inbox: Inbox, database: TestDatabase) -> None:
    for number, outcome in enumerate(("done", "ignored")):
        inbox.receive(TENANT, "lob", f"evt_{number}", RAW, NOW)
        assert inbox.body(TENANT, "lob", f"evt_{number}") == RAW
        assert inbox.finish(TENANT, "lob", f"evt_{number}", NOW, outcome)  # type: ignore[arg-type]
        assert inbox.body(TENANT, "lob", f"evt_{number}") is None
        assert not inbox.receive(TENANT, "lob", f"evt_{number}", RAW, NOW)
    with psycopg.connect(database.admin_url) as conn:
        assert conn.execute("SELECT event_id, body FROM es.inbox ORDER BY 1").fetchall() == [
            ("evt_0", b""), ("evt_1", b""),
        ]  # fmt: skip


def test_receiving_inside_a_transaction_shares_its_fate(inbox: Inbox, pool: ConnectionPool[Connection]) -> None:
    with pool.connection() as conn, tenant_transaction(conn, TENANT):
        assert inbox.receive_in(conn, TENANT, "lob", "evt_1", RAW, NOW)
        raise_back = psycopg.Rollback()
        with conn.transaction():
            assert not inbox.receive_in(conn, TENANT, "lob", "evt_1", RAW, NOW)
            raise raise_back
    assert inbox.is_waiting(TENANT, "lob", "evt_1")
    with pool.connection() as conn, tenant_transaction(conn, TENANT) as same:
        assert inbox.receive_in(same, TENANT, "lob", "evt_2", RAW, NOW)
        raise psycopg.Rollback
    assert not inbox.is_waiting(TENANT, "lob", "evt_2")


def test_bodies_are_not_readable_in_the_database(inbox: Inbox, database: TestDatabase) -> None:
    inbox.receive(TENANT, "lob", "evt_1", RAW, NOW)
    with psycopg.connect(database.admin_url) as conn:
        row = conn.execute("SELECT body FROM es.inbox").fetchone()
    assert row is not None
    assert b"Ann" not in row[0]


@pytest.mark.parametrize("event_id", ["", "x" * 256])
def test_an_event_id_has_a_sane_length(inbox: Inbox, event_id: str) -> None:
    with pytest.raises(ValueError, match="event id"):
        inbox.receive(TENANT, "lob", event_id, RAW, NOW)


def test_the_application_can_neither_delete_nor_rewrite_a_webhook(
    inbox: Inbox, pool: ConnectionPool[Connection]
) -> None:
    inbox.receive(TENANT, "lob", "evt_1", RAW, NOW)
    for statement in ("DELETE FROM es.inbox", "UPDATE es.inbox SET body = ''", "TRUNCATE es.inbox"):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            pool.connection() as conn,
            tenant_transaction(conn, TENANT),
        ):
            conn.execute(statement)  # type: ignore[call-overload]
    assert inbox.body(TENANT, "lob", "evt_1") == RAW
