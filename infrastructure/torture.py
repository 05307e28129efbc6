"""Tries to make a reader of the log miss an event: real writing processes, a tailing reader, and a naive one beside it.

The naive reader follows `max(position)` without the horizon. If it misses nothing either, the run was too
gentle and proves nothing.
"""

from __future__ import annotations

import itertools
import multiprocessing
import queue
import random
import time
from dataclasses import asdict, dataclass
from multiprocessing.synchronize import Event as Signal
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent

from infrastructure.event_store.errors import StaleVersion
from infrastructure.event_store.recorder import HorizonRecorder, PoolDatastore
from infrastructure.postgres import Connection, pool

TENANT: Final = UUID(int=0x5FD1F7)
BATCH: Final = 500
BIG: Final = 30
JOIN_S: Final = 60.0


@dataclass(frozen=True)
class GapReport:
    """What the writers committed and what each reader missed of it. `control_*` is the naive reader."""

    writers: int
    seconds: float
    seed: int
    committed: int
    refused: int
    rolled_back: int
    read: int
    skipped: int
    out_of_order: int
    repeated: int
    control_read: int
    control_skipped: int

    @property
    def proved(self) -> bool:
        """Whether the run was rough enough to show the fault it looks for."""
        return self.control_skipped > 0

    @property
    def ok(self) -> bool:
        """Nothing was missed, read twice or read out of order, and the run proved something."""
        return self.proved and self.skipped == 0 and self.out_of_order == 0 and self.repeated == 0

    @property
    def verdict(self) -> str:
        """One line for people."""
        if self.skipped or self.out_of_order or self.repeated:
            return f"FAILED: {self.skipped} skipped, {self.repeated} repeated, {self.out_of_order} out of order"
        if not self.proved:
            return "proved nothing: the naive reader missed nothing either; run longer or with more writers"
        return f"held: 0 of {self.committed} skipped, where a naive reader missed {self.control_skipped}"

    def as_dict(self) -> dict[str, Any]:
        """The figures, for `--json`."""
        return asdict(self) | {"proved": self.proved, "ok": self.ok}


def run(
    admin_url: str, app_url: str, projector_url: str, *, writers: int = 6, seconds: float = 20.0, seed: int = 0
) -> GapReport:
    """Write from `writers` processes for `seconds` and compare what was committed with what was read.

    Events stay in the log: use a database of its own. `admin_url` counts at the end. Raises RuntimeError
    when a process does not finish.
    """
    context = multiprocessing.get_context("spawn")
    begin, writing_over = context.Event(), context.Event()
    start = _scalar(admin_url, "SELECT es.horizon() - 1")
    tallies: multiprocessing.Queue[dict[str, Any]] = context.Queue()
    readers = [
        context.Process(target=_read, args=(projector_url, start, naive, begin, writing_over, tallies), daemon=True)
        for naive in (False, True)
    ]
    scribes = [
        context.Process(target=_write, args=(app_url, seconds, seed * 1000 + n, begin, tallies), daemon=True)
        for n in range(writers)
    ]
    try:
        return _conduct(admin_url, start, readers, scribes, begin, writing_over, tallies, seconds, seed)
    finally:
        for process in readers + scribes:
            if process.is_alive():
                process.terminate()


def _conduct(
    admin_url: str, start: int, readers: list[Any], scribes: list[Any],
    begin: Signal, writing_over: Signal, tallies: Any, seconds: float, seed: int,
) -> GapReport:  # fmt: skip
    for process in readers + scribes:
        process.start()
    _collect(tallies, readers + scribes, JOIN_S)
    begin.set()
    written = _collect(tallies, scribes, seconds + JOIN_S)
    writing_over.set()
    found = {tally["naive"]: tally["positions"] for tally in _collect(tallies, readers, JOIN_S)}
    committed = _committed(admin_url, start)
    tail, control = found[False], found[True]
    return GapReport(
        writers=len(scribes),
        seconds=seconds,
        seed=seed,
        committed=len(committed),
        refused=sum(tally["refused"] for tally in written),
        rolled_back=sum(tally["rolled_back"] for tally in written),
        read=len(tail),
        skipped=len(committed - set(tail)),
        out_of_order=sum(after <= before for before, after in itertools.pairwise(tail)),
        repeated=len(tail) - len(set(tail)),
        control_read=len(control),
        control_skipped=len(committed - set(control)),
    )


