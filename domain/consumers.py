"""The person whose credit file is in dispute, and what they have agreed to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from domain.addresses import PostalAddress
from domain.kernel import PII, Aggregate, Created, Event, IllegalMove, Sealed, Value
from domain.written import Day, EmailAddress


class Profile(Value):
    """Who the consumer is, as a bureau must be told to find the file (15 U.S.C. 1681h(a)(1))."""

    given_name: str = Field(min_length=1, max_length=60)
    middle_name: str | None = Field(default=None, max_length=60)
    family_name: str = Field(min_length=1, max_length=60)
    suffix: str | None = Field(default=None, max_length=10)
    email: EmailAddress
    phone: str | None = Field(default=None, max_length=40, pattern=r"^[0-9+() .-]+$")
    birth_date: Day
    ssn: str = Field(pattern=r"^[0-9]{9}$")
    address: PostalAddress
    previous_addresses: tuple[PostalAddress, ...] = Field(default=(), max_length=5)

    @property
    def full_name(self) -> str:
        """The legal name as it stands on letters."""
        return " ".join(part for part in (self.given_name, self.middle_name, self.family_name, self.suffix) if part)

    @property
    def ssn_last4(self) -> str:
        """The only part of the number a letter shows unless the consumer chose otherwise."""
        return self.ssn[-4:]


class ConsentKind(StrEnum):
    """What a consumer can agree to."""

    SERVICE_TERMS = "service_terms"
    REPORT_IMPORT = "report_import"
    DISPUTE_IN_MY_NAME = "dispute_in_my_name"
    CREDIT_PULL = "credit_pull"


class KycStatus(StrEnum):
    """How far we know that the consumer is who they say."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    REJECTED = "rejected"


class DocumentKind(StrEnum):
    """What an identity paper shows."""

    GOVERNMENT_ID = "government_id"
    PROOF_OF_ADDRESS = "proof_of_address"
    SOCIAL_SECURITY_CARD = "social_security_card"


class ErasureReason(StrEnum):
    """Why a person is forgotten. Free words would outlive the key that should make them unreadable."""

    ASKED_BY_CONSUMER = "asked_by_consumer"
    RETENTION_ENDED = "retention_ended"
    ENTERED_BY_MISTAKE = "entered_by_mistake"


class ConsentMissing(IllegalMove):
    """The consumer has not agreed to this use."""

    code = "consent_missing"


class ConsumerErased(IllegalMove):
    """The person's key is destroyed; nothing more can be done in their name."""

    code = "consumer_erased"


