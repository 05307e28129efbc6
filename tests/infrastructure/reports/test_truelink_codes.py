"""Symbols mean what they are known to mean, and nothing else."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import AccountType, PaymentLevel
from infrastructure.reports.truelink_codes import GRID, PAY_STATUS, account_type, bureau_named


@pytest.mark.parametrize(
    ("symbol", "bureau"),
    [
        ("TUC", Bureau.TRANSUNION),
        ("EXP", Bureau.EXPERIAN),
        ("EQF", Bureau.EQUIFAX),
        ("EFX", Bureau.EQUIFAX),
        ("TransUnion", Bureau.TRANSUNION),
        ("Trans Union", Bureau.TRANSUNION),
        ("Merge", None),
        (None, None),
    ],
)
def test_a_bureau_is_named_by_symbol_or_name_or_not_at_all(symbol, bureau):
    assert bureau_named(symbol) is bureau


@pytest.mark.parametrize(
    ("symbol", "words", "kind"),
    [
        ("R", None, AccountType.REVOLVING),
        ("Y", "Collection", AccountType.COLLECTION),
        ("C", "Conventional mortgage", AccountType.MORTGAGE),
        (None, "Auto Loan", AccountType.INSTALLMENT),
        ("?", "Something", AccountType.OTHER),
        (None, None, AccountType.OTHER),
    ],
)
def test_words_decide_the_kind_of_account(symbol, words, kind):
    assert account_type(symbol, words) is kind


def test_the_grid_knows_thirty_days_a_step():
    assert [GRID[symbol].severity for symbol in "C0123456"] == [0, 0, 1, 2, 3, 4, 5, 6]
    assert (GRID["7"], GRID["9"]) == (PaymentLevel.DEROGATORY, PaymentLevel.CHARGE_OFF)
    assert "U" not in PAY_STATUS
