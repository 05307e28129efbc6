from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.responses import Response

from api import problems
from api.idempotency import (
    IdempotencyKey,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    canonical,
    command_id,
    fingerprint,
    idempotency_key,
    identify,
    mark_replayed,
)
from domain.kernel import Caller, Role

TENANT, ACTOR = uuid4(), uuid4()


class Body(BaseModel):
    b: int
    a: str = "x"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=255))
def test_any_visible_ascii_is_a_key(key: str) -> None:
    assert asyncio.run(idempotency_key(key)) == key


@pytest.mark.parametrize("key", ["", "a b", "tab\t", "é", "x" * 256, "\x00", "\x7f"])
def test_other_keys_are_refused(key: str) -> None:
    with pytest.raises(IdempotencyKeyInvalid):
        asyncio.run(idempotency_key(key))


def test_a_missing_key_is_refused() -> None:
    with pytest.raises(IdempotencyKeyMissing) as refused:
        asyncio.run(idempotency_key(None))
    assert refused.value.status == 400


def test_a_command_id_belongs_to_one_tenant_actor_and_key() -> None:
    assert command_id(TENANT, ACTOR, "k") == command_id(TENANT, ACTOR, "k")
    ids = {command_id(TENANT, ACTOR, "k"), command_id(TENANT, ACTOR, "l"), command_id(TENANT, uuid4(), "k"),
           command_id(uuid4(), ACTOR, "k")}
    assert len(ids) == 4


def test_the_same_meaning_is_the_same_body() -> None:
    assert canonical({"b": 1, "a": "x"}) == canonical({"a": "x", "b": 1}) == canonical(Body(b=1))
    assert canonical(None) == canonical(b"") == b""


@pytest.mark.parametrize("content", [b"not json", b'{"b": 1, "a": "x"}', b"[" * 300 + b"]" * 300])
def test_bytes_that_are_kept_as_they_came_mean_themselves(content: bytes) -> None:
    assert canonical(content) == content


def print_of(**changed: object) -> bytes:
    asked: dict[str, object] = {
        "secret": b"s" * 32, "method": "POST", "route": "/v1/disputes/{id}/close", "path": {"id": 1}, "body": {"a": 1},
        "tenant_id": TENANT, "actor_id": ACTOR,
    }
    return fingerprint(**(asked | changed))  # type: ignore[arg-type]


def test_a_fingerprint_changes_with_each_part_of_what_was_asked() -> None:
    others = [
        print_of(method="PUT"), print_of(route="/v1/disputes/{id}/open"), print_of(path={"id": 2}),
        print_of(body={"a": 2}), print_of(tenant_id=uuid4()), print_of(actor_id=uuid4()), print_of(secret=b"t" * 32),
    ]
    assert print_of() == print_of()
    assert len({print_of(), *others}) == 8


def client() -> TestClient:
    app = FastAPI()
    problems.install(app)
    caller = Caller(tenant_id=TENANT, actor_id=ACTOR, role=Role.OWNER)

    @app.post("/v1/things/{thing}/do")
    def do(thing: UUID, body: Body, request: Request, key: IdempotencyKey, response: Response) -> dict[str, str]:
        asked = identify(b"s" * 32, request, caller, key, body)
        mark_replayed(response, key == "again")
        return {"command": str(asked.command_id), "fingerprint": asked.fingerprint.hex()}

    return TestClient(app)


def test_a_route_gets_the_same_identity_for_the_same_request() -> None:
    thing, http = uuid4(), client()
    first = http.post(f"/v1/things/{thing}/do", json={"b": 1, "a": "x"}, headers={"Idempotency-Key": "k"})
    same = http.post(f"/v1/things/{thing}/do", content='{"a":"x", "b":1}',
                     headers={"Idempotency-Key": "k", "Content-Type": "application/json"})
    other = http.post(f"/v1/things/{uuid4()}/do", json={"b": 1}, headers={"Idempotency-Key": "k"})
    asked = http.post(f"/v1/things/{thing}/do?how=1", json={"b": 1, "a": "x"}, headers={"Idempotency-Key": "k"})
    assert first.status_code == 200
    assert first.json() == same.json()
    assert other.json()["command"] == first.json()["command"]
    assert other.json()["fingerprint"] != first.json()["fingerprint"]
    assert asked.json()["command"] == first.json()["command"]
    assert asked.json()["fingerprint"] != first.json()["fingerprint"]


def test_a_replay_is_marked_and_a_missing_key_is_a_problem() -> None:
    http = client()
    again = http.post(f"/v1/things/{uuid4()}/do", json={"b": 1}, headers={"Idempotency-Key": "again"})
    fresh = http.post(f"/v1/things/{uuid4()}/do", json={"b": 1}, headers={"Idempotency-Key": "fresh"})
    missing = http.post(f"/v1/things/{uuid4()}/do", json={"b": 1})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in fresh.headers
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
