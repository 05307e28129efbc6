"""What there is to tell, and to whom."""

from __future__ import annotations

from datetime import UTC, datetime

from infrastructure.sandbox.credit_feed.events import Event
from infrastructure.sandbox.report_generator.sequences import pull_sequence
from tests.support.credit_feed_parts import VERIFIER, Opened, Parts

PULLS = pull_sequence(5).pulls


def at(number: int) -> datetime:
    return datetime.combine(PULLS[number].pulled_on, datetime.min.time(), UTC).replace(hour=9)


def linked(parts: Parts) -> str:
    person = parts.furnish()
    parts.grants.exchange("c", parts.code(person), "http://back/", VERIFIER)
    return person.subject


def kinds(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def test_each_new_report_and_each_alert_is_told_once(parts: Parts) -> None:
    subject = linked(parts)
    assert parts.events.look("c") == []
    parts.clocks.move(at(2), "c")
    events = parts.events.look("c")
    assert kinds(events).count("report.updated") == 2
    assert kinds(events).count("alert.created") > 0
    assert [event.created_at for event in events] == sorted(event.created_at for event in events)
    assert {event.subject for event in events} == {subject}
    assert parts.events.look("c") == []
    parts.clocks.move(at(3), "c")
    assert kinds(parts.events.look("c")).count("report.updated") == 1


def test_nothing_is_told_of_people_who_allowed_nothing_or_of_the_time_before(parts: Parts) -> None:
    person = parts.furnish()
    parts.clocks.move(at(1), "c")
    assert parts.events.look("c") == []
    parts.grants.exchange("c", parts.code(person), "http://back/", VERIFIER)
    assert parts.events.look("c") == []
    parts.clocks.move(at(2), "c")
    assert {event.created_at for event in parts.events.look("c")} == {at(2)}


def test_whoever_withdraws_is_told_of_once_and_then_no_more(parts: Parts) -> None:
    linked(parts)
    person = parts.people.find("c", "ann")
    assert person is not None
    assert [parts.events.withdraw("c", person) for _ in range(2)] == [1, 0]
    assert kinds(parts.events.of("c")) == ["access.revoked"]
    parts.clocks.move(at(3), "c")
    assert parts.events.look("c") == []
    parts.grants.exchange("c", parts.code(person), "http://back/", VERIFIER)
    assert parts.events.withdraw("c", person) == 1
    assert len({event.id for event in parts.events.of("c")}) == 2


def test_after_a_restart_nothing_is_told_anew(opened: Opened) -> None:
    linked(opened.parts)
    opened.parts.clocks.move(at(1), "c")
    before = opened.parts.events.look("c")
    opened.parts.events.tried(before[0], 200, True)
    again = opened.again()
    assert again.events.look("c") == []
    assert [event.id for event in again.events.of("c")] == [event.id for event in before]
    first = again.events.of("c")[0]
    assert (first.attempts, first.delivered) == (1, True)


def test_a_body_says_that_there_is_news_and_not_which(parts: Parts) -> None:
    linked(parts)
    parts.clocks.move(at(1), "c")
    assert {frozenset(event.body) for event in parts.events.look("c")} == {
        frozenset({"id", "type", "created_at", "subject"})
    }


def test_a_person_with_a_clock_of_their_own_is_told_of_by_it(parts: Parts) -> None:
    subject = linked(parts)
    parts.clocks.move(at(1), "c", subject)
    assert kinds(parts.events.look("c")).count("report.updated") == 1
    parts.clocks.move(at(4), "c")
    assert parts.events.look("c") == []
