"""What follows when something ends or grows old: nobody is asked any longer to look at it."""

from __future__ import annotations

from application.kernel import Step, on
from application.moot_tasks import SettleDisputeTasks, SettleLetterTasks
from domain.disputes import Dispute
from domain.letters import Letter


@on(Dispute.Closed)
def settle_tasks_on_dispute_ended(closed: Dispute.Closed) -> Step:
    yield SettleDisputeTasks(dispute_id=closed.originator_id)


@on(Dispute.Withdrawn)
def settle_tasks_on_dispute_withdrawn(withdrawn: Dispute.Withdrawn) -> Step:
    yield SettleDisputeTasks(dispute_id=withdrawn.originator_id)


@on(Dispute.DeadlineExtended)
def settle_tasks_on_deadline_extended(extended: Dispute.DeadlineExtended) -> Step:
    yield SettleDisputeTasks(dispute_id=extended.originator_id)


@on(Letter.Voided)
def settle_tasks_on_letter_voided(voided: Letter.Voided) -> Step:
    yield SettleLetterTasks(letter_id=voided.originator_id)


@on(Letter.ApprovalsExpired)
def settle_tasks_on_approvals_expired(expired: Letter.ApprovalsExpired) -> Step:
    yield SettleLetterTasks(letter_id=expired.originator_id)
