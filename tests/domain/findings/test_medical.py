"""Medical collections the bureaus have said they do not report."""

import pytest

from domain.credit_reports import AccountType, Condition
from domain.findings.medical import medical_policy
from domain.findings.registry import Scan
from tests.support.findings import found
from tests.support.reports import PULLED_ON, collection, day, ghost, report

OLD = {"medical": True, "balance": 900_00, "high_balance": 900_00, "past_due": 900_00, "opened": "2024-02-10"}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, None),
        ({"high_balance": 499_99, "balance": 499_99}, "under $500"),
        ({"high_balance": 500_00, "balance": 500_00}, None),
        ({"high_balance": 0, "balance": 0}, None),
        ({"high_balance": 100_00, "balance": 600_00}, None),
        ({"high_balance": None, "balance": 100_00}, None),
        ({"condition": Condition.PAID, "balance": 0}, 'shown as "paid"'),
        ({"remarks": ("Paid collection",), "balance": 0}, 'the remark "Paid collection"'),
        ({"remarks": ("Paid collection",)}, None),
        ({"remarks": ("Unpaid balance",), "balance": 0}, None),
        ({"remarks": ("NOT YET PAID",), "balance": 0}, None),
        ({"remarks": ("Sold, never paid",), "balance": 0}, None),
        ({"remarks": ("Account not fully paid",), "balance": 0}, None),
        ({"opened": "2025-01-06"}, "less than one year"),
        ({"opened": "2025-01-05"}, None),
        ({"opened": "2025-06", "first_delinquency": day("2025-01-05")}, None),
        ({"first_delinquency": day("2025-01-06")}, "first delinquent on 2025-01-06, less than one year"),
        ({"opened": None}, None),
        ({"medical": False, "high_balance": 100_00, "balance": 100_00}, None),
        ({"medical": None, "high_balance": 100_00, "balance": 100_00}, None),
        ({"account_type": AccountType.OPEN, "high_balance": 100_00, "balance": 100_00}, None),
    ],
)
def test_the_policy_is_kept_to_the_day_and_the_cent(facts, said):
    findings = found("D40", collection(**(OLD | facts)))
    assert bool(findings) is (said is not None)
    assert all(said in finding.assertable for finding in findings)


def test_an_opening_date_alone_needs_the_consumers_word():
    [unsure] = found("D40", collection(**(OLD | {"opened": "2025-06-01"})))
    [sure] = found("D40", collection(**(OLD | {"opened": "2025-06-01", "condition": Condition.PAID})))
    assert (unsure.needs_consumer_confirm, sure.needs_consumer_confirm) == (True, False)
    assert unsure.confidence < sure.confidence


def test_every_broken_rule_is_told_in_one_finding():
    facts = OLD | {"high_balance": 90_00, "balance": 0, "condition": Condition.PAID, "opened": "2025-06-01"}
    [finding] = found("D40", collection(**facts, printed={"medical": "Medical debt"}))
    assert finding.assertable.count(" and ") == 2
    assert {value.field for value in finding.values} == {"medical", "condition", "high_balance", "opened"}
    assert finding.values[0].printed == "Medical debt"


def test_an_empty_column_is_no_debt():
    empty = ghost(account_type=AccountType.COLLECTION, medical=True, high_balance=90_00)
    assert list(medical_policy(Scan(report(empty), PULLED_ON))) == []
