"""Which provider a tenant's consumers can have their reports fetched from."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn
from uuid import UUID

from application.feeding import (
    Alerts,
    Callback,
    Capabilities,
    CreditFeed,
    FeedAuth,
    FeedParty,
    FeedRefused,
    Link,
    LinkRefused,
    LinkStart,
    Order,
    RawReport,
)
from domain.bureaus import Bureau
from domain.connections import MANUAL_UPLOAD, Score


def feed_of(tenant_id: UUID, provider: str) -> CreditFeed:
    """The provider of this name. Raises FeedRefused when there is none."""
    if provider != MANUAL_UPLOAD:
        raise FeedRefused("unknown_provider", "no provider of this name is set up")
    return ManualUploads()


class ManualUploads:
    """Consumers bring their reports themselves: there is nothing to link, and nothing to fetch."""

    @property
    def capabilities(self) -> Capabilities:
        """No more than taking uploads."""
        return Capabilities(auth=FeedAuth.MANUAL_UPLOAD)

    def begin_link(self, party: FeedParty, user_id: UUID, at: datetime) -> LinkStart:
        """Refused."""
        self._refuse()

    def complete_link(self, party: FeedParty, callback: Callback, at: datetime) -> Link:
        """Refused."""
        self._refuse()

    def unlink(self, party: FeedParty) -> None:
        """There is no token to destroy."""

    def order(self, party: FeedParty, bureaus: tuple[Bureau, ...], key: str) -> Order:
        """Refused."""
        self._refuse()

    def fetch_report(self, party: FeedParty, order_id: str) -> RawReport:
        """Refused."""
        self._refuse()

    def fetch_scores(self, party: FeedParty) -> tuple[Score, ...]:
        """Refused."""
        self._refuse()

    def fetch_alerts(self, party: FeedParty, after: str) -> Alerts:
        """Refused."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise FeedRefused("upload_instead", "nothing can be fetched here; upload the report instead")


class NoLinks:
    """Without a provider to link, no link is ever under way."""

    def claim(self, tenant_id: UUID, user_id: UUID, state: str, at: datetime) -> FeedParty:
        """Refused, like every state that was never given out."""
        raise LinkRefused("unknown_state", "this link is not known")

    def forget(self, tenant_id: UUID, consumer_id: UUID) -> int:
        """There is nothing to destroy."""
        return 0
