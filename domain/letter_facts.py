"""What a dispute letter may say: typed facts, each with a source in a report, in evidence or in the consumer's word."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, field_validator, model_validator

from domain.address_book import dispute_address
from domain.addresses import Line, PostalAddress
from domain.bureaus import Bureau
from domain.kernel import Value

MASKS: Final = frozenset("Xx*#.•·●")
NAME_MAX: Final = 40
"""The longest name a print provider puts on an envelope (Lob)."""
BUREAU_DISPUTE: Final = "bureau_dispute_611"
"""The letter type for what a report shows: the bureau has 30 days."""
ANNUAL_REPORT_DISPUTE: Final = "bureau_dispute_annual_report"
"""The letter type for what a free copy from the centralized source shows: the bureau has 45 days."""
ITEMS_MAX: Final = 5
"""More items in one letter invite a finding that the dispute is frivolous."""


class Fact(Value):
    """A fact about a person; a refused one is never repeated in an error."""

    model_config = ConfigDict(hide_input_in_errors=True, ser_json_bytes="base64", val_json_bytes="base64")


class RequestKind(StrEnum):
    """What the consumer asks the bureau to do with an item."""

    DELETE = "delete"
    CORRECT = "correct"
    UPDATE = "update"


class ItemKind(StrEnum):
    """The part of a credit report an item stands in."""

    ACCOUNT = "account"
    INQUIRY = "inquiry"
    PUBLIC_RECORD = "public record"
    PERSONAL_INFORMATION = "personal information"


class Sender(Fact):
    """The consumer, as the bureau must be able to find them.

    `full_ssn` is given only when the consumer chose, for this letter, to show the whole number.
    """

    name: Annotated[Line, Field(min_length=1, max_length=NAME_MAX)]
    suffix: Annotated[Line | None, Field(max_length=10)] = None
    address: PostalAddress
    previous_addresses: tuple[PostalAddress, ...] = Field(default=(), max_length=5)
    phone: Annotated[Line | None, Field(max_length=40)] = None
    birth_date: date = Field(repr=False)
    ssn_last4: str = Field(pattern=r"^[0-9]{4}$", repr=False)
    full_ssn: str | None = Field(default=None, pattern=r"^[0-9]{3}-?[0-9]{2}-?[0-9]{4}$", repr=False)

    @property
    def full_name(self) -> str:
        """The name with its suffix, as signed."""
        return f"{self.name} {self.suffix}" if self.suffix else self.name

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        if len(self.full_name) > NAME_MAX:
            raise ValueError("the name with its suffix is longer than an envelope takes")
        if self.full_ssn is not None and not self.full_ssn.endswith(self.ssn_last4):
            raise ValueError("the last four digits do not belong to the Social Security number")
        return self


class Recipient(Fact):
    """The bureau and the address the letter goes to; one printed on the newest report wins over the book."""

    bureau: Bureau
    company: Annotated[Line, Field(min_length=1, max_length=NAME_MAX)]
    address: PostalAddress
    basis: Literal["address_book", "printed_on_report"] = "address_book"

    @classmethod
    def from_book(cls, bureau: Bureau, on: date) -> Self:
        """The recipient of a dispute dated `on`. Raises `NoDisputeAddress`."""
        entry = dispute_address(bureau, on)
        return cls(bureau=bureau, company=entry.company, address=entry.address)


class ReportReference(Fact):
    """The credit report the items stand in.

    `free_annual` marks a free copy from the centralized source (AnnualCreditReport.com): the bureau has 45 days, not
    30 (15 U.S.C. 1681j(a)(3)).
    """

    dated: date
    number: Annotated[Line | None, Field(max_length=40)] = None
    free_annual: bool = False


class FieldClaim(Fact):
    """One field of an item: what is printed, and what the consumer says is right, if they know.

    `context` marks a field that is shown to explain the dispute and is not itself disputed: nothing is asked about it.
    """

    label: Annotated[Line, Field(min_length=1, max_length=60)]
    printed: Annotated[Line, Field(min_length=1, max_length=120)]
    claimed: Annotated[Line | None, Field(min_length=1, max_length=120)] = None
    context: bool = False


class DisputedItemFacts(Fact):
    """One disputed item.

    `basis` is the finding's assertable sentence or the consumer's own statement. Amounts, dates and names in it
    must stand in this item's other facts; values it takes from elsewhere, such as another bureau's figure, are
    listed in `basis_values`.
    """

    number: int = Field(ge=1)
    kind: ItemKind = ItemKind.ACCOUNT
    furnisher: Annotated[Line | None, Field(min_length=1, max_length=80)] = None
    account_masked: Annotated[Line | None, Field(min_length=1, max_length=40)] = None
    fields: tuple[FieldClaim, ...] = Field(default=(), max_length=8)
    reason: str
    basis: Annotated[Line, Field(min_length=1, max_length=600)]
    basis_values: tuple[Annotated[Line, Field(min_length=1, max_length=120)], ...] = ()
    request: RequestKind

    @field_validator("account_masked")
    @classmethod
    def _only_masked(cls, number: str | None) -> str | None:
        if number is not None and not is_masked(number):
            raise ValueError("mask the account number: show the last four digits only")
        return number

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.furnisher is None and self.kind is not ItemKind.PERSONAL_INFORMATION:
            raise ValueError("name the company as the report prints it")
        if self.request is not RequestKind.DELETE and all(field.context for field in self.fields):
            raise ValueError("say which field is wrong, or ask for deletion")
        return self


class Enclosure(Fact):
    """A document whose pages follow the letter; `sha256` is of the clean PDF that is appended."""

    title: Annotated[Line, Field(min_length=1, max_length=100)]
    pages: int = Field(ge=1, le=50)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Signature(Fact):
    """The consumer's signature, given before the letter is printed; the drawn one is a PNG of ours."""

    name: Annotated[Line, Field(min_length=1, max_length=60)]
    signed_at: datetime
    image_png: bytes | None = Field(default=None, repr=False, max_length=200_000)

    @field_validator("signed_at")
    @classmethod
    def _with_zone(cls, instant: datetime) -> datetime:
        if instant.tzinfo is None:
            raise ValueError("needs a time zone")
        return instant


class LetterFacts(Fact):
    """Everything one letter to one bureau may state."""

    letter_id: UUID
    letter_date: date
    sender: Sender
    recipient: Recipient
    report: ReportReference
    items: tuple[DisputedItemFacts, ...] = Field(min_length=1, max_length=ITEMS_MAX)
    enclosures: tuple[Enclosure, ...] = Field(default=(), max_length=20)
    signature: Signature
    tenant_kind: str = "consumer_direct"

    @model_validator(mode="after")
    def _numbered_from_one(self) -> Self:
        if [item.number for item in self.items] != list(range(1, len(self.items) + 1)):
            raise ValueError("number the items 1, 2, 3, ... in order")
        return self


def is_masked(number: str) -> bool:
    """Whether an account number hides enough: at most four characters show, or at most eight beside four mask signs."""
    shown = sum(c.isalnum() and c not in MASKS for c in number)
    return shown <= 4 or (shown <= 8 and sum(c in MASKS for c in number) >= 4)


def masked(number: str) -> str:
    """The number as printed if it is masked already, else its last four characters behind mask signs."""
    return number if is_masked(number) else f"XXXX{re.sub(r'[^0-9A-Za-z]', '', number)[-4:]}"
