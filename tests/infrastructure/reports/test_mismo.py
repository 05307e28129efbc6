"""MISMO responses: two encodings, one meaning, the meaning TrueLink's have, and no input that does harm."""

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.bureaus import Bureau
from domain.credit_reports import CanonicalReport, Condition, PaymentLevel, ReportFormat
from infrastructure.reports import UnreadableReport, parse
from infrastructure.reports.mismo import PARSER_VERSION
from infrastructure.sandbox.report_generator import generate
from tests.support.mismo import as_json, as_xml, liability, response

AS_OF = date(2026, 1, 5)
ENCODED = (as_json, as_xml)
OVER_120 = (PaymentLevel.LATE_120, PaymentLevel.LATE_150, PaymentLevel.LATE_180)
NOT_CARRIED = {
    "handle", "verified", "type_detail", "printed", "past_due_since", "first_delinquency", "charged_off_on",
    "charge_off_amount",
}  # fmt: skip
"""Fields that only one of the two families prints, or prints in words of its own."""


def carried(row):
    """A row as far as MISMO can carry it: ratings end at "over 120 days", and no condition is "derogatory"."""
    facts = row.model_dump(exclude=NOT_CARRIED)
    facts["medical"] = facts["medical"] or None
    for field in ("pay_status", "worst_pay_status"):
        facts[field] = PaymentLevel.LATE_120 if facts[field] in OVER_120 else facts[field]
    if facts["worst_pay_status"] is PaymentLevel.CURRENT:
        facts["worst_pay_status"] = None
    if facts["condition"] is Condition.DEROGATORY:
        facts["condition"] = Condition(facts["open_closed"].value)
    return facts


def people(report):
    return [
        section.model_copy(update={"names": tuple(name.model_copy(update={"kind": None}) for name in section.names)})
        for section in report.personal
    ]


def looks(report):
    """The applications: MISMO's reports list no other looks."""
    return [
        (look.bureau, look.subscriber_name, look.subscriber_code, look.inquired_on)
        for look in report.inquiries
        if look.hard is not False
    ]


def sections(report):
    """MISMO says who died, and not who lives."""
    return [section.model_copy(update={"deceased": section.deceased or None}) for section in report.sections]


def records(report):
    return [record.model_dump(exclude={"kind"}) for record in report.public_records]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.sets(st.sampled_from(list(Bureau)), min_size=1))
def test_a_report_means_the_same_in_mismo_as_in_truelink(seed, bureaus):
    shown = tuple(sorted(bureaus))
    expected = parse(generate(seed, AS_OF, bureaus=shown).raw)
    for encoding in (ReportFormat.MISMO_XML, ReportFormat.MISMO_JSON):
        report = parse(generate(seed, AS_OF, encoding, bureaus=shown).raw)
        assert report.source_format is encoding
        assert (report.pulled_on, sections(report)) == (expected.pulled_on, sections(expected))
        groups = {row.group: str(number) for number, row in enumerate(firsts(expected), start=1)}
        wanted = [carried(row) | renumbered(row, groups) for row in expected.rows()]
        assert [carried(row) for row in report.rows()] == wanted
        assert people(report) == people(expected)
        assert looks(report) == looks(expected)
        assert records(report) == records(expected)
        assert {(one.name, one.address) for one in report.subscribers} <= {
            (one.name, one.address) for one in expected.subscribers
        }
        assert report.refused.get("tradeline") is None


def firsts(report):
    """The first row of each account: an account that no bureau shows has no number in MISMO."""
    return [next(iter(account.reporting)) for account in report.tradelines if account.reporting]


def renumbered(row, groups):
    group = groups[row.group]
    return {"group": group, "ref": f"{group}.{row.ref.partition('.')[2]}"}


def test_a_charge_off_carries_what_only_mismo_prints():
    report = parse(generate(4, AS_OF, ReportFormat.MISMO_XML).raw)
    charged_off = [row for row in report.rows() if row.charged_off_on]
    assert charged_off
    for row in charged_off:
        assert (row.charged_off_on, row.charge_off_amount) == (row.status_date, row.high_balance)
        assert row.first_delinquency is not None
        assert row.first_delinquency.latest < row.charged_off_on.earliest


