"""Accounts are known again in a later report, and never taken for one another."""

from datetime import date
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.bureaus import Bureau
from domain.matching import identity_key, match, mint, remember, settled
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator import generate
from tests.support.reports import collection, report, row

ONE, TWO = UUID(int=1), UUID(int=2)


def new_id(key: str) -> UUID:
    return uuid5(NAMESPACE_OID, key)


def known(each, tradeline_id=ONE):
    return remember(tradeline_id, each)


@pytest.mark.parametrize(
    ("before", "after", "tier"),
    [
        (row(handle="H1"), row(handle="H1", creditor_name="OTHER"), "T1"),
        (row(handle="H1"), row(handle="H2", creditor_name="OTHER"), "T2"),
        (row(creditor_name="CHASE CARD"), row(creditor_name="JPMCB CARD", opened="2021-01-01"), "T3"),
        (row(account_number=None), row(account_number=None, opened="2019-03-20"), "T4"),
    ],
)
def test_each_tier_knows_its_account_again(before, after, tier):
    result = match([known(before)], report(after))
    assert result.assigned == {after.ref: ONE}
    assert result.tiers == {after.ref: tier}
    assert (result.review, result.unmatched, result.absent) == ((), (), ())


@pytest.mark.parametrize(
    ("before", "after", "tier"),
    [
        (row(), row(account_number="XXXX9999", opened="2019-03-20"), "T4"),
        (collection(), collection(creditor_name="OAKBRIDGE COLL", account_number="77", opened="2025-08-01"), "T5"),
    ],
)
def test_a_likely_account_is_reviewed_and_not_called_absent(before, after, tier):
    result = match([known(before)], report(after))
    assert [(entry.ref, entry.candidates, entry.tier) for entry in result.review] == [(after.ref, (ONE,), tier)]
    assert (result.assigned, result.unmatched, result.absent) == ({}, (), ())
    assert result.in_review(ONE, Bureau.EQUIFAX)
    assert not result.in_review(ONE, Bureau.EXPERIAN)


def test_a_vendors_handle_does_not_outweigh_another_account_number():
    result = match(
        [known(row(handle="H1"))], report(row(handle="H1", account_number="XXXX9999", balance=1, high_balance=1))
    )
    assert result.assigned == {}
    assert result.absent == ((ONE, Bureau.EQUIFAX),)


def test_bureaus_are_never_mixed():
    result = match([known(row(Bureau.EQUIFAX))], report(row(Bureau.EXPERIAN)))
    assert result.assigned == {}
    assert result.absent == ((ONE, Bureau.EQUIFAX),)
    assert result.unmatched == ("1.experian",)


def test_twins_that_cannot_be_told_apart_go_to_review():
    twins = [known(row(), ONE), known(row(), TWO)]
    result = match(twins, report(row(group="7")))
    assert result.review[0].candidates == (ONE, TWO)
    assert result.absent == ()


def test_handles_tell_twins_apart():
    twins = [known(row(handle="A"), ONE), known(row(handle="B"), TWO)]
    result = match(twins, report(row(group="7", handle="B")))
    assert result.assigned == {"7.equifax": TWO}
    assert result.absent == ((ONE, Bureau.EQUIFAX),)


def test_two_rows_of_which_only_one_may_be_either_account_are_told_apart():
    """Row 8 shows no handle; row 9 has the handle of ONE. Both have the numbers of both accounts."""
    twins = [known(row(handle="A"), ONE), known(row(handle="B"), TWO)]
    result = match(twins, report(row(group="8"), row(group="9", handle="A")))
    assert result.assigned == {"8.equifax": TWO, "9.equifax": ONE}
    assert result.review == ()


def test_a_group_brings_a_changed_row_home():
    before = [known(row(Bureau.EQUIFAX)), known(row(Bureau.EXPERIAN))]
    changed = row(Bureau.EXPERIAN, account_number="999", creditor_name="OTHER", opened="2010-01-01", high_balance=1)
    result = match(before, report(row(Bureau.EQUIFAX), changed))
    assert result.assigned == {"1.equifax": ONE, "1.experian": ONE}
    assert result.tiers["1.experian"] == "G"
    assert result.absent == ()


def test_rows_that_had_accounts_of_their_own_keep_them_when_the_source_groups_them():
    before = [known(row(Bureau.EQUIFAX), ONE), known(row(Bureau.EXPERIAN), TWO)]
    result = match(before, report(row(Bureau.EQUIFAX), row(Bureau.EXPERIAN)))
    assert result.assigned == {"1.equifax": ONE, "1.experian": TWO}
    assert result.review == ()


