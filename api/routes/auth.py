"""Signing in, staying signed in, signing out."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Reader
from api.bodies import JsonRoute
from api.commands import READS
from api.problems import problem_responses
from api.services import Api, Services
from application.users import Email, user_id_of
from domain.kernel import Role
from domain.users import User
from infrastructure.sessions import Reason, Refresh
from infrastructure.tokens import LIFETIME, Unauthenticated

router = APIRouter(route_class=JsonRoute, prefix="/v1/auth", tags=["auth"])
_RESPONSES = problem_responses(400, 401, 413, 415, 422, 429, 500, 503)


class SignIn(BaseModel):
    """The word of the tenant, and who signs in to it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    tenant: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")]
    email: Email
    password: Annotated[str, Field(min_length=1, max_length=128)]


class RefreshToken(BaseModel):
    """A refresh token, used once."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    refresh_token: Annotated[str, Field(max_length=200, pattern=r"^sfr_[A-Za-z0-9_-]+$")]


class Tokens(BaseModel):
    """An access token for 15 minutes, and what renews it for 7 days."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105  the scheme's name
    expires_in: int
    refresh_token: str
    tenant_id: UUID
    user_id: UUID
    role: Role
    consumer_id: UUID | None


class Me(BaseModel):
    """Whom this credential speaks for."""

    tenant_id: UUID
    actor_id: UUID
    role: Role
    consumer_id: UUID | None


@router.post("/sign-in", responses=_RESPONSES)
def sign_in(body: SignIn, request: Request, api: Api) -> Tokens:
    """Sign in with a password. What exactly was wrong is never told."""
    api.guard.attempt(body.tenant, body.email, request.client.host if request.client else "unknown")
    entry = api.sfdify.directory.by_slug(body.tenant)
    tenant_id, user_id = UUID(int=0), None
    if entry is not None:
        tenant_id = entry.tenant_id
        user_id = user_id_of(api.sfdify.keyring.blind_index(tenant_id, f"user:{body.email.strip().lower()}"))
    try:
        password_set_at = api.passwords.verify(tenant_id, user_id, body.password)
        if password_set_at is None or user_id is None:
            raise Unauthenticated
        tokens = _continued(api, api.sessions.start(tenant_id, user_id, password_set_at, api.now()))
    except Unauthenticated:
        raise Unauthenticated("The tenant, e-mail address or password is not right.") from None
    api.guard.succeeded(body.tenant, body.email)
    return tokens


@router.post("/refresh", responses=_RESPONSES)
def refresh(body: RefreshToken, api: Api) -> Tokens:
    """Exchange a refresh token for new tokens. A token used twice ends the whole session."""
    return _continued(api, api.sessions.rotate(body.refresh_token, api.now()))


@router.post("/sign-out", status_code=204, responses=_RESPONSES)
def sign_out(body: RefreshToken, api: Api) -> Response:
    """End the session behind a refresh token; an unknown token changes nothing."""
    api.sessions.end_with_token(body.refresh_token, api.now())
    return Response(status_code=204)


@router.get("/me", responses=READS)
async def me(caller: Reader) -> Me:
    """Whom this credential speaks for."""
    return Me(tenant_id=caller.tenant_id, actor_id=caller.actor_id, role=caller.role, consumer_id=caller.consumer_id)


def _continued(api: Services, session: Refresh) -> Tokens:
    """The user is looked at after the session stands: whoever disables the user later ends this session too."""
    user = api.sfdify.engine.load(session.tenant_id, User, session.user_id)
    if user is None or not user.active:
        api.sessions.end(session.tenant_id, session.session_id, api.now(), Reason.OPERATOR)
        raise Unauthenticated
    access = api.tokens.issue(
        session.tenant_id, user.id, user.role, session.session_id, api.now(), consumer_id=user.consumer_id
    )
    return Tokens(
        access_token=access,
        expires_in=int(LIFETIME.total_seconds()),
        refresh_token=session.token,
        tenant_id=session.tenant_id,
        user_id=user.id,
        role=user.role,
        consumer_id=user.consumer_id,
    )
