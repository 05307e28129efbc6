"""Who may sign in to a tenant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from domain.consumers import Consumer
from domain.kernel import Event, Role
from domain.users import User
from projections.kernel import Change, Projection, Recorded, Table, on

USERS = Table(
    "users",
    aggregate=User,
    key={"user_id": "uuid"},
    columns={
        "created_at": "timestamptz",
        "email": "text",
        "name": "text",
        "role": "text",
        "consumer_id": "uuid",
        "active": "boolean DEFAULT true",
    },
    indexes=("created_at, user_id", "consumer_id"),
)


class UserRow(BaseModel):
    """A sign-in; `consumer_id` binds a consumer's own to their case."""

    user_id: UUID
    created_at: datetime
    email: str | None
    name: str | None
    role: Role
    consumer_id: UUID | None
    active: bool
    version: int


class UsersProjection(Projection):
    """Every sign-in of a tenant."""

    name = "users"
    tables = (USERS,)

    @on(User.Registered)
    def registered(self, r: Recorded[User.Registered]) -> Iterable[Change]:
        yield USERS.put(
            r.event.originator_id,
            created_at=r.event.timestamp,
            email=r.event.email,
            name=r.event.name,
            role=r.event.role,
            consumer_id=r.event.consumer_id,
            active=True,
        )

    @on(User.RoleChanged)
    def role_changed(self, r: Recorded[User.RoleChanged]) -> Iterable[Change]:
        yield USERS.amend(r.event.originator_id, role=r.event.role)

    @on(User.Disabled)
    def disabled(self, r: Recorded[User.Disabled]) -> Iterable[Change]:
        yield USERS.amend(r.event.originator_id, active=False)

    @on(Consumer.Erased, Consumer.Forgotten)
    def consumer_erased(self, r: Recorded[Event]) -> Iterable[Change]:
        yield USERS.amend_where({"consumer_id": r.event.originator_id}, email=None, name=None, active=False)
