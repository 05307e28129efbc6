"""A database made ready: migrated, with its query tables; and how projectors read what lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import NamedTuple
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg import sql

from domain.consumers import Consumer
from domain.kernel import Event
from infrastructure.databases import database, urls_of
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.mapper import PydanticMapper
from infrastructure.postgres import migrate, pool
from infrastructure.projecting import Decode, LogRow, ensure
from infrastructure.projecting.positions import connect
from infrastructure.settings import Settings, database_named
from infrastructure.vault import vault_of
from projections import ALL


def prepare(settings: Settings, admin_url: str) -> list[str]:
    """Bring the schema up to date and make missing query tables; the migrations that were applied."""
    applied = migrate(admin_url, app_password=settings.app_password, projector_password=settings.projector_password)
    with connect(urls_of(settings, admin_url).projector, "prepare") as conn:
        ensure(conn, ALL)
    return applied


@contextmanager
def scratch_database(settings: Settings) -> Iterator[str]:
    """A migrated database beside the product's own, dropped afterwards: for what must not touch real data."""
    name = f"sfdify_scratch_{token_hex(4)}"
    with database(settings) as beside, psycopg.connect(beside, autocommit=True, connect_timeout=10) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            admin_url = database_named(beside, name)
            prepare(settings, admin_url)
            yield admin_url
        finally:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def tenant_of_consumer(settings: Settings, admin_url: str, consumer_id: UUID) -> UUID | None:
    """Whose consumer this is: for whoever runs the installation and names a consumer only, never for a request.

    The log is asked, not a query table: whoever was taken on a moment ago is found too. Keys are few and made
    before a person's first event, so they lead to it.
    """
    with connect(urls_of(settings, admin_url).projector, "look-up") as conn:
        row = conn.execute(
            "SELECT e.tenant_id FROM es.subject_key k JOIN es.event e ON e.tenant_id = k.tenant_id"
            " AND e.originator_id = k.subject_id AND e.originator_version = 1"
            " WHERE k.subject_id = %s AND e.topic = %s",
            (consumer_id, Consumer.Registered.TOPIC),
        ).fetchone()
    return row[0] if row else None


class FindingPlace(NamedTuple):
    """Where a finding is kept: its tenant, its report and its key within it."""

    tenant_id: UUID
    report_id: UUID
    finding_key: str


def place_of_finding(settings: Settings, admin_url: str, finding_id: UUID) -> FindingPlace | None:
    """Where this finding is kept: as above, for whoever runs the installation."""
    with connect(urls_of(settings, admin_url).projector, "look-up") as conn:
        row = conn.execute(
            "SELECT tenant_id, report_id, finding_key FROM rm.findings WHERE id = %s", (finding_id,)
        ).fetchone()
    return FindingPlace(*row) if row else None


@contextmanager
def decoder(settings: Settings, admin_url: str) -> Iterator[Decode]:
    """How projectors read events: with the projector's login, which may look keys up and never makes one."""
    held = pool(urls_of(settings, admin_url).projector, "projector", 2)
    keyring = Keyring(held, vault_of(settings))
    keyring.listen()
    mapper = PydanticMapper(keyring)

    def decode(row: LogRow) -> Event | None:
        return mapper.decode(
            row.tenant_id, StoredEvent(row.originator_id, row.originator_version, row.topic, row.state)
        )

    try:
        yield decode
    finally:
        keyring.close()
        held.close()
