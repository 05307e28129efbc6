"""All detectors together, on invented reports whose truth is known."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.credit_reports import ReportFormat
from domain.findings import detect
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator import generate

AS_OF = date(2026, 1, 5)


@pytest.mark.parametrize("seed", range(50))
def test_a_clean_report_has_no_findings(seed):
    clean = generate(seed, AS_OF, errors={})
    assert detect(parse(clean.raw), AS_OF, clean.profile) == []


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(5, 80),
    st.sampled_from(ReportFormat),
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
)
def test_a_clean_report_of_any_size_and_format_gives_nothing_to_dispute(seed, tradelines, encoding, as_of):
    clean = generate(seed, as_of, encoding, errors={}, tradelines=tradelines)
    found = detect(parse(clean.raw), as_of, clean.profile)
    assert [finding.assertable for finding in found if not finding.informational] == []


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_every_planted_error_is_found_and_nothing_else(seed):
    generated = generate(seed, AS_OF)
    findings = detect(parse(generated.raw), AS_OF, generated.profile)
    truth = {(error.detector, error.group, error.bureaus) for error in generated.planted}
    assert {(finding.detector, finding.group, finding.bureaus) for finding in findings} == truth
    assert len(truth) >= 20
    assert len({finding.finding_key for finding in findings}) == len(findings)


def test_no_finding_quotes_a_full_number():
    generated = generate(3, AS_OF)
    pulled = parse(generated.raw)
    text = "".join(finding.model_dump_json() for finding in detect(pulled, AS_OF, generated.profile))
    secrets = [ssn for section in pulled.personal for ssn in section.ssns]
    secrets += [row.account_number for row in pulled.rows() if row.account_number]
    assert secrets
    assert not [secret for secret in secrets if secret in text]
