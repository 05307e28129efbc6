"""The provider of reports that consumers bring themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NoReturn
from uuid import UUID

from application.feeding import (
    Alerts,
    Callback,
    Capabilities,
    FeedAuth,
    FeedParty,
    FeedRefused,
    Link,
    LinkStart,
    Order,
    RawReport,
)
from domain.bureaus import Bureau
from domain.connections import Score


class ManualUploads:
    """There is nothing to link, and nothing to fetch."""

    capabilities: Final = Capabilities(auth=FeedAuth.MANUAL_UPLOAD)

    def begin_link(self, party: FeedParty, user_id: UUID, at: datetime) -> LinkStart:
        """Refused."""
        _refuse()

    def complete_link(self, party: FeedParty, callback: Callback, at: datetime) -> Link:
        """Refused."""
        _refuse()

    def unlink(self, party: FeedParty, *, at_last: bool = False) -> None:
        """There is no token to destroy."""

    def order(self, party: FeedParty, bureaus: tuple[Bureau, ...], key: str) -> Order:
        """Refused."""
        _refuse()

    def fetch_report(self, party: FeedParty, order_id: str) -> RawReport:
        """Refused."""
        _refuse()

    def fetch_scores(self, party: FeedParty) -> tuple[Score, ...]:
        """Refused."""
        _refuse()

    def fetch_alerts(self, party: FeedParty, after: str) -> Alerts:
        """Refused."""
        _refuse()


def _refuse() -> NoReturn:
    raise FeedRefused("upload_instead", "nothing can be fetched here; upload the report instead")
