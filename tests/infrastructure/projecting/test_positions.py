from typing import Any

import psycopg
import pytest

from infrastructure.projecting.positions import (
    Busy,
    advance,
    connect,
    gate_shut,
    give_up,
    is_owned,
    maintenance,
    pass_gates,
    place_of,
    position_of,
    take_ownership,
)
from infrastructure.projecting.tables import ensure
from tests.support.ledger import BOTH
from tests.support.postgres import TestDatabase
from tests.support.projecting import until

NAMES = ["accounts", "owners"]


@pytest.fixture
def conn(projector: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    ensure(projector, BOTH)
    return projector


def test_positions_move_only_from_where_they_were_left(conn: psycopg.Connection[Any]) -> None:
    assert advance(conn, NAMES, [0, 0], 0, 5)
    assert not advance(conn, NAMES, [0, 0], 0, 6)
    assert (position_of(conn, "accounts"), position_of(conn, "owners")) == (5, 5)
    conn.execute("UPDATE es.projection SET epoch = epoch + 1 WHERE name = 'accounts'")
    assert not advance(conn, ["accounts"], [0], 5, 6)
    assert advance(conn, ["owners"], [0], 5, 6)
    assert place_of(conn, "accounts").epoch == 1


def test_one_session_owns_a_projection_until_it_gives_it_up(
    conn: psycopg.Connection[Any], database: TestDatabase
) -> None:
    with connect(database.projector_url, "other") as other:
        assert take_ownership(conn, NAMES) == NAMES
        assert take_ownership(other, NAMES) == []
        assert is_owned(other, [*NAMES, "letters"]) == set(NAMES)
        give_up(conn, "owners")
        assert take_ownership(other, NAMES) == ["owners"]
    assert until(lambda: is_owned(conn, NAMES) == {"accounts"})


def test_nobody_writes_rows_while_the_gate_is_shut(conn: psycopg.Connection[Any], database: TestDatabase) -> None:
    with connect(database.projector_url, "other") as other:
        with gate_shut(other, "accounts"):
            assert pass_gates(conn, NAMES) == ["owners"]
        assert pass_gates(conn, NAMES) == NAMES


def test_one_maintenance_of_a_projection_at_a_time(conn: psycopg.Connection[Any], database: TestDatabase) -> None:
    with connect(database.projector_url, "other") as other, maintenance(other, "accounts"):
        with pytest.raises(Busy, match="accounts"), maintenance(conn, "accounts", wait_s=0):
            pass
        with maintenance(conn, "owners"):
            assert place_of(conn, "owners").parked == frozenset()


def test_an_unknown_projection_has_no_place(conn: psycopg.Connection[Any]) -> None:
    with pytest.raises(KeyError):
        place_of(conn, "letters")
    with pytest.raises(KeyError):
        position_of(conn, "letters")
