"""A dispute's moves: the lawful ones decide an event, the others are refused with a stable code."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deadlines import ReceiptBasis
from domain.disputes import AlreadyClosed, Dispute, DisputeStatus
from domain.kernel import Event, IllegalMove, Invalid
from domain.letter_facts import ANNUAL_REPORT_DISPUTE
from domain.reconciliation import Outcome
from tests.support.histories import (
    ACTOR_ID,
    BUREAU,
    CONSUMER_ID,
    SHA,
    TENANT_ID,
    at,
    comparison,
    dispute,
    disputes,
    evaluate,
    posted_dispute,
    received_dispute,
    uid,
)

S = DisputeStatus
LATE = datetime(2026, 2, 24, 12, tzinfo=UTC)
"""The day after a breach may be asserted for a receipt on 9 January 2026."""


def kinds(made: Dispute, since: int = 0) -> list[type[Event]]:
    return [type(event) for event in made.pending_events[since:]]  # type: ignore[misc]


def test_a_dispute_is_named_by_what_makes_it_one() -> None:
    first = Dispute.identity(TENANT_ID, CONSUMER_ID, uid("tradeline"), BUREAU, 1)
    assert first == Dispute.identity(TENANT_ID, CONSUMER_ID, uid("tradeline"), BUREAU, 1)
    assert first != Dispute.identity(TENANT_ID, CONSUMER_ID, uid("tradeline"), BUREAU, 2)


def test_the_walk_of_a_dispute() -> None:
    made = received_dispute()
    evaluate(made)
    made.confirm(ACTOR_ID, at(501))
    assert kinds(made) == [
        Dispute.Opened, Dispute.Drafted, Dispute.ApprovalAwaited, Dispute.Approved, Dispute.Posted, Dispute.Received,
        Dispute.Evaluated, Dispute.Closed,
    ]  # fmt: skip
    assert (made.status, made.outcome, made.provisional) == (S.CLOSED, Outcome.CORRECTED, False)


def test_an_item_stands_in_one_letter_only() -> None:
    made = dispute()
    made.note_letter(uid("letter"), at(1))
    with pytest.raises(IllegalMove) as refusal:
        made.note_letter(uid("another letter"), at(2))
    assert refusal.value.code == "illegal_move"


def test_news_of_a_letter_it_does_not_stand_in_changes_nothing() -> None:
    made = dispute()
    made.note_letter(uid("letter"), at(1))
    made.await_approval(uid("other"), S.AWAITING_CONSUMER_APPROVAL, SHA, at(2))
    made.approve(uid("other"), SHA, at(2))
    made.drop_letter(uid("other"), at(2))
    assert (made.status, made.version) == (S.DRAFTED, 2)


def test_a_dropped_letter_frees_the_item() -> None:
    made = dispute()
    made.note_letter(uid("letter"), at(1))
    made.drop_letter(uid("letter"), at(2))
    assert (made.status, made.letter_id) == (S.SELECTED, None)


def test_only_an_approved_dispute_is_posted_and_only_once() -> None:
    made = dispute()
    with pytest.raises(IllegalMove):
        made.post(uid("mailing"), at(1))
    made = posted_dispute()
    with pytest.raises(IllegalMove):
        made.post(uid("mailing"), at(5))


def test_a_refused_piece_gives_the_dispute_back() -> None:
    made = posted_dispute()
    made.note_posting_failed(uid("other mailing"), at(5))
    assert made.status is S.SENT
    made.note_posting_failed(uid("mailing"), at(5))
    assert made.status is S.APPROVED


def test_the_clock_starts_at_receipt_and_once() -> None:
    made = posted_dispute()
    assert made.deadlines is None
    for day in (9, 12):
        made.record_receipt(date(2026, 1, day), ReceiptBasis.PROVEN, "America/Chicago", uid("mailing"), at(100))
    assert (made.received_on, made.version) == (date(2026, 1, 9), 6)
    assert made.deadlines is not None
    assert made.deadlines.statutory_due.on == date(2026, 2, 8)


def test_a_returned_letter_starts_no_clock() -> None:
    made = posted_dispute()
    made.return_undelivered(uid("other mailing"), at(5))
    made.return_undelivered(uid("mailing"), at(5))
    made.return_undelivered(uid("mailing"), at(6))
    made.record_receipt(date(2026, 1, 9), ReceiptBasis.PROVEN, "America/Chicago", uid("mailing"), at(100))
    assert (made.status, made.deadlines, made.version) == (S.RETURNED_UNDELIVERED, None, 6)


def test_silence_is_overdue_on_the_day_after_in_the_recipients_zone() -> None:
    made = received_dispute()
    made.check_overdue(datetime(2026, 2, 24, 5, 59, tzinfo=UTC))
    assert made.status is S.RECEIVED
    made.check_overdue(datetime(2026, 2, 24, 6, 0, tzinfo=UTC))
    made.check_overdue(LATE)
    assert kinds(made, 6) == [Dispute.BecameOverdue]


@pytest.mark.parametrize("basis", [ReceiptBasis.PRESUMED, ReceiptBasis.UNKNOWN])
def test_nobody_is_accused_without_proof_of_receipt(basis: ReceiptBasis) -> None:
    made = posted_dispute()
    made.record_receipt(date(2026, 1, 9), basis, "America/Chicago", uid("mailing"), at(100))
    made.check_overdue(LATE)
    assert made.status is S.RECEIVED


def test_information_inside_thirty_days_extends_once() -> None:
    made = received_dispute()
    made.send_information(date(2026, 1, 20), datetime(2026, 1, 20, 20, tzinfo=UTC))
    made.send_information(date(2026, 1, 21), datetime(2026, 1, 21, 20, tzinfo=UTC))
    assert made.deadlines is not None
    assert made.deadlines.statutory_due.on == date(2026, 2, 23)
    assert kinds(made, 6) == [Dispute.DeadlineExtended]


def test_a_dispute_made_on_a_free_annual_copy_has_forty_five_days_and_no_more() -> None:
    made = received_dispute(letter_type=ANNUAL_REPORT_DISPUTE)
    made.send_information(date(2026, 1, 20), datetime(2026, 1, 20, 20, tzinfo=UTC))
    assert kinds(made, 6) == []
    made.check_overdue(LATE)
    assert made.status is S.RECEIVED
    assert made.deadlines is not None
    assert (made.deadlines.statutory_due.on, made.deadlines.statutory_due.rule) == (date(2026, 2, 23), "R03")
    made.check_overdue(datetime(2026, 3, 10, 12, tzinfo=UTC))
    assert made.status is S.OVERDUE


def test_later_information_never_takes_an_extension_back() -> None:
    made = received_dispute()
    made.send_information(date(2026, 1, 20), datetime(2026, 1, 20, 20, tzinfo=UTC))
    made.send_information(date(2026, 2, 20), datetime(2026, 2, 20, 20, tzinfo=UTC))
    assert made.deadlines is not None
    assert made.deadlines.statutory_due.on == date(2026, 2, 23)


def test_an_extension_told_late_takes_the_accusation_back() -> None:
    made = received_dispute()
    made.check_overdue(LATE)
    assert made.status is S.OVERDUE
    made.send_information(date(2026, 1, 20), LATE)
    assert made.status is S.RECEIVED
    made.check_overdue(LATE)
    assert made.status is S.RECEIVED
    made.check_overdue(datetime(2026, 3, 10, 12, tzinfo=UTC))
    assert made.status is S.OVERDUE


def test_information_extends_nothing_before_receipt_or_before_it_is_sent() -> None:
    with pytest.raises(IllegalMove):
        posted_dispute().send_information(date(2026, 1, 20), at(500))
    with pytest.raises(Invalid) as refusal:
        received_dispute().send_information(date(2026, 1, 20), at(24))
    assert refusal.value.code == "invalid"


@pytest.mark.parametrize("made", [dispute(), disputes()[1], disputes()[2]])
def test_a_report_says_nothing_about_a_dispute_that_is_not_waiting(made: Dispute) -> None:
    before = made.version
    evaluate(made)
    made.consider_report(comparison("r", None, "C10"), at(500))
    assert made.version == before


def test_what_stands_in_no_letter_can_turn_out_to_be_settled_and_nothing_else() -> None:
    for outcome in (Outcome.DELETED, Outcome.VERIFIED, Outcome.CORRECTED):
        made = dispute()
        made.take_report(comparison("r", outcome, "C04"), ACTOR_ID, at(500))
        assert made.status is S.SELECTED
    made = dispute()
    made.take_report(comparison("r", Outcome.MOOT, "C03"), ACTOR_ID, at(500))
    assert (made.status, made.outcome) == (S.EVALUATED, Outcome.MOOT)
    made.overrule("left out by mistake", ACTOR_ID, at(501))
    assert (made.status, made.outcome) == (S.SELECTED, None)


def test_a_report_is_counted_once() -> None:
    made = received_dispute()
    for _ in range(2):
        made.consider_report(comparison("r", None, "C10"), at(500))
    assert kinds(made, 6) == [Dispute.ReportConsidered]


def report_shows(
    made: Dispute, name: str, outcome: Outcome | None, *, shown: bool = True, steady: bool = True, counted: bool = False
) -> None:
    found = comparison(name, outcome, "C04", shown=shown).model_copy(update={"steady": steady, "counted": counted})
    made.take_report(found, ACTOR_ID, at(600))


def test_a_thin_report_found_to_hold_what_was_deleted_says_so_though_it_was_compared_before() -> None:
    made = received_dispute()
    report_shows(made, "one", Outcome.DELETED, shown=False)
    report_shows(made, "thin", Outcome.INDETERMINATE, shown=False)
    made.confirm(ACTOR_ID, at(601))
    for _ in range(2):
        report_shows(made, "thin", Outcome.REINSERTED)
    assert (made.outcome, made.reinserted_in) == (Outcome.REINSERTED, uid("thin"))
    assert kinds(made, -2) == [Dispute.Closed, Dispute.Reinserted]


def test_two_further_reports_end_what_they_show_too() -> None:
    made = received_dispute()
    for name in ("one", "one"):
        report_shows(made, name, Outcome.DELETED, shown=False)
    assert (made.status, made.provisional) == (S.EVALUATED, True)
    report_shows(made, "thin", Outcome.INDETERMINATE, shown=False)
    for name in ("two", "two"):
        report_shows(made, name, Outcome.DELETED, shown=False)
    assert (made.status, made.outcome, made.provisional) == (S.EVALUATED, Outcome.DELETED, True)
    assert kinds(made, -1) == [Dispute.OutcomeRepeated]
    report_shows(made, "unsteady", Outcome.DELETED, shown=False, steady=False)
    assert made.status is S.EVALUATED
    report_shows(made, "three", Outcome.DELETED, shown=False)
    assert (made.status, made.outcome, made.provisional) == (S.CLOSED, Outcome.DELETED, False)
    confirmed = made.pending_events[-2]
    assert isinstance(confirmed, Dispute.OutcomeConfirmed)
    assert (confirmed.proposed_from, made.repeated_from, confirmed.report_id) == (uid("one"), uid("two"), uid("three"))
    assert (confirmed.rule, confirmed.changes) == ("C04", comparison("three", None, shown=False).changes)


@pytest.mark.parametrize(
    ("first", "second", "ends"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_second_report_ends_it_where_the_accounts_of_both_were_counted(first: bool, second: bool, ends: bool) -> None:
    made = received_dispute()
    report_shows(made, "one", Outcome.DELETED, shown=False, counted=first)
    report_shows(made, "two", Outcome.DELETED, shown=False, counted=second)
    assert (made.status is S.CLOSED) is ends
    assert made.outcome is Outcome.DELETED


def test_what_was_repeated_for_one_proposal_does_not_count_for_the_next() -> None:
    made = received_dispute()
    for name in ("one", "two"):
        report_shows(made, name, Outcome.DELETED, shown=False)
    report_shows(made, "back", Outcome.VERIFIED)
    for name in ("gone", "gone still"):
        report_shows(made, name, Outcome.DELETED, shown=False)
    assert (made.status, made.proposed_from, made.repeated_from) == (S.EVALUATED, uid("gone"), uid("gone still"))


@pytest.mark.parametrize(
    "outcome", [Outcome.VERIFIED, Outcome.UPDATED_OTHER, Outcome.PARTIALLY_CORRECTED, Outcome.MOOT]
)
def test_what_is_not_all_that_was_asked_waits_for_the_operator(outcome: Outcome) -> None:
    made = received_dispute()
    for name in ("one", "two", "three"):
        report_shows(made, name, outcome)
    assert (made.status, made.outcome) == (S.EVALUATED, outcome)


def test_what_an_operator_overruled_no_report_ends_by_itself() -> None:
    made = received_dispute()
    report_shows(made, "one", Outcome.DELETED, shown=False)
    made.overrule("the row stands under another heading", ACTOR_ID, at(601))
    for name in ("two", "three"):
        report_shows(made, name, Outcome.DELETED, shown=False)
    assert (made.status, made.outcome) == (S.EVALUATED, Outcome.DELETED)
    made.confirm(ACTOR_ID, at(602))
    assert made.status is S.CLOSED


@pytest.mark.parametrize("later", [Outcome.VERIFIED, None])
def test_a_proposal_that_does_not_hold_is_taken_back(later: Outcome | None) -> None:
    made = received_dispute()
    before = made.status
    report_shows(made, "one", Outcome.DELETED, shown=False)
    report_shows(made, "two", later)
    assert (made.status, made.outcome) == ((before, None) if later is None else (S.EVALUATED, later))
    assert kinds(made, -2) == [
        Dispute.OutcomeContradicted, Dispute.ReportConsidered if later is None else Dispute.Evaluated
    ]


def test_a_deletion_is_watched_for_ever() -> None:
    made = disputes()[3]
    assert (made.status, made.outcome) == (S.CLOSED, Outcome.REINSERTED)
    version = made.version
    report_shows(made, "yet another", Outcome.REINSERTED)
    assert made.version == version, "from here on the next round watches"
    corrected = disputes()[0]
    report_shows(corrected, "yet another", Outcome.REINSERTED)
    assert corrected.outcome is Outcome.CORRECTED


def test_only_a_proposed_outcome_is_confirmed_or_overruled() -> None:
    for act in (
        lambda made: made.confirm(ACTOR_ID, at(501)),
        lambda made: made.overrule("no", ACTOR_ID, at(501)),
    ):
        with pytest.raises(IllegalMove):
            act(received_dispute())


@pytest.mark.parametrize("late", [False, True])
def test_an_overruled_dispute_goes_on_as_before(late: bool) -> None:
    made = received_dispute()
    if late:
        made.check_overdue(LATE)
    before = made.status
    evaluate(made)
    made.overrule("not our item", ACTOR_ID, at(501))
    assert (made.status, made.outcome, made.provisional) == (before, None, False)
    evaluate(made)
    assert made.status is before
    evaluate(made, "a later report")
    assert made.status is S.EVALUATED


def test_closed_is_closed() -> None:
    made = disputes()[0]
    for act in (
        lambda: made.confirm(ACTOR_ID, at(2000)),
        lambda: made.withdraw(at(2000)),
        lambda: made.post(uid("mailing"), at(2000)),
        lambda: made.note_letter(uid("letter"), at(2000)),
        lambda: made.send_information(date(2026, 1, 20), LATE),
    ):
        with pytest.raises(AlreadyClosed) as refusal:
            act()
        assert refusal.value.code == "already_closed"


@pytest.mark.parametrize(("made", "after"), [(dispute(), False), (posted_dispute(), True), (received_dispute(), True)])
def test_withdrawing_says_whether_paper_had_left(made: Dispute, after: bool) -> None:
    made.withdraw(at(200))
    (event,) = made.pending_events[-1:]
    assert isinstance(event, Dispute.Withdrawn)
    assert event.after_posting is after
    with pytest.raises(AlreadyClosed):
        made.withdraw(at(201))


REPEATABLE = {
    "await": lambda d: d.await_approval(uid("x"), S.AWAITING_CONSUMER_APPROVAL, SHA, at(900)),
    "approve": lambda d: d.approve(uid("x"), SHA, at(900)),
    "drop": lambda d: d.drop_letter(uid("letter"), at(900)),
    "failed": lambda d: d.note_posting_failed(uid("mailing"), at(900)),
    "receipt": lambda d: d.record_receipt(
        date(2026, 1, 9), ReceiptBasis.PROVEN, "America/Chicago", uid("mailing"), at(900)
    ),
    "evaluate": evaluate,
    "consider": lambda d: d.consider_report(comparison("r", None, "C10"), at(900)),
    "overdue": lambda d: d.check_overdue(LATE),
    "returned": lambda d: d.return_undelivered(uid("mailing"), at(900)),
}


@given(st.sampled_from([dispute, posted_dispute, received_dispute]), st.sampled_from(sorted(REPEATABLE)))
def test_the_same_news_twice_decides_once(start, news: str) -> None:  # type: ignore[no-untyped-def]
    made = start()
    REPEATABLE[news](made)
    version = made.version
    REPEATABLE[news](made)
    assert made.version == version
