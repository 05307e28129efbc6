"""What a token opens: orders, reports, tradelines, scores and alerts of the one person who allowed it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.bureaus import Bureau
from domain.connections import Alert
from infrastructure.sandbox.credit_feed.clocks import Clocks
from infrastructure.sandbox.credit_feed.facts import alerts_between, facts_of, facts_of_pull, scores_of
from infrastructure.sandbox.credit_feed.grants import Access, Grants
from infrastructure.sandbox.credit_feed.orders import Orders
from infrastructure.sandbox.credit_feed.people import People, Person
from infrastructure.sandbox.credit_feed.problems import Refused, out_of_scope, unauthorized
from infrastructure.sandbox.credit_feed.sections import Sections
from infrastructure.sandbox.faults import Fault

PENDING_SECONDS: Final = 1
_BODY_MAX: Final = 10_000
_ALERTS_AT_ONCE: Final = 50
_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    bureaus: tuple[Bureau, ...] = Field(default=(), max_length=3)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, for whom, when on that person's clock, and which fault struck."""

    access: Access
    person: Person
    now: datetime
    fault: Fault | None = None


@dataclass
class Resources:
    """Handlers of `/v1`."""

    clocks: Clocks
    people: People
    grants: Grants
    orders: Orders

    def asking(self, request: Request, scope: str) -> Asking:
        """Whose token this is. Raises Refused: 401 without a working token, 403 without the scope."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorized()
        access = self.grants.opened(token)
        consent = access.family.consent
        if scope not in access.scopes:
            raise out_of_scope(scope)
        person = self.people.named(consent.client_id, consent.subject)
        if person is None:
            raise unauthorized("invalid_token", "the person is not here any more")
        return Asking(access, person, self.clocks.now(consent.client_id, consent.subject))

    async def order(self, request: Request, asking: Asking) -> Response:
        """`POST /v1/reports`."""
        key = request.headers.get("idempotency-key", "")
        if not 0 < len(key) <= 255:
            raise Refused("invalid_request", "an Idempotency-Key of 1 to 255 characters is needed")
        wanted = tuple(sorted(set(await _wanted(request))))
        fault = asking.fault
        empty = Bureau(fault.argument) if fault and fault.do == "empty_bureau" else None
        waits = int(fault.number(1)) if fault and fault.do == "pending" else 0
        order = self.orders.take(asking.person, key, wanted, asking.now, empty=empty, waits=waits)
        pull = self.orders.pull_of(order, asking.person)
        as_of = facts_of_pull(pull).as_of.isoformat() if pull else None
        return JSONResponse({"id": order.id, "status": "ready" if pull else "pending", "as_of": as_of})

    async def report(self, request: Request, asking: Asking) -> Response:
        """`GET /v1/reports/{id}`: the bytes as they are."""
        order = self._order(asking, request.path_params["id"])
        found = self.orders.content(order, asking.person, asking.now)
        if found is None:
            return JSONResponse({"id": order.id, "status": "pending"}, 202, {"Retry-After": str(PENDING_SECONDS)})
        pull, content = found
        if asking.fault and asking.fault.do == "lost_rows":
            content = Sections(content).losing(int(asking.fault.number(1)))
        return Response(content, headers={"Content-Type": pull.media_type, "Cache-Control": "no-store"})

    async def tradelines(self, request: Request, asking: Asking) -> Response:
        """`GET /v1/tradelines?report=`: what the report lists, counted where it was made."""
        order = self._order(asking, request.query_params.get("report", ""))
        found = self.orders.content(order, asking.person, asking.now)
        if found is None:
            raise Refused("not_ready", "the report is not ready", 409)
        pull, content = found
        rows = facts_of(content, pull.since.date()).rows
        listed = [{"bureau": bureau.value, "ref": f"t{number}"} for number, bureau in enumerate(rows, 1)]
        return JSONResponse({"tradelines": listed})

    async def scores(self, _request: Request, asking: Asking) -> Response:
        """`GET /v1/scores`: those of the pull in force."""
        pull = self.people.in_force(asking.person, asking.now)
        found = scores_of(pull, asking.person.subject) if pull else ()
        return JSONResponse({"scores": [score.model_dump(mode="json") for score in found]})

    async def alerts(self, request: Request, asking: Asking) -> Response:
        """`GET /v1/alerts?after=`: a cursor is how many alerts stand before it."""
        after = request.query_params.get("after", "") or "0"
        alerts = [alert for _, alert in self.alerts_since(asking.person, _BEFORE_ALL, asking.now)]
        if not after.isascii() or not after.isdigit() or int(after) > len(alerts):
            raise Refused("invalid_request", "this cursor was not given here", 422)
        page = alerts[int(after) : int(after) + _ALERTS_AT_ONCE]
        return JSONResponse({"alerts": [_shown(alert) for alert in page], "next": str(int(after) + len(page))})

    def alerts_since(self, person: Person, since: datetime, now: datetime) -> Iterator[tuple[datetime, Alert]]:
        """The alerts of pulls after `since` until now, oldest first, with when each arose."""
        pulls = [pull for pull in self.people.pulls(person) if pull.since <= now]
        for before, after in pairwise(pulls):
            if after.since > since:
                yield from ((after.since, alert) for alert in alerts_between(before, after))

    def _order(self, asking: Asking, order_id: str) -> Any:
        return self.orders.find(asking.person.client_id, asking.person.subject, order_id)


async def _wanted(request: Request) -> tuple[Bureau, ...]:
    body = await request.body()
    if len(body) > _BODY_MAX:
        raise Refused("invalid_request", "the body is too long", 413)
    try:
        return _Wanted.model_validate(json.loads(body or b"{}")).bureaus
    except (ValidationError, ValueError, RecursionError):
        raise Refused("invalid_request", "the body is an object with a list of bureaus", 422) from None


def _shown(alert: Alert) -> dict[str, Any]:
    shown = alert.model_dump(mode="json")
    return {"id": shown.pop("alert_id"), **shown}
