"""The adapter and the sandbox report provider understand each other, in every call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg_pool import ConnectionPool

from application.connections import BeginConnection, CompleteConnection
from application.consumers import EraseConsumer, PurgeConsumer, RegisterConsumer
from application.feeding import Callback, CreditFeed, FeedBusy, FeedParty, FeedRefused, Link, LinkRefused
from application.kernel import Context, system
from domain.bureaus import Bureau
from domain.connections import Connection, ConnectionStatus
from infrastructure.feeds import Feeds
from infrastructure.postgres import Connection as Session
from infrastructure.projecting import ensure
from infrastructure.projecting.positions import connect
from infrastructure.settings import Settings
from infrastructure.trust import trust
from infrastructure.vendors.smartcredit.client import SmartCredit
from infrastructure.vendors.smartcredit.introductions import sandbox_client
from infrastructure.wiring import wire
from projections import ALL
from tests.support.cases import PROFILE
from tests.support.credit_feed import LOGIN, PASSCODE, Provider, credit_feed, sent_back, ticket_in
from tests.support.odd_provider import Client, OddProvider, start_of_time
from tests.support.postgres import TestDatabase, TestServer
from tests.support.wired import register, settings_for


class NoTenants:
    def by_id(self, tenant_id: object) -> None:
        return None


@dataclass
class Desk:
    """One test-mode tenant with a consumer, and the sandbox where the same person has a login."""

    sandbox: Provider
    client: Client
    feed: CreditFeed
    client_id: str

    def begin(self) -> str:
        return self.feed.begin_link(self.client.party, self.client.user_id, start_of_time()).url

    def complete(self, back: dict[str, str], **changes: Any) -> Link:
        given = {name: value for name, value in {**back, **changes}.items() if name != "error_description"}
        party = self.client.party
        self.client.links.claim(party.tenant_id, self.client.user_id, given["state"], start_of_time())
        return self.feed.complete_link(party, Callback(**given), start_of_time())

    def link(self) -> Link:
        return self.complete(allow(self.begin()))


def allow(url: str, decision: str = "allow") -> dict[str, str]:
    """What the consumer does in a browser; what they come back with."""
    with httpx.Client(timeout=30, verify=trust(), trust_env=False) as browser:
        page = browser.get(url)
        assert page.status_code == 200, page.text
        form = {"ticket": ticket_in(page.text), "login": LOGIN, "passcode": PASSCODE, "decision": decision}
        return sent_back(browser.post(urljoin(url, "/oauth/consent"), data=form))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with credit_feed(tmp_path_factory.mktemp("sandbox")) as opened:
        yield opened


@pytest.fixture
def desk(pool: ConnectionPool[Session], sandbox: Provider, tmp_path: Path) -> Iterator[Desk]:
    sandbox.http.delete("/sandbox/faults")
    client = Client(pool, OddProvider(url=sandbox.url).endpoints())
    settings = Settings.model_validate({"home": tmp_path, "feed_url_override": sandbox.url})
    feeds = Feeds(settings, NoTenants(), client.links, client.tokens)  # type: ignore[arg-type]
    feed = feeds.of(client.party.tenant_id, "smartcredit")
    assert isinstance(feed, SmartCredit)
    made = Desk(sandbox, client, feed, sandbox_client(client.party.tenant_id, settings.secret("feed-sandbox"))[0])
    made.begin()
    sandbox.person(client_id=made.client_id, subject=f"sub_{uuid4().hex[:8]}")
    sandbox.clock(datetime(2026, 6, 1, tzinfo=UTC).isoformat(), made.client_id)
    yield made
    feeds.close()


def test_a_consumer_allows_it_and_everything_is_fetched(desk: Desk) -> None:
    link = desk.link()
    assert link.subject.startswith("sub_")
    assert link.scopes == ("openid", "reports:read", "scores:read", "alerts:read")
    order = desk.feed.order(desk.client.party, (), "a-key")
    assert order == desk.feed.order(desk.client.party, (), "a-key")
    report = desk.feed.fetch_report(desk.client.party, order.order_id)
    assert len(report.content) > 1_000
    assert report.tradelines is not None
    assert sum(report.tradelines.values()) > 0
    assert {score.bureau for score in desk.feed.fetch_scores(desk.client.party)} <= set(Bureau)
    alerts = desk.feed.fetch_alerts(desk.client.party, "")
    assert desk.feed.fetch_alerts(desk.client.party, alerts.cursor).alerts == ()


def test_one_bureaus_report_is_counted_at_that_bureau(desk: Desk) -> None:
    desk.link()
    order = desk.feed.order(desk.client.party, (Bureau.EQUIFAX,), "one")
    counted = desk.feed.fetch_report(desk.client.party, order.order_id).tradelines
    assert counted is not None
    assert counted[Bureau.EQUIFAX] > 0
    assert (counted[Bureau.EXPERIAN], counted[Bureau.TRANSUNION]) == (0, 0)


def test_a_no_is_a_no(desk: Desk) -> None:
    with pytest.raises(LinkRefused) as refused:
        desk.complete(allow(desk.begin(), "deny"))
    assert refused.value.code == "access_denied"


def test_the_provider_names_itself_and_no_other_is_believed(desk: Desk) -> None:
    back = allow(desk.begin())
    assert back["iss"] == desk.sandbox.url
    with pytest.raises(LinkRefused) as refused:
        desk.complete(back, iss="https://other.example")
    assert refused.value.code == "wrong_issuer"
    unnamed = allow(desk.begin())
    del unnamed["iss"]
    with pytest.raises(LinkRefused, match="wrong_issuer"):
        desk.complete(unnamed)


def test_tokens_rotate_when_one_is_not_accepted(desk: Desk) -> None:
    desk.link()
    tokens, party = desk.client.tokens, desk.client.party
    first = tokens.find(party)
    assert first is not None
    desk.sandbox.faults({"on": "GET /v1/scores", "do": "401", "client_id": desk.client_id})
    desk.feed.fetch_scores(party)
    second = tokens.find(party)
    assert second is not None
    assert second.refresh != first.refresh
    assert second.generation != first.generation


def test_a_lost_renewal_ends_the_link_when_it_was_carried_out(desk: Desk) -> None:
    desk.link()
    party = desk.client.party
    line = {"nth": 1, "client_id": desk.client_id}
    desk.sandbox.faults({"on": "GET /v1/scores", "do": "401", "times": 2, **line})
    desk.sandbox.faults({"on": "POST /oauth/token refresh_token", "do": "reset_after", **line})
    with pytest.raises(FeedBusy):
        desk.feed.fetch_scores(party)
    with pytest.raises(LinkRefused) as refused:
        desk.feed.fetch_scores(party)
    assert refused.value.code == "token_refused"
    assert desk.client.tokens.find(party) is None


def test_a_lost_renewal_does_no_harm_when_it_never_arrived(desk: Desk) -> None:
    desk.link()
    party = desk.client.party
    line = {"nth": 1, "client_id": desk.client_id}
    desk.sandbox.faults({"on": "GET /v1/scores", "do": "401", "times": 2, **line})
    desk.sandbox.faults({"on": "POST /oauth/token refresh_token", "do": "reset", **line})
    with pytest.raises(FeedBusy):
        desk.feed.fetch_scores(party)
    assert desk.feed.fetch_scores(party)


def test_a_withdrawal_at_the_provider_needs_the_consumer_again(desk: Desk) -> None:
    desk.link()
    desk.sandbox.control("revocations", {"client_id": desk.client_id, "login": LOGIN})
    with pytest.raises(LinkRefused) as refused:
        desk.feed.fetch_scores(desk.client.party)
    assert refused.value.code == "token_refused"
    assert desk.client.tokens.find(desk.client.party) is None


def test_unlinking_ends_the_tokens_there(desk: Desk) -> None:
    desk.link()
    kept = desk.client.tokens.find(desk.client.party)
    assert kept is not None
    desk.feed.unlink(desk.client.party)
    answer = desk.sandbox.http.get("/v1/scores", headers={"Authorization": f"Bearer {kept.access}"})
    assert answer.status_code == 401
    desk.feed.unlink(desk.client.party)


def test_what_goes_wrong_there_is_understood_here(desk: Desk) -> None:
    desk.link()
    party = desk.client.party
    troubles = {"403": FeedRefused, "500": FeedBusy, "429": FeedBusy, "reset": FeedBusy, "truncated": FeedBusy}
    for do, kind in troubles.items():
        desk.sandbox.http.delete("/sandbox/faults")
        desk.sandbox.faults({"on": "GET /v1/alerts", "do": do, "client_id": desk.client_id})
        with pytest.raises(kind):
            desk.feed.fetch_alerts(party, "")
    assert desk.feed.fetch_alerts(party, "").cursor


def test_the_product_as_it_is_wired_connects_a_consumer_and_ends_the_link_with_their_erasure(
    sandbox: Provider, tmp_path: Path, server: TestServer, database: TestDatabase
) -> None:
    settings = settings_for(tmp_path, server, database, feed_url_override=sandbox.url)
    with connect(database.projector_url, "test") as conn:
        ensure(conn, ALL)
    with wire(settings, database.admin_url, pool_size=4) as sfdify:
        caller = system(register(sfdify).tenant_id)
        consumer_id = sfdify.bus.handle(RegisterConsumer(profile=PROFILE), caller, Context()).answer["consumer_id"]
        asked = BeginConnection(consumer_id=consumer_id, provider="smartcredit", text_version="2026-11")
        connection_id = sfdify.bus.handle(asked, caller, Context()).answer["connection_id"]
        party = FeedParty(caller.tenant_id, consumer_id, connection_id, "smartcredit")
        feed = sfdify.feeds(caller.tenant_id, "smartcredit")
        url = feed.begin_link(party, caller.actor_id, start_of_time()).url
        sandbox.person(client_id=f"sfdify-{caller.tenant_id.hex}", subject="sub_wired")
        back = allow(url)
        done = CompleteConnection(connection_id=connection_id, **back)  # type: ignore[arg-type]
        sfdify.bus.handle(done, caller, Context())
        connection = sfdify.engine.load(caller.tenant_id, Connection, connection_id)
        assert connection is not None
        assert connection.status is ConnectionStatus.ACTIVE
        assert feed.order(party, (), "a-key").order_id
        told = str(sfdify.engine.read_stream(caller.tenant_id, connection_id))
        assert not [secret for secret in (back["code"], back["state"], "sub_wired") if secret in told]
        sfdify.bus.handle(EraseConsumer(consumer_id=consumer_id), caller, Context())
        sfdify.bus.handle(PurgeConsumer(consumer_id=consumer_id), caller, Context())
        with pytest.raises(LinkRefused, match="no_tokens"):
            feed.order(party, (), "a-key")
    with psycopg.connect(database.admin_url) as conn_:
        left = conn_.execute("SELECT count(*) FROM auth.feed_token UNION ALL SELECT count(*) FROM auth.feed_link")
        assert left.fetchall() == [(0,), (0,)]
