"""Bureaus abbreviate creditors' names; they are still the same creditor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.creditor_names import _TABLE, buys_debts, name_similarity, normalised_creditor


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CHASE CARD", "JPMCB CARD"),
        ("AMEX", "AMERICAN EXPRESS"),
        ("CAP1", "CAPITAL ONE BANK USA"),
        ("BANK OF AMERICA NA", "BK OF AMER"),
        ("ALDERGATE AUTO FIN", "ALDERGATE AUTO FINANCIAL"),
    ],
)
def test_known_abbreviations_are_the_same_name(one, other):
    assert normalised_creditor(one) == normalised_creditor(other)
    assert name_similarity(one, other) == 1.0


@pytest.mark.parametrize(("one", "other"), [("CHASE CARD", "CITI CARDS"), ("MIDVALE RECOVERY", "OAKBRIDGE COLL")])
def test_different_creditors_stay_different(one, other):
    assert name_similarity(one, other) < 0.85


@given(st.text(max_size=40), st.text(max_size=40))
def test_likeness_lies_between_nought_and_one_and_has_no_direction(one, other):
    assert 0.0 <= name_similarity(one, other) <= 1.0
    assert abs(name_similarity(one, other) - name_similarity(other, one)) < 0.35


def test_no_name_is_like_nothing():
    assert name_similarity(None, "CHASE") == 0.0
    assert name_similarity("***", "***") == 0.0


def test_every_name_has_a_source():
    entries = [*_TABLE["names"], *_TABLE["debt_buyers"]]
    assert entries
    assert {entry["source"] for entry in entries} == set(_TABLE["sources"])


def test_buyers_of_debts_are_known_by_any_spelling():
    assert buys_debts("MIDLAND FUNDING LLC")
    assert buys_debts("MCM")
    assert buys_debts("LVNV")
    assert not buys_debts("CHASE CARD")
    assert not buys_debts(None)
