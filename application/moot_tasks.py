"""Closing what operators were asked to look at, once there is nothing left to look at.

Each command looks at what was ever asked and at how things stand now. What is moot stays moot, so it does not matter
when it comes, nor whether the task was opened before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar
from uuid import UUID

from application.kernel import Answer, Command, Work, handles
from application.ports import snooze_until_reached
from application.tasks import close, settle
from domain.disputes import Dispute, DisputeStatus
from domain.letters import Letter, LetterStatus
from domain.mailings import Mailing, MailingStatus
from domain.permissions import Permission
from domain.tasks import Task, TaskKind, TaskStatus

STOPPED = {
    MailingStatus.REJECTED: TaskKind.MAILING_REJECTED,
    MailingStatus.ADDRESS_REFUSED: TaskKind.ADDRESS_REFUSED,
    MailingStatus.OUTCOME_UNKNOWN: TaskKind.MAILING_UNRESOLVED,
}
"""What an operator is asked to look at when a piece stops as this."""


class SettleDisputeTasks(Command):
    """A dispute has ended, or its answer is due later: close what was asked about it for that."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "notification"

    dispute_id: UUID


class SettleDraftTasks(Command):
    """Items stand in a letter, or belong in none any more: close what was asked because they could not be drafted."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "notification"

    dispute_ids: tuple[UUID, ...]


class SettleLetterTasks(Command):
    """A letter was taken back, or its approval has grown old: close what was asked about it and its pieces."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "notification"

    letter_id: UUID


@handles(SettleDisputeTasks)
def settle_dispute_tasks(command: SettleDisputeTasks, work: Work) -> Answer:
    """An answer that comes late leaves the task open while it is only proposed: until then it was a breach."""
    dispute = work.load(Dispute, command.dispute_id)
    is_late = dispute.status in (DisputeStatus.OVERDUE, DisputeStatus.EVALUATED) and dispute.deadlines is not None
    late_since = dispute.deadlines.breach_assertable_on.on if is_late and dispute.deadlines else None
    for day in dispute.overdue_since:
        if day != late_since:
            note = "the dispute has ended, or its answer is due later"
            settle(TaskKind.OVERDUE_DISPUTE, dispute.id, f"overdue:{day}", note, work)
    if dispute.status is DisputeStatus.WITHDRAWN and dispute.proposed_from is not None:
        note = "the consumer has taken the dispute back"
        settle(TaskKind.CONFIRM_OUTCOME, dispute.id, str(dispute.proposed_from), note, work)
    if dispute.status is DisputeStatus.WITHDRAWN and work.context.job is not None:
        snooze_until_reached(work.ports.reads, work.caller.tenant_id, work.context.job.after_position)
        settle_refused_drafts([dispute.id], "the consumer has taken the dispute back", work)
    return {"dispute_id": dispute.id}


@handles(SettleDraftTasks)
def settle_draft_tasks(command: SettleDraftTasks, work: Work) -> Answer:
    """The query tables must have seen every task opened before; one that is opened later sees by itself."""
    if work.context.job is not None:
        snooze_until_reached(work.ports.reads, work.caller.tenant_id, work.context.job.after_position)
    settle_refused_drafts(list(command.dispute_ids), "the items wait for no letter any more", work)
    return {"dispute_ids": list(command.dispute_ids)}


@handles(SettleLetterTasks)
def settle_letter_tasks(command: SettleLetterTasks, work: Work) -> Answer:
    """What an operator was asked to approve can be approved only as long as it stands."""
    letter = work.load(Letter, command.letter_id)
    waits = letter.status is LetterStatus.CONSUMER_APPROVED
    for cause in letter.asked_to_approve[: -1 if waits else None]:
        settle(TaskKind.APPROVE_LETTER, letter.id, cause, "this approval is not needed any more", work)
    if letter.status is LetterStatus.VOID:
        note = "the letter was taken back"
        for version in letter.refused_at:
            settle(TaskKind.LETTER_REFUSED, letter.id, str(version), note, work)
        for mailing in _stopped_pieces(letter, work):
            kind = STOPPED.get(mailing.status, TaskKind.ADDRESS_REFUSED)
            settle(kind, mailing.id, mailing.stopped_by, note, work)
    return {"letter_id": letter.id}


def settle_refused_drafts(dispute_ids: list[UUID], note: str, work: Work) -> None:
    """These items wait for no letter any more: nobody has to look why they could not be drafted."""
    for task_id in work.ports.reads.tasks_about(work.caller.tenant_id, dispute_ids, TaskKind.LETTER_REFUSED):
        task = work.load(Task, task_id)
        if task.status is TaskStatus.OPEN:
            close(task, note, work)


def _stopped_pieces(letter: Letter, work: Work) -> Iterator[Mailing]:
    """The letter's pieces that stopped; one cancelled after a stop had an address that was refused."""
    number = 1
    while (piece := work.find(Mailing, Mailing.identity(letter.id, number))) is not None:
        if piece.stopped_by and piece.status in (*STOPPED, MailingStatus.CANCELLED):
            yield piece
        number += 1
