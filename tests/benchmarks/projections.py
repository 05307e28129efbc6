"""How fast rows follow the log: in batches and in a rebuild, beside one transaction per event, in the same run.

The log holds disputes of eight events each (up to 1 KB, two of them sealed), thousands going on at once, so that no
batch gains from many events of one dispute. One transaction per event is our own code reading 500 events at a time
and applying each alone: what a runner that tracks every event by itself cannot beat.

Apart from them, with no bound: events of credit reports, which hold whole reports and make dozens of rows each.
"""

from __future__ import annotations

import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent

from infrastructure.projecting import Runner, decoded_by, rebuild, verify
from infrastructure.projecting.applying import Member, apply
from infrastructure.projecting.log import Batch, last_final, read
from infrastructure.projecting.positions import SHADOW, connect, place_of, position_of
from infrastructure.projecting.tables import ensure, make, register
from projections.disputes import DisputesProjection
from projections.kernel import Projection
from projections.tradelines import TradelinesProjection
from tests.support.dispute_log import MAPPER, TENANT, dispute_events, report_events

BATCHED_AIM: Final = 10.0
REBUILD_AIM: Final = 25.0
VISIBLE_MS_MOST: Final = (10.0, 25.0)
"""Append to visible row, p50 and p95."""

PROJECTION: Final = DisputesProjection()
OF_REPORTS: Final = TradelinesProjection()
ROOT: Final = Path(__file__).parents[2]

_RUN_ALONE: Final = """
import sys
from tests.benchmarks.projections import run_until
run_until(sys.argv[1], sys.stdin)
"""


