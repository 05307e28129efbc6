from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel import Role
from infrastructure.redaction import ALLOWED, clean, mask, redact


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("123-45-6789", "[ssn]"),
        ("123 45 6789", "[ssn]"),
        ("123456789", "[ssn]"),
        ("ann.example+x@mail.example.com", "[email]"),
        ("ann%40example.com", "[email]"),
        ("(415) 555-0132", "[phone]"),
        ("+1 415-555-0132", "[phone]"),
        ("415.555.0132", "[phone]"),
        ("4111 1111 1111 1111", "[number]"),
        ("4111111111111111", "[number]"),
        ("371449635398431", "[number]"),
        ("12345678", "[number]"),
        ("XXXX1234", "[account]"),
        ("****5678", "[account]"),
        ("1980-02-03", "[date]"),
        ("02/03/1980", "[date]"),
        ("sk_live_0123_abc", "[token]"),
        ("sfr_0123_4567_secret", "[token]"),
        ("eyJhbGciOi.eyJzdWIi.c2ln", "[token]"),
    ],
)
def test_what_looks_personal_is_replaced_by_its_kind(text: str, kind: str) -> None:
    assert mask(text) == kind
    assert text not in mask(f"value ({text}), in a sentence")


@pytest.mark.parametrize(
    "text",
    [
        "7480ff3f-85cf-4cd9-a5e7-93128ddd6b34",
        "11111111-2222-3333-4444-555555555555",
        "2026-11-22T12:00:00.123456Z",
        "2026-11-22 12:00:00+00:00",
        "projection disputes is 12 events behind",
        "infrastructure/limits.py:227 take",
        "req_0123456789abcdef0123456789abcdef",
        "/v1/consumers/{consumer_id}/reports",
    ],
)
def test_ids_instants_and_plain_words_stay(text: str) -> None:
    assert mask(text) == text


@given(st.dictionaries(st.sampled_from([*sorted(ALLOWED)[:5], "ssn", "name", "email", "body"]), st.text()))
def test_only_named_fields_pass(fields: dict[str, str]) -> None:
    cleaned = redact(fields)
    assert set(cleaned) <= ALLOWED | {"redacted"}
    assert cleaned.get("redacted", 0) == len([name for name in fields if name not in ALLOWED])


def test_values_are_cleaned_by_type() -> None:
    at, identity = datetime(2026, 11, 22, 12, tzinfo=UTC), uuid4()
    assert clean(at) == str(at)
    assert clean(identity) == str(identity)
    assert clean(date(1980, 2, 3)) == "[date]"
    assert clean(Role.OWNER) == "owner"
    assert clean(b"raw") == "[bytes]"
    assert clean({"ssn": "123456789"}) == "[dict]"
    assert clean(["ok", "123456789"]) == ["ok", "[ssn]"]
    assert clean(4111111111111111) == "[number]"
    assert [clean(v) for v in (True, 1.5, None, 200)] == [True, 1.5, None, 200]


def test_a_log_position_is_a_number_that_may_be_told() -> None:
    assert redact({"position": 773094113280}) == {"position": 773094113280}
    assert redact({"position": "4111 1111 1111 1111"}) == {"position": "[number]"}


def test_long_text_is_cut() -> None:
    assert len(mask("x" * 10_000)) == 2000
