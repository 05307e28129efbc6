"""Getting credit reports from a report provider: what we ask it for, what it gives, and how it refuses.

No provider's contract for consumers' reports is public, so this port speaks the business's words and leaves every
address and scope to configuration (`docs/decisions/0014`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from domain.bureaus import Bureau
from domain.connections import Alert, Score
from domain.kernel import Value


class FeedAuth(StrEnum):
    """How a consumer lets us at their reports."""

    CODE_PKCE = "code_pkce"
    MANUAL_UPLOAD = "manual_upload"


class Capabilities(Value):
    """What a provider can do. `per_bureau`: one bureau's report can be asked for alone."""

    auth: FeedAuth
    has_webhooks: bool = False
    has_scores: bool = False
    has_alerts: bool = False
    per_bureau: bool = False


@dataclass(frozen=True, slots=True)
class FeedParty:
    """Whose reports at which provider: what tokens are bound to."""

    tenant_id: UUID
    consumer_id: UUID
    connection_id: UUID
    provider: str


@dataclass(frozen=True, slots=True)
class LinkStart:
    """Where the consumer goes to allow the link, and until when they may come back."""

    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Callback:
    """What the provider sent the consumer's browser back with. `error` stands where `code` would."""

    state: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    iss: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link that works: how the provider names the consumer in webhooks, and what it allows."""

    subject: str = field(repr=False)
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A report ordered under our own key; one that is not ready is asked for again after the pause."""

    order_id: str
    ready: bool
    retry_after_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class RawReport:
    """The bytes of one report as the provider gave them.

    `tradelines` is how many the provider says it lists at each bureau; None when it does not say.
    """

    media_type: str
    content: bytes = field(repr=False)
    tradelines: Mapping[Bureau, int] | None = None


@dataclass(frozen=True, slots=True)
class Alerts:
    """Alerts after a place in the provider's list, oldest first, and the place to go on from."""

    alerts: tuple[Alert, ...]
    cursor: str


class NewsKind(StrEnum):
    """What a provider's webhook is about. Kinds nobody here knows are kept and change nothing."""

    REPORT_UPDATED = "report_updated"
    ALERT_RAISED = "alert_raised"
    ACCESS_REVOKED = "access_revoked"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FeedNews:
    """One webhook of a report provider; `subject` names the consumer in the provider's words, `at` says when it came
    about, None where the provider does not say."""

    event_id: str
    kind: NewsKind
    subject: str = field(repr=False)
    at: datetime | None = None


class FeedProblem(Exception):
    """The provider did not do what was asked of it. Messages carry nothing about the consumer, and no token."""


class LinkRefused(FeedProblem):
    """There is no working link, or it has ended: only the consumer can make one, by connecting again.

    `code`: `unknown_state`, `state_used`, `state_expired`, `wrong_issuer`, `access_denied`, `code_refused`,
    `exchange_unknown` (the answer to the one exchange was lost), `token_refused` (a refresh was refused),
    `no_tokens`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class FeedBusy(FeedProblem):
    """A passing trouble: an outage, a limit, a slow or cut answer. Ask again after the pause, under the same key."""

    def __init__(self, retry_after_seconds: float, reason: str) -> None:
        super().__init__(f"{reason}: try again in {retry_after_seconds:g} s")
        self.retry_after_seconds = retry_after_seconds
        self.reason = reason


class FeedRefused(FeedProblem):
    """A lasting refusal: a scope or contract is missing (403), or the request is not understood. Not tried again."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class CreditFeed(Protocol):
    """One provider, for one tenant. Every call may raise `LinkRefused`, `FeedBusy` or `FeedRefused`.

    Tokens stay inside: they are kept sealed beside the log, and no caller sees them.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    def begin_link(self, party: FeedParty, user_id: UUID, at: datetime) -> LinkStart:
        """Start a link for this signed-in user; a second start makes the first one's state useless."""
        ...

    def complete_link(self, party: FeedParty, callback: Callback, at: datetime) -> Link:
        """Exchange the code, once, and keep the tokens. The state was claimed before (`FeedLinks.claim`)."""
        ...

    def unlink(self, party: FeedParty, *, at_last: bool = False) -> None:
        """Revoke the tokens at the provider (RFC 7009) and destroy them here. A second time changes nothing.

        `at_last`: destroy them even when the provider cannot be told.
        """
        ...

    def order(self, party: FeedParty, bureaus: tuple[Bureau, ...], key: str) -> Order:
        """Order a report of these bureaus (none: of all). The same key returns the same order."""
        ...

    def fetch_report(self, party: FeedParty, order_id: str) -> RawReport:
        """The report of an order. FeedBusy while it is not ready."""
        ...

    def fetch_scores(self, party: FeedParty) -> tuple[Score, ...]:
        """The scores shown now."""
        ...

    def fetch_alerts(self, party: FeedParty, after: str) -> Alerts:
        """Alerts after a cursor; the empty cursor stands before the first."""
        ...


class FeedLinks(Protocol):
    """Links under way: each state works once, for the user and tenant that began it, for ten minutes."""

    def claim(self, tenant_id: UUID, user_id: UUID, state: str, at: datetime) -> FeedParty:
        """Use up a state. Raises LinkRefused; nobody learns whether another's state exists."""
        ...

    def destroy(self, party: FeedParty) -> None:
        """Destroy the tokens and the state of one connection, told to nobody: its provider is not to be had here."""
        ...

    def forget(self, tenant_id: UUID, consumer_id: UUID) -> int:
        """Destroy every token and state of a consumer who is erased; how many rows there were."""
        ...
