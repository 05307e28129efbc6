"""Signing letters, printing them, and releasing their exact bytes."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from application.consents import check_attestation
from application.drafting import give_way_if_outdated, refuse_outdated, void
from application.kernel import Answer, Command, Work, handles
from domain.disputes import Dispute, DisputeStatus
from domain.letters import ApprovalExpired, Letter, LetterStatus, RenderedPdf
from domain.local_days import first_instant, local_day
from domain.permissions import Permission
from domain.tenants import Approvals, Tenant

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SignLetter(Command):
    """The consumer signs, before the bytes are made."""

    needs: ClassVar[Permission] = Permission.SIGN_LETTERS
    target: ClassVar[str | None] = "letter_id"

    letter_id: UUID
    signature_name: Annotated[str, Field(min_length=1, max_length=60)]
    attestation_version: Annotated[str, Field(max_length=40)]


class RenderLetter(Command):
    """Make the exact bytes of a signed letter."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "pdf_render"

    letter_id: UUID


class ApproveLetterAsConsumer(Command):
    """The consumer has read the bytes of this hash, and releases them."""

    needs: ClassVar[Permission] = Permission.APPROVE_AS_CONSUMER
    target: ClassVar[str | None] = "letter_id"

    letter_id: UUID
    pdf_sha256: Sha256
    attestation_version: Annotated[str, Field(max_length=40)]


class ApproveLetterAsOperator(Command):
    """The operator releases the bytes that the consumer has approved."""

    needs: ClassVar[Permission] = Permission.APPROVE_AS_OPERATOR
    target: ClassVar[str | None] = "letter_id"

    letter_id: UUID
    pdf_sha256: Sha256


class VoidLetter(Command):
    """Take a letter back before it is posted; its items can go into another."""

    needs: ClassVar[Permission] = Permission.WRITE_DISPUTES
    target: ClassVar[str | None] = "letter_id"

    letter_id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=200)]


@handles(SignLetter)
def sign_letter(command: SignLetter, work: Work) -> Answer:
    """The consumer signs; printing follows by itself."""
    check_attestation(command.attestation_version)
    letter = work.load(Letter, command.letter_id)
    refuse_outdated(letter, work)
    letter.sign(command.signature_name, command.attestation_version, work.caller.ip, work.now)
    return {"letter_id": letter.id, "version": letter.version}


@handles(RenderLetter)
def render_letter(command: RenderLetter, work: Work) -> Answer:
    """Print, check, store encrypted, and only then say so: an object is committed before the event that names it.

    The letter is dated on the consumer's own day of printing. A report pulled where it is tomorrow already is
    waited for: no letter is older than the report it speaks of.
    """
    letter = work.load(Letter, command.letter_id)
    if letter.status is not LetterStatus.SIGNED or letter.drafted is None or give_way_if_outdated(letter, work):
        return {"letter_id": letter.id, "version": letter.version}
    state, pulled_on = letter.drafted.sender.address.state, letter.drafted.report.dated
    today = local_day(work.now, state)
    if today.on < pulled_on:
        work.ask(command, f"render:{letter.id}:{letter.version}", first_instant(pulled_on, state))
        return {"letter_id": letter.id, "version": letter.version}
    printed = work.ports.printer.print_letter(letter.letter_type, letter.template_version, letter.facts(today.on))
    if printed.problems:
        letter.refuse_render(printed.problems, work.now)
        return {"letter_id": letter.id, "version": letter.version}
    key = f"letters/{letter.id}/{printed.sha256}.pdf"
    work.ports.store.put(work.caller.tenant_id, letter.owner_id, key, printed.pdf)
    pdf = RenderedPdf(
        sha256=printed.sha256,
        object_key=key,
        pages=printed.pages,
        size_bytes=len(printed.pdf),
        engine=dict(printed.engine),
    )
    letter.note_render(pdf, today, work.now)
    _await(letter, DisputeStatus.AWAITING_CONSUMER_APPROVAL, work)
    return {"letter_id": letter.id, "version": letter.version, "pdf_sha256": pdf.sha256}


@handles(ApproveLetterAsConsumer)
def approve_letter_as_consumer(command: ApproveLetterAsConsumer, work: Work) -> Answer:
    """Bind the consumer's word to the hash of the bytes."""
    check_attestation(command.attestation_version)
    letter = work.load(Letter, command.letter_id)
    work.load(Tenant, work.caller.tenant_id).check_may_post()
    refuse_outdated(letter, work)
    letter.approve_as_consumer(
        command.pdf_sha256, command.attestation_version, work.caller.actor_id, work.caller.ip, work.now
    )
    if letter.approvals is Approvals.CONSUMER_ONLY:
        _release(letter, work)
    else:
        _await(letter, DisputeStatus.AWAITING_OPERATOR_APPROVAL, work)
    return {"letter_id": letter.id, "version": letter.version, "status": letter.status.value}


@handles(ApproveLetterAsOperator)
def approve_letter_as_operator(command: ApproveLetterAsOperator, work: Work) -> Answer:
    """Release the approved bytes; mailing follows by itself."""
    letter = work.load(Letter, command.letter_id)
    work.load(Tenant, work.caller.tenant_id).check_may_post()
    refuse_outdated(letter, work)
    if letter.expire_approvals(work.now):
        work.save_now("expire")
        raise ApprovalExpired("the consumer's approval is older than 30 days; the letter is printed again for approval")
    letter.approve_as_operator(command.pdf_sha256, work.caller.actor_id, work.now)
    _release(letter, work)
    return {"letter_id": letter.id, "version": letter.version, "status": letter.status.value}


@handles(VoidLetter)
def void_letter(command: VoidLetter, work: Work) -> Answer:
    """Take the letter back and draft its items anew."""
    letter = work.load(Letter, command.letter_id)
    void(letter, command.reason, work)
    return {"letter_id": letter.id, "version": letter.version}


def _await(letter: Letter, status: DisputeStatus, work: Work) -> None:
    assert letter.pdf is not None
    for dispute_id in letter.dispute_ids:
        work.load(Dispute, dispute_id).await_approval(letter.id, status, letter.pdf.sha256, work.now)


def _release(letter: Letter, work: Work) -> None:
    assert letter.pdf is not None
    for dispute_id in letter.dispute_ids:
        work.load(Dispute, dispute_id).approve(letter.id, letter.pdf.sha256, work.now)
