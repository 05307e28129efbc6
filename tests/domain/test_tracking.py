"""Scans fold to one place, however they arrive."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.tracking import ORDER, UNMOVED, MailStatus, TrackingScan, advance

START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def scan(number: int, kind: str, hours: int) -> TrackingScan:
    return TrackingScan(id=f"evnt_{number}", kind=kind, occurred_at=START + timedelta(hours=hours), provider_event=kind)


journeys = st.lists(st.tuples(st.sampled_from([*ORDER, "unknown"]), st.integers(0, 5)), max_size=8).map(
    lambda parts: [scan(n, kind, hours) for n, (kind, hours) in enumerate(parts)]
)


@given(journeys, st.randoms(use_true_random=False))
def test_any_order_with_repeats_ends_in_the_same_place(scans: list[TrackingScan], random: object) -> None:
    shuffled = scans * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert advance(MailStatus(), shuffled) == advance(MailStatus(), scans)


@given(journeys)
def test_the_status_never_goes_back_in_carrier_time_once_terminal(scans: list[TrackingScan]) -> None:
    status = MailStatus()
    for one in scans:
        after = advance(status, [one])
        if status.kind in ("delivered", "returned"):
            assert after.kind in ("delivered", "returned")
        status = after


def test_news_that_moves_nothing_is_counted_and_leaves_the_status() -> None:
    status = advance(MailStatus(), [scan(1, "mailed", 1), *(scan(9, kind, 5) for kind in sorted(UNMOVED)[:1])])

    assert (status.kind, status.seen) == ("mailed", {"evnt_1", "evnt_9"})
