"""Objects as they stand at an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from infrastructure.sandbox.print_provider.checks import AddressIn, LetterIn
from infrastructure.sandbox.print_provider.objects import (
    asset_signature,
    event_object,
    letter_object,
    timestamp,
    tracking_number,
)
from infrastructure.sandbox.print_provider.schedule import Journey, itinerary
from infrastructure.sandbox.print_provider.state import Event, Letter

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
ADDRESS = {
    "name": "Ann",
    "address_line1": "1 Way",
    "address_city": "Austin",
    "address_state": "TX",
    "address_zip": "73301",
}


def letter(service: str | None = "certified") -> Letter:
    asked = {"to": ADDRESS, "from": ADDRESS, "color": False, "use_type": "operational", "extra_service": service}
    fields = LetterIn.model_validate(asked).model_dump(exclude={"to", "sender"})
    address = AddressIn.model_validate(ADDRESS).model_dump()
    entry = {"id": "ltr_1", "api_key": "test_a", "fields": fields, "to": address, "sender": address}
    return Letter(entry, MONDAY, itinerary(Journey("ltr_1", MONDAY, service is not None, "TX", po_box=False)))


def test_a_letter_grows_with_time() -> None:
    one = letter()
    shown = [letter_object(one, MONDAY + timedelta(days=days), "https://proof") for days in (0, 2, 9)]

    assert [len(each["tracking_events"]) for each in shown] == [0, 2, 5]
    assert [each["tracking_number"] for each in shown] == [None, *[tracking_number("ltr_1")] * 2]
    assert shown[0]["to"]["name"] == "ANN"
    assert shown[2]["date_modified"] > shown[0]["date_modified"]


def test_ordinary_scans_have_no_details_and_certified_ones_do() -> None:
    plain = letter_object(letter(None), MONDAY + timedelta(days=9), "")
    certified = letter_object(letter(), MONDAY + timedelta(days=9), "")

    assert {scan["details"] for scan in plain["tracking_events"]} == {None}
    assert plain["tracking_number"] is None
    assert certified["tracking_events"][-1]["details"]["event"] == "delivered"


def test_an_event_shows_the_letter_as_it_was_then_and_hides_what_is_private() -> None:
    one = letter()
    mailed = next(step for step in one.steps if step.name == "Mailed")

    told = event_object(Event("evt_1", one, mailed), "https://proof")

    assert [scan["name"] for scan in told["body"]["tracking_events"]] == ["Mailed"]
    assert {told["body"][name] for name in ("to", "from", "url")} == {"REDACTED"}
    assert told["date_created"] == timestamp(mailed.at)
    assert told["event_type"]["enabled_for_test"] is False


def test_times_and_links_have_the_vendors_form() -> None:
    assert timestamp(datetime(2026, 3, 2, 15, 0, 0, 123_456, tzinfo=UTC)) == "2026-03-02T15:00:00.123Z"
    assert asset_signature("ltr_1", 1, b"a") != asset_signature("ltr_1", 1, b"b")
