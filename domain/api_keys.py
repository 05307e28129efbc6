"""What machines sign in with. That a key was made, for what role and by whom, is on record; its secret never is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from domain.kernel import Aggregate, Created, Event, IllegalMove, Invalid, Role
from domain.permissions import covers

MACHINE_ROLES: Final = frozenset({Role.OWNER, Role.OPERATOR, Role.VIEWER, Role.AUDITOR})


class NotForMachines(Invalid):
    """An API key may be owner, operator, viewer or auditor; consumers sign in themselves."""

    code = "role_not_for_machines"


class EndReason(StrEnum):
    """Why a key ended."""

    ASKED_FOR = "asked_for"
    USER_DISABLED = "user_disabled"
    ROLE_CHANGED = "role_changed"


class ApiKey(Aggregate):
    """One machine's sign-in. A person answers for it, and it never may do more than that person may.

    What the machine does is on record under the key's own id.
    """

    TOPIC: ClassVar[str] = "api_key"

    class Made(Created):
        TOPIC: ClassVar[str] = "api_key.made.v1"
        role: Role
        made_by: UUID
        answerable_id: UUID

    class Revoked(Event):
        TOPIC: ClassVar[str] = "api_key.revoked.v1"
        reason: EndReason
        revoked_by: UUID

        def apply(self, aggregate: ApiKey) -> None:
            aggregate.active = False

    def __init__(self, role: Role, made_by: UUID, answerable_id: UUID) -> None:
        self.role = role
        self.made_by = made_by
        self.answerable_id = answerable_id
        self.active = True

    @classmethod
    def make(cls, key_id: UUID, at: datetime, *, role: Role, made_by: UUID, answerable_id: UUID) -> ApiKey:
        """Put a new key on record. A key made by a machine is answered for by whoever answers for that machine."""
        if role not in MACHINE_ROLES:
            raise NotForMachines("choose owner, operator, viewer or auditor for an API key")
        return cls._create(
            cls.Made, id=key_id, timestamp=at, role=role, made_by=made_by, answerable_id=answerable_id
        )

    def exceeds(self, role: Role | None) -> bool:
        """Whether the key may do something that a person of `role` may not; None is somebody without a sign-in."""
        return role is None or not covers(role, self.role)

    def revoke(self, reason: EndReason, revoked_by: UUID, at: datetime) -> None:
        """End the key for good."""
        if not self.active:
            raise IllegalMove("this key has ended already")
        self.record(self.Revoked, at, reason=reason, revoked_by=revoked_by)
