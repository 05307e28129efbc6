"""Letters, their bytes and approvals."""

import pytest

from domain.letters import Letter
from projections.letters import LettersProjection
from tests.support.histories import letters
from tests.support.stored import Stored


@pytest.mark.parametrize("made", letters(), ids=lambda made: str(made.status))
def test_a_row_is_the_letter(seen: Stored, made: Letter) -> None:
    row = seen.row("letters", letter_id=made.id)
    assert (row["status"], row["version"]) == (made.status, made.version)
    assert row["pdf_sha256"] == (made.pdf.sha256 if made.pdf else None)
    assert (row["consumer_approved_at"], row["operator_approved_at"]) == (
        made.consumer_approved_at, made.operator_approved_at,
    )  # fmt: skip
    assert row["signer"] == "Mara Quillfeather"


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(LettersProjection())
