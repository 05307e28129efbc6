"""Whose row is whose across pulls, and what a bureau still shows."""

from datetime import date
from uuid import UUID

import pytest

from domain.bureaus import Bureau
from domain.credit_files import AlreadyMatched, CreditFile, NoMatchPending, NotACandidate
from tests.support.cases import FIRST_PULL, everywhere, report, row
from tests.support.histories import ACTOR_ID, CONSUMER_ID, NOON, TENANT_ID, UNSURE_PULL, uid


def opened() -> CreditFile:
    return CreditFile.open(CreditFile.identity(TENANT_ID, CONSUMER_ID), NOON, CONSUMER_ID)


def test_the_same_account_keeps_its_id_from_pull_to_pull() -> None:
    made = opened()
    first = made.match_pull(uid("1"), FIRST_PULL, NOON)
    second = made.match_pull(uid("2"), report(date(2026, 2, 1), everywhere("22"), everywhere("21")), NOON)
    assert second.tradeline_ids["experian-22"] == first.tradeline_ids["experian-22"]
    assert len(set(first.tradeline_ids.values())) == 4
    assert (made.report_ids, made.owner_id) == ([uid("1"), uid("2")], CONSUMER_ID)


def test_a_thin_section_is_not_believed_about_what_it_leaves_out() -> None:
    made = opened()
    made.match_pull(uid("1"), FIRST_PULL, NOON)
    thin = made.match_pull(uid("2"), report(date(2026, 2, 1), everywhere("21")), NOON)
    assert not any(gate.complete for gate in thin.gates)
    assert made.counts == dict.fromkeys(Bureau, 4)


def test_what_the_newest_complete_report_leaves_out_is_reported_no_more() -> None:
    made = opened()
    first = made.match_pull(uid("1"), FIRST_PULL, NOON)
    gone, kept = first.tradeline_ids["experian-23"], first.tradeline_ids["experian-22"]
    later = report(date(2026, 2, 1), everywhere("21"), everywhere("22"), everywhere("24"))
    made.match_pull(uid("2"), later, NOON)
    assert made.still_reports(kept, Bureau.EXPERIAN)
    assert not made.still_reports(gone, Bureau.EXPERIAN)


def test_a_thin_report_or_an_older_one_takes_nothing_away() -> None:
    made = opened()
    first = made.match_pull(uid("1"), FIRST_PULL, NOON)
    made.match_pull(uid("2"), report(date(2026, 2, 1), everywhere("21")), NOON)
    made.match_pull(uid("3"), report(date(2025, 12, 1), everywhere("21"), everywhere("22"), everywhere("24")), NOON)
    assert made.still_reports(first.tradeline_ids["experian-23"], Bureau.EXPERIAN)


def test_the_pull_before_a_day_is_the_newest_older_one_in_whatever_order_they_came() -> None:
    made = opened()
    for what, pulled_on in (("1", date(2026, 1, 5)), ("2", date(2026, 3, 1)), ("3", date(2026, 2, 1))):
        made.match_pull(uid(what), report(pulled_on, everywhere("21")), NOON)
    days = [date(2026, 1, 5), date(2026, 1, 6), date(2026, 2, 2), date(2026, 3, 2)]
    assert [made.pull_before(day) for day in days] == [None, uid("1"), uid("3"), uid("2")]


def test_of_two_pulls_of_one_day_the_later_brought_is_compared_with() -> None:
    made = opened()
    for what in ("2", "1"):
        made.match_pull(uid(what), report(date(2026, 1, 5), everywhere("21")), NOON)
    assert made.pull_before(date(2026, 2, 1)) == uid("1")


UNSURE, REF = uid("2"), "experian-34"


def unsure() -> tuple[CreditFile, dict[str, UUID], UUID]:
    """A file whose second pull has a row that may be the account `24`, which is otherwise missing there."""
    made = opened()
    first = made.match_pull(uid("1"), FIRST_PULL, NOON)
    second = made.match_pull(UNSURE, UNSURE_PULL, NOON)
    assert REF not in second.tradeline_ids
    return made, second.tradeline_ids, first.tradeline_ids["experian-24"]


def test_an_operator_says_which_account_a_row_is() -> None:
    made, ids, gone = unsure()
    assert gone in made.waiting(UNSURE)[REF].candidates
    assert made.settle_match(UNSURE, UNSURE_PULL, ids, REF, gone, ACTOR_ID, NOON) == {REF: gone}
    assert made.waiting(UNSURE) == {}
    settled = made.pending_events[-1]
    assert isinstance(settled, CreditFile.MatchSettled)
    assert (settled.asked_at, settled.left, settled.is_new, settled.actor_id) == (3, 0, False, ACTOR_ID)


