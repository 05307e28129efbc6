"""Connections as they stand."""

import pytest

from domain.connections import Connection
from projections.connections import ConnectionsProjection
from tests.support.connection_histories import connections
from tests.support.stored import Stored


@pytest.mark.parametrize("made", connections(), ids=lambda made: str(made.provider))
def test_a_row_is_the_connection(seen: Stored, made: Connection) -> None:
    row = seen.row("connections", connection_id=made.id)
    assert (row["status"], row["version"], row["provider"]) == (made.status, made.version, made.provider)
    assert row["consumer_id"] == made.owner_id
    assert (row["trouble"] or "") == made.trouble
    assert row["pull_id"] == (made.pull.pull_id if made.pull else None)


def test_a_working_one_can_be_found_by_the_providers_account(seen: Stored) -> None:
    made = next(made for made in connections() if made.account_digest and made.provider == "pulling")
    row = seen.row("connections", provider=made.provider, account_digest=made.account_digest)
    assert row["connection_id"] == made.id


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(ConnectionsProjection())
