"""Webhooks over HTTP: signed, repeated, and every way they go wrong."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from infrastructure.sandbox.credit_feed.webhooks import RETRY_SECONDS, signature
from tests.support.credit_feed import CLIENT, LOGIN, Linked, Listener, Provider, credit_feed, listening

SECRET = "a-webhook-secret-of-a-test"


@dataclass
class World:
    provider: Provider
    hooks: Listener
    linked: Linked
    subject: str

    def types(self) -> list[str]:
        return [json.loads(raw)["type"] for raw, _ in self.hooks.heard]

    def events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.provider.http.get("/sandbox/events").json()["events"]
        return events

    def await_all_delivered(self) -> None:
        ends_at = time.monotonic() + 20
        while not all(event["delivered"] for event in self.events()):
            assert time.monotonic() < ends_at
            time.sleep(0.02)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with listening() as hooks, credit_feed(tmp_path) as provider:
        provider.clock("2026-01-10T12:00:00Z")
        provider.control("webhooks", {"client_id": CLIENT, "url": hooks.url, "secret": SECRET})
        yield World(provider, hooks, provider.link(), provider.person())


def genuine(raw: bytes, header: str) -> bool:
    stamp, _, signed = header.partition(",v1=")
    seconds = int(stamp.removeprefix("t="))
    right = hmac.new(SECRET.encode(), f"{seconds}.".encode() + raw, sha256).hexdigest()
    return hmac.compare_digest(right, signed) and abs(time.time() - seconds) < 30


def test_a_new_pull_is_told_signed_and_once(world: World) -> None:
    told = world.provider.clock("2026-02-02T12:00:00Z")
    assert told["failed"] == told["waiting"] == 0
    assert told["delivered"] == len(world.hooks.heard) > 1
    assert world.types()[0] == "report.updated"
    assert set(world.types()[1:]) == {"alert.created"}
    for raw, header in world.hooks.heard:
        body = json.loads(raw)
        assert genuine(raw, header)
        assert body["subject"] == world.subject
        assert body["created_at"] == "2026-02-01T09:00:00+00:00"
    assert world.provider.clock("2026-02-02T12:00:00Z")["delivered"] == 0


def test_the_signature_is_of_time_and_body() -> None:
    assert signature(b"{}", "s", 7) != signature(b"{}", "s", 8)
    assert signature(b"{}", "s", 7).startswith("t=7,v1=")
    assert len({signature(raw, key, 7) for raw in (b"{}", b"[]") for key in ("s", "t")}) == 4


def test_what_was_not_taken_is_repeated(world: World) -> None:
    world.hooks.answers.extend([500, 302])
    world.provider.clock("2026-02-02T12:00:00Z")
    world.await_all_delivered()
    assert sorted(event["attempts"] for event in world.events())[-1] >= 2
    assert len(world.hooks.heard) == len(world.events()) + 2


def test_nobody_is_told_for_ever(world: World) -> None:
    world.hooks.answers.extend([500] * 1_000)
    world.provider.clock("2026-02-02T12:00:00Z")
    for _ in RETRY_SECONDS:
        world.provider.clock("2026-02-02T12:00:00Z")
    assert {event["attempts"] for event in world.events()} == {len(RETRY_SECONDS)}
    assert world.provider.clock("2026-02-02T12:00:00Z")["waiting"] == 0


def test_a_withdrawn_consent_ends_the_tokens_and_is_told(world: World) -> None:
    told = world.provider.control("revocations", {"client_id": CLIENT, "login": LOGIN})
    assert (told["ended"], world.types()) == (1, ["access.revoked"])
    assert world.linked.get("/v1/scores").status_code == 401
    assert world.provider.refresh(world.linked.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    world.provider.clock("2026-03-02T12:00:00Z")
    assert world.types() == ["access.revoked"]


def test_without_a_webhook_events_wait_for_one(world: World) -> None:
    provider = world.provider
    provider.client("quiet")
    provider.person("eve", client_id="quiet")
    provider.clock("2026-01-10T12:00:00Z", client_id="quiet")
    provider.link("eve", client_id="quiet")
    assert provider.clock("2026-02-02T12:00:00Z", client_id="quiet")["delivered"] == 0
    provider.control("webhooks", {"client_id": "quiet", "url": world.hooks.url, "secret": SECRET})
    world.await_all_delivered()
    assert "report.updated" in world.types()


def test_a_duplicate_is_the_same_event_again(world: World) -> None:
    world.provider.faults({"on": "webhook report.updated", "do": "duplicate:2"})
    world.provider.clock("2026-02-02T12:00:00Z")
    assert world.types().count("report.updated") == 3
    assert len({raw for raw, _ in world.hooks.heard if b"report.updated" in raw}) == 1


def test_events_arrive_in_another_order(world: World) -> None:
    world.provider.faults({"on": "webhook report.updated", "do": "reorder"})
    world.provider.clock("2026-02-02T12:00:00Z")
    assert world.types()[0] == "alert.created"
    assert world.types()[-1] == "report.updated"


def test_a_forged_one_has_a_strangers_signature(world: World) -> None:
    world.provider.faults({"on": "webhook report.updated", "do": "forge"})
    world.provider.clock("2026-02-02T12:00:00Z")
    (forged, bad), (raw, good), *_ = world.hooks.heard
    assert forged == raw
    assert (genuine(forged, bad), genuine(raw, good)) == (False, True)
    told = world.provider.http.get("/sandbox/events").json()
    assert (told["forgeries_sent"], told["forgeries_accepted"]) == (1, 1)


@pytest.mark.parametrize("fault", ["drop", "delay:0.2"])
def test_one_that_is_lost_or_late_comes_in_the_end(world: World, fault: str) -> None:
    world.provider.faults({"on": "webhook report.updated", "do": fault})
    assert world.provider.clock("2026-02-02T12:00:00Z")["failed"] == 1
    world.await_all_delivered()
    assert world.types().count("report.updated") == 1
    assert world.types()[-1] == "report.updated", "it comes after those that were told at once"


def test_webhooks_of_a_client_go_to_nobody_else(world: World) -> None:
    provider = world.provider
    with listening() as others:
        provider.client("another")
        provider.control("webhooks", {"client_id": "another", "url": others.url, "secret": SECRET})
        provider.clock("2026-02-02T12:00:00Z")
        assert others.heard == []
        assert world.hooks.heard
