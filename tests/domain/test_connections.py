from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from domain.bureaus import Bureau
from domain.connections import (
    MANUAL_UPLOAD,
    Alert,
    AlreadyConnected,
    Connection,
    ConnectionStatus,
    NotConnected,
    PullCause,
    Score,
    UploadInstead,
)
from domain.kernel import IllegalMove

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
CONSUMER, USER = UUID(int=7), UUID(int=8)


def opened(provider: str = "smartcredit") -> Connection:
    return Connection.open(NOW, consumer_id=CONSUMER, provider=provider)


def begun(provider: str = "smartcredit") -> Connection:
    connection = opened(provider)
    connection.begin(USER, text_version="2026-11", text_sha256="0" * 64, ip="192.0.2.7", at=NOW)
    return connection


def active(provider: str = "smartcredit") -> Connection:
    connection = begun(provider)
    connection.authorize(("reports:read",), "d1", NOW)
    return connection


def pulling() -> tuple[Connection, UUID]:
    connection = active()
    return connection, connection.request_pull(uuid4(), PullCause.REQUESTED, USER, NOW)


def finish(connection: Connection, pull_id: UUID, *, readable: bool = True) -> None:
    connection.finish_pull(
        pull_id, report_id=uuid4(), sha256="0" * 64, size_bytes=1, media_type="application/json", readable=readable,
        at=NOW,
    )  # fmt: skip


def test_a_consumer_has_one_connection_to_a_provider() -> None:
    assert opened().id == opened().id == Connection.identity(CONSUMER, "smartcredit")
    assert opened("other").id != opened().id
    assert opened().owner_id == CONSUMER


def test_the_consent_is_on_record_with_its_text_its_purpose_and_where_it_was_given() -> None:
    event = begun().pending_events[-1]
    assert isinstance(event, Connection.Begun)
    assert (event.begun_by, event.text_version, event.ip) == (USER, "2026-11", "192.0.2.7")
    assert event.purpose == "consumer_written_instructions"


def test_a_link_is_begun_authorized_lost_and_made_again() -> None:
    connection = begun()
    assert connection.status is ConnectionStatus.PENDING
    connection.authorize(("reports:read",), "d1", NOW)
    assert connection.status is ConnectionStatus.ACTIVE
    connection.need_reauth("token_refused", NOW)
    assert (connection.status, connection.trouble) == (ConnectionStatus.NEEDS_REAUTH, "token_refused")
    connection.begin(USER, text_version="2026-11", text_sha256="0" * 64, ip=None, at=NOW)
    connection.authorize(("reports:read",), "d2", NOW)
    assert (connection.status, connection.trouble, connection.account_digest) == (ConnectionStatus.ACTIVE, "", "d2")


def test_a_working_connection_is_not_begun_again() -> None:
    with pytest.raises(AlreadyConnected):
        active().begin(USER, text_version="2026-11", text_sha256="0" * 64, ip=None, at=NOW)


def test_authorizing_twice_is_authorizing_once() -> None:
    connection = active()
    before = connection.version
    connection.authorize(("reports:read",), "d1", NOW)
    assert connection.version == before


@pytest.mark.parametrize("ended", [lambda c: c.revoke(USER, NOW), lambda c: c.fail_authorization("access_denied", NOW)])
def test_an_answer_that_comes_after_the_end_lets_nobody_in(ended: Callable[[Connection], None]) -> None:
    connection = begun()
    ended(connection)
    with pytest.raises(NotConnected):
        connection.authorize(("reports:read",), "d1", NOW)


def test_revoking_ends_the_pull_and_happens_once() -> None:
    connection, pull_id = pulling()
    connection.revoke(USER, NOW)
    before = connection.version
    connection.revoke(USER, NOW)
    assert (connection.version, connection.pull, connection.status) == (before, None, ConnectionStatus.REVOKED)
    with pytest.raises(IllegalMove):
        finish(connection, pull_id)


def test_a_second_request_joins_the_pull_in_flight() -> None:
    connection, pull_id = pulling()
    assert connection.request_pull(uuid4(), PullCause.WEBHOOK, USER, NOW) == pull_id
    finish(connection, pull_id)
    assert connection.request_pull(other := uuid4(), PullCause.WEBHOOK, USER, NOW) == other


@pytest.mark.parametrize("connection", [opened(), begun()], ids=["opened", "begun"])
def test_nothing_is_pulled_before_the_provider_let_us_in(connection: Connection) -> None:
    with pytest.raises(NotConnected):
        connection.request_pull(uuid4(), PullCause.REQUESTED, USER, NOW)


