"""Statutory arithmetic: when an answer is due, and when its absence may be held against anyone.

Rule ids R01, R02, R05 and R06 stand for 15 U.S.C. 1681i(a)(1)(A), (a)(1)(B)-(C), (a)(3) and (a)(6); R03 for
1681j(a)(3).
Day 0 is the recipient's local date of receipt; the last day of a period is included.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar

from domain.kernel import Invalid, Value

RULES_VERSION = "rules-v1"
CALENDAR_VERSION = "us-federal-v1"
MAIL_FLOAT_BUSINESS_DAYS = 5
"""Days we allow a posted answer to travel before we call it missing."""


class Rule(StrEnum):
    """A rule of the clock table."""

    REINVESTIGATION = "R01"
    EXTENSION = "R02"
    FREE_ANNUAL_REPORT = "R03"
    FRIVOLOUS_NOTICE = "R05"
    RESULTS_NOTICE = "R06"
    MAIL_FLOAT = "mail_float"


class ReceiptBasis(StrEnum):
    """How we know when the recipient received the letter; only `proven` supports a breach claim."""

    PROVEN = "proven"
    PRESUMED = "presumed"
    UNKNOWN = "unknown"


class ReceiptNotProven(Invalid):
    """A breach may be asserted only from a proven receipt."""

    code = "receipt_not_proven"


class ComputedDate(Value):
    """A date with everything needed to compute it again years later."""

    on: date
    rule: Rule
    rules_version: str
    calendar_version: str
    inputs: dict[str, str]


class Deadlines(Value):
    """The dates one receipt sets going.

    `statutory_due`: the reinvestigation must be finished. `results_due`: its written result must have
    been sent. `breach_assertable_on`: the earliest day after which silence may be called a breach.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("statutory_due", "results_due", "breach_assertable_on")

    statutory_due: ComputedDate
    results_due: ComputedDate
    breach_assertable_on: ComputedDate


def federal_holidays(year: int) -> frozenset[date]:
    """The eleven public holidays of 5 U.S.C. 6103 that fall or are observed in `year`."""
    return _holidays(year)


@lru_cache(maxsize=256)
def _holidays(year: int) -> frozenset[date]:
    days: set[date] = set()
    for y in (year, year + 1):
        fixed = [date(y, 1, 1), date(y, 7, 4), date(y, 11, 11), date(y, 12, 25)]
        if y >= 2021:
            fixed.append(date(y, 6, 19))
        days.update(fixed)
        days.update(_observed(day) for day in fixed)
        days.update(
            {
                _nth_weekday(y, 1, 0, 3),
                _nth_weekday(y, 2, 0, 3),
                _last_monday_of_may(y),
                _nth_weekday(y, 9, 0, 1),
                _nth_weekday(y, 10, 0, 2),
                _nth_weekday(y, 11, 3, 4),
            }
        )
    return frozenset(day for day in days if day.year == year)


def _observed(day: date) -> date:
    if day.weekday() == 5:
        return day - timedelta(days=1)
    if day.weekday() == 6:
        return day + timedelta(days=1)
    return day


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def is_business_day(day: date) -> bool:
    """Monday to Friday and no federal holiday, in the calendar named by `CALENDAR_VERSION`."""
    return day.weekday() < 5 and day not in _holidays(day.year)


def add_business_days(start: date, days: int) -> date:
    """The `days`-th business day after `start`; `start` itself is never counted."""
    if days < 0:
        raise Invalid("business days are counted forward: give a number that is not negative")
    day = start
    while days:
        day += timedelta(days=1)
        days -= is_business_day(day)
    return day


def next_business_day(day: date) -> date:
    """`day` itself when it is a business day, else the first one after it."""
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


def reinvestigation(
    received_on: date, information_sent_on: date | None = None, *, free_annual: bool = False
) -> Deadlines:
    """The dates that a receipt on `received_on` sets going (R01, R06).

    Relevant information sent by the consumer inside the 30 days may extend the period once, by
    15 days at most (R02); sent outside them it changes nothing. We then assume the longer period,
    since nobody may be accused by the shorter one. A dispute made on a free copy from the centralized
    source (`free_annual`) has 45 days from the start, in place of both (R03).
    """
    thirty = received_on + timedelta(days=30)
    inputs = {"received_on": received_on.isoformat()}
    if free_annual:
        statutory = _computed(received_on + timedelta(days=45), Rule.FREE_ANNUAL_REPORT, inputs)
    elif information_sent_on is not None and received_on <= information_sent_on <= thirty:
        inputs["information_sent_on"] = information_sent_on.isoformat()
        statutory = _computed(received_on + timedelta(days=45), Rule.EXTENSION, inputs)
    else:
        statutory = _computed(thirty, Rule.REINVESTIGATION, inputs)
    results = add_business_days(statutory.on, 5)
    assertable = add_business_days(results, MAIL_FLOAT_BUSINESS_DAYS)
    return Deadlines(
        statutory_due=statutory,
        results_due=_computed(results, Rule.RESULTS_NOTICE, {"statutory_due": statutory.on.isoformat()}),
        breach_assertable_on=_computed(assertable, Rule.MAIL_FLOAT, {"results_due": results.isoformat()}),
    )


def frivolous_notice_due(determined_on: date) -> ComputedDate:
    """When the notice of a frivolous determination must have been sent (R05)."""
    return _computed(
        add_business_days(determined_on, 5), Rule.FRIVOLOUS_NOTICE, {"determined_on": determined_on.isoformat()}
    )


def breach_assertable(deadlines: Deadlines, basis: ReceiptBasis, today: date) -> bool:
    """Whether silence may be called a breach today: the day has passed and the receipt is proven."""
    return basis is ReceiptBasis.PROVEN and today > deadlines.breach_assertable_on.on


def _computed(on: date, rule: Rule, inputs: dict[str, str]) -> ComputedDate:
    return ComputedDate(
        on=on, rule=rule, rules_version=RULES_VERSION, calendar_version=CALENDAR_VERSION, inputs=inputs
    )
