"""Every route of the API, with a request to it that is right but for whose things it names."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.app import create_app
from tests.support.api import PASSWORD
from tests.support.cases_over_http import ATTESTATION, TEXT, first_pull, profile

Ids = dict[str, str]
_TENANTLESS = frozenset({"/openapi.json", "/livez", "/readyz", "/metrics"})

_ABSENT = UUID("6a1d5f0e-93b2-4c37-8e21-5d0f7b9c4a11")
"""An id that nothing has; the same in every process, since tests are named after it."""


@dataclass(frozen=True)
class Route:
    """One method at one address."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def names(self) -> list[str]:
        """The path's parameters."""
        return re.findall(r"\{(\w+)\}", self.path)

    def at(self, ids: Ids) -> str:
        """The address of one thing."""
        return self.path.format(**{name: ids[name] for name in self.names})


def document() -> dict[str, Any]:
    """The OpenAPI document of the app."""
    return _app().openapi()


@cache
def _app() -> FastAPI:
    return create_app(lambda: nullcontext())  # type: ignore[arg-type]


def every_route() -> list[Route]:
    """Every route the app really has, documented or not, except those that know no tenant."""
    found = set()
    for route in iter_route_contexts(_app().routes):
        if route.path is None or route.path.startswith("/docs") or route.path in _TENANTLESS:
            continue
        found |= {Route(method, route.path) for method in route.methods or () if method != "HEAD"}
    return sorted(found, key=str)


def absent(ids: Ids) -> Ids:
    """Ids of the same kind that nothing has."""
    return {name: _unlike(name, value) for name, value in ids.items()}


def _unlike(name: str, value: str) -> str:
    if name == "endpoint_id":
        return f"whe_{_ABSENT.hex}_{_ABSENT.hex}"
    if name == "finding_key":
        return _ABSENT.hex[:20]
    try:
        UUID(value)
    except ValueError:
        return value
    return str(_ABSENT)


def content(route: Route, ids: Ids) -> dict[str, Any]:
    """What is sent to `route`, as keywords of an HTTP client. KeyError for a route nobody has described here."""
    if route.method == "GET":
        return {}
    if route.path.endswith("/documents"):
        return {"data": {"kind": "government_id"}, "files": {"file": ("p.pdf", b"%PDF-1.7 paper", "application/pdf")}}
    if route.path.endswith("/reports"):
        return {"content": first_pull(), "headers": {"Content-Type": "application/json"}}
    body = _bodies(ids)[str(route)]
    return {} if body is None else {"json": body}


def _bodies(ids: Ids) -> dict[str, Any]:
    reason = {"reason": "asked for"}
    sender = {"line1": "1 Main St", "city": "Boise", "state": "ID", "zip_code": "83702"}
    sign_in = {"tenant": "nobody-here", "email": "nobody@example.com", "password": PASSWORD}
    person = {"email": f"{uuid4().hex}@example.com", "name": "New", "role": "consumer", "password": PASSWORD}
    owner = {"email": "owner@new.example", "name": "Owner", "password": PASSWORD}
    refresh = {"refresh_token": f"sfr_{'a' * 40}"}
    selections = [{"finding_key": ids["finding_key"], "bureaus": ["equifax"]}]
    return {
        "POST /v1/auth/sign-in": sign_in,
        "POST /v1/auth/refresh": refresh,
        "POST /v1/auth/sign-out": refresh,
        "POST /v1/tenants": {"slug": f"new-{uuid4().hex[:8]}", "name": "New", "owner": owner},
        "PUT /v1/tenant/policies": {"items_per_letter_max": 4},
        "PUT /v1/tenant/branding": {"display_name": "New"},
        "PUT /v1/tenant/sender": sender,
        "POST /v1/tenant/clock": {"to": "2026-07-01T00:00:00Z"},
        "POST /v1/users": person | {"consumer_id": ids["consumer_id"]},
        "PUT /v1/users/{user_id}/role": {"role": "viewer"},
        "POST /v1/users/{user_id}/disable": reason,
        "PUT /v1/users/{user_id}/password": {"password": "nine-grey-herons", "present_password": PASSWORD},
        "POST /v1/api-keys": {"name": "machine", "role": "viewer"},
        "DELETE /v1/api-keys/{key_id}": None,
        "POST /v1/webhook-endpoints": {"provider": "lob"},
        "DELETE /v1/webhook-endpoints/{endpoint_id}": None,
        "POST /v1/webhooks/lob/{endpoint_id}": {"id": "evt_1"},
        "POST /v1/consumers": profile(),
        "PUT /v1/consumers/{consumer_id}/profile": profile(),
        "POST /v1/consumers/{consumer_id}/kyc": {"status": "verified", "basis": "seen"},
        "POST /v1/consumers/{consumer_id}/erase": {"reason": "asked_by_consumer"},
        "POST /v1/consumers/{consumer_id}/consents": {"kind": "service_terms", "text_version": TEXT},
        "DELETE /v1/consumers/{consumer_id}/consents/{kind}": None,
        "POST /v1/consumers/{consumer_id}/connections": {"provider": "smartcredit", "text_version": TEXT},
        "POST /v1/connections/{connection_id}/callback": {"state": "s" * 43, "code": "c"},
        "POST /v1/connections/{connection_id}/revoke": None,
        "POST /v1/connections/{connection_id}/pulls": None,
        "POST /v1/webhooks/smartcredit/{endpoint_id}": {"id": "evt_1"},
        "POST /v1/reports/{report_id}/matches": {"ref": "1.equifax", "tradeline_id": "new"},
        "POST /v1/disputes": {
            "consumer_id": ids["consumer_id"],
            "report_id": ids["report_id"],
            "selections": selections,
        },
        "POST /v1/disputes/{dispute_id}/withdraw": None,
        "POST /v1/disputes/{dispute_id}/information": {"sent_on": "2026-03-04"},
        "POST /v1/disputes/{dispute_id}/confirm": None,
        "POST /v1/disputes/{dispute_id}/reopen": None,
        "POST /v1/disputes/{dispute_id}/frivolous-notice": {"noticed_on": "2026-03-04", "reasons": "none given"},
        "POST /v1/disputes/{dispute_id}/overrule": reason,
        "POST /v1/letters/{letter_id}/signature": {"signature_name": "A B", "attestation_version": ATTESTATION},
        "POST /v1/letters/{letter_id}/approvals": {"pdf_sha256": "0" * 64, "attestation_version": ATTESTATION},
        "POST /v1/letters/{letter_id}/void": reason,
        "POST /v1/mailings/{mailing_id}/retry": reason,
        "POST /v1/bureau-addresses/verifications": {"bureau": "equifax", "address": sender},
        "POST /v1/tasks/{task_id}/complete": {"note": "done"},
        "POST /v1/notifications/{notification_id}/read": None,
        "POST /v1/jobs/{job_id}/retry": None,
        "POST /v1/jobs/{job_id}/bury": None,
    }
