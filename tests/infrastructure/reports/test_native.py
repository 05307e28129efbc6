"""A bureau's own report speaks for that bureau alone."""

from datetime import date
from uuid import uuid4

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import PaymentLevel, PersonName, ReportFormat
from domain.partial_dates import PartialDate
from domain.reconciliation import DisputedItem, Outcome, Rule, completeness, reconcile
from infrastructure.reports import UnreadableReport, equifax, experian, native, transunion
from infrastructure.reports.cursor import Tally
from infrastructure.sandbox.report_generator import generate
from tests.support.native import AS_OF, cursor
from tests.support.reports import day, row

PARSERS = {
    ReportFormat.EQUIFAX_JSON: (equifax.parse, Bureau.EQUIFAX),
    ReportFormat.TRANSUNION_XML: (transunion.parse, Bureau.TRANSUNION),
    ReportFormat.EXPERIAN_JSON: (experian.parse, Bureau.EXPERIAN),
}


@pytest.mark.parametrize("encoding", PARSERS)
def test_only_its_own_section_passes_the_completeness_gate(encoding):
    parse, own = PARSERS[encoding]
    report = parse(generate(3, AS_OF, encoding).raw)
    gates = completeness(report, {bureau: report.section(own).tradeline_count for bureau in Bureau})
    assert {bureau for bureau, gate in gates.items() if gate.complete} == {own}
    assert all(gates[other].missing == ("section", "borrower", "score", "tradelines") for other in set(Bureau) - {own})


@pytest.mark.parametrize("encoding", PARSERS)
def test_a_dispute_with_another_bureau_is_settled_by_nothing_in_it(encoding):
    parse, own = PARSERS[encoding]
    gates = completeness(parse(generate(3, AS_OF, encoding).raw), {})
    for bureau in Bureau:
        disputed = DisputedItem(tradeline_id=uuid4(), bureau=bureau, received_on=date(2025, 11, 1))
        found = reconcile(disputed, row(bureau), None, gates[bureau], AS_OF)
        expected = Outcome.DELETED if bureau is own else Outcome.INDETERMINATE
        assert (found.outcome, found.settles) == (expected, bureau is own)
        assert (found.rule is Rule.INCOMPLETE) == (bureau is not own)


@pytest.mark.parametrize("encoding", PARSERS)
def test_a_bureau_without_a_file_has_no_section_either(encoding):
    parse, own = PARSERS[encoding]
    report = parse(generate(3, AS_OF, encoding, bureaus=tuple(set(Bureau) - {own})).raw)
    assert [section.present for section in report.sections] == [False, False, False]
    assert (report.tradelines, report.personal, report.pulled_on) == ((), (), AS_OF)


def test_one_file_of_one_person_or_none():
    one, two = cursor({"a": {"b": "1"}}).children("a"), cursor({"a": [{"b": "1"}, {"b": "2"}]}).children("a")
    assert native.the_one(one, "/a", "one").text("b") == "1"
    for found in ([], two):
        with pytest.raises(UnreadableReport, match="expected one"):
            native.the_one(found, "/a", "one")


@pytest.mark.parametrize(("number", "score"), [(650, 650), (None, None), (0, None), (9001, None), (4, None)])
def test_a_reason_for_not_scoring_is_no_score(number, score):
    assert native.as_score(number) == score


def test_absent_is_not_zero_and_a_word_for_nothing_is_absent():
    printed: dict[str, str] = {}
    fields = native.read_money(
        cursor({"paid": "000000000", "owed": "000016015", "limit": "UNKNOWN"}),
        {"paid": "paid", "owed": "owed", "limit": "limit", "late": "late"},
        printed,
        frozenset({"UNKNOWN"}),
    )
    assert fields == {"paid": 0, "owed": 16015_00, "limit": None, "late": None}
    assert printed == {"paid": "000000000", "owed": "000016015"}


def test_counts_and_dates_are_noted_as_printed():
    printed: dict[str, str] = {}
    there = cursor({"n": "07", "d": "03002019"})
    assert native.read_counts(there, {"late_30": "n", "late_60": "m"}, printed) == {"late_30": 7, "late_60": None}
    assert native.read_dates(there, {"opened": "d"}, printed) == {"opened": day("2019-03")}
    assert printed == {"late_30": "07", "opened": "03002019"}


