"""Endpoints over HTTP: opened once for each request, listed without secrets, closed at once, all on record."""

from __future__ import annotations

import json
import time
from uuid import UUID, uuid4

import pytest

from api.idempotency import command_id, fingerprint
from api.routes import webhook_endpoints
from application.kernel import Context
from application.webhook_endpoints import OpenWebhookEndpoint
from domain.kernel import Caller, Role
from infrastructure.vendors.lob import sign
from infrastructure.webhook_endpoints import endpoint_named
from tests.support.api import Json, Served
from tests.support.cases_over_http import Firm, open_firm

ROUTE = "/v1/webhook-endpoints"
BODY = webhook_endpoints.NewEndpoint().model_dump()


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "endpoints")


def takes(firm: Firm, endpoint: Json) -> bool:
    """Whether a call signed with the endpoint's secret is taken."""
    raw, stamp = json.dumps({"id": f"evt_{uuid4().hex}"}).encode(), str(int(time.time()))
    signature = sign(raw, stamp, endpoint["secret"].encode())
    headers = {"Content-Type": "application/json", "Lob-Signature": signature, "Lob-Signature-Timestamp": stamp}
    path = f"/v1/webhooks/lob/{endpoint['endpoint_id']}"
    return firm.served.party().http.post(path, content=raw, headers=headers).status_code == 202


def test_an_endpoint_is_at_its_public_address_until_it_is_closed(served: Served, firm: Firm) -> None:
    made = firm.owner.made("POST", ROUTE, BODY)
    row = next(found for found in firm.owner.got(ROUTE) if found["endpoint_id"] == made["endpoint_id"])

    assert made["url"] == row["url"] == f"{served.settings.public_url}/v1/webhooks/lob/{made['endpoint_id']}"
    assert (row["provider"], row["disabled_at"]) == ("lob", None)
    assert made["secret"] not in json.dumps(firm.owner.got(ROUTE))
    assert takes(firm, made)
    path = f"{ROUTE}/{made['endpoint_id']}"
    key = uuid4().hex
    assert firm.owner.send("DELETE", path, key=key).status_code == 204
    assert not takes(firm, made)
    again = firm.owner.send("DELETE", path, key=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (204, "true")
    assert firm.owner.send("DELETE", path).status_code == 404
    row = next(found for found in firm.owner.got(ROUTE) if found["endpoint_id"] == made["endpoint_id"])
    assert row["disabled_at"] is not None


def test_a_repeat_shows_the_same_secret_and_opens_no_other(firm: Firm) -> None:
    key = uuid4().hex
    first = firm.owner.send("POST", ROUTE, BODY, key=key)
    before = len(firm.owner.got(ROUTE))
    second = firm.owner.send("POST", ROUTE, BODY, key=key)

    assert (first.status_code, second.status_code, second.content) == (201, 201, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(firm.owner.got(ROUTE)) == before
    assert takes(firm, second.json())


def test_no_endpoint_is_opened_or_closed_without_an_idempotency_key(firm: Firm) -> None:
    answers = [
        firm.owner.http.post(ROUTE, json=BODY),
        firm.owner.http.delete(f"{ROUTE}/{firm.ids['endpoint_id']}"),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(400, "idempotency_key_missing")] * 2


@pytest.mark.parametrize("closed_meanwhile", [False, True])
def test_a_repeat_opens_what_a_crash_left_shut_unless_it_was_closed(
    served: Served, firm: Firm, closed_meanwhile: bool
) -> None:
    key, tenant_id, owner_id = uuid4().hex, UUID(firm.tenant_id), UUID(firm.ids["user_id"])
    asked = fingerprint(served.settings.secret("fingerprints"), "POST", ROUTE, {}, BODY, tenant_id, owner_id)
    context = Context(command_id=command_id(tenant_id, owner_id, key), fingerprint=asked)
    owner = Caller(tenant_id=tenant_id, actor_id=owner_id, role=Role.OWNER)
    done = served.sfdify.bus.handle(OpenWebhookEndpoint(provider="lob"), owner, context)  # and there it died
    public_id = f"whe_{tenant_id.hex}_{UUID(str(done.answer['endpoint_id'])).hex}"
    assert public_id not in {found["endpoint_id"] for found in firm.owner.got(ROUTE)}
    if closed_meanwhile:
        firm.owner.made("DELETE", f"{ROUTE}/{public_id}")

    made = firm.owner.made("POST", ROUTE, BODY, key=key)

    assert made["endpoint_id"] == public_id
    assert takes(firm, made) is not closed_meanwhile


def test_opening_and_closing_are_on_record_without_the_secret(served: Served, firm: Firm) -> None:
    made = firm.owner.made("POST", ROUTE, BODY)
    firm.owner.made("DELETE", f"{ROUTE}/{made['endpoint_id']}")
    named = endpoint_named(made["endpoint_id"])
    assert named is not None
    entries = served.sfdify.engine.read_stream(*named)

    assert [entry.topic for entry in entries] == ["webhook_endpoint.opened.v1", "webhook_endpoint.closed.v1"]
    assert {entry.metadata["actor"] for entry in entries} == {firm.ids["user_id"]}
    assert all(made["secret"].encode() not in entry.state for entry in entries)


def test_only_who_manages_the_tenant_opens_lists_and_closes(firm: Firm) -> None:
    for role in ("operator", "viewer", "auditor"):
        party = firm.people[role]
        assert party.send("POST", ROUTE, BODY).status_code == 403
        assert party.http.get(ROUTE).status_code == 403
        assert party.send("DELETE", f"{ROUTE}/{firm.ids['endpoint_id']}").status_code == 403
