"""What is known of an earlier dispute."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from domain.bureaus import Bureau
from domain.findings.known import OwnDispute

RECEIVED, ENDED = date(2025, 10, 1), date(2025, 11, 5)


def dispute(**facts):
    return OwnDispute(
        dispute_id=uuid4(), tradeline_id=uuid4(), bureau=Bureau.EQUIFAX, opened_on=date(2025, 9, 20), **facts
    )


@pytest.mark.parametrize(
    ("facts", "on", "is_open"),
    [
        ({"received_on": RECEIVED}, RECEIVED + timedelta(days=1), True),
        ({"received_on": RECEIVED}, RECEIVED, False),
        ({}, RECEIVED, False),
        ({"received_on": RECEIVED, "ended_on": ENDED}, ENDED - timedelta(days=1), True),
        ({"received_on": RECEIVED, "ended_on": ENDED}, ENDED, False),
    ],
)
def test_it_is_open_between_receipt_and_end(facts, on, is_open):
    assert dispute(**facts).open_on(on) is is_open


def test_the_account_is_named_as_it_was_printed():
    assert dispute(furnisher="MIDVALE", account_masked="****12").account == "MIDVALE, account ****12"
    assert dispute(furnisher="MIDVALE").account == "MIDVALE"
    assert dispute().account == "an account"
