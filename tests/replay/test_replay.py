"""Streams written by every release still load: decoded, folded, and with their words readable."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import resolve_topic

from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Event
from infrastructure.event_store.mapper import PydanticMapper
from tests.replay.write import FOLDER, TestKeys, lines, write
from tests.support.histories import disputes, everything

RELEASES = sorted(FOLDER.glob("*.jsonl"))
ROOT = FOLDER.parent.parent


class NoKeys:
    """As after an erasure: nothing opens any more."""

    def seal(self, tenant_id: UUID, subject_id: UUID, plaintext: bytes, aad: bytes) -> bytes:
        raise AssertionError("nothing is written here")

    def open(self, tenant_id: UUID, subject_id: UUID, box: bytes, aad: bytes) -> bytes | None:
        return None


def fold(path: Path, keys: TestKeys | NoKeys) -> dict[UUID, Any]:
    mapper, found = PydanticMapper(keys), defaultdict[UUID, Any](lambda: None)
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        stream, state = UUID(entry["stream"]), json.dumps(entry["state"]).encode()
        event = mapper.decode(UUID(entry["tenant"]), StoredEvent(stream, entry["version"], entry["topic"], state))
        found[stream] = event.mutate(found[stream])
        assert found[stream].version == entry["version"]
    return found


@pytest.mark.parametrize("path", RELEASES, ids=lambda path: path.stem)
def test_every_stream_of_a_release_loads(path: Path) -> None:
    found = fold(path, TestKeys())
    assert found
    assert all(type(thing).TOPIC for thing in found.values())


@pytest.mark.parametrize("path", RELEASES, ids=lambda path: path.stem)
def test_every_stream_loads_without_its_persons_keys(path: Path) -> None:
    assert fold(path, NoKeys()).keys() == fold(path, TestKeys()).keys()


@pytest.mark.parametrize("path", RELEASES, ids=lambda path: path.stem)
def test_nothing_personal_is_readable_in_the_files(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    assert not [word for word in ("quillfeather", "900127788", "alder court", "mara@", "192.0.2.7") if word in text]


def test_the_newest_streams_hold_every_event_of_today() -> None:
    written = {json.loads(line)["topic"] for line in RELEASES[-1].read_text(encoding="utf-8").splitlines()}
    today = {
        topic for topic in (ROOT / "tests" / "topics.txt").read_text().split() if issubclass(_kind(topic), Event)
    }
    assert today <= written


def _kind(topic: str) -> type:
    kind = resolve_topic(topic)
    assert isinstance(kind, type)
    return kind


def test_folded_streams_are_the_things_that_wrote_them() -> None:
    found = fold(RELEASES[-1], TestKeys())
    assert found.keys() == {thing.id for thing in everything()}
    for made in disputes():
        assert (found[made.id].status, found[made.id].version) == (made.status, made.version)
    closed = found[disputes()[0].id]
    assert isinstance(closed, Dispute)
    assert (closed.status, closed.challenge) == (DisputeStatus.CLOSED, disputes()[0].challenge)


def test_a_release_is_written_once_and_always_the_same() -> None:
    assert list(lines()) == list(lines())
    with pytest.raises(FileExistsError):
        write(RELEASES[-1].stem)
