"""Handing letters to the post exactly once, and following them to the door."""

from __future__ import annotations

from hashlib import sha256
from typing import ClassVar
from uuid import UUID

from application.drafting import give_way_if_outdated, is_outdated, void
from application.kernel import Answer, Command, Work, handles
from application.ports import NotYet
from application.posting import (
    MailPiece,
    OutcomeUnknown,
    PieceStatus,
    Post,
    PostalParty,
    PostBusy,
    PostRejected,
    TooLate,
)
from application.posting import Service as PostService
from application.tasks import OpenTask, SettleTask, settle
from domain.address_book import dispute_address
from domain.addresses import PostalAddress
from domain.consumers import ConsentKind, Consumer
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import DomainError
from domain.letters import Letter, LetterStatus
from domain.local_days import local_day
from domain.mailings import Mailing, MailingStatus, Service
from domain.permissions import Permission
from domain.tasks import TaskKind
from domain.tenants import Tenant

_LOOK_AGAIN_S = 5.0
_ASK_AGAIN_S = 600.0
"""How long a provider that refuses to be asked is left alone; only a person can put that right."""


class LetterBytesMissing(DomainError):
    """The approved bytes cannot be read back; nothing was sent."""

    code = "letter_bytes_missing"


class RequestMailing(Command):
    """Mail a letter whose bytes everybody has approved."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "mail_send"
    letter_id: UUID


class VerifyAddresses(Command):
    """Ask the postal service about both addresses before any paper is paid for."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "mail_send"
    mailing_id: UUID


class SubmitMailing(Command):
    """Hand the piece over: intent first, then the provider, then what it answered."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "mail_send"
    mailing_id: UUID


class ReconcileMailing(Command):
    """Look for a piece whose hand-over has no answer, before anything is sent again."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "mail_send"
    mailing_id: UUID


class PollMailing(Command):
    """Ask the provider where the piece is: webhooks fall silent without a word."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "mail_send"
    mailing_id: UUID


@handles(RequestMailing)
def request_mailing(command: RequestMailing, work: Work) -> Answer:
    """Make the one mailing of this letter; old approvals, or old names and addresses, send it back first."""
    work.load(Tenant, work.caller.tenant_id).check_may_post()
    letter = work.load(Letter, command.letter_id)
    mailing_id = _next_piece(letter, work)
    if letter.status is not LetterStatus.APPROVED or work.find(Mailing, mailing_id) is not None:
        return {"mailing_id": mailing_id}
    if give_way_if_outdated(letter, work) or letter.expire_approvals(work.now):
        return {"letter_id": letter.id}
    if letter.pdf is None or letter.drafted is None:
        return {"letter_id": letter.id}
    recipient, sender = letter.drafted.recipient, letter.drafted.sender
    today = local_day(work.now, sender.address.state).on
    work.add(
        Mailing.request(
            mailing_id,
            work.now,
            consumer_id=letter.owner_id,
            letter_id=letter.id,
            dispute_ids=letter.dispute_ids,
            bureau=letter.bureau,
            service=Service.CERTIFIED,
            pdf_sha256=letter.pdf.sha256,
            object_key=letter.pdf.object_key,
            to_name=recipient.company,
            to=recipient.address,
            time_zone=dispute_address(letter.bureau, today).time_zone,
            sender_name=sender.full_name,
            sender=sender.address,
        )
    )
    return {"mailing_id": mailing_id}


@handles(VerifyAddresses)
def verify_addresses(command: VerifyAddresses, work: Work) -> Answer:
    """Both addresses must be deliverable; a refused one becomes an operator's task."""
    mailing = work.load(Mailing, command.mailing_id)
    if mailing.status is MailingStatus.REQUESTED and mailing.sender is not None:
        work.renew_lease()
        try:
            post = work.ports.post(work.caller.tenant_id)
            to = post.verify(_party(mailing.to_name, mailing.to)).deliverability
            sender = post.verify(_party(mailing.sender_name or "", mailing.sender)).deliverability
        except PostBusy as busy:
            raise NotYet(busy.retry_after_seconds) from None
        except PostRejected as refused:
            mailing.give_up(refused.code, refused.kind, work.now)
        else:
            mailing.verify_addresses(to.value, sender.value, work.now)
    return {"mailing_id": mailing.id, "version": mailing.version}


