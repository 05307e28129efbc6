"""The print provider calls in: only its own words count, each once, and none is lost."""

from __future__ import annotations

import json
import time
from uuid import UUID, uuid4

import httpx
import pytest

from api.routes import webhooks
from application.kernel import system
from application.webhooks import FollowMailing, PieceUnknown
from infrastructure.projecting.positions import connect
from infrastructure.reads import QueryTables
from infrastructure.vendors.lob import sign
from tests.support.api import Json, Party, Served
from tests.support.cases_over_http import Firm, open_firm


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "hooked")


@pytest.fixture(scope="module")
def endpoint(firm: Firm) -> Json:
    return firm.owner.made("POST", "/v1/webhook-endpoints", {"provider": webhooks.PROVIDER})


def call(
    party: Party, endpoint: Json, body: Json, *, secret: str | None = None, at: float | None = None
) -> httpx.Response:
    raw, stamp = json.dumps(body).encode(), str(int(at or time.time()))
    signature = sign(raw, stamp, (secret or endpoint["secret"]).encode())
    headers = {
        "Content-Type": "application/json",
        "Lob-Signature": signature,
        "Lob-Signature-Timestamp": stamp,
    }
    return party.http.post(f"/v1/webhooks/lob/{endpoint['endpoint_id']}", content=raw, headers=headers)


def stored(served: Served, firm: Firm, event_id: str) -> int:
    with served.sfdify.pool.connection() as conn, conn.transaction():
        conn.execute("SELECT set_config('app.tenant_id', %s, true)", (firm.tenant_id,))
        row = conn.execute("SELECT count(*) FROM es.inbox WHERE event_id = %s", (event_id,)).fetchone()
    assert row is not None
    return int(row[0])


def test_forged_old_and_unknown_calls_are_refused_alike(served: Served, firm: Firm, endpoint: Json) -> None:
    body = {"id": "evt_forged", "event_type": {"id": "letter.delivered"}}
    absent = endpoint | {"endpoint_id": f"whe_{UUID(firm.tenant_id).hex}_{'0' * 32}"}
    refused = [
        call(firm.served.party(), endpoint, body, secret="another secret"),
        call(firm.served.party(), endpoint, body, at=time.time() - 600),
        call(firm.served.party(), absent, body),
        firm.served.party().http.post(f"/v1/webhooks/lob/{endpoint['endpoint_id']}", json=body),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(401, "unauthenticated")] * 4
    assert len({answer.json()["detail"] for answer in refused}) == 1
    assert stored(served, firm, "evt_forged") == 0


def test_an_unknown_kind_is_kept_and_answered_like_any_other(served: Served, firm: Firm, endpoint: Json) -> None:
    answer = call(served.party(), endpoint, {"id": "evt_unknown", "event_type": {"id": "postcard.dreamt"}})

    assert (answer.status_code, answer.content) == (202, b"")
    assert stored(served, firm, "evt_unknown") == 1


def webhook_jobs(firm: Firm) -> int:
    return sum(job["queue"] == "webhook_proc" for job in firm.owner.got("/v1/jobs", limit=100))


def test_a_repeat_has_no_effect(served: Served, firm: Firm, endpoint: Json) -> None:
    body = {"id": "evt_twice", "event_type": {"id": "letter.created"}}
    before = webhook_jobs(firm)
    answers = [call(served.party(), endpoint, body) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert stored(served, firm, "evt_twice") == 1
    assert webhook_jobs(firm) == before + 1


def test_what_cannot_be_read_is_kept_too(served: Served, firm: Firm, endpoint: Json) -> None:
    assert call(served.party(), endpoint, {"nothing": "known"}).status_code == 202


def test_one_tenants_webhooks_never_find_anothers_piece(served: Served, firm: Firm, endpoint: Json) -> None:
    """Even a provider account that two tenants share tells each of its own pieces only."""
    piece, theirs, ours = f"ltr_{uuid4().hex[:16]}", open_firm(served, "unhooked"), UUID(firm.tenant_id)
    with connect(served.sfdify.urls.projector, "test") as conn:
        conn.execute(
            "INSERT INTO rm.mailings (tenant_id, mailing_id, provider_id) VALUES (%s, %s, %s)",
            (theirs.tenant_id, mailing := uuid4(), piece),
        )
    assert QueryTables(served.sfdify.pool).mailing_of_piece(UUID(theirs.tenant_id), piece) == mailing
    assert QueryTables(served.sfdify.pool).mailing_of_piece(ours, piece) is None
    body = {"id": "evt_anothers", "event_type": {"id": "letter.delivered"}, "reference_id": piece, "body": {}}
    assert call(served.party(), endpoint, body).status_code == 202
    with pytest.raises(PieceUnknown):
        served.sfdify.bus.handle(FollowMailing(event_id="evt_anothers"), system(ours))
