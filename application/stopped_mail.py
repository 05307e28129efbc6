"""Pieces that stopped on their way to the post: an operator looks, puts right what was wrong, and they go on."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from application.kernel import Answer, Command, Work, handles
from application.mailings import RequestMailing, free, held_by_provider
from domain.kernel import IllegalMove
from domain.letters import Letter, LetterStatus
from domain.mailings import Mailing, MailingStatus
from domain.permissions import Permission


class RetryMailing(Command):
    """Try a stopped piece again, because its cause was put right or nothing of it is to be found."""

    needs: ClassVar[Permission] = Permission.WORK_TASKS
    target: ClassVar[str | None] = "mailing_id"

    mailing_id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class ReplaceMailing(Command):
    """Give the letter of a stopped piece another piece, after a last look for the first one."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "mail_send"
    mailing_id: UUID


@handles(RetryMailing)
def retry_mailing(command: RetryMailing, work: Work) -> Answer:
    """Put the operator's word on record; the look at the provider and the new piece follow by themselves."""
    mailing = work.load(Mailing, command.mailing_id)
    mailing.ask_retry(command.reason, work.caller.actor_id, work.now)
    letter = work.load(Letter, mailing.letter_id)
    held = LetterStatus.SUBMITTED if mailing.status is MailingStatus.OUTCOME_UNKNOWN else LetterStatus.APPROVED
    if letter.status is not held:
        raise IllegalMove(f"the letter of this mailing is {letter.status.value} by now; this piece of it is over")
    return {"mailing_id": mailing.id, "version": mailing.version}


@handles(ReplaceMailing)
def replace_mailing(command: ReplaceMailing, work: Work) -> Answer:
    """A piece the provider holds after all is taken over; else the letter is requested again as another piece."""
    mailing = work.load(Mailing, command.mailing_id)
    if mailing.status is MailingStatus.OUTCOME_UNKNOWN:
        if (known := held_by_provider(mailing, work)) is not None:
            return known
        mailing.declare_unsent(work.now)
        free(mailing, work)
    mailing.cancel("the addresses are verified again for another piece", work.now)
    if mailing.status in (MailingStatus.REJECTED, MailingStatus.CANCELLED):
        work.ask(RequestMailing(letter_id=mailing.letter_id), f"replace:{mailing.id}:{mailing.version}")
    return {"mailing_id": mailing.id, "version": mailing.version, "status": mailing.status.value}
