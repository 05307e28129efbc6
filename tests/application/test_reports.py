"""Reports are archived before they are read, once for the same bytes, whatever happens in between."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from application.consumers import RegisterConsumer, WithdrawConsent
from application.kernel import canonical
from application.reports import ImportReport, UnreadableReport
from domain.bureaus import Bureau
from domain.consumers import ConsentKind, ConsentMissing
from domain.credit_files import CreditFile
from domain.kernel import Invalid, NotFound, Role
from domain.partial_dates import PartialDate
from domain.reports import Report, ReportStatus
from tests.support.cases import FIRST_PULL, PROFILE, Case, everywhere, report
from tests.support.floor import Crash
from tests.support.scenarios import Then, when
from tests.support.world import START, World

RAW = b'{"pull": 1}'


@pytest.fixture
def case() -> Case:
    made = Case(World())
    made.world.reader.reports[RAW] = FIRST_PULL
    return made


def bring(case: Case, raw: bytes = RAW) -> Then:
    return when(case.world, ImportReport(consumer_id=case.consumer_id, content=raw), Role.CONSUMER, case.consumer_id)


def test_a_report_is_archived_matched_read_and_searched(case: Case) -> None:
    then = bring(case)
    assert set(then.kinds) == {
        Report.Archived, CreditFile.Opened, CreditFile.PullMatched, Report.Parsed, Report.FindingsMade,
    }  # fmt: skip
    assert then.answer["tradelines"] == 4
    assert RAW in case.world.store.objects.values()


def test_the_same_bytes_again_make_nothing_new(case: Case) -> None:
    first, second = bring(case), bring(case)
    assert second.kinds == []
    assert second.answer == first.answer


def test_the_same_bytes_at_once_are_one_report(case: Case) -> None:
    case.world.log.before_append.append(lambda: bring(case))
    then = bring(case)
    assert then.answer["tradelines"] == 4
    assert [len(x.report_ids) for x in case.world.all(CreditFile)] == [1]


@pytest.mark.parametrize("append", [1, 2])
def test_a_crash_in_between_is_healed_by_bringing_the_report_again(case: Case, append: int) -> None:
    def crash() -> None:
        raise Crash

    def strike() -> None:
        if append == 1:
            crash()
        case.world.log.before_append.append(crash)

    case.world.log.before_append.append(strike)
    with pytest.raises(Crash):
        bring(case)
    assert len(case.world.all(Report)) == append - 1
    assert bring(case).answer["tradelines"] == 4
    assert [r.status for r in case.world.all(Report)] == [ReportStatus.PARSED]


def test_a_report_that_cannot_be_read_stays_archived_and_says_where(case: Case) -> None:
    case.world.reader.reports[b"bad"] = Invalid("this is no report we know", place="/root")
    for _ in range(2):
        with pytest.raises(UnreadableReport) as refusal:
            bring(case, b"bad")
        assert (refusal.value.code, refusal.value.context["place"]) == ("unreadable_report", "/root")
    (kept,) = case.world.all(Report)
    assert (kept.status, str(kept.id)) == (ReportStatus.REFUSED, refusal.value.context["report_id"])
    assert b"bad" in case.world.store.objects.values()


def test_two_different_reports_at_once_are_matched_one_after_the_other(case: Case) -> None:
    other = canonical({"pull": 2})
    case.world.reader.reports[other] = FIRST_PULL
    bring(case)
    third = canonical({"pull": 3})
    case.world.reader.reports[third] = FIRST_PULL
    case.world.log.before_append.append(lambda: case.world.log.before_append.append(lambda: bring(case, third)))
    bring(case, other)
    (file,) = case.world.all(CreditFile)
    assert (len(file.report_ids), len(file.tradeline_ids)) == (3, 4)


def test_without_consent_nothing_is_kept(case: Case) -> None:
    case.as_consumer(WithdrawConsent(consumer_id=case.consumer_id, kind=ConsentKind.REPORT_IMPORT))
    with pytest.raises(ConsentMissing):
        bring(case)
    assert case.world.store.objects == {}


def test_a_report_for_somebody_else_is_refused_as_absent(case: Case) -> None:
    other = when(case.world, RegisterConsumer(profile=PROFILE), Role.OPERATOR).answer["consumer_id"]
    for consumer_id in (other, uuid4()):
        with pytest.raises(NotFound):
            when(
                case.world, ImportReport(consumer_id=consumer_id, content=RAW), Role.CONSUMER, case.consumer_id
            )


def test_a_report_is_compared_with_the_newest_pull_before_it(case: Case) -> None:
    pulls = {b"1": (date(2025, 1, 5), 9), b"2": (date(2025, 12, 5), 3), b"3": (date(2026, 1, 5), 6)}
    for raw, (pulled_on, began) in pulls.items():
        late = {"first_delinquency": PartialDate(year=2024, month=began)}
        case.world.reader.reports[raw] = report(pulled_on, everywhere("21", **late), everywhere("22"))
        bring(case, raw)
    reaged = {
        made.pulled_on: {finding.bureaus for finding in made.findings if finding.detector == "D04"}
        for made in case.world.all(Report)
    }
    assert reaged == {date(2025, 1, 5): set(), date(2025, 12, 5): set(), date(2026, 1, 5): {(b,) for b in Bureau}}


def test_an_older_report_brought_later_is_not_compared_with_a_newer_one(case: Case) -> None:
    for raw, pulled_on, began in ((b"new", date(2026, 1, 5), 3), (b"old", date(2025, 12, 5), 6)):
        late = {"first_delinquency": PartialDate(year=2024, month=began)}
        case.world.reader.reports[raw] = report(pulled_on, everywhere("21", **late), everywhere("22"))
        bring(case, raw)
    assert [f.detector for made in case.world.all(Report) for f in made.findings if f.detector == "D04"] == []


@pytest.mark.parametrize("in_a_section", [False, True])
def test_a_report_of_a_day_to_come_is_refused_until_that_day(case: Case, in_a_section: bool) -> None:
    day = {"pulled_on": date(2026, 1, 7)}
    first, *others = FIRST_PULL.sections
    late = {"sections": (first.model_copy(update=day), *others)} if in_a_section else day
    case.world.reader.reports[b"late"] = FIRST_PULL.model_copy(update=late)
    with pytest.raises(UnreadableReport) as refusal:
        bring(case, b"late")
    assert refusal.value.context["place"] == "/pulled_on"
    assert case.world.all(CreditFile) == []
    case.world.clock.advance(case.world.tenant_id, START + timedelta(days=1))
    assert bring(case, b"late").answer["tradelines"] == 4


def test_a_section_much_thinner_than_the_one_before_is_told(case: Case) -> None:
    bring(case)
    case.world.reader.reports[b"thin"] = report(date(2026, 1, 6), everywhere("21"), everywhere("24"))
    thin = case.world.get(Report, bring(case, b"thin").answer["report_id"])
    assert {f.bureaus for f in thin.findings if f.detector == "D49"} == {(bureau,) for bureau in Bureau}


def test_a_free_annual_copy_is_told_once_and_may_be_told_later(case: Case) -> None:
    told = ImportReport(consumer_id=case.consumer_id, content=RAW, free_annual=True)
    report_id = bring(case).answer["report_id"]
    assert case.world.get(Report, report_id).free_annual is False
    later = when(case.world, told, Role.CONSUMER, case.consumer_id)
    assert (later.kinds, later.answer["report_id"]) == ([Report.NotedFreeAnnual], report_id)
    assert when(case.world, told, Role.CONSUMER, case.consumer_id).kinds == []
    assert bring(case).kinds == []
    assert case.world.get(Report, report_id).free_annual is True


def test_a_free_annual_copy_that_cannot_be_read_is_told_all_the_same(case: Case) -> None:
    case.world.reader.reports[b"bad"] = Invalid("this is no report we know", place="/root")
    told = ImportReport(consumer_id=case.consumer_id, content=b"bad", free_annual=True)
    with pytest.raises(UnreadableReport):
        when(case.world, told, Role.CONSUMER, case.consumer_id)
    (report,) = case.world.all(Report)
    assert (report.status, report.free_annual) == (ReportStatus.REFUSED, True)
