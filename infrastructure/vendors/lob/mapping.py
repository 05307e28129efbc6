"""Our values in Lob's fields, and Lob's objects in our values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from application.posting import (
    Accepted,
    Deliverability,
    MailPiece,
    PieceStatus,
    PostalAddress,
    PostalParty,
    ScanKind,
    Service,
    TrackingScan,
    Verification,
)

_SIZE_SINCE: Final = "2024-01-01"
_SCAN_NAMES: Final[Mapping[str, ScanKind]] = {
    "Mailed": ScanKind.MAILED,
    "In Transit": ScanKind.IN_TRANSIT,
    "In Local Area": ScanKind.IN_LOCAL_AREA,
    "Processed for Delivery": ScanKind.PROCESSED_FOR_DELIVERY,
    "Pickup Available": ScanKind.PICKUP_AVAILABLE,
    "Delivered": ScanKind.DELIVERED,
    "Re-Routed": ScanKind.RE_ROUTED,
    "Returned to Sender": ScanKind.RETURNED,
    "Issue": ScanKind.ISSUE,
}
_COMPONENTS: Final = (
    "city", "state", "zip_code", "zip_code_plus_4", "zip_code_type", "record_type", "address_type",
    "county", "county_fips", "po_box_only_flag",
)  # fmt: skip


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


class LobDetails(BaseModel):
    """What certified mail tells beyond the name of the scan."""

    event: str | None = None
    action_required: bool = False


class LobTrackingEvent(BaseModel):
    """A scan as Lob writes it; `time` is the carrier's instant."""

    id: str
    name: str
    time: AwareDatetime | None = None
    date_created: AwareDatetime
    location: str | None = None
    details: LobDetails | None = None


class LobReceipt(BaseModel):
    """The parts of a letter object that say a piece exists.

    Only the id is needed: a forecast in a new format must not hide that a letter was bought.
    """

    id: str
    tracking_number: str | None = None
    expected_delivery_date: Annotated[date | None, WrapValidator(_or_none)] = None
    deleted: bool | None = None
    metadata: dict[str, Any] | None = None

    def is_for(self, mailing_id: str) -> bool:
        """Whether the piece carries this mailing's id."""
        return (self.metadata or {}).get("mailing_id") == mailing_id


class LobLetter(LobReceipt):
    """The parts of a letter object that say how far the piece is."""

    status: str | None = None
    tracking_events: list[LobTrackingEvent] | None = None


class LobLetters(BaseModel):
    """One page of the list of letters."""

    data: list[LobReceipt]
    next_url: str | None = None


class LobDeletion(BaseModel):
    """The answer to a cancellation."""

    id: str
    deleted: bool


class LobVerification(BaseModel):
    """The answer to a verification of a US address."""

    id: str
    deliverability: Deliverability
    valid_address: bool
    primary_line: str
    secondary_line: str = ""
    last_line: str = ""
    components: dict[str, Any] = {}


def letter_form(piece: MailPiece, lob_version: str) -> dict[str, str]:
    """The fields of `POST /letters` beside the file, in the bracket form that multipart needs."""
    form = {
        "use_type": "operational",
        "mail_type": "usps_first_class",
        "color": _flag(piece.color),
        "double_sided": _flag(piece.double_sided),
        "address_placement": piece.address_placement,
        "metadata[mailing_id]": piece.mailing_id,
    }
    form |= {f"to[{name}]": text for name, text in _party(piece.to)}
    form |= {f"from[{name}]": text for name, text in _party(piece.sender)}
    form |= {f"metadata[{key}]": value for key, value in sorted(piece.metadata.items())}
    if piece.service is not Service.NONE:
        form["extra_service"] = piece.service.value
    if piece.description:
        form["description"] = piece.description
    if lob_version >= _SIZE_SINCE:
        form["size"] = "us_letter"
    return form


def verification_query(address: PostalAddress) -> dict[str, str]:
    """The body of `POST /us_verifications`."""
    return {
        "primary_line": address.line1,
        "secondary_line": address.line2 or "",
        "city": address.city,
        "state": address.state,
        "zip_code": address.zip_code,
    }


def accepted(letter: LobReceipt) -> Accepted:
    """A letter object as an acceptance."""
    return Accepted(
        provider_id=letter.id,
        expected_delivery_on=letter.expected_delivery_date,
        tracking_number=letter.tracking_number,
    )


def piece_status(letter: LobLetter) -> PieceStatus:
    """A letter object as the state of a piece."""
    return PieceStatus(
        provider_id=letter.id,
        scans=tuple(map(tracking_scan, letter.tracking_events or ())),
        tracking_number=letter.tracking_number,
        expected_delivery_on=letter.expected_delivery_date,
        deleted=bool(letter.deleted),
        failed=letter.status == "failed",
    )


def tracking_scan(event: LobTrackingEvent) -> TrackingScan:
    """One scan. Without the carrier's own time, the time at which Lob learned of it stands in."""
    return TrackingScan(
        id=event.id,
        kind=_SCAN_NAMES.get(event.name, ScanKind.UNKNOWN),
        occurred_at=event.time or event.date_created,
        location=event.location,
        provider_event=event.name,
        detail=event.details.event if event.details else None,
        action_required=bool(event.details and event.details.action_required),
    )


def verification(answer: LobVerification) -> Verification:
    """A verified address with the components our rules read."""
    return Verification(
        provider_id=answer.id,
        deliverability=answer.deliverability,
        valid_address=answer.valid_address,
        primary_line=answer.primary_line,
        secondary_line=answer.secondary_line,
        last_line=answer.last_line,
        components={name: str(answer.components[name]) for name in _COMPONENTS if answer.components.get(name)},
    )


def _party(party: PostalParty) -> Iterator[tuple[str, str]]:
    fields = {
        "name": party.name,
        "company": party.company,
        "address_line1": party.line1,
        "address_line2": party.line2,
        "address_city": party.city,
        "address_state": party.state,
        "address_zip": party.zip_code,
        "address_country": "US",
    }
    return ((name, text) for name, text in fields.items() if text is not None)


def _flag(value: bool) -> str:
    return "true" if value else "false"
