"""Whose row is whose across pulls, and what a bureau still shows."""

from datetime import date

from domain.bureaus import Bureau
from domain.credit_files import CreditFile
from tests.support.cases import FIRST_PULL, everywhere, report
from tests.support.histories import CONSUMER_ID, NOON, TENANT_ID, uid


def opened() -> CreditFile:
    return CreditFile.open(CreditFile.identity(TENANT_ID, CONSUMER_ID), NOON, CONSUMER_ID)


def test_the_same_account_keeps_its_id_from_pull_to_pull() -> None:
    made = opened()
    first = made.match_pull(uid("1"), FIRST_PULL, NOON)
    second = made.match_pull(uid("2"), report(date(2026, 2, 1), everywhere("22"), everywhere("21")), NOON)
    assert second.tradeline_ids["experian-22"] == first.tradeline_ids["experian-22"]
    assert len(set(first.tradeline_ids.values())) == 4
    assert (made.report_ids, made.owner_id) == ([uid("1"), uid("2")], CONSUMER_ID)


def test_a_thin_section_is_not_believed_about_what_it_leaves_out() -> None:
    made = opened()
    made.match_pull(uid("1"), FIRST_PULL, NOON)
    thin = made.match_pull(uid("2"), report(date(2026, 2, 1), everywhere("21")), NOON)
    assert not any(gate.complete for gate in thin.gates)
    assert made.counts == dict.fromkeys(Bureau, 4)


def test_what_the_newest_complete_report_leaves_out_is_reported_no_more() -> None:
    made = opened()
    first = made.match_pull(uid("1"), FIRST_PULL, NOON)
    gone, kept = first.tradeline_ids["experian-23"], first.tradeline_ids["experian-22"]
    later = report(date(2026, 2, 1), everywhere("21"), everywhere("22"), everywhere("24"))
    made.match_pull(uid("2"), later, NOON)
    assert made.still_reports(kept, Bureau.EXPERIAN)
    assert not made.still_reports(gone, Bureau.EXPERIAN)


def test_a_thin_report_or_an_older_one_takes_nothing_away() -> None:
    made = opened()
    first = made.match_pull(uid("1"), FIRST_PULL, NOON)
    made.match_pull(uid("2"), report(date(2026, 2, 1), everywhere("21")), NOON)
    made.match_pull(uid("3"), report(date(2025, 12, 1), everywhere("21"), everywhere("22"), everywhere("24")), NOON)
    assert made.still_reports(first.tradeline_ids["experian-23"], Bureau.EXPERIAN)


def test_the_pull_before_a_day_is_the_newest_older_one_in_whatever_order_they_came() -> None:
    made = opened()
    for what, pulled_on in (("1", date(2026, 1, 5)), ("2", date(2026, 3, 1)), ("3", date(2026, 2, 1))):
        made.match_pull(uid(what), report(pulled_on, everywhere("21")), NOON)
    days = [date(2026, 1, 5), date(2026, 1, 6), date(2026, 2, 2), date(2026, 3, 2)]
    assert [made.pull_before(day) for day in days] == [None, uid("1"), uid("3"), uid("2")]


def test_of_two_pulls_of_one_day_the_later_brought_is_compared_with() -> None:
    made = opened()
    for what in ("2", "1"):
        made.match_pull(uid(what), report(date(2026, 1, 5), everywhere("21")), NOON)
    assert made.pull_before(date(2026, 2, 1)) == uid("1")
