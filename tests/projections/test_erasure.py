"""An erased person leaves no words in any query table, whichever way the rows were made."""

from __future__ import annotations

import re

import pytest

from domain.consumers import ErasureReason
from infrastructure.projecting import rebuild
from infrastructure.projecting.applying import Member
from infrastructure.projecting.positions import SHADOW, connect, place_of
from infrastructure.projecting.reader import Reader
from infrastructure.projecting.tables import make, register
from projections import ALL
from tests.support.histories import CONSUMER_ID, at, consumer, everything
from tests.support.postgres import TestDatabase
from tests.support.stored import stored

CANARIES = (
    "quillfeather", "mara", "900127788", "7788", "alder", "boise", "83702", "1984-03-09", "example.com", "192.0.2.7",
    "first bank", "44440000", "****2211", "+1 208", "looked at it", "passport", "by mistake",
)  # fmt: skip


@pytest.mark.parametrize("key_goes_first", [True, False])
def test_no_words_of_an_erased_person_are_left(database: TestDatabase, key_goes_first: bool) -> None:
    things = [thing for thing in everything() if thing.id != consumer(erased=True).id]
    with stored(database, things) as held:
        before = " ".join(text.lower() for _, text in held.texts())
        assert all(word in before for word in ("quillfeather", "first bank", "looked at it"))
        person = consumer()
        person.collect_events()
        person.erase(ErasureReason.ASKED_BY_CONSUMER, at(7))
        if key_goes_first:
            held.append(person)
            held.forget(CONSUMER_ID)
            held.project()
        else:
            held.append(person)
            held.project()
            held.forget(CONSUMER_ID)
        assert found(held) == []
        for projection in ALL:
            rebuild(held.database.projector_url, projection, held.decode)
        assert found(held) == []


def test_no_words_are_left_in_a_rebuild_that_was_never_finished(database: TestDatabase) -> None:
    with stored(database, [thing for thing in everything() if thing.id != consumer(erased=True).id]) as held:
        with connect(database.projector_url, "killed") as conn:
            for projection in ALL:
                with conn.transaction():
                    make(conn, projection, SHADOW)
                    register(conn, projection, projection.name + SHADOW)
                members = (Member(projection, place_of(conn, projection.name + SHADOW), SHADOW),)
                Reader(conn, (), held.decode, 500, (), members).catch_up()
        assert [word for table, word in found(held) if table.endswith(SHADOW)]
        person = consumer()
        person.collect_events()
        person.erase(ErasureReason.ASKED_BY_CONSUMER, at(7))
        held.append(person)
        held.forget(CONSUMER_ID)
        held.project()
        assert found(held) == []


def found(held) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    return [(table, word) for table, text in held.texts() for word in CANARIES if _stands_in(word, text.lower())]


def _stands_in(word: str, text: str) -> bool:
    """Few digits stand by chance inside an id or a position; alone they do not."""
    if word.isdigit() and len(word) < 8:
        return re.search(rf"(?<![0-9a-z]){word}(?![0-9a-z])", text) is not None
    return word in text


def test_following_the_log_one_event_at_a_time_makes_the_same_rows(database: TestDatabase) -> None:
    with stored(database) as held:
        held.append(*everything())
        held.project(batch=1)
        assert [p.name for p in ALL if not held.rebuilt_equals_incremental(p)] == []