class Consumer(Aggregate):
    """One person, known to us only as far as their own key still opens what they told us."""

    TOPIC: ClassVar[str] = "consumer"

    class Registered(Created):
        TOPIC: ClassVar[str] = "consumer.registered.v1"
        subject_id: UUID
        profile: Annotated[Profile | None, PII]

    class ProfileChanged(Event):
        TOPIC: ClassVar[str] = "consumer.profile_changed.v1"
        subject_id: UUID
        profile: Annotated[Profile | None, PII]

        def apply(self, aggregate: Consumer) -> None:
            aggregate.profile = self.profile

    class IdentityDocumentAdded(Event):
        TOPIC: ClassVar[str] = "consumer.identity_document_added.v1"
        subject_id: UUID
        document_id: UUID
        kind: DocumentKind
        sha256: str
        object_key: str
        media_type: str

        def apply(self, aggregate: Consumer) -> None:
            aggregate.documents[self.document_id] = self.kind

    class ConsentGiven(Event):
        TOPIC: ClassVar[str] = "consumer.consent_given.v1"
        subject_id: UUID
        kind: ConsentKind
        text_version: str
        text_sha256: str
        ip: Sealed

        def apply(self, aggregate: Consumer) -> None:
            aggregate.consents[self.kind] = self.text_version

    class ConsentWithdrawn(Event):
        TOPIC: ClassVar[str] = "consumer.consent_withdrawn.v1"
        kind: ConsentKind

        def apply(self, aggregate: Consumer) -> None:
            aggregate.consents.pop(self.kind, None)

    class KycDecided(Event):
        TOPIC: ClassVar[str] = "consumer.kyc_decided.v1"
        subject_id: UUID
        status: KycStatus
        basis: Sealed

        def apply(self, aggregate: Consumer) -> None:
            aggregate.kyc = self.status

    class NamedAsSender(Event):
        """A letter is about to be handed over in the person's name.

        It stands in their own history so that an erasure, or a consent withdrawn, and a hand-over cannot both win.
        """

        TOPIC: ClassVar[str] = "consumer.named_as_sender.v1"
        mailing_id: UUID
        attempt: int

    class Erased(Event):
        TOPIC: ClassVar[str] = "consumer.erased.v1"
        subject_id: UUID
        reason: ErasureReason

        def apply(self, aggregate: Consumer) -> None:
            aggregate.erased = True
            aggregate.profile = None

    class Forgotten(Event):
        TOPIC: ClassVar[str] = "consumer.forgotten.v1"
        subject_id: UUID

        def apply(self, aggregate: Consumer) -> None:
            aggregate.forgotten = True

    def __init__(self, profile: Profile | None) -> None:
        self.profile = profile
        self.consents: dict[ConsentKind, str] = {}
        self.documents: dict[UUID, DocumentKind] = {}
        self.kyc = KycStatus.UNVERIFIED
        self.erased = False
        self.forgotten = False

    @property
    def owner_id(self) -> UUID:
        """The consumer whose case this is."""
        return self.id

    @classmethod
    def register(cls, consumer_id: UUID, at: datetime, profile: Profile) -> Consumer:
        """Take a person on."""
        return cls._create(cls.Registered, id=consumer_id, timestamp=at, subject_id=consumer_id, profile=profile)

    def known(self) -> Profile:
        """The profile, or a refusal when the person has been erased."""
        if self.erased or self.profile is None:
            raise ConsumerErased("this consumer has been erased; nothing more can be done in their name")
        return self.profile

    def change_profile(self, profile: Profile, at: datetime) -> None:
        """Correct what the consumer told us about themselves."""
        if profile != self.known():
            self.record(self.ProfileChanged, at, subject_id=self.id, profile=profile)

    def add_document(
        self, document_id: UUID, kind: DocumentKind, *, sha256: str, object_key: str, media_type: str, at: datetime
    ) -> None:
        """Keep a reference to an identity paper; the paper itself lies encrypted in the object store."""
        self.known()
        if document_id not in self.documents:
            self.record(
                self.IdentityDocumentAdded,
                at,
                subject_id=self.id,
                document_id=document_id,
                kind=kind,
                sha256=sha256,
                object_key=object_key,
                media_type=media_type,
            )

    def give_consent(
        self, kind: ConsentKind, *, text_version: str, text_sha256: str, ip: str | None, at: datetime
    ) -> None:
        """Record that the consumer agreed to exactly this text, when, and from where."""
        self.known()
        if self.consents.get(kind) != text_version:
            self.record(
                self.ConsentGiven,
                at,
                subject_id=self.id,
                kind=kind,
                text_version=text_version,
                text_sha256=text_sha256,
                ip=ip,
            )

    def withdraw_consent(self, kind: ConsentKind, at: datetime) -> None:
        """Take an agreement back; what it covered stops from here on."""
        if kind not in self.consents:
            raise ConsentMissing(f"there is no {kind.value} consent to withdraw")
        self.record(self.ConsentWithdrawn, at, kind=kind)

    def check_consent(self, kind: ConsentKind) -> None:
        """Refuse an act that the consumer has not agreed to."""
        self.known()
        if kind not in self.consents:
            raise ConsentMissing(f"record the consumer's {kind.value} consent first")

    def agrees_to(self, kind: ConsentKind) -> bool:
        """Whether the consumer has agreed to this, and not taken it back."""
        return not self.erased and kind in self.consents

    def stand_as_sender(self, mailing_id: UUID, attempt: int, at: datetime) -> None:
        """A piece of mail is about to be handed over in the consumer's name, for the `attempt`-th time."""
        self.check_consent(ConsentKind.DISPUTE_IN_MY_NAME)
        self.record(self.NamedAsSender, at, mailing_id=mailing_id, attempt=attempt)

    def decide_kyc(self, status: KycStatus, basis: str, at: datetime) -> None:
        """Record how identity was established, or why it was not."""
        self.known()
        if status is not self.kyc:
            self.record(self.KycDecided, at, subject_id=self.id, status=status, basis=basis)

    def erase(self, reason: ErasureReason, at: datetime) -> None:
        """Record the erasure; the destruction of the key follows and cannot be undone."""
        if not self.erased:
            self.record(self.Erased, at, subject_id=self.id, reason=reason)

    def note_forgotten(self, at: datetime) -> None:
        """Record that the key is destroyed: what was still written about the person meanwhile is unreadable too."""
        if not self.erased:
            raise IllegalMove("put the erasure on record first; a key is never destroyed without it")
        if not self.forgotten:
            self.record(self.Forgotten, at, subject_id=self.id)