@handles(SubmitMailing)
def submit_mailing(command: SubmitMailing, work: Work) -> Answer:
    """The aggregate's state is the guard: a piece without an answer is looked for, never sent again blindly.

    The sender's own history is part of the intent: whoever is erased, or takes their consent back, before it is
    on record is not written for.
    """
    mailing = work.load(Mailing, command.mailing_id)
    if mailing.status in (MailingStatus.INTENDED, MailingStatus.OUTCOME_UNKNOWN):
        return _look_for(mailing, work)
    if mailing.status is not MailingStatus.READY:
        return {"mailing_id": mailing.id}
    look_first = not mailing.may_resend(work.now) or not _may_still_go(mailing, work)
    if mailing.attempt and look_first and (known := held_by_provider(mailing, work)):
        return known
    if not _release_for_posting(mailing, work):
        return {"mailing_id": mailing.id, "version": mailing.version, "status": mailing.status.value}
    pdf = work.ports.store.get(work.caller.tenant_id, mailing.owner_id, mailing.object_key)
    if pdf is None or mailing.sender is None or mailing.sender_name is None:
        raise LetterBytesMissing("the approved bytes cannot be read; restore the object, then retry the job")
    key = mailing.intend(sha256(pdf).hexdigest(), work.now)
    work.load(Consumer, mailing.owner_id).stand_as_sender(mailing.id, mailing.attempt, work.now)
    work.save_now(f"intent-{mailing.attempt}-{mailing.version}")
    work.renew_lease()
    try:
        accepted = work.ports.post(work.caller.tenant_id).submit(_piece(mailing, key), pdf)
    except PostBusy as busy:
        mailing.find_unsent(work.now, provider_busy=True)
        work.save_now(f"busy-{mailing.attempt}-{mailing.version}")
        raise NotYet(max(busy.retry_after_seconds, _pause(mailing))) from None
    except PostRejected as refused:
        mailing.reject(refused.code, refused.kind, work.now)
        free(mailing, work)
    except OutcomeUnknown as unknown:
        mailing.note_unknown(unknown.reason, work.now)
    else:
        mailing.accept(
            accepted.provider_id, accepted.tracking_number, accepted.expected_delivery_on, found=False, at=work.now
        )
    return {"mailing_id": mailing.id, "version": mailing.version, "status": mailing.status.value}


@handles(ReconcileMailing)
def reconcile_mailing(command: ReconcileMailing, work: Work) -> Answer:
    """Settle an unknown outcome by looking at the provider, each time after a longer pause."""
    mailing = work.load(Mailing, command.mailing_id)
    if mailing.status in (MailingStatus.INTENDED, MailingStatus.OUTCOME_UNKNOWN):
        _wait_between_attempts(mailing, work)
        return _look_for(mailing, work)
    return {"mailing_id": mailing.id}


@handles(PollMailing)
def poll_mailing(command: PollMailing, work: Work) -> Answer:
    """Take over news that no webhook brought; give up a piece the carrier has lost, and look for it ever after."""
    mailing = work.load(Mailing, command.mailing_id)
    if mailing.provider_id is None or not (mailing.open or mailing.status is MailingStatus.LOST):
        return {"mailing_id": mailing.id}
    work.renew_lease()
    try:
        follow(mailing, work.ports.post(work.caller.tenant_id).get(mailing.provider_id), work)
    except PostBusy as busy:
        raise NotYet(busy.retry_after_seconds) from None
    except PostRejected:
        pass  # an account in trouble today may answer tomorrow; a piece nobody tells of is given up as lost
    mailing.check_lost(work.now)
    if (due := mailing.next_look(work.now)) is not None:
        work.ask(PollMailing(mailing_id=mailing.id), f"poll:{mailing.id}:{due.isoformat()}", due)
    return {"mailing_id": mailing.id, "version": mailing.version, "status": mailing.status.value}


