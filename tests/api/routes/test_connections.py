"""Connections over HTTP: agreed to by the consumer alone, completed once, shown without anything that opens a door."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from api.routes.connections import NewConnection
from application.feeding import FeedBusy, LinkRefused
from tests.support.api import Served
from tests.support.cases_over_http import Case, Firm, add_consumer, open_firm
from tests.support.connecting import NEW, at, path_of, state_of
from tests.support.feeds import PROVIDER


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "connections")


@pytest.fixture
def case(firm: Firm) -> Case:
    return add_consumer(firm, f"Linked{uuid4().hex[:8]}")


def test_a_provider_is_named_by_a_word() -> None:
    with pytest.raises(ValidationError):
        NewConnection.model_validate(NEW | {"provider": "https://feed.example"})


def test_a_consumer_agrees_goes_to_the_provider_and_comes_back(firm: Firm, case: Case) -> None:
    answer = case.consumer.send("POST", path_of(case), NEW)
    begun = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert case.consumer.got(at(begun))["status"] == "pending"
    case.consumer.made("POST", at(begun, "/callback"), {"state": state_of(begun), "code": "c"})
    row = case.consumer.got(at(begun))
    assert (row["status"], row["provider"], row["scopes"]) == ("active", PROVIDER, ["reports"])
    consents = case.consumer.got(f"/v1/consumers/{case.ids['consumer_id']}/consents")
    assert "credit_pull" in {consent["kind"] for consent in consents}


def test_what_opens_the_door_is_in_no_row_and_in_no_event(firm: Firm, case: Case) -> None:
    begun = case.consumer.made("POST", path_of(case), NEW)
    state, code = state_of(begun), f"code-{uuid4().hex}"
    case.consumer.made("POST", at(begun, "/callback"), {"state": state, "code": code})
    stream = firm.served.sfdify.engine.read_stream(UUID(firm.tenant_id), UUID(begun["connection_id"]))
    kept = json.dumps([[str(event.state), str(event.metadata)] for event in stream])
    shown = json.dumps([case.consumer.got(at(begun)), *firm.owner.got("/v1/jobs")])
    assert len(stream) >= 3
    assert not [word for word in (f'"{state}"', code, firm.served.feed.subject) if word in kept + shown]


@pytest.mark.parametrize("role", ["owner", "operator", "viewer", "auditor", "machine"])
def test_nobody_connects_for_the_consumer(firm: Firm, case: Case, role: str) -> None:
    answer = firm.people[role].send("POST", path_of(case), NEW)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_repeat_gets_an_address_of_its_own_and_makes_no_second_connection(case: Case) -> None:
    key = uuid4().hex
    first = case.consumer.send("POST", path_of(case), NEW, key=key).json()
    again = case.consumer.send("POST", path_of(case), NEW, key=key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["connection_id"] == first["connection_id"]
    assert state_of(again.json()) != state_of(first)


def test_a_state_works_once_and_only_for_whoever_set_out(firm: Firm, case: Case) -> None:
    begun = case.consumer.made("POST", path_of(case), NEW)
    body = {"state": state_of(begun), "code": "c"}
    other = add_consumer(firm, f"Other{uuid4().hex[:8]}")
    assert other.consumer.send("POST", at(begun, "/callback"), body).status_code == 404
    theirs = other.consumer.made("POST", path_of(other), NEW)
    swapped = other.consumer.send("POST", at(theirs, "/callback"), body)
    assert (swapped.status_code, swapped.json()["code"]) == (409, "connect_again")
    assert case.consumer.send("POST", at(begun, "/callback"), body).status_code == 200
    assert case.consumer.got(at(begun))["status"] == "active"


def test_a_consumer_who_says_no_may_connect_again(case: Case) -> None:
    begun = case.consumer.made("POST", path_of(case), NEW)
    answer = case.consumer.send("POST", at(begun, "/callback"), {"state": state_of(begun), "error": "access_denied"})
    assert (answer.status_code, answer.json()["code"]) == (409, "connect_again")
    row = case.consumer.until("/v1/connections", lambda items: items[0]["status"] == "needs_reauth")[0]
    assert row["trouble"] == "access_denied"
    again = case.consumer.made("POST", path_of(case), NEW)
    case.consumer.made("POST", at(again, "/callback"), {"state": state_of(again), "code": "c"})
    assert case.consumer.got(at(again))["status"] == "active"


def test_an_exchange_whose_answer_was_lost_is_not_made_twice(firm: Firm, case: Case) -> None:
    begun = case.consumer.made("POST", path_of(case), NEW)
    feed = firm.served.feed
    feed.script["complete_link"].append(LinkRefused("exchange_unknown", "the answer was lost"))
    before = feed.times("complete_link")
    body = {"state": state_of(begun), "code": "c"}
    assert case.consumer.send("POST", at(begun, "/callback"), body).json()["code"] == "connect_again"
    assert case.consumer.send("POST", at(begun, "/callback"), body).json()["code"] == "connect_again"
    assert feed.times("complete_link") == before + 1


def test_a_provider_out_of_reach_is_said_and_nothing_is_lost(firm: Firm, case: Case) -> None:
    firm.served.feed.script["begin_link"].append(FeedBusy(5, "outage"))
    key = uuid4().hex
    answer = case.consumer.send("POST", path_of(case), NEW, key=key)
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")
    assert case.consumer.send("POST", path_of(case), NEW, key=key).status_code == 201


def test_an_unknown_provider_or_text_is_refused(case: Case) -> None:
    for body, code in (
        (NEW | {"provider": "nobody"}, "unknown_provider"),
        (NEW | {"text_version": "1999"}, "unknown_text_version"),
    ):
        answer = case.consumer.send("POST", path_of(case), body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_connection_by_hand_works_at_once_and_leads_nowhere(case: Case) -> None:
    made = case.consumer.made("POST", path_of(case), NEW | {"provider": "manual_upload"})
    assert (made["authorization_url"], made["expires_at"]) == (None, None)
    assert case.consumer.got(at(made))["status"] == "active"


def test_a_connection_is_revoked_by_consumer_or_operator_on_the_version_they_saw(firm: Firm, case: Case) -> None:
    begun = case.consumer.made("POST", path_of(case), NEW)
    path = at(begun, "/revoke")
    assert case.consumer.send("POST", path).status_code == 428
    firm.operator.made("POST", path, etag=firm.operator.etag(at(begun)))
    assert case.consumer.got(at(begun))["status"] == "revoked"


def test_a_consumer_sees_their_own_connections_only(firm: Firm, case: Case) -> None:
    mine = case.consumer.made("POST", path_of(case), NEW)
    other = add_consumer(firm, f"Other{uuid4().hex[:8]}")
    assert [row["connection_id"] for row in case.consumer.got("/v1/connections")["items"]] == [mine["connection_id"]]
    assert other.consumer.send("GET", at(mine)).status_code == 404
    found = firm.operator.got("/v1/connections", consumer_id=case.ids["consumer_id"])["items"]
    assert [row["connection_id"] for row in found] == [mine["connection_id"]]
