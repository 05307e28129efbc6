"""Query tables as commands may look at them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from psycopg_pool import ConnectionPool

from domain.bureaus import Bureau
from domain.deadlines import ReceiptBasis
from domain.dispute_states import ENDED, UNDECIDED, DisputeStatus
from domain.findings import OwnDispute
from domain.letters import LetterStatus
from domain.reconciliation import Outcome
from domain.tasks import TaskKind, TaskStatus
from infrastructure.postgres import Connection
from infrastructure.projecting import has_reached
from projections import ALL
from projections.reading import Row, many

_UNDECIDED = [status.value for status in UNDECIDED]
_ENDED = [status.value for status in ENDED]
_GONE = [LetterStatus.SUBMITTED.value, LetterStatus.VOID.value]


class QueryTables:
    """The reads that handlers need, under the tenant's own policy."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool

    def reached(self, tenant_id: UUID, position: int) -> bool:
        """Whether the tables that handlers look at have seen everything up to `position`."""
        with self._pool.connection() as conn:
            return has_reached(conn, position, _READ_BY_HANDLERS)

    def disputes_to_reconcile(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]:
        """The consumer's disputes about which a later report may say something: undecided ones, and deletions."""
        with self._pool.connection() as conn:
            rows = many(
                conn,
                tenant_id,
                "SELECT dispute_id FROM rm.disputes WHERE consumer_id = %s"
                " AND (status = ANY(%s) OR (status = %s AND outcome = %s)) ORDER BY dispute_id",
                (consumer_id, _UNDECIDED, DisputeStatus.CLOSED.value, Outcome.DELETED.value),
            )
        return [row["dispute_id"] for row in rows]

    def own_disputes(self, tenant_id: UUID, consumer_id: UUID) -> list[OwnDispute]:
        """Every dispute of the consumer that a bureau has had, oldest first; how it ended, the dispute itself says."""
        with self._pool.connection() as conn:
            rows = many(
                conn,
                tenant_id,
                "SELECT dispute_id, tradeline_id, bureau, created_at, received_on, receipt_basis, closed_at,"
                " furnisher, account_masked FROM rm.disputes"
                " WHERE consumer_id = %s AND received_on IS NOT NULL ORDER BY created_at, dispute_id",
                (consumer_id,),
            )
        return [_own_dispute(row) for row in rows]

    def tasks_about(self, tenant_id: UUID, about: list[UUID], kind: TaskKind) -> list[UUID]:
        """The open tasks of one kind about any of these things."""
        with self._pool.connection() as conn:
            rows = many(
                conn,
                tenant_id,
                "SELECT task_id FROM rm.tasks WHERE about_id = ANY(%s) AND kind = %s AND status = %s ORDER BY task_id",
                (about, kind.value, TaskStatus.OPEN.value),
            )
        return [row["task_id"] for row in rows]

    def letters_before_posting(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]:
        """The consumer's letters of which no paper has left."""
        with self._pool.connection() as conn:
            rows = many(
                conn,
                tenant_id,
                "SELECT letter_id FROM rm.letters WHERE consumer_id = %s AND status <> ALL(%s) ORDER BY letter_id",
                (consumer_id, _GONE),
            )
        return [row["letter_id"] for row in rows]

    def disputes_without_letter(self, tenant_id: UUID, consumer_id: UUID) -> dict[Bureau, list[UUID]]:
        """The consumer's selected items that stand in no letter, by bureau."""
        with self._pool.connection() as conn:
            rows = many(
                conn,
                tenant_id,
                "SELECT bureau, dispute_id FROM rm.disputes WHERE consumer_id = %s AND status = %s ORDER BY dispute_id",
                (consumer_id, DisputeStatus.SELECTED.value),
            )
        found: dict[Bureau, list[UUID]] = {}
        for row in rows:
            found.setdefault(Bureau(row["bureau"]), []).append(row["dispute_id"])
        return found

    def users_of_consumer(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]:
        """The sign-ins that are bound to this consumer's case."""
        with self._pool.connection() as conn:
            rows = many(conn, tenant_id, "SELECT user_id FROM rm.users WHERE consumer_id = %s", (consumer_id,))
        return [row["user_id"] for row in rows]

    def mailing_of_piece(self, tenant_id: UUID, provider_id: str) -> UUID | None:
        """The mailing that the provider knows by this id."""
        with self._pool.connection() as conn:
            rows = many(conn, tenant_id, "SELECT mailing_id FROM rm.mailings WHERE provider_id = %s", (provider_id,))
        return rows[0]["mailing_id"] if rows else None

    def open_disputes(self, tenant_id: UUID, consumer_id: UUID) -> bool:
        """Whether a dispute of the consumer has not ended."""
        with self._pool.connection() as conn:
            rows = many(
                conn,
                tenant_id,
                "SELECT dispute_id FROM rm.disputes WHERE consumer_id = %s AND status <> ALL(%s) LIMIT 1",
                (consumer_id, _ENDED),
            )
        return bool(rows)

    def connections_of_consumer(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]:
        """The consumer's connections to providers of reports."""
        with self._pool.connection() as conn:
            rows = many(
                conn,
                tenant_id,
                "SELECT connection_id FROM rm.connections WHERE consumer_id = %s ORDER BY connection_id",
                (consumer_id,),
            )
        return [row["connection_id"] for row in rows]

    def connection_of_account(self, tenant_id: UUID, provider: str, account_digest: str) -> UUID | None:
        """The connection of the consumer whom the provider calls by the name of this digest; of several, as after a
        consumer was registered anew, one that works, and the newest."""
        with self._pool.connection() as conn:
            rows = many(
                conn,
                tenant_id,
                "SELECT connection_id FROM rm.connections WHERE provider = %s AND account_digest = %s"
                " AND account_digest <> '' ORDER BY (status = 'active') DESC, created_at DESC, connection_id LIMIT 1",
                (provider, account_digest),
            )
        return rows[0]["connection_id"] if rows else None


_HANDLERS_READ = {"connections", "disputes", "letters", "mailings", "tasks", "users"}
_READ_BY_HANDLERS = tuple(projection.name for projection in ALL if projection.name in _HANDLERS_READ)


def _own_dispute(row: Row) -> OwnDispute:
    ended = row["closed_at"]
    return OwnDispute(
        dispute_id=row["dispute_id"],
        tradeline_id=row["tradeline_id"],
        bureau=row["bureau"],
        opened_on=_day(row["created_at"]),
        received_on=row["received_on"],
        receipt_proven=row["receipt_basis"] == ReceiptBasis.PROVEN,
        ended_on=_day(ended) if ended else None,
        furnisher=row["furnisher"],
        account_masked=row["account_masked"],
    )


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
