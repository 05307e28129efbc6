"""Only Lob's own words are believed, and nothing that Lob may say stops us."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.posting import ScanKind
from infrastructure.vendors.lob.webhooks import EventKind, ForgedWebhook, parse, sign, verify

SECRET = b"per-endpoint-secret"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))


def signed(raw: bytes, stamp: str = STAMP, secret: bytes = SECRET) -> dict[str, str]:
    return {"Lob-Signature": sign(raw, stamp, secret), "Lob-Signature-Timestamp": stamp}


def scan(number: int, name: str, time: str, **more: Any) -> dict[str, Any]:
    return {"id": f"evnt_{number}", "name": name, "time": time, "date_created": time, **more}


def event(kind: str, scans: list[Any], **more: Any) -> bytes:
    body = {"id": "ltr_1", "metadata": "REDACTED", "tracking_number": "9407", "tracking_events": scans}
    whole = {
        "id": "evt_1",
        "event_type": {"id": kind},
        "reference_id": "ltr_1",
        "date_created": "2026-03-02T09:00:00.000Z",
        "body": body,
        "object": "event",
    }
    return json.dumps({**whole, **more}).encode()


def test_a_signature_over_these_bytes_is_believed_in_any_spelling_of_the_headers() -> None:
    raw = b'{"a": 1}'
    lower = {name.lower(): value for name, value in signed(raw).items()}

    assert verify(raw, signed(raw), SECRET, NOW) is None
    assert verify(raw, lower, SECRET, NOW) is None


def test_the_signature_is_hmac_sha256_over_timestamp_dot_body() -> None:
    by_openssl = "47b6ce0fca59474308e2921c247cb2493dce6b8101d90ac05bd0c6a37d0e046e"

    assert sign(b"body", "1700000000", b"key") == by_openssl


@pytest.mark.parametrize("stamp", [STAMP, STAMP + "000"])
def test_the_timestamp_may_be_in_seconds_or_milliseconds(stamp: str) -> None:
    assert verify(b"x", signed(b"x", stamp), SECRET, NOW + timedelta(minutes=4)) is None


@pytest.mark.parametrize("offset", [timedelta(minutes=-6), timedelta(minutes=6), timedelta(days=40)])
def test_an_old_or_future_signature_is_refused(offset: timedelta) -> None:
    with pytest.raises(ForgedWebhook) as forged:
        verify(b"x", signed(b"x"), SECRET, NOW + offset)
    assert forged.value.reason == "stale"


@pytest.mark.parametrize(
    ("headers", "secret", "reason"),
    [
        ({}, SECRET, "unsigned"),
        ({"Lob-Signature": "00"}, SECRET, "unsigned"),
        (signed(b"other"), SECRET, "bad_signature"),
        (signed(b"x", secret=b"another"), SECRET, "bad_signature"),
        (signed(b"x", secret=b"secret"), b"secret", "no_usable_secret"),
        (signed(b"x", secret=b""), b"", "no_usable_secret"),
        ({**signed(b"x"), "Lob-Signature-Timestamp": "soon"}, SECRET, "bad_timestamp"),
        ({**signed(b"x"), "Lob-Signature-Timestamp": "9" * 17}, SECRET, "bad_timestamp"),
        (signed(b"x", "9" * 16), SECRET, "bad_timestamp"),
        ({**signed(b"x"), "Lob-Signature": "é" * 64}, SECRET, "bad_signature"),
    ],
)
def test_everything_else_is_forged(headers: dict[str, str], secret: bytes, reason: str) -> None:
    with pytest.raises(ForgedWebhook) as forged:
        verify(b"x", headers, secret, NOW)
    assert forged.value.reason == reason


@given(st.binary(max_size=200), st.integers(0, 199), st.integers(1, 255))
def test_one_changed_byte_is_enough(raw: bytes, place: int, change: int) -> None:
    headers = signed(raw)
    altered = bytearray(raw or b"\0")
    altered[place % len(altered)] ^= change

    with pytest.raises(ForgedWebhook):
        verify(bytes(altered), headers, SECRET, NOW)


@given(st.dictionaries(st.sampled_from(["lob-signature", "Lob-Signature-Timestamp", "x"]), st.text(max_size=40)))
def test_no_headers_from_a_stranger_pass_or_crash(headers: dict[str, str]) -> None:
    with pytest.raises(ForgedWebhook):
        verify(b"x", headers, SECRET, NOW)


def test_an_event_brings_its_scans_and_its_piece() -> None:
    details = {"event": "pickup_available", "description": "d", "action_required": True}
    parsed = parse(
        event(
            "letter.certified.pickup_available",
            [
                scan(1, "Mailed", "2026-03-01T10:00:00Z"),
                scan(2, "Pickup Available", "2026-03-02T08:00:00Z", details=details, location="75013"),
            ],
        )
    )

    assert (parsed.id, parsed.reference_id, parsed.tracking_number) == ("evt_1", "ltr_1", "9407")
    assert (parsed.kind, parsed.must_be_asked_about) == (EventKind.PICKUP_AVAILABLE, False)
    assert [one.kind for one in parsed.scans] == [ScanKind.MAILED, ScanKind.PICKUP_AVAILABLE]
    assert (parsed.scans[1].action_required, parsed.scans[1].detail, parsed.scans[1].location) == (
        True,
        "pickup_available",
        "75013",
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("letter.created", EventKind.CREATED),
        ("letter.rendered_pdf", EventKind.RENDERED_PDF),
        ("letter.failed", EventKind.FAILED),
        ("letter.delivered", EventKind.DELIVERED),
        ("letter.certified.delivered", EventKind.DELIVERED),
        ("letter.re-routed", EventKind.RE_ROUTED),
        ("letter.certified.returned_to_sender", EventKind.RETURNED),
        ("letter.certified.issue", EventKind.ISSUE),
        ("letter.return_envelope.delivered", EventKind.UNKNOWN),
        ("letter.informed_delivery.email_sent", EventKind.UNKNOWN),
        ("postcard.delivered", EventKind.UNKNOWN),
        ("delivered", EventKind.UNKNOWN),
        ("", EventKind.UNKNOWN),
    ],
)
def test_types_are_told_apart_and_unknown_ones_are_kept(name: str, kind: EventKind) -> None:
    parsed = parse(event(name, []))

    assert (parsed.kind, parsed.type, parsed.id) == (kind, name, "evt_1")


def test_an_event_without_its_scan_says_so() -> None:
    assert parse(event("letter.certified.delivered", [])).must_be_asked_about
    assert not parse(event("letter.created", [])).must_be_asked_about


@pytest.mark.parametrize("name", ["letter.failed", "letter.rejected"])
def test_a_failure_is_asked_about_because_its_body_proves_nothing(name: str) -> None:
    assert parse(event(name, [])).must_be_asked_about


def test_a_scan_of_an_unknown_name_is_kept_as_unknown_and_a_broken_one_is_left_out() -> None:
    parsed = parse(event("letter.mailed", [scan(1, "Teleported", "2026-03-01T10:00:00Z"), {"id": 3}, "text", None]))

    assert [(one.kind, one.provider_event) for one in parsed.scans] == [(ScanKind.UNKNOWN, "Teleported")]


@pytest.mark.parametrize(
    "raw", [b"", b"\xff", b"[]", b"null", b"[" * 100_000, b'{"id": 7, "body": [], "event_type": 1}']
)
def test_what_cannot_be_read_gets_an_id_of_its_own(raw: bytes) -> None:
    assert parse(raw).kind is EventKind.UNKNOWN
    assert parse(raw).id == parse(raw).id != parse(raw + b" ").id


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
event_like = st.fixed_dictionaries(
    {},
    optional={
        "id": json_values,
        "reference_id": json_values,
        "date_created": json_values | st.sampled_from(["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"]),
        "event_type": json_values | st.fixed_dictionaries({"id": json_values}),
        "body": json_values
        | st.fixed_dictionaries(
            {
                "tracking_events": st.lists(
                    json_values
                    | st.fixed_dictionaries(
                        {
                            "id": st.text(st.characters(codec=None), max_size=5),
                            "name": st.text(max_size=5),
                            "date_created": st.sampled_from(["2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59"]),
                            "details": json_values,
                        }
                    ),
                    max_size=3,
                )
            }
        ),
    },
)


@given(st.binary(max_size=300) | json_values.map(lambda value: json.dumps(value).encode()))
def test_nothing_that_may_arrive_raises(raw: bytes) -> None:
    assert parse(raw).id


@given(event_like)
def test_nothing_in_the_shape_of_an_event_raises(value: dict[str, Any]) -> None:
    parsed = parse(json.dumps(value).encode())

    assert parsed.id
    assert all(one.occurred_at.tzinfo for one in parsed.scans)
    assert parsed.must_be_asked_about in (True, False)
