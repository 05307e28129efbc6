"""Each planted error is found by its own detector and by no other, whether or not first delinquencies are printed."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.bureaus import Bureau
from domain.credit_files import CreditFile
from domain.credit_reports import ReportFormat, Tradeline
from domain.findings import detect
from domain.partial_dates import PartialDate
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator import (
    EVERY_ERROR,
    base_scores,
    generate,
    generate_pair,
    invent,
    profile_of,
    tell,
    write,
)
from infrastructure.sandbox.report_generator.plants_accounts import (
    BETWEEN_PULLS,
    PRINTED_ONLY,
    SINCE_THE_PULL_BEFORE,
    as_before,
)

AS_OF = date(2026, 1, 5)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
OURS = ("D04", "D05", "D06", "D07", "D08", "D14", "D16", "D18", "D23", "D24", "D28", "D29", "D47", "D48")
EVERYWHERE = tuple(Bureau)
SEEDS = st.integers(0, 10**6)
some_seeds = settings(max_examples=5, deadline=None)


def places(findings):
    return {(finding.detector, finding.group, finding.bureaus) for finding in findings}


def told(errors):
    return {(error.detector, error.group, error.bureaus) for error in errors}


def with_first_delinquencies(report, draft):
    """The report as a source would give it that prints the date of first delinquency."""

    def dated(row):
        day = draft.accounts[int(row.group) - 1].columns[row.bureau].first_delinquency
        return row.model_copy(update={"first_delinquency": day and PartialDate.of(day)})

    tradelines = tuple(
        Tradeline(group=one.group, bureau_tradelines=tuple(dated(row) for row in one.bureau_tradelines))
        for one in report.tradelines
    )
    return report.model_copy(update={"tradelines": tradelines})


def pulled(draft, planted, day, *, printed, follows=False):
    scores = base_scores(draft, EVERYWHERE)
    report = parse(write(draft, planted, day, ReportFormat.TRUELINK_CAMEL, scores, follows=follows).raw)
    return with_first_delinquencies(report, draft) if printed else report


@pytest.mark.parametrize("identifier", OURS)
@some_seeds
@given(seed=SEEDS)
def test_an_error_is_found_where_it_shows_and_nothing_else_is(identifier, seed):
    generated = generate(seed, AS_OF, errors={identifier: None})
    truth = told(generated.planted)
    assert bool(truth) == (identifier not in PRINTED_ONLY | SINCE_THE_PULL_BEFORE)
    assert places(detect(parse(generated.raw), AS_OF, generated.profile)) == truth


@pytest.mark.parametrize("identifier", sorted({*OURS} - SINCE_THE_PULL_BEFORE))
@some_seeds
@given(seed=SEEDS)
def test_with_printed_dates_every_error_is_found_and_nothing_else(identifier, seed):
    draft, planted = invent(seed, AS_OF, {identifier: None})
    truth = told(tell(draft, planted, base_scores(draft, EVERYWHERE)))
    assert truth
    assert places(detect(pulled(draft, planted, AS_OF, printed=True), AS_OF)) == truth


@some_seeds
@given(seed=SEEDS)
def test_a_clean_report_is_clean_with_printed_dates_too(seed):
    draft, planted = invent(seed, AS_OF, {})
    assert detect(pulled(draft, planted, AS_OF, printed=True), AS_OF) == []


@some_seeds
@given(seed=SEEDS)
def test_with_printed_dates_all_errors_together_are_found_and_nothing_else(seed):
    draft, planted = invent(seed, AS_OF, {identifier: None for identifier in EVERY_ERROR if identifier != "D04"})
    truth = told(tell(draft, planted, base_scores(draft, EVERYWHERE)))
    found = detect(pulled(draft, planted, AS_OF, printed=True), AS_OF, profile_of(draft.person))
    assert places(found) == truth


def beside(first, second):
    """The findings of a second report, its rows matched to the first's as imports match them."""
    file = CreditFile.open(UUID(int=1), NOON, UUID(int=2))
    then = file.match_pull(UUID(int=3), first, NOON).tradeline_ids
    now = file.match_pull(UUID(int=4), second, NOON).tradeline_ids
    rows = {(then[row.ref], row.bureau): row for row in first.rows() if row.ref in then}
    matched = {ref: (tradeline_id, bureau_of(second, ref)) for ref, tradeline_id in now.items()}
    earlier = {ref: rows[key] for ref, key in matched.items() if key in rows}
    return detect(second, AS_OF, previous=first, earlier=earlier)


def bureau_of(report, ref):
    return next(row.bureau for row in report.rows() if row.ref == ref)


@pytest.mark.parametrize("printed", [True, False])
@some_seeds
@given(seed=SEEDS)
def test_an_account_made_younger_since_the_pull_before_is_found_beside_it(printed, seed):
    draft, planted = invent(seed, AS_OF, {"D04": None})
    first = pulled(as_before(draft), [], AS_OF - BETWEEN_PULLS, printed=printed)
    second = pulled(draft, planted, AS_OF, printed=printed, follows=True)
    truth = told(tell(draft, planted, base_scores(draft, EVERYWHERE)))
    assert len(truth) >= 2
    assert places(beside(first, second)) == truth


@some_seeds
@given(seed=SEEDS)
def test_two_clean_pulls_show_nothing(seed):
    first, second = generate_pair(seed, AS_OF, errors={})
    assert (first.planted, second.planted) == ((), ())
    assert beside(parse(first.raw), parse(second.raw)) == []


def test_a_pair_is_of_one_person_and_tells_of_the_second():
    first, second = generate_pair(4, AS_OF, errors={"D04": None, "D16": (Bureau.EQUIFAX,)})
    assert first.profile == second.profile
    assert {error.detector for error in second.planted} == {"D04", "D16"}
    assert parse(second.raw).pulled_on - parse(first.raw).pulled_on == BETWEEN_PULLS


def test_errors_go_to_the_bureaus_that_were_asked_for():
    draft, truths = invent(4, AS_OF, dict.fromkeys(("D07", "D16", "D47", "D48"), (Bureau.EXPERIAN, Bureau.TRANSUNION)))
    assert {truth.bureaus for truth in truths} == {(Bureau.EXPERIAN, Bureau.TRANSUNION)}
    assert all(truth.account in draft.accounts for truth in truths)


def test_a_bureau_that_does_not_answer_the_second_time_is_part_of_the_truth():
    first, second = generate_pair(4, AS_OF, errors={"D04": None}, silent=Bureau.EXPERIAN)
    before, after = parse(first.raw), parse(second.raw)
    assert before.section(Bureau.EXPERIAN).present
    assert not after.section(Bureau.EXPERIAN).present
    assert [error.bureaus for error in second.planted if error.detector == "D49"] == [(Bureau.EXPERIAN,)]
    assert not [error for error in second.planted if error.detector != "D49" and Bureau.EXPERIAN in error.bureaus]
