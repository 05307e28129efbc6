"""Disputes and where they stand."""

from typing import Any

import pytest

from domain.disputes import Dispute
from projections.disputes import DisputesProjection
from projections.kernel import Recorded
from tests.support.histories import disputes
from tests.support.stored import Stored


@pytest.mark.parametrize("made", disputes(), ids=lambda made: str(made.status))
def test_a_row_is_the_dispute(seen: Stored, made: Dispute) -> None:
    row = seen.row("disputes", dispute_id=made.id)
    assert (row["status"], row["version"], row["bureau"]) == (made.status, made.version, made.bureau)
    assert (row["letter_id"], row["mailing_id"], row["outcome"]) == (made.letter_id, made.mailing_id, made.outcome)
    due = made.deadlines.statutory_due.on if made.deadlines else None
    assert (row["received_on"], row["statutory_due"]) == (made.received_on, due)
    assert made.challenge is not None
    assert row["furnisher"] == made.challenge.item.furnisher


LONG_WALKS = {which: disputes()[which].pending_events for which in (0, 3)}
STEPS = [(which, upto) for which, events in LONG_WALKS.items() for upto in range(1, len(events) + 1)]


@pytest.mark.parametrize(("which", "upto"), STEPS)
def test_the_row_follows_the_dispute_at_every_step(which: int, upto: int) -> None:
    made: Any = None
    status = outcome = None
    for event in LONG_WALKS[which][:upto]:
        made = event.mutate(made)  # type: ignore[attr-defined]
        recorded = Recorded(1, event.timestamp, made.id, event, {})  # type: ignore[attr-defined, arg-type]
        for _, change in DisputesProjection().rows([recorded]):
            status = change.values.get("status", status)  # type: ignore[union-attr]
            outcome = change.values.get("outcome", outcome)  # type: ignore[union-attr]
    assert (status, outcome) == (made.status, made.outcome)


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(DisputesProjection())
