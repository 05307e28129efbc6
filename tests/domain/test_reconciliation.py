"""What a later report shows about a dispute, and what it may never show."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bureaus import Bureau
from domain.credit_reports import PaymentLevel
from domain.reconciliation import (
    AskedField,
    Completeness,
    DisputedItem,
    Outcome,
    Rule,
    canonical_text,
    completeness,
    differences,
    reconcile,
    reported_again,
)
from tests.support.reports import months, report, row

RECEIVED = date(2026, 1, 10)
PULLED = date(2026, 1, 30)
WHOLE = Completeness(bureau=Bureau.EQUIFAX, complete=True)
THIN = Completeness(bureau=Bureau.EQUIFAX, complete=False, missing=("score",))
BEFORE = row(past_due=85_00)


def item(*asked: AskedField, received_on: date | None = RECEIVED) -> DisputedItem:
    return DisputedItem(tradeline_id=UUID(int=1), bureau=Bureau.EQUIFAX, asked=asked, received_on=received_on)


ZERO_PAST_DUE = AskedField(field="past_due", expected="0")


def decided(asked=(ZERO_PAST_DUE,), after=None, received_on=RECEIVED, gate=WHOLE, **options):
    return reconcile(item(*asked, received_on=received_on), BEFORE, after, gate, PULLED, **options)


def test_gone_after_receipt_is_provisionally_deleted():
    found = decided()
    assert (found.outcome, found.provisional, found.rule) == (Outcome.DELETED, True, Rule.REMOVED_AFTER_RECEIPT)


def values(found):
    return [(change.field, change.before, change.after) for change in found.changes]


def test_every_decision_names_both_values_of_what_is_disputed():
    assert values(decided()) == [("tradeline", "reported", None), ("past_due", "8500", None)]
    assert values(decided(identity_in_review=True)) == values(decided())
    assert values(decided(after=BEFORE)) == [("past_due", "8500", "8500")]
    assert values(decided(asked=(), after=BEFORE)) == [("tradeline", "reported", "reported")]
    thin = Completeness(bureau=Bureau.EQUIFAX, complete=False)
    assert values(decided(after=row(past_due=0), gate=thin)) == [("past_due", "8500", "0")]


def test_what_was_deleted_and_is_shown_again_is_reinserted():
    found = reported_again(item(ZERO_PAST_DUE), BEFORE, row(past_due=85_00, creditor_name="OAKBRIDGE"))
    assert (found.outcome, found.rule) == (Outcome.REINSERTED, Rule.REPORTED_AGAIN)
    assert values(found) == [
        ("tradeline", None, "reported"), ("past_due", "8500", "8500"),
        ("creditor_name", "FIRST QUARRY BANK", "OAKBRIDGE"),
    ]


@pytest.mark.parametrize("received_on", [None, PULLED, date(2026, 2, 1)])
def test_gone_before_receipt_is_moot(received_on):
    assert decided(received_on=received_on).outcome is Outcome.MOOT


def test_gone_but_perhaps_under_another_name_is_indeterminate():
    found = decided(identity_in_review=True)
    assert (found.outcome, found.rule) == (Outcome.INDETERMINATE, Rule.IDENTITY_IN_REVIEW)
    assert not found.settles


@pytest.mark.parametrize("after", [None, row(past_due=0), row(past_due=40_00, balance=1), row(past_due=85_00)])
@pytest.mark.parametrize("received_on", [RECEIVED, None])
def test_a_report_in_another_format_settles_nothing_and_is_kept(after, received_on):
    found = decided(after=after, received_on=received_on, same_format=False)
    assert (found.outcome, found.rule, found.settles) == (Outcome.INDETERMINATE, Rule.OTHER_FORMAT, False)
    assert ("past_due", "8500", after and canonical_text(after, "past_due")) in values(found)
    assert decided(after=after, gate=THIN, same_format=False).rule is Rule.INCOMPLETE


def test_as_asked_is_corrected_and_says_what_changed():
    found = decided(after=row(past_due=0, reported="2026-01-24"))
    assert found.outcome is Outcome.CORRECTED
    assert found.provisional
    assert {(change.field, change.before, change.after) for change in found.changes} == {
        ("past_due", "8500", "0"),
        ("reported", "2025-12-20", "2026-01-24"),
    }


def test_some_as_asked_is_partially_corrected():
    asked = (ZERO_PAST_DUE, AskedField(field="balance", expected="0"))
    assert decided(asked, row(past_due=0)).outcome is Outcome.PARTIALLY_CORRECTED


def test_another_value_than_asked_is_updated_otherwise():
    assert decided(after=row(past_due=12_00)).outcome is Outcome.UPDATED_OTHER
    unstated = (AskedField(field="past_due", unstated=True),)
    assert decided(unstated, row(past_due=0)).outcome is Outcome.UPDATED_OTHER


def test_a_field_asked_to_go_is_corrected_when_it_is_no_longer_shown():
    gone = (AskedField(field="past_due", expected=None),)
    assert decided(gone, row(past_due=None)).outcome is Outcome.CORRECTED
    assert decided(after=row(past_due=None)).outcome is Outcome.UPDATED_OTHER, "absent is not zero"


def test_a_month_asked_to_go_has_not_gone_because_the_whole_grid_is_left_out():
    asked = item(AskedField(field="history.2018-11", expected=None))
    late = row(history=months("2018-12", "C1C"))
    for grid, outcome in ((months("2018-12", "C"), Outcome.CORRECTED), ((), Outcome.INDETERMINATE)):
        found = reconcile(asked, late, row(history=grid), WHOLE, PULLED)
        assert found.outcome is outcome


@pytest.mark.parametrize("reported", ["2025-12-20", "2026-01-20"])
def test_a_month_asked_to_go_has_not_gone_because_fewer_months_are_printed(reported):
    asked = item(*(AskedField(field=f"history.2018-{month}", expected=None) for month in (10, 11)))
    late = row(history=months("2019-02", "CCC11C"), past_due=0)
    found = reconcile(asked, late, row(history=months("2019-03", "CC"), past_due=0, reported=reported), WHOLE, PULLED)
    assert (found.outcome, found.rule) == (Outcome.INDETERMINATE, Rule.INCOMPLETE)
    assert ("history.2018-11", "late_30", None) in values(found)
    rest = row(history=months("2019-03", "CCCC"), past_due=0, reported=reported)
    assert reconcile(asked, late, rest, WHOLE, PULLED).outcome is Outcome.CORRECTED


def test_two_rows_of_one_account_are_not_told_apart_but_may_both_be_gone():
    found = decided(after=row(past_due=0), told_apart=False)
    assert (found.outcome, found.rule) == (Outcome.INDETERMINATE, Rule.IDENTITY_IN_REVIEW)
    assert decided(after=row(past_due=0), received_on=None, told_apart=False).settles is False
    assert decided(told_apart=False).outcome is Outcome.DELETED


def test_what_a_source_leaves_out_was_not_decided_by_anybody():
    assert decided(after=row(past_due=85_00, credit_limit=None)).outcome is None
    assert decided(after=row(past_due=85_00, credit_limit=1_00)).outcome is Outcome.UPDATED_OTHER
    assert decided(after=row(past_due=None)).outcome is Outcome.UPDATED_OTHER, "it was asked about"


def test_furnished_since_receipt_and_unchanged_is_verified():
    after = row(past_due=85_00, reported="2026-01-20", balance=480_00)
    assert (decided(after=after).outcome, decided(after=after).provisional) == (Outcome.VERIFIED, True)


@pytest.mark.parametrize("reported", ["2025-12-20", "2026-01-10", "2026-01", None])
def test_not_surely_furnished_since_receipt_keeps_waiting(reported):
    found = decided(after=row(past_due=85_00, reported=reported))
    assert (found.outcome, found.rule) == (None, Rule.NOT_REPORTED_SINCE)


def test_what_the_furnisher_reported_before_the_letter_arrived_is_no_answer():
    for reported in ("2026-01-08", "2026-01-10"):
        found = decided(after=row(past_due=9_00, reported=reported))
        assert (found.outcome, found.rule) == (None, Rule.NOT_REPORTED_SINCE)
        found = decided(after=row(past_due=0, reported=reported))
        assert (found.outcome, found.rule) == (Outcome.MOOT, Rule.SETTLED_BEFORE_RECEIPT)
    for reported in ("2025-12-20", "2026-01-11", "2026-01", None):
        assert decided(after=row(past_due=0, reported=reported)).outcome is Outcome.CORRECTED
        assert decided(after=row(past_due=9_00, reported=reported)).outcome is Outcome.UPDATED_OTHER


@pytest.mark.parametrize(
    ("field", "before", "after", "outcome"),
    [
        ("closed", "2025-03-09", "2025-03", None),
        ("closed", "2025-03", "2025-03-09", None),
        ("first_delinquency", "2024", "2024-11", None),
        ("closed", "2025-03-09", "2025-04", Outcome.UPDATED_OTHER),
        ("first_delinquency", "2024-11", "2024-12", Outcome.UPDATED_OTHER),
        ("original_creditor", "Birch & Loom Co.", "BIRCH LOOM  CO", None),
        ("original_creditor", "Birch & Loom Co.", "BIRCH LOAN CO", Outcome.UPDATED_OTHER),
    ],
)
def test_a_value_printed_otherwise_is_no_answer(field, before, after, outcome):
    one, other = row(past_due=85_00, **{field: before}), row(past_due=85_00, **{field: after})
    found = reconcile(item(ZERO_PAST_DUE), one, other, WHOLE, PULLED)
    assert found.outcome is outcome
    assert (field, canonical_text(one, field), canonical_text(other, field)) in values(found)


def test_put_right_before_the_letter_arrived_is_moot():
    assert decided(after=row(past_due=0), received_on=None).outcome is Outcome.MOOT
    assert decided(after=row(past_due=9_00), received_on=None).outcome is None


def test_a_changed_month_of_the_grid_is_a_change_and_a_new_month_is_not():
    before, after = row(history=months("2025-12", "1C")), row(history=months("2026-01", "CCC"))
    changes = differences(before, after)
    assert [(change.field, change.before, change.after) for change in changes] == [
        ("history.2025-12", "late_30", "current")
    ]
    asked = AskedField(field="history.2025-12", expected="current")
    assert reconcile(item(asked), before, after, WHOLE, PULLED).outcome is Outcome.CORRECTED


def test_a_row_of_another_bureau_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="own bureau"):
        reconcile(item(), row(Bureau.EXPERIAN), None, WHOLE, PULLED)


def test_the_gate_counts_against_the_last_complete_section():
    ten = [row(group=str(number)) for number in range(10)]
    assert completeness(report(*ten[:7]), {Bureau.EQUIFAX: 10})[Bureau.EQUIFAX].complete
    thin = completeness(report(*ten[:6]), {Bureau.EQUIFAX: 10})[Bureau.EQUIFAX]
    assert (thin.complete, thin.missing) == (False, ("tradelines",))
    assert completeness(report(*ten, complete=False), {})[Bureau.EQUIFAX].missing == ("section", "borrower", "score")
    assert not completeness(report(), {})[Bureau.EQUIFAX].complete


def test_a_section_with_fewer_rows_than_its_provider_lists_has_lost_some_on_the_way():
    ten = [row(group=str(number)) for number in range(10)]
    gates = {listed: completeness(report(*ten), {}, {Bureau.EQUIFAX: listed})[Bureau.EQUIFAX] for listed in (9, 10, 11)}
    assert {listed: gate.missing for listed, gate in gates.items()} == {9: (), 10: (), 11: ("rows_lost",)}
    assert not gates[11].complete
    assert completeness(report(*ten), {}, {Bureau.EXPERIAN: 11})[Bureau.EQUIFAX].complete


def test_a_reports_own_summary_counts_like_its_provider():
    ten = [row(group=str(number)) for number in range(10)]

    def gate(summary, told=None):
        made = report(*ten)
        sections = tuple(
            section.model_copy(update={"listed": summary}) if section.bureau is Bureau.EQUIFAX else section
            for section in made.sections
        )
        listed = None if told is None else {Bureau.EQUIFAX: told}
        return completeness(made.model_copy(update={"sections": sections}), {}, listed)[Bureau.EQUIFAX]

    assert (gate(None).complete, gate(None).counted) == (True, False)
    assert (gate(10).complete, gate(10).counted) == (True, True)
    assert (gate(11).missing, gate(11).counted) == (("rows_lost",), False)
    assert (gate(9).complete, gate(9).counted) == (True, False), "it counts something else, and would not miss a row"
    assert (gate(9, told=10).counted, gate(10, told=10).counted) == (False, True)
    assert (gate(None, told=10).counted, gate(10, told=11).missing) == (True, ("rows_lost",))


ROWS = st.builds(
    row,
    past_due=st.sampled_from([None, 0, 85_00, 90_00]),
    balance=st.sampled_from([None, 0, 500_00]),
    reported=st.sampled_from([None, "2025-12-20", "2026-01-20"]),
    pay_status=st.sampled_from([None, *PaymentLevel]),
)
ASKED = st.lists(
    st.builds(
        AskedField,
        field=st.sampled_from(["past_due", "balance", "pay_status"]),
        expected=st.sampled_from([None, "0", "current"]),
        unstated=st.booleans(),
    ),
    max_size=3,
).map(tuple)
DAYS = st.one_of(st.none(), st.dates(date(2025, 12, 1), date(2026, 3, 1)))


@given(ROWS, st.one_of(st.none(), ROWS), ASKED, DAYS, st.booleans())
def test_a_partial_report_never_closes_anything(before, after, asked, received_on, in_review):
    partial = Completeness(bureau=Bureau.EQUIFAX, complete=False, missing=("score",))
    disputed = item(*asked, received_on=received_on)
    found = reconcile(disputed, before, after, partial, PULLED, identity_in_review=in_review)
    assert (found.outcome, found.settles) == (Outcome.INDETERMINATE, False)


@given(ROWS, st.one_of(st.none(), ROWS), ASKED, DAYS, st.booleans())
def test_every_proposal_is_provisional_and_keeps_the_bounds(before, after, asked, received_on, in_review):
    disputed = item(*asked, received_on=received_on)
    found = reconcile(disputed, before, after, WHOLE, PULLED, identity_in_review=in_review)
    assert found.provisional == (found.outcome is not None)
    if found.outcome is Outcome.DELETED:
        assert after is None
        assert not in_review
        assert received_on is not None
        assert received_on < PULLED
    if found.outcome is Outcome.CORRECTED:
        assert asked
        assert all(canonical_text(after, each.field) == each.expected for each in asked)
    if found.outcome is Outcome.VERIFIED:
        assert after.reported.earliest > received_on


@given(ROWS)
def test_nothing_differs_from_itself(one):
    assert differences(one, one) == ()
