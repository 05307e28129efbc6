"""What the provider tells, in which order, and how often."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from application.posting import MailStatus, ScanKind, advance
from infrastructure.sandbox.print_provider import Settings, running
from infrastructure.sandbox.print_provider.faults import Script
from infrastructure.sandbox.print_provider.ledger import Ledger
from infrastructure.sandbox.print_provider.letters import PrintRoom
from infrastructure.sandbox.print_provider.state import State
from infrastructure.sandbox.print_provider.webhooks import RETRY_SECONDS
from tests.support.posting import PDF
from tests.support.print_room import KEY, Sandbox, sandbox
from tests.support.webhook_receiver import SECRET, receiving

CERTIFIED = [
    "letter.created",
    "letter.rendered_pdf",
    "letter.certified.mailed",
    "letter.certified.in_transit",
    "letter.certified.in_local_area",
    "letter.certified.processed_for_delivery",
    "letter.certified.delivered",
]
ADDRESS = {
    "name": "A",
    "address_line1": "1 Way",
    "address_city": "Austin",
    "address_state": "TX",
    "address_zip": "73301",
}
FIELDS = {"to": ADDRESS, "from": ADDRESS, "color": False, "use_type": "operational", "extra_service": "certified"}
LATER = "2026-03-20T00:00:00Z"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox(tmp_path) as world:
        yield world


def test_a_certified_letter_to_a_box_is_told_from_creation_to_delivery(room: Sandbox) -> None:
    letter = room.send()
    room.hooks.await_events(2)
    answer = room.clock(LATER)

    assert room.hooks.types() == CERTIFIED
    assert (answer["delivered"], answer["failed"], answer["waiting"]) == (5, 0, 0)
    assert {event.reference_id for event in room.hooks.events} == {letter}
    assert [len(event.scans) for event in room.hooks.events] == [0, 0, 1, 2, 3, 4, 5]
    assert not any(event.must_be_asked_about for event in room.hooks.events)
    assert room.hooks.events[-1].tracking_number


def test_time_passes_step_by_step(room: Sandbox) -> None:
    room.send()
    room.hooks.await_events(2)
    room.clock("2026-03-03T12:00:00Z")
    assert room.hooks.types() == CERTIFIED[:2]
    room.clock("2026-03-05T00:00:00Z")
    assert room.hooks.types() == CERTIFIED[:4]
    assert room.clock("2026-03-05T00:00:00Z")["delivered"] == 0


def test_ordinary_mail_has_plain_names_and_ends_in_the_boxs_area(room: Sandbox) -> None:
    room.send(service="none")
    room.clock(LATER)
    room.hooks.await_events(5)

    assert room.hooks.types()[2:] == ["letter.mailed", "letter.in_transit", "letter.in_local_area"]


def test_bodies_are_redacted_and_the_piece_is_known_by_reference(room: Sandbox) -> None:
    room.send(description="round one")
    room.clock(LATER)
    room.hooks.await_events(7)

    for raw in room.hooks.raw:
        body = json.loads(raw)["body"]
        assert {body[name] for name in ("to", "from", "metadata", "description", "url")} == {"REDACTED"}
        assert b"Example" not in raw
        assert b"EXAMPLE" not in raw


def test_an_event_nobody_takes_is_repeated_until_somebody_does(room: Sandbox) -> None:
    room.hooks.answers.extend([500, 404])
    room.send()

    told = room.await_told(2)

    assert sorted(event["attempts"] for event in told) == [2, 2]
    assert sorted(room.hooks.types()) == ["letter.created", "letter.rendered_pdf"]


def test_the_clock_answers_when_everything_was_told_or_failed_once(room: Sandbox) -> None:
    room.send()
    room.hooks.await_events(2)
    room.hooks.answers.extend([503] * 5)

    answer = room.clock(LATER)

    assert (answer["delivered"], answer["failed"]) == (0, 5)
    room.hooks.await_events(7)
    assert sorted(room.hooks.types()) == sorted(CERTIFIED)


def test_eight_attempts_are_made_as_the_vendor_does() -> None:
    assert RETRY_SECONDS == (0, 5, 300, 1800, 7200, 18000, 36000, 36000)


def test_duplicates_reordering_and_delay_change_nothing_in_the_end(room: Sandbox) -> None:
    room.faults(
        {"on": "webhook letter.certified.mailed", "do": "duplicate:4"},
        {"on": "webhook letter.certified.in_transit", "do": "reorder"},
        {"on": "webhook letter.certified.in_local_area", "do": "delay:0.2"},
    )
    room.send()
    room.hooks.await_events(2)
    room.clock(LATER)
    room.hooks.await_events(7 + 4)

    types = room.hooks.types()
    assert types.count("letter.certified.mailed") == 5
    assert types.index("letter.certified.in_transit") > types.index("letter.certified.delivered")
    assert types[-1] == "letter.certified.in_local_area"
    scans = [scan for event in room.hooks.events for scan in event.scans]
    assert advance(MailStatus(), scans) == advance(MailStatus(), reversed(scans))
    assert advance(MailStatus(), scans).kind is ScanKind.DELIVERED


def test_a_forgery_is_refused_and_counted_and_the_true_event_follows(room: Sandbox) -> None:
    room.faults({"on": "webhook", "do": "forge", "times": 100})
    room.send()
    room.clock(LATER)
    room.hooks.await_events(7)

    told = room.told()
    assert room.hooks.types() == CERTIFIED
    assert room.hooks.forged == ["bad_signature"] * 7
    assert (told["forgeries_sent"], told["forgeries_accepted"]) == (7, 0)


def test_a_dropped_event_comes_later(room: Sandbox) -> None:
    room.faults({"on": "webhook letter.created", "do": "drop"})
    room.send()
    room.hooks.await_events(2)

    assert sorted(room.hooks.types()) == ["letter.created", "letter.rendered_pdf"]


def test_what_was_never_acknowledged_can_be_replayed(room: Sandbox) -> None:
    room.faults({"on": "webhook", "do": "drop", "times": 1_000})
    room.send()
    room.clock(LATER)
    assert room.hooks.events == []
    room.http.delete("/sandbox/faults")

    answer = room.http.post("/sandbox/events/replay", json={"api_key": "test_account"}).json()

    room.hooks.await_events(7)
    assert answer["queued"] <= 7
    assert sorted(room.hooks.types()) == sorted(CERTIFIED)


def test_a_cancelled_letter_tells_its_end_and_nothing_more(room: Sandbox) -> None:
    letter = room.send()
    room.hooks.await_events(2)
    room.post.cancel(letter)
    room.clock(LATER)
    room.hooks.await_events(3)

    assert room.hooks.types() == ["letter.created", "letter.rendered_pdf", "letter.deleted"]
    assert json.loads(room.hooks.raw[-1])["body"] == {"id": letter, "deleted": True}


def test_events_go_only_to_the_account_they_belong_to(room: Sandbox) -> None:
    room.send()
    room.hooks.await_events(2)
    other = httpx.Client(base_url=room.http.base_url, auth=("test_other", ""))
    listed = other.get("/v1/letters").json()["data"]
    room.clock(LATER, api_key="test_other")
    other.close()

    assert listed == []
    assert room.hooks.types() == CERTIFIED[:2]


def test_a_provider_that_ended_before_telling_tells_after_its_next_start(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    state = State(ledger)
    letter = PrintRoom(state, Script()).accept(KEY, dict(FIELDS), PDF, "2020-02-11", "k")
    for event in list(state.due(KEY)):
        state.record("event", id=event.id, letter_id=letter.id, type=event.step.type)
    ledger.close()

    with receiving() as hooks, running(Settings(home=tmp_path, webhook_url=hooks.url, webhook_secret=SECRET)):
        hooks.await_events(2)

    assert hooks.types(letter.id) == CERTIFIED[:2]
