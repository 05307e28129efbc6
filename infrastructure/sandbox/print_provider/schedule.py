"""When a letter is where: a fixed itinerary for each letter, in the recipient's own time zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from domain.deadlines import is_business_day

OUTCOMES: Final = ("deliver", "pickup", "return", "re_route", "lose", "issue", "fail")
"""How a journey may go; `lose` ends in transit, `fail` ends before printing."""

_ZONES: Final[Mapping[str, str]] = {
    "America/Chicago": "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
}
_ZONE_OF: Final = {state: ZoneInfo(zone) for zone, states in _ZONES.items() for state in states.split()}
_EASTERN: Final = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Step:
    """One event of a letter. `name` is the carrier's word for a scan, None when it is not a scan."""

    type: str
    at: datetime
    name: str | None = None
    detail: str = ""
    description: str = ""
    action_required: bool = False


@dataclass(frozen=True)
class Journey:
    """What decides an itinerary. `accepted_at` is the provider's time."""

    letter_id: str
    accepted_at: datetime
    certified: bool
    state: str
    po_box: bool
    outcome: str = "deliver"


def itinerary(journey: Journey) -> tuple[Step, ...]:
    """All events of a letter in order, created first.

    Certified mail is delivered, to a box too. Ordinary mail to a box is last seen in the local area,
    as with the real carrier.
    """
    at_once = journey.accepted_at
    steps = [Step("letter.created", at_once)]
    if journey.outcome == "fail":
        return (*steps, Step("letter.failed", at_once))
    return (*steps, Step("letter.rendered_pdf", at_once), *_scans(journey))


def expected_delivery(accepted_at: datetime) -> date:
    """The forecast that is printed on the acceptance."""
    return _working_day(accepted_at.date(), 5)


def is_po_box(line: str) -> bool:
    """Whether a street line names a post office box."""
    return line.upper().replace(".", "").replace(" ", "").startswith(("POBOX", "BOX"))


def _scans(journey: Journey) -> Iterator[Step]:
    certified = journey.certified
    for days, hour, minute, kind, name, detail, description in _route(journey):
        yield Step(
            type=f"letter.certified.{kind}" if certified else f"letter.{kind}",
            at=_moment(journey, days, time(hour, minute)),
            name=name,
            detail=detail,
            description=description,
            action_required=detail in ("pickup_available", "package_lost", "notice_left"),
        )


def _route(journey: Journey) -> Iterator[tuple[int, int, int, str, str, str, str]]:
    yield 1, 18, 5, "mailed", "Mailed", "package_accepted", "Package has been accepted by the carrier."
    yield 2, 3, 40, "in_transit", "In Transit", "package_arrived", "Package has arrived at an intermediate location."
    if journey.outcome == "lose":
        if journey.certified:
            yield 12, 9, 0, "issue", "Issue", "package_lost", "Package has been lost."
        return
    if journey.outcome == "re_route":
        yield 3, 4, 30, "re-routed", "Re-Routed", "package_forwarded", "Package was forwarded."
    yield 3, 5, 55, "in_local_area", "In Local Area", "package_in_local_area", "Package is near its destination."
    if journey.outcome == "return":
        yield 9, 11, 20, "returned_to_sender", "Returned to Sender", "returned_to_sender", "Package goes back."
        return
    if journey.po_box and not journey.certified:
        return
    yield 4, 8, 20, "processed_for_delivery", "Processed for Delivery", "out_for_delivery", "Package is out."
    if journey.outcome == "issue" and journey.certified:
        yield 4, 12, 45, "issue", "Issue", "notice_left", "Carrier left a notice."
    if journey.outcome == "pickup" and journey.certified:
        yield 4, 10, 30, "pickup_available", "Pickup Available", "pickup_available", "Package can be picked up."
        yield 6, 14, 10, "delivered", "Delivered", "delivered", "Package has been delivered."
        return
    yield 4, 14, 10, "delivered", "Delivered", "delivered", "Package has been delivered."


def _moment(journey: Journey, days: int, clock: time) -> datetime:
    zone = _ZONE_OF.get(journey.state, _EASTERN)
    day = _working_day(journey.accepted_at.astimezone(zone).date(), days)
    second = sha256(journey.letter_id.encode()).digest()[0] % 60
    return datetime.combine(day, clock.replace(second=second), zone).astimezone(UTC)


def _working_day(start: date, days: int) -> date:
    day = start
    while days:
        day += timedelta(days=1)
        days -= is_business_day(day)
    return day
