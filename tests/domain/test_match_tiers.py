"""What speaks for two rows being one account, and how loudly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.credit_reports import AccountType
from domain.match_tiers import AUTOMATIC, TIERS, evidence, remember
from tests.support.histories import uid
from tests.support.reports import collection, day, row

LATE = {"first_delinquency": day("2023-05")}
SOLD = {"account_number": "77"}
BOUGHT = {"original_creditor": None, "account_number": "77"}


def found(one, other):
    return evidence(remember(uid("one"), one), remember(uid("other"), other))


def test_tiers_stand_in_the_order_of_their_strength():
    assert [tier.score for tier in TIERS] == sorted((tier.score for tier in TIERS), reverse=True)
    assert [tier.weight for tier in TIERS] == sorted((tier.weight for tier in TIERS), reverse=True)
    assert all(0.75 <= tier.score < 1 for tier in TIERS)


def test_strangers_have_nothing_in_common():
    assert found(row(), row(account_number="999", creditor_name="OTHER", opened="2010-01-01", high_balance=1)) is None


ROWS = st.builds(
    lambda kind, **facts: kind(**facts),
    st.sampled_from([row, collection]),
    account_number=st.sampled_from([None, "XXXX4321", "4266XXXX", "4266XXXX4321", "XXXX9999"]),
    creditor_name=st.sampled_from(["FIRST QUARRY BANK", "LVNV FUNDING", "MIDLAND FUNDING"]),
    handle=st.sampled_from([None, "A", "B"]),
    opened=st.sampled_from([None, "2019-03-04", "2019-03-20", "2019-04-01"]),
    high_balance=st.sampled_from([None, 900_00, 910_00, 2_000_00]),
    original_creditor=st.sampled_from([None, "NORTHSTAR WIRELESS"]),
)


@given(ROWS, ROWS)
def test_what_is_not_looked_at_holds_for_no_tier(one, other):
    left, right = remember(uid("one"), one), remember(uid("other"), other)
    held = [tier.id for tier in TIERS if tier.holds(left, right)]
    seen = evidence(left, right)
    assert (seen is None) == (not held)
    assert seen == evidence(right, left)


def test_all_that_holds_weighs_together():
    alike = found(row(handle="A"), row(handle="A"))
    twin = found(row(handle="A"), row(handle="B"))
    assert (alike.tier, twin.tier) == ("T1", "T2")
    assert alike.weight > twin.weight > found(row(), row(opened="2021-01-01")).weight


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        (collection(**LATE), collection(creditor_name="OAKBRIDGE", opened="2025-08-01", **SOLD, **LATE), 0.95),
        (collection(), collection(creditor_name="OAKBRIDGE", opened="2025-08-01", **SOLD, **LATE), 0.8),
        (
            collection(creditor_name="MIDLAND FUNDING LLC"),
            collection(creditor_name="LVNV FUNDING", opened="2025-08-01", **BOUGHT),
            0.75,
        ),
    ],
)  # fmt: skip
def test_a_debt_that_was_sold_is_known_by_whose_it_was_how_much_and_since_when(one, other, score):
    resold = found(one, other)
    assert (resold.tier, resold.score) == ("T5", score)
    assert (resold.score >= AUTOMATIC) == (score >= 0.95)


def test_debts_of_unlike_amounts_or_delinquencies_were_not_sold():
    later = {"first_delinquency": day("2024-09")}
    sold = collection(creditor_name="OAKBRIDGE", account_number="77", opened="2025-08-01", **later)
    assert found(collection(**LATE), sold).score < AUTOMATIC
    assert found(collection(), sold.model_copy(update={"high_balance": 500_00})) is None
    assert found(collection(), sold.model_copy(update={"account_type": AccountType.INSTALLMENT})) is None


def test_a_year_alone_is_no_month():
    assert found(row(opened="2019"), row(opened="2019", handle="H")).tier == "T3"


HEAD = {"account_number": "4266XXXXXXXX"}


@pytest.mark.parametrize(
    ("change", "score"),
    [
        ({"opened": "2019-03-20"}, 0.98),
        ({"opened": "2019-04-01"}, 0.95),
        ({"opened": "2019-04-01", "creditor_name": "FIRST QUARY BANK"}, 0.95),
        ({"opened": "2019-04-01", "creditor_name": "OAKBRIDGE"}, 0.8),
        ({"opened": "2019-04-01", "high_balance": 1}, 0.9),
    ],
)
def test_first_digits_need_other_facts_beside_them(change, score):
    assert found(row(**HEAD), row(**(HEAD | change))).score == score
