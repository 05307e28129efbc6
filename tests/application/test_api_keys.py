"""Keys of machines: a person answers for each, and none outlives what that person may do."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from application.api_keys import EndApiKey, EndKeysBeyond, MakeApiKey, RevokeApiKey
from application.kernel import Done
from application.ports import WorkingKey
from application.tenants import RegisterTenant
from application.users import ChangeRole, DisableUser, RegisterUser
from domain.api_keys import ApiKey, EndReason
from domain.kernel import Caller, Forbidden, NotFound, Role
from domain.users import User
from tests.support.scenarios import keyed, when
from tests.support.world import World


class Firm:
    """A tenant with two owners; keys let in as the API does it."""

    def __init__(self) -> None:
        self.world = World()
        when(self.world, RegisterTenant(tenant_id=self.world.tenant_id, slug="firm", name="Firm"))
        self.first, self.second = (self.person(name) for name in ("first", "second"))

    def person(self, name: str, role: Role = Role.OWNER) -> Caller:
        command = RegisterUser(email=f"{name}@firm.example", name=name, role=role)
        user_id = when(self.world, command).answer["user_id"]
        return self.world.caller(role).model_copy(update={"actor_id": user_id})

    def key(self, role: Role, maker: Caller | None = None) -> UUID:
        done = self.world.bus.handle(MakeApiKey(role=role), maker or self.first)
        key = self.world.get(ApiKey, done.answer["key_id"])
        self.world.credentials.keys[key.id] = WorkingKey(key.id, key.role, key.answerable_id)
        return key.id

    def machine(self, key_id: UUID) -> Caller:
        role = self.world.get(ApiKey, key_id).role
        return self.world.caller(role).model_copy(update={"actor_id": key_id})

    def handle(self, command: ChangeRole | DisableUser | RevokeApiKey, caller: Caller | None = None) -> Done:
        return self.world.bus.handle(command, caller or self.second)

    def active(self, *keys: UUID) -> list[bool]:
        return [self.world.get(ApiKey, key).active for key in keys]


@pytest.fixture
def firm() -> Firm:
    return Firm()


def test_a_key_is_made_once_for_each_request(firm: Firm) -> None:
    request = keyed()
    made = firm.world.bus.handle(MakeApiKey(role=Role.VIEWER), firm.first, request)
    again = firm.world.bus.handle(MakeApiKey(role=Role.VIEWER), firm.first, request)
    assert (again.replayed, str(again.answer["key_id"])) == (True, str(made.answer["key_id"]))
    key = firm.world.get(ApiKey, made.answer["key_id"])
    assert (key.role, key.made_by, key.answerable_id) == (Role.VIEWER, firm.first.actor_id, firm.first.actor_id)


def test_a_key_made_by_a_machine_is_answered_for_by_the_machines_person(firm: Firm) -> None:
    parent = firm.key(Role.OWNER)
    child = firm.world.get(ApiKey, firm.key(Role.OPERATOR, firm.machine(parent)))
    assert (child.made_by, child.answerable_id) == (parent, firm.first.actor_id)
    firm.handle(DisableUser(user_id=firm.first.actor_id, reason="left"))
    assert firm.active(parent, child.id) == [False, False]


def test_nobody_makes_a_key_that_no_person_answers_for(firm: Firm) -> None:
    for caller in (firm.world.caller(Role.OWNER), firm.machine(firm.key(Role.OWNER)).model_copy(
        update={"actor_id": uuid4()}
    )):  # fmt: skip
        with pytest.raises(Forbidden):
            firm.world.bus.handle(MakeApiKey(role=Role.VIEWER), caller)
    firm.handle(DisableUser(user_id=firm.first.actor_id, reason="left"))
    with pytest.raises(Forbidden):
        firm.world.bus.handle(MakeApiKey(role=Role.VIEWER), firm.first)


def test_a_key_is_never_more_than_its_person(firm: Firm) -> None:
    firm.handle(ChangeRole(user_id=firm.first.actor_id, role=Role.OPERATOR))
    with pytest.raises(Forbidden):  # the token still says owner
        firm.world.bus.handle(MakeApiKey(role=Role.OWNER), firm.first)


def test_disabling_a_person_ends_their_keys_in_the_same_append(firm: Firm) -> None:
    mine, others = firm.key(Role.VIEWER), firm.key(Role.VIEWER, firm.second)
    done = firm.handle(DisableUser(user_id=firm.first.actor_id, reason="left"))
    assert done.answer["ended_keys"] == [mine]
    assert firm.active(mine, others) == [False, True]
    revoked = firm.world.events(mine)[-1]
    assert isinstance(revoked, ApiKey.Revoked)
    assert (revoked.reason, revoked.revoked_by) == (EndReason.USER_DISABLED, firm.second.actor_id)
    firm.world.settle()
    assert set(firm.world.credentials.keys) == {others}


def test_a_demotion_ends_the_keys_beyond_the_new_role_only(firm: Firm) -> None:
    keys = [firm.key(role) for role in (Role.OWNER, Role.OPERATOR, Role.VIEWER, Role.AUDITOR)]
    firm.handle(ChangeRole(user_id=firm.first.actor_id, role=Role.OPERATOR))
    assert firm.active(*keys) == [False, True, True, False]
    firm.handle(ChangeRole(user_id=firm.first.actor_id, role=Role.VIEWER))
    assert firm.active(*keys) == [False, False, True, False]


def test_a_key_is_revoked_once_and_its_door_closed_by_a_job(firm: Firm) -> None:
    key = firm.key(Role.VIEWER)
    firm.handle(RevokeApiKey(key_id=key))
    assert key in firm.world.credentials.keys
    firm.world.settle()
    assert (firm.world.credentials.keys, firm.world.failed) == ({}, {})
    with pytest.raises(NotFound):
        firm.handle(RevokeApiKey(key_id=key))
    with pytest.raises(NotFound):
        firm.handle(RevokeApiKey(key_id=uuid4()))


def test_a_key_from_before_the_record_is_put_there_with_its_end(firm: Firm) -> None:
    asked, disabled = uuid4(), uuid4()
    for key in (asked, disabled):
        firm.world.credentials.keys[key] = WorkingKey(key, Role.VIEWER, firm.first.actor_id)
    firm.handle(RevokeApiKey(key_id=asked))
    firm.handle(DisableUser(user_id=firm.first.actor_id, reason="left"))
    for key in (asked, disabled):
        assert [type(event) for event in firm.world.events(key)] == [ApiKey.Made, ApiKey.Revoked]


def test_a_key_let_in_after_its_person_lost_the_role_is_ended_when_looked_at_again(firm: Firm) -> None:
    late = firm.world.bus.handle(MakeApiKey(role=Role.OWNER), firm.first).answer["key_id"]
    firm.handle(ChangeRole(user_id=firm.first.actor_id, role=Role.VIEWER))
    assert firm.active(late) == [True]
    firm.world.credentials.keys[late] = WorkingKey(late, Role.OWNER, firm.first.actor_id)
    ended = when(firm.world, EndKeysBeyond(user_id=firm.first.actor_id))
    assert (ended.answer, firm.active(late)) == ({"ended_keys": [late]}, [False])
    assert when(firm.world, EndKeysBeyond(user_id=firm.second.actor_id)).events == []


def test_a_key_let_in_while_its_person_is_being_demoted_is_ended_by_a_job(firm: Firm) -> None:
    late: list[UUID] = []

    def let_in() -> None:
        late.append(firm.key(Role.OWNER))
        assert when(firm.world, EndKeysBeyond(user_id=firm.first.actor_id)).events == []  # still an owner

    firm.world.log.before_append.append(let_in)
    firm.handle(ChangeRole(user_id=firm.first.actor_id, role=Role.VIEWER))
    assert firm.active(*late) == [True]
    firm.world.settle()
    assert firm.active(*late) == [False]
    assert (firm.world.credentials.keys, firm.world.failed) == ({}, {})


def test_only_owners_make_and_revoke_and_only_the_engine_closes_doors(firm: Firm) -> None:
    operator = firm.person("operator", Role.OPERATOR)
    for command in (MakeApiKey(role=Role.VIEWER), RevokeApiKey(key_id=uuid4())):
        with pytest.raises(Forbidden):
            firm.world.bus.handle(command, operator)
    for command in (EndApiKey(key_id=uuid4()), EndKeysBeyond(user_id=uuid4())):
        with pytest.raises(Forbidden):
            firm.world.bus.handle(command, firm.first)
    assert firm.world.get(User, operator.actor_id).active