def follow(mailing: Mailing, piece: PieceStatus, work: Work) -> None:
    """Take over what the provider knows of the piece; one that will never be printed frees letter and items."""
    was_lost = mailing.status is MailingStatus.LOST
    for scan in sorted(piece.scans, key=lambda s: s.occurred_at):
        mailing.scan(scan, work.now)
    if was_lost and mailing.status is not MailingStatus.LOST:
        settle(TaskKind.MAILING_LOST, mailing.id, mailing.stopped_by, "the carrier tells of the piece again", work)
    if (piece.failed or piece.deleted) and mailing.status is MailingStatus.ACCEPTED:
        mailing.give_up("failed_at_the_printer" if piece.failed else "deleted_at_the_printer", "letter", work.now)
        free(mailing, work)


def _next_piece(letter: Letter, work: Work) -> UUID:
    """The letter's piece that is on its way, else a new one: those before it were never printed."""
    number = 1
    while (held := work.find(Mailing, Mailing.identity(letter.id, number))) is not None:
        if held.status not in (MailingStatus.CANCELLED, MailingStatus.REJECTED):
            break
        number += 1
    return Mailing.identity(letter.id, number)


def _may_still_go(mailing: Mailing, work: Work) -> bool:
    """Whether a piece that was handed over before, and not taken, may be handed over again as it is."""
    letter = work.load(Letter, mailing.letter_id)
    agrees = work.load(Consumer, mailing.owner_id).agrees_to(ConsentKind.DISPUTE_IN_MY_NAME)
    return agrees and letter.approvals_hold(work.now) and not is_outdated(letter, work)


def _release_for_posting(mailing: Mailing, work: Work) -> bool:
    """Take letter and items along into the intent, so that a withdrawal and a posting cannot both win.

    False: the piece is cancelled. Approvals that have grown old in the meantime send the letter back to be
    approved again, and it then gets another piece; a letter that is outdated, or has lost an item, is drafted anew.
    """
    consumer = work.load(Consumer, mailing.owner_id)
    if consumer.erased:
        mailing.drop("the consumer was erased before posting", work.now)
        return False
    letter = work.load(Letter, mailing.letter_id)
    if letter.status is LetterStatus.SUBMITTED:
        if _may_still_go(mailing, work):
            return True
        free(mailing, work)
    disputes = [work.load(Dispute, dispute_id) for dispute_id in mailing.dispute_ids]
    if not consumer.agrees_to(ConsentKind.DISPUTE_IN_MY_NAME):
        mailing.drop("the consent to dispute in their name was withdrawn before posting", work.now)
        if letter.status is not LetterStatus.VOID:
            void(letter, "the consent to dispute in their name was withdrawn", work)
        return False
    if give_way_if_outdated(letter, work):
        mailing.drop("the profile or the bureau's address changed before posting", work.now)
        return False
    if letter.status is not LetterStatus.APPROVED or any(d.status is not DisputeStatus.APPROVED for d in disputes):
        mailing.drop("the letter was voided or an item withdrawn before posting", work.now)
        if letter.status is LetterStatus.APPROVED:
            void(letter, "an item was withdrawn", work)
        return False
    if letter.expire_approvals(work.now):
        mailing.drop("the approvals grew old before posting", work.now)
        return False
    letter.submit(mailing.id, work.now)
    for dispute in disputes:
        dispute.post(mailing.id, work.now)
    return True


def _pause(mailing: Mailing) -> float:
    """Seconds between two attempts at one piece: none before the first look, then ever longer, at most 10 minutes."""
    return 0.0 if mailing.attempt < 2 else min(2.0**mailing.attempt, 600.0)


