"""TrueLink reports: four encodings, one meaning, and no input that does harm."""

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.bureaus import Bureau
from domain.credit_reports import CanonicalReport, ReportFormat
from infrastructure.reports import UnreadableReport, parse
from infrastructure.reports.truelink import PARSER_VERSION
from infrastructure.sandbox.report_generator import generate
from tests.support.truelink import raw, tradeline, tree

AS_OF = date(2026, 1, 5)
FAMILY = (
    ReportFormat.TRUELINK_IDENTITYIQ,
    ReportFormat.TRUELINK_SMARTCREDIT,
    ReportFormat.TRUELINK_CAMEL,
    ReportFormat.TRUELINK_SINGLE_BUREAU,
)


def meaning(report: CanonicalReport) -> dict:
    return report.model_dump(exclude={"source_format"})


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_the_same_tree_means_the_same_in_every_encoding(seed):
    reports = {encoding: parse(generate(seed, AS_OF, encoding).raw) for encoding in FAMILY}
    assert {encoding: report.source_format for encoding, report in reports.items()} == {e: e for e in FAMILY}
    first, *others = reports.values()
    assert all(meaning(other) == meaning(first) for other in others)


def test_a_report_says_when_it_was_pulled_and_by_what_it_was_read():
    report = parse(raw(tree()))
    assert (report.pulled_on, report.parser_version, report.source) == (AS_OF, PARSER_VERSION, "truelink")
    assert report.section(Bureau.EQUIFAX).pulled_on == AS_OF
    assert report.unknown.read > 40


def test_a_report_that_does_not_say_needs_to_be_told():
    silent = tree()
    del silent["Sources"]
    with pytest.raises(UnreadableReport, match="date of the pull"):
        parse(raw(silent))
    assert parse(raw(silent), pulled_on=date(2025, 5, 5)).pulled_on == date(2025, 5, 5)


def test_sections_tell_who_answered():
    report = parse(generate(1, AS_OF, bureaus=(Bureau.EQUIFAX,)).raw)
    present = {section.bureau: (section.present, section.score is not None) for section in report.sections}
    assert present == {
        Bureau.EQUIFAX: (True, True),
        Bureau.EXPERIAN: (False, False),
        Bureau.TRANSUNION: (False, False),
    }
    assert {row.bureau for row in report.rows()} == {Bureau.EQUIFAX}


def deceased(report: CanonicalReport) -> tuple[bool | None, set[bool | None]]:
    return report.deceased, {section.deceased for section in report.sections if section.present}


@pytest.mark.parametrize(
    ("indicator", "said"),
    [("false", {False}), ("true", {True}), ({"symbol": "Y", "description": "Deceased"}, {True}), ("", {None})],
)
def test_the_one_bureau_that_answered_says_whether_the_person_died(indicator, said):
    report = parse(raw(tree() | {"DeceasedIndicator": indicator}))
    assert deceased(report) == (None, said)
    assert {section.deceased for section in report.sections if not section.present} == {None}


def test_of_several_bureaus_none_is_made_to_say_it():
    generated = generate(1, AS_OF, errors={"D39": None})
    alive = generate(2, AS_OF, errors={})
    assert deceased(parse(alive.raw)) == (None, {False})
    seeds = (generate(seed, AS_OF, errors={"D39": None}) for seed in range(9))
    dead = next(report for each in (generated, *seeds) if (report := parse(each.raw)).deceased)
    assert deceased(dead) == (True, {None})


def test_scores_are_also_found_beside_the_merged_report():
    bare = tree()
    del bare["Borrower"]["CreditScore"]
    components = [
        {"Type": "EQFVantageScoreV6", "CreditScoreType": {"riskScore": 611}},
        {"Type": "TUCReportV6"},
        {"Type": "MergeCreditReports", "TrueLinkCreditReportType": bare},
    ]
    bundle = json.dumps({"BundleComponents": {"BundleComponent": components}}).encode()
    assert parse(bundle).section(Bureau.EQUIFAX).score == 611
    assert parse(raw(bare)).section(Bureau.EQUIFAX).score is None


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "/"),
        (b"<html></html>", "/"),
        (b'{"TrueLinkCreditReportType": {', "/ (character 30)"),
        (b"[]", "/"),
        (b"{}", "/"),
        (b"\xff\xfe", "/"),
        (b'{"a": NaN}', "/"),
        (b"jsonp_callback({}", "/"),
        (b'{"BundleComponents": {"BundleComponent": [{"Type": "TUCReportV6"}]}}', "/bundleComponents"),
        (b'{"a":' * 200_000, "/"),
        (b'{"x":' + b"[" * 70 + b"1" + b"]" * 70 + b"}", "/"),
        (b" " * (20 * 1024 * 1024 + 1), "/"),
    ],
)
def test_what_is_no_report_is_refused_with_its_place(content, place):
    with pytest.raises(UnreadableReport) as refusal:
        parse(content)
    assert refusal.value.place == place
    assert (refusal.value.code, refusal.value.status) == ("unreadable_report", 422)


