"""When a later report agrees with what a first one proposed, and when it takes that back."""

from uuid import UUID

import pytest

from domain.comparisons import CONFIRMED_BY_A_REPORT, Comparison
from domain.reconciliation import Outcome


def shows(outcome: Outcome | None, *, steady: bool = True, shown: bool = True) -> Comparison:
    return Comparison(
        report_id=UUID(int=2),
        compared_with_report_id=UUID(int=1),
        rule="C04",
        outcome=outcome,
        steady=steady,
        shown=shown,
    )


@pytest.mark.parametrize("proposed", [*CONFIRMED_BY_A_REPORT, Outcome.VERIFIED, Outcome.UPDATED_OTHER, Outcome.MOOT])
def test_a_report_that_cannot_be_believed_takes_nothing_back(proposed: Outcome) -> None:
    assert not shows(Outcome.INDETERMINATE, shown=proposed is not Outcome.DELETED).contradicts(proposed)
    assert not shows(Outcome.INDETERMINATE).repeats(proposed)


def test_what_seemed_deleted_and_stands_in_a_thin_section_is_not() -> None:
    assert shows(Outcome.INDETERMINATE, steady=False).contradicts(Outcome.DELETED)
    assert not shows(Outcome.INDETERMINATE, steady=False, shown=False).contradicts(Outcome.DELETED)


@pytest.mark.parametrize("proposed", CONFIRMED_BY_A_REPORT)
def test_what_was_done_must_be_seen_again(proposed: Outcome) -> None:
    assert shows(proposed).repeats(proposed)
    assert shows(None).contradicts(proposed)
    assert shows(Outcome.VERIFIED).contradicts(proposed)


def test_waiting_takes_no_answer_back_but_another_answer_does() -> None:
    assert not shows(None).contradicts(Outcome.VERIFIED)
    assert shows(Outcome.DELETED).contradicts(Outcome.VERIFIED)
    assert not shows(Outcome.VERIFIED).contradicts(Outcome.VERIFIED)


def test_what_was_settled_before_the_letter_came_stays_so() -> None:
    for later in (Outcome.MOOT, Outcome.DELETED, Outcome.CORRECTED):
        assert shows(later).repeats(Outcome.MOOT)
        assert not shows(later).contradicts(Outcome.MOOT)
    assert shows(Outcome.VERIFIED).contradicts(Outcome.MOOT)


def test_a_report_ends_only_what_was_done_as_asked() -> None:
    ending = {outcome for outcome in Outcome if shows(outcome).counts_for(outcome)}
    assert ending == set(CONFIRMED_BY_A_REPORT)
    assert not shows(Outcome.CORRECTED).counts_for(Outcome.DELETED)
    assert not shows(Outcome.DELETED).counts_for(Outcome.MOOT)


@pytest.mark.parametrize("proposed", CONFIRMED_BY_A_REPORT)
def test_an_outcome_is_final_only_where_nothing_else_is_missing_or_back(proposed: Outcome) -> None:
    assert shows(proposed).counts_for(proposed)
    assert not shows(proposed, steady=False).counts_for(proposed)
