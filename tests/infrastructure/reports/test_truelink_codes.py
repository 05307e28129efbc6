"""Symbols mean what they are known to mean, and nothing else."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import AccountType, PaymentLevel
from infrastructure.reports.truelink_codes import (
    GRID,
    PAY_STATUS,
    account_type,
    bureau_named,
    flag,
    is_hard,
    medical_words,
)


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


@pytest.mark.parametrize(
    ("symbol", "words", "hard"),
    [
        ("I", "I", True),
        ("J", "Joint", True),
        ("?", "Hard", True),
        ("AR", "Account review", False),
        ("?", "promotional", False),
        ("I", "Account review", False),
        ("?", "Something", None),
        (None, None, None),
    ],
)
def test_an_inquiry_is_hard_soft_or_unknown(symbol, words, hard):
    assert is_hard(symbol, words) is hard


@pytest.mark.parametrize(
    ("text", "said"), [("true", True), ("Y", True), ("F", False), ("no", False), ("maybe", None), (None, None)]
)
def test_yes_and_no_have_several_spellings(text, said):
    assert flag(text) is said


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("Collection", "Medical/Health Care"), "Medical/Health Care"),
        ((None, "Hospital"), "Hospital"),
        (("Bank", "Paramedic training loan"), None),
        ((None, None), None),
    ],
)
def test_only_the_kind_or_the_industry_calls_a_debt_medical(words, found):
    assert medical_words(*words) == found
