"""The binary arguments say to the server what the text would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from eventsourcing.persistence import ProgrammingError, StoredEvent
from psycopg import pq

from infrastructure.event_store.wire import APPEND, BINARY, TYPES, append_arguments
from tests.support.postgres import TestDatabase

A, B = UUID(int=1), UUID(int=2)


@dataclass(frozen=True)
class Step:
    queue: str
    command: bytes
    dedupe: str
    run_at: datetime | None = None


def test_the_server_reads_back_every_argument(database: TestDatabase) -> None:
    due = datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    events = [StoredEvent(A, 1, "ä.v1", b"\x00"), StoredEvent(B, 2**40, "b.v1", b"")]
    jobs = [Step("q", b"{}", "d1", due), Step("q2", b"x", "d2")]
    arguments = append_arguments(A, events, b"m", B, None, b"a", jobs, None, A)
    names = ", ".join(f"${n}::text" for n in range(1, len(TYPES) + 1))
    with psycopg.connect(database.app_url, options="-c timezone=UTC") as conn:
        given = conn.pgconn.exec_params(f"SELECT {names}".encode(), arguments, TYPES, BINARY)  # type: ignore[arg-type]
        assert given.status == pq.ExecStatus.TUPLES_OK, given.error_message
        read = [given.get_value(0, n) for n in range(len(TYPES))]
    assert [value.decode() if value is not None else None for value in read] == [
        str(A), f"{{{A},{B}}}", "{1,1099511627776}", "{ä.v1,b.v1}", '{"\\\\x00","\\\\x"}', "\\x6d", str(B), None,
        "\\x61", "{q,q2}", '{"\\\\x7b7d","\\\\x78"}', "{d1,d2}", '{"1999-12-31 23:59:59.999999+00",NULL}', None, str(A),
    ]  # fmt: skip


def test_what_is_absent_is_null() -> None:
    arguments = append_arguments(A, [], b"{}", None, None, None, [Step("q", b"", "d")], None, None)
    assert arguments[6:9] == [None, None, None]
    assert arguments[12:] == [None, None, None]
    assert append_arguments(A, [], b"{}", None, None, None, [], None, None)[9:12] == [None, None, None]
    assert APPEND.count(b"$") == len(arguments) == len(TYPES)


def test_text_ids_are_refused() -> None:
    with pytest.raises(ProgrammingError):
        append_arguments(A, [StoredEvent("a", 1, "x.v1", b"")], b"{}", None, None, None, [], None, None)
