"""People, their passcodes and their pulls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from infrastructure.sandbox.credit_feed.people import Pull
from infrastructure.sandbox.report_generator.sequences import pull_sequence
from tests.support.credit_feed_parts import Opened, Parts

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
EAST = timezone(timedelta(hours=5))


def pulls() -> list[Pull]:
    later = Pull.made(datetime(2026, 2, 1, 3, tzinfo=EAST), "text/xml", b"later")
    return [later, Pull.made(FIRST, "application/json", b"first")]


def test_a_seed_makes_the_generators_sequence(parts: Parts) -> None:
    person = parts.people.register("c", "ann", "p", seed=7)
    made = parts.people.pulls(person)
    assert [pull.content for pull in made] == [pull.raw for pull in pull_sequence(7).pulls]
    assert [pull.since for pull in made] == sorted(pull.since for pull in made)


def test_given_pulls_come_into_force_one_after_the_other(parts: Parts) -> None:
    person = parts.people.register("c", "ann", "p", pulls=pulls())
    assert parts.people.in_force(person, FIRST - timedelta(seconds=1)) is None
    for now, content in ((FIRST, b"first"), (datetime(2026, 1, 31, 22, tzinfo=UTC), b"later")):
        pull = parts.people.in_force(person, now)
        assert pull is not None
        assert pull.content == content


def test_only_the_passcode_signs_in_and_only_at_its_client(parts: Parts) -> None:
    person = parts.people.register("c", "ann", "passcode", seed=1)
    assert parts.people.signed_in("c", "ann", "passcode") is person
    assert parts.people.signed_in("c", "ann", "Passcode") is None
    assert parts.people.signed_in("c", "bob", "passcode") is None
    assert parts.people.signed_in("d", "ann", "passcode") is None


def test_made_again_a_person_keeps_the_subject(parts: Parts) -> None:
    first = parts.people.register("c", "ann", "p", seed=1)
    second = parts.people.register("c", "ann", "q", seed=2)
    assert first.subject == second.subject
    assert parts.people.named("c", first.subject) is second
    assert parts.people.named("d", first.subject) is None
    assert parts.people.register("c", "ann", "q", "sub_2", seed=2).subject == "sub_2"
    assert len(list(parts.people.of("c"))) == 1


def test_people_and_their_reports_are_remembered_without_their_passcodes(opened: Opened) -> None:
    opened.parts.people.register("c", "ann", "ann's passcode", pulls=pulls())
    again = opened.again().people
    person = again.signed_in("c", "ann", "ann's passcode")
    assert person is not None
    assert [(pull.media_type, pull.content) for pull in again.pulls(person)] == [
        ("application/json", b"first"),
        ("text/xml", b"later"),
    ]
    assert b"ann's passcode" not in (opened.home / "ledger.jsonl").read_bytes()
