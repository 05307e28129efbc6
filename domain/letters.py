"""A letter: what it says, the exact bytes it became, and who approved those bytes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from domain.bureaus import Bureau
from domain.kernel import PII, Aggregate, Created, Event, IllegalMove, Invalid, Sealed, Value
from domain.letter_facts import DisputedItemFacts, LetterFacts, Recipient, ReportReference, Sender, Signature
from domain.local_days import LocalDay
from domain.tenants import Approvals

APPROVAL_VALID = timedelta(days=30)
"""An approval older than this needs a new render: facts and addresses may have moved on."""


class LetterStatus(StrEnum):
    """Where a letter stands; any change of its bytes drops both approvals."""

    DRAFT = "draft"
    SIGNED = "signed"
    RENDERED = "rendered"
    CONSUMER_APPROVED = "consumer_approved"
    APPROVED = "approved"
    SUBMITTED = "submitted"
    VOID = "void"


class WrongBytes(IllegalMove):
    """The approval names other bytes than the letter now has."""

    code = "wrong_pdf_hash"


class NotTheSigner(Invalid):
    """The signature is not the name of the consumer who writes."""

    code = "signature_not_the_senders_name"


class ApprovalExpired(IllegalMove):
    """The approvals are older than thirty days."""

    code = "approval_expired"


class Draft(Value):
    """What a letter will say, before the consumer has signed it."""

    sender: Sender
    recipient: Recipient
    report: ReportReference
    items: tuple[DisputedItemFacts, ...]
    tenant_kind: str


class RenderedPdf(Value):
    """The stored bytes and everything that made them."""

    sha256: str
    object_key: str
    pages: int
    size_bytes: int
    engine: dict[str, str]


class Letter(Aggregate):
    """One letter to one recipient, released byte for byte by the people who answer for it."""

    TOPIC: ClassVar[str] = "letter"

    class Drafted(Created):
        TOPIC: ClassVar[str] = "letter.drafted.v1"
        subject_id: UUID
        bureau: Bureau
        letter_type: str
        template_version: int
        dispute_ids: tuple[UUID, ...]
        letter_date: date
        approvals: Approvals
        draft: Annotated[Draft | None, PII]

    class Signed(Event):
        TOPIC: ClassVar[str] = "letter.signed.v1"
        subject_id: UUID
        attestation_version: str
        signature_name: Sealed
        ip: Sealed

        def apply(self, aggregate: Letter) -> None:
            aggregate.signature_name = self.signature_name
            aggregate.signed_at = self.timestamp
            aggregate.status = LetterStatus.SIGNED
            aggregate.pdf = None

    class Rendered(Event):
        TOPIC: ClassVar[str] = "letter.rendered.v1"
        subject_id: UUID
        pdf: RenderedPdf
        dated: LocalDay | None = None

        def apply(self, aggregate: Letter) -> None:
            aggregate.pdf = self.pdf
            aggregate.letter_date = self.dated.on if self.dated else aggregate.letter_date
            aggregate.renders += 1
            aggregate.consumer_approved_at = None
            aggregate.operator_approved_at = None
            aggregate.status = LetterStatus.RENDERED

    class RenderRefused(Event):
        TOPIC: ClassVar[str] = "letter.render_refused.v1"
        subject_id: UUID
        problems: tuple[str, ...]

        def apply(self, aggregate: Letter) -> None:
            aggregate.refused_at.append(self.originator_version)

    class ConsumerApproved(Event):
        TOPIC: ClassVar[str] = "letter.consumer_approved.v1"
        subject_id: UUID
        pdf_sha256: str
        render: int
        attestation_version: str
        approvals: Approvals
        actor_id: UUID
        ip: Sealed

        @property
        def asks(self) -> str:
            """What an operator is asked to approve: these bytes, of this rendering."""
            return f"{self.pdf_sha256}:{self.render}"

        def apply(self, aggregate: Letter) -> None:
            aggregate.consumer_approved_at = self.timestamp
            aggregate.status = LetterStatus.CONSUMER_APPROVED
            aggregate.asked_to_approve.append(self.asks)

    class OperatorApproved(Event):
        TOPIC: ClassVar[str] = "letter.operator_approved.v1"
        pdf_sha256: str
        render: int
        actor_id: UUID

        @property
        def asks(self) -> str:
            """What the operator was asked to approve, and has."""
            return f"{self.pdf_sha256}:{self.render}"

        def apply(self, aggregate: Letter) -> None:
            aggregate.operator_approved_at = self.timestamp

    class Approved(Event):
        TOPIC: ClassVar[str] = "letter.approved.v1"
        pdf_sha256: str
        by: Approvals

        def apply(self, aggregate: Letter) -> None:
            aggregate.status = LetterStatus.APPROVED

    class ApprovalsExpired(Event):
        TOPIC: ClassVar[str] = "letter.approvals_expired.v1"
        pdf_sha256: str

        def apply(self, aggregate: Letter) -> None:
            aggregate.consumer_approved_at = None
            aggregate.operator_approved_at = None
            aggregate.pdf = None
            aggregate.status = LetterStatus.SIGNED

    class Submitted(Event):
        TOPIC: ClassVar[str] = "letter.submitted.v1"
        mailing_id: UUID
        pdf_sha256: str

        def apply(self, aggregate: Letter) -> None:
            aggregate.status = LetterStatus.SUBMITTED

    class SubmissionFailed(Event):
        TOPIC: ClassVar[str] = "letter.submission_failed.v1"
        mailing_id: UUID

        def apply(self, aggregate: Letter) -> None:
            aggregate.status = LetterStatus.APPROVED

    class Voided(Event):
        TOPIC: ClassVar[str] = "letter.voided.v1"
        subject_id: UUID
        reason: Sealed

        def apply(self, aggregate: Letter) -> None:
            aggregate.status = LetterStatus.VOID

    def __init__(
        self,
        subject_id: UUID,
        bureau: Bureau,
        letter_type: str,
        template_version: int,
        dispute_ids: tuple[UUID, ...],
        letter_date: date,
        approvals: Approvals,
        draft: Draft | None,
    ) -> None:
        self.owner_id = subject_id
        self.bureau = bureau
        self.letter_type = letter_type
        self.template_version = template_version
        self.dispute_ids = dispute_ids
        self.letter_date = letter_date
        self.approvals = approvals
        self.drafted = draft
        self.status = LetterStatus.DRAFT
        self.signature_name: str | None = None
        self.signed_at: datetime | None = None
        self.pdf: RenderedPdf | None = None
        self.renders = 0
        self.refused_at: list[int] = []
        self.asked_to_approve: list[str] = []
        self.consumer_approved_at: datetime | None = None
        self.operator_approved_at: datetime | None = None

    @classmethod
    def open(
        cls,
        letter_id: UUID,
        at: datetime,
        *,
        consumer_id: UUID,
        bureau: Bureau,
        letter_type: str,
        template_version: int,
        dispute_ids: tuple[UUID, ...],
        letter_date: date,
        approvals: Approvals,
        draft: Draft,
    ) -> Letter:
        """Put items into a letter; `draft` is all it may say."""
        return cls._create(
            cls.Drafted,
            id=letter_id,
            timestamp=at,
            subject_id=consumer_id,
            bureau=bureau,
            letter_type=letter_type,
            template_version=template_version,
            dispute_ids=dispute_ids,
            letter_date=letter_date,
            approvals=approvals,
            draft=draft,
        )

    def sign(self, name: str, attestation_version: str, ip: str | None, at: datetime) -> None:
        """The consumer signs before the bytes exist, so that approving the bytes releases them as they are."""
        self._require("signed", LetterStatus.DRAFT)
        if self.drafted is None or name.strip().casefold() != self.drafted.sender.full_name.casefold():
            raise NotTheSigner("sign with your full name exactly as it stands at the top of the letter")
        self.record(
            self.Signed,
            at,
            subject_id=self.owner_id,
            attestation_version=attestation_version,
            signature_name=name.strip(),
            ip=ip,
        )

    def is_outdated(self, sender: Sender, recipient: Recipient) -> bool:
        """Whether the draft names its writer, or the address in the book, otherwise than `sender` and `recipient`."""
        if self.drafted is None:
            return False
        moved = self.drafted.recipient.basis == "address_book" and self.drafted.recipient != recipient
        return moved or self.drafted.sender != sender

    def facts(self, letter_date: date) -> LetterFacts:
        """All that the letter states when its bytes are made on `letter_date`, with the signature it was given."""
        if self.drafted is None or self.signature_name is None or self.signed_at is None:
            raise IllegalMove("only a signed letter of a consumer who is not erased can be printed")
        return LetterFacts(
            letter_id=self.id,
            letter_date=letter_date,
            sender=self.drafted.sender,
            recipient=self.drafted.recipient,
            report=self.drafted.report,
            items=self.drafted.items,
            signature=Signature(name=self.signature_name, signed_at=self.signed_at),
            tenant_kind=self.drafted.tenant_kind,
        )

    def note_render(self, pdf: RenderedPdf, dated: LocalDay, at: datetime) -> None:
        """The letter has exact bytes that carry this date; whatever was approved before is dropped."""
        self._require("rendered", LetterStatus.SIGNED, LetterStatus.RENDERED, LetterStatus.CONSUMER_APPROVED)
        if self.pdf is None or self.pdf.sha256 != pdf.sha256:
            self.record(self.Rendered, at, subject_id=self.owner_id, pdf=pdf, dated=dated)

    def refuse_render(self, problems: tuple[str, ...], at: datetime) -> None:
        """The linter or the preflight found something that must not be posted."""
        self._require("rendered", LetterStatus.SIGNED)
        self.record(self.RenderRefused, at, subject_id=self.owner_id, problems=problems)

    def approve_as_consumer(
        self, pdf_sha256: str, attestation_version: str, actor_id: UUID, ip: str | None, at: datetime
    ) -> None:
        """The consumer has read these very bytes and says that they are true."""
        self._require("approved by the consumer", LetterStatus.RENDERED)
        self._check_bytes(pdf_sha256)
        self.record(
            self.ConsumerApproved,
            at,
            subject_id=self.owner_id,
            pdf_sha256=pdf_sha256,
            render=self.renders,
            attestation_version=attestation_version,
            approvals=self.approvals,
            actor_id=actor_id,
            ip=ip,
        )
        if self.approvals is Approvals.CONSUMER_ONLY:
            self.record(self.Approved, at, pdf_sha256=pdf_sha256, by=self.approvals)

    def approve_as_operator(self, pdf_sha256: str, actor_id: UUID, at: datetime) -> None:
        """The operator releases the bytes that the consumer has approved."""
        if self.approvals is Approvals.CONSUMER_ONLY:
            raise IllegalMove("this tenant's letters are released by the consumer alone")
        self._require("approved by the operator", LetterStatus.CONSUMER_APPROVED)
        self._check_bytes(pdf_sha256)
        self._check_fresh(at)
        self.record(self.OperatorApproved, at, pdf_sha256=pdf_sha256, render=self.renders, actor_id=actor_id)
        self.record(self.Approved, at, pdf_sha256=pdf_sha256, by=self.approvals)

    def expire_approvals(self, at: datetime) -> bool:
        """Drop approvals that have grown old; the letter must then be rendered and approved again."""
        if self.status in (LetterStatus.CONSUMER_APPROVED, LetterStatus.APPROVED) and not self.approvals_hold(at):
            assert self.pdf is not None
            self.record(self.ApprovalsExpired, at, pdf_sha256=self.pdf.sha256)
            return True
        return False

    def submit(self, mailing_id: UUID, at: datetime) -> RenderedPdf:
        """Hand over the approved bytes and no others."""
        self._require("posted", LetterStatus.APPROVED)
        self._check_fresh(at)
        assert self.pdf is not None
        self.record(self.Submitted, at, mailing_id=mailing_id, pdf_sha256=self.pdf.sha256)
        return self.pdf

    def note_submission_failed(self, mailing_id: UUID, at: datetime) -> None:
        """The print provider refused the piece for good: nothing was printed, and the letter may be voided."""
        if self.status is LetterStatus.SUBMITTED:
            self.record(self.SubmissionFailed, at, mailing_id=mailing_id)

    def void(self, reason: str, at: datetime) -> None:
        """Take the letter back before it is posted."""
        if self.status in (LetterStatus.SUBMITTED, LetterStatus.VOID):
            raise IllegalMove(f"a letter that is {self.status.value} cannot be voided")
        self.record(self.Voided, at, subject_id=self.owner_id, reason=reason)

    def approvals_hold(self, at: datetime) -> bool:
        """Whether the approvals that were given are young enough to post by."""
        given = [moment for moment in (self.consumer_approved_at, self.operator_approved_at) if moment]
        return bool(given) and at - min(given) <= APPROVAL_VALID

    def _check_bytes(self, pdf_sha256: str) -> None:
        if self.pdf is None or pdf_sha256 != self.pdf.sha256:
            raise WrongBytes("the letter has other bytes now; fetch the PDF again and approve its hash")

    def _check_fresh(self, at: datetime) -> None:
        if not self.approvals_hold(at):
            raise ApprovalExpired("the approval is older than 30 days; render the letter and have it approved again")

    def _require(self, act: str, *allowed: LetterStatus) -> None:
        if self.status not in allowed:
            raise IllegalMove(
                f"a letter that is {self.status.value} cannot be {act}; it must be "
                + " or ".join(status.value for status in allowed)
            )
