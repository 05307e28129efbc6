"""The committed samples are the generator's own, and tell the story of the demo."""

import json
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

import pytest

from domain.bureaus import Bureau
from domain.consumers import Profile
from domain.findings import ConsumerProfile, detect
from domain.matching import match, mint, remember
from domain.reconciliation import DisputedItem, Outcome, completeness, reconcile
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator.samples import (
    BACK_AT,
    CORRECTED,
    FIRST_PULL,
    FURNISHED_AGAIN,
    GONE,
    SECOND_PULL,
    THIRD_PULL,
    sample_files,
)

SAMPLES = Path(__file__).parents[4] / "samples"


def test_the_committed_files_are_what_the_generator_writes():
    files = sample_files()
    assert sorted(files) == ["consumer.json", "day_20.json", "day_60.json", "first_pull.json", "truth.json"]
    assert {name: (SAMPLES / name).read_bytes() for name in files} == files


@pytest.fixture(scope="module")
def first():
    return parse((SAMPLES / "first_pull.json").read_bytes())


@pytest.fixture(scope="module")
def second():
    return parse((SAMPLES / "day_20.json").read_bytes())


@pytest.fixture(scope="module")
def third():
    return parse((SAMPLES / "day_60.json").read_bytes())


@pytest.fixture(scope="module")
def findings(first):
    profile = Profile.model_validate_json((SAMPLES / "consumer.json").read_text())
    return detect(first, first.pulled_on, ConsumerProfile.of(profile))


def test_there_is_something_to_dispute_at_every_bureau(first, findings):
    assert first.pulled_on == FIRST_PULL
    assert len(first.tradelines) >= 20
    for bureau in Bureau:
        seen = {finding.detector for finding in findings if bureau in finding.bureaus}
        assert len(seen) >= 5
        assert {GONE, CORRECTED} <= seen


def test_the_committed_truth_is_found_exactly(findings):
    truth = json.loads((SAMPLES / "truth.json").read_text())["first_pull"]
    told = {(error["detector"], error["group"], tuple(error["bureaus"])) for error in truth}
    assert {(finding.detector, finding.group, finding.bureaus) for finding in findings} == told


def test_the_second_pull_deletes_one_corrects_one_and_leaves_the_rest(first, second, findings):
    received = FIRST_PULL.replace(day=10)
    ids = mint(first, match([], first), [], lambda key: uuid5(NAMESPACE_OID, key))
    result = match([remember(ids[row.group], row) for row in first.rows()], second)
    assert result.review == ()
    after = {(result.assigned[row.ref], row.bureau): row for row in second.rows()}
    before = {(ids[row.group], row.bureau): row for row in first.rows()}
    gates = completeness(second, {bureau: first.section(bureau).tradeline_count for bureau in Bureau})
    assert all(gate.complete for gate in gates.values())
    outcomes = {}
    for finding in findings:
        for bureau in finding.bureaus if finding.group else ():
            key = ids[finding.group], bureau
            item = DisputedItem(tradeline_id=key[0], bureau=bureau, asked=finding.asks, received_on=received)
            found = reconcile(item, before[key], after.get(key), gates[bureau], SECOND_PULL)
            outcomes.setdefault(finding.detector, set()).add(found.outcome)
    assert outcomes.pop(GONE) == {Outcome.DELETED}
    assert outcomes.pop(CORRECTED) == {Outcome.CORRECTED}
    assert set().union(*outcomes.values()) == {None}


def test_what_changed_was_furnished_after_delivery(first, second):
    old = {(row.creditor_name, row.account_number, row.handle): row for row in first.rows()}
    changed = [
        row for row in second.rows() if row.reported != old[row.creditor_name, row.account_number, row.handle].reported
    ]
    assert {row.bureau for row in changed} == set(Bureau)
    assert {row.reported.earliest for row in changed} == {FURNISHED_AGAIN}
    assert len(second.tradelines) == len(first.tradelines) - 1


def test_the_third_pull_brings_back_what_was_deleted_at_one_bureau(first, second, third, findings):
    group = next(finding.group for finding in findings if finding.detector == GONE)
    deleted = {(row.creditor_name, row.account_number) for row in first.rows() if row.group == group}
    assert third.pulled_on == THIRD_PULL
    assert not [row for row in second.rows() if (row.creditor_name, row.account_number) in deleted]
    back = [row for row in third.rows() if (row.creditor_name, row.account_number) in deleted]
    assert [row.bureau for row in back] == [BACK_AT]
    assert len(list(third.rows())) == len(list(second.rows())) + 1
