"""Scans fold to one place, however they arrive."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.tracking import MailStatus, ScanKind, TrackingScan, advance

START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def scan(number: int, kind: ScanKind, hours: int) -> TrackingScan:
    return TrackingScan(id=f"evnt_{number}", kind=kind, occurred_at=START + timedelta(hours=hours), provider_event=kind)


journeys = st.lists(st.tuples(st.sampled_from(ScanKind), st.integers(0, 5)), max_size=8).map(
    lambda parts: [scan(n, kind, hours) for n, (kind, hours) in enumerate(parts)]
)


@given(journeys, st.integers())
def test_any_order_with_repeats_ends_in_the_same_place(scans: list[TrackingScan], seed: int) -> None:
    shuffled = scans * 2
    Random(seed).shuffle(shuffled)

    assert advance(MailStatus(), shuffled) == advance(MailStatus(), scans)


@given(journeys)
def test_an_end_stays_an_end(scans: list[TrackingScan]) -> None:
    status = MailStatus()
    for one in scans:
        after = advance(status, [one])
        assert after.final >= status.final
        status = after


def test_a_late_scan_of_an_earlier_step_does_not_take_the_piece_back() -> None:
    status = advance(MailStatus(), [scan(1, ScanKind.IN_TRANSIT, 4), scan(2, ScanKind.MAILED, 1)])

    assert status.kind is ScanKind.IN_TRANSIT
    assert status.mailed_at == START + timedelta(hours=1)
