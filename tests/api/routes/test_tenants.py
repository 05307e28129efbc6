"""Opening tenants, their settings and their test clock."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from api.routes import tenants
from tests.support.api import PASSWORD, Json, Served, serving
from tests.support.cases_over_http import Firm, open_firm
from tests.support.postgres import TestServer


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "settings")


def body(**changes: object) -> Json:
    owner = tenants.NewOwner(email="a@b.example", name="A", password=PASSWORD).model_dump()
    return {"slug": f"t-{uuid4().hex[:8]}", "name": "T", "owner": owner, **changes}


def test_opening_twice_with_one_key_opens_one(served: Served) -> None:
    platform, sent, key = served.party(served.platform_key), body(), uuid4().hex
    first, second = (platform.send("POST", "/v1/tenants", sent, key=key) for _ in range(2))

    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    owner = served.signed_in(sent["slug"], "a@b.example")
    assert owner.got("/v1/tenant")["slug"] == sent["slug"]


def test_a_slug_belongs_to_one_tenant(served: Served, firm: Firm) -> None:
    answer = served.party(served.platform_key).send("POST", "/v1/tenants", body(slug=firm.slug))

    assert (answer.status_code, answer.json()["code"]) == (409, "slug_taken")


def test_only_a_test_tenant_has_a_clock_and_only_within_reach(served: Served) -> None:
    platform = served.party(served.platform_key)
    live = platform.send("POST", "/v1/tenants", body(mode="live", clock_starts_at="2026-01-01T00:00:00Z"))
    far = platform.send("POST", "/v1/tenants", body(clock_starts_at="9000-01-01T00:00:00Z"))

    assert live.status_code == 403
    assert (far.status_code, far.json()["code"]) == (409, "clock_out_of_reach")


def test_settings_are_changed_on_their_version(firm: Firm) -> None:
    owner = firm.owner
    sender = {"line1": "1 Main St", "city": "Boise", "state": "id", "zip_code": "83702"}
    changes = [
        ("policies", {"items_per_letter_max": 3}),
        ("branding", {"display_name": "Shown", "color": "#000000"}),
        ("sender", sender),
    ]
    for name, sent in changes:
        owner.made("PUT", f"/v1/tenant/{name}", sent, etag=owner.etag("/v1/tenant"))

    row = owner.got("/v1/tenant")
    assert row["policies"]["items_per_letter_max"] == 3
    assert row["policies"]["requests_per_minute_user"] == 100
    assert owner.send("PUT", "/v1/tenant/policies", {}).status_code == 428


@pytest.mark.parametrize(
    "policies",
    [{"items_per_letter_max": 0}, {"requests_per_minute_user": 0}, {"requests_per_minute_tenant": "1000"}, {"x": 1}],
)
def test_settings_that_cannot_be_are_refused(firm: Firm, policies: Json) -> None:
    assert firm.owner.send("PUT", "/v1/tenant/policies", policies, etag="*").status_code == 422


def test_only_owners_change_settings(firm: Firm) -> None:
    for role in ("operator", "viewer", "auditor", "machine"):
        party = firm.people[role]
        assert party.send("PUT", "/v1/tenant/policies", {}, etag="*").status_code == 403
        assert party.send("POST", "/v1/tenant/clock", {"to": "2026-05-01T00:00:00Z"}).status_code == 403


def test_the_clock_moves_forward_only(firm: Firm) -> None:
    before = firm.owner.got("/v1/tenant/clock")
    moved = firm.owner.made("POST", "/v1/tenant/clock", {"to": "2026-04-01T00:00:00Z", "wait": True})
    back = firm.owner.send("POST", "/v1/tenant/clock", {"to": "2026-03-31T00:00:00Z"})
    beyond = firm.owner.send("POST", "/v1/tenant/clock", {"to": "2300-01-01T00:00:00Z"})

    assert before["now"] < moved["now"] == firm.owner.got("/v1/tenant/clock")["now"]
    assert moved["quiet"] is True
    assert (back.status_code, beyond.status_code) == (409, 409)


def test_a_sandbox_that_is_away_is_said_and_the_move_can_be_repeated(
    server: TestServer, template: str, tmp_path: Path
) -> None:
    away = {"lob_api_key": None, "lob_base_url": None, "sandbox_url_override": "http://127.0.0.1:9"}
    with serving(server, template, tmp_path, working=False, **away) as served:
        firm, key = open_firm(served, "sandless"), uuid4().hex
        sent = {"to": "2026-04-01T00:00:00Z", "wait": True}
        answers = [firm.owner.send("POST", "/v1/tenant/clock", sent, key=key) for _ in range(2)]

        assert [(a.status_code, a.json()["code"]) for a in answers] == [(503, "sandbox_out_of_reach")] * 2
        assert all(answer.headers["Retry-After"] for answer in answers)
        assert firm.owner.got("/v1/tenant/clock")["now"].startswith("2026-04-01")
