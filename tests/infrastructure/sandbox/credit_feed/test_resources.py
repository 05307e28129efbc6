"""What a token opens over HTTP, and whose it never opens."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.reports import parse
from infrastructure.sandbox.credit_feed.resources import PENDING_SECONDS
from infrastructure.sandbox.report_generator.sequences import pull_sequence
from tests.support.credit_feed import CLIENT, Provider, credit_feed

PULLS = pull_sequence(5).pulls


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with credit_feed(tmp_path) as made:
        made.clock("2026-01-10T12:00:00Z")
        yield made


def test_an_ordered_report_is_the_pull_in_force(provider: Provider) -> None:
    linked = provider.link()
    ordered = linked.order("key").json()
    assert (ordered["status"], ordered["as_of"]) == ("ready", "2026-01-05")
    report = linked.get(f"/v1/reports/{ordered['id']}")
    assert (report.status_code, report.content) == (200, PULLS[0].raw)
    assert report.headers["content-type"] == "application/javascript"
    assert linked.order("key").json() == ordered
    assert provider.ledger()["orders"] == 1


def test_reports_evolve_and_an_order_does_not(provider: Provider) -> None:
    linked = provider.link()
    first = linked.order("first").json()
    for pull in PULLS[1:]:
        provider.clock(f"{pull.pulled_on}T10:00:00Z")
        assert linked.report() == pull.raw
    assert linked.order("first").json() == first
    assert linked.get(f"/v1/reports/{first['id']}").content == PULLS[0].raw


def test_before_the_first_pull_an_order_waits(provider: Provider) -> None:
    later = {"from": "2026-02-01T00:00:00+00:00", "media_type": "application/json", "content": json_of(PULLS[1].raw)}
    provider.person("later", pulls=[later])
    linked = provider.link("later")
    ordered = linked.order("key").json()
    assert (ordered["status"], ordered["as_of"]) == ("pending", None)
    waiting = linked.get(f"/v1/reports/{ordered['id']}")
    assert (waiting.status_code, waiting.headers["retry-after"]) == (202, str(PENDING_SECONDS))
    assert linked.get("/v1/tradelines", report=ordered["id"]).status_code == 409
    assert linked.get("/v1/scores").json() == {"scores": []}
    provider.clock("2026-02-02T00:00:00Z")
    assert linked.get(f"/v1/reports/{ordered['id']}").json() == later["content"]
    assert linked.order("key").json()["status"] == "ready"


def json_of(raw: bytes) -> object:
    return json.loads(raw[raw.index(b"(") + 1 : raw.rindex(b")")])


def test_tradelines_are_those_of_the_report(provider: Provider) -> None:
    linked = provider.link()
    ordered = linked.order().json()["id"]
    listed = linked.get("/v1/tradelines", report=ordered).json()["tradelines"]
    read = parse(linked.get(f"/v1/reports/{ordered}").content)
    assert Counter(one["bureau"] for one in listed) == {
        section.bureau.value: section.tradeline_count for section in read.sections
    }
    assert len({one["ref"] for one in listed}) == len(listed)


def test_some_bureaus_can_be_ordered_alone(provider: Provider) -> None:
    linked = provider.link()
    read = parse(linked.report(("experian",)))
    present = {section.bureau.value for section in read.sections if section.present}
    assert present == {"experian"}
    ordered = linked.order(bureaus=("experian",)).json()["id"]
    listed = linked.get("/v1/tradelines", report=ordered).json()["tradelines"]
    assert {one["bureau"] for one in listed} == {"experian"}


def test_scores_are_the_reports(provider: Provider) -> None:
    scores = provider.link().get("/v1/scores").json()["scores"]
    read = {section.bureau.value: section.score for section in parse(PULLS[0].raw).sections}
    assert {score["bureau"]: score["value"] for score in scores} == read
    assert {score["as_of"] for score in scores} == {"2026-01-05"}


def test_alerts_are_told_once_from_a_cursor_on(provider: Provider) -> None:
    linked = provider.link()
    assert linked.get("/v1/alerts").json() == {"alerts": [], "next": "0"}
    provider.clock("2026-02-28T12:00:00Z")
    first = linked.get("/v1/alerts", after="").json()
    assert first["alerts"]
    assert set(first["alerts"][0]) == {"id", "bureau", "kind", "occurred_on", "text"}
    assert linked.get("/v1/alerts", after=first["next"]).json() == {"alerts": [], "next": first["next"]}
    provider.clock("2026-06-30T12:00:00Z")
    second = linked.get("/v1/alerts", after=first["next"]).json()["alerts"]
    ids = [one["id"] for one in first["alerts"] + second]
    assert len(set(ids)) == len(ids) > len(first["alerts"])
    assert linked.get("/v1/alerts").json()["alerts"] == first["alerts"] + second


@pytest.mark.parametrize("after", ["x", "-1", "99", "1.5", "²"])
def test_a_cursor_from_elsewhere_is_refused(provider: Provider, after: str) -> None:
    assert provider.link().get("/v1/alerts", after=after).status_code == 422


@pytest.mark.parametrize("token", [None, "Bearer", "Bearer unknown", "Basic abc"])
def test_without_a_token_nothing_opens(provider: Provider, token: str | None) -> None:
    headers = {"Authorization": token} if token else {}
    for method, path in (("GET", "/v1/scores"), ("POST", "/v1/reports"), ("GET", "/v1/reports/rep_1")):
        answer = provider.http.request(method, path, headers=headers)
        assert answer.status_code == 401
        challenge = answer.headers["www-authenticate"]
        assert challenge.startswith("Bearer realm=")
        assert ('error="invalid_token"' in challenge) is (token == "Bearer unknown")


def test_a_scope_that_was_not_allowed_is_missing(provider: Provider) -> None:
    linked = provider.link(scope="scores:read")
    assert linked.get("/v1/scores").status_code == 200
    for answer in (linked.order(), linked.get("/v1/alerts"), linked.get("/v1/tradelines", report="x")):
        assert answer.status_code == 403
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_nobody_reads_anothers_report(provider: Provider) -> None:
    provider.person("bob", seed=6)
    provider.client("another")
    provider.person("ann", client_id="another")
    provider.clock("2026-01-10T12:00:00Z", client_id="another")
    ann, bob, elsewhere = provider.link(), provider.link("bob"), provider.link(client_id="another")
    ordered = ann.order("key").json()["id"]
    for stranger in (bob, elsewhere):
        assert stranger.get(f"/v1/reports/{ordered}").status_code == 404
        assert stranger.get("/v1/tradelines", report=ordered).status_code == 404
        assert stranger.order("key").json()["id"] != ordered
    assert bob.report() == pull_sequence(6).pulls[0].raw
    assert ann.get(f"/v1/reports/{ordered}").status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"bureaus": ["innovis"]}', 422),
        (b'{"bureaus": ["equifax"], "more": 1}', 422),
        (b"[", 422),
        (b'"x"', 422),
        (b"[" * 100_000, 413),
        (b"", 200),
        (b'{"bureaus": []}', 200),
        (b'{"bureaus": ["equifax", "experian", "transunion"]}', 200),
    ],
)
def test_what_an_order_may_say(provider: Provider, content: bytes, status: int) -> None:
    headers = {**provider.link().bearer, "Idempotency-Key": "k"}
    assert provider.http.post("/v1/reports", content=content, headers=headers).status_code == status


def test_an_order_has_a_key_which_means_one_order(provider: Provider) -> None:
    linked = provider.link()
    for key in (None, "k" * 256):
        headers = {**linked.bearer, **({"Idempotency-Key": key} if key else {})}
        assert provider.http.post("/v1/reports", json={}, headers=headers).status_code == 400
    linked.order("key", ("equifax",))
    assert linked.order("key", ("experian",)).status_code == 422
    assert provider.ledger(CLIENT)["orders"] == 1


def test_a_report_that_cannot_be_cut_comes_whole_or_not(provider: Provider) -> None:
    text = {"from": "2026-01-01T00:00:00Z", "media_type": "text/plain", "content": "AAAA"}
    provider.person("plain", pulls=[text])
    assert provider.link("plain").order(bureaus=("equifax",)).status_code == 422
