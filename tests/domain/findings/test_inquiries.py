"""Inquiries: unknown, twice, old."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import Inquiry
from domain.findings.inquiries import unknown_inquiry
from domain.findings.registry import Scan
from tests.support.findings import found
from tests.support.reports import PULLED_ON, day, ghost, report, row


def look(on="2025-06-01", name="TALLGRASS FINANCE", bureau=Bureau.EQUIFAX, hard=True, industry="Bank", kind="I"):
    return Inquiry(
        bureau=bureau,
        subscriber_name=name,
        inquired_on=day(on) if on else None,
        kind=kind,
        industry=industry,
        hard=hard,
    )


def seen(identifier, *looks, rows=()):
    return found(identifier, of=report(*rows).model_copy(update={"inquiries": looks}))


OWN = "FIRST QUARRY BANK"


@pytest.mark.parametrize(
    ("inquiry", "account", "is_found"),
    [
        (look(), {}, True),
        (look(hard=False), {}, False),
        (look(hard=None), {}, False),
        (look(name=None), {}, False),
        (look(on=None), {}, False),
        (look(on="2024-01-04"), {}, False),
        (look(on="2024-01-05"), {}, True),
        (look(name=OWN), {"opened": "2025-07-01"}, False),
        (look(name=OWN), {"opened": "2025-07-02"}, True),
        (look(name=OWN), {"opened": "2025-05-01"}, False),
        (look(name=OWN), {"opened": "2019-03-04"}, False),
        (look(name=OWN), {"opened": "2019-03-04", "closed": "2022-01-01"}, True),
        (look(name=OWN), {"opened": "2025-07"}, False),
        (look(name=OWN), {"opened": None}, False),
        (look(name="1ST QUARRY CO"), {"opened": "2025-06-10", "creditor_name": "1ST QUARRY"}, False),
    ],
)
def test_an_account_with_the_company_explains_an_inquiry(inquiry, account, is_found):
    findings = seen("D41", inquiry, rows=(row(Bureau.EXPERIAN, **account),))
    assert bool(findings) is is_found
    assert all(finding.needs_consumer_confirm for finding in findings)


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"on": "2025-06-15"}, "dispute"),
        ({"on": "2025-06-16"}, None),
        ({}, "dispute"),
        ({"on": "2025-06"}, None),
        ({"on": None}, None),
        ({"name": "Tallgrass  Finance"}, "dispute"),
        ({"name": "HEDGEROW"}, None),
        ({"bureau": Bureau.EXPERIAN}, None),
        ({"industry": "Auto"}, None),
        ({"hard": False}, None),
    ],
)
def test_one_company_twice_within_a_fortnight(second, expected):
    findings = seen("D42", look(), look(**second))
    assert [None if not findings else "inform" if findings[0].informational else "dispute"] == [expected]


@pytest.mark.parametrize("industry", ["Automobile dealer, used", "Mortgage company", "Student loans", "Home loans"])
def test_shopping_for_a_rate_only_informs(industry):
    [finding] = seen("D42", look(industry=industry), look("2025-06-03", industry=industry))
    assert finding.informational
    assert finding.letter_type is None


def test_three_looks_are_two_pairs():
    assert len(seen("D42", look(), look("2025-06-04"), look("2025-06-08"))) == 2


@pytest.mark.parametrize(
    ("inquiry", "is_found"),
    [
        (look("2024-01-04"), True),
        (look("2024-01-05"), False),
        (look("2023-12"), True),
        (look("2024-01"), False),
        (look("2023"), True),
        (look("2023-01-01", hard=None), True),
        (look("2023-01-01", hard=False), False),
        (look(None), False),
    ],
)
def test_an_inquiry_is_shown_two_years(inquiry, is_found):
    assert bool(seen("D43", inquiry)) is is_found


def test_an_unnamed_company_is_said_to_be_unnamed():
    [finding] = seen("D43", look("2022-02-03", name=None))
    assert finding.assertable == (
        "Equifax still shows an inquiry by a company it does not name dated 2022-02-03, more than two years before "
        "2026-01-05."
    )


def test_an_empty_column_explains_no_inquiry():
    pulled = report(ghost(creditor_name=OWN)).model_copy(update={"inquiries": (look(name=OWN),)})
    assert len(list(unknown_inquiry(Scan(pulled, PULLED_ON)))) == 1
