"""What can become of a consumer's connection to a report provider, and of the pulls made under it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from domain.bureaus import Bureau
from domain.connections import MANUAL_UPLOAD, Alert, Connection, PullCause, Score
from tests.support.access_histories import ACTOR_ID, CONSUMER_ID, NOON, SHA, at, uid

PROVIDER = "smartcredit"


def connections() -> list[Connection]:
    """One that went through everything and was revoked, and others that stopped where each may stop."""
    return [everything_at_once(), refused(), waiting(), pulling(), by_hand()]


def begun(provider: str, owner: UUID = CONSUMER_ID) -> Connection:
    made = Connection.open(NOON, consumer_id=owner, provider=provider)
    made.begin(ACTOR_ID, text_version="2026-11", text_sha256=SHA, ip="192.0.2.7", at=at(1))
    return made


def active(provider: str, owner: UUID = CONSUMER_ID) -> Connection:
    made = begun(provider, owner)
    made.authorize(("openid", "reports:read"), "ab" * 32, at(2))
    return made


def everything_at_once() -> Connection:
    made = active(PROVIDER)
    first = made.request_pull(uid("first pull"), PullCause.CONNECTED, ACTOR_ID, at(3))
    made.note_order(first, "ord_1", at(3))
    made.delay_pull(first, "outage", at(4) + timedelta(hours=1), at(4))
    made.need_reauth("token_refused", at(5))
    made.begin(ACTOR_ID, text_version="2026-11", text_sha256=SHA, ip="192.0.2.7", at=at(6))
    made.authorize(("openid", "reports:read"), "ab" * 32, at(7))
    finish(made, first)
    made.note_scores(
        (
            Score(bureau=Bureau.EXPERIAN, model="VantageScore 3.0", value=612, as_of=date(2026, 1, 5)),
            Score(model="VantageScore 4.0", value=618, as_of=date(2026, 1, 5)),
        ),
        at(9),
    )
    made.note_alerts(
        (Alert(alert_id="al_1", bureau=Bureau.EQUIFAX, kind="new_inquiry", occurred_on=date(2026, 1, 4)),),
        "cur_1",
        at(9),
    )
    made.fail_pull(made.request_pull(uid("second pull"), PullCause.WEBHOOK, ACTOR_ID, at(10)), "scope_missing", at(11))
    made.request_pull(uid("third pull"), PullCause.SCHEDULED, ACTOR_ID, at(12))
    made.revoke(ACTOR_ID, at(13))
    return made


def refused() -> Connection:
    made = begun("refused")
    made.fail_authorization("access_denied", at(2))
    return made


def waiting() -> Connection:
    made = active("waiting")
    pull = made.request_pull(uid("waiting pull"), PullCause.REQUESTED, ACTOR_ID, at(3))
    made.delay_pull(pull, "outage", at(5), at(4))
    return made


def pulling() -> Connection:
    made = active("pulling")
    made.note_order(made.request_pull(uid("ordered pull"), PullCause.REQUESTED, ACTOR_ID, at(3)), "ord_2", at(4))
    return made


def by_hand() -> Connection:
    made = active(MANUAL_UPLOAD)
    finish(made, made.request_pull(uid("upload"), PullCause.UPLOADED, ACTOR_ID, at(3)), readable=False)
    return made


def finish(made: Connection, pull_id: UUID, *, readable: bool = True) -> None:
    made.finish_pull(
        pull_id,
        report_id=uid(f"report of {pull_id}"),
        sha256=SHA,
        size_bytes=1234,
        media_type="application/json",
        readable=readable,
        at=at(8),
    )
