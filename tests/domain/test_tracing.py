"""Every amount, date, figure and name in a text is found again in the facts, however it is written."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.tracing import DatePart, Known, amounts, dates, untraced
from domain.wording import long_date

KNOWN = Known(["$1,240.50", "2024-03-14", "June 2023", "****7731", "MIDLAND CREDIT MGMT", "Charge-off", "60 days late"])


@pytest.mark.parametrize(
    "text",
    [
        "The balance was $1,240.50 on March 14, 2024.",
        "It was paid on 3/14/2024 and in March 2024.",
        "In June 2023 Midland Credit reported it, and in 2023 the account ended in 7731.",
        "It is shown as Charge-off, or as 60 days late.",
        "I paid it. The account is closed. This is wrong.",
        "Midland's record is wrong. Payment history shows it. Nothing shows otherwise.",
    ],
)
def test_what_stands_in_the_facts_is_traced(text: str) -> None:
    assert list(untraced(text, KNOWN)) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The balance was $1,240.51.", "amount"),
        ("The balance was $ 1,240.", "amount"),
        ("It was paid on March 15, 2024.", "date"),
        ("It was paid on Mar. 15, 2024.", "date"),
        ("It was paid on 2024-03-15.", "date"),
        ("It was paid on 03/15/2024.", "date"),
        ("It was opened on June 3, 2023.", "date"),
        ("It was opened in July 2023.", "date"),
        ("The account ends in 7732.", "figure"),
        ("The account ends in 773.", "figure"),
        ("It was opened in 2022.", "figure"),
        ("It was 90 days late.", "figure"),
        ("The account was sold to Portfolio.", "name"),
        ("Portfolio Recovery reports it.", "name"),
        ("LVNV reports it.", "name"),
        ("Chase reports it.", "name"),
        ("It stands in Experian's file.", "name"),
        ("It was shown by Equifax as paid.", "name"),
    ],
)
def test_what_stands_in_no_fact_is_found(text: str, kind: str) -> None:
    assert kind in list(untraced(text, KNOWN))


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2049, 12, 31)))
@settings(max_examples=100)
def test_a_date_is_the_same_in_every_way_of_writing(day: date) -> None:
    whole = DatePart(day.year, day.month, day.day)
    for text in (long_date(day), day.isoformat(), f"{day.month}/{day.day}/{day.year}", day.strftime("%m/%d/%Y")):
        assert list(dates(text)) == [whole]
    assert list(dates(f"{day.month:02d}/{day.year}")) == [DatePart(day.year, day.month, None)]


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@settings(max_examples=100)
def test_an_amount_is_traced_exactly_when_it_is_equal(fact: int, said: int) -> None:
    known = Known([f"${fact // 100:,}.{fact % 100:02d}"])
    text = f"The balance was ${said // 100}.{said % 100:02d}."
    assert ("amount" in list(untraced(text, known))) == (fact != said)
    assert list(amounts(text)) == [said]
