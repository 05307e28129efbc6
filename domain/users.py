"""The people and machines of a tenant who sign in."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.kernel import Aggregate, Created, Event, IllegalMove, Invalid, Role, Sealed


class User(Aggregate):
    """Somebody with a sign-in of their own; a consumer's user is bound to that consumer's case.

    The user of an erased consumer has lost its e-mail address with the key, and with it the sign-in.
    """

    TOPIC: ClassVar[str] = "user"

    class Registered(Created):
        TOPIC: ClassVar[str] = "user.registered.v1"
        subject_id: UUID
        role: Role
        consumer_id: UUID | None
        email: Sealed
        name: Sealed

    class RoleChanged(Event):
        TOPIC: ClassVar[str] = "user.role_changed.v1"
        role: Role

        def apply(self, aggregate: User) -> None:
            aggregate.role = self.role

    class PasswordChanged(Event):
        TOPIC: ClassVar[str] = "user.password_changed.v1"

    class Disabled(Event):
        TOPIC: ClassVar[str] = "user.disabled.v1"
        subject_id: UUID
        reason: Sealed

        def apply(self, aggregate: User) -> None:
            aggregate.active = False

    def __init__(self, role: Role, consumer_id: UUID | None, email: str | None, name: str | None) -> None:
        self.role = role
        self.consumer_id = consumer_id
        self.email = email
        self.name = name
        self.active = email is not None

    @classmethod
    def register(
        cls, user_id: UUID, at: datetime, *, role: Role, email: str, name: str, consumer_id: UUID | None = None
    ) -> User:
        """Give somebody a sign-in. A consumer's sign-in names the consumer it belongs to, and only that one does."""
        if (role is Role.CONSUMER) != (consumer_id is not None):
            raise Invalid("a user with the consumer role names its consumer_id, and no other role does")
        if role is Role.SYSTEM:
            raise Invalid("the system role is never given to a user")
        return cls._create(
            cls.Registered,
            id=user_id,
            timestamp=at,
            subject_id=consumer_id or user_id,
            role=role,
            consumer_id=consumer_id,
            email=email,
            name=name,
        )

    def change_role(self, role: Role, at: datetime) -> None:
        """Move an employee between the tenant's roles."""
        if Role.CONSUMER in (role, self.role) or role is Role.SYSTEM:
            raise Invalid("a consumer's sign-in keeps its role; register another user instead")
        if role is not self.role:
            self.record(self.RoleChanged, at, role=role)

    def note_password_change(self, at: datetime) -> None:
        """Keep on record that the password changed; the password itself is never an event."""
        self.record(self.PasswordChanged, at)

    def disable(self, reason: str, at: datetime) -> None:
        """Close the sign-in for good."""
        if not self.active:
            raise IllegalMove("this user is already disabled")
        self.record(self.Disabled, at, subject_id=self.consumer_id or self.id, reason=reason)
