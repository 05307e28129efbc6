"""Errors about the person, their inquiries and their disputes: each is found where it was planted, and nothing else."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.challenges import challenge_of, chosen_rows
from domain.bureaus import Bureau
from domain.credit_reports import CanonicalReport
from domain.findings import detect, detect_after_disputes
from domain.linter import lint
from domain.templates import compose
from domain.wording import REASONS
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator import EVERY_ERROR, EVERY_PERSON_ERROR, GeneratedReport, generate
from infrastructure.sandbox.report_generator.plants import NoRoom
from infrastructure.sandbox.report_generator.plants_accounts import PRINTED_ONLY, SINCE_THE_PULL_BEFORE
from infrastructure.sandbox.report_generator.plants_person import PERSON_ORDER, PERSON_PLANTS
from tests.support.letters import letter_facts

AS_OF = date(2026, 1, 5)
SEEDS = st.integers(0, 10**6)


def truth(generated: GeneratedReport):
    return {(error.detector, error.group, error.bureaus) for error in generated.planted}


def everything_found(generated: GeneratedReport, pulled: CanonicalReport):
    identities = {}
    for known in generated.known:
        for row in pulled.rows(known.dispute.bureau):
            if row.group == known.group:
                identities[row.ref] = (*identities.get(row.ref, ()), known.identity)
    disputes = tuple(known.dispute for known in generated.known)
    return detect(pulled, AS_OF, generated.profile) + detect_after_disputes(pulled, AS_OF, disputes, identities)


def found(generated: GeneratedReport):
    findings = everything_found(generated, parse(generated.raw))
    return {(finding.detector, finding.group, finding.bureaus) for finding in findings}


def test_there_is_a_plant_for_each_detector_of_this_kind():
    assert set(PERSON_PLANTS) == set(PERSON_ORDER)
    assert len(PERSON_ORDER) == 14
    assert not set(PERSON_ORDER) & set(EVERY_ERROR)


@pytest.mark.parametrize("identifier", PERSON_ORDER)
@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_one_error_makes_its_own_findings_and_no_others(identifier, seed):
    generated = generate(seed, AS_OF, errors={identifier: None})
    assert {error.detector for error in generated.planted} == {identifier}
    assert found(generated) == truth(generated)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_a_clean_report_has_none_of_them(seed):
    assert found(generate(seed, AS_OF, errors={})) == set()


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_all_that_can_stand_together_are_found_together(seed):
    generated = generate(seed, AS_OF, errors={**EVERY_ERROR, **EVERY_PERSON_ERROR})
    assert found(generated) == truth(generated)
    shown = {*EVERY_ERROR, *EVERY_PERSON_ERROR} - PRINTED_ONLY - SINCE_THE_PULL_BEFORE
    assert {error.detector for error in generated.planted} == shown


@pytest.mark.parametrize("identifier", ["D03", "D31", "D32", "D33", "D35", "D39", "D41", "D42", "D43", "D46"])
def test_a_plan_says_at_which_bureaus(identifier):
    generated = generate(6, AS_OF, errors={identifier: (Bureau.EXPERIAN, Bureau.TRANSUNION)})
    assert {bureaus for _, _, bureaus in truth(generated)} == {(Bureau.EXPERIAN,), (Bureau.TRANSUNION,)}
    assert found(generated) == truth(generated)


def test_a_silent_bureau_shows_no_error():
    answering = (Bureau.EQUIFAX,)
    generated = generate(7, AS_OF, errors=EVERY_PERSON_ERROR, bureaus=answering)
    assert {bureaus for _, _, bureaus in truth(generated)} <= {answering}
    assert {known.dispute.bureau for known in generated.known} <= set(answering)
    assert found(generated) - {("D49", None, (Bureau.EXPERIAN,)), ("D49", None, (Bureau.TRANSUNION,))} == (
        truth(generated)
    )


@pytest.mark.parametrize("seed", range(4))
def test_every_error_of_an_account_makes_a_letter_that_may_be_sent(seed):
    for plan in (EVERY_PERSON_ERROR, {"D35": None}):
        generated = generate(seed, AS_OF, errors=plan)
        pulled = parse(generated.raw)
        sentences = 0
        for finding in everything_found(generated, pulled):
            if finding.reason is None or finding.reason.value not in REASONS or finding.group is None:
                continue
            account = [row for row in pulled.rows() if row.group == finding.group]
            for row in chosen_rows(finding, (), pulled):
                item = challenge_of(row, [finding], account).item
                facts = letter_facts(items=(item,))
                assert lint(compose("bureau_dispute_611", 1, facts), facts) == (), finding.assertable
                sentences += 1
        assert sentences


def test_errors_about_a_bankruptcy_need_one_or_none():
    for plan in ({"D03": None, "D35": None}, {"D34": None, "D35": None}):
        with pytest.raises(NoRoom):
            generate(3, AS_OF, errors=plan)
        left = generate(3, AS_OF, errors=plan, as_far_as_they_fit=True)
        assert "D35" not in {error.detector for error in left.planted}
        assert found(left) == truth(left)
