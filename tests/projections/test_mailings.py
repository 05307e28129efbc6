"""Pieces and where the carrier saw them."""

import pytest

from domain.mailings import Mailing
from projections.mailings import MailingsProjection
from tests.support.histories import mailings
from tests.support.stored import Stored


@pytest.mark.parametrize("made", mailings(), ids=lambda made: str(made.status))
def test_a_row_is_the_piece(seen: Stored, made: Mailing) -> None:
    row = seen.row("mailings", mailing_id=made.id)
    assert (row["status"], row["version"], row["provider_id"]) == (made.status, made.version, made.provider_id)
    assert (row["attempts"] or 0) == made.attempt
    assert row["delivered_at"] == made.mail.delivered_at


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(MailingsProjection())
