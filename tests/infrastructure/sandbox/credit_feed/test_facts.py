"""What is told beside a report is what the report says."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from infrastructure.reports import parse
from infrastructure.sandbox.credit_feed.facts import alerts_between, facts_of, facts_of_pull, scores_of
from infrastructure.sandbox.credit_feed.people import Pull
from infrastructure.sandbox.report_generator import generate
from infrastructure.sandbox.report_generator.sequences import pull_sequence

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
FIRST, SECOND, *_ = (
    Pull.made(datetime.combine(pull.pulled_on, AT.timetz()), "application/json", pull.raw)
    for pull in pull_sequence(5).pulls
)


def test_scores_are_those_of_the_report() -> None:
    scores = {score.bureau: score.value for score in scores_of(FIRST, "sub")}
    assert scores == {section.bureau: section.score for section in parse(FIRST.content).sections}


def test_a_report_without_scores_is_given_some_that_stay() -> None:
    raw = generate(4, AT.date(), ReportFormat.TRUELINK_SINGLE_BUREAU).raw
    tree = json.loads(raw)
    del tree["TrueLinkCreditReportType"]["Borrower"]["CreditScore"]
    bare = Pull.made(AT, "application/json", json.dumps(tree).encode())
    first, again, other = (list(scores_of(bare, subject)) for subject in ("sub", "sub", "another"))
    assert facts_of_pull(bare).scores == {}
    assert first == again != other
    assert {score.bureau for score in first} == set(facts_of_pull(bare).counts)
    assert all(560 <= score.value < 720 for score in first)


def test_rows_of_any_encoding_are_counted() -> None:
    raw = generate(4, AT.date(), ReportFormat.MISMO_XML).raw
    read = Counter(row.bureau for tradeline in parse(raw).tradelines for row in tradeline.bureau_tradelines)
    assert facts_of(raw, AT.date()).counts == read


def test_alerts_say_what_differs_and_never_the_same_twice() -> None:
    alerts = list(alerts_between(FIRST, SECOND))
    before, after = facts_of_pull(FIRST), facts_of_pull(SECOND)
    expected = {
        (bureau, f"score_{'up' if after.scores[bureau] > before.scores[bureau] else 'down'}")
        for bureau in Bureau
        if bureau in before.scores and after.scores.get(bureau, before.scores[bureau]) != before.scores[bureau]
    }
    assert expected <= {(alert.bureau, alert.kind) for alert in alerts}
    assert alerts == list(alerts_between(FIRST, SECOND))
    assert len({alert.alert_id for alert in alerts}) == len(alerts)
    assert list(alerts_between(FIRST, FIRST)) == []
