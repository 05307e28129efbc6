"""Invented reports are reproducible, rich, and of people who cannot exist."""

from datetime import date

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator import EVERY_ERROR, base_scores, generate, invent, write
from infrastructure.sandbox.report_generator.plants import Planted

AS_OF = date(2026, 1, 5)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    assert generate(5, AS_OF) == generate(5, AS_OF)
    assert generate(5, AS_OF).raw != generate(6, AS_OF).raw


@pytest.mark.parametrize("seed", range(6))
def test_a_report_is_as_rich_as_a_real_one(seed):
    report = parse(generate(seed, AS_OF).raw)
    assert len(report.tradelines) >= 20
    assert {section.bureau for section in report.sections if section.present} == set(Bureau)
    assert len({section.score for section in report.sections}) == 3
    assert max(len(row.history) for row in report.rows()) >= 48
    assert report.inquiries
    assert len(report.public_records) == 3
    assert {len(section.addresses) >= 2 for section in report.personal} == {True}
    assert report.refused == {}
    for section in report.personal:
        assert all(ssn[0] == "9" for ssn in section.ssns)


def test_a_plan_puts_errors_where_it_says():
    planned = generate(5, AS_OF, errors={"D19": tuple(Bureau), "D27": (Bureau.EXPERIAN,)})
    places = {(error.detector, error.bureaus) for error in planned.planted}
    assert places == {("D19", (bureau,)) for bureau in Bureau} | {("D27", (Bureau.EXPERIAN,))}


def test_an_unknown_error_is_refused():
    with pytest.raises(ValueError, match="no such error: D98"):
        generate(5, AS_OF, errors={"D98": None})


def test_a_bureau_may_stay_silent():
    generated = generate(5, AS_OF, ReportFormat.TRUELINK_IDENTITYIQ, EVERY_ERROR, (Bureau.EQUIFAX, Bureau.TRANSUNION))
    silent = parse(generated.raw).section(Bureau.EXPERIAN)
    assert (silent.present, silent.tradeline_count) == (False, 0)
    assert all(Bureau.EXPERIAN not in error.bureaus for error in generated.planted)


@pytest.mark.parametrize("count", [5, 17, 60, 80])
def test_a_report_has_as_many_tradelines_as_asked_for(count):
    for seed in range(4):
        generated = generate(seed, AS_OF, errors={}, tradelines=count)
        report = parse(generated.raw)
        assert len(report.tradelines) == count
        assert all(section.tradeline_count > 0 for section in report.sections)
        assert generated == generate(seed, AS_OF, errors={}, tradelines=count)


def test_court_records_and_inquiries_are_there_or_not():
    reports = [parse(generate(seed, AS_OF, errors={}, tradelines=8).raw) for seed in range(60)]
    assert {bool(report.public_records) for report in reports} == {True, False}
    assert {bool(report.inquiries) for report in reports} == {True, False}
    assert {inquiry.kind for report in reports for inquiry in report.inquiries} == {"I", "Account review"}
    ssns = {section.ssns[0][:3] for report in reports for section in report.personal}
    assert ssns >= {"000", "666"}
    assert all(area in ("000", "666") or area[0] == "9" for area in ssns)


def test_what_a_plant_implies_is_told_as_implied():
    draft, _ = invent(7, AS_OF, {})
    account = draft.accounts[0]
    bureaus = tuple(sorted(account.columns))[:2]
    told = [Planted("D17", account, bureaus[:1], implied=(("D09", bureaus), ("D09", bureaus[:1]), ("D30", bureaus)))]
    truth = write(draft, told, AS_OF, ReportFormat.TRUELINK_CAMEL, base_scores(draft, tuple(Bureau))).planted
    assert [(error.detector, error.group, error.bureaus, error.implied) for error in truth] == [
        ("D17", "1", bureaus[:1], False),
        ("D09", "1", bureaus, True),
        ("D30", "1", bureaus[:1], True),
        ("D30", "1", bureaus[1:], True),
    ]
