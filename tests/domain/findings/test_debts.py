"""One debt on two accounts: linked by name, amount and date, and put to the consumer."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import Condition, PaymentLevel
from domain.findings.debts import original_of
from tests.support.findings import found
from tests.support.reports import collection, months, row

EFX, EXP = Bureau.EQUIFAX, Bureau.EXPERIAN
WENT_BAD = {
    "pay_status": PaymentLevel.CHARGE_OFF,
    "condition": Condition.DEROGATORY,
    "opened": "2019-03-04",
    "balance": 400_00,
    "high_balance": 2_000_00,
    "account_number": "XXXX1111",
}
PLACED = {"group": "2", "original_creditor": "1ST QUARRY BANK FIRST", "opened": "2024-02-10"}


def original(**fields):
    return row(**(WENT_BAD | fields))


def placed(**fields):
    return collection(**(PLACED | fields))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({}, {"balance": 420_00, "high_balance": 420_00}),
        ({"balance": 0, "charge_off_amount": 400_00}, {}),
        ({"pay_status": PaymentLevel.CURRENT, "condition": Condition.TRANSFERRED}, {}),
        ({"pay_status": PaymentLevel.LATE_120, "condition": None}, {}),
        ({"opened": None}, {}),
        ({"opened": "2024-03-12"}, {}),
        ({}, {"opened": "2019-03"}),
    ],
)
def test_an_original_account_is_known_by_name_amount_and_date(ours, theirs):
    there, here = original(**ours), placed(**theirs)
    assert original_of(here, [there, here]) == there


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"creditor_name": "OTHER LENDER"}, {}),
        ({"creditor_name": None}, {}),
        ({}, {"original_creditor": None}),
        ({}, {"creditor_name": "FIRST QUARRY BANK"}),
        ({}, {"balance": 422_00, "high_balance": 422_00}),
        ({}, {"balance": None, "high_balance": None}),
        ({"balance": 0, "high_balance": 0}, {"balance": 0, "high_balance": 0}),
        ({"pay_status": PaymentLevel.CURRENT, "condition": Condition.OPEN}, {}),
        ({"opened": "2024-03-13"}, {}),
        ({"bureau": EXP}, {}),
        ({"original_creditor": "YET ANOTHER"}, {}),
    ],
)
def test_what_does_not_fit_is_not_linked(ours, theirs):
    there, here = original(**ours), placed(**theirs)
    assert original_of(here, [there, here]) is None


def test_two_accounts_that_fit_are_not_chosen_between():
    rows = original(), original(group="3", ref="3.x", account_number="XXXX2222"), placed()
    assert original_of(rows[2], rows) is None
    assert found("D23", *rows) == []


def test_a_debt_owed_twice_is_put_to_the_consumer():
    [finding] = found("D23", original(), placed())
    assert (finding.group, finding.needs_consumer_confirm) == ("2", True)
    assert "if both are one debt, it is reported twice" in finding.assertable
    assert [(ask.field, ask.unstated) for ask in finding.asks] == [("balance", True)]
    assert {value.row for value in finding.values} == {"1.equifax", "2.equifax"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [({"balance": 0}, {"balance": 2_000_00}), ({"balance": None}, {"balance": 2_000_00}), ({}, {"balance": 0})],
)
def test_a_debt_that_is_owed_once_is_not_owed_twice(ours, theirs):
    assert found("D23", original(**ours), placed(**theirs)) == []


SOLD = {"balance": 0, "charge_off_amount": 400_00}


@pytest.mark.parametrize(
    ("ours", "theirs", "confidence"),
    [
        ({"first_delinquency": "2022-03-10"}, {"first_delinquency": "2022-04-10"}, 88),
        ({"first_delinquency": "2022-03"}, {"first_delinquency": "2022-05"}, 88),
        ({"history": months("2023-06", "9921C")}, {"first_delinquency": "2023-04-30"}, None),
        ({"history": months("2023-06", "9921C")}, {"first_delinquency": "2023-05-01"}, 75),
        ({"history": months("2023-06", "9921C")}, {"history": months("2023-12", "999C")}, 75),
        ({"history": months("2023-06", "9921C")}, {"history": months("2023-12", "9999")}, None),
        ({"first_delinquency": "2022-03-10"}, {"first_delinquency": "2022-04-09"}, None),
        ({"first_delinquency": "2022-03-10"}, {"first_delinquency": "2021-01-09"}, None),
        ({"first_delinquency": "2022-03-10"}, {}, None),
        ({}, {"first_delinquency": "2022-03-10"}, None),
    ],
)
def test_a_collector_may_not_make_a_debt_younger(ours, theirs, confidence):
    seen = found("D05", original(**SOLD, **ours), placed(**theirs))
    assert [finding.confidence for finding in seen] == ([] if confidence is None else [confidence])
    for finding in seen:
        assert finding.needs_consumer_confirm
        assert finding.group == "2"
        assert "if both are one debt, its first delinquency cannot have two dates" in finding.assertable


TWIN = {"creditor_name": "OAKBRIDGE COLL", "group": "3", "original_creditor": "NORTHSTAR WIRELESS LLC"}


def test_two_collectors_of_one_debt():
    [finding] = found("D24", collection(), collection(**TWIN, opened="2024-03-12"))
    assert (finding.group, finding.asks, finding.needs_consumer_confirm) == ("3", (), True)
    assert finding.assertable.endswith("they may be one debt.")
    assert finding.confidence == 82


def test_medical_bills_of_one_provider_are_often_alike():
    [finding] = found("D24", collection(medical=True), collection(**TWIN, medical=True))
    assert finding.confidence == 65


def test_the_date_of_first_delinquency_decides_where_both_print_it():
    same, other = {"first_delinquency": "2023-08-02"}, {"first_delinquency": "2023-09-03"}
    assert len(found("D24", collection(**same), collection(**TWIN, **same, opened="2025-01-01"))) == 1
    assert found("D24", collection(**same), collection(**TWIN, **other)) == []
    assert len(found("D24", collection(**same), collection(**TWIN))) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"creditor_name": "MIDVALE RECOVERY LLC"},
        {"creditor_name": None},
        {"original_creditor": "VALLEY ELECTRIC"},
        {"original_creditor": None},
        {"balance": 422_00, "high_balance": 422_00},
        {"balance": 0},
        {"balance": None},
        {"opened": "2024-03-13"},
        {"opened": None},
        {"bureau": EXP},
    ],
)
def test_two_debts_are_not_one(other):
    assert found("D24", collection(), collection(**(TWIN | other))) == []
