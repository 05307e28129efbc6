"""Where each bureau takes disputes by mail, on which date, and in whose time zone a delivery falls."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.addresses import PostalAddress
from domain.bureaus import Bureau
from domain.kernel import NotFound, Value

VERIFY_EVERY: Final = timedelta(days=31)
"""An entry is read again at its source at least this often, and before its first use."""


class NoDisputeAddress(NotFound):
    """The book holds no address of this bureau for the date."""

    code = "no_dispute_address"


class DisputeAddress(Value):
    """A bureau's address for disputes by mail.

    `valid_from` None: in use since before this book; `valid_until`: last day of use. `time_zone` decides the
    local date of a carrier's delivery scan, which is the day the bureau's clock starts.
    """

    bureau: Bureau
    company: str
    address: PostalAddress
    time_zone: str
    verified_on: date
    source: str
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The recipient's own clock."""
        return ZoneInfo(self.time_zone)

    def holds_on(self, day: date) -> bool:
        """Whether letters dated `day` go here."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day <= self.valid_until)


class StaleAddress(Value):
    """An address that still circulates in old letters and no longer takes disputes."""

    bureau: Bureau
    box: str
    city: str
    zip_prefix: str | None = None


_SOURCE: Final = "equifax.com, dispute by mail: lists the addresses of all three bureaus"

BOOK: Final = (
    DisputeAddress(
        bureau=Bureau.EQUIFAX,
        company="Equifax Information Services LLC",
        address=PostalAddress(line1="P.O. Box 740256", city="Atlanta", state="GA", zip_code="30374-0256"),
        time_zone="America/New_York",
        verified_on=date(2026, 11, 22),
        source=_SOURCE,
    ),
    DisputeAddress(
        bureau=Bureau.EXPERIAN,
        company="Experian",
        address=PostalAddress(line1="P.O. Box 4500", city="Allen", state="TX", zip_code="75013"),
        time_zone="America/Chicago",
        verified_on=date(2026, 11, 22),
        source=_SOURCE,
    ),
    DisputeAddress(
        bureau=Bureau.TRANSUNION,
        company="TransUnion Consumer Solutions",
        address=PostalAddress(line1="P.O. Box 2000", city="Chester", state="PA", zip_code="19016"),
        time_zone="America/New_York",
        verified_on=date(2026, 11, 22),
        source=_SOURCE,
    ),
)
"""Read on 2026-11-22. Append a new entry and close the old one with `valid_until`; never edit an entry in use."""

STALE: Final = (
    StaleAddress(bureau=Bureau.EQUIFAX, box="740241", city="Atlanta"),
    StaleAddress(bureau=Bureau.EXPERIAN, box="9556", city="Allen"),
    StaleAddress(bureau=Bureau.EXPERIAN, box="2104", city="Allen"),
    StaleAddress(bureau=Bureau.TRANSUNION, box="2000", city="Chester", zip_prefix="19022"),
)
"""Addresses seen in circulating letters which the bureaus no longer list for disputes."""


def dispute_address(bureau: Bureau, on: date, book: tuple[DisputeAddress, ...] = BOOK) -> DisputeAddress:
    """The address a dispute dated `on` goes to: the latest entry in force. Raises `NoDisputeAddress`."""
    current = [entry for entry in book if entry.bureau is bureau and entry.holds_on(on)]
    if not current:
        raise NoDisputeAddress("enter this bureau's dispute address for the letter's date in the address book")
    return max(current, key=lambda entry: entry.valid_from or date.min)


def is_stale(bureau: Bureau, address: PostalAddress) -> bool:
    """Whether letters to `bureau` at `address` are known to be going to a place no longer in use."""
    street = f"{address.line1} {address.line2 or ''}"
    words = "".join(c if c.isalnum() else " " for c in street).split()
    return any(
        entry.bureau is bureau
        and entry.box in words
        and entry.city.casefold() == address.city.casefold()
        and (entry.zip_prefix is None or address.zip_code.startswith(entry.zip_prefix))
        for entry in STALE
    )
