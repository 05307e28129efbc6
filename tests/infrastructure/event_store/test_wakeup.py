"""The bell: many appends share few rings, and a bell that cannot ring harms nobody."""

from __future__ import annotations

import psycopg
from psycopg_pool import ConnectionPool

from infrastructure.event_store.wakeup import EVENTS, JOBS, Wakeup
from infrastructure.postgres import Connection, pool
from tests.support.postgres import TestDatabase


def rings(database: TestDatabase, wakeup: Wakeup, pokes: list[list[str]]) -> list[tuple[str, str]]:
    with psycopg.connect(database.projector_url, autocommit=True) as conn:
        for channel in (EVENTS, JOBS):
            conn.execute(f"LISTEN {channel}".encode())
        for queues in pokes:
            wakeup.poke(queues)
        wakeup.close()
        return [(n.channel, n.payload) for n in conn.notifies(timeout=1)]


def test_many_appends_share_few_rings(app: ConnectionPool[Connection], database: TestDatabase) -> None:
    assert 1 <= len(rings(database, Wakeup(app), [[]] * 10_000)) < 1_000


def test_every_queue_is_named_at_least_once(app: ConnectionPool[Connection], database: TestDatabase) -> None:
    heard = rings(database, Wakeup(app), [["mail_send"], [], ["pdf_render", "mail_send"]])
    named = {queue for channel, payload in heard if channel == JOBS for queue in payload.split(",")}
    assert named == {"mail_send", "pdf_render"}


def test_a_bell_without_a_connection_gives_up_quietly(database: TestDatabase) -> None:
    gone = pool(database.app_url, "app", 1)
    gone.close()
    wakeup = Wakeup(gone)
    wakeup.poke(["reconcile"])
    wakeup.close()
    assert gone.closed