@pytest.mark.parametrize("encoded", ENCODED)
def test_a_report_says_when_it_was_pulled_and_by_what_it_was_read(encoded):
    report = parse(encoded(response()))
    assert (report.pulled_on, report.parser_version, report.source) == (AS_OF, PARSER_VERSION, "mismo")
    assert report.section(Bureau.EQUIFAX).pulled_on == AS_OF
    assert report.section(Bureau.EXPERIAN).pulled_on is None
    assert report.unknown.read > 40


def test_both_encodings_of_one_tree_are_one_report():
    as_one = {"source_format": ReportFormat.MISMO_XML}
    assert parse(as_json(response())).model_copy(update=as_one) == parse(as_xml(response()))


def test_unknown_fields_are_counted_and_change_nothing():
    bent = response()
    liability(bent)["@_SomethingNew"] = "1"
    bent["CREDIT_NOVELTY"] = {"@_A": "1"}
    before, after = parse(as_json(response())), parse(as_json(bent))
    assert after.unknown.ignored == before.unknown.ignored + 2
    assert after.tradelines == before.tradelines


def test_the_date_a_bureau_opened_its_file_is_not_the_date_of_the_pull():
    bent = response()
    del bent["@CreditReportFirstIssuedDate"]
    with pytest.raises(UnreadableReport, match="date of the pull"):
        parse(as_json(bent))
    assert parse(as_json(bent), pulled_on=date(2025, 5, 5)).pulled_on == date(2025, 5, 5)


@pytest.mark.parametrize(
    ("bend", "place"),
    [
        ({"@MISMOVersionID": "3.4"}, "/CREDIT_RESPONSE/MISMOVersionID"),
        ({"BORROWER": [{"@BorrowerID": "B1"}, {"@BorrowerID": "B2"}]}, "/CREDIT_RESPONSE/BORROWER"),
        ({"@CreditReportFirstIssuedDate": "2026-01"}, "/CREDIT_RESPONSE/CreditReportFirstIssuedDate"),
        ({"CREDIT_FILE": "x"}, "/CREDIT_RESPONSE/CREDIT_FILE/0"),
    ],
)
def test_another_version_and_a_report_of_two_people_are_refused(bend, place):
    with pytest.raises(UnreadableReport) as refusal:
        parse(as_json(response() | bend))
    assert refusal.value.place == place


def test_a_bureau_that_returned_no_file_is_no_section():
    bent = response()
    frozen = {"@CreditRepositorySourceType": "Experian", "@_ResultStatusType": "NoFileReturnedCreditFreeze"}
    bent["CREDIT_FILE"] = [bent["CREDIT_FILE"], frozen]
    report = parse(as_json(bent))
    assert [section.bureau for section in report.sections if section.present] == [Bureau.EQUIFAX]


@pytest.mark.parametrize(("printed", "said"), [("Y", True), ("N", False), ("", None)])
def test_a_bureau_may_say_that_the_person_has_died(printed, said):
    bent = response()
    bent["CREDIT_SUMMARY_TUI"] = {
        "_DATA_SET": [{"@_ID": "PT014", "@_Value": "0"}, {"@_Name": "Deceased Indicator", "@_Value": printed}]
    }
    report = parse(as_json(bent))
    assert report.section(Bureau.TRANSUNION).deceased is said
    assert report.section(Bureau.EQUIFAX).deceased is None


SECRET = "SECRET-VALUE-4711"


@pytest.mark.parametrize("encoded", ENCODED)
@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("@_UnpaidBalanceAmount", "an amount of dollars"),
        ("@_AccountOpenedDate", "a date"),
        ("@_TermsMonthsCount", "a whole number"),
        ("_CURRENT_RATING", "an object"),
    ],
)
def test_a_refusal_names_the_place_and_never_the_value(encoded, field, expected):
    bent = response()
    liability(bent)[field] = SECRET
    with pytest.raises(UnreadableReport) as refusal:
        parse(encoded(bent))
    assert SECRET not in str(refusal.value)
    assert refusal.value.place.startswith(f"/CREDIT_RESPONSE/CREDIT_LIABILITY/0/{field.removeprefix('@')}")
    assert refusal.value.expected == expected


