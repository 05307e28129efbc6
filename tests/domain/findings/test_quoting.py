"""Values are quoted as printed, amounts as dollars."""

from domain.bureaus import Bureau
from domain.credit_reports import PaymentLevel
from domain.findings.quoting import NOT_SHOWN, amounts, label, named, owed_fields, per_bureau, quote, shown
from tests.support.reports import months, row


def test_each_kind_of_value_has_its_words():
    each = row(
        closed="2020-05", balance=1_234_50, credit_limit=None, pay_status=PaymentLevel.LATE_30, remarks=("A", "B"),
        history=months("2025-12", "2"), printed={"pay_status": "Late 30 Days"},
    )  # fmt: skip
    fields = ("closed", "balance", "credit_limit", "pay_status", "remarks", "history.2025-12", "condition")
    words = [shown(each, field) for field in fields]
    assert words == ["2020-05", "$1,234.50", NOT_SHOWN, "Late 30 Days", "A; B", "60 days late", "open"]
    assert shown(each, "history.2020-01") == NOT_SHOWN


def test_a_quote_names_bureau_row_and_field():
    [value] = quote(row(), "balance")
    assert (value.bureau, value.row, value.label, value.printed) == (Bureau.EQUIFAX, "1.equifax", "balance", "$500")
    assert label("history.2025-12") == "payment history 2025-12"


def test_an_account_is_named_by_creditor_and_masked_number():
    assert named(row()) == "FIRST QUARRY BANK, account ****4321"
    assert named(row(creditor_name=None, account_number=None)) == "an unnamed creditor"
    assert per_bureau([row(), row(Bureau.EXPERIAN, balance=0)], "balance") == "$500 (Equifax), $0 (Experian)"


def test_what_is_owed_is_named_with_its_amounts():
    both = row(past_due=90_00)
    assert owed_fields(both) == ("balance", "past_due")
    assert amounts(both, owed_fields(both)) == "a balance of $500 and an amount past due of $90"
    assert owed_fields(row(balance=None, past_due=-5)) == ()