def test_what_was_settled_is_known_in_the_next_pull() -> None:
    made, ids, gone = unsure()
    made.settle_match(UNSURE, UNSURE_PULL, ids, REF, gone, ACTOR_ID, NOON)
    third = made.match_pull(uid("3"), UNSURE_PULL.model_copy(update={"pulled_on": date(2026, 3, 1)}), NOON)
    assert third.tradeline_ids[REF] == gone
    assert third.in_review == ()


def test_a_new_account_leaves_the_others_absent() -> None:
    made, ids, gone = unsure()
    assert made.still_reports(gone, Bureau.EXPERIAN)
    found = made.settle_match(UNSURE, UNSURE_PULL, ids, REF, None, ACTOR_ID, NOON)
    assert found[REF] not in {gone, *ids.values()}
    assert not made.still_reports(gone, Bureau.EXPERIAN)
    third = made.match_pull(uid("3"), UNSURE_PULL.model_copy(update={"pulled_on": date(2026, 3, 1)}), NOON)
    assert third.tradeline_ids[REF] == found[REF]


def test_a_wrong_or_stale_choice_is_refused() -> None:
    made, ids, gone = unsure()
    with pytest.raises(NotACandidate):
        made.settle_match(UNSURE, UNSURE_PULL, ids, REF, uid("stranger"), ACTOR_ID, NOON)
    with pytest.raises(NoMatchPending):
        made.settle_match(UNSURE, UNSURE_PULL, ids, "experian-21", gone, ACTOR_ID, NOON)
    with pytest.raises(AlreadyMatched):
        made.settle_match(UNSURE, UNSURE_PULL, ids | {"experian-23": gone}, REF, gone, ACTOR_ID, NOON)
    found = made.settle_match(UNSURE, UNSURE_PULL, ids, REF, gone, ACTOR_ID, NOON)
    with pytest.raises(NoMatchPending):
        made.settle_match(UNSURE, UNSURE_PULL, ids | found, REF, None, ACTOR_ID, NOON)


def test_rows_of_the_same_account_that_only_waited_are_settled_with_it() -> None:
    made = opened()
    first = made.match_pull(uid("1"), FIRST_PULL, NOON)
    strange = {"account_number": "9999", "account_masked": "****9999", "high_balance": 1, "balance": 1}
    moved = report(
        date(2026, 2, 1), everywhere("21"), everywhere("22"), everywhere("23"),
        (row(Bureau.EXPERIAN, "34"), row(Bureau.EQUIFAX, "34", creditor_name="ELSEWHERE", **strange)),
    )  # fmt: skip
    second = made.match_pull(UNSURE, moved, NOON)
    assert {REF, "equifax-34"}.isdisjoint(second.tradeline_ids)
    gone = first.tradeline_ids["experian-24"]
    found = made.settle_match(UNSURE, moved, second.tradeline_ids, REF, gone, ACTOR_ID, NOON)
    assert found == {REF: gone, "equifax-34": gone}
    assert made.known[gone, Bureau.EQUIFAX].creditor == "ELSEWHERE"


def test_an_older_pull_settled_late_does_not_overwrite_what_is_known_since() -> None:
    made, ids, gone = unsure()
    newer = FIRST_PULL.model_copy(update={"pulled_on": date(2026, 3, 1)})
    made.match_pull(uid("3"), newer, NOON)
    before = made.known[gone, Bureau.EXPERIAN]
    made.settle_match(UNSURE, UNSURE_PULL, ids, REF, gone, ACTOR_ID, NOON)
    assert made.known[gone, Bureau.EXPERIAN] == before


def test_an_older_pull_brought_late_does_not_overwrite_what_is_known_since() -> None:
    made = opened()
    day, older_face = date(2026, 3, 1), {"handle": "vendor-7"}
    first = made.match_pull(uid("1"), report(day, everywhere("21"), everywhere("22"), everywhere("23")), NOON)
    newest, key = dict(made.known), (first.tradeline_ids["experian-21"], Bureau.EXPERIAN)
    older = made.match_pull(uid("2"), report(date(2026, 2, 1), everywhere("21", **older_face)), NOON)
    assert older.tradeline_ids["experian-21"] == key[0]
    assert (made.known, made.seen_on[key]) == (newest, day)