def main(
    app_url: str, projector_url: str, *, events: int = 200_000, alone: int = 2_000,
    samples: int = 200, reports: int = 100, seed: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """Fill an empty migrated database with `events` events and measure. Rates are events a second."""
    with psycopg.connect(app_url, autocommit=True) as app, connect(projector_url, "bench") as conn:
        filled = sum(_append(app, chunk) for chunk in dispute_events(events, seed))
        one_by_one = _rate(alone, lambda: _one_by_one(conn, PROJECTION, alone))
        _start_over(conn, PROJECTION)
        batched = _rate(filled, lambda: Runner(projector_url, [PROJECTION], decoded_by(MAPPER)).drain())
        rebuilt = _rate(filled, lambda: rebuild(projector_url, PROJECTION, decoded_by(MAPPER)))
        again = _rate(alone, lambda: _one_by_one(conn, PROJECTION, alone))
        baseline = statistics.mean([one_by_one, again])
        _restore(projector_url)
        proved = verify(projector_url, PROJECTION, decoded_by(MAPPER))
        visible = _visible_ms(app, conn, projector_url, samples, random.Random(seed))
        large = _of_reports(app, conn, projector_url, reports, seed)
    result: dict[str, Any] = {
        "bench": "projections",
        "events": filled,
        "events_per_second": {
            "one_transaction_per_event": round(baseline), "batched": round(batched), "rebuild": round(rebuilt),
        },
        "ratio": {"batched": round(batched / baseline, 1), "rebuild": round(rebuilt / baseline, 1)},
        "aim": {"batched": BATCHED_AIM, "rebuild": REBUILD_AIM, "visible_ms_at_most": VISIBLE_MS_MOST},
        "visible_ms": visible,
        "report_events_apart": large,
        "seed": seed,
        "verified": proved.ok,
        "versions": {"python": platform.python_version(), "psycopg": psycopg.__version__},
        "cores": os.cpu_count(),
    }  # fmt: skip
    result["ok"] = (
        proved.ok
        and batched >= BATCHED_AIM * baseline
        and rebuilt >= REBUILD_AIM * baseline
        and visible["p50"] <= VISIBLE_MS_MOST[0]
        and visible["p95"] <= VISIBLE_MS_MOST[1]
    )
    return result


def run_until(projector_url: str, closed: Any) -> None:
    """Keep the projection up until `closed` has nothing more to read."""
    stop = Event()
    worker = Thread(target=Runner(projector_url, [PROJECTION], decoded_by(MAPPER)).run, args=(stop,))
    worker.start()
    closed.read()
    stop.set()
    worker.join()


def _append(app: psycopg.Connection[Any], events: list[StoredEvent]) -> int:
    app.execute(
        "SELECT es.append(%s, %s::uuid[], %s::bigint[], %s::text[], %s::bytea[], '{}', "
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
        (
            TENANT, [e.originator_id for e in events], [e.originator_version for e in events],
            [e.topic for e in events], [e.state for e in events],
        ),
    )  # fmt: skip
    return len(events)


def _rate(events: int, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return events / (time.perf_counter() - began)


def _start_over(conn: psycopg.Connection[Any], projection: Projection, after: int = 0, suffix: str = "") -> None:
    ensure(conn, [projection])
    with conn.transaction():
        make(conn, projection, suffix, indexed=not suffix)
        register(conn, projection, projection.name + suffix, after)


def _restore(projector_url: str) -> None:
    Runner(projector_url, [PROJECTION], decoded_by(MAPPER)).drain()


def _of_reports(
    app: psycopg.Connection[Any], conn: psycopg.Connection[Any], projector_url: str, reports: int, seed: int
) -> dict[str, Any]:
    """Tradelines from reports that stand behind everything else in the log."""
    lives, after = list(report_events(reports, seed)), last_final(conn)
    events = sum(_append(app, life) for life in lives)
    sizes = [len(event.state) for life in lives for event in life]
    alone = _rate(events, lambda: _one_by_one(conn, OF_REPORTS, events, after))
    _start_over(conn, OF_REPORTS, after, SHADOW)
    rebuilt = _rate(events, lambda: rebuild(projector_url, OF_REPORTS, decoded_by(MAPPER)))
    rows = conn.execute("SELECT count(*) FROM rm.tradelines").fetchone()
    return {
        "events": events,
        "rows": rows[0] if rows else 0,
        "mean_bytes": round(statistics.mean(sizes)),
        "largest_bytes": max(sizes),
        "events_per_second": {"one_transaction_per_event": round(alone), "rebuild": round(rebuilt)},
        "ratio": round(rebuilt / alone, 1),
    }


def _one_by_one(conn: psycopg.Connection[Any], projection: Projection, events: int, after: int = 0) -> None:
    _start_over(conn, projection, after)
    member = Member(projection, place_of(conn, projection.name))
    decode, left = decoded_by(MAPPER), events
    while left > 0:
        for row in read(conn, member.place.position, min(500, left)).rows:
            apply(conn, [member], Batch([row]), decode)
            left -= 1


def _visible_ms(
    app: psycopg.Connection[Any], conn: psycopg.Connection[Any], projector_url: str, samples: int,
    chance: random.Random,
) -> dict[str, float]:  # fmt: skip
    """From the start of an append to its row being visible, at fewer than 50 appends a second."""
    command = [sys.executable, "-c", _RUN_ALONE, projector_url]
    waits = []
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as runner:
        try:
            for n in range(samples + 20):
                dispute, letter = UUID(int=chance.getrandbits(128)), UUID(int=chance.getrandbits(128))
                state = b'{"timestamp":"2026-03-02T12:00:00Z","letter_id":"%s"}' % str(letter).encode()
                event = StoredEvent(dispute, 1, "dispute.drafted.v1", state)
                before, began = position_of(conn, PROJECTION.name), time.perf_counter()
                _append(app, [event])
                app.execute("NOTIFY sfdify_events")
                while position_of(conn, PROJECTION.name) == before:
                    if time.perf_counter() - began > 30:
                        raise TimeoutError("the projector shows nothing")
                if n >= 20:
                    waits.append((time.perf_counter() - began) * 1000)
                time.sleep(0.02)
        finally:
            runner.communicate(b"")
    return {"p50": round(statistics.median(waits), 2), "p95": round(statistics.quantiles(waits, n=20)[18], 2)}
