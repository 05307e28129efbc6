"""Changes over HTTP: repeated safely, decided on a version, and telling where they landed."""

from __future__ import annotations

from uuid import uuid4

import pytest

from api.commands import Changed, changed
from api.etags import etag
from application.kernel import Done
from tests.support.api import Served
from tests.support.cases_over_http import Firm, open_firm, profile


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "commands")


def test_the_answer_of_a_change_names_the_thing_and_its_version() -> None:
    identity = uuid4()

    assert changed(Done({"task_id": identity, "version": 3}, 9), "task_id") == Changed(id=identity, version=3)


def test_a_repeat_is_answered_the_same_and_does_nothing(firm: Firm) -> None:
    key = uuid4().hex
    first = firm.operator.send("POST", "/v1/consumers", profile(), key=key)
    second = firm.operator.send("POST", "/v1/consumers", profile(), key=key)

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert first.headers["Event-Position"] == second.headers["Event-Position"]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"


def test_a_key_is_for_one_request_only(firm: Firm) -> None:
    key = uuid4().hex
    firm.operator.made("POST", "/v1/consumers", profile(), key=key)

    other = firm.operator.send("POST", "/v1/consumers", profile() | {"given_name": "Other"}, key=key)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_refusal_does_not_use_the_key_up(firm: Firm) -> None:
    key = uuid4().hex
    refused = firm.operator.send("POST", "/v1/consumers", profile() | {"ssn": "1"}, key=key)
    accepted = firm.operator.send("POST", "/v1/consumers", profile(), key=key)

    assert (refused.status_code, accepted.status_code) == (422, 201)


@pytest.mark.parametrize(
    ("key", "code"), [(None, "idempotency_key_missing"), ("with blank", "idempotency_key_invalid")]
)
def test_a_key_must_be_sent(firm: Firm, key: str | None, code: str) -> None:
    headers = {"Idempotency-Key": key} if key else {}
    answer = firm.operator.http.post("/v1/consumers", json=profile(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_change_names_the_version_it_was_decided_on(firm: Firm) -> None:
    path = f"/v1/consumers/{firm.operator.made('POST', '/v1/consumers', profile())['consumer_id']}"
    tag, body = firm.operator.etag(path), profile() | {"given_name": "Maria"}

    absent = firm.operator.send("PUT", f"{path}/profile", body)
    first = firm.operator.send("PUT", f"{path}/profile", body, etag=tag)
    stale = firm.operator.send("PUT", f"{path}/profile", profile(), etag=tag)
    foreign = firm.operator.send("PUT", f"{path}/profile", profile(), etag='"another"')
    any_version = firm.operator.send("PUT", f"{path}/profile", profile(), etag="*")

    assert (absent.status_code, absent.json()["code"]) == (428, "precondition_required")
    assert (first.status_code, first.json()["version"]) == (200, 2)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert foreign.status_code == 412
    assert (any_version.status_code, any_version.json()["version"]) == (200, 3)


def test_a_version_that_is_yet_to_come_is_not_the_present_one(firm: Firm) -> None:
    path = f"/v1/consumers/{firm.operator.made('POST', '/v1/consumers', profile())['consumer_id']}"
    body = profile() | {"given_name": "Maria"}

    assert firm.operator.send("PUT", f"{path}/profile", body, etag=etag(9, 1)).status_code == 412


def test_a_write_is_seen_by_whoever_brings_its_position(firm: Firm) -> None:
    made = firm.operator.send("POST", "/v1/consumers", profile())
    position = made.headers["Event-Position"]

    seen = firm.people["viewer"].http.get(
        f"/v1/consumers/{made.json()['consumer_id']}", headers={"Min-Event-Position": position}
    )

    assert seen.status_code == 200
