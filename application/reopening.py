"""A deleted item that comes back: the next round of its dispute, if the consumer wants it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from application.challenges import challenge_again
from application.disputes import NoLongerReported, letter_type_for, next_round
from application.drafting import sender_of
from application.kernel import Answer, Command, Work, handles
from domain.consumers import ConsentKind, Consumer
from domain.credit_files import CreditFile
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import IllegalMove
from domain.permissions import Permission
from domain.reconciliation import Outcome
from domain.reports import Report


class ReopenDispute(Command):
    """The consumer challenges again what was deleted and is reported again; nobody chooses that for them."""

    needs: ClassVar[Permission] = Permission.SELECT_FINDINGS

    dispute_id: UUID


@handles(ReopenDispute)
def reopen_dispute(command: ReopenDispute, work: Work) -> Answer:
    """Open the next round; its letter is drafted by itself, for the consumer to sign and release."""
    before = work.load(Dispute, command.dispute_id)
    consumer = work.load(Consumer, before.owner_id)
    consumer.check_consent(ConsentKind.DISPUTE_IN_MY_NAME)
    sender_of(consumer.known())
    if before.outcome is not Outcome.REINSERTED or before.challenge is None or before.reinserted_in is None:
        raise IllegalMove("only a dispute whose deleted item is reported again is opened again")
    report = work.load(Report, before.reinserted_in)
    row = report.row(before.tradeline_id, before.bureau)
    file = work.find(CreditFile, CreditFile.identity(work.caller.tenant_id, consumer.id))
    if row is None or (file is not None and not file.still_reports(before.tradeline_id, before.bureau)):
        raise NoLongerReported(f"{before.bureau.display_name}'s newest report no longer shows this tradeline")
    dispute_id, round_ = next_round(work, work.caller.tenant_id, consumer.id, before.tradeline_id, before.bureau)
    for number in range(before.round + 1, round_):
        later = work.load(
            Dispute,
            Dispute.identity(work.caller.tenant_id, consumer.id, before.tradeline_id, before.bureau, number),
        )
        if later.status is DisputeStatus.CLOSED:
            raise IllegalMove("a later round of this dispute has been decided; only the last one is opened again")
    selection_id = work.ports.new_id()
    work.add(
        Dispute.open(
            dispute_id,
            work.now,
            consumer_id=consumer.id,
            tradeline_id=before.tradeline_id,
            bureau=before.bureau,
            round_=round_,
            report_id=report.id,
            letter_type=letter_type_for(report),
            selection_id=selection_id,
            drafted_with=(dispute_id,),
            challenge=challenge_again(row, before.challenge, report.pulled_from(before.bureau)),
        )
    )
    return {"selection_id": selection_id, "disputes": [{"dispute_id": dispute_id, "bureau": before.bureau.value}]}
