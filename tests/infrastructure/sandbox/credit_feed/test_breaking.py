"""Every fault of a request, over HTTP, and what was done all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from domain.bureaus import Bureau
from infrastructure.reports import parse
from infrastructure.sandbox.credit_feed.breaking import HOLD_SECONDS
from tests.support.credit_feed import CLIENT, CLIENT_SECRET, Linked, Provider, credit_feed

AUTH = (CLIENT, CLIENT_SECRET)
SCORES = "GET /v1/scores"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    home: Path = tmp_path_factory.mktemp("feed")
    with credit_feed(home) as made:
        made.clock("2026-01-10T12:00:00Z")
        yield made


@pytest.fixture(autouse=True)
def _calm(provider: Provider) -> Iterator[None]:
    yield
    provider.http.delete("/sandbox/faults").raise_for_status()


@pytest.fixture
def linked(provider: Provider) -> Linked:
    return provider.link()


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        ("401", 401, "invalid_token"),
        ("403", 403, "insufficient_scope"),
        ("429:7", 429, "temporarily_unavailable"),
        ("500", 500, "server_error"),
        ("503", 503, "temporarily_unavailable"),
    ],
)
def test_a_refusal_strikes_once_and_is_gone(
    provider: Provider, linked: Linked, fault: str, status: int, error: str
) -> None:
    provider.faults({"on": SCORES, "do": fault})
    answer = linked.get("/v1/scores")
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers.get("retry-after") == ("7" if status == 429 else None)
    assert linked.get("/v1/scores").status_code == 200


def test_the_second_of_three_fails_midway(provider: Provider, linked: Linked) -> None:
    provider.faults({"on": "* /v1/*", "do": "401", "nth": 2})
    answers = (linked.get("/v1/scores"), linked.order(), linked.get("/v1/alerts"))
    assert [answer.status_code for answer in answers] == [200, 401, 200]


def test_a_slow_answer_comes(provider: Provider, linked: Linked) -> None:
    provider.faults({"on": SCORES, "do": "slow:0.3"})
    with pytest.raises(httpx.ReadTimeout):
        provider.http.get("/v1/scores", headers=linked.bearer, timeout=0.1)
    provider.faults({"on": SCORES, "do": "slow:0.2"})
    answer = linked.get("/v1/scores")
    assert answer.elapsed.total_seconds() > 0.2
    assert answer.status_code == 200


@pytest.mark.parametrize("fault", ["reset", "timeout_before:0.1"])
def test_nothing_was_done_when_the_line_broke_before(provider: Provider, linked: Linked, fault: str) -> None:
    done = provider.ledger()["orders"]
    provider.faults({"on": "POST /v1/reports", "do": fault})
    with pytest.raises(httpx.TransportError):
        linked.order("lost-before")
    assert provider.ledger()["orders"] == done


@pytest.mark.parametrize("fault", ["reset_after", "timeout_after:0.1"])
def test_the_order_was_made_although_nobody_heard(provider: Provider, linked: Linked, fault: str) -> None:
    done = provider.ledger()["orders"]
    provider.faults({"on": "POST /v1/reports", "do": fault})
    with pytest.raises(httpx.TransportError):
        linked.order(fault)
    assert provider.ledger()["orders"] == done + 1
    assert linked.order(fault).json()["status"] == "ready"
    assert provider.ledger()["orders"] == done + 1


def test_a_body_is_cut_short_of_what_was_announced(provider: Provider, linked: Linked) -> None:
    ordered = linked.order().json()["id"]
    provider.faults({"on": f"GET /v1/reports/{ordered}", "do": "truncated"})
    path = f"/v1/reports/{ordered}"
    got = bytearray()
    with provider.http.stream("GET", path, headers=linked.bearer) as answer:
        announced = int(answer.headers["content-length"])
        with pytest.raises(httpx.TransportError):
            got.extend(part for block in answer.iter_bytes() for part in block)
    assert 0 <= len(got) < announced
    assert len(linked.get(path).content) == announced


def test_a_body_that_is_no_json(provider: Provider, linked: Linked) -> None:
    provider.faults({"on": SCORES, "do": "bad_body"})
    with pytest.raises(ValueError, match="Unterminated"):
        linked.get("/v1/scores").json()


def test_a_bureau_that_does_not_answer_is_an_empty_section_for_good(provider: Provider, linked: Linked) -> None:
    provider.faults({"on": "POST /v1/reports", "do": "empty_bureau:experian"})
    ordered = linked.order("empty").json()["id"]
    for _ in range(2):
        report = parse(linked.get(f"/v1/reports/{ordered}").content)
        assert [one.bureau for one in report.sections if not one.present] == [Bureau.EXPERIAN]
    listed = linked.get("/v1/tradelines", report=ordered).json()["tradelines"]
    assert {one["bureau"] for one in listed} == {"equifax", "transunion"}
    assert all(one.present for one in parse(linked.report()).sections)


def test_rows_get_lost_on_the_way_and_the_count_tells(provider: Provider, linked: Linked) -> None:
    ordered = linked.order().json()["id"]
    provider.faults({"on": f"GET /v1/reports/{ordered}", "do": "lost_rows:3"})
    listed = len(linked.get("/v1/tradelines", report=ordered).json()["tradelines"])
    rows = [
        sum(one.tradeline_count for one in parse(linked.get(f"/v1/reports/{ordered}").content).sections)
        for _ in range(2)
    ]
    assert rows == [listed - 3, listed]


def test_an_order_is_pending_for_a_while(provider: Provider, linked: Linked) -> None:
    provider.faults({"on": "POST /v1/reports", "do": "pending:2"})
    ordered = linked.order("slowly").json()
    assert ordered["status"] == "pending"
    assert [linked.get(f"/v1/reports/{ordered['id']}").status_code for _ in range(3)] == [202, 202, 200]


def test_a_code_was_consumed_although_the_answer_got_lost(provider: Provider) -> None:
    code, before = provider.code(), provider.ledger()["exchanges"]
    provider.faults({"on": "POST /oauth/token authorization_code", "do": "timeout_after"})
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": provider.asked()["redirect_uri"]}
    with pytest.raises(httpx.ReadTimeout):
        provider.http.post("/oauth/token", data={**form, "code_verifier": "v" * 43}, auth=AUTH, timeout=0.3)
    assert HOLD_SECONDS > 0.3, "it was the client that gave up"
    assert provider.ledger()["exchanges"] == before + 1
    assert provider.exchange(code).json()["error"] == "invalid_grant"


def test_a_token_was_rotated_although_the_answer_got_lost(provider: Provider, linked: Linked) -> None:
    provider.faults({"on": "POST /oauth/token refresh_token", "do": "reset_after"})
    with pytest.raises(httpx.TransportError):
        provider.refresh(linked.tokens["refresh_token"])
    assert provider.refresh(linked.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert linked.get("/v1/scores").status_code == 401


def test_a_refusal_of_a_refresh_leaves_the_token(provider: Provider, linked: Linked) -> None:
    provider.faults({"on": "POST /oauth/token", "do": "invalid_grant"})
    assert provider.refresh(linked.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert provider.refresh(linked.tokens["refresh_token"]).status_code == 200


def test_faults_of_another_client_strike_nobody_here(provider: Provider, linked: Linked) -> None:
    provider.faults({"on": "*", "do": "500", "client_id": "another", "times": 100})
    assert linked.get("/v1/scores").status_code == 200
