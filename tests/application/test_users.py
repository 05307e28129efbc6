"""Sign-ins, without their secrets."""

from uuid import uuid4

import pytest

from application.tenants import RegisterTenant
from application.users import ChangeRole, DisableUser, EmailTaken, NotePasswordChange, RegisterUser, user_id_of
from domain.kernel import Forbidden, NotFound, Role
from domain.tenants import LastOwner, Tenant
from domain.users import User
from tests.support.cases import Case
from tests.support.scenarios import when
from tests.support.world import World


def register(email: str = "op@firm.example", role: Role = Role.OPERATOR, **more: object) -> RegisterUser:
    return RegisterUser.model_validate({"email": email, "name": "Opal", "role": role, **more})


def test_an_address_signs_in_once_however_it_is_written() -> None:
    world = World()
    then = when(world, register(), Role.OWNER)
    assert then.kinds == [User.Registered]
    assert (world.tenant_id, then.answer["user_id"]) in world.keys.held
    with pytest.raises(EmailTaken):
        when(world, register(" OP@firm.example ".strip()), Role.OWNER)


def test_the_id_of_an_address_is_a_uuid_of_our_own_making() -> None:
    assert user_id_of(b"\xff" * 32).version == 8
    assert user_id_of(b"a" * 32) == user_id_of(b"a" * 32)


def test_a_consumers_user_belongs_to_a_consumer_that_exists() -> None:
    case = Case(World())
    bound = register("m@example.com", Role.CONSUMER, consumer_id=case.consumer_id)
    user_id = when(case.world, bound, Role.OWNER).answer["user_id"]
    assert case.world.get(User, user_id).consumer_id == case.consumer_id
    with pytest.raises(NotFound):
        when(case.world, register("x@example.com", Role.CONSUMER, consumer_id=uuid4()), Role.OWNER)


def test_roles_change_and_sign_ins_close() -> None:
    world = World()
    user_id = when(world, register(), Role.OWNER).answer["user_id"]
    assert when(world, ChangeRole(user_id=user_id, role=Role.VIEWER), Role.OWNER).kinds == [User.RoleChanged]
    assert when(world, DisableUser(user_id=user_id, reason="left"), Role.OWNER).kinds == [User.Disabled]
    with pytest.raises(Forbidden):
        when(world, ChangeRole(user_id=user_id, role=Role.OWNER), Role.SYSTEM)


def test_a_tenant_keeps_an_owner_who_can_sign_in() -> None:
    world = World()
    when(world, RegisterTenant(tenant_id=world.tenant_id, slug="firm", name="Firm"))
    first, second = (when(world, register(f"{n}@firm.example", Role.OWNER)).answer["user_id"] for n in "ab")
    assert when(world, DisableUser(user_id=first, reason="left"), Role.OWNER).kinds == [
        Tenant.OwnerStoodDown, User.Disabled,
    ]  # fmt: skip
    for command in (DisableUser(user_id=second, reason="left"), ChangeRole(user_id=second, role=Role.VIEWER)):
        with pytest.raises(LastOwner):
            when(world, command, Role.OWNER)
    third = when(world, register("c@firm.example"), Role.OWNER).answer["user_id"]
    assert when(world, ChangeRole(user_id=third, role=Role.OWNER), Role.OWNER).kinds == [
        Tenant.OwnerNamed, User.RoleChanged,
    ]  # fmt: skip
    when(world, ChangeRole(user_id=second, role=Role.VIEWER), Role.OWNER)
    assert world.get(Tenant, world.tenant_id).owner_ids == {third}


def test_of_two_owners_who_disable_each_other_at_once_one_stays() -> None:
    world = World()
    when(world, RegisterTenant(tenant_id=world.tenant_id, slug="firm", name="Firm"))
    first, second = (when(world, register(f"{n}@firm.example", Role.OWNER)).answer["user_id"] for n in "ab")
    meanwhile = DisableUser(user_id=first, reason="by the second")
    world.log.before_append.append(lambda: when(world, meanwhile, Role.OWNER))
    with pytest.raises(LastOwner):
        when(world, DisableUser(user_id=second, reason="by the first"), Role.OWNER)
    assert [world.get(User, user_id).active for user_id in (first, second)] == [False, True]


def test_an_owner_from_before_owners_were_counted_is_counted_by_being_named_again() -> None:
    world = World()
    when(world, RegisterTenant(tenant_id=world.tenant_id, slug="firm", name="Firm"))
    old = when(world, register("old@firm.example", Role.OWNER)).answer["user_id"]
    del world.log.streams[world.tenant_id, world.tenant_id][1:]
    new = when(world, register("new@firm.example", Role.OWNER)).answer["user_id"]
    assert when(world, ChangeRole(user_id=old, role=Role.OWNER), Role.OWNER).kinds == [Tenant.OwnerNamed]
    assert world.get(Tenant, world.tenant_id).owner_ids == {old, new}


def test_a_password_change_is_noted_for_oneself_or_by_an_owner() -> None:
    world = World()
    user_id = when(world, register(), Role.OWNER).answer["user_id"]
    note = NotePasswordChange(user_id=user_id)
    assert when(world, note, Role.OWNER).kinds == [User.PasswordChanged]
    with pytest.raises(Forbidden):
        when(world, note, Role.VIEWER)
    myself = world.caller(Role.OPERATOR).model_copy(update={"actor_id": user_id})
    assert world.bus.handle(note, myself).position
