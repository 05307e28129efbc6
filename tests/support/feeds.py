"""A provider of credit reports in memory, and the links under way to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from application.feeding import (
    Alerts,
    Callback,
    Capabilities,
    CreditFeed,
    FeedAuth,
    FeedNews,
    FeedParty,
    FeedRefused,
    Link,
    LinkRefused,
    LinkStart,
    Order,
    RawReport,
)
from domain.bureaus import Bureau
from domain.connections import MANUAL_UPLOAD, Alert, Score

PROVIDER = "smartcredit"
LINK_LASTS = timedelta(minutes=10)


class FakeLinks:
    """States by their text; each works once, for the user that began it."""

    def __init__(self) -> None:
        self.states: dict[str, tuple[FeedParty, UUID, datetime]] = {}
        self.used: set[str] = set()
        self.forgotten: list[UUID] = []
        self.destroyed: list[FeedParty] = []

    def claim(self, tenant_id: UUID, user_id: UUID, state: str, at: datetime) -> FeedParty:
        party, whose, expires_at = self.states.get(state, (None, None, datetime.max.replace(tzinfo=UTC)))
        if party is None or (party.tenant_id, whose) != (tenant_id, user_id):
            raise LinkRefused("unknown_state", "this link is not known")
        if state in self.used:
            raise LinkRefused("state_used", "this link was used already")
        if at >= expires_at:
            raise LinkRefused("state_expired", "this link is too old")
        self.used.add(state)
        return party

    def destroy(self, party: FeedParty) -> None:
        self.destroyed.append(party)

    def forget(self, tenant_id: UUID, consumer_id: UUID) -> int:
        self.forgotten.append(consumer_id)
        gone = [state for state, (party, _, _) in self.states.items() if party.consumer_id == consumer_id]
        for state in gone:
            del self.states[state]
        return len(gone)


class FakeFeed:
    """One provider. `script` holds what the next calls of a name raise first, `before` what happens during them."""

    def __init__(self, links: FakeLinks) -> None:
        self.links = links
        self.capabilities = Capabilities(auth=FeedAuth.CODE_PKCE, has_webhooks=True, has_scores=True, has_alerts=True)
        self.script: defaultdict[str, list[Exception]] = defaultdict(list)
        self.before: defaultdict[str, list[Callable[[], object]]] = defaultdict(list)
        self.calls: list[str] = []
        self.orders: dict[str, str] = {}
        self.ready = True
        self.report = RawReport(media_type="application/json", content=b'{"pull": 1}')
        self.scores: tuple[Score, ...] = ()
        self.alerts: tuple[Alert, ...] = ()
        self.page = 100
        self.subject = "subject-1"
        self.linked: set[UUID] = set()

    def begin_link(self, party: FeedParty, user_id: UUID, at: datetime) -> LinkStart:
        self._called("begin_link")
        state = f"state-{len(self.links.states) + 1}"
        self.links.states[state] = party, user_id, at + LINK_LASTS
        return LinkStart(url=f"https://feed.example/authorize?state={state}", expires_at=at + LINK_LASTS)

    def complete_link(self, party: FeedParty, callback: Callback, at: datetime) -> Link:
        self._called("complete_link")
        if callback.error is not None:
            raise LinkRefused(callback.error, "the consumer said no")
        self.linked.add(party.connection_id)
        return Link(subject=self.subject, scopes=("reports",))

    def unlink(self, party: FeedParty, *, at_last: bool = False) -> None:
        if at_last:
            self.linked.discard(party.connection_id)
        self._called("unlink")
        self.linked.discard(party.connection_id)

    def order(self, party: FeedParty, bureaus: tuple[Bureau, ...], key: str) -> Order:
        self._called("order")
        order_id = self.orders.setdefault(key, f"ord_{len(self.orders) + 1}")
        return Order(order_id=order_id, ready=self.ready)

    def fetch_report(self, party: FeedParty, order_id: str) -> RawReport:
        self._called("fetch_report")
        assert order_id in self.orders.values()
        return self.report

    def fetch_scores(self, party: FeedParty) -> tuple[Score, ...]:
        self._called("fetch_scores")
        return self.scores

    def fetch_alerts(self, party: FeedParty, after: str) -> Alerts:
        self._called("fetch_alerts")
        begin = int(after or 0)
        page = self.alerts[begin : begin + self.page]
        return Alerts(page, str(begin + len(page)))

    def times(self, name: str) -> int:
        """How often the provider was asked for this."""
        return self.calls.count(name)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.before[name]:
            self.before[name].pop(0)()
        if self.script[name]:
            raise self.script[name].pop(0)


class FakeManual(FakeFeed):
    """Where consumers bring their reports themselves; nothing else may ever be asked of it."""

    def __init__(self, links: FakeLinks) -> None:
        super().__init__(links)
        self.capabilities = Capabilities(auth=FeedAuth.MANUAL_UPLOAD)

    def _called(self, name: str) -> None:
        raise AssertionError(f"{name} was asked of a connection that nothing can be fetched from")


class FakeFeeds:
    """The providers there are."""

    def __init__(self, feed: FakeFeed) -> None:
        self.known: dict[str, FakeFeed] = {PROVIDER: feed, MANUAL_UPLOAD: FakeManual(feed.links)}

    def of(self, tenant_id: UUID, provider: str) -> CreditFeed:
        if provider not in self.known:
            raise FeedRefused("unknown_provider", "there is no such provider")
        return self.known[provider]


class FakeFeedNews:
    """Webhooks of report providers by provider and event id."""

    def __init__(self) -> None:
        self.feed: dict[tuple[str, str], FeedNews] = {}
        self.feed_finished: set[tuple[str, str]] = set()

    def feed_news(self, tenant_id: UUID, provider: str, event_id: str) -> FeedNews | None:
        return self.feed.get((provider, event_id))

    def finish_feed(self, tenant_id: UUID, provider: str, event_id: str) -> None:
        self.feed_finished.add((provider, event_id))
