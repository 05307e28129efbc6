"""All detectors together, on invented reports whose truth is known."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from domain.findings import detect
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator import generate
from tests.benchmarks import findings

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
    found = detect(parse(generated.raw), AS_OF, generated.profile)
    truth = {(error.detector, error.group, error.bureaus) for error in generated.planted}
    assert {(finding.detector, finding.group, finding.bureaus) for finding in found} == truth
    assert len(truth) >= 20
    assert len({finding.finding_key for finding in found}) == len(found)


def test_no_finding_quotes_a_full_number():
    generated = generate(3, AS_OF)
    pulled = parse(generated.raw)
    text = "".join(finding.model_dump_json() for finding in detect(pulled, AS_OF, generated.profile))
    secrets = [ssn for section in pulled.personal for ssn in section.ssns]
    secrets += [row.account_number for row in pulled.rows() if row.account_number]
    assert secrets
    assert not [secret for secret in secrets if secret in text]


def test_the_benchmark_counts_what_is_missed_and_what_was_not_planted():
    generated = generate(5, AS_OF, errors={"D19": tuple(Bureau), "D27": (Bureau.EXPERIAN,)})
    found = detect(parse(generated.raw), AS_OF, generated.profile)
    assert len(found) == 4
    run = findings.Run()
    findings.compare(run, generated, found, 1)
    assert {name: (score.found, score.missed, score.wrong) for name, score in run.scores.items()} == {
        "D19": (3, 0, 0),
        "D27": (1, 0, 0),
    }
    assert run.examples == []
    worse = [finding for finding in found if finding.detector == "D19"][1:]
    strange = worse[0].model_copy(update={"detector": "D20"})
    findings.compare(run, generated, [*worse, worse[0], strange, strange.model_copy(update={"informational": True})], 2)
    assert (run.scores["D19"].missed, run.scores["D19"].wrong) == (1, 1)
    assert (run.scores["D27"].missed, run.scores["D20"].planted) == (1, 0)
    assert (run.scores["D20"].wrong, run.scores["D20"].told) == (1, 1)
    assert len(run.examples) == 4


def test_the_benchmark_makes_the_same_files_again_and_a_large_report_as_large_as_it_says():
    assert findings.invented(3, 1) == findings.invented(3, 1)
    assert findings.invented(3, 1) != findings.invented(4, 1)
    large = parse(findings.large_report(1).raw)
    assert {len(one.reporting) for one in large.tradelines} == {3}
    assert len(large.tradelines) == findings.TRADELINES