SECRET = "SECRET-VALUE-4711"


@pytest.mark.parametrize(
    ("field", "expected"),
    [("currentBalance", "an amount of dollars"), ("dateOpened", "a date"), ("GrantedTrade", "an object")],
)
def test_a_refusal_names_the_place_and_never_the_value(field, expected):
    bent = tree()
    tradeline(bent)[field] = SECRET
    with pytest.raises(UnreadableReport) as refusal:
        parse(raw(bent))
    assert SECRET not in str(refusal.value)
    assert refusal.value.place.startswith("/trueLinkCreditReportType/0/tradeLinePartition/0/tradeline/0/")
    assert refusal.value.expected == expected


NAMES = st.sampled_from(
    ["TrueLinkCreditReportType", "TradeLinePartition", "Tradeline", "Source", "Bureau", "symbol", "GrantedTrade",
     "PayStatusHistory", "MonthlyPayStatus", "date", "Borrower", "Birth", "BirthDate", "year", "$", "@bureau",
     "BundleComponents", "BundleComponent", "Sources", "InquiryDate", "Subscriber", "bureau", "Remark", "", "@", "é"]
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**25), 10**25), st.floats(allow_nan=False, allow_infinity=False),
    st.text("abXYZ019-{é \x00", max_size=12),
    st.sampled_from(["-", "{}", "Equifax", "EQF", "2020-13-45", "2020-02", "0000-00-00"]),
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=25,
)


def survives(content: bytes) -> None:
    """The only bureau these inputs can name is Equifax, so a row anywhere else was attributed wrongly."""
    place = "/"
    try:
        report = parse(content)
    except UnreadableReport as refusal:
        place = refusal.place
    else:
        assert CanonicalReport.model_validate_json(report.model_dump_json()) == report
        assert {row.bureau for row in report.rows()} <= {Bureau.EQUIFAX}
    assert place.startswith("/")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_do_harm(content):
    survives(content)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, JSON, max_size=5))
def test_no_tree_does_harm(inner):
    survives(json.dumps({"TrueLinkCreditReportType": inner}).encode())


def places(node, path=()):
    yield path
    if isinstance(node, dict | list):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield from places(node[key], (*path, key))


PLACES = [path for path in places(tree()) if path]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=3))
def test_no_bent_report_does_harm_and_no_row_changes_its_bureau(bends):
    bent = tree()
    for path, value in bends:
        node = bent
        for key in path[:-1]:
            node = node[key] if holds(node, key) else None
        if holds(node, path[-1]):
            node[path[-1]] = value
    survives(raw(bent))


def holds(node, key):
    """Whether the place still exists: an earlier bend may have taken it away."""
    return key in node if isinstance(node, dict) else isinstance(node, list) and key in range(len(node))


def test_a_pull_of_a_day_to_come_is_refused_at_its_place():
    with pytest.raises(UnreadableReport) as refusal:
        parse(raw(tree()), latest=date(2026, 1, 4))
    assert refusal.value.place.endswith("/inquiryDate")
    assert "2026" not in str(refusal.value)
    assert parse(raw(tree()), latest=AS_OF).pulled_on == AS_OF


COUNTED = {"Equifax": {"TotalAccounts": "7"}, "TransUnion": {"TotalAccounts": "0"}, "Experian": {}}


@pytest.mark.parametrize(
    "summary",
    [
        {"TradelineSummary": COUNTED},
        {"tradelineSummary": {"equifax": {"@totalAccounts": "7"}, "transUnion": {"totalAccounts": 0}}},
        {"TradelineSummary": {"Equifax": {"@TotalAccounts": "7"}, "TransUnion": {"TotalAccounts": {"$": "0"}}}},
    ],
    ids=["plain", "camel", "attributes"],
)
def test_the_reports_own_summary_says_how_many_accounts_there_are(summary):
    report = parse(raw(tree() | {"Summary": summary}))
    assert {section.bureau: section.listed for section in report.sections} == {
        Bureau.EQUIFAX: 7,
        Bureau.EXPERIAN: None,
        Bureau.TRANSUNION: 0,
    }


@pytest.mark.parametrize(
    "summary", ["", [], {"TradelineSummary": "none"}, {"TradelineSummary": {"Equifax": {"TotalAccounts": "many"}}}]
)
def test_a_summary_that_counts_nothing_is_none(summary):
    report = parse(raw(tree() | {"Summary": summary}))
    assert {section.listed for section in report.sections} == {None}
