"""A small bank ledger: an aggregate, two read models of it, and its events in the log.

It has what projections must bear: events without a handler, rows that several streams write, rows that go
and come back, counters, every kind of column, and an event no handler can read until it is repaired.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, ClassVar
from uuid import NAMESPACE_OID, UUID, uuid5

import psycopg

from domain.kernel import Aggregate, Created, Event
from infrastructure.projecting.log import LogRow
from projections.kernel import Change, Plus, Projection, Recorded, Table, on

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class AccountStatus(StrEnum):
    """Whether an account takes deposits."""

    OPEN = "open"
    CLOSED = "closed"


class Account(Aggregate):
    """A place where an owner's money is counted."""

    TOPIC: ClassVar[str] = "account"

    class Opened(Created):
        TOPIC: ClassVar[str] = "account.opened.v1"
        owner_id: UUID
        owner_name: str
        tags: tuple[str | None, ...] = ()
        terms: dict[str, Any] | None = None

    class Deposited(Event):
        TOPIC: ClassVar[str] = "account.deposited.v1"
        owner_id: UUID
        cents: int

    class Sent(Event):
        TOPIC: ClassVar[str] = "account.sent.v1"
        to: UUID
        cents: int

    class Audited(Event):
        TOPIC: ClassVar[str] = "account.audited.v1"

    class OwnerRenamed(Event):
        TOPIC: ClassVar[str] = "account.owner_renamed.v1"
        owner_id: UUID
        owner_name: str

    class OwnerForgotten(Event):
        TOPIC: ClassVar[str] = "account.owner_forgotten.v1"
        owner_id: UUID

    class Closed(Event):
        TOPIC: ClassVar[str] = "account.closed.v1"

    class Purged(Event):
        TOPIC: ClassVar[str] = "account.purged.v1"

    class Cursed(Event):
        TOPIC: ClassVar[str] = "account.cursed.v1"
        words: str


ACCOUNTS = Table(
    "accounts",
    aggregate=Account,
    key={"account_id": "uuid"},
    columns={
        "owner_id": "uuid",
        "owner_name": "text",
        "status": "text",
        "balance_cents": "bigint NOT NULL DEFAULT 0",
        "received_cents": "bigint NOT NULL DEFAULT 0",
        "tags": "text[]",
        "terms": "jsonb",
        "opened_on": "date",
        "seal": "bytea",
        "rate": "numeric(9,4)",
        "words": "text",
    },
    indexes=("owner_id, opened_on DESC", "status WHERE status = 'open'"),
)
OWNERS = Table(
    "owners",
    key={"owner_id": "uuid"},
    columns={"accounts": "int NOT NULL DEFAULT 0", "deposits": "int NOT NULL DEFAULT 0"},
)
ENTRIES = Table(
    "entries",
    key={"account_id": "uuid", "n": "bigint"},
    columns={"owner_id": "uuid", "cents": "bigint", "entered_at": "timestamptz"},
    indexes=("owner_id",),
)


class Repairs:
    """Whether the handler that cannot read a cursed event has been repaired."""

    done = False


class AccountsProjection(Projection):
    """Each account with its balance."""

    name = "accounts"
    tables = (ACCOUNTS,)

    @on(Account.Opened)
    def opened(self, r: Recorded[Account.Opened]) -> Iterable[Change]:
        yield ACCOUNTS.put(
            r.event.originator_id,
            owner_id=r.event.owner_id,
            owner_name=r.event.owner_name,
            status=AccountStatus.OPEN,
            tags=r.event.tags,
            terms=r.event.terms,
            opened_on=r.event.timestamp.date(),
            seal=r.event.originator_id.bytes,
            rate=f"{len(r.event.owner_name)}.5",
        )

    @on(Account.Deposited)
    def deposited(self, r: Recorded[Account.Deposited]) -> Iterable[Change]:
        yield ACCOUNTS.amend(r.event.originator_id, balance_cents=Plus(r.event.cents))

    @on(Account.Sent)
    def sent(self, r: Recorded[Account.Sent]) -> Iterable[Change]:
        yield ACCOUNTS.amend(r.event.originator_id, balance_cents=Plus(-r.event.cents))
        yield ACCOUNTS.amend(r.event.to, balance_cents=Plus(r.event.cents), received_cents=Plus(r.event.cents))

    @on(Account.OwnerRenamed)
    def owner_renamed(self, r: Recorded[Account.OwnerRenamed]) -> Iterable[Change]:
        yield ACCOUNTS.amend_where({"owner_id": r.event.owner_id}, owner_name=r.event.owner_name)

    @on(Account.OwnerForgotten)
    def owner_forgotten(self, r: Recorded[Account.OwnerForgotten]) -> Iterable[Change]:
        yield ACCOUNTS.remove_where(owner_id=r.event.owner_id)

    @on(Account.Closed)
    def closed(self, r: Recorded[Account.Closed]) -> Iterable[Change]:
        yield ACCOUNTS.amend(r.event.originator_id, status=AccountStatus.CLOSED, tags=None)

    @on(Account.Purged)
    def purged(self, r: Recorded[Account.Purged]) -> Iterable[Change]:
        yield ACCOUNTS.remove(r.event.originator_id)

    @on(Account.Cursed)
    def cursed(self, r: Recorded[Account.Cursed]) -> Iterable[Change]:
        if not Repairs.done:
            raise KeyError(r.event.words)
        yield ACCOUNTS.amend(r.event.originator_id, words=r.event.words)


