"""Sign-ins and their roles."""

from projections.users import UsersProjection
from tests.support.histories import uid
from tests.support.stored import Stored


def test_a_user_shows_role_and_whether_the_sign_in_is_open(seen: Stored) -> None:
    row = seen.row("users", user_id=uid("user"))
    assert (row["email"], row["role"], row["active"], row["version"]) == ("op@firm.example", "viewer", False, 4)


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(UsersProjection())
