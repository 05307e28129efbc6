"""A consumer's standing permission to fetch their reports from one provider, and every pull made under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Final
from uuid import UUID, uuid5

from pydantic import Field

from domain.bureaus import Bureau
from domain.kernel import PII, Aggregate, Created, Event, IllegalMove, Sealed, Value

MANUAL_UPLOAD: Final = "manual_upload"
"""The provider of reports that consumers bring themselves: nothing can be fetched from it."""

PURPOSE: Final = "consumer_written_instructions"
"""Why reports may be obtained: the consumer's own written instructions, 15 U.S.C. 1681b(a)(2)."""


class ConnectionStatus(StrEnum):
    """Whether reports can be fetched, and if not, who can change that."""

    OPENED = "opened"
    PENDING = "pending"
    ACTIVE = "active"
    NEEDS_REAUTH = "needs_reauth"
    REVOKED = "revoked"


class PullCause(StrEnum):
    """Why a report was asked for."""

    CONNECTED = "connected"
    SCHEDULED = "scheduled"
    WEBHOOK = "webhook"
    REQUESTED = "requested"
    UPLOADED = "uploaded"


class Score(Value):
    """One credit score as the provider showed it."""

    bureau: Bureau | None = None
    model: str = Field(min_length=1, max_length=80)
    value: int = Field(ge=0, le=1000)
    as_of: date


class Alert(Value):
    """Something the provider noticed in a consumer's file."""

    alert_id: str = Field(min_length=1, max_length=100)
    bureau: Bureau | None = None
    kind: str = Field(min_length=1, max_length=80)
    occurred_on: date
    text: str = Field(default="", max_length=2000, repr=False)


@dataclass(frozen=True, slots=True)
class PullInFlight:
    """The one report that is being fetched. `order_id` is the provider's name for it once it is ordered."""

    pull_id: UUID
    cause: PullCause
    order_id: str = ""
    attempts: int = 0


class NotConnected(IllegalMove):
    """The provider lets us at nothing until the consumer connects, or connects again."""

    code = "not_connected"


class AlreadyConnected(IllegalMove):
    """There is a working connection to this provider."""

    code = "already_connected"


class UploadInstead(IllegalMove):
    """Nothing can be fetched here: the consumer brings the report themselves."""

    code = "upload_instead"


