"""Rows are printed differently from pull to pull, but nothing false is printed of them."""

import random

from hypothesis import given
from hypothesis import strategies as st

from domain.account_numbers import visible_head, visible_tail
from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator.accounts import Account, Inventor, invent_accounts, masked
from infrastructure.sandbox.report_generator.blurring import blurred, remasked, spelt, thinned
from infrastructure.sandbox.report_generator.sequences import FIRST_PULL

SEEDS = st.integers(0, 100_000)


@given(SEEDS, st.sampled_from(list(Bureau)))
def test_no_digit_is_shown_that_was_not_visible(seed: int, bureau: Bureau) -> None:
    rng = random.Random(seed)
    number = masked("".join(rng.choices("123456789", k=16)), bureau)
    after = remasked(rng, number)
    assert visible_head(number).startswith(visible_head(after))
    assert visible_tail(number).endswith(visible_tail(after))


@given(SEEDS)
def test_a_name_is_spelt_otherwise_but_never_lost(seed: int) -> None:
    assert len(spelt(random.Random(seed), "MIDVALE RECOVERY")) >= 8


@given(SEEDS)
def test_a_thin_section_lacks_rows_and_a_missing_one_is_named(seed: int) -> None:
    rng = random.Random(seed)
    inventor = Inventor(rng, FIRST_PULL)
    accounts = {number: Account("card", dict(inventor.card(("A", "B", "C")).columns)) for number in range(8)}
    before = {number: set(account.columns) for number, account in accounts.items()}
    missing, partial = thinned(rng, accounts)
    assert not missing & partial
    for bureau in Bureau:
        lost = [number for number, account in accounts.items() if bureau in before[number] - account.columns.keys()]
        assert bool(lost) == (bureau in partial)


def test_what_is_on_file_is_not_touched_by_how_it_is_printed() -> None:
    rng = random.Random(5)
    inventor = Inventor(rng, FIRST_PULL)
    accounts = invent_accounts(inventor)
    held = [dict(account.columns) for account in accounts]
    shown = [Account(account.kind, dict(account.columns)) for account in accounts]
    before = repr(held)
    blurred(rng, shown, inventor)
    assert repr(held) == before
    assert repr([account.columns for account in shown]) != before
