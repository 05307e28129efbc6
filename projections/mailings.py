"""Pieces of mail and where the carrier last saw them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from domain.bureaus import Bureau
from domain.kernel import Event
from domain.mailings import Mailing, MailingStatus, Service
from projections.kernel import Change, Projection, Recorded, Table, on

MAILINGS = Table(
    "mailings",
    aggregate=Mailing,
    key={"mailing_id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "letter_id": "uuid",
        "created_at": "timestamptz",
        "bureau": "text",
        "service": "text",
        "status": "text",
        "pdf_sha256": "text",
        "provider_id": "text",
        "tracking_number": "text",
        "expected_delivery_on": "date",
        "attempts": "int",
        "refused_code": "text",
        "last_scan_at": "timestamptz",
        "delivered_at": "timestamptz",
        "received_on": "date",
    },
    indexes=("created_at, mailing_id", "consumer_id, created_at, mailing_id", "provider_id", "letter_id"),
)

S = MailingStatus


class MailingRow(BaseModel):
    """One piece; `received_on` is the delivery scan's date in the recipient's time zone."""

    mailing_id: UUID
    consumer_id: UUID
    letter_id: UUID
    created_at: datetime
    bureau: Bureau
    service: Service
    status: MailingStatus
    pdf_sha256: str
    provider_id: str | None
    tracking_number: str | None
    expected_delivery_on: date | None
    attempts: int | None
    refused_code: str | None
    last_scan_at: datetime | None
    delivered_at: datetime | None
    received_on: date | None
    version: int


class MailingsProjection(Projection):
    """Every piece's present state."""

    name = "mailings"
    tables = (MAILINGS,)

    @on(Mailing.Requested)
    def requested(self, r: Recorded[Mailing.Requested]) -> Iterable[Change]:
        yield MAILINGS.put(
            r.event.originator_id,
            consumer_id=r.event.subject_id,
            letter_id=r.event.letter_id,
            created_at=r.event.timestamp,
            bureau=r.event.bureau,
            service=r.event.service,
            status=S.REQUESTED,
            pdf_sha256=r.event.pdf_sha256,
        )

    @on(Mailing.AddressesVerified, Mailing.FoundUnsent)
    def ready(self, r: Recorded[Event]) -> Iterable[Change]:
        yield MAILINGS.amend(r.event.originator_id, status=S.READY)

    @on(Mailing.AddressRefused)
    def address_refused(self, r: Recorded[Mailing.AddressRefused]) -> Iterable[Change]:
        yield MAILINGS.amend(
            r.event.originator_id, status=S.ADDRESS_REFUSED, refused_code=f"{r.event.which}:{r.event.deliverability}"
        )

    @on(Mailing.SubmissionIntended)
    def intended(self, r: Recorded[Mailing.SubmissionIntended]) -> Iterable[Change]:
        yield MAILINGS.amend(r.event.originator_id, status=S.INTENDED, attempts=r.event.attempt)

    @on(Mailing.OutcomeUnknown)
    def outcome_unknown(self, r: Recorded[Mailing.OutcomeUnknown]) -> Iterable[Change]:
        yield MAILINGS.amend(r.event.originator_id, status=S.OUTCOME_UNKNOWN)

    @on(Mailing.Rejected)
    def rejected(self, r: Recorded[Mailing.Rejected]) -> Iterable[Change]:
        yield MAILINGS.amend(r.event.originator_id, status=S.REJECTED, refused_code=r.event.code)

    @on(Mailing.DeclaredUnsent)
    def declared_unsent(self, r: Recorded[Mailing.DeclaredUnsent]) -> Iterable[Change]:
        yield MAILINGS.amend(r.event.originator_id, status=S.REJECTED, refused_code="not_found_at_the_provider")

    @on(Mailing.Accepted)
    def accepted(self, r: Recorded[Mailing.Accepted]) -> Iterable[Change]:
        yield MAILINGS.amend(
            r.event.originator_id,
            status=S.ACCEPTED,
            provider_id=r.event.provider_id,
            tracking_number=r.event.tracking_number,
            expected_delivery_on=r.event.expected_delivery_on,
        )

    @on(Mailing.Scanned)
    def scanned(self, r: Recorded[Mailing.Scanned]) -> Iterable[Change]:
        yield MAILINGS.amend(r.event.originator_id, status=r.event.status, last_scan_at=r.event.scan.occurred_at)

    @on(Mailing.Delivered)
    def delivered(self, r: Recorded[Mailing.Delivered]) -> Iterable[Change]:
        yield MAILINGS.amend(r.event.originator_id, delivered_at=r.event.delivered_at, received_on=r.event.received_on)

    @on(Mailing.Lost)
    def lost(self, r: Recorded[Mailing.Lost]) -> Iterable[Change]:
        yield MAILINGS.amend(r.event.originator_id, status=S.LOST)

    @on(Mailing.Cancelled)
    def cancelled(self, r: Recorded[Mailing.Cancelled]) -> Iterable[Change]:
        yield MAILINGS.amend(r.event.originator_id, status=S.CANCELLED)
