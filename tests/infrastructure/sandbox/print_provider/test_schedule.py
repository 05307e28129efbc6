"""Where a letter is, when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.sandbox.print_provider.schedule import (
    OUTCOMES,
    Journey,
    expected_delivery,
    is_po_box,
    itinerary,
)

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
TO_TEXAS = Journey("ltr_1", MONDAY, certified=True, state="TX", po_box=True)

journeys = st.builds(
    Journey,
    letter_id=st.text(min_size=1),
    accepted_at=st.datetimes(datetime(2024, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    certified=st.booleans(),
    state=st.sampled_from(["TX", "CA", "AZ", "HI", "GU", "PR", "NY", "ZZ"]),
    po_box=st.booleans(),
    outcome=st.sampled_from(OUTCOMES),
)


def test_a_certified_letter_is_delivered_on_the_fourth_working_day_after_lunch_at_the_recipient() -> None:
    steps = itinerary(TO_TEXAS)
    days = [step.at.astimezone(ZoneInfo("America/Chicago")) for step in steps]

    assert [day.date().day for day in days] == [2, 2, 3, 4, 5, 6, 6]
    assert (days[-1].hour, days[-1].minute) == (14, 10)


def test_weekends_and_holidays_do_not_count() -> None:
    thursday_before_christmas = datetime(2026, 12, 24, 15, tzinfo=UTC)
    steps = itinerary(replace(TO_TEXAS, accepted_at=thursday_before_christmas))

    assert [step.at.date() for step in steps[3:]] == [date(2026, 12, n) for n in (29, 30, 31, 31)]
    assert expected_delivery(thursday_before_christmas) == date(2027, 1, 4)


def test_an_itinerary_is_the_same_every_time_and_differs_by_letter() -> None:
    assert itinerary(TO_TEXAS) == itinerary(TO_TEXAS)
    seconds = {itinerary(replace(TO_TEXAS, letter_id=f"ltr_{n}"))[-1].at.second for n in range(20)}
    assert len(seconds) > 5


@given(journeys)
def test_every_journey_begins_with_creation_and_never_goes_back_in_time(journey: Journey) -> None:
    steps = itinerary(journey)

    assert steps[0].type == "letter.created"
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert len({step.type for step in steps}) == len(steps)
    assert all((".certified." in step.type) == journey.certified for step in steps if step.name)


@pytest.mark.parametrize(
    ("outcome", "last"),
    [
        ("deliver", "letter.certified.delivered"),
        ("pickup", "letter.certified.delivered"),
        ("return", "letter.certified.returned_to_sender"),
        ("re_route", "letter.certified.delivered"),
        ("lose", "letter.certified.issue"),
        ("issue", "letter.certified.delivered"),
        ("fail", "letter.failed"),
    ],
)
def test_journeys_end_as_scripted(outcome: str, last: str) -> None:
    assert itinerary(replace(TO_TEXAS, outcome=outcome))[-1].type == last


def test_a_pickup_waits_for_its_reader_two_working_days() -> None:
    kinds = [(step.name, step.at.day) for step in itinerary(replace(TO_TEXAS, outcome="pickup"))]

    assert kinds[-2:] == [("Pickup Available", 6), ("Delivered", 10)]


@pytest.mark.parametrize("line", ["PO Box 4500", "P.O. Box 9554", "po box 1", "Box 7"])
def test_a_box_is_known(line: str) -> None:
    assert is_po_box(line)
    assert not is_po_box("12 Boxwood Lane")
