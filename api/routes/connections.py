"""Consumers' connections to report providers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import JsonRoute
from api.commands import CHANGES, CREATES, READS, Bus, Changed, Key, Version, changed
from api.pages import Page
from api.reads import Lists, One
from api.services import Api
from api.sources import CONNECTIONS
from application.connections import BeginConnection, CompleteConnection, ProviderUnavailable, RevokeConnection, party_of
from application.feeding import FeedBusy, FeedRefused
from domain.connections import Connection, ConnectionStatus
from domain.kernel import NotFound
from projections.connections import ConnectionRow

router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["connections"])


class NewConnection(BaseModel):
    """The provider to connect, and the version of the text by which the consumer allows it."""

    model_config = ConfigDict(extra="forbid")
    provider: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{1,39}$")]
    text_version: Annotated[str, Field(max_length=40)]


class ConnectionBegun(BaseModel):
    """Where the consumer goes to allow the connection; nowhere when reports are brought by hand."""

    connection_id: UUID
    authorization_url: str | None
    expires_at: datetime | None


class ProviderAnswer(BaseModel):
    """What the provider sent the consumer's browser back with, as it stood in the address."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    state: Annotated[str, Field(min_length=1, max_length=500, repr=False)]
    code: Annotated[str | None, Field(max_length=2000, repr=False)] = None
    iss: Annotated[str | None, Field(max_length=500)] = None
    error: Annotated[str | None, Field(max_length=100)] = None


@router.post("/consumers/{consumer_id}/connections", status_code=201, responses=CREATES)
def begin_connection(
    consumer_id: UUID, body: NewConnection, bus: Bus, key: Key, api: Api, response: Response
) -> ConnectionBegun:
    """Record the consumer's consent and send them to the provider. Nobody can do this for them.

    A repeat of the request gets an address of its own, and the one before stops working.
    """
    command = BeginConnection(consumer_id=consumer_id, provider=body.provider, text_version=body.text_version)
    done = bus.create(command, key, body)
    response.headers["Cache-Control"] = "no-store"
    tenant_id, connection_id = bus.caller.tenant_id, UUID(str(done.answer["connection_id"]))
    connection = api.sfdify.engine.load(tenant_id, Connection, connection_id)
    if connection is None:
        raise NotFound("there is no connection of this id")
    if connection.status is not ConnectionStatus.PENDING:
        return ConnectionBegun(connection_id=connection_id, authorization_url=None, expires_at=None)
    try:
        feed = api.sfdify.feeds(tenant_id, connection.provider)
        start = feed.begin_link(party_of(connection, tenant_id), bus.caller.actor_id, api.now())
    except (FeedBusy, FeedRefused):
        raise ProviderUnavailable("the provider cannot be reached now; repeat the request in a moment") from None
    return ConnectionBegun(connection_id=connection_id, authorization_url=start.url, expires_at=start.expires_at)


@router.get("/connections", responses=READS)
async def list_connections(
    listing: Lists, consumer_id: UUID | None = None, status: ConnectionStatus | None = None
) -> Page[ConnectionRow]:
    """Connections, newest first."""
    return await listing.page(CONNECTIONS, consumer_id=consumer_id, status=status)


@router.get("/connections/{connection_id}", responses=READS, response_model=ConnectionRow)
async def get_connection(connection_id: UUID, one: One) -> ConnectionRow | Response:
    """One connection."""
    return await one.row(CONNECTIONS, connection_id)


@router.post("/connections/{connection_id}/callback", responses=CREATES)
def complete_connection(connection_id: UUID, body: ProviderAnswer, bus: Bus, key: Key) -> Changed:
    """Hand over what the provider sent the consumer back with; only the user who set out may do it, once."""
    command = CompleteConnection(connection_id=connection_id, **body.model_dump())
    return changed(bus.create(command, key, body), "connection_id")


@router.post("/connections/{connection_id}/revoke", responses=CHANGES)
def revoke_connection(connection_id: UUID, bus: Bus, key: Key, version: Version) -> Changed:
    """Fetch nothing more, destroy the tokens, and tell the provider."""
    return changed(bus.change(RevokeConnection(connection_id=connection_id), key, version), "connection_id")