def test_from_a_manual_connection_nothing_is_fetched_but_uploads_stand_in_its_history() -> None:
    connection = active(MANUAL_UPLOAD)
    with pytest.raises(UploadInstead):
        connection.request_pull(uuid4(), PullCause.REQUESTED, USER, NOW)
    finish(connection, connection.request_pull(uuid4(), PullCause.UPLOADED, USER, NOW))
    assert connection.pull is None


def test_an_outage_is_seen_and_the_pull_keeps_its_order_and_counts_its_tries() -> None:
    connection, pull_id = pulling()
    connection.note_order(pull_id, "ord_1", NOW)
    for hour in (1, 2):
        connection.delay_pull(pull_id, "outage", NOW + timedelta(hours=hour), NOW)
    assert connection.pull is not None
    assert (connection.pull.order_id, connection.pull.attempts, connection.trouble) == ("ord_1", 2, "outage")
    finish(connection, pull_id)
    assert (connection.pull, connection.trouble) == (None, "")


def test_an_order_is_noted_once() -> None:
    connection, pull_id = pulling()
    connection.note_order(pull_id, "ord_1", NOW)
    before = connection.version
    connection.note_order(pull_id, "ord_1", NOW)
    assert connection.version == before


def test_a_pull_waits_while_the_consumer_has_to_connect_again() -> None:
    connection, pull_id = pulling()
    connection.need_reauth("token_refused", NOW)
    assert connection.in_flight(pull_id).pull_id == pull_id


def test_a_refusal_or_an_unreadable_report_ends_the_pull_and_is_seen() -> None:
    connection, pull_id = pulling()
    connection.fail_pull(pull_id, "scope_missing", NOW)
    assert (connection.pull, connection.trouble) == (None, "scope_missing")
    again = connection.request_pull(uuid4(), PullCause.REQUESTED, USER, NOW)
    finish(connection, again, readable=False)
    assert (connection.pull, connection.trouble) == (None, "unreadable_report")


def test_scores_and_alerts_are_kept_as_they_were_shown() -> None:
    connection = active()
    before = connection.version
    connection.note_scores((), NOW)
    connection.note_alerts((), "", NOW)
    assert connection.version == before
    score = Score(bureau=Bureau.EXPERIAN, model="VantageScore 3.0", value=612, as_of=date(2026, 1, 5))
    alert = Alert(alert_id="a1", kind="new_inquiry", occurred_on=date(2026, 1, 4), text="s3cret")
    connection.note_scores((score,), NOW)
    connection.note_alerts((alert,), "c1", NOW)
    scores, alerts = connection.pending_events[-2:]
    assert isinstance(scores, Connection.ScoresRead)
    assert scores.scores == (score,)
    assert isinstance(alerts, Connection.AlertsRead)
    assert alerts.alerts == (alert,)
    assert connection.alerts_cursor == "c1"
    assert "s3cret" not in repr(alert)


@pytest.mark.parametrize("value", [-1, 1001])
def test_a_score_that_no_model_gives_is_refused(value: int) -> None:
    with pytest.raises(ValidationError):
        Score(model="VantageScore 3.0", value=value, as_of=date(2026, 1, 5))


def test_the_next_report_is_counted_from_the_last_change_for_the_better_or_the_end_of_a_pull() -> None:
    connection, pull_id = pulling()
    assert connection.scheduled_from == NOW
    connection.delay_pull(pull_id, "outage", NOW + timedelta(hours=1), NOW + timedelta(minutes=1))
    assert connection.scheduled_from == NOW
    connection.fail_pull(pull_id, "scope_missing", NOW + timedelta(days=1))
    assert connection.scheduled_from == NOW + timedelta(days=1)
    pull_id = connection.request_pull(uuid4(), PullCause.REQUESTED, USER, NOW + timedelta(days=2))
    finish(connection, pull_id)
    assert connection.scheduled_from == NOW


def test_every_time_only_the_consumer_can_help_is_remembered() -> None:
    connection = active()
    for _ in range(2):
        connection.need_reauth("token_refused", NOW)
        connection.begin(USER, text_version="2026-11", text_sha256="0" * 64, ip=None, at=NOW)
        connection.authorize((), "d1", NOW)
    assert connection.reauths == [connection.version - 5, connection.version - 2]
