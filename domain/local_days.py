"""Which day it is where a consumer lives.

A letter carries the day its writer's own calendar shows, told from the state of the address by the table below.
Where a state has two zones the table names the western one, whose day changes last: in the eastern part a letter
may carry yesterday's date for an hour after midnight, but none is ever dated tomorrow. An address of the armed
forces does not tell where on the world it is; the last of the states to change its day, Hawaii, stands in for it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from domain.kernel import Value

ZONES_VERSION: Final = 1
"""Raise it whenever the table changes: a letter keeps the version its date was told by."""

_STATES_BY_ZONE: Final = {
    "America/Puerto_Rico": "PR VI",
    "America/New_York": "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Chicago": "AL AR FL IA IL IN KY LA MI MN MO MS OK TN WI",
    "America/Denver": "CO KS MT ND NE NM SD TX UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA ID NV OR WA",
    "America/Adak": "AK",
    "Pacific/Honolulu": "HI AA AE AP",
    "Pacific/Pago_Pago": "AS",
    "Pacific/Palau": "PW",
    "Pacific/Guam": "GU MP",
    "Pacific/Chuuk": "FM",
    "Pacific/Majuro": "MH",
}
ZONES: Final = {state: zone for zone, states in _STATES_BY_ZONE.items() for state in states.split()}
"""The time zone of each state of the Postal Service; the western one where there are two."""


class LocalDay(Value):
    """A day on a consumer's calendar, and the version of the table that told it."""

    on: date
    zones_version: int = ZONES_VERSION


def local_day(at: datetime, state: str) -> LocalDay:
    """The day it is at `at` in the state."""
    return LocalDay(on=at.astimezone(ZoneInfo(ZONES[state])).date())


def first_instant(day: date, state: str) -> datetime:
    """When `day` begins in the state."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(ZONES[state])).astimezone(UTC)
