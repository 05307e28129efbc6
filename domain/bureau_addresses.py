"""How old the word is that a bureau still takes disputes at the address in the book."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID, uuid5

from domain.address_book import VERIFY_EVERY, DisputeAddress
from domain.addresses import PostalAddress
from domain.bureaus import Bureau
from domain.kernel import Aggregate, Created, DomainError, Event


class AnotherAddress(DomainError):
    """The address read at its source is not the one in the book: the book must be corrected, not confirmed."""

    code = "not_the_address_in_the_book"


class BureauAddress(Aggregate):
    """One bureau's dispute address as a tenant's own people have found it at its source."""

    TOPIC: ClassVar[str] = "bureau_address"

    class Opened(Created):
        TOPIC: ClassVar[str] = "bureau_address.opened.v1"
        bureau: Bureau

    class Verified(Event):
        TOPIC: ClassVar[str] = "bureau_address.verified.v1"
        bureau: Bureau
        address: PostalAddress
        verified_on: date
        verified_before_on: date
        actor_id: UUID

        def apply(self, aggregate: BureauAddress) -> None:
            aggregate.address = self.address
            aggregate.verified_on = self.verified_on

    def __init__(self, bureau: Bureau) -> None:
        self.bureau = bureau
        self.address: PostalAddress | None = None
        self.verified_on: date | None = None

    @staticmethod
    def identity(tenant_id: UUID, bureau: Bureau) -> UUID:
        """The one id of a bureau's address in a tenant."""
        return uuid5(tenant_id, f"bureau_address:{bureau.value}")

    @classmethod
    def open(cls, address_id: UUID, at: datetime, bureau: Bureau) -> BureauAddress:
        """Begin to keep this bureau's verifications."""
        return cls._create(cls.Opened, id=address_id, timestamp=at, bureau=bureau)

    def verify(self, entry: DisputeAddress, read: PostalAddress, actor_id: UUID, at: datetime) -> None:
        """Somebody has read `read` at the bureau; the same again on the same day decides nothing."""
        if not read.same_place(entry.address):
            raise AnotherAddress("the book holds another address for this bureau; have the book corrected")
        before, today = last_verified(entry, self), at.date()
        if before < today:
            self.record(
                self.Verified, at, bureau=self.bureau, address=entry.address, verified_on=today,
                verified_before_on=before, actor_id=actor_id,
            )  # fmt: skip


def last_verified(entry: DisputeAddress, held: BureauAddress | None) -> date:
    """When the book's entry was last read at its source: by its makers, or by the tenant's people."""
    if held is None or held.verified_on is None or held.address != entry.address:
        return entry.verified_on
    return max(held.verified_on, entry.verified_on)


def needs_verifying(entry: DisputeAddress, held: BureauAddress | None, today: date) -> bool:
    """Whether the last reading is longer ago than it may be."""
    return today - last_verified(entry, held) > VERIFY_EVERY
