"""One account twice at one bureau."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import AccountType, Condition
from domain.findings.duplicates import duplicate_tradeline
from domain.findings.registry import Scan
from tests.support.findings import found
from tests.support.reports import PULLED_ON, report, row


def test_two_rows_of_one_account_are_found_once():
    [finding] = found("D25", row(handle="A"), row(group="2", handle="B", opened="2019-03-20"))
    assert {value.row for value in finding.values} == {"1.equifax", "2.equifax"}
    assert not finding.needs_consumer_confirm


def test_another_name_needs_the_consumers_word():
    [finding] = found("D25", row(handle="A"), row(group="2", handle="B", creditor_name="OAKBRIDGE"))
    assert finding.needs_consumer_confirm
    assert finding.confidence < 90


@pytest.mark.parametrize(
    "other",
    [
        {"handle": "A"},
        {"account_number": "XXXX9999"},
        {"account_number": "4321XXXX"},
        {"opened": "2019-04-04"},
        {"account_type": AccountType.MORTGAGE},
        {"condition": Condition.TRANSFERRED},
        {"bureau": Bureau.EXPERIAN},
    ],
)
def test_rows_that_differ_in_what_matters_are_two_accounts(other):
    twin = {"group": "2", "handle": "B"} | other
    assert found("D25", row(handle="A"), row(**twin)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"account_number": "5555XXXX4321"}, {"account_number": "4444XXXX4321"}),
        ({"account_number": "700012344321"}, {"account_number": "700099994321"}),
        ({"account_number": "5555XXXX4321"}, {"account_number": "444412344321"}),
        ({"account_type": AccountType.OTHER}, {"account_type": AccountType.OTHER, "type_detail": "Lease"}),
    ],
)
def test_rows_that_show_their_difference_are_not_called_alike(one, other):
    assert found("D25", row(handle="A", **one), row(group="2", handle="B", **other)) == []


def test_the_sentence_says_no_more_than_the_rows_show():
    [finding] = found("D25", row(handle="A"), row(group="2", handle="B", opened="2019-03-20"))
    assert "opened in the same month (2019-03-04; 2019-03-20)" in finding.assertable
    assert "account numbers that end alike" in finding.assertable


def test_of_three_rows_every_pair_is_told_to_the_bureau_that_reports_it():
    rows = [row(group=group, handle=group) for group in "123"]
    seen = list(duplicate_tradeline(Scan(report(*rows), PULLED_ON)))
    assert [tuple(sorted({value.row for value in one.values})) for one in seen] == [
        ("1.equifax", "2.equifax"),
        ("1.equifax", "3.equifax"),
        ("2.equifax", "3.equifax"),
    ]
    assert {one.bureaus for one in seen} == {(Bureau.EQUIFAX,)}