def test_a_row_whose_group_is_an_account_that_is_missing_there_is_reviewed():
    other = row(Bureau.EXPERIAN, account_number="999", creditor_name="OTHER", opened="2010-01-01", high_balance=1)
    before = [known(row(Bureau.EQUIFAX), ONE), known(row(Bureau.EXPERIAN), ONE), known(other, TWO)]
    result = match(before, report(row(Bureau.EQUIFAX), other))
    assert result.assigned == {"1.equifax": ONE}
    (doubt,) = result.review
    assert (doubt.ref, doubt.candidates, doubt.tier) == ("1.experian", (ONE, TWO), "group")
    assert result.absent == ()


def test_every_account_a_doubtful_row_may_be_is_kept_from_absence():
    """The row shares ONE's number with a surer row, which takes it, and was perhaps bought from TWO's collector."""
    before = [known(collection(original_creditor=None), ONE), known(collection(account_number="77777"), TWO)]
    bought = collection(group="9", creditor_name="OAKBRIDGE COLL")
    result = match(before, report(collection(group="8", original_creditor=None), bought))
    assert result.assigned == {"8.equifax": ONE}
    assert result.in_review(TWO, Bureau.EQUIFAX)
    assert result.absent == ()


HEAD = {"account_number": "4266XXXXXXXX"}


def test_the_first_digits_of_a_card_do_not_make_a_new_card_the_old_one():
    result = match([known(row(**HEAD))], report(row(**HEAD, opened="2025-11-02", high_balance=10_00)))
    assert result.assigned == {}
    assert [(entry.candidates, entry.tier) for entry in result.review] == [((ONE,), "T3")]
    assert result.absent == ()


def test_the_first_digits_and_the_month_need_the_creditor_too():
    later = row(**HEAD, creditor_name="OAKBRIDGE", high_balance=10_00)
    assert match([known(row(**HEAD))], report(later)).assigned == {}
    assert match([known(row(**HEAD))], report(row(**HEAD))).tiers == {"1.equifax": "T2"}


def test_a_row_that_may_be_another_account_is_not_taken_by_its_group():
    sold = collection(Bureau.EXPERIAN, account_number=None, opened="2023-01-01")
    before = [known(row(Bureau.EQUIFAX)), known(row(Bureau.EXPERIAN)), known(sold, TWO)]
    resold = collection(Bureau.EXPERIAN, creditor_name="OAKBRIDGE COLL", account_number="77", opened="2025-08-01")
    result = match(before, report(row(Bureau.EQUIFAX), resold))
    assert result.in_review(TWO, Bureau.EXPERIAN)
    assert (TWO, Bureau.EXPERIAN) not in result.absent
    assert resold.ref not in settled(report(row(Bureau.EQUIFAX), resold), result, {"1": ONE})


def test_two_rows_of_a_bureau_are_not_one_account_because_their_groups_were_mixed():
    before = [known(row(Bureau.EQUIFAX)), known(row(Bureau.EXPERIAN))]
    stranger = row(Bureau.EXPERIAN, account_number="999", creditor_name="OTHER", opened="2010-01-01", high_balance=1)
    later = report(row(Bureau.EQUIFAX), stranger, row(Bureau.EXPERIAN, group="2"))
    result = match(before, later)
    ids = settled(later, result, mint(later, result, [ONE], new_id))
    assert ids == {"1.equifax": ONE, "2.experian": ONE}


def test_what_is_remembered_holds_no_full_account_number():
    assert "5178059012341234" not in known(row(account_number="5178059012341234")).model_dump_json()
    assert "059012341" not in identity_key(report(row(account_number="5178059012341234")).tradelines[0])


def test_new_ids_are_distinct_and_avoid_taken_ones():
    twins = report(row(group="1"), row(group="2"))
    first = mint(twins, match([], twins), [], new_id)
    assert len(set(first.values())) == 2
    again = mint(twins, match([], twins), first.values(), new_id)
    assert not set(first.values()) & set(again.values())


def test_a_group_takes_its_known_id_and_a_reviewed_one_gets_none():
    later = report(row(group="1"), collection(group="2", account_number="77", opened="2025-08-01"))
    result = match([known(row(), ONE), known(collection(), TWO)], later)
    assert mint(later, result, [ONE, TWO], new_id) == {"1": ONE}


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_a_report_matches_itself_completely(seed):
    pulled = parse(generate(seed, date(2026, 1, 5), errors={}).raw)
    ids = mint(pulled, match([], pulled), [], new_id)
    remembered = [remember(ids[each.group], each) for each in pulled.rows()]
    result = match(remembered, pulled)
    assert result.assigned == {each.ref: ids[each.group] for each in pulled.rows()}
    assert (result.review, result.absent) == ((), ())
    assert len(set(ids.values())) == len(ids)