NAMES = st.sampled_from(
    ["CREDIT_LIABILITY", "CREDIT_REPOSITORY", "@_SourceType", "@CreditRepositorySourceType", "CREDIT_FILE", "_BORROWER",
     "_PAYMENT_PATTERN", "@_Data", "@_StartDate", "CREDIT_SCORE", "@_Value", "_RESIDENCE", "@_BirthDate", "_Text", "$",
     "@ArrayAccountIdentifier", "CREDIT_SUMMARY_TUI", "_DATA_SET", "@_Name", "BORROWER", "", "@", "é"]
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**25), 10**25), st.floats(allow_nan=False, allow_infinity=False),
    st.text("abXYZ019-{é \x00", max_size=12),
    st.sampled_from(["-", "Equifax", "MergedData", "2020-13-45", "2020-02", "0000-00-00", "CC1X9", "<&>\""]),
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=25,
)


def survives(content):
    """What comes of any input: a report that can be stored, or a refusal with a place. Nothing else is raised."""
    place, report = "/", None
    try:
        report = parse(content)
    except UnreadableReport as refusal:
        place = refusal.place
    assert place.startswith("/")
    assert report is None or CanonicalReport.model_validate_json(report.model_dump_json()) == report
    return report


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, JSON, max_size=5))
def test_no_tree_does_harm(inner):
    for content in (as_json({"@CreditReportFirstIssuedDate": "2026-01-05", **inner}), as_json(inner)):
        report = survives(content)
        assert report is None or {row.bureau for row in report.rows()} <= {Bureau.EQUIFAX}


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"<CREDIT_RESPONSE>", b'{"CREDIT_RESPONSE":']))
def test_no_bytes_do_harm(content, before):
    assert survives(before + content) is None


GENERATED = json.loads(generate(7, AS_OF, ReportFormat.MISMO_JSON).raw)["CREDIT_RESPONSE"]


def tagged():
    """A report of a few accounts in which each row's creditor is called by the bureaus that the row names."""
    bent = json.loads(json.dumps(GENERATED))
    bent["CREDIT_LIABILITY"] = bent["CREDIT_LIABILITY"][:8]
    for row in bent["CREDIT_LIABILITY"]:
        found = row["CREDIT_REPOSITORY"] if isinstance(row["CREDIT_REPOSITORY"], list) else [row["CREDIT_REPOSITORY"]]
        row["_CREDITOR"] = {"@_Name": " ".join(repository["@_SourceType"].lower() for repository in found)}
    return bent


def places(node, path=()):
    yield path
    if isinstance(node, dict | list):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield from places(node[key], (*path, key))


PLACES = [path for path in places(tagged()) if path]
BENDS = st.sampled_from(["delete", "duplicate", "retype", "truncate"])


def bend(tree, path, how, value):
    """Bend one node, if an earlier bend has not taken its place away."""
    node = tree
    for key in path[:-1]:
        if not holds(node, key):
            return
        node = node[key]
    key = path[-1]
    if not holds(node, key):
        return
    if how == "delete":
        del node[key]
    elif how == "duplicate" and isinstance(node, list):
        node.insert(key, node[key])
    elif how == "duplicate":
        node[key] = [node[key], node[key]]
    elif how == "truncate" and isinstance(node[key], str | list):
        node[key] = node[key][: len(node[key]) // 2]
    elif how == "retype":
        node[key] = value


def holds(node, key):
    return key in node if isinstance(node, dict) else isinstance(node, list) and key in range(len(node))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), BENDS, JSON), min_size=1, max_size=4), st.sampled_from(ENCODED))
def test_no_bent_report_does_harm_and_no_row_changes_its_bureau(bends, encoded):
    bent = tagged()
    for path, how, value in bends:
        if "_CREDITOR" not in path and (how != "retype" or "CREDIT_REPOSITORY" not in path):
            bend(bent, path, how, value)
    report = survives(encoded(bent))
    for row in report.rows() if report else ():
        assert row.creditor_name is None or row.bureau.value in row.creditor_name


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([ReportFormat.MISMO_XML, ReportFormat.MISMO_JSON]))
def test_a_truncated_file_is_refused(cut, encoding):
    raw = generate(7, AS_OF, encoding).raw.rstrip()
    with pytest.raises(UnreadableReport):
        parse(raw[: cut % len(raw)])
