"""The day where a consumer lives: never tomorrow, whatever part of their state they live in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.addresses import STATES
from domain.local_days import ZONES, ZONES_VERSION, first_instant, local_day

EVENING = datetime(2026, 1, 6, 2, 30, tzinfo=UTC)
EASTERN_PARTS = {
    "FL": "America/New_York", "MI": "America/Detroit", "IN": "America/Indiana/Indianapolis",
    "KY": "America/Kentucky/Louisville", "TN": "America/New_York", "TX": "America/Chicago", "KS": "America/Chicago",
    "NE": "America/Chicago", "ND": "America/Chicago", "SD": "America/Chicago", "ID": "America/Boise",
    "OR": "America/Boise", "NV": "America/Denver", "AK": "America/Anchorage", "AZ": "America/Denver",
}  # fmt: skip
"""The other zone of states that have two."""


def test_every_state_of_the_postal_service_has_a_zone() -> None:
    assert ZONES.keys() == STATES


@pytest.mark.parametrize("state", ["NY", "OH", "TX", "ID", "CA", "AK", "HI"])
def test_an_evening_in_the_states_is_not_tomorrow(state: str) -> None:
    told = local_day(EVENING, state)
    assert (told.on, told.zones_version) == (date(2026, 1, 5), ZONES_VERSION)


def test_it_is_tomorrow_already_across_the_date_line_only() -> None:
    assert {state for state in STATES if local_day(EVENING, state).on == date(2026, 1, 6)} == {
        "GU", "MP", "PW", "FM", "MH",
    }  # fmt: skip


@given(hours=st.integers(0, 17_000), state=st.sampled_from(sorted(EASTERN_PARTS)))
def test_where_a_state_has_two_zones_the_later_day_safe_one_is_taken(hours: int, state: str) -> None:
    instant = EVENING + timedelta(hours=hours)
    eastern = instant.astimezone(ZoneInfo(EASTERN_PARTS[state])).date()
    assert eastern - timedelta(days=1) <= local_day(instant, state).on <= eastern


@given(day=st.dates(date(2026, 1, 1), date(2027, 12, 31)), state=st.sampled_from(sorted(STATES)))
def test_a_day_begins_when_it_is_first_told(day: date, state: str) -> None:
    begins = first_instant(day, state)
    assert local_day(begins, state).on == day
    assert local_day(begins - timedelta(seconds=1), state).on == day - timedelta(days=1)
