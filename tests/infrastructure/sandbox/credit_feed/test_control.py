"""The sandbox's own doors, and what they refuse."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from infrastructure.sandbox.credit_feed.control import BODY_MAX
from tests.support.credit_feed import BACK, CLIENT, CLIENT_SECRET, PASSCODE, Provider, credit_feed

AT = {"from": "2026-01-01T00:00:00Z", "media_type": "application/json"}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with credit_feed(tmp_path_factory.mktemp("feed")) as made:
        yield made


def person(**changes: Any) -> dict[str, Any]:
    given = {"client_id": CLIENT, "login": "zoe", "passcode": PASSCODE, "seed": 1} | changes
    return {name: value for name, value in given.items() if value is not None}


def client(**changes: Any) -> dict[str, Any]:
    return {"client_id": "other", "client_secret": CLIENT_SECRET, "redirect_uris": [BACK]} | changes


def test_it_says_that_it_lives(provider: Provider) -> None:
    assert provider.http.get("/sandbox").json() == {"ok": True, "clients": 1}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clients", client(client_secret="short")),
        ("clients", client(redirect_uris=[])),
        ("clients", client(redirect_uris=["javascript:alert(1)"])),
        ("clients", client(redirect_uris=["http://a;b/"])),
        ("clients", client(redirect_uris=["http://a/#fragment"])),
        ("clients", client(client_id="a b")),
        ("clients", client(more=1)),
        ("people", person(seed=None)),
        ("people", person(pulls=[{**AT, "content": {}}])),
        ("people", person(seed=None, pulls=[{**AT, "content": {}}] * 2)),
        ("people", person(seed=None, pulls=[{**AT, "content": "not base64"}])),
        ("people", person(seed=None, pulls=[{**AT, "from": "2026-01-01T00:00:00", "content": {}}])),
        ("people", person(seed=None, pulls=[{**AT, "media_type": "x\ny: z", "content": {}}])),
        ("people", person(passcode="")),
        ("clock", {"client_id": CLIENT, "now": "2026-01-01T00:00:00"}),
        ("webhooks", {"client_id": CLIENT, "url": "ftp://x/", "secret": CLIENT_SECRET}),
        ("webhooks", {"client_id": CLIENT, "url": "http://x/", "secret": "short"}),
        ("faults", {"on": "*", "do": "500"}),
        ("faults", [1]),
        ("revocations", {"client_id": CLIENT}),
        ("people", None),
    ],
)
def test_what_means_nothing_is_refused(provider: Provider, path: str, body: Any) -> None:
    answer = provider.http.post(f"/sandbox/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"] == "invalid_request"


def test_no_refusal_quotes_a_secret(provider: Provider) -> None:
    answer = provider.http.post("/sandbox/clients", json=client(client_secret="hush"))
    assert "hush" not in answer.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("people", person(client_id="nobody")),
        ("clock", {"client_id": "nobody", "now": "2026-01-01T00:00:00Z"}),
        ("clock", {"client_id": CLIENT, "subject": "nobody", "now": "2026-01-01T00:00:00Z"}),
        ("webhooks", {"client_id": "nobody", "url": "http://x/", "secret": CLIENT_SECRET}),
        ("revocations", {"client_id": CLIENT, "login": "nobody"}),
    ],
)
def test_what_is_not_there_is_not_found(provider: Provider, path: str, body: Any) -> None:
    assert provider.http.post(f"/sandbox/{path}", json=body).status_code == 404


def test_the_body_must_be_json(provider: Provider) -> None:
    assert provider.http.post("/sandbox/people", content=b"{").status_code == 400
    assert provider.http.post("/sandbox/people", content=b" " * (BODY_MAX + 1)).status_code == 413


def test_a_subject_names_one_person(provider: Provider) -> None:
    provider.person("kim", subject="sub_kim")
    answer = provider.http.post("/sandbox/people", json=person(subject="sub_kim"))
    assert answer.status_code == 409
    assert provider.person("kim", subject="sub_kim") == "sub_kim"


def test_pulls_are_given_as_bytes_or_as_json(provider: Provider) -> None:
    raw = base64.b64encode(b"<xml/>").decode()
    pulls = [{**AT, "content": raw}, {**AT, "from": "2026-02-01T01:00:00+01:00", "content": {"a": 1}}]
    made = provider.control("people", person(seed=None, pulls=pulls))
    assert [pull["from"] for pull in made["pulls"]] == ["2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"]


def test_the_clock_moves_forward_only(provider: Provider) -> None:
    provider.client("timed")
    assert provider.clock("2026-01-10T12:00:00Z", "timed")["now"] == "2026-01-10T12:00:00+00:00"
    back = {"client_id": "timed", "now": "2026-01-10T11:00:00Z"}
    assert provider.http.post("/sandbox/clock", json=back).status_code == 409


def test_one_person_may_have_a_time_of_their_own(provider: Provider) -> None:
    provider.client("timely")
    early, late = (provider.person(name, client_id="timely") for name in ("early", "late"))
    provider.control("clock", {"client_id": "timely", "subject": early, "now": "2026-01-10T00:00:00Z"})
    provider.control("clock", {"client_id": "timely", "subject": late, "now": "2026-06-30T00:00:00Z"})
    days = [provider.link(name, client_id="timely").order().json()["as_of"] for name in ("early", "late")]
    assert days == ["2026-01-05", "2026-06-23"]


def test_faults_are_listed_and_cleared(provider: Provider) -> None:
    provider.faults({"on": "GET /v1/nothing", "do": "500"})
    assert len(provider.http.get("/sandbox/faults").json()["faults"]) == 1
    assert provider.http.delete("/sandbox/faults").json() == {"faults": []}
    assert provider.http.get("/sandbox/faults").json() == {"faults": []}


def test_the_ledger_counts_what_was_done_for_each_client(provider: Provider) -> None:
    provider.client("counted")
    provider.person("sue", client_id="counted")
    linked = provider.link("sue", client_id="counted")
    for _ in range(2):
        ordered = linked.order("key").json()["id"]
        linked.get(f"/v1/reports/{ordered}")
    provider.refresh(linked.tokens["refresh_token"], client_id="counted")
    told = provider.ledger("counted")
    assert [told[name] for name in ("orders", "fetches", "exchanges", "refreshes", "revocations")] == [1, 2, 1, 1, 0]
    assert told["asked"]["POST /v1/reports"] == {"200": 2}
    only = provider.http.get("/sandbox/ledger", params={"client_id": "counted"}).json()["clients"]
    assert list(only) == ["counted"]
