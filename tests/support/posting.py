"""Letters to post, and a `Post` that keeps them in memory."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from typing import Any

import pikepdf

from application.posting import (
    Accepted,
    Cancelled,
    Deliverability,
    MailPiece,
    OutcomeUnknown,
    PieceStatus,
    PostalAddress,
    PostalParty,
    PostBusy,
    PostRejected,
    TooLate,
    TrackingScan,
    Verification,
)


def letter_pdf(pages: int = 1, size: tuple[float, float] = (612, 792)) -> bytes:
    """A blank document of the given pages, the same bytes each time."""
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=size)
    bytes_ = BytesIO()
    document.save(bytes_, deterministic_id=True)
    return bytes_.getvalue()


PDF = letter_pdf()


def party(**changes: Any) -> PostalParty:
    """An invented sender."""
    facts = {"name": "Ann Example", "line1": "12 Main St", "city": "Austin", "state": "TX", "zip_code": "73301"}
    return PostalParty.model_validate({**facts, **changes})


def bureau(**changes: Any) -> PostalParty:
    """A recipient with a post office box."""
    facts = {"company": "Example Bureau", "line1": "PO Box 4500", "city": "Allen", "state": "TX", "zip_code": "75013"}
    return PostalParty.model_validate({**facts, **changes})


def piece(mailing_id: str = "mailing-1", pdf: bytes = PDF, **changes: Any) -> MailPiece:
    """A certified letter to the bureau."""
    facts = {
        "mailing_id": mailing_id,
        "letter_sha256": sha256(pdf).hexdigest(),
        "to": bureau(),
        "sender": party(),
        "service": "certified",
        "idempotency_key": f"{mailing_id}-0",
        "metadata": {"letter_id": "letter-1"},
    }
    return MailPiece.model_validate({**facts, **changes})


@dataclass
class _Printed:
    piece: MailPiece
    status: PieceStatus


@dataclass
class FakePost:
    """Behaves as the port says, without a network.

    `misfortunes` are taken one for each submission: `accept_then_timeout`, `500_before`, `500_after`,
    `429` or `reset`.
    """

    misfortunes: deque[str] = field(default_factory=deque)
    cancellable: bool = True
    printed: list[_Printed] = field(default_factory=list)
    _by_key: dict[str, _Printed] = field(default_factory=dict)

    def submit(self, piece: MailPiece, pdf: bytes) -> Accepted:
        piece.check_bytes(pdf)
        misfortune = self.misfortunes.popleft() if self.misfortunes else ""
        if misfortune == "429":
            raise PostBusy(5, "rate_limit_exceeded")
        if misfortune in ("500_before", "reset"):
            raise OutcomeUnknown(misfortune)
        if piece.to.line1.lower().startswith("undeliverable"):
            raise PostRejected("failed_deliverability_strictness", "address", "Correct the address.")
        if not pdf.startswith(b"%PDF-"):
            raise PostRejected("invalid_file", "letter", "The file is not a PDF.")
        accepted = self._print(piece)
        if misfortune in ("accept_then_timeout", "500_after"):
            raise OutcomeUnknown(misfortune)
        return accepted

    def find(self, mailing_id: str) -> list[Accepted]:
        return [_accepted(one) for one in self.printed if one.piece.mailing_id == mailing_id and not one.status.deleted]

    def get(self, provider_id: str) -> PieceStatus:
        return self._one(provider_id).status

    def cancel(self, provider_id: str) -> Cancelled | TooLate:
        one = self._one(provider_id)
        if one.status.deleted or self.cancellable:
            one.status = one.status.model_copy(update={"deleted": True})
            return Cancelled(provider_id=provider_id)
        return TooLate(provider_id=provider_id)

    def verify(self, address: PostalAddress) -> Verification:
        reached = not address.line1.lower().startswith("undeliverable")
        return Verification(
            provider_id="us_ver_fake",
            deliverability=Deliverability.DELIVERABLE if reached else Deliverability.UNDELIVERABLE,
            valid_address=reached,
            primary_line=address.line1.upper(),
            secondary_line=(address.line2 or "").upper(),
            last_line=f"{address.city.upper()} {address.state} {address.zip_code}",
            components={"city": address.city.upper(), "state": address.state},
        )

    def scan(self, provider_id: str, *scans: TrackingScan) -> None:
        """The carrier saw the piece."""
        one = self._one(provider_id)
        one.status = one.status.model_copy(update={"scans": (*one.status.scans, *scans)})

    def _print(self, piece: MailPiece) -> Accepted:
        one = self._by_key.get(piece.idempotency_key)
        if one is None:
            one = _Printed(piece, PieceStatus(provider_id=f"ltr_fake{len(self.printed)}"))
            self.printed.append(one)
            self._by_key[piece.idempotency_key] = one
        if one.piece.mailing_id != piece.mailing_id:
            raise OutcomeUnknown("answered_with_another_piece")
        return _accepted(one)

    def _one(self, provider_id: str) -> _Printed:
        for one in self.printed:
            if one.status.provider_id == provider_id:
                return one
        raise PostRejected("not_found", "request", "There is no such piece.")


def _accepted(one: _Printed) -> Accepted:
    return Accepted(provider_id=one.status.provider_id, tracking_number=one.status.tracking_number)
