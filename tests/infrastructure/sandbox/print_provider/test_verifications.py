"""Addresses under the vendor's test values."""

from __future__ import annotations

from typing import Any

import pytest

from infrastructure.sandbox.print_provider.problems import Refused
from infrastructure.sandbox.print_provider.verifications import sample_for, verification_of


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("commercial highrise", "deliverable"),
        ("PO BOX", "deliverable"),
        ("missing unit", "deliverable_missing_unit"),
        ("incorrect unit", "deliverable_incorrect_unit"),
        ("unnecessary unit", "deliverable_unnecessary_unit"),
        ("undeliverable block match", "undeliverable"),
        ("undeliverable no match", "undeliverable"),
        ("12 Any Other Street", "deliverable"),
    ],
)
def test_magic_values_have_their_answers_and_every_other_address_is_good(line: str, expected: str) -> None:
    answer = verification_of({"primary_line": line, "zip_code": "11111"})

    assert answer["deliverability"] == sample_for(line) == expected
    assert answer["valid_address"] == (expected == "deliverable")


def test_a_box_is_recognised_and_a_full_zip_code_is_kept() -> None:
    answer = verification_of({"primary_line": "PO Box 4500", "city": "Allen", "state": "TX", "zip_code": "75013-4500"})

    assert answer["components"]["record_type"] == "po_box"
    assert answer["components"]["primary_number"] == "4500"
    assert answer["last_line"] == "ALLEN TX 75013-4500"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"primary_line": "1 Way"},
        {"primary_line": "1 Way", "city": "Austin"},
        {"primary_line": "1 Way", "zip_code": "x"},
        {"primary_line": "1 Way", "address": "1 Way Austin", "zip_code": "73301"},
        {"primary_line": "1 Way", "zip_code": "73301", "planet": "Mars"},
    ],
)
def test_too_little_or_too_much_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        verification_of(fields)
