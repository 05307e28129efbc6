"""The provider's face as a whole: which doors there are, and what a restart leaves."""

from __future__ import annotations

from pathlib import Path

import httpx

from infrastructure.sandbox.credit_feed.app import create_app
from infrastructure.sandbox.credit_feed.server import Server, Settings
from tests.support.credit_feed import Linked, Provider, credit_feed


def test_every_door_is_there_once(tmp_path: Path) -> None:
    server = Server(Settings(home=tmp_path))
    routes = [(route.path, method) for route in create_app(server.feed).routes for method in route.methods]  # type: ignore[attr-defined]
    assert len(set(routes)) == len(routes)
    assert {path for path, _ in routes if not path.startswith("/sandbox")} == {
        "/oauth/authorize", "/oauth/consent", "/oauth/token", "/oauth/revoke", "/oauth/jwks",
        "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration",
        "/v1/reports", "/v1/reports/{id}", "/v1/tradelines", "/v1/scores", "/v1/alerts",
    }  # fmt: skip
    server.discard()


def test_other_doors_are_not_there(tmp_path: Path) -> None:
    with credit_feed(tmp_path) as provider:
        for method, path in (("GET", "/nothing"), ("DELETE", "/v1/reports"), ("GET", "/oauth/token")):
            answer = provider.http.request(method, path)
            assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_after_a_restart_tokens_orders_clocks_and_counts_are_as_they_were(tmp_path: Path) -> None:
    with credit_feed(tmp_path) as provider:
        provider.clock("2026-01-10T12:00:00Z")
        linked = provider.link()
        ordered = linked.order("key").json()
        report = linked.get(f"/v1/reports/{ordered['id']}").content
        counts = provider.ledger()

    with credit_feed(tmp_path) as provider:
        again = Linked(Provider(provider.http), linked.tokens)
        assert provider.ledger() == counts
        assert again.order("key").json() == ordered
        assert again.get(f"/v1/reports/{ordered['id']}").content == report
        assert provider.refresh(linked.tokens["refresh_token"]).status_code == 200


def test_a_refusal_is_counted_under_nobody_and_says_nothing_of_the_token(tmp_path: Path) -> None:
    with credit_feed(tmp_path) as provider:
        answer = httpx.get(f"{provider.url}/v1/scores", headers={"Authorization": "Bearer hush"}, trust_env=False)
        assert "hush" not in answer.text + str(answer.headers)
        assert provider.ledger()["asked"] == {}
        assert "hush" not in (tmp_path / "ledger.jsonl").read_text()
