"""What handlers read of query tables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain.bureaus import Bureau
from domain.dispute_states import DisputeStatus
from domain.findings import OwnDispute
from domain.tasks import TaskKind
from infrastructure.projecting.positions import connect
from infrastructure.reads import QueryTables
from tests.support.postgres import TestDatabase, TestServer
from tests.support.wired import wired

_COLUMNS = (
    "tenant_id, consumer_id, dispute_id, tradeline_id, bureau, created_at, received_on, receipt_basis, status,"
    " closed_at, outcome, outcome_report_id, furnisher, account_masked"
)
OPENED = datetime(2026, 1, 5, 15, tzinfo=UTC)
RECEIVED = date(2026, 1, 9)


def test_own_disputes_are_those_a_bureau_has_had(tmp_path: Path, server: TestServer, database: TestDatabase) -> None:
    tenant, consumer, account, answer = uuid4(), uuid4(), uuid4(), uuid4()
    closed, waiting, proposed, unsent, strangers = (UUID(int=number) for number in range(1, 6))
    over = ("closed", datetime(2026, 2, 12, 1, tzinfo=UTC), "deleted", answer)
    rows = [
        (tenant, consumer, closed, account, "equifax", OPENED, RECEIVED, "proven", *over, "MIDVALE", "****12"),
        (tenant, consumer, waiting, account, "experian", OPENED, RECEIVED, "presumed", "received", *[None] * 5),
        (tenant, consumer, proposed, account, "transunion", OPENED, RECEIVED, "proven", "evaluated", None, *over[2:],
         None, None),
        (tenant, consumer, unsent, account, "equifax", OPENED, None, None, "drafted", *[None] * 5),
        (tenant, uuid4(), strangers, account, "equifax", OPENED, RECEIVED, "proven", *over, None, None),
    ]  # fmt: skip
    with wired(tmp_path, server, database) as sfdify:
        with connect(database.projector_url, "test") as conn:
            for row in rows:
                marks = ", ".join(["%s"] * len(row))
                conn.execute(f"INSERT INTO rm.disputes ({_COLUMNS}) VALUES ({marks})".encode(), row)
        found = QueryTables(sfdify.pool).own_disputes(tenant, consumer)
        assert QueryTables(sfdify.pool).own_disputes(uuid4(), consumer) == []
        assert QueryTables(sfdify.pool).disputes_without_letter(tenant, consumer) == {}
        with connect(database.projector_url, "test") as conn:
            conn.execute("UPDATE rm.disputes SET status = 'selected' WHERE dispute_id = ANY(%s)", ([unsent, waiting],))
        listed = QueryTables(sfdify.pool).disputes_without_letter(tenant, consumer)
        assert listed == {Bureau.EQUIFAX: [unsent], Bureau.EXPERIAN: [waiting]}
    had = {"tradeline_id": account, "opened_on": OPENED.date(), "received_on": RECEIVED}
    assert found == [
        OwnDispute(
            dispute_id=closed, bureau=Bureau.EQUIFAX, receipt_proven=True, ended_on=date(2026, 2, 12),
            furnisher="MIDVALE", account_masked="****12", **had,
        ),
        OwnDispute(dispute_id=waiting, bureau=Bureau.EXPERIAN, receipt_proven=False, **had),
        OwnDispute(dispute_id=proposed, bureau=Bureau.TRANSUNION, receipt_proven=True, **had),
    ]  # fmt: skip


def test_tasks_are_found_by_what_they_are_about(tmp_path: Path, server: TestServer, database: TestDatabase) -> None:
    tenant, item, other = uuid4(), uuid4(), uuid4()
    asked, done, of_another_kind, elsewhere = (UUID(int=number) for number in range(1, 5))
    rows = [
        (tenant, asked, item, OPENED, "letter_refused", "open"),
        (tenant, done, item, OPENED, "letter_refused", "done"),
        (tenant, of_another_kind, item, OPENED, "overdue_dispute", "open"),
        (uuid4(), elsewhere, item, OPENED, "letter_refused", "open"),
    ]
    with wired(tmp_path, server, database) as sfdify:
        with connect(database.projector_url, "test") as conn:
            for row in rows:
                conn.execute(
                    "INSERT INTO rm.tasks (tenant_id, task_id, about_id, created_at, kind, status)"
                    " VALUES (%s, %s, %s, %s, %s, %s)",
                    row,
                )
        tables = QueryTables(sfdify.pool)
        assert tables.tasks_about(tenant, [item, other], TaskKind.LETTER_REFUSED) == [asked]
        assert tables.tasks_about(tenant, [other], TaskKind.LETTER_REFUSED) == []


def test_connections_are_found_by_consumer_and_by_the_providers_name_for_them(
    tmp_path: Path, server: TestServer, database: TestDatabase
) -> None:
    tenant, consumer, ours, theirs, unnamed = (UUID(int=number) for number in range(1, 6))
    rows = [
        (tenant, ours, consumer, "smartcredit", OPENED, "active", "ab" * 32),
        (uuid4(), theirs, consumer, "smartcredit", OPENED, "active", "ab" * 32),
        (tenant, unnamed, consumer, "manual_upload", OPENED, "active", ""),
    ]
    with wired(tmp_path, server, database) as sfdify:
        with connect(database.projector_url, "test") as conn:
            for row in rows:
                conn.execute(
                    "INSERT INTO rm.connections (tenant_id, connection_id, consumer_id, provider, created_at, status,"
                    " account_digest) VALUES (%s, %s, %s, %s, %s, %s, %s)",
                    row,
                )
        tables = QueryTables(sfdify.pool)
        assert tables.connections_of_consumer(tenant, consumer) == [ours, unnamed]
        assert tables.connections_of_consumer(tenant, uuid4()) == []
        found = {
            asked: tables.connection_of_account(tenant, *asked)
            for asked in (("smartcredit", "ab" * 32), ("other", "ab" * 32), ("manual_upload", ""))
        }
    assert list(found.values()) == [ours, None, None]


def test_of_several_connections_to_one_account_the_one_that_works_is_found(
    tmp_path: Path, server: TestServer, database: TestDatabase
) -> None:
    tenant, working = uuid4(), uuid4()
    rows = [(uuid4(), "revoked", 1), (uuid4(), "active", 2), (working, "active", 3), (uuid4(), "needs_reauth", 4)]
    with wired(tmp_path, server, database) as sfdify:
        with connect(database.projector_url, "test") as conn:
            for connection_id, status, day in rows:
                conn.execute(
                    "INSERT INTO rm.connections (tenant_id, connection_id, consumer_id, provider, created_at, status,"
                    " account_digest) VALUES (%s, %s, %s, 'smartcredit', %s, %s, 'ab')",
                    (tenant, connection_id, uuid4(), datetime(2026, 1, day, tzinfo=UTC), status),
                )
        assert QueryTables(sfdify.pool).connection_of_account(tenant, "smartcredit", "ab") == working


_OVER = {"closed", "withdrawn", "returned_undelivered", "frivolous_noticed"}


@pytest.mark.parametrize("status", list(DisputeStatus))
def test_a_dispute_is_open_until_it_ended(
    tmp_path: Path, server: TestServer, database: TestDatabase, status: DisputeStatus
) -> None:
    tenant, consumer = uuid4(), uuid4()
    row = (tenant, consumer, uuid4(), uuid4(), "equifax", OPENED, None, None, status.value, *[None] * 5)
    with wired(tmp_path, server, database) as sfdify:
        with connect(database.projector_url, "test") as conn:
            marks = ", ".join(["%s"] * len(row))
            conn.execute(f"INSERT INTO rm.disputes ({_COLUMNS}) VALUES ({marks})".encode(), row)
        tables = QueryTables(sfdify.pool)
        assert tables.open_disputes(tenant, consumer) is (status.value not in _OVER)
        assert not tables.open_disputes(tenant, uuid4())
        assert not tables.open_disputes(uuid4(), consumer)
