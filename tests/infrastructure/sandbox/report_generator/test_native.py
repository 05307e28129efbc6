"""What a bureau's own report can hold of a draft."""

from datetime import date

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from domain.findings import detect
from infrastructure.reports import equifax, experian, transunion
from infrastructure.sandbox.report_generator import generate, invent
from infrastructure.sandbox.report_generator.accounts import Column
from infrastructure.sandbox.report_generator.native import (
    LOST,
    NATIVE,
    answering,
    columns_of,
    digits,
    groups_of,
    laid_out,
    present,
    type_code,
)

AS_OF = date(2026, 1, 5)
PARSERS = {
    ReportFormat.EQUIFAX_JSON: equifax.parse,
    ReportFormat.TRANSUNION_XML: transunion.parse,
    ReportFormat.EXPERIAN_JSON: experian.parse,
}


def column(history: list[tuple[date, str]], words: str = "Credit card") -> Column:
    return Column("A", "1", "H", AS_OF, AS_OF, 1, 2, "R", words, history=history)


def test_each_native_format_is_one_bureaus():
    assert set(NATIVE.values()) == set(Bureau)
    scores = dict.fromkeys(Bureau, 650)
    for encoding, bureau in NATIVE.items():
        assert answering(encoding, scores) == {bureau: 650}
        assert answering(encoding, {}) == {}
    assert answering(ReportFormat.TRUELINK_CAMEL, scores) == scores


@pytest.mark.parametrize("encoding", NATIVE)
def test_the_truth_about_a_native_report_is_what_can_be_seen_in_it(encoding):
    for seed in range(6):
        generated = generate(seed, AS_OF, encoding)
        seen = detect(PARSERS[encoding](generated.raw), AS_OF, generated.profile)
        found = {(finding.detector, finding.group, finding.bureaus) for finding in seen}
        planted = {(error.detector, error.group, error.bureaus) for error in generated.planted}
        assert planted
        assert planted <= found
        assert {bureaus for _, _, bureaus in planted} == {(NATIVE[encoding],)}
        assert not {detector for detector, _, _ in planted} & LOST[encoding]


@pytest.mark.parametrize("encoding", NATIVE)
def test_a_clean_native_report_accuses_nobody(encoding):
    for seed in range(6):
        generated = generate(seed, AS_OF, encoding, {})
        seen = detect(PARSERS[encoding](generated.raw), AS_OF, generated.profile)
        assert all(finding.informational for finding in seen)
        silent = {bureau for finding in seen if finding.detector == "D49" for bureau in finding.bureaus}
        assert silent == set(Bureau) - {NATIVE[encoding]}


def test_collections_come_last_where_the_format_keeps_them_apart():
    draft, _ = invent(3, AS_OF, {})
    own = [account for account in draft.accounts if Bureau.EQUIFAX in account.columns]
    numbers = groups_of(draft, ReportFormat.EQUIFAX_JSON)
    assert sorted(map(int, numbers.values())) == list(range(1, len(own) + 1))
    last = [account for account in own if numbers[id(account)] == str(len(own))]
    assert last[0].kind == "collection"
    assert len(groups_of(draft, ReportFormat.TRUELINK_CAMEL)) == len(draft.accounts)
    assert len(columns_of(draft, Bureau.EQUIFAX)) == len(own)


def test_a_grid_is_laid_out_from_its_newest_month():
    history = [(date(2026, 2, 1), "C"), (date(2025, 12, 1), "1"), (date(2025, 10, 1), "?"), (date(2020, 1, 1), "C")]
    assert laid_out(column(history), date(2026, 1, 1), {"C": "C", "1": "2"}, "-", 24) == "-2--"
    assert laid_out(column([]), date(2026, 1, 1), {}, "-", 24) == ""


def test_dates_of_digits():
    assert (digits(AS_OF), digits(AS_OF, month_only=True), digits(None)) == ("01052026", "01002026", None)


def test_types_and_what_is_left_out():
    assert (type_code(column([], "Credit card")), type_code(column([], "Anything"))) == ("18", "18")
    assert present({"a": None, "b": [], "c": 0}) == {"c": 0}
