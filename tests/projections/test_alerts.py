"""Alerts in the providers' words, until the person is forgotten."""

from datetime import date

from domain.connections import Alert
from projections.alerts import AlertsProjection, alert_key
from tests.support.access_histories import NOON
from tests.support.connection_histories import PROVIDER, active
from tests.support.histories import consumer
from tests.support.postgres import TestDatabase
from tests.support.stored import Stored, stored

ALERT = Alert(alert_id="al_1", kind="new_account", occurred_on=date(2026, 1, 4), text="A new account was reported.")


def test_an_alert_is_shown_once_with_its_kind_and_day(seen: Stored) -> None:
    (row,) = seen.rows("alerts")
    assert (row["kind"], row["bureau"], row["occurred_on"]) == ("new_inquiry", "equifax", date(2026, 1, 4))


def test_an_alert_listed_twice_is_one_row(database: TestDatabase) -> None:
    person = consumer()
    connection = active(PROVIDER, person.id)
    connection.note_alerts((ALERT,), "c1", NOON)
    connection.note_alerts((ALERT.model_copy(update={"text": "Said again."}),), "c2", NOON)
    with stored(database, [person, connection]) as held:
        held.project()
        (row,) = held.rows("alerts")
        assert (row["id"], row["text"]) == (alert_key(connection.id, "al_1"), "Said again.")


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(AlertsProjection())


def test_erasure_takes_the_rows_away(database: TestDatabase) -> None:
    person = consumer(erased=True)
    connection = active(PROVIDER, person.id)
    connection.note_alerts((ALERT,), "c1", NOON)
    with stored(database, [connection]) as held:
        held.project()
        assert len(held.rows("alerts")) == 1
        held.append(person)
        held.project()
        assert held.rows("alerts") == []