def test_a_grid_goes_back_from_its_month_over_the_turn_of_the_year():
    newest = native.month_of(day("2026-01"), "/d")
    cells = native.grid(newest, ["C", None, "?", "1"], {"C": PaymentLevel.CURRENT, "1": PaymentLevel.LATE_30})
    assert [(cell.month, cell.level) for cell in cells] == [
        ("2026-01", PaymentLevel.CURRENT),
        ("2025-11", PaymentLevel.NOT_REPORTED),
        ("2025-10", PaymentLevel.LATE_30),
    ]


@pytest.mark.parametrize("found", [None, PartialDate(year=2020)])
def test_a_history_without_its_month_is_refused(found):
    with pytest.raises(UnreadableReport) as refusal:
        native.month_of(found, "/trade/dateReported")
    assert refusal.value.place == "/trade/dateReported"


@pytest.mark.parametrize("printed", ["CC CC", "C" * 241, "Cé"])
def test_a_gap_in_a_history_is_refused_since_every_later_month_would_move(printed):
    with pytest.raises(UnreadableReport, match="one sign for each"):
        native.signs(cursor({"h": printed}), "h")


def test_numbers_get_back_the_zeros_they_lost():
    assert [native.plain_ssn(text) for text in ("12345678", "900-12-3456", None, "xxxxx1234")] == [
        "012345678", "900123456", None, "XXXXX1234",
    ]  # fmt: skip
    assert [native.full_zip(text) for text in ("8608", "086081234", None)] == ["08608", "086081234", None]


def test_account_numbers_are_masked_like_everywhere():
    assert native.numbered(cursor({"n": "906344321"}), "n") == {
        "account_number": "906344321",
        "account_masked": "****4321",
    }


def test_each_fact_about_the_person_is_kept_once():
    name = native.named("AVERY", None, "HOLLIS", None, kind="primary")
    person = native.person(Bureau.EQUIFAX, names=[*name, *name], ssns=["1", None, "1"])
    assert person.names == (PersonName(first="AVERY", last="HOLLIS", kind="primary"),)
    assert person.ssns == ("1",)
    assert native.named(None, "Q", None, None, kind=None) == []


def test_an_endless_list_of_accounts_is_refused_and_empty_rows_do_not_count():
    def of(accounts):
        return native.single_bureau(
            Bureau.EQUIFAX,
            ReportFormat.EQUIFAX_JSON,
            1,
            AS_OF,
            accounts,
            native.person(Bureau.EQUIFAX),
            None,
        )

    assert of([{"creditor_name": "GHOST"}]).section(Bureau.EQUIFAX).tradeline_count == 0
    with pytest.raises(UnreadableReport, match="at most 5000 tradelines"):
        of([{}] * 5_001)
    tally = Tally()
    tally.read, tally.ignored = 3, 2
    assert native.tallied(of([]), tally).unknown.model_dump() == {"read": 3, "ignored": 2}


def test_a_report_is_of_the_day_it_says_or_else_of_the_day_given():
    monday, tuesday = date(2026, 1, 5), date(2026, 1, 6)
    assert native.pulled_on(monday, tuesday, date.max, "/d", "a day") == monday
    assert native.pulled_on(None, tuesday, tuesday, "/d", "a day") == tuesday
    for says, latest, expected in ((None, date.max, "a day"), (tuesday, monday, "a day that has come")):
        with pytest.raises(UnreadableReport) as refusal:
            native.pulled_on(says, None, latest, "/d", expected)
        assert (refusal.value.place, refusal.value.expected) == ("/d", expected)


def test_the_first_result_that_is_a_score_counts():
    models = cursor({"m": [{"score": "9002"}, {"score": "0655"}, {"score": "700"}]}).children("m")
    assert native.first_score(models) == 655
    assert native.first_score([]) is None


def test_employers_and_inquiries_are_read_by_the_sources_own_names():
    source = cursor(
        {
            "e": [{"n": "ACME", "d": "01052025"}, {"d": "01052025"}],
            "i": {"who": "BANK", "no": "12", "on": "06302025", "type": "A", "kob": "BB"},
        }
    )
    known, unnamed = native.employers(source.children("e"), "n", "d")
    assert (known.name, known.reported, unnamed) == ("ACME", day("2025-01-05"), None)
    names = {"subscriber_name": "who", "subscriber_code": "no", "inquired_on": "on", "industry": "kob"}
    (inquiry,) = native.inquiries(Bureau.EQUIFAX, source.children("i"), names)
    assert (inquiry.bureau, inquiry.subscriber_name, inquiry.subscriber_code) == (Bureau.EQUIFAX, "BANK", "12")
    assert (inquiry.inquired_on, inquiry.kind, inquiry.industry, inquiry.hard) == (day("2025-06-30"), "A", "BB", None)
