"""Sending paper: what we hand to a print-and-mail provider, what it answers, and what its scans mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final, Literal, Protocol, Self

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from domain.addresses import PostalAddress
from domain.kernel import Value
from domain.tracking import MailStatus, ScanKind, TrackingScan, advance

__all__ = [
    "Accepted",
    "Cancelled",
    "Deliverability",
    "MailPiece",
    "MailStatus",
    "OutcomeUnknown",
    "PieceStatus",
    "Post",
    "PostBusy",
    "PostProblem",
    "PostRejected",
    "PostalAddress",
    "PostalParty",
    "RejectionKind",
    "ScanKind",
    "Service",
    "TooLate",
    "TrackingScan",
    "Verification",
    "advance",
]

_OUR_METADATA_PAIRS: Final = 19  # the provider takes 20; one is the mailing's own id

InternalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,500}$")]
"""An id of ours: no spaces, so that a name or an address cannot be passed by mistake."""


class _Addressed(Value):
    """Parts whose content never shows in a repr or a validation error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PostalParty(PostalAddress):
    """Who sends or receives: a person, a company, or a person at a company."""

    name: str | None = Field(default=None, min_length=1, max_length=40, repr=False)
    company: str | None = Field(default=None, min_length=1, max_length=40, repr=False)

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if self.name is None and self.company is None:
            raise ValueError("an envelope needs a name or a company")
        return self


class Service(StrEnum):
    """What the carrier is paid to prove: nothing, delivery, or delivery with a signature."""

    NONE = "none"
    CERTIFIED = "certified"
    CERTIFIED_RETURN_RECEIPT = "certified_return_receipt"


class MailPiece(_Addressed):
    """One envelope to be printed and posted once.

    The piece names the letter by the hash of its bytes, because that hash is what was approved.
    `idempotency_key` stays the same for every try; the provider forgets it after 24 hours.
    """

    mailing_id: InternalId
    letter_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    to: PostalParty = Field(repr=False)
    sender: PostalParty = Field(repr=False)
    mail_class: Literal["first_class"] = "first_class"
    service: Service = Service.NONE
    double_sided: bool = True
    color: bool = False
    address_placement: Literal["top_first_page", "insert_blank_page"] = "top_first_page"
    idempotency_key: str = Field(pattern=r"^[!-~]{1,256}$")
    metadata: Mapping[Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")], InternalId] = Field(
        default_factory=dict
    )
    description: str = Field(default="", max_length=255)

    @field_validator("to")
    @classmethod
    def _fits_the_window(cls, to: PostalParty) -> PostalParty:
        if not to.fits_envelope:
            raise ValueError("the two address lines of the recipient may hold 50 characters together")
        return to

    @field_validator("metadata")
    @classmethod
    def _leaves_room(cls, metadata: Mapping[str, str]) -> Mapping[str, str]:
        if len(metadata) > _OUR_METADATA_PAIRS or "mailing_id" in metadata:
            raise ValueError("at most 19 pairs beside mailing_id, which is added by itself")
        return metadata

    def check_bytes(self, pdf: bytes) -> None:
        """Refuse bytes that are not the approved ones. Raises `PostRejected` of kind `letter`."""
        if sha256(pdf).hexdigest() != self.letter_sha256:
            raise PostRejected("letter_bytes_differ", "letter", "The PDF is not the one that was approved.")


class Accepted(Value):
    """The provider has taken the piece and will print it.

    `tracking_number` may come days later; `expected_delivery_on` is a forecast, never proof.
    """

    provider_id: str
    expected_delivery_on: date | None = None
    tracking_number: str | None = None


class PieceStatus(Value):
    """What the provider knows of a piece now. `failed`: it could not be printed."""

    provider_id: str
    scans: tuple[TrackingScan, ...] = ()
    tracking_number: str | None = None
    expected_delivery_on: date | None = None
    deleted: bool = False
    failed: bool = False


class Cancelled(Value):
    """The piece was taken out before printing; nothing is charged."""

    provider_id: str


class TooLate(Value):
    """The piece is being printed or is on its way and cannot be stopped."""

    provider_id: str


class Deliverability(StrEnum):
    """What the postal service says about an address."""

    DELIVERABLE = "deliverable"
    UNNECESSARY_UNIT = "deliverable_unnecessary_unit"
    INCORRECT_UNIT = "deliverable_incorrect_unit"
    MISSING_UNIT = "deliverable_missing_unit"
    UNDELIVERABLE = "undeliverable"


class Verification(_Addressed):
    """An address as the postal service writes it, and whether mail reaches it.

    `components` holds the parts our rules read: county, box-only and military codes, record type.
    """

    provider_id: str
    deliverability: Deliverability
    valid_address: bool
    primary_line: str = Field(repr=False)
    secondary_line: str = Field(repr=False)
    last_line: str = Field(repr=False)
    components: Mapping[str, str] = Field(default_factory=dict, repr=False)


class PostProblem(Exception):
    """The provider did not do what was asked. Carries codes only, never an address."""


RejectionKind = Literal["letter", "address", "account", "request"]


class PostRejected(PostProblem):
    """Definitive: nothing was or will be printed for this request. `kind` says what to put right."""

    def __init__(self, code: str, kind: RejectionKind, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.kind = kind
        self.message = message


class PostBusy(PostProblem):
    """The request was not taken; repeat it with the same idempotency key after the pause."""

    def __init__(self, retry_after_seconds: float, reason: str = "busy") -> None:
        super().__init__(f"{reason}: try again in {retry_after_seconds:g} s")
        self.retry_after_seconds = retry_after_seconds
        self.reason = reason


class OutcomeUnknown(PostProblem):
    """The piece may or may not exist. Look for it with `find` before anything is sent again."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"outcome unknown: {reason}")
        self.reason = reason


class Post(Protocol):
    """Whoever prints and mails our letters.

    `submit` raises PostRejected, PostBusy or OutcomeUnknown. `cancel` too. The other calls change
    nothing, so every passing trouble of theirs is PostBusy and every lasting one PostRejected.
    """

    def submit(self, piece: MailPiece, pdf: bytes) -> Accepted:
        """Hand over one piece. The same idempotency key within 24 hours returns the first piece."""
        ...

    def find(self, mailing_id: str) -> list[Accepted]:
        """Every piece that carries this mailing's id and was not cancelled, oldest first."""
        ...

    def get(self, provider_id: str) -> PieceStatus:
        """The piece as the provider sees it now."""
        ...

    def cancel(self, provider_id: str) -> Cancelled | TooLate:
        """Take the piece out, while the provider still allows it."""
        ...

    def verify(self, address: PostalAddress) -> Verification:
        """Ask the postal service how the address is written and whether mail reaches it."""
        ...
