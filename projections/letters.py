"""Letters, their bytes and their approvals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from domain.bureaus import Bureau
from domain.consumers import Consumer
from domain.kernel import Event
from domain.letters import Letter, LetterStatus
from projections.kernel import Change, Projection, Recorded, Table, on

LETTERS = Table(
    "letters",
    aggregate=Letter,
    key={"letter_id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "created_at": "timestamptz",
        "bureau": "text",
        "letter_type": "text",
        "letter_date": "date",
        "dispute_ids": "uuid[]",
        "status": "text",
        "approvals": "text",
        "signer": "text",
        "pdf_sha256": "text",
        "pdf_pages": "int",
        "pdf_bytes": "bigint",
        "problems": "text[]",
        "signed_at": "timestamptz",
        "consumer_approved_at": "timestamptz",
        "operator_approved_at": "timestamptz",
        "mailing_id": "uuid",
    },
    indexes=("created_at, letter_id", "consumer_id, created_at, letter_id", "status, created_at"),
)

S = LetterStatus


class LetterRow(BaseModel):
    """One letter; `signer` is the name it must be signed with, `pdf_sha256` what an approval must name.

    `letter_date` is the date its bytes carry; before they are made, the day it was drafted.
    """

    letter_id: UUID
    consumer_id: UUID
    created_at: datetime
    bureau: Bureau
    letter_type: str
    letter_date: date
    dispute_ids: list[UUID]
    status: LetterStatus
    approvals: str
    signer: str | None
    pdf_sha256: str | None
    pdf_pages: int | None
    pdf_bytes: int | None
    problems: list[str] | None
    signed_at: datetime | None
    consumer_approved_at: datetime | None
    operator_approved_at: datetime | None
    mailing_id: UUID | None
    version: int


class LettersProjection(Projection):
    """Every letter's present state."""

    name = "letters"
    version = 2
    tables = (LETTERS,)

    @on(Letter.Drafted)
    def drafted(self, r: Recorded[Letter.Drafted]) -> Iterable[Change]:
        yield LETTERS.put(
            r.event.originator_id,
            consumer_id=r.event.subject_id,
            created_at=r.event.timestamp,
            bureau=r.event.bureau,
            letter_type=r.event.letter_type,
            letter_date=r.event.letter_date,
            dispute_ids=list(r.event.dispute_ids),
            status=S.DRAFT,
            approvals=r.event.approvals,
            signer=r.event.draft.sender.full_name if r.event.draft else None,
        )

    @on(Letter.Signed)
    def signed(self, r: Recorded[Letter.Signed]) -> Iterable[Change]:
        yield LETTERS.amend(r.event.originator_id, status=S.SIGNED, signed_at=r.event.timestamp)

    @on(Letter.Rendered)
    def rendered(self, r: Recorded[Letter.Rendered]) -> Iterable[Change]:
        yield LETTERS.amend(
            r.event.originator_id,
            status=S.RENDERED,
            pdf_sha256=r.event.pdf.sha256,
            pdf_pages=r.event.pdf.pages,
            pdf_bytes=r.event.pdf.size_bytes,
            **({"letter_date": r.event.dated.on} if r.event.dated else {}),
            problems=None,
            consumer_approved_at=None,
            operator_approved_at=None,
        )

    @on(Letter.RenderRefused)
    def refused(self, r: Recorded[Letter.RenderRefused]) -> Iterable[Change]:
        yield LETTERS.amend(r.event.originator_id, problems=list(r.event.problems))

    @on(Letter.ConsumerApproved)
    def consumer_approved(self, r: Recorded[Letter.ConsumerApproved]) -> Iterable[Change]:
        yield LETTERS.amend(r.event.originator_id, status=S.CONSUMER_APPROVED, consumer_approved_at=r.event.timestamp)

    @on(Letter.OperatorApproved)
    def operator_approved(self, r: Recorded[Letter.OperatorApproved]) -> Iterable[Change]:
        yield LETTERS.amend(r.event.originator_id, operator_approved_at=r.event.timestamp)

    @on(Letter.Approved)
    def approved(self, r: Recorded[Letter.Approved]) -> Iterable[Change]:
        yield LETTERS.amend(r.event.originator_id, status=S.APPROVED)

    @on(Letter.ApprovalsExpired)
    def approvals_expired(self, r: Recorded[Letter.ApprovalsExpired]) -> Iterable[Change]:
        yield LETTERS.amend(
            r.event.originator_id,
            status=S.SIGNED,
            pdf_sha256=None,
            consumer_approved_at=None,
            operator_approved_at=None,
        )

    @on(Letter.Submitted)
    def submitted(self, r: Recorded[Letter.Submitted]) -> Iterable[Change]:
        yield LETTERS.amend(r.event.originator_id, status=S.SUBMITTED, mailing_id=r.event.mailing_id)

    @on(Letter.SubmissionFailed)
    def submission_failed(self, r: Recorded[Letter.SubmissionFailed]) -> Iterable[Change]:
        yield LETTERS.amend(r.event.originator_id, status=S.APPROVED)

    @on(Consumer.Erased, Consumer.Forgotten)
    def consumer_erased(self, r: Recorded[Event]) -> Iterable[Change]:
        yield LETTERS.amend_where({"consumer_id": r.event.originator_id}, signer=None)

    @on(Letter.Voided)
    def voided(self, r: Recorded[Letter.Voided]) -> Iterable[Change]:
        yield LETTERS.amend(r.event.originator_id, status=S.VOID)