def test_a_section_is_measured_against_the_newest_complete_one_whenever_an_older_one_is_brought() -> None:
    made = opened()
    many = tuple(everywhere(str(number)) for number in range(21, 31))
    made.match_pull(uid("1"), report(date(2025, 12, 1), *many[:3]), NOON)
    made.match_pull(uid("2"), report(date(2026, 2, 1), *many), NOON)
    made.match_pull(uid("3"), report(date(2026, 1, 1), *many[:8]), NOON)
    assert made.counts == dict.fromkeys(Bureau, 10)
    thin = made.match_pull(uid("4"), report(date(2026, 3, 1), *many[:6]), NOON)
    assert not any(gate.complete for gate in thin.gates)


def test_a_report_is_overtaken_by_what_was_pulled_later_and_brought_earlier() -> None:
    made = opened()
    for what, pulled_on in (("1", date(2026, 1, 5)), ("2", date(2026, 3, 1)), ("3", date(2026, 2, 1))):
        made.match_pull(uid(what), report(pulled_on, everywhere("21")), NOON)
    assert made.overtook(uid("3"), date(2026, 2, 1)) == [uid("2")]
    assert made.overtook(uid("2"), date(2026, 3, 1)) == made.overtook(uid("none"), date(2026, 1, 1)) == []


def steady(made: CreditFile, name: str, day: date, *groups: str) -> bool:
    gates = made.match_pull(uid(name), report(day, *(everywhere(group) for group in groups)), NOON).gates
    assert all(gate.complete for gate in gates)
    return {gate.steady for gate in gates} == {True}


def test_a_section_is_steady_that_lacks_just_what_the_last_complete_one_lacked() -> None:
    made = opened()
    assert not steady(made, "1", date(2026, 1, 5), "21", "22", "23", "24")
    assert steady(made, "2", date(2026, 2, 1), "21", "22", "23", "24")
    assert not steady(made, "3", date(2026, 3, 1), "21", "22", "23"), "one is gone"
    assert steady(made, "4", date(2026, 4, 1), "21", "22", "23")
    assert not steady(made, "5", date(2026, 5, 1), "21", "22", "23", "24"), "it is back: the last ones were thin"
    assert steady(made, "6", date(2026, 6, 1), "21", "22", "23", "24", "97"), "a new account is nothing missing"


def test_a_thin_section_is_nothing_to_be_measured_by() -> None:
    made = opened()
    made.match_pull(uid("1"), report(date(2026, 1, 5), *(everywhere(g) for g in ("21", "22", "23", "24"))), NOON)
    thin = made.match_pull(uid("2"), report(date(2026, 2, 1), everywhere("21")), NOON)
    assert not any(gate.complete or gate.steady for gate in thin.gates)
    assert steady(made, "3", date(2026, 3, 1), "21", "22", "23", "24")


@pytest.mark.parametrize("is_new", [False, True])
def test_one_answer_serves_for_the_same_row_in_another_report(is_new: bool) -> None:
    made, ids, gone = unsure()
    later = UNSURE_PULL.model_copy(update={"pulled_on": date(2026, 3, 1)})
    third = made.match_pull(uid("3"), later, NOON)
    assert made.waiting(uid("3")).keys() == {REF}
    found = made.settle_match(UNSURE, UNSURE_PULL, ids, REF, None if is_new else gone, ACTOR_ID, NOON)
    alike = made.settle_alike(uid("3"), later, third.tradeline_ids, found[REF], ACTOR_ID, NOON)
    assert alike == found
    assert made.questions == {}
    settled = made.pending_events[-1]
    assert isinstance(settled, CreditFile.MatchSettled)
    assert (settled.report_id, settled.asked_at, settled.left) == (uid("3"), 4, 0)


def test_an_answer_says_nothing_of_rows_that_are_unlike_or_settled() -> None:
    made, ids, gone = unsure()
    other = UNSURE_PULL.model_copy(update={"pulled_on": date(2026, 3, 1)})
    third = made.match_pull(uid("3"), other, NOON)
    made.settle_match(UNSURE, UNSURE_PULL, ids, REF, gone, ACTOR_ID, NOON)
    stranger = made.known[gone, Bureau.EXPERIAN].model_copy(update={"tail": "0000", "handle": None})
    made.known[gone, Bureau.EXPERIAN] = stranger
    assert made.settle_alike(uid("3"), other, third.tradeline_ids, gone, ACTOR_ID, NOON) == {}
    taken = third.tradeline_ids | {"experian-23": gone}
    assert made.settle_alike(uid("3"), other, taken, gone, ACTOR_ID, NOON) == {}
