"""Machines' keys over HTTP: made once for each request, on record without their secrets, ended at once."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from api.idempotency import command_id, fingerprint
from api.routes import api_keys
from application.api_keys import MakeApiKey
from application.kernel import Context
from domain.kernel import Caller, Role
from tests.support.api import Json, Party, Served
from tests.support.cases_over_http import Firm, open_firm

ROUTE = "/v1/api-keys"
BODY = {"name": "nightly import", "role": "viewer"}


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "machines")


def works(served: Served, made: Json) -> bool:
    return served.party(made["api_key"]).http.get("/v1/auth/me").status_code == 200


def listed(firm: Firm, key_id: str) -> Json:
    found: Json = next(key for key in firm.owner.got(ROUTE) if key["key_id"] == key_id)
    return found


def before_the_row(served: Served, party: Party, body: Json, key: str) -> str:
    """A request that came as far as the log, and there the process died; the key's id."""
    me = party.got("/v1/auth/me")
    tenant_id, actor_id = UUID(me["tenant_id"]), UUID(me["actor_id"])
    asked = fingerprint(served.settings.secret("fingerprints"), "POST", ROUTE, {}, body, tenant_id, actor_id)
    context = Context(command_id=command_id(tenant_id, actor_id, key), fingerprint=asked)
    caller = Caller(tenant_id=tenant_id, actor_id=actor_id, role=Role.OWNER)
    done = served.sfdify.bus.handle(MakeApiKey(role=Role(body["role"])), caller, context)
    return str(done.answer["key_id"])


def test_a_key_is_shown_by_its_request_only_and_ends_at_once(served: Served, firm: Firm) -> None:
    made = firm.owner.made("POST", ROUTE, api_keys.NewApiKey(name="nightly", role=Role.VIEWER).model_dump(mode="json"))
    row = listed(firm, made["key_id"])

    assert made["api_key"].startswith("sk_test_")
    assert "api_key" not in row
    assert row["created_by"] == made["created_by"] == firm.ids["user_id"]
    machine = served.party(made["api_key"])
    assert machine.got("/v1/auth/me")["role"] == "viewer"
    assert machine.got("/v1/auth/me")["actor_id"] == made["key_id"]
    ended = firm.owner.send("DELETE", f"{ROUTE}/{made['key_id']}", key=(key := uuid4().hex))
    assert (ended.status_code, ended.content) == (204, b"")
    assert machine.http.get("/v1/auth/me").status_code == 401
    again = firm.owner.send("DELETE", f"{ROUTE}/{made['key_id']}", key=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (204, "true")
    assert firm.owner.send("DELETE", f"{ROUTE}/{made['key_id']}").status_code == 404


def test_a_repeat_shows_the_same_key_and_makes_no_other(served: Served, firm: Firm) -> None:
    key = uuid4().hex
    first = firm.owner.send("POST", ROUTE, BODY, key=key)
    before = len(firm.owner.got(ROUTE))
    second = firm.owner.send("POST", ROUTE, BODY, key=key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(firm.owner.got(ROUTE)) == before
    other = firm.owner.send("POST", ROUTE, BODY | {"name": "another"}, key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    firm.owner.made("DELETE", f"{ROUTE}/{first.json()['key_id']}")
    assert firm.owner.send("POST", ROUTE, BODY, key=key).content == first.content
    assert not works(served, first.json())


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_no_key_is_made_or_ended_without_an_idempotency_key(firm: Firm, method: str) -> None:
    path = ROUTE if method == "POST" else f"{ROUTE}/{uuid4()}"
    answer = firm.owner.http.request(method, path, **({"json": BODY} if method == "POST" else {}))

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_a_repeat_lets_in_the_key_that_a_crash_left_outside(served: Served, firm: Firm) -> None:
    key = uuid4().hex
    key_id = before_the_row(served, firm.owner, BODY, key)
    assert key_id not in {found["key_id"] for found in firm.owner.got(ROUTE)}

    made = firm.owner.made("POST", ROUTE, BODY, key=key)

    assert (made["key_id"], works(served, made)) == (key_id, True)
    assert listed(firm, key_id)["name"] == BODY["name"]


def test_a_key_that_was_ended_meanwhile_is_not_let_in_by_a_repeat(served: Served, firm: Firm) -> None:
    key = uuid4().hex
    key_id = before_the_row(served, firm.owner, BODY, key)
    firm.owner.made("DELETE", f"{ROUTE}/{key_id}")

    made = firm.owner.made("POST", ROUTE, BODY, key=key)

    assert (made["key_id"], works(served, made)) == (key_id, False)
    assert listed(firm, key_id)["revoked_at"] is not None


def test_making_and_ending_are_on_record_without_secret_hash_or_name(served: Served, firm: Firm) -> None:
    made = firm.owner.made("POST", ROUTE, {"name": "unmistakable", "role": "auditor"})
    firm.owner.made("DELETE", f"{ROUTE}/{made['key_id']}")
    entries = served.sfdify.engine.read_stream(UUID(firm.tenant_id), UUID(made["key_id"]))

    assert [entry.topic for entry in entries] == ["api_key.made.v1", "api_key.revoked.v1"]
    assert {entry.metadata["actor"] for entry in entries} == {firm.ids["user_id"]}
    stored = b"".join(entry.state for entry in entries).decode()
    secret = made["api_key"].split("_", 4)[4]
    assert len(secret) == 43
    assert all(word not in stored for word in (secret, "unmistakable", "hash"))
    with served.sfdify.pool.connection() as conn, conn.transaction():
        conn.execute("SELECT set_config('app.tenant_id', %s, true)", (firm.tenant_id,))
        rows = conn.execute("SELECT convert_from(answer, 'UTF8') FROM es.command_seen WHERE answer IS NOT NULL")
        assert all(secret not in row[0] for row in rows.fetchall())


def test_only_owners_make_list_and_end_keys(firm: Firm) -> None:
    for role in ("operator", "viewer", "auditor"):
        party = firm.people[role]
        assert party.send("POST", ROUTE, BODY).status_code == 403
        assert party.http.get(ROUTE).status_code == 403
        assert party.send("DELETE", f"{ROUTE}/{firm.ids['key_id']}").status_code == 403