class OwnersProjection(Projection):
    """What each owner has, and every entry of their accounts."""

    name = "owners"
    tables = (OWNERS, ENTRIES)

    @on(Account.Opened)
    def opened(self, r: Recorded[Account.Opened]) -> Iterable[Change]:
        yield OWNERS.put(r.event.owner_id, accounts=Plus(1))

    @on(Account.Deposited)
    def deposited(self, r: Recorded[Account.Deposited]) -> Iterable[Change]:
        yield OWNERS.put(r.event.owner_id, deposits=Plus(1))
        yield ENTRIES.put(
            r.event.originator_id,
            r.event.originator_version,
            owner_id=r.event.owner_id,
            cents=r.event.cents,
            entered_at=r.event.timestamp,
        )

    @on(Account.OwnerForgotten)
    def owner_forgotten(self, r: Recorded[Account.OwnerForgotten]) -> Iterable[Change]:
        yield OWNERS.remove(r.event.owner_id)
        yield ENTRIES.remove_where(owner_id=r.event.owner_id)


BOTH = (AccountsProjection(), OwnersProjection())
TENANT = uuid5(NAMESPACE_OID, "tenant")
OTHER_TENANT = uuid5(NAMESPACE_OID, "other tenant")

_KINDS: dict[str, type[Event]] = {
    kind.TOPIC: kind for kind in vars(Account).values() if isinstance(kind, type) and hasattr(kind, "TOPIC")
}


def decode(row: LogRow) -> Event:
    """The event of one row, as the mapper would give it."""
    return _KINDS[row.topic].model_validate_json(row.state)


def account(n: int, tenant_id: UUID = TENANT) -> UUID:
    """The id of the n-th account of a tenant."""
    return uuid5(tenant_id, f"account {n}")


def owner(n: int) -> UUID:
    """The id of the n-th owner."""
    return uuid5(NAMESPACE_OID, f"owner {n}")


class Ledger:
    """One tenant's accounts: makes events with the right versions, and appends them as the application does."""

    def __init__(self, app_url: str, tenant_id: UUID = TENANT) -> None:
        self.tenant_id = tenant_id
        self._conn = psycopg.connect(app_url, autocommit=True)
        self._versions: dict[UUID, int] = {}
        self._minutes = 0

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._conn.close()

    def event(self, kind: type[Event], n: int, **facts: Any) -> Event:
        """The next event of account `n`."""
        stream = account(n, self.tenant_id)
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        self._minutes += 1
        if issubclass(kind, Created):
            facts["originator_topic"] = Account.TOPIC
        at = NOON + timedelta(minutes=self._minutes)
        return kind(originator_id=stream, originator_version=version, timestamp=at, **facts)

    def opened(self, n: int, owner_n: int = 0, **facts: Any) -> Event:
        """Account `n` is opened for an owner."""
        return self.event(Account.Opened, n, owner_id=owner(owner_n), owner_name=f"Owner {owner_n}", **facts)

    def deposited(self, n: int, cents: int, owner_n: int = 0) -> Event:
        """Money comes into account `n`."""
        return self.event(Account.Deposited, n, owner_id=owner(owner_n), cents=cents)

    def append(self, *events: Event) -> int:
        """Append in one transaction, and say so. Returns the first position."""
        ordered = sorted(events, key=lambda e: (e.originator_id, e.originator_version))
        row = self._conn.execute(
            'SELECT es.append(%s, %s::uuid[], %s::bigint[], %s::text[], %s::bytea[], \'{"actor":"test"}\', '
            "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            (
                self.tenant_id,
                [e.originator_id for e in ordered],
                [e.originator_version for e in ordered],
                [str(type(e).TOPIC) for e in ordered],  # type: ignore[attr-defined]
                [e.model_dump_json().encode() for e in ordered],
            ),
        ).fetchone()
        self._conn.execute("NOTIFY sfdify_events")
        assert row is not None
        return int(row[0])

    def append_each(self, events: Iterable[Event]) -> None:
        """Append every event in a transaction of its own."""
        for event in events:
            self.append(event)


def history(ledger: Ledger, accounts: int, deposits: int) -> Iterator[Sequence[Event]]:
    """A plain history in appends of one transaction each: accounts opened, then money paid in, in turns."""
    for n in range(accounts):
        yield [ledger.opened(n, n % 7, tags=("a", 'b"c\\', None), terms={"fee": n, "since": str(date(2026, 1, 1))})]
    paid = (ledger.deposited(i % accounts, 100 + i, (i % accounts) % 7) for i in range(deposits))
    for _, chunk in groupby(enumerate(paid), key=lambda pair: pair[0] // 50):
        yield [event for _, event in chunk]


def table_rows(conn: psycopg.Connection[Any], table: Table) -> list[tuple[Any, ...]]:
    """All rows of a query table, by key. `conn` is the projector's."""
    columns = ", ".join(table.types)
    return conn.execute(f"SELECT {columns} FROM rm.{table.name} ORDER BY {', '.join(table.primary_key)}").fetchall()
