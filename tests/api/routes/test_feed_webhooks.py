"""A report provider's calls over HTTP: believed when signed, acted on once, answered when nobody knows them."""

from __future__ import annotations

import json
import time
from uuid import uuid4

import httpx
import pytest

from api.routes.feed_webhooks import PROVIDER
from application.feeding import RawReport
from infrastructure.vendors.smartcredit.webhooks import HEADER, sign
from tests.support.api import Json, Served
from tests.support.cases_over_http import Case, Firm, add_consumer, open_firm, report_of
from tests.support.connecting import at, connected


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "feedcalls")


@pytest.fixture(scope="module")
def endpoint(firm: Firm) -> Json:
    return firm.owner.made("POST", "/v1/webhook-endpoints", {"provider": PROVIDER})


@pytest.fixture
def case(firm: Firm) -> Case:
    word = f"Called{uuid4().hex[:8]}"
    firm.served.feed.subject = word
    firm.served.feed.report = RawReport(media_type="application/json", content=report_of(word))
    return add_consumer(firm, word)


def call(firm: Firm, endpoint: Json, body: Json, *, secret: str | None = None, age: int = 0) -> httpx.Response:
    raw, stamp = json.dumps(body).encode(), int(time.time()) - age
    signed = sign(raw, stamp, (secret or endpoint["secret"]).encode())
    headers = {"Content-Type": "application/json", HEADER: signed}
    path = f"/v1/webhooks/{PROVIDER}/{endpoint['endpoint_id']}"
    return firm.served.party().http.post(path, content=raw, headers=headers)


def news(case: Case, kind: str, told_of: str = "2026-03-02T15:00:00Z") -> Json:
    return {"id": f"evt_{uuid4().hex}", "type": kind, "created_at": told_of, "subject": case.words[0]}


def fetched(case: Case, begun: Json, count: int) -> list[Json]:
    return case.consumer.until(
        at(begun, "/pulls"), lambda items: [item["state"] for item in items] == ["fetched"] * count
    )


def test_news_of_a_report_is_fetched_once_however_often_it_is_told(firm: Firm, endpoint: Json, case: Case) -> None:
    begun = connected(case)
    fetched(case, begun, 1)
    told = news(case, "report.updated")
    assert [call(firm, endpoint, told).status_code for _ in range(3)] == [202, 202, 202]
    assert fetched(case, begun, 2)[0]["cause"] == "webhook"
    firm.advance(minutes=1)
    fetched(case, begun, 2)


def test_a_consumer_who_withdraws_at_the_provider_has_to_connect_again(firm: Firm, endpoint: Json, case: Case) -> None:
    begun = connected(case)
    fetched(case, begun, 1)
    told_of = case.consumer.got("/v1/connections")["items"][0]["authorized_at"]
    assert call(firm, endpoint, news(case, "access.revoked", told_of)).status_code == 202
    rows = case.consumer.until("/v1/connections", lambda items: items[0]["status"] == "needs_reauth")
    assert rows[0]["trouble"] == "access_revoked"


@pytest.mark.parametrize("kind", ["weather.changed", "report.updated"])
def test_what_is_about_nobody_or_nothing_known_is_kept_and_changes_nothing(
    firm: Firm, endpoint: Json, case: Case, kind: str
) -> None:
    begun = connected(case)
    fetched(case, begun, 1)
    told = news(case, kind) if kind == "weather.changed" else news(case, kind) | {"subject": "nobody"}
    assert call(firm, endpoint, told).status_code == 202
    firm.advance(minutes=1)
    fetched(case, begun, 1)


def test_a_call_that_is_not_signed_with_this_secret_or_late_is_refused(firm: Firm, endpoint: Json, case: Case) -> None:
    told = news(case, "report.updated")
    assert call(firm, endpoint, told, secret="another").status_code == 401
    assert call(firm, endpoint, told, age=301).status_code == 401
    other = firm.owner.made("POST", "/v1/webhook-endpoints", {"provider": "lob"})
    assert call(firm, other, told).status_code == 401