class Connection(Aggregate):
    """One consumer at one provider. Tokens are kept beside the log, sealed; no event ever holds one.

    The next scheduled pull is counted from `scheduled_from`, the end of the last pull or the last authorization;
    `alerts_cursor` is a place in the list of one account there, and begins anew with another account. `reauths` are the
    versions at which only the consumer could make it work again.
    """

    TOPIC: ClassVar[str] = "connection"

    class Opened(Created):
        TOPIC: ClassVar[str] = "connection.opened.v1"
        subject_id: UUID
        provider: str

    class Begun(Event):
        TOPIC: ClassVar[str] = "connection.begun.v1"
        subject_id: UUID
        begun_by: UUID
        purpose: str
        text_version: str
        text_sha256: str
        ip: Sealed

        def apply(self, aggregate: Connection) -> None:
            aggregate.status = ConnectionStatus.PENDING

    class Authorized(Event):
        TOPIC: ClassVar[str] = "connection.authorized.v1"
        subject_id: UUID
        scopes: tuple[str, ...]
        account_digest: str

        def apply(self, aggregate: Connection) -> None:
            aggregate.status = ConnectionStatus.ACTIVE
            if self.account_digest != aggregate.account_digest:
                aggregate.alerts_cursor = ""
            aggregate.account_digest = self.account_digest
            aggregate.authorized_at = self.timestamp
            aggregate.trouble = ""
            aggregate.scheduled_from = self.timestamp

    class AuthorizationFailed(Event):
        TOPIC: ClassVar[str] = "connection.authorization_failed.v1"
        subject_id: UUID
        code: str

        def apply(self, aggregate: Connection) -> None:
            aggregate.status = ConnectionStatus.NEEDS_REAUTH
            aggregate.trouble = self.code

    class NeedsReauth(Event):
        TOPIC: ClassVar[str] = "connection.needs_reauth.v1"
        subject_id: UUID
        code: str

        def apply(self, aggregate: Connection) -> None:
            aggregate.status = ConnectionStatus.NEEDS_REAUTH
            aggregate.trouble = self.code
            aggregate.reauths.append(self.originator_version)

    class Revoked(Event):
        TOPIC: ClassVar[str] = "connection.revoked.v1"
        subject_id: UUID
        revoked_by: UUID

        def apply(self, aggregate: Connection) -> None:
            aggregate.status = ConnectionStatus.REVOKED
            aggregate.pull = None
            aggregate.trouble = ""

    class PullRequested(Event):
        TOPIC: ClassVar[str] = "connection.pull_requested.v1"
        subject_id: UUID
        pull_id: UUID
        cause: PullCause
        requested_by: UUID

        def apply(self, aggregate: Connection) -> None:
            aggregate.pull = PullInFlight(self.pull_id, self.cause)

    class PullOrdered(Event):
        TOPIC: ClassVar[str] = "connection.pull_ordered.v1"
        subject_id: UUID
        pull_id: UUID
        order_id: str

        def apply(self, aggregate: Connection) -> None:
            pull = aggregate.in_flight(self.pull_id)
            aggregate.pull = PullInFlight(pull.pull_id, pull.cause, self.order_id, pull.attempts)

    class PullDelayed(Event):
        TOPIC: ClassVar[str] = "connection.pull_delayed.v1"
        subject_id: UUID
        pull_id: UUID
        attempt: int
        reason: str
        next_try_at: datetime

        def apply(self, aggregate: Connection) -> None:
            pull = aggregate.in_flight(self.pull_id)
            aggregate.pull = PullInFlight(pull.pull_id, pull.cause, pull.order_id, self.attempt)
            aggregate.trouble = self.reason

    class PullFetched(Event):
        TOPIC: ClassVar[str] = "connection.pull_fetched.v1"
        subject_id: UUID
        pull_id: UUID
        report_id: UUID
        sha256: str
        size_bytes: int
        media_type: str
        readable: bool

        def apply(self, aggregate: Connection) -> None:
            aggregate.pull = None
            aggregate.trouble = "" if self.readable else "unreadable_report"
            aggregate.scheduled_from = self.timestamp

    class PullFailed(Event):
        TOPIC: ClassVar[str] = "connection.pull_failed.v1"
        subject_id: UUID
        pull_id: UUID
        code: str

        def apply(self, aggregate: Connection) -> None:
            aggregate.pull = None
            aggregate.trouble = self.code
            aggregate.scheduled_from = self.timestamp

    class ScoresRead(Event):
        TOPIC: ClassVar[str] = "connection.scores_read.v1"
        subject_id: UUID
        scores: Annotated[tuple[Score, ...] | None, PII]

    class AlertsRead(Event):
        TOPIC: ClassVar[str] = "connection.alerts_read.v1"
        subject_id: UUID
        alerts: Annotated[tuple[Alert, ...] | None, PII]
        cursor: Sealed

        def apply(self, aggregate: Connection) -> None:
            aggregate.alerts_cursor = self.cursor or ""

    def __init__(self, subject_id: UUID, provider: str) -> None:
        self.owner_id = subject_id
        self.provider = provider
        self.status = ConnectionStatus.OPENED
        self.account_digest = ""
        self.trouble = ""
        self.alerts_cursor = ""
        self.authorized_at: datetime | None = None
        self.pull: PullInFlight | None = None
        self.scheduled_from: datetime | None = None
        self.reauths: list[int] = []

    @staticmethod
    def identity(consumer_id: UUID, provider: str) -> UUID:
        """The one id of this consumer's connection to this provider, however often they connect."""
        return uuid5(consumer_id, f"connection:{provider}")

    @classmethod
    def open(cls, at: datetime, *, consumer_id: UUID, provider: str) -> Connection:
        """Put the connection on record; nothing is allowed yet."""
        return cls._create(
            cls.Opened,
            id=cls.identity(consumer_id, provider),
            timestamp=at,
            subject_id=consumer_id,
            provider=provider,
        )

    def begin(self, begun_by: UUID, *, text_version: str, text_sha256: str, ip: str | None, at: datetime) -> None:
        """The consumer agreed to this text and is on their way to the provider, or comes back to it."""
        if self.status is ConnectionStatus.ACTIVE:
            raise AlreadyConnected("this provider is connected already; revoke the connection to connect anew")
        self.record(
            self.Begun,
            at,
            subject_id=self.owner_id,
            begun_by=begun_by,
            purpose=PURPOSE,
            text_version=text_version,
            text_sha256=text_sha256,
            ip=ip,
        )

    def authorize(self, scopes: tuple[str, ...], account_digest: str, at: datetime) -> None:
        """The provider let us in. `account_digest`: keyed digest of how it names the consumer, empty if it does not."""
        if self.status is ConnectionStatus.ACTIVE:
            return
        if self.status is not ConnectionStatus.PENDING:
            raise NotConnected("this connection was ended meanwhile; the consumer may connect again")
        self.record(self.Authorized, at, subject_id=self.owner_id, scopes=scopes, account_digest=account_digest)

    def fail_authorization(self, code: str, at: datetime) -> None:
        """The consumer said no, or came back with something that does not work."""
        if self.status is ConnectionStatus.PENDING:
            self.record(self.AuthorizationFailed, at, subject_id=self.owner_id, code=code)

    def need_reauth(self, code: str, at: datetime) -> None:
        """Only the consumer can make it work again; a pull in flight waits for that."""
        if self.status is ConnectionStatus.ACTIVE:
            self.record(self.NeedsReauth, at, subject_id=self.owner_id, code=code)

    def revoke(self, revoked_by: UUID, at: datetime) -> None:
        """Fetch nothing more. A second time changes nothing."""
        if self.status is not ConnectionStatus.REVOKED:
            self.record(self.Revoked, at, subject_id=self.owner_id, revoked_by=revoked_by)

    def request_pull(self, pull_id: UUID, cause: PullCause, requested_by: UUID, at: datetime) -> UUID:
        """Ask for a report; joins the pull in flight if there is one. The pull's id."""
        if cause is not PullCause.UPLOADED and self.provider == MANUAL_UPLOAD:
            raise UploadInstead("nothing can be fetched from this connection; upload the report to it instead")
        if self.status is not ConnectionStatus.ACTIVE:
            raise NotConnected("the consumer has to connect this provider first")
        if self.pull is not None:
            return self.pull.pull_id
        self.record(
            self.PullRequested,
            at,
            subject_id=self.owner_id,
            pull_id=pull_id,
            cause=cause,
            requested_by=requested_by,
        )
        return pull_id

    def in_flight(self, pull_id: UUID) -> PullInFlight:
        """The pull, while it is still wanted."""
        if self.pull is None or self.pull.pull_id != pull_id:
            raise IllegalMove("this pull is over")
        return self.pull

    def note_order(self, pull_id: UUID, order_id: str, at: datetime) -> None:
        """The provider has taken the order."""
        if self.in_flight(pull_id).order_id != order_id:
            self.record(self.PullOrdered, at, subject_id=self.owner_id, pull_id=pull_id, order_id=order_id)

    def delay_pull(self, pull_id: UUID, reason: str, next_try_at: datetime, at: datetime) -> None:
        """The provider is in trouble; the pull goes on at `next_try_at`."""
        self.record(
            self.PullDelayed,
            at,
            subject_id=self.owner_id,
            pull_id=pull_id,
            attempt=self.in_flight(pull_id).attempts + 1,
            reason=reason,
            next_try_at=next_try_at,
        )

    def finish_pull(
        self, pull_id: UUID, *, report_id: UUID, sha256: str, size_bytes: int, media_type: str, readable: bool,
        at: datetime,
    ) -> None:  # fmt: skip
        """The report has been archived, and read if it could be."""
        self.in_flight(pull_id)
        self.record(
            self.PullFetched,
            at,
            subject_id=self.owner_id,
            pull_id=pull_id,
            report_id=report_id,
            sha256=sha256,
            size_bytes=size_bytes,
            media_type=media_type,
            readable=readable,
        )

    def fail_pull(self, pull_id: UUID, code: str, at: datetime) -> None:
        """The provider refuses for good; an operator has to look."""
        self.in_flight(pull_id)
        self.record(self.PullFailed, at, subject_id=self.owner_id, pull_id=pull_id, code=code)

    def note_scores(self, scores: tuple[Score, ...], at: datetime) -> None:
        """What the provider shows as the consumer's scores now."""
        if scores:
            self.record(self.ScoresRead, at, subject_id=self.owner_id, scores=scores)

    def note_alerts(self, alerts: tuple[Alert, ...], cursor: str, at: datetime) -> None:
        """What the provider noticed since the last look."""
        if alerts:
            self.record(self.AlertsRead, at, subject_id=self.owner_id, alerts=alerts, cursor=cursor)
