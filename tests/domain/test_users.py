"""Sign-ins: a consumer's is bound to their case, and a closed one stays closed."""

import pytest

from domain.kernel import IllegalMove, Invalid, Role
from domain.users import User
from tests.support.histories import CONSUMER_ID, NOON, at, uid


def registered(role: Role = Role.OPERATOR, consumer_id: object = None) -> User:
    return User.register(
        uid("user"), NOON, role=role, email="op@firm.example", name="Opal", consumer_id=consumer_id  # type: ignore[arg-type]
    )


def test_a_consumers_sign_in_names_the_consumer_and_no_other_does() -> None:
    assert registered(Role.CONSUMER, CONSUMER_ID).consumer_id == CONSUMER_ID
    for role, consumer_id in ((Role.CONSUMER, None), (Role.OPERATOR, CONSUMER_ID), (Role.SYSTEM, None)):
        with pytest.raises(Invalid):
            registered(role, consumer_id)


def test_words_about_a_consumers_user_are_sealed_under_the_consumers_key() -> None:
    for made, subject in ((registered(), uid("user")), (registered(Role.CONSUMER, CONSUMER_ID), CONSUMER_ID)):
        made.disable("gone", at(1))
        assert [event.subject for event in made.pending_events] == [subject, subject]  # type: ignore[attr-defined]


def test_employees_change_roles_consumers_do_not() -> None:
    made = registered()
    made.change_role(Role.OPERATOR, at(1))
    assert made.version == 1
    made.change_role(Role.AUDITOR, at(1))
    assert made.role is Role.AUDITOR
    for who, role in ((registered(Role.CONSUMER, CONSUMER_ID), Role.OWNER), (made, Role.CONSUMER), (made, Role.SYSTEM)):
        with pytest.raises(Invalid):
            who.change_role(role, at(2))


def test_a_password_change_is_noted_without_the_password() -> None:
    made = registered()
    made.note_password_change(at(1))
    assert set(type(made.pending_events[-1]).model_fields) == {"originator_id", "originator_version", "timestamp"}  # type: ignore[attr-defined]


def test_a_sign_in_is_closed_once() -> None:
    made = registered()
    made.disable("left", at(1))
    with pytest.raises(IllegalMove):
        made.disable("left", at(2))
    assert not made.active
