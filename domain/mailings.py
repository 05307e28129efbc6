"""One piece of paper mail: intended, handed over once, followed, delivered or lost."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from domain.addresses import PostalAddress
from domain.bureaus import Bureau
from domain.kernel import PII, Aggregate, Created, Event, IllegalMove, Sealed
from domain.mailing_states import FINAL, LOST_AFTER, RESEND_WALL, MailingStatus, Service, is_open, next_look
from domain.tracking import MailStatus, ScanKind, TrackingScan, advance

__all__ = ["FINAL", "LOST_AFTER", "RESEND_WALL", "Mailing", "MailingStatus", "Service"]


class Mailing(Aggregate):
    """One physical piece. Its state is the only guard of the paid effect: a letter sent twice harms a person."""

    TOPIC: ClassVar[str] = "mailing"

    class Requested(Created):
        TOPIC: ClassVar[str] = "mailing.requested.v1"
        subject_id: UUID
        letter_id: UUID
        dispute_ids: tuple[UUID, ...]
        bureau: Bureau
        service: Service
        pdf_sha256: str
        object_key: str
        to_name: str
        to: PostalAddress
        time_zone: str
        sender_name: Annotated[str | None, PII]
        sender: Annotated[PostalAddress | None, PII]

    class AddressesVerified(Event):
        TOPIC: ClassVar[str] = "mailing.addresses_verified.v1"
        deliverability_to: str
        deliverability_sender: str

        def apply(self, aggregate: Mailing) -> None:
            aggregate.status = MailingStatus.READY

    class AddressRefused(Event):
        TOPIC: ClassVar[str] = "mailing.address_refused.v1"
        subject_id: UUID
        which: str
        deliverability: str

        def apply(self, aggregate: Mailing) -> None:
            aggregate.status = MailingStatus.ADDRESS_REFUSED
            aggregate.stopped_by = str(self.originator_version)

    class SubmissionIntended(Event):
        TOPIC: ClassVar[str] = "mailing.submission_intended.v1"
        attempt: int
        idempotency_key: str
        payload_sha256: str

        def apply(self, aggregate: Mailing) -> None:
            aggregate.attempt = self.attempt
            aggregate.intended_at = aggregate.intended_at or self.timestamp
            aggregate.status = MailingStatus.INTENDED

    class Accepted(Event):
        TOPIC: ClassVar[str] = "mailing.accepted.v1"
        subject_id: UUID
        provider_id: str
        tracking_number: str | None
        expected_delivery_on: date | None
        found_by_reconciling: bool

        def apply(self, aggregate: Mailing) -> None:
            aggregate.provider_id = self.provider_id
            aggregate.accepted_at = self.timestamp
            aggregate.look_refused_by = ""
            aggregate.status = MailingStatus.ACCEPTED

    class Rejected(Event):
        TOPIC: ClassVar[str] = "mailing.rejected.v1"
        subject_id: UUID
        code: str
        kind: str

        def apply(self, aggregate: Mailing) -> None:
            aggregate.status = MailingStatus.REJECTED
            aggregate.stopped_by = str(self.originator_version)

    class OutcomeUnknown(Event):
        TOPIC: ClassVar[str] = "mailing.outcome_unknown.v1"
        attempt: int
        reason: str

        def apply(self, aggregate: Mailing) -> None:
            aggregate.status = MailingStatus.OUTCOME_UNKNOWN
            aggregate.stopped_by = str(self.attempt)

    class LookRefused(Event):
        TOPIC: ClassVar[str] = "mailing.look_refused.v1"
        subject_id: UUID
        code: str

        def apply(self, aggregate: Mailing) -> None:
            aggregate.look_refused_by = str(self.originator_version)

    class RetryAsked(Event):
        TOPIC: ClassVar[str] = "mailing.retry_asked.v1"
        subject_id: UUID
        stopped_as: MailingStatus
        stopped_by: str
        reason: Sealed
        actor_id: UUID

    class DeclaredUnsent(Event):
        TOPIC: ClassVar[str] = "mailing.declared_unsent.v1"
        attempt: int

        def apply(self, aggregate: Mailing) -> None:
            aggregate.status = MailingStatus.REJECTED

    class FoundUnsent(Event):
        TOPIC: ClassVar[str] = "mailing.found_unsent.v1"
        attempt: int
        provider_busy: bool

        def apply(self, aggregate: Mailing) -> None:
            aggregate.look_refused_by = ""
            aggregate.status = MailingStatus.READY

    class DuplicateCancelled(Event):
        TOPIC: ClassVar[str] = "mailing.duplicate_cancelled.v1"
        provider_id: str
        cancelled: bool

    class Scanned(Event):
        TOPIC: ClassVar[str] = "mailing.scanned.v1"
        scan: TrackingScan
        status: MailingStatus

        def apply(self, aggregate: Mailing) -> None:
            aggregate.mail = advance(aggregate.mail, [self.scan])
            aggregate.re_routed = aggregate.re_routed or self.scan.kind is ScanKind.RE_ROUTED
            aggregate.status = self.status

    class Delivered(Event):
        TOPIC: ClassVar[str] = "mailing.delivered.v1"
        subject_id: UUID
        dispute_ids: tuple[UUID, ...]
        delivered_at: datetime
        received_on: date
        time_zone: str
        proven: bool

    class Returned(Event):
        TOPIC: ClassVar[str] = "mailing.returned.v1"
        subject_id: UUID
        dispute_ids: tuple[UUID, ...]

    class Lost(Event):
        TOPIC: ClassVar[str] = "mailing.lost.v1"
        subject_id: UUID

        def apply(self, aggregate: Mailing) -> None:
            aggregate.status = MailingStatus.LOST
            aggregate.stopped_by = str(self.originator_version)

    class Cancelled(Event):
        TOPIC: ClassVar[str] = "mailing.cancelled.v1"
        reason: str

        def apply(self, aggregate: Mailing) -> None:
            aggregate.status = MailingStatus.CANCELLED

    def __init__(
        self,
        subject_id: UUID,
        letter_id: UUID,
        dispute_ids: tuple[UUID, ...],
        bureau: Bureau,
        service: Service,
        pdf_sha256: str,
        object_key: str,
        to_name: str,
        to: PostalAddress,
        time_zone: str,
        sender_name: str | None,
        sender: PostalAddress | None,
    ) -> None:
        self.owner_id = subject_id
        self.letter_id = letter_id
        self.dispute_ids = dispute_ids
        self.bureau = bureau
        self.service = service
        self.pdf_sha256 = pdf_sha256
        self.object_key = object_key
        self.to_name = to_name
        self.to = to
        self.time_zone = time_zone
        self.sender_name = sender_name
        self.sender = sender
        self.status = MailingStatus.REQUESTED
        self.attempt = 0
        self.intended_at: datetime | None = None
        self.accepted_at: datetime | None = None
        self.provider_id: str | None = None
        self.stopped_by = ""
        self.look_refused_by = ""
        self.re_routed = False
        self.mail = MailStatus()

    @staticmethod
    def identity(letter_id: UUID, piece: int) -> UUID:
        """The one id of the `piece`-th mailing of a letter."""
        return uuid5(letter_id, f"mailing:{piece}")

    @classmethod
    def request(
        cls,
        mailing_id: UUID,
        at: datetime,
        *,
        consumer_id: UUID, letter_id: UUID, dispute_ids: tuple[UUID, ...], bureau: Bureau, service: Service,
        pdf_sha256: str, object_key: str,
        to_name: str, to: PostalAddress, time_zone: str, sender_name: str, sender: PostalAddress,
    ) -> Mailing:  # fmt: skip
        """Ask for a letter's approved bytes to be mailed."""
        return cls._create(
            cls.Requested, id=mailing_id, timestamp=at, subject_id=consumer_id, letter_id=letter_id,
            dispute_ids=dispute_ids, bureau=bureau, service=service, pdf_sha256=pdf_sha256, object_key=object_key,
            to_name=to_name, to=to, time_zone=time_zone, sender_name=sender_name, sender=sender,
        )  # fmt: skip

    @property
    def open(self) -> bool:
        """Whether anything may still happen to the piece."""
        return is_open(self.status)

    def verify_addresses(self, to: str, sender: str, at: datetime) -> None:
        """Both addresses were checked; a letter goes out only when both can be delivered to."""
        if self.status is not MailingStatus.REQUESTED:
            return
        for which, deliverability in (("recipient", to), ("sender", sender)):
            if not deliverability.startswith("deliverable"):
                self.record(
                    self.AddressRefused, at, subject_id=self.owner_id, which=which, deliverability=deliverability
                )
                return
        self.record(self.AddressesVerified, at, deliverability_to=to, deliverability_sender=sender)

    def intend(self, payload_sha256: str, at: datetime) -> str:
        """Commit to handing the piece over, before it is handed over; answers the idempotency key."""
        if self.status is not MailingStatus.READY:
            raise IllegalMove(f"a mailing that is {self.status.value} cannot be submitted")
        if payload_sha256 != self.pdf_sha256:
            raise IllegalMove("the stored bytes are not the approved bytes; nothing was sent")
        key = f"{self.id}"
        self.record(
            self.SubmissionIntended, at, attempt=self.attempt + 1, idempotency_key=key, payload_sha256=payload_sha256
        )
        return key

    def cancel(self, reason: str, at: datetime) -> None:
        """Stop the piece before it was ever handed over; afterwards it decides nothing."""
        never_handed_over = self.attempt == 0 and self.status in (MailingStatus.REQUESTED, MailingStatus.READY)
        if never_handed_over or self.status is MailingStatus.ADDRESS_REFUSED:
            self.record(self.Cancelled, at, reason=reason)

    def drop(self, reason: str, at: datetime) -> None:
        """Post the piece no more: it is not handed over, and the provider is known to hold nothing of it."""
        if self.status is MailingStatus.READY:
            self.record(self.Cancelled, at, reason=reason)

    def may_resend(self, at: datetime) -> bool:
        """Whether the provider still remembers the idempotency key of the first attempt."""
        return self.intended_at is not None and at - self.intended_at < RESEND_WALL

    def accept(
        self,
        provider_id: str,
        tracking_number: str | None,
        expected_delivery_on: date | None,
        *,
        found: bool,
        at: datetime,
    ) -> None:
        """The provider holds exactly this piece. Late news of it is taken too: a paid piece is never forgotten."""
        if self.provider_id is None:
            if self.status is not MailingStatus.READY:
                self._require_unanswered()
            self.record(
                self.Accepted, at, subject_id=self.owner_id, provider_id=provider_id, tracking_number=tracking_number,
                expected_delivery_on=expected_delivery_on, found_by_reconciling=found,
            )  # fmt: skip

    def reject(self, code: str, kind: str, at: datetime) -> None:
        """The provider refused the piece for good: nothing was printed."""
        self._require_unanswered()
        self.record(self.Rejected, at, subject_id=self.owner_id, code=code, kind=kind)

    def give_up(self, code: str, kind: str, at: datetime) -> None:
        """Nothing will be printed: the provider refuses before the hand-over, or failed at what it had taken."""
        if self.status in (MailingStatus.REQUESTED, MailingStatus.ACCEPTED):
            self.record(self.Rejected, at, subject_id=self.owner_id, code=code, kind=kind)

    def ask_retry(self, reason: str, actor_id: UUID, at: datetime) -> None:
        """An operator has put right what stopped the piece, or has found nothing of it at the provider."""
        unsettled = self.status is MailingStatus.OUTCOME_UNKNOWN and not self.may_resend(at)
        if not unsettled and self.status not in (MailingStatus.REJECTED, MailingStatus.ADDRESS_REFUSED):
            raise IllegalMove(
                f"a mailing that is {self.status.value} is not tried again by hand; only one that was refused, "
                "or whose outcome is still unknown when the provider may no longer be asked with the same key"
            )
        self.record(
            self.RetryAsked, at, subject_id=self.owner_id, stopped_as=self.status, stopped_by=self.stopped_by,
            reason=reason, actor_id=actor_id,
        )  # fmt: skip

    def declare_unsent(self, at: datetime) -> None:
        """The provider holds no such piece and an operator says so too: this one will never be posted."""
        self._require_unanswered()
        self.record(self.DeclaredUnsent, at, attempt=self.attempt)

    def note_unknown(self, reason: str, at: datetime) -> None:
        """The provider may or may not hold the piece; only looking there can tell."""
        self._require_unanswered()
        if self.status is not MailingStatus.OUTCOME_UNKNOWN:
            self.record(self.OutcomeUnknown, at, attempt=self.attempt, reason=reason)

    def find_unsent(self, at: datetime, *, provider_busy: bool = False) -> None:
        """The provider does not hold the piece; the same key may be used again."""
        self._require_unanswered()
        self.record(self.FoundUnsent, at, attempt=self.attempt, provider_busy=provider_busy)

    def note_look_refused(self, code: str, at: datetime) -> bool:
        """The provider refuses to say what it holds; said once, until it answers again."""
        if self.look_refused_by:
            return False
        self.record(self.LookRefused, at, subject_id=self.owner_id, code=code)
        return True

    def note_duplicate(self, provider_id: str, *, cancelled: bool, at: datetime) -> None:
        """The provider held the piece twice, and the extra one was cancelled, or could not be."""
        self.record(self.DuplicateCancelled, at, provider_id=provider_id, cancelled=cancelled)

    def scan(self, scan: TrackingScan, at: datetime) -> None:
        """Follow a carrier scan. Repeats and late news never move a piece backwards."""
        if self.provider_id is None:
            raise IllegalMove("a scan belongs to a piece that the provider has accepted")
        if scan.id in self.mail.seen or not self._may_still_come(scan):
            return
        after = advance(self.mail, [scan])
        status = MailingStatus(after.kind) if after.kind in _FOLLOWED else self.status
        self.record(self.Scanned, at, scan=scan, status=status)
        if status is MailingStatus.DELIVERED:
            self._deliver(scan.occurred_at, at)
        elif status is MailingStatus.RETURNED:
            self.record(self.Returned, at, subject_id=self.owner_id, dispute_ids=self.dispute_ids)

    def local_day(self, instant: datetime) -> date:
        """The day it was at the recipient."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def proves_delivery(self) -> bool:
        """Whether the carrier's delivery scan is proof of receipt: never of a piece sent on to another address."""
        return self.service is not Service.FIRST_CLASS and not self.re_routed

    def next_look(self, at: datetime) -> datetime | None:
        """When to ask the provider about the piece again; None when nothing can come of it any more."""
        return next_look(self.status, self.accepted_at, at)

    def check_lost(self, at: datetime) -> None:
        """Give a piece up that the carrier has been silent about for too long."""
        if self.open and self.accepted_at is not None and at - self.accepted_at >= LOST_AFTER:
            self.record(self.Lost, at, subject_id=self.owner_id)

    def _may_still_come(self, scan: TrackingScan) -> bool:
        """A piece given up as lost may yet be delivered or returned; every other end is an end."""
        if self.status is MailingStatus.LOST:
            return scan.kind in (ScanKind.DELIVERED, ScanKind.RETURNED)
        return self.status not in FINAL

    def _deliver(self, delivered_at: datetime, at: datetime) -> None:
        self.record(
            self.Delivered, at, subject_id=self.owner_id, dispute_ids=self.dispute_ids, delivered_at=delivered_at,
            received_on=self.local_day(delivered_at), time_zone=self.time_zone, proven=self.proves_delivery,
        )  # fmt: skip

    def _require_unanswered(self) -> None:
        if self.status not in (MailingStatus.INTENDED, MailingStatus.OUTCOME_UNKNOWN):
            raise IllegalMove(f"a mailing that is {self.status.value} waits for no answer from the provider")


_FOLLOWED = frozenset(ScanKind) - {ScanKind.CREATED, ScanKind.ACCEPTED, ScanKind.ISSUE, ScanKind.UNKNOWN}
