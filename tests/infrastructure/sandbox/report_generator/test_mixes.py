"""A report has as many accounts as are asked for, of many kinds."""

import random
from datetime import date

import pytest

from infrastructure.sandbox.report_generator.accounts import Inventor
from infrastructure.sandbox.report_generator.mixes import FEWEST, MOST, Mixer
from infrastructure.sandbox.report_generator.records import invent_bankruptcy

AS_OF = date(2026, 1, 5)


def mixed(seed, count, broke=False):
    rng = random.Random(seed)
    return Mixer(Inventor(rng, AS_OF), invent_bankruptcy(rng, AS_OF) if broke else None).accounts(count)


@pytest.mark.parametrize("count", [FEWEST, 6, 31, MOST])
def test_there_are_exactly_as_many_as_asked_for(count):
    for seed in range(10):
        accounts = mixed(seed, count)
        assert len(accounts) == count
        assert len(accounts[0].columns) == 3


@pytest.mark.parametrize("count", [FEWEST - 1, MOST + 1, 0, -3])
def test_other_numbers_are_refused(count):
    with pytest.raises(ValueError, match="5 to 80 tradelines"):
        mixed(1, count)


def test_every_kind_occurs_and_those_of_a_bankruptcy_only_with_one():
    plain = {account.kind for seed in range(12) for account in mixed(seed, MOST)}
    broke = {account.kind for seed in range(12) for account in mixed(seed, MOST, broke=True)}
    assert broke - plain == {"included"}
    assert plain <= broke
    assert len(plain) >= 20


def test_no_two_collections_are_of_one_debt():
    for seed in range(12):
        collections = [account for account in mixed(seed, MOST) if account.kind in ("collection", "medical_collection")]
        owed_to = [next(iter(account.columns.values())).original_creditor for account in collections]
        assert len(set(owed_to)) == len(owed_to) > 0


def test_nobody_was_a_minor_and_no_charge_off_is_older_than_the_bankruptcy():
    for seed in range(12):
        rng = random.Random(seed)
        case = invent_bankruptcy(rng, AS_OF)
        for account in Mixer(Inventor(rng, AS_OF), case).accounts(MOST):
            for column in account.columns.values():
                assert (AS_OF - column.opened).days < (28 - 18) * 365
                if account.kind in ("charge_off", "sold", "settled"):
                    assert column.opened > case.filed
