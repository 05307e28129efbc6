"""What a bureau writes when it will not look into a dispute, put on record by an operator."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from application.kernel import Answer, Command, Work, handles
from domain.disputes import Dispute
from domain.frivolous_notices import FrivolousNotice
from domain.permissions import Permission


class RecordFrivolousNotice(Command):
    """The bureau has called the dispute frivolous or irrelevant (R05), in a notice that an operator has read."""

    needs: ClassVar[Permission] = Permission.CONFIRM_OUTCOMES
    target: ClassVar[str | None] = "dispute_id"

    dispute_id: UUID
    noticed_on: date
    determined_on: date | None = None
    reasons: Annotated[str, Field(min_length=1, max_length=500)]
    needed: Annotated[str, Field(min_length=1, max_length=500)] | None = None


@handles(RecordFrivolousNotice)
def record_frivolous_notice(command: RecordFrivolousNotice, work: Work) -> Answer:
    """Stop waiting for an answer; an operator is asked to find with the consumer what the bureau misses."""
    dispute = work.load(Dispute, command.dispute_id)
    notice = FrivolousNotice(
        noticed_on=command.noticed_on,
        determined_on=command.determined_on,
        reasons=command.reasons,
        needed=command.needed,
    )
    dispute.note_frivolous(notice, work.caller.actor_id, work.now)
    return {"dispute_id": dispute.id, "version": dispute.version}
