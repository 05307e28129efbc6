"""Query tables in memory, always level with the log."""

from __future__ import annotations

from datetime import date
from typing import TypeVar
from uuid import UUID

from domain.bureaus import Bureau
from domain.connections import Connection
from domain.deadlines import ReceiptBasis
from domain.dispute_states import ENDED, UNDECIDED, DisputeStatus
from domain.disputes import Dispute
from domain.findings import OwnDispute
from domain.kernel import Aggregate
from domain.letters import Letter, LetterStatus
from domain.mailings import Mailing
from domain.reconciliation import Outcome
from domain.tasks import Task, TaskKind, TaskStatus
from domain.users import User
from tests.support.memory_log import MemoryLog

A = TypeVar("A", bound=Aggregate)


class FakeReads:
    """Query tables that are always up to date, because they look into the log itself."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self.lagging = False

    def reached(self, tenant_id: UUID, position: int) -> bool:
        return not self.lagging

    def disputes_to_reconcile(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]:
        disputes = [d for d in self._all(tenant_id, Dispute) if d.owner_id == consumer_id]
        deleted = DisputeStatus.CLOSED, Outcome.DELETED
        return [d.id for d in disputes if d.status in UNDECIDED or (d.status, d.outcome) == deleted]

    def own_disputes(self, tenant_id: UUID, consumer_id: UUID) -> list[OwnDispute]:
        had = [d for d in self._all(tenant_id, Dispute) if d.owner_id == consumer_id and d.received_on]
        return [
            OwnDispute(
                dispute_id=d.id,
                tradeline_id=d.tradeline_id,
                bureau=d.bureau,
                opened_on=d.created_on.date(),
                received_on=d.received_on,
                receipt_proven=d.receipt_basis is ReceiptBasis.PROVEN,
                ended_on=self._ended_on(tenant_id, d.id),
                furnisher=d.challenge.item.furnisher if d.challenge else None,
                account_masked=d.challenge.item.account_masked if d.challenge else None,
            )
            for d in sorted(had, key=lambda d: (d.created_on, d.id))
        ]

    def _ended_on(self, tenant_id: UUID, dispute_id: UUID) -> date | None:
        events = self._log.streams[tenant_id, dispute_id]
        return next((e.timestamp.date() for e in events if isinstance(e, Dispute.Closed | Dispute.Withdrawn)), None)

    def tasks_about(self, tenant_id: UUID, about: list[UUID], kind: TaskKind) -> list[UUID]:
        asked = [t for t in self._all(tenant_id, Task) if t.status is TaskStatus.OPEN and t.kind is kind]
        return [task.id for task in asked if task.about_id in about]

    def letters_before_posting(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]:
        gone = (LetterStatus.SUBMITTED, LetterStatus.VOID)
        return [x.id for x in self._all(tenant_id, Letter) if x.owner_id == consumer_id and x.status not in gone]

    def disputes_without_letter(self, tenant_id: UUID, consumer_id: UUID) -> dict[Bureau, list[UUID]]:
        found: dict[Bureau, list[UUID]] = {}
        for dispute in self._all(tenant_id, Dispute):
            if dispute.owner_id == consumer_id and dispute.status is DisputeStatus.SELECTED:
                found.setdefault(dispute.bureau, []).append(dispute.id)
        return found

    def users_of_consumer(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]:
        return [user.id for user in self._all(tenant_id, User) if user.consumer_id == consumer_id]

    def mailing_of_piece(self, tenant_id: UUID, provider_id: str) -> UUID | None:
        return next((m.id for m in self._all(tenant_id, Mailing) if m.provider_id == provider_id), None)

    def open_disputes(self, tenant_id: UUID, consumer_id: UUID) -> bool:
        return any(d.owner_id == consumer_id and d.status not in ENDED for d in self._all(tenant_id, Dispute))

    def connections_of_consumer(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]:
        return [c.id for c in self._all(tenant_id, Connection) if c.owner_id == consumer_id]

    def connection_of_account(self, tenant_id: UUID, provider: str, account_digest: str) -> UUID | None:
        named = (provider, account_digest)
        found = (c.id for c in self._all(tenant_id, Connection) if (c.provider, c.account_digest) == named)
        return next(found, None) if account_digest and not self.lagging else None

    def _all(self, tenant_id: UUID, kind: type[A]) -> list[A]:
        found = (self._log.load(tenant_id, kind, stream) for tenant, stream in self._log.streams if tenant == tenant_id)
        return [aggregate for aggregate in found if aggregate is not None]
