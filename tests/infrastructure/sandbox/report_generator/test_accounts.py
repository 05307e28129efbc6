"""Invented accounts differ between bureaus as real ones do, and no more."""

import random
from datetime import date

from domain.account_numbers import visible_head, visible_tail
from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator.accounts import Inventor, grid, invent_accounts, masked, months_back

AS_OF = date(2026, 1, 5)


def accounts(seed=1):
    return invent_accounts(Inventor(random.Random(seed), AS_OF))


def test_every_kind_of_account_is_there():
    kinds = {account.kind for account in accounts()}
    assert kinds == {"card", "loan", "late_loan", "mortgage", "paid", "charge_off", "sold", "collection"}


def test_columns_agree_on_the_month_and_the_money():
    for seed in range(20):
        for account in accounts(seed):
            columns = account.columns.values()
            assert len({(column.opened.year, column.opened.month) for column in columns}) == 1
            assert len({column.balance for column in columns}) == 1
            assert all(column.reported <= AS_OF for column in columns)
            assert len({column.handle for column in columns}) == len(account.columns) >= 2


def test_each_bureau_masks_in_its_own_way():
    ends = {
        bureau: (visible_head(masked("5178059012341234", bureau)), visible_tail(masked("5178059012341234", bureau)))
        for bureau in Bureau
    }
    assert ends == {Bureau.EQUIFAX: ("", "1234"), Bureau.EXPERIAN: ("5178", ""), Bureau.TRANSUNION: ("5178", "1234")}


def test_a_grid_runs_backwards_month_by_month():
    assert grid(date(2025, 1, 31), "C1") == [(date(2025, 1, 28), "C"), (date(2024, 12, 28), "1")]
    assert months_back(date(2024, 3, 31), 1) == date(2024, 2, 28)
    assert months_back(date(2024, 11, 5), -3) == date(2025, 2, 5)


def test_a_column_counts_its_late_months():
    column = next(iter(accounts()[0].columns.values()))
    column.history = grid(AS_OF, "C1921C")
    assert (column.late_count("1"), column.worst) == (2, "9")
    column.history, column.pay_status = [], "2"
    assert column.worst == "2"


def test_another_source_of_chance_repeats_no_number():
    inventor = Inventor(random.Random(1), AS_OF)
    other = inventor.with_chance(random.Random(1))
    numbers = [each.number() for each in (inventor, other) for _ in range(300)]
    assert len({number[-4:] for number in numbers}) == len(numbers)


def test_a_new_number_is_masked_as_each_bureau_does():
    inventor = Inventor(random.Random(1), AS_OF)
    account = inventor.paid(("A", "A", "A"))
    before = {column.number for column in account.columns.values()}
    inventor.renumber(account)
    assert before.isdisjoint(column.number for column in account.columns.values())
