"""Less common kinds of accounts are what they say, at every bureau alike."""

import random
from datetime import date
from itertools import pairwise

import pytest

from infrastructure.sandbox.report_generator import variety
from infrastructure.sandbox.report_generator.accounts import CARDS, COLLECTORS, Inventor

AS_OF = date(2026, 1, 5)


def inventor(seed):
    return Inventor(random.Random(seed), AS_OF)


def columns(*accounts):
    return [column for account in accounts for column in account.columns.values()]


@pytest.mark.parametrize("seed", range(20))
def test_a_recent_card_is_no_older_than_its_grid(seed):
    for column in columns(variety.recent_card(inventor(seed), CARDS[0])):
        assert column.opened > variety.months_back(AS_OF, 21)
        assert all((day.year, day.month) >= (column.opened.year, column.opened.month) for day, _ in column.history)


@pytest.mark.parametrize("seed", range(20))
def test_cured_lates_go_up_step_by_step_and_counters_agree(seed):
    for column in columns(variety.cured_card(inventor(seed), CARDS[0])):
        levels = [int(status.replace("C", "0")) for _, status in reversed(column.history)]
        assert max(later - earlier for earlier, later in pairwise(levels)) == 1
        assert levels[-1] == 0
        assert column.worst == str(max(levels))
        assert column.late_count("1") == levels.count(1) >= 1


@pytest.mark.parametrize("seed", range(10))
def test_what_has_ended_owes_nothing_and_shows_nothing_after_its_end(seed):
    old, new = variety.transferred(inventor(seed))
    for account in (variety.refinanced(inventor(seed)), old, variety.closed_card(inventor(seed), CARDS[1])):
        for column in columns(account):
            assert (column.balance, column.open_closed) == (0, "C")
            assert max(day for day, _ in column.history) <= column.closed <= AS_OF
    assert {column.number for column in columns(old)}.isdisjoint(column.number for column in columns(new))
    assert {column.opened for column in columns(old)} == {column.opened for column in columns(new)}


@pytest.mark.parametrize("seed", range(10))
def test_a_debt_that_was_sold_is_owed_once(seed):
    sold, bought = variety.bought_debt(inventor(seed), variety.SELLERS[0], variety.BUYERS[0])
    assert {column.balance for column in columns(sold)} == {0}
    assert {column.balance for column in columns(bought)} == {columns(sold)[0].high_balance}
    assert {column.original_creditor for column in columns(bought)} == {"TAMSIN BANK"}
    assert all(column.opened > (columns(sold)[0].status_date) for column in columns(bought))


@pytest.mark.parametrize("seed", range(10))
def test_a_medical_debt_is_large_and_old_enough_to_be_shown(seed):
    for column in columns(variety.medical_collection(inventor(seed), COLLECTORS[0], "SAINT ORLA HOSPITAL")):
        assert column.balance >= 500
        assert (AS_OF - column.opened).days > 365


def test_the_rest_are_what_they_say():
    loans = variety.student_loans(inventor(1), variety.SERVICERS[0])
    assert len({(column.opened.year, column.opened.month) for column in columns(*loans)}) == 1
    quiet = columns(variety.quiet_card(inventor(2), CARDS[0]))
    assert {len(column.history) for column in quiet} == {24, 48}
    assert {column.balance for column in quiet} == {0}
    assert len({column.designator for column in columns(variety.shared_card(inventor(3), CARDS[0]))} & {"J", "A"}) == 1
    assert {column.past_due for column in columns(variety.settled(inventor(4), CARDS[0]))} == {0}
    filed, discharged = date(2022, 3, 4), date(2022, 7, 1)
    for column in columns(variety.included(inventor(5), CARDS[0], filed, discharged)):
        assert (column.balance, column.closed) == (0, discharged)
        assert column.opened < filed
