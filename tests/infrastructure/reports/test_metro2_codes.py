"""Account types as creditors furnish them."""

import pytest

from domain.credit_reports import AccountType
from infrastructure.reports.metro2_codes import ACCOUNT_TYPES, is_medical


@pytest.mark.parametrize(
    ("code", "kind"),
    [("18", AccountType.REVOLVING), ("00", AccountType.INSTALLMENT), ("26", AccountType.MORTGAGE),
     ("48", AccountType.COLLECTION), ("0C", AccountType.COLLECTION), ("92", AccountType.OPEN)],
)  # fmt: skip
def test_a_code_has_a_kind_and_words(code, kind):
    found, words = ACCOUNT_TYPES[code]
    assert found is kind
    assert words


def test_every_code_has_two_signs():
    assert {len(code) for code in ACCOUNT_TYPES} == {2}


@pytest.mark.parametrize(
    ("type_code", "class_code", "medical"),
    [("90", None, True), ("48", "02", True), ("48", "2", True), ("48", "10", False), ("48", None, None),
     (None, None, None)],
)  # fmt: skip
def test_a_debt_is_medical_only_where_the_source_says_so(type_code, class_code, medical):
    assert is_medical(type_code, class_code) is medical
