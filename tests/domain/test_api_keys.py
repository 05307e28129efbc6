"""Machines' keys: for staff roles only, never more than their person, ended once."""

from uuid import UUID

import pytest

from domain.api_keys import ApiKey, EndReason, NotForMachines
from domain.kernel import Event, IllegalMove, Role
from tests.support.histories import NOON, at, uid


def made(role: Role = Role.OPERATOR) -> ApiKey:
    return ApiKey.make(uid("api key"), NOON, role=role, made_by=uid("machine"), answerable_id=uid("owner"))


def test_a_key_is_on_record_with_its_role_and_people_and_nothing_else() -> None:
    key = made()
    key.revoke(EndReason.ROLE_CHANGED, uid("owner"), at(1))
    kept = [event.model_dump() for event in key.pending_events if isinstance(event, Event)]
    usual = {"originator_id", "originator_version", "timestamp"}
    assert set(kept[0]) - usual == {"originator_topic", "role", "made_by", "answerable_id"}
    assert set(kept[1]) - usual == {"reason", "revoked_by"}
    assert not key.active


def test_a_key_ends_once() -> None:
    key = made()
    key.revoke(EndReason.ASKED_FOR, UUID(int=1), at(1))
    with pytest.raises(IllegalMove):
        key.revoke(EndReason.ASKED_FOR, UUID(int=1), at(2))


@pytest.mark.parametrize("role", [Role.CONSUMER, Role.SYSTEM])
def test_machines_are_neither_consumers_nor_the_system(role: Role) -> None:
    with pytest.raises(NotForMachines):
        made(role)


def test_a_key_exceeds_whoever_may_not_do_all_that_it_may() -> None:
    assert made(Role.OPERATOR).exceeds(None)
    exceeded = {role: [key for key in Role if key in ROLES and made(key).exceeds(role)] for role in ROLES}
    assert exceeded == {
        Role.OWNER: [],
        Role.OPERATOR: [Role.OWNER, Role.AUDITOR],
        Role.VIEWER: [Role.OWNER, Role.OPERATOR, Role.AUDITOR],
        Role.AUDITOR: [Role.OWNER, Role.OPERATOR],
    }


ROLES = (Role.OWNER, Role.OPERATOR, Role.VIEWER, Role.AUDITOR)
