"""Checks an export of the event log with nothing but Python's standard library.

    python verify_log.py EXPORT.jsonl

Each line is one event: position, recorded_us (microseconds since 2000-01-01 UTC), version, tenant, originator,
hash, topic, metadata, state; all but the numbers and the topic in hexadecimal. An event's hash is SHA-256 over

    hash of the event before it in its stream (nothing before the first)
    tenant, 16 bytes           recorded_us, 8 bytes       length of metadata, 4 bytes       metadata
    position, 8 bytes          originator, 16 bytes       version, 8 bytes
    length of topic, 4 bytes   topic, UTF-8               state

with numbers signed and big-endian. Lines may come in any order. Exit code 0 when everything matches, 1 when
something does not, 2 when the file cannot be read. Events removed from the end of a stream leave no trace in it.
"""

import hashlib
import json
import struct
import sys
from typing import NamedTuple


class Event(NamedTuple):
    tenant: bytes
    originator: bytes
    version: int
    position: int
    recorded_us: int
    hash: bytes
    topic: bytes
    metadata: bytes
    state: bytes


KINDS = {
    "position": int, "recorded_us": int, "version": int, "tenant": str, "originator": str,
    "hash": str, "topic": str, "metadata": str, "state": str,
}  # fmt: skip


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is there twice, and readers could each go by another one")
    return found


def read(line: str) -> Event:
    fields = json.loads(line, object_pairs_hook=once)
    if not isinstance(fields, dict) or fields.keys() != KINDS.keys():
        raise ValueError("not the nine fields of an event")
    if any(type(fields[name]) is not kind for name, kind in KINDS.items()):
        raise ValueError("a field of another kind")
    if any(not -(2**63) <= fields[name] < 2**63 for name, kind in KINDS.items() if kind is int):
        raise ValueError("a number beyond 64 bits")
    return Event(
        bytes.fromhex(fields["tenant"]),
        bytes.fromhex(fields["originator"]),
        fields["version"],
        fields["position"],
        fields["recorded_us"],
        bytes.fromhex(fields["hash"]),
        fields["topic"].encode(),
        bytes.fromhex(fields["metadata"]),
        bytes.fromhex(fields["state"]),
    )


def expected_hash(event: Event, previous: bytes) -> bytes:
    parts = [
        previous,
        event.tenant,
        struct.pack(">q", event.recorded_us),
        struct.pack(">i", len(event.metadata)),
        event.metadata,
        struct.pack(">q", event.position),
        event.originator,
        struct.pack(">q", event.version),
        struct.pack(">i", len(event.topic)),
        event.topic,
        event.state,
    ]
    return hashlib.sha256(b"".join(parts)).digest()


def faults(events: list[Event]) -> list[tuple[Event, str]]:
    found: list[tuple[Event, str]] = []
    before: Event | None = None
    positions: set[int] = set()
    for event in sorted(events):
        previous = before if before and before[:2] == event[:2] else None
        if event.version != (previous.version if previous else 0) + 1:
            found.append((event, "an event before it is missing or was renumbered"))
        elif previous and event.position <= previous.position:
            found.append((event, "it stands before its predecessor in the log"))
        elif event.position in positions:
            found.append((event, "another event stands at its position"))
        elif event.hash != expected_hash(event, previous.hash if previous else b""):
            found.append((event, "its hash does not match its content"))
        positions.add(event.position)
        before = event
    return found


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python verify_log.py EXPORT.jsonl", file=sys.stderr)  # noqa: T201
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as file:
            events = [read(line) for line in file if line.strip()]
    except (OSError, ValueError, RecursionError) as error:
        print(f"cannot read the export: {type(error).__name__}", file=sys.stderr)  # noqa: T201
        return 2
    found = faults(events)
    for event, why in found:
        place = f"{event.tenant.hex()} {event.originator.hex()} version {event.version} at position {event.position}"
        print(f"{place}: {why}")  # noqa: T201
    print(f"{len(events)} events, {len(found)} faults")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
