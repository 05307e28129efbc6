"""Who may do what: the consumer's own decisions are in nobody else's reach."""

import pytest

from domain.kernel import Role
from domain.permissions import GRANTS, Permission, allowed, covers

OWN = (
    Permission.GIVE_CONSENT, Permission.CONNECT_REPORTS, Permission.SELECT_FINDINGS, Permission.SIGN_LETTERS,
    Permission.APPROVE_AS_CONSUMER,
)  # fmt: skip


@pytest.mark.parametrize("permission", OWN)
def test_a_consumers_own_decisions_are_theirs_alone(permission: Permission) -> None:
    assert {role for role in Role if allowed(role, permission)} == {Role.CONSUMER, Role.SYSTEM}


def test_nobody_approves_for_both_sides() -> None:
    assert not allowed(Role.CONSUMER, Permission.APPROVE_AS_OPERATOR)
    assert not allowed(Role.OPERATOR, Permission.APPROVE_AS_CONSUMER)


def test_only_the_engine_runs_the_engine() -> None:
    assert [role for role in Role if allowed(role, Permission.RUN_ENGINE)] == [Role.SYSTEM]


def test_lookers_change_nothing() -> None:
    for role in (Role.VIEWER, Role.AUDITOR):
        assert {p.value.partition("_")[0] for p in GRANTS[role]} == {"read"}


def test_every_role_has_grants() -> None:
    assert set(GRANTS) == set(Role)


def test_a_role_covers_what_it_may_do_all_of() -> None:
    assert all(covers(Role.SYSTEM, role) and covers(role, role) for role in Role)
    assert covers(Role.OWNER, Role.AUDITOR)
    assert covers(Role.OPERATOR, Role.VIEWER)
    assert not covers(Role.OPERATOR, Role.AUDITOR)
    assert not covers(Role.OWNER, Role.CONSUMER)
