"""Webhooks worked off before bodies were emptied lose theirs; row security is as before."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from migrations import FOLDER
from tests.support.postgres import TestDatabase

ROW = """
    INSERT INTO es.inbox (tenant_id, provider, event_id, received_at, state, body)
    VALUES (%s, 'lob', %s, now(), %s, %s)"""
UNDONE = """
    DROP TRIGGER emptied ON es.inbox;
    DROP FUNCTION es.empty_body;
    ALTER TABLE es.inbox DROP CONSTRAINT inbox_emptied"""


def test_old_bodies_are_emptied_and_those_still_waiting_are_not(database: TestDatabase) -> None:
    with psycopg.connect(database.admin_url) as conn:
        conn.execute(UNDONE)
        for event_id, state in (("evt_1", "received"), ("evt_2", "done"), ("evt_3", "ignored")):
            conn.execute(ROW, (uuid4(), event_id, state, b"sealed"))
        conn.execute((FOLDER / "0008_inbox_bodies.sql").read_bytes())
        conn.execute("RESET ROLE")
        rows = conn.execute("SELECT event_id, body FROM es.inbox ORDER BY 1").fetchall()
        assert rows == [("evt_1", b"sealed"), ("evt_2", b""), ("evt_3", b"")]
        secured = conn.execute("SELECT relforcerowsecurity FROM pg_class WHERE oid = 'es.inbox'::regclass").fetchone()
        assert secured == (True,)


def test_no_body_is_stored_with_a_webhook_that_is_done(database: TestDatabase) -> None:
    with psycopg.connect(database.admin_url) as conn, pytest.raises(psycopg.errors.CheckViolation):
        conn.execute(ROW, (uuid4(), "evt_1", "done", b"sealed"))
