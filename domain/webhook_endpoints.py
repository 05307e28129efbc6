"""Where a provider calls in for a tenant. That an endpoint was opened and closed is on record; its secret never is."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.kernel import Aggregate, Created, Event, IllegalMove


class WebhookEndpoint(Aggregate):
    """One address of ours that one provider posts its webhooks to, signed with a secret of its own.

    Nobody is named as the opener of one from before endpoints were on record.
    """

    TOPIC: ClassVar[str] = "webhook_endpoint"

    class Opened(Created):
        TOPIC: ClassVar[str] = "webhook_endpoint.opened.v1"
        provider: str
        opened_by: UUID | None

    class Closed(Event):
        TOPIC: ClassVar[str] = "webhook_endpoint.closed.v1"
        closed_by: UUID

        def apply(self, aggregate: WebhookEndpoint) -> None:
            aggregate.active = False

    def __init__(self, provider: str, opened_by: UUID | None) -> None:
        self.provider = provider
        self.opened_by = opened_by
        self.active = True

    @classmethod
    def open(cls, endpoint_id: UUID, at: datetime, *, provider: str, opened_by: UUID | None) -> WebhookEndpoint:
        """Put a new endpoint on record."""
        return cls._create(cls.Opened, id=endpoint_id, timestamp=at, provider=provider, opened_by=opened_by)

    def close(self, closed_by: UUID, at: datetime) -> None:
        """Take nothing more here, for good."""
        if not self.active:
            raise IllegalMove("this endpoint is closed already")
        self.record(self.Closed, at, closed_by=closed_by)
