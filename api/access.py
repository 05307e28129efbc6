"""Who asks: a signed-in person or a machine with a key, counted against the limits before anything is done."""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.concurrency import run_in_threadpool

from api.services import Api, Services
from domain.kernel import Caller, Forbidden, Role
from domain.permissions import Permission, allowed
from infrastructure.limits import Limits, Policy, RateLimited
from infrastructure.tokens import Unauthenticated
from projections.reading import one_async

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description="An access token from POST /v1/auth/sign-in, or an API key (sk_...)",
)
_platform = HTTPBearer(
    auto_error=False, scheme_name="platform", description="The platform key of this installation (sp_...)"
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
PlatformCredentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_platform)]

_LIMITS_TTL_S = 10.0


class TenantLimits:
    """The limits each tenant has chosen, looked up at most every ten seconds."""

    def __init__(self, user_default: int, tenant_default: int) -> None:
        self._defaults = Limits(Policy("user", user_default), Policy("tenant", tenant_default))
        self._known: OrderedDict[UUID, tuple[float, Limits]] = OrderedDict()

    async def of(self, api: Services, tenant_id: UUID) -> Limits:
        """The tenant's limits: its own settings where they differ from the product's, else this installation's."""
        known = self._known.get(tenant_id)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        async with api.readers.connection() as conn:
            row = await one_async(conn, tenant_id, "SELECT policies FROM rm.tenants WHERE id = %s", (tenant_id,))
        limits = self._chosen(row["policies"] if row else {})
        self._known[tenant_id] = (time.monotonic() + _LIMITS_TTL_S, limits)
        if len(self._known) > 10_000:
            self._known.popitem(last=False)
        return limits

    def _chosen(self, policies: dict[str, int]) -> Limits:
        user = policies.get("requests_per_minute_user", 100)
        tenant = policies.get("requests_per_minute_tenant", 1000)
        return Limits(
            Policy("user", user) if user != 100 else self._defaults.user,
            Policy("tenant", tenant) if tenant != 1000 else self._defaults.tenant,
        )


async def caller(request: Request, api: Api, credentials: Credentials) -> Caller:
    """The caller behind the bearer credential, within their limits; counted once for each request."""
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    if credentials is None:
        raise Unauthenticated("Send an access token or an API key as 'Authorization: Bearer ...'.")
    found = await _identify(request, api, credentials.credentials)
    limits = await request.app.state.tenant_limits.of(api, found.tenant_id)
    decision = await api.limiter.check_async(found.tenant_id, found.actor_id, None, limits)
    request.state.rate_limit = decision
    request.state.tenant_id, request.state.actor_id = str(found.tenant_id), str(found.actor_id)
    if not decision.allowed:
        raise RateLimited(decision)
    request.state.caller = found
    return found


async def _identify(request: Request, api: Services, text: str) -> Caller:
    ip = request.client.host if request.client else None
    if text.startswith("sk_"):
        machine = await api.api_keys.verify_async(text, api.now())
        return Caller(tenant_id=machine.tenant_id, actor_id=machine.key_id, role=machine.role, ip=ip)
    claims = api.tokens.verify(text, api.now())
    request.state.session_id = claims.session_id
    return Caller(
        tenant_id=claims.tenant_id, actor_id=claims.user_id, role=claims.role, consumer_id=claims.consumer_id, ip=ip
    )


Reader = Annotated[Caller, Depends(caller)]


def writer(request: Request, api: Api, found: Reader) -> Caller:
    """A caller who may change things: their session has not been ended meanwhile."""
    session_id = getattr(request.state, "session_id", None)
    if session_id is not None and not getattr(request.state, "may_write", False):
        if not api.sessions.alive(found.tenant_id, session_id, api.now()):
            raise Unauthenticated("This session has been ended; sign in again.")
        request.state.may_write = True
    return found


Writer = Annotated[Caller, Depends(writer)]


async def platform(api: Api, credentials: PlatformCredentials) -> None:
    """Whoever runs this installation: the only one who opens tenants."""
    if credentials is None or not hmac.compare_digest(credentials.credentials.encode(), api.platform_key.encode()):
        raise Unauthenticated("Send the platform key of this installation as 'Authorization: Bearer sp_...'.")


Admission = Callable[[Request], Coroutine[Any, Any, None]]


def admission(route: Dependant) -> Admission | None:
    """What lets a request in to this route, so that it can be asked before a body is read; None: anybody may come."""
    needed = set(_calls(route))
    return next((admit for call, admit in _ADMISSIONS.items() if call in needed), None)


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any] | None]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)


async def _admit_reader(request: Request) -> None:
    await caller(request, request.app.state.services, await _bearer(request))


async def _admit_writer(request: Request) -> None:
    api: Services = request.app.state.services
    found = await caller(request, api, await _bearer(request))
    await run_in_threadpool(writer, request, api, found)


async def _admit_platform(request: Request) -> None:
    await platform(request.app.state.services, await _platform(request))


_ADMISSIONS: Final[dict[Callable[..., Any], Admission]] = {
    writer: _admit_writer, caller: _admit_reader, platform: _admit_platform,
}  # fmt: skip
"""The strictest first: who may change things is also a caller."""


def check(found: Caller, permission: Permission) -> None:
    """Refuse a read that this role may not make."""
    if not allowed(found.role, permission):
        raise Forbidden(f"the {found.role.value} role may not {permission.value.replace('_', ' ')}")


def own_case(found: Caller) -> UUID | None:
    """The one consumer whose case this caller may see, or None for the tenant's staff."""
    return found.consumer_id if found.role is Role.CONSUMER else None