def _wait_between_attempts(mailing: Mailing, work: Work) -> None:
    made_at = work.context.job.made_at if work.context.job else None
    if made_at is not None:
        waited = (work.ports.clock.now() - made_at).total_seconds()
        if waited < _pause(mailing):
            raise NotYet(_pause(mailing) - waited)


def held_by_provider(mailing: Mailing, work: Work) -> Answer | None:
    """Take over the piece that carries this mailing's id, if the provider has one; an extra copy is stopped.

    A provider that refuses to be asked, as with a revoked key, becomes a task and is asked again until it answers.
    """
    post = work.ports.post(work.caller.tenant_id)
    work.renew_lease()
    try:
        pieces = post.find(str(mailing.id))
        extras = [(extra.provider_id, _stopped(post, extra.provider_id)) for extra in pieces[1:]]
    except PostBusy as busy:
        raise NotYet(busy.retry_after_seconds) from None
    except OutcomeUnknown:
        raise NotYet(_LOOK_AGAIN_S) from None
    except PostRejected as refused:
        if mailing.note_look_refused(refused.code, work.now):
            work.save_now(f"look-refused-{mailing.version}")
        raise NotYet(_ASK_AGAIN_S) from None
    _settle_refused_look(mailing, work)
    if not pieces:
        return None
    first = pieces[0]
    mailing.accept(first.provider_id, first.tracking_number, first.expected_delivery_on, found=True, at=work.now)
    for provider_id, stopped in extras:
        mailing.note_duplicate(provider_id, cancelled=stopped, at=work.now)
    return {"mailing_id": mailing.id, "version": mailing.version, "status": mailing.status.value}


def _settle_refused_look(mailing: Mailing, work: Work) -> None:
    if mailing.look_refused_by:
        task = SettleTask(
            kind=TaskKind.MAILING_UNRESOLVED,
            about_id=mailing.id,
            cause=mailing.look_refused_by,
            note="the provider answers again",
        )
        work.ask(task, f"answered:{mailing.id}:{mailing.look_refused_by}")


def _stopped(post: Post, provider_id: str) -> bool:
    try:
        return not isinstance(post.cancel(provider_id), TooLate)
    except PostRejected:
        return False


def _look_for(mailing: Mailing, work: Work) -> Answer:
    if (known := held_by_provider(mailing, work)) is not None:
        return known
    if mailing.may_resend(work.now):
        mailing.find_unsent(work.now)
    else:
        mailing.note_unknown("not found after the provider forgot the key", work.now)
        work.ask(
            OpenTask(
                kind=TaskKind.MAILING_UNRESOLVED,
                consumer_id=mailing.owner_id,
                about_id=mailing.id,
                cause=str(mailing.attempt),
            ),
            f"unresolved:{mailing.id}:{mailing.attempt}",
        )
    return {"mailing_id": mailing.id, "version": mailing.version, "status": mailing.status.value}


def free(mailing: Mailing, work: Work) -> None:
    """Nothing was printed: the letter stands approved as before, and so do its items."""
    work.load(Letter, mailing.letter_id).note_submission_failed(mailing.id, work.now)
    for dispute_id in mailing.dispute_ids:
        work.load(Dispute, dispute_id).note_posting_failed(mailing.id, work.now)


def _piece(mailing: Mailing, key: str) -> MailPiece:
    assert mailing.sender is not None
    services = {
        Service.FIRST_CLASS: PostService.NONE,
        Service.CERTIFIED: PostService.CERTIFIED,
        Service.CERTIFIED_RETURN_RECEIPT: PostService.CERTIFIED_RETURN_RECEIPT,
    }
    return MailPiece(
        mailing_id=str(mailing.id),
        letter_sha256=mailing.pdf_sha256,
        to=_party(mailing.to_name, mailing.to),
        sender=_party(mailing.sender_name or "", mailing.sender),
        service=services[mailing.service],
        idempotency_key=key,
    )


def _party(name: str, address: PostalAddress) -> PostalParty:
    return PostalParty(name=name, **address.model_dump())
