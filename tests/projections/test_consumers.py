"""People as operators list them; the erased are nameless."""

from projections.consumers import ConsumersProjection
from tests.support.histories import CONSUMER_ID, consumer, uid
from tests.support.stored import Stored


def test_a_person_is_listed_without_numbers_birth_date_or_street(seen: Stored) -> None:
    row = seen.row("consumers", consumer_id=CONSUMER_ID)
    assert (row["given_name"], row["city"], row["kyc"], row["erased"]) == ("Mara", "Boise", "verified", False)
    assert row["name_key"] == "quillfeather mara"
    assert not {"900127788", "1984", "Alder"} & set(str(row).replace(",", " ").split())
    assert row["version"] == consumer().version


def test_an_erased_person_is_an_empty_row(seen: Stored) -> None:
    row = seen.row("consumers", consumer_id=uid("forgotten consumer"))
    assert row["erased"] is True
    assert {row[name] for name in ("given_name", "family_name", "name_key", "email", "phone", "city")} == {None}


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(ConsumersProjection())
