"""A deleted item that comes back: the next round of its dispute, for the consumer to sign or to let be."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from application.challenges import challenge_again
from application.disputes import AlreadyDisputed, next_round
from application.kernel import Answer, Command, Work, handles
from domain.consumers import ConsentKind, ConsentMissing, Consumer
from domain.disputes import Dispute
from domain.kernel import IllegalMove
from domain.permissions import Permission
from domain.reconciliation import Outcome
from domain.reports import Report


class ReopenDispute(Command):
    """What was deleted is reported again: challenge it again, in a letter that the consumer must sign and release."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "reconcile"

    dispute_id: UUID
    report_id: UUID


@handles(ReopenDispute)
def reopen_dispute(command: ReopenDispute, work: Work) -> Answer:
    """Open the next round, unless the consumer was faster, or has taken back the consent to dispute in their name."""
    before = work.load(Dispute, command.dispute_id)
    answer: Answer = {"dispute_id": before.id}
    report = work.load(Report, command.report_id)
    consumer = work.load(Consumer, before.owner_id)
    if before.outcome is not Outcome.REINSERTED:
        raise IllegalMove("only a dispute whose deleted item is reported again is opened again")
    row = report.row(before.tradeline_id, before.bureau)
    if row is None or before.challenge is None:
        return answer
    try:
        consumer.check_consent(ConsentKind.DISPUTE_IN_MY_NAME)
        dispute_id, round_ = next_round(
            work, work.caller.tenant_id, consumer.id, before.tradeline_id, before.bureau
        )
    except (ConsentMissing, AlreadyDisputed) as refusal:
        return answer | {"not_opened": refusal.code}
    work.add(
        Dispute.open(
            dispute_id,
            work.now,
            consumer_id=consumer.id,
            tradeline_id=before.tradeline_id,
            bureau=before.bureau,
            round_=round_,
            report_id=report.id,
            letter_type=before.letter_type,
            selection_id=work.ports.new_id(),
            drafted_with=(dispute_id,),
            challenge=challenge_again(row, before.challenge, report.pulled_from(before.bureau)),
        )
    )
    return answer | {"reopened_as": dispute_id, "round": round_}
