"""Drafting letters, signing them, printing them, and releasing their exact bytes."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, ValidationError

from application.consents import check_attestation
from application.kernel import Answer, Command, Work, handles
from domain.bureaus import Bureau
from domain.consumers import ConsentKind, Consumer, Profile
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Invalid, NotFound
from domain.letter_facts import NAME_MAX, Recipient, ReportReference, Sender
from domain.letters import ApprovalExpired, Draft, Letter, LetterStatus, RenderedPdf
from domain.permissions import Permission
from domain.reports import Report
from domain.tenants import Approvals, Tenant

TEMPLATE_VERSION = 1
"""The version of a letter type that new letters are drafted in."""

class NotForALetter(Invalid):
    """The profile holds a name or text that no envelope takes."""

    code = "profile_not_for_a_letter"


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DraftLetters(Command):
    """Put the chosen items of one bureau into letters, as many as the tenant's item limit takes."""

    needs: ClassVar[Permission] = Permission.WRITE_DISPUTES

    consumer_id: UUID
    bureau: Bureau
    dispute_ids: tuple[UUID, ...]


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


@handles(DraftLetters)
def draft_letters(command: DraftLetters, work: Work) -> Answer:
    """One letter for every few items of one report; an item in a letter already, or withdrawn, is left alone."""
    consumer = work.load(Consumer, command.consumer_id)
    profile = consumer.known()
    consumer.check_consent(ConsentKind.DISPUTE_IN_MY_NAME)
    tenant = work.load(Tenant, work.caller.tenant_id)
    disputes = [work.load(Dispute, dispute_id) for dispute_id in command.dispute_ids]
    if any(dispute.owner_id != consumer.id for dispute in disputes):
        raise NotFound("there is no dispute of this id")
    waiting: dict[UUID, list[Dispute]] = {}
    for dispute in disputes:
        if dispute.status is DisputeStatus.SELECTED and dispute.bureau is command.bureau:
            waiting.setdefault(dispute.report_id, []).append(dispute)
    size = tenant.policies.items_per_letter_max
    letters = [
        _draft_one(consumer.id, profile, tenant, items[start : start + size], work)
        for items in waiting.values()
        for start in range(0, len(items), size)
    ]
    return {"letter_ids": [letter.id for letter in letters]}


def _draft_one(consumer_id: UUID, profile: Profile, tenant: Tenant, disputes: list[Dispute], work: Work) -> Letter:
    today = work.now.date()
    report = work.load(Report, disputes[0].report_id)
    items = [d.challenge.item for d in disputes if d.challenge is not None]
    letter = Letter.open(
        work.ports.new_id(),
        work.now,
        consumer_id=consumer_id,
        bureau=disputes[0].bureau,
        letter_type=disputes[0].letter_type,
        template_version=TEMPLATE_VERSION,
        dispute_ids=tuple(d.id for d in disputes),
        letter_date=today,
        approvals=tenant.policies.approvals,
        draft=Draft(
            sender=sender_of(profile),
            recipient=Recipient.from_book(disputes[0].bureau, today),
            report=ReportReference(dated=report.pulled_from(disputes[0].bureau)),
            items=tuple(item.model_copy(update={"number": n}) for n, item in enumerate(items, start=1)),
            tenant_kind=tenant.kind.value,
        ),
    )
    for dispute in disputes:
        dispute.note_letter(letter.id, work.now)
    return work.add(letter)


def sender_of(profile: Profile) -> Sender:
    """The consumer under the fullest form of their name that an envelope takes. Raises `NotForALetter`."""
    middle = profile.middle_name or ""
    forms = [
        " ".join(part for part in (profile.given_name, form, profile.family_name) if part)
        for form in (middle, f"{middle[:1]}." if middle else "", "")
    ]
    room = NAME_MAX - (len(profile.suffix) + 1 if profile.suffix else 0)
    try:
        return Sender(
            name=next((form for form in forms if len(form) <= room), forms[-1]),
            suffix=profile.suffix,
            address=profile.address,
            previous_addresses=profile.previous_addresses,
            phone=profile.phone,
            birth_date=profile.birth_date,
            ssn_last4=profile.ssn_last4,
        )
    except ValidationError:
        raise NotForALetter(
            f"letters need a first and last name of at most {room} characters together and text that can be printed;"
            " correct the profile"
        ) from None


@handles(SignLetter)
def sign_letter(command: SignLetter, work: Work) -> Answer:
    """The consumer signs; printing follows by itself."""
    check_attestation(command.attestation_version)
    letter = work.load(Letter, command.letter_id)
    letter.sign(command.signature_name, command.attestation_version, work.caller.ip, work.now)
    return {"letter_id": letter.id, "version": letter.version}


@handles(RenderLetter)
def render_letter(command: RenderLetter, work: Work) -> Answer:
    """Print, check, store encrypted, and only then say so: an object is committed before the event that names it."""
    letter = work.load(Letter, command.letter_id)
    if letter.status is not LetterStatus.SIGNED:
        return {"letter_id": letter.id, "version": letter.version}
    printed = work.ports.printer.print_letter(letter.letter_type, letter.template_version, letter.facts())
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
    letter.note_render(pdf, work.now)
    _await(letter, DisputeStatus.AWAITING_CONSUMER_APPROVAL, work)
    return {"letter_id": letter.id, "version": letter.version, "pdf_sha256": pdf.sha256}


@handles(ApproveLetterAsConsumer)
def approve_letter_as_consumer(command: ApproveLetterAsConsumer, work: Work) -> Answer:
    """Bind the consumer's word to the hash of the bytes."""
    check_attestation(command.attestation_version)
    letter = work.load(Letter, command.letter_id)
    work.load(Tenant, work.caller.tenant_id).check_may_post()
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


def void(letter: Letter, reason: str, work: Work) -> None:
    """Void a letter together with the items' hold on it; items still wanted go into another letter."""
    letter.void(reason, work.now)
    disputes = [work.load(Dispute, dispute_id) for dispute_id in letter.dispute_ids]
    for dispute in disputes:
        dispute.drop_letter(letter.id, work.now)
    freed = tuple(dispute.id for dispute in disputes if dispute.status is DisputeStatus.SELECTED)
    if freed:
        again = DraftLetters(consumer_id=letter.owner_id, bureau=letter.bureau, dispute_ids=freed)
        work.ask(again, f"redraft:{letter.id}")


def _await(letter: Letter, status: DisputeStatus, work: Work) -> None:
    assert letter.pdf is not None
    for dispute_id in letter.dispute_ids:
        work.load(Dispute, dispute_id).await_approval(letter.id, status, letter.pdf.sha256, work.now)


def _release(letter: Letter, work: Work) -> None:
    assert letter.pdf is not None
    for dispute_id in letter.dispute_ids:
        work.load(Dispute, dispute_id).approve(letter.id, letter.pdf.sha256, work.now)
