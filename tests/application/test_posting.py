"""What may be handed to a provider at all."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from application.posting import MailStatus, PostRejected, ScanKind, TrackingScan, advance
from tests.support.posting import PDF, bureau, party, piece


def test_a_piece_is_bound_to_the_bytes_that_were_approved() -> None:
    piece().check_bytes(PDF)

    with pytest.raises(PostRejected) as refusal:
        piece().check_bytes(PDF + b" ")
    assert (refusal.value.code, refusal.value.kind) == ("letter_bytes_differ", "letter")


@pytest.mark.parametrize(
    "changes",
    [
        {"to": bureau(line1="x" * 30, line2="y" * 21)},
        {"metadata": {"consumer": "Ann Example"}},
        {"metadata": {"mailing_id": "another"}},
        {"metadata": {f"key_{n}": "v" for n in range(20)}},
        {"metadata": {'quote"': "v"}},
        {"idempotency_key": "k" * 257},
        {"idempotency_key": "line\nbreak"},
        {"mailing_id": "Ann Example"},
        {"description": "d" * 256},
        {"letter_sha256": sha256(PDF).hexdigest().upper()},
        {"mail_class": "standard"},
    ],
)
def test_what_a_provider_could_not_take_is_not_a_piece(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        piece(**changes)


def test_an_envelope_needs_a_name_or_a_company() -> None:
    with pytest.raises(ValidationError):
        party(name=None)
    assert party(name=None, company="Example Inc").company == "Example Inc"


def test_names_and_addresses_show_in_no_repr_and_no_error() -> None:
    shown = repr(piece())
    with pytest.raises(ValidationError) as refusal:
        party(zip_code="Secret Street 9")

    assert not any(word in shown for word in ("Ann", "Main", "Austin", "73301"))
    assert "Secret Street" not in str(refusal.value)


def test_the_status_of_a_mailing_is_folded_from_its_scans() -> None:
    scan = TrackingScan(id="evnt_1", kind="mailed", occurred_at="2026-01-05T12:00:00Z", provider_event="Mailed")

    status = advance(MailStatus(), [scan, scan])

    assert (status.kind, status.mailed_at, status.seen) == (ScanKind.MAILED, scan.occurred_at, ("evnt_1",))


scans = st.builds(
    TrackingScan,
    id=st.integers(0, 9).map("evnt_{}".format),
    kind=st.sampled_from(ScanKind),
    occurred_at=st.integers(0, 200).map(lambda hours: datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=hours)),
    provider_event=st.just("scan"),
    action_required=st.booleans(),
)


@given(st.lists(scans, max_size=10, unique_by=lambda scan: scan.id), st.randoms(use_true_random=False))
def test_any_order_grouping_and_repetition_of_scans_gives_one_status(
    journey: list[TrackingScan], chance: Random
) -> None:
    deliveries = journey * 3
    chance.shuffle(deliveries)
    status, phases = MailStatus(), []
    while deliveries:
        cut = chance.randint(1, len(deliveries))
        status, deliveries = advance(status, deliveries[:cut]), deliveries[cut:]
        phases.append(status.final)

    assert status == advance(MailStatus(), journey)
    assert phases == sorted(phases)
    delivered = [scan.occurred_at for scan in journey if scan.kind is ScanKind.DELIVERED]
    assert status.delivered_at == min(delivered, default=None)