def _collect(tallies: Any, processes: list[Any], seconds: float) -> list[dict[str, Any]]:
    """One tally of each process. Raises RuntimeError when one has died or takes too long."""
    found: list[dict[str, Any]] = []
    until = time.monotonic() + seconds
    while len(found) < len(processes):
        try:
            found.append(tallies.get(timeout=0.2))
        except queue.Empty:
            if time.monotonic() > until or any(process.exitcode for process in processes):
                raise RuntimeError("a process of the torture run died or did not finish; see its error above") from None
    return found


def _write(url: str, seconds: float, seed: int, begin: Signal, tallies: Any) -> None:
    """Append batches of 1 and 30, some stale, some with holes, some rolled back, some held open for 10 ms."""
    opened = pool(url, "app", 2)
    recorder, chance = HorizonRecorder(PoolDatastore(opened)), random.Random(seed)  # noqa: S311 (a test load)
    streams: dict[UUID, int] = {}
    tally = {"refused": 0, "rolled_back": 0}
    tallies.put({"ready": True})
    begin.wait(JOIN_S)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        stream, version, events = _batch(chance, streams)
        throw = chance.random()
        try:
            if throw < 0.08:
                tally["rolled_back"] += _slowly(opened, events, commit=throw < 0.04, pause=chance.random() * 0.01)
                if throw >= 0.04:
                    continue
            else:
                recorder.insert_events(events, tenant_id=TENANT)
            streams[stream] = version + len(events)
        except StaleVersion:
            tally["refused"] += 1
    opened.close()
    tallies.put(tally)


def _batch(chance: random.Random, streams: dict[UUID, int]) -> tuple[UUID, int, list[StoredEvent]]:
    """The next events of an old or a new stream: now and then a version too early, or one too late."""
    stream = chance.choice(list(streams)) if streams and chance.random() < 0.5 else UUID(int=chance.getrandbits(128))
    version = streams.get(stream, 0)
    slip = chance.random()
    first = version + (0 if slip < 0.05 and version else 2 if slip > 0.97 else 1)
    count = BIG if chance.random() < 0.3 else 1
    return stream, version, [StoredEvent(stream, first + n, "torture.written.v1", b"{}") for n in range(count)]


def _slowly(opened: Any, events: list[StoredEvent], *, commit: bool, pause: float) -> int:
    """Append inside a transaction that stays open for a while; returns 1 when it was rolled back."""
    with opened.connection() as conn, conn.transaction(force_rollback=not commit):
        HorizonRecorder(PoolDatastore(_Held(conn))).insert_events(events, tenant_id=TENANT)  # type: ignore[arg-type]
        time.sleep(pause)
    return int(not commit)


class _Held:
    """The one connection of a transaction under way, where a pool is expected."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def getconn(self) -> Connection:
        return self._conn

    def putconn(self, conn: Connection) -> None:
        """It goes back when its transaction ends."""


def _read(url: str, start: int, naive: bool, begin: Signal, writing_over: Signal, tallies: Any) -> None:
    """Tail the log in batches until the writers are done and nothing new appears."""
    below = "" if naive else "AND position < es.horizon()"
    query = f"SELECT position FROM es.event WHERE position > %s {below} ORDER BY position LIMIT {BATCH}"
    positions: list[int] = []
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as conn:
        tallies.put({"ready": True})
        begin.wait(JOIN_S)
        last, idle_until = start, 0.0
        while True:
            over = writing_over.is_set()
            rows = [row[0] for row in conn.execute(query.encode(), (last,), prepare=True)]
            positions += rows
            last = rows[-1] if rows else last
            if rows or not over:
                idle_until = time.monotonic() + 1.0
            elif time.monotonic() > idle_until:
                break
            if len(rows) < BATCH:
                time.sleep(0.001)
    tallies.put({"naive": naive, "positions": positions})


def _committed(admin_url: str, start: int) -> set[int]:
    with psycopg.connect(admin_url, connect_timeout=5) as conn:
        rows = conn.execute("SELECT position FROM es.event WHERE tenant_id = %s AND position > %s", (TENANT, start))
        return {row[0] for row in rows}


def _scalar(url: str, query: str) -> Any:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as conn:
        row = conn.execute(query.encode()).fetchone()
    return row[0] if row else None
