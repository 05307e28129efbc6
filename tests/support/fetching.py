"""A tenant whose consumer has a login at the sandbox report provider, and what the two do there."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import httpx

from infrastructure.trust import trust
from tests.support.api import Json, Served
from tests.support.cases_over_http import Case, Firm, add_consumer, open_firm, report_of
from tests.support.connecting import NEW, at, path_of
from tests.support.credit_feed import PASSCODE, Provider, sent_back, ticket_in

Item = dict[str, Any]


class Fetching:
    """One tenant whose consumer has a login at the provider, with a report now and another one in forty days."""

    def __init__(self, served: Served, sandbox: Provider) -> None:
        self.sandbox, self.served = sandbox, served
        self.word = f"Fetched{uuid4().hex[:8]}"
        self.firm: Firm = open_firm(served, self.word.lower())
        self.case: Case = add_consumer(self.firm, self.word)
        self.client_id = f"sfdify-{self.firm.tenant_id.replace('-', '')}"
        self.secrets: list[str] = []
        sandbox.http.delete("/sandbox/faults")

    def begin(self) -> Json:
        """The consumer sets out; the provider has got to know the tenant by then."""
        begun = self.case.consumer.made("POST", path_of(self.case), NEW)
        pulls = [
            {"from": day.isoformat(), "media_type": "application/json", "content": base64.b64encode(raw).decode()}
            for day, raw in ((self.firm.now, report_of(self.word)), (self.firm.now + timedelta(days=40), self.later()))
        ]
        person = {"client_id": self.client_id, "login": self.word, "passcode": PASSCODE, "pulls": pulls}
        self.subject = self.sandbox.control("people", person)["subject"]
        self.sandbox.clock(self.firm.now.isoformat(), self.client_id)
        endpoint = self.firm.owner.made("POST", "/v1/webhook-endpoints", {"provider": "smartcredit"})
        url = f"{self.served.base_url}/v1/webhooks/smartcredit/{endpoint['endpoint_id']}"
        listening = {"client_id": self.client_id, "url": url, "secret": endpoint["secret"]}
        self.sandbox.control("webhooks", listening)
        return begun

    def later(self) -> bytes:
        """The later report: pulled another day, otherwise alike."""
        day, then = self.firm.now.date(), (self.firm.now + timedelta(days=40)).date()
        raw = report_of(self.word)
        return raw.replace(b'"2026-01-05', f'"{then}'.encode()) if day != then else raw

    def allow(self, begun: Json) -> dict[str, str]:
        """What the consumer is sent back with when they allow it in a browser."""
        with httpx.Client(timeout=30, verify=trust(), trust_env=False) as browser:
            page = browser.get(begun["authorization_url"])
            form = {"login": self.word, "passcode": PASSCODE, "decision": "allow", "ticket": ticket_in(page.text)}
            back = sent_back(browser.post(urljoin(begun["authorization_url"], "/oauth/consent"), data=form))
        self.secrets += [back["code"], back["state"]]
        return back

    def come_back(self, begun: Json) -> None:
        """The consumer allows it, and their page hands over what they were sent back with."""
        self.case.consumer.made("POST", at(begun, "/callback"), self.allow(begun))

    def again(self) -> None:
        """The consumer connects once more."""
        self.come_back(self.case.consumer.made("POST", path_of(self.case), NEW))

    def connected(self, *faults: dict[str, Any]) -> Json:
        """Connected, while the first pull meets these faults."""
        begun = self.begin()
        self.meets(*faults)
        self.come_back(begun)
        return begun

    def meets(self, *faults: dict[str, Any]) -> None:
        """From now on the provider does this to us."""
        self.sandbox.faults(*({**fault, "client_id": self.client_id} for fault in faults))

    def struck(self) -> bool:
        """Whether every fault has struck."""
        mine = [
            f for f in self.sandbox.http.get("/sandbox/faults").json()["faults"] if f["client_id"] == self.client_id
        ]
        return bool(mine) and all(fault["fired"] for fault in mine)

    def withdraws(self) -> None:
        """The consumer takes it back at the provider."""
        self.sandbox.control("revocations", {"client_id": self.client_id, "login": self.word})

    def becomes(self, status: str) -> Item:
        """The connection, once it is in this state."""
        (row,) = self.case.consumer.until("/v1/connections", lambda items: items[0]["status"] == status)
        return row

    def pulls(self, begun: Json, *states: str) -> list[Item]:
        """Every pull, once they are in these states."""
        return self.case.consumer.until(
            at(begun, "/pulls"), lambda items: [item["state"] for item in items] == list(states)
        )

    @property
    def ledger(self) -> dict[str, Any]:
        return self.sandbox.ledger(self.client_id)
